"""Misspelled file names are paired with the correct ones, and other names are not."""

from __future__ import annotations

import pytest

from slipway.domain.app_files import (
    FILES_READ,
    differ_in_one_letter,
    misspelled,
    path_instead_of_content,
)

MEANT = (*FILES_READ, "vendor/")


@pytest.mark.parametrize(
    ("name", "correct"),
    [
        ("requirments.txt", "requirements.txt"),
        ("requirement.txt", "requirements.txt"),
        ("Requirements.txt", "requirements.txt"),
        ("requirements.text", "requirements.txt"),
        ("requirements.txt.txt", "requirements.txt"),
        ("requirements", "requirements.txt"),
        ("reqiurements.in", "requirements.in"),
        ("pyproject.tml", "pyproject.toml"),
        ("PyProject.toml", "pyproject.toml"),
        ("Manage.py", "manage.py"),
        ("Setup.PY", "setup.py"),
        ("setup.cgf", "setup.cfg"),
        ("python-version", ".python-version"),
        (".python_version", ".python-version"),
        (".python-version.txt", ".python-version"),
        ("runtime.text", "runtime.txt"),
        ("procfile", "Procfile"),
        ("PROCFILE", "Procfile"),
        ("Procfile.txt", "Procfile"),
        ("Profile", "Procfile"),
        ("vendor.lok", "vendor.lock"),
        ("pipfile", "Pipfile"),
        ("Pipfile.loc", "Pipfile.lock"),
        ("UV.lock", "uv.lock"),
        ("pylock.tml", "pylock.toml"),
        ("Vendor/", "vendor/"),
        ("bin/pre-compile", "bin/pre_compile"),
        ("Bin/post_compile", "bin/post_compile"),
        ("bin/post_compile.sh", "bin/post_compile"),
        ("post_compile", "bin/post_compile"),
        ("post_install", "postinstall"),
        ("bin/postinstall", "postinstall"),
    ],
)
def test_a_misspelled_name_is_paired_with_the_correct_one(name: str, correct: str) -> None:
    assert misspelled(["README.md", name], MEANT) == ((name, correct),)


@pytest.mark.parametrize(
    "name",
    [
        *("requirements.txt", "README.md", "package.json", "src/", "settings.py", ""),
        *("requirements-dev.txt", "requirements_test.txt", "requirements/", "requirements.sh"),
        *(
            "manager.py",
            "mange.py",
            "asgi.py",
            "setups.py",
            "procfiles/",
            "profiles",
            ".profile",
        ),
        *(
            "Procfil\x1b",
            "Procfil\udce9",
            "Procfile.dev",
            "vendors/",
            "vendor.txt",
            "bin/compile",
            "Pipfile",
            "uv.lock",
        ),
    ],
)
def test_other_names_are_not_paired(name: str) -> None:
    assert misspelled([name], MEANT) == ()


def test_a_name_is_not_misspelled_if_the_app_has_the_right_one_too() -> None:
    assert misspelled(["Procfile", "procfile"], MEANT) == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abc", "abd", True),
        ("abc", "ab", True),
        ("bc", "abc", True),
        ("acb", "abc", True),
        ("abc", "abc", True),
        ("cba", "abc", False),
        ("abc", "a", False),
        ("", "a", True),
    ],
)
def test_names_that_differ_in_one_letter(one: str, other: str, *, expected: bool) -> None:
    assert differ_in_one_letter(one, other) is expected


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("requirements.txt", "../shared/requirements.txt", "../shared/requirements.txt"),
        ("requirements.txt", "requirements/prod.txt\n", "requirements/prod.txt"),
        ("requirements.txt", "there.txt", "there.txt"),
        ("sub/base.txt", "../base.txt", "../base.txt"),
        ("Procfile", "deploy/Procfile", "deploy/Procfile"),
        (".python-version", "../.python-version", "../.python-version"),
        ("pyproject.toml", "../pyproject.toml", "../pyproject.toml"),
        ("manage.py", "src/manage.py", "src/manage.py"),
        ("bin/pre_compile", "../scripts/pre_compile", "../scripts/pre_compile"),
        ("requirements.txt", "missing.txt", None),
        ("requirements.txt", "./vendor/acme-1-py3-none-any.whl", None),
        ("requirements.txt", "-r ../requirements.txt", None),
        ("requirements.txt", "--requirement=a/requirements.txt", None),
        ("requirements.txt", "https://example.com/requirements.txt", None),
        ("requirements.txt", "six", None),
        ("requirements.txt", "", None),
        ("requirements.txt", "\x1b[31m/requirements.txt", None),
        ("requirements.txt", "a/requirements.txt\nsix", None),
        (".python-version", "3.12", None),
        ("Procfile", "web: deploy/Procfile", None),
    ],
)
def test_a_file_that_holds_only_a_path_is_recognized(
    name: str, text: str, path: str | None
) -> None:
    assert path_instead_of_content(name, text, {"there.txt"}.__contains__) == path
