"""Make the virtual environment match the lock, starting from a similar one if possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.domain.counting import counted
from slipway.domain.locks.brought import BroughtLock
from slipway.domain.locks.fit import missing_file, only_elsewhere
from slipway.domain.locks.formats import format_of, how_to_add
from slipway.domain.nltk_data import FOLDER
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.conflicts import who_requires
from slipway.domain.requirements.consistency import (
    InstalledMetadata,
    installed_metadata,
    missing,
    problems,
    unfit,
)
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import Line, LineKind, requirement_name
from slipway.domain.requirements.lock import Lock
from slipway.domain.requirements.resolution_request import find_links_folders, options_of
from slipway.domain.requirements.unlisted import (
    UNLISTED,
    WITH_PKG_RESOURCES,
    Unlisted,
    find_unlisted,
)
from slipway.effects.cache.keys import digest_of
from slipway.effects.cache.kinds import VENV
from slipway.effects.files import read_if_there, remove, scratch, write
from slipway.effects.packages.gunicorn_commands import remove_commands
from slipway.effects.packages.installed import read_installed
from slipway.effects.packages.pkg_resources import importer_without_pkg_resources
from slipway.effects.packages.virtualenvs import (
    Virtualenv,
    add_paths,
    attach_to_bundled_python,
    attach_to_image_python,
    seal,
)
from slipway.errors.dependencies import (
    THE_APP,
    THE_LOCK,
    EnvironmentInconsistent,
    HashesMissing,
    HashMismatch,
    NoWheelForPython,
    Unmet,
    UnmetError,
)
from slipway.errors.stopped import BuildStopped
from slipway.steps.context import BuildContext
from slipway.toolchains.bytecode import compile_folder, compile_groups
from slipway.toolchains.protocol import LocalDistribution, Locked, RequirementFiles
from slipway.toolchains.pythons.relocatable import site_folder

_FIRST_LINE = "# The packages in this virtual environment"
"""How the lock in a virtual environment begins; notes and warnings for the log follow."""
_NOTE, _WARNING = "# Note: ", "# Warning: "
_LOST_SCRIPT = f"{_WARNING}The script "
_WORTH_REUSING = 0.5
"""Update an earlier virtual environment if it has more than this share of the packages."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A virtual environment that matches the lock."""

    digest: str
    """The digest of the cache key: the same for the same lock and Python."""
    lock: Lock
    """Everything that is installed: the lock, and packages that it leaves out."""


def install(
    context: BuildContext, locked: Locked, distributions: Sequence[LocalDistribution]
) -> Installed:
    """Restore or create the virtual environment, and connect it to its Python.

    `distributions` are the wheels of vendored packages; builds of other packages may use them.

    Raises InstallFailed, EnvironmentInconsistent, or a more precise error.
    """
    console, outputs = context.effects.console, context.effects.outputs
    virtualenv, lock = context.virtualenv, locked.lock
    key = VENV.key(
        {
            "lock": digest_of({"lock": locks.render(lock)}),
            "python": context.interpreter.identity,
            "unlisted": sorted(line.redacted for line in _lines_for_unlisted(context)),
            "offline": str(context.plan.settings.offline),
            **_accepted_by(context.plan.dependencies.lock),
        }
    )
    reasons = outputs.restore(key, virtualenv.root)
    if reasons:
        console.info(f"Creating the virtual environment: {'; '.join(reasons)}")
        start = console.now()
        similar = _most_similar(outputs.find_similar(key, apart_from="lock"), lock)
        with outputs.create(key, virtualenv.root, similar) as root:
            made = Virtualenv(root, virtualenv.version)
            added, notes = _make_equal(context, made, locked, distributions)
            final, notes_on_lock = _with_unlisted(context, made, locked, distributions)
            if final.lock != lock:
                write(root / locks.FILE, locks.render(lock))
                _, more = _make_equal(context, made, final, distributions)
                notes = [*dict.fromkeys((*notes, *more))]
            accepted = _accepted_problems(context, _metadata(context, made))
            head = _head([*notes, *notes_on_lock, *accepted])
            write(root / locks.FILE, head + locks.render(final.lock))
        console.info(_summary(added, lock, f"in {console.now() - start:.1f} s"))
        context.effects.report.note(packages_installed=len((added or lock).packages))
    else:
        context.effects.report.note(packages_installed=0)
        count = counted(len(lock.packages), "package")
        console.info(f"Reusing the virtual environment from an earlier build ({count})")
    text = read_if_there(virtualenv.root / locks.FILE) or ""
    has_notes = _log_notes(context, text)
    _connect(context)
    final_lock = locks.parse(text, locks.FILE) if has_notes else lock
    return Installed(digest=key.digest, lock=final_lock)


