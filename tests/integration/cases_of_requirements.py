"""Cases: what the app asks for cannot be had, whatever the index."""

from __future__ import annotations

from integration.cases import case, fixture_case
from integration.doors import Ended
from integration.ground import Ground
from integration.index import Index
from integration.packages import sdist, sha256, source, wheel

fixture_case("invalid_requirement", "A line of a nested requirements file cannot be read.")


@case("A requirement holds a variable that is not set.")
def variable_in_requirements(ground: Ground) -> Ended:
    ground.fixture("variable_in_requirements")
    return ground.compile()


@case("A requirements file names another one that is not in the app.")
def nested_file_missing(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "six\n-r requirements/prod.txt\n"})
    return ground.compile()


@case(
    "Two requirements exclude each other; one of them is another package's.", pip_differs=True
)
def conflict(ground: Ground) -> Ended:
    index = Index()
    index.add(*(wheel(ground.folder, "anchor", version) for version in ("1.0", "2.0")))
    index.add(wheel(ground.folder, "boat", "5.1", metadata="Requires-Dist: anchor<2\n"))
    ground.app({"requirements.txt": "boat\n-r more.txt\n", "more.txt": "# new\nanchor==2.0\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("The app's own files contradict each other.")
def conflict_of_the_app_itself(ground: Ground) -> Ended:
    index = Index()
    index.add(*(wheel(ground.folder, "anchor", version) for version in ("1.0", "2.0")))
    ground.app({"requirements.txt": "anchor>=2\n-c held.txt\n", "held.txt": "anchor<2\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("Requirements exclude each other, whichever of its versions is taken.")
def conflict_with_every_version(ground: Ground) -> Ended:
    index = Index()
    index.add(*(wheel(ground.folder, "anchor", version) for version in ("1.0", "2.0rc1")))
    for minor in range(6):
        conflicting = f"Requires-Dist: anchor>=2.0rc1,<{minor + 3}\n"
        index.add(wheel(ground.folder, "boat", f"5.{minor}", metadata=conflicting))
    ground.app({"requirements.txt": "boat>=5\nanchor<2.0b1\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("The index does not know a package.")
def no_such_package(ground: Ground) -> Ended:
    ground.fixture("no_such_package")
    with ground.asking(Index()) as here:
        return here.compile()


@case("The index has no version that fits.")
def no_such_version(ground: Ground) -> Ended:
    index = Index()
    index.add(*(wheel(ground.folder, "six", f"1.{minor}") for minor in range(4, 18)))
    ground.fixture("no_such_version")
    with ground.asking(index) as here:
        return here.compile()


@case("A package has wheels for other Pythons alone, and no source.")
def wheels_for_other_pythons(ground: Ground) -> Ended:
    index = Index()
    for python in ("cp36", "cp38"):
        tag = f"{python}-{python}m-manylinux2014_x86_64"
        index.add(wheel(ground.folder, "tensors", "2.5.0", tag=tag))
    ground.app({"requirements.txt": "tensors==2.5.0\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("A package says that it does not support this Python.", pip_differs=True)
def package_for_older_pythons(ground: Ground) -> Ended:
    index = Index()
    old = wheel(ground.folder, "tensors", "2.5.0", metadata="Requires-Python: <3.9\n")
    index.add(old)
    index.requires_python[old.name] = "<3.9"
    ground.app({"requirements.txt": "tensors>=2\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("A file on the index does not have the hash in the app's own lock.")
def locked_file_replaced(ground: Ground) -> Ended:
    index = Index()
    index.add(wheel(ground.folder, "anchor", "1.0"))
    ground.app({"requirements.txt": f"anchor==1.0 --hash=sha256:{'0123456789abcdef' * 4}\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("A file does not have the hash that the index itself gives for it.", pip_differs=True)
def index_with_wrong_hashes(ground: Ground) -> Ended:
    index = Index(wrong_hashes=True)
    index.add(wheel(ground.folder, "anchor", "1.0"))
    ground.app({"requirements.txt": "anchor\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("The app's own lock leaves out what one of its packages needs.")
def own_lock_incomplete(ground: Ground) -> Ended:
    index = Index()
    boat = wheel(ground.folder, "boat", "5.1", metadata="Requires-Dist: anchor<2\n")
    index.add(boat)
    ground.app({"requirements.txt": f"boat==5.1 --hash=sha256:{sha256(boat)}\n"})
    with ground.asking(index) as here:
        return here.compile()


@case("Building a package from its source fails in its own code.", pip_differs=True)
def setup_py_raises(ground: Ground) -> Ended:
    index = Index()
    index.add_setuptools()
    files = source("anchor", "1.0") | {"setup.py": "raise RuntimeError('no chain')\n"}
    index.add(sdist(ground.folder, "anchor", "1.0", files))
    ground.app({"requirements.txt": "anchor\n"})
    with ground.asking(index) as here:
        return here.compile()
