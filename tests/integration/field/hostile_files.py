"""Files that nobody would write by hand, or that are no files."""

from __future__ import annotations

import os
from pathlib import Path

from integration.field.table import Advice, Case, TestedElsewhere, add

SPECIAL = "A file that is not a regular file"
NONSENSE = "A file that makes a parser fail"

SERVER = "web: python -m http.server $PORT\n"
UNIT = "unit/"


def _pipe_as_requirements(build: Path) -> None:
    (build / "requirements.txt").unlink()
    os.mkfifo(build / "requirements.txt")


add(
    Case(
        kind=SPECIAL,
        name="requirements-are-a-pipe",
        result="Says at once what is there",
        files={"requirements.txt": "six\n", "Procfile": SERVER},
        prepare=_pipe_as_requirements,
        title="A file cannot be read",
        says=(
            "requirements.txt cannot be read: it is a named pipe (FIFO), not a regular file",
        ),
        advice=(
            Advice(
                text="Replace it with a regular file",
                commands="rm requirements.txt; echo six > requirements.txt",
            ),
        ),
    ),
    Case(
        kind=SPECIAL,
        name="hook-is-a-pipe",
        result="Before anything runs",
        files={"requirements.txt": "six\n", "bin/x": ""},
        prepare=lambda build: os.mkfifo(build / "bin" / "pre_compile"),
        title="A file cannot be read",
        says=("bin/pre_compile cannot be read: it is a named pipe",),
        is_long=True,
    ),
    Case(
        kind=SPECIAL,
        name="vendored-wheel-is-a-pipe",
        result="Stops, instead of asking the index for the package",
        files={"requirements.txt": "six\n", "vendor/x.txt": ""},
        prepare=lambda build: os.mkfifo(build / "vendor" / "six-1.0-py3-none-any.whl"),
        stops=True,
        says=("it is a named pipe (FIFO), not a file",),
        is_long=True,
    ),
    Case(
        kind=SPECIAL,
        name="pip-configuration-is-a-device",
        result="Names the variable, instead of reading the device for ever",
        files={"requirements.txt": "six\n", "Procfile": SERVER},
        config_vars={"PIP_CONFIG_FILE": "/dev/zero"},
        title="A file outside of the app cannot be read",
        says=("PIP_CONFIG_FILE names /dev/zero, which is a device",),
        is_long=True,
    ),
    Case(
        kind=SPECIAL,
        name="own-folder-is-a-file",
        result="Before anything is built",
        files={"requirements.txt": "six\n", ".profile.d": ""},
        title="A file has the name of a folder",
        says=("git rm .profile.d",),
        is_classic=True,
        is_long=True,
    ),
    Case(
        kind=NONSENSE,
        name="toml-nested-too-deeply",
        is_long=True,
        result="Says that it is nested too deeply",
        files={"pyproject.toml": f"a = {'[' * 5_000}{']' * 5_000}\n"},
        title="pyproject.toml is not valid TOML",
        says=("nested too deeply",),
    ),
    Case(
        kind=NONSENSE,
        name="toml-with-a-huge-number",
        result="Says that a number in it is too long",
        files={"pyproject.toml": f"a = {'9' * 5_000}\n"},
        title="pyproject.toml is not valid TOML",
        says=("A number in it is too long",),
        is_long=True,
    ),
    Case(
        kind=NONSENSE,
        name="version-of-other-digits",
        result="Stops, and shows what was found",
        files={"requirements.txt": "six\n", ".python-version": "\u0663.\u0661\u0662\n"},
        stops=True,
        is_long=True,
    ),
    Case(
        kind=NONSENSE,
        name="version-of-thousands-of-digits",
        result="Stops, and shows the line",
        files={"requirements.txt": f"six>={'9' * 5_000}\n"},
        stops=True,
        is_long=True,
    ),
    Case(
        kind=NONSENSE,
        name="settings-nested-too-deeply",
        result="Builds: another program than Slipway reads the settings",
        files={
            "requirements.txt": "six\n",
            "Procfile": SERVER,
            "wsgi.py": f"application = {'-' * 20_000}1\n",
        },
        is_long=True,
    ),
    TestedElsewhere(
        kind=NONSENSE,
        name="hostile-text-for-every-parser",
        result="Raises an error with words, or reads it, in linear time",
        test=f"{UNIT}fuzz/test_hostile_input.py::test_a_parser_raises_only_what_it_says",
    ),
    TestedElsewhere(
        kind=NONSENSE,
        name="requirements-nested-1500-deep",
        result="Reads all of them",
        test=f"{UNIT}steps/plan/test_special_files.py"
        "::test_requirements_may_be_nested_as_deep_as_files_are",
    ),
    TestedElsewhere(
        kind=SPECIAL,
        name="pipe-with-any-name-that-is-read",
        result="Stops, and names it",
        test=f"{UNIT}steps/plan/test_special_files.py"
        "::test_a_pipe_with_a_name_that_is_read_is_named",
    ),
)
