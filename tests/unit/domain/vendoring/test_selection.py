"""One vendored package of each name is selected for a Python, in the order to build them."""

from __future__ import annotations

import pytest
from packaging.version import Version

from slipway.domain.vendoring.packages import VendoredPackage
from slipway.domain.vendoring.selection import (
    build_order,
    excluded_by_markers,
    select,
    select_for_builds,
)
from slipway.errors.vendored import (
    VendoredBuildCycle,
    VendoredTwice,
    WheelInvalid,
    WheelNotForThisPython,
)
from unit.samples import PYTHON, inspected, plain, requested, tree, wheel_file

TAGS = (
    "cp313-cp313-manylinux_2_36_x86_64",
    "cp313-cp313-linux_x86_64",
    "cp313-abi3-manylinux_2_36_x86_64",
    "cp39-abi3-linux_x86_64",
    "py3-none-any",
    "py2-none-any",
)
ANY = "py3-none-any.whl"


def selected(*packages: VendoredPackage) -> list[str]:
    found = select([inspected(package) for package in packages], PYTHON, TAGS)
    return [one.path for one in found]


def ordered(*packages: VendoredPackage) -> list[str]:
    found = build_order([inspected(package) for package in packages])
    return [one.path for one in found]


def test_a_name_that_exists_once_is_selected() -> None:
    assert selected(
        wheel_file(f"vendor/x-1.0-{ANY}"),
        tree("vendor/acme"),
        tree("vendor/y-1.0.tar.gz", "y"),
        tree("vendor/legacy", None),
        tree("vendor/older", None),
        plain("vendor/buoys"),
    ) == [
        "vendor/acme",
        "vendor/buoys",
        "vendor/legacy",
        "vendor/older",
        f"vendor/x-1.0-{ANY}",
        "vendor/y-1.0.tar.gz",
    ]


@pytest.mark.parametrize(
    ("tags", "best"),
    [
        pytest.param(["py3-none-any", "cp39-abi3-linux_x86_64"], 1, id="the-most-specific"),
        pytest.param(
            ["cp313-cp313-win_amd64", "cp312-cp312-linux_x86_64", "cp313-cp313-linux_x86_64"],
            2,
            id="the-only-one-that-fits",
        ),
        pytest.param(["cp27-cp27m-win32", "py2.py3-none-any"], 1, id="one-of-its-tags"),
    ],
)
def test_the_wheel_that_fits_best_is_selected(tags: list[str], best: int) -> None:
    paths = [f"vendor/wheels/x-1.0-{tag}.whl" for tag in tags]
    assert selected(*map(wheel_file, paths)) == [paths[best]]


def test_a_fitting_wheel_is_preferred_to_its_sdist() -> None:
    wheel, sdist = wheel_file(f"vendor/My_X-1.0-{ANY}"), tree("vendor/my_x-1.0.tar.gz", "my-x")
    assert selected(sdist, wheel) == [wheel.path]


def test_an_sdist_is_selected_if_no_wheel_fits() -> None:
    wheel, sdist = (
        wheel_file("vendor/x-1.0-cp313-cp313-win32.whl"),
        tree("vendor/x-1.0.zip", "x"),
    )
    assert selected(sdist, wheel) == [sdist.path]


def test_wheels_for_other_pythons_are_rejected_by_their_names() -> None:
    paths = ("vendor/x-1.0-cp27-cp27m-win_amd64.whl", "vendor/x-2.0-cp312-cp312-win32.whl")
    with pytest.raises(WheelNotForThisPython) as rejected:
        selected(tree("vendor/acme"), *map(wheel_file, paths))
    assert rejected.value.paths == paths
    assert rejected.value.python == "3.13.1 on linux-x86_64 with glibc 2.36"
    assert rejected.value.tags == (TAGS[0], TAGS[2], "py3-none-any")


