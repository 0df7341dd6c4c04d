"""vendor/ is complete: its wheels need nothing else, and can be imported on every Python."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename

from unit.samples import write_files

VENDOR = Path(__file__).resolve().parents[2] / "vendor"
WHEELS = sorted(VENDOR.glob("*.whl"))
OLDEST = "3.10"
LINE = re.compile(
    r"(?P<pin>\S+==\S+) --hash=sha256:(?P<digest>[0-9a-f]{64})  # (?P<file>\S+\.whl)"
)

PYTHON_LINE = re.compile(
    r"(?P<processor>x86_64|aarch64) [0-9a-f]{64} (?P<date>\d{8})/"
    r"cpython-3\.\d+\.\d+\+(?P=date)-(?P=processor)-unknown-linux-gnu-install_only_stripped\.tar\.gz"
)

UV_LINE = re.compile(
    r"(?:#.*\n)+uv==(?P<version>[\d.]+)(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)

# Runs in the interpreter under test: argument 1 is added to its path, after its standard
# library, and argument 2 has the modules to import.
IMPORT_ALONE = """
import importlib, json, sys, traceback
sys.path += json.loads(sys.argv[1])
found = {}
for name in json.loads(sys.argv[2]):
    try:
        found[name] = str(importlib.import_module(name).__file__)
    except BaseException:
        found[name] = traceback.format_exc(limit=-1)
print("\\n" + json.dumps(found))
"""


def dist_info(wheel: Path, file: str) -> str:
    """Read a file of a wheel's dist-info folder, empty if there is none."""
    name, version = wheel.name.split("-")[:2]
    with ZipFile(wheel) as archive:
        path = f"{name}-{version}.dist-info/{file}"
        return archive.read(path).decode() if path in archive.namelist() else ""


def metadata(wheel: Path) -> Message:
    """Read the METADATA of a wheel."""
    return Parser().parsestr(dist_info(wheel, "METADATA"))


def import_names(wheel: Path) -> set[str]:
    """Return the public top-level modules of a wheel, and the modules that its scripts run."""
    with ZipFile(wheel) as archive:
        files = [name.split("/") for name in archive.namelist()]
    tops = {
        path[0].removesuffix(".py")
        for path in files
        if path[1:] == ["__init__.py"] or path[0].endswith(".py")
    }
    commands = re.findall(
        r"^[\w.-]+ *= *([\w.]+):\w+$", dist_info(wheel, "entry_points.txt"), re.MULTILINE
    )
    public = {name for name in tops if not name.startswith("_")}
    return public | {name for name in commands if name.split(".")[0] in public}


def differences(folder: Path) -> list[str]:
    """Describe where the wheels in a folder and its wheels.txt differ."""
    lines = [
        line
        for line in (folder / "wheels.txt").read_text("utf-8").splitlines()
        if line[:1] != "#"
    ]
    listed = {match["file"]: match for match in map(LINE.fullmatch, lines) if match}
    problems = [f"not a pinned wheel: {line}" for line in lines if not LINE.fullmatch(line)]
    present = {wheel.name: wheel for wheel in folder.glob("*.whl")}
    problems += [f"missing: {name}" for name in sorted(listed.keys() - present.keys())]
    problems += [f"not listed: {name}" for name in sorted(present.keys() - listed.keys())]
    for name in sorted(listed.keys() & present.keys()):
        project, version, *_ = parse_wheel_filename(name)
        if listed[name]["pin"] != f"{project}=={version}":
            problems.append(f"another version: {name} is listed as {listed[name]['pin']}")
        if listed[name]["digest"] != hashlib.sha256(present[name].read_bytes()).hexdigest():
            problems.append(f"another content: {name}")
    return problems


def unmet(wheel: Path, python: str) -> Iterator[str]:
    """Describe the requirements of a wheel on a Python that vendor/ does not meet."""
    versions = {
        name: version
        for name, version, *_ in (parse_wheel_filename(wheel.name) for wheel in WHEELS)
    }
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    for requirement in map(Requirement, metadata(wheel).get_all("Requires-Dist", [])):
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        version = versions.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            yield f"{wheel.name} requires {requirement}, vendored is {version or 'none'}"


@functools.cache
def interpreters() -> dict[str, str]:
    """Find one real interpreter of each supported version on this machine."""
    path = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [
        Path("/usr/bin"),
        Path("/usr/local/bin"),
        *(entry for entry in path if entry.name != "shims"),
    ]
    folders += sorted(pyenv.glob("versions/*/bin"))
    files = {
        file.resolve()
        for folder in folders
        for file in folder.glob("python3*")
        if os.access(file, os.X_OK)
    }
    found: dict[str, str] = {}
    for file in sorted(file for file in files if re.fullmatch(r"python3(\.\d+)?", file.name)):
        script = "import sys; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run(
            [file, "-I", "-S", "-c", script], capture_output=True, text=True, check=False
        )
        version = answer.stdout.strip()
        if version and version in SpecifierSet(f">={OLDEST}"):
            found.setdefault(version, str(file))
    return found


