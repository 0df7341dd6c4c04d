"""Packages that a lock leaves out are added, unless that contradicts something."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.consistency import InstalledMetadata, installed_metadata
from slipway.domain.requirements.unlisted import Unlisted, find_unlisted
from unit.samples import lines

MARKERS = {"python_version": "3.12", "sys_platform": "linux"}
MODULE = "gunicorn/util.py"


def installed(*distributions: str) -> InstalledMetadata:
    """Read `name version: requirement, requirement` of each distribution."""
    texts = []
    for one in distributions:
        head, _, requires = one.partition(": ")
        name, _, version = head.partition(" ")
        fields = [f"Name: {name}", f"Version: {version}"]
        fields += [f"Requires-Dist: {text}" for text in requires.split(", ") if text]
        texts.append("\n".join(fields) + "\n")
    return installed_metadata(texts, MARKERS)


def find(
    found: InstalledMetadata,
    importer: str | None = MODULE,
    own: str = "",
    fixed_by: str | None = None,
    unavailable: str | None = None,
) -> Unlisted:
    return find_unlisted(
        found, importer, lines(own), MARKERS, fixed_by=fixed_by, unavailable=unavailable
    )


def test_nothing_is_added_without_a_need() -> None:
    found = find(installed("django 5.2: asgiref", "asgiref 3"), None, "setuptools>=80\n")
    assert found == Unlisted(requirements=(), reasons={}, is_required=False, conflict=None)


@pytest.mark.parametrize("name", ["setuptools", "pip", "wheel", "distribute"])
def test_a_missing_package_that_tools_leave_out_is_added(name: str) -> None:
    found = find(installed(f"quay 1: {name}>=3", f"pier 2: {name}!=4,<90"), None)
    assert found.requirements == (f"{name}>=3", f"{name}!=4,<90")
    assert found.reasons == {name: "because quay 1 requires it"}
    assert found.is_required


def test_other_missing_packages_are_not_added() -> None:
    assert find(installed("quay 1: six, absent; extra == 'x'"), None).requirements == ()


def test_requirements_for_other_pythons_do_not_count() -> None:
    found = installed("quay 1: setuptools; python_version >= '3.13'")
    assert find(found, None).requirements == ()


@pytest.mark.parametrize(
    "distributions",
    [
        ("gunicorn 19.9.0",),
        ("gunicorn 20.1.0: setuptools>=3.0",),
        ("gunicorn 20.1.0: setuptools>=3.0", "setuptools 82.0.1"),
    ],
)
def test_a_module_gets_a_setuptools_with_pkg_resources(distributions: tuple[str, ...]) -> None:
    found = find(installed(*distributions))
    assert found.requirements[-1] == "setuptools<81"
    assert found.reasons["setuptools"].startswith(f"because {MODULE} imports pkg_resources")
    assert found.conflict is None
    assert found.is_required == (len(distributions) == 1 and "setuptools" in distributions[0])


def test_everything_that_is_required_of_setuptools_counts() -> None:
    metadata = installed("gunicorn 20.1.0: setuptools>=3.0", "quay 1: setuptools!=80.1")
    own = "setuptools>60 ; python_version > '3'\nsetuptools==1; python_version < '3'\npip<20\n"
    assert find(metadata, own=own).requirements == (
        "setuptools>60 ; python_version > '3'",
        "setuptools>=3.0",
        "setuptools!=80.1",
        "setuptools<81",
    )


@pytest.mark.parametrize(
    "line",
    [
        *("setuptools==82.0.0", "setuptools>=81", "setuptools>82", "setuptools~=82.0"),
        *("setuptools==82.*", "setuptools===82.0", "setuptools===special"),
        *("setuptools>=70,>=81", "setuptools @ https://h.example/setuptools-82.whl"),
    ],
)
def test_a_requirement_of_the_app_is_never_contradicted(line: str) -> None:
    found = find(installed("gunicorn 19", "setuptools 82"), own=f"six\n{line}\n")
    assert found.requirements == ()
    assert found.conflict is not None
    assert ":2 requires `setuptools" in found.conflict
    assert found.conflict.endswith("Write `setuptools<81` instead")


def test_a_requirement_of_a_package_is_never_contradicted() -> None:
    found = find(installed("gunicorn 19", "quay 1: setuptools>=82", "setuptools 82"))
    assert found.requirements == ()
    assert found.conflict == (
        "quay 1 requires `setuptools>=82`. Use a version of quay that accepts `setuptools<81`"
    )


def test_a_missing_setuptools_is_added_even_if_it_has_no_pkg_resources() -> None:
    found = find(installed("gunicorn 19", "quay 1: setuptools>=82"))
    assert found.requirements == ("setuptools>=82",)
    assert found.conflict


@pytest.mark.parametrize(
    "line", ["setuptools", "setuptools>=80", "setuptools!=82", "setuptools~=80.1"]
)
def test_an_open_requirement_is_no_conflict(line: str) -> None:
    found = find(installed("gunicorn 19", "setuptools 82"), own=f"{line}\n")
    assert found.requirements == (line, "setuptools<81")


def test_a_variable_is_left_to_the_resolver() -> None:
    own = lines("setuptools==${VERSION}\n", VERSION="80.0")
    found = find_unlisted(
        installed("gunicorn 19"), MODULE, own, MARKERS, fixed_by=None, unavailable=None
    )
    assert found.requirements == ("setuptools==${VERSION}", "setuptools<81")


def test_a_version_that_the_app_has_chosen_stays() -> None:
    found = find(installed("gunicorn 19", "setuptools 82"), fixed_by="a lock. Lock again")
    assert (found.requirements, found.conflict) == ((), "a lock. Lock again")


def test_a_requirement_explains_more_than_the_lack_of_an_index() -> None:
    metadata = installed("gunicorn 19")
    assert find(metadata, unavailable="offline").conflict == "offline"
    own = find(metadata, own="setuptools>81\n", unavailable="offline").conflict
    assert own
    assert "requires" in own
