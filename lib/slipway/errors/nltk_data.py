"""Errors of the data that NLTK is to have."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class NltkDataUnknown(BuildStopped):
    names: tuple[str, ...]
    """Names in nltk.txt that NLTK's index does not have."""
    nearest: tuple[str, ...]
    """For each of them, a similar name that the index has; empty if there is none."""
    index: str
    """The address of the index, if the user has named it; else empty."""


@dataclass(eq=False)
class NltkIndexUnreadable(BuildStopped):
    reason: str
    """What NLTK or Python says, in one line."""
    index: str
    """As in NltkDataUnknown."""


@dataclass(eq=False)
class NltkAddressUnusable(BuildStopped):
    """An address of an index that NLTK cannot open, whatever the server is."""

    index: str
    """The address to write instead; empty if that is unclear."""
    has_login: bool
    """Whether the address has a user name or a password; else it has no usual scheme."""


@dataclass(eq=False)
class NltkIndexMalformed(BuildStopped):
    """There was an answer, but it is no index, such as a web page."""

    reason: str
    """As in NltkIndexUnreadable."""
    index: str
    """As in NltkDataUnknown."""


@dataclass(eq=False)
class NltkDataDiffers(BuildStopped):
    """The index describes another archive than the one that was downloaded."""

    package: str
    reason: str
    """As in NltkIndexUnreadable."""
    index: str
    """As in NltkDataUnknown."""


@dataclass(eq=False)
class NltkDataNotDownloaded(BuildStopped):
    package: str
    reason: str
    """As in NltkIndexUnreadable."""
    index: str
    """As in NltkDataUnknown."""


@dataclass(eq=False)
class NltkNotUsable(BuildStopped):
    """NLTK itself cannot be imported, or ends without a report."""

    version: str
    output: tuple[str, ...]
    """The last lines of its output."""
