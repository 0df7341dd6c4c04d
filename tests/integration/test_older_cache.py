"""A platform may give a build an older cache than the last one, or that of another version."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.image_pythons import need, system_python, with_pythons
from integration.index import Index, served
from integration.packages import wheel, write_tree
from integration.test_fixtures_served import sentences
from slipway.domain.layout import IN_APP
from slipway.effects.cache.store import FORMAT
from slipway.effects.files import tree_digest

APP = {"Procfile": "web: python -m http.server $PORT\n"}
OLD = {"requirements.txt": "anchor==1.0\nbuoy==1.0\ncrane==1.0\ndock==1.0\n"}
NEW = {"requirements.txt": "anchor==2.0\ncrane==1.0\ndock==1.0\n"}
VARIABLES = {"SLIPWAY_BUNDLE_PYTHON": "false", "SLIPWAY_PYTHON_SOURCE": "image"}


@dataclass
class Rollbacks:
    """Builds of one app, and copies of its cache after some of them."""

    platform: Platform
    index: Index
    copies: dict[str, Path] = field(default_factory=dict)

    def build(self, files: Mapping[str, str]) -> tuple[Result, str]:
        """Build; return also a digest of all that Slipway has put into the app."""
        app = self.platform.folder / "build"
        shutil.rmtree(app, ignore_errors=True)
        write_tree(app, {**APP, **files})
        index = {"PIP_INDEX_URL": self.index.url, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
        result = self.platform.build(app, {**VARIABLES, **index})
        return result, tree_digest(app / IN_APP)

    def save(self, name: str) -> None:
        """Copy the cache, with its dates and links, as platforms archive it."""
        place = self.platform.folder / f"cache-{name}"
        shutil.copytree(self.platform.cache, place, symlinks=True)
        self.copies[name] = place

    def restore(self, name: str) -> None:
        shutil.rmtree(self.platform.cache, ignore_errors=True)
        if name != "empty":
            shutil.copytree(self.copies[name], self.platform.cache, symlinks=True)


@pytest.fixture
def rollbacks(fresh_platform: Platform, tmp_path: Path) -> Iterator[Rollbacks]:
    place = tmp_path / "wheels"
    place.mkdir()
    index = Index()
    for name, *versions in (("anchor", "1.0", "2.0"), ("buoy", "1.0"), ("crane", "1.0")):
        index.add(*(wheel(place, name, version) for version in versions))
    index.add(wheel(place, "dock", "1.0"))
    with served(index):
        yield Rollbacks(fresh_platform, index)


def test_a_build_gives_the_same_with_a_cache_of_any_age(rollbacks: Rollbacks) -> None:
    _, old = rollbacks.build(OLD)
    rollbacks.save("after-old")
    _, new = rollbacks.build(NEW)
    assert old != new

    rolled_back, digest = rollbacks.build(OLD)
    assert digest == old
    assert "Reusing the virtual environment from an earlier build (4 packages)" in sentences(
        rolled_back.out
    )
    rollbacks.restore("after-old")
    forward, digest = rollbacks.build(NEW)
    assert digest == new
    assert "; reused 2 from an earlier build" in sentences(forward.out)

    rollbacks.restore("empty")
    assert rollbacks.build(NEW)[1] == new


@pytest.mark.long
def test_a_build_gives_the_same_in_all_orders_with_all_caches(rollbacks: Rollbacks) -> None:
    need("3.12", "3.13")
    rollbacks.platform = with_pythons(rollbacks.platform, "3.12", "3.13")
    apps = {
        "old": {**OLD, ".python-version": "3.12\n"},
        "new": {**NEW, ".python-version": "3.13\n"},
        "other-python": {**OLD, ".python-version": "3.13\n"},
        "nothing": {"requirements.txt": "crane==1.0\n", ".python-version": "3.12\n"},
    }
    cold = {}
    for name, files in apps.items():
        rollbacks.restore("empty")
        cold[name] = rollbacks.build(files)[1]
        rollbacks.save(name)
    for cache in apps:
        rollbacks.restore(cache)
        for name in (*apps, *reversed(apps)):
            assert rollbacks.build(apps[name])[1] == cold[name], (cache, name)


@pytest.mark.long
def test_versions_that_are_not_pinned_are_those_that_the_cache_remembers(
    rollbacks: Rollbacks,
) -> None:
    files = {"requirements.txt": "anchor\n"}
    newest = rollbacks.index.files.pop("anchor-2.0-py3-none-any.whl")
    _, old = rollbacks.build(files)
    rollbacks.save("old")
    rollbacks.index.add(newest)
    kept, digest = rollbacks.build(files)
    assert digest == old
    assert "Reusing the virtual environment" in sentences(kept.out)

    rollbacks.restore("empty")
    _, new = rollbacks.build(files)
    assert new != old
    rollbacks.restore("old")
    assert rollbacks.build(files)[1] == old


@pytest.mark.long
def test_the_log_speaks_only_of_builds_that_the_cache_knows(rollbacks: Rollbacks) -> None:
    need("3.12", "3.13")
    rollbacks.platform = with_pythons(rollbacks.platform, "3.12", "3.13")
    rollbacks.build({**OLD, ".python-version": "3.12\n"})
    rollbacks.save("old")
    newer, _ = rollbacks.build({**OLD, ".python-version": "3.13\n"})
    assert "The last build used Python 3.12" in sentences(newer.out)
    rollbacks.restore("old")
    again, _ = rollbacks.build({**OLD, ".python-version": "3.12\n"})
    assert "The last build used" not in sentences(again.out)
    rollbacks.restore("empty")
    first, _ = rollbacks.build({**OLD, ".python-version": system_python()})
    assert "ast build" not in sentences(first.out)


@pytest.mark.long
def test_the_cache_of_another_version_of_slipway_is_not_read_and_is_removed(
    rollbacks: Rollbacks,
) -> None:
    _, cold = rollbacks.build(OLD)
    cache = rollbacks.platform.cache
    (cache / f"slipway-{FORMAT}").rename(cache / "slipway-999")
    (cache / "notes-of-another-buildpack").mkdir()
    result, digest = rollbacks.build(OLD)
    assert digest == cold
    assert "Removed the cache of another version of Slipway" in sentences(result.out)
    found = {path.name for path in cache.iterdir()}
    assert {f"slipway-{FORMAT}", "notes-of-another-buildpack"} <= found
    assert "slipway-999" not in found


@pytest.mark.long
def test_entries_of_another_format_are_not_read(rollbacks: Rollbacks) -> None:
    _, cold = rollbacks.build(OLD)
    folder = rollbacks.platform.cache / f"slipway-{FORMAT}"
    for mark in folder.glob("venv/*/.slipway-entry"):
        mark.write_text(mark.read_text("utf-8").replace('"format": "', '"format": "9'), "utf-8")
        mark.parent.rename(mark.parent.with_name("0" * 32))
    result, digest = rollbacks.build(OLD)
    assert digest == cold
    assert "is for another version of Slipway" in sentences(result.out)
