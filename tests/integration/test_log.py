"""The log that a user sees: its sections, its width, its colours, and the progress lines."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from conftest import App
from integration.classic_platform import Platform, Result
from integration.packages import write_tree

COLD = """\
-----> Python 3.N
       No file requests a version, so Slipway uses the newest available. To stay
       on this version, write 3.N to .python-version. Using the Python of the
       image: PYTHON
       Bundling Python with the app, because the image that runs the app may
       have none
       Copying Python: not in the cache yet
       Copied Python in TIME
-----> Dependencies from requirements.txt
       Resolving dependencies: no lock in the cache yet
       Using uv VERSION from PATH
       Locked 5 packages with hashes in TIME
       Added gunicorn VERSION: the default web process needs it, and
       requirements.txt does not list it
       Creating the virtual environment: not in the cache yet
       Installed 5 packages in TIME
-----> Django VERSION
       Using manage.py, settings module harbour.settings (from manage.py)
       NUMBER static files copied to 'staticfiles', NUMBER post-processed in TIME
-----> Process types (Slipway's defaults)
       web       gunicorn --bind 0.0.0.0:$PORT harbour.wsgi:application
       release   python manage.py migrate --noinput
       manage    python manage.py
-----> Build succeeded in TIME
"""
UNCHANGED = (
    COLD.replace(
        "Copying Python: not in the cache yet\n       Copied Python in TIME",
        "Reusing the copy of Python from an earlier build",
    )
    .replace(
        "Resolving dependencies: no lock in the cache yet\n       Using uv VERSION from PATH\n"
        "       Locked 5 packages with hashes in TIME",
        "Using the cached lock (5 packages): nothing that affects it has changed",
    )
    .replace(
        "Creating the virtual environment: not in the cache yet\n"
        "       Installed 5 packages in TIME",
        "Reusing the virtual environment from an earlier build (5 packages)",
    )
)


def normalised(log: str) -> str:
    """Replace versions, paths and times, and remove progress lines."""
    text = re.sub(r"(?m)^ {7}Still .*\n", "", log)
    text = re.sub(r"\b\d+\.\d s$", "TIME", text, flags=re.MULTILINE)
    text = re.sub(r"(the\s+Python\s+of\s+the\s+image:)\s+/\S+", r"\1 PYTHON", text)
    text = re.sub(r"(-----> Python 3\.)\S+", r"\1N", text)
    text = re.sub(r"\b3\.\d+ (to)", r"3.N \1", text)
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
        # The path of the image's Python is not wrapped.
        assert len(line) <= 80 or line.strip().startswith("/"), line
        assert line == line.rstrip()
        assert "\x1b" not in line


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
