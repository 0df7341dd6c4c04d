"""The log that a user sees: its sections, its width, its colours, and the progress lines."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from conftest import App
from integration.classic_platform import Platform, Result
from integration.conftest import FreshApp
from integration.packages import write_tree

LOGS = Path(__file__).parent / "logs"
FIXTURES = {"django": "django_site", "vendored": "vendored_packages"}


def normalised(log: str) -> str:
    """Replace versions, paths and times, and remove progress lines."""
    text = re.sub(r"(?m)^ {7}Still .*\n", "", log)
    # The day decides whether the support of this machine's Python ends.
    support = r"(?m)^ !     Python 3\.\d+ g[eo]ts? security(?:.*\n !    )*?.*\.python-version\n"
    text = re.sub(support, "", text)
    text = re.sub(r"\b\d+\.\d s(?=$|;)", "TIME", text, flags=re.MULTILINE)
    text = re.sub(r"(the\s+Python\s+of\s+the\s+image:)\s+/\S+", r"\1 PYTHON", text)
    text = re.sub(r"(-----> Python 3\.)\S+", r"\1N", text)
    text = re.sub(r"\b3\.\d+(, write|,\s+write| to|\s+as in)", r"3.N\1", text)
    text = re.sub(r"(-----> Django|gunicorn|uv) \d[\d.]*", r"\1 VERSION", text)
    return re.sub(r"\d+ (static files|post-processed)", r"NUMBER \1", text)


@pytest.mark.parametrize(
    "builds",
    [
        ("django_first", "django_unchanged", "django_with_one_more_requirement"),
        ("vendored_first", "vendored_unchanged"),
    ],
    ids=FIXTURES,
)
def test_the_log_is_the_stored_one(
    builds: Sequence[str],
    fresh_platform: Platform,
    fresh_app: FreshApp,
    request: pytest.FixtureRequest,
) -> None:
    """Build an app several times with one cache, and compare each log with the stored one."""
    for name in builds:
        build = fresh_app(FIXTURES[name.partition("_")[0]])
        if name.endswith("one_more_requirement"):
            with (build / "requirements.txt").open("a") as requirements:
                requirements.write("iniconfig\n")
        log = fresh_platform.build(build).out
        for line in log.splitlines():
            # The path of the image's Python is not wrapped.
            assert len(line) <= 80 or line.strip().startswith("/"), line
            assert line == line.rstrip()
            assert "\x1b" not in line
        stored = LOGS / f"{name}.txt"
        if request.config.getoption("--update-words", default=False):
            stored.write_text(normalised(log), "utf-8")
        assert normalised(log) == stored.read_text("utf-8")


def on_a_terminal(platform: Platform, build: Path, **environment: str) -> str:
    """Return what a build writes to a terminal, including its errors."""
    platform.write_config_vars({"SLIPWAY_BUNDLE_PYTHON": "false"})
    leader, follower = pty.openpty()
    try:
        process = subprocess.Popen(
            [platform.slipway / "bin" / "compile", build, platform.cache, platform.env_dir],
            env={**platform.env, **environment},
            stdin=subprocess.DEVNULL,
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)
        written = b"".join(iter(lambda: read_chunk(leader), b""))
        process.wait(60)
    finally:
        os.close(leader)
    return written.decode().replace("\r\n", "\n")


def read_chunk(leader: int) -> bytes:
    """Read from a terminal; after all writers have closed it, Linux raises an error."""
    try:
        return os.read(leader, 65536)
    except OSError:
        return b""


def test_each_line_on_a_terminal_resets_its_colours(platform: Platform, app: App) -> None:
    written = on_a_terminal(platform, app("pre_compile_fails"))
    assert "\x1b[1m-----> Running bin/pre_compile\x1b[0m\n" in written
    assert "\x1b[1;31m !     Error: The hook bin/pre_compile failed\x1b[0m\n" in written
    for line in written.splitlines():
        assert line.count("\x1b") in (0, 2), line


def test_no_color_turns_the_colours_off(platform: Platform, app: App) -> None:
    written = on_a_terminal(platform, app("pre_compile_fails"), NO_COLOR="1")
    assert "-----> Running bin/pre_compile\n" in written
    assert "\x1b" not in written


def test_a_silent_hook_gets_a_line_of_progress(platform: Platform, tmp_path: Path) -> None:
    hook = {"bin/pre_compile": "sleep 5.6\necho the tide is in\nexit 1\n"}
    result = compiled(platform, write_tree(tmp_path / "build", hook))
    assert result.status == 1
    assert result.out == (
        "-----> Running bin/pre_compile\n"
        "       Still running bin/pre_compile (5 s)\n"
        "       the tide is in\n"
    )


def test_output_of_a_hook_keeps_its_lines_and_indentation(
    platform: Platform, tmp_path: Path
) -> None:
    hook = r"printf 'out\n  indented\nStra\337e\nwithout an end'; printf ' err' >&2; exit 1"
    result = compiled(platform, write_tree(tmp_path / "build", {"bin/pre_compile": hook}))
    assert result.out == (
        "-----> Running bin/pre_compile\n"
        "       out\n"
        "         indented\n"
        "       Stra\\xdfe\n"
        "       without an end err\n"
    )


def test_only_the_error_is_on_stderr(platform: Platform, app: App) -> None:
    result = compiled(platform, app("pre_compile_fails"))
    assert "Error" not in result.out
    assert result.err.startswith("\n !     Error: ")
    assert result.err.endswith("\n\n")


def compiled(platform: Platform, build: Path) -> Result:
    return platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})


@pytest.mark.parametrize(
    "closed",
    [
        ">&-",
        pytest.param("2>&-", marks=pytest.mark.long),
        pytest.param(">&- 2>&-", marks=pytest.mark.long),
        pytest.param("<&-", marks=pytest.mark.long),
    ],
)
def test_a_build_without_a_standard_stream_is_a_usual_build(
    fresh_platform: Platform, fresh_app: FreshApp, closed: str
) -> None:
    build = fresh_app("wsgi_app")
    fresh_platform.write_config_vars({"SLIPWAY_PYTHON_SOURCE": "nowhere"})
    result = in_shell(fresh_platform, build, f"{closed}; echo $? >status")
    assert (build.parent / "status").read_text() == "1\n"
    assert ("SLIPWAY_PYTHON_SOURCE" in result.stderr) == ("2>" not in closed)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "reader",
    [
        "| true; echo ${PIPESTATUS[0]} >status",
        pytest.param(">/dev/full 2>&1; echo $? >status", marks=pytest.mark.long),
    ],
)
def test_a_build_whose_log_nobody_reads_ends_quietly(
    fresh_platform: Platform, fresh_app: FreshApp, reader: str
) -> None:
    build = fresh_app("wsgi_app")
    write_tree(build, {"bin/pre_compile": "sleep 0.5; echo one; sleep 0.1; echo two"})
    fresh_platform.write_config_vars({})
    result = in_shell(fresh_platform, build, reader)
    assert (build.parent / "status").read_text() == "141\n"
    assert result.stderr == ""


def in_shell(
    platform: Platform, build: Path, redirections: str
) -> subprocess.CompletedProcess[str]:
    """Run bin/compile in bash, in the folder that contains the app."""
    return subprocess.run(
        [
            *("bash", "-c", f'"$@" {redirections}', "bash"),
            *(platform.slipway / "bin" / "compile", build, platform.cache, platform.env_dir),
        ],
        cwd=build.parent,
        env=platform.env,
        capture_output=True,
        text=True,
        check=True,
    )
