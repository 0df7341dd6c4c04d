"""A build that is ended from outside spoils no cache, and leaves nothing running."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.conftest import Fresh
from integration.packages import write_tree
from integration.serving import Dyno


def line_of(stream: Path, words: str) -> bool:
    return stream.is_file() and words in stream.read_text("utf-8", "replace")


@pytest.mark.parametrize("words", ["It is bundled", "Resolving", "Locked"])
def test_a_killed_build_leaves_the_cache_to_the_next(
    own: Platform, fresh: Fresh, tmp_path: Path, words: str
) -> None:
    build, log = fresh("wsgi_app"), tmp_path / "log"
    own.set({})
    own.temporary.mkdir()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [own.slipway / "bin" / "compile", build, own.cache, own.env_dir],
            env={**own.env, "TMPDIR": str(own.temporary)},
            stdout=stream,
            stderr=stream,
        )
    deadline = time.monotonic() + 120
    while process.poll() is None and not line_of(log, words):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL, log.read_text()
    shutil.rmtree(own.temporary)
    again = fresh("wsgi_app")
    own.build(again)
    with Dyno(app=own.move(again)).serve() as site:
        assert site.get("/").text == "wsgi_app\n"


def test_a_terminated_build_leaves_no_process_and_no_file(
    own: Platform, fresh: Fresh, tmp_path: Path
) -> None:
    build = fresh("wsgi_app")
    started, child = tmp_path / "started", "sleep 600.25"
    write_tree(build, {"bin/pre_compile": f"touch {started}\n{child}\n"})
    own.set({})
    own.temporary.mkdir()
    process = subprocess.Popen(
        [own.slipway / "bin" / "compile", build, own.cache, own.env_dir],
        env={**own.env, "TMPDIR": str(own.temporary)},
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
    assert [*own.temporary.iterdir()] == []


def command_lines() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue  # it ended while we looked
    return found
