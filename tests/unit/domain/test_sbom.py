"""A bill of materials lists every package, and the origin of each vendored one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from slipway.domain.build_record import BuildRecord, VendoredRecord
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.sbom import render

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WHEEL = "acme==1.0+vendored.1 sha256:" + "cd" * 32


def vendored(
    path: str = "vendor/acme",
    url: str | None = "https://git.example/harbour/acme.git",
    wheel: str | None = WHEEL,
) -> VendoredRecord:
    return VendoredRecord(
        path=path, files=f"sha256:{'ab' * 32}", url=url, commit=COMMIT, wheel=wheel
    )


def record(
    packages: Mapping[str, str] | None = None, vendored: Iterable[VendoredRecord] = ()
) -> BuildRecord:
    return BuildRecord(
        python="3.13.1",
        python_bundled=True,
        toolchain="pip-tools",
        packages=packages or {},
        vendored=tuple(vendored),
        shared_libraries=("libc.so.6",),
        processes={"web": "gunicorn a:b"},
        processes_are_default=True,
    )


def locked(name: str, version: str, *hashes: str) -> Lock:
    package = LockedPackage(name=name, requirement=f"{name}=={version}", hashes=hashes)
    return Lock(packages=(package,))


def components(built: BuildRecord, lock: Lock | None = None) -> dict[str, dict[str, Any]]:
    """Validate a bill of materials as CycloneDX, and return its components by name."""
    text = render(built, lock or Lock(packages=()))
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None
    return {one["name"]: one for one in json.loads(text)["components"]}


def properties(component: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in component["properties"]}


def test_every_installed_package_has_its_purl() -> None:
    found = components(record({"Zope.Interface": "7.0", "django": "5.2"}))
    assert found["django"]["purl"] == "pkg:pypi/django@5.2"
    assert found["Zope.Interface"]["purl"] == "pkg:pypi/zope-interface@7.0"
    assert found["Zope.Interface"]["version"] == "7.0"


def test_the_python_has_its_cpe() -> None:
    python = components(record())["python"]
    assert python["cpe"] == "cpe:2.3:a:python:python:3.13.1:*:*:*:*:*:*:*"
    assert properties(python) == {"slipway:bundled": "true"}


def test_a_vendored_package_has_its_path_url_and_commit() -> None:
    built = record({"acme": "1.0+vendored.1"}, [vendored()])
    acme = components(built, locked("acme", "1.0+vendored.1", f"sha256:{'cd' * 32}"))["acme"]
    assert acme["externalReferences"] == [
        {"type": "vcs", "url": "https://git.example/harbour/acme.git"}
    ]
    assert properties(acme) == {
        "slipway:path": "vendor/acme",
        "slipway:files": f"sha256:{'ab' * 32}",
        "slipway:commit": COMMIT,
    }
    assert acme["hashes"] == [{"alg": "SHA-256", "content": "cd" * 32}]
    purl = PackageURL.from_string(acme["purl"])
    assert purl.version == "1.0+vendored.1"
    assert purl.qualifiers == {"vcs_url": f"git+https://git.example/harbour/acme.git@{COMMIT}"}


def test_plain_packages_are_listed_too() -> None:
    plain = vendored(path="vendor/buoys", wheel=None)
    buoys = components(record({"six": "1.17.0"}, [plain]))["buoys"]
    assert properties(buoys)["slipway:path"] == "vendor/buoys"
    assert properties(buoys)["slipway:commit"] == COMMIT
    assert "version" not in buoys


def test_a_package_with_several_possible_files_has_no_hash() -> None:
    two = locked("six", "1.17.0", f"sha256:{'01' * 32}", f"sha256:{'23' * 32}")
    assert "hashes" not in components(record({"six": "1.17.0"}), two)["six"]
    one = locked("six", "1.17.0", f"sha256:{'01' * 32}")
    assert components(record({"six": "1.17.0"}), one)["six"]["hashes"]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("git@git.example:harbour/acme.git", "ssh://git.example/harbour/acme.git"),
        ("git.example:/srv/acme", "ssh://git.example/srv/acme"),
        ("ssh://git@git.example/acme", "ssh://git.example/acme"),
        ("https://git.example/a b/acmé", "https://git.example/a%20b/acm%C3%A9"),
        ("git://git.example/acme", "git://git.example/acme"),
    ],
)
def test_every_form_of_a_git_address_becomes_a_url(url: str, address: str) -> None:
    acme = components(record({"acme": "1.0"}, [vendored(url=url)]))["acme"]
    assert acme["externalReferences"][0]["url"] == address
    scheme = "" if address.startswith("git://") else "git+"
    purl = PackageURL.from_string(acme["purl"])
    assert (purl.type, purl.name, purl.version) == ("pypi", "acme", "1.0")
    assert purl.qualifiers == {"vcs_url": f"{scheme}{address}@{COMMIT}"}


@pytest.mark.parametrize("url", [None, "../acme.git", "/srv/git/acme.git", "./acme"])
def test_an_address_without_a_host_is_left_out(url: str | None) -> None:
    acme = components(record({"acme": "1.0"}, [vendored(url=url)]))["acme"]
    assert "externalReferences" not in acme
    assert acme["purl"] == "pkg:pypi/acme@1.0"
    assert properties(acme)["slipway:commit"] == COMMIT


def test_no_credential_is_in_the_bill() -> None:
    built = record({"acme": "1.0"}, [vendored(url="https://ann:s3cret@git.example/acme")])
    assert "s3cret" not in render(built, Lock(packages=()))
    assert "ann" not in render(built, Lock(packages=()))


def test_the_bill_does_not_depend_on_the_order_of_the_record() -> None:
    packages = {"django": "5.2", "six": "1.17.0"}
    backwards = dict(reversed(packages.items()))
    paths = [vendored("vendor/b", wheel=None), vendored("vendor/a", wheel=None)]
    first = render(record(packages, paths), Lock(packages=()))
    assert first == render(record(backwards, paths[::-1]), Lock(packages=()))
    assert "serialNumber" not in first
    assert "timestamp" not in first
