"""Files of pyenv, Heroku, asdf and mise name one version, each in the form of its tool."""

from __future__ import annotations

import pytest

from slipway.domain.python.version_files import (
    VERSION_FILES,
    is_version_file,
    requested_in,
    version_files,
)
from slipway.errors.python import PythonKindUnsupported, PythonVersionUnparsable

FILE, RUNTIME, ASDF, MISE = (
    ".python-version",
    "runtime.txt",
    ".tool-versions",
    "mise.toml",
)


@pytest.mark.parametrize(
    ("text", "specifier"),
    [
        ("3.12", "==3.12.*"),
        ("3.12.4\n", "==3.12.4"),
        ("3\n", "==3.*"),
        ("python-3.12.4", "==3.12.4"),
        ("python-3.12", "==3.12.*"),
        ("cpython@3.12", "==3.12.*"),
        ("cpython-3.12", "==3.12.*"),
        ("cpython3.12", "==3.12.*"),
        ("3.12.x", "==3.12.*"),
        ("3.12.*", "==3.12.*"),
        (">=3.11", ">=3.11"),
        ("~=3.12.3", "~=3.12.3"),
        ("3.*", "==3.*"),
        ("~3", "==3.*"),
        ("~3.12", "==3.12.*"),
        ("~ 3.12.4", "~=3.12.4"),
        (">=3.11,<3.13", "<3.13,>=3.11"),
        (">= 3.11, < 3.13", "<3.13,>=3.11"),
        (">=3.14.0rc1", ">=3.14.0rc1"),
        ("# ours\n\n  3.12  # and no other\r\n", "==3.12.*"),
        ("\t3.12#ours", "==3.12.*"),
    ],
)
def test_a_version_file_names_one_version(text: str, specifier: str) -> None:
    request, notice = requested_in(text, FILE)
    assert request
    assert (request.specifier, request.origin, notice) == (specifier, FILE, "")


@pytest.mark.parametrize(
    ("file", "text", "first", "others"),
    [
        (FILE, "3.12\n3.13\n", "3.12", "3.13"),
        (FILE, "3.12.4 3.11.9\n", "3.12.4", "3.11.9"),
        (FILE, "3.12\nmy-virtualenv\n3.10\n", "3.12", "my-virtualenv, 3.10"),
        (FILE, "3.12\n2.7\n3.5\n3.6\n3.7\n3.8\n", "3.12", "2.7, 3.5, 3.6, 3.7, 1 more"),
        (ASDF, "python 3.12.1 3.11.9 system\n", "3.12.1", "3.11.9, system"),
        (MISE, "[tools]\npython = ['3.13', '3.12']\n", "3.13", "3.12"),
    ],
)
def test_only_the_first_of_several_versions_counts(
    file: str, text: str, first: str, others: str
) -> None:
    request, notice = requested_in(text, file)
    assert request
    assert request.requested == first
    assert notice == (
        f"{file} names several versions of Python. Only the first counts, {first}; not {others}"
    )


def test_the_same_version_twice_is_one_version() -> None:
    assert requested_in("3.12\n3.12\n", FILE)[1] == ""


@pytest.mark.parametrize(
    ("file", "text", "specifier"),
    [
        (ASDF, "python 3.12.1", "==3.12.1"),
        (ASDF, "# tools\nnodejs 20\npython\t3.12.1 # ours\n", "==3.12.1"),
        (ASDF, "python latest:3.12", "==3.12.*"),
        (ASDF, "python prefix:3.12", "==3.12.*"),
        (MISE, "tools.python = '3.12'", "==3.12.*"),
        (MISE, "[tools]\npython = ' 3.12 '\n", "==3.12.*"),
        (MISE, "[tools]\npython = 'prefix:3.12'\n", "==3.12.*"),
        (MISE, "[tools]\npython = {version = '3.12', virtualenv = '.venv'}\n", "==3.12.*"),
        (MISE, "[tools.python]\nversion = '3.12'\n", "==3.12.*"),
        (MISE, "[[tools.python]]\nversion = '3.12'\n", "==3.12.*"),
        (MISE, "[tools]\n'core:python' = '3.12'\n", "==3.12.*"),
        (".config/mise/config.toml", "[tools]\npython = '3.12'\n", "==3.12.*"),
    ],
)
def test_files_of_asdf_and_mise_name_a_version(file: str, text: str, specifier: str) -> None:
    request, notice = requested_in(text, file)
    assert request
    assert (request.specifier, request.origin, notice) == (specifier, file, "")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (ASDF, ""),
        (ASDF, "nodejs 20\n# python 3.12\npython\n"),
        (MISE, ""),
        (MISE, "tools = 1"),
        (MISE, "[tools]\nnode = '20'\n"),
        (MISE, "[tools]\npython = []\n"),
        (MISE, "[tools]\npython = {}\n"),
    ],
)
def test_files_of_asdf_and_mise_may_name_none(file: str, text: str) -> None:
    assert requested_in(text, file) == (None, "")


