"""The settings of uv, Poetry and PDM for all packages of an app, as lines for pip.

A setting that decides what is installed becomes an option or a constraint if pip has the same;
otherwise it stops the build.

https://docs.astral.sh/uv/reference/settings/ and
https://python-poetry.org/docs/repositories/#package-sources
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from slipway.domain.addresses import check_addresses, literal_address
from slipway.domain.index_config.credentials import addresses_of_indexes, with_credentials
from slipway.domain.index_config.pip_settings import Setting
from slipway.domain.locks.brought import BroughtLock, Index
from slipway.domain.redaction import redact, without_credentials
from slipway.domain.requirements.lines import Line, read_lines
from slipway.domain.toml_text import table_in, tables_in, texts_in
from slipway.errors.dependencies import ToolSettingUnsupported

_PYPROJECT = "pyproject.toml"
_OWN_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
"""Variables that name the index, and win over the files, as for uv."""
_OWN_DATE = ("UV_EXCLUDE_NEWER", "PIP_UPLOADED_PRIOR_TO")
_INDEX_OPTION = re.compile(r"(-i\b|--(index-url|pypi-url|extra-index-url|no-index)\b)")
_DEFAULT_INDEX = re.compile(r"(-i\b|--index-url\b)")
_IN_PROJECT = re.compile(r"file:///\$\{PROJECT_ROOT\}/?")
"""How PDM writes a folder of the project."""
_OVERRIDES = "It replaces what packages require, and pip only installs what fits together."
_UNSUPPORTED: Mapping[str, str] = {
    "override-dependencies": _OVERRIDES,
    "exclude-dependencies": "It leaves out packages, and pip only installs what is complete.",
    "dependency-metadata": "It replaces the metadata of packages, and pip does not.",
    "build-constraint-dependencies": "Slipway reads constraints for builds only from the "
    "variable PIP_BUILD_CONSTRAINT.",
    "exclude-newer-package": "pip has only one date for all packages.",
}
"""Keys of [tool.uv] that decide what is installed, and why nothing of pip replaces them."""


@dataclass(frozen=True, kw_only=True)
class _Index:
    tool: str
    key: str
    """Such as `[[tool.uv.index]]`."""
    file: str
    name: str
    url: str
    """Empty for the default index of pip and uv."""
    is_default: bool
    """Whether it replaces that index."""


@dataclass(frozen=True, kw_only=True)
class ProjectSettings:
    options: tuple[Line, ...] = ()
    constraints: tuple[Line, ...] = ()
    default_index: str | None = None
    """The name of the only index, if it has one: a package that is bound to it gets it."""
    notices: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    """What is used instead of what a file says, as log lines without credentials."""


def project_settings(
    document: Mapping[str, Any],
    uv_toml: Mapping[str, Any] | None,
    environment: Mapping[str, str],
    *,
    is_offline: bool,
) -> ProjectSettings:
    """Read the settings in pyproject.toml, and in uv.toml, which replaces [tool.uv].

    Raises ToolSettingUnsupported, RequirementInvalid.
    """
    uv = uv_toml if uv_toml is not None else table_in(document, "tool", "uv")
    file, place = ("uv.toml", "") if uv_toml is not None else (_PYPROJECT, "[tool.uv]")
    _refuse_uv(uv, file, place, environment)
    pdm = table_in(document, "tool", "pdm", "resolution")
    for key, reason in (
        ("overrides", _OVERRIDES),
        ("excludes", _UNSUPPORTED["exclude-dependencies"]),
    ):
        if pdm.get(key):
            raise _unsupported("PDM", _PYPROJECT, "[tool.pdm.resolution]", key, reason)
    indexes = index_settings(document, uv_toml, environment, is_offline=is_offline)
    texts = [*_uv_options(uv)]
    if pdm.get("allow-prereleases") is True:
        texts.append("--pre")
    constraints = texts_in(uv.get("constraint-dependencies"))
    return ProjectSettings(
        options=(*indexes.options, *_lines(texts, file)),
        constraints=_lines(constraints, file),
        default_index=indexes.default_index,
        notices=indexes.notices,
    )


def lock_settings(
    lock: BroughtLock,
    document: Mapping[str, Any],
    uv_toml: Mapping[str, Any] | None,
    environment: Mapping[str, str],
    own_indexes: Sequence[Setting],
    *,
    is_offline: bool,
) -> ProjectSettings:
    """Return the settings for installing a lock: its indexes, and which kinds of files.

    `own_indexes` are pip's settings that name an index, which the builder sets. One for all
    packages is used instead of the lock's default index. Settings that choose versions do not
    matter, because the lock has chosen them.

    Raises IndexVariablesUnset, AddressUnusable.
    """
    options: list[str] = []
    if lock.tool == "uv":
        uv = uv_toml if uv_toml is not None else table_in(document, "tool", "uv")
        options += _file_options(uv)
    index = lock.default_index
    known = [*addresses_of_indexes([one.value for one in own_indexes], environment)]
    used: list[str] = []
    variable = next((name for name in _OWN_INDEX if environment.get(name)), "")
    setting = next((one for one in reversed(own_indexes) if one.name == "index-url"), None)
    if is_offline:
        pass
    elif variable or setting:
        if variable:
            options.append(f"--index-url ${{{variable}}}")
        value = environment[variable] if variable else setting.value if setting else ""
        if index is not None and not _is_same(index.url, value):
            origin = variable or (setting.origin if setting else "")
            notice = (
                f"Using the index in {origin} instead of {redact(index.url)}, which is the "
                f"default index of {lock.file}: files must have the hashes that are in the lock"
            )
            used.append(notice)
    elif index is not None:
        options += index_options(index, "--index-url", environment, known, lock.file)
    others = [one for one in lock.other_indexes if folder_of_page(one) or not is_offline]
    for other in others:
        option = "--find-links" if other.is_page else "--extra-index-url"
        options += index_options(other, option, environment, known, lock.file)
    if others:
        names = ", ".join(f"`{redact(one.name)}` ({redact(one.url)})" for one in others)
        used.append(
            f"Looking for packages in {names} as well as in the default index, because "
            f"{lock.file} does not say which one has a package: files must have the hashes "
            "that are in the lock"
        )
    return ProjectSettings(options=_lines(options, lock.file), used=tuple(used))


def index_options(
    index: Index,
    option: str,
    environment: Mapping[str, str],
    known: Iterable[str],
    file: str,
) -> list[str]:
    """Return the options for an index that a file names: its address, and if it is trusted.

    `known` has addresses of indexes that the builder sets.

    Raises IndexVariablesUnset, AddressUnusable.
    """
    folder = folder_of_page(index)
    if folder:
        return [f"{option} {shlex.quote(folder)}"]
    address = with_credentials(index, environment, known, file)
    check_addresses(address, file)
    options = [f"{option} {shlex.quote(address)}"]
    if not index.is_verified:
        host = urlsplit(address).netloc.rpartition("@")[2]
        options.append(f"--trusted-host {shlex.quote(host)}")
    return options


def folder_of_page(index: Index) -> str:
    """Return the folder that stands for a page of links, relative to the file that names it.

    Empty for an address.
    """
    found = _IN_PROJECT.match(index.url) if index.is_page else None
    return (index.url[found.end() :] or ".") if found else ""


def index_of_lock(
    lock: BroughtLock | None, options: Sequence[Line], address: str
) -> Index | None:
    """Return the index for all packages of a lock that is used, and that has an address."""
    if lock is None:
        return None
    own = [one for one in options if one.file == lock.file]
    # Otherwise, the builder has set another one.
    has_default = any(_DEFAULT_INDEX.match(one.text) and "${UV_" not in one.text for one in own)
    indexes = [*([lock.default_index] if has_default else []), *lock.other_indexes]
    return next((one for one in indexes if one and _is_on_host(one, address)), None)


def index_of_files(
    document: Mapping[str, Any], uv_toml: Mapping[str, Any] | None, address: str
) -> Index | None:
    """Return the index for all packages that pyproject.toml or uv.toml has at an address."""
    found = (
        Index(url=one.url, name=one.name, tool=one.tool) for one in _indexes(document, uv_toml)
    )
    return next((one for one in found if _is_on_host(one, address)), None)


def _is_on_host(index: Index, address: str) -> bool:
    try:
        host = urlsplit(index.url).hostname
    except ValueError:
        return False
    return bool(host and host in address)


def _is_same(one: str, other: str) -> bool:
    return without_credentials(one).rstrip("/") == without_credentials(other).rstrip("/")


def names_indexes(options: Sequence[Line]) -> bool:
    """Return whether a requirements file says itself which indexes to use."""
    return any(_INDEX_OPTION.match(line.text) for line in options)


def index_settings(
    document: Mapping[str, Any],
    uv_toml: Mapping[str, Any] | None,
    environment: Mapping[str, str],
    *,
    is_offline: bool,
) -> ProjectSettings:
    """Read the indexes for all packages; one of them at most can be honoured.

    uv takes a package from the first index that has it, and pip the best version on any.

    Raises ToolSettingUnsupported.
    """
    indexes = [*_indexes(document, uv_toml)]
    links = _lines([*_find_links(document, uv_toml)], _PYPROJECT)
    if is_offline:
        return ProjectSettings(options=links)
    variable = next((name for name in _OWN_INDEX if environment.get(name)), None)
    if variable and (indexes or uv_toml is not None or table_in(document, "tool", "uv")):
        notice = (
            f"Using the index in {variable} instead of {_named(indexes)}, because variables of "
            "uv have priority"
        )
        options = (*_lines([f"--index-url ${{{variable}}}"], _PYPROJECT), *links)
        return ProjectSettings(options=options, notices=(notice,) if indexes else ())
    if not indexes:
        return ProjectSettings(options=links)
    first = next((one for one in indexes if not one.is_default), indexes[-1])
    if len(indexes) > 1 or not first.is_default:
        raise ToolSettingUnsupported(
            tool=first.tool,
            file=first.file,
            table="",
            key=first.key,
            reason=f"It adds the index `{redact(first.name or first.url)}` to another one. "
            f"{first.tool} decides by their order which index a package comes from, "
            "and pip takes the newest version from any.",
            is_index=True,
        )
    if not first.url:
        return ProjectSettings(options=links, default_index=first.name or None)
    address = (
        first.url  # PDM fills in variables, as pip does, and uv and Poetry do not
        if first.tool == "PDM"
        else with_credentials(
            Index(url=first.url, name=first.name, tool=first.tool), environment
        )
    )
    notice = (
        f"Using {_named([first])} instead of the index in PIP_INDEX_URL, because files of the "
        "app have priority. To use another index, set UV_DEFAULT_INDEX"
    )
    return ProjectSettings(
        notices=(notice,) if environment.get("PIP_INDEX_URL") else (),
        options=(*_lines([f"--index-url {address}"], first.file), *links),
        default_index=first.name or None,
    )


def _named(indexes: Sequence[_Index]) -> str:
    return " and ".join(
        f"the index `{redact(one.name or one.url)}` of {one.file}"
        for one in dict.fromkeys(indexes)
    )


def _indexes(
    document: Mapping[str, Any], uv_toml: Mapping[str, Any] | None
) -> Iterator[_Index]:
    uv = uv_toml if uv_toml is not None else table_in(document, "tool", "uv")
    file, prefix = ("uv.toml", "") if uv_toml is not None else (_PYPROJECT, "tool.uv.")
    for entry in tables_in(uv.get("index")):
        # An explicit index has only the packages that are bound to it.
        if entry.get("explicit") is not True and entry.get("format") != "flat":
            yield _Index(
                tool="uv",
                key=f"[[{prefix}index]]",
                file=file,
                name=str(entry.get("name", "")),
                url=str(entry.get("url", "")),
                is_default=entry.get("default") is True,
            )
    for key in ("index-url", "extra-index-url"):
        value = uv.get(key)
        for url in [value] if isinstance(value, str) else texts_in(value):
            yield _Index(
                tool="uv", key=key, file=file, name="", url=url, is_default=key == "index-url"
            )
    for entry in tables_in(table_in(document, "tool", "poetry").get("source")):
        priority = entry.get(
            "priority", "supplemental" if entry.get("secondary") else "primary"
        )
        name, url = str(entry.get("name", "")), str(entry.get("url", ""))
        if priority != "explicit":
            yield _Index(
                tool="Poetry",
                key="[[tool.poetry.source]]",
                file=_PYPROJECT,
                name=name,
                url=url,
                is_default=priority in ("primary", "default"),
            )
    # Only a source with the last name replaces the public index.
    for tool, table, key, public in (
        ("PDM", "pdm", "source", "pypi"),
        ("Rye", "rye", "sources", "default"),
    ):
        for entry in tables_in(table_in(document, "tool", table).get(key)):
            if entry.get("type") != "find_links":
                name = str(entry.get("name", ""))
                bound = "include_packages" in entry or "exclude_packages" in entry
                yield _Index(
                    tool=tool,
                    key=f"[[tool.{table}.{key}]]",
                    file=_PYPROJECT,
                    name=name,
                    url=str(entry.get("url", "")),
                    is_default=name == public and not bound,
                )


def _find_links(
    document: Mapping[str, Any], uv_toml: Mapping[str, Any] | None
) -> Iterator[str]:
    uv = uv_toml if uv_toml is not None else table_in(document, "tool", "uv")
    flat = [
        str(entry.get("url", ""))
        for entry in tables_in(uv.get("index"))
        if entry.get("format") == "flat" and entry.get("explicit") is not True
    ]
    of_pdm = [
        str(entry.get("url", "")).replace("file:///${PROJECT_ROOT}/", "")
        for entry in tables_in(table_in(document, "tool", "pdm").get("source"))
        if entry.get("type") == "find_links"
    ]
    for links in (*texts_in(uv.get("find-links")), *flat, *of_pdm):
        yield f"--find-links {shlex.quote(literal_address(links))}"
    if uv.get("no-index") is True:
        yield "--no-index"


def _refuse_uv(
    uv: Mapping[str, Any], file: str, place: str, environment: Mapping[str, str]
) -> None:
    for key, reason in _UNSUPPORTED.items():
        if uv.get(key):
            raise _unsupported("uv", file, place, key, reason)
    usual = {
        "prerelease": ("if-necessary-or-explicit", "allow", "disallow"),
        "resolution": ("highest",),
    }
    for key, values in usual.items():
        if uv.get(key, values[0]) not in values:
            reason = f"pip cannot select versions by `{uv[key]}`."
            raise _unsupported("uv", file, place, key, reason)
    newest = uv.get("exclude-newer")
    if newest and not any(environment.get(name) for name in _OWN_DATE):
        reason = "Slipway reads this date only from variables."
        error = _unsupported("uv", file, place, "exclude-newer", reason)
        error.variable = f"PIP_UPLOADED_PRIOR_TO={newest}"
        raise error


def _unsupported(
    tool: str, file: str, table: str, key: str, reason: str
) -> ToolSettingUnsupported:
    return ToolSettingUnsupported(
        tool=tool,
        file=file,
        table=table,
        key=key,
        reason=reason,
    )


def _uv_options(uv: Mapping[str, Any]) -> Iterator[str]:
    yield from _file_options(uv)
    match uv.get("prerelease"):
        case "allow":
            yield "--pre"
        case "disallow":
            yield "--only-final :all:"


def _file_options(uv: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options that decide whether wheels or sdists are installed."""
    for key, option in (("no-binary", "--no-binary"), ("no-build", "--only-binary")):
        if uv.get(key) is True:
            yield f"{option} :all:"
        for name in texts_in(uv.get(f"{key}-package")):
            yield f"{option} {name}"


def _lines(texts: Sequence[str], file: str) -> tuple[Line, ...]:
    # The line of the file is not known.
    return tuple(
        replace(line, number=0) for text in texts for line in read_lines(text, file, {})
    )
