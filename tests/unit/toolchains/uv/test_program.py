"""uv comes from the cache, the image or an index, and only in the pinned version."""

from __future__ import annotations

import platform
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.cache.kinds import UV_UNAVAILABLE
from slipway.effects.processes import Command, Processes
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.uv.program import UvProgram, with_certificates
from unit.fakes import FakeProcesses, effects_with, no_time, pip_with
from unit.samples import write_files

SCRIPT = "#!/bin/sh\necho 'uv {} (x86_64-unknown-linux-gnu)'\n"
NOTHING: Mapping[str, str] = {}
DAY = 24 * 60 * 60
INDEX = {"PIP_INDEX_URL": "https://ci:first@index.example/simple"}
PINS = "# comment\nuv==1.2.3 \\\n    --hash=sha256:00\n"


def script(path: Path, version: str = "1.2.3") -> Path:
    write_files(path.parent, {path.name: SCRIPT.format(version)})
    path.chmod(0o755)
    return path


def program(
    root: Path,
    answer: Callable[[Command], str] | None = None,
    *,
    is_offline: bool = False,
    now: float = 0.0,
    given: Mapping[str, str] = NOTHING,
) -> UvProgram:
    """Return a UvProgram that runs real programs, and `answer` instead of pip."""
    real = Processes(now=time.monotonic)

    def either(command: Command) -> str:
        if command.argv[-1] == "--version":
            return real.query(command)
        assert answer, "pip must not be started"
        return answer(command)

    processes = FakeProcesses(now=no_time, answer=either)
    variables = {"PATH": f"{root / 'bin'}:/bin", "HOME": "/h", **given}
    effects = effects_with(root, processes, variables)
    effects = replace(effects, cache=replace(effects.cache, now=lambda: now))
    pins = write_files(root, {"uv.txt": PINS}) / "uv.txt"
    return UvProgram(pins=pins, pip=pip_with(effects, root / "app"), is_offline=is_offline)


def cached_uv(root: Path) -> Path:
    return program(root).pip.effects.cache.folder / "uv" / "1.2.3" / "uv"


def downloads(command: Command) -> str:
    """Simulate `pip download` of a wheel with uv."""
    argv = list(command.argv)
    wheel = Path(argv[argv.index("--dest") + 1], "uv-1.2.3-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-1.2.3.data/scripts/uv", SCRIPT.format("1.2.3"))
    return ""


def fails(output: str) -> Callable[[Command], str]:
    def answer(command: Command) -> str:
        raise CommandFailed(command=command.name, status=1, output=output)

    return answer


def test_a_cached_uv_comes_first(tmp_path: Path) -> None:
    script(cached_uv(tmp_path))
    script(tmp_path / "bin" / "uv")
    found = program(tmp_path)
    assert found.path() == cached_uv(tmp_path)
    assert found.locate().origin == "the cache"


def test_the_images_uv_is_used_if_it_has_the_pinned_version(tmp_path: Path) -> None:
    own = script(tmp_path / "bin" / "uv")
    found = program(tmp_path)
    assert found.path() == own
    assert found.locate().origin == "PATH"


@pytest.mark.parametrize("content", [SCRIPT.format("1.2.2"), "\x7fELF of another machine", ""])
def test_another_version_or_a_broken_uv_is_not_used(content: str, tmp_path: Path) -> None:
    for place in (cached_uv(tmp_path), tmp_path / "bin" / "uv"):
        write_files(place.parent, {"uv": content})
        place.chmod(0o755)
    found = program(tmp_path, downloads)
    assert found.locate().origin == "the package index"
    assert found.path().read_text() == SCRIPT.format("1.2.3")


def test_uv_is_downloaded_by_hash(tmp_path: Path) -> None:
    found = program(tmp_path, downloads)
    assert found.path() == cached_uv(tmp_path)
    assert isinstance(found.pip.effects.processes, FakeProcesses)
    pip, version = found.pip.effects.processes.started
    assert {"--require-hashes", "--no-deps", ":all:"} <= set(pip.argv)
    assert pip.env["HOME"] == "/h"
    assert version.argv == [str(cached_uv(tmp_path)), "--version"]
    assert [path.name for path in cached_uv(tmp_path).parent.iterdir()] == ["uv"]


def test_an_index_that_the_requirements_name_is_used(tmp_path: Path) -> None:
    def answer(command: Command) -> str:
        options, *pins = (
            Path(command.argv[command.argv.index("-r") + 1]).read_text().split("\n")
        )
        assert options == "--index-url https://h.example/"
        assert "\n".join(pins) == PINS
        return downloads(command)

    found = program(tmp_path, answer)
    assert found.path("--index-url https://h.example/\n") == cached_uv(tmp_path)


