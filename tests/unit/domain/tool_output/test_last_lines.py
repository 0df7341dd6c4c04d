"""What an error shows of an output whose cause is not known."""

from __future__ import annotations

import pytest

from slipway.domain.tool_output.last_lines import MOST, last_lines

NOISE = (
    "DEBUG:pip._internal.configuration:Skipping loading configuration files",
    "VERBOSE:pip._internal:Created temporary directory",
    "Skipping link: none of the wheel's tags",
    "  note: This error originates from a subprocess, and is likely not a problem with pip.",
    "  ╰─> [12 lines of output]",
    "[notice] A new release of pip is available",
    "hint: `uv pip install imp` into the environment",
    "",
)


def test_a_short_output_is_shown_without_noise() -> None:
    output = "\n".join(("first", *NOISE, "ERROR: last"))
    assert last_lines(output) == ("first", "ERROR: last")


def test_a_hint_ends_with_its_paragraph() -> None:
    output = (
        "error: no luck\nhint: This may be because `anchor` depends on `imp`,\n"
        "  so add `imp`.\n\n  cause: it sank\n"
    )
    assert last_lines(output) == ("error: no luck", "  cause: it sank")


def test_warnings_give_way_to_other_lines() -> None:
    output = "code.c:1: error: no mast\n" + "code.c:2: warning: old\n" * MOST + "stopped\n"
    assert last_lines(output) == ("code.c:1: error: no mast", "stopped")


def test_errors_before_the_end_of_a_long_output_are_shown_first() -> None:
    output = "code.c:1: error: no mast\n" + "compiling\n" * 3 * MOST + "stopped\n"
    shown = last_lines(output)
    assert shown[:2] == ("code.c:1: error: no mast", "...")
    assert shown[-1] == "stopped"
    assert len(shown) <= MOST


def test_the_end_of_a_long_output_is_shown_if_it_has_no_errors() -> None:
    assert last_lines("line\n" * 100 + "last\n") == ("line",) * (MOST - 1) + ("last",)


def test_an_output_of_warnings_only_is_shown() -> None:
    assert last_lines("warning: old\n" * 100) == ("warning: old",) * MOST


@pytest.mark.parametrize("output", ["", "\n\n", "DEBUG: nothing\n"])
def test_an_empty_output_has_no_lines(output: str) -> None:
    assert last_lines(output) == ()


def test_credentials_are_not_shown() -> None:
    assert last_lines("https://u:s3cret@h.example/ failed") == (
        "https://****@h.example/ failed",
    )


def test_folders_of_the_build_and_frames_of_tools_are_left_out() -> None:
    output = (
        "Traceback (most recent call last):\n"
        '  File "/srv/pyproject_hooks/_in_process/_in_process.py", line 1, in a\n'
        "    main()\n"
        '  File "/var/tmp/pip-build-env-x1/overlay/lib/python3.12/site-packages/setuptools/'
        'build_meta.py", line 3, in b\n'
        "    run()\n"
        "    ^^^^^\n"
        '  File "/var/tmp/pip-install-x2/anchor_0123456789abcdef0123456789abcdef/setup.py", '
        "line 2, in c\n"
        "RuntimeError: no chain\n"
    )
    assert last_lines(output) == (
        "Traceback (most recent call last):",
        '  File "setup.py", line 2, in c',
        "RuntimeError: no chain",
    )


def test_deprecations_of_setuptools_give_way_to_other_lines() -> None:
    warning = "old.py:1: SetuptoolsDeprecationWarning: old"
    deprecation = f"{warning}\n!!\n" + "  old\n" * 40 + "!!\n"
    output = f"error: no mast\n{deprecation}stopped\n"
    assert last_lines(output) == ("error: no mast", warning, "stopped")


def test_paragraphs_of_advice_from_uv_are_left_out() -> None:
    output = (
        "error: no luck\n\nhint: This error likely indicates that `a` depends on `imp`\n\n"
        '[tool.uv.extra-build-dependencies]\na = ["imp"]\n\nor `uv pip install imp` first.\n'
    )
    assert last_lines(output) == ("error: no luck",)
