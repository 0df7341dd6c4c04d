"""Write the lock of a build as pylock.toml, or as requirements.txt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from getopt import GetoptError
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from slipway.domain.index_config.pip_settings import (
    IndexConfig,
    effective_config,
    from_lines,
)
from slipway.domain.locks import written
from slipway.domain.locks.written import IndexFile, MadeFrom, WrittenLock, without_secret
from slipway.domain.redaction import without_credentials
from slipway.domain.requirements.dependency_closure import direct_references
from slipway.domain.requirements.lines import LineKind, expand, marker_applies
from slipway.domain.requirements.lock import LockedPackage
from slipway.domain.requirements.resolution_request import find_links_folders
from slipway.effects.files import scratch, sha256_of
from slipway.errors.writing_locks import FileNotLockable
from slipway.steps.context import BuildContext
from slipway.toolchains.pip_tools.direct_lock import lock_direct
from slipway.toolchains.protocol import (
    DirectReference,
    LocalDistribution,
    Locked,
    RequirementFiles,
)

_NOT_IN_PYLOCK = re.compile(
    r"(?:^|\s)--(?:trusted-host|config-settings?|global-option|build-option)\b"
)
"""Options that decide how files are downloaded or built, and not which ones."""


def export_lock(
    context: BuildContext,
    locked: Locked,
    distributions: Sequence[LocalDistribution],
    declared: MadeFrom,
) -> WrittenLock:
    """Return a file for the app that has exactly the packages of a lock.

    `distributions` are the wheels of vendored packages, `declared` is what the app requires.

    Raises FileNotLockable, ResolveFailed, or a more precise error.
    """
    origin = context.plan.dependencies.origin
    vendored = {wheel.name for wheel in distributions}
    has_direct = any(one.source and one.name not in vendored for one in locked.lock)
    is_compiled = origin == written.COMPILED_FROM and not context.plan.settings.requirements
    if is_compiled and not has_direct:
        file, text = written.REQUIREMENTS, _requirements(context, locked)
    else:
        file, text = written.FILE, _pylock(context, locked, distributions, declared)
    return WrittenLock(
        file=file,
        text=text,
        count=len(locked.lock.packages),
        python=context.interpreter.minor,
        notices=tuple(_left_out(context, file)),
    )


def _left_out(context: BuildContext, file: str) -> Iterator[str]:
    """Yield a notice about each line of the app of which the lock cannot have everything."""
    for line in (*context.plan.dependencies.options, *context.plan.dependencies.requirements):
        option = _NOT_IN_PYLOCK.search(line.text)
        if option and file == written.FILE:
            yield (
                f"{line.place} has {option[0].strip()}, which {file} cannot have, so it does "
                "not count when the lock is installed. If pip has a variable for it, such as "
                "PIP_TRUSTED_HOST, set that as a config variable"
            )
        if any(without_secret(word, word) != word for word in line.text.split()):
            yield (
                f"The lock leaves out the password in {line.place}. Put it into a config "
                "variable, and write the name of that in the address, such as ${TOKEN}"
            )


def _requirements(context: BuildContext, locked: Locked) -> str:
    """Return a requirements.txt with the app's own options, paths in it, and the lock."""
    dependencies = context.plan.dependencies
    options = []
    for line in dependencies.options:
        folders = find_links_folders([line])
        text = f"--find-links ./{folders[0]}" if folders else line.text
        options.append(" ".join(without_secret(word, word) for word in text.split()))
    paths = [line.text for line in dependencies.requirements if line.local_path is not None]
    packages = [package for package in locked.lock if package.source is None]
    return written.render_requirements(packages, [*options, *paths], context.interpreter.minor)


def _pylock(
    context: BuildContext,
    locked: Locked,
    distributions: Sequence[LocalDistribution],
    declared: MadeFrom,
) -> str:
    vendored = {wheel.name: wheel for wheel in distributions}
    direct = _direct_references(context, vendored)
    from_index = [package for package in locked.lock if package.source is None]
    tables: list[Mapping[str, Any]] = []
    with scratch("export") as folder:
        files = RequirementFiles(
            folder=folder,
            app=context.app,
            requirements="".join(f"{package.requirement}\n" for package in from_index),
            constraints="",
            options=context.index_options,
            distributions=[*distributions, *_built(locked, vendored)],
        )
        found = context.toolchain.find_files(files, context.interpreter) if from_index else {}
        for package in locked.lock:
            if package.source is None:
                usable = _usable(context, package, found.get(package.name, ()))
                tables.append(written.from_index(package, usable))
            elif package.name in vendored:
                tables.append(_in_app(context, package, vendored[package.name]))
            else:
                reference = direct[without_credentials(package.source)]
                table = lock_direct(reference, files, context.interpreter, context.tools.pip())
                tables.append(_cleaned(table, package, reference.line))
    settings = context.plan.settings
    return written.render(
        tables,
        context.interpreter.minor,
        declared,
        groups=settings.groups or (),
        extras=settings.extras,
    )


