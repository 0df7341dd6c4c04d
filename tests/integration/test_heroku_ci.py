"""Heroku CI and `herokuish buildpack test`: test-compile, then the tests, passing or failing.

The contracts: https://devcenter.heroku.com/articles/testpack-api,
https://devcenter.heroku.com/articles/heroku-ci,
https://github.com/gliderlabs/herokuish/blob/master/include/buildpack.bash
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from integration.classic_platform import Platform, Result, run
from integration.databases import Database
from integration.index import addresses_of_the_index
from integration.locking_tools import locking_env, tool
from integration.packages import write_tree
from integration.serving import Dyno
from slipway.effects.cache.kinds import LAST_BUILD

APP_CI = ROOT / "docs" / "heroku" / "app-ci.json"

# https://github.com/gliderlabs/herokuish/blob/master/include/buildpack.bash (buildpack-test)
_HEROKUISH = (
    "set -eo pipefail; shopt -s nullglob; "
    'for script in "$HOME"/.profile.d/*.sh; do source "$script"; done; '
    'cd "$HOME"; "$1" "$HOME" "$2"'
)
WITHOUT_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}  # copying it takes time


@dataclass(frozen=True, kw_only=True)
class Ci:
    """One app on a platform that runs its tests."""

    platform: Platform
    app: Path

    def compile(self, config_vars: Mapping[str, str] | None = None) -> Result:
        self.platform.write_config_vars({**WITHOUT_PYTHON, **(config_vars or {})})
        arguments = (self.app, self.platform.cache, self.platform.env_dir)
        result = self.platform.run_script("test-compile", *arguments)
        assert result.status == 0, result.all
        assert not (self.app / ".slipway" / "release.json").exists()
        return result

    def moved(self) -> Ci:
        return replace(self, app=self.platform.move(self.app))

    def test(self) -> Result:
        return self.platform.run_script("test", self.app, self.platform.env_dir)

    @property
    def dyno(self) -> Dyno:
        """Where Heroku runs the commands of app.json, with the config variables."""
        files = self.platform.env_dir.iterdir()
        return Dyno(app=self.app, env={one.name: one.read_text("utf-8") for one in files})

    def replace_in(self, file: str, old: str, new: str) -> None:
        text = (self.app / file).read_text("utf-8")
        assert old in text
        (self.app / file).write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def ci(platform: Platform, tmp_path: Path) -> Ci:
    return Ci(platform=platform, app=tmp_path / "build")


def put(ci: Ci, fixture: str) -> Ci:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(FIXTURES / fixture, ci.app, ignore=ignored)
    return ci


@dataclass(frozen=True, kw_only=True)
class Runner:
    """An app, and what its runner prints."""

    command: str
    passed: str
    failed: str
    file: str
    old: str
    new: str
    needs: str
    """What the log says of the dependencies of the tests."""


APPS = {
    "tested_with_pytest": Runner(
        command="python -m pytest",
        passed="2 passed",
        failed="1 failed, 1 passed",
        file="tides.py",
        old="2.5",
        new="3.5",
        needs="Installing what the tests need: requirements-test.txt",
    ),
    "tested_with_django": Runner(
        command="python manage.py test --noinput",
        passed="Ran 2 tests",
        failed="FAILED (failures=1)",
        file="berths/views.py",
        old="ship=''",
        new="ship='Antares'",
        needs="Found nothing that only the tests need",
    ),
    "tested_with_unittest": Runner(
        command="python -m unittest discover -s tests",
        passed="Ran 1 test",
        failed="FAILED (failures=1)",
        file="tides.py",
        old="2.5",
        new="3.5",
        needs="Found nothing that only the tests need",
    ),
}


def check(ci: Ci, runner: Runner) -> None:
    """Compile, run passing tests, break the app, and run failing ones."""
    compiled = ci.compile({"SECRET_KEY": "for-the-tests-only"})
    assert runner.needs in compiled.out
    assert f"bin/test runs `{runner.command}`" in " ".join(compiled.out.split())
    ci = ci.moved()
    passing = ci.test()
    assert passing.status == 0, passing.all
    header, command, *_ = passing.out.splitlines()
    assert (header, command.strip()) == ("-----> Running tests", runner.command)
    assert runner.passed in passing.all
    # Heroku runs the command of app.json itself.
    assert ci.dyno.run(runner.command).status == 0
    ci.replace_in(runner.file, runner.old, runner.new)
    failing = ci.test()
    assert failing.status == 1, failing.all
    assert runner.failed in failing.all


@pytest.mark.parametrize("fixture", APPS)
def test_the_tests_of_an_app_pass_until_it_breaks(fixture: str, ci: Ci) -> None:
    check(put(ci, fixture), APPS[fixture])


@pytest.mark.long
@pytest.mark.parametrize("fixture", APPS)
def test_the_tests_of_an_app_pass_until_it_breaks_with_pip_tools(fixture: str, ci: Ci) -> None:
    env = {**ci.platform.env, "SLIPWAY_TOOLCHAIN": "pip-tools"}
    check(put(replace(ci, platform=replace(ci.platform, env=env)), fixture), APPS[fixture])


def test_builds_for_tests_and_for_the_app_share_a_cache(ci: Ci) -> None:
    """Neither ships the packages of the other, and each is quick again."""
    put(ci, "tested_with_pytest")
    packages, log = [], ""
    for script in ("compile", "test-compile", "compile"):
        ci.platform.write_config_vars(WITHOUT_PYTHON)
        result = ci.platform.run_script(script, ci.app, ci.platform.cache, ci.platform.env_dir)
        assert result.status == 0, result.all
        record = json.loads((ci.app / ".slipway" / "build.json").read_text("utf-8"))
        packages.append({*record["packages"]})
        log = result.out
    assert packages[0] == {"packaging"}
    assert packages[1] >= {"packaging", "pytest"}
    assert packages[2] == packages[0]
    assert "Reusing the virtual environment" in log
    result = ci.test()
    assert result.status == 1, result.all
    assert "The app has not been built for its tests yet" in result.err
    assert "The last build of" in result.err


def test_herokuish_runs_tests_as_a_user_of_its_own(ci: Ci, open_folder: Path) -> None:
    """It moves the app and sources its profile scripts before."""
    within: list[str] = []
    if os.geteuid() == 0:
        within = ["setpriv", "--reuid=45678", "--regid=45678", "--clear-groups", "--"]
    platform = replace(ci.platform, folder=open_folder)
    ci = put(Ci(platform=platform, app=open_folder / "build"), "tested_with_pytest")
    ci.compile({"SLIPWAY_BUNDLE_PYTHON": "true"})  # that of this machine may be root's
    moved = ci.moved()
    script = str(ci.platform.slipway / "bin" / "test")
    argv = [*within, "bash", "-c", _HEROKUISH, "herokuish", script, str(platform.env_dir)]
    done = run(argv, {**platform.env, "HOME": str(moved.app)})
    assert done.status == 0, done.all
    assert "2 passed" in done.out


def test_a_signal_ends_the_runner_with_its_own_status(ci: Ci) -> None:
    """So it does for an app in a folder of its repository."""
    shutil.copytree(FIXTURES / "tested_with_pytest", ci.app / "backend")
    root = {"SLIPWAY_ROOT": "backend"}
    ci = replace(ci, platform=replace(ci.platform, cache=ci.platform.folder / "cache"))
    ci.compile(root)
    # What the tests need does not decide the Python of the app.
    assert [*ci.platform.cache.glob(f"*/{LAST_BUILD.name}")] == []
    write_tree(
        ci.app / "backend",
        {
            "tests/test_slow.py": "import os, time\n\n\ndef test_waits() -> None:\n"
            "    open('running', 'w').write(str(os.getpid()))\n    time.sleep(120)\n"
        },
    )
    process = subprocess.Popen(
        [ci.platform.slipway / "bin" / "test", ci.app],
        env={**ci.platform.env, **root},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    marker, end = ci.app / "backend" / "running", time.monotonic() + 60
    while not (marker.exists() and marker.read_text("utf-8")) and time.monotonic() < end:
        time.sleep(0.05)
    runner = int(marker.read_text("utf-8"))
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    # pytest reports what has run before: https://docs.pytest.org/en/stable/reference/exit-codes.html
    assert process.returncode == 2, out
    assert "KeyboardInterrupt" in out
    with suppress(ProcessLookupError):
        os.kill(runner, 0)
        pytest.fail("the runner still runs")


def test_the_scripts_of_app_json_run_with_its_variables(ci: Ci) -> None:
    """What bin/test lists tells which one has failed."""
    put(ci, "tested_with_unittest")
    scripts = {
        "test-setup": 'echo ready > setup && test -z "$BROKEN"',
        "test": "cat setup && echo from-app-json $MODE ${#SALT} && python -c 'exit(7)'",
    }
    env = {"MODE": "from-app-json", "SALT": {"generator": "secret"}, "BROKEN": ""}
    of_tests = {"environments": {"test": {"scripts": scripts, "env": env}}}
    write_tree(ci.app, {"app.json": json.dumps(of_tests)})
    ci.compile()
    result = ci.test()
    assert result.status == 7, result.all
    headers = [line for line in result.out.splitlines() if line.startswith("----->")]
    assert headers == [
        "-----> Running the script test-setup of app.json",
        "-----> Running tests",
    ]
    assert "Not set, so taken from app.json: MODE, BROKEN, SALT" in result.out
    assert "ready\nfrom-app-json from-app-json 64\n" in result.out
    # A value that is in the repository is no secret.
    assert scripts["test"] in result.out
    config_vars = {"BROKEN": "yes", "MODE": "quick", "PIP_TARGET": "/app", "LD_PRELOAD": ""}
    ci.platform.write_config_vars(config_vars)
    failing = ci.test()
    assert "Ignoring the config variable PIP_TARGET" in failing.out
    assert "LD_PRELOAD" not in failing.all
    assert failing.status == 1
    assert "script test-setup of app.json exited with status 1" in failing.err
    assert "Running tests" not in failing.out
    # Without a script for the tests, the setup runs before what bin/test chooses.
    del scripts["test"]
    write_tree(ci.app, {"app.json": json.dumps(of_tests)})
    ci.platform.write_config_vars({})
    chosen = ci.test()
    assert chosen.status == 0, chosen.all
    assert "Ran 1 test" in chosen.all
    assert "       python -m unittest discover -s tests\n" in chosen.out


def test_the_example_of_an_app_json_runs_ci_with_a_database(
    ci: Ci, postgresql_server: Database
) -> None:
    """Its environment, its setup and its tests, as Heroku CI runs them."""
    put(ci, "tested_with_django")
    shutil.copy(APP_CI, ci.app / "app.json")
    example = json.loads(APP_CI.read_text("utf-8"))["environments"]["test"]
    assert example["addons"] == ["heroku-postgresql:in-dyno"]
    database = postgresql_server.create("heroku_ci")
    ci.compile({**example["env"], "DATABASE_URL": database.url})
    moved = ci.moved()
    setup, tests = (moved.dyno.run(example["scripts"][name]) for name in ("test-setup", "test"))
    assert (setup.status, tests.status) == (0, 0), f"{setup.all}\n{tests.all}"
    assert "The database is of postgresql" in tests.out
    by_script = moved.test()
    assert by_script.status == 0, by_script.all
    assert "No changes detected" in by_script.out
    assert "The database is of postgresql" in by_script.out


@pytest.mark.long
def test_pytest_uses_the_settings_of_manage_py(ci: Ci) -> None:
    put(ci, "tested_with_django")
    files = {
        "requirements-test.txt": "-r requirements.txt\npytest==8.3.4\npytest-django==4.11.1\n",
        "pytest.ini": "[pytest]\npython_files = tests.py\n",
    }
    write_tree(ci.app, files)
    ci.compile({"SECRET_KEY": "for-the-tests-only"})
    result = ci.moved().test()
    assert result.status == 0, result.all
    assert "2 passed" in result.out
    assert "settings: harbour.settings (from env)" in result.out


_CASE = "from django.test import TestCase\n\n\nclass A(TestCase):\n    def test_a(self): ...\n"
_FUNCTION = "def test_a(client):\n    assert client\n"


@pytest.mark.long
@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("berths/tests.py", "# Create your tests here.\n", "Chosen because"),
        ("tests/test_pages.py", _CASE, "because tests/ has no __init__.py"),
        ("berths/pages_test.py", _CASE, "because its name does not begin with `test`"),
        ("berths/test_pages.py", _FUNCTION, "write `pytest` and `pytest-django`"),
    ],
)
def test_djangos_runner_does_not_succeed_without_tests(
    file: str, text: str, expected: str, ci: Ci
) -> None:
    put(ci, "tested_with_django")
    (ci.app / "berths" / "tests.py").unlink()
    write_tree(ci.app, {file: text})
    ci.compile({"SECRET_KEY": "for-the-tests-only"})
    by_itself = ci.dyno.run("python manage.py test --noinput")
    assert by_itself.status == 0
    assert "Ran 0 tests" in by_itself.all
    result = ci.test()
    assert result.status == 5, result.all
    assert "No test ran. `python manage.py test --noinput` runs" in result.err
    assert expected in " ".join(result.out.replace(" !     ", "").split())


@pytest.mark.long
def test_an_app_that_configures_pytest_and_lacks_it_is_told_how_to_add_it(ci: Ci) -> None:
    put(ci, "tested_with_pytest")
    (ci.app / "requirements-test.txt").unlink()
    compiled = ci.compile()
    assert "pytest.ini configures pytest, which is not installed" in compiled.out
    result = ci.test()
    assert result.status == 1
    assert "Error: pytest is not installed" in result.err


_PROJECT = """\
[project]
name = "tides"
version = "1"
requires-python = ">=3.10"
dependencies = ["packaging==24.2"]
"""
_GROUP = '[dependency-groups]\ntest = ["pytest==8.3.4"]\n'


def _source() -> str:
    """Name this machine's index: without a source, Poetry asks an API that few indexes have."""
    url, _ = addresses_of_the_index()
    return f'[[tool.poetry.source]]\nname = "machine"\nurl = "{url}"\n'


