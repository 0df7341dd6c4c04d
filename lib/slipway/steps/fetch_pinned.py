"""Fetch the packages of a lock that do not come from its default index."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from slipway.domain.index_config.pip_settings import forbids_indexes
from slipway.domain.locks.brought import FromAddress, FromFiles, FromIndex, FromPath, Index, Pin
from slipway.domain.packaging_text import parse_fields
from slipway.domain.redaction import redact, without_secrets
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.dependency_closure import missing_offline
from slipway.domain.requirements.hashed_archives import line_of_archive
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import FETCHED
from slipway.effects.files import copy_folder, read_if_there, scratch, write
from slipway.errors.dependencies import HashMismatch, NoIndexAllowed, RequiredPackage
from slipway.errors.vendored import OfflineMissing
from slipway.steps.context import BuildContext
from slipway.toolchains.key_variables import compiling_facts, format_facts
from slipway.toolchains.pip_configuration import settings_for
from slipway.toolchains.protocol import LocalDistribution

_DESCRIPTION = "wheel.json"
"""The file of a cache entry that describes its wheel."""


def fetch_pinned(
    context: BuildContext, vendored: Sequence[LocalDistribution]
) -> list[LocalDistribution]:
    """Return a wheel for each pin that a repository, an archive or a named index has.

    No other index is asked for these packages. Vendored packages have priority over them.

    Raises OfflineMissing, NoIndexAllowed, InstallFailed, or a more precise error.
    """
    dependencies, console = context.plan.dependencies, context.effects.console
    taken = {distribution.name for distribution in vendored}
    pins = [
        pin
        for pin in dependencies.pins
        if not isinstance(pin.source, FromPath)
        and pin.source != FromIndex()
        and pin.name not in taken
    ]
    if not pins:
        return []
    if dependencies.lock is not None:  # pip needs no index for an archive
        _refuse_offline(context, pins, vendored)
    console.header(f"Packages with their own sources in {dependencies.origin}")
    keys = {pin.name: key for pin, key in zip(pins, _keys(context, pins), strict=True)}
    found = {}
    for pin in pins:
        entry = context.effects.cache.entry(keys[pin.name])
        if entry is not None:
            wheel = found[pin.name] = _read_entry(entry, _source(pin))
            console.info(f"Reusing {wheel.name} {wheel.version} from {_shown(pin)}")
    missing = [pin for pin in pins if pin.name not in found]
    if missing:
        found |= _fetch(context, missing, vendored, keys)
    return [found[name] for name in sorted(found)]


def _fetch(
    context: BuildContext,
    pins: Sequence[Pin],
    vendored: Sequence[LocalDistribution],
    keys: Mapping[str, CacheKey],
) -> dict[str, LocalDistribution]:
    """Fetch packages, those of the same index together, and store them in the cache."""
    from slipway.toolchains.pinned_packages import PinnedPackages  # not for unchanged builds

    console, dependencies = context.effects.console, context.plan.dependencies
    lock = dependencies.lock
    found = {}
    with scratch("pinned") as folder:
        for batch in _batches(pins):
            packages = PinnedPackages(
                pip=context.tools.pip(),
                interpreter=context.interpreter,
                options=context.index_options,
                vendored=vendored,
                file=lock.file if lock else line_of_archive(batch[0], dependencies).place,
                tool=lock.tool if lock else "Slipway",
                folder=folder,
            )
            start = console.now()
            with _naming_requirements(dependencies):
                wheels = packages.fetch(batch, {pin.name: _source(pin) for pin in batch})
            took = f"{console.now() - start:.1f} s"
            for pin in batch:
                wheel = wheels[pin.name]
                found[pin.name] = _store(context, keys[pin.name], wheel)
                console.info(f"Fetched {wheel.name} {wheel.version} from {_shown(pin)}")
            console.detail(f"Fetching from {_shown(batch[0])} took {took}")
    return found


@contextmanager
def _naming_requirements(dependencies: Dependencies) -> Iterator[None]:
    """Say in an error of a hash that it is in the requirements, unless the app has a lock."""
    try:
        yield
    except HashMismatch as error:
        if dependencies.lock is None:
            error.locked_in, error.is_own = "", True
            error.lock_command = dependencies.lock_command
        raise


def _batches(pins: Iterable[Pin]) -> Iterator[Sequence[Pin]]:
    """Group packages that come from the same index; each address is a group of its own."""
    groups: dict[object, list[Pin]] = {}
    for pin in pins:
        key = type(pin.source) if isinstance(pin.source, FromFiles) else pin.source
        groups.setdefault(key, []).append(pin)
    yield from groups.values()


def _source(pin: Pin) -> str:
    """Return what the lock of the build names as the source of a package."""
    match pin.source:
        case FromIndex(index=Index() as index):
            return f"the index {redact(index.url)}"
        case FromAddress():
            return redact(f"{pin.name} @ {pin.source.address}")
        case FromFiles(files=files):
            return f"{pin.name} @ {redact(files[0])}" if len(files) == 1 else ""
        case _:
            return ""


def _shown(pin: Pin) -> str:
    """Return the source of a package, for the log."""
    match pin.source:
        case FromIndex(index=Index() as index):
            named = f"`{index.name}` ({redact(index.url)})" if index.name else redact(index.url)
            return f"the index {named}"
        case FromAddress():
            return redact(pin.source.address)
        case _:
            return "the files that the lock names"


# Offline


def _refuse_offline(
    context: BuildContext, pins: Sequence[Pin], vendored: Sequence[LocalDistribution]
) -> None:
    """Stop if no server may be asked, and name all packages that are not vendored.

    Raises OfflineMissing, NoIndexAllowed.
    """
    plan, file = context.plan, context.plan.dependencies.origin
    required = [
        RequiredPackage(
            requirement=f"{pin.name}=={pin.version}" if pin.version else pin.name,
            required_by=file,
        )
        for pin in pins
        if not _is_in_the_app(pin)
    ]
    if not required:
        return
    if plan.settings.offline:
        known = {distribution.name: distribution for distribution in vendored}
        others = missing_offline(plan, known, context.interpreter.markers)
        folder = (*plan.vendoring.folders, "vendor")[0]
        raise OfflineMissing(missing=(*required, *others), folder=folder)
    environment = context.effects.environment
    settings = settings_for(context.app, environment)
    setting = forbids_indexes(settings, context.index_options, environment)
    if setting:
        raise NoIndexAllowed(
            requirement=required[0].requirement, setting=setting, required_by=file
        )


def _is_in_the_app(pin: Pin) -> bool:
    return isinstance(pin.source, FromFiles) and not any(
        "://" in one for one in pin.source.files
    )


# The cache


def _keys(context: BuildContext, pins: Sequence[Pin]) -> Iterator[CacheKey]:
    """Make the keys from everything that affects a wheel, except for credentials.

    The versions that an index has of build requirements are left out, so a package is built
    once, as are vendored packages that its build may use.
    """
    effects = context.effects
    formats = format_facts(context.index_options, effects.environment)
    compiling = compiling_facts(context.app, effects.environment, effects.staging_folders)
    for pin in pins:
        yield FETCHED.key(
            {
                "package": f"{pin.name}=={pin.version}",
                "hashes": [*pin.hashes],
                "address": without_secrets(_address(pin)),
                "python": context.interpreter.identity,
                "formats": formats,
                "compiling": compiling,
            }
        )


def _address(pin: Pin) -> str:
    match pin.source:
        case FromIndex(index=Index() as index):
            return f"index {index.url}"
        case FromAddress(address=address):
            return address
        case FromFiles(files=files):
            return " ".join(files)
        case _:
            return ""


def _store(context: BuildContext, key: CacheKey, wheel: LocalDistribution) -> LocalDistribution:
    """Store a wheel, alone in its folder; if that fails, copy it for this build only."""
    requires = _requires(wheel.path)
    has_secret = any(redact(one) != one for one in requires)
    description = {
        "file": wheel.path.name,
        "name": wheel.name,
        "version": wheel.version,
        "requires": None if has_secret else requires,
        "sha256": wheel.sha256,
    }
    write(wheel.path.parent / _DESCRIPTION, json.dumps(description))
    cache = context.effects.cache
    reason = cache.store(key, wheel.path.parent)
    entry = cache.entry(key)
    if entry is None:
        context.effects.console.warning(
            f"{wheel.name} could not be stored in the cache: {reason or 'it has disappeared'}"
        )
        entry = cache.spare / FETCHED.name / key.digest
        copy_folder(wheel.path.parent, entry)
    return _read_entry(entry, wheel.source)


def _read_entry(entry: Path, source: str) -> LocalDistribution:
    description = json.loads(read_if_there(entry / _DESCRIPTION) or "")
    requires = description["requires"]
    if requires is None:  # an address with a password, which only the package itself may have
        requires = _requires(entry / description["file"])
    return LocalDistribution(
        name=description["name"],
        version=description["version"],
        path=entry / description["file"],
        sha256=description["sha256"],
        source=source,
        requires=tuple(requires),
    )


def _requires(wheel: Path) -> tuple[str, ...]:
    from slipway.effects.packages.wheels import metadata_as_it_is

    return tuple(parse_fields(metadata_as_it_is(wheel)).get("requires_dist", ()))