@pytest.mark.parametrize(
    ("file", "text", "value"),
    [
        (ASDF, "python latest\n", "latest"),
        (ASDF, "python ref:v3.13.1\n", "ref:v3.13.1"),
        (ASDF, "python path:/opt/python\n", "path:/opt/python"),
        (MISE, "[tools]\npython = 'latest'\n", "latest"),
        (MISE, "[tools]\npython = 'sub-0.1:latest'\n", "sub-0.1:latest"),
        (MISE, "[tools]\npython = '{{ env.PYTHON }}'\n", "{{ env.PYTHON }}"),
    ],
)
def test_a_value_that_only_the_tool_can_resolve_is_ignored(
    file: str, text: str, value: str
) -> None:
    assert requested_in(text, file) == (
        None,
        f"Ignoring `{value}` in {file}, because it does not name a certain version of Python",
    )


@pytest.mark.parametrize(
    ("file", "text", "notice"),
    [
        (ASDF, "python system 3.12\n", "Ignoring `system` in .tool-versions, because it does"),
        (ASDF, "python path:/x 3.12", "Ignoring `path:/x` in .tool-versions, because it does"),
        (
            ASDF,
            "python system latest 3.12 3.11",
            "Ignoring `system` and `latest` in .tool-versions, because they do not name",
        ),
        (MISE, "[tools]\npython = ['latest', '3.12']", "Ignoring `latest` in mise.toml"),
    ],
)
def test_the_first_version_that_is_certain_counts(file: str, text: str, notice: str) -> None:
    request, said = requested_in(text, file)
    assert request
    assert request.specifier == "==3.12.*"
    assert said.startswith(notice)
    assert (", 3.12; not 3.11" in said) == ("3.11" in text)


def test_a_version_of_mise_counts_if_it_is_for_linux() -> None:
    text = "[tools]\npython = [{version = '3.11', os = ['macos']}, {version = '3.12', os = %s}]"
    for systems, requested in (("['linux']", "3.12"), ("['linux/x64', 'macos']", "3.12")):
        request, _ = requested_in(text % systems, MISE)
        assert request
        assert request.requested == requested
    assert requested_in(text % "['windows']", MISE) == (None, "")


def test_files_in_the_folder_of_mise_are_version_files() -> None:
    *_, last = version_files(["a.toml", "a.md"])
    assert last == ".config/mise/conf.d/a.toml"
    assert is_version_file(last)
    request, _ = requested_in("[tools]\n'vfox:python' = '3.12'\n", last)
    assert request
    assert (request.specifier, request.origin) == ("==3.12.*", last)


def test_a_file_of_mise_that_is_not_toml_is_ignored() -> None:
    request, notice = requested_in("[tools", MISE)
    assert request is None
    assert notice.startswith("Ignoring mise.toml, because it is not valid TOML: ")


@pytest.mark.parametrize(
    ("file", "text", "found", "instead"),
    [
        pytest.param(RUNTIME, "", "", None, id="empty"),
        pytest.param(FILE, "# 3.12\n", "", None, id="only-a-comment"),
        pytest.param(RUNTIME, "'3.12'", "'3.12'", "3.12", id="quoted"),
        pytest.param(FILE, "latest", "latest", None, id="word"),
        pytest.param(FILE, "3.12.4.1", "3.12.4.1", "3.12", id="four-numbers"),
        pytest.param(FILE, "shop\n3.12\n", "shop", None, id="pyenv-virtualenv"),
        pytest.param(FILE, "shop-3.11.4", "shop-3.11.4", "3.11", id="named-by-version"),
        pytest.param(FILE, "python 3.12", "python 3.12", "3.12", id="as-for-asdf"),
        pytest.param(FILE, "/opt/python3", "/opt/python3", None, id="path"),
        pytest.param(ASDF, "python newest", "newest", None, id="asdf"),
        pytest.param(FILE, "3.12 ; foo", "3.12 ; foo", "3.12", id="not-a-word"),
        pytest.param(
            FILE,
            "cpython-3.12.1-linux-x86_64-gnu",
            "cpython-3.12.1-linux-x86_64-gnu",
            "3.12",
            id="as-uv-names-it",
        ),
        pytest.param(MISE, "tools.python = ''", "", None, id="empty-text"),
        pytest.param(MISE, "tools.python = true", "true", None, id="boolean"),
        pytest.param(
            MISE,
            "tools.python = {version = ['3.12']}",
            '["3.12"]',
            "3.12",
            id="list-in-a-table",
        ),
        pytest.param(MISE, "tools.python = 3.12", "3.12", "3.12", id="number"),
        pytest.param(MISE, "tools.python = [[]]", "[]", None, id="list-of-lists"),
        pytest.param(MISE, "tools.python = {version = 3}", "3", None, id="number-in-a-table"),
    ],
)
def test_what_is_not_a_version_is_named(
    file: str, text: str, found: str, instead: str | None
) -> None:
    with pytest.raises(PythonVersionUnparsable) as error:
        requested_in(text, file)
    assert (error.value.origin, error.value.found) == (file, found)
    assert instead in (None, error.value.instead)


@pytest.mark.parametrize("file", [*VERSION_FILES])
def test_every_file_refuses_other_pythons_by_their_kind(file: str) -> None:
    written = {FILE: "3.13t", RUNTIME: "python-3.13t", ASDF: "python 3.13t"}
    with pytest.raises(PythonKindUnsupported) as error:
        requested_in(written.get(file, "[tools]\npython = '3.13t'"), file)
    assert (error.value.kind, error.value.origin) == ("free-threaded", file)