def imported(python: str, path: list[Path], names: set[str]) -> dict[str, str]:
    """Import modules from the standard library and a path; return their files or the errors."""
    arguments = [json.dumps([str(entry) for entry in path]), json.dumps(sorted(names))]
    command = [interpreters()[python], "-I", "-S", "-B", "-c", IMPORT_ALONE, *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert answer.returncode == 0, f"Python {python} failed:\n{answer.stdout}{answer.stderr}"
    result: dict[str, str] = json.loads(answer.stdout.splitlines()[-1])
    return result


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack all wheels into one folder."""
    folder = tmp_path_factory.mktemp("wheels")
    for wheel in WHEELS:
        with ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


def test_wheels_are_the_listed_ones() -> None:
    assert WHEELS, f"no wheels in {VENDOR}"
    problems = differences(VENDOR)
    assert not problems, "\n".join(problems)


def test_wheels_txt_is_what_the_script_writes() -> None:
    update = runpy.run_path(str(VENDOR / "update.py"))
    assert (VENDOR / "wheels.txt").read_text("utf-8") == update["wheels_text"](VENDOR)


def test_tampered_missing_and_extra_wheels_are_reported(tmp_path: Path) -> None:
    shutil.copytree(VENDOR, tmp_path, dirs_exist_ok=True)
    tampered, missing = WHEELS[0].name, WHEELS[1].name
    with (tmp_path / tampered).open("ab") as wheel:
        wheel.write(b"\0")
    (tmp_path / missing).rename(tmp_path / "extra-1-py3-none-any.whl")
    assert differences(tmp_path) == [
        f"missing: {missing}",
        "not listed: extra-1-py3-none-any.whl",
        f"another content: {tampered}",
    ]


def test_update_rejects_a_platform_wheel() -> None:
    update = runpy.run_path(str(VENDOR / "update.py"))
    update["refuse_platform_wheels"]([Path("a-1-py3-none-any.whl")])
    with pytest.raises(SystemExit, match=r"b-1-cp310-abi3-linux_x86_64\.whl$"):
        update["refuse_platform_wheels"](
            [Path("a-1-py3-none-any.whl"), Path("b-1-cp310-abi3-linux_x86_64.whl")]
        )


def test_the_same_python_is_pinned_for_each_processor() -> None:
    text = (VENDOR / "pythons.txt").read_text("ascii")
    lines = [line for line in text.splitlines() if line[:1] != "#"]
    pinned = [PYTHON_LINE.fullmatch(line) for line in lines]
    assert all(pinned), text
    assert [found["processor"] for found in pinned if found] == ["x86_64", "aarch64"]
    assert len({line.split("-")[1] for line in lines}) == 1


def test_the_same_uv_is_pinned_for_each_processor_and_libc() -> None:
    text = (VENDOR / "uv.txt").read_text("ascii")
    found = UV_LINE.fullmatch(text)
    assert found, text
    names = re.findall(r"uv-\S+\.whl", text)
    assert len(names) == found["hashes"].count("--hash=")
    assert {name.split("-")[1] for name in names} == {found["version"]}
    for processor in ("x86_64", "aarch64"):
        for libc in ("manylinux2014", "musllinux_1_1"):
            assert [name for name in names if f"{libc}_{processor}" in name], text


def test_uv_is_pinned_in_a_form_that_pip_reads(tmp_path: Path) -> None:
    update = runpy.run_path(str(VENDOR / "update.py"))
    wheel = tmp_path / "uv-1.2-py3-none-musllinux_1_1_x86_64.whl"
    wheel.write_bytes(b"x")
    found = UV_LINE.fullmatch(update["uv_text"]([wheel]))
    assert found
    assert found["version"] == "1.2"
    with pytest.raises(SystemExit, match="more than one version of uv"):
        update["uv_text"]([wheel, shutil.copy(wheel, tmp_path / "uv-1.3-x-y-z.whl")])


@pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel.name.split("-")[0])
def test_wheel_is_pure_python_for_the_oldest(wheel: Path) -> None:
    project, *_, tags = parse_wheel_filename(wheel.name)
    assert "py3-none-any" in map(str, tags)
    assert canonicalize_name(metadata(wheel)["Name"]) == project
    assert SpecifierSet(metadata(wheel).get("Requires-Python", "")).contains(f"{OLDEST}.0")


@pytest.mark.parametrize("python", [OLDEST, "3.13"])
def test_wheels_need_nothing_else(python: str) -> None:
    problems = [problem for wheel in WHEELS for problem in unmet(wheel, python)]
    assert not problems, "\n".join(problems)


def test_a_supported_python_is_on_this_machine() -> None:
    assert interpreters(), f"no Python >= {OLDEST} in /usr/bin, /usr/local/bin, PATH or pyenv"


@pytest.mark.parametrize("python", interpreters())
def test_unpacked_wheels_import_alone(python: str, unpacked: Path) -> None:
    names = {name for wheel in WHEELS for name in import_names(wheel)}
    files = imported(python, [unpacked], names)
    elsewhere = [
        f"{name}: {file}" for name, file in files.items() if not file.startswith(f"{unpacked}/")
    ]
    assert not elsewhere, "\n".join(elsewhere)
    assert files.keys() == names


@pytest.mark.parametrize("python", interpreters())
@pytest.mark.parametrize("wheel", ["packaging", "tomli"])
def test_zipped_wheel_imports_alone(wheel: str, python: str) -> None:
    (file,) = VENDOR.glob(f"{wheel}-*.whl")
    elsewhere = [
        f"{name}: {found}"
        for name, found in imported(python, [file], import_names(file)).items()
        if not found.startswith(f"{file}/")
    ]
    assert not elsewhere, "\n".join(elsewhere)


@pytest.mark.parametrize("python", interpreters())
def test_yaml_is_read_from_the_zipped_wheel(python: str, tmp_path: Path) -> None:
    """Without a cache for its library, Slipway imports the wheels as they are."""
    write_files(tmp_path / "app", {"requirements.txt": "", "Procfile": "web: [ -f a ] && b\n"})
    main = VENDOR.parent / "lib" / "slipway" / "__main__.py"
    script = [str(main), "supply", *(str(tmp_path / name) for name in ("app", "final", "deps"))]
    (tmp_path / "deps" / "0").mkdir(parents=True)
    command = [interpreters()[python], "-I", "-S", "-B", *script, "0"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 1, answer
    assert "Error: The Procfile is not YAML" in answer.stderr
