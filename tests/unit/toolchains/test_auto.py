"""A toolchain is chosen when it is needed; one log line names it, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command
from slipway.errors.dependencies import (
    HashMismatch,
    InstallFailed,
    ResolutionConflict,
    ResolveFailed,
)
from slipway.errors.fetching import IndexRefused
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable, UvUnfit
from slipway.toolchains.auto import ChosenToolchain
from slipway.toolchains.pip_tools.toolchain import PipTools
from slipway.toolchains.protocol import RequirementFiles
from slipway.toolchains.uv.program import UvProgram
from slipway.toolchains.uv.toolchain import Uv
from unit.fakes import FakeProcesses, effects_with, logged, no_time, pip_with
from unit.samples import PYTHON, write_files

Answer = Callable[[Command], str]

SOMETHING_NEW = "error: something new\n"
NOT_FOUND = (
    "error: No solution found when resolving dependencies\n  cause: Because six was not found "
    "in the package registry and you require six, we can conclude that all is lost.\n"
)
CONFLICT = (
    "error: No solution found when resolving dependencies\n  cause: Because you require six>=2 "
    "and six<2, we can conclude that your requirements are unsatisfiable.\n"
)
REFUSED = "ERROR: HTTP error 401 while getting https://h.example/six/\n"


def is_uv(command: Command) -> bool:
    return command.argv[0].endswith("/uv")


def answering(uv: str | None = None, pip: str | None = None) -> Answer:
    """Simulate uv and pip, which fail with an output or make an empty lock."""

    def answer(command: Command) -> str:
        argv = list(command.argv)
        if argv[-1] == "--version":
            return "uv 1.2.3"
        output = uv if is_uv(command) else pip
        if output is not None:
            raise CommandFailed(command=command.name, status=1, output=output)
        if "--output-file" in argv:
            Path(argv[argv.index("--output-file") + 1]).write_text("")
        return ""

    return answer


def chosen(
    root: Path,
    answer: Answer | None = None,
    *,
    has_uv: bool = True,
    given: Mapping[str, str] | None = None,
) -> ChosenToolchain:
    processes = FakeProcesses(now=no_time, answer=answer or answering())
    write_files(root, {"bin/other": "", "uv.txt": "uv==1.2.3\n"})
    if has_uv:
        write_files(root, {"bin/uv": ""})
        (root / "bin" / "uv").chmod(0o755)
    variables = {"PATH": str(root / "bin"), "HOME": str(root), **(given or {})}
    effects = effects_with(root, processes, variables)
    pip = pip_with(effects, root)
    pip_tools = PipTools(pip=pip)
    program = UvProgram(pins=root / "uv.txt", pip=pip, is_offline=True)
    uv = Uv(program=program, pip=pip, cache=root / "uv-cache")
    return ChosenToolchain(
        setting="auto",
        origin="The variable SLIPWAY_TOOLCHAIN",
        make_uv=lambda: uv,
        make_pip_tools=lambda: pip_tools,
        effects=effects,
    )


def files(root: Path, options: str = "", requirements: str = "six\n") -> RequirementFiles:
    folder = root / "request"
    folder.mkdir(exist_ok=True)
    return RequirementFiles(
        folder=folder, app=root, requirements=requirements, constraints="", options=options
    )


def used(tool: ChosenToolchain) -> list[str]:
    """Return the programs that were started, except for `uv --version`."""
    assert isinstance(tool.effects.processes, FakeProcesses)
    started = [one for one in tool.effects.processes.started if one.argv[-1] != "--version"]
    return ["uv" if is_uv(one) else "pip" for one in started]


def filled(root: Path) -> tuple[Virtualenv, Path]:
    environment = Virtualenv(root / "venv", "3.13.1")
    environment.site_packages.mkdir(parents=True)
    write_files(environment.root, {"bin/python": ""})
    return environment, write_files(root, {"lock.txt": "six==1.17.0\n"}) / "lock.txt"


def test_no_toolchain_is_chosen_before_it_is_needed(tmp_path: Path) -> None:
    tool = chosen(tmp_path)
    assert tool.name is None
    assert isinstance(tool.effects.processes, FakeProcesses)
    assert tool.effects.processes.started == []
    assert logged(tool.effects) == ""


def test_each_toolchain_is_created_once_when_it_is_first_used(tmp_path: Path) -> None:
    made: list[str] = []
    ready = chosen(tmp_path)
    uv, pip_tools = ready.make_uv(), ready.make_pip_tools()

    def make_uv() -> Uv:
        made.append("uv")
        return uv

    def make_pip_tools() -> PipTools:
        made.append("pip-tools")
        return pip_tools

    tool = replace(ready, make_uv=make_uv, make_pip_tools=make_pip_tools)
    assert made == []
    for number in range(2):
        tool.create(Virtualenv(tmp_path / f"new-{number}", "3.13.1"), PYTHON)
    assert made == ["uv"]
    of_pip_tools = replace(tool, setting="pip-tools")
    for _ in range(2):
        of_pip_tools.resolve(files(tmp_path), PYTHON)
    assert made == ["uv", "pip-tools"]


def test_uv_is_used_if_it_is_available_and_logged_once(tmp_path: Path) -> None:
    tool = chosen(tmp_path)
    tool.resolve(files(tmp_path), PYTHON)
    tool.create(Virtualenv(tmp_path / "new", "3.13.1"), PYTHON)
    tool.install(*filled(tmp_path), ())
    assert used(tool) == ["uv", "uv", "uv"]
    assert logged(tool.effects) == "Using uv 1.2.3 from PATH"
    assert tool.name == "uv"


def test_without_uv_pip_tools_is_used_and_the_reason_is_logged(tmp_path: Path) -> None:
    tool = chosen(tmp_path, has_uv=False)
    tool.resolve(files(tmp_path), PYTHON)
    assert used(tool) == ["pip"]
    assert logged(tool.effects) == (
        "Using pip-tools, because uv 1.2.3 is not available: the app is built offline, and the "
        "image does not have it"
    )
    assert tool.name == "pip-tools"


def test_the_setting_pip_tools_does_not_look_for_uv(tmp_path: Path) -> None:
    tool = replace(chosen(tmp_path), setting="pip-tools")
    tool.resolve(files(tmp_path), PYTHON)
    tool.install(*filled(tmp_path), ())
    assert used(tool) == ["pip", "pip"]
    assert logged(tool.effects) == "Using pip-tools, as the setting `toolchain` requests"


def test_the_setting_uv_uses_uv_or_is_an_error(tmp_path: Path) -> None:
    tool = replace(chosen(tmp_path, has_uv=False), setting="uv")
    with pytest.raises(UvUnavailable) as unavailable:
        tool.resolve(files(tmp_path), PYTHON)
    assert unavailable.value.origin == "The variable SLIPWAY_TOOLCHAIN"
    unfit = replace(chosen(tmp_path, given={"PIP_PREFER_BINARY": "1"}), setting="uv")
    with pytest.raises(UvUnfit) as refused:
        unfit.resolve(files(tmp_path), PYTHON)
    assert refused.value.origin == "The variable SLIPWAY_TOOLCHAIN"


@pytest.mark.parametrize(
    ("options", "given", "reason"),
    [
        ("", {"PIP_PREFER_BINARY": "1"}, "uv does not support PIP_PREFER_BINARY"),
        ("--prefer-binary\n", {}, "uv does not support --prefer-binary in the requirements"),
        ("--colour x\n", {}, "uv cannot read pip's settings: option --colour not recognized"),
    ],
)
def test_pip_tools_is_used_for_a_setting_that_uv_lacks(
    options: str, given: dict[str, str], reason: str, tmp_path: Path
) -> None:
    tool = chosen(tmp_path, given=given)
    tool.resolve(files(tmp_path, options), PYTHON)
    assert used(tool) == ["pip"]
    assert logged(tool.effects) == f"Using pip-tools, because {reason}"


def test_pip_tools_is_used_if_the_configuration_cannot_be_read(tmp_path: Path) -> None:
    write_files(tmp_path, {".config/pip/pip.conf": "index-url = x\n"})
    tool = chosen(tmp_path)
    tool.resolve(files(tmp_path), PYTHON)
    assert used(tool) == ["pip"]


@pytest.mark.parametrize("output", [NOT_FOUND, SOMETHING_NEW], ids=["not found", "unknown"])
def test_pip_is_tried_after_an_unclear_error_of_uv(output: str, tmp_path: Path) -> None:
    tool = chosen(tmp_path, answering(uv=output, pip=REFUSED))
    with pytest.raises(IndexRefused):
        tool.resolve(files(tmp_path), PYTHON)
    with pytest.raises(IndexRefused):
        tool.install(*filled(tmp_path), ())
    assert used(tool) == ["uv", "pip", "uv", "pip"]


def test_pip_finds_the_file_that_has_the_hash_on_several_indexes(tmp_path: Path) -> None:
    mismatch = """error: Failed to download `six==1.17.0`
  cause: Hash mismatch for `six==1.17.0`

         Expected:
           sha256:1

         Computed:
           sha256:2
