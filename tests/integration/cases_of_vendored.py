"""Cases: what is wrong with the packages that an app ships itself."""

from __future__ import annotations

from pathlib import Path

from integration.cases import case
from integration.conftest import tree
from integration.doors import Ended
from integration.ground import Ground
from integration.index import Index
from integration.packages import wheel, write_tree


def _vendored_case(fixture: str, when: str) -> None:
    """Put a fixture into the table that asks no index for more than setuptools."""

    def compile_it(ground: Ground) -> Ended:
        ground.fixture(fixture)
        return _compiled(ground)

    compile_it.__name__ = fixture
    case(when)(compile_it)


def _compiled(ground: Ground, index: Index | None = None) -> Ended:
    index = index or Index()
    index.add_setuptools()
    with ground.asking(index) as here:
        return here.compile()


def _vendor(ground: Ground, requirements: str) -> Path:
    return ground.app({"requirements.txt": requirements}) / "vendor"


@case("A setting names a vendor folder that is not there.")
def vendor_folder_missing(ground: Ground) -> Ended:
    ground.app(
        {"requirements.txt": "", "pyproject.toml": '[tool.slipway]\nvendor = ["libs"]\n'}
    )
    return ground.compile()


_vendored_case("vendored_missing", "A requirement points to a folder that is not in the app.")


@case("A requirement points to a folder with no Python in it.")
def vendored_not_python(ground: Ground) -> Ended:
    build = ground.app({"requirements.txt": "six\n./vendor/harbour-theme\n"})
    write_tree(build / "vendor" / "harbour-theme", {"package.json": "{}\n"})
    return ground.compile()


@case("A requirement points to a folder beside the app.")
def requirement_out_of_the_app(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "-e ../shared/anchor\n"})
    return ground.compile()


_vendored_case(
    "vendored_link_out_of_the_app", "A package holds a symbolic link that leads out of the app."
)
_vendored_case("vendored_twice", "Two packages in `vendor/` have one name.")
_vendored_case("vendored_metadata_broken", "A package's `pyproject.toml` is not TOML.")


@case("A package names a backend that does not exist.")
def vendored_backend_missing(ground: Ground) -> Ended:
    anchor = tree(_vendor(ground, "anchor\n") / "anchor", "1.0")
    (anchor / "yard.py").unlink()
    return _compiled(ground)


_vendored_case("vendored_build_fails", "A package's own build ends with an error.")
_vendored_case("vendored_missing_header", "Building a package needs a header of the system's.")


@case("Two packages need each other to be built.")
def vendored_build_cycle(ground: Ground) -> Ended:
    vendor = _vendor(ground, "")
    tree(vendor / "anchor", "1.0", requires=["boat"])
    tree(vendor / "boat", "1.0", requires=["anchor"])
    return _compiled(ground)


_vendored_case("vendored_version_unfit", "The app asks for another version of a package.")


@case("Another package of the app's own asks for another version.")
def vendored_wants_another_version(ground: Ground) -> Ended:
    vendor = _vendor(ground, "boat\n")
    tree(vendor / "anchor", "1.0")
    tree(vendor / "boat", "5.1", metadata="Requires-Dist: anchor>=2\n")
    return _compiled(ground)


@case("A package of the index asks for another version.")
def public_wants_another_version(ground: Ground) -> Ended:
    index = Index()
    index.add(wheel(ground.folder, "boat", "5.1", metadata="Requires-Dist: anchor>=2\n"))
    index.add(wheel(ground.folder, "anchor", "2.0"))
    tree(_vendor(ground, "anchor\nboat\n") / "anchor", "1.0")
    return _compiled(ground, index)


@case("A package's build asks for another version.")
def build_wants_another_version(ground: Ground) -> Ended:
    vendor = _vendor(ground, "")
    tree(vendor / "anchor", "1.0")
    tree(vendor / "boat", "5.1", requires=["anchor>=2"])
    return _compiled(ground)


@case("A version is asked for, and the package has none.")
def vendored_without_a_version(ground: Ground) -> Ended:
    write_tree(_vendor(ground, "anchor>=1.4\n") / "anchor", {"__init__.py": ""})
    return _compiled(ground)


@case("A package does not support this Python.")
def vendored_for_newer_pythons(ground: Ground) -> Ended:
    tree(_vendor(ground, "") / "anchor", "1.0", metadata="Requires-Python: >=3.99\n")
    return _compiled(ground)


_vendored_case(
    "vendored_wheel_for_another_python",
    "All wheels of a package are for another Python or platform.",
)
_vendored_case("vendored_wheel_tampered", "A wheel holds another file than its `RECORD` says.")
_vendored_case("vendored_archive_unsafe", "An archive holds a file outside of its own folder.")
_vendored_case("vendored_archive_links_out", "An archive holds a link that leads out of it.")


@case("A file in `vendor/` does not have the hash that the app gives for it.")
def vendored_wheel_replaced(ground: Ground) -> Ended:
    given = f"--hash=sha256:{'0123456789abcdef' * 4}"
    vendor = _vendor(ground, f"./vendor/anchor-1.0-py3-none-any.whl {given}\n")
    vendor.mkdir()
    wheel(vendor, "anchor", "1.0")
    return _compiled(ground)


_vendored_case("offline_missing", "Offline, a package that the app asks for is not vendored.")
_vendored_case(
    "offline_build_requirement_missing", "Offline, what a build needs is not vendored."
)
_vendored_case("submodule_empty", "A submodule came without its files.")


@case("Only the `.git` of a submodule came along, which points to what is not there.")
def submodule_of_a_pointer_alone(ground: Ground) -> Ended:
    build = ground.fixture("submodule_empty")
    pointer = "gitdir: ../../.git/modules/vendor/harbour-lib\n"
    write_tree(build / "vendor" / "harbour-lib", {".git": pointer})
    return ground.compile()


_vendored_case("submodule_stale", "A submodule's files are not those of `vendor.lock`.")


@case("`bin/slipway vendor check`: the same, without a build.")
def submodule_stale_by_hand(ground: Ground) -> Ended:
    app = ground.fixture("submodule_stale")
    return ground.platform.door("slipway", "vendor", "check", app)


@case("`vendor.lock` cannot be read.")
def vendor_lock_not_toml(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", "vendor.lock": '[[package]]\npath = "vendor/x\n'})
    return ground.compile()


@case("`bin/slipway vendor lock`: a submodule's git is not there.")
def vendor_lock_without_git(ground: Ground) -> Ended:
    app = ground.fixture("submodule_stale")
    return ground.platform.door("slipway", "vendor", "lock", app)
