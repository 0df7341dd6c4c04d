"""Config variables and the builder's own variables reach pip, the hooks and Django."""

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
    """Return the environment variables of a hook, and the log of the build."""
    write_tree(build, {**APP, HOOK: DUMP})
    log = platform.build(build, {**IMAGE_PYTHON, **config_vars}).out
    return variables_in(build), log


def variables_in(build: Path) -> dict[str, bytes]:
    pairs = (pair.partition(b"=") for pair in (build / "env.txt").read_bytes().split(b"\0"))
    return {os.fsdecode(name): value for name, _, value in pairs if name}


def test_config_variables_reach_pip(platform: Platform, tmp_path: Path) -> None:
    index = Index()
    index.add(wheel(tmp_path, "anchor", "1.0"))
    build = write_tree(tmp_path / "build", {**APP, "requirements.txt": "anchor\n"})
    with served(index):
        platform.build(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": index.url})
    assert {*index.downloads} == {"anchor-1.0-py3-none-any.whl"}


def test_config_variables_reach_django(platform: Platform, app: App) -> None:
    build = app("django_setting_missing_variable")
    settings = build / "harbour" / "settings.py"
    with settings.open("a") as file:
        file.write('(BASE_DIR / "seen.txt").write_text(SECRET_KEY)\n')
    platform.build(build, {**IMAGE_PYTHON, "SECRET_KEY": "seen-by-django"})
    assert (build / "seen.txt").read_text() == "seen-by-django"


def test_config_variables_reach_hooks_unchanged(platform: Platform, tmp_path: Path) -> None:
    values: dict[str, str | bytes] = {
        "NEWLINE_AT_THE_END": "one\n",
        "SEVERAL_LINES": "one\n two\n\nthree",
        "NOT_UTF_8": b"Stra\xdfe",
        "QUOTES": "'\"$HOME`\\",
        "EMPTY": "",
        "_x1": "a lower-case name",
    }
    seen, _ = seen_by_a_hook(platform, tmp_path / "build", values)
    assert {name: seen[name] for name in values} == {
        "NEWLINE_AT_THE_END": b"one",
        "SEVERAL_LINES": b"one\n two\n\nthree",
        "NOT_UTF_8": b"Stra\xdfe",
        "QUOTES": b"'\"$HOME`\\",
        "EMPTY": b"",
        "_x1": b"a lower-case name",
    }


@pytest.mark.parametrize("has_folder", [True, False])
def test_hooks_get_the_variables_of_the_builder(
    platform: Platform, tmp_path: Path, *, has_folder: bool
) -> None:
    own = {
        "DATABASE_URL": "postgres://db.example/one",
        "NODE_ENV": "production",
        "CPATH": "/none/include",
        "LIBRARY_PATH": "/none/lib",
        "LD_LIBRARY_PATH": "/none/lib",
        "PKG_CONFIG_PATH": "/none/lib/pkgconfig",
        "https_proxy": "",
        "NO_PROXY": "localhost",
    }
    harmful = {"PYTHONHOME": "/x", "BASH_ENV": "/x", "GIT_DIR": "/x", "PIP_TARGET": "/x"}
    builder = replace(platform, env={**platform.env, **IMAGE_PYTHON, **own, **harmful})
    build = tmp_path / "build"
    if has_folder:
        config_vars: dict[str, str | bytes] = {
            "CPATH": "/app/include",
            "NODE_ENV": "development",
        }
        seen, log = seen_by_a_hook(builder, build, config_vars)
        assert "Ignoring the config variable CPATH" in log
        assert seen["NODE_ENV"] == b"development"
    else:
        write_tree(build, {**APP, HOOK: DUMP})
        result = builder.run_script("compile", build, builder.cache)
        assert result.status == 0, result.all
        assert "Ignoring" not in result.out
        seen = variables_in(build)
        assert seen["NODE_ENV"] == b"production"
    assert not {*harmful} & {*seen}
    kept = own.keys() - {"NODE_ENV"}
    assert {name: seen[name].decode() for name in kept} == {name: own[name] for name in kept}
    assert {"PATH", "HOME", "LANG", "STACK"} <= {*seen}


def test_variables_name_the_folders_of_the_build_to_hooks(
    platform: Platform, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    seen, _ = seen_by_a_hook(platform, build, {"HARBOUR": "Hallig"})
    assert seen["BUILD_DIR"] == os.fsencode(build)
    assert seen["CACHE_DIR"] == os.fsencode(platform.cache)
    assert seen["ENV_DIR"] == os.fsencode(platform.env_dir)
    assert seen["PATH"].startswith(os.fsencode(build / ".slipway" / "venv" / "bin"))


REASONS = {
    "PATH": "it would change which programs the build runs",
    "LD_PRELOAD": "it would change which code the build's processes load or compile",
    "LD_LIBRARY_PATH": "it would change which code the build's processes load or compile",
    "BASH_ENV": "it would change which code the build's processes load or compile",
    "PYTHONHOME": "it would make the build use the files of another Python",
    "GIT_DIR": "it would make git use another repository",
    "PIP_TARGET": "it would change what pip installs or where, or keep pip from installing",
    "HOME": "the platform sets the home folder",
    "not-a-name": "its name is not valid in a shell",
}


def test_a_variable_that_would_break_a_build_is_not_passed_on(
    platform: Platform, tmp_path: Path
) -> None:
    seen, log = seen_by_a_hook(platform, tmp_path / "build", dict.fromkeys(REASONS, "/wrong"))
    sentences = " ".join(log.replace(" !     ", " ").split())
    for name, reason in REASONS.items():
        assert f"Ignoring the config variable {name}: {reason}" in sentences
    assert "/wrong" not in log
    assert b"/wrong" not in b"\0".join(seen.values())


@pytest.mark.parametrize("value", [b"\xff\xfe", b"two\nlines", b"caf\xc3\xa9"])
def test_an_unusual_value_does_not_stop_a_build(
    platform: Platform, tmp_path: Path, value: bytes
) -> None:
    seen, _ = seen_by_a_hook(platform, tmp_path / "build", {"STRANGE": value})
    assert seen["STRANGE"] == value