@pytest.mark.parametrize(
    "rivals",
    [
        pytest.param([tree("a/x"), tree("b/x")], id="trees"),
        pytest.param([tree("a/X.Y", "x-y"), tree("b", "x-y")], id="names-in-metadata"),
        pytest.param([tree("a/x"), tree("x-1.0.tar.gz", "x")], id="tree-and-sdist"),
        pytest.param([tree("a/x"), wheel_file(f"x-1.0-{ANY}")], id="tree-and-wheel"),
        pytest.param(
            [tree("x-1.1.tar.gz", "x"), wheel_file(f"x-1.0-{ANY}")],
            id="sdist-of-another-version",
        ),
        pytest.param(
            [wheel_file(f"x-1.0-{ANY}"), wheel_file(f"X-1.1-{ANY}")],
            id="wheels-of-two-versions",
        ),
        pytest.param([tree("x-1.0.tar.gz", "x"), tree("x-1.0.zip", "x")], id="sdists"),
    ],
)
def test_two_packages_of_one_name_are_rejected_with_their_paths(
    rivals: list[VendoredPackage],
) -> None:
    with pytest.raises(VendoredTwice) as twice:
        selected(tree("vendor/other"), *rivals)
    assert sorted(twice.value.paths) == sorted(package.path for package in rivals)
    assert twice.value.name in ("x", "x-y")


def test_equal_wheels_in_two_folders_are_one_package() -> None:
    paths = [f"vendor/a/x-1.0-{ANY}", f"vendor/b/x-1.0-{ANY}"]
    assert selected(*map(wheel_file, paths)) == [paths[0]]


def test_different_wheels_of_one_file_name_are_two_packages() -> None:
    """It is not clear which one is intended, so neither is selected."""
    found = [
        inspected(wheel_file(f"vendor/a/x-1.0-{ANY}"), "ab" * 32),
        inspected(wheel_file(f"vendor/b/x-1.0-{ANY}"), "cd" * 32),
    ]
    with pytest.raises(VendoredTwice) as twice:
        select(found, PYTHON, TAGS)
    assert twice.value.paths == (f"vendor/a/x-1.0-{ANY}", f"vendor/b/x-1.0-{ANY}")


@pytest.mark.parametrize(
    "versions", [("1.0", "1.0.0"), ("1.0rc1", "1.0c1"), ("1.0+a.b", "1.0+a_b")]
)
def test_a_version_may_be_spelled_in_several_ways(versions: tuple[str, str]) -> None:
    wheel = wheel_file(f"vendor/x-{versions[0]}-{ANY}")
    assert selected(tree(f"vendor/x-{versions[1]}.tar.gz", "x"), wheel) == [wheel.path]


def test_the_highest_build_number_of_a_wheel_is_selected() -> None:
    # https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    paths = [f"vendor/x-1.0-{build}-{ANY}" for build in ("1", "10", "2")]
    assert selected(*map(wheel_file, paths)) == [paths[1]]


@pytest.mark.parametrize("name", ["x.whl", "x-1.0.whl", "x-one-py3-none-any.whl"])
def test_an_invalid_wheel_name_is_rejected(name: str) -> None:
    with pytest.raises(WheelInvalid) as invalid:
        selected(wheel_file(f"vendor/{name}"))
    assert invalid.value.path == f"vendor/{name}"


def test_packages_for_other_pythons_are_left_out() -> None:
    packages = [
        requested(tree("vendor/old"), "./vendor/old ; python_version < '3.11'"),
        requested(
            tree("vendor/both"),
            "./vendor/both ; python_version < '3.11'",
            "./vendor/both[web] ; python_version >= '3.11'",
        ),
        requested(tree("vendor/named"), "./vendor/named"),
        tree("vendor/unnamed"),
    ]
    assert selected(*packages) == ["vendor/both", "vendor/named", "vendor/unnamed"]


def test_each_excluded_name_has_the_line_that_excludes_it() -> None:
    marker = "; python_version < '3'"
    packages = [
        requested(tree("vendor/My_Old", "my-old"), f"./vendor/My_Old {marker}"),
        requested(wheel_file(f"vendor/X-1.0-{ANY}"), f"./vendor/X-1.0-{ANY} {marker}"),
        requested(plain("vendor/buoys"), f"./vendor/buoys {marker}"),
        requested(tree("vendor/named"), "./vendor/named"),
        tree("vendor/unnamed"),
    ]
    found = excluded_by_markers(packages, PYTHON.markers)
    assert {name: line.value for name, line in found.items()} == {
        "my-old": "./vendor/My_Old",
        "x": f"./vendor/X-1.0-{ANY}",
    }


