"""The pages of the documentation, and the code blocks, commands and links in them."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.M)
_PLACEHOLDER = re.compile(r"\b(?:[A-Z]+_)*[A-Z]{3,}\b")


@dataclass(frozen=True)
class Block:
    """A fenced code block of a page."""

    page: str
    """Its path, relative to the repository."""
    language: str
    code: str

    @property
    def commands(self) -> list[str]:
        """The commands of a `sh` block, one for each line that does not continue another."""
        lines = self.code.replace("\\\n", " ").splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text(page: Path | str) -> str:
    return (ROOT / page).read_text("utf-8")


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return _BLOCK.sub("", text(page))


def blocks(page: Path | str) -> list[Block]:
    path = ROOT / page
    return [
        Block(name(path), found["language"], textwrap.dedent(found["code"]))
        for found in _BLOCK.finditer(path.read_text("utf-8"))
    ]


def commands(page: Path | str) -> list[str]:
    return [
        command
        for block in blocks(page)
        if block.language == "sh"
        for command in block.commands
    ]


def links(page: Path) -> list[str]:
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    return {anchor(heading) for heading in _HEADING.findall(prose(page))}


def anchor(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def arguments(command: str, **values: str) -> list[str]:
    """Split a command into words, and replace the placeholders that have a value."""
    return [
        _PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), word)
        for word in shlex.split(command, comments=True)
    ]


def all_commands() -> Iterator[tuple[str, str]]:
    """Yield each command of the documentation, with its page."""
    for page in PAGES:
        for command in commands(page):
            yield name(page), command
