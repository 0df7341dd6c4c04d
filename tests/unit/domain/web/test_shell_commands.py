"""Lines of a Procfile are parsed as bash parses them."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress

import pytest

from slipway.domain.web.shell_commands import (
    BUILTINS,
    CompoundCommand,
    ShellSyntaxError,
    read_shell_line,
)

LINES = {
    "a": "a",
    "a b  c": "a b c",
    "A=1 B='x y' a b": "a b",
    "a 'b c' \"d e\" f\\ g": "a b c d e f g",
    "a --bind 0.0.0.0:$PORT": "a --bind ?",
    "a --bind 0.0.0.0:${PORT:-8000}": "a --bind ?",
    'a "${X:-"b c"}" d': "a ? d",
    "a ${X:-'}'} b": "a ? b",
    "a ${X%\\}} b": "a ? b",
    "a $(nproc)": "a ?",
    'a "$(b "c)" | d)" e': "a ? e",
    "a $(case x in x) b;; esac) c": "a ? c",
    "a `b | c` d": "a ? d",
    "a `b \\`c\\`` d": "a ? d",
    "a $((1 + (2 * 3))) b": "a ? b",
    "a $((b) | (c)) d": "a ? d",
    "a $'b\\'c' d": "a ? d",
    'a $"b" c': "a ? c",
    "a b$ $": "a b$ $",
    'a "b$"': "a b$",
    'a "b\\"c\\d"': 'a b"c\\d',
    "a {b,c} *.py ~/x": "a ? ? ?",
    "a b 2>&1": "a b",
    "a > b 2> c < d": "a",
    "a &> b c": "a c",
    "a &>> b c": "a c",
    "a >| b c": "a c",
    "a <<< 'b c' d": "a d",
    "a >&2- {fd}>b": "a",
    "> b a c": "a c",
    "a > >(b | c) d": "a d",
    "a <(b) d": "a ? d",
    "a b # c": "a b",
    "a b#c": "a b#c",
    "a b; # c": "a b",
    "a b \\": "a b",
    "a b\\": "a b",
    "a \\\n b": "a b",
    "a && b": "a && b",
    "a || b": "a || b",
    "a; b": "a ; b",
    "a\nb": "a ; b",
    "a & b": "a & b",
    "a &": "a &",
    "a | b |& c": "a | b | c",
    "a && b | c; d || e": "a && b | c ; d || e",
    "! a": "! a",
    "time -p a": "time a",
    "time ! a": "! a",
    "(a; b)": "(",
    "((a = 1)); b": "(( ; b",
    "( (a) )": "(",
    "((a); (b))": "(",
    "{ a; b; }; c": "{ ; c",
    "{ a; } > b": "{",
    "if a; then b; fi": "if",
    "if a; then b; elif c; then d; else e; fi; f": "if ; f",
    "while a; do b; done | c": "while | c",
    "until a; do b; done": "until",
    "for x in a b; do c $x; done; d": "for ; d",
    "for x; do c; done": "for",
    "for ((i = 0; i < 2; i++)); do a; done": "for",
    "for x in a; { b; }": "for",
    "case $X in a|b) c ;; (d) ;; *) e; esac; f": "case ; f",
    "[[ -n $X && ( a < b ) ]] && c": "[[ && c",
    "[[ $X =~ ^(a|b)$ ]]; c": "[[ ; c",
    "f() { a; }; f b": "function ; f b",
    "f() ( a ); f": "function ; f",
    "function f { a; }; f": "function ; f",
    "function f() { a; }; f": "function ; f",
    "A=(b 'c d') e": "e",
    "export A=(b c); d": "export A= ; d",
    "a if then fi": "a if then fi",
    "a } b": "a } b",
    "[ -f a ] && b": "[ -f a ] && b",
    "a -c 'b | c; d'": "a -c b | c; d",
    "exec a": "exec a",
    "coproc a; b": "coproc ; b",
    "# a": "",
    "": "",
}


def described(text: str) -> str:
    shell = read_shell_line(text)
    parts: list[str] = []
    for pipeline in shell.pipelines:
        parts += [pipeline.operator, pipeline.prefix]
        shown = (
            command.keyword
            if isinstance(command, CompoundCommand)
            else " ".join("?" if word.value is None else word.value for word in command.words)
            for command in pipeline.commands
        )
        parts.append(" | ".join(shown))
    parts.append("&" if shell.ends_in_background else "")
    return " ".join(part for part in parts if part)


@pytest.mark.parametrize(("text", "expected"), LINES.items(), ids=range(len(LINES)))
def test_a_line_is_a_list_of_commands(text: str, expected: str) -> None:
    assert described(text) == expected


@pytest.mark.parametrize("text", LINES, ids=range(len(LINES)))
def test_bash_reads_the_lines_too(text: str) -> None:
    subprocess.run(["bash", "-n", "-c", text], check=True, capture_output=True)


INVALID = (
    "a 'b",
    'a "b',
    "a `b",
    "a $(b",
    "a ${b",
    "a $((b",
    "(a",
    "{ a",
    "a )",
    "a && ",
    "|| a",
    "; a",
    "a ;; b",
    "if a; then b",
    "if a; fi",
    "while a; done",
    "for x in a; b; done",
    "case x in a) b",
    "[[ a",
    "then a",
    "}",
    "a (b)",
    "a >",
    "f() a",
    "a | ; b",
)


@pytest.mark.parametrize("text", INVALID)
def test_a_line_that_bash_cannot_read_is_an_error(text: str) -> None:
    with pytest.raises(ShellSyntaxError):
        read_shell_line(text)
    assert subprocess.run(
        ["bash", "-n", "-c", text], check=False, capture_output=True
    ).returncode


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "$((" * 5000,
        "$(" * 5000,
        '"$(' * 5000,
        "$((x " * 30 + ") )" * 30,
        "${a:-" * 5000,
        "if " * 5000,
        "f() " * 5000,
        "a " * 50000,
        "`" * 99999,
        "[[ " + "(" * 50000,
    ],
)
def test_hostile_lines_end_in_time(text: str) -> None:
    started = time.monotonic()
    with suppress(ShellSyntaxError):
        read_shell_line(text)
    assert time.monotonic() - started < 2


def test_the_builtins_are_those_of_bash() -> None:
    listed = subprocess.run(
        ["bash", "-c", "compgen -b"], check=True, capture_output=True, text=True
    )
    assert set(listed.stdout.split()) == BUILTINS


def test_a_line_shows_what_it_uses_and_defines() -> None:
    assert read_shell_line('a "$@"').uses_arguments
    assert read_shell_line("a ${1:-b}").uses_arguments
    assert read_shell_line("a $(b $*)").uses_arguments
    assert not read_shell_line("a '$@' $0 $# ${x}").uses_arguments
    assert not read_shell_line('f() { a "$@"; }; f').uses_arguments
    assert read_shell_line("f() { a; }; f").functions == {"f"}


def test_positions_are_those_of_the_text() -> None:
    text = "A=1  b 'c d'  >e # f"
    (command,) = read_shell_line(text).simple_commands()
    assert text[command.start : command.end] == "A=1  b 'c d'  >e"
    assert [text[word.start : word.end] for word in command.words] == ["b", "'c d'"]
    (group,) = read_shell_line("( a ) > b ; c").pipelines[0].commands
    assert (group.start, group.end) == (0, 9)


def test_commands_inside_others_are_found() -> None:
    text = "if a; then (b | c); fi; for x in y; do d & done; f() { e; }"
    programs = [command.program for command in read_shell_line(text).simple_commands()]
    assert programs == ["a", "b", "c", "d", "e"]
