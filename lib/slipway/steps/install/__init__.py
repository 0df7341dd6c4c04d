"""Make the environment equal to the lock: as it was stored, or from the nearest one stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain import lock as locks
from slipway.domain.consistency import problems
from slipway.domain.counting import counted
from slipway.domain.fingerprint import fingerprint
from slipway.domain.lock import Lock
from slipway.domain.python_version import Interpreter
from slipway.effects import Effects
from slipway.effects.environments import Environment
from slipway.effects.files import write
from slipway.effects.products import Begun, Recipe
from slipway.errors.dependencies import EnvironmentInconsistent
from slipway.errors.stopped import BuildStopped
from slipway.steps.install.nearest import LOCK, MADE_BY, maker_of, nearest
from slipway.toolchains import LocalDistribution, Locked, Toolchain

if TYPE_CHECKING:
    from slipway.steps.install.filling import Filling

_FORMAT = "3"
KIND = "venv"
"""What the products call it."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What an environment was made from, and by whom."""

    key: str
    """Decides all that is installed."""
    toolchain: str


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """A part of an environment, installed before all of its lock was known."""

    root: Path
    since: float
    """When it was begun, in seconds on the console's clock."""
    is_compiled: bool
    """Whether it has its byte code."""


@dataclass(frozen=True, kw_only=True)
class Installer:
    """Fills one place for one Python."""

    environment: Environment
    interpreter: Interpreter
    toolchain: Toolchain
    effects: Effects
    here: Sequence[LocalDistribution]
    """What the app ships, as wheels: what is built on the way takes these for their names."""

    def begin(
        self, locked: Locked, options: str, place: Path, has_to_end: Callable[[], bool]
    ) -> Beginning | None:
        """Install a part of what is going to be the lock; compile it if there is time.

        None where an earlier build has left most of it; or where it fails, which is told when
        it is done in earnest.
        """
        recipe = self._recipe(locked.lock)
        if nearest(self.effects.products.earlier(recipe), locked.lock):
            return None
        began = self.effects.console.now()
        environment = Environment(place, self.environment.version)
        filling = self._filling(environment, locked, options)
        try:
            filling.begin()
            is_compiled = not has_to_end()
            if is_compiled:
                filling.compile_all()
        except (BuildStopped, OSError):
            return None
        self._note_lock(environment, locked.lock)
        return Beginning(root=place, since=began, is_compiled=is_compiled)

    def install(self, locked: Locked, options: str, begun: Beginning | None = None) -> Origin:
        """Install the lock; `options` say where and how pip looks.

        Raises InstallFailed, EnvironmentInconsistent, or what exactly went wrong.
        """
        lock, place = locked.lock, self.environment.root
        recipe = self._recipe(lock)
        console, products = self.effects.console, self.effects.products
        reasons = products.restore(recipe, place)
        if not reasons:
            console.info(
                f"Nothing to install: {counted(len(lock.packages), 'package')} from the cache"
            )
            return Origin(key=recipe.key, toolchain=maker_of(place))
        console.info(f"The environment is made: {'; '.join(reasons)}")
        start = Begun(begun.root) if begun else nearest(products.earlier(recipe), lock)
        began = begun.since if begun else console.now()
        with products.making(recipe, place, start) as root:
            environment = Environment(root, self.environment.version)
            is_compiled = begun is None or begun.is_compiled
            added = self._make(environment, locked, options, is_compiled=is_compiled)
        said = _said(lock if begun else added, lock)
        console.info(f"{said} in {console.now() - began:.1f} s")
        return Origin(key=recipe.key, toolchain=maker_of(place))

    def _recipe(self, lock: Lock) -> Recipe:
        facts = {
            "format": _FORMAT,
            "lock": fingerprint({"lock": locks.render(lock)}),
            "python": self.interpreter.identity,
        }
        return Recipe(kind=KIND, key=fingerprint(facts), facts=facts, changing="lock")

    def _filling(self, environment: Environment, locked: Locked, options: str) -> Filling:
        from slipway.steps.install.filling import Filling  # a build without changes fills none

        return Filling(
            environment=environment,
            interpreter=self.interpreter,
            toolchain=self.toolchain,
            effects=self.effects,
            here=self.here,
            locked=locked,
            options=options,
        )

    def _make(
        self, environment: Environment, locked: Locked, options: str, *, is_compiled: bool
    ) -> Lock:
        """Fill the folder, which may have packages already; give what was installed."""
        filling = self._filling(environment, locked, options)
        added = filling.add(is_compiled=is_compiled) or filling.fill()
        found = problems(environment.metadata(), self.interpreter.markers)
        if found:
            raise EnvironmentInconsistent(problems=found)
        self._note_lock(environment, locked.lock)
        return added

    def _note_lock(self, environment: Environment, lock: Lock) -> None:
        made_by = f"{MADE_BY}{self.toolchain.name}\n"
        write(environment.root / LOCK, made_by + locks.render(lock))


def _said(added: Lock, lock: Lock) -> str:
    if added == lock:
        return f"Installed {counted(len(lock.packages), 'package')}"
    kept = len(lock.packages) - len(added.packages)
    return (
        f"Installed {counted(len(added.packages), 'package')}, "
        f"the other {kept} as in an earlier build,"
    )
