"""The cache: nothing that has not changed is done again, and no failure spoils it."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Ended, Platform
from integration.conftest import Fresh
from integration.index import Index, served
from integration.packages import wheel, write_tree
from integration.serving import Dyno

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false", **DEBUG}
PROCFILE = {"Procfile": "web: python -m http.server $PORT\n"}


def assert_from_cache(ended: Ended) -> None:
    assert {"lock", "venv"} <= ended.cache_hits
    assert ended.cache_misses == set()


def lock(build: Path) -> bytes:
    return (build / ".slipway" / "lock.txt").read_bytes()


def test_a_second_build_works_offline_and_gives_the_same(
    own: Platform, offline: Platform, fresh: Fresh
) -> None:
    build = fresh("django_site")
    first = own.build(build, DEBUG)
    assert {"lock", "venv", "python"} <= first.cache_misses
    locked = lock(build)
    again = fresh("django_site")
    second = offline.build(again, DEBUG)
    assert_from_cache(second)
    assert "python" in second.cache_hits
    assert lock(again) == locked
    with Dyno(app=own.move(again)).serve() as site:
        assert "<h1>Harbour</h1>" in site.get("/").text


def test_a_build_in_the_same_folder_gives_the_same(
    own: Platform, offline: Platform, fresh: Fresh
) -> None:
    build = fresh("wsgi_app")
    own.build(build)
    locked, procfile = lock(build), (build / "Procfile").read_text()
    assert_from_cache(offline.build(build, DEBUG))
    assert lock(build) == locked
    assert (build / "Procfile").read_text() == procfile


def test_a_comment_is_no_change(own: Platform, offline: Platform, fresh: Fresh) -> None:
    own.build(fresh("wsgi_app"), IMAGE_PYTHON)
    build = fresh("wsgi_app")
    with (build / "requirements.txt").open("a") as stream:
        stream.write("\n# six is enough for now\n")
    assert_from_cache(offline.build(build, IMAGE_PYTHON))


def test_what_is_taken_out_of_a_nested_file_is_gone(own: Platform, fresh: Fresh) -> None:
    build = fresh("nested_requirements")
    own.build(build, IMAGE_PYTHON)
    assert [*build.glob(".slipway/venv/lib/python3.*/site-packages/iniconfig")]
    base = build / "requirements" / "base.txt"
    base.write_text(base.read_text().replace("iniconfig>=2", "# iniconfig>=2"))
    assert "lock" in own.build(build, IMAGE_PYTHON).cache_misses
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
    assert_from_cache(offline.build(fresh(fixture), IMAGE_PYTHON))


def test_what_a_failing_first_build_has_done_serves_the_next(
    own: Platform, offline: Platform, fresh: Fresh
) -> None:
    broken = write_tree(fresh("wsgi_app"), {"bin/post_compile": "exit 1\n"})
    assert own.compile(broken, IMAGE_PYTHON).status == 1
    assert_from_cache(offline.build(fresh("wsgi_app"), IMAGE_PYTHON))


def test_an_incomplete_entry_is_made_again(own: Platform, fresh: Fresh) -> None:
    own.build(fresh("wsgi_app"), IMAGE_PYTHON)
    [module] = own.cache.rglob("venv/*/lib/python3.*/site-packages/six.py")
    module.unlink()
    build = fresh("wsgi_app")
    ended = own.build(build, IMAGE_PYTHON)
    assert "lock" in ended.cache_hits
    assert [command for command in ended.started if " install " in command]
    assert [*build.glob(".slipway/venv/lib/python3.*/site-packages/six.py")]


def test_what_a_hook_writes_into_a_package_stays_out_of_the_cache(
    own: Platform, fresh: Fresh
) -> None:
    # As builds do that add a certificate of their own to certifi's.
    hook = "cd .slipway/venv/lib/python3.*/site-packages\nprintf '#!' >> six.py\n"
    for _ in range(2):
        build = write_tree(fresh("wsgi_app"), {"bin/post_compile": hook})
        own.build(build, IMAGE_PYTHON)
        [module] = build.glob(".slipway/venv/lib/python3.*/site-packages/six.py")
        assert module.read_bytes().count(b"#!") == 1


def test_what_a_hook_changes_in_a_package_stays_out_of_the_cache(
    own: Platform, fresh: Fresh
) -> None:
    hook = (
        "cd .slipway/venv/lib/python3.*/site-packages\n"
        "printf '#!' | dd of=six.py conv=notrunc status=none\n"
    )
    own.build(write_tree(fresh("wsgi_app"), {"bin/post_compile": hook}), IMAGE_PYTHON)
    build = fresh("wsgi_app")
    own.build(build, IMAGE_PYTHON)
    [module] = build.glob(".slipway/venv/lib/python3.*/site-packages/six.py")
    assert not module.read_bytes().startswith(b"#!")


def test_another_index_is_resolved_again(own: Platform, fresh: Fresh, tmp_path: Path) -> None:
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
    assert_from_cache(again)
