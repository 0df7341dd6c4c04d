"""Which Python an app gets for the files that request one, or the error: docs/pythons.md."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from slipway.domain.locks.lock_file import NO_HASH
from slipway.domain.locks.pdm_project import content_hashes
from slipway.domain.python.selection import newest_fitting
from slipway.domain.python.series import MINORS, series_of
from slipway.domain.toml_text import parse_toml
from slipway.effects.files import AppFolder
from slipway.errors.python import (
    ADVISED,
    NoSuchPython,
    PythonKindUnsupported,
    PythonsContradict,
    PythonTooOld,
    PythonVersionUnparsable,
)
from slipway.errors.stopped import BuildStopped
from slipway.messages import explain, render
from slipway.steps.plan import plan
from unit.samples import PYTHON, write_files

FILE, RUNTIME, ASDF, MISE = ".python-version", "runtime.txt", ".tool-versions", "mise.toml"
TOML, PIPFILE = "pyproject.toml", "Pipfile"
SETTING = {"SLIPWAY_PYTHON_VERSION": "3.12"}
NEWEST = {minor: series.newest for minor in MINORS if (series := series_of(minor))}
IMAGE = (*NEWEST.values(), "3.12.4", "3.12.1", "3.11.9")
"""The Pythons of the image: the newest of each series, and some older patch releases."""


@dataclass(frozen=True, kw_only=True)
class Case:
    files: dict[str, str]
    gets: str = ""
    """A version of the image, or a minor version for its newest patch release."""
    stops: type[BuildStopped] | None = None
    says: tuple[str, ...] = ()
    """Passages of the error, or of the notices."""
    environment: dict[str, str] = field(default_factory=dict)
    has_requirements: bool = True


def gets(version: str, files: dict[str, str], *says: str, **environment: str) -> Case:
    return Case(files=files, gets=version, says=says, environment=environment)


def stops(
    error: type[BuildStopped], files: dict[str, str], *says: str, **environment: str
) -> Case:
    return Case(files=files, stops=error, says=says, environment=environment)


def alone(case: Case) -> Case:
    """Return the case for an app without requirements.txt."""
    return replace(case, has_requirements=False)


def asdf(versions: str) -> dict[str, str]:
    return {ASDF: f"nodejs 20.1.0\npython {versions}\n"}


def mise(value: str, file: str = MISE) -> dict[str, str]:
    return {file: f"[tools]\nnode = '20'\npython = {value}\n"}


BARE = {TOML: "[project]\nname = 'app'\nversion = '1'\ndependencies = []\n"}


def project(specifier: str) -> dict[str, str]:
    return {TOML: f"{BARE[TOML]}requires-python = '{specifier}'\n"}


def poetry(constraint: str) -> dict[str, str]:
    return poetry_value(f"'{constraint}'")


def poetry_value(value: str) -> dict[str, str]:
    return {TOML: f"[tool.poetry.dependencies]\npython = {value}\n"}


def project_value(value: str) -> dict[str, str]:
    return {TOML: f"{BARE[TOML]}requires-python = {value}\n"}


def pipfile_value(value: str) -> dict[str, str]:
    return pipfile(f"python_version = '{value}'\npython_full_version = '3.12.1'")


def pipfile(requires: str) -> dict[str, str]:
    return {PIPFILE: f"[packages]\nsix = '*'\n[requires]\n{requires}\n"}


def pipfile_lock(python: str, **full: str) -> dict[str, str]:
    requires = {"python_version": python, **full}
    meta = {"hash": {"sha256": NO_HASH}, "pipfile-spec": 6, "requires": requires, "sources": []}
    text = json.dumps({"_meta": meta, "default": {}, "develop": {}})
    return {PIPFILE: "[packages]\n", "Pipfile.lock": text}


def uv_lock(specifier: str) -> dict[str, str]:
    own = "[[package]]\nname = 'app'\nversion = '1'\nsource = { virtual = '.' }\n"
    return {**BARE, "uv.lock": f"version = 1\nrequires-python = '{specifier}'\n{own}"}


def poetry_lock(python: str) -> dict[str, str]:
    metadata = (
        f"lock-version = '2.1'\npython-versions = '{python}'\ncontent-hash = '{NO_HASH}'\n"
    )
    return {**BARE, "poetry.lock": f"package = []\n[metadata]\n{metadata}"}


def pdm_lock(specifier: str) -> dict[str, str]:
    digest = next(content_hashes(parse_toml(BARE[TOML], TOML), "", lambda _: None, ()))
    metadata = f"strategy = []\nlock_version = '4.5.0'\ncontent_hash = 'sha256:{digest}'\n"
    targets = f"[[metadata.targets]]\nrequires_python = '{specifier}'\n"
    return {**BARE, "pdm.lock": f"[metadata]\n{metadata}{targets}"}


def pylock(specifier: str) -> dict[str, str]:
    head = f"lock-version = '1.0'\nrequires-python = '{specifier}'\ncreated-by = 'pip'\n"
    return {"pylock.toml": f"{head}packages = []\n"}


DYNAMIC = {TOML: "[project]\nname = 'app'\nversion = '1'\ndynamic = ['requires-python']\n"}

ONE_FILE = (
    gets(MINORS[0], {}),
    gets("3.12", {FILE: "3.12"}),
    gets("3.12.4", {FILE: "3.12.4\n"}),
    gets(MINORS[0], {FILE: "3\n"}),
    gets("3.12", {FILE: "\n\n  3.12  \r\n\n"}),
    gets("3.12", {FILE: "\ufeff3.12\n"}),
    gets("3.12", {FILE: "# ours\n3.12 # and no other\n"}),
    gets("3.12", {FILE: "3.12#ours"}),
    gets("3.12", {FILE: "cpython-3.12"}),
    gets("3.12", {FILE: "cpython@3.12"}),
    gets("3.12", {FILE: "cpython3.12"}),
    gets("3.12.1", {FILE: "python-3.12.1"}),
    gets("3.12", {FILE: "3.12.x"}),
    gets("3.12", {FILE: ">=3.11,<3.13"}),
    gets("3.12", {FILE: "~=3.12.3"}),
    gets("3.12", {FILE: "~3.12"}),
    gets("3.12", {FILE: "3.12\n3.11\n3.10\n"}, "Only the first counts, 3.12; not 3.11, 3.10"),
    gets("3.12.1", {FILE: "3.12.1 3.11.9\n"}, "Only the first counts, 3.12.1; not 3.11.9"),
    gets("3.12", {FILE: "3.12\nmy-virtualenv\n"}, "not my-virtualenv"),
    gets("3.12.1", {RUNTIME: "python-3.12.1"}, "replacing runtime.txt with .python-version"),
    gets("3.12", {RUNTIME: "python-3.12\n"}),
    gets("3.12", {RUNTIME: "3.12"}),
    gets("3.12.1", asdf("3.12.1")),
    gets("3.12.1", asdf("3.12.1 # ours")),
    gets("3.12.1", asdf("3.12.1 3.11.9 system"), "not 3.11.9, system"),
    gets("3.12", asdf("latest:3.12")),
    gets(MINORS[0], asdf("latest"), "Ignoring `latest` in .tool-versions"),
    gets(MINORS[0], asdf("system"), "Ignoring `system` in .tool-versions"),
    gets("3.12", asdf("system 3.12"), "Ignoring `system` in .tool-versions"),
    gets("3.11", asdf("path:/x 3.11"), "Ignoring `path:/x` in .tool-versions"),
    gets(MINORS[0], asdf("ref:v3.12.1"), "Ignoring `ref:v3.12.1`"),
    gets(MINORS[0], asdf("path:/opt/python"), "Ignoring `path:/opt/python`"),
    gets(MINORS[0], {ASDF: "nodejs 20.1.0\n"}),
    gets("3.12", mise("'3.12'")),
    gets("3.12", mise("['3.12', '3.11']"), "not 3.11"),
    gets("3.12", mise("{ version = '3.12' }")),
    gets("3.12", mise("'prefix:3.12'")),
    gets(MINORS[0], mise("'latest'"), "Ignoring `latest` in mise.toml"),
    gets(MINORS[0], mise("'sub-0.1:latest'"), "Ignoring `sub-0.1:latest`"),
    gets(MINORS[0], {MISE: "[tools"}, "Ignoring mise.toml, because it is not valid TOML"),
    gets("3.12", mise("'3.12'", ".mise.toml")),
    gets("3.12", mise("'3.12'", "mise/config.toml")),
    gets("3.12", mise("'3.12'", ".mise/config.toml")),
    gets("3.12", mise("'3.12'", ".config/mise.toml")),
    gets("3.12", mise("'3.12'", ".config/mise/config.toml")),
    gets("3.12", mise("'3.12'", ".config/mise/conf.d/a.toml")),
    gets("3.12", {MISE: "[tools]\n'vfox:python' = '3.12'\n"}),
    gets(MINORS[0], mise("{ version = '3.12', os = ['macos'] }")),
    gets(MINORS[0], mise("'3.12'", "mise.local.toml"), "mise.local.toml (3.12). To use it"),
    gets(MINORS[0], mise("'3.12'", ".mise.production.toml"), ".mise.production.toml (3.12)"),
    gets("3.12", project("==3.12.*")),
    gets(MINORS[0], project(">=3.8")),
    gets(MINORS[1], project(f">=3.10,!={MINORS[0]}.*")),
    gets("3.12", project(">=3.8,<3.13")),
    gets(MINORS[0], poetry("^3.10")),
    gets(MINORS[0], poetry(">=3.10,<4.0")),
    gets("3.12", poetry("~3.12")),
    gets("3.12", poetry("~2.7 || ~3.12")),
    gets("3.12", poetry("~3.11 || ~3.12")),
    gets("3.12", poetry("~3.11 | ~3.12")),
    gets("3.12", poetry("=3.12")),
    gets("3.12", poetry("==3.12")),
    gets("3.12", poetry_value("{ version = '~3.12' }")),
    gets("3.12", poetry_value("['~3.11', { version = '~3.12' }]")),
    gets(MINORS[0], poetry("3.12 || >=3.14")),
    gets(MINORS[0], poetry("^3.9 || ^3.12")),
    gets("3.12", {"setup.cfg": "[options]\npython_requires = >=3.10, <3.13\n"}),
    gets("3.12", {"setup.py": "setup(python_requires='<3.13')"}),
    gets("3.12", {**DYNAMIC, "setup.cfg": "[options]\npython_requires = ==3.12.*\n"}),
    gets("3.12", {**DYNAMIC, "setup.py": "setup(python_requires='==3.12.*')"}),
    gets(
        MINORS[0],
        {"setup.py": "P = '==3.12.*'\nsetup(python_requires=P)"},
        "Ignoring python_requires in setup.py",
        "write it to .python-version",
    ),
    gets(MINORS[0], {"setup.cfg": "[options]\npython_requires = ?\n"}, "in setup.cfg"),
)

DEPENDENCIES = (
    alone(gets("3.12", pipfile("python_version = '3.12'"))),
    alone(gets("3.12.1", pipfile("python_full_version = '3.12.1'"))),
    alone(gets(MINORS[0], pipfile("python_version = '*'"))),
    alone(gets(MINORS[0], pipfile("python_version = '3'"))),
    alone(gets(MINORS[0], pipfile("python_version = 'three'"), "Ignoring [requires] in")),
    alone(gets("3.12.1", pipfile_value("3.12"))),
    alone(stops(NoSuchPython, pipfile_value("3.11"), "==3.11.*,==3.12.1", "a single key")),
    alone(gets("3.12.1", pipfile_lock("3.12", python_full_version="3.12.1"))),
    alone(stops(NoSuchPython, pipfile_lock("3.11", python_full_version="3.12.1"))),
    alone(gets("3.12", pipfile_lock("3.12"))),
    alone(gets("3.12", uv_lock("==3.12.*"))),
    alone(gets(MINORS[0], uv_lock(">=3.11"))),
    alone(gets("3.12", poetry_lock("~3.12"))),
    alone(gets(MINORS[0], poetry_lock("^3.10"))),
    alone(gets("3.12", poetry_lock("3.12"))),
    alone(gets("3.12", poetry_lock("~3.11 || ~3.12"))),
    alone(stops(PythonsContradict, {FILE: "3.13", **poetry_lock("~3.11 || ~3.12")})),
    alone(gets("3.12", pdm_lock("==3.12.*"))),
    alone(gets("3.12", pylock("==3.12.*"))),
    gets(MINORS[0], pipfile("python_version = '3.12'"), "in Pipfile (3.12). To use it, write"),
    gets("3.12", {**pipfile("python_version = '3.11'"), FILE: "3.12"}),
    alone(stops(PythonKindUnsupported, pipfile("python_version = 'pypy3.10'"), "not CPython")),
    alone(stops(PythonTooOld, pipfile("python_version = '3.8'"), f'= "{ADVISED}"')),
    alone(stops(PythonTooOld, uv_lock("==3.9.*"), 'requires-python = ">=3.10"', "uv lock")),
    alone(stops(PythonTooOld, poetry_lock("~3.9"), 'python = ">=3.10"', "poetry lock")),
    alone(stops(PythonTooOld, pylock("==3.9.*"), "write pylock.toml again")),
)

OLD = {RUNTIME: "python-3.7.7"}
OR_DELETE = "1. Request a newer version in runtime.txt, or delete that file:"
TOO_OLD_IN_SEVERAL = (
    alone(
        stops(
            PythonTooOld,
            {**OLD, **pipfile_lock("3.7")},
            "runtime.txt requests Python 3.7.7 and `requires` in Pipfile.lock requests",
            OR_DELETE,
            f"python-{ADVISED}\n2. Request a newer version in [requires] in Pipfile:",
            f'python_version = "{ADVISED}"\n3. Lock again:\n       pipenv lock\n',
        )
    ),
    alone(
        stops(
            PythonTooOld,
            {**OLD, **pipfile("python_version = '3.7'")},
            OR_DELETE,
            f'python_version = "{ADVISED}"',
        )
    ),
    stops(
        PythonTooOld,
        {FILE: "3.9", **OLD, **poetry("~3.9")},
        "1. Request a newer version in .python-version, or delete",
        "2. Request a newer version in runtime.txt, or delete",
        "3. Change python in [tool.poetry.dependencies]:",
    ),
    alone(
        stops(
            PythonTooOld,
            {**OLD, **uv_lock("==3.9.*"), **project("==3.9.*")},
            OR_DELETE,
            "2. Change requires-python in pyproject.toml:",
            'requires-python = ">=3.10"\n3. Lock again:\n       uv lock\n',
        )
    ),
    alone(
        stops(
            PythonTooOld,
            {**poetry_lock("~3.9"), **project("==3.9.*")},
            "1. Change requires-python in pyproject.toml:",
            'requires-python = ">=3.10"\n2. Lock again:\n       poetry lock\n',
        )
    ),
    alone(
        stops(
            PythonTooOld,
            {**OLD, **pylock("==3.9.*")},
            OR_DELETE,
            "2. Lock again, with the tool that wrote pylock.toml.",
        )
    ),
    alone(stops(PythonTooOld, {**OLD, **pipfile_lock("3.12")}, "python-3.12", "2. Or delete")),
    stops(
        PythonTooOld,
        OLD,
        "SLIPWAY_PYTHON_VERSION requests Python 3.9, but",
        SLIPWAY_PYTHON_VERSION="3.9",
    ),
)

SEVERAL_FILES = (
    gets("3.12", {FILE: "3.13", **project(">=3.13")}, "exclude. The setting", **SETTING),
    gets("3.12", {FILE: "3.12", **asdf("2.7.18")}, "(2.7.18) excludes", **SETTING),
    gets("3.12", {FILE: "pypy3.10"}, "which .python-version (pypy3.10) excludes", **SETTING),
    gets(
        "3.12",
        {FILE: "3.13t", RUNTIME: "R-4.0"},
        "which .python-version (3.13t) excludes",
        "Ignoring runtime.txt, because it does not name",
        **SETTING,
    ),
    gets("3.12", {FILE: "?", **mise("'latest'")}, "Ignoring .python-version", **SETTING),
    alone(gets("3.12", pipfile("python_version = 'pypy3.10'"), "(pypy3.10) excl", **SETTING)),
    gets("3.12", poetry("bad"), "because it is not a constraint of Poetry", **SETTING),
    gets("3.12.1", {FILE: "3.12", RUNTIME: "python-3.12.1"}, "Consider deleting runtime.txt"),
    gets("3.12", {FILE: "3.12", RUNTIME: "R-4.0"}, "Ignoring runtime.txt"),
    gets("3.12.1", {FILE: "3.12", **asdf("3.12.1")}),
    gets("3.12", {FILE: "3.12", **asdf("latest")}, "Ignoring `latest`"),
    gets("3.12", {**mise("'3.12'"), **mise("'3'", ".mise.toml")}),
    gets("3.12", {FILE: "3.12", **project(">=3.12.5")}),
    gets("3.12", {FILE: "3.12", **project(">=3.10")}),
    gets(MINORS[0], {**project(">=3.10"), "setup.cfg": "[options]\npython_requires = <3.10\n"}),
    alone(gets("3.12", {FILE: "3.12", **uv_lock(">=3.11")})),
    alone(gets("3.12.1", {FILE: "3.12.1", **pipfile("python_version = '3.12'")})),
    stops(
        PythonsContradict,
        {FILE: "3.13", **project("==3.12.*")},
        ".python-version requests Python 3.13",
        "requires-python in pyproject.toml requests Python ==3.12.*",
        "    3.12\n",
        'requires-python = ">=3.13"',
    ),
    stops(PythonsContradict, {FILE: "3.13", **poetry("~3.11 || ~3.12")}),
    stops(
        PythonsContradict,
        {FILE: "!=3.13.*", RUNTIME: "!=3.12.*", **mise("'<3.14'"), **project(">=3.12")},
        "The app requests different Pythons",
        "version requests Python !=3.13.*, runtime.txt requests Python !=3.12.*, mise.toml",
        "Change runtime.txt, if the others are right:\n       python-3.12\n",
        'requires-python = ">=3.11"',
    ),
    stops(
        PythonsContradict,
        {TOML: f"{project('>=3.13')[TOML]}{poetry('~3.11 || ~3.12')[TOML]}"},
    ),
    stops(PythonsContradict, {FILE: "3.12", RUNTIME: "python-3.11"}, "git rm runtime.txt"),
    stops(PythonsContradict, {FILE: "3.12", **asdf("3.11.9")}, "    python 3.12"),
    stops(PythonsContradict, {FILE: "3.12", **mise("'3.13'")}, '    python = "3.12"'),
    stops(PythonsContradict, {RUNTIME: "python-3.12", **asdf("3.13.1")}, "python-3.13.1"),
    stops(PythonsContradict, {**asdf("3.12.1"), **mise("'3.13'")}, "python 3.13", "[tools]"),
    stops(PythonsContradict, {FILE: "3.12", **poetry("^3.13")}, 'python = ">=3.12"'),
    stops(
        PythonsContradict,
        {FILE: "3.12", "setup.cfg": "[options]\npython_requires = >=3.13\n"},
        "python_requires = >=3.12",
    ),
    stops(
        PythonsContradict,
        {FILE: "3.12", "setup.py": "setup(python_requires='>=3.13')"},
        'python_requires=">=3.12"',
    ),
    stops(
        PythonsContradict,
        {FILE: "3.13", RUNTIME: "python-3.13", **project("==3.12.*")},
        ".python-version requests Python 3.13, and requires-python",
    ),
    alone(
        stops(
            PythonsContradict,
            {FILE: "3.12", **uv_lock(">=3.13")},
            "hange requires-python in pyproject.toml, and run `uv lock`",
            'requires-python = ">=3.12"',
        )
    ),
    alone(stops(PythonsContradict, {FILE: "3.12", **poetry_lock("^3.13")}, "poetry lock")),
    alone(stops(PythonsContradict, {FILE: "3.12", **pdm_lock(">=3.13")}, "pdm lock")),
    alone(
        stops(
            PythonsContradict,
            {FILE: "3.12", **pylock("==3.13.*")},
            "write pylock.toml again for Python 3.12",
        )
    ),
    alone(stops(PythonsContradict, {FILE: "3.12", **pipfile_lock("3.13")}, "pipenv lock")),
    alone(
        stops(
            PythonsContradict,
            {FILE: "3.12", **pipfile("python_version = '3.13'")},
            '    python_version = "3.12"',
        )
    ),
)

REFUSED = (
    stops(PythonVersionUnparsable, {FILE: ""}, "It contains no version."),
    stops(PythonVersionUnparsable, {FILE: "# 3.12\n"}, "It contains no version."),
    stops(PythonVersionUnparsable, {FILE: "'3.12'"}, "without quotes", "    3.12"),
    stops(PythonVersionUnparsable, {FILE: "latest"}, "'latest', which is not a release"),
    stops(PythonVersionUnparsable, {FILE: "shop-3.12"}, "environment of pyenv", "    3.12"),
    stops(PythonVersionUnparsable, {FILE: "shop\n3.12\n"}, "It contains 'shop'"),
    stops(PythonVersionUnparsable, {RUNTIME: "R-4.0"}, f"python-{ADVISED}"),
    stops(PythonVersionUnparsable, asdf("newest"), f"    python {ADVISED}"),
    stops(PythonVersionUnparsable, mise("3.12"), "written in quotes", '    python = "3.12"'),
    stops(PythonVersionUnparsable, project("newest"), 'requires-python = ">=3.10"'),
    stops(PythonVersionUnparsable, project_value("3.12"), "written in quotes", '">=3.12"'),
    stops(PythonVersionUnparsable, project_value("['3.12']"), 'It contains ["3.12"], but'),
    stops(PythonVersionUnparsable, poetry("bad"), "not a constraint of Poetry"),
    stops(PythonVersionUnparsable, poetry("3.11 - 3.12"), "not a constraint of Poetry"),
    stops(PythonVersionUnparsable, poetry_value("3.11"), "It contains the number 3.11"),
    stops(PythonVersionUnparsable, mise("''"), "It contains no version."),
    stops(PythonVersionUnparsable, {}, "may be a secret", SLIPWAY_PYTHON_VERSION="new"),
    stops(
        PythonVersionUnparsable,
        {},
        "contains '\"3.12\"',",
        "SLIPWAY_PYTHON_VERSION=3.12\n",
        SLIPWAY_PYTHON_VERSION='"3.12"',
    ),
    stops(
        PythonVersionUnparsable,
        {},
        "contains '3.12 # x',",
        "SLIPWAY_PYTHON_VERSION=3.12\n",
        SLIPWAY_PYTHON_VERSION="3.12 # x",
    ),
    stops(NoSuchPython, project(">=3.12,<3.12"), "its parts exclude each other", '">=3.12"'),
    stops(NoSuchPython, {FILE: "312"}, "looks like 3.12 without its dot", "    3.12\n"),
    stops(NoSuchPython, {FILE: "4"}, "no release of Python fits", f"    {ADVISED}"),
    stops(NoSuchPython, {}, SLIPWAY_PYTHON_VERSION="27"),
    stops(PythonTooOld, poetry("^2.7"), 'python = ">=3.10"'),
    stops(PythonTooOld, poetry("3.8 || 3.9"), "requests Python 3.8 || 3.9"),
    stops(PythonKindUnsupported, project("pypy"), 'requires-python = ">=3.10"'),
    stops(PythonKindUnsupported, {RUNTIME: "python-pypy3.11"}, "PyPy", "    python-3.11"),
    stops(PythonKindUnsupported, {FILE: "~3.13t"}, "free-threaded Pythons", "    3.13"),
    stops(PythonKindUnsupported, {FILE: "3.12-dev"}, "development builds", "    3.12"),
    stops(PythonKindUnsupported, {FILE: "3.13t"}, "free-threaded Pythons", "    3.13"),
    stops(PythonKindUnsupported, {FILE: "3.13+freethreaded"}, "free-threaded Pythons"),
    stops(PythonKindUnsupported, {FILE: "cpython-3.13t"}, "free-threaded Pythons"),
    stops(PythonKindUnsupported, {FILE: "pypy3.11"}, "PyPy", "    3.11"),
    stops(PythonKindUnsupported, {FILE: "graalpy-24.1.1"}, "GraalPy", f"    {ADVISED}"),
    stops(PythonKindUnsupported, {FILE: "miniconda3-3.12-24.9.2-0"}, "conda", "    3.12"),
    stops(PythonKindUnsupported, {FILE: "system"}, "`system`", f"    {ADVISED}"),
    stops(PythonKindUnsupported, {FILE: "3.15.0rc1"}, "pre-release", "    3.15"),
    stops(PythonKindUnsupported, {FILE: "==3.15.0rc1"}, "pre-release"),
    stops(PythonKindUnsupported, {RUNTIME: "pypy-3.10"}, "PyPy", "    python-3.10"),
    stops(PythonKindUnsupported, asdf("pypy3.10-7.3.17"), "PyPy", "    python 3.10"),
    stops(PythonKindUnsupported, mise("'3.13t'"), "free-threaded", '    python = "3.13"'),
    stops(
        PythonKindUnsupported,
        {},
        "    SLIPWAY_PYTHON_VERSION=3.13",
        SLIPWAY_PYTHON_VERSION="3.13t",
    ),
    stops(PythonTooOld, {FILE: "3.9"}, "supports only Python 3.10 and newer: request one"),
    stops(PythonTooOld, {FILE: "3.8.18"}, f"    {ADVISED}", "git rm .python-version"),
    stops(PythonTooOld, {FILE: "2.7"}),
    stops(PythonTooOld, {RUNTIME: "python-3.9.18"}, f"python-{ADVISED}", "git rm runtime.txt"),
    stops(PythonTooOld, asdf("3.9.18"), f"    python {ADVISED}"),
    stops(PythonTooOld, mise("'3.9'"), f'    python = "{ADVISED}"'),
    stops(PythonTooOld, project(">=3.7,<3.10"), 'requires-python = ">=3.10"'),
    stops(PythonTooOld, {FILE: "3.9", **project(">=3.8")}),
    stops(PythonTooOld, {FILE: "3.9", **project("==3.12.*")}, "    3.12\n"),
    stops(PythonVersionUnparsable, {FILE: "", **project("==3.12.*")}, "    3.12\n"),
    stops(NoSuchPython, {FILE: ">3.12,<3.11", **project("==3.13.*")}, "    3.13\n"),
    stops(PythonTooOld, {FILE: "3.9", **asdf("3.13"), **project(">=3.12")}, "    3.13\n"),
    stops(PythonTooOld, {FILE: "3.9", **asdf("latest"), **project("<3.13")}, "    3.12\n"),
    stops(PythonKindUnsupported, {FILE: "pypy", **project(">=3.10,<3.13")}, "    3.12\n"),
    stops(PythonKindUnsupported, {FILE: "3.13t", **poetry("~3.11")}, "    3.11\n"),
    stops(
        PythonTooOld,
        project("==3.11.*"),
        "SLIPWAY_PYTHON_VERSION=3.11",
        SLIPWAY_PYTHON_VERSION="3.9",
    ),
    stops(PythonTooOld, {}, f"SLIPWAY_PYTHON_VERSION={ADVISED}", SLIPWAY_PYTHON_VERSION="3.9"),
)


@pytest.mark.parametrize(
    "case",
    [*ONE_FILE, *DEPENDENCIES, *TOO_OLD_IN_SEVERAL, *SEVERAL_FILES, *REFUSED],
    ids=lambda case: f"{[*case.files.values(), *case.environment]}"[:60],
)
def test_the_files_of_an_app_decide_its_python(case: Case, tmp_path: Path) -> None:
    requirements = {"requirements.txt": "six\n"} if case.has_requirements else {}
    app = AppFolder(write_files(tmp_path, {**requirements, **case.files}))
    if case.stops:
        with pytest.raises(case.stops) as error:
            plan(app, case.environment)
        said = "\n".join(render(explain(error.value), width=1000)) + "\n"
    else:
        decided = plan(app, case.environment)
        image = [replace(PYTHON, version=version) for version in IMAGE]
        found = newest_fitting(decided.python, image)
        assert found
        assert found.version == NEWEST.get(case.gets, case.gets)
        said = "\n".join(decided.notices)
    for passage in case.says:
        assert passage in said


def test_the_table_has_enough_cases() -> None:
    assert len([*ONE_FILE, *DEPENDENCIES, *TOO_OLD_IN_SEVERAL, *SEVERAL_FILES, *REFUSED]) >= 80
