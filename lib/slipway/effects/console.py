"""The log of a build: as wide as the terminal, and coloured only on one that shows colours."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from slipway.domain.redaction import Secrets
from slipway.effects.build_report import BuildReport

WIDTH = 80
"""Columns, if the log does not go to a terminal."""
_NARROWEST = 40
"""Columns of a smaller terminal: one word a line would be harder to read than broken lines."""
_INDENT = " " * 7
_MARK = " !     "
_RED, _YELLOW, _GREEN, _BOLD, _RESET = (
    *("\033[1;31m", "\033[1;33m", "\033[1;32m"),
    *("\033[1m", "\033[0m"),
)
_CODE = re.compile(r"`[^`]+`")


class LogClosed(Exception):
    """Nothing can be written to the log any more, for example because its reader has ended."""


@dataclass(frozen=True, kw_only=True)
class Console:
    """Writes the log of a build, with the prefixes that Heroku uses.

    The only place that prints: it strikes out secrets and escapes control characters, unless a
    method says otherwise. Each method that prints raises LogClosed.
    """

    out: TextIO
    err: TextIO
    now: Callable[[], float]
    """Seconds on a clock that never goes back."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The environment variables: `NO_COLOR`, `TERM` and `COLUMNS` describe the terminal."""
    secrets: Secrets = field(default_factory=Secrets)
    """What is struck out of everything that is printed; what a build reads is added to it."""
    is_detailed: bool = False
    """Whether `detail` logs anything."""
    report: BuildReport = field(default_factory=BuildReport)
    """What programs can read about the build, where the log is for people."""
    _logged_once: set[str] = field(default_factory=set)
    _silences: list[None] = field(default_factory=list)
    """An item for each block of `silenced` that is entered."""

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """Log nothing but errors: for what an earlier process has done, and has logged."""
        self._silences.append(None)
        try:
            yield
        finally:
            self._silences.pop()

    def header(self, text: str) -> None:
        self._print(self.out, f"-----> {text}", _BOLD)

    def success(self, text: str) -> None:
        """Log as a header that everything is done."""
        self._print(self.out, f"-----> {text}", _GREEN)

    def info(self, text: str) -> None:
        """Log a sentence, wrapped."""
        for line in self._wrapped(text, _INDENT):
            self._print(self.out, line)

    def once(self, text: str) -> None:
        """Log a sentence, unless it has been logged before."""
        if text not in self._logged_once:
            self._logged_once.add(text)
            self.info(text)

    def output(self, line: str) -> None:
        """Pass on a line of another program, with its colours."""
        text = self.secrets.clean_output(line)
        self._write(self.out, f"{_INDENT}{text}".rstrip())

    def listed(self, line: str) -> None:
        """Log a line that is not wrapped, such as a command."""
        self._print(self.out, f"{_INDENT}{line}")

    def answer(self, line: str) -> None:
        """Print a line of what a command is asked for, without a prefix."""
        self._print(self.out, line)

    def document(self, text: str) -> None:
        """Print a text for people's programs; its format has to escape control characters."""
        self._write(self.out, self.secrets.strike(text), end="")

    def for_platform(self, text: str) -> None:
        """Print what a platform reads, unchanged: it goes to no log."""
        self._write(self.out, text, end="")

    def detail(self, text: str) -> None:
        """Log one line for debugging."""
        if self.is_detailed:
            self._print(self.out, f"{_INDENT}[debug] {' '.join(text.split())}")

    def warning(self, text: str) -> None:
        for line in self._wrapped(text, _MARK):
            self._print(self.out, line, _YELLOW)

    @property
    def error_width(self) -> int:
        """The columns that a line of an error may have."""
        return columns(self.err, self.variables) - len(_MARK) - 1

    def error(self, lines: Iterable[str]) -> None:
        """Print to stderr why the build stops: the first line is the title.

        Only the mark and the title are red, because the other lines have commands to copy.
        Each line is coloured by itself, so that a prefix such as Git's `remote:` does not break
        the colour.
        """
        self._print(self.err, "")
        for number, line in enumerate("\n".join(lines).split("\n")):
            mark = f"{_MARK}{line}".rstrip() if number == 0 else _MARK.rstrip()
            self._print(self.err, f"{_MARK}{line}", _RED, len(mark))
        self._print(self.err, "")

    def complaint(self, text: str) -> None:
        """Print lines to stderr without marks: a wrong usage, or a traceback of Slipway."""
        for line in text.splitlines():
            self._print(self.err, line)

    def _wrapped(self, text: str, prefix: str) -> list[str]:
        """Wrap a sentence; code in backticks stays in one line, so that it can be copied."""
        text = self.secrets.clean_sentence(text)
        unbroken = _CODE.sub(lambda code: code[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
        lines = textwrap.wrap(
            unbroken,
            columns(self.out, self.variables),
            initial_indent=prefix,
            subsequent_indent=prefix,
            break_on_hyphens=False,
            break_long_words=False,
        )
        return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]

    def _print(
        self, stream: TextIO, line: str, style: str = "", coloured: int | None = None
    ) -> None:
        """Print a line; `coloured` is the number of characters to colour, all if None."""
        line = self.secrets.clean(line.rstrip())
        if style and line and shows_colours(stream, self.variables):
            line = f"{style}{line[:coloured]}{_RESET}{line[len(line[:coloured]) :]}"
        self._write(stream, line)

    def _write(self, stream: TextIO, text: str, end: str = "\n") -> None:
        if self._silences and stream is self.out:
            return
        try:
            if stream is self.err:  # after all earlier lines, if both go to one place
                self.out.flush()
            try:
                print(text, end=end, file=stream, flush=True)
            except UnicodeEncodeError:
                encoding = stream.encoding or "ascii"
                plain = text.encode(encoding, "backslashreplace").decode(encoding)
                print(plain, end=end, file=stream, flush=True)
        except OSError as error:
            raise LogClosed from error


def shows_colours(stream: TextIO, variables: Mapping[str, str]) -> bool:
    """Tell whether to write colours: to a terminal, unless NO_COLOR is set or TERM is dumb.

    https://no-color.org
    """
    return stream.isatty() and not variables.get("NO_COLOR") and variables.get("TERM") != "dumb"


def columns(stream: TextIO, variables: Mapping[str, str]) -> int:
    """Give the width of a terminal, which COLUMNS overrides as it does for other programs."""
    if not stream.isatty():
        return WIDTH
    override = variables.get("COLUMNS", "")
    if override.isascii() and override.isdigit():
        width = int(override)
    else:
        try:
            width = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            width = 0
    return max(width, _NARROWEST) if width else WIDTH
