"""A process type's line tells which programs it starts."""

from __future__ import annotations

import re

import pytest

from slipway.domain.web.programs import PythonStart, python_start, started_programs

LINES = {
    "gunicorn a:b": ["gunicorn"],
    "A=1 exec gunicorn a:b": ["gunicorn"],
    "exec env A=1 B=2 nohup gunicorn a:b &": ["gunicorn"],
    "command gunicorn a": ["gunicorn"],
    "env -i gunicorn a": [],
    "env A=$B C=1 gunicorn a": ["gunicorn with A C"],
    "env -C sub A=1 gunicorn a": ["gunicorn in sub with A"],
    "env --chdir=sub gunicorn a": ["gunicorn in sub"],
    "cd sub && env -C ../b gunicorn a": ["gunicorn in b"],
    "env -C /app gunicorn a": ["gunicorn in ?"],
    "env -C $X gunicorn a": ["gunicorn in ?"],
    "env -C": [],
    "command -v gunicorn": [],
    "cd sub && gunicorn a": ["gunicorn in sub"],
    "cd sub; cd ../b/c; gunicorn a": ["gunicorn in b/c"],
    "cd sub; cd ..; gunicorn a": ["gunicorn"],
    "cd /app; gunicorn a": ["gunicorn in ?"],
    "cd .. && gunicorn a": ["gunicorn in ?"],
    "cd $X && gunicorn a": ["gunicorn in ?"],
    "cd - && gunicorn a": ["gunicorn in ?"],
    "pushd sub && gunicorn a": ["gunicorn in ?"],
    "(cd sub; serve); gunicorn a": ["serve in sub", "gunicorn"],
    "{ cd sub; serve; }; gunicorn a": ["serve in sub", "gunicorn in sub"],
    "cd sub | cat; gunicorn a": ["cat", "gunicorn"],
    "migrate && gunicorn a": ["migrate", "gunicorn"],
    "migrate || true; gunicorn a": ["gunicorn"],
    "gunicorn a || exit 3": ["gunicorn"],
    "gunicorn a || waitress-serve a": [],
    "which nginx && nginx; gunicorn a": ["which", "gunicorn"],
    "[ -f x ] && serve; gunicorn a": ["gunicorn"],
    "[[ -f x ]] && serve; gunicorn a": ["gunicorn"],
    "if x; then cd sub; serve; fi; gunicorn a": ["gunicorn in ?"],
    "while true; do serve; done": ["serve"],
    "for x in a b; do serve $x; done": ["serve"],
    "serve | rotate 2>&1 | cat": ["serve", "rotate", "cat"],
    "serve & gunicorn a": ["serve", "gunicorn"],
    "f() { serve; }; f; gunicorn a": ["gunicorn"],
    ". ./env && gunicorn a": [],
    "source env; gunicorn a": [],
    "PATH=bin:$PATH gunicorn a": [],
    "export PATH=bin:$PATH; gunicorn a": [],
    "export A=1 B; gunicorn a": ["gunicorn with A B"],
    "A=1; gunicorn a": ["gunicorn with A"],
    "$SERVER a": [],
    "~/bin/serve": [],
    "echo a; trap 'x' TERM; exit": [],
    "bin/start-nginx gunicorn a": ["bin/start-nginx", "gunicorn"],
    "./bin/start-nginx -f env gunicorn a": ["./bin/start-nginx", "env"],
    "bin/start-nginx bin/start-pgbouncer-stunnel newrelic-admin run-program gunicorn a": [
        "bin/start-nginx",
        "bin/start-pgbouncer-stunnel",
        "newrelic-admin",
        "gunicorn",
    ],
    "bin/use-pgbouncer gunicorn a": ["bin/use-pgbouncer", "gunicorn"],
    "bin/start-nginx-solo": ["bin/start-nginx-solo"],
    "newrelic-admin run-program gunicorn a": ["newrelic-admin", "gunicorn"],
    "ddtrace-run gunicorn a": ["ddtrace-run", "gunicorn"],
    "! serve": [],
    "coproc serve": [],
    "": [],
}


@pytest.mark.parametrize(("line", "expected"), LINES.items())
def test_the_programs_that_run_in_any_case_are_known(line: str, expected: list[str]) -> None:
    found = []
    for one in started_programs(line):
        place = "?" if one.folder is None else one.folder
        shows_variables = re.search("export|A=1;|^env|&& env", line)
        variables = " ".join(sorted(one.variables)) if shows_variables else ""
        found.append(
            one.program
            + (f" in {place}" if place else "")
            + (f" with {variables}" if variables else "")
        )
    assert found == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python -m a.b c", PythonStart(module="a.b", arguments=("c",))),
        ("python3 -u -OO -m a", PythonStart(module="a")),
        (
            "python3.13 -X dev -W ignore a.py b $X",
            PythonStart(script="a.py", arguments=("b", None)),
        ),
        ("python -uc 'x'", None),
        ("python -c 'x'", None),
        ("python -", None),
        ("python", None),
        ("python -m", None),
        ("python $X a.py", None),
        ("python2 a.py", None),
        ("gunicorn a.py", None),
    ],
)
def test_what_python_runs_is_known(line: str, expected: PythonStart | None) -> None:
    (started,) = started_programs(line)
    assert python_start(started) == expected


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("nice -n 5 clock a", "clock"),
        ("nice clock", "clock"),
        ("timeout 5 clock", "clock"),
        ("timeout -k 5 --signal=INT 10s clock", "clock"),
        ("stdbuf -oL clock", "clock"),
        ("tini -- clock", "clock"),
        ("find . | xargs -n 1 clock", "clock"),
        ("sh -c 'clock 1'", "clock"),
        ('bash -lc "cd x && clock"', "clock"),
        ("exec timeout 5 nice-clock", "nice-clock"),
    ],
)
def test_programs_behind_others_are_found(line: str, program: str) -> None:
    assert program in [one.program for one in started_programs(line)]


@pytest.mark.parametrize("line", ["bash -c '$0 $1' a b", 'sh -c "\'"', "timeout", "nice -n"])
def test_nothing_is_guessed_behind_other_programs(line: str) -> None:
    assert [one.program for one in started_programs(line)] == [line.split()[0]]
