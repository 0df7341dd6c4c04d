"""The software bill of materials, as CycloneDX 1.5; the same build gives the same text.

https://cyclonedx.org/docs/1.5/json/

A package has the package URL of the type `pypi` only if it is the project of that name on the
public index, or a copy of it from a repository or an address, which is then named. A vendored
package may have the name of a stranger's project, so it is of the type `generic`, in the
namespace `vendored`: the type `pypi` allows no namespace.
https://github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.addresses import VCS
from slipway.domain.build_record import BuildRecord, VendoredRecord
from slipway.domain.packaging_text import parse_requirement
from slipway.domain.redaction import without_credentials
from slipway.domain.requirements.lock import Lock, LockedPackage

MEDIA_TYPE = "application/vnd.cyclonedx+json"

APP = "app"
"""The reference of the app itself."""
_SHA256 = "sha256:"
# user@host:path, as in git; an address with a scheme does not match.
_SCP_ADDRESS = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:]+):(?!//)/?(?P<path>.+)")
_ADDRESS = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^\s;]+", re.IGNORECASE)
_FIELD = re.compile(r"^(?P<name>[\w-]+):[ \t]*(?P<value>.*(?:\n[ \t].*)*)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LICENSE_CLASSIFIER = "License :: "
_LONGEST_LICENSE = 100
"""Characters: a longer License field is the text of the license, and not its name."""

_Component = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class InstalledDistribution:
    """The records of a distribution in its dist-info folder."""

    metadata: str
    """METADATA without the description."""
    direct_url: str | None
    """direct_url.json, which only packages have that a hook installed from an address."""
    record: str
    """The SHA-256 of its RECORD, which contains the hashes of all its files."""


@dataclass(frozen=True)
class _Source:
    """Where a package came from."""

    address: str | None
    """Without credentials and query; it starts with `git+` or similar for a repository."""
    vendored: VendoredRecord | None = None
    is_index: bool = False
    """Whether the address is that of an index that the app's lock names for the package."""

    @property
    def is_repository(self) -> bool:
        return bool(self.address) and self._scheme in VCS

    @property
    def is_private(self) -> bool:
        return self.vendored is not None or self.address is None

    @property
    def _scheme(self) -> str:
        return re.split(r"[+:]", self.address or "")[0].lower()

    @property
    def repository(self) -> str | None:
        """The repository's URL, without the commit."""
        if not self.is_repository or self.address is None:
            return None
        plain = re.sub(r"^(?:git|hg|svn|bzr)\+", "", self.address)
        scheme, _, rest = plain.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host}{slash}{path.partition('#')[0].partition('@')[0]}"


def render(
    record: BuildRecord,
    lock: Lock,
    installed: Sequence[InstalledDistribution],
    markers: Mapping[str, str],
    required: Mapping[str, Iterable[str]],
) -> str:
    """List the app's Python, all installed distributions, and the plain vendored packages.

    `markers` describe the app's Python. `required` maps the names of the packages that the app
    itself requires to their extras. There is no serial number and no date, so an unchanged app
    gives an unchanged image.
    """
    packages = [_Package.of(one) for one in installed]
    by_name = {package.name: package for package in packages}
    distributions = dict(_distributions(record, lock, by_name))
    refs = {name: str(component["bom-ref"]) for name, component in distributions.items()}
    components = [_python(record), *distributions.values(), *_plain(record)]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "slipway"}]},
            "component": {"type": "application", "bom-ref": APP, "name": APP},
        },
        "components": components,
        "dependencies": _dependencies(components, refs, by_name, markers, required),
    }
    return json.dumps(document, indent=2) + "\n"


def _python(record: BuildRecord) -> _Component:
    purl = f"pkg:generic/python@{_quoted(record.python)}"
    return {
        "type": "platform",
        "bom-ref": purl,
        "name": "python",
        "version": record.python,
        # Vulnerability databases know CPython only by this name.
        "cpe": f"cpe:2.3:a:python:python:{record.python}:*:*:*:*:*:*:*",
        "purl": purl,
        "properties": _properties({"bundled": "true" if record.python_bundled else "false"}),
    }


