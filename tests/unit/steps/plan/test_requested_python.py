"""The Python that an app requests comes from settings, its files, or both together."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.settings import with_paketo_names
from slipway.effects.files import AppFolder
from slipway.errors.python import (
    PythonKindUnsupported,
    PythonsContradict,
    PythonTooOld,
    PythonVersionUnparsable,
)
from slipway.steps.plan import plan
from unit.samples import write_files

FILE, RUNTIME, TOML = ".python-version", "runtime.txt", "pyproject.toml"
REQUIRES, BY_POETRY = (
    "requires-python in pyproject.toml",
    "python in [tool.poetry.dependencies]",
)


def requires(specifier: str) -> dict[str, str]:
    return {TOML: f"[project]\nrequires-python = '{specifier}'\n"}


def poetry(constraint: str) -> dict[str, str]:
    return {TOML: f"[tool.poetry.dependencies]\npython = '{constraint}'\n"}


def planned(root: Path, files: dict[str, str], **environment: str) -> BuildPlan:
    app = AppFolder(write_files(root, {"requirements.txt": "six\n", **files}))
    return plan(app, environment)


@pytest.mark.parametrize(
    ("files", "origins"),
    [
        ({FILE: "3.13", **requires("==3.12.*")}, (FILE, REQUIRES)),
        ({FILE: "3.12", RUNTIME: "python-3.11.4"}, (FILE, RUNTIME)),
        ({FILE: "3.12", RUNTIME: "python-2.7.18"}, (FILE, RUNTIME)),
        ({FILE: "3.12", **poetry("^3.13")}, (FILE, BY_POETRY)),
        ({RUNTIME: "python-3.12.1", **requires(">=3.12.2")}, (RUNTIME, REQUIRES)),
        ({FILE: ">=3.11,<3.13", **requires(">=3.13")}, (FILE, REQUIRES)),
        (
            {FILE: "3.12", "setup.cfg": "[options]\npython_requires = >=3.13\n"},
            (FILE, "python_requires in setup.cfg"),
        ),
        (
            {FILE: "3.12", "setup.py": "setup(python_requires='<3.12')"},
            (FILE, "python_requires in setup.py"),
        ),
    ],
)
def test_two_files_that_contradict_each_other_stop_the_plan(
    files: dict[str, str], origins: tuple[str, str], tmp_path: Path
) -> None:
    with pytest.raises(PythonsContradict) as error:
        planned(tmp_path, files)
    assert error.value.origins == origins


@pytest.mark.parametrize(
    ("files", "specifier"),
    [
        ({FILE: "3.12", **requires(">=3.12.5")}, "==3.12.*,>=3.12.5"),
        ({FILE: "3.12", **requires(">=3.10")}, "==3.12.*"),
        ({FILE: "3.12", RUNTIME: "python-3.12.4"}, "==3.12.4"),
        ({FILE: "3.13", **poetry("~2.7 || ^3.11")}, "==3.13.*"),
        (poetry("^3.11"), ">=3.11,<4.0"),
        ({"setup.cfg": "[options]\npython_requires = >=3.11\n"}, ">=3.11"),
        ({"setup.py": "setup(python_requires='>=3.11,<3.13')"}, "<3.13,>=3.11"),
        ({"setup.py": "setup(python_requires=OLDEST)"}, ">=3.10"),
        ({"setup.py": "setup(python_requires='?')"}, ">=3.10"),
        ({"setup.py": "print 'python_requires'"}, ">=3.10"),
        ({**requires(">=3.12"), "setup.py": "setup(python_requires='>=3.11')"}, ">=3.12"),
    ],
)
def test_both_files_hold_if_they_are_compatible(
    files: dict[str, str], specifier: str, tmp_path: Path
) -> None:
    assert planned(tmp_path, files).python.specifier == specifier


def test_a_setting_wins_over_files_with_a_notice_if_the_metadata_exclude_it(
    tmp_path: Path,
) -> None:
    files = {FILE: "3.13", **requires(">=3.13")}
    found = planned(tmp_path, files, SLIPWAY_PYTHON_VERSION="3.12")
    [notice] = found.notices
    assert found.python.specifier == "==3.12.*"
    assert notice.startswith(
        f"SLIPWAY_PYTHON_VERSION requests Python 3.12, which {FILE} (3.13) and {REQUIRES} "
        "(>=3.13) exclude."
    )
    [notice] = planned(tmp_path, {**files, FILE: "3.12"}, SLIPWAY_PYTHON_VERSION="3.12").notices
    assert f"which {REQUIRES} (>=3.13) excludes." in notice
    assert planned(tmp_path, files, SLIPWAY_PYTHON_VERSION="3.13").notices == ()


def test_a_setting_hides_an_invalid_file_but_not_invalid_metadata(tmp_path: Path) -> None:
    files = {FILE: "", **requires("?")}
    first, second = planned(tmp_path, files, SLIPWAY_PYTHON_VERSION="3.12").notices
    assert first == f"Ignoring {FILE}, because it does not name a Python version"
    assert second == f"Ignoring {REQUIRES}, because it is not a version specifier (PEP 440)"
    with pytest.raises(PythonVersionUnparsable):
        planned(tmp_path, files)


def test_an_old_version_is_an_error_before_a_contradiction(tmp_path: Path) -> None:
    with pytest.raises(PythonTooOld):
        planned(tmp_path, {FILE: "3.9", **requires(">=3.8")})


def test_a_setting_wins_over_a_pipfile(tmp_path: Path) -> None:
    pipfile = "[packages]\nsix = '*'\n[requires]\npython_version = '3.12'\n"
    app = AppFolder(write_files(tmp_path, {"Pipfile": pipfile}))
    found = plan(app, {"SLIPWAY_PYTHON_VERSION": "3.13"})
    assert found.python.origin == "SLIPWAY_PYTHON_VERSION"
    assert any("which [requires] in Pipfile (3.12) excludes." in one for one in found.notices)


def test_a_contradiction_of_three_files_names_the_two_that_differ(tmp_path: Path) -> None:
    files = {FILE: "3.12", RUNTIME: "python-3.12", **requires(">=3.13")}
    with pytest.raises(PythonsContradict) as error:
        planned(tmp_path, files)
    assert error.value.origins == (FILE, REQUIRES)


COMPILED = (
    "#\n# This file is autogenerated by pip-compile with Python 3.12\n"
    "# by the following command:\n"
)
COMPILED_BY_UV = (
    "# This file was autogenerated by uv via the following command:\n"
    "#    uv pip compile --python-version 3.12 requirements.in\n"
)
IMAGE = "Dockerfile"


@pytest.mark.parametrize(
    ("files", "where", "advice"),
    [
        ({IMAGE: "FROM python:3.11-slim\nRUN true\n"}, "Dockerfile (3.11)", "3.11"),
        ({IMAGE: "FROM ghcr.io/astral-sh/uv:python3.12-alpine"}, "Dockerfile (3.12)", "3.12"),
        (
            {IMAGE: "ARG V=3.12.4\nfrom --platform=x docker.io/library/python:$V AS a\n"},
            "Dockerfile (3.12.4)",
            "3.12.4",
        ),
        (
            {"requirements.txt": COMPILED},
            "the header of requirements.txt (3.12)",
            "3.12",
        ),
        (
            {"requirements.txt": COMPILED_BY_UV},
            "the header of requirements.txt (3.12)",
            "3.12",
        ),
        ({".python-versions": "3.13\n3.12\n"}, ".python-versions (3.13)", "3.13"),
        (
            {IMAGE: "FROM python:3.11\n", "requirements.txt": COMPILED},
            "Dockerfile (3.11) and the header of requirements.txt (3.12)",
            "3.11 or 3.12",
        ),
        ({IMAGE: "FROM python:3.8\n"}, "Dockerfile (3.8)", ""),
        (
            {IMAGE: "FROM python:3.8\n", ".python-versions": "3.12"},
            ".python-versions (3.12) and Dockerfile (3.8)",
            "3.12",
        ),
    ],
)
def test_what_other_tools_were_told_is_one_notice_if_nothing_requests_a_python(
    files: dict[str, str], where: str, advice: str, tmp_path: Path
) -> None:
    [notice] = planned(tmp_path, files).notices
    found, _, advised = notice.partition(". ")
    which = "one" if " or " in advice else "it"
    assert found.removeprefix("Slipway does not follow the Python ") in (
        f"version in {where}",
        f"versions in {where}",
    )
    assert advised == (
        f"To use {which}, write {advice} to .python-version"
        if advice
        else "It supports Python 3.10 and newer"
    )
    assert planned(tmp_path, {**files, FILE: "3.12"}).notices == ()


@pytest.mark.parametrize(
    "files",
    [
        {".tool-versions": "nodejs 20\n"},
        {"mise.toml": "[tools]\nnode = '20'\n"},
        {"mise.toml": "tools = 1"},
        {"Dockerfile": "FROM python:latest\nFROM python:slim\nFROM $PYTHON\n"},
        {"Dockerfile": "# FROM python:3.11\nFROM mypython:3.11\n"},
        {"requirements.txt": "# autogenerated by pip-compile\nsix==1.16.0\n"},
        {"pyproject.toml": "[project]\nname = 'a'\nversion = '1'\n"},
    ],
)
def test_a_file_that_requests_no_python_is_not_named(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert planned(tmp_path, files).notices == ()


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("Pipfile", "[requires]\npython_version = '3.12'\n", "3.12"),
        ("Pipfile", "[requires]\npython_full_version = '3.12.1'\n", "3.12.1"),
        ("Pipfile.lock", '{"_meta": {"requires": {"python_version": "3.12"}}}', "3.12"),
        ("uv.lock", 'version = 1\nrequires-python = "==3.12.*"\n', "==3.12.*"),
        (
            "poetry.lock",
            '[[package]]\npython-versions = ">=3.6"\n[metadata]\npython-versions = "<3.13"\n',
            "<3.13",
        ),
        ("pdm.lock", '[metadata]\nrequires_python = "==3.12.*"\n', "==3.12.*"),
        ("environment.yml", "dependencies:\n  - python=3.12\n", "3.12"),
    ],
)
def test_the_python_of_a_file_that_does_not_count_is_named(
    name: str, text: str, version: str, tmp_path: Path
) -> None:
    files = {
        name: text,
        "pyproject.toml": "[tool.slipway]\nrequirements = 'requirements.txt'\n",
    }
    first, *_ = planned(tmp_path, files).notices
    assert first == (
        f"Slipway does not follow the Python version in {name} ({version}). To use it, write "
        f"{version} to .python-version"
    )


def test_a_lower_bound_of_a_lock_that_does_not_count_is_not_named(tmp_path: Path) -> None:
    files = {
        "uv.lock": 'version = 1\nrequires-python = ">=3.11"\n',
        "pyproject.toml": "[tool.slipway]\nrequirements = 'requirements.txt'\n",
    }
    assert not any("Python version" in one for one in planned(tmp_path, files).notices)


@pytest.mark.parametrize(
    ("name", "text"), [("Pipfile.lock", "["), ("Pipfile.lock", "[]"), ("Pipfile", "[")]
)
def test_a_broken_file_of_another_tool_is_no_error(
    name: str, text: str, tmp_path: Path
) -> None:
    files = {
        name: text,
        "pyproject.toml": "[tool.slipway]\nrequirements = 'requirements.txt'\n",
    }
    assert not any("Python version" in one for one in planned(tmp_path, files).notices)


@pytest.mark.parametrize("version", ["three", "pypy"])
def test_a_python_of_a_pipfile_that_pipenv_ignores_is_named(
    version: str, tmp_path: Path
) -> None:
    pipfile = f"[packages]\nsix = '*'\n[requires]\npython_version = '{version}'\n"
    app = AppFolder(write_files(tmp_path, {"Pipfile": pipfile}))
    if version == "pypy":
        with pytest.raises(PythonKindUnsupported):
            plan(app, {})
        return
    assert plan(app, {}).notices[0] == (
        "Ignoring [requires] in Pipfile: `three` is not a version of Python"
    )


@pytest.mark.parametrize(
    ("requested", "fits", "fails"),
    [
        ("^3.11", "3.14.1", "3.10.9"),
        ("^3.11.4", "3.12.0", "3.11.3"),
        ("3.11 || 3.13", "3.13.2", "3.12.1"),
        ("3.10.* || >=3.12 <3.14", "3.12.1", "3.14.0"),
        ("~3.11", "3.11.9", "3.12.0"),
    ],
)
def test_a_range_of_semver_is_read_as_by_paketo(
    requested: str, fits: str, fails: str, tmp_path: Path
) -> None:
    variables = with_paketo_names({"BP_CPYTHON_VERSION": requested})
    python = planned(tmp_path, {}, **variables).python
    assert (python.requested, python.origin) == (requested, "BP_CPYTHON_VERSION")
    assert python.fits(fits)
    assert not python.fits(fails)


@pytest.mark.parametrize("requested", ["^3.8 || nothing", "^", "3.11 ||"])
def test_a_broken_range_of_semver_is_an_error(requested: str, tmp_path: Path) -> None:
    with pytest.raises(PythonVersionUnparsable):
        planned(tmp_path, {}, **with_paketo_names({"BP_CPYTHON_VERSION": requested}))


def test_a_range_of_semver_is_only_for_the_variable_of_paketo(tmp_path: Path) -> None:
    with pytest.raises(PythonVersionUnparsable):
        planned(tmp_path, {}, SLIPWAY_PYTHON_VERSION="^3.11")
