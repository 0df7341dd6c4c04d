"""Private packages next to public ones, from the app's folder to the page that they make."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES, App
from integration.classic_platform import Platform
from integration.conftest import Fresh, tree
from integration.index import Index
from integration.packages import sha256, source, write_tree
from integration.scenario import PROCFILE, Scenario
from integration.serving import HEROKUISH, Dyno
from integration.test_fixtures_served import assert_nothing_changed, digests, sentences
from integration.test_no_secret_left import ENCODED, assert_no_trace, private_index
from integration.test_result_is_clean import files

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
PAGE = """\
vendored_packages
harbour_buoys without-metadata red
harbour-checksum 1.0.3 19495
harbour-quay 2.1 abc-4c27
harbour-ropes 0.3 6
harbour-signals 1.4.0 sierra-oscar-sierra
harbour-tides 0+vendored.DIGEST 15:25
idna N xn--zrich-kva
packaging N 1.10
six N moored
"""
BERTHS = """\
names_with_spaces
Übersee 14.0 m
Süd, Ende 9.5 m
"""
LOCKED = re.compile(
    r"(?:# from (?P<source>.+)\n)?(?P<name>\S+)==\S+(?P<hashes>(?: \\\n    \S+)+)\n"
)


def assert_page(text: str) -> None:
    """Compare a page, whatever the public packages' versions are today."""
    page = re.sub(r"(?m)^(idna|packaging|six) \d\S*", r"\1 N", text)
    assert re.sub(r"vendored\.[0-9a-f]{12}", "vendored.DIGEST", page) == PAGE


def test_private_and_public_packages_make_one_page(platform: Platform, app: App) -> None:
    build = app("vendored_packages")
    before = digests(build)
    platform.build(build)
    assert_nothing_changed("vendored_packages", before, digests(build))
    assert_no_place_is_named(build, platform)
    assert platform.run_script("release", build).out.startswith(
        "---\ndefault_process_types:\n  web:"
    )
    with Dyno(app=platform.move(build), way=HEROKUISH).serve() as site:
        assert_page(site.get("/").text)


def assert_no_place_is_named(build: Path, platform: Platform) -> None:
    places = [
        os.fsencode(place)
        for place in (build, platform.folder, platform.cache, platform.slipway)
    ]
    for path in files(build / ".slipway"):
        content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
        assert not [place for place in places if place in content], path


