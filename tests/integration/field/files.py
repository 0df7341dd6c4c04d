"""Files at the top of the app: misspelled, unreadable, contradictory, or for other tools."""

from __future__ import annotations

from pathlib import Path

from integration.field.table import Case, TestedElsewhere, add

MISSPELLED = "A name that is not quite right"
UNREADABLE = "A file that is not what its name says"
CONTRADICTION = "Two files that contradict each other"
LOCK = "A lock, or a file of another tool"

SERVER = "web: python -m http.server $PORT\n"
PROJECT = '[project]\nname = "shop"\nversion = "1"\n'
UNIT = "unit/steps/plan/"


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
        result="Installs the newest versions, and says how to install those of `uv.lock`",
        says=(
            "The dependencies come from pyproject.toml; uv.lock is not read",
            "`uv export --no-dev --output-file requirements.txt`",
        ),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="poetrylock-pep621",
        result="Installs the newest versions, and says how to install those of `poetry.lock`",
        says=(
            "The dependencies come from pyproject.toml; poetry.lock is not read",
            "poetry export --output requirements.txt",
        ),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="pipfilelock-and-setup-py",
        result="Installs the app as a package, and says how to install from `Pipfile.lock`",
        says=(
            "The dependencies come from setup.py; Pipfile.lock is not read",
            "`pipenv requirements --hash > requirements.txt && echo . >> requirements.txt`",
        ),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="requirements-and-uvlock",
        result="Installs `requirements.txt`, and says that `uv.lock` is not read",
        says=("; the dependencies in pyproject.toml and uv.lock are not read",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="pipfile-alone",
        result="Stops, and says how to write `requirements.txt`",
        files={"Pipfile": '[packages]\nsix = "*"\n'},
        stops=True,
        says=("Slipway does not read Pipfile (Pipenv).", "pipenv lock"),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="poetry-without-a-package",
        result="Stops, and says how to write `requirements.txt`",
        files={"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.12"\nsix = "*"\n'},
        stops=True,
        says=("Slipway does not read [tool.poetry] in pyproject.toml (Poetry).",),
        is_long=True,
    ),
    Case(
        kind=LOCK,
        name="tool-versions",
        result="Uses the newest Python, and says which line requests the other",
        files={
            "requirements.txt": "six\n",
            ".tool-versions": "python 3.12.1\n",
            "Procfile": SERVER,
        },
        says=("write 3.12.1 to .python-version",),
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
        says=("does not read nltk.txt", "does not read nixpacks.toml"),
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
