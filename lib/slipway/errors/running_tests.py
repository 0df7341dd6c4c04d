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


@dataclass(eq=False)
class PytestMissing(BuildStopped):
    """The app configures pytest, and its packages do not include it."""

    configured_in: str
    is_django: bool
    origin: str = ""
    """The file with the app's dependencies."""
    file_for_tests: str = ""
    """The requirements file that is installed for the tests; empty for none."""


@dataclass(eq=False)
class AppJsonUnusable(BuildStopped):
    """An app.json does not tell how the tests are run."""

    reason: str
    """A clause, or what Python says of invalid JSON."""
    line: int = 0
    """The line of a syntax error; 0 if it is another one."""
