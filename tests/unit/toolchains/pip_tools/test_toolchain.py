"""pip-tools is started isolated, told exactly what to do, and understood when it fails."""

from __future__ import annotations

import os
import tarfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.python.selection import Interpreter
from slipway.effects.files import sha256_of
from slipway.effects.packages.bundled_tools import BundledTools
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command, Processes
from slipway.errors.dependencies import (
    THE_APP,
    InstallFailed,
    PackageNotFound,
    ResolutionConflict,
    ResolveFailed,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.pip_tools.pip import Pip
from slipway.toolchains.pip_tools.toolchain import PipTools
from slipway.toolchains.protocol import DirectReference, LocalDistribution, RequirementFiles
from unit.fakes import FakeProcesses, effects_with, no_time, pip_with
from unit.samples import PYTHON, local, make_wheel, required, write_files
from unit.trees import source

BUILD_SCRIPTS = ROOT / "lib" / "build_scripts"
PIP_RUN = str(BUILD_SCRIPTS / "pip_run.py")
DIGEST = "sha256:" + "ab" * 32
WHEEL = "My_Package-1.0-py3-none-any.whl"
NOT_FOUND = "ERROR: No matching distribution found for six\n"


def compiles(command: Command) -> str:
    """Lock six, and what was built; build a wheel where `pip wheel` is asked for one."""
    argv = list(command.argv)
    if "--wheel-dir" in argv:
        wheels = Path(argv[argv.index("--wheel-dir") + 1])
        if "no-marker" not in Path(argv[-1]).read_text():
            make_wheel(wheels, WHEEL)
    if "--output-file" in argv:
        asked, output = Path(argv[-1]), Path(argv[argv.index("--output-file") + 1])
        found = f"six==1.17.0 --hash={DIGEST}\n"
        for line in (asked.parent / "constraints.txt").read_text().splitlines():
            if " @ " in line:
                found += f"{line} --hash={DIGEST}\n"
        output.write_text(found)
    return ""


def fails(output: str) -> Callable[[Command], str]:
    def answer(command: Command) -> str:
        raise CommandFailed(command=command.name, status=1, output=output)

    return answer


def pip_tools(root: Path, answer: Callable[[Command], str] = compiles) -> PipTools:
    environment = {"PATH": "/usr/bin", "PIP_INDEX_URL": "https://h.example/"}
    processes = FakeProcesses(now=no_time, answer=answer)
    return PipTools(pip=pip_with(effects_with(root, processes, environment), Path("/app")))


def started(tools: PipTools) -> list[Command]:
    assert isinstance(tools.pip.effects.processes, FakeProcesses)
    return tools.pip.effects.processes.started


def files(
    root: Path, *direct: str, distributions: Sequence[LocalDistribution] = ()
) -> RequirementFiles:
    root.mkdir(exist_ok=True)
    return RequirementFiles(
        folder=root,
        app=Path("/app"),
        requirements="six\n",
        constraints="six<2\n",
        options="--pre\n",
        distributions=distributions,
        direct=[DirectReference(line=line, extras="[x]", source="./p") for line in direct],
    )


def test_requirements_are_compiled_by_the_apps_python(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    locked = tools.resolve(files(tmp_path), PYTHON)
    assert [package.requirement for package in locked.lock] == ["six==1.17.0"]
    assert (tmp_path / "requirements.in").read_text() == "--pre\n\nsix\n"
    assert (tmp_path / "constraints.txt").read_text().split() == ["six<2"]
    (command,) = started(tools)
    assert command.argv[:6] == [
        *(PYTHON.path, "-I", "-S", str(BUILD_SCRIPTS / "pip_compile.py")),
        *("/tools/everything", "/tools/pip"),
    ]
    assert command.argv[-7:] == [
        *("--cache-dir", "/cache/pip-tools"),
        *("--constraint", str(tmp_path / "constraints.txt")),
        *("--output-file", str(tmp_path / "locked.txt")),
        str(tmp_path / "requirements.in"),
    ]
    assert {"--generate-hashes", "--allow-unsafe", "--strip-extras"} <= set(command.argv)
    assert command.cwd == Path("/app")


def test_pip_is_told_by_its_variables_what_the_app_says(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.resolve(files(tmp_path), PYTHON)
    (command,) = started(tools)
    assert command.env["PIP_INDEX_URL"] == "https://h.example/"
    assert command.env["PIP_CACHE_DIR"] == "/cache/pip"
    assert command.env["PIP_NO_INPUT"] == "1"


def test_what_is_here_is_taken_for_its_name_and_locked_by_its_hash(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    acme = local(tmp_path / "hafen straße", "acme-2.0")
    locked = tools.resolve(files(tmp_path / "asked", distributions=[acme]), PYTHON)
    found = {package.name: package for package in locked.lock}["acme"]
    assert found.requirement == "acme==2.0"
    assert found.hashes == (f"sha256:{acme.sha256}",)
    assert found.source == "vendor/acme"
    assert locked.wheels == {"acme": acme.path}
    constraint = f"acme @ {tmp_path.as_uri()}/hafen%20stra%C3%9Fe/{acme.path.name}\n"
    for file in ("constraints.txt", "build-constraints.txt"):
        assert constraint in (tmp_path / "asked" / file).read_text()
    (command,) = started(tools)
    place = tmp_path / "asked" / "build-constraints.txt"
    assert command.env["PIP_BUILD_CONSTRAINT"] == place.as_uri()


def test_constraints_for_builds_of_the_users_own_hold_too(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    environment = {**tools.pip.effects.environment, "PIP_BUILD_CONSTRAINT": "/a.txt /b.txt"}
    effects = replace(tools.pip.effects, environment=environment)
    PipTools(pip=replace(tools.pip, effects=effects)).resolve(files(tmp_path, "/p"), PYTHON)
    expected = f"/a.txt /b.txt {tmp_path.as_uri()}/build-constraints.txt"
    assert [one.env["PIP_BUILD_CONSTRAINT"] for one in started(tools)] == [expected] * 2


def test_every_build_is_told_the_same_date(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.resolve(files(tmp_path, "/p"), PYTHON)
    for command in started(tools):
        assert command.env["SOURCE_DATE_EPOCH"].isdigit()


def test_what_has_no_hash_is_built_and_locked_by_its_wheel(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    locked = tools.resolve(files(tmp_path, "/p"), PYTHON)
    wheel = locked.wheels["my-package"]
    built = {package.name: package for package in locked.lock}["my-package"]
    assert built.requirement == "my-package==1.0"
    assert built.hashes == (f"sha256:{sha256_of(wheel)}",)
    assert built.source == "./p"
    assert "my-package[x]\n" in (tmp_path / "requirements.in").read_text()
    assert f"my-package @ {wheel.as_uri()}\n" in (tmp_path / "constraints.txt").read_text()
    building, _ = started(tools)
    assert building.argv[:4] == [PYTHON.path, "-I", PIP_RUN, "/tools/pip"]
    assert "--no-deps" in building.argv


def test_a_direct_url_does_not_take_the_name_of_a_vendored_package(
    tmp_path: Path,
) -> None:
    """An address need not say which package it is; the wheel does."""
    tools = pip_tools(tmp_path)
    mine = local(tmp_path / "vendor", "my_package-0.9")
    locked = tools.resolve(files(tmp_path / "asked", "/p", distributions=[mine]), PYTHON)
    assert locked.wheels == {"my-package": mine.path}
    assert locked.lock.version_of("my-package") == "0.9"
    assert "my-package[x]\n" in (tmp_path / "asked" / "requirements.in").read_text()


def test_an_address_that_is_named_twice_is_one_package(tmp_path: Path) -> None:
    """pip takes two files of one name for a conflict, even where they are alike."""
    locked = pip_tools(tmp_path).resolve(files(tmp_path, "/p", "/p#egg=x"), PYTHON)
    constraints = (tmp_path / "constraints.txt").read_text()
    assert constraints.count("my-package @ ") == 1
    assert locked.lock.names == {"my-package", "six"}


def test_what_its_marker_leaves_out_is_not_locked(tmp_path: Path) -> None:
    locked = pip_tools(tmp_path).resolve(files(tmp_path, "/p ; no-marker"), PYTHON)
    assert locked.lock.names == {"six"}
    assert locked.wheels == {}


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
    environment = Virtualenv(tmp_path / "venv", "3.13.1")
    with pytest.raises(error):
        pip_tools(tmp_path, fails(output)).install(environment, tmp_path / "lock.txt", ())


def test_pip_installs_into_the_environment_from_outside_of_it(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    environment = Virtualenv(tmp_path / "venv", "3.13.1")
    acme = local(tmp_path, "acme-2.0")
    tools.install(environment, tmp_path / "lock.txt", [acme])
    assert acme.constraint in (tmp_path / "build-constraints.txt").read_text()
    (command,) = started(tools)
    assert command.argv[:5] == [
        *(str(environment.python), "-I", PIP_RUN, "/tools/pip", "install"),
    ]
    assert {"--require-hashes", "--no-deps"} < set(command.argv)
    assert command.argv[-4:] == [
        *("--build-constraint", str(tmp_path / "build-constraints.txt")),
        *("-r", str(tmp_path / "lock.txt")),
    ]


def test_constraints_of_pips_settings_hold_for_the_lock(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    environment = {**tools.pip.effects.environment, "PIP_CONSTRAINT": "held.txt"}
    effects = replace(tools.pip.effects, environment=environment)
    PipTools(pip=replace(tools.pip, effects=effects)).resolve(files(tmp_path), PYTHON)
    assert "-c file:///app/held.txt\n" in (tmp_path / "constraints.txt").read_text()


def test_relative_paths_in_pips_settings_start_at_the_app(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.install(Virtualenv(tmp_path / "venv", "3.13.1"), tmp_path / "lock.txt", ())
    assert [command.cwd for command in started(tools)] == [Path("/app")]


def test_an_environment_begins_empty(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.create(Virtualenv(tmp_path / "venv", "3.13.1"), PYTHON)
    (command,) = started(tools)
    assert command.argv[0] == PYTHON.path
    assert "--no-seed" in command.argv
    assert command.argv[-1] == str(tmp_path / "venv")


@pytest.fixture
def real(tmp_path: Path, bundled_tools: BundledTools) -> PipTools:
    """Run pip itself; it has a folder for an index, in which all is newer."""
    for file in ("acme-9.0", "rules-9.0"):
        local(tmp_path / "index", file)
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    pip = Pip(
        bundled_tools=bundled_tools,
        cache=tmp_path / "pip",
        effects=effects_with(tmp_path, Processes(now=time.monotonic), environment),
        app=tmp_path,
    )
    return PipTools(pip=pip)


def asking(
    root: Path, requirements: str, *distributions: LocalDistribution
) -> RequirementFiles:
    folder = root / "a b"  # as TMPDIR may have it
    folder.mkdir()
    index = (root / "index").as_uri()
    return RequirementFiles(
        folder=folder,
        app=folder,
        requirements=requirements,
        constraints="",
        options=f"--no-index\n--find-links {index}\n",
        distributions=distributions,
    )


def test_pip_takes_a_name_that_is_here_from_nowhere_else(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    """Neither for the app nor for another package, and a pre-release as well."""
    acme = local(tmp_path, "acme-1.0rc1", "rules; extra == 'extra'", "old; python_version<'3'")
    rules = local(tmp_path, "rules-1.0")
    tools = local(tmp_path, "tools-1.0", "Acme[extra]>=0.5")
    locked = real.resolve(asking(tmp_path, "tools\n", acme, rules, tools), python).lock
    assert [package.requirement for package in locked] == [
        "acme==1.0rc1",
        "rules==1.0",
        "tools==1.0",
    ]
    assert [package.hashes for package in locked] == [
        (f"sha256:{wheel.sha256}",) for wheel in (acme, rules, tools)
    ]


def test_pip_goes_to_no_address_for_a_name_that_is_here(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    """Private packages mostly name each other by the addresses of their repositories."""
    acme = local(tmp_path, "acme-1.0", f"rules[extra] @ {tmp_path.as_uri()}/gone/rules.zip")
    locked = real.resolve(
        asking(tmp_path, "acme\n", acme, local(tmp_path, "rules-1.0")), python
    )
    assert [package.requirement for package in locked.lock] == ["acme==1.0", "rules==1.0"]


def test_pip_says_who_wants_another_version_than_the_one_here(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    distributions = [local(tmp_path, "acme-1.0"), local(tmp_path, "tools-1.0", "acme>=2")]
    with pytest.raises(ResolutionConflict) as conflict:
        real.resolve(asking(tmp_path, "acme==9.0\n", *distributions), python)
    assert {*required((THE_APP, "acme==9.0"))} <= {*conflict.value.requirements}
    (tmp_path / "a b").rename(tmp_path / "before")
    with pytest.raises(ResolutionConflict) as conflict:
        real.resolve(asking(tmp_path, "tools\n", *distributions), python)
    assert {*required(("tools 1.0", "acme>=2"))} <= {*conflict.value.requirements}


def test_pip_builds_a_public_package_with_what_is_here(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    """Its backend refuses the other one; the sdist has to be built to tell what it needs."""
    files = {**source("public", requires=["rules"])}
    files["facts.py"] += "import rules\nassert rules.__version__ == '1.0'\n"
    folder = write_files(tmp_path / "public-1.0", files)
    with tarfile.open(tmp_path / "index" / "public-1.0.tar.gz", "w:gz") as archive:
        archive.add(folder, "public-1.0")
    rules = local(tmp_path, "rules-1.0")
    locked = real.resolve(asking(tmp_path, "public\n", rules), python).lock
    assert [package.requirement for package in locked] == ["public==1.0"]


def test_a_lookup_whose_answer_is_lost_costs_a_second(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.create(Virtualenv(tmp_path / "venv", "3.13.1"), PYTHON)
    (command,) = started(tools)
    assert command.env["RES_OPTIONS"] == "timeout:1 attempts:5"
