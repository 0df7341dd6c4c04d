"""The log fits 80 columns, and loses nothing on any terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from slipway.effects.console import WIDTH, Console, is_colourful

LONG = "a sentence with-hyphens that goes on " * 10
RED, YELLOW, BOLD, RESET = "\033[1;31m", "\033[1;33m", "\033[1m", "\033[0m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def console(*, colour: bool = False) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Console(out=out, err=err, now=lambda: 0.0, colour=colour), out, err


def test_each_kind_of_line_has_its_prefix() -> None:
    made, out, err = console()
    made.header("Python 3.13.1")
    made.info("From the image")
    made.output("  a line of pip")
    made.output("")
    made.warning("runtime.txt is old")
    assert out.getvalue().splitlines() == [
        "-----> Python 3.13.1",
        "       From the image",
        "         a line of pip",
        "",
        " !     runtime.txt is old",
    ]
    assert err.getvalue() == ""


def test_our_sentences_are_wrapped_and_programs_lines_are_not() -> None:
    made, out, _ = console()
    made.info(LONG)
    made.warning(LONG)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(line[7:] for line in lines) == f"{LONG}{LONG}".strip()
    made.output(LONG.strip())
    assert out.getvalue().splitlines()[-1] == f"       {LONG.strip()}"


def test_an_error_is_on_stderr_after_all_earlier_lines() -> None:
    both = io.StringIO()
    made = Console(out=both, err=both, now=lambda: 0.0)
    made.info("before")
    made.error(["Error: Title", "", "Found"])
    assert both.getvalue() == "       before\n\n !     Error: Title\n !\n !     Found\n\n"


def test_each_line_of_an_error_is_coloured_by_itself() -> None:
    made, _, err = console(colour=True)
    made.error(["Error: Title", "Found"])
    assert err.getvalue() == f"\n{RED} !     Error: Title{RESET}\n{RED} !     Found{RESET}\n\n"


def test_colour_marks_headers_and_warnings_alone() -> None:
    made, out, _ = console(colour=True)
    made.header("Python")
    made.warning("old")
    made.info("text")
    made.output("text")
    assert out.getvalue().splitlines() == [
        f"{BOLD}-----> Python{RESET}",
        f"{YELLOW} !     old{RESET}",
        "       text",
        "       text",
    ]


def test_without_colour_no_escape_is_written() -> None:
    made, out, err = console()
    made.header("Python")
    made.error(["Error"])
    assert "\033" not in out.getvalue() + err.getvalue()


@pytest.mark.parametrize(
    ("stream", "no_color", "expected"),
    [
        (Terminal(), None, True),
        (Terminal(), "", True),
        (Terminal(), "1", False),
        (io.StringIO(), None, False),
    ],
    ids=["terminal", "empty", "no-color", "no-terminal"],
)
def test_colour_is_for_terminals_unless_no_color_is_set(
    stream: io.StringIO, no_color: str | None, *, expected: bool
) -> None:
    assert is_colourful(stream, no_color) is expected


def test_characters_that_an_encoding_lacks_are_escaped() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Console(out=out, err=out, now=lambda: 0.0).output("naïve ✓")
    assert raw.getvalue() == b"       na\\xefve \\u2713\n"


def test_details_are_logged_only_if_enabled_and_in_one_line() -> None:
    made, out, _ = console()
    made.detail("0.1 s: git --version")
    assert out.getvalue() == ""
    replace(made, is_detailed=True).detail("0.1 s: python -c 'a\n  b'")
    assert out.getvalue() == "       [debug] 0.1 s: python -c 'a b'\n"
