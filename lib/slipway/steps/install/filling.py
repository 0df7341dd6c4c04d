"""An environment's packages: all of them, or those alone that an earlier one has not."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.console_scripts import relocatable, update_record
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lock import Lock
from slipway.effects import Effects
from slipway.effects.files import scratch, write
from slipway.effects.packages.installed import modules, read_installed
from slipway.effects.packages.virtualenvs import Virtualenv, attach_to_image_python, seal
from slipway.steps.install.nearest import LOCK, lock_of
from slipway.toolchains import LocalDistribution, Locked, Toolchain
from slipway.toolchains.bytecode import compile_files, compile_folder


@dataclass(frozen=True, kw_only=True)
class Filling:
    environment: Virtualenv
    interpreter: Interpreter
    toolchain: Toolchain
    effects: Effects
    distributions: Sequence[LocalDistribution]
    locked: Locked
    options: str

    def fill(self) -> Lock:
        """Make the environment anew, with all that is locked."""
        root = self.environment.root
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        self.toolchain.create(self.environment, self.interpreter)
        self._install(self.locked.lock)
        compile_folder(root, root / "lib", self.interpreter.path, self.effects)
        return self.locked.lock

    def add(self) -> Lock | None:
        """Exchange what differs from the environment that is there; give what was installed.

        None where that might give another result than to start anew: where packages lie over
        each other, what is there depends on which of them came last.
        """
        before = lock_of(self.environment.root)
        if before is None:
            return None
        gone, added = locks.exchange(before, self.locked.lock)
        if gone and not self._remove(gone):
            return None
        attach_to_image_python(self.environment, Path(self.interpreter.path))
        self._install(added)
        now = read_installed(self.environment)
        if now is None or now.shared_by(added.names) or now.has_any(gone - added.names):
            return None
        files = modules(self.environment, now.files_of(added.names))
        compile_files(self.environment.root, files, self.interpreter.path, self.effects)
        return added

    def _remove(self, gone: frozenset[str]) -> bool:
        """Tell whether they can be removed, and nothing else of the rest with them."""
        installed = read_installed(self.environment)
        if installed is None or installed.shared_by(gone):
            return False
        installed.remove(gone)
        return True

    def _install(self, lock: Lock) -> None:
        (self.environment.root / LOCK).unlink(missing_ok=True)
        if lock.packages:
            with scratch("install") as folder:
                lock_file = folder / LOCK
                text = locks.render_for_pip(lock, self.locked.addresses)
                write(lock_file, self.options + text)
                self.toolchain.install(self.environment, lock_file, self.distributions)
        seal(self.environment, relocatable, update_record)
