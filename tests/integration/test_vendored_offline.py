"""Builds never request a vendored package from an index."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from integration.classic_platform import Platform, machine_env, run
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
QUICK = ("editable_with_an_extra", "range")
WITH_DEEP = "Provides-Extra: deep\nRequires-Dist: chain; extra == 'deep'\n"


@pytest.fixture
def scenario(platform: Platform, tmp_path: Path) -> Scenario:
    return Scenario(folder=tmp_path, platform=platform)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Return the path of a file that exists as soon as the code of an impostor has run."""
    return tmp_path / "marker"


def add_impostor(index: Index, folder: Path, name: str, marker: Path) -> None:
    """Add newer distributions with the name of a vendored package: a wheel and an sdist."""
    create_marker = f"open({str(marker)!r}, 'w').close()\n"
    folder.mkdir()
    index.add(wheel(folder, name, "9.0"))
    files = source(name, "9.1")
    index.add(
        sdist(folder, name, "9.1", {**files, "setup.py": create_marker + files["setup.py"]})
    )


def requests_for(index: Index, name: str) -> list[str]:
    return [path for path in index.requests if name in path]


def installed(scenario: Scenario, name: str) -> str:
    """Move the app, and return the `__version__` of an installed module."""
    moved = scenario.platform.move(scenario.build)
    ran = Dyno(app=moved).run(f"python -c 'import {name}; print({name}.__version__)'")
    assert ran.status == 0, ran.all
    return ran.out.strip()


def lock_of(scenario: Scenario) -> str:
    return (scenario.build / ".slipway" / "lock.txt").read_text("utf-8")


def assert_vendored_is_installed(scenario: Scenario, index: Index, marker: Path) -> None:
    assert "# from vendor/anchor\nanchor==1.0 \\\n" in lock_of(scenario)
    assert installed(scenario, "anchor") == "1.0"
    assert requests_for(index, "buoy"), "the build requested nothing from the index"
    assert not requests_for(index, "anchor")
    assert not marker.exists()


@pytest.mark.parametrize(
    "spelling",
    [it if it in QUICK else pytest.param(it, marks=pytest.mark.long) for it in SPELLINGS],
)
def test_every_spelling_of_a_requirement_selects_the_vendored_package(
    scenario: Scenario, marker: Path, tmp_path: Path, spelling: str
) -> None:
    index, line = Index(), SPELLINGS[spelling]
    add_impostor(index, tmp_path / "files", "anchor", marker)
    index.add(wheel(tmp_path, "buoy", "1.0"), wheel(tmp_path, "chain", "1.0"))
    tree(
        scenario.app({"requirements.txt": f"buoy\n{line}\n"}) / "vendor" / "anchor",
        "1.0",
        metadata=WITH_DEEP,
    )
    result = scenario.compile_with(index)
    assert result.status == 0, result.all
    assert ("chain==1.0" in lock_of(scenario)) == ("[deep]" in line)
    assert_vendored_is_installed(scenario, index, marker)


def test_without_vendor_folders_the_package_comes_from_the_index(
    scenario: Scenario, marker: Path, tmp_path: Path
) -> None:
    index = Index()
    index.add_setuptools()
    add_impostor(index, tmp_path / "files", "anchor", marker)
    settings = {"pyproject.toml": "[tool.slipway]\nvendor = []\n"}
    build = scenario.app({"requirements.txt": "anchor>=0.5\n", **settings})
    tree(build / "vendor" / "anchor", "1.0")
    result = scenario.compile_with(index)
    assert result.status == 0, result.all
    assert installed(scenario, "anchor") == "9.1"
    assert marker.exists(), "the impostor creates no marker, so the other tests prove nothing"


def test_the_apps_own_lock_may_include_a_vendored_package(
    scenario: Scenario, marker: Path, tmp_path: Path
) -> None:
    index = Index()
    add_impostor(index, tmp_path / "files", "anchor", marker)
    buoy = wheel(tmp_path, "buoy", "1.0")
    index.add(buoy, wheel(tmp_path, "buoy", "1.1"))
    hashed = f"buoy==1.0 --hash=sha256:{sha256(buoy)}\n./vendor/anchor\n"
    tree(scenario.app({"requirements.txt": hashed}) / "vendor" / "anchor", "1.0")
    result = scenario.compile_with(index)
    assert result.status == 0, result.all
    assert f"buoy==1.0 \\\n    --hash=sha256:{sha256(buoy)}\n" in lock_of(scenario)
    assert_vendored_is_installed(scenario, index, marker)


def test_a_public_package_may_require_a_vendored_one(
    scenario: Scenario, marker: Path, tmp_path: Path
) -> None:
    index = Index()
    add_impostor(index, tmp_path / "files", "anchor", marker)
    index.add(wheel(tmp_path, "buoy", "1.0", metadata="Requires-Dist: anchor>=0.5\n"))
    tree(scenario.app({"requirements.txt": "buoy\n"}) / "vendor" / "anchor", "1.0")
    result = scenario.compile_with(index)
    assert result.status == 0, result.all
    assert_vendored_is_installed(scenario, index, marker)


