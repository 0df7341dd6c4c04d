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
from slipway.domain.sbom import InstalledDistribution, render

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NO_LOCK = Lock(packages=())
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
        packages=packages or {},
        added=(),
        vendored=tuple(vendored),
        shared_libraries=("libc.so.6",),
        processes={"web": "gunicorn a:b"},
        processes_are_default=True,
    )


def locked(name: str, version: str, *hashes: str) -> Lock:
    package = LockedPackage(name=name, requirement=f"{name}=={version}", hashes=hashes)
    return Lock(packages=(package,))


def installed(
    name: str, *fields: str, direct_url: object = None, version: str = "1.0"
) -> InstalledDistribution:
    header = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
    return InstalledDistribution(
        metadata=header + "".join(f"{field}\n" for field in fields),
        direct_url=None if direct_url is None else json.dumps(direct_url),
        record="ee" * 32,
    )


MARKERS = {
    "python_version": "3.13",
    "python_full_version": "3.13.1",
    "sys_platform": "linux",
    "extra": "",
}


def document(
    built: BuildRecord,
    lock: Lock | None = None,
    distributions: Iterable[InstalledDistribution] = (),
    required: Mapping[str, Iterable[str]] | None = None,
) -> dict[str, Any]:
    """Validate a bill of materials as CycloneDX."""
    text = render(built, lock or NO_LOCK, tuple(distributions), MARKERS, required or {})
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None
    found: dict[str, Any] = json.loads(text)
    refs = [one["bom-ref"] for one in found["components"]]
    assert len(refs) == len(set(refs))
    assert sorted(one["ref"] for one in found["dependencies"]) == sorted(["app", *refs])
    return found


def components(
    built: BuildRecord,
    lock: Lock | None = None,
    distributions: Iterable[InstalledDistribution] = (),
) -> dict[str, dict[str, Any]]:
    """Return the components of a valid bill of materials, by name."""
    return {one["name"]: one for one in document(built, lock, distributions)["components"]}


def graph(
    packages: Iterable[InstalledDistribution], **required: Iterable[str]
) -> dict[str, list[str]]:
    """Return the dependency graph with names instead of references, without the Python."""
    names = {one.metadata.split("Name: ")[1].split("\n")[0]: one for one in packages}
    found = document(record(dict.fromkeys(names, "1.0")), None, packages, required)

    def name(ref: str) -> str:
        return ref.partition("@")[0].rpartition("/")[2]

    edges = {name(one["ref"]): [*map(name, one["dependsOn"])] for one in found["dependencies"]}
    del edges["python"]
    edges["app"].remove("python")
    return edges


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
    # A scanner must not take it for a stranger's project of that name on the public index.
    assert (purl.type, purl.namespace, purl.name) == ("generic", "vendored", "acme")
    assert purl.version == "1.0+vendored.1"
    assert purl.qualifiers == {"vcs_url": f"git+https://git.example/harbour/acme.git@{COMMIT}"}


