"""Each vendored package becomes a wheel, or an error says why it cannot."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.vendoring.packages import InspectedPackage, Vendoring
from slipway.effects import Effects
from slipway.effects.packages.source_trees import digest_source
from slipway.effects.packages.wheels import read_metadata
from slipway.effects.processes import Processes
from slipway.errors.dependencies import RequirementOutsideTheApp
from slipway.errors.vendored import (
    OfflineMissing,
    VendoredBroken,
    VendoredBuildCycle,
    VendoredTwice,
    VendoredVersionUnfit,
    WheelNotForThisPython,
)
from slipway.steps.build_wheels import FindPackages, build_wheels
from slipway.steps.context import BuildContext
from slipway.toolchains.protocol import LocalDistribution
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, logged, no_time
from unit.samples import (
    make_wheel,
    plain,
    plan_of,
    requested,
    required,
    wheel_file,
    write_files,
)
from unit.trees import source, vendor

ANY = "py3-none-any.whl"


@pytest.fixture
def context(tmp_path: Path, python: Interpreter, build_frontend: Path) -> BuildContext:
    """Run backends for real, in environments without any package."""
    return context_with(
        tmp_path / "app",
        effects_with(tmp_path, Processes(now=time.monotonic), {"PATH": os.environ["PATH"]}),
        FakeToolchain(),
        plan_of(),
        python,
        build_frontend,
    )


def toolchain(context: BuildContext) -> FakeToolchain:
    assert isinstance(context.toolchain, FakeToolchain)
    return context.toolchain


def with_toolchain(context: BuildContext, toolchain: FakeToolchain) -> BuildContext:
    return replace(context, tools=replace(context.tools, toolchain=toolchain))


def tree(
    context: BuildContext, path: str, *requires: str, version: str = "1.0", **facts: object
) -> InspectedPackage:
    """Vendor a source tree that is named like its folder."""
    name = path.rpartition("/")[2]
    return vendor(context.app, path, source(name, requires=requires, version=version, **facts))


def wheel(context: BuildContext, file: str, *requires: str) -> InspectedPackage:
    make_wheel(context.app / "vendor", file, requires)
    path = f"vendor/{file}"
    return InspectedPackage(package=wheel_file(path), digest=digest_source(context.app, path))


def module(context: BuildContext, path: str) -> InspectedPackage:
    write_files(context.app, {path: ""})
    return InspectedPackage(package=plain(path), digest=digest_source(context.app, path))


def find_none(path: str) -> Sequence[InspectedPackage]:
    raise AssertionError(f"{path} is not required")


def build(context: BuildContext, *inspected: InspectedPackage) -> dict[str, LocalDistribution]:
    return {found.name: found for found in build_wheels(context, inspected, find_none)}


def finding(context: BuildContext, *found: InspectedPackage) -> tuple[FindPackages, list[str]]:
    """Return a function that finds these packages, and the paths that it is asked for."""
    asked: list[str] = []

    def find(path: str) -> Sequence[InspectedPackage]:
        asked.append(path)
        return [package for package in found if package.path == path]

    return find, asked


def order(context: BuildContext) -> list[str]:
    """Return the paths of the packages in the order in which they were built."""
    words = logged(context.effects).split()
    return [words[at + 1] for at, word in enumerate(words) if word == "from"]


def offline(context: BuildContext, *for_builds: str) -> BuildContext:
    vendoring = Vendoring(folders=("vendor",), for_builds=for_builds)
    return replace(context, plan=replace(plan_of(is_offline=True), vendoring=vendoring))


def test_an_app_without_vendored_packages_needs_nothing(context: BuildContext) -> None:
    assert build_wheels(context, (), find_none) == []
    assert logged(context.effects) == ""


def test_wheels_are_sorted_by_name(context: BuildContext) -> None:
    made = build_wheels(
        context,
        (tree(context, "vendor/a/tides"), wheel(context, f"Acme_Core-1.0-{ANY}")),
        find_none,
    )
    assert [(found.name, found.source) for found in made] == [
        ("acme-core", f"vendor/Acme_Core-1.0-{ANY}"),
        ("tides", "vendor/a/tides"),
    ]
    assert all(found.path.is_file() for found in made)


def test_unchanged_packages_start_no_process_and_resolve_nothing(context: BuildContext) -> None:
    def app(context: BuildContext) -> tuple[InspectedPackage, ...]:
        return (
            tree(context, "vendor/acme", "rules", "setuptools"),
            tree(context, "vendor/rules", NEEDS=["core"]),
            tree(context, "vendor/core"),
            wheel(context, f"tides-1.0-{ANY}", "buoys"),
            module(context, "vendor/buoys.py"),
        )

    first = build_wheels(context, app(context), find_none)
    effects = replace(context.effects, processes=FakeProcesses(now=no_time))
    later = with_toolchain(replace(context, effects=effects), FakeToolchain())
    assert build_wheels(later, app(context), find_none) == first
    assert isinstance(effects.processes, FakeProcesses)
    assert not effects.processes.started
    assert not toolchain(later).requests


def test_only_the_tree_that_changed_is_built_again(context: BuildContext) -> None:
    build(context, tree(context, "vendor/acme"), tree(context, "vendor/rules"))
    later = replace(context, effects=effects_again(context.effects))
    build(later, tree(context, "vendor/acme"), tree(context, "vendor/rules", version="1.1"))
    assert logged(later.effects) == (
        "-----> Vendored packages Reusing the wheel of acme 1.0 from vendor/acme "
        "Built rules 1.1 from vendor/rules in 0.0 s"
    )


def effects_again(effects: Effects) -> Effects:
    """Return the effects of another build, with the same cache and a new log."""
    root = effects.cache.root.parent
    fresh = effects_with(root, effects.processes, effects.environment)
    return replace(fresh, cache=effects.cache)


def test_a_build_uses_the_vendored_packages_that_it_requires(
    context: BuildContext,
) -> None:
    build(context, tree(context, "vendor/acme", "rules>=1"), tree(context, "vendor/rules"))
    assert order(context) == ["vendor/rules", "vendor/acme"]
    (files,) = toolchain(context).requests
    assert [found.name for found in files.distributions] == ["rules"]


def test_dependencies_of_build_requirements_are_built_first_too(
    context: BuildContext,
) -> None:
    """`core` is not a build requirement itself, and must not be requested from an index."""
    build(
        context,
        tree(context, "vendor/acme", "rules"),
        tree(context, "vendor/rules", NEEDS=["Core>=1"]),
        tree(context, "vendor/zoo", NEEDS=["six"]),
        tree(context, "vendor/core", "tides"),
        tree(context, "vendor/tides"),
    )
    built = order(context)
    assert built.index("vendor/core") < built.index("vendor/acme")


def test_packages_that_only_a_backend_requires_are_built_first_too(
    context: BuildContext,
) -> None:
    build(context, tree(context, "vendor/acme", MORE=["rules"]), tree(context, "vendor/rules"))
    assert order(context) == ["vendor/rules", "vendor/acme"]
    assert all(
        "rules" in [one.name for one in files.distributions]
        for files in toolchain(context).requests
    )


def test_packages_that_a_public_build_tool_requires_are_built_first_too(
    context: BuildContext,
) -> None:
    """The index knows the requirements of the tool; a fork of one of them is in vendor/."""
    packaging = LockedPackage(
        name="packaging", requirement="packaging==26", hashes=("sha256:ab",)
    )
    resolving = with_toolchain(context, FakeToolchain(Lock(packages=(packaging,))))
    build(
        resolving,
        tree(context, "vendor/acme", "setuptools-scm"),
        tree(context, "vendor/packaging"),
    )
    assert order(context) == ["vendor/packaging", "vendor/acme"]
    assert len(toolchain(resolving).installed) == 1


@pytest.mark.parametrize("requirements", ["static", "dynamic"])
def test_builds_that_require_each_other_are_an_error(
    requirements: str, context: BuildContext
) -> None:
    if requirements == "static":
        packages = [tree(context, "vendor/a", "b"), tree(context, "vendor/b", "a")]
    else:
        packages = [
            tree(context, "vendor/a", MORE=["b"]),
            tree(context, "vendor/b", MORE=["a"]),
        ]
    with pytest.raises(VendoredBuildCycle) as cycle:
        build(context, *packages, tree(context, "vendor/c"))
    assert set(cycle.value.paths) == {"vendor/a", "vendor/b"}


def test_two_wheels_with_the_same_name_are_an_error(
    context: BuildContext,
) -> None:
    nameless = []
    for folder in ("old", "new"):
        inspected = vendor(context.app, f"vendor/{folder}", source("acme"))
        project = inspected.package.project
        assert project is not None
        package = replace(inspected.package, project=replace(project, name=None))
        nameless.append(replace(inspected, package=package))
    with pytest.raises(VendoredTwice) as twice:
        build(context, *nameless)
    assert (twice.value.name, twice.value.paths) == ("acme", ("vendor/new", "vendor/old"))


def test_an_unfit_version_is_reported_with_what_requires_it(
    context: BuildContext,
) -> None:
    with pytest.raises(VendoredVersionUnfit) as unfit:
        build(context, tree(context, "vendor/acme", "rules>=2"), tree(context, "vendor/rules"))
    assert unfit.value.requirements == required(("vendor/acme", "rules>=2"))
    assert unfit.value.path == "vendor/rules"


def test_offline_a_build_uses_the_files_in_vendor_build(context: BuildContext) -> None:
    make_wheel(context.app / "vendor/build", f"flit_core-3.12-{ANY}")
    ready = offline(context, f"vendor/build/flit_core-3.12-{ANY}")
    made = build(ready, tree(context, "vendor/acme", "flit-core>=3"))
    (files,) = toolchain(context).requests
    assert files.options == "--no-index\n"
    assert [found.source for found in files.distributions] == [
        f"vendor/build/flit_core-3.12-{ANY}"
    ]
    assert set(made) == {"acme"}  # files for builds are not installed


def test_offline_a_missing_build_requirement_is_named(context: BuildContext) -> None:
    """The cache does not replace it."""
    make_wheel(context.app / "vendor/build", f"flit_core-3.12-{ANY}")
    build(
        offline(context, f"vendor/build/flit_core-3.12-{ANY}"),
        tree(context, "vendor/acme", "flit-core>=3"),
    )
    with pytest.raises(OfflineMissing) as missing:
        build(offline(context), tree(context, "vendor/acme", "flit-core>=3"))
    assert missing.value.missing == required(("vendor/acme", "flit-core>=3"))
    assert missing.value.folder == "vendor/build"


def test_builds_and_the_app_may_use_different_files_of_one_name(context: BuildContext) -> None:
    """Builds use the file in vendor/build/; pip would reject two files with the same name."""
    make_wheel(context.app / "vendor/build", f"packaging-25.0-{ANY}")
    ready = offline(context, f"vendor/build/packaging-25.0-{ANY}")
    made = build(
        ready,
        wheel(context, f"packaging-26.0-{ANY}"),
        tree(context, "vendor/acme", "packaging"),
    )
    (files,) = toolchain(context).requests
    assert [(found.name, found.version) for found in files.distributions] == [
        ("packaging", "25.0")
    ]
    assert made["packaging"].version == "26.0"


def test_a_wheel_for_another_python_is_an_error_with_the_tags_that_fit(
    context: BuildContext,
) -> None:
    with pytest.raises(WheelNotForThisPython) as refused:
        build(context, wheel(context, "acme-1.0-cp27-cp27m-win_amd64.whl"))
    assert refused.value.python.startswith(context.interpreter.version)
    assert "py3-none-any" in refused.value.tags


def test_a_package_for_another_python_is_ignored(context: BuildContext) -> None:
    inspected = wheel(context, "acme-1.0-cp27-cp27m-win_amd64.whl")
    package = requested(inspected.package, f"./{inspected.package.path} ; python_version < '3'")
    assert build_wheels(context, [replace(inspected, package=package)], find_none) == []


@pytest.mark.parametrize(
    ("text", "needs"),
    [("My.Buoys>=0\n", []), ("six\n", ["my_buoys; python_version > '3'"])],
    ids=["by-the-app", "by-a-package"],
)
def test_a_plain_package_that_is_required_reserves_its_name(
    text: str, needs: list[str], context: BuildContext
) -> None:
    requiring = replace(context, plan=plan_of(text))
    made = build(
        requiring,
        module(context, "vendor/my_buoys.py"),
        wheel(context, f"acme-1.0-{ANY}", *needs),
    )
    assert made["my-buoys"].source == "vendor/my_buoys.py"
    assert "Using my_buoys from vendor/my_buoys.py without building it" in logged(
        context.effects
    )
    assert "vendor lock" not in logged(context.effects)


def test_a_plain_package_that_is_not_required_is_only_imported(context: BuildContext) -> None:
    assert build_wheels(context, [module(context, "vendor/buoys.py")], find_none) == []
    assert "Using buoys from vendor/buoys.py without building it" in logged(context.effects)


def test_a_wheel_wins_over_a_plain_package_of_the_same_name(context: BuildContext) -> None:
    requiring = replace(context, plan=plan_of("acme\n"))
    made = build(
        requiring, module(context, "vendor/acme.py"), wheel(context, f"acme-1.0-{ANY}")
    )
    assert made["acme"].version == "1.0"


def test_an_unknown_version_logs_a_warning_with_the_solution(context: BuildContext) -> None:
    inspected = vendor(context.app, "vendor/acme", source("acme"), "setuptools-scm")
    made = build(context, inspected)
    assert made["acme"].version.startswith("0+vendored.")
    assert "vendor/acme takes its version from git, which this build cannot" in logged(
        context.effects
    )
    known = replace(inspected, version="2.0")
    later = replace(context, effects=effects_again(context.effects))
    assert build(later, known)["acme"].version == "2.0"
    assert "takes its version from git" not in logged(later.effects)


# Requirements with the URL of a file


def test_a_path_that_the_metadata_requires_is_built_too(context: BuildContext) -> None:
    boat = tree(context, "vendor/boat", NEEDS=["anchor[iron] @ $HERE/../../libs/anchor"])
    rope = tree(context, "libs/anchor/rope")
    find, asked = finding(
        context, tree(context, "libs/anchor", NEEDS=["rope @ $HERE/rope"]), rope
    )
    wheels = build_wheels(context, [boat], find)
    assert [(wheel.name, wheel.source, wheel.requires) for wheel in wheels] == [
        ("anchor", "libs/anchor", ("rope",)),
        ("boat", "vendor/boat", ("anchor[iron]",)),
        ("rope", "libs/anchor/rope", ()),
    ]
    assert asked == ["libs/anchor", "libs/anchor/rope"]
    assert build_wheels(context, [boat], find) == wheels  # from the cache


def test_no_temporary_path_is_in_a_wheel(context: BuildContext) -> None:
    boat = tree(context, "vendor/boat", NEEDS=["anchor @ $HERE/../../libs/anchor"])
    find, _ = finding(context, tree(context, "libs/anchor"))
    [_, wheel] = build_wheels(context, [boat], find)
    metadata = read_metadata(wheel.path, wheel.source)
    assert metadata.splitlines()[-1] == "Requires-Dist: anchor"


@pytest.mark.parametrize(
    ("needs", "extras", "asked"),
    [
        ("anchor @ $HERE/../../libs/anchor ; python_version < '3'", "", []),
        ("anchor @ $HERE/../../libs/anchor ; extra == 'fast'", "", []),
        ("anchor @ $HERE/../../libs/anchor ; extra == 'fast'", "[fast]", ["libs/anchor"]),
    ],
)
def test_a_path_is_built_only_if_it_is_required(
    needs: str, extras: str, asked: list[str], context: BuildContext
) -> None:
    boat = tree(context, "vendor/boat", NEEDS=[needs])
    find, paths = finding(context, tree(context, "libs/anchor"))
    plan = plan_of(f"boat{extras}\n")
    build_wheels(replace(context, plan=plan), [boat], find)
    assert paths == asked


def test_a_vendored_name_wins_over_a_path(context: BuildContext) -> None:
    boat = tree(context, "vendor/boat", NEEDS=["anchor @ file:///srv/anchor"])
    wheels = build_wheels(context, [boat, tree(context, "vendor/anchor")], find_none)
    assert [wheel.source for wheel in wheels] == ["vendor/anchor", "vendor/boat"]


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("$HERE/../../../anchor", "../anchor"),
        ("file:///srv/anchor", "/srv/anchor"),
        ("$HERE/anchor", "vendor/boat/anchor"),
    ],
)
def test_a_path_without_a_package_is_an_error(
    address: str, target: str, context: BuildContext
) -> None:
    boat = tree(context, "vendor/boat", NEEDS=[f"anchor @ {address}"])
    find, _ = finding(context)
    with pytest.raises(RequirementOutsideTheApp) as stopped:
        build_wheels(context, [boat], find)
    assert (stopped.value.package, stopped.value.name) == ("vendor/boat", "anchor")
    assert stopped.value.target == target


def test_a_package_with_another_name_is_an_error(context: BuildContext) -> None:
    boat = tree(context, "vendor/boat", NEEDS=["anchor @ $HERE/../../libs/chain"])
    find, _ = finding(context, tree(context, "libs/chain"))
    with pytest.raises(VendoredBroken) as stopped:
        build_wheels(context, [boat], find)
    assert "requires anchor, but its name is chain" in stopped.value.reason
