"""Arguments and signals get through bash to the program of a process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.domain.cloud_native.bash_process import start_with_bash

ARGUMENTS = ("--workers 3", "$HOME", "'", "*")
PROGRAM = """#!/bin/bash
line=$(printf '<%s>' "${0##*/}" "$@" "A=$A")
echo "$line" >> "$STARTED"  # at once, because another program may write too
"""

CLEAN = {
    "serve": 'exec serve "$@"',
    "serve a 'b c' \"d $X\"": 'exec serve a \'b c\' "d $X" "$@"',
    "serve --bind :$PORT": 'exec serve --bind :$PORT "$@"',
    "serve --bind :${PORT:-8000}": 'exec serve --bind :${PORT:-8000} "$@"',
    'serve --bind "${PORT:-8000}"': 'exec serve --bind "${PORT:-8000}" "$@"',
    "serve --workers $(echo 2)": 'exec serve --workers $(echo 2) "$@"',
    "serve --workers `echo 2`": 'exec serve --workers `echo 2` "$@"',
    "serve --workers $((2 * 2))": 'exec serve --workers $((2 * 2)) "$@"',
    "serve a # for (now": 'exec serve a "$@" # for (now',
    "serve a#b": 'exec serve a#b "$@"',
    "serve a;": 'exec serve a "$@";',
    "serve a 2>&1": 'exec serve a "$@" 2>&1',
    "serve a > /dev/null 2>&1 b": 'exec serve a > /dev/null 2>&1 b "$@"',
    "serve a &> /dev/null": 'exec serve a "$@" &> /dev/null',
    "serve a >| /dev/null": 'exec serve a "$@" >| /dev/null',
    "> /dev/null serve a": '> /dev/null exec serve a "$@"',
    "serve < /dev/null": 'exec serve "$@" < /dev/null',
    "serve <<< x": 'exec serve "$@" <<< x',
    "serve a > >(cat) 2>&1": 'exec serve a "$@" > >(cat) 2>&1',
    "A=1 serve a": 'A=1 exec serve a "$@"',
    "A='1 2' B=$X serve a": "A='1 2' B=$X exec serve a \"$@\"",
    "env A=1 serve a": 'exec env A=1 serve a "$@"',
    "exec serve a": 'exec serve a "$@"',
    "exec serve a 2>&1": 'exec serve a "$@" 2>&1',
    "cd sub && serve a": 'cd sub && exec serve a "$@"',
    "cd sub; serve a": 'cd sub; exec serve a "$@"',
    "cd sub;serve a": 'cd sub;exec serve a "$@"',
    "test -d sub || mkdir sub; serve a": 'test -d sub || mkdir sub; exec serve a "$@"',
    "test -d no || serve b && serve a": 'test -d no || serve b && exec serve a "$@"',
    "serve b | cat; serve a": 'serve b | cat; exec serve a "$@"',
    "(serve b); serve a": '(serve b); exec serve a "$@"',
    "if true; then serve b; fi; serve a": 'if true; then serve b; fi; exec serve a "$@"',
    "for i in 1 2; do serve $i; done; serve a": (
        'for i in 1 2; do serve $i; done; exec serve a "$@"'
    ),
    "[[ -d sub ]] && serve a": '[[ -d sub ]] && exec serve a "$@"',
    "export A=1 && serve a": 'export A=1 && exec serve a "$@"',
    "command serve a": 'command exec serve a "$@"',
    "$PROGRAM a": '$PROGRAM a "$@"',
    "$BIN/serve a": 'exec $BIN/serve a "$@"',
    '"$BIN/serve" a > /dev/null': 'exec "$BIN/serve" a "$@" > /dev/null',
    ". ./names && serve a": '. ./names && serve a "$@"',
    "bash -c 'serve a'": 'exec bash -c \'exec serve a "$@"\' web "$@"',
    "sh -c 'serve a 2>&1'": 'exec sh -c \'exec serve a "$@" 2>&1\' web "$@"',
    "bash -ec 'cd sub; serve a'": 'exec bash -ec \'cd sub; exec serve a "$@"\' web "$@"',
    "bash -c 'serve a \"$@\"'": 'exec bash -c \'exec serve a "$@"\' web "$@"',
    'serve a "$@"': 'exec serve a "$@"',
    'if true; then exec serve a "$@"; fi': 'if true; then exec serve a "$@"; fi',
    "echo a": 'echo a "$@"',
}
"""Lines with which everything reaches the last program, and what bash is given."""

HINDERED = {
    "serve a | cat": ("a pipe", "Write `web: serve a > >(cat)`"),
    "serve a 2>&1 | cat | cat": ("a pipe", "Write `web: serve a > >(cat | cat) 2>&1`"),
    "serve a |& cat": ("a pipe", "Write `web: serve a > >(cat) 2>&1`"),
    "cd sub && serve a | cat": ("a pipe", "Write `web: cd sub && serve a > >(cat)`"),
    "(serve a)": ("parentheses", "Write `web: serve a`"),
    "( cd sub; serve a )": ("parentheses", "Write `web: cd sub; serve a`"),
    "{ cd sub; serve a; }": ("braces", "Write `web: cd sub; serve a`"),
    "(serve b; serve a | cat)": ("parentheses", "Write `exec` in front"),
    "if true; then serve a; fi": ("`if`", "Write `exec` in front"),
    "case x in x) serve a;; esac": ("`case`", "Write `exec` in front"),
    "serve a || exit 3": ("ends with `||`", "Write `exec` in front"),
    "while ! serve a; do sleep 1; done": ("`while`", "Write `trap 'kill $!; exit' TERM;`"),
    "for i in 1; do serve a; done": ("`for`", "Write `trap 'kill $!; exit' TERM;`"),
    "time serve a": ("begins with `time`", "Leave out `time`"),
    "! serve a": ("begins with `!`", "Leave out `!`"),
    "eval serve a": ("has `eval`", "Leave out `eval`"),
    "serve a &": ("ends with `&`", "Leave out the `&`"),
    "serve a; exit": ("ends with `exit`", "Write `exec` in front"),
    "serve a; echo stopped": ("ends with `echo stopped`", "Write `exec` in front"),
    "if true; then serve a; fi; true": ("ends with `true`", "Write `exec` in front"),
    "cat <<EOF": ("a here-document needs several lines", "Move its line into a script of the"),
    "serve b & serve a & wait": ("starts a program with `&`", "Give each program its own"),
}
"""Lines that get neither, with the cause and what to do."""

ONLY_SIGNALS = {
    "serve b & serve a": ("starts a program with `&`", "Give each program its own line"),
    'run() { serve a "$@"; }; run': ("a function", "Write `exec` in front of the program in"),
    "$PROGRAM a > /dev/null": ("a redirection", "Write `exec` in front of the program"),
    ". ./names; serve a > /dev/null": ("a redirection", "Write `exec` in front of the"),
}
"""Lines that get arguments, but bash stays."""

ONLY_ARGUMENTS = {
    "if true; then exec serve a; fi": "`if`",
    "trap 'kill $!' TERM; serve a & wait $!": "starts a program with `&`",
    'sh -c "serve $X"': "has `sh -c`",
}
"""Lines that pass signals themselves, but no arguments."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bash")
    (folder / "sub").mkdir()
    (folder / "names").write_text("")
    (folder / "bin").mkdir()
    (folder / "bin" / "serve").write_text(PROGRAM)
    (folder / "bin" / "serve").chmod(0o755)
    return folder


