"""The packages of a lock become lines, once the app's Python is selected."""

from __future__ import annotations

from dataclasses import replace

from slipway.domain.locks.brought import FromAddress, FromIndex, FromPath, Index, Pin
from slipway.domain.locks.fit import fit_to_python
from slipway.domain.requirements.lines import LineKind
from unit.brought_locks import FakeLock, locked_plan
from unit.samples import PLAN, plain, tree

A, B = f"sha256:{'ab' * 32}", f"sha256:{'cd' * 32}"
SIX = Pin(name="six", version="1.17.0", source=FromIndex(), hashes=(A, B))
WHEEL = Pin(name="quay", source=FromPath(path="libs/quay-1.0-py3-none-any.whl"), hashes=(A,))
APP = Pin(name="harbour", source=FromPath(path="."))
OTHERS = (
    Pin(
        name="acme",
        version="1.0",
        source=FromIndex(index=Index(url="https://yard.example/", tool="uv")),
        hashes=(A,),
    ),
    Pin(name="crane", source=FromAddress(address="git+https://h.example/crane@01")),
)


def test_packages_of_the_default_index_become_hashed_lines() -> None:
    dependencies = locked_plan(FakeLock(pins=(SIX, *OTHERS))).dependencies
    [line] = dependencies.requirements
    assert line.text == f"six==1.17.0 --hash={A} --hash={B}"
    assert (line.kind, line.name, line.hashes) == (LineKind.NAMED, "six", (A, B))
    assert line.place == "uv.lock"
    assert dependencies.pinned_names == {"acme", "crane", "six"}
    assert dependencies.is_lock


def test_paths_become_direct_lines_with_their_hashes() -> None:
    dependencies = locked_plan(FakeLock(pins=(APP, WHEEL))).dependencies
    app, wheel = dependencies.requirements
    assert (app.kind, app.value, app.local_path) == (LineKind.DIRECT, ".", ".")
    assert wheel.local_path == f"./{WHEEL.source.path}"  # type: ignore[union-attr]
    assert wheel.hashes == (A,)


def test_only_the_vendored_packages_of_this_python_stay() -> None:
    lock = FakeLock(pins=(WHEEL,))
    [line] = locked_plan(lock).dependencies.requirements
    other = replace(line, text="./libs/other", value="./libs/other", name="other")
    packages = (
        replace(tree("libs/quay"), requested_by=(line,)),
        replace(tree("libs/other"), requested_by=(other,)),
        plain("vendor/plain"),
    )
    plan = replace(
        PLAN, vendoring=replace(PLAN.vendoring, folders=("vendor",), packages=packages)
    )
    dependencies = locked_plan(lock).dependencies
    decided = replace(
        plan,
        dependencies=replace(dependencies, requirements=(line, other), pins=()),
    )
    kept = fit_to_python(decided, {}).vendoring.packages
    assert [package.path for package in kept] == ["libs/quay", "vendor/plain"]
