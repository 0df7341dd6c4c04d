"""Config variables reach pip, the hooks and Django; the builder's own environment does not."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import App
from integration.classic_platform import Platform
from integration.index import Index, served
from integration.packages import wheel, write_tree

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
APP = {"requirements.txt": "", "Procfile": "web: python -m http.server $PORT\n"}
HOOK = "bin/post_compile"
DUMP = "env --null > env.txt\n"


def seen_by_a_hook(
    platform: Platform, build: Path, config_vars: dict[str, str | bytes]
) -> tuple[dict[str, bytes], str]:
    """Give a hook's environment, and the build's log."""
    write_tree(build, {**APP, HOOK: DUMP})
    log = platform.build(build, {**IMAGE_PYTHON, **config_vars}).out
    pairs = (pair.partition(b"=") for pair in (build / "env.txt").read_bytes().split(b"\0"))
    return {os.fsdecode(name): value for name, _, value in pairs if name}, log


def test_they_reach_pip(platform: Platform, tmp_path: Path) -> None:
    index = Index()
    index.add(wheel(tmp_path, "anchor", "1.0"))
    build = write_tree(tmp_path / "build", {**APP, "requirements.txt": "anchor\n"})
    with served(index):
        platform.build(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": index.url})
    assert {*index.downloads} == {"anchor-1.0-py3-none-any.whl"}


def test_they_reach_django(platform: Platform, app: App) -> None:
    build = app("django_setting_missing_variable")
    settings = build / "harbour" / "settings.py"
    with settings.open("a") as file:
        file.write('(BASE_DIR / "seen.txt").write_text(SECRET_KEY)\n')
    platform.build(build, {**IMAGE_PYTHON, "SECRET_KEY": "seen-by-django"})
    assert (build / "seen.txt").read_text() == "seen-by-django"


def test_they_reach_hooks_as_they_are(platform: Platform, tmp_path: Path) -> None:
    values: dict[str, str | bytes] = {
        "NEWLINE_AT_THE_END": "one\n",
        "SEVERAL_LINES": "one\n two\n\nthree",
        "NOT_UTF_8": b"Stra\xdfe",
        "QUOTES": "'\"$HOME`\\",
        "EMPTY": "",
        "_x1": "a name may be small",
    }
    seen, _ = seen_by_a_hook(platform, tmp_path / "build", values)
    assert {name: seen[name] for name in values} == {
        "NEWLINE_AT_THE_END": b"one",
        "SEVERAL_LINES": b"one\n two\n\nthree",
        "NOT_UTF_8": b"Stra\xdfe",
        "QUOTES": b"'\"$HOME`\\",
        "EMPTY": b"",
        "_x1": b"a name may be small",
    }


def test_only_needed_variables_of_the_builder_reach_hooks(
    platform: Platform, tmp_path: Path
) -> None:
    own = {"BUILDER_TOKEN": "x", "AWS_SECRET_ACCESS_KEY": "x", "DYNO": "run.1"}
    harmful = {"PYTHONPATH": "/x", "PYTHONHOME": "/x", "BASH_ENV": "/x", "GIT_DIR": "/x"}
    proxies = {"https_proxy": "", "NO_PROXY": "localhost"}
    builder = replace(platform, env={**platform.env, **own, **harmful, **proxies})
    seen, _ = seen_by_a_hook(builder, tmp_path / "build", {})
    assert not {*own, *harmful} & {*seen}
    assert {"PATH", "HOME", "LANG", "STACK", *proxies} <= {*seen}


def test_hooks_know_the_folders_of_the_build(platform: Platform, tmp_path: Path) -> None:
    build = tmp_path / "build"
    seen, _ = seen_by_a_hook(platform, build, {"HARBOUR": "Hallig"})
    assert seen["BUILD_DIR"] == os.fsencode(build)
    assert seen["CACHE_DIR"] == os.fsencode(platform.cache)
    assert seen["ENV_DIR"] == os.fsencode(platform.env_dir)
    assert seen["PATH"].startswith(os.fsencode(build / ".slipway" / "venv" / "bin"))


REASONS = {
    "PATH": "it would make the build run other programs than it chose",
    "LD_PRELOAD": "it would load other code into every process of the build",
    "LD_LIBRARY_PATH": "it would load other code into every process of the build",
    "BASH_ENV": "it would load other code into every process of the build",
    "PYTHONHOME": "it would make each Python of the build look for another one's files",
    "GIT_DIR": "it would make git work on another repository",
    "PIP_TARGET": "it would make pip install to another place, or not at all",
    "HOME": "the platform says where the home folder is",
    "not-a-name": "it is not a name that a shell accepts",
}


def test_a_variable_that_would_break_a_build_is_refused(
    platform: Platform, tmp_path: Path
) -> None:
    seen, log = seen_by_a_hook(platform, tmp_path / "build", dict.fromkeys(REASONS, "/wrong"))
    sentences = " ".join(log.replace(" !     ", " ").split())
    for name, reason in REASONS.items():
        assert f"The config variable {name} is not passed on: {reason}" in sentences
    assert "/wrong" not in log
    assert b"/wrong" not in b"\0".join(seen.values())


@pytest.mark.parametrize("value", [b"\xff\xfe", b"two\nlines", b"caf\xc3\xa9"])
def test_a_strange_value_stops_no_build(
    platform: Platform, tmp_path: Path, value: bytes
) -> None:
    seen, _ = seen_by_a_hook(platform, tmp_path / "build", {"STRANGE": value})
    assert seen["STRANGE"] == value
