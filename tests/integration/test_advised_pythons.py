"""The newest Python that fits is named in errors of packages, and makes the build succeed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import Platform
from integration.image_pythons import need, with_pythons
from integration.packages import write_tree
from integration.test_field import title_of
from integration.test_fixtures_served import sentences

pytestmark = pytest.mark.long

_PROJECT = '[project]\nname = "a"\nversion = "1"\nrequires-python = "{requires}"\n'
_IN_FILE = "In a file .python-version in the app's root folder:"
_IN_TWO_FILES = "In .python-version and requires-python in pyproject.toml:"


@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
@pytest.mark.parametrize(
    ("name", "variables", "title", "advice"),
    [
        (
            "old-psycopg2-binary",
            {"CC": "/bin/false"},  # whatever this machine has to build it
            "psycopg2-binary could not be built",
            "Python 3.12, the newest that psycopg2-binary 2.9.9 has files for.",
        ),
        (
            "old-greenlet",
            {},
            "greenlet is too old for Python 3.13",
            "Python 3.11, the newest that greenlet 2.0.2 has files for.",
        ),
        (
            "old-django-4.0",
            {},
            "Django 4.0.3 does not work with this Python",
            "Python 3.10, the newest that the metadata of Django 4.0.3 names.",
        ),
    ],
)
def test_the_advised_python_is_requested_and_the_app_is_built(
    name: str,
    variables: dict[str, str],
    title: str,
    advice: str,
    toolchain: str,
    fresh_platform: Platform,
    tmp_path: Path,
) -> None:
    need("3.10", "3.11", "3.12", "3.13")
    platform = with_pythons(fresh_platform, "3.10", "3.11", "3.12", "3.13")
    build = shutil.copytree(FIXTURES / "field" / name, tmp_path / "build")
    write_tree(build, {".python-version": "3.13\n"})
    always = {"SLIPWAY_TOOLCHAIN": toolchain, "SLIPWAY_BUNDLE_PYTHON": "false", **variables}
    stopped = platform.compile(build, always)
    assert title_of(stopped) == title, stopped.all
    minor = re.findall(r"3\.\d+", advice)[0]
    assert f"equest {advice} {_IN_FILE} {minor}" in sentences(stopped.err)

    write_tree(build, {".python-version": f"{minor}\n"})
    followed = platform.compile(build, always)
    assert title_of(followed) == "", followed.all


@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
@pytest.mark.parametrize(
    ("requirements", "title", "advice", "files"),
    [
        (
            "tree-sitter-languages==1.10.2\n",
            "A package does not support this Python",
            (
                "Python 3.12, the newest that tree-sitter-languages 1.10.2 has files for. "
                f"{_IN_FILE} 3.12"
            ),
            {".python-version": "3.12\n"},
        ),
        (
            "--only-binary :all:\nnumpy==1.23.5\n",
            "A setting excludes all files of a package",
            (
                "Python 3.11, the newest that numpy 1.23.5 has files for. "
                f'{_IN_TWO_FILES} 3.11 requires-python = ">=3.11"'
            ),
            {
                ".python-version": "3.11\n",
                "pyproject.toml": _PROJECT.format(requires=">=3.11"),
            },
        ),
    ],
)
def test_a_python_is_advised_for_a_version_without_files_for_the_present_one(
    requirements: str,
    title: str,
    advice: str,
    files: dict[str, str],
    toolchain: str,
    fresh_platform: Platform,
    tmp_path: Path,
) -> None:
    need("3.11", "3.12", "3.13")
    platform = with_pythons(fresh_platform, "3.11", "3.12", "3.13")
    project = {"pyproject.toml": _PROJECT.format(requires=">=3.12")}
    asked = {"requirements.txt": requirements, ".python-version": "3.13\n", **project}
    build = write_tree(tmp_path / "build", asked)
    always = {"SLIPWAY_TOOLCHAIN": toolchain, "SLIPWAY_BUNDLE_PYTHON": "false"}
    stopped = platform.compile(build, always)
    assert title_of(stopped) == title, stopped.all
    assert f"Or request {advice}" in sentences(stopped.err)

    followed = platform.compile(write_tree(build, files), always)
    assert title_of(followed) == "", followed.all
