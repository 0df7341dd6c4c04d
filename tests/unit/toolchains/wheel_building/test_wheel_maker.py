"""Each package that the app ships becomes a wheel, made again only if it has changed."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage
from slipway.domain.vendoring.scm_versions import is_guess
from slipway.domain.vendoring.source_project import SourceProject
from slipway.effects import Effects
from slipway.effects.files import sha256_of
from slipway.effects.packages.source_trees import tree_digest
from slipway.effects.processes import Processes
from slipway.errors.dependencies import HashMismatch
from slipway.errors.vendored import (
    OfflineMissing,
    VendoredBroken,
    VendoredBuildFailed,
    VendoredNotForThisPython,
    WheelInvalid,
)
from slipway.toolchains.wheel_building.backends import Backends
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments, NotBuiltYet
from slipway.toolchains.wheel_building.wheel_cache import WheelCache
from slipway.toolchains.wheel_building.wheel_maker import WheelMaker
from unit.fakes import FakeProcesses, FakeToolchain, effects_with, no_time, said
from unit.samples import asked, local, make_wheel, plain, wheel_file, write_files
from unit.trees import ship, source

ENVIRONMENT = {"PATH": os.environ["PATH"]}
FILE = "acme-1.0-py3-none-any.whl"


@pytest.fixture
def maker(tmp_path: Path, python: Interpreter, backends: Backends) -> WheelMaker:
    """Run backends for real, in environments without any package."""
    effects = effects_with(tmp_path, Processes(now=time.monotonic), ENVIRONMENT)
    (tmp_path / "work").mkdir()
    environments = BuildEnvironments(
        folder=tmp_path / "work",
        interpreter=python,
        toolchain=FakeToolchain(),
        effects=effects,
        options="",
        offline_folder=None,
    )
    return WheelMaker(
        app=tmp_path / "app",
        folder=environments.folder,
        cache=WheelCache(effects=effects),
        environments=environments,
        backends=backends,
        effects=effects,
    )


def later_with(
    maker: WheelMaker, effects: Effects, python: Interpreter | None = None
) -> WheelMaker:
    """Give the maker of a later build, with the same cache and a folder of its own."""
    folder = Path(tempfile.mkdtemp(dir=maker.folder.parent))
    before = maker.environments
    interpreter = python or before.interpreter
    environments = replace(before, folder=folder, effects=effects, interpreter=interpreter)
    return WheelMaker(
        app=maker.app,
        folder=folder,
        cache=replace(maker.cache, effects=effects),
        environments=environments,
        backends=maker.backends,
        effects=effects,
    )


def idle(maker: WheelMaker) -> WheelMaker:
    """Let a later build start nothing: whatever it would start is written down."""
    effects = replace(maker.effects, processes=FakeProcesses(now=no_time))
    return later_with(maker, effects)


def started(maker: WheelMaker) -> int:
    assert isinstance(maker.effects.processes, FakeProcesses)
    return len(maker.effects.processes.started)


def put(app: Path, path: str, *requires: str) -> InspectedPackage:
    """Put a wheel into the app."""
    make_wheel((app / path).parent, Path(path).name, requires)
    return InspectedPackage(package=wheel_file(path), digest=tree_digest(app, path))


def test_a_tree_is_built_and_told(maker: WheelMaker) -> None:
    made = maker.make(ship(maker.app, "vendor/acme", source("acme", NEEDS=["six>=1"])), ())
    assert (made.name, made.version, made.requires) == ("acme", "1.0", ("six>=1",))
    assert made.source == "vendor/acme"
    assert made.sha256 == sha256_of(made.path)
    assert "acme 1.0 from vendor/acme (source tree, built in 0.0 s)" in said(maker.effects)


def test_the_metadata_counts_and_not_the_name_of_the_folder(maker: WheelMaker) -> None:
    made = maker.make(ship(maker.app, "vendor/old-name", source("My-Acme")), ())
    assert made.name == "my-acme"


def test_nothing_of_the_users_is_touched(maker: WheelMaker) -> None:
    """A backend writes where it builds: here byte code of its own modules."""
    shipped = ship(maker.app, "vendor/acme", source("acme"))
    before = sorted(path.name for path in maker.app.rglob("*"))
    maker.make(shipped, ())
    assert sorted(path.name for path in maker.app.rglob("*")) == before
    assert tree_digest(maker.app, "vendor/acme") == shipped.digest


def test_an_unchanged_tree_starts_no_process(maker: WheelMaker) -> None:
    first = maker.make(ship(maker.app, "vendor/acme", source("acme")), ())
    # Another place and another date are no change.
    moved = ship(maker.app, "libs/acme", source("acme"))
    for path in (maker.app / "libs/acme").iterdir():
        os.utime(path, (1_000_000_000, 1_000_000_000))
    later = idle(maker)
    again = later.make(moved, ())
    assert started(later) == 0
    assert (again.path, again.source) == (first.path, "libs/acme")
    assert "acme 1.0 from libs/acme (as before)" in said(later.effects)


@pytest.mark.parametrize("what", ["tree", "version", "python", "flags", "requires"])
def test_whatever_decides_a_wheel_makes_it_again(what: str, maker: WheelMaker) -> None:
    shipped = ship(maker.app, "vendor/acme", source("acme"), "setuptools-scm")
    maker.make(shipped, ())
    later = idle(maker)
    match what:
        case "tree":
            files = {**source("acme"), "acme.py": "changed"}
            shipped = ship(maker.app, "vendor/acme", files, "setuptools-scm")
        case "version":
            shipped = replace(shipped, version="2.0")
        case "requires":
            other = ship(maker.app, "b", source("acme", requires=["setuptools"]), "pbr")
            shipped = replace(other, digest=shipped.digest)
        case "python":
            before = maker.environments.interpreter
            moved = replace(before, platform="linux-aarch64 glibc 2.36")
            later = later_with(maker, later.effects, python=moved)
        case _:
            flags = {**ENVIRONMENT, "CFLAGS": "-O3"}
            later = later_with(maker, replace(later.effects, environment=flags))
    with pytest.raises(FileNotFoundError):  # of the report that no process wrote
        later.make(shipped, ())
    assert started(later) == 1


def test_what_decides_no_wheel_makes_none_again(maker: WheelMaker, tmp_path: Path) -> None:
    shipped = ship(maker.app, "vendor/acme", source("acme"))
    maker.make(shipped, ())
    variables = {**ENVIRONMENT, "PIP_INDEX_URL": "https://u:s3cret@h.example/", "PORT": "1"}
    later = later_with(maker, replace(idle(maker).effects, environment=variables))
    later.make(replace(shipped, commit="c0ffee"), [local(tmp_path, "spare-1.0")])
    assert started(later) == 0


def test_a_wheel_of_what_a_build_needs_makes_it_again(
    maker: WheelMaker, tmp_path: Path
) -> None:
    shipped = ship(maker.app, "vendor/acme", source("acme", requires=["rules"]))
    core = local(tmp_path, "core-1.0")
    rules = local(tmp_path, "rules-1.0", "core")
    maker.make(shipped, [core, rules])
    later = idle(maker)
    later.make(shipped, [core, rules, local(tmp_path, "spare-1.0")])
    assert started(later) == 0
    with pytest.raises(FileNotFoundError):
        later.make(shipped, [local(tmp_path / "b", "core-1.0", "six"), rules])
    assert started(later) == 1


def test_what_has_to_be_here_before_is_waited_for_at_no_cost(
    maker: WheelMaker, tmp_path: Path
) -> None:
    shipped = ship(maker.app, "vendor/acme", source("acme", requires=["rules"]))
    rules = local(tmp_path, "rules-1.0", "Acme.Core")
    with pytest.raises(NotBuiltYet):
        maker.make(shipped, [rules], frozenset({"acme-core"}))
    assert list(maker.folder.iterdir()) == []


def test_what_only_the_backend_asks_for_is_waited_for_too(maker: WheelMaker) -> None:
    """As setup_requires does, which nobody sees before."""
    shipped = ship(maker.app, "vendor/acme", source("acme", MORE=["acme-core>=1"]))
    with pytest.raises(NotBuiltYet):
        maker.make(shipped, (), frozenset({"acme-core"}))


def test_a_wheel_is_taken_as_it_is(maker: WheelMaker) -> None:
    shipped = put(maker.app, f"vendor/hafen straße/{FILE}", "six")
    made = maker.make(shipped, ())
    assert made.sha256 == shipped.digest
    assert (made.requires, made.path.name) == (("six",), FILE)
    assert "(wheel)" in said(maker.effects)
    assert idle(maker).make(shipped, ()).path == made.path


def test_a_wheel_that_was_renamed_is_looked_at_again(maker: WheelMaker) -> None:
    maker.make(put(maker.app, f"vendor/{FILE}"), ())
    other = "vendor/acme-2.0-py3-none-any.whl"
    (maker.app / "vendor" / FILE).rename(maker.app / other)
    shipped = InspectedPackage(package=wheel_file(other), digest=tree_digest(maker.app, other))
    with pytest.raises(WheelInvalid) as invalid:
        maker.make(shipped, ())
    assert invalid.value.path == other


def test_a_wheel_whose_record_lies_is_refused(maker: WheelMaker) -> None:
    shipped = put(maker.app, f"vendor/{FILE}")
    with zipfile.ZipFile(maker.app / "vendor" / FILE, "a") as zipped:
        zipped.writestr("more.py", "import this")
    with pytest.raises(WheelInvalid) as invalid:
        maker.make(shipped, ())
    assert "more.py" in invalid.value.reason


def test_a_wheel_for_other_versions_of_python_is_refused(maker: WheelMaker) -> None:
    path = f"vendor/{FILE}"
    lines = ["six\nRequires-Python: >=3.99"]
    shipped = put(maker.app, path, *lines)
    with pytest.raises(VendoredNotForThisPython) as refused:
        maker.make(shipped, ())
    assert (refused.value.path, refused.value.requires) == (path, ">=3.99")


def archive(app: Path, path: str, files: dict[str, str]) -> InspectedPackage:
    """Put an sdist into the app, as a backend writes one."""
    top = Path(path).name.removesuffix(".tar.gz")
    folder = write_files(app.parent / "sdist" / top, files)
    (app / path).parent.mkdir(parents=True)
    with tarfile.open(app / path, "w:gz") as stream:
        stream.add(folder, top)
    project = SourceProject(name="acme", backend="backend", requires=())
    package = VendoredPackage(path=path, form=Form.SDIST, project=project)
    return InspectedPackage(package=package, digest=tree_digest(app, path))


def test_an_sdist_is_unpacked_and_built(maker: WheelMaker) -> None:
    info = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"
    files = {**source("acme"), "PKG-INFO": info}
    made = maker.make(archive(maker.app, "vendor/acme-1.0.tar.gz", files), ())
    assert (made.name, made.source) == ("acme", "vendor/acme-1.0.tar.gz")
    assert "(sdist, built in" in said(maker.effects)


def test_a_build_that_fails_is_not_kept(maker: WheelMaker) -> None:
    shipped = ship(maker.app, "vendor/acme", source("acme", FAILS="no luck"))
    for _ in range(2):
        with pytest.raises(VendoredBuildFailed):
            maker.make(shipped, ())
    assert not (maker.effects.cache.folder / "wheel").exists()


def test_what_a_build_lacks_offline_is_named(maker: WheelMaker) -> None:
    environments = replace(maker.environments, offline_folder="vendor/build")
    offline = replace(maker, environments=environments)
    with pytest.raises(OfflineMissing) as missing:
        offline.make(ship(maker.app, "vendor/acme", source("acme", requires=["flit>=3"])), ())
    assert missing.value.missing == (("flit>=3", "vendor/acme"),)


def test_a_tree_that_says_nothing_of_itself_is_broken(maker: WheelMaker) -> None:
    package = VendoredPackage(path="vendor/acme", form=Form.TREE)
    with pytest.raises(VendoredBroken) as broken:
        maker.make(InspectedPackage(package=package, digest="ab" * 32), ())
    assert broken.value.path == "vendor/acme"


def test_a_plain_package_takes_its_name_and_installs_no_module(maker: WheelMaker) -> None:
    shipped = InspectedPackage(package=plain("vendor/My_Buoys"), digest="12" * 32)
    claimed = maker.claim(shipped, "my-buoys")
    assert (claimed.name, claimed.source) == ("my-buoys", "vendor/My_Buoys")
    assert is_guess(claimed.version)
    with zipfile.ZipFile(claimed.path) as zipped:
        assert all(".dist-info/" in name for name in zipped.namelist())
    assert idle(maker).claim(shipped, "my-buoys") == claimed
    other = replace(shipped, digest="cd" * 32)
    assert maker.claim(other, "my-buoys").version != claimed.version


def digest_of(app: Path, kind: str) -> str:
    return hashlib.new(kind, (app / "vendor" / FILE).read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["sha256", "sha384", "sha512"])
def test_a_hash_that_the_app_gives_is_held_against_the_archive(
    kind: str, maker: WheelMaker
) -> None:
    shipped = put(maker.app, f"vendor/{FILE}")
    right, wrong = digest_of(maker.app, kind), "0" * len(digest_of(maker.app, kind))
    for text in (
        f"--hash={kind}:{right}",
        f"--hash={kind}:{wrong} --hash={kind}:{right.upper()}",
    ):
        package = asked(shipped.package, f"./vendor/{FILE} {text}")
        assert maker.make(replace(shipped, package=package), ()).name == "acme"
    package = asked(shipped.package, f"./vendor/{FILE} --hash={kind}:{wrong}")
    with pytest.raises(HashMismatch) as mismatch:
        maker.make(replace(shipped, package=package), ())
    assert mismatch.value.package == f"vendor/{FILE}"
    assert mismatch.value.expected == (wrong,)
    assert (mismatch.value.got, mismatch.value.is_vendored) == (shipped.digest, True)


def test_a_hash_of_a_kind_that_nobody_knows_fits_nothing(maker: WheelMaker) -> None:
    shipped = put(maker.app, f"vendor/{FILE}")
    package = asked(shipped.package, f"./vendor/{FILE} --hash=sha999:{'0' * 64}")
    with pytest.raises(HashMismatch) as mismatch:
        maker.make(replace(shipped, package=package), ())
    assert mismatch.value.got == shipped.digest


def test_each_line_with_a_hash_counts(maker: WheelMaker) -> None:
    shipped = put(maker.app, f"vendor/{FILE}")
    lines = [f"./vendor/{FILE}", f"./vendor/{FILE} --hash=sha256:{'0' * 64}"]
    with pytest.raises(HashMismatch):
        maker.make(replace(shipped, package=asked(shipped.package, *lines)), ())


def test_a_folder_has_no_hash_to_be_held_to(maker: WheelMaker) -> None:
    shipped = ship(maker.app, "vendor/acme", source("acme"))
    package = asked(shipped.package, f"./vendor/acme --hash=sha256:{'0' * 64}")
    assert maker.make(replace(shipped, package=package), ()).name == "acme"
