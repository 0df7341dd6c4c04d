"""Fetch the packages of a lock that have a source of their own, each from that alone.

pip searches all of its indexes for each package, so it is run once for each source, without the
settings that name any other index. Only what a build requires comes from the app's usual ones.
"""

from __future__ import annotations

import html
import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from configparser import Error as UnreadableConfiguration
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.addresses import check_addresses
from slipway.domain.index_config.credentials import (
    addresses_of_indexes,
    credential_variables,
    with_credentials,
)
from slipway.domain.index_config.pip_settings import Setting
from slipway.domain.index_config.project_settings import folder_of_page, index_options
from slipway.domain.locks.brought import FromAddress, FromFiles, FromIndex, Index, Pin
from slipway.domain.locks.fit import missing_file
from slipway.domain.python.selection import Interpreter
from slipway.effects.files import scratch, write
from slipway.errors.building import FailedBuild
from slipway.errors.dependencies import HashesMissing, HashMismatch, InstallFailed, Unmet
from slipway.errors.fetching import IndexRefused, NameDiffers, OfAnAddress, OfAnIndex
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.direct_references import (
    build_reference,
    named_error,
    requiring_by_name,
    wheel_from,
)
from slipway.toolchains.key_variables import FORMAT_OPTIONS
from slipway.toolchains.pip_configuration import settings_for
from slipway.toolchains.pip_tools.pip import Pip, diagnosed_error, target_of
from slipway.toolchains.protocol import DirectReference, LocalDistribution

_KEPT = (
    "cert",
    "client-cert",
    "default-timeout",
    "keyring-provider",
    "no-binary",
    "only-binary",
    "proxy",
    "resume-retries",
    "retries",
    "timeout",
    "trusted-host",
    "use-deprecated",
)
"""Settings of pip for all servers and packages; others say what to take from where."""
_SET_BY_SLIPWAY = (
    "PIP_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_NO_COLOR",
    "PIP_NO_INPUT",
    "PIP_PROGRESS_BAR",
    "PIP_USE_FEATURE",
)