def test_a_vendored_package_is_built_with_a_vendored_one(
    scenario: Scenario, marker: Path, tmp_path: Path
) -> None:
    index = Index()
    add_impostor(index, tmp_path / "files", "rigging", marker)
    vendor = scenario.app({"requirements.txt": ""}) / "vendor"
    tree(vendor / "rigging", "1.0")
    # The version of boat is that of the rigging that it is built with.
    chosen = 'import rigging\n\nMADE = f"boat-{rigging.__version__}-*"'
    tree(vendor / "boat", "1.0", "9.0", "9.1", requires=["rigging>=0.5"], code=chosen)
    result = scenario.compile_with(index)
    assert result.status == 0, result.all
    assert installed(scenario, "boat") == "1.0"
    assert not index.requests
    assert not marker.exists()


def test_a_public_sdist_is_built_with_a_vendored_package(
    scenario: Scenario, marker: Path, tmp_path: Path
) -> None:
    index = Index()
    index.add_setuptools()
    add_impostor(index, tmp_path / "files", "rigging", marker)
    files = source("boat", "1.0")
    requires = files["pyproject.toml"].replace('"setuptools"', '"setuptools", "rigging>=0.5"')
    write_version = (
        "import rigging\n\n"
        "with open('boat.py', 'w') as file:\n"
        "    file.write(f'__version__ = \"with rigging {rigging.__version__}\"')\n"
    )
    files |= {"pyproject.toml": requires, "setup.py": write_version + files["setup.py"]}
    index.add(sdist(tmp_path, "boat", "1.0", files))
    tree(scenario.app({"requirements.txt": "boat\n"}) / "vendor" / "rigging", "1.0")
    result = scenario.compile_with(index)
    assert result.status == 0, result.all
    assert installed(scenario, "boat") == "with rigging 1.0"
    assert requests_for(index, "boat"), "the build requested nothing from the index"
    assert not requests_for(index, "rigging")
    assert not marker.exists()


def test_one_warning_names_all_editable_requirements(
    scenario: Scenario, tmp_path: Path
) -> None:
    lines = "-e vendor/anchor\n--editable ./vendor/boat\n"
    vendor = scenario.app({"requirements.txt": lines}) / "vendor"
    tree(vendor / "anchor", "1.0")
    tree(vendor / "boat", "1.0")
    result = scenario.compile_with(Index())
    assert result.status == 0, result.all
    notice = (
        "Installing editable requirements (requirements.txt:1, requirements.txt:2) as wheels"
    )
    assert sentences(result.out).count("editable") == 1
    assert notice in sentences(result.out)


OFFLINE = {"pyproject.toml": "[tool.slipway]\noffline = true\n"}
NEEDED = ("gunicorn", "idna", "packaging", "six")
NEEDED_FOR_BUILDS = ("flit_core>=3.9,<4", "hatchling", "setuptools>=64", "setuptools-scm>=8")


@pytest.fixture(scope="session")
def downloaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the fixture that has all its requirements vendored, for this Python."""
    app = shutil.copytree(
        FIXTURES / "vendored_packages", tmp_path_factory.mktemp("offline") / "app"
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}\n"
    write_tree(app, {".python-version": version})
    for folder, requirements in (("vendor", NEEDED), ("vendor/build", NEEDED_FOR_BUILDS)):
        [pip] = (ROOT / "vendor").glob("pip-*.whl")
        options = ["--quiet", "--only-binary", ":all:", "--dest", str(app / folder)]
        argv = [sys.executable, "-I", str(pip / "pip"), "download", *options, *requirements]
        result = run(argv, machine_env())
        assert result.status == 0, result.all
    return app


def copy_app(downloaded: Path, build: Path, *, without: str = "") -> Path:
    """Copy the app to the build folder, perhaps without one of its build requirements."""
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(downloaded, build)
    if without:
        [file] = (build / "vendor" / "build").glob(f"{without}-*")
        file.unlink()
    return build


def test_an_app_is_built_offline_from_vendored_packages(
    offline: Platform, downloaded: Path, tmp_path: Path
) -> None:
    build = write_tree(copy_app(downloaded, tmp_path / "build"), OFFLINE)
    offline.build(build)
    lock = (build / ".slipway" / "lock.txt").read_text("utf-8")
    assert lock.count("==") == lock.count("# from vendor/") == lock.count("--hash=") == 9
    with Dyno(app=offline.move(build)).serve() as site:
        assert_page(site.get("/").text)
    # A missing build requirement is an error even if all wheels are in the cache.
    assert_missing(offline, copy_app(downloaded, build, without="pluggy"))


def test_the_error_names_a_build_requirement_that_is_not_vendored(
    offline: Platform, downloaded: Path, tmp_path: Path
) -> None:
    assert_missing(offline, copy_app(downloaded, tmp_path / "build", without="pluggy"))


def assert_missing(offline: Platform, build: Path) -> None:
    result = offline.compile(write_tree(build, OFFLINE), {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert result.status == 1, result.all
    assert "vendor/build/ has nothing for pluggy" in sentences(result.err)
    assert "vendor/build/hatchling-" in sentences(result.err)


def test_an_index_gets_no_request_if_everything_is_vendored(
    fresh_platform: Platform, downloaded: Path, tmp_path: Path
) -> None:
    index = Index()
    copy_app(downloaded, tmp_path / "build")
    result = Scenario(folder=tmp_path, platform=fresh_platform).compile_with(index)
    assert result.status == 0, result.all
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text("utf-8")
    assert "# from vendor/harbour-quay\n" in lock
    assert not index.requests