def _accepted_by(lock: BroughtLock | None) -> dict[str, str]:
    """Return what decides which problems are accepted, for the cache key."""
    return {} if lock is None else {"accepted": f"{lock.file} {lock.is_consistent}"}


def _accepted_problems(context: BuildContext, installed: InstalledMetadata) -> list[str]:
    """Stop if packages do not fit together; return warnings if the app's lock has decided that.

    Raises EnvironmentInconsistent.
    """
    lock = context.plan.dependencies.lock
    if lock is None:
        stops: tuple[str, ...] = problems(installed)
        accepted: tuple[str, ...] = ()
    elif lock.is_consistent:
        stops, accepted = missing(installed), unfit(installed)
    else:
        stops, accepted = (), problems(installed)
    if stops:
        raise _inconsistent(stops, context.plan.dependencies, installed)
    return [f"{_WARNING}{one[:-1]}, as {lock.file} says" for one in accepted if lock]


def _inconsistent(
    stops: tuple[str, ...], dependencies: Dependencies, installed: InstalledMetadata
) -> EnvironmentInconsistent:
    """Return the error, with what a marker in the app's lock excludes."""
    lock = dependencies.lock
    if lock is None:
        return EnvironmentInconsistent(problems=stops, lock_command=dependencies.lock_command)
    names = (one.name for one in installed.requires if one.name not in installed.versions)
    found = format_of(lock.file)
    return EnvironmentInconsistent(
        problems=stops,
        locked_in=lock.file,
        made_from=found.made_from if found else "",
        excluded=tuple(pin.name for pin in only_elsewhere(lock, dependencies.choice, names)),
    )


def _head(notes: Iterable[str]) -> str:
    """Write the comments before a lock, one line for each, whatever a package's names are."""
    lines = (" ".join(note.splitlines()) for note in (_FIRST_LINE, *notes))
    text = "".join(f"{line}\n" for line in lines)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _log_notes(context: BuildContext, text: str) -> bool:
    """Log what the lock in a virtual environment says about it; tell whether it says any."""
    lines = text.splitlines()
    for line in lines:
        if line.startswith(_NOTE):
            context.effects.console.info(line.removeprefix(_NOTE))
        elif line.startswith(_WARNING):
            context.effects.console.warning(line.removeprefix(_WARNING))
    return any(line.startswith((_NOTE, _WARNING)) for line in lines)


def _make_equal(
    context: BuildContext,
    virtualenv: Virtualenv,
    locked: Locked,
    distributions: Sequence[LocalDistribution],
) -> tuple[Lock | None, list[str]]:
    """Make a virtual environment equal to a lock: update the one that is there, or create it.

    Returns the packages that were installed, None for all, and notes for the log.
    """
    updated = _update(context, virtualenv, locked, distributions)
    if updated is not None:
        return updated
    remove(virtualenv.root)
    context.toolchain.create(virtualenv, context.interpreter)
    notes = _install_packages(context, virtualenv, locked, locked.lock, distributions)
    _compile_all(context, virtualenv)
    return None, notes


def _update(
    context: BuildContext,
    virtualenv: Virtualenv,
    locked: Locked,
    distributions: Sequence[LocalDistribution],
) -> tuple[Lock, list[str]] | None:
    """Replace the packages of an earlier virtual environment that differ; return the new ones.

    Returns None if there is no earlier virtual environment, or if the result could differ from
    a new one: if packages share a file, the package that is installed last decides its content.
    """
    remove_commands(virtualenv)
    remove(virtualenv.root / FOLDER)
    text = read_if_there(virtualenv.root / locks.FILE)
    if text is None or _LOST_SCRIPT in text:
        return None
    gone, added = locks.difference(locks.parse(text, locks.FILE), locked.lock)
    if gone:
        installed = read_installed(virtualenv, {locks.FILE})
        if installed is None or installed.shared_by(gone):
            return None
        installed.remove(gone)
    attach_to_image_python(virtualenv, Path(context.interpreter.path))
    notes = _install_packages(context, virtualenv, locked, added, distributions)
    now = read_installed(virtualenv)
    if now is None or now.shared_by(added.names) or now.has_any(gone - added.names):
        return None
    modules = now.modules(added.names)
    compile_groups(virtualenv.root, modules, context.interpreter.path, context.effects)
    return added, notes


def _install_packages(
    context: BuildContext,
    virtualenv: Virtualenv,
    locked: Locked,
    packages: Lock,
    distributions: Sequence[LocalDistribution],
) -> list[str]:
    """Install packages of a lock; return notes for the log."""
    remove(virtualenv.root / locks.FILE)
    if packages.packages:
        with scratch("install") as folder:
            lock_file = folder / locks.FILE
            text = locks.render_for_pip(packages, locked.addresses)
            write(lock_file, context.index_options + text)
            try:
                context.toolchain.install(virtualenv, lock_file, distributions)
            except (HashMismatch, HashesMissing, *Unmet) as error:
                _refuse_missing_file(error, context)
                _connect_with_app(error, context.plan.dependencies)
                raise
    return [
        f"{_LOST_SCRIPT}{script} is not installed, because that name starts the app's Python"
        for script in seal(virtualenv)
    ]


