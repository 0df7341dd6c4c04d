"""pip-tools runs isolated, with exact arguments, and its failures become errors."""

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
    """Simulate pip-compile, which locks six and built wheels, and `pip wheel`."""
    argv = list(command.argv)
    if "--wheel-dir" in argv:
        wheels = Path(argv[argv.index("--wheel-dir") + 1])
        if "no-marker" not in Path(argv[-1]).read_text():
            make_wheel(wheels, WHEEL)
    if "--output-file" in argv:
        request, output = Path(argv[-1]), Path(argv[argv.index("--output-file") + 1])
        lock = f"six==1.17.0 --hash={DIGEST}\n"
        for line in (request.parent / "constraints.txt").read_text().splitlines():
            if " @ " in line:
                lock += f"{line} --hash={DIGEST}\n"
        output.write_text(lock)
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
        direct=[
            DirectReference(line=line, extras="[x]", source="./p", required_by="r.txt:1")
            for line in direct
        ],
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


def test_pip_gets_the_apps_variables(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.resolve(files(tmp_path), PYTHON)
    (command,) = started(tools)
    assert command.env["PIP_INDEX_URL"] == "https://h.example/"
    assert command.env["PIP_CACHE_DIR"] == "/cache/pip"
    assert command.env["PIP_NO_INPUT"] == "1"


def test_a_local_distribution_is_used_for_its_name_and_locked_with_its_hash(
    tmp_path: Path,
) -> None:
    tools = pip_tools(tmp_path)
    acme = local(tmp_path / "hafen straße", "acme-2.0")
    locked = tools.resolve(files(tmp_path / "request", distributions=[acme]), PYTHON)
    found = {package.name: package for package in locked.lock}["acme"]
    assert found.requirement == "acme==2.0"
    assert found.hashes == (f"sha256:{acme.sha256}",)
    assert found.source == "vendor/acme"
    assert locked.wheels == {"acme": acme.path}
    constraint = f"acme @ {tmp_path.as_uri()}/hafen%20stra%C3%9Fe/{acme.path.name}\n"
    for file in ("constraints.txt", "build-constraints.txt"):
        assert constraint in (tmp_path / "request" / file).read_text()
    (command,) = started(tools)
    build_constraints = tmp_path / "request" / "build-constraints.txt"
    assert command.env["PIP_BUILD_CONSTRAINT"] == build_constraints.as_uri()


def test_build_constraints_of_the_user_apply_too(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    environment = {**tools.pip.effects.environment, "PIP_BUILD_CONSTRAINT": "/a.txt /b.txt"}
    effects = replace(tools.pip.effects, environment=environment)
    PipTools(pip=replace(tools.pip, effects=effects)).resolve(files(tmp_path, "/p"), PYTHON)
    expected = f"/a.txt /b.txt {tmp_path.as_uri()}/build-constraints.txt"
    assert [one.env["PIP_BUILD_CONSTRAINT"] for one in started(tools)] == [expected] * 2


def test_every_build_has_the_same_date(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.resolve(files(tmp_path, "/p"), PYTHON)
    for command in started(tools):
        assert command.env["SOURCE_DATE_EPOCH"].isdigit()


def test_a_direct_reference_is_built_and_locked_as_a_wheel(tmp_path: Path) -> None:
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


def test_a_direct_reference_does_not_replace_a_vendored_package(
    tmp_path: Path,
) -> None:
    """The name of the package is only known when its wheel is built."""
    tools = pip_tools(tmp_path)
    vendored = local(tmp_path / "vendor", "my_package-0.9")
    locked = tools.resolve(files(tmp_path / "request", "/p", distributions=[vendored]), PYTHON)
    assert locked.wheels == {"my-package": vendored.path}
    assert locked.lock.version_of("my-package") == "0.9"
    assert "my-package[x]\n" in (tmp_path / "request" / "requirements.in").read_text()


def test_two_references_to_a_package_are_one_package(tmp_path: Path) -> None:
    """To pip, two files of one name are a conflict, even if they are equal."""
    locked = pip_tools(tmp_path).resolve(files(tmp_path, "/p", "/p#egg=x"), PYTHON)
    constraints = (tmp_path / "constraints.txt").read_text()
    assert constraints.count("my-package @ ") == 1
    assert locked.lock.names == {"my-package", "six"}


def test_a_direct_reference_whose_marker_does_not_apply_is_not_locked(tmp_path: Path) -> None:
    locked = pip_tools(tmp_path).resolve(files(tmp_path, "/p ; no-marker"), PYTHON)
    assert locked.lock.names == {"six"}
    assert locked.wheels == {}


@pytest.mark.parametrize("direct", [(), ("/p",)], ids=["compiling", "building"])
@pytest.mark.parametrize(
    ("output", "error"),
    [(NOT_FOUND, PackageNotFound), ("something new", ResolveFailed)],
    ids=["known", "unknown"],
)
def test_a_failed_resolution_gives_the_error(
    direct: tuple[str, ...], output: str, error: type[BuildStopped], tmp_path: Path
) -> None:
    with pytest.raises(error):
        pip_tools(tmp_path, fails(output)).resolve(files(tmp_path, *direct), PYTHON)


@pytest.mark.parametrize(
    ("output", "error"),
    [(NOT_FOUND, PackageNotFound), ("something new", InstallFailed)],
    ids=["known", "unknown"],
)
def test_a_failed_installation_gives_the_error(
    output: str, error: type[BuildStopped], tmp_path: Path
) -> None:
    environment = Virtualenv(tmp_path / "venv", "3.13.1")
    with pytest.raises(error):
        pip_tools(tmp_path, fails(output)).install(environment, tmp_path / "lock.txt", ())


def test_pip_runs_from_outside_the_virtual_environment(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    environment = Virtualenv(tmp_path / "venv", "3.13.1")
    acme = local(tmp_path, "acme-2.0")
    tools.install(environment, tmp_path / "lock.txt", [acme])
    assert acme.constraint in (tmp_path / "build-constraints.txt").read_text()
    (command,) = started(tools)
    assert command.argv[:5] == [
        *(str(environment.python), "-I", PIP_RUN, "/tools/pip", "install"),
    ]
    assert {"--require-hashes", "--no-deps", "--ignore-installed"} < set(command.argv)
    assert command.argv[-4:] == [
        *("--build-constraint", str(tmp_path / "build-constraints.txt")),
        *("-r", str(tmp_path / "lock.txt")),
    ]


def test_constraints_in_pips_settings_apply_to_the_lock(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    environment = {**tools.pip.effects.environment, "PIP_CONSTRAINT": "limits.txt"}
    effects = replace(tools.pip.effects, environment=environment)
    PipTools(pip=replace(tools.pip, effects=effects)).resolve(files(tmp_path), PYTHON)
    assert "-c file:///app/limits.txt\n" in (tmp_path / "constraints.txt").read_text()


def test_relative_paths_in_pips_settings_are_relative_to_the_app(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.install(Virtualenv(tmp_path / "venv", "3.13.1"), tmp_path / "lock.txt", ())
    assert [command.cwd for command in started(tools)] == [Path("/app")]


def test_a_new_virtual_environment_is_empty(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.create(Virtualenv(tmp_path / "venv", "3.13.1"), PYTHON)
    (command,) = started(tools)
    assert command.argv[0] == PYTHON.path
    assert "--no-seed" in command.argv
    assert command.argv[-1] == str(tmp_path / "venv")


@pytest.fixture
def real(tmp_path: Path, bundled_tools: BundledTools) -> PipTools:
    """Run pip itself, with a folder as index that has newer versions of all packages."""
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


def request_for(
    root: Path, requirements: str, *distributions: LocalDistribution
) -> RequirementFiles:
    folder = root / "a b"  # TMPDIR may contain a space
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


def test_pip_only_uses_a_local_distribution_for_its_name(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    """This is true for requirements of the app and of packages, and for pre-releases."""
    acme = local(tmp_path, "acme-1.0rc1", "rules; extra == 'extra'", "old; python_version<'3'")
    rules = local(tmp_path, "rules-1.0")
    tools = local(tmp_path, "tools-1.0", "Acme[extra]>=0.5")
    locked = real.resolve(request_for(tmp_path, "tools\n", acme, rules, tools), python).lock
    assert [package.requirement for package in locked] == [
        "acme==1.0rc1",
        "rules==1.0",
        "tools==1.0",
    ]
    assert [package.hashes for package in locked] == [
        (f"sha256:{wheel.sha256}",) for wheel in (acme, rules, tools)
    ]


def test_pip_does_not_use_the_address_of_a_local_distribution(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    """Private packages often require each other by the addresses of their repositories."""
    acme = local(tmp_path, "acme-1.0", f"rules[extra] @ {tmp_path.as_uri()}/gone/rules.zip")
    locked = real.resolve(
        request_for(tmp_path, "acme\n", acme, local(tmp_path, "rules-1.0")), python
    )
    assert [package.requirement for package in locked.lock] == ["acme==1.0", "rules==1.0"]


def test_pip_names_the_package_that_requires_another_version(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    distributions = [local(tmp_path, "acme-1.0"), local(tmp_path, "tools-1.0", "acme>=2")]
    with pytest.raises(ResolutionConflict) as conflict:
        real.resolve(request_for(tmp_path, "acme==9.0\n", *distributions), python)
    assert {*required((THE_APP, "acme==9.0"))} <= {*conflict.value.requirements}
    (tmp_path / "a b").rename(tmp_path / "before")
    with pytest.raises(ResolutionConflict) as conflict:
        real.resolve(request_for(tmp_path, "tools\n", *distributions), python)
    assert {*required(("tools 1.0", "acme>=2"))} <= {*conflict.value.requirements}


def test_pip_builds_a_public_package_with_local_distributions(
    real: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    """Its backend rejects the other version; a build finds the requirements of the sdist."""
    files = {**source("public", requires=["rules"])}
    files["facts.py"] += "import rules\nassert rules.__version__ == '1.0'\n"
    folder = write_files(tmp_path / "public-1.0", files)
    with tarfile.open(tmp_path / "index" / "public-1.0.tar.gz", "w:gz") as archive:
        archive.add(folder, "public-1.0")
    rules = local(tmp_path, "rules-1.0")
    locked = real.resolve(request_for(tmp_path, "public\n", rules), python).lock
    assert [package.requirement for package in locked] == ["public==1.0"]


def test_a_lost_dns_answer_costs_one_second(tmp_path: Path) -> None:
    tools = pip_tools(tmp_path)
    tools.create(Virtualenv(tmp_path / "venv", "3.13.1"), PYTHON)
    (command,) = started(tools)
    assert command.env["RES_OPTIONS"] == "timeout:1 attempts:5"
