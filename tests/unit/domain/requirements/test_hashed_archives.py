"""Hashed requirements with addresses become pins, whose files are fetched before all else."""

from __future__ import annotations

import pytest

from slipway.domain.locks.brought import FromAddress
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.hashed_archives import line_of_archive, with_hashed_archives
from slipway.domain.requirements.lines import read_lines
from slipway.domain.requirements.lock import from_hashed_lines

A, B = f"sha256:{'a1' * 32}", f"sha256:{'b2' * 32}"
WHEEL = "https://h.example/boat-1.0-py3-none-any.whl"
MARKERS = {"python_version": "3.13", "sys_platform": "linux"}


def dependencies(text: str, variables: dict[str, str] | None = None) -> Dependencies:
    lines = tuple(read_lines(text, "requirements.txt", variables or {}))
    return Dependencies(
        origin="requirements.txt", files=("requirements.txt",), requirements=lines
    )


@pytest.mark.parametrize(
    ("line", "name", "address"),
    [
        (f"boat @ {WHEEL}?token=x", "boat", f"{WHEEL}?token=x"),
        (f"Boat[sail] @ {WHEEL}#sha256=00", "boat", f"{WHEEL}#sha256=00"),
        (f"boat@{WHEEL} ; python_version > '3'", "boat", WHEEL),
        (f"{WHEEL}?token=x", "boat", f"{WHEEL}?token=x"),
        ("https://ci:x@h.example/Tide_Table-2.tar.gz", "tide-table", None),
        (
            "boat @ https://ci:${TOKEN}@h.example/b.zip",
            "boat",
            "https://ci:${TOKEN}@h.example/b.zip",
        ),
        ("boat @ ${PLACE}", "boat", "${PLACE}"),
    ],
)
def test_an_archive_with_a_hash_is_a_pin(line: str, name: str, address: str | None) -> None:
    text = f"{line} --hash={B} --hash={A}\nsix==1.17.0 --hash={A}\n"
    found = with_hashed_archives(
        dependencies(text, {"TOKEN": "x", "PLACE": WHEEL}), MARKERS, ()
    )
    [pin] = found.pins
    assert (pin.name, pin.hashes) == (name, (A, B))
    assert pin.source == FromAddress(address=address or line)
    assert line_of_archive(pin, found).place == "requirements.txt:1"
    assert from_hashed_lines(found.requirements).names == {name, "six"}


@pytest.mark.parametrize(
    "line",
    [
        f"boat @ {WHEEL}",
        f"boat @ {WHEEL} --config-settings=a=b --hash={A}",
        f"boat @ git+https://h.example/boat.git@v1 --hash={A}",
        f"https://h.example/archive/main.zip --hash={A}",
        f"./wheels/boat-1.0-py3-none-any.whl --hash={A}",
    ],
)
def test_other_requirements_stay_as_they_are(line: str) -> None:
    known = dependencies(f"{line}\nsix==1.17.0 --hash={A}\n")
    assert with_hashed_archives(known, MARKERS, ()) == known


def test_a_marker_or_a_vendored_package_takes_the_place_of_an_archive() -> None:
    text = f"boat @ {WHEEL} ; python_version < '3' --hash={A}\n"
    assert with_hashed_archives(dependencies(text), MARKERS, ()).pins == ()
    known = dependencies(f"boat @ {WHEEL} --hash={A}\n")
    assert with_hashed_archives(known, MARKERS, {"boat"}) == known
