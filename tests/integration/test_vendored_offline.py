"""No index is requested for a vendored package: neither to install it, nor to build another."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from integration.classic_platform import Platform, machine, run
from integration.conftest import tree
from integration.index import Index
from integration.packages import sdist, sha256, source, wheel, write_tree
from integration.scenario import Scenario
from integration.serving import Dyno
from integration.test_fixtures_served import sentences
from integration.test_vendored_packages import assert_page

SPELLINGS = {
    "path_with_a_dot": "./vendor/anchor",
    "path": "vendor/anchor",
    "editable": "-e vendor/anchor",
    "editable_with_an_extra": "-e ./vendor/anchor[deep]",
    "file_address": "anchor @ file:vendor/anchor",
    "file_address_with_an_extra": "anchor[deep] @ file:./vendor/anchor",
    "find_links": "--find-links vendor\nanchor",
    "range": "anchor>=0.5",
    "name_with_an_extra": "Anchor[deep]",
    "not_at_all": "",
}
WITH_DEEP = "Provides-Extra: deep\nRequires-Dist: chain; extra == 'deep'\n"


@pytest.fixture
def scenario(platform: Platform, tmp_path: Path) -> Scenario:
    return Scenario(folder=tmp_path, platform=platform)


@pytest.fixture
def tale(tmp_path: Path) -> Path:
    """Give a file that is not there, and is as soon as an impostor's code has run."""
    return tmp_path / "tale"


def add_impostor(index: Index, folder: Path, name: str, tale: Path) -> None:
    """Put a newer package of a vendored name on the index, in both forms."""
    telling = f"open({str(tale)!r}, 'w').close()\n"
    folder.mkdir()
    index.add(wheel(folder, name, "9.0"))
    files = source(name, "9.1")
    index.add(sdist(folder, name, "9.1", {**files, "setup.py": telling + files["setup.py"]}))


def asked_for(index: Index, name: str) -> list[str]:
    return [path for path in index.requests if name in path]


def installed(scenario: Scenario, name: str) -> str:
    """Move the app, and give the version that its code says it has."""
    moved = scenario.platform.move(scenario.build)
    ran = Dyno(app=moved).run(f"python -c 'import {name}; print({name}.__version__)'")
    assert ran.status == 0, ran.all
    return ran.out.strip()


def lock_of(scenario: Scenario) -> str:
    return (scenario.build / ".slipway" / "lock.txt").read_text("utf-8")


def assert_the_vendored_one(scenario: Scenario, index: Index, tale: Path) -> None:
    assert "# from vendor/anchor\nanchor==1.0 \\\n" in lock_of(scenario)
    assert installed(scenario, "anchor") == "1.0"
    assert asked_for(index, "buoy"), "the index was there to be asked"
    assert not asked_for(index, "anchor")
    assert not tale.exists()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_vendored_package_is_meant_in_every_spelling(
    scenario: Scenario, tale: Path, tmp_path: Path, spelling: str
) -> None:
    index, line = Index(), SPELLINGS[spelling]
    add_impostor(index, tmp_path / "files", "anchor", tale)
    index.add(wheel(tmp_path, "buoy", "1.0"), wheel(tmp_path, "chain", "1.0"))
    tree(
        scenario.app({"requirements.txt": f"buoy\n{line}\n"}) / "vendor" / "anchor",
        "1.0",
        metadata=WITH_DEEP,
    )
    ended = scenario.compile_with(index)
    assert ended.status == 0, ended.all
    assert ("chain==1.0" in lock_of(scenario)) == ("[deep]" in line)
    assert_the_vendored_one(scenario, index, tale)


def test_without_vendor_folders_the_index_has_the_package(
    scenario: Scenario, tale: Path, tmp_path: Path
) -> None:
    index = Index()
    index.add_setuptools()
    add_impostor(index, tmp_path / "files", "anchor", tale)
    settings = {"pyproject.toml": "[tool.slipway]\nvendor = []\n"}
    build = scenario.app({"requirements.txt": "anchor>=0.5\n", **settings})
    tree(build / "vendor" / "anchor", "1.0")
    ended = scenario.compile_with(index)
    assert ended.status == 0, ended.all
    assert installed(scenario, "anchor") == "9.1"
    assert tale.exists(), "the impostor of the other tests tells where its code runs"


def test_a_lock_of_the_app_may_have_a_vendored_package(
    scenario: Scenario, tale: Path, tmp_path: Path
) -> None:
    index = Index()
    add_impostor(index, tmp_path / "files", "anchor", tale)
    buoy = wheel(tmp_path, "buoy", "1.0")
    index.add(buoy, wheel(tmp_path, "buoy", "1.1"))
    hashed = f"buoy==1.0 --hash=sha256:{sha256(buoy)}\n./vendor/anchor\n"
    tree(scenario.app({"requirements.txt": hashed}) / "vendor" / "anchor", "1.0")
    ended = scenario.compile_with(index)
    assert ended.status == 0, ended.all
    assert f"buoy==1.0 \\\n    --hash=sha256:{sha256(buoy)}\n" in lock_of(scenario)
    assert_the_vendored_one(scenario, index, tale)


def test_a_public_package_gets_the_vendored_one_that_it_requires(
    scenario: Scenario, tale: Path, tmp_path: Path
) -> None:
    index = Index()
    add_impostor(index, tmp_path / "files", "anchor", tale)
    index.add(wheel(tmp_path, "buoy", "1.0", metadata="Requires-Dist: anchor>=0.5\n"))
    tree(scenario.app({"requirements.txt": "buoy\n"}) / "vendor" / "anchor", "1.0")
    ended = scenario.compile_with(index)
    assert ended.status == 0, ended.all
    assert_the_vendored_one(scenario, index, tale)


