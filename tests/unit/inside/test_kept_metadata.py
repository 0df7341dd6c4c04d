"""Resolving again asks for as little as can be, and finds what resolving anew finds."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import ROOT
from integration.index import Index, served
from integration.packages import wheel
from slipway.domain.python_version import Interpreter
from slipway.effects.processes import Processes
from slipway.errors.dependencies import (
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    ResolveFailed,
    VersionNotFound,
)
from slipway.errors.stopped import BuildStopped
from slipway.toolchains import LocalDistribution, RequirementFiles
from slipway.toolchains.pip_tools import PipTools
from slipway.toolchains.toolbox import Toolbox
from unit.fakes import effects_with
from unit.samples import local

FIRST = "anchor==1.0\nbuoy\n"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Asks an index with one cache, or with none."""

    index: Index
    tools: PipTools
    python: Interpreter
    root: Path

    def lock(self, wanted: str, *here: LocalDistribution, options: str = "") -> str:
        """Give the lines of a lock, with their hashes; the cache stays for the next one."""
        folder = self.root / f"asked-{len([*self.root.glob('asked-*')])}"
        folder.mkdir()
        self.index.requests.clear()
        files = RequirementFiles(
            folder=folder,
            app=folder,
            requirements=wanted,
            constraints="",
            options=options,
            here=here,
        )
        locked = self.tools.resolve(files, self.python).lock
        return "".join(f"{one.requirement} {' '.join(one.hashes)}\n" for one in locked)

    @property
    def anew(self) -> Asked:
        """Give one that has nothing in its cache."""
        count = len([*self.root.glob("cache-*")])
        (self.root / f"cache-{count}").mkdir()
        return replace(self, tools=replace(self.tools, cache=self.root / f"cache-{count}"))

    @property
    def kept(self) -> Path:
        return self.tools.cache / "pip-tools" / "metadata.json"

    @property
    def pages(self) -> dict[str, int]:
        """How often each project's page was asked for."""
        return {
            path.split("/")[2]: count
            for path, count in self.index.requests.items()
            if path.startswith("/simple/")
        }


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """Make a wheel: `made("buoy-1.0", "chain<2")` needs a chain."""
    folder = tmp_path / "made"
    folder.mkdir()

    def make(file: str, *needs: str) -> Path:
        name, version = file.split("-")
        fields = "".join(f"Requires-Dist: {need}\n" for need in needs)
        return wheel(folder, name, version, metadata=f"{fields}\nA long description.\n")

    return make


@pytest.fixture
def asked(
    tmp_path: Path, toolbox: Toolbox, python: Interpreter, made: Callable[..., Path]
) -> Iterator[Asked]:
    index = Index(user="jane:sesame")
    index.add(made("anchor-1.0"), made("anchor-2.0", "chain>=2"))
    index.add(made("buoy-1.0", "chain"), made("chain-1.0", "link"), made("link-1.0"))
    with served(index):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nowhere",
            "PIP_INDEX_URL": index.at("jane:sesame@"),
            "PIP_RETRIES": "0",
        }
        tools = PipTools(
            toolbox=toolbox,
            scripts=ROOT / "lib" / "inside",
            cache=tmp_path / "cache",
            effects=effects_with(tmp_path, Processes(now=time.monotonic), environment),
        )
        yield Asked(index=index, tools=tools, python=python, root=tmp_path)


def test_no_wheel_is_read_twice(asked: Asked) -> None:
    first = asked.lock(FIRST)
    assert asked.index.downloads.total() == 4
    assert asked.lock(FIRST) == first
    assert asked.index.downloads.total() == 0


def test_what_has_changed_is_read_and_nothing_else(
    asked: Asked, made: Callable[..., Path]
) -> None:
    asked.lock(FIRST)
    asked.index.add(made("anchor-1.1"))
    again = asked.lock("anchor==1.1\nbuoy\n")
    assert asked.index.downloads == {"anchor-1.1-py3-none-any.whl": 1}
    assert again == asked.anew.lock("anchor==1.1\nbuoy\n")


