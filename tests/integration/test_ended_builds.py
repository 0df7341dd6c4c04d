"""A killed or terminated build does not damage the cache, and leaves no process running."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from itertools import cycle
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.conftest import FreshApp
from integration.packages import write_tree
from integration.serving import Dyno


def contains(stream: Path, words: str) -> bool:
    return stream.is_file() and words in stream.read_text("utf-8", "replace")


@pytest.mark.parametrize(
    "words",
    [
        "Resolving",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("Bundling Python", "Locked")),
    ],
)
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


SIGNALS = [
    pytest.param(signal.SIGTERM, id="TERM"),
    pytest.param(signal.SIGHUP, id="HUP", marks=pytest.mark.long),
    pytest.param(signal.SIGINT, id="INT", marks=pytest.mark.long),
]


def started_build(platform: Platform, build: Path) -> subprocess.Popen[bytes]:
    platform.write_config_vars({})
    platform.temporary.mkdir(exist_ok=True)
    compile_ = platform.slipway / "bin" / "compile"
    return subprocess.Popen(
        # If a shell or nohup runs these tests in the background, they ignore these signals.
        [
            *("env", "--default-signal=INT,HUP", compile_),
            *(build, platform.cache, platform.env_dir),
        ],
        env={**platform.env, "TMPDIR": str(platform.temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("number", SIGNALS)
def test_an_ended_build_leaves_no_process_and_no_file(
    fresh_platform: Platform, fresh_app: FreshApp, tmp_path: Path, number: signal.Signals
) -> None:
    """Its hook has two children: the second is in a session of its own, and ignores SIGTERM."""
    build = fresh_app("wsgi_app")
    ready, children = tmp_path / "ready", ("sleep 600.25", "sleep 600.75")
    hook = f"trap '' TERM HUP\nsetsid {children[1]} &\ntouch {ready}\n{children[0]}\n"
    write_tree(build, {"bin/pre_compile": hook})
    process = started_build(fresh_platform, build)
    deadline = time.monotonic() + 60
    while not ready.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)  # a second signal does not stop the cleaning up
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert errors == b""
    running = b"\n".join(command_lines())
    assert [child for child in children if child.replace(" ", "\0").encode() in running] == []
    assert [*fresh_platform.temporary.iterdir()] == []


def test_a_signal_in_the_first_moments_leaves_nothing_half_made(
    fresh_platform: Platform, fresh_app: FreshApp
) -> None:
    """The shell, Python and the copying of the library are met at different times."""
    build = fresh_app("wsgi_app")
    before = sorted(build.rglob("*"))
    library = fresh_platform.cache / "slipway-library"
    numbers = cycle((signal.SIGTERM, signal.SIGHUP))
    for delay in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.12, 0.2):
        number = next(numbers)
        process = started_build(fresh_platform, build)
        time.sleep(delay)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        # A process that has not begun to handle the signal yet is ended by it.
        assert process.returncode in (128 + number, -number), delay
        assert errors == b"", delay
        half_made = [*library.glob(".new-*")] if library.is_dir() else []
        assert half_made == [], delay
        assert [*fresh_platform.temporary.iterdir()] == [], delay
    assert sorted(build.rglob("*")) == before


def command_lines() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue  # the process has exited
    return found