@dataclass(frozen=True, kw_only=True)
class _Package:
    """What the metadata of an installed distribution says."""

    name: str
    fields: Mapping[str, Sequence[str]]
    direct_url: str | None
    record: str

    @classmethod
    def of(cls, installed: InstalledDistribution) -> _Package:
        fields: dict[str, list[str]] = {}
        for field in _FIELD.finditer(installed.metadata):
            fields.setdefault(field["name"].lower(), []).append(field["value"].strip())
        name = canonicalize_name(fields.get("name", [""])[0])
        return cls(
            name=name, fields=fields, direct_url=installed.direct_url, record=installed.record
        )

    def requirements(self, names: Iterable[str]) -> Iterator[Requirement]:
        """Yield the requirements of packages with these names, whatever their markers."""
        for text in self.fields.get("requires-dist", ()):
            name = _NAME.match(text)
            if name and canonicalize_name(name[0]) in names:
                try:
                    yield parse_requirement(text)
                except InvalidRequirement:
                    continue

    @property
    def licenses(self) -> list[dict[str, object]]:
        """Return the licenses, from the first of three fields that names any.

        https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
        """
        for text in self.fields.get("license-expression", ()):
            return [_expression(text)]
        for text in self.fields.get("license", ()):
            is_name = "\n" not in text and len(text) <= _LONGEST_LICENSE
            if text and is_name and text.upper() != "UNKNOWN":
                return [_expression(text)]
        names = [
            text.rpartition(" :: ")[2]
            for text in self.fields.get("classifier", ())
            if text.startswith(_LICENSE_CLASSIFIER) and not text.endswith(":: OSI Approved")
        ]
        return [{"license": {"name": name}} for name in dict.fromkeys(names)]


def _expression(text: str) -> dict[str, object]:
    """Return a license expression if SPDX knows all its parts, and else a name."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return {"expression": canonicalize_license_expression(text)}
    except InvalidLicenseExpression:
        return {"license": {"name": text}}


def _distributions(
    record: BuildRecord, lock: Lock, installed: Mapping[str, _Package]
) -> Iterator[tuple[str, _Component]]:
    """Yield the normalized name and the component of each installed distribution."""
    vendored = {_name_of(one.wheel): one for one in record.vendored if one.wheel}
    locked = {package.name: package for package in lock}
    for written, version in sorted(
        record.packages.items(), key=lambda item: canonicalize_name(item[0])
    ):
        name = canonicalize_name(written)
        source = _source(vendored.get(name), locked.get(name), installed.get(name))
        purl = _purl(name, version, source)
        component: _Component = {
            "type": "library",
            "bom-ref": purl.partition("?")[0],
            "name": written,
            "version": version,
        }
        hashes = _hashes(locked.get(name))
        origin = _origin(source)
        if not hashes and name in installed:
            hashes, origin["hash"] = [installed[name].record], "of RECORD"
        elif len(hashes) > 1:
            origin["hash"] = "one of the files that the lock allows"
        if hashes:
            component["hashes"] = [{"alg": "SHA-256", "content": one} for one in hashes]
        licenses = installed[name].licenses if name in installed else []
        if licenses:
            component["licenses"] = licenses
        component["purl"] = purl
        component.update(_references(source))
        if any(origin.values()):
            component["properties"] = _properties(origin)
        yield name, component


def _plain(record: BuildRecord) -> Iterator[_Component]:
    """Yield the plain packages, which have no metadata: the name is that of the file."""
    for one in sorted(record.vendored, key=lambda one: one.path):
        if not one.wheel:
            source, name = _vendored_source(one), one.path.rpartition("/")[2]
            component: _Component = {"type": "library", "bom-ref": one.path, "name": name}
            component["hashes"] = [
                {"alg": "SHA-256", "content": one.files.removeprefix(_SHA256)}
            ]
            component.update(_references(source))
            yield {**component, "properties": _properties(_origin(source))}


def _name_of(wheel: str) -> str:
    return canonicalize_name(wheel.partition("==")[0])


def _hashes(package: LockedPackage | None) -> list[str]:
    """Return the SHA-256 of each file that the lock allows for a package."""
    hashes = package.hashes if package else ()
    return [one.removeprefix(_SHA256) for one in hashes if one.startswith(_SHA256)]


def _source(
    vendored: VendoredRecord | None, locked: LockedPackage | None, installed: _Package | None
) -> _Source | None:
    """Return where a package came from; None for an index."""
    if vendored:
        return _vendored_source(vendored)
    if locked:
        # An app's own lock may have the address in the requirement.
        text = locked.source or locked.requirement.partition(" @ ")[2]
        is_index = text.startswith("the index ")
        return _Source(_address(text), is_index=is_index) if text else None
    return _direct_source(installed.direct_url) if installed and installed.direct_url else None


def _vendored_source(vendored: VendoredRecord) -> _Source:
    url = (vendored.url or "").replace(" ", "%20")
    scp = _SCP_ADDRESS.fullmatch(url)
    address = _address(f"ssh://{scp['host']}/{scp['path']}" if scp else url)
    if address and re.split(r"[+:]", address)[0] not in VCS:
        address = f"git+{address}"
    if address and vendored.commit:
        address += f"@{vendored.commit}"
    return _Source(address, vendored)


def _direct_source(text: str) -> _Source | None:
    """Read direct_url.json.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    try:
        content = json.loads(text)
        address, vcs = str(content["url"]), content.get("vcs_info")
        if isinstance(vcs, dict):
            address = f"{vcs['vcs']}+{address}@{vcs['commit_id']}"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return _Source(_address(address))