def _direct_references(
    context: BuildContext, vendored: Mapping[str, LocalDistribution]
) -> Mapping[str, DirectReference]:
    """Map the source that a lock names to the direct reference of the app, or of a package."""
    markers = context.interpreter.markers
    own = (
        DirectReference.of_line(line)
        for line in context.plan.dependencies.external_requirements
        if line.kind is LineKind.DIRECT and marker_applies(line.marker, markers)
    )
    of_packages = (
        DirectReference.of(one.requirement, one.required_by)
        for one in direct_references(context.plan, vendored, markers)
    )
    return {
        without_credentials(reference.source): reference for reference in (*own, *of_packages)
    }


def _built(
    locked: Locked, vendored: Mapping[str, LocalDistribution]
) -> list[LocalDistribution]:
    """Return the wheels that were built from direct references."""
    return [
        LocalDistribution(
            name=package.name,
            version=package.version,
            path=locked.wheels[package.name],
            sha256=package.hashes[0].partition(":")[2],
            source=package.source or "",
        )
        for package in locked.lock
        if package.name in locked.wheels and package.name not in vendored
    ]


def _usable(
    context: BuildContext, package: LockedPackage, files: Iterable[IndexFile]
) -> list[IndexFile]:
    """Return the files that the lock has hashes of, and that fit the app's Python on Linux.

    Raises FileNotLockable.
    """
    files, is_allowed = [*files], _allowed_kind(context)
    usable: dict[str, IndexFile] = {}
    for file in files:
        address = _relative(file.address, context.app)
        if (
            address is None
            or f"sha256:{file.sha256}" not in package.hashes
            or not written.fits(file, context.interpreter.minor)
            or not is_allowed(file, package.name)
        ):
            continue
        index = _with_variables(context, file.index)
        one = IndexFile(
            address=without_secret(address.partition("#")[0]),
            sha256=file.sha256,
            index=index,
        )
        # The same file may also be in a folder; other machines have only the index.
        if file.sha256 not in usable or usable[file.sha256].address.startswith("./"):
            usable[file.sha256] = one
    if not usable:
        outside = sorted(file.address for file in files if file.address.startswith("file:"))
        raise FileNotLockable(
            requirement=package.requirement, file=_path(outside[0]) if outside else ""
        )
    return sorted(usable.values(), key=lambda file: file.name)


def _allowed_kind(context: BuildContext) -> Callable[[IndexFile, str], bool]:
    """Return whether `--no-binary` and `--only-binary` in the app's files allow a file.

    The lock itself has no such options. Those of variables also count for builds of the lock.
    """
    try:
        config = effective_config((), from_lines(context.index_options, {}))
    except (GetoptError, ValueError):
        config = IndexConfig()  # the toolchain has read them otherwise

    def counts(names: frozenset[str], others: frozenset[str], name: str) -> bool:
        given, excepted = ({canonicalize_name(one) for one in some} for some in (names, others))
        return name in given or (":all:" in names and name not in excepted)

    def is_allowed(file: IndexFile, name: str) -> bool:
        if file.name.endswith(".whl"):
            return not counts(config.no_binary, config.only_binary, name)
        return not counts(config.only_binary, config.no_binary, name)

    return is_allowed


def _relative(address: str, app: Path) -> str | None:
    """Return a local address relative to the app, others as they are; None if outside it."""
    if not address.startswith("file:"):
        return address
    path = Path(_path(address))
    return f"./{path.relative_to(app).as_posix()}" if path.is_relative_to(app) else None


def _path(address: str) -> str:
    """Return the path in a `file:` URL."""
    return unquote(address.removeprefix("file://").partition("#")[0])


def _with_variables(context: BuildContext, index: str) -> str:
    """Return the address of an index without secrets, with the variables of the app's line."""
    clean = without_secret(index).rstrip("/")
    for line in context.plan.dependencies.options:
        as_written = line.text.rpartition(" ")[2].rpartition("=")[2]
        filled_in = expand(as_written, context.effects.environment)
        if clean and without_secret(filled_in).rstrip("/") == clean:
            return without_secret(filled_in, as_written).rstrip("/")
    return clean


def _in_app(
    context: BuildContext, package: LockedPackage, wheel: LocalDistribution
) -> Mapping[str, Any]:
    file = context.app / wheel.source
    path = wheel.source if wheel.source == "." else f"./{wheel.source}"
    return written.in_app(package, path, sha256_of(file) if file.is_file() else None)


def _cleaned(
    table: Mapping[str, Any], package: LockedPackage, as_written: str
) -> Mapping[str, Any]:
    """Return pip's table of a direct reference with the name of the lock, without secrets."""
    kinds = {
        kind: {**values, "url": without_secret(str(values["url"]), as_written)}
        for kind, values in table.items()
        if kind != "name"
    }
    return {"name": canonicalize_name(package.name), **kinds}
