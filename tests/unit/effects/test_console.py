"""The log fits the terminal, and loses nothing on any terminal."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Mapping
from dataclasses import replace

import pytest

from slipway.effects.console import WIDTH, Console, LogClosed, columns, shows_colours

LONG = "a sentence with-hyphens that goes on " * 10
RED, YELLOW, GREEN, BOLD = "\033[1;31m", "\033[1;33m", "\033[1;32m", "\033[1m"
RESET = "\033[0m"


class Terminal(io.StringIO):
    """A terminal whose size is unknown."""

    def isatty(self) -> bool:
        return True


def console(
    stream: type[io.StringIO] = io.StringIO, **variables: str
) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = stream(), stream()
    return Console(out=out, err=err, now=lambda: 0.0, variables=variables), out, err


def test_each_kind_of_line_has_its_prefix() -> None:
    made, out, err = console()
    made.header("Python 3.13.1")
    made.info("Using the Python of the image")
    made.output("  a line of pip")
    made.output("")
    made.warning("runtime.txt is old")
    made.success("Build succeeded")
    assert out.getvalue().splitlines() == [
        "-----> Python 3.13.1",
        "       Using the Python of the image",
        "         a line of pip",
        "",
        " !     runtime.txt is old",
        "-----> Build succeeded",
    ]
    assert err.getvalue() == ""


def test_sentences_are_wrapped_and_lines_of_programs_are_not() -> None:
    made, out, _ = console()
    made.info(LONG)
    made.warning(LONG)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(line[7:] for line in lines) == f"{LONG}{LONG}".strip()
    made.output(LONG.strip())
    assert out.getvalue().splitlines()[-1] == f"       {LONG.strip()}"


def test_a_command_in_a_sentence_stays_in_one_line() -> None:
    made, out, _ = console()
    made.info(f"{'x' * 60} run `bin/slipway vendor lock .` in a clone")
    assert out.getvalue().splitlines() == [
        f"       {'x' * 60} run",
        "       `bin/slipway vendor lock .` in a clone",
    ]


def test_a_long_path_is_not_broken() -> None:
    made, out, _ = console()
    made.info(f"Using /{'x' * 90}")
    assert out.getvalue().splitlines() == ["       Using", f"       /{'x' * 90}"]


@pytest.mark.parametrize(("given", "width"), [("120", 120), ("60", 60), ("7", 40), ("0", 80)])
def test_sentences_are_wrapped_to_the_width_of_the_terminal(given: str, width: int) -> None:
    made, out, _ = console(Terminal, COLUMNS=given, NO_COLOR="1")
    made.info(LONG)
    longest = max(map(len, out.getvalue().splitlines()))
    assert width - len("with-hyphens") <= longest <= width
    assert made.error_width == width - 8


@pytest.mark.parametrize("value", ["", "wide", "-3", "²"])
def test_a_terminal_of_unknown_width_has_80_columns(value: str) -> None:
    assert columns(Terminal(), {"COLUMNS": value}) == WIDTH


def test_only_a_terminal_has_another_width() -> None:
    assert columns(io.StringIO(), {"COLUMNS": "200"}) == WIDTH


def test_the_terminal_is_asked_for_its_width() -> None:
    leader, follower = pty.openpty()
    try:
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 132, 0, 0))
        with open(follower, "w", encoding="utf-8", closefd=False) as stream:
            assert columns(stream, {}) == 132
    finally:
        os.close(leader)
        os.close(follower)


def test_an_error_is_on_stderr_after_all_earlier_lines() -> None:
    both = io.StringIO()
    made = Console(out=both, err=both, now=lambda: 0.0)
    made.info("before")
    made.error(["Error: Title", "", "Found"])
    assert both.getvalue() == "       before\n\n !     Error: Title\n !\n !     Found\n\n"


def test_only_the_title_and_the_marks_of_an_error_are_red() -> None:
    made, _, err = console(Terminal)
    made.error(["Error: Title", "", "    git add requirements.txt"])
    assert err.getvalue().splitlines() == [
        "",
        f"{RED} !     Error: Title{RESET}",
        f"{RED} !{RESET}",
        f"{RED} !{RESET}         git add requirements.txt",
        "",
    ]


def test_colour_marks_headers_warnings_and_success_alone() -> None:
    made, out, _ = console(Terminal)
    made.header("Python")
    made.warning("old")
    made.info("text")
    made.output("text")
    made.success("Build succeeded")
    assert out.getvalue().splitlines() == [
        f"{BOLD}-----> Python{RESET}",
        f"{YELLOW} !     old{RESET}",
        "       text",
        "       text",
        f"{GREEN}-----> Build succeeded{RESET}",
    ]


def test_each_stream_is_coloured_by_itself() -> None:
    out, err = Terminal(), io.StringIO()
    made = Console(out=out, err=err, now=lambda: 0.0)
    made.header("Python")
    made.error(["Error"])
    assert "\033" in out.getvalue()
    assert "\033" not in err.getvalue()


@pytest.mark.parametrize(
    ("stream", "variables", "expected"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
    ids=["terminal", "empty", "no-color", "xterm", "dumb", "no-terminal"],
)
def test_colours_are_for_terminals_that_show_them(
    stream: io.StringIO, variables: Mapping[str, str], *, expected: bool
) -> None:
    assert shows_colours(stream, variables) is expected


LOGGING = ("header", "success", "info", "once", "output", "listed", "answer", "warning")


@pytest.mark.parametrize("method", [*LOGGING, "detail", "complaint", "error"])
def test_no_method_prints_a_secret_or_a_control_character(method: str) -> None:
    made, out, err = console()
    made.secrets.learn_variables({"API_KEY": "open sesame street"})
    made = replace(made, is_detailed=True)
    text = f"a\x1b[2Jb\u202ec {'x' * 50} open sesame street https://u:p@h.example/"
    getattr(made, method)([text, text] if method == "error" else text)
    printed = out.getvalue() + err.getvalue()
    assert "\\x1b[2Jb\\u202ec" in printed
    assert "https://****@h.example/" in printed
    assert printed.replace("\n", "").isprintable()
    assert "sesame" not in printed


def test_a_line_break_in_an_error_is_a_line_with_a_mark() -> None:
    made, _, err = console()
    made.error(["Error: Title", "", "git rm 'a\nb'"])
    assert err.getvalue().splitlines()[3:5] == [" !     git rm 'a", " !     b'"]


def test_a_document_is_whole_and_has_no_secrets() -> None:
    made, out, _ = console()
    made.secrets.learn("https://u:h0rsestaple@h.example/")
    made.document('{"a": "h0rsestaple", "b": "%s"}\n' % ("x" * 9_000))
    assert out.getvalue() == '{"a": "****", "b": "%s"}\n' % ("x" * 9_000)


def test_what_a_platform_reads_is_unchanged() -> None:
    made, out, _ = console()
    made.secrets.learn("https://u:h0rsestaple@h.example/")
    made.for_platform("web: run --key h0rsestaple\n")
    assert out.getvalue() == "web: run --key h0rsestaple\n"


@pytest.mark.parametrize("method", [*LOGGING, "document", "for_platform", "error"])
def test_a_log_that_nobody_reads_is_an_error_of_its_own(method: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8", closefd=False) as stream:
        made = Console(out=stream, err=stream, now=lambda: 0.0)
        with pytest.raises(LogClosed):
            getattr(made, method)("text")
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)
    os.close(writing)


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
