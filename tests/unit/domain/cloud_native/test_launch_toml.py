"""The processes of an image, as the lifecycle reads them and bash runs them."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from slipway.domain.cloud_native.bash_process import start_with_bash
from slipway.domain.cloud_native.launch_toml import render_launch
from slipway.domain.toml_text import parse_toml


def launch(processes: dict[str, str], *slices: str) -> dict[str, Any]:
    started = {name: start_with_bash(name, line) for name, line in processes.items()}
    return parse_toml(render_launch(started, {"slipway.python": "3.13.1"}, slices), "launch")


def run(line: str, *arguments: str) -> str:
    """Run a process as a launcher does, with the arguments that a user has added."""
    (process,) = launch({"job": line})["processes"]
    argv = [*process["command"], *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def test_an_image_starts_web_by_default() -> None:
    processes = launch({"web": "gunicorn a:b", "release": "python manage.py migrate"})
    assert [(one["type"], one.get("default")) for one in processes["processes"]] == [
        ("web", True),
        ("release", None),
    ]


def test_processes_start_in_the_folder_of_the_app() -> None:
    started = {"job": start_with_bash("job", "python job.py")}
    rendered = render_launch(started, {}, (), "/workspace/backend")
    (process,) = parse_toml(rendered, "launch")["processes"]
    assert process["working-dir"] == "/workspace/backend"


def test_an_image_without_processes_has_only_labels() -> None:
    assert launch({}) == {"labels": [{"key": "slipway.python", "value": "3.13.1"}]}


def test_each_vendor_folder_is_its_own_slice() -> None:
    assert launch({}, "vendor", "a b")["slices"] == [{"paths": ["vendor"]}, {"paths": ["a b"]}]


@pytest.mark.parametrize(
    ("line", "arguments", "out"),
    [
        ("echo $((1 + 1)) | tr 2 3", (), "3\n"),
        ("printf '%s,' a", ("b c", "$HOME", "*", "'"), "a,b c,$HOME,*,',"),
        ("X=1 && echo $X", ("--flag",), "1 --flag\n"),
        ('echo "\\x41" \u2603', (), "\\x41 \u2603\n"),
        ("echo a # and so on", ("b",), "a b\n"),
        ("printf '%s,' $(echo a b)", ("c",), "a,b,c,"),
    ],
)
def test_a_shell_runs_the_line_and_arguments_come_last(
    line: str, arguments: tuple[str, ...], out: str
) -> None:
    assert run(line, *arguments) == out


@pytest.mark.parametrize(
    "line",
    [
        "(echo a; echo b)",
        "{ echo a; echo b; }",
        "for x in a b; do echo $x; done",
        "if true; then echo a; echo b; fi",
        "case x in x) echo a; echo b ;; esac",
        "echo a; echo b; [[ -d / ]]",
        "echo a; echo b & wait &",
    ],
)
def test_a_line_that_cannot_take_arguments_runs_unchanged(line: str) -> None:
    assert run(line, "more") == "a\nb\n"


@pytest.mark.parametrize("end", ["", " 2>&1", " # now"])
def test_a_single_program_replaces_the_shell(end: str) -> None:
    """The signals of a platform then reach gunicorn itself."""
    program = "python3 -c 'import os; print(open(f\"/proc/{os.getppid()}/comm\").read())'"
    assert run(program + end).strip() != "bash"
