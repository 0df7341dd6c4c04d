"""The plan of every fixture, or the error that prevents it, equals a stored file.

`pytest tests/unit --update-plans` rewrites the stored files; their diff shows what changed.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from conftest import FIXTURES
from slipway.domain.plan_text import as_json
from slipway.effects.files import AppFolder
from slipway.errors.stopped import BuildStopped
from slipway.messages import explain, render
from slipway.steps.plan import plan
from slipway.steps.plan.find_root import find_root

PLANS = Path(__file__).resolve().parents[1] / "plans"
APPS = sorted(
    path.name
    for path in FIXTURES.iterdir()
    if path.is_dir() and path.name[0] not in "._" and path.name not in ("field", "heroku_apps")
)
"""Without the folders that tools keep there, such as .ruff_cache, and without the apps of
tests/integration/field/ and those of earlier years, which have tables of their own."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/home/user"}
CONFIG_VARS = {"monorepo_backend": {"SLIPWAY_ROOT": "backend"}}


def planned(name: str) -> tuple[str, str]:
    """Return the name of a fixture's stored file, and its expected content."""
    environment = {**ENVIRONMENT, **CONFIG_VARS.get(name, {})}
    try:
        app = find_root(AppFolder(FIXTURES / name), environment)
        return f"{name}.json", as_json(plan(app, environment))
    except BuildStopped as error:
        return f"{name}.txt", "".join(f"{line}\n" for line in render(explain(error)))


def is_updated(config: pytest.Config) -> bool:
    return bool(config.getoption("--update-plans", default=False))


@pytest.mark.parametrize("name", APPS)
def test_a_fixtures_plan_is_the_stored_one(name: str, pytestconfig: pytest.Config) -> None:
    file, found = planned(name)
    copy = PLANS / file
    if is_updated(pytestconfig):
        PLANS.mkdir(exist_ok=True)
        copy.write_text(found, encoding="utf-8")
    assert copy.is_file(), f"{file} is not stored; it would contain:\n{found}"
    stored = copy.read_text(encoding="utf-8")
    if stored != found:
        changes = difflib.unified_diff(
            stored.splitlines(), found.splitlines(), "stored", "found", lineterm=""
        )
        pytest.fail("\n".join(changes), pytrace=False)


def test_every_stored_plan_belongs_to_a_fixture(pytestconfig: pytest.Config) -> None:
    expected = {planned(name)[0] for name in APPS}
    if is_updated(pytestconfig):
        for path in PLANS.iterdir():
            if path.name not in expected:
                path.unlink()
    assert {path.name for path in PLANS.iterdir()} == expected
