"""A virtual environment is made once for a lock and a Python, and then reused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects import Effects
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import EnvironmentInconsistent, HashMismatch, InstallFailed
from slipway.steps.install import install as run_install
from slipway.toolchains.protocol import LocalDistribution, Locked
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, logged, no_time
from unit.samples import PLAN, PYTHON, lines

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


def test_the_toolchain_of_a_cached_environment_is_known(
    tmp_path: Path, effects: Effects
) -> None:
    for name in ("uv", "pip-tools"):
        environment = install(tmp_path, FakeToolchain(name=name), effects)
        assert (environment.root / "lock.txt").read_text().startswith("# Installed by uv\n")


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
