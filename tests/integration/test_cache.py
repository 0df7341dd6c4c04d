"""The cache: nothing that has not changed is done again, and no failure spoils it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.doors import Platform
from integration.index import Index, served
from integration.isolation import without_network
from integration.packages import wheel, write_tree
from integration.serving import Dyno

AS_BEFORE = "Nothing that decides the lock has changed: "
FROM_CACHE = "Nothing to install: "
IMAGE_PYTHON = {"SLIPWAY_CARRY_PYTHON": "false"}
PROCFILE = {"Procfile": "web: python -m http.server $PORT\n"}

Fresh = Callable[[str], Path]


@pytest.fixture
def own(platform: Platform, tmp_path: Path) -> Platform:
    """Give a platform whose cache is this test's alone, and empty."""
    return replace(platform, cache=tmp_path / "cache")


@pytest.fixture
def offline(own: Platform) -> Platform:
    """Give the same platform with its network cut off, the loopback too."""
    return replace(own, within=without_network())


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    """Put a fixture's source into the build folder, whatever is there: `fresh(name)`."""

    def put(name: str) -> Path:
        build = tmp_path / "build"
        shutil.rmtree(build, ignore_errors=True)
        return shutil.copytree(FIXTURES / name, build, symlinks=True)

    return put


def assert_from_cache(log: str) -> None:
    assert AS_BEFORE in log
    assert FROM_CACHE in log
    assert "Resolving" not in log


def lock(build: Path) -> bytes:
    return (build / ".slipway" / "lock.txt").read_bytes()


def test_a_second_build_asks_nobody_and_gives_the_same(
    own: Platform, offline: Platform, fresh: Fresh
) -> None:
    build = fresh("django_site")
    first = own.build(build)
    assert "Resolving with" in first.out
    locked = lock(build)
    again = fresh("django_site")
    second = offline.build(again)
    assert_from_cache(second.out)
    assert "Its copy comes from the cache" in second.out
    assert lock(again) == locked
    with Dyno(app=own.move(again)).serve() as site:
        assert "<h1>Harbour</h1>" in site.get("/").text


def test_a_build_in_the_same_folder_gives_the_same(
    own: Platform, offline: Platform, fresh: Fresh
) -> None:
    build = fresh("wsgi_app")
    own.build(build)
    locked, procfile = lock(build), (build / "Procfile").read_text()
    assert_from_cache(offline.build(build).out)
    assert lock(build) == locked
    assert (build / "Procfile").read_text() == procfile


def test_a_comment_is_no_change(own: Platform, offline: Platform, fresh: Fresh) -> None:
    own.build(fresh("wsgi_app"), IMAGE_PYTHON)
    build = fresh("wsgi_app")
    with (build / "requirements.txt").open("a") as stream:
        stream.write("\n# six is enough for now\n")
    assert_from_cache(offline.build(build, IMAGE_PYTHON).out)


def test_what_is_taken_out_of_a_nested_file_is_gone(own: Platform, fresh: Fresh) -> None:
    build = fresh("nested_requirements")
    own.build(build, IMAGE_PYTHON)
    assert [*build.glob(".slipway/venv/lib/python3.*/site-packages/iniconfig")]
    base = build / "requirements" / "base.txt"
    base.write_text(base.read_text().replace("iniconfig>=2", "# iniconfig>=2"))
    log = own.build(build, IMAGE_PYTHON).out
    assert AS_BEFORE not in log
    assert not [*build.glob(".slipway/venv/lib/python3.*/site-packages/iniconfig*")]
    assert b"iniconfig" not in lock(build)


@pytest.mark.parametrize(
    ("fixture", "broken"),
    [
        ("wsgi_app", {"bin/post_compile": "#!/bin/sh\nexit 1\n"}),
        ("django_without_static_root", {"harbour/settings.py": "raise RuntimeError\n"}),
    ],
    ids=["post_compile", "collectstatic"],
)
def test_a_build_that_fails_leaves_the_cache_to_the_next(
    own: Platform, offline: Platform, fresh: Fresh, fixture: str, broken: dict[str, str]
) -> None:
    own.build(fresh(fixture), IMAGE_PYTHON)
    failed = offline.compile(write_tree(fresh(fixture), broken), IMAGE_PYTHON)
    assert failed.status == 1, failed.all
    assert_from_cache(offline.build(fresh(fixture), IMAGE_PYTHON).out)


def test_what_a_failing_first_build_has_done_serves_the_next(
    own: Platform, offline: Platform, fresh: Fresh
) -> None:
    broken = write_tree(fresh("wsgi_app"), {"bin/post_compile": "exit 1\n"})
    assert own.compile(broken, IMAGE_PYTHON).status == 1
    assert_from_cache(offline.build(fresh("wsgi_app"), IMAGE_PYTHON).out)


def line_of(stream: Path, words: str) -> bool:
    return stream.is_file() and words in stream.read_text("utf-8", "replace")


@pytest.mark.parametrize("words", ["goes along with", "Resolving", "Locked"])
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


def test_an_end_by_the_platform_leaves_nothing_running_and_nothing_behind(
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


def test_an_entry_that_is_not_whole_is_made_anew(own: Platform, fresh: Fresh) -> None:
    own.build(fresh("wsgi_app"), IMAGE_PYTHON)
    [module] = own.cache.rglob("venv/*/lib/python3.*/site-packages/six.py")
    module.unlink()
    build = fresh("wsgi_app")
    log = own.build(build, IMAGE_PYTHON).out
    assert AS_BEFORE in log
    assert FROM_CACHE not in log
    assert [*build.glob(".slipway/venv/lib/python3.*/site-packages/six.py")]


def test_another_index_is_asked_anew(own: Platform, fresh: Fresh, tmp_path: Path) -> None:
    build = write_tree(tmp_path / "build", {**PROCFILE, "requirements.txt": "anchor\n"})
    old, new = Index(), Index()
    old.add(wheel(tmp_path, "anchor", "1.0"))
    new.add(wheel(tmp_path, "anchor", "2.0"))
    with served(old), served(new):
        for index, version in ((old, b"1.0"), (new, b"2.0"), (old, b"1.0")):
            own.build(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": index.url})
            assert lock(build).startswith(b"anchor==" + version)
        asked = old.requests.total()
        again = own.build(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": old.url})
        assert old.requests.total() == asked
    assert_from_cache(again.out)