def test_uv_is_located_once(tmp_path: Path) -> None:
    started: list[Command] = []

    def answer(command: Command) -> str:
        started.append(command)
        return fails("ERROR: No matching distribution found for uv==1.2.3\n")(command)

    found = program(tmp_path, answer)
    for _ in range(2):
        with pytest.raises(UvUnavailable):
            found.path()
    assert len(started) == 1


def index_has_no_uv(command: Command) -> str:
    return fails("ERROR: No matching distribution found for uv==1.2.3\n")(command)


def note_that_index_has_no_uv(
    root: Path, given: Mapping[str, str] = NOTHING, *, now: float = 0.0
) -> None:
    """Run a build that finds out that its index has no uv."""
    with pytest.raises(UvUnavailable) as error:
        program(root, index_has_no_uv, now=now, given=given).locate()
    assert "as an earlier build found" not in error.value.reason


def tries_index(
    root: Path, given: Mapping[str, str] = NOTHING, *, now: float = 0.0, options: str = ""
) -> bool:
    """Return whether a build that does not need uv tries the index."""
    try:
        program(root, downloads, now=now, given=given).locate(options, trusts_note=True)
    except UvUnavailable:
        return False
    cached_uv(root).unlink()
    return True


def test_an_index_without_uv_is_not_tried_by_the_next_build(tmp_path: Path) -> None:
    assert tries_index(tmp_path)
    note_that_index_has_no_uv(tmp_path)
    assert not tries_index(tmp_path)
    with pytest.raises(UvUnavailable) as error:
        program(tmp_path).locate(trusts_note=True)
    assert error.value.reason.endswith("for this image, as an earlier build found")


def test_a_build_that_needs_uv_tries_the_index_each_time(tmp_path: Path) -> None:
    note_that_index_has_no_uv(tmp_path)
    assert program(tmp_path, downloads).path() == cached_uv(tmp_path)


def test_an_index_that_refused_access_is_tried_again(tmp_path: Path) -> None:
    refusing = fails("ERROR: HTTP error 403 while getting https://h.example/uv.whl\n")
    with pytest.raises(UvUnavailable):
        program(tmp_path, refusing).locate()
    assert tries_index(tmp_path)


def test_a_uv_that_has_been_added_to_the_image_is_used(tmp_path: Path) -> None:
    note_that_index_has_no_uv(tmp_path)
    script(tmp_path / "bin" / "uv")
    assert program(tmp_path).locate(trusts_note=True).origin == "PATH"


@pytest.mark.parametrize(("now", "tried"), [(0, False), (DAY - 1, False), (DAY, True)])
def test_a_note_is_valid_for_a_day(tmp_path: Path, *, now: float, tried: bool) -> None:
    note_that_index_has_no_uv(tmp_path)
    assert tries_index(tmp_path, now=now) == tried


def test_a_note_from_the_future_is_ignored(tmp_path: Path) -> None:
    note_that_index_has_no_uv(tmp_path, now=DAY)
    assert tries_index(tmp_path)


def test_another_index_is_tried(tmp_path: Path) -> None:
    note_that_index_has_no_uv(tmp_path, INDEX)
    assert not tries_index(tmp_path, INDEX)
    assert tries_index(tmp_path, {"PIP_INDEX_URL": "https://other.example/simple"})
    assert tries_index(tmp_path, INDEX, options="--index-url https://other.example/\n")
    write_files(tmp_path, {"app/pip.conf": "[global]\nextra-index-url = https://o.example/\n"})
    assert tries_index(tmp_path, {**INDEX, "PIP_CONFIG_FILE": "pip.conf"})


def test_another_version_is_tried(tmp_path: Path) -> None:
    note_that_index_has_no_uv(tmp_path)
    newer = program(tmp_path, index_has_no_uv)
    write_files(tmp_path, {"uv.txt": PINS.replace("1.2.3", "1.2.4")})
    with pytest.raises(UvUnavailable) as error:
        newer.locate(trusts_note=True)
    assert "as an earlier build found" not in error.value.reason


def test_a_password_is_ignored_and_not_stored(tmp_path: Path) -> None:
    note_that_index_has_no_uv(tmp_path, INDEX)
    assert not tries_index(
        tmp_path, {"PIP_INDEX_URL": "https://ci:second@index.example/simple"}
    )
    assert not [path for path in tmp_path.rglob("*.json") if "first" in path.read_text()]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"index": "x"}', "null"])
