"""Settings that Gunicorn refuses are found, and no others are judged."""

from __future__ import annotations

import ast

import pytest

from slipway.domain.web.gunicorn_faults import settings_shown


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("workers = 'many'", "workers"),
        ("workers = '2.5'", "workers"),
        ("timeout = 2.5", "timeout"),
        ("timeout = None", "timeout"),
        ("threads = -1", "threads"),
        ("threads = '-1'", "threads"),
        ("workers = 2\nthreads = '0x4'\ntimeout = True\nbacklog = 0", ""),
        ("import os\nworkers = os.cpu_count()", ""),
        ("workers = 'many'\nworkers = 3", ""),
        ("workers = 'many'\ndef change():\n    global workers\n    workers = 3", ""),
        ("workers = 'many'\nfrom base import *", ""),
        ("workers = 'many'\nglobals().update(workers=3)", ""),
        ("if True:\n    workers = 'many'", ""),
        ("proc_name = 'many'", ""),
    ],
)
def test_only_values_that_are_written_out_are_judged(text: str, refused: str) -> None:
    found = settings_shown(ast.parse(text))
    assert " ".join(one.name for one in found if one.is_refused) == refused