def started(folder: Path, script: str, *arguments: str) -> list[str]:
    """Run a script with arguments; return a line for each program that it has started."""
    log = folder / "started"
    log.write_text("")
    variables = {
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "STARTED": str(log),
        "PROGRAM": "serve",
        "BIN": f"{folder}/bin",
        "X": "x y",
    }
    argv = ["bash", "-c", script, "web", *arguments]
    done = subprocess.run(argv, cwd=folder, env=variables, capture_output=True, check=False)
    assert done.stderr == b""
    return log.read_text().splitlines()


def with_arguments(line: str) -> str:
    """Add the arguments to the line of a program, in front of its variable."""
    own, _, variable = line.rpartition("<")
    return f"{own}{''.join(f'<{one}>' for one in ARGUMENTS)}<{variable}"


@pytest.mark.parametrize(("line", "script"), CLEAN.items())
def test_a_simple_command_replaces_bash_and_takes_arguments(line: str, script: str) -> None:
    found = start_with_bash("web", line)
    assert (found.script, found.advice) == (script, "")


@pytest.mark.parametrize("line", [*CLEAN, *ONLY_SIGNALS])
def test_arguments_come_after_those_of_the_line(line: str, folder: Path) -> None:
    script = start_with_bash("web", line).script
    subprocess.run(["bash", "-n", "-c", script], check=True)
    if "serve" not in line and "PROGRAM" not in line:
        return
    before, after = started(folder, line), started(folder, script, *ARGUMENTS)
    if " & " in line:
        assert {*after} == {"<serve><b><A=>", with_arguments("<serve><a><A=>")}
    else:
        assert after == [*before[:-1], with_arguments(before[-1])]