def is_repository(address: str) -> bool:
    """Return whether an address is that of a repository, such as `git+https://...`."""
    return "+" in address.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class PinnedPackages:
    """Fetches packages for one Python."""

    pip: Pip
    interpreter: Interpreter
    options: str
    """Lines of a requirements file that say which indexes have the build requirements."""
    vendored: Sequence[LocalDistribution]
    """Builds use these for their names, and no index."""
    file: str
    """The lock, for errors."""
    tool: str
    """As in BroughtLock."""
    folder: Path
    """A temporary folder, which also gets the wheels."""

    def fetch(
        self, pins: Sequence[Pin], sources: Mapping[str, str]
    ) -> Mapping[str, LocalDistribution]:
        """Return a wheel for each of some packages that have the same source, by name.

        `sources` maps their names to the sources that the results name.

        Raises IndexVariablesUnset, InstallFailed, or a more precise error.
        """
        from_repositories = [
            pin
            for pin in pins
            if isinstance(pin.source, FromAddress) and is_repository(pin.source.address)
        ]
        others = [pin for pin in pins if pin not in from_repositories]
        files = self._download(others) if others else {}
        found = {}
        for pin in pins:
            path = files.get(pin.name)
            if path is not None and path.suffix == ".whl":
                wheel = wheel_from(path, sources[pin.name])
                self._check_name(pin, wheel)
                found[pin.name] = wheel
            else:
                found[pin.name] = self._build(pin, path, sources[pin.name])
        return found

    # Downloads

    def _download(self, pins: Sequence[Pin]) -> Mapping[str, Path]:
        """Download the files of packages with the same source, and check their hashes."""
        # A server may have no hash of an archive, but an index or a file always has one.
        bare = [pin for pin in pins if not pin.hashes]
        if any(not isinstance(pin.source, FromAddress) for pin in bare):
            names = tuple(f"{pin.name}=={pin.version}" for pin in bare)
            raise HashesMissing(requirements=names, locked_in=self.file)
        with scratch("fetch", self.folder) as folder:
            lines = [
                *self._source_lines(pins, folder),
                *(one for one in self.options.splitlines() if one.startswith(FORMAT_OPTIONS)),
                *map(_requirement, pins),
            ]
            write(folder / "requirements.txt", "".join(f"{line}\n" for line in lines))
            place = self.folder / f"files-{folder.name}"
            arguments = [
                *(str(self.pip.bundled_tools.pip_alone), "--no-deps", "--no-cache-dir"),
                *(["--require-hashes"] if not bare else []),
                *("--dest", str(place), "-r", str(folder / "requirements.txt")),
            ]
            try:
                self.pip.run_script(
                    self.interpreter.path,
                    "pip_fetch.py",
                    arguments,
                    self.pip.app,
                    "downloading packages",
                    self._only_connections(),
                )
            except CommandFailed as error:
                raise self._failed_download(error, pins) from error
        return {pin.name: file for pin in pins for file in (place / pin.name).glob("*")}

    def _source_lines(self, pins: Sequence[Pin], folder: Path) -> list[str]:
        """Write the only source of the packages as options."""
        known = self._known_indexes()
        environment = self.pip.effects.environment
        match pins[0].source:
            case FromIndex(index=Index() as index):
                if not index.is_page:
                    return index_options(index, "--index-url", environment, known, self.file)
                links = folder_of_page(index)
                if links:
                    links = (self.pip.app / posixpath.dirname(self.file) / links).as_uri()
                    return ["--no-index", f"--find-links {links}"]
                options = index_options(index, "--find-links", environment, known, self.file)
                return ["--no-index", *options]
            case FromFiles():
                page = folder / "files.html"
                addresses = [
                    self._address(file, known)
                    for pin in pins
                    if isinstance(pin.source, FromFiles)
                    for file in pin.source.files
                ]
                anchors = (f'<a href="{html.escape(one)}">file</a>\n' for one in addresses)
                body = "".join(anchors)
                write(page, f"<!DOCTYPE html>\n<html><body>\n{body}</body></html>\n")
                return ["--no-index", f"--find-links {page.as_uri()}"]
            case _:
                return ["--no-index"]

    def _address(self, file: str, known: Iterable[str]) -> str:
        if "://" not in file:
            return (self.pip.app / file).as_uri()
        check_addresses(file, self.file)
        index = Index(url=file, tool=self.tool)
        return with_credentials(index, self.pip.effects.environment, known, self.file)

    def _known_indexes(self) -> list[str]:
        settings = [
            setting.value
            for setting in self._settings
            if setting.name in ("index-url", "extra-index-url")
        ]
        return [*addresses_of_indexes(settings, self.pip.effects.environment)]

    @property
    def _settings(self) -> tuple[Setting, ...]:
        try:
            return settings_for(self.pip.app, self.pip.effects.environment)
        except UnreadableConfiguration:
            return ()  # the installation reports it

    def _only_connections(self) -> dict[str, str]:
        """Return variables with which pip has only its settings for connections."""
        without = {
            name: ""  # as if it was not set
            for name in self.pip.effects.environment
            if name.startswith("PIP_") and name not in _SET_BY_SLIPWAY
        }
        values = {
            f"PIP_{setting.name.upper().replace('-', '_')}": setting.value
            for setting in self._settings
            if setting.name in _KEPT
        }
        return {**without, **values, "PIP_CONFIG_FILE": os.devnull}

    # Builds

    def _build(self, pin: Pin, file: Path | None, source: str) -> LocalDistribution:
        """Build the wheel of a package, from its downloaded file or from a repository."""
        address = pin.source.address if isinstance(pin.source, FromAddress) else ""
        check_addresses(address, self.file)
        if file is not None:
            _, hash_sign, fragment = address.partition("#")
            address = f"{file.as_uri()}{hash_sign}{fragment}"
        reference = DirectReference(
            line=f"{pin.name} @ {address}", extras="", source=source, required_by=self.file
        )
        with scratch("build", self.folder) as folder:
            named = requiring_by_name(self.vendored, folder)
            variables = {
                **self.pip.build_variables(folder, named),
                # The lock has decided, and the commit stands for a hash.
                "PIP_CONSTRAINT": "",
                "PIP_REQUIRE_HASHES": "",
            }
            work = self.folder / f"built-{folder.name}"
            try:
                wheel = build_reference(
                    reference, self.options, work, self.interpreter, self.pip, variables
                )
            except CommandFailed as error:
                raise self._failed_build(error, reference) from error
        assert wheel is not None, f"pip wheel has built nothing for {pin.name}"
        return wheel

    # Errors

    def _check_name(self, pin: Pin, wheel: LocalDistribution) -> None:
        if wheel.name != pin.name:
            raise NameDiffers(
                required=pin.name,
                name=wheel.name,
                address=wheel.source,
                required_by=self.file,
            )

    def _failed_download(self, error: CommandFailed, pins: Sequence[Pin]) -> BuildStopped:
        found = diagnosed_error(error, self.interpreter.version, InstallFailed)
        source = pins[0].source
        if isinstance(found, OfAnAddress) and isinstance(source, FromAddress):
            found.required_by = self.file
        if isinstance(found, (HashMismatch, *Unmet)):
            text = found.package if isinstance(found, HashMismatch) else found.requirement
            target = target_of(self.interpreter.version)
            missing = missing_file(text, pins, self.file, target)
            if missing is not None:
                return missing
        if isinstance(found, Unmet):
            found.required_by = self.file
        if isinstance(found, HashMismatch):
            found.locked_in = self.file
        if isinstance(found, OfAnIndex):
            found.named_in = self.file
        if isinstance(found, IndexRefused):
            found.is_of_file = isinstance(source, FromAddress)
        if isinstance(found, IndexRefused) and isinstance(source, FromIndex) and source.index:
            found.variables = credential_variables(source.index)
        return found

    def _failed_build(self, error: CommandFailed, reference: DirectReference) -> BuildStopped:
        found = diagnosed_error(error, self.interpreter.version, InstallFailed)
        if isinstance(found, FailedBuild) and not found.required_by:
            found.required_by = self.file
        return named_error(found, reference)


def _requirement(pin: Pin) -> str:
    hashes = "".join(f" --hash={digest}" for digest in pin.hashes)
    if isinstance(pin.source, FromAddress):
        return f"{pin.name} @ {pin.source.address}{hashes}"
    return f"{pin.name}=={pin.version}{hashes}"