def test_build_requirements_are_built_first() -> None:
    assert ordered(
        tree("vendor/acme", "acme", "Acme_Rules>=1", "setuptools"),
        tree("vendor/berths", "berths", "acme[web]", "rules.of.acme"),
        tree("vendor/rules", "acme-rules"),
        wheel_file(f"vendor/rules_of_acme-1.0-{ANY}"),
    ) == [
        "vendor/rules",
        f"vendor/rules_of_acme-1.0-{ANY}",
        "vendor/acme",
        "vendor/berths",
    ]


def test_a_cycle_of_build_requirements_is_an_error() -> None:
    with pytest.raises(VendoredBuildCycle) as cycle:
        ordered(
            tree("vendor/a", "a", "b"),
            tree("vendor/b", "b", "c"),
            tree("vendor/c", "c", "a"),
            tree("vendor/d"),
        )
    assert set(cycle.value.paths) == {"vendor/a", "vendor/b", "vendor/c"}


def test_available_packages_do_not_have_to_be_built_first() -> None:
    """A wheel in vendor/build/ breaks a cycle."""
    packages = [inspected(tree("vendor/a", "a", "b")), inspected(tree("vendor/b", "b", "a"))]
    found = build_order(packages, {"b"})
    assert [one.path for one in found] == ["vendor/a", "vendor/b"]


def test_a_tree_without_a_name_is_kept_in_order() -> None:
    assert ordered(tree("vendor/a", None, "setuptools"), tree("vendor/b", None, "x")) == [
        "vendor/a",
        "vendor/b",
    ]


# Files for builds

BUILD_TAGS = ("cp313-cp313-linux_x86_64", "cp39-abi3-linux_x86_64", "py3-none-any")


def selected_for_builds(*files: str) -> list[str]:
    found = select_for_builds([f"vendor/build/{file}" for file in files], BUILD_TAGS)
    return [path.removeprefix("vendor/build/") for path, _ in found.values()]


def test_a_file_for_builds_has_the_normalized_name_and_version() -> None:
    path = "vendor/build/My_Rules-1.0.0rc1.tar.gz"
    assert select_for_builds([path], BUILD_TAGS) == {"my-rules": (path, Version("1.0.0rc1"))}


@pytest.mark.parametrize(
    ("files", "best"),
    [
        pytest.param([f"x-1.9-{ANY}", f"x-1.10-{ANY}"], f"x-1.10-{ANY}", id="newest"),
        pytest.param(["x-1.0.tar.gz", f"x-1.0-{ANY}"], f"x-1.0-{ANY}", id="wheel-before-sdist"),
        pytest.param([f"x-1.0-{ANY}", "x-1.1.zip"], "x-1.1.zip", id="newer-sdist"),
        pytest.param(
            [f"x-1.0-{ANY}", "x-1.0-cp39-abi3-linux_x86_64.whl"],
            "x-1.0-cp39-abi3-linux_x86_64.whl",
            id="the-most-specific",
        ),
        pytest.param(
            [f"x-1.0-{ANY}", "x-2.0-cp313-cp313-win_amd64.whl"],
            f"x-1.0-{ANY}",
            id="the-one-that-fits",
        ),
        pytest.param([f"X_Y-1.0-{ANY}", f"x.y-1.1-{ANY}"], f"x.y-1.1-{ANY}", id="spelling"),
        pytest.param([f"a/x-1.0-{ANY}", f"b/x-1.1-{ANY}"], f"b/x-1.1-{ANY}", id="folders"),
    ],
)
def test_the_best_file_of_a_name_is_selected_for_builds(files: list[str], best: str) -> None:
    assert selected_for_builds(*files) == [best]
    assert selected_for_builds(*reversed(files)) == [best]


@pytest.mark.parametrize(
    "file", ["x-1.0-cp27-cp27m-linux_x86_64.whl", "notes.tar.gz", "x.whl", "x-1.0.tar.bz2"]
)
def test_a_file_that_no_build_can_use_is_not_selected(file: str) -> None:
    assert selected_for_builds(file) == []
