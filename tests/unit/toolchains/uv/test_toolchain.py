"""uv runs with exact arguments and without credentials, and its failures become errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command
from slipway.errors.dependencies import (
    InstallFailed,
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    ResolveFailed,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.protocol import DirectReference, LocalDistribution, RequirementFiles
from slipway.toolchains.uv.program import UvProgram
from slipway.toolchains.uv.toolchain import Uv
from unit.fakes import FakeProcesses, effects_with, no_time, pip_with
from unit.samples import PYTHON, local, make_wheel, write_files

DIGEST = f"sha256:{'ab' * 32}"
PRIVATE = "https://user:secret@index.example/simple/"
UNSOLVABLE = (
    "error: No solution found when resolving dependencies\n  cause: Because you require "
    "six>=2 and six<2, we can conclude that your requirements are unsatisfiable.\n"
)


def works(command: Command) -> str:
    """Simulate uv, which locks six and the packages in constraints, and `pip wheel`."""
    argv = list(command.argv)
    if argv[-1] == "--version":
        return "uv 1.2.3 (of a test)"
    if "--wheel-dir" in argv:
        make_wheel(Path(argv[argv.index("--wheel-dir") + 1]), "far-1.0-py3-none-any.whl")
    if "--output-file" in argv:
        constraints = Path(argv[argv.index("--constraints") + 1]).read_text().splitlines()
        found = ["six==1.17.0", *(line for line in constraints if " @ " in line)]
        locked = "".join(f"{one} --hash={DIGEST}\n" for one in found)
        Path(argv[argv.index("--output-file") + 1]).write_text(locked)
    return ""


def fails(output: str) -> Callable[[Command], str]:
    def answer(command: Command) -> str:
        if command.argv[-1] == "--version":
            return "uv 1.2.3"
        raise CommandFailed(command=command.name, status=1, output=output)

    return answer


def uv(root: Path, answer: Callable[[Command], str] = works, **given: str) -> Uv:
    variables = {"PATH": str(root / "bin"), "HOME": str(root / "home"), **given}
    processes = FakeProcesses(now=no_time, answer=answer)
    effects = effects_with(root, processes, variables)
    write_files(root, {"bin/uv": "", "uv.txt": "uv==1.2.3\n"})
    (root / "bin" / "uv").chmod(0o755)
    pip = pip_with(effects, root / "app")
    program = UvProgram(pins=root / "uv.txt", pip=pip, is_offline=False)
    return Uv(program=program, pip=pip, cache=root / "uv-cache")


def started(tool: Uv) -> list[Command]:
    """Return the processes that were started, except for `uv --version`."""
    assert isinstance(tool.pip.effects.processes, FakeProcesses)
    return [one for one in tool.pip.effects.processes.started if one.argv[-1] != "--version"]


def files(
    root: Path,
    options: str = "",
    *direct: DirectReference,
    distributions: Sequence[LocalDistribution] = (),
) -> RequirementFiles:
    folder = root / "request"
    folder.mkdir()
    return RequirementFiles(
        folder=folder,
        app=root / "app",
        requirements="six\n",
        constraints="six<2\n",
        options=options,
        distributions=distributions,
        direct=direct,
    )


def requested(root: Path) -> list[str]:
    return (root / "request" / "requirements.in").read_text().split("\n")


def option(command: Command, name: str) -> str:
    return command.argv[command.argv.index(name) + 1]


def test_requirements_are_compiled_for_the_apps_python(tmp_path: Path) -> None:
    tool = uv(tmp_path)
    locked = tool.resolve(files(tmp_path), PYTHON)
    assert [package.requirement for package in locked.lock] == ["six==1.17.0"]
    (command,) = started(tool)
    assert command.argv[:3] == [str(tmp_path / "bin" / "uv"), "pip", "compile"]
    assert option(command, "--python") == PYTHON.path
    assert "--generate-hashes" in command.argv
    assert command.cwd == tmp_path / "app"


def test_the_best_version_on_all_indexes_is_the_default(
    tmp_path: Path,
) -> None:
    tool = uv(tmp_path)
    tool.resolve(files(tmp_path), PYTHON)
    assert option(started(tool)[0], "--index-strategy") == "unsafe-best-match"
    configured = uv(tmp_path / "2", UV_INDEX_STRATEGY="first-index")
    configured.resolve(files(tmp_path / "2"), PYTHON)
    assert option(started(configured)[0], "--index-strategy") == "first-index"


def test_uv_gets_the_indexes_from_pips_settings(tmp_path: Path) -> None:
    logged = f"[global]\nextra-index-url = {PRIVATE}\n[install]\nno-binary = six\n"
    write_files(tmp_path, {"home/.config/pip/pip.conf": logged, "app/wheels/x": ""})
    tool = uv(tmp_path, PIP_FIND_LINKS="wheels ./gone https://links.example/")
    tool.resolve(files(tmp_path, "--extra-index-url https://two.example/\n"), PYTHON)
    assert requested(tmp_path)[:5] == [
        f"--extra-index-url {PRIVATE}",
        "--extra-index-url https://two.example/",
        f"--find-links {(tmp_path / 'app' / 'wheels').as_uri()}",
        "--find-links https://links.example/",
        "--no-binary six",
    ]


def test_no_command_line_has_credentials(tmp_path: Path) -> None:
    tool = uv(tmp_path, PIP_INDEX_URL=PRIVATE, PIP_CONSTRAINT="https://u:secret@h.example/c")
    tool.resolve(files(tmp_path, "--extra-index-url https://x:secret@h.example/\n"), PYTHON)
    lock = write_files(tmp_path, {"lock.txt": f"--index-url {PRIVATE}\n"}) / "lock.txt"
    tool.install(environment(tmp_path), lock, ())
    assert not [one.argv for one in started(tool) if "secret" in " ".join(one.argv)]


def test_constraints_of_the_user_apply_too(tmp_path: Path) -> None:
    tool = uv(tmp_path, PIP_CONSTRAINT="limits.txt", PIP_BUILD_CONSTRAINT="/builds.txt")
    tool.resolve(files(tmp_path), PYTHON)
    (command,) = started(tool)
    constraints = Path(option(command, "--constraints")).read_text()
    own = f"-c {(tmp_path / 'app/limits.txt').as_uri()}"
    assert constraints.splitlines() == ["six<2", "", own]
    assert Path(option(command, "--build-constraints")).read_text() == "-c file:///builds.txt\n"


def test_variables_in_requirements_and_constraints_are_filled_in(tmp_path: Path) -> None:
    tool = uv(tmp_path, SIX="1.17.0")
    given = replace(
        files(tmp_path),
        requirements="six==${SIX}\n",
        constraints="six<=${SIX}\nbuoy<${NONE}\n",
    )
    tool.resolve(given, PYTHON)
    assert "six==1.17.0" in requested(tmp_path)
    constraints = Path(option(started(tool)[0], "--constraints")).read_text()
    assert constraints == "six<=1.17.0\nbuoy<${NONE}\n\n"


def test_a_local_distribution_is_used_for_its_name_and_locked_with_its_hash(
    tmp_path: Path,
) -> None:
    tool = uv(tmp_path)
    acme = local(tmp_path / "hafen straße", "acme-2.0")
    locked = tool.resolve(files(tmp_path, distributions=[acme]), PYTHON)
    assert locked.lock.version_of("acme") == "2.0"
    assert locked.wheels == {"acme": acme.path}
    (command,) = started(tool)
    for name in ("--constraints", "--build-constraints"):
        assert acme.constraint in Path(option(command, name)).read_text()


def test_pip_builds_direct_references(tmp_path: Path) -> None:
    tool = uv(tmp_path)
    far = DirectReference(
        line="git+https://h.example/far", extras="[x]", source="far away", required_by="r.txt:1"
    )
    locked = tool.resolve(files(tmp_path, "", far), PYTHON)
    assert "far[x]" in requested(tmp_path)
    assert locked.lock.version_of("far") == "1.0"
    building, _ = started(tool)
    assert building.argv[2].endswith("/pip_run.py")
    assert building.argv[3:5] == ["/tools/pip", "wheel"]


@pytest.mark.parametrize(
    ("output", "error"),
    [(UNSOLVABLE, ResolutionConflict), ("something new", ResolveFailed)],
    ids=["known", "unknown"],
)
def test_a_failed_resolution_gives_the_error(
    output: str, error: type[BuildStopped], tmp_path: Path
) -> None:
    with pytest.raises(error):
        uv(tmp_path, fails(output)).resolve(files(tmp_path), PYTHON)


def environment(root: Path, *files: tuple[str, str]) -> Virtualenv:
    made = Virtualenv(root / "venv", "3.13.1")
    made.site_packages.mkdir(parents=True)
    write_files(made.root, {"bin/python": "", **dict(files)})
    return made


def test_only_files_with_the_locked_hashes_are_installed(tmp_path: Path) -> None:
    tool = uv(tmp_path, PIP_INDEX_URL=PRIVATE)
    lock = f"--extra-index-url https://two.example/\nsix==1.17.0 \\\n    --hash={DIGEST}\n"
    place = write_files(tmp_path, {"lock/lock.txt": lock}) / "lock" / "lock.txt"
    acme = local(tmp_path, "acme-2.0")
    made = environment(tmp_path)
    tool.install(made, place, [acme])
    (command,) = started(tool)
    assert {"--no-deps", "--require-hashes"} < set(command.argv)
    assert option(command, "--python") == str(made.python)
    assert acme.constraint in Path(option(command, "--build-constraints")).read_text()
    assert Path(option(command, "-r")).read_text() == (
        f"--index-url {PRIVATE}\n--extra-index-url https://two.example/\n"
        f"six==1.17.0 \\\n    --hash={DIGEST}\n"
    )


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (
            UNSOLVABLE.replace(
                "you require six>=2 and six<2", "six was not found in the package registry"
            ),
            PackageNotFound,
        ),
        ("something new", InstallFailed),
    ],
    ids=["known", "unknown"],
)
def test_a_failed_installation_gives_the_error(
    output: str, error: type[BuildStopped], tmp_path: Path
) -> None:
    lock = write_files(tmp_path, {"lock.txt": ""}) / "lock.txt"
    with pytest.raises(error):
        uv(tmp_path, fails(output)).install(environment(tmp_path), lock, ())


def test_a_new_virtual_environment_is_empty(tmp_path: Path) -> None:
    tool = uv(tmp_path)
    made = Virtualenv(tmp_path / "venv", "3.13.1")
    tool.create(made, PYTHON)
    (command,) = started(tool)
    assert command.argv[1] == "venv"
    assert "--seed" not in command.argv
    assert command.argv[-1] == str(made.root)


def variables(root: Path, **given: str) -> Mapping[str, str]:
    tool = uv(root, works, **given)
    tool.create(Virtualenv(root / "venv", "3.13.1"), PYTHON)
    return started(tool)[0].env


def test_variables_of_slipway_override_the_users(tmp_path: Path) -> None:
    env = variables(tmp_path, UV_CACHE_DIR="/else", UV_PYTHON="/else", UV_COMPILE_BYTECODE="1")
    assert env["UV_CACHE_DIR"] == str(tmp_path / "uv-cache")
    assert env["UV_LINK_MODE"] == "hardlink"
    assert env["UV_PYTHON_DOWNLOADS"] == "never"
    assert not {"UV_PYTHON", "UV_COMPILE_BYTECODE"} & env.keys()
    assert env["SOURCE_DATE_EPOCH"].isdigit()


def test_variables_of_uv_are_passed_on(tmp_path: Path) -> None:
    env = variables(
        tmp_path, UV_INDEX="https://x.example/", UV_HTTP_TIMEOUT="9", PIP_TIMEOUT="5"
    )
    assert (env["UV_INDEX"], env["UV_HTTP_TIMEOUT"]) == ("https://x.example/", "9")


def test_modules_of_the_app_do_not_shadow_those_of_a_build(tmp_path: Path) -> None:
    env = variables(tmp_path, PYTHONPATH=".", CPATH="/layers/apt/include")
    assert "PYTHONPATH" not in env
    assert env["CPATH"] == "/layers/apt/include"


def test_uv_only_reads_a_configuration_file_that_is_named(
    tmp_path: Path,
) -> None:
    assert variables(tmp_path)["UV_NO_CONFIG"] == "1"
    assert "UV_NO_CONFIG" not in variables(tmp_path / "2", UV_CONFIG_FILE="uv.toml")


def test_the_path_of_a_certificate_is_relative_to_the_app(tmp_path: Path) -> None:
    env = variables(tmp_path, PIP_CERT="certs/ca.pem", PIP_CLIENT_CERT="/me.pem")
    assert env["SSL_CERT_FILE"] == str(tmp_path / "app/certs/ca.pem")
    assert env["SSL_CLIENT_CERT"] == "/me.pem"


def test_a_lost_dns_answer_costs_one_second(tmp_path: Path) -> None:
    tool = uv(tmp_path)
    tool.create(Virtualenv(tmp_path / "venv", "3.13.1"), PYTHON)
    (command,) = started(tool)
    assert command.env["RES_OPTIONS"] == "timeout:1 attempts:5"


def test_the_users_dns_options_are_kept(tmp_path: Path) -> None:
    tool = uv(tmp_path, RES_OPTIONS="timeout:9")
    tool.create(Virtualenv(tmp_path / "venv", "3.13.1"), PYTHON)
    (command,) = started(tool)
    assert command.env["RES_OPTIONS"] == "timeout:9"


def installs(requires: str) -> Callable[[Command], str]:
    """Simulate a uv that installs the metadata of tensors 2.5."""
    info = "lib/python3.13/site-packages/Tensors-2.5.dist-info"
    headers = f"Metadata-Version: 2.1\nName: Tensors\nVersion: 2.5\n{requires}\n"

    def answer(command: Command) -> str:
        if "install" in command.argv:
            root = Path(option(command, "--python")).parent.parent
            write_files(root, {f"{info}/METADATA": f"{headers}\nRequires-Python: <1\n"})
        return works(command)

    return answer


def install_with(
    root: Path,
    requires: str,
    lock: str = "tensors==2.5\n",
    others: Mapping[str, str] | None = None,
) -> Path:
    """Install a package that requires these Pythons, and return its .dist-info folder.

    `others` are files that have been installed before.
    """
    place = write_files(root, {"lock.txt": lock}) / "lock.txt"
    made = environment(root)
    write_files(made.site_packages, others or {})
    uv(root, installs(requires)).install(made, place, ())
    return made.site_packages / "Tensors-2.5.dist-info"


def test_a_package_for_older_pythons_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(NoWheelForPython) as error:
        install_with(tmp_path, "Requires-Python: >=3.6, <3.9")
    assert error.value.requirement == "Tensors==2.5"
    assert error.value.needs == ("2.5 needs Python >=3.6, <3.9",)
    assert error.value.requires == (">=3.6, <3.9",)
    assert error.value.required_by == "the app"


def test_the_package_that_requires_one_for_older_pythons_is_named(tmp_path: Path) -> None:
    requires = 'Requires-Dist: ???\nRequires-Dist: TENSORS<3,>2; python_version > "3"\n'
    boat = {"boat-1.0.dist-info/METADATA": f"Name: Boat\nVersion: 1.0\n{requires}"}
    with pytest.raises(NoWheelForPython) as error:
        install_with(tmp_path, "Requires-Python: <3.9", others=boat)
    assert (error.value.required_by, error.value.requirement) == ("Boat 1.0", "TENSORS<3,>2")


@pytest.mark.parametrize(
    "requires",
    ["Requires-Python: >=3.9", "Requires-Python: <4", "Requires-Python: newest", "Summary: x"],
)
def test_other_packages_are_installed(requires: str, tmp_path: Path) -> None:
    assert install_with(tmp_path, requires).is_dir()


def test_packages_that_are_not_in_the_lock_are_not_checked(tmp_path: Path) -> None:
    assert install_with(tmp_path, "Requires-Python: <3", lock="arrays==1.0\n").is_dir()
