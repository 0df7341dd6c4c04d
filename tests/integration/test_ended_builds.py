"""A killed or terminated build does not damage the cache, and leaves no process running."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.conftest import FreshApp
from integration.packages import write_tree
from integration.serving import Dyno


def contains(stream: Path, words: str) -> bool:
    return stream.is_file() and words in stream.read_text("utf-8", "replace")


@pytest.mark.parametrize("words", ["Bundling Python", "Resolving", "Locked"])
def test_a_killed_build_does_not_damage_the_cache(
    fresh_platform: Platform, fresh_app: FreshApp, tmp_path: Path, words: str
) -> None:
    build, log = fresh_app("wsgi_app"), tmp_path / "log"
    fresh_platform.write_config_vars({})
    fresh_platform.temporary.mkdir()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [
                fresh_platform.slipway / "bin" / "compile",
                build,
                fresh_platform.cache,
                fresh_platform.env_dir,
            ],
            env={**fresh_platform.env, "TMPDIR": str(fresh_platform.temporary)},
            stdout=stream,
            stderr=stream,
        )
    deadline = time.monotonic() + 120
    while process.poll() is None and not contains(log, words):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL, log.read_text()
    shutil.rmtree(fresh_platform.temporary)
    again = fresh_app("wsgi_app")
    fresh_platform.build(again)
    with Dyno(app=fresh_platform.move(again)).serve() as site:
        assert site.get("/").text == "wsgi_app\n"


def test_a_terminated_build_leaves_no_process_and_no_file(
    fresh_platform: Platform, fresh_app: FreshApp, tmp_path: Path
) -> None:
    build = fresh_app("wsgi_app")
    started, child = tmp_path / "started", "sleep 600.25"
    write_tree(build, {"bin/pre_compile": f"touch {started}\n{child}\n"})
    fresh_platform.write_config_vars({})
    fresh_platform.temporary.mkdir()
    process = subprocess.Popen(
        [
            fresh_platform.slipway / "bin" / "compile",
            build,
            fresh_platform.cache,
            fresh_platform.env_dir,
        ],
        env={**fresh_platform.env, "TMPDIR": str(fresh_platform.temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert child.replace(" ", "\0").encode() not in b"\n".join(command_lines())
    assert [*fresh_platform.temporary.iterdir()] == []


def command_lines() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue  # the process has exited
    return found
