"""Errors of vendored packages."""

from __future__ import annotations

from pathlib import Path

from integration.classic_platform import Result
from integration.conftest import tree
from integration.error_cases.table import case
from integration.index import Index
from integration.packages import wheel, write_tree
from integration.scenario import Scenario


def _vendored_case(fixture: str, when: str) -> None:
    """Add the build of a fixture with an index that has nothing but setuptools."""

    def compile_it(scenario: Scenario) -> Result:
        scenario.fixture(fixture)
        return _compiled(scenario)

    compile_it.__name__ = fixture
    case(when)(compile_it)


def _compiled(scenario: Scenario, index: Index | None = None) -> Result:
    index = index or Index()
    index.add_setuptools()
    return scenario.compile_with(index)


def _vendor(scenario: Scenario, requirements: str) -> Path:
    return scenario.app({"requirements.txt": requirements}) / "vendor"


@case("A setting names a vendor folder that does not exist.")
def vendor_folder_missing(scenario: Scenario) -> Result:
    scenario.app(
        {"requirements.txt": "", "pyproject.toml": '[tool.slipway]\nvendor = ["libs"]\n'}
    )
    return scenario.compile()


_vendored_case("vendored_missing", "A requirement names a folder that is not in the app.")


@case("A requirement names a folder without any Python in it.")
def vendored_not_python(scenario: Scenario) -> Result:
    build = scenario.app({"requirements.txt": "six\n./vendor/harbour-theme\n"})
    write_tree(build / "vendor" / "harbour-theme", {"package.json": "{}\n"})
    return scenario.compile()


@case("A requirement names a folder outside the app.")
def requirement_out_of_the_app(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "-e ../shared/anchor\n"})
    return scenario.compile()


_vendored_case(
    "vendored_link_out_of_the_app",
    "A package contains a symbolic link that leads out of the app.",
)
_vendored_case("vendored_twice", "Two packages in `vendor/` have the same name.")
_vendored_case(
    "vendored_metadata_broken", "The `pyproject.toml` of a package has a syntax error."
)


@case("A package names a backend that does not exist.")
def vendored_backend_missing(scenario: Scenario) -> Result:
    anchor = tree(_vendor(scenario, "anchor\n") / "anchor", "1.0")
    (anchor / "yard.py").unlink()
    return _compiled(scenario)


_vendored_case("vendored_build_fails", "The `setup.py` of a package raises an exception.")
_vendored_case(
    "vendored_missing_header",
    "The build of a package needs a C header that the image does not have.",
)


@case("The builds of two packages require each other.")
def vendored_build_cycle(scenario: Scenario) -> Result:
    vendor = _vendor(scenario, "")
    tree(vendor / "anchor", "1.0", requires=["boat"])
    tree(vendor / "boat", "1.0", requires=["anchor"])
    return _compiled(scenario)


_vendored_case("vendored_version_mismatch", "The app requires another version of a package.")


@case("Another vendored package requires another version.")
def vendored_wants_another_version(scenario: Scenario) -> Result:
    vendor = _vendor(scenario, "boat\n")
    tree(vendor / "anchor", "1.0")
    tree(vendor / "boat", "5.1", metadata="Requires-Dist: anchor>=2\n")
    return _compiled(scenario)


@case("A package of the index requires another version.")
def public_wants_another_version(scenario: Scenario) -> Result:
    index = Index()
    index.add(wheel(scenario.folder, "boat", "5.1", metadata="Requires-Dist: anchor>=2\n"))
    index.add(wheel(scenario.folder, "anchor", "2.0"))
    tree(_vendor(scenario, "anchor\nboat\n") / "anchor", "1.0")
    return _compiled(scenario, index)


@case("The build of a package requires another version.")
def build_wants_another_version(scenario: Scenario) -> Result:
    vendor = _vendor(scenario, "")
    tree(vendor / "anchor", "1.0")
    tree(vendor / "boat", "5.1", requires=["anchor>=2"])
    return _compiled(scenario)


@case("A version is required, but the package has none.")
def vendored_without_a_version(scenario: Scenario) -> Result:
    write_tree(_vendor(scenario, "anchor>=1.4\n") / "anchor", {"__init__.py": ""})
    return _compiled(scenario)


@case("A package does not support this Python.")
def vendored_for_newer_pythons(scenario: Scenario) -> Result:
    tree(_vendor(scenario, "") / "anchor", "1.0", metadata="Requires-Python: >=3.99\n")
    return _compiled(scenario)


_vendored_case(
    "vendored_wheel_for_another_python",
    "All wheels of a package are for another Python or platform.",
)
_vendored_case(
    "vendored_wheel_tampered", "A file in a wheel does not have the hash in its `RECORD`."
)
_vendored_case(
    "vendored_archive_unsafe", "An archive contains a file outside of its own folder."
)
_vendored_case("vendored_archive_links_out", "An archive contains a link that leads out of it.")


@case("A file in `vendor/` does not have the hash in the requirements.")
def vendored_wheel_replaced(scenario: Scenario) -> Result:
    given = f"--hash=sha256:{'0123456789abcdef' * 4}"
    vendor = _vendor(scenario, f"./vendor/anchor-1.0-py3-none-any.whl {given}\n")
    vendor.mkdir()
    wheel(vendor, "anchor", "1.0")
    return _compiled(scenario)


_vendored_case(
    "offline_requirement_missing", "Offline, a requirement of the app is not vendored."
)
_vendored_case(
    "offline_build_requirement_missing", "Offline, a build requirement is not vendored."
)
_vendored_case("submodule_empty", "The folder of a submodule is empty.")


@case("The folder of a submodule only has a `.git` file, which points to a missing folder.")
def submodule_with_only_a_git_file(scenario: Scenario) -> Result:
    build = scenario.fixture("submodule_empty")
    pointer = "gitdir: ../../.git/modules/vendor/harbour-lib\n"
    write_tree(build / "vendor" / "harbour-lib", {".git": pointer})
    return scenario.compile()


_vendored_case("submodule_stale", "The files of a submodule differ from `vendor.lock`.")


@case("`bin/slipway vendor check`: the same, without a build.")
def submodule_stale_by_hand(scenario: Scenario) -> Result:
    app = scenario.fixture("submodule_stale")
    return scenario.platform.run_script("slipway", "vendor", "check", app)


@case("`vendor.lock` has a syntax error.")
def vendor_lock_not_toml(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", "vendor.lock": '[[package]]\npath = "vendor/x\n'})
    return scenario.compile()


@case("`bin/slipway vendor lock`: a submodule has no git repository.")
def vendor_lock_without_git(scenario: Scenario) -> Result:
    app = scenario.fixture("submodule_stale")
    return scenario.platform.run_script("slipway", "vendor", "lock", app)


@case("A vendored wheel is stored in Git LFS, and the checkout has not downloaded it.")
def vendored_wheel_is_a_pointer(scenario: Scenario) -> Result:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d7a' * 16}\nsize 9\n"
    scenario.app({"requirements.txt": "", "vendor/ropes-1-py3-none-any.whl": pointer})
    return scenario.compile()
