"""The apps of docs/compatibility.md give the same through the scripts of Cloud Foundry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from integration.cloud_foundry import launched
from integration.field.table import CASES, Case
from integration.serving import Dyno
from integration.staged_in_place import StagedInPlace
from integration.test_field import MODULES, check
from slipway.domain.layout import IN_APP, RELEASE

_TELL_CONFIG_VARS_APART = {"docker-run-env"}
"""The platform passes config variables and its own variables in the same way."""


def _everywhere() -> list[Case]:
    assert MODULES
    found = [case for case in CASES.values() if isinstance(case, Case) and not case.is_classic]
    return [case for case in found if case.name not in _TELL_CONFIG_VARS_APART]


@pytest.mark.long
@pytest.mark.parametrize("case", _everywhere(), ids=lambda case: case.name)
def test_an_app_gives_the_same(case: Case, staged_in_place: StagedInPlace) -> None:
    """The steps of an error are followed in the tests of the classic door."""
    folder = staged_in_place.folder
    check(replace(case, advice=()), staged_in_place, folder, started=_started)


def _started(app: Path) -> Dyno:
    """Start processes in a folder like that of a droplet."""
    released = yaml.safe_load((app / IN_APP / RELEASE).read_text("utf-8")) or {}
    processes = released.get("default_process_types") or {}
    return replace(launched(app.parent), web=processes.get("web", ""))