def test_a_broken_note_is_ignored(content: str, tmp_path: Path) -> None:
    write_files(program(tmp_path).pip.effects.cache.folder, {UV_UNAVAILABLE.name: content})
    assert tries_index(tmp_path)


def test_a_note_that_cannot_be_written_is_ignored(tmp_path: Path) -> None:
    write_files(tmp_path, {"cache": "a file"})
    note_that_index_has_no_uv(tmp_path)
    note_that_index_has_no_uv(tmp_path)
    assert (tmp_path / "cache").read_text("utf-8") == "a file"


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
            (
                "The repository located at h.example is not a trusted or secure host\n"
                "ERROR: No matching distribution found for uv==1.2.3\n"
            ),
            "pip uses h.example without https only if PIP_TRUSTED_HOST names that host",
        ),
        (
            "ERROR: HTTP error 403 while getting https://h.example/uv.whl\n",
            "https://h.example/uv.whl answers with status 403",
        ),
        ("ERROR: something new.\n", "something new"),
    ],
)
def test_the_reason_is_part_of_a_sentence(output: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UvUnavailable) as error:
        program(tmp_path, fails(output)).path()
    assert (error.value.version, error.value.reason) == ("1.2.3", reason)
    assert error.value.is_download


def test_an_offline_build_uses_no_index(tmp_path: Path) -> None:
    with pytest.raises(UvUnavailable) as error:
        program(tmp_path, is_offline=True).path()
    assert "offline" in error.value.reason
    assert not error.value.is_download


def test_a_processor_without_wheels_uses_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UvUnavailable) as error:
        program(tmp_path).path()
    assert "riscv64" in error.value.reason


def test_the_reason_may_be_that_the_cache_cannot_be_written(tmp_path: Path) -> None:
    found = program(tmp_path, downloads)
    cached_uv(tmp_path).parent.parent.parent.mkdir(parents=True)
    cached_uv(tmp_path).parent.parent.write_text("a file")
    with pytest.raises(UvUnavailable) as error:
        found.path()
    assert "could not be stored in the cache" in error.value.reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("certs/ca.pem", "/app/certs/ca.pem"),
        ("~/ca.pem", "/home/harbour/ca.pem"),
        ("/etc/ca.pem", "/etc/ca.pem"),
    ],
)
def test_the_path_of_a_certificate_is_resolved_as_by_pip(value: str, expected: str) -> None:
    variables = {"SSL_CERT_FILE": value, "UV_HTTP_TIMEOUT": "7"}
    found = with_certificates(variables, Path("/app"), {"HOME": "/home/harbour"})
    assert found["SSL_CERT_FILE"] == expected
    assert found["UV_HTTP_TIMEOUT"] == "7"


def test_certificates_of_the_image_are_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert with_certificates({}, Path("/app"), {}) == {"UV_SYSTEM_CERTS": "1"}


def test_the_user_may_choose_the_certificates_of_uv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert with_certificates({}, Path("/app"), {"UV_SYSTEM_CERTS": "0"}) == {}


def test_that_of_slipways_package_comes_first(tmp_path: Path) -> None:
    script(cached_uv(tmp_path))
    included = script(tmp_path / "offline" / "uv")
    found = replace(program(tmp_path, is_offline=True), included=included)
    assert found.locate().path == included
    assert found.locate().origin == "Slipway's own package"


def test_one_that_does_not_run_on_this_machine_is_not_used(tmp_path: Path) -> None:
    script(cached_uv(tmp_path))
    included = script(tmp_path / "offline" / "uv")
    included.write_text("\x7fELF of another machine")
    assert replace(program(tmp_path), included=included).path() == cached_uv(tmp_path)


def test_it_is_downloaded_into_a_package_for_another_machine(tmp_path: Path) -> None:
    found, place = program(tmp_path, downloads), tmp_path / "package" / "uv"
    found.extract_for("aarch64", place)
    assert place.read_text() == SCRIPT.format("1.2.3")
    assert place.stat().st_mode & 0o777 == 0o755
    assert isinstance(found.pip.effects.processes, FakeProcesses)
    (pip,) = found.pip.effects.processes.started
    assert "--platform=manylinux2014_aarch64" in pip.argv
    assert {"--require-hashes", "--no-deps", ":all:"} <= set(pip.argv)
    assert not cached_uv(tmp_path).exists()
