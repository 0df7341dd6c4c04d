"""Read pylock.toml and pylock.<name>.toml, the lock of the standards of packaging (PEP 751).

`packaging.pylock` reads the format, and decides which packages are for an environment. It would
also pick one file of each package, by the tags of the Python in which it runs. Slipway keeps
all of them instead, and the installer picks, since the app's Python is another one.

https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast
from urllib.parse import unquote

from packaging.markers import Environment, Marker
from packaging.pylock import (
    Package,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
    PylockValidationError,
)
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.addresses import VCS
from slipway.domain.locks.brought import (
    NO_CHOICE,
    BroughtLock,
    Choice,
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    ListFolder,
    Pin,
    ReadText,
    no_folders,
)
from slipway.domain.locks.lock_file import LockFile, shown
from slipway.domain.locks.pdm_project import DEFAULT_GROUP
from slipway.domain.locks.pylock_origin import (
    PDM,
    PYPROJECT,
    UV_TOML,
    document_at,
    origin_of_tool,
    overrides_metadata,
    refuse_outdated,
    refuse_outdated_for_pdm,
)
from slipway.domain.locks.written import CREATED_BY
from slipway.domain.packaging_text import parse_sdist_name, parse_version, parse_wheel_name
from slipway.domain.redaction import without_credentials
from slipway.domain.requirements.compiled import Origin, origin_of
from slipway.domain.toml_text import Document, table_in, tables_in
from slipway.errors.locks import LockBroken, LockSourceUnsupported

_KNOWN = "1.0"
_DEEPEST = 12
"""How many parts of a path in the app are compared."""
_LONG_NUMBER = re.compile(r"[0-9]{1000}")
_ALGORITHMS = ("sha256", "sha384", "sha512")
"""Those that pip accepts: https://pip.pypa.io/en/stable/topics/secure-installs/."""
_BY_CONTENT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/[^/?#]+(?:[?#]|$)")
"""Where the public index and its full mirrors keep a file, below `/packages/`: by the hash of
its content. So such an address says the same wherever it leads."""
_SCP = re.compile(r"(?P<user>[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>[^/\d].*)")
_TOOLS: Mapping[str, str] = {"pip": "pip", "uv": "uv", PDM: "PDM", CREATED_BY: "Slipway"}
"""`created-by` -> the tool in words."""
_PLATFORMS: Sequence[Mapping[str, str]] = (
    *(
        {"sys_platform": short, "platform_system": long, "os_name": kind}
        for short, long, kind in (
            ("linux", "Linux", "posix"),
            ("darwin", "Darwin", "posix"),
            ("win32", "Windows", "nt"),
        )
    ),
    *({"platform_machine": name} for name in ("x86_64", "aarch64", "arm64", "AMD64")),
)
"""What an environment may be instead, for the same Python."""


def read_pylock(
    text: str, file: str, read: ReadText, folders: ListFolder = no_folders
) -> BroughtLock:
    """Read a lock, and compare it with what it was made from, if it or its tool says that.

    Raises LockBroken, LockVersionUnknown, LockOutdated.
    """
    origin = origin_of(text, file, read)
    lock_file = _lock_file_of(file, origin, origin.tool if origin else "pip and others")
    document = lock_file.toml(text)
    creator = document.get("created-by")
    if origin is None and isinstance(creator, str):
        origin = origin_of_tool(creator, document, file, read)
        lock_file = _lock_file_of(file, origin, _TOOLS.get(creator) or shown(creator))
    lock = _PythonLock(
        lock_file=lock_file,
        lock=_parsed(document, text, lock_file),
        named=_declared_indexes(read),
        is_consistent=not overrides_metadata(origin, read),
        folders=folders,
        is_compared=creator in (PDM, CREATED_BY) or bool(origin and origin.sources),
    )
    packages = lock.lock.packages
    refuse_outdated(packages, lock_file, origin, read)
    if creator == PDM:
        pins = lock.local_pins(NO_CHOICE)
        own = table_in(document, "tool", PDM)
        refuse_outdated_for_pdm(packages, pins, lock_file, own, read)
    return lock


def is_compared(lock: BroughtLock) -> bool:
    """Return whether a lock says what it was made from, so it can be out of date."""
    return not isinstance(lock, _PythonLock) or lock.is_compared


def _lock_file_of(file: str, origin: Origin | None, tool: str) -> LockFile:
    return LockFile(
        file=file,
        tool=tool,
        made_from=" and ".join(origin.sources) if origin else "",
        commands=(origin.command,) if origin else (),
    )


@dataclass(frozen=True, kw_only=True)
class _PythonLock:
    """A lock of PEP 751: see BroughtLock."""

    lock_file: LockFile
    lock: Pylock
    named: Mapping[str, tuple[Index, bool]]
    """The indexes that the app's other files name, as _key has them -> the index, and whether
    it is the default one."""
    is_consistent: bool
    folders: ListFolder
    is_compared: bool
    """Whether it is compared with what it was made from, which it or its tool has to say."""
    other_indexes: tuple[Index, ...] = ()

    @property
    def file(self) -> str:
        return self.lock_file.file

    @property
    def tool(self) -> str:
        return self.lock_file.tool

    @property
    def requires_python(self) -> str:
        return str(self.lock.requires_python or "")

    @property
    def groups(self) -> tuple[str, ...]:
        names = map(canonicalize_name, self.lock.dependency_groups or ())
        return tuple(name for name in names if name != self._main)

    @property
    def _main(self) -> str:
        """The name of the main dependencies, which PDM lists among the groups."""
        return DEFAULT_GROUP if DEFAULT_GROUP in (self.lock.default_groups or ()) else ""

    @property
    def extras(self) -> tuple[str, ...]:
        return tuple(self.lock.extras or ())

    @cached_property
    def default_index(self) -> Index | None:
        """The default index of the app's files, or else the only one without a name there."""
        urls = {
            _key(package.index): package.index
            for package in self.lock.packages
            if package.index and _is_served(package.index)
        }
        declared = [
            index
            for key, (index, is_default) in self.named.items()
            if is_default and key in urls
        ]
        if declared:
            return declared[0]
        others = [url for key, url in urls.items() if key not in self.named]
        if len(others) > 1:
            public = {
                _key(package.index)
                for package in self.lock.packages
                if package.index and any(map(_is_kept_by_content, _urls(package)))
            }
            others = [url for url in others if _key(url) in public]
        return Index(url=others[0], tool=self.tool) if len(others) == 1 else None

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        del choice  # each of them may be chosen
        pins = []
        for package in self.lock.packages:
            if not _may_be_local(package):
                continue
            try:
                pin = self._pin(package)
            except (LockBroken, LockSourceUnsupported):
                continue  # it stops the build if it is selected
            if isinstance(pin.source, FromPath):
                pins.append(pin)
        return tuple(pins)

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        self._refuse_other_python(markers)
        # Without the files, because their tags are for the installer to compare; the place is
        # that of the package in the lock.
        packages = [
            replace(
                package,
                requires_python=None,
                vcs=None,
                archive=None,
                sdist=None,
                wheels=None,
                directory=PackageDirectory(path=str(number)),
            )
            for number, package in enumerate(self.lock.packages)
        ]
        bare = replace(self.lock, requires_python=None, environments=None, packages=packages)
        environment = cast("Environment", dict(markers))
        try:
            selected = [
                self.lock.packages[int(source.path)]
                for _, source in bare.select(
                    environment=environment,
                    extras=self._spelled(self.lock.extras, choice.extras),
                    dependency_groups=self._groups(choice),
                )
                if isinstance(source, PackageDirectory)
            ]
        except PylockSelectError as error:
            raise self.lock_file.broken(f"It is ambiguous: {str(error)[:400]}.") from None
        except (ValueError, KeyError, RecursionError):
            raise self._marker_broken(markers) from None
        for package in selected:
            self._refuse_package_for_other_python(package, markers)
        return tuple(sorted(map(self._pin, selected), key=lambda pin: pin.name))

    def _marker_broken(self, markers: Mapping[str, str]) -> LockBroken:
        """Return the error of the first package with a marker that cannot be evaluated."""
        environment: dict[str, str | frozenset[str]] = {
            **markers,
            "extras": frozenset(),
            "dependency_groups": frozenset(),
        }
        for package in self.lock.packages:
            try:
                if package.marker is not None:
                    package.marker.evaluate(environment, context="lock_file")
            except (ValueError, KeyError, RecursionError):
                reason = (
                    f"The marker of {package.name} is {shown(package.marker)}, which cannot be "
                    "evaluated."
                )
                if re.search(r"\bextra\b", str(package.marker)):
                    reason += " In this format, an extra is tested as in `'name' in extras`."
                return self.lock_file.broken(reason)
        return self.lock_file.broken("One of its markers cannot be evaluated.")

    def _groups(self, choice: Choice) -> frozenset[str]:
        """Return the groups to install.

        Those default groups that cannot be chosen stand for the main dependencies.
        """
        default, own = self.lock.default_groups or (), {*self.groups}
        listed = {name for name in default if canonicalize_name(name) in own}
        if choice.groups is None:
            return frozenset(default) - (listed & {"dev"})
        chosen = self._spelled(self.lock.dependency_groups, choice.groups)
        return frozenset(default) - listed | chosen

    def _spelled(self, names: Sequence[str] | None, chosen: Sequence[str]) -> frozenset[str]:
        """Return the names as the lock spells them, which are compared in its markers."""
        return frozenset(name for name in names or () if canonicalize_name(name) in chosen)

    # The environment

    def _refuse_other_python(self, markers: Mapping[str, str]) -> None:
        required = self.lock.requires_python
        if required is not None and not required.contains(_version(markers), prereleases=True):
            raise self.lock_file.not_for(f"Python {required}", markers, is_platform=False)
        environments = self.lock.environments
        if not environments or any(_applies(one, markers) for one in environments):
            return
        is_platform = any(
            _applies(one, {**markers, **other}) for one in environments for other in _PLATFORMS
        )
        listed = ", ".join(f"`{one}`" for one in environments[:3])
        more = " and others" if len(environments) > 3 else ""
        words = "the environment" if len(environments) == 1 else "the environments"
        raise self.lock_file.not_for(
            f"{words} {listed}{more}", markers, is_platform=is_platform
        )

    def _refuse_package_for_other_python(
        self, package: Package, markers: Mapping[str, str]
    ) -> None:
        required = package.requires_python
        if required is not None and not required.contains(_version(markers), prereleases=True):
            needs = f"Python {required}, because of {package.name}"
            raise self.lock_file.not_for(needs, markers, is_platform=False)

    # The packages

    def _pin(self, package: Package) -> Pin:
        """Return a package as it is installed.

        Raises LockBroken, LockSourceUnsupported.
        """
        version = str(package.version or "")
        if package.vcs is not None:
            source = self._repository(package, package.vcs)
            return Pin(name=package.name, version=version, source=source)
        if package.directory is not None:
            path, inner = package.directory.path, package.directory.subdirectory
            path = posixpath.join(path, inner) if inner else path
            return Pin(
                name=package.name,
                version=version,
                source=self._path(package, path),
                is_editable=bool(package.directory.editable),
            )
        if package.archive is not None:
            return self._archive(package, version)
        return self._distributions(package, version)

    def _archive(self, package: Package, version: str) -> Pin:
        archive = package.archive
        assert archive is not None
        name = posixpath.basename((archive.path or archive.url or "").partition("#")[0])
        if not version and name.endswith(".whl"):
            version = self._version_in(package, PackageWheel(name=unquote(name), hashes={}))
        hashes = self._hashes(package, archive.hashes)
        path = archive.path or self._in_app(archive.url or "")
        if path:
            if archive.subdirectory:
                reason = "Slipway builds a package only from the top of an archive in the app."
                raise self.lock_file.unsupported(package.name, path, reason)
            source: FromPath | FromAddress = self._path(package, path)
            return Pin(name=package.name, version=version, source=source, hashes=hashes)
        address = self._address(package, archive.url or "")
        if archive.subdirectory:
            address += f"#subdirectory={archive.subdirectory}"
        source = FromAddress(address=address)
        return Pin(name=package.name, version=version, source=source, hashes=hashes)

    def _distributions(self, package: Package, version: str) -> Pin:
        files = [*(package.wheels or ()), *([package.sdist] if package.sdist else ())]
        pin = Pin(
            name=package.name,
            version=version or self._version_in(package, files[0]),
            source=FromIndex(),
            hashes=self._hashes(package, *(file.hashes for file in files)),
            files=tuple(map(_name_of, files)),
            requires_python=str(package.requires_python or ""),
        )
        if not any(file.path for file in files):
            if package.index and _is_served(package.index):
                return replace(pin, source=FromIndex(index=self._index(package.index)))
            if all(self._is_public(file.url) for file in files):
                return pin
        if len(files) == 1 and files[0].path:
            return replace(pin, source=self._path(package, files[0].path))
        places = tuple(
            self._path(package, file.path).path
            if file.path
            else self._address(package, file.url or "")
            for file in files
        )
        return replace(pin, source=FromFiles(files=places))

    def _index(self, url: str) -> Index | None:
        """Return a named index; None for the default one."""
        default = self.default_index
        if default is not None and _key(default.url) == _key(url):
            return None
        declared = self.named.get(_key(url))
        return declared[0] if declared else Index(url=url, tool=self.tool)

    @cached_property
    def _public_host(self) -> str | None:
        """The host with most of the files that are kept by their content."""
        hosts = Counter(
            _host(url)
            for package in self.lock.packages
            for url in _urls(package)
            if not package.index and _is_kept_by_content(url)
        )
        return hosts.most_common(1)[0][0] if hosts else None

    def _is_public(self, url: str | None) -> bool:
        return _is_kept_by_content(url) and _host(url or "") == self._public_host

    def _repository(self, package: Package, vcs: PackageVcs) -> FromAddress:
        if not vcs.url:
            reason = (
                "It is a repository in a folder. The checkout that a platform builds has no "
                "other repositories in it: vendor the package, or lock it with an address."
            )
            raise self.lock_file.unsupported(package.name, vcs.path or "", reason)
        if vcs.type not in VCS:
            reason = f"pip knows no repositories of the type `{vcs.type[:40]}`."
            raise self.lock_file.unsupported(package.name, vcs.url, reason)
        self.lock_file.refuse_repository(vcs.type, vcs.url, vcs.commit_id, package.name)
        url = vcs.url.removeprefix(f"{vcs.type}+")
        found = _SCP.fullmatch(url) if "://" not in url else None
        if found:
            url = f"ssh://{found['user'] or ''}{found['host']}/{found['path']}"
        address = f"{vcs.type}+{url}@{vcs.commit_id}"
        if vcs.subdirectory:
            address += f"#subdirectory={vcs.subdirectory}"
        return FromAddress(address=address)

    def _path(self, package: Package, path: str) -> FromPath:
        posix = path if "/" in path else path.replace("\\", "/")
        return FromPath(path=self.lock_file.path(posix, package.name))

    def _in_app(self, url: str) -> str | None:
        """Return the file of the app that an address on another machine is about.

        `pip lock` writes `file:///home/me/app/wheels/name-1.0-py3-none-any.whl`.
        """
        if not url.lower().startswith("file:"):
            return None
        parts = unquote(url.partition("#")[0]).split("/")[-_DEEPEST:]
        for start in range(len(parts)):
            *folders, name = parts[start:]
            folder = posixpath.join(posixpath.dirname(self.file), *folders)
            if name and ".." not in folders and name in self.folders(folder):
                return "/".join((*folders, name))
        return None

    def _address(self, package: Package, url: str) -> str:
        if not _is_served(url):
            reason = "This is not in the app, so only the machine that wrote the lock has it."
            raise self.lock_file.unsupported(package.name, url, reason)
        return url

    def _version_in(self, package: Package, file: PackageWheel | PackageSdist) -> str:
        try:
            if isinstance(file, PackageWheel):
                return str(parse_wheel_name(file.filename)[1])
            return str(parse_sdist_name(file.filename)[1])
        except (InvalidWheelFilename, InvalidSdistFilename) as error:
            raise self.lock_file.broken(f"The files of {package.name}: {error}.") from None

    def _hashes(self, package: Package, *files: Mapping[str, str]) -> tuple[str, ...]:
        """Return one hash of each file, since either may be checked."""
        chosen: list[str] = []
        for hashes in files:
            named = [*(key for key in _ALGORITHMS if key in hashes), *hashes][0]
            found = self.lock_file.hashes([f"{named}:{hashes[named]}"], package.name)
            if not found:
                reason = (
                    f"A file of {package.name} has only a hash of {shown(named)}. pip and uv "
                    "check hashes of sha256, sha384 and sha512."
                )
                raise self.lock_file.broken(reason)
            chosen += found
        return tuple(sorted({*chosen}))


def _parsed(document: Document, text: str, lock_file: LockFile) -> Pylock:
    """Let packaging read the lock.

    Raises LockBroken, LockVersionUnknown.
    """
    version = document.get("lock-version", _KNOWN)
    if not isinstance(version, str):
        raise lock_file.broken(
            f'Its `lock-version` is {shown(version)}, which is not a string such as `"1.0"`.'
        )
    try:
        release = parse_version(version).release
    except InvalidVersion:
        release = (0,)
    if release[0] != 1:
        raise lock_file.unknown_version(version, _KNOWN)
    if _LONG_NUMBER.search(text):
        raise lock_file.broken("A number in it is too long.")
    try:
        # A newer minor version adds only what an older reader may ignore.
        has_version = "lock-version" in document
        given = {**document, "lock-version": _KNOWN} if has_version else document
        return Pylock.from_dict(given)
    except PylockValidationError as error:
        name = _package_at(document, error.context or "")
        about = f" This is about {shown(name)}." if name else ""
        raise lock_file.broken(
            f"It does not follow the standard, PEP 751: {str(error)[:400]}.{about}"
        ) from None


def _package_at(document: Document, context: str) -> str:
    """Return the name of the package that an error is about, by its place in the lock."""
    found = re.match(r"packages\[(\d{1,9})\]", context)
    packages: Any = document.get("packages")
    if found and isinstance(packages, list) and int(found[1]) < len(packages):
        package = packages[int(found[1])]
        name = package.get("name") if isinstance(package, dict) else None
        return name[:80] if isinstance(name, str) else ""
    return ""


def _declared_indexes(read: ReadText) -> dict[str, tuple[Index, bool]]:
    """Return the indexes that uv's and PDM's tables name: see _PythonLock.named."""
    document = document_at(read, PYPROJECT)
    uv_toml = document_at(read, UV_TOML) if read(UV_TOML) is not None else None
    uv = uv_toml if uv_toml is not None else table_in(document, "tool", "uv")
    entries = [("uv", one, one.get("default") is True) for one in tables_in(uv.get("index"))]
    pdm = table_in(document, "tool", "pdm").get("source")
    # Only a source with this name replaces PDM's default index.
    entries += [("PDM", one, one.get("name") == "pypi") for one in tables_in(pdm)]
    return {
        _key(url): (Index(url=url, name=str(one.get("name") or ""), tool=tool), is_default)
        for tool, one, is_default in entries
        if isinstance(url := one.get("url"), str)
    }


# Texts


def _version(markers: Mapping[str, str]) -> str:
    """Return the version of a Python that was built from its sources, too: `3.13.0rc1+`."""
    return markers.get("python_full_version", "").removesuffix("+")


def _applies(marker: Marker, markers: Mapping[str, str]) -> bool:
    try:
        return marker.evaluate({**markers, "extra": ""})
    except (ValueError, KeyError, RecursionError):
        return False


def _urls(package: Package) -> Sequence[str]:
    """Return the address of the first file of a package, which is enough to tell its server."""
    files = [*(package.wheels or ())[:1], *([package.sdist] if package.sdist else ())]
    return [file.url or "" for file in files[:1]]


def _is_served(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()


def _is_kept_by_content(url: str | None) -> bool:
    return _BY_CONTENT.match((url or "").rpartition("/packages/")[2]) is not None


def _name_of(file: PackageWheel | PackageSdist) -> str:
    """Return the name of a file, for errors: much faster than to parse its address."""
    return file.name or unquote((file.path or file.url or "").rpartition("/")[2])


def _may_be_local(package: Package) -> bool:
    return (
        package.directory is not None
        or package.archive is not None
        or any(file.path for file in (*(package.wheels or ()), package.sdist) if file)
    )


def _key(url: str) -> str:
    """Return an address in the form in which two are compared: without what may differ."""
    return without_credentials(url).rstrip("/").lower()
