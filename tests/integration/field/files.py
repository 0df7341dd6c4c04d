"""Files at the top of the app: misspelled, unreadable, contradictory, or for other tools."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from integration.field.table import Case, TestedElsewhere, add
from slipway.domain.toml_text import parse_toml

MISSPELLED = "A name that is not quite right"
UNREADABLE = "A file that is not what its name says"
CONTRADICTION = "Two files that contradict each other"
LOCK = "A lock, or a file of another tool"

SERVER = "web: python -m http.server $PORT\n"
PROJECT = '[project]\nname = "shop"\nversion = "1"\n'
UNIT = "unit/steps/plan/"


_PRINTS_SIX = "python -c 'import six; print(six.__version__)'"
_HASHES = (
    "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",
    "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
)
_UV = {
    "pyproject.toml": f'{PROJECT}requires-python = ">=3.10"\ndependencies = ["six"]\n',
    "uv.lock": f"""version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "shop"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "six" }},
]

[package.metadata]
requires-dist = [{{ name = "six" }}]

[[package]]
name = "six"
version = "1.17.0"
source = {{ registry = "@INDEX@" }}
sdist = {{ url = "@FILES@/six-1.17.0.tar.gz", hash = "sha256:{_HASHES[1]}", size = 34031 }}
wheels = [
    {{ url = "@FILES@/six-1.17.0-py2.py3-none-any.whl", hash = "sha256:{_HASHES[0]}" }},
]
""",
    "Procfile": SERVER,
}


def _hashed_by_pipenv(build: Path) -> None:
    """Write the hash of the Pipfile, which has the address of this machine's index.

    https://github.com/sarugaku/plette/blob/main/src/plette/pipfiles.py
    """
    pipfile = parse_toml((build / "Pipfile").read_text("utf-8"), "Pipfile")
    content = {
        "_meta": {"sources": pipfile["source"], "requires": pipfile["requires"]},
        "default": pipfile["packages"],
        "develop": {},
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    lock = build / "Pipfile.lock"
    lock.write_text(lock.read_text("utf-8").replace("0" * 64, digest), "utf-8")


def _utf16(build: Path) -> None:
    (build / "Procfile").write_text(SERVER, "utf-16")


add(
    Case(
        kind=MISSPELLED,
        name="misspelled-python-version",
        result="Builds without it, and says how to rename `.python_version`",
        says=("`git mv .python_version .python-version`",),
        is_long=True,
    ),
    Case(
        kind=MISSPELLED,
        name="pf-lower",
        result="Serves the default process, and says how to rename `procfile`",
        says=("`git mv procfile Procfile`", "Process types (Slipway's defaults)"),
        page="ok",
    ),
    Case(
        kind=MISSPELLED,
        name="hook-with-a-dash",
        result="Builds without the hook, and says how to rename `bin/pre-compile`",
        files={"requirements.txt": "six\n", "bin/pre-compile": "exit 1\n", "Procfile": SERVER},
        says=("`git mv bin/pre-compile bin/pre_compile`",),
        is_long=True,
    ),
    Case(
        kind=MISSPELLED,
        name="similar-names",
        result="Builds, without a line about `procfiles/` or `manager.py`",
        files={
            "requirements.txt": "six\n",
            "requirements-dev.txt": "pytest\n",
            "procfiles/web": "",
            "manager.py": "",
            "Procfile": SERVER,
        },
        never_says=("rename",),
        is_long=True,
    ),
    Case(
        kind=UNREADABLE,
        name="pf-bom",
        result="Builds, and says how to remove the byte order mark",
        says=("Procfile begins with a byte order mark (BOM)",),
        is_long=True,
    ),
    Case(
        kind=UNREADABLE,
        name="req-dangling",
        result="Stops: the link leads to no file",
        stops=True,
        says=("requirements.txt is a symbolic link to ../shared/requirements.txt",),
    ),
    Case(
        kind=UNREADABLE,
        name="nested-file-is-a-dead-link",
        result="Stops: the link leads to no file",
        files={"requirements.txt": "six\n-r base.txt\n"},
        prepare=lambda build: (build / "base.txt").symlink_to("requirements/base.txt"),
        stops=True,
        says=("git add -f requirements/base.txt",),
        is_long=True,
    ),
    Case(
        kind=UNREADABLE,
        name="link-written-as-text",
        result="Stops: the file contains only a path",
        files={"requirements.txt": "../shared/requirements.txt"},
        stops=True,
        says=("requirements.txt contains only `../shared/requirements.txt`",),
        is_long=True,
    ),
    Case(
        kind=UNREADABLE,
        name="procfile-in-utf16",
        result="Stops: platforms cannot read it",
        files={"requirements.txt": "six\n"},
        prepare=_utf16,
        stops=True,
        says=("Procfile is encoded in UTF-16",),
        is_long=True,
    ),
    Case(
        kind=CONTRADICTION,
        name="requires-python-mismatch",
        result="Stops, and names both",
        stops=True,
        says=(
            ".python-version requests Python 3.13",
            "requires-python in pyproject.toml requests Python ==3.12.*",
        ),
    ),
    Case(
        kind=CONTRADICTION,
        name="runtime-txt-mismatch",
        result="Stops, and names both",
        files={"requirements.txt": "", ".python-version": "3.12\n", "runtime.txt": "3.11\n"},
        stops=True,
        says=("runtime.txt requests Python 3.11", "git rm runtime.txt"),
        is_long=True,
    ),
    TestedElsewhere(
        kind=CONTRADICTION,
        name="requires-python-in-addition",
        result="Uses a Python that fits `.python-version` and `requires-python`",
        test=f"{UNIT}test_requested_python.py::test_both_files_hold_if_they_are_compatible",
    ),
    TestedElsewhere(
        kind=CONTRADICTION,
        name="python-version-of-a-setting",
        result="Uses the Python of the setting, and says that `requires-python` excludes it",
        test=f"{UNIT}test_requested_python.py::"
        "test_a_setting_wins_over_files_with_a_notice_if_the_metadata_exclude_it",
    ),
    Case(
        kind=CONTRADICTION,
        name="pyproject-and-setup-py",
        result="Installs `requirements.txt`, and says that the other files are not read",
        files={
            "requirements.txt": "six\n",
            "pyproject.toml": f'{PROJECT}dependencies = ["packaging"]\n',
            "Procfile": SERVER,
        },
        says=("; the dependencies in pyproject.toml are not read",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="uvlock-old",
        result="Installs the versions of `uv.lock`, without its group `dev`",
        says=(
            "Dependencies from uv.lock",
            "Using uv.lock as it is: 3 packages for this Python",
        ),
        never_says=("Resolving", "Locked"),
        runs="python -c 'import packaging; print(packaging.__version__)'",
        prints=("21.3",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="poetrylock-pep621",
        result="Installs the versions of `poetry.lock`",
        says=("Using poetry.lock as it is: 1 package for this Python",),
        runs=_PRINTS_SIX,
        prints=("1.15.0",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="pipfilelock-and-setup-py",
        prepare=_hashed_by_pipenv,
        result="Installs the versions of `Pipfile.lock`",
        says=("Using Pipfile.lock as it is: 1 package for this Python",),
        runs=_PRINTS_SIX,
        prints=("1.15.0",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="requirements-and-uvlock",
        result="Installs `uv.lock`, and says that `requirements.txt` is not read",
        says=(
            "The dependencies come from uv.lock; requirements.txt is not read.",
            "SLIPWAY_REQUIREMENTS=requirements.txt",
            "Using uv.lock as it is: 3 packages for this Python",
        ),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="requirements-chosen-instead-of-a-lock",
        result="Installs `requirements.txt`, as the setting says",
        files={
            "requirements.txt": "six\n",
            "pyproject.toml": f"{PROJECT}dependencies = ['packaging']\n",
            "uv.lock": "<<<<<<< HEAD\n",
            "Procfile": SERVER,
        },
        config_vars={"SLIPWAY_REQUIREMENTS": "requirements.txt"},
        says=("Dependencies from requirements.txt",),
        never_says=("not read",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="locks-that-disagree",
        result="Installs `uv.lock`, and says which versions differ in `requirements.txt`",
        files={
            **_UV,
            "requirements.txt": "six==1.16.0\n",
        },
        says=("They disagree: six is 1.17.0 in uv.lock and 1.16.0 in requirements.txt.",),
        runs=_PRINTS_SIX,
        prints=("1.17.0",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="lock-out-of-date",
        files={**_UV, "pyproject.toml": _UV["pyproject.toml"].replace("six", "packaging")},
        title="uv.lock is out of date",
        result="Gives the command that writes it again",
        says=("uv lock",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="lock-with-a-merge-conflict",
        files={**_UV, "uv.lock": f"<<<<<<< HEAD\n{_UV['uv.lock']}=======\n>>>>>>> other\n"},
        title="uv.lock cannot be read",
        result="Says how to restore it",
        says=("merge conflict", "git checkout COMMIT -- uv.lock"),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="lock-without-its-project",
        files={"Pipfile.lock": "{}", "Procfile": SERVER},
        title="Pipfile.lock has no Pipfile next to it",
        result="Says what is missing",
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="pylocks-without-a-choice",
        files={"pylock.web.toml": "", "pylock.jobs.toml": "", "Procfile": SERVER},
        title="The app has several locks, and none is chosen",
        result="Says how to choose one",
        says=('lock = "pylock.jobs.toml"', "SLIPWAY_LOCK=pylock.jobs.toml"),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="pipfile-alone",
        result="Installs its packages",
        files={"Pipfile": '[packages]\nsix = "==1.16.0"\n', "Procfile": SERVER},
        says=("Dependencies from Pipfile",),
        runs=_PRINTS_SIX,
        prints=("1.16.0",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="poetry-without-a-package",
        result="Installs the dependencies of `[tool.poetry]`",
        files={
            "pyproject.toml": '[tool.poetry.dependencies]\npython = ">=3.10"\nsix = "1.16.0"\n',
            "Procfile": SERVER,
        },
        says=("Dependencies from pyproject.toml",),
        runs=_PRINTS_SIX,
        prints=("1.16.0",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="nltk-and-nixpacks",
        result="Builds, and says what to do instead",
        files={
            "requirements.txt": "six\n",
            "nltk.txt": "punkt\n",
            "nixpacks.toml": "",
            "Procfile": SERVER,
        },
        says=(
            "nltk.txt has no effect, because nltk is not installed",
            "does not read nixpacks.toml",
        ),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="files-of-platforms",
        result="Builds, without a line about `app.json`, `package.json` or `Aptfile`",
        files={
            "requirements.txt": "six\n",
            "app.json": "{}",
            "package.json": "{}",
            "Aptfile": "",
            "Procfile": SERVER,
        },
        never_says=("app.json", "package.json", "Aptfile"),
        is_long=True,
    ),
)
