"""Cases: what the index, the image and the disk do not give."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from integration.cases import case
from integration.doors import Ended
from integration.ground import Ground
from integration.index import Index
from integration.isolation import small_disk, with_mounts
from integration.packages import extension, sdist
from integration.serving import free_port

_LINKED = "bash cat chmod cp dirname env ls mkdir python3 readlink realpath rm sh uname"


def _asking_for_anchor(ground: Ground) -> None:
    ground.app({"requirements.txt": "anchor\n"})


@case
def index_unreachable(ground: Ground) -> Ended:
    """Nobody answers at the address of the index."""
    _asking_for_anchor(ground)
    return ground.with_index(f"http://127.0.0.1:{free_port()}/simple/").compile()


@case
def index_name_unknown(ground: Ground) -> Ended:
    """The name of the index cannot be found."""
    _asking_for_anchor(ground)
    return ground.with_index("https://index.invalid/simple/").compile()


@case
def index_without_tls(ground: Ground) -> Ended:
    """The address of the index is http, not https."""
    _asking_for_anchor(ground)
    return ground.with_index("http://index.invalid/simple/").compile()


@case
def index_refuses_401(ground: Ground) -> Ended:
    """The index wants to know who is asking."""
    _asking_for_anchor(ground)
    with ground.asking(Index(user="ci:token")) as here:
        return here.compile()


@case
def index_refuses_403(ground: Ground) -> Ended:
    """The index knows who is asking, and gives nothing."""
    _asking_for_anchor(ground)
    with ground.asking(Index(status=403)) as here:
        return here.compile()


@case
def index_broken(ground: Ground) -> Ended:
    """The index answers with an error of its own."""
    _asking_for_anchor(ground)
    with ground.asking(Index(status=500)) as here:
        return here.compile()


def _building(ground: Ground, code: str, **environment: str) -> Ended:
    index = Index()
    index.add_setuptools()
    index.add(sdist(ground.folder, "anchor", "1.0", extension("anchor", "1.0", code)))
    _asking_for_anchor(ground)
    with ground.asking(index) as here:
        return here.compile(**environment)


@case
def compiler_missing(ground: Ground) -> Ended:
    """A package has to be compiled, and there is no compiler."""
    folder = ground.folder / "programs"
    folder.mkdir()
    for name in _LINKED.split():
        program = shutil.which(name, path="/usr/bin:/bin")
        assert program, name
        (folder / name).symlink_to(program)
    return _building(ground, "int anchor;\n", PATH=str(folder))


@case
def header_missing(ground: Ground) -> Ended:
    """A package has to be compiled, and a header is not there whose Debian package is known."""
    # No machine has this path, but its name is a known one.
    return _building(ground, "#define HEADER <re2/re2.h>\n#include HEADER\n")


@case
def header_unknown(ground: Ground) -> Ended:
    """A package has to be compiled, and a header is not there that nobody knows."""
    return _building(ground, "#include <harbour/master.h>\n")


def _on_a_small_disk(ground: Ground, place: Path, config_vars: Mapping[str, str]) -> Ended:
    """Build with 4 MB for everything below `place`."""
    kept = ground.folder / "kept"
    ground.build.rename(kept)
    ground.build.mkdir()
    place.mkdir(exist_ok=True)
    within = with_mounts(small_disk(place, 4), f"cp -R {kept}/. {ground.build}")
    here = replace(ground, platform=replace(ground.platform, within=within))
    return here.compile(config_vars)


@case
def disk_full_in_the_app(ground: Ground) -> Ended:
    """The disk that the app is built on is full."""
    ground.fixture("wsgi_app")
    return _on_a_small_disk(ground, ground.build, {"SLIPWAY_CARRY_PYTHON": "true"})


@case
def disk_full_in_the_cache(ground: Ground) -> Ended:
    """The disk that the cache lies on is full."""
    ground.fixture("wsgi_app")
    cache = ground.folder / "cache"
    here = replace(ground, platform=replace(ground.platform, cache=cache))
    return _on_a_small_disk(here, cache, {})


@case
def disk_full_for_temporary_files(ground: Ground) -> Ended:
    """The disk for temporary files is full."""
    ground.app({"requirements.txt": "Django>=5.2,<5.3\n"})
    cache = ground.folder / "cache"
    here = replace(ground, platform=replace(ground.platform, cache=cache))
    return _on_a_small_disk(here, ground.platform.temporary, {})