def test_a_vendored_package_is_built_with_a_vendored_one(
    scenario: Scenario, tale: Path, tmp_path: Path
) -> None:
    index = Index()
    add_impostor(index, tmp_path / "files", "rigging", tale)
    vendor = scenario.app({"requirements.txt": ""}) / "vendor"
    tree(vendor / "rigging", "1.0")
    # boat gets the version of the rigging that it is built with.
    chosen = 'import rigging\n\nMADE = f"boat-{rigging.__version__}-*"'
    tree(vendor / "boat", "1.0", "9.0", "9.1", requires=["rigging>=0.5"], code=chosen)
    ended = scenario.compile_with(index)
    assert ended.status == 0, ended.all
    assert installed(scenario, "boat") == "1.0"
    assert not index.requests
    assert not tale.exists()


def test_a_public_sdist_is_built_with_a_vendored_package(
    scenario: Scenario, tale: Path, tmp_path: Path
) -> None:
    index = Index()
    index.add_setuptools()
    add_impostor(index, tmp_path / "files", "rigging", tale)
    files = source("boat", "1.0")
    requires = files["pyproject.toml"].replace('"setuptools"', '"setuptools", "rigging>=0.5"')
    writing = (
        "import rigging\n\n"
        "with open('boat.py', 'w') as file:\n"
        "    file.write(f'__version__ = \"with rigging {rigging.__version__}\"')\n"
    )
    files |= {"pyproject.toml": requires, "setup.py": writing + files["setup.py"]}
    index.add(sdist(tmp_path, "boat", "1.0", files))
    tree(scenario.app({"requirements.txt": "boat\n"}) / "vendor" / "rigging", "1.0")
    ended = scenario.compile_with(index)
    assert ended.status == 0, ended.all
    assert installed(scenario, "boat") == "with rigging 1.0"
    assert asked_for(index, "boat"), "the index was there to be asked"
    assert not asked_for(index, "rigging")
    assert not tale.exists()


def test_one_warning_names_all_editable_requirements(
    scenario: Scenario, tmp_path: Path
) -> None:
    lines = "-e vendor/anchor\n--editable ./vendor/boat\n"
    vendor = scenario.app({"requirements.txt": lines}) / "vendor"
    tree(vendor / "anchor", "1.0")
    tree(vendor / "boat", "1.0")
    ended = scenario.compile_with(Index())
    assert ended.status == 0, ended.all
    notice = "What is editable (requirements.txt:1, requirements.txt:2) is installed as a wheel"
    assert sentences(ended.out).count("editable") == 1
    assert notice in sentences(ended.out)


OFFLINE = {"pyproject.toml": "[tool.slipway]\noffline = true\n"}
NEEDED = ("gunicorn", "idna", "packaging", "six")
NEEDED_FOR_BUILDS = ("flit_core>=3.9,<4", "hatchling", "setuptools>=64", "setuptools-scm>=8")


@pytest.fixture(scope="session")
def downloaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vendor all that the fixture and its builds require, for the Python of the tests."""
    app = shutil.copytree(
        FIXTURES / "vendored_packages", tmp_path_factory.mktemp("offline") / "app"
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}\n"
    write_tree(app, {".python-version": version})
    for folder, requirements in (("vendor", NEEDED), ("vendor/build", NEEDED_FOR_BUILDS)):
        [pip] = (ROOT / "vendor").glob("pip-*.whl")
        options = ["--quiet", "--only-binary", ":all:", "--dest", str(app / folder)]
        argv = [sys.executable, "-I", str(pip / "pip"), "download", *options, *requirements]
        ended = run(argv, machine())
        assert ended.status == 0, ended.all
    return app


def put(downloaded: Path, build: Path, *, without: str = "") -> Path:
    """Put the app where it is built; without what is named, if it is needed for builds."""
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(downloaded, build)
    if without:
        [file] = (build / "vendor" / "build").glob(f"{without}-*")
        file.unlink()
    return build


def test_an_app_is_built_offline_from_vendored_packages(
    offline: Platform, downloaded: Path, tmp_path: Path
) -> None:
    build = write_tree(put(downloaded, tmp_path / "build"), OFFLINE)
    offline.build(build)
    lock = (build / ".slipway" / "lock.txt").read_text("utf-8")
    assert lock.count("==") == lock.count("# from vendor/") == lock.count("--hash=") == 9
    with Dyno(app=offline.move(build)).serve() as site:
        assert_page(site.get("/").text)
    # With all wheels in the cache, a missing requirement is still missing.
    assert_missing(offline, put(downloaded, build, without="pluggy"))


def test_a_build_requirement_that_is_not_vendored_is_named(
    offline: Platform, downloaded: Path, tmp_path: Path
) -> None:
    assert_missing(offline, put(downloaded, tmp_path / "build", without="pluggy"))


def assert_missing(offline: Platform, build: Path) -> None:
    ended = offline.compile(write_tree(build, OFFLINE), {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert ended.status == 1, ended.all
    assert "vendor/build/ has nothing for pluggy" in sentences(ended.err)
    assert "vendor/build/hatchling-" in sentences(ended.err)


def test_an_index_gets_no_request_if_everything_is_vendored(
    own: Platform, downloaded: Path, tmp_path: Path
) -> None:
    index = Index()
    put(downloaded, tmp_path / "build")
    ended = Scenario(folder=tmp_path, platform=own).compile_with(index)
    assert ended.status == 0, ended.all
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text("utf-8")
    assert "# from vendor/harbour-quay\n" in lock
    assert not index.requests
