"""Submodules are read from .gitmodules as git reads it."""

from __future__ import annotations

import pytest

from slipway.domain.vendoring.submodules import Submodule, parse_gitmodules, submodule_of

AS_GIT_WRITES_IT = """\
[submodule "vendor/acme"]
\tpath = vendor/acme
\turl = https://git.example/acme.git
[submodule "tools"]
\tpath = vendor/grüne tools
\turl = ../tools.git
\tbranch = main
"""
ACME = Submodule(path="vendor/acme", url="https://git.example/acme.git")
TOOLS = Submodule(path="vendor/grüne tools", url="../tools.git")


def test_each_submodule_has_its_path_and_address() -> None:
    assert parse_gitmodules(AS_GIT_WRITES_IT) == (ACME, TOOLS)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("PATH = vendor/acme\n    URL=https://git.example/acme.git", id="by-hand"),
        pytest.param("\tpath = vendor/acme/\n\n# one\n\t\turl = {url}\n; two", id="indented"),
        pytest.param("path = vendor/old\npath = vendor/acme\nurl = {url}", id="the-last-one"),
        pytest.param("path = vendor/acme\r\nurl = {url}\r\nshallow\r\n", id="from-Windows"),
        pytest.param('path = "vendor/acme"\nurl = "{url}"', id="in-quotes"),
        pytest.param(
            "path = vendor/acme\nurl = https://ada:secret@git.example/acme.git",
            id="without-credentials",
        ),
    ],
)
def test_every_style_is_read_as_git_reads_it(text: str) -> None:
    section = f'[submodule "x"]\n{text.format(url=ACME.url)}\n'
    assert parse_gitmodules(section) == (ACME,)


def test_quotes_and_percents_in_names_are_kept() -> None:
    text = '[submodule "x"]\npath = "vendor/a \\"b\\" \\\\ 100%"\nurl = x\n'
    assert parse_gitmodules(text) == (Submodule(path='vendor/a "b" \\ 100%', url="x"),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "path = vendor/acme",
        "<<<<<<< HEAD\n" + AS_GIT_WRITES_IT,
        '[submodule "x"]\nurl = https://git.example/acme.git',
        "[core]\npath = vendor/acme",
    ],
)
def test_other_texts_have_no_submodules(text: str) -> None:
    assert parse_gitmodules(text) == ()


def test_a_package_is_in_the_submodule_that_contains_it() -> None:
    both = (ACME, TOOLS)
    assert submodule_of(both, "vendor/acme") == ACME
    assert submodule_of(both, "vendor/acme/packages/one") == ACME
    assert submodule_of(both, "vendor/acme2") is None
    assert submodule_of(both, ".") is None
