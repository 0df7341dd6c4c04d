"""The fields that a resolver needs are read, and errors in others are ignored."""

from __future__ import annotations

import pytest

from slipway.domain.vendoring.core_metadata import CoreMetadata, parse_metadata, require_by_name
from slipway.errors.vendored import VendoredBroken

TIDES = """\
Metadata-Version: 2.4
Name: Acme.Tides
Version: 1.0-rc1
Summary: Tide tables
Requires-Python: >=3.10
Requires-Dist: Django>=5.2
Requires-Dist: psycopg[binary]; extra == "data_base"
Provides-Extra: data_base

Name: not a field, because it is in the description
"""


def test_the_fields_for_a_resolver_are_read() -> None:
    assert parse_metadata(TIDES, "vendor/tides") == CoreMetadata(
        name="acme-tides",
        version="1.0rc1",
        requires=("Django>=5.2", 'psycopg[binary]; extra == "data_base"'),
        requires_python=">=3.10",
    )


def test_a_package_may_have_no_requirements() -> None:
    metadata = parse_metadata("Name: tides\nVersion: 0+vendored.0123abcd\n", "vendor/tides")
    assert (metadata.requires, metadata.requires_python) == ((), None)
    assert metadata.version == "0+vendored.0123abcd"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Colour: blue", id="unknown-field"),
        pytest.param("Metadata-Version: 99", id="unknown-version"),
        pytest.param("Project-URL: no comma", id="malformed-field"),
        pytest.param("Summary: one\nSummary: two", id="repeated-field"),
        pytest.param("Author: \ufffd\ufffd", id="undecodable-letters"),
    ],
)
def test_errors_in_other_fields_are_ignored(line: str) -> None:
    assert parse_metadata(f"{line}\n{TIDES}", "vendor/tides").name == "acme-tides"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "Name:", id="empty"),
        pytest.param("Version: 1.0\n", "Name:", id="no-name"),
        pytest.param("Name: \nVersion: 1.0\n", "Name:", id="empty-name"),
        pytest.param("Name: one\nName: two\nVersion: 1.0\n", "more than one", id="two-names"),
        pytest.param("Name: ../tides\nVersion: 1.0\n", "`../tides`", id="invalid-name"),
        pytest.param("Name: tides\n", "Version:", id="no-version"),
        pytest.param("Name: tides\nVersion: latest\n", "`latest`", id="invalid-version"),
    ],
)
def test_a_package_without_name_or_version_is_broken(text: str, words: str) -> None:
    with pytest.raises(VendoredBroken) as broken:
        parse_metadata(text, "vendor/tides/PKG-INFO")
    assert broken.value.path == "vendor/tides/PKG-INFO"
    assert words in broken.value.reason


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Requires-Dist: rules @ git+ssh://git@h.example/rules", "Requires-Dist: rules"),
        (
            "Requires-Dist: Rules[web] @ https://h.example/r.zip ; python_version > '3'",
            'Requires-Dist: Rules[web]; python_version > "3"',
        ),
        ("Requires-Dist: other @ https://h.example/o.zip",) * 2,
        ("Requires-Dist: rules>=2",) * 2,
        ("Requires-Dist: not a requirement @",) * 2,
        ("Summary: rules @ https://h.example/r.zip",) * 2,
    ],
)
def test_vendored_packages_are_required_by_name(line: str, expected: str) -> None:
    text = f"Metadata-Version: 2.1\nName: acme\nVersion: 1\n{line}\n\nwords\n"
    assert require_by_name(text, {"rules"}) == text.replace(line, expected)
