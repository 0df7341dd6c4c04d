"""Vendored packages next to public ones: built, locked, cached and imported."""

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
from integration.conftest import FreshApp, tree
from integration.index import Index
from integration.packages import sha256, source, write_tree
from integration.private_index import ENCODED, assert_no_trace, private_index
from integration.scenario import PROCFILE, Scenario
from integration.serving import HEROKUISH, Dyno
from integration.test_fixtures_served import assert_nothing_changed, digests, sentences
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
    """Compare a page, except the versions of the public packages."""
    page = re.sub(r"(?m)^(idna|packaging|six) \d\S*", r"\1 N", text)
    assert re.sub(r"vendored\.[0-9a-f]{12}", "vendored.DIGEST", page) == PAGE


def test_an_app_imports_vendored_and_public_packages(platform: Platform, app: App) -> None:
    build = app("vendored_packages")
    before = digests(build)
    platform.build(build)
    assert_nothing_changed("vendored_packages", before, digests(build))
    assert_names_no_build_folder(build, platform)
    assert platform.run_script("release", build).out.startswith(
        "---\ndefault_process_types:\n  web:"
    )
    with Dyno(app=platform.move(build), start_script=HEROKUISH).serve() as site:
        assert_page(site.get("/").text)


def assert_names_no_build_folder(build: Path, platform: Platform) -> None:
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
    assert_names_no_build_folder(build, platform)
    moved = platform.move(build)
    with Dyno(app=moved).serve() as site:
        assert_page(site.get("/").text)
    elsewhere = 'source "$HOME/.profile.d/slipway.sh"; eval "$1"'
    dyno = Dyno(app=moved, start_script=elsewhere, cwd=tmp_path)
    with dyno.serve('gunicorn --pythonpath "$HOME" --bind :$PORT wsgi') as site:
        assert_page(site.get("/").text)
    # Also without the app's folder on sys.path, and through a symbolic link to it.
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
    assert "".join(pin[0] for pin in found) == text
    return found


def wheels_in(cache: Path) -> dict[str, bytes]:
    """Return the content of all built wheels, by hash."""
    return {sha256(path): path.read_bytes() for path in cache.glob("slipway-*/wheel/*/*.whl")}


def test_the_lock_names_the_source_of_each_vendored_package(
    platform: Platform, app: App
) -> None:
    build = app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    vendored = [pin for pin in lock_of(build) if pin["source"]]
    assert {pin["source"]: pin["name"] for pin in vendored} == WHEELS
    for pin in vendored:
        [digest] = re.findall(r"--hash=sha256:(\S+)", pin["hashes"])
        assert digest in wheels_in(platform.cache)
    public = [pin for pin in lock_of(build) if not pin["source"]]
    assert {pin["name"] for pin in public} == PUBLIC
    # An index has at least a wheel and an sdist of each package.
    assert min(pin["hashes"].count("--hash=sha256:") for pin in public) >= 2


def test_the_build_record_lists_vendored_packages_with_their_wheels(
    platform: Platform, app: App
) -> None:
    build = app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    record = json.loads((build / ".slipway" / "build.json").read_text("utf-8"))
    packages = {package["path"]: package for package in record["vendored"]}
    assert {*packages} == {*WHEELS, "vendor/harbour_buoys"}
    assert packages["vendor/harbour_buoys"]["wheel"] is None
    signals = build / "vendor" / "harbour_signals-1.4.0-py3-none-any.whl"
    digest = f"sha256:{sha256(signals)}"
    assert packages[f"vendor/{signals.name}"]["files"] == digest
    assert packages[f"vendor/{signals.name}"]["wheel"] == f"harbour-signals==1.4.0 {digest}"


BUILT = {
    "harbour-checksum": "Built",
    "harbour-quay": "Built",
    "harbour-ropes": "Built",
    "harbour-signals": "Using",
    "harbour-tides": "Built",
}
REUSED = dict.fromkeys(BUILT, "Reusing the wheel of")


def wheels_logged(log: str) -> dict[str, str]:
    """Map each vendored package to the words of the log about its wheel."""
    found = re.findall(
        r"(Built|Using|Reusing the wheel of) (harbour-\w+) \S+ from vendor/\S+", sentences(log)
    )
    return {name: words for words, name in found}


def results_of(build: Path) -> dict[str, str]:
    names = ("lock.txt", "build.json")
    return {name: (build / ".slipway" / name).read_text("utf-8") for name in names}


@pytest.fixture
def idle(fresh_platform: Platform, tmp_path: Path) -> Platform:
    """Return a platform whose Slipway fails if it starts a backend, pip or another tool."""
    place = shutil.copytree(fresh_platform.slipway, tmp_path / "idle")
    for script in (place / "lib" / "build_scripts").glob("*.py"):
        script.write_text(f"raise SystemExit('{script.name} was started')\n")
    return replace(fresh_platform, slipway=place)