"""
    tool = chosen(tmp_path, answering(uv=mismatch))
    environment, lock = filled(tmp_path)
    with pytest.raises(HashMismatch):
        tool.install(environment, lock, ())
    options = "--extra-index-url https://h.example/simple\n"
    lock.write_text(options + lock.read_text("utf-8"), "utf-8")
    tool.install(environment, lock, ())
    assert used(tool) == ["uv", "uv", "pip"]
    with pytest.raises(HashMismatch):
        replace(tool, setting="uv").install(environment, lock, ())


def test_pip_is_not_tried_if_the_app_has_uv_choose_between_indexes(tmp_path: Path) -> None:
    """pip would take the best version of all indexes."""
    given = {"UV_INDEX_STRATEGY": "first-index"}
    tool = chosen(tmp_path, answering(uv=SOMETHING_NEW), given=given)
    with pytest.raises(ResolveFailed):
        tool.resolve(files(tmp_path), PYTHON)
    with pytest.raises(InstallFailed):
        tool.install(*filled(tmp_path), ())
    assert used(tool) == ["uv", "uv"]


def test_pip_only_names_the_cause_if_the_setting_requests_uv(tmp_path: Path) -> None:
    tool = replace(chosen(tmp_path, answering(uv=NOT_FOUND, pip=REFUSED)), setting="uv")
    with pytest.raises(IndexRefused):
        tool.resolve(files(tmp_path), PYTHON)
    solved = replace(chosen(tmp_path / "b", answering(uv=SOMETHING_NEW)), setting="uv")
    with pytest.raises(ResolveFailed):
        solved.resolve(files(tmp_path / "b"), PYTHON)
    assert logged(solved.effects).endswith("running pip-tools to find the cause")
    with pytest.raises(InstallFailed):
        solved.install(*filled(tmp_path / "b"), ())
    assert logged(solved.effects).endswith("running pip to find the cause")
    with pytest.raises(IndexRefused):
        tool.install(*filled(tmp_path), ())


def test_the_result_of_pip_counts_then(tmp_path: Path) -> None:
    tool = chosen(tmp_path, answering(uv=SOMETHING_NEW))
    assert tool.resolve(files(tmp_path), PYTHON).lock.packages == ()
    assert tool.name == "pip-tools"
    assert logged(tool.effects).endswith(
        "uv could not resolve the dependencies; trying pip-tools"
    )


@pytest.mark.parametrize(("uv", "finder"), [(None, "uv"), (SOMETHING_NEW, "pip")])
def test_files_are_found_by_the_toolchain_that_has_resolved(
    uv: str | None, finder: str, tmp_path: Path
) -> None:
    tool = chosen(tmp_path, answering(uv=uv))
    tool.resolve(files(tmp_path), PYTHON)
    before = len(used(tool))
    (tmp_path / "request" / "files.json").write_text("[]")
    assert tool.find_files(files(tmp_path), PYTHON) == {}
    assert {*used(tool)[before:]} == {finder}


def test_pip_is_not_tried_after_a_clear_error_of_uv(tmp_path: Path) -> None:
    tool = chosen(tmp_path, answering(uv=CONFLICT))
    with pytest.raises(ResolutionConflict):
        tool.resolve(files(tmp_path), PYTHON)
    assert used(tool) == ["uv"]