def _address(text: str) -> str | None:
    """Return the address in a text, without credentials and query; None if it has no host.

    A `#subdirectory` stays, in the form of SPDX, because it is a part of the source.
    """
    found = _ADDRESS.search(without_credentials(text))
    if not found:
        return None
    try:
        parts = urlsplit(found[0])
    except ValueError:
        return None
    if not parts.netloc:
        return None
    subfolder = parse_qs(parts.fragment).get("subdirectory", [""])[0]
    place = f"{parts.scheme}://{parts.netloc}{parts.path}" + (
        f"#{subfolder}" if subfolder else ""
    )
    return _quoted(place, "/:?#[]@!$&'()*+,;=%~")


def _purl(name: str, version: str, source: _Source | None) -> str:
    """Return a package URL; its qualifiers say where a package came from.

    https://github.com/package-url/purl-spec/blob/main/purl-specification.md#known-qualifiers
    """
    kind = "generic/vendored" if source and source.is_private else "pypi"
    purl = f"pkg:{kind}/{name}@{_quoted(version)}"
    if not source or not source.address:
        return purl
    qualifier = (
        "vcs_url"
        if source.is_repository
        else "repository_url"
        if source.is_index
        else "download_url"
    )
    return f"{purl}?{qualifier}={_quoted(source.address, '/:')}"


def _quoted(text: str, safe: str = "") -> str:
    """Quote a text for a URL; names of files may have bytes that are not UTF-8."""
    return quote(text, safe, errors="replace")


def _references(source: _Source | None) -> _Component:
    if source is None or source.address is None or source.is_index:
        return {}
    kind = "vcs" if source.is_repository else "distribution"
    return {"externalReferences": [{"type": kind, "url": source.repository or source.address}]}


def _origin(source: _Source | None) -> dict[str, str | None]:
    vendored = source.vendored if source else None
    if not vendored:
        return {}
    return {"path": vendored.path, "files": vendored.files, "commit": vendored.commit}


def _properties(values: Mapping[str, str | None]) -> list[dict[str, str]]:
    return [
        {"name": f"slipway:{name}", "value": value} for name, value in values.items() if value
    ]


def _dependencies(
    components: Sequence[_Component],
    refs: Mapping[str, str],
    installed: Mapping[str, _Package],
    markers: Mapping[str, str],
    required: Mapping[str, Iterable[str]],
) -> list[dict[str, object]]:
    """Return what each component depends on, among those that are installed.

    The app depends on what it requires itself, and on what nothing else requires.
    """
    edges = _edges(
        installed, refs, markers, {name: {*extras} for name, extras in required.items()}
    )
    edges = {name: others - {name} for name, others in edges.items()}
    needed = set[str]().union(*edges.values())
    of_app = [ref for name, ref in refs.items() if name in required or name not in needed]
    others = [str(one["bom-ref"]) for one in components if one["bom-ref"] not in refs.values()]
    graph = {APP: {*of_app, *others}}
    graph |= {ref: {refs[one] for one in edges.get(name, ())} for name, ref in refs.items()}
    graph |= {ref: set() for ref in others}
    return [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(graph.items())]


def _edges(
    installed: Mapping[str, _Package],
    names: Iterable[str],
    markers: Mapping[str, str],
    extras: dict[str, set[str]],
) -> dict[str, set[str]]:
    """Follow the requirements of all packages; `extras` are those that are known to be used."""
    edges: dict[str, set[str]] = {}
    waiting = [*installed]
    while waiting:
        name = waiting.pop()
        edges[name] = set()
        for requirement in installed[name].requirements(names):
            if not _applies(requirement, markers, extras.get(name, ())):
                continue
            other = canonicalize_name(requirement.name)
            edges[name].add(other)
            known = extras.setdefault(other, set())
            if not requirement.extras <= known and other in installed:
                known |= requirement.extras
                waiting.append(other)  # it may have been read without these extras
    return edges


def _applies(
    requirement: Requirement, markers: Mapping[str, str], extras: Iterable[str]
) -> bool:
    """Tell whether a requirement applies to the app's Python, with any of the extras."""
    if requirement.marker is None:
        return True
    try:
        return any(
            requirement.marker.evaluate({**markers, "extra": extra}) for extra in ("", *extras)
        )
    except (InvalidVersion, UndefinedComparison, UndefinedEnvironmentName):
        return False
