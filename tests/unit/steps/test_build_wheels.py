"""Every package that the app ships becomes a wheel first, or it is said why it cannot."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.vendoring.packages import InspectedPackage, Vendoring
from slipway.effects import Effects
from slipway.effects.packages.source_trees import tree_digest
from slipway.effects.processes import Processes
from slipway.errors.vendored import (
    OfflineMissing,
    VendoredBuildCycle,
    VendoredTwice,
    VendoredVersionUnfit,
    WheelNotForThisPython,
)
from slipway.steps.build_wheels import WheelHouse
from slipway.toolchains import LocalDistribution
from slipway.toolchains.wheel_building.backends import Backends
from unit.fakes import FakeProcesses, FakeToolchain, effects_with, no_time, said
from unit.samples import asked, make_wheel, plain, plan_of, wheel_file, write_files
from unit.trees import ship, source

ANY = "py3-none-any.whl"


@pytest.fixture
def house(tmp_path: Path, python: Interpreter, backends: Backends) -> WheelHouse:
    """Run backends for real, in environments without any package."""
    environment = {"PATH": os.environ["PATH"]}
    return WheelHouse(
        app=tmp_path / "app",
        plan=plan_of(),
        interpreter=python,
        toolchain=FakeToolchain(),
        backends=backends,
        effects=effects_with(tmp_path, Processes(now=time.monotonic), environment),
    )


def toolchain(house: WheelHouse) -> FakeToolchain:
    assert isinstance(house.toolchain, FakeToolchain)
    return house.toolchain


def tree(
    house: WheelHouse, path: str, *requires: str, version: str = "1.0", **facts: object
) -> InspectedPackage:
    """Ship a source tree that is named like its folder."""
    name = path.rpartition("/")[2]
    return ship(house.app, path, source(name, requires=requires, version=version, **facts))


def wheel(house: WheelHouse, file: str, *requires: str) -> InspectedPackage:
    make_wheel(house.app / "vendor", file, requires)
    path = f"vendor/{file}"
    return InspectedPackage(package=wheel_file(path), digest=tree_digest(house.app, path))


def module(house: WheelHouse, path: str) -> InspectedPackage:
    write_files(house.app, {path: ""})
    return InspectedPackage(package=plain(path), digest=tree_digest(house.app, path))


def build(house: WheelHouse, *shipped: InspectedPackage) -> dict[str, LocalDistribution]:
    return {found.name: found for found in house.build(shipped)}


def order(house: WheelHouse) -> list[str]:
    """Tell in which order the packages were made."""
    words = said(house.effects).split()
    return [words[at + 1] for at, word in enumerate(words) if word == "from"]


def offline(house: WheelHouse, *for_builds: str) -> WheelHouse:
    vendoring = Vendoring(folders=("vendor",), for_builds=for_builds)
    return replace(house, plan=replace(plan_of(is_offline=True), vendoring=vendoring))


def test_an_app_that_ships_nothing_needs_nothing(house: WheelHouse) -> None:
    assert house.build(()) == ()
    assert said(house.effects) == ""


def test_all_that_is_shipped_is_given_in_the_order_of_names(house: WheelHouse) -> None:
    made = house.build((tree(house, "vendor/a/tides"), wheel(house, f"Acme_Core-1.0-{ANY}")))
    assert [(found.name, found.source) for found in made] == [
        ("acme-core", f"vendor/Acme_Core-1.0-{ANY}"),
        ("tides", "vendor/a/tides"),
    ]
    assert all(found.path.is_file() for found in made)


def test_what_has_not_changed_starts_no_process_and_asks_nobody(house: WheelHouse) -> None:
    def app(house: WheelHouse) -> tuple[InspectedPackage, ...]:
        return (
            tree(house, "vendor/acme", "rules", "setuptools"),
            tree(house, "vendor/rules", NEEDS=["core"]),
            tree(house, "vendor/core"),
            wheel(house, f"tides-1.0-{ANY}", "buoys"),
            module(house, "vendor/buoys.py"),
        )

    first = house.build(app(house))
    effects = replace(house.effects, processes=FakeProcesses(now=no_time))
    later = replace(house, effects=effects, toolchain=FakeToolchain())
    assert later.build(app(house)) == first
    assert isinstance(effects.processes, FakeProcesses)
    assert not effects.processes.started
    assert not toolchain(later).asked


def test_only_the_tree_that_changed_is_built_again(house: WheelHouse) -> None:
    build(house, tree(house, "vendor/acme"), tree(house, "vendor/rules"))
    later = replace(house, effects=effects_again(house.effects))
    build(later, tree(house, "vendor/acme"), tree(house, "vendor/rules", version="1.1"))
    assert said(later.effects) == (
        "acme 1.0 from vendor/acme (as before) "
        "rules 1.1 from vendor/rules (source tree, built in 0.0 s)"
    )


def effects_again(effects: Effects) -> Effects:
    """Give the same cache to another build, with a log of its own."""
    root = effects.cache.root.parent
    fresh = effects_with(root, effects.processes, effects.environment)
    return replace(fresh, cache=effects.cache)


def test_what_a_build_needs_is_built_before_it_and_answers_for_its_name(
    house: WheelHouse,
) -> None:
    build(house, tree(house, "vendor/acme", "rules>=1"), tree(house, "vendor/rules"))
    assert order(house) == ["vendor/rules", "vendor/acme"]
    (files,) = toolchain(house).asked
    assert [found.name for found in files.distributions] == ["rules"]


def test_what_the_needed_one_needs_when_it_runs_is_built_before_too(house: WheelHouse) -> None:
    """`core` is no build requirement of anybody, and no index must be asked for it."""
    build(
        house,
        tree(house, "vendor/acme", "rules"),
        tree(house, "vendor/rules", NEEDS=["Core>=1"]),
        tree(house, "vendor/zoo", NEEDS=["six"]),
        tree(house, "vendor/core", "tides"),
        tree(house, "vendor/tides"),
    )
    built = order(house)
    assert built.index("vendor/core") < built.index("vendor/acme")


def test_what_only_a_backend_asks_for_is_built_before_too(house: WheelHouse) -> None:
    build(house, tree(house, "vendor/acme", MORE=["rules"]), tree(house, "vendor/rules"))
    assert order(house) == ["vendor/rules", "vendor/acme"]
    assert all(
        "rules" in [one.name for one in files.distributions] for files in toolchain(house).asked
    )


def test_what_a_public_build_tool_needs_is_built_before_too(house: WheelHouse) -> None:
    """The index is asked what the tool needs; a fork of that lies in vendor/."""
    packaging = LockedPackage(
        name="packaging", requirement="packaging==26", hashes=("sha256:ab",)
    )
    asking = replace(house, toolchain=FakeToolchain(Lock(packages=(packaging,))))
    build(asking, tree(house, "vendor/acme", "setuptools-scm"), tree(house, "vendor/packaging"))
    assert order(house) == ["vendor/packaging", "vendor/acme"]
    assert len(toolchain(asking).installed) == 1


@pytest.mark.parametrize("how", ["told before", "told by the backends"])
def test_builds_that_need_each_other_are_refused(how: str, house: WheelHouse) -> None:
    if how == "told before":
        packages = [tree(house, "vendor/a", "b"), tree(house, "vendor/b", "a")]
    else:
        packages = [tree(house, "vendor/a", MORE=["b"]), tree(house, "vendor/b", MORE=["a"])]
    with pytest.raises(VendoredBuildCycle) as cycle:
        build(house, *packages, tree(house, "vendor/c"))
    assert set(cycle.value.paths) == {"vendor/a", "vendor/b"}


def test_two_packages_whose_metadata_alone_tells_their_name_are_refused(
    house: WheelHouse,
) -> None:
    nameless = []
    for folder in ("old", "new"):
        shipped = ship(house.app, f"vendor/{folder}", source("acme"))
        project = shipped.package.project
        assert project is not None
        package = replace(shipped.package, project=replace(project, name=None))
        nameless.append(replace(shipped, package=package))
    with pytest.raises(VendoredTwice) as twice:
        build(house, *nameless)
    assert (twice.value.name, twice.value.paths) == ("acme", ("vendor/new", "vendor/old"))


def test_a_version_that_a_build_does_not_find_is_told_with_who_asks_for_it(
    house: WheelHouse,
) -> None:
    with pytest.raises(VendoredVersionUnfit) as unfit:
        build(house, tree(house, "vendor/acme", "rules>=2"), tree(house, "vendor/rules"))
    assert unfit.value.conflicting == (("vendor/acme", "rules>=2"),)
    assert unfit.value.path == "vendor/rules"


def test_offline_a_build_gets_what_vendor_build_has(house: WheelHouse) -> None:
    make_wheel(house.app / "vendor/build", f"flit_core-3.12-{ANY}")
    ready = offline(house, f"vendor/build/flit_core-3.12-{ANY}")
    made = build(ready, tree(house, "vendor/acme", "flit-core>=3"))
    (files,) = toolchain(house).asked
    assert files.options == "--no-index\n"
    assert [found.source for found in files.distributions] == [
        f"vendor/build/flit_core-3.12-{ANY}"
    ]
    assert set(made) == {"acme"}  # what is for builds is not installed


def test_offline_a_build_requirement_that_is_missing_is_named(house: WheelHouse) -> None:
    """Though the cache is warm."""
    make_wheel(house.app / "vendor/build", f"flit_core-3.12-{ANY}")
    build(
        offline(house, f"vendor/build/flit_core-3.12-{ANY}"),
        tree(house, "vendor/acme", "flit-core>=3"),
    )
    with pytest.raises(OfflineMissing) as missing:
        build(offline(house), tree(house, "vendor/acme", "flit-core>=3"))
    assert missing.value.missing == (("flit-core>=3", "vendor/acme"),)
    assert missing.value.folder == "vendor/build"


def test_one_name_for_builds_and_for_the_app_is_no_conflict(house: WheelHouse) -> None:
    """Builds take the one that was put there for them; pip would refuse two files of a name."""
    make_wheel(house.app / "vendor/build", f"packaging-25.0-{ANY}")
    ready = offline(house, f"vendor/build/packaging-25.0-{ANY}")
    made = build(
        ready, wheel(house, f"packaging-26.0-{ANY}"), tree(house, "vendor/acme", "packaging")
    )
    (files,) = toolchain(house).asked
    assert [(found.name, found.version) for found in files.distributions] == [
        ("packaging", "25.0")
    ]
    assert made["packaging"].version == "26.0"


def test_a_wheel_for_another_python_is_refused_with_the_tags_that_fit(
    house: WheelHouse,
) -> None:
    with pytest.raises(WheelNotForThisPython) as refused:
        build(house, wheel(house, "acme-1.0-cp27-cp27m-win_amd64.whl"))
    assert refused.value.python.startswith(house.interpreter.version)
    assert "py3-none-any" in refused.value.fitting


def test_what_is_for_another_python_is_not_built(house: WheelHouse) -> None:
    shipped = wheel(house, "acme-1.0-cp27-cp27m-win_amd64.whl")
    package = asked(shipped.package, f"./{shipped.package.path} ; python_version < '3'")
    assert house.build([replace(shipped, package=package)]) == ()


@pytest.mark.parametrize(
    ("text", "needs"),
    [("My.Buoys>=0\n", []), ("six\n", ["my_buoys; python_version > '3'"])],
    ids=["by-the-app", "by-a-package"],
)
def test_a_plain_package_that_is_asked_for_by_name_takes_it(
    text: str, needs: list[str], house: WheelHouse
) -> None:
    asking = replace(house, plan=plan_of(text))
    made = build(
        asking,
        module(house, "vendor/my_buoys.py"),
        wheel(house, f"acme-1.0-{ANY}", *needs),
    )
    assert made["my-buoys"].source == "vendor/my_buoys.py"
    assert "my_buoys from vendor/my_buoys.py (plain, imported from there)" in said(
        house.effects
    )
    assert "vendor lock" not in said(house.effects)


def test_a_plain_package_that_nobody_asks_for_is_only_imported(house: WheelHouse) -> None:
    assert house.build([module(house, "vendor/buoys.py")]) == ()
    assert "buoys from vendor/buoys.py (plain, imported from there)" in said(house.effects)


def test_a_package_of_the_name_of_a_plain_one_comes_first(house: WheelHouse) -> None:
    asking = replace(house, plan=plan_of("acme\n"))
    made = build(asking, module(house, "vendor/acme.py"), wheel(house, f"acme-1.0-{ANY}"))
    assert made["acme"].version == "1.0"


def test_a_version_that_nothing_says_is_told_with_how_to_say_it(house: WheelHouse) -> None:
    shipped = ship(house.app, "vendor/acme", source("acme"), "setuptools-scm")
    made = build(house, shipped)
    assert made["acme"].version.startswith("0+vendored.")
    assert "vendor/acme takes its version from git, and its git is not here" in said(
        house.effects
    )
    told = replace(shipped, version="2.0")
    later = replace(house, effects=effects_again(house.effects))
    assert build(later, told)["acme"].version == "2.0"
    assert "takes its version from git" not in said(later.effects)
