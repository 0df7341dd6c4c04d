"""Make the environment equal to the lock: as it was stored, or from the nearest one stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slipway.domain.cache_key import cache_key
from slipway.domain.counting import counted
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.consistency import problems
from slipway.domain.requirements.lock import Lock
from slipway.effects import Effects
from slipway.effects.cache.outputs import Recipe
from slipway.effects.files import write
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import EnvironmentInconsistent
from slipway.steps.install.nearest import LOCK, MADE_BY, maker_of, nearest
from slipway.toolchains import LocalDistribution, Locked, Toolchain

_FORMAT, _KIND = "3", "venv"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What an environment was made from, and by whom."""

    key: str
    """Decides all that is installed."""
    toolchain: str


@dataclass(frozen=True, kw_only=True)
class Installer:
    """Fills one place for one Python."""

    environment: Virtualenv
    interpreter: Interpreter
    toolchain: Toolchain
    effects: Effects
    distributions: Sequence[LocalDistribution]
    """What the app ships, as wheels: what is built on the way takes these for their names."""

    def install(self, locked: Locked, options: str) -> Origin:
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
        start = nearest(products.earlier(recipe), lock)
        began = console.now()
        with products.making(recipe, place, start) as root:
            environment = Virtualenv(root, self.environment.version)
            added = self._make(environment, locked, options)
        console.info(f"{_said(added, lock)} in {console.now() - began:.1f} s")
        return Origin(key=recipe.key, toolchain=maker_of(place))

    def _recipe(self, lock: Lock) -> Recipe:
        facts = {
            "format": _FORMAT,
            "lock": cache_key({"lock": locks.render(lock)}),
            "python": self.interpreter.identity,
        }
        return Recipe(kind=_KIND, key=cache_key(facts), facts=facts, changing="lock")

    def _make(self, environment: Virtualenv, locked: Locked, options: str) -> Lock:
        """Fill the folder, which may have packages already; give what was installed."""
        from slipway.steps.install.filling import Filling  # a build without changes fills none

        filling = Filling(
            environment=environment,
            interpreter=self.interpreter,
            toolchain=self.toolchain,
            effects=self.effects,
            distributions=self.distributions,
            locked=locked,
            options=options,
        )
        added = filling.add() or filling.fill()
        found = problems(environment.metadata(), self.interpreter.markers)
        if found:
            raise EnvironmentInconsistent(problems=found)
        made_by = f"{MADE_BY}{self.toolchain.name}\n"
        write(environment.root / LOCK, made_by + locks.render(locked.lock))
        return added


def _said(added: Lock, lock: Lock) -> str:
    if added == lock:
        return f"Installed {counted(len(lock.packages), 'package')}"
    kept = len(lock.packages) - len(added.packages)
    return (
        f"Installed {counted(len(added.packages), 'package')}, "
        f"the other {kept} as in an earlier build,"
    )
