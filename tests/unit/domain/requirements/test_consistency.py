"""Installed distributions satisfy each other, or every problem is named."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.consistency import installed_metadata
from slipway.domain.requirements.consistency import problems as find_problems

MARKERS = {"python_version": "3.12", "sys_platform": "linux"}


def metadata(name: str, version: str, *requires: str) -> str:
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    return "Metadata-Version: 2.1\n" + "\n".join(lines) + "\n"


def problems(texts: list[str], markers: dict[str, str]) -> tuple[str, ...]:
    return find_problems(installed_metadata(texts, markers))


QUAY = metadata("Quay_Wall", "2.0")


@pytest.mark.parametrize(
    "requirement",
    [
        "quay-wall",
        "quay.wall[extra]>=2",
        "absent; sys_platform == 'win32'",
        "absent; extra == 'rope'",
        "absent; python_version < '3'",
        "quay-wall @ https://host.example/quay",
        "not a requirement",
        "absent; os_name ~= 'posix'",
    ],
)
def test_satisfied_requirements_are_not_a_problem(requirement: str) -> None:
    assert problems([QUAY, metadata("anchor", "1", requirement)], MARKERS) == ()


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("absent>=1", "anchor 1 requires absent, which is not installed."),
        (
            "quay-wall<2",
            "anchor 1 has requirement quay-wall<2, but you have quay-wall 2.0.",
        ),
    ],
)
def test_a_missing_package_or_version_is_named(requirement: str, problem: str) -> None:
    assert problems([QUAY, metadata("anchor", "1", requirement)], MARKERS) == (problem,)


def test_a_prerelease_satisfies_a_requirement() -> None:
    both = [metadata("quay", "2.0b1"), metadata("anchor", "1", "quay>=1")]
    assert problems(both, MARKERS) == ()


def test_fields_are_read_with_their_continuation_lines() -> None:
    text = (
        "Metadata-Version: 2.1\nNAME: anchor\nversion: 1\nSummary: Holds\n  Name: nothing\n"
        "requires-dist: quay-wall<2\nAuthor: A\n\tRequires-Dist: absent"
    )
    [problem] = problems([QUAY, text], MARKERS)
    assert problem == "anchor 1 has requirement quay-wall<2, but you have quay-wall 2.0."
