"""The software bill of materials, as CycloneDX 1.5; the same build gives the same text.

https://cyclonedx.org/docs/1.5/json/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from packaging.utils import canonicalize_name

from slipway.domain.build_record import BuildRecord, VendoredRecord
from slipway.domain.redaction import without_credentials
from slipway.domain.requirements.lock import Lock

MEDIA_TYPE = "application/vnd.cyclonedx+json"

_SHA256 = "sha256:"
# user@host:path, as in git; an address with a scheme does not match.
_SCP_ADDRESS = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:]+):(?!//)/?(?P<path>.+)")

_Component = dict[str, object]


def render(record: BuildRecord, lock: Lock) -> str:
    """List the app's Python, all installed distributions, and the plain vendored packages.

    There is no serial number and no date, so an unchanged app gives an unchanged image.
    """
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": "slipway"}]}},
        "components": [_python(record), *_distributions(record, lock), *_plain(record)],
    }
    return json.dumps(document, indent=2) + "\n"


def _python(record: BuildRecord) -> _Component:
    purl = f"pkg:generic/python@{quote(record.python, safe='')}"
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


def _distributions(record: BuildRecord, lock: Lock) -> Iterator[_Component]:
    vendored = {_name_of(one.wheel): one for one in record.vendored if one.wheel}
    digests = {package.name: package.hashes for package in lock}
    for written, version in sorted(
        record.packages.items(), key=lambda item: canonicalize_name(item[0])
    ):
        name = canonicalize_name(written)
        source = vendored.get(name)
        purl = f"pkg:pypi/{name}@{quote(version, safe='')}"
        component: _Component = {
            "type": "library",
            "bom-ref": purl,
            "name": written,
            "version": version,
        }
        hashes = digests.get(name, ())
        # If the lock allows several files, it is not known which one was installed.
        if len(hashes) == 1 and hashes[0].startswith(_SHA256):
            content = hashes[0].removeprefix(_SHA256)
            component["hashes"] = [{"alg": "SHA-256", "content": content}]
        component["purl"] = purl + (_qualifier(source) if source else "")
        yield {**component, **(_origin(source) if source else {})}


def _plain(record: BuildRecord) -> Iterator[_Component]:
    """Yield the plain packages, which have no metadata: the name is that of the file."""
    for source in sorted(record.vendored, key=lambda one: one.path):
        if not source.wheel:
            yield {
                "type": "library",
                "bom-ref": source.path,
                "name": source.path.rpartition("/")[2],
                **_origin(source),
            }


def _name_of(wheel: str) -> str:
    return canonicalize_name(wheel.partition("==")[0])


def _origin(source: VendoredRecord) -> _Component:
    address = _address(source)
    known = {"path": source.path, "files": source.files, "commit": source.commit}
    return {
        **({"externalReferences": [{"type": "vcs", "url": address}]} if address else {}),
        "properties": _properties(known),
    }


def _qualifier(source: VendoredRecord) -> str:
    """Return the part of a package URL that names the repository; empty if it is not known.

    https://github.com/package-url/purl-spec/blob/main/purl-specification.md#known-qualifiers
    """
    address = _address(source)
    if not address:
        return ""
    scheme = "" if address.startswith("git") else "git+"
    commit = f"@{source.commit}" if source.commit else ""
    return f"?vcs_url={quote(f'{scheme}{address}{commit}', safe='/:')}"


def _address(source: VendoredRecord) -> str | None:
    """Return the repository's URL without credentials; None if it has none."""
    scp = _SCP_ADDRESS.fullmatch(source.url or "")
    address = f"ssh://{scp['host']}/{scp['path']}" if scp else source.url
    if not address or "://" not in address:
        return None
    return quote(without_credentials(address), safe="/:?#[]@!$&'()*+,;=%~")


def _properties(values: Mapping[str, str | None]) -> list[dict[str, str]]:
    return [
        {"name": f"slipway:{name}", "value": value} for name, value in values.items() if value
    ]