def _refuse_missing_file(
    error: HashMismatch | HashesMissing | UnmetError, context: BuildContext
) -> None:
    """Stop with the reason if the app's lock has no file of the package for this Python.

    Raises LockHasNoFile.
    """
    dependencies = context.plan.dependencies
    if dependencies.lock is None or isinstance(error, HashesMissing):
        return
    from slipway.toolchains.pip_tools.pip import target_of  # only this error needs it

    text = error.package if isinstance(error, HashMismatch) else error.requirement
    target = target_of(context.interpreter.version)
    stop = missing_file(text, dependencies.pins, dependencies.lock.file, target)
    if stop is not None:
        raise stop from error


def _connect_with_app(
    error: HashMismatch | HashesMissing | UnmetError, dependencies: Dependencies
) -> None:
    """Name the line or lock of the app that an error of an installation is about."""
    if isinstance(error, (HashMismatch, HashesMissing)):
        error.lock_command = dependencies.lock_command
        error.locked_in = dependencies.lock.file if dependencies.lock else ""
    else:
        error.required_by = _requirer(error, dependencies)
    if isinstance(error, NoWheelForPython):
        _name_own_line(error, dependencies)
    if isinstance(error, HashMismatch):
        error.is_own = dependencies.has_hash(error.expected)


def _name_own_line(error: NoWheelForPython, dependencies: Dependencies) -> None:
    """Show the line of the app that requires a package, rather than a version in a lock."""
    name = requirement_name(error.requirement)
    own = [line for line in dependencies.requirements if line.name == name]
    if own:
        error.required_by = own[0].place
        if own[0].kind is LineKind.NAMED:
            error.requirement = own[0].text.partition(" --")[0].partition(";")[0].strip()


def _requirer(error: UnmetError, dependencies: Dependencies) -> str:
    """Name what requires a package that cannot be installed; a line of the app's own lock."""
    by = error.required_by
    if by == THE_APP and dependencies.is_lock:
        by = who_requires(error.requirement, by, dependencies, {})
    return THE_LOCK if by == THE_APP else by


def _compile_all(context: BuildContext, virtualenv: Virtualenv) -> None:
    root, python, effects = virtualenv.root, context.interpreter.path, context.effects
    installed = read_installed(virtualenv)
    if installed is None:
        compile_folder(root, root / "lib", python, effects)
    else:
        compile_groups(root, installed.modules(), python, effects)


def _with_unlisted(
    context: BuildContext,
    virtualenv: Virtualenv,
    locked: Locked,
    distributions: Sequence[LocalDistribution],
) -> tuple[Locked, list[str]]:
    """Add packages to a lock that it leaves out, although installed packages need them.

    The app's own pins are never changed. Returns the lock, and notes for the log.
    """
    installed = _metadata(context, virtualenv)
    importer = importer_without_pkg_resources(virtualenv.site_packages)
    unlisted = find_unlisted(
        installed,
        importer,
        _lines_for_unlisted(context),
        context.interpreter.markers,
        fixed_by=_fixed_by(context, installed, distributions),
        unavailable=_unavailable(context),
    )
    conflict, added = unlisted.conflict, None
    if unlisted.requirements:
        try:
            added = _resolve_unlisted(context, installed, unlisted, locked.lock, distributions)
        except BuildStopped:
            if unlisted.is_required:
                raise
            add = how_to_add(f"`{WITH_PKG_RESOURCES}`", context.plan.dependencies.origin)
            conflict = (
                f"`{WITH_PKG_RESOURCES}` could not be resolved. {add[0].upper()}{add[1:]}"
            )
    notes = []
    if added is not None:
        locked = Locked(
            lock=locks.merge(added.lock, locked.lock),
            wheels={**locked.wheels, **added.wheels},
        )
        for package in added.lock:
            before = installed.versions.get(package.name)
            verb = "Added" if before is None else "Installed"
            instead = "" if before is None else f" instead of {before}"
            reason = unlisted.reasons.get(package.name, "because an added package requires it")
            notes.append(f"{_NOTE}{verb} {package.name} {package.version}{instead}, {reason}")
    if conflict is not None:
        notes.append(
            f"{_WARNING}{importer} imports pkg_resources, which new versions of setuptools do "
            f"not have, but {conflict}, or update the package that imports it"
        )
    return locked, notes


