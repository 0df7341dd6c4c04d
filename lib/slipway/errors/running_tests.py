"""What can stop a run of an app's tests."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class NotCompiledForTests(BuildStopped):
    """bin/test was called for an app that bin/test-compile has not built."""

    path: str
    is_built: bool
    """Whether another build has completed, such as that of bin/compile."""


@dataclass(frozen=True, kw_only=True)
class WayToAdd:
    """How packages are added to what the tests of an app need."""

    exact: tuple[str, ...]
    """A command, or else what to write to the file."""
    file: str = "requirements-test.txt"
    """The file that changes."""
    is_command: bool = False
    listed_in: str = ""
    """Another requirements file that has the packages, which the lines include."""
    group: str = ""
    """The group of pyproject.toml that gets the packages; empty for another place."""


@dataclass(eq=False)
class PytestMissing(BuildStopped):
    """The app configures pytest, and its packages do not include it."""

    file: str
    """The file that configures pytest."""
    is_django: bool
    way: WayToAdd = WayToAdd(exact=("pytest",))
    """How it is installed for the tests."""


@dataclass(eq=False)
class AppJsonUnusable(BuildStopped):
    """An app.json does not tell how the tests are run."""

    reason: str
    """A clause, or what Python says of invalid JSON."""
    line: int = 0
    """The line of a syntax error; 0 if it is another one."""
