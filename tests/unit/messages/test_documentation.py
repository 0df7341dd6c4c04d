"""docs/errors.md has the title of every error, and its contents link to each title."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT
from slipway.errors.stopped import BuildStopped
from unit.messages.examples import classes, classes_with_title

PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
OWN_PYTHON = "\n## Slipway's own Python\n"
TITLES = re.findall(r"(?m)^### (.+)$", PAGE.partition(OWN_PYTHON)[0])
LINKS = re.findall(r"(?m)^ *- \[(.+)\]\(#(.+)\)$", PAGE)


def test_every_error_is_documented() -> None:
    documented = set[type[BuildStopped]]().union(*map(classes_with_title, TITLES))
    assert documented == set(classes())


def test_every_title_belongs_to_an_error() -> None:
    assert [title for title in TITLES if not classes_with_title(title)] == []


def test_every_title_of_the_sh_scripts_is_documented() -> None:
    script = (ROOT / "lib" / "bring_python.sh").read_text("utf-8")
    titles = re.findall(r"<<-END\n\t+(.+)\n\n", script)
    assert len(titles) > 8
    headings = re.findall(r"(?m)^### (.+)$", PAGE)
    patterns = [re.sub(r"\\\$\w+", ".+", re.escape(title)) for title in titles]
    undocumented = [
        pattern for pattern in patterns if not any(map(re.compile(pattern).fullmatch, headings))
    ]
    assert undocumented == []


def test_the_contents_list_the_headings() -> None:
    headings = re.findall(r"(?m)^###? (.+)$", PAGE)
    headings.remove("Contents")
    headings.remove("How this page is made")
    assert [text for text, _ in LINKS] == headings


def test_every_link_has_an_anchor_of_its_own() -> None:
    anchors = [anchor for _, anchor in LINKS]
    assert len(set(anchors)) == len(anchors)
    for text, anchor in LINKS:
        assert re.fullmatch(r"[\w-]+", anchor)
        assert anchor.replace("-", "") == re.sub(r"\W", "", text.lower())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("anchor could not be built", "PackageBuildFailed"),
        ("A vendored package could not be built", "VendoredBuildFailed"),
        ("Building anchor needs Python.h", "PythonHeadersMissing"),
        ("Access to packages is denied (status 418)", "IndexRefused"),
    ],
)
def test_the_error_of_a_title_is_found(title: str, name: str) -> None:
    assert {error.__name__ for error in classes_with_title(title)} == {name}


def test_a_title_without_an_error_is_not_found() -> None:
    assert classes_with_title("Something else") == set()
