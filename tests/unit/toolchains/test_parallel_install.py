"""Several processes of pip put in place what one would have, and hide no error."""

from __future__ import annotations

import importlib.util
import os
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from conftest import ROOT
from slipway.domain.python_version import Interpreter
from slipway.effects.environments import Environment
from slipway.effects.files import sha256_of
from slipway.effects.processes import Processes
from slipway.errors.dependencies import HashMismatch, InstallFailed
from slipway.toolchains.pip_tools import PipTools
from slipway.toolchains.toolbox import Toolbox
from unit.fakes import effects_with
from unit.samples import make_wheel, write_files
from unit.trees import source

Install = Callable[..., Path]

pytestmark = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="pip has one processor, and is one process"
)


@contextmanager
def one_process() -> Iterator[None]:
    """Let pip have one processor."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def package(folder: Path, name: str, files: Mapping[str, str]) -> Path:
    """Make a wheel with files of its own and a program in bin/."""
    path = make_wheel(folder, f"{name}-1.0-py3-none-any.whl")
    info = f"{name}-1.0.dist-info"
    more = {**files, f"{info}/entry_points.txt": f"[console_scripts]\n{name}={name}:main\n"}
    with zipfile.ZipFile(path) as zipped:
        had = {one: zipped.read(one).decode() for one in zipped.namelist()}
    record = had.pop(f"{info}/RECORD") + "".join(f"{one},,\n" for one in more)
    with zipfile.ZipFile(path, "w") as zipped:
        for one, text in {**had, **more, f"{info}/RECORD": record}.items():
            zipped.writestr(zipfile.ZipInfo(one), text)
    return path


def sdist(folder: Path, name: str) -> Path:
    path = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(write_files(folder.parent / name, source(name)), f"{name}-1.0")
    return path


@pytest.fixture
def many(tmp_path: Path) -> list[Path]:
    """Make a few dozen packages: modules, a namespace, data, and one to be built."""
    folder = tmp_path / "index"
    made = []
    for number in range(30):
        name = f"part{number:02}"
        files = {f"shared/{name}/m{one}.py": f"A = {one}\n" * one for one in range(20)}
        data = {f"{name}-1.0.data/data/share/{name}.txt": name}
        made.append(package(folder, name, {**files, **data}))
    return [*made, sdist(folder, "public")]


@pytest.fixture
def install(tmp_path: Path, toolbox: Toolbox, python: Interpreter) -> Install:
    """Install distributions into a new environment at the same place each time."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "PIP_NO_INDEX": "1"}
    tools = PipTools(
        toolbox=toolbox,
        scripts=ROOT / "lib" / "inside",
        cache=tmp_path / "pip",
        effects=effects_with(tmp_path, Processes(now=time.monotonic), environment),
    )

    def run(distributions: list[Path], hashes: Mapping[str, str] | None = None) -> Path:
        root = tmp_path / "environment"
        if root.exists():
            root.rename(tmp_path / f"before-{time.monotonic_ns()}")
        lock = tmp_path / "lock.txt"
        lock.write_text("".join(locked(one, hashes or {}) for one in distributions))
        tools.create(Environment(root, python.version), python)
        tools.install(Environment(root, python.version), lock, ())
        return root

    return run


def locked(path: Path, hashes: Mapping[str, str]) -> str:
    name = path.name.partition("-")[0]
    digest = hashes.get(name) or sha256_of(path)
    return f"{name} @ {path.as_uri()} --hash=sha256:{digest}\n"


def contents(root: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): (path.stat().st_mode, path.read_bytes()) for path in files
    }


def test_they_put_in_place_what_one_would_have(install: Install, many: list[Path]) -> None:
    together = contents(install(many))
    with one_process():
        alone = contents(install(many))
    assert len(together) > 600
    assert together == alone


def test_where_packages_have_a_file_of_one_name_the_same_one_stays(
    install: Install, many: list[Path], tmp_path: Path
) -> None:
    large = {f"large/{number}.py": "A = 1\n" * 5000 for number in range(20)}
    lying_over = [
        package(tmp_path / "over", name, {**files, "shared/over.py": f"BY = {name!r}\n" * size})
        for name, files, size in [("aaa", large, 1), ("mmm", {}, 9), ("zzz", {}, 20_000)]
    ]
    with one_process():
        alone = contents(install([*many, *lying_over]))
    for _ in range(4):
        assert contents(install([*many, *lying_over])) == alone


@pytest.mark.parametrize(
    "wrong", [{"part01": "0" * 64}, {"part01": "0" * 64, "part29": "1" * 64}]
)
def test_a_hash_that_does_not_match_is_told_as_ever(
    install: Install, many: list[Path], wrong: Mapping[str, str], tmp_path: Path
) -> None:
    with pytest.raises(HashMismatch) as together:
        install(many, wrong)
    with one_process(), pytest.raises(HashMismatch) as alone:
        install(many, wrong)
    assert vars(together.value) == vars(alone.value)
    assert not [*(tmp_path / "environment").rglob("part*")]


def test_what_cannot_be_put_in_place_is_told_as_ever(
    install: Install, many: list[Path], tmp_path: Path
) -> None:
    """pip refuses a file that would lie outside of the environment."""
    outside = package(tmp_path / "x", "outside", {"../../../../../outside.py": ""})
    with pytest.raises(InstallFailed) as together:
        install([*many, outside])
    with one_process(), pytest.raises(InstallFailed) as alone:
        install([*many, outside])
    assert together.value.output[-1] == alone.value.output[-1]
    assert "outside.py" in together.value.output[-1]
    assert not (tmp_path / "outside.py").exists()


@pytest.fixture
def module() -> ModuleType:
    path = ROOT / "lib" / "inside" / "parallel_install.py"
    spec = importlib.util.spec_from_file_location("parallel_install", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_requirement_is_done_once(module: ModuleType, tmp_path: Path) -> None:
    def note(name: str) -> None:
        with (tmp_path / name).open("x"):
            pass

    names = [str(number) for number in range(500)]
    assert module._all_done(names, note, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def _raises(name: str) -> None:
    raise OSError("no space")


def _dies(name: str) -> None:
    os.kill(os.getpid(), 9)


@pytest.mark.parametrize("ending", [_raises, _dies])
def test_a_process_that_does_not_end_well_is_noticed(
    ending: Callable[[str], None], module: ModuleType
) -> None:
    assert not module._all_done(["x"], ending, 2)
    assert not module._all_done(["x"] * 100_000, ending, 2)


def test_where_no_process_is_to_be_had_none_is_missed(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(module.os, "fork", refuse)
    assert not module._all_done(["x"], _raises, 2)
