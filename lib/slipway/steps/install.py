"""Make the environment equal to the lock, from the cache if it was made before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slipway.domain import lock as locks
from slipway.domain.console_scripts import relocatable, update_record
from slipway.domain.counting import counted
from slipway.domain.fingerprint import fingerprint
from slipway.domain.python_version import Interpreter
from slipway.effects import Effects
from slipway.effects.elf import note_shared_libraries
from slipway.effects.environments import Environment, seal
from slipway.effects.files import scratch, write
from slipway.effects.products import Recipe
from slipway.toolchains import LocalDistribution, Locked, Toolchain
from slipway.toolchains.compiled import compile_folder

_FORMAT = "1"
_KIND = "venv"


@dataclass(frozen=True, kw_only=True)
class Installer:
    """Fills one place for one Python."""

    environment: Environment
    interpreter: Interpreter
    toolchain: Toolchain
    effects: Effects
    here: Sequence[LocalDistribution]
    """What the app ships, as wheels: what is built on the way takes these for their names."""

    def install(self, locked: Locked, options: str) -> None:
        """Install the lock; `options` say where and how pip looks.

        Raises InstallFailed, EnvironmentInconsistent, or what exactly went wrong.
        """
        facts = {
            "format": _FORMAT,
            "lock": fingerprint({"lock": locks.render(locked.lock)}),
            "python": self.interpreter.identity,
        }
        recipe = Recipe(kind=_KIND, key=fingerprint(facts), facts=facts)
        console, products = self.effects.console, self.effects.products
        count = counted(len(locked.lock.packages), "package")
        if products.restore(recipe, self.environment.root):
            console.info(f"Nothing to install: {count} from the cache")
            return
        with console.timed(lambda took: f"Installed {count} in {took}"):
            self._make(locked, options)
        reason = products.store(recipe, self.environment.root)
        if reason:
            console.warning(f"The environment could not be kept in the cache: {reason}")

    def _make(self, locked: Locked, options: str) -> None:
        root = self.environment.root
        root.parent.mkdir(parents=True, exist_ok=True)
        self.toolchain.create(self.environment, self.interpreter)
        if locked.lock.packages:
            with scratch("install") as folder:
                lock_file = folder / "lock.txt"
                write(lock_file, options + locks.render_for_pip(locked.lock, locked.addresses))
                self.toolchain.install(self.environment, lock_file, self.here)
        self.toolchain.check(self.environment)
        seal(self.environment, relocatable, update_record)
        compile_folder(root, root / "lib", self.interpreter.path, self.effects)
        note_shared_libraries(root)