def test_plain_packages_are_listed_too() -> None:
    plain = vendored(path="vendor/buoys", wheel=None)
    buoys = components(record({"six": "1.17.0"}, [plain]))["buoys"]
    assert properties(buoys)["slipway:path"] == "vendor/buoys"
    assert properties(buoys)["slipway:commit"] == COMMIT
    assert buoys["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert "version" not in buoys


def test_each_package_has_the_hashes_that_are_known() -> None:
    built, six = record({"six": "1.17.0"}), installed("six")
    one = components(built, locked("six", "1.17.0", f"sha256:{'01' * 32}"), [six])["six"]
    assert one["hashes"] == [{"alg": "SHA-256", "content": "01" * 32}]
    assert "properties" not in one
    lock = locked("six", "1.17.0", f"sha256:{'01' * 32}", f"sha256:{'23' * 32}")
    two = components(built, lock, [six])["six"]
    assert [each["content"] for each in two["hashes"]] == ["01" * 32, "23" * 32]
    assert properties(two) == {"slipway:hash": "one of the files that the lock allows"}
    # A hook has installed it, or the app's own lock has a hash of another kind.
    for lock in (NO_LOCK, locked("six", "1.17.0", f"sha512:{'01' * 64}")):
        other = components(built, lock, [six])["six"]
        assert other["hashes"] == [{"alg": "SHA-256", "content": "ee" * 32}]
        assert properties(other) == {"slipway:hash": "of RECORD"}


@pytest.mark.parametrize(
    ("source", "qualifiers"),
    [
        (
            "acme @ git+https://ann:s3cret@git.example/acme.git@v1 ; python_version > '3'",
            {"vcs_url": "git+https://git.example/acme.git@v1"},
        ),
        (
            "git+ssh://git@git.example/acme@main#egg=acme&subdirectory=lib",
            {"vcs_url": "git+ssh://git.example/acme@main#lib"},
        ),
        ("hg+https://hg.example/acme", {"vcs_url": "hg+https://hg.example/acme"}),
        (
            "acme @ https://files.example/acme-1.0.zip?token=s3cret#sha256=ab",
            {"download_url": "https://files.example/acme-1.0.zip"},
        ),
    ],
)
def test_a_package_from_an_address_names_it(source: str, qualifiers: dict[str, str]) -> None:
    built = record({"acme": "1.0"})
    digest = (f"sha256:{'01' * 32}",)
    packages = [
        LockedPackage(name="acme", requirement="acme==1.0", hashes=digest, source=source)
    ]
    if "@ " in source:  # an app's own lock
        packages.append(LockedPackage(name="acme", requirement=source, hashes=digest))
    for package in packages:
        acme = components(built, Lock(packages=(package,)))["acme"]
        purl = PackageURL.from_string(acme["purl"])
        assert (purl.type, purl.namespace, purl.name) == ("pypi", None, "acme")
        assert purl.qualifiers == qualifiers
        assert "s3cret" not in json.dumps(acme)
        [reference] = acme["externalReferences"]
        assert reference["type"] == ("vcs" if "vcs_url" in qualifiers else "distribution")


def test_a_package_from_an_index_of_a_lock_names_it() -> None:
    source = "the index https://ci:s3cret@yard.example/simple"
    digest = (f"sha256:{'01' * 32}",)
    package = LockedPackage(name="acme", requirement="acme==1.0", hashes=digest, source=source)
    acme = components(record({"acme": "1.0"}), Lock(packages=(package,)))["acme"]
    purl = PackageURL.from_string(acme["purl"])
    assert (purl.type, purl.name) == ("pypi", "acme")
    assert purl.qualifiers == {"repository_url": "https://yard.example/simple"}
    assert "s3cret" not in json.dumps(acme)
    assert "externalReferences" not in acme


@pytest.mark.parametrize("source", ["libs/acme", "acme @ file:///build/acme", "../acme"])
def test_a_package_from_a_folder_is_private(source: str) -> None:
    package = LockedPackage(name="acme", requirement="acme==1.0", hashes=(), source=source)
    acme = components(record({"acme": "1.0"}), Lock(packages=(package,)))["acme"]
    assert acme["purl"] == "pkg:generic/vendored/acme@1.0"


@pytest.mark.parametrize(
    ("direct_url", "purl"),
    [
        (
            {
                "url": "https://ann:s3cret@git.example/six",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
            },
            f"pkg:pypi/six@1.0?vcs_url=git%2Bhttps://git.example/six%40{COMMIT}",
        ),
        (
            {"url": "https://files.example/six.zip", "archive_info": {}},
            "pkg:pypi/six@1.0?download_url=https://files.example/six.zip",
        ),
        ({"url": "file:///build/six", "dir_info": {}}, "pkg:generic/vendored/six@1.0"),
        ([], "pkg:pypi/six@1.0"),
        ({"vcs_info": 1, "url": 2}, "pkg:generic/vendored/six@1.0"),
    ],
)
def test_a_package_that_a_hook_installed_has_its_origin(direct_url: object, purl: str) -> None:
    six = installed("six", direct_url=direct_url)
    assert components(record({"six": "1.0"}), None, [six])["six"]["purl"] == purl


@pytest.mark.parametrize(
    ("fields", "licenses"),
    [
        (
            ["License-Expression: mit OR Apache-2.0", "License: x"],
            [{"expression": "MIT OR Apache-2.0"}],
        ),
        (["License-Expression: Harbour-1.0"], [{"license": {"name": "Harbour-1.0"}}]),
        (["License: BSD-3-Clause"], [{"expression": "BSD-3-Clause"}]),
        (["License: Dual License"], [{"license": {"name": "Dual License"}}]),
        (
            [
                "License: Copyright 2026\n        \n        Permission is granted",
                "Classifier: License :: OSI Approved",
                "Classifier: License :: OSI Approved :: MIT License",
                "Classifier: License :: OSI Approved :: BSD License",
                "Classifier: Topic :: License :: x",
            ],
            [{"license": {"name": "MIT License"}}, {"license": {"name": "BSD License"}}],
        ),
        (
            ["License: UNKNOWN", "Classifier: License :: Public Domain"],
            [{"license": {"name": "Public Domain"}}],
        ),
        (["License:", "Summary: License: MIT"], None),
    ],
)
def test_the_licenses_are_those_of_the_metadata(
    fields: list[str], licenses: list[object] | None
) -> None:
    six = installed("six", *fields)
    found = components(record({"six": "1.0"}), None, [six])["six"]
    assert found.get("licenses") == licenses


def test_the_graph_has_the_requirements_that_apply() -> None:
    packages = [
        installed("django", "Requires-Dist: asgiref>=3", "Requires-Dist: sqlparse (>=0.5)"),
        installed("asgiref", 'Requires-Dist: sqlparse; python_version < "3.9"'),
        installed("sqlparse", "Requires-Dist: (broken", "Requires-Dist: pytest; extra == 't'"),
    ]
    assert graph(packages, django=()) == {
        "app": ["django"],
        "asgiref": [],
        "django": ["asgiref", "sqlparse"],
        "sqlparse": [],
    }


def test_the_graph_follows_extras() -> None:
    packages = [
        installed("zeta", "Requires-Dist: alpha[fast]"),
        installed("alpha", 'Requires-Dist: beta; extra == "fast"'),
        installed("beta", 'Requires-Dist: gamma; extra == "more"'),
        installed("gamma"),
    ]
    without = graph(packages)
    assert (without["alpha"], without["beta"]) == (["beta"], [])
    assert graph(packages, beta=("more",))["beta"] == ["gamma"]
    assert without["app"] == ["gamma", "zeta"]


def test_a_circle_of_requirements_is_a_graph_too() -> None:
    packages = [
        installed("a", "Requires-Dist: b", "Requires-Dist: a[x]"),
        installed("b", "Requires-Dist: a"),
    ]
    assert graph(packages, a=()) == {"app": ["a"], "a": ["b"], "b": ["a"]}


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
    assert (purl.type, purl.name, purl.version) == ("generic", "acme", "1.0")
    assert purl.qualifiers == {"vcs_url": f"{scheme}{address}@{COMMIT}"}


@pytest.mark.parametrize("url", [None, "../acme.git", "/srv/git/acme.git", "./acme"])
def test_an_address_without_a_host_is_left_out(url: str | None) -> None:
    acme = components(record({"acme": "1.0"}, [vendored(url=url)]))["acme"]
    assert "externalReferences" not in acme
    assert acme["purl"] == "pkg:generic/vendored/acme@1.0"
    assert properties(acme)["slipway:commit"] == COMMIT


def test_no_credential_is_in_the_bill() -> None:
    built = record(
        {"acme": "1.0"}, [vendored(url="https://ann:s3cret@git.example/acme?k=s3cret")]
    )
    text = json.dumps(document(built))
    assert "s3cret" not in text
    assert "ann" not in text


def test_the_bill_does_not_depend_on_any_order() -> None:
    packages = {"django": "5.2", "six": "1.17.0"}
    backwards = dict(reversed(packages.items()))
    paths = [vendored("vendor/b", wheel=None), vendored("vendor/a", wheel=None)]
    distributions = [installed("django", "Requires-Dist: six"), installed("six")]
    first = document(record(packages, paths), None, distributions)
    second = document(record(backwards, paths[::-1]), None, distributions[::-1])
    assert json.dumps(first) == json.dumps(second)
    assert "serialNumber" not in first
    assert "timestamp" not in first["metadata"]