LOCKED = {
    "uv": (("uv", "lock"), {"pyproject.toml": _PROJECT + _GROUP}),
    "poetry": (
        ("poetry", "lock", "--no-interaction"),
        {
            "pyproject.toml": _PROJECT
            + "[tool.poetry]\npackage-mode = false\n"
            + '[tool.poetry.group.checks.dependencies]\npytest = "8.3.4"\n'
        },
    ),
    "pdm": (
        ("pdm", "lock", "--group", ":all"),
        {"pyproject.toml": _PROJECT + _GROUP + "[tool.pdm]\ndistribution = false\n"},
    ),
    "pipenv": (
        ("pipenv", "lock"),
        {"Pipfile": '[packages]\npackaging = "==24.2"\n[dev-packages]\npytest = "==8.3.4"\n'},
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_brings_the_packages_for_tests(name: str, ci: Ci, tmp_path: Path) -> None:
    argv, files = LOCKED[name]
    put(ci, "tested_with_pytest")
    (ci.app / "requirements.txt").unlink()
    (ci.app / "requirements-test.txt").unlink()
    write_tree(ci.app, files)
    if name == "poetry":
        with (ci.app / "pyproject.toml").open("a", encoding="utf-8") as project:
            project.write(_source())
    made = subprocess.run(
        [str(tool(argv[0])), *argv[1:]],
        cwd=ci.app,
        env=locking_env(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, f"{made.stdout}\n{made.stderr}"
    shutil.rmtree(ci.app / ".venv", ignore_errors=True)  # of Pipenv
    ci.platform.write_config_vars(WITHOUT_PYTHON)
    plain = ci.platform.run_script("compile", ci.app, ci.platform.cache, ci.platform.env_dir)
    assert plain.status == 0, plain.all
    record = json.loads((ci.app / ".slipway" / "build.json").read_text("utf-8"))
    assert {*record["packages"]} == {"packaging"}
    compiled = ci.compile()
    assert "Installing what the tests need: the group" in compiled.out
    result = ci.test()
    assert result.status == 0, result.all
    assert "2 passed" in result.out


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_requirements_for_tests_are_resolved_beside_a_lock(toolchain: str, ci: Ci) -> None:
    """The lock of the app, which has no group, stays as it is."""
    put(ci, "tested_with_pytest")
    argv = [ci.platform.slipway / "bin" / "slipway", "lock", ci.app]
    made = subprocess.run(
        [*map(str, argv)],
        env=dict(ci.platform.env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, f"{made.stdout}\n{made.stderr}"
    compiled = ci.compile({"SLIPWAY_TOOLCHAIN": toolchain})
    assert "Dependencies from pylock.toml" in compiled.out
    assert "Installing what the tests need: requirements-test.txt" in compiled.out
    result = ci.test()
    assert result.status == 0, result.all
