"""Throw-away values for variables that the settings require and that a build does not have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from slipway.errors.django import RequiredVariable

MARKER = "slipway-placeholder"
"""Part of every value that is a text, so that it is recognized wherever it gets to."""


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """A throw-away value of one variable."""

    variable: RequiredVariable
    kind: str
    """What the value looks like, such as `text`, `number`, `database`."""
    value: str


def first_placeholder(
    variable: RequiredVariable, token: str, packages: Collection[str]
) -> Placeholder:
    """Choose a value that fits how a variable is read.

    `token` is random and the same for a whole build; `packages` are the installed ones, which
    decide which databases and caches the app can name.
    """
    del packages
    return Placeholder(variable=variable, kind="text", value=f"{MARKER}-{token}")


def next_placeholder(
    refused: Placeholder, token: str, packages: Collection[str]
) -> Placeholder | None:
    """Choose another value after the settings have failed with one; None if all were tried."""
    del refused, token, packages
    return None
