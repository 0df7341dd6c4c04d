"""A virtual environment is made once for a lock and a Python, and then reused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from slipway.domain.locks.brought import Choice, FromIndex, Pin
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects import Effects
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import (
    EnvironmentInconsistent,
    HashMismatch,
    InstallFailed,
    NoWheelForPython,
    ResolveFailed,
)
from slipway.steps.install import Installed
from slipway.steps.install import install as run_install
from slipway.toolchains.protocol import LocalDistribution, Locked, RequirementFiles
from unit.brought_locks import FakeLock, locked_plan
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, logged, no_time
from unit.samples import PLAN, PYTHON, dependencies, lines

SIX = LockedPackage(name="six", requirement="six==1.17.0", hashes=("sha256:ab",))
DISTRIBUTIONS = (
    LocalDistribution(
        name="acme",
        version="1.0",
        path=Path("/cache/acme-1.0-py3-none-any.whl"),
        sha256="ab" * 32,
        source="vendor/acme",
    ),
)
LOCKED = Locked(lock=Lock(packages=(SIX,)), wheels={})


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def install(
    root: Path,
    toolchain: FakeToolchain,
    effects: Effects,
    locked: Locked = LOCKED,
    interpreter: Interpreter = PYTHON,
) -> Virtualenv:
    plan = replace(PLAN, dependencies=replace(PLAN.dependencies, options=lines("--pre\n")))
    context = context_with(root / "app", effects, toolchain, plan, interpreter)
    run_install(context, locked, DISTRIBUTIONS)
    return context.virtualenv


def test_the_lock_is_installed_with_the_apps_options(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain()
    environment = install(tmp_path, toolchain, effects)
    ((text, distributions),) = toolchain.installed
    assert text == "--pre\nsix==1.17.0 \\\n    --hash=sha256:ab\n"
    assert distributions == DISTRIBUTIONS
    assert (environment.site_packages / "six.py").exists()
    assert "home = /usr/bin\n" in (environment.root / "pyvenv.cfg").read_text()
    assert "Installed 1 package in 0.0 s" in logged(effects)


def test_a_local_wheel_is_installed_by_its_path_and_hash(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain()
    wheel = Path("/cache/a b/six-1.17.0-py3-none-any.whl")
    install(tmp_path, toolchain, effects, Locked(lock=LOCKED.lock, wheels={"six": wheel}))
    ((text, _),) = toolchain.installed
    assert "six @ file:///cache/a%20b/six-1.17.0-py3-none-any.whl \\\n    --hash=" in text


def test_another_path_of_a_wheel_reuses_the_environment(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain()
    for place in ("/one", "/other"):
        wheel = Path(place, "six-1.17.0-py3-none-any.whl")
        install(tmp_path, toolchain, effects, Locked(lock=LOCKED.lock, wheels={"six": wheel}))
    assert len(toolchain.installed) == 1


def test_an_unchanged_lock_is_not_installed_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain()
    install(tmp_path, toolchain, effects)
    environment = install(tmp_path, toolchain, effects)
    assert len(toolchain.installed) == 1
    assert (environment.site_packages / "six.py").exists()
    assert "Reusing the virtual environment from an earlier build (1 package)" in logged(
        effects
    )


@pytest.mark.parametrize(
    ("locked", "interpreter"),
    [
        pytest.param(
            Locked(lock=Lock(packages=(replace(SIX, hashes=("sha256:cd",)),)), wheels={}),
            PYTHON,
            id="hash",
        ),
        pytest.param(LOCKED, replace(PYTHON, version="3.13.2"), id="python"),
        pytest.param(LOCKED, replace(PYTHON, path="/opt/python3"), id="place-of-the-python"),
    ],
)
def test_another_lock_or_python_is_installed_again(
    locked: Locked, interpreter: Interpreter, tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain()
    install(tmp_path, toolchain, effects)
    install(tmp_path, toolchain, effects, locked, interpreter)
    assert len(toolchain.installed) == 2


def test_an_empty_lock_makes_an_empty_environment(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain()
    empty = Locked(lock=Lock(packages=()), wheels={})
    environment = install(tmp_path, toolchain, effects, empty)
    assert toolchain.installed == []
    assert environment.site_packages.is_dir()


def test_an_old_folder_is_replaced(tmp_path: Path, effects: Effects) -> None:
    old = tmp_path / "app" / ".slipway" / "venv" / "old.txt"
    old.parent.mkdir(parents=True)
    old.touch()
    install(tmp_path, FakeToolchain(), effects)
    assert not old.exists()


def test_a_failed_install_is_not_stored(tmp_path: Path, effects: Effects) -> None:
    with pytest.raises(InstallFailed):
        install(tmp_path, FakeToolchain(error=InstallFailed(output=())), effects)
    toolchain = FakeToolchain()
    install(tmp_path, toolchain, effects)
    assert len(toolchain.installed) == 1


@pytest.mark.parametrize("requirement", ["six==1.17.0", "six==1.17.0 --hash=sha256:ab"])
def test_a_wrong_hash_may_be_the_apps_own(
    requirement: str, tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(error=HashMismatch(package="six", expected=("ab",), got="cd"))
    own = replace(PLAN.dependencies, requirements=lines(f"{requirement}\n"))
    context = context_with(
        tmp_path / "app", effects, toolchain, replace(PLAN, dependencies=own), PYTHON
    )
    with pytest.raises(HashMismatch) as mismatch:
        run_install(context, LOCKED, ())
    assert mismatch.value.is_own == ("--hash" in requirement)


def test_without_a_cache_a_build_continues_with_a_warning(
    tmp_path: Path, effects: Effects
) -> None:
    (tmp_path / "cache").write_text("in the way")
    environment = install(tmp_path, FakeToolchain(), effects)
    assert (environment.site_packages / "six.py").exists()
    assert "The cache cannot be written to: Not a directory" in logged(effects)


def locked(*versions: str) -> Locked:
    """Lock packages called a, b, ... of these versions."""
    packages = (
        LockedPackage(name=name, requirement=f"{name}=={version}", hashes=(f"sha256:{name}",))
        for name, version in zip("abcdef", versions, strict=False)
    )
    return Locked(lock=Lock(packages=tuple(packages)), wheels={})


def texts(environment: Virtualenv) -> dict[str, str]:
    """Return the text of every installed file, by its path."""
    return {
        str(path.relative_to(environment.root)): path.read_text()
        for path in environment.root.rglob("*")
        if path.is_file()
    }


BEFORE = ("1", "1", "1", "1")


@pytest.mark.parametrize(
    ("now", "installed"),
    [
        pytest.param(("1", "2", "1", "1"), ["b==2"], id="one other"),
        pytest.param(("1", "1", "1", "1", "5"), ["e==5"], id="one more"),
        pytest.param(("1", "1", "1"), [], id="one less"),
        pytest.param(
            ("2", "2", "1", "1", "5"),
            ["a==2", "b==2", "c==1", "d==1", "e==5"],
            id="most are others",
        ),
    ],
)
def test_only_changes_are_installed_with_the_result_of_a_cold_build(
    now: tuple[str, ...], installed: list[str], tmp_path: Path, effects: Effects
) -> None:
    install(tmp_path, FakeToolchain(), effects, locked(*BEFORE))
    toolchain = FakeToolchain()
    environment = install(tmp_path, toolchain, effects, locked(*now))
    requested = [
        line.split(" ")[0]
        for text, _ in toolchain.installed
        for line in text.splitlines()
        if "==" in line
    ]
    assert requested == installed
    place = tmp_path / "other"
    cold = install(place, FakeToolchain(), effects_with(place), locked(*now))
    assert texts(environment) == texts(cold)


def test_the_number_of_reused_packages_is_logged(tmp_path: Path, effects: Effects) -> None:
    install(tmp_path, FakeToolchain(), effects, locked(*BEFORE))
    install(tmp_path, FakeToolchain(), effects, locked("1", "2", "1", "1"))
    assert "Installed 1 package in 0.0 s; reused 3 from an earlier build" in logged(effects)


def test_the_log_says_if_packages_are_only_removed(tmp_path: Path, effects: Effects) -> None:
    install(tmp_path, FakeToolchain(), effects, locked(*BEFORE))
    install(tmp_path, FakeToolchain(), effects, locked(*BEFORE[:-1]))
    assert (
        "Removed the packages that the lock no longer contains, in 0.0 s; reused 3"
        in logged(effects)
    )


def test_an_earlier_environment_is_not_changed(tmp_path: Path, effects: Effects) -> None:
    before = texts(install(tmp_path, FakeToolchain(), effects, locked(*BEFORE)))
    install(tmp_path, FakeToolchain(), effects, locked("1", "2", "1", "1"))
    again = FakeToolchain()
    assert texts(install(tmp_path, again, effects, locked(*BEFORE))) == before
    assert again.installed == []


def test_packages_that_share_files_are_all_installed_again(
    tmp_path: Path, effects: Effects
) -> None:
    install(tmp_path, FakeToolchain(also=["shared.py"]), effects, locked(*BEFORE))
    toolchain = FakeToolchain(also=["shared.py"])
    install(tmp_path, toolchain, effects, locked("1", "2", "1", "1"))
    ((text, _),) = toolchain.installed
    assert text.count("==") == 4


def test_another_python_reuses_no_package(tmp_path: Path, effects: Effects) -> None:
    install(tmp_path, FakeToolchain(), effects, locked(*BEFORE))
    toolchain = FakeToolchain()
    other = replace(PYTHON, path="/opt/python3")
    install(tmp_path, toolchain, effects, locked("1", "2", "1", "1"), other)
    ((text, _),) = toolchain.installed
    assert text.count("==") == 4


def test_an_environment_does_not_name_its_toolchain(tmp_path: Path) -> None:
    made = [
        install(tmp_path / name, FakeToolchain(name=name), effects_with(tmp_path / name))
        for name in ("uv", "pip-tools")
    ]
    assert texts(made[0]) == texts(made[1])


def test_an_inconsistent_environment_is_an_error_and_not_stored(
    tmp_path: Path, effects: Effects
) -> None:
    for _ in range(2):
        toolchain = FakeToolchain(metadata="Requires-Dist: absent\n")
        with pytest.raises(EnvironmentInconsistent) as error:
            install(tmp_path, toolchain, effects)
        assert error.value.problems == ("six 1.17.0 requires absent, which is not installed.",)
        assert len(toolchain.installed) == 1


def test_installed_packages_are_compiled_by_the_apps_python(tmp_path: Path) -> None:
    processes = FakeProcesses(now=no_time)
    install(tmp_path, FakeToolchain(), effects_with(tmp_path, processes))
    (command,) = processes.started
    assert command.argv[0] == PYTHON.path
    assert command.argv[-3].endswith("/compile_modules.py")
    assert command.cwd == Path(command.argv[-2])


GUNICORN = LockedPackage(name="gunicorn", requirement="gunicorn==20.1.0", hashes=("sha256:a",))
OLD = LockedPackage(name="setuptools", requirement="setuptools==80.9.0", hashes=("sha256:b",))
NEW = LockedPackage(name="setuptools", requirement="setuptools==82.0.0", hashes=("sha256:c",))


@dataclass
class OldPackages(FakeToolchain):
    """Installs a gunicorn that imports pkg_resources, which setuptools 80 has."""

    lock: Lock = field(default_factory=lambda: Lock(packages=(OLD,)))
    script: str = ""
    """A script of gunicorn."""
    module: str = "gunicorn.py"

    def _write(self, site_packages: Path, package: LockedPackage) -> None:
        requires = "Requires-Dist: setuptools>=3\n" if package.name == "gunicorn" else ""
        self.metadata = requires
        self.also = ["pkg_resources.py"] if package == OLD else []
        super()._write(site_packages, package)
        if package.name == "gunicorn":
            (site_packages / self.module).write_text("import pkg_resources\n")
            if self.script:
                record = site_packages / "gunicorn-20.1.0.dist-info" / "RECORD"
                record.write_text(f"{record.read_text()}../../../bin/{self.script},,\n")
                (site_packages.parents[2] / "bin" / self.script).write_text("#!/bin/sh\n")


class WithoutAnIndex(OldPackages):
    """Resolves nothing, as if an index had no old setuptools."""

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        super().resolve(files, interpreter)
        raise ResolveFailed(output=())


def install_old(
    root: Path,
    toolchain: FakeToolchain,
    packages: Sequence[LockedPackage],
    requirements: str = "",
    effects: Effects | None = None,
    distributions: Sequence[LocalDistribution] = (),
    *,
    is_offline: bool = False,
) -> tuple[Installed, str, Virtualenv]:
    """Install a lock; return the result, the log, and the virtual environment."""
    effects = effects or effects_with(root)
    plan = replace(
        PLAN,
        dependencies=dependencies(requirements),
        settings=replace(PLAN.settings, offline=is_offline),
    )
    context = context_with(root / "app", effects, toolchain, plan, PYTHON)
    locked = Locked(lock=Lock(packages=tuple(packages)), wheels={})
    result = run_install(context, locked, distributions)
    return result, logged(effects), context.virtualenv


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        ((GUNICORN,), "Added setuptools 80.9.0, because gunicorn.py imports pkg_resources"),
        ((GUNICORN, NEW), "Installed setuptools 80.9.0 instead of 82.0.0, because gunicorn.py"),
    ],
)
def test_an_old_package_gets_a_setuptools_with_pkg_resources(
    packages: Sequence[LockedPackage], words: str, tmp_path: Path
) -> None:
    toolchain = OldPackages()
    result, log, environment = install_old(tmp_path, toolchain, packages)
    assert words in log
    assert result.lock.packages == (GUNICORN, OLD)
    assert environment.distributions() == {"gunicorn": "20.1.0", "setuptools": "80.9.0"}
    assert (environment.site_packages / "pkg_resources.py").exists()
    (request,) = toolchain.requests
    assert request.requirements == "setuptools>=3\nsetuptools<81\n"
    assert request.constraints == "gunicorn==20.1.0\n"
    assert toolchain.installed[-1][0] == "setuptools==80.9.0 \\\n    --hash=sha256:b\n"


def test_a_restored_environment_has_the_added_packages_too(tmp_path: Path) -> None:
    effects = effects_with(tmp_path)
    first, _, _ = install_old(tmp_path, OldPackages(), [GUNICORN], effects=effects)
    toolchain = OldPackages()
    again, log, _ = install_old(tmp_path, toolchain, [GUNICORN], effects=effects)
    assert again == first
    assert (toolchain.installed, toolchain.requests) == ([], [])
    assert log.count("Added setuptools 80.9.0") == 2


@pytest.mark.parametrize("now", [(GUNICORN,), (GUNICORN, SIX, NEW), (SIX,), (GUNICORN, SIX)])
def test_an_updated_environment_with_added_packages_equals_a_cold_one(
    now: Sequence[LockedPackage], tmp_path: Path
) -> None:
    effects = effects_with(tmp_path)
    more = LockedPackage(name="a", requirement="a==1", hashes=("sha256:d",))
    install_old(tmp_path, OldPackages(), [GUNICORN, SIX, more], effects=effects)
    updated, _, environment = install_old(tmp_path, OldPackages(), now, effects=effects)
    cold, _, other = install_old(tmp_path / "cold", OldPackages(), now)
    assert updated.lock == cold.lock
    assert texts(environment) == texts(other)


@pytest.mark.parametrize(
    ("requirements", "advice"),
    [
        (
            "gunicorn\nsetuptools>=82\n",
            "but requirements.txt:2 requires `setuptools>=82`. Write `setuptools<81` instead",
        ),
        (
            "gunicorn --hash=sha256:aa\nsetuptools==82 --hash=sha256:bb\n",
            "but requirements.txt locks setuptools 82.0.0. Require `setuptools<81` and lock",
        ),
    ],
)
def test_a_pin_of_the_app_stays(requirements: str, advice: str, tmp_path: Path) -> None:
    toolchain = OldPackages()
    result, log, _ = install_old(tmp_path, toolchain, [GUNICORN, NEW], requirements)
    assert result.lock.packages == (GUNICORN, NEW)
    assert toolchain.requests == []
    assert "gunicorn.py imports pkg_resources, which new versions of setuptools do not" in log
    assert advice in log


def test_a_warning_is_repeated_until_the_requirement_is_changed(tmp_path: Path) -> None:
    effects = effects_with(tmp_path)
    pinned = "gunicorn\nsetuptools>=82\n"
    for _ in range(2):
        install_old(tmp_path, OldPackages(), [GUNICORN, NEW], pinned, effects)
    assert logged(effects).count("Write `setuptools<81` instead") == 2
    result, log, _ = install_old(
        tmp_path, OldPackages(), [GUNICORN, NEW], "gunicorn\n", effects
    )
    assert result.lock.packages == (GUNICORN, OLD)
    assert "is for other requirements for setuptools, pip or wheel" in log


def test_a_vendored_setuptools_stays(tmp_path: Path) -> None:
    vendored = replace(DISTRIBUTIONS[0], name="setuptools", source="vendor/setuptools")
    toolchain = OldPackages()
    _, log, _ = install_old(tmp_path, toolchain, [GUNICORN, NEW], distributions=[vendored])
    assert toolchain.requests == []
    assert "vendor/setuptools has setuptools 82.0.0. Replace it with a version before 81" in log


def test_an_offline_build_says_what_to_vendor(tmp_path: Path) -> None:
    toolchain = OldPackages()
    _, log, _ = install_old(tmp_path, toolchain, [GUNICORN, NEW], is_offline=True)
    assert toolchain.requests == []
    assert "this build is offline. Put a wheel of `setuptools<81` into vendor/" in log


def test_a_missing_version_is_a_warning_unless_it_is_required(tmp_path: Path) -> None:
    unresolved = WithoutAnIndex()
    _, log, _ = install_old(tmp_path / "a", unresolved, [GUNICORN, NEW])
    assert (
        "`setuptools<81` could not be resolved. Add `setuptools<81` to requirements.txt, or"
        in log
    )
    with pytest.raises(ResolveFailed):
        install_old(tmp_path / "b", unresolved, [GUNICORN])


def test_a_note_is_one_line_whatever_a_module_is_called(tmp_path: Path) -> None:
    toolchain = OldPackages(module="gun\n\u2028six==1\udcff.py")
    result, log, environment = install_old(tmp_path, toolchain, [GUNICORN])
    assert result.lock.packages == (GUNICORN, OLD)
    assert "because gun six==1\\udcff.py imports pkg_resources" in log
    head = (environment.root / "lock.txt").read_text().splitlines()[:3]
    assert [line[:6] for line in head] == ["# The ", "# Note", "gunico"]


def test_hashes_of_the_app_restrict_what_is_added(tmp_path: Path) -> None:
    both = replace(OLD, hashes=("sha256:aa", "sha256:bb"))
    toolchain = OldPackages(lock=Lock(packages=(both,)))
    own = "gunicorn\nsetuptools --hash=sha256:bb\n"
    result, _, _ = install_old(tmp_path, toolchain, [GUNICORN, NEW], own)
    assert result.lock.packages[1].hashes == ("sha256:bb",)


@pytest.mark.parametrize("name", ["python", "python3"])
def test_a_script_with_the_name_of_the_python_is_named(name: str, tmp_path: Path) -> None:
    effects, toolchain = effects_with(tmp_path), OldPackages(script=name)
    packages = [GUNICORN, OLD]
    install_old(tmp_path, toolchain, packages, effects=effects)
    _, log, environment = install_old(tmp_path, toolchain, packages, effects=effects)
    words = f"The script {name} of gunicorn is not installed, because that name starts the"
    assert log.count(words) == 2
    assert (environment.bin / name).is_symlink()
    grown, log, _ = install_old(tmp_path, toolchain, [*packages, SIX], effects=effects)
    assert log.count(words) == 3
    assert grown.lock.packages == (GUNICORN, OLD, SIX)


# Locks of other tools


@pytest.mark.parametrize(
    ("lock", "requires", "stops"),
    [
        (FakeLock(), "six>=2", False),
        (FakeLock(), "absent", True),
        (FakeLock(is_consistent=False), "absent", False),
        (FakeLock(file="pylock.toml"), "absent", True),
    ],
)
def test_a_lock_decides_which_versions_fit(
    tmp_path: Path, effects: Effects, lock: FakeLock, requires: str, *, stops: bool
) -> None:
    pin = Pin(name="six", version="1.17.0", source=FromIndex(), hashes=("sha256:ab",))
    plan = locked_plan(replace(lock, pins=(pin,)))
    toolchain = FakeToolchain(metadata=f"Requires-Dist: {requires}\n")
    context = context_with(tmp_path / "app", effects, toolchain, plan)
    if stops:
        with pytest.raises(EnvironmentInconsistent) as error:
            run_install(context, LOCKED, ())
        assert error.value.locked_in == lock.file
        return
    for number in (1, 2):  # an environment that is reused has the same warnings
        run_install(context, LOCKED, ())
        assert logged(effects).count(f", as {lock.file} says") == number
    assert len(toolchain.installed) == 1


@dataclass(frozen=True, kw_only=True)
class LockForWindows(FakeLock):
    """Has a package that is only for Windows."""

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        own = (Pin(name="absent", version="1", source=FromIndex()),)
        return (*super().select(markers, choice), *own * (markers.get("os_name") == "nt"))


def test_a_package_that_a_marker_excludes_is_named(tmp_path: Path, effects: Effects) -> None:
    lock = LockForWindows(
        file="Pipfile.lock",
        pins=(Pin(name="six", version="1.17.0", source=FromIndex(), hashes=("sha256:ab",)),),
    )
    toolchain = FakeToolchain(metadata="Requires-Dist: Absent\nRequires-Dist: gone\n")
    context = context_with(tmp_path / "app", effects, toolchain, locked_plan(lock))
    with pytest.raises(EnvironmentInconsistent) as error:
        run_install(context, LOCKED, ())
    assert error.value.excluded == ("absent",)
    assert error.value.made_from == "Pipfile"


def test_a_wrong_hash_names_the_lock_that_has_it(tmp_path: Path, effects: Effects) -> None:
    error = HashMismatch(package="six==1.17.0", expected=("ab",), got="cd")
    toolchain = FakeToolchain(error=error)
    context = context_with(tmp_path / "app", effects, toolchain, locked_plan(FakeLock()))
    with pytest.raises(HashMismatch) as raised:
        run_install(context, LOCKED, ())
    assert raised.value.locked_in == "uv.lock"


@pytest.mark.parametrize(
    ("line", "requirement"),
    [
        ('six ; python_version > "3"', "six"),
        ("Six<2 --hash=sha256:ab", "Six<2"),
        ("six @ https://h.example/six-1.17.0-py3-none-any.whl", "six==1.17.0"),
    ],
)
def test_a_line_of_the_app_requires_what_does_not_fit_the_python(
    line: str, requirement: str, tmp_path: Path, effects: Effects
) -> None:
    class Unfit(FakeToolchain):
        def install(self, *_: object) -> None:
            raise NoWheelForPython("six==1.17.0", "3.12.1", (), required_by="boat 1.0")

    plan = replace(PLAN, dependencies=dependencies(f"boat\n{line}\n"))
    context = context_with(tmp_path / "app", effects, Unfit(), plan, PYTHON)
    with pytest.raises(NoWheelForPython) as error:
        run_install(context, LOCKED, ())
    assert (error.value.required_by, error.value.requirement) == (
        "requirements.txt:2",
        requirement,
    )