def _resolve_unlisted(
    context: BuildContext,
    installed: InstalledMetadata,
    unlisted: Unlisted,
    lock: Lock,
    distributions: Sequence[LocalDistribution],
) -> Locked:
    """Lock the packages to add, in versions that fit what is installed.

    Raises ResolveFailed, or a more precise error.
    """
    local = {distribution.name for distribution in distributions}
    pins = (
        package.requirement
        for package in lock
        if "==" in package.requirement and package.name not in {*unlisted.reasons, *local}
    )
    with scratch("resolve") as folder:
        files = RequirementFiles(
            folder=folder,
            app=context.app,
            requirements="".join(f"{text}\n" for text in unlisted.requirements),
            constraints="".join(f"{text}\n" for text in pins),
            options=context.index_options,
            distributions=distributions,
        )
        resolved = context.toolchain.resolve(files, context.interpreter)
    hashes = {line.name: line.hashes for line in _lines_for_unlisted(context) if line.name}
    names = unlisted.reasons.keys() | (resolved.lock.names - installed.versions.keys())
    return replace(
        resolved,
        lock=locks.restrict_hashes(
            locks.without(resolved.lock, resolved.lock.names - names), hashes
        ),
    )


def _fixed_by(
    context: BuildContext,
    installed: InstalledMetadata,
    distributions: Sequence[LocalDistribution],
) -> str | None:
    """Return why Slipway must not choose the version of setuptools, and what to do."""
    version, dependencies = installed.versions.get("setuptools"), context.plan.dependencies
    for distribution in distributions:
        if distribution.name == "setuptools" and distribution.is_vendored:
            return (
                f"{distribution.source} has setuptools {version}. Replace it with a version "
                "before 81"
            )
    locked = dependencies.names | dependencies.pinned_names
    if version is not None and dependencies.is_lock and "setuptools" in locked:
        return (
            f"{dependencies.origin} locks setuptools {version}. Require "
            f"`{WITH_PKG_RESOURCES}` and lock again"
        )
    return None


def _unavailable(context: BuildContext) -> str | None:
    """Return why no setuptools can be added, and what to do; None if an index is used."""
    plan = context.plan
    if not plan.settings.offline or find_links_folders(options_of(plan)):
        return None
    folder = (*plan.vendoring.folders, "vendor")[0]
    return f"this build is offline. Put a wheel of `{WITH_PKG_RESOURCES}` into {folder}/"


def _lines_for_unlisted(context: BuildContext) -> list[Line]:
    dependencies = context.plan.dependencies
    lines = (*dependencies.requirements, *dependencies.constraints)
    return [line for line in lines if line.name in UNLISTED]


def _metadata(context: BuildContext, virtualenv: Virtualenv) -> InstalledMetadata:
    return installed_metadata(virtualenv.metadata(), context.interpreter.markers)


def _connect(context: BuildContext) -> None:
    """Make the virtual environment find its Python and the app's plain packages."""
    virtualenv, outputs = context.virtualenv, context.effects.outputs
    plain = context.plan.vendoring.plain_folders
    add_paths(virtualenv, (context.app / folder for folder in plain))
    if context.is_python_bundled:
        tree = context.layout.python
        attach_to_bundled_python(virtualenv, tree, site_folder(tree))
        outputs.record(tree)
    else:
        attach_to_image_python(virtualenv, Path(context.interpreter.path))
    outputs.record(virtualenv.root)


def connect_for_start(context: BuildContext) -> None:
    """Name the app's plain packages by where they will be when the app runs."""
    layout, plain = context.layout, context.plan.vendoring.plain_folders
    if layout.repository_at_start:
        app = layout.repository_at_start / layout.path_in_repository
        add_paths(context.virtualenv, (app / folder for folder in plain))


def _most_similar(found: Iterable[Path], lock: Lock) -> Path | None:
    """Return the virtual environment to start from; None if none would save enough work."""
    packages = frozenset(lock)
    best, most = None, len(packages) * _WORTH_REUSING
    for root in found:
        shared = packages.intersection(_lock_in(root) or ())
        if len(shared) > most:
            best, most = root, len(shared)
    return best


def _lock_in(root: Path) -> Lock | None:
    """Read the lock that a virtual environment matches; None if it has none."""
    text = read_if_there(root / locks.FILE)
    return locks.parse(text, locks.FILE) if text else None


def _summary(added: Lock | None, lock: Lock, took: str) -> str:
    if added is None or added == lock:
        return f"Installed {counted(len(lock.packages), 'package')} {took}"
    reused = len(lock.packages) - len(added.packages)
    done = (
        f"Installed {counted(len(added.packages), 'package')}"
        if added.packages
        else "Removed the packages that the lock no longer contains,"
    )
    return f"{done} {took}; reused {reused} from an earlier build"
