"""Errors of the app's hooks: bin/pre_compile, postinstall, bin/post_compile."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class HookFailed(BuildStopped):
    hook: str
    reason: str
    """A verb and what follows it, such as `exited with status 3`."""
    is_pip_refused: bool = False
    """Whether pip refused to install into a Python that is not the app's."""
    has_app_python: bool = True
    """Whether the hook runs after the app's virtual environment was made."""
    cause: BuildStopped | None = None
    """Why a command of Django failed in it, if its output tells that."""
    migrates: bool = False
    """Whether the hook runs Django's command `migrate`; known if there is a cause."""
    lacks_release_line: bool = False
    """Whether the app has a Procfile without the release step; known if there is a cause."""


@dataclass(eq=False)
class HookInterpreterMissing(BuildStopped):
    hook: str
    first_line: str
    """The `#!` line; empty if there is none, and bash is missing."""
    program: str
    """What it names: a path, or a name that is searched on PATH."""
