"""uv is taken from where it costs least, and only in the version that is pinned."""

from __future__ import annotations

import platform
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.processes import Command, Processes
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.pip_tools.bundled_tools import BundledTools
from slipway.toolchains.pip_tools.pip import Pip
from slipway.toolchains.uv.program import UvProgram, UvUnavailable
from unit.fakes import FakeProcesses, effects_with, no_time
from unit.samples import write_files

SAYS = "#!/bin/sh\necho 'uv {} (x86_64-unknown-linux-gnu)'\n"
PINS = "# comment\nuv==1.2.3 \\\n    --hash=sha256:00\n"


def script(path: Path, version: str = "1.2.3") -> Path:
    write_files(path.parent, {path.name: SAYS.format(version)})
    path.chmod(0o755)
    return path


def program(
    root: Path, answer: Callable[[Command], str] | None = None, *, is_offline: bool = False
) -> UvProgram:
    """Give one that runs real programs, and of pip what `answer` makes of it."""
    real = Processes(now=time.monotonic)

    def either(command: Command) -> str:
        if command.argv[-1] == "--version":
            return real.query(command)
        assert answer, "pip is not to be asked"
        return answer(command)

    processes = FakeProcesses(now=no_time, answer=either)
    effects = effects_with(root, processes, {"PATH": f"{root / 'bin'}:/bin", "HOME": "/h"})
    pip = Pip(
        bundled_tools=BundledTools(Path("/toolbox").joinpath),
        scripts=Path("/inside"),
        cache=root / "pip",
        effects=effects,
    )
    pins = write_files(root, {"uv.txt": PINS}) / "uv.txt"
    return UvProgram(pins=pins, pip=pip, is_offline=is_offline, effects=effects)


def kept(root: Path) -> Path:
    return program(root).effects.cache.folder / "uv" / "1.2.3" / "uv"


def downloads(command: Command) -> str:
    """Put a wheel with a uv in it where pip is told to."""
    argv = list(command.argv)
    place = Path(argv[argv.index("--dest") + 1], "uv-1.2.3-py3-none-any.whl")
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-1.2.3.data/scripts/uv", SAYS.format("1.2.3"))
    return ""


def refuses(output: str) -> Callable[[Command], str]:
    def answer(command: Command) -> str:
        raise CommandFailed(command=command.name, status=1, output=output)

    return answer


def test_what_the_cache_has_is_taken_first(tmp_path: Path) -> None:
    script(kept(tmp_path))
    script(tmp_path / "bin" / "uv")
    found = program(tmp_path)
    assert found.path() == kept(tmp_path)
    assert found.describe() == "uv 1.2.3 from the cache"


def test_the_images_own_is_taken_if_it_is_the_pinned_one(tmp_path: Path) -> None:
    own = script(tmp_path / "bin" / "uv")
    found = program(tmp_path)
    assert found.path() == own
    assert found.describe() == "uv 1.2.3 from PATH"


@pytest.mark.parametrize("content", [SAYS.format("1.2.2"), "\x7fELF of another machine", ""])
def test_another_one_or_a_broken_one_is_not_taken(content: str, tmp_path: Path) -> None:
    for place in (kept(tmp_path), tmp_path / "bin" / "uv"):
        write_files(place.parent, {"uv": content})
        place.chmod(0o755)
    found = program(tmp_path, downloads)
    assert found.describe() == "uv 1.2.3 from the package index"
    assert found.path().read_text() == SAYS.format("1.2.3")


def test_the_index_is_asked_by_hash_and_as_the_app_says(tmp_path: Path) -> None:
    found = program(tmp_path, downloads)
    assert found.path() == kept(tmp_path)
    assert isinstance(found.effects.processes, FakeProcesses)
    pip, version = found.effects.processes.started
    assert {"--require-hashes", "--no-deps", ":all:"} <= set(pip.argv)
    assert pip.env["HOME"] == "/h"
    assert version.argv == [str(kept(tmp_path)), "--version"]
    assert [path.name for path in kept(tmp_path).parent.iterdir()] == ["uv"]


