"""Builds reuse what has not changed, and a failed build does not damage the cache."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Platform, Result
from integration.conftest import FreshApp
from integration.field.environment import APT, CEXT, SETUP_PY, install_qq
from integration.index import Index, served
from integration.packages import wheel, write_tree
from integration.serving import Dyno

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false", **DEBUG}
PROCFILE = {"Procfile": "web: python -m http.server $PORT\n"}


def assert_from_cache(result: Result) -> None:
    assert {"lock", "venv"} <= result.cache_hits
    assert result.cache_misses == set()


def lock(build: Path) -> bytes:
    return (build / ".slipway" / "lock.txt").read_bytes()


def test_a_second_build_works_offline_with_the_same_result(
    fresh_platform: Platform, offline: Platform, fresh_app: FreshApp
) -> None:
    build = fresh_app("django_site")
    first = fresh_platform.build(build, DEBUG)
    assert {"lock", "venv", "python"} <= first.cache_misses
    locked = lock(build)
    again = fresh_app("django_site")
    second = offline.build(again, DEBUG)
    assert_from_cache(second)
    assert "python" in second.cache_hits
    assert lock(again) == locked
    with Dyno(app=fresh_platform.move(again)).serve() as site:
        assert "<h1>Harbour</h1>" in site.get("/").text


def test_a_second_build_in_the_same_folder_has_the_same_result(
    fresh_platform: Platform, offline: Platform, fresh_app: FreshApp
) -> None:
    build = fresh_app("wsgi_app")
    fresh_platform.build(build)
    locked, procfile = lock(build), (build / "Procfile").read_text()
    assert_from_cache(offline.build(build, DEBUG))
    assert lock(build) == locked
    assert (build / "Procfile").read_text() == procfile


def test_a_new_comment_does_not_change_the_lock(
    fresh_platform: Platform, offline: Platform, fresh_app: FreshApp
) -> None:
    fresh_platform.build(fresh_app("wsgi_app"), IMAGE_PYTHON)
    build = fresh_app("wsgi_app")
    with (build / "requirements.txt").open("a") as stream:
        stream.write("\n# six is enough for now\n")
    assert_from_cache(offline.build(build, IMAGE_PYTHON))


@pytest.mark.long
def test_a_requirement_removed_from_a_nested_file_is_uninstalled(
    fresh_platform: Platform, fresh_app: FreshApp
) -> None:
    build = fresh_app("nested_requirements")
    fresh_platform.build(build, IMAGE_PYTHON)
    assert [*build.glob(".slipway/venv/lib/python3.*/site-packages/iniconfig")]
    base = build / "requirements" / "base.txt"
    base.write_text(base.read_text().replace("iniconfig>=2", "# iniconfig>=2"))
    write_tree(build, {"wsgi.py": "import tabulate\n\napplication = tabulate.tabulate\n"})
    assert "lock" in fresh_platform.build(build, IMAGE_PYTHON).cache_misses
    assert not [*build.glob(".slipway/venv/lib/python3.*/site-packages/iniconfig*")]
    assert b"iniconfig" not in lock(build)


@pytest.mark.long
@pytest.mark.parametrize(
    ("fixture", "broken"),
    [
        pytest.param(
            "wsgi_app", {"bin/post_compile": "#!/bin/sh\nexit 1\n"}, id="post_compile"
        ),
        pytest.param(
            "django_without_static_root",
            {"harbour/settings.py": "raise RuntimeError\n"},
            id="collectstatic",
        ),
    ],
)
def test_a_failed_build_does_not_damage_the_cache(
    fresh_platform: Platform,
    offline: Platform,
    fresh_app: FreshApp,
    fixture: str,
    broken: dict[str, str],
) -> None:
    fresh_platform.build(fresh_app(fixture), IMAGE_PYTHON)
    failed = offline.compile(write_tree(fresh_app(fixture), broken), IMAGE_PYTHON)
    assert failed.status == 1, failed.all
    assert_from_cache(offline.build(fresh_app(fixture), IMAGE_PYTHON))


def test_a_build_reuses_the_results_of_a_failed_first_build(
    fresh_platform: Platform, offline: Platform, fresh_app: FreshApp
) -> None:
    broken = write_tree(fresh_app("wsgi_app"), {"bin/post_compile": "exit 1\n"})
    assert fresh_platform.compile(broken, IMAGE_PYTHON).status == 1
    result = offline.build(fresh_app("wsgi_app"), IMAGE_PYTHON)
    assert {"lock", "venv"} <= result.cache_hits
    after_the_last_hook = {"program", "targets", "start"}
    assert result.cache_misses == after_the_last_hook


def test_an_incomplete_cache_entry_is_replaced(
    fresh_platform: Platform, fresh_app: FreshApp
) -> None:
    fresh_platform.build(fresh_app("wsgi_app"), IMAGE_PYTHON)
    [module] = fresh_platform.cache.rglob("venv/*/lib/python3.*/site-packages/six.py")
    module.unlink()
    build = fresh_app("wsgi_app")
    result = fresh_platform.build(build, IMAGE_PYTHON)
    assert "lock" in result.cache_hits
    assert [command for command in result.commands if " install " in command]
    assert [*build.glob(".slipway/venv/lib/python3.*/site-packages/six.py")]


@pytest.mark.long
def test_a_hook_that_appends_to_a_package_does_not_change_the_cache(
    fresh_platform: Platform, fresh_app: FreshApp
) -> None:
    # Some apps add a certificate to certifi's in this way.
    hook = "cd .slipway/venv/lib/python3.*/site-packages\nprintf '#!' >> six.py\n"
    for _ in range(2):
        build = write_tree(fresh_app("wsgi_app"), {"bin/post_compile": hook})
        fresh_platform.build(build, IMAGE_PYTHON)
        [module] = build.glob(".slipway/venv/lib/python3.*/site-packages/six.py")
        assert module.read_bytes().count(b"#!") == 1


@pytest.mark.long
def test_a_hook_that_overwrites_a_package_does_not_change_the_cache(
    fresh_platform: Platform, fresh_app: FreshApp
) -> None:
    hook = (
        "cd .slipway/venv/lib/python3.*/site-packages\n"
        "printf '#!' | dd of=six.py conv=notrunc status=none\n"
    )
    fresh_platform.build(
        write_tree(fresh_app("wsgi_app"), {"bin/post_compile": hook}), IMAGE_PYTHON
    )
    build = fresh_app("wsgi_app")
    fresh_platform.build(build, IMAGE_PYTHON)
    [module] = build.glob(".slipway/venv/lib/python3.*/site-packages/six.py")
    assert not module.read_bytes().startswith(b"#!")


def test_another_index_causes_a_new_resolution(
    fresh_platform: Platform, fresh_app: FreshApp, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", {**PROCFILE, "requirements.txt": "anchor\n"})
    old, new = Index(), Index()
    old.add(wheel(tmp_path, "anchor", "1.0"))
    new.add(wheel(tmp_path, "anchor", "2.0"))
    with served(old), served(new):
        for index, version in ((old, b"1.0"), (new, b"2.0"), (old, b"1.0")):
            fresh_platform.build(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": index.url})
            assert lock(build).startswith(b"anchor==" + version)
        requests_before = old.requests.total()
        again = fresh_platform.build(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": old.url})
        assert old.requests.total() == requests_before
    assert_from_cache(again)


@pytest.mark.long
def test_a_build_in_another_folder_reuses_what_variables_with_that_folder_have_decided(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    """Heroku builds in another folder each time, and the apt buildpack installs into it."""

    def build(name: str, header: str = "int qq(void);\n") -> Result:
        folder = write_tree(
            tmp_path / name,
            {
                **PROCFILE,
                "requirements.txt": "six\n",
                "constraints.txt": "six<2\n",
                "vendor/cext/setup.py": SETUP_PY,
                "vendor/cext/cext.c": CEXT,
            },
        )
        install_qq(folder)
        write_tree(folder, {f"{APT}/include/q.h": header})
        variables = {
            "CPATH": f"{folder}/{APT}/include",
            "LIBRARY_PATH": f"{folder}/{APT}/lib",
            "LD_LIBRARY_PATH": f"{folder}/{APT}/lib",
            "PKG_CONFIG_PATH": f"{folder}/{APT}/lib/pkgconfig",
            "CFLAGS": f"-g -I{folder}/{APT}/include",
            "PIP_CONSTRAINT": f"{folder}/constraints.txt",
            "PIP_FIND_LINKS": f"{folder}/wheels",
        }
        platform = replace(fresh_platform, env={**fresh_platform.env, **variables})
        result = platform.build(folder, IMAGE_PYTHON)
        [extension] = folder.glob(".slipway/venv/lib/python3.*/site-packages/cext*.so")
        assert str(folder).encode() not in extension.read_bytes()
        return result

    assert {"lock", "wheel", "build-env"} <= build("build_1").cache_misses
    again = build("build_2")
    assert_from_cache(again)
    assert "wheel" in again.cache_hits
    assert not [command for command in again.commands if "-I -S -c" in command], "no new probe"
    assert "wheel" in build("build_3", "int qq(void); /* changed */\n").cache_misses


def truncate(root: Path, part: int) -> None:
    """Cut every file down to a part of its size, as a full disk or a broken copy does."""
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o200)
            os.truncate(path, path.stat().st_size * part // 100)
            path.chmod(mode)


def with_vendored_wheel(build: Path) -> Path:
    shutil.rmtree(build, ignore_errors=True)
    (build / "vendor").mkdir(parents=True)
    wheel(build / "vendor", "acme", "1.0")
    return write_tree(build, {**PROCFILE, "requirements.txt": "six\niniconfig\n"})


@pytest.mark.long
@pytest.mark.parametrize(
    ("toolchain", "part"),
    [
        ("uv", 50),
        *(
            pytest.param(toolchain, part, marks=pytest.mark.long)
            for toolchain, part in (("uv", 0), ("uv", 99), ("pip-tools", 0), ("pip-tools", 50))
        ),
    ],
)
def test_a_truncated_cache_is_made_again(
    fresh_platform: Platform, tmp_path: Path, toolchain: str, part: int
) -> None:
    build = tmp_path / "build"
    variables = {"SLIPWAY_TOOLCHAIN": toolchain, **DEBUG}

    def built() -> tuple[Result, bytes, set[Path]]:
        result = fresh_platform.build(with_vendored_wheel(build), variables)
        files = {path.relative_to(build) for path in build.rglob("*")}
        assert Dyno(app=build).run("python -c 'import acme, iniconfig, six'").status == 0
        return result, lock(build), files

    _, *first = built()
    truncate(fresh_platform.cache, part)
    again, *second = built()
    assert "Not using the cached venv, because it has changed" in " ".join(again.all.split())
    assert second == first
    warm, *third = built()
    assert_from_cache(warm)
    assert third == first


@pytest.mark.parametrize("put", ["file", "link"])
def test_a_cache_that_is_no_folder_is_not_used(
    fresh_platform: Platform, tmp_path: Path, put: str
) -> None:
    if put == "file":
        fresh_platform.cache.write_text("")
    else:
        fresh_platform.cache.symlink_to("nowhere")
    build = write_tree(tmp_path / "build", {**PROCFILE, "requirements.txt": ""})
    result = fresh_platform.compile(build, IMAGE_PYTHON)
    assert result.status == 0, result.all
    said = " ".join(result.all.replace("!", "").split())
    assert f"Not using the cache {fresh_platform.cache}: it is" in said


@pytest.mark.long
def test_the_layer_of_the_cache_is_made_again_if_it_is_a_file(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", {**PROCFILE, "requirements.txt": ""})
    layers = tmp_path / "layers"
    layers.mkdir()
    (layers / "cache").write_text("")
    places = (layers, tmp_path / "platform", tmp_path / "plan.toml")
    in_app = replace(fresh_platform, cwd=build)
    first = in_app.run_script("build", *places)
    assert first.status == 0, first.all
    assert "Not using the cache" in first.all
    assert not (layers / "cache").exists()
    second = in_app.run_script("build", *places)
    assert second.status == 0, second.all
    assert "Not using the cache" not in second.all
    assert (layers / "cache.toml").is_file()
    truncate(layers / "cache", 50)
    third = in_app.run_script("build", *places)
    assert third.status == 0, third.all
