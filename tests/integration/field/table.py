"""Apps that other people wrote, or could have: what a build of each says, and what it gives.

Each case is one of a kind: a way in which an app can ask for something that a build does not
understand, or break where it works elsewhere. docs/compatibility.md shows the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Prepare = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One of the steps of an error, followed as a user would; then the app is built again."""

    text: str
    """A passage of the message, with the exact line, command or file that is followed."""
    files: Mapping[str, str | None] = field(default_factory=dict)
    """Files to write, or to delete if None."""
    commands: str = ""
    """Commands for a shell in the app's root folder."""
    config_vars: Mapping[str, str] = field(default_factory=dict)
    then: str = ""
    """The title of the error with which the next build stops; empty if it succeeds."""


@dataclass(frozen=True, kw_only=True)
class Case:
    kind: str
    """What all cases of the kind have in common; a heading of the documentation."""
    name: str
    """The folder in fixtures/field/, or any name if `files` are given."""
    result: str
    """What the app gets, as a short sentence for the documentation."""
    files: Mapping[str, str] | None = None
    """The files of the app: path -> content; None if they are in fixtures/field/."""
    prepare: Prepare | None = None
    """Changes the copy of the app before the build: links, modes, binary files."""
    builds: tuple[str, ...] = ()
    """Folders of the fixture that are built one after the other with the same cache; the
    expectations are for the last one."""
    config_vars: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the builder; `$BUILD` stands for the folder of the app."""
    stops: bool = False
    """Whether an error that the user can act on stops the build, if `title` is not given."""
    title: str = ""
    """The whole title of that error; the documentation shows it before `result`."""
    advice: tuple[Advice, ...] = ()
    """Each is followed in a copy of the app of its own."""
    says: tuple[str, ...] = ()
    """Passages of the log, or of the error if the build stops; line breaks do not matter."""
    never_says: tuple[str, ...] = ()
    runs: str = ""
    """A command that runs in the built and moved app."""
    prints: tuple[str, ...] = ()
    """Passages of the output of `runs`, which must succeed."""
    page: str = ""
    """A passage of the start page that the web process serves."""
    is_classic: bool = False
    """Whether it expects paths or lines of the classic door."""
    is_long: bool = False
    """Whether only the stage `long` builds it: another case or faster tests are enough for
    CI."""


@dataclass(frozen=True, kw_only=True)
class TestedElsewhere:
    """A case that needs more than one build through the classic door."""

    kind: str
    name: str
    result: str
    test: str
    """`path::function`, relative to tests/."""

    __test__ = False


CASES: dict[str, Case | TestedElsewhere] = {}
"""By name."""


def add(*cases: Case | TestedElsewhere) -> None:
    for case in cases:
        assert case.name not in CASES, case.name
        CASES[case.name] = case
