"""Each buildable fixture is built, moved and served, and its own files stay unchanged."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from conftest import FIXTURES, App
from integration.classic_platform import Platform
from integration.error_cases.table import CASES
from integration.serving import HEROKUISH, Dyno, processes
from integration.test_frameworks import FRAMEWORKS
from integration.test_words import MODULES
from integration.words import stored, title

BUILDABLE = (
    "django_in_a_subfolder",
    "django_not_installed",
    "django_settings_package",
    "django_without_manage_py",
    "django_without_static_root",
    "django_without_staticfiles",
    "django_wsgi_application_unset",
    "flask_script_manage_py",
    "hashed_requirements",
    "hooks_run",
    "monorepo_backend",
    "names_with_spaces",
    "nested_requirements",
    "own_procfile",
    "pep621_package",
    "pep621_project",
    "python_version_file",
    "requirements_in",
    "requirements_in_utf16",
    "requires_python",
    "runtime_txt",
    "setup_cfg_project",
    "setup_py_project",
    "variable_in_requirements",
    "wsgi_app",
)
TESTED_ELSEWHERE = {"django_site", "run_gunicorn_procfile", "vendored_packages"}
"""Fixtures that other modules build and serve."""
WITH_TESTS = {"tested_with_django", "tested_with_pytest", "tested_with_unittest"}
"""Fixtures whose own tests another module runs."""


def one_of_each_kind(fixtures: Iterable[str], *kinds: str) -> list[str | ParameterSet]:
    """Return parameters for a test: only the stage `long` runs it with the other fixtures."""
    return [
        name if name in kinds else pytest.param(name, marks=pytest.mark.long)
        for name in fixtures
    ]


SERVED = one_of_each_kind(
    BUILDABLE,
    "django_in_a_subfolder",
    "hashed_requirements",
    "hooks_run",
    "pep621_package",
    "requirements_in",
    "setup_py_project",
)
EVERY_FIXTURE = (*BUILDABLE, *sorted(TESTED_ELSEWHERE))
REFUSED = {
    "conflicting_requirements": title(stored("conflict_of_the_app_itself")),
    "hash_mismatch": title(stored("locked_file_replaced")),
    "missing_header": "Building pycairo needs the library cairo",
    "missing_header_file": "Building python-ldap needs lber.h",
    "no_wheel_for_this_python": title(stored("wheels_for_other_pythons")),
}
"""The titles of the errors with the real index; the table of errors uses test indexes."""
CONFIG_VARS = {
    "hooks_run": {"GREETING": "Ahoy, \u2693"},
    "monorepo_backend": {"SLIPWAY_ROOT": "backend"},
    "variable_in_requirements": {"SIX_VERSION": "1.17.0"},
}
SLIPWAYS_FILES = re.compile(r"\.slipway/.*|\.profile\.d/slipway\.sh")
ADDED = {
    "django_in_a_subfolder": {"backend/staticfiles/harbour/site.css"},
    "hooks_run": {"hook-pre.txt", "hook-postinstall.txt", "hook-post.txt"},
    "monorepo_backend": {"backend/hook-post.txt", "backend/staticfiles/harbour/site.css"},
}
"""Files that collectstatic and the hooks of the fixture add."""


def digests(app: Path) -> dict[str, str]:
    return dict(_digests(app))


def _digests(app: Path) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(app):
        for name in names:
            path = Path(folder, name)
            relative = str(path.relative_to(app))
            if SLIPWAYS_FILES.fullmatch(relative):
                continue
            mode = f"{path.stat().st_mode:o}"
            yield relative, f"{mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def sentences(log: str) -> str:
    """Join the wrapped lines of a log."""
    return " ".join(log.replace(" !     ", " ").split())


def assert_nothing_changed(
    fixture: str, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    assert {name: after.get(name) for name in before} == before
    procfile = set() if "Procfile" in before else {"Procfile"}
    assert {*after} - {*before} == procfile | ADDED.get(fixture, set())


@pytest.mark.parametrize("fixture", SERVED)
def test_a_fixture_is_built_moved_and_served(
    fixture: str, platform: Platform, app: App
) -> None:
    build = app(fixture)
    before = digests(build)
    platform.build(build, CONFIG_VARS.get(fixture, {}))
    assert_nothing_changed(fixture, before, digests(build))
    moved = platform.move(build)
    with Dyno(app=moved, start_script=HEROKUISH).serve() as site:
        page = site.get("/")
    assert page.status == 200
    if fixture != "hashed_requirements":
        assert page.text.startswith(fixture) or fixture == "setup_py_project"
    assert fixture in page.text


@pytest.mark.parametrize("fixture", one_of_each_kind(REFUSED, "conflicting_requirements"))
def test_a_fixture_fails_with_the_real_index(
    fixture: str, platform: Platform, app: App
) -> None:
    result = platform.compile(app(fixture), {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert result.status == 1, result.all
    assert title(result.words) == REFUSED[fixture], result.err


def test_every_fixture_is_buildable_or_an_error_case() -> None:
    fixtures = {path.name for path in FIXTURES.iterdir() if path.is_dir()}
    found = {name for name in fixtures if not name.startswith((".", "__"))}
    assert MODULES
    # test_field.py, test_moved_from_heroku.py, test_try.py, test_settings_kinds.py
    found -= {"field", "heroku_apps", "plain_worker", "settings_kinds"}
    known = {*BUILDABLE, *CASES, *TESTED_ELSEWHERE, *WITH_TESTS, *REFUSED, *FRAMEWORKS}
    assert found - known == set()


def test_hooks_run_in_order_and_with_the_config_variables(platform: Platform, app: App) -> None:
    build = app("hooks_run")
    platform.build(build, CONFIG_VARS["hooks_run"])
    names = ["hook-pre.txt", "hook-postinstall.txt", "hook-post.txt"]
    assert sorted(names, key=lambda name: (build / name).stat().st_mtime_ns) == names
    assert (build / "hook-pre.txt").read_text("utf-8") == "Ahoy, \u2693\n"
    assert (build / "hook-postinstall.txt").read_text() == "postinstall ran\n"
    assert re.fullmatch(r"six 1\.\d+\.\d+\n", (build / "hook-post.txt").read_text())


def test_constraints_of_a_nested_file_apply(platform: Platform, app: App) -> None:
    build = app("nested_requirements")
    platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    lock = (build / ".slipway" / "lock.txt").read_text()
    pins = [line.split()[0] for line in lock.splitlines() if "==" in line]
    assert "idna==3.10" in pins
    names = {pin.partition("==")[0] for pin in pins}
    assert names - {"packaging"} == {"gunicorn", "idna", "iniconfig", "tabulate", "wcwidth"}


def test_disable_collectstatic_skips_the_static_files(platform: Platform, app: App) -> None:
    build = app("django_in_a_subfolder")
    variables = {"DISABLE_COLLECTSTATIC": "1", "SLIPWAY_BUNDLE_PYTHON": "false"}
    platform.build(build, variables)
    assert not (build / "backend" / "staticfiles").exists()


@pytest.mark.parametrize("fixture", ["python_version_file", "requires_python", "runtime_txt"])
def test_the_app_runs_on_the_requested_python(
    fixture: str, platform: Platform, app: App
) -> None:
    build = app(fixture)
    platform.build(build)
    moved = platform.move(build)
    with Dyno(app=moved).serve() as site:
        assert site.get("/").text.startswith(f"{fixture} runs on Python 3.11.")


def test_the_apps_own_procfile_is_not_changed(platform: Platform, app: App) -> None:
    build = app("own_procfile")
    platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert platform.run_script("release", build).out == ""
    assert {*processes(build)} == {"web", "worker"}
