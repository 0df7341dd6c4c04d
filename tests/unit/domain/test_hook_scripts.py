"""A hook is started with the right program, whatever a checkout did to its file."""

from __future__ import annotations

import codecs

import pytest

from slipway.domain.hook_scripts import is_program, parse_hook

BOM = codecs.BOM_UTF8


@pytest.mark.parametrize(
    ("content", "interpreter", "program"),
    [
        (b"#!/bin/sh\n:", ("/bin/sh",), "sh"),
        (b"#!/bin/sh -eu\n:", ("/bin/sh", "-eu"), "sh"),
        (b"#! /usr/bin/env bash\n:", ("/usr/bin/env", "bash"), "bash"),
        (b"#!/usr/bin/env -S A=1 bash -e\n:", ("/usr/bin/env", "-S A=1 bash -e"), "bash"),
        (b"#!/usr/bin/env python\nprint()", ("/usr/bin/env", "python"), "python"),
        (b"#!\necho", ("bash",), "bash"),
        (b"echo", ("bash",), "bash"),
        (BOM + b"#!/usr/bin/zsh\n:", ("/usr/bin/zsh",), "zsh"),
        (b"#!/bin/sh\r\n:\r\n", ("/bin/sh",), "sh"),
    ],
)
def test_the_first_line_names_the_interpreter(
    content: bytes, interpreter: tuple[str, ...], program: str
) -> None:
    script = parse_hook(content)
    assert (script.interpreter, script.program) == (interpreter, program)


@pytest.mark.parametrize(
    ("content", "cleaned"),
    [
        pytest.param(b"#!/bin/sh\r\necho\r\n", b"#!/bin/sh\necho\n", id="windows"),
        pytest.param(b"set -e\r\necho\n", b"set -e\necho\n", id="mixed"),
        pytest.param(BOM + b"#!/bin/sh\necho\n", b"#!/bin/sh\necho\n", id="bom"),
        pytest.param(BOM + b"#!/usr/bin/env python\r\n", b"#!/usr/bin/env python\r\n", id="py"),
        pytest.param(b"#!/bin/sh\necho\n", None, id="as-it-should-be"),
        pytest.param(b"#!/bin/sh\nprintf 'a\\r\\n'\n", None, id="written-with-a-backslash"),
        pytest.param(b"#!/usr/bin/env python\r\nprint()\r\n", None, id="python-reads-them"),
    ],
)
def test_a_script_that_its_interpreter_cannot_read_is_cleaned(
    content: bytes, cleaned: bytes | None
) -> None:
    assert parse_hook(content).cleaned == cleaned


def test_windows_line_ends_are_reported_only_if_they_matter() -> None:
    assert parse_hook(b"#!/bin/sh\r\n:\r\n").has_windows_line_ends
    assert not parse_hook(BOM + b"#!/bin/sh\n:\n").has_windows_line_ends
    assert not parse_hook(b"#!/usr/bin/env python\r\n").has_windows_line_ends


def test_files_that_are_no_script_are_recognized() -> None:
    assert parse_hook(b"").is_empty
    assert parse_hook(BOM + b" \r\n").is_empty
    assert is_program(b"\x7fELF\x02")
    assert not is_program(b"#!/bin/sh")