CHANGES = {
    "one moves, and others with it": "anchor==2.0\nbuoy\n",
    "one is new": "anchor==1.0\nbuoy\nfender\n",
    "one is gone": "anchor==1.0\n",
    "all may be the newest": "anchor\nbuoy\n",
    "one is an extra of another": "anchor==1.0\nbuoy[bell]\n",
    "one is held back": "anchor==1.0\nbuoy\nchain<1\n",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_lock_is_that_of_resolving_anew(
    change: str, asked: Asked, made: Callable[..., Path]
) -> None:
    asked.lock(FIRST)
    asked.index.add(made("chain-0.9"), made("chain-2.0", "link"), made("link-1.1"))
    asked.index.add(made("fender-3.0", "link<1.1"))
    assert asked.lock(CHANGES[change]) == asked.anew.lock(CHANGES[change])


def test_a_newer_release_is_found(asked: Asked, made: Callable[..., Path]) -> None:
    assert "link==1.0 " in asked.lock(FIRST)
    asked.index.add(made("link-1.1", "rope"), made("rope-5.0"))
    assert {"link==1.1", "rope==5.0"} <= {*asked.lock(FIRST).split()}


def test_another_file_of_the_same_name_is_read_anew(
    asked: Asked, made: Callable[..., Path]
) -> None:
    asked.lock(FIRST)
    asked.index.add(made("chain-1.0", "rope"), made("rope-5.0"))
    assert "rope==5.0" in asked.lock(FIRST).split()


def test_the_same_file_counts_wherever_it_lies(asked: Asked, made: Callable[..., Path]) -> None:
    first = asked.lock(FIRST)
    with served(Index(files=asked.index.files)) as other:
        environment = {**asked.tools.effects.environment, "PIP_INDEX_URL": other.url}
        tools = replace(
            asked.tools, effects=replace(asked.tools.effects, environment=environment)
        )
        assert replace(asked, tools=tools).lock(FIRST) == first
        assert other.downloads.total() == 0
        assert other.requests.total() == 4


def test_a_page_is_asked_for_once_and_only_where_it_is_wanted(asked: Asked) -> None:
    asked.lock(FIRST)
    asked.lock(FIRST)
    assert asked.pages == dict.fromkeys(("anchor", "buoy", "chain", "link"), 1)
    asked.lock("anchor==1.0\n")
    assert asked.pages == {"anchor": 1}


def test_an_index_that_has_less_is_asked_once_too(
    asked: Asked, made: Callable[..., Path]
) -> None:
    with served(Index()) as other:
        other.add(made("link-2.0"))
        environment = {**asked.tools.effects.environment, "PIP_EXTRA_INDEX_URL": other.url}
        effects = replace(asked.tools.effects, environment=environment)
        with_both = replace(asked, tools=replace(asked.tools, effects=effects))
        assert "link==2.0" in with_both.lock(FIRST).split()
        other.requests.clear()
        assert with_both.lock(FIRST) == with_both.anew.lock(FIRST)
    pages = {f"/simple/{name}/": 2 for name in ("anchor", "buoy", "chain", "link")}
    assert other.requests == {**pages, "/files/link-2.0-py3-none-any.whl": 1}


def test_no_index_is_asked_for_what_has_come_to_lie_here(asked: Asked, tmp_path: Path) -> None:
    asked.lock(FIRST)
    chain = local(tmp_path / "here", "chain-7.0", "link")
    assert "chain==7.0 " in asked.lock(FIRST, chain)
    assert asked.pages == dict.fromkeys(("anchor", "buoy", "link"), 1)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"a": 1}', '{"a": "no metadata"}'],
    ids=["empty", "half", "a list", "numbers", "no names"],
)
def test_a_file_that_is_not_whole_is_as_none(text: str, asked: Asked) -> None:
    first = asked.lock(FIRST)
    asked.kept.write_text(text)
    assert asked.lock(FIRST) == first
    assert asked.index.downloads.total() == 4


def test_metadata_of_another_package_is_not_believed(asked: Asked) -> None:
    first = asked.lock(FIRST)
    kept = json.loads(asked.kept.read_text())
    texts = [*kept.values()]
    asked.kept.write_text(json.dumps(dict(zip(kept, texts[1:] + texts[:1], strict=True))))
    assert asked.lock(FIRST) == first
    assert json.loads(asked.kept.read_text()) == kept


def test_what_is_kept_is_what_the_last_resolving_read(asked: Asked) -> None:
    asked.lock(FIRST)
    asked.lock("anchor==1.0\n")
    (text,) = json.loads(asked.kept.read_text()).values()
    assert text.splitlines() == ["Metadata-Version: 2.1", "Name: anchor", "Version: 1.0"]


def test_no_credentials_are_kept(asked: Asked) -> None:
    asked.lock(FIRST)
    assert asked.kept.stat().st_size > 0
    for path in asked.tools.cache.rglob("*"):
        assert path.is_dir() or b"sesame" not in path.read_bytes()


FAILURES: dict[str, tuple[str, type[BuildStopped]]] = {
    "a project is not there": ("anchor==1.0\nbuoy\nnothing\n", PackageNotFound),
    "a version is not there": ("anchor==7.0\nbuoy\n", VersionNotFound),
    "two do not go together": ("anchor==2.0\nbuoy\nchain<2\n", ResolutionConflict),
    "one is for other Pythons": ("anchor==1.0\nbuoy\nlink>1.0\n", NoWheelForPython),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_what_fails_is_told_as_by_resolving_anew(
    failure: str, asked: Asked, made: Callable[..., Path]
) -> None:
    wanted, kind = FAILURES[failure]
    asked.lock(FIRST)
    asked.index.add(made("chain-2.0"), made("link-1.1"))
    asked.index.requires_python["link-1.1-py3-none-any.whl"] = ">=99"
    with pytest.raises(kind) as again:
        asked.lock(wanted)
    with pytest.raises(kind) as anew:
        asked.anew.lock(wanted)
    assert vars(again.value) == vars(anew.value)


def test_a_project_that_has_gone_is_told_as_by_resolving_anew(asked: Asked) -> None:
    asked.lock(FIRST)
    del asked.index.files["link-1.0-py3-none-any.whl"]
    with pytest.raises(PackageNotFound) as again:
        asked.lock(FIRST)
    with pytest.raises(PackageNotFound) as anew:
        asked.anew.lock(FIRST)
    assert vars(again.value) == vars(anew.value)


def test_an_index_that_fails_is_told_as_by_resolving_anew(asked: Asked) -> None:
    asked.lock(FIRST)
    asked.index.status = 503
    with pytest.raises(BuildStopped) as again:
        asked.lock(FIRST)
    assert asked.pages == {"anchor": 1}
    with pytest.raises(BuildStopped) as anew:
        asked.anew.lock(FIRST)
    assert (type(again.value), vars(again.value)) == (type(anew.value), vars(anew.value))
    assert not isinstance(again.value, ResolveFailed)
