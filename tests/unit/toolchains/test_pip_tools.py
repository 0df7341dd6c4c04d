"""pip-tools is started isolated, told exactly what to do, and understood when it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.effects.environments import Environment
from slipway.effects.files import sha256_of
from slipway.effects.processes import Command
from slipway.errors.dependencies import (
    EnvironmentInconsistent,
    InstallFailed,
    PackageNotFound,
    ResolveFailed,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains import DirectRequirement, RequirementFiles
from slipway.toolchains.pip_tools import PipTools, compile_arguments, install_arguments
from slipway.toolchains.toolbox import Toolbox
from unit.fakes import FakeProcesses, effects_with, no_time
from unit.samples import PYTHON

DIGEST = "sha256:" + "ab" * 32
WHEEL = "My_Package-1.0-py3-none-any.whl"
NOT_FOUND = "ERROR: No matching distribution found for six\n"


def compiles(command: Command) -> str:
    """Lock six, and what was built; build a wheel where `pip wheel` is asked for one."""
    argv = list(command.argv)
    if "--wheel-dir" in argv:
        wheels = Path(argv[argv.index("--wheel-dir") + 1])
        if "no-marker" not in Path(argv[-1]).read_text():
            (wheels / WHEEL).write_text("a wheel")
    if "--output-file" in argv:
        built = f"my-package @ file:///x/{WHEEL} --hash={DIGEST}\n"
        is_built = WHEEL in Path(argv[-1]).read_text()
        output = Path(argv[argv.index("--output-file") + 1])
        output.write_text(f"six==1.17.0 --hash={DIGEST}\n{built if is_built else ''}")
    return ""


def fails(output: str) -> Callable[[Command], str]:
    def answer(command: Command) -> str:
        raise CommandFailed(command=command.name, status=1, output=output)

    return answer


def pip_tools(root: Path, answer: Callable[[Command], str] = compiles) -> PipTools:
    environment = {"PATH": "/usr/bin", "PIP_INDEX_URL": "https://h.example/"}
    processes = FakeProcesses(now=no_time, answer=answer)
    return PipTools(
        toolbox=Toolbox(Path("/toolbox")),
        scripts=Path("/inside"),
        cache=Path("/cache"),
        effects=effects_with(root, processes, environment),
    )


def started(tools: PipTools) -> list[Command]:
    assert isinstance(tools.effects.processes, FakeProcesses)
    return tools.effects.processes.started


def files(root: Path, *direct: str) -> RequirementFiles:
    return RequirementFiles(
        folder=root,
        app=Path("/app"),
        requirements="six\n",
        constraints="six<2\n",
        options="--pre\n",
        direct=[DirectRequirement(line=line, extras="[x]", source="./p") for line in direct],
    )


def test_pip_compile_is_told_where_everything_lies() -> None:
    arguments = compile_arguments(Path("/f"), Path("/f/locked.txt"), Path("/c"))
    assert arguments[-7:] == [
        *("--cache-dir", "/c/pip-tools"),
        *("--constraint", "/f/constraints.txt"),
        *("--output-file", "/f/locked.txt"),
        "/f/requirements.in",
    ]
    assert {"--generate-hashes", "--allow-unsafe", "--strip-extras"} <= set(arguments)


def test_pip_installs_what_is_locked_and_nothing_else() -> None:
    arguments = install_arguments(Path("/lock.txt"), None)
    assert arguments[0] == "install"
    assert {"--require-hashes", "--no-deps"} < set(arguments)
    assert arguments[-2:] == ["-r", "/lock.txt"]
    assert "--find-links" not in arguments


def test_wheels_that_were_built_are_found_beside_the_index() -> None:
    arguments = install_arguments(Path("/lock.txt"), Path("/wheels"))
    assert arguments[arguments.index("--find-links") + 1] == "/wheels"


def test_requirements_are_compiled_by_the_apps_python(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    resolution = tools.resolve(files(tmp_path), PYTHON)
    assert [package.requirement for package in resolution.lock] == ["six==1.17.0"]
    assert (tmp_path / "requirements.in").read_text() == "--pre\n\nsix\n\n"
    assert (tmp_path / "constraints.txt").read_text() == "six<2\n"
    (command,) = started(tools)
    assert command.argv[:5] == [
        PYTHON.path,
        *("-I", "-S"),
        *("/inside/pip_compile.py", "/toolbox/everything"),
    ]
    assert command.cwd == Path("/app")


def test_pip_is_told_by_its_variables_what_the_app_says(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.resolve(files(tmp_path), PYTHON)
    (command,) = started(tools)
    assert command.env["PIP_INDEX_URL"] == "https://h.example/"
    assert command.env["PIP_CACHE_DIR"] == "/cache/pip"
    assert command.env["PIP_NO_INPUT"] == "1"


def test_what_has_no_hash_is_built_and_locked_by_its_wheel(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    resolution = tools.resolve(files(tmp_path, "/p"), PYTHON)
    wheel = resolution.wheels / WHEEL
    built = {package.name: package for package in resolution.lock}["my-package"]
    assert built.requirement == "my-package==1.0"
    assert built.hashes == (f"sha256:{sha256_of(wheel)}",)
    assert built.source == "./p"
    assert f"my-package[x] @ {wheel.as_uri()}\n" in (tmp_path / "requirements.in").read_text()
    building, _ = started(tools)
    assert building.argv[:4] == [PYTHON.path, "-I", "/inside/pip_run.py", "/toolbox/pip"]
    assert "--no-deps" in building.argv


def test_what_its_marker_leaves_out_is_not_locked(tmp_path: Path) -> None:
    resolution = pip_tools(tmp_path).resolve(files(tmp_path, "/p ; no-marker"), PYTHON)
    assert [package.name for package in resolution.lock] == ["six"]


@pytest.mark.parametrize("direct", [(), ("/p",)], ids=["compiling", "building"])
@pytest.mark.parametrize(
    ("output", "error"),
    [(NOT_FOUND, PackageNotFound), ("something new", ResolveFailed)],
    ids=["known", "unknown"],
)
def test_a_resolver_that_fails_is_understood(
    direct: tuple[str, ...], output: str, error: type[BuildStopped], tmp_path: Path
) -> None:
    with pytest.raises(error):
        pip_tools(tmp_path, fails(output)).resolve(files(tmp_path, *direct), PYTHON)


@pytest.mark.parametrize(
    ("output", "error"),
    [(NOT_FOUND, PackageNotFound), ("something new", InstallFailed)],
    ids=["known", "unknown"],
)
def test_an_install_that_fails_is_understood(
    output: str, error: type[BuildStopped], tmp_path: Path
) -> None:
    environment = Environment(tmp_path / "venv", "3.13.1")
    with pytest.raises(error):
        pip_tools(tmp_path, fails(output)).install(environment, Path("/lock.txt"), None)


def test_pip_installs_into_the_environment_from_outside_of_it(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    environment = Environment(tmp_path / "venv", "3.13.1")
    tools.install(environment, Path("/lock.txt"), None)
    tools.check(environment)
    installing, checking = started(tools)
    for command in (installing, checking):
        assert command.argv[:4] == [
            str(environment.python),
            "-I",
            "/inside/pip_run.py",
            "/toolbox/pip",
        ]
    assert checking.argv[4:] == ["check"]


def test_packages_that_do_not_fit_together_are_told(tmp_path: Path) -> None:
    said = "a 1 requires b, which is not installed."
    with pytest.raises(EnvironmentInconsistent) as inconsistent:
        pip_tools(tmp_path, fails(said)).check(Environment(tmp_path / "venv", "3.13.1"))
    assert inconsistent.value.problems == (said,)


def test_an_environment_begins_empty(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.create(Environment(tmp_path / "venv", "3.13.1"), PYTHON)
    (command,) = started(tools)
    assert command.argv[0] == PYTHON.path
    assert "--no-seed" in command.argv
    assert command.argv[-1] == str(tmp_path / "venv")