@pytest.mark.parametrize(("line", "words"), HINDERED.items())
def test_other_lines_stay_as_they_are_and_have_advice(
    line: str, words: tuple[str, str]
) -> None:
    found = start_with_bash("web", line)
    assert found.script == line
    assert "ignores arguments that are added to it and" in found.advice
    assert "not notice when the platform stops it, because" in found.advice
    assert words[0] in found.advice
    assert words[1] in found.advice


@pytest.mark.parametrize("line", [line for line, (_, to) in HINDERED.items() if "web:" in to])
def test_the_line_of_an_advice_gets_everything_and_runs_the_same(
    line: str, folder: Path
) -> None:
    advised = start_with_bash("web", line).advice.partition("`web: ")[2].removesuffix("`")
    found = start_with_bash("web", advised)
    assert found.advice == ""
    *others, last = started(folder, line)
    assert started(folder, found.script, *ARGUMENTS) == [*others, with_arguments(last)]


@pytest.mark.parametrize(("line", "words"), ONLY_SIGNALS.items())
def test_a_line_that_keeps_bash_is_told_so(line: str, words: tuple[str, str]) -> None:
    found = start_with_bash("web", line)
    assert found.script.startswith(line.split(" >")[0])
    assert "process `web` does not notice when the platform stops it" in found.advice
    assert words[0] in found.advice
    assert words[1] in found.advice


@pytest.mark.parametrize(("line", "words"), ONLY_ARGUMENTS.items())
def test_a_line_that_drops_only_arguments_is_told_so(line: str, words: str) -> None:
    advice = start_with_bash("web", line).advice
    assert "process `web` ignores arguments that are added to it, because" in advice
    assert words in advice


@pytest.mark.parametrize(
    "line",
    ["set -- x y; serve a", "set x && serve a", "shift; serve a", 'set -- x; serve "$@"'],
)
def test_a_line_that_sets_its_own_arguments_keeps_them(line: str) -> None:
    started = start_with_bash("web", line)
    assert '"$@"' not in started.script.replace('serve "$@"', "")
    assert "ignores arguments" in started.advice
    assert "changes its arguments itself" in started.advice


@pytest.mark.parametrize("line", ["set -e; serve a", "set -euo pipefail; serve a"])
def test_options_of_the_shell_are_no_arguments(line: str) -> None:
    assert start_with_bash("web", line).script == line.replace("serve a", 'exec serve a "$@"')


@pytest.mark.parametrize(
    "line",
    [
        "trap 'echo bye' EXIT; serve a",
        "f() ( serve a ); f",
        "f() ( exec serve a ); f",
        "( (serve a) )",
    ],
)
def test_a_line_that_does_not_pass_the_signal_is_told_so(line: str) -> None:
    assert "does not notice when the platform stops it" in start_with_bash("web", line).advice


def test_the_input_of_a_program_is_not_taken_for_the_program() -> None:
    advice = start_with_bash("web", "echo a b | xargs serve c").advice
    assert advice.endswith("Write `web: xargs serve c < <(echo a b)`")


def test_parentheses_in_parentheses_are_left_out_too() -> None:
    assert start_with_bash("web", "( (serve a) )").advice.endswith("Write `web: serve a`")


def test_a_backslash_at_the_end_is_left_out() -> None:
    assert start_with_bash("web", "serve a \\").script == 'exec serve a "$@"'
    assert start_with_bash("web", "serve a\\").script == 'exec serve a "$@"'
    assert start_with_bash("web", "serve a \\\\").script == 'exec serve a \\\\ "$@"'


@pytest.mark.parametrize(
    "line",
    ["true", "exit 0", "A=1", ":", "[ -d / ]", "if true; then echo; fi", "echo | read x"],
)
def test_a_line_without_a_program_needs_no_advice(line: str) -> None:
    assert start_with_bash("web", line).script == line
    assert start_with_bash("web", line).advice == ""


def test_a_line_that_bash_cannot_read_stays_as_it_is() -> None:
    assert start_with_bash("web", "serve 'a").script == "serve 'a"
    assert start_with_bash("web", "serve 'a").advice == ""


def test_a_loop_that_follows_the_advice_ends_with_the_signal() -> None:
    line = "trap 'kill $!; exit' TERM; while true; do sleep 60 & wait $!; done"
    assert "notice" not in start_with_bash("web", line).advice
    with subprocess.Popen(["bash", "-c", f"echo; {line}"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
        # The pipe is closed only when `sleep` has ended too.
        assert process.stdout.read() == b""
        process.wait(5)


def test_a_shell_without_arguments_stays_as_it_is() -> None:
    assert start_with_bash("web", "exec sh").script == 'exec sh "$@"'
