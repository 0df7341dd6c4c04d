"""Fakes of processes, toolchains and time."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

from conftest import ROOT
from slipway.domain.build_plan import BuildPlan
from slipway.domain.layout import in_app
from slipway.domain.locks.written import IndexFile
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage, parse
from slipway.effects import Effects
from slipway.effects.cache.outputs import CachedOutputs
from slipway.effects.cache.store import Cache
from slipway.effects.console import Console
from slipway.effects.packages.bundled_tools import BundledTools
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command, OnLine, Processes
from slipway.errors.stopped import BuildStopped
from slipway.steps.context import BuildContext, Tools
from slipway.toolchains.pip_tools.pip import Pip
from slipway.toolchains.protocol import LocalDistribution, Locked, RequirementFiles, Toolchain
from slipway.toolchains.pythons.managed import ManagedPythons
from unit.samples import PLAN, PYTHON

Answer = Callable[[Command], str]
"""Gives the output of a command, or raises CommandFailed."""


@dataclass(frozen=True, kw_only=True)
class FakeProcesses(Processes):
    """Records commands, and starts none of them."""

    answer: Answer = field(default=lambda _: "")
    started: list[Command] = field(default_factory=list)
    doings: list[str] = field(default_factory=list)
    """The descriptions of their progress for the log."""

    def run(self, command: Command, on_line: OnLine = print, doing: str = "") -> str:
        self.doings.append(doing)
        output = self.query(command)
        for line in output.splitlines():
            on_line(line)
        return output

    def query(self, command: Command, time_limit: float | None = None) -> str:
        del time_limit  # a fake answers at once
        self.started.append(command)
        return self.answer(command)


class FakeBundledTools(BundledTools):
    """Returns the folders of tools, and unpacks none."""

    def _folder(self, part: str) -> Path:
        return self.cache / part


def pip_with(effects: Effects, root: Path) -> Pip:
    """Return a pip with these effects, for the app in a folder."""
    tools = FakeBundledTools(Path("/vendor"), Path("/tools"))
    return Pip(bundled_tools=tools, cache=Path("/cache"), effects=effects, app=root)


def no_time() -> float:
    return 0.0


def effects_with(
    root: Path,
    processes: Processes | None = None,
    environment: Mapping[str, str] | None = None,
) -> Effects:
    """Return effects with a cache below `root`, and a console that `logged` reads."""
    console = Console(out=io.StringIO(), err=io.StringIO(), now=no_time)
    cache = Cache(root=root / "cache", now=time.time, info=console.info)
    return Effects(
        console=console,
        processes=processes or FakeProcesses(now=no_time),
        cache=cache,
        outputs=CachedOutputs(cache, console.warning),
        build_scripts=ROOT / "lib" / "build_scripts",
        runtime=ROOT / "lib" / "runtime",
        environment=environment or {"PATH": "/usr/bin:/bin", "HOME": str(root / "home")},
    )


def context_with(
    app: Path,
    effects: Effects,
    toolchain: Toolchain,
    plan: BuildPlan = PLAN,
    interpreter: Interpreter = PYTHON,
    build_frontend: Path | None = None,
) -> BuildContext:
    """Return the context of a build whose Python is the image's."""

    def no_managed_pythons() -> ManagedPythons:
        raise AssertionError("no Python is downloaded in this test")

    tools = Tools(
        toolchain=toolchain,
        build_frontend=lambda: build_frontend or app / "tools",
        pip=lambda: pip_with(effects, app),
        managed_pythons=no_managed_pythons,
    )
    return BuildContext(
        layout=in_app(app),
        plan=plan,
        interpreter=interpreter,
        is_python_bundled=False,
        tools=tools,
        effects=effects,
    )


def logged(effects: Effects) -> str:
    """Return everything that was logged so far, as one line."""
    assert isinstance(effects.console.out, io.StringIO)
    return " ".join(effects.console.out.getvalue().replace(" !     ", "").split())


@dataclass
class FakeToolchain:
    """Resolves to a given lock, and records its requests."""

    lock: Lock = field(default_factory=lambda: Lock(packages=()))
    wheels: Mapping[str, str] = field(default_factory=dict)
    """File name -> content of the wheels that it builds from direct references."""
    error: BuildStopped | None = None
    requests: list[RequirementFiles] = field(default_factory=list)
    pythons: list[str] = field(default_factory=list)
    """The versions of the Pythons in the requests."""
    installed: list[tuple[str, Sequence[LocalDistribution]]] = field(default_factory=list)
    """Pairs of (lock file's text, the distributions for builds)."""
    files: Mapping[str, Sequence[IndexFile]] = field(default_factory=dict)
    """The files that its indexes have."""
    name: str = "fake"
    metadata: str = ""
    """More lines of each package's METADATA."""
    also: Sequence[str] = ()
    """Files that each package has in addition to its module."""

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        self.requests.append(files)
        self.pythons.append(interpreter.version)
        if self.error:
            raise self.error
        wheels = {}
        for name, content in self.wheels.items():
            path = files.folder / name
            path.write_text(content)
            wheels[canonicalize_name(name.split("-")[0])] = path
        return Locked(lock=self.lock, wheels={str(name): wheels[name] for name in wheels})

    def find_files(
        self, files: RequirementFiles, interpreter: Interpreter
    ) -> Mapping[str, Sequence[IndexFile]]:
        self.requests.append(files)
        self.pythons.append(interpreter.version)
        if self.error:
            raise self.error
        return self.files

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        environment.bin.mkdir(parents=True)
        environment.site_packages.mkdir(parents=True)
        (environment.root / "pyvenv.cfg").write_text(f"home = {interpreter.path}")

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        self.installed.append((lock_file.read_text(), distributions))
        if self.error:
            raise self.error
        for package in parse(lock_file.read_text(), lock_file.name):
            if not package.requirement.startswith("-"):
                self._write(environment.site_packages, package)

    def _write(self, site_packages: Path, package: LockedPackage) -> None:
        """Install a module with the package's name, and metadata as installers write it."""
        version = package.version or self.lock.version_of(package.name)
        info = site_packages / f"{package.name}-{version}.dist-info"
        info.mkdir()
        (site_packages / f"{package.name}.py").write_text(f"version = {version!r}\n")
        (info / "METADATA").write_text(
            f"Name: {package.name}\nVersion: {version}\n{self.metadata}\nText.\n"
        )
        files = (f"{package.name}.py", f"{info.name}/METADATA", f"{info.name}/RECORD")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in (*files, *self.also)))
        for file in self.also:
            (site_packages / file).touch()
