"""Cases: what the index, the image and the disk do not give."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from integration.cases import case
from integration.doors import PATH, UV, Ended
from integration.ground import Ground
from integration.index import Index
from integration.isolation import small_disk, with_mounts
from integration.packages import extension, sdist
from integration.serving import free_port

_LINKED = "bash cat chmod cp dirname env ls mkdir python3 readlink realpath rm sh uname"


def _asking_for_anchor(ground: Ground) -> None:
    ground.app({"requirements.txt": "anchor\n"})


@case("Nobody answers at the address of the index.", pip_differs=True)
def index_unreachable(ground: Ground) -> Ended:
    _asking_for_anchor(ground)
    return ground.with_index(f"http://127.0.0.1:{free_port()}/simple/").compile()


@case("The name of the index cannot be found.", pip_differs=True)
def index_name_unknown(ground: Ground) -> Ended:
    _asking_for_anchor(ground)
    return ground.with_index("https://index.invalid/simple/").compile()


@case("The address of the index is http, not https.")
def index_without_tls(ground: Ground) -> Ended:
    _asking_for_anchor(ground)
    return ground.with_index("http://index.invalid/simple/").compile()


@case("The index wants to know who is asking.")
def index_refuses_401(ground: Ground) -> Ended:
    _asking_for_anchor(ground)
    with ground.asking(Index(user="ci:token")) as image_pythons:
        return image_pythons.compile()


@case("The index knows who is asking, and gives nothing.")
def index_refuses_403(ground: Ground) -> Ended:
    _asking_for_anchor(ground)
    with ground.asking(Index(status=403)) as image_pythons:
        return image_pythons.compile()


@case("The index answers with an error of its own.", pip_differs=True)
def index_broken(ground: Ground) -> Ended:
    _asking_for_anchor(ground)
    with ground.asking(Index(status=500)) as image_pythons:
        return image_pythons.compile()


def _building(ground: Ground, code: str, path: str = f"{UV}:{PATH}") -> Ended:
    index = Index()
    index.add_setuptools()
    index.add(sdist(ground.folder, "anchor", "1.0", extension("anchor", "1.0", code)))
    _asking_for_anchor(ground)
    with ground.asking(index) as image_pythons:
        return image_pythons.compile(PATH=path)


@case("A package has to be compiled, and there is no compiler.")
def compiler_missing(ground: Ground) -> Ended:
    folder = ground.folder / "programs"
    folder.mkdir()
    for name in _LINKED.split():
        program = shutil.which(name, path="/usr/bin:/bin")
        assert program, name
        (folder / name).symlink_to(program)
    return _building(ground, "int anchor;\n", str(folder))


@case("A package has to be compiled, and a header is not there whose Debian package is known.")
def header_missing(ground: Ground) -> Ended:
    # No machine has this path, but its name is a known one.
    return _building(ground, "#define HEADER <re2/re2.h>\n#include HEADER\n")


@case("A package has to be compiled, and a header is not there that nobody knows.")
def header_unknown(ground: Ground) -> Ended:
    return _building(ground, "#include <harbour/master.h>\n")


@case("A package has to be compiled, and the image has Python without its C headers.")
def python_headers_missing(ground: Ground) -> Ended:
    places = [Path("/usr/include"), Path("/usr/local/include")]
    places += Path.home().glob(".pyenv/versions/*/include")
    headers = [path for place in places for path in place.glob("python3*") if path.is_dir()]
    within = with_mounts(*(small_disk(path, 1) for path in headers))
    image_pythons = replace(ground, platform=replace(ground.platform, within=within))
    return _building(image_pythons, "#include <Python.h>\n")


def _on_a_small_disk(
    ground: Ground, place: Path, config_vars: Mapping[str, str], megabytes: int = 4
) -> Ended:
    """Build with little room for everything below `place`."""
    kept = ground.folder / "kept"
    ground.build.rename(kept)
    ground.build.mkdir()
    place.mkdir(exist_ok=True)
    within = with_mounts(small_disk(place, megabytes), f"cp -R {kept}/. {ground.build}")
    image_pythons = replace(ground, platform=replace(ground.platform, within=within))
    return image_pythons.compile(config_vars)


@case("The disk that the app is built on is full.")
def disk_full_in_the_app(ground: Ground) -> Ended:
    ground.fixture("wsgi_app")
    image_pythons = replace(
        ground, platform=replace(ground.platform, cache=ground.folder / "cache")
    )
    return _on_a_small_disk(image_pythons, ground.build, {"SLIPWAY_BUNDLE_PYTHON": "true"})


@case("The disk that the app is built on is full, and what it lacks is in the cache.")
def disk_full_in_the_app_with_a_cache(ground: Ground) -> Ended:
    build = ground.fixture("wsgi_app")
    ground.platform.build(build)
    shutil.rmtree(build / ".slipway")
    return _on_a_small_disk(ground, build, {"SLIPWAY_BUNDLE_PYTHON": "true"})


@case("The disk that the cache lies on is full.")
def disk_full_in_the_cache(ground: Ground) -> Ended:
    ground.fixture("wsgi_app")
    cache = ground.folder / "cache"
    image_pythons = replace(ground, platform=replace(ground.platform, cache=cache))
    return _on_a_small_disk(image_pythons, cache, {}, megabytes=1)


@case("The disk for temporary files is full.")
def disk_full_for_temporary_files(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "Django>=5.2,<5.3\n"})
    cache = ground.folder / "cache"
    image_pythons = replace(ground, platform=replace(ground.platform, cache=cache))
    return _on_a_small_disk(
        image_pythons, ground.platform.temporary, {"SLIPWAY_TOOLCHAIN": "pip-tools"}
    )
