"""The log of a build: 80 columns, colour only on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TextIO

WIDTH = 80
_INDENT = " " * 7
_MARK = " !     "
_RED, _YELLOW, _BOLD, _RESET = "\033[1;31m", "\033[1;33m", "\033[1m", "\033[0m"


def is_colourful(stream: TextIO, no_color: str | None) -> bool:
    """Follow https://no-color.org: a terminal, unless NO_COLOR has a value."""
    return stream.isatty() and not no_color


@dataclass(frozen=True, kw_only=True)
class Console:
    """Writes the log of a build, with the prefixes that Heroku uses."""

    out: TextIO
    err: TextIO
    now: Callable[[], float]
    """Seconds on a clock that never goes back."""
    colour: bool = False
    is_detailed: bool = False
    """Whether `detail` logs anything."""
    _logged_once: set[str] = field(default_factory=set)

    def header(self, text: str) -> None:
        self._print(self.out, f"-----> {text}", _BOLD)

    def info(self, text: str) -> None:
        """Log a sentence of ours, wrapped."""
        for line in _wrapped(text, _INDENT):
            self._print(self.out, line)

    def once(self, text: str) -> None:
        """Log a sentence of ours, unless it has been logged."""
        if text not in self._logged_once:
            self._logged_once.add(text)
            self.info(text)

    def output(self, line: str) -> None:
        """Pass on a line of another program as it is."""
        self._print(self.out, f"{_INDENT}{line}".rstrip())

    def detail(self, text: str) -> None:
        """Log in one line what helps to find a fault."""
        if self.is_detailed:
            self._print(self.out, f"{_INDENT}[debug] {' '.join(text.split())}")

    def warning(self, text: str) -> None:
        for line in _wrapped(text, _MARK):
            self._print(self.out, line, _YELLOW)

    def error(self, lines: Iterable[str]) -> None:
        """Print why the build stops to stderr, each line coloured by itself.

        A later prefix, as Git's `remote:`, then cannot break the colour.
        """
        self.out.flush()
        self._print(self.err, "")
        for line in lines:
            self._print(self.err, f"{_MARK}{line}".rstrip(), _RED)
        self._print(self.err, "")

    def _print(self, stream: TextIO, line: str, style: str = "") -> None:
        text = f"{style}{line}{_RESET}" if style and self.colour and line else line
        try:
            print(text, file=stream, flush=True)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            plain = text.encode(encoding, "backslashreplace").decode(encoding)
            print(plain, file=stream, flush=True)


def _wrapped(text: str, prefix: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=prefix,
        subsequent_indent=prefix,
        break_on_hyphens=False,
    )