def test_the_page_is_the_same_from_another_working_directory(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    build = app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    assert_no_place_is_named(build, platform)
    moved = platform.move(build)
    with Dyno(app=moved).serve() as site:
        assert_page(site.get("/").text)
    elsewhere = 'source "$HOME/.profile.d/slipway.sh"; eval "$1"'
    dyno = Dyno(app=moved, way=elsewhere, cwd=tmp_path)
    with dyno.serve('gunicorn --pythonpath "$HOME" --bind :$PORT wsgi') as site:
        assert_page(site.get("/").text)
    # Without the app's own folder on its path, too, and through a link to it.
    link = tmp_path / "link"
    link.symlink_to(moved)
    isolated = f"{link}/.slipway/venv/bin/python -I -c"
    ran = Dyno(app=moved, cwd=tmp_path).run(f"{isolated} 'import harbour_buoys, harbour_quay'")
    assert ran.status == 0, ran.all


WHEELS = {
    "vendor/harbour-checksum": "harbour-checksum",
    "vendor/harbour-quay": "harbour-quay",
    "vendor/harbour-tides": "harbour-tides",
    "vendor/harbour_ropes-0.3.tar.gz": "harbour-ropes",
    "vendor/harbour_signals-1.4.0-py3-none-any.whl": "harbour-signals",
}
PUBLIC = {"gunicorn", "idna", "packaging", "six"}


def lock_of(build: Path) -> list[re.Match[str]]:
    text = (build / ".slipway" / "lock.txt").read_text("utf-8")
    found = [*LOCKED.finditer(text)]
    assert "".join(one[0] for one in found) == text
    return found


def wheels_in(cache: Path) -> dict[str, bytes]:
    """Give the bytes of all wheels that were made, by their hash."""
    return {sha256(path): path.read_bytes() for path in cache.glob("slipway-*/wheel/*/*.whl")}


def test_the_lock_has_both_and_says_where_the_private_ones_are_from(
    platform: Platform, app: App
) -> None:
    build = app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    private = [one for one in lock_of(build) if one["source"]]
    assert {one["source"]: one["name"] for one in private} == WHEELS
    for one in private:
        [digest] = re.findall(r"--hash=sha256:(\S+)", one["hashes"])
        assert digest in wheels_in(platform.cache)
    public = [one for one in lock_of(build) if not one["source"]]
    assert {one["name"] for one in public} == PUBLIC
    # An index has at least a wheel and an sdist of each.
    assert min(one["hashes"].count("--hash=sha256:") for one in public) >= 2


def test_the_record_says_what_was_shipped_and_what_became_of_it(
    platform: Platform, app: App
) -> None:
    build = app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    record = json.loads((build / ".slipway" / "build.json").read_text("utf-8"))
    lines = {one["path"]: one for one in record["vendored"]}
    assert {*lines} == {*WHEELS, "vendor/harbour_buoys"}
    assert lines["vendor/harbour_buoys"]["wheel"] is None
    signals = build / "vendor" / "harbour_signals-1.4.0-py3-none-any.whl"
    digest = f"sha256:{sha256(signals)}"
    assert lines[f"vendor/{signals.name}"]["files"] == digest
    assert lines[f"vendor/{signals.name}"]["wheel"] == f"harbour-signals==1.4.0 {digest}"


MADE = {
    "harbour-checksum": "source tree, built",
    "harbour-quay": "source tree, built",
    "harbour-ropes": "sdist, built",
    "harbour-signals": "wheel",
    "harbour-tides": "source tree, built",
}
AS_BEFORE = dict.fromkeys(MADE, "as before")


def how_made(log: str) -> dict[str, str]:
    """Read how each wheel came to be: `(source tree, built in 2.5 s)` or `(as before)`."""
    found = re.findall(
        r"(harbour-\w+) \S+ from vendor/\S+ \(([a-z, ]+?)(?: in [\d.]+ s)?\)", sentences(log)
    )
    return dict(found)


def left_by(build: Path) -> dict[str, str]:
    names = ("lock.txt", "build.json")
    return {name: (build / ".slipway" / name).read_text("utf-8") for name in names}


@pytest.fixture
def idle(own: Platform, tmp_path: Path) -> Platform:
    """Give a Slipway that can start no backend, no pip and no other tool."""
    place = shutil.copytree(own.slipway, tmp_path / "idle")
    for script in (place / "lib" / "build_scripts").glob("*.py"):
        script.write_text(f"raise SystemExit('{script.name} was started')\n")
    return replace(own, slipway=place)


def test_an_unchanged_app_starts_no_backend_and_no_other_tool(
    own: Platform, idle: Platform, fresh: Fresh
) -> None:
    build = fresh("vendored_packages")
    assert how_made(own.build(build, IMAGE_PYTHON).out) == MADE
    first = left_by(build)
    again = fresh("vendored_packages")
    assert how_made(idle.build(again, IMAGE_PYTHON).out) == AS_BEFORE
    assert left_by(again) == first
    (again / "vendor" / "harbour-quay" / "NEWS").touch()
    stopped = idle.compile(again, IMAGE_PYTHON)
    assert "build_wheel.py was started" in stopped.all, "a tool would have been seen"


def test_a_changed_byte_rebuilds_one_wheel_and_no_other(
    platform: Platform, fresh: Fresh
) -> None:
    build = fresh("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    before = {one["name"]: one[0] for one in lock_of(build)}
    changed = fresh("vendored_packages")
    module = changed / "vendor" / "harbour-quay" / "src" / "harbour_quay" / "__init__.py"
    module.write_text(module.read_text().replace("{berth}-", "{berth}+"))
    log = platform.build(changed, IMAGE_PYTHON).out
    assert how_made(log) == AS_BEFORE | {"harbour-quay": "source tree, built"}
    after = {one["name"]: one[0] for one in lock_of(changed)}
    assert {name for name in after if after[name] != before.get(name)} == {"harbour-quay"}
    with Dyno(app=platform.move(changed)).serve() as site:
        assert "harbour-quay 2.1 abc+4c27\n" in site.get("/").text


def test_a_cold_build_elsewhere_gives_the_same_bytes(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    build = app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    place = tmp_path / "a-folder-whose-name-is-much-longer" / "and another one in it"
    far = replace(platform, folder=place / "platform", cache=place / "cache")
    far.folder.mkdir(parents=True)
    copy = shutil.copytree(FIXTURES / "vendored_packages", place / "build")
    assert how_made(far.build(copy, IMAGE_PYTHON).out) == MADE
    assert left_by(copy) == left_by(build)
    near_by, far_away = wheels_in(platform.cache), wheels_in(far.cache)
    assert len(far_away) == len(MADE)
    assert not {digest for digest in far_away if far_away[digest] != near_by.get(digest)}


def test_names_with_spaces_and_beyond_ascii_are_names_in_any_locale(
    platform: Platform, app: App
) -> None:
    build = app("names_with_spaces")
    before = digests(build)
    plain = {name: value for name, value in platform.env.items() if name != "LANG"}
    c_locale = replace(platform, env={**plain, "LC_ALL": "C"}, cache=platform.folder / "cache")
    c_locale.build(build, IMAGE_PYTHON)
    assert_nothing_changed("names_with_spaces", before, digests(build))
    assert [one["source"] for one in lock_of(build)] == [None, "vendor/hafen straße"]
    with Dyno(app=platform.move(build)).serve() as site:
        assert site.get("/").text == BERTHS


def test_a_variable_names_the_vendor_folders(platform: Platform, tmp_path: Path) -> None:
    scenario = Scenario(folder=tmp_path, platform=platform)
    build = scenario.app({"requirements.txt": "anchor\n", "libs/private/cable.py": ""})
    tree(build / "libs" / "private" / "anchor", "1.0")
    tree(build / "vendor" / "boat", "1.0")
    index = Index()
    ended = scenario.compile_with(index, {"SLIPWAY_VENDOR": "libs/private"})
    assert ended.status == 0, ended.all
    assert {one["source"]: one["name"] for one in lock_of(build)} == {
        "libs/private/anchor": "anchor"
    }
    ran = Dyno(app=platform.move(build)).run("python -I -c 'import anchor, cable'")
    assert ran.status == 0, ran.all
    assert not index.requests


def test_a_token_of_the_index_is_not_in_vendored_wheels(own: Platform, tmp_path: Path) -> None:
    build = tmp_path / "build"
    lines = {"requirements.txt": "./vendor/anchor\nboat\n", **PROCFILE}
    write_tree(build / "vendor" / "anchor", source("anchor", "1.0"))
    write_tree(build, lines)
    with private_index(tmp_path) as index:
        address = index.at(ENCODED)
        ended = own.compile(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": address})
    assert ended.status == 0, ended.all
    assert index.requests["/simple/setuptools/"], "the backend was fetched with the token"
    [wheel] = own.cache.glob("slipway-*/wheel/*/*.whl")
    shutil.unpack_archive(wheel, tmp_path / "unpacked", "zip")
    assert (tmp_path / "unpacked" / "anchor.py").is_file()
    assert_no_trace(build, own.cache, own.temporary, tmp_path / "unpacked", ended=ended)


@pytest.mark.parametrize(
    "fixture",
    [
        "vendored_archive_links_out",
        "vendored_archive_unsafe",
        "vendored_build_fails",
        "vendored_wheel_tampered",
    ],
)
def test_a_package_that_is_refused_leaves_nothing_behind(
    platform: Platform, app: App, tmp_path: Path, fixture: str
) -> None:
    build = app(fixture)
    before = digests(build)
    refused = platform.compile(build, IMAGE_PYTHON)
    assert refused.status == 1, refused.all
    assert digests(build) == before
    assert [*(build / ".slipway").rglob("*")] == []
    assert [*platform.temporary.iterdir()] == []
    assert not found("outside.py", tmp_path) + found("outside.py", platform.cache)


def found(name: str, folder: Path) -> list[str]:
    """Look for a file; other tests use the cache meanwhile, and their folders come and go."""
    return [parent for parent, _, names in os.walk(folder) if name in names]
