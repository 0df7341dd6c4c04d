"""Make the virtual environment match the lock, starting from a similar one if possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.counting import counted
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.consistency import problems
from slipway.domain.requirements.lock import Lock
from slipway.effects.cache.keys import digest_of
from slipway.effects.cache.kinds import VENV
from slipway.effects.files import read_if_there, remove, scratch, write
from slipway.effects.packages.installed import read_installed
from slipway.effects.packages.virtualenvs import (
    Virtualenv,
    add_paths,
    attach_to_bundled_python,
    attach_to_image_python,
    seal,
)
from slipway.errors.dependencies import EnvironmentInconsistent, HashMismatch
from slipway.steps.context import BuildContext
from slipway.toolchains.bytecode import compile_folder, compile_groups
from slipway.toolchains.protocol import LocalDistribution, Locked
from slipway.toolchains.pythons.relocatable import site_folder

_INSTALLED_BY = "# Installed by "
"""How the lock in a virtual environment begins; the name of the toolchain follows."""
_WORTH_REUSING = 0.5
"""Update an earlier virtual environment if it has more than this share of the packages."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A virtual environment that matches the lock."""

    digest: str
    """The digest of the cache key: the same for the same lock and Python."""
    toolchain: str
    """The name of the toolchain that installed it, perhaps in an earlier build."""


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
        }
    )
    reasons = outputs.restore(key, virtualenv.root)
    if reasons:
        console.info(f"Creating the virtual environment: {'; '.join(reasons)}")
        start = console.now()
        similar = _most_similar(outputs.find_similar(key, apart_from="lock"), lock)
        with outputs.create(key, virtualenv.root, similar) as root:
            made = Virtualenv(root, virtualenv.version)
            added = _update(context, made, locked, distributions)
            if added is None:
                remove(root)
                context.toolchain.create(made, context.interpreter)
                _install_packages(context, made, locked, lock, distributions)
                _compile_all(context, made)
            found = problems(made.metadata(), context.interpreter.markers)
            if found:
                raise EnvironmentInconsistent(problems=found)
            first_line = f"{_INSTALLED_BY}{context.toolchain.name}\n"
            write(root / locks.FILE, first_line + locks.render(lock))
        console.info(_summary(added, lock, f"in {console.now() - start:.1f} s"))
    else:
        count = counted(len(lock.packages), "package")
        console.info(f"Reusing the virtual environment from an earlier build ({count})")
    first_line = (read_if_there(virtualenv.root / locks.FILE) or "").partition("\n")[0]
    _connect(context)
    return Installed(digest=key.digest, toolchain=first_line.removeprefix(_INSTALLED_BY))


def _update(
    context: BuildContext,
    virtualenv: Virtualenv,
    locked: Locked,
    distributions: Sequence[LocalDistribution],
) -> Lock | None:
    """Replace the packages of an earlier virtual environment that differ; return the new ones.

    Returns None if there is no earlier virtual environment, or if the result could differ from
    a new one: if packages share a file, the package that is installed last decides its content.
    """
    before = _lock_in(virtualenv.root)
    if before is None:
        return None
    gone, added = locks.difference(before, locked.lock)
    if gone:
        installed = read_installed(virtualenv)
        if installed is None or installed.shared_by(gone):
            return None
        installed.remove(gone)
    attach_to_image_python(virtualenv, Path(context.interpreter.path))
    _install_packages(context, virtualenv, locked, added, distributions)
    now = read_installed(virtualenv)
    if now is None or now.shared_by(added.names) or now.has_any(gone - added.names):
        return None
    modules = now.modules(added.names)
    compile_groups(virtualenv.root, modules, context.interpreter.path, context.effects)
    return added


def _install_packages(
    context: BuildContext,
    virtualenv: Virtualenv,
    locked: Locked,
    packages: Lock,
    distributions: Sequence[LocalDistribution],
) -> None:
    remove(virtualenv.root / locks.FILE)
    if packages.packages:
        with scratch("install") as folder:
            lock_file = folder / locks.FILE
            text = locks.render_for_pip(packages, locked.addresses)
            write(lock_file, context.index_options + text)
            try:
                context.toolchain.install(virtualenv, lock_file, distributions)
            except HashMismatch as error:
                error.is_own = context.plan.dependencies.has_hash(error.expected)
                raise
    seal(virtualenv)


def _compile_all(context: BuildContext, virtualenv: Virtualenv) -> None:
    root, python, effects = virtualenv.root, context.interpreter.path, context.effects
    installed = read_installed(virtualenv)
    if installed is None:
        compile_folder(root, root / "lib", python, effects)
    else:
        compile_groups(root, installed.modules(), python, effects)


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
    return locks.parse(text, locks.FILE) if text and text.startswith(_INSTALLED_BY) else None


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