def test_an_unchanged_app_starts_no_backend_and_no_other_tool(
    fresh_platform: Platform, idle: Platform, fresh_app: FreshApp
) -> None:
    build = fresh_app("vendored_packages")
    assert wheels_logged(fresh_platform.build(build, IMAGE_PYTHON).out) == BUILT
    first = results_of(build)
    again = fresh_app("vendored_packages")
    assert wheels_logged(idle.build(again, IMAGE_PYTHON).out) == REUSED
    assert results_of(again) == first
    (again / "vendor" / "harbour-quay" / "NEWS").touch()
    stopped = idle.compile(again, IMAGE_PYTHON)
    assert "build_wheel.py was started" in stopped.all, (
        "the idle Slipway started no backend for a changed package"
    )


def test_a_changed_file_rebuilds_only_one_wheel(
    platform: Platform, fresh_app: FreshApp
) -> None:
    build = fresh_app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    before = {pin["name"]: pin[0] for pin in lock_of(build)}
    changed = fresh_app("vendored_packages")
    module = changed / "vendor" / "harbour-quay" / "src" / "harbour_quay" / "__init__.py"
    module.write_text(module.read_text().replace("{berth}-", "{berth}+"))
    log = platform.build(changed, IMAGE_PYTHON).out
    assert wheels_logged(log) == REUSED | {"harbour-quay": "Built"}
    after = {pin["name"]: pin[0] for pin in lock_of(changed)}
    assert {name for name in after if after[name] != before.get(name)} == {"harbour-quay"}
    with Dyno(app=platform.move(changed)).serve() as site:
        assert "harbour-quay 2.1 abc+4c27\n" in site.get("/").text


@pytest.mark.long
def test_a_cold_build_in_another_folder_makes_identical_wheels(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    build = app("vendored_packages")
    platform.build(build, IMAGE_PYTHON)
    place = tmp_path / "a-folder-whose-name-is-much-longer" / "and another one in it"
    far = replace(platform, folder=place / "platform", cache=place / "cache")
    far.folder.mkdir(parents=True)
    copy = shutil.copytree(FIXTURES / "vendored_packages", place / "build")
    assert wheels_logged(far.build(copy, IMAGE_PYTHON).out) == BUILT
    assert results_of(copy) == results_of(build)
    first_wheels, second_wheels = wheels_in(platform.cache), wheels_in(far.cache)
    assert len(second_wheels) == len(BUILT)
    assert second_wheels.items() <= first_wheels.items()


def test_names_with_spaces_and_non_ascii_letters_work_in_any_locale(
    platform: Platform, app: App
) -> None:
    build = app("names_with_spaces")
    before = digests(build)
    plain = {name: value for name, value in platform.env.items() if name != "LANG"}
    c_locale = replace(platform, env={**plain, "LC_ALL": "C"}, cache=platform.folder / "cache")
    c_locale.build(build, IMAGE_PYTHON)
    assert_nothing_changed("names_with_spaces", before, digests(build))
    assert [pin["source"] for pin in lock_of(build)] == [None, "vendor/hafen straße"]
    with Dyno(app=platform.move(build)).serve() as site:
        assert site.get("/").text == BERTHS


def test_a_config_variable_sets_the_vendor_folders(platform: Platform, tmp_path: Path) -> None:
    scenario = Scenario(folder=tmp_path, platform=platform)
    build = scenario.app({"requirements.txt": "anchor\n", "libs/private/cable.py": ""})
    tree(build / "libs" / "private" / "anchor", "1.0")
    tree(build / "vendor" / "boat", "1.0")
    index = Index()
    result = scenario.compile_with(index, {"SLIPWAY_VENDOR": "libs/private"})
    assert result.status == 0, result.all
    assert {pin["source"]: pin["name"] for pin in lock_of(build)} == {
        "libs/private/anchor": "anchor"
    }
    ran = Dyno(app=platform.move(build)).run("python -I -c 'import anchor, cable'")
    assert ran.status == 0, ran.all
    assert not index.requests


def test_the_token_for_an_index_is_not_in_vendored_wheels(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    lines = {"requirements.txt": "./vendor/anchor\nboat\n", **PROCFILE}
    write_tree(build / "vendor" / "anchor", source("anchor", "1.0"))
    write_tree(build, lines)
    with private_index(tmp_path) as index:
        url = index.at(ENCODED)
        result = fresh_platform.compile(build, {**IMAGE_PYTHON, "PIP_INDEX_URL": url})
    assert result.status == 0, result.all
    assert index.requests["/simple/setuptools/"], "the build downloaded no backend"
    [wheel] = fresh_platform.cache.glob("slipway-*/wheel/*/*.whl")
    shutil.unpack_archive(wheel, tmp_path / "unpacked", "zip")
    assert (tmp_path / "unpacked" / "anchor.py").is_file()
    assert_no_trace(
        build,
        fresh_platform.cache,
        fresh_platform.temporary,
        tmp_path / "unpacked",
        result=result,
    )


@pytest.mark.parametrize(
    "fixture",
    [
        "vendored_archive_links_out",
        "vendored_archive_unsafe",
        "vendored_build_fails",
        "vendored_wheel_tampered",
    ],
)
def test_a_rejected_package_changes_nothing(
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
    """Find a file by name, even while other tests add and remove folders of the cache."""
    return [parent for parent, _, names in os.walk(folder) if name in names]
