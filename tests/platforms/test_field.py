"""The apps of docs/compatibility.md give the same through the Cloud Native door."""

from __future__ import annotations

import pytest

from integration.classic_platform import Result
from integration.field.table import CASES, Case
from integration.test_field import MODULES, available_pythons, fit, put, title_of
from integration.test_fixtures_served import sentences
from platforms.phases import Phases, chown, settings
from platforms.roots import BUILDER


def _everywhere() -> list[Case]:
    """Return the cases whose builder has no variables, which only the other door can pass."""
    assert MODULES
    found = [case for case in CASES.values() if isinstance(case, Case)]
    return [case for case in found if not case.environment and not case.is_classic]


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["auto", "pip-tools"])
@pytest.mark.parametrize("case", _everywhere(), ids=lambda case: case.name)
def test_an_app_gives_the_same_in_an_image(case: Case, toolchain: str, phases: Phases) -> None:
    variables = settings(
        SLIPWAY_TOOLCHAIN=toolchain, SLIPWAY_BUNDLE_PYTHON="false", **case.config_vars
    )
    pythons = available_pythons(home=None)
    case = fit(case, pythons)
    result = Result(status=0, out="", err="")
    for part in case.builds or ("",):
        app = put(case, phases.folder / "source", pythons, part)
        chown(phases.folder, BUILDER)  # git refuses the repositories of other users
        detected = phases.detect(app, variables)
        result = phases.build() if detected.status == 0 else detected
    said = sentences(result.all)
    assert [passage for passage in case.says if passage not in said] == [], result.all
    assert [passage for passage in case.never_says if passage in said] == [], result.all
    assert (result.status != 0) == (case.stops or bool(case.title)), result.all
    if case.title:
        assert title_of(result) == case.title, result.all
    if case.runs:
        ran = phases.launch(None, "--", "bash", "-c", case.runs)
        assert ran.status == 0, ran.all
        printed = sentences(ran.all)
        assert [passage for passage in case.prints if passage not in printed] == [], printed
    if case.page:
        with phases.serve() as site:
            assert case.page in site.get("/").text
