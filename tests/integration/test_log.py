"""The log that a user sees: its passages, its width, its colours, and a sign of life."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from conftest import App
from integration.classic_platform import Ended, Platform
from integration.packages import write_tree

COLD = """\
-----> Python 3.N
       No file asks for a version, so it is the newest available; to keep it,
       write 3.N into .python-version. From the image: PYTHON
       It is bundled: the image that runs the app may have no Python
       Copying it: no earlier build has left one
       Copied in TIME
-----> Dependencies from requirements.txt
       Resolving: no earlier build has left a lock
       uv VERSION from PATH
       Locked 5 packages by hash in TIME
       gunicorn VERSION is added: the default web process needs it, and
       requirements.txt does not name it
       The environment is made: no earlier build has left one
       Installed 5 packages in TIME
-----> Django VERSION
       manage.py, settings harbour.settings (manage.py)
       NUMBER static files copied to 'staticfiles', NUMBER post-processed in TIME
-----> Processes (Slipway's default)
       web       gunicorn --bind 0.0.0.0:$PORT harbour.wsgi:application
       release   python manage.py migrate --noinput
       manage    python manage.py
-----> Built in TIME
"""
UNCHANGED = (
    COLD.replace(
        "Copying it: no earlier build has left one\n       Copied in TIME",
        "Its copy is restored from the cache",
    )
    .replace(
        "Resolving: no earlier build has left a lock\n       uv VERSION from PATH\n"
        "       Locked 5 packages by hash in TIME",
        "Nothing that decides the lock has changed: 5 packages, as before",
    )
    .replace(
        "The environment is made: no earlier build has left one\n"
        "       Installed 5 packages in TIME",
        "Nothing to install: 5 packages from the cache",
    )
)


def normalised(log: str) -> str:
    """Take out what is this machine's, and what is of the day; and signs of life."""
    text = re.sub(r"(?m)^ {7}still .*\n", "", log)
    text = re.sub(r"\b\d+\.\d s$", "TIME", text, flags=re.MULTILINE)
    text = re.sub(
        r"(From the\s+image:\s+|From\s+the image:\s+)/\S+", "From the image: PYTHON", text
    )
    text = re.sub(r"(-----> Python 3\.)\S+", r"\1N", text)
    text = re.sub(r"\b3\.\d+ (into)", r"3.N \1", text)
    text = re.sub(r"(-----> Django|gunicorn|uv) \d[\d.]*", r"\1 VERSION", text)
    return re.sub(r"\d+ (static files|post-processed)", r"NUMBER \1", text)


def test_the_log_of_a_first_build_and_of_an_unchanged_one(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    own = replace(platform, cache=tmp_path / "cache")
    build = app("django_site")
    cold = own.build(build)
    assert normalised(cold.out) == COLD
    shutil.rmtree(build)
    unchanged = own.build(app("django_site"))
    assert normalised(unchanged.out) == UNCHANGED
    for line in (cold.out + unchanged.out).splitlines():
        # The path of the image's Python is nothing to break.
        assert len(line) <= 80 or line.strip().startswith("/"), line
        assert line == line.rstrip()
        assert "\x1b" not in line


def on_a_terminal(platform: Platform, build: Path, **environment: str) -> str:
    """Give what a build writes to a terminal, its errors too."""
    platform.set({"SLIPWAY_BUNDLE_PYTHON": "false"})
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
        written = b"".join(iter(lambda: chunk(leader), b""))
        process.wait(60)
    finally:
        os.close(leader)
    return written.decode().replace("\r\n", "\n")


def chunk(leader: int) -> bytes:
    """Read from a terminal; Linux answers with an error when nobody writes there any more."""
    try:
        return os.read(leader, 65536)
    except OSError:
        return b""


def test_a_terminal_gets_colours_line_by_line(platform: Platform, app: App) -> None:
    written = on_a_terminal(platform, app("pre_compile_fails"))
    assert "\x1b[1m-----> Hook bin/pre_compile\x1b[0m\n" in written
    assert "\x1b[1;31m !     Error: The hook bin/pre_compile failed\x1b[0m\n" in written
    for line in written.splitlines():
        assert line.count("\x1b") in (0, 2), line


def test_no_color_turns_the_colours_off(platform: Platform, app: App) -> None:
    written = on_a_terminal(platform, app("pre_compile_fails"), NO_COLOR="1")
    assert "-----> Hook bin/pre_compile\n" in written
    assert "\x1b" not in written


def test_a_silent_hook_gets_a_line_of_progress(platform: Platform, tmp_path: Path) -> None:
    hook = {"bin/pre_compile": "sleep 5.6\necho the tide is in\nexit 1\n"}
    ended = compiled(platform, write_tree(tmp_path / "build", hook))
    assert ended.status == 1
    assert ended.out == (
        "-----> Hook bin/pre_compile\n"
        "       still bin/pre_compile, 5 s\n"
        "       the tide is in\n"
    )


def test_lines_of_a_hook_are_printed_as_they_are(platform: Platform, tmp_path: Path) -> None:
    hook = r"printf 'out\n  indented\nStra\337e\nwithout an end'; printf ' err' >&2; exit 1"
    ended = compiled(platform, write_tree(tmp_path / "build", {"bin/pre_compile": hook}))
    assert ended.out == (
        "-----> Hook bin/pre_compile\n"
        "       out\n"
        "         indented\n"
        "       Stra\\xdfe\n"
        "       without an end err\n"
    )


def test_only_the_error_is_on_stderr(platform: Platform, app: App) -> None:
    ended = compiled(platform, app("pre_compile_fails"))
    assert "Error" not in ended.out
    assert ended.err.startswith("\n !     Error: ")
    assert ended.err.endswith("\n\n")


def compiled(platform: Platform, build: Path) -> Ended:
    return platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