def test_an_index_that_the_requirements_name_is_the_one_that_is_asked(tmp_path: Path) -> None:
    def answer(command: Command) -> str:
        options, *pins = (
            Path(command.argv[command.argv.index("-r") + 1]).read_text().split("\n")
        )
        assert options == "--index-url https://h.example/"
        assert "\n".join(pins) == PINS
        return downloads(command)

    found = program(tmp_path, answer)
    assert found.path("--index-url https://h.example/\n") == kept(tmp_path)


def test_it_is_looked_for_once(tmp_path: Path) -> None:
    asked: list[Command] = []

    def answer(command: Command) -> str:
        asked.append(command)
        return refuses("ERROR: No matching distribution found for uv==1.2.3\n")(command)

    found = program(tmp_path, answer)
    for _ in range(2):
        with pytest.raises(UvUnavailable):
            found.path()
    assert len(asked) == 1


def has_none(command: Command) -> str:
    return refuses("ERROR: No matching distribution found for uv==1.2.3\n")(command)


def test_an_index_without_it_is_not_asked_by_the_next_build_that_can_do_without(
    tmp_path: Path,
) -> None:
    with pytest.raises(UvUnavailable) as first:
        program(tmp_path, has_none).describe()
    with pytest.raises(UvUnavailable) as second:
        replace(program(tmp_path), may_do_without=True).describe()
    assert "as an earlier build found" not in first.value.reason
    assert second.value.reason == f"{first.value.reason}, as an earlier build found"


def test_who_cannot_do_without_it_asks_each_time(tmp_path: Path) -> None:
    with pytest.raises(UvUnavailable):
        program(tmp_path, has_none).describe()
    assert program(tmp_path, downloads).describe() == "uv 1.2.3 from the package index"


def test_a_managed_python_has_it_asked_for_again(tmp_path: Path) -> None:
    with pytest.raises(UvUnavailable):
        program(tmp_path, has_none).describe()
    found = replace(program(tmp_path, downloads), may_do_without=True)
    assert found.path() == kept(tmp_path)


def test_an_index_that_did_not_answer_is_asked_again(tmp_path: Path) -> None:
    refusing = refuses("ERROR: HTTP error 403 while getting https://h.example/uv.whl\n")
    with pytest.raises(UvUnavailable):
        program(tmp_path, refusing).describe()
    found = replace(program(tmp_path, downloads), may_do_without=True)
    assert found.describe() == "uv 1.2.3 from the package index"


def test_what_is_on_the_image_by_now_is_taken(tmp_path: Path) -> None:
    with pytest.raises(UvUnavailable):
        program(tmp_path, has_none).describe()
    script(tmp_path / "bin" / "uv")
    assert replace(program(tmp_path), may_do_without=True).describe() == "uv 1.2.3 from PATH"


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "ERROR: No matching distribution found for uv==1.2.3\n",
            "the package index does not have it for this image",
        ),
        (
            (
                "Could not fetch URL https://u:p@h.example/simple/uv/: connection error: no "
                "route\nERROR: No matching distribution found for uv==1.2.3\n"
            ),
            "https://****@h.example/simple/uv/ cannot be reached",
        ),
        (
            "ERROR: HTTP error 403 while getting https://h.example/uv.whl\n",
            "https://h.example/uv.whl answers with status 403",
        ),
        ("ERROR: something new.\n", "something new"),
    ],
)
def test_why_it_could_not_be_had_is_said_in_half_a_sentence(
    output: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UvUnavailable) as error:
        program(tmp_path, refuses(output)).path()
    assert (error.value.version, error.value.reason) == ("1.2.3", reason)


def test_an_offline_build_asks_nobody(tmp_path: Path) -> None:
    with pytest.raises(UvUnavailable) as error:
        program(tmp_path, is_offline=True).path()
    assert "offline" in error.value.reason


def test_a_processor_without_wheels_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UvUnavailable) as error:
        program(tmp_path).path()
    assert "riscv64" in error.value.reason


def test_a_cache_that_cannot_be_written_is_a_reason(tmp_path: Path) -> None:
    found = program(tmp_path, downloads)
    kept(tmp_path).parent.parent.parent.mkdir(parents=True)
    kept(tmp_path).parent.parent.write_text("a file")
    with pytest.raises(UvUnavailable) as error:
        found.path()
    assert "the cache cannot take it" in error.value.reason
