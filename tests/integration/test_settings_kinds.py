"""Apps are built without the variables that their settings require."""

from __future__ import annotations

import json
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from settings_kinds import KINDS, write_app
from slipway.domain.django.placeholders import MARKER, TEMPLATES

_QUICK = ("os_environ",)
_EACH_KIND = [
    name if name in _QUICK else pytest.param(name, marks=pytest.mark.long) for name in KINDS
]
_WITHOUT_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
LIBRARY = "slipway-library"
"""The folder of the cache with Slipway's own code, which has the marker."""
_STORES_VALUES = """
import json, os
with open({file!r}, "a") as stream:
    stream.write(json.dumps({{name: os.environ.get(name) for name in {names!r}}}) + "\\n")
"""
"""Added to the models of an app, which are loaded after the settings."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """An app that is built without variables, and the values that its settings got."""

    app: Path
    platform: Platform
    names: Iterable[str]
    seen: Path
    """A file that is not part of the build."""

    @property
    def values(self) -> Iterator[tuple[str, str]]:
        """Yield each variable with each value that the settings accepted."""
        for line in self.seen.read_text("utf-8").splitlines():
            yield from (it for it in json.loads(line).items() if it[1] is not None)

    @cached_property
    def recognizable(self) -> list[bytes]:
        """Return what no file may have: the marker, and all values made for this build."""
        made = {value for _, value in self.values if value not in TEMPLATES.values()}
        return [MARKER.encode(), *(it.encode() for it in made if len(it) > len(MARKER) // 2)]

    def files_with_values(self, since: float) -> list[str]:
        """List what a build has written with a value in its name or content."""
        found = []
        for top in (self.app, self.platform.cache, self.platform.temporary):
            for parent, folders, names in os.walk(top):
                folders[:] = [it for it in folders if it != LIBRARY]
                paths = (os.path.join(parent, name) for name in (*folders, *names))
                found += [it for it in paths if self._has_value(it, since)]
        return found

    def _has_value(self, path: str, since: float) -> bool:
        status = os.lstat(path)
        data = os.fsencode(os.path.basename(path))
        if stat.S_ISLNK(status.st_mode):
            data += os.fsencode(os.readlink(path))
        elif stat.S_ISREG(status.st_mode) and status.st_mtime >= since:
            data += Path(path).read_bytes()
        return any(it in data for it in self.recognizable)


def build_of(kind: str, platform: Platform, folder: Path) -> Build:
    app = write_app(kind, folder / "build")
    names, seen = [*KINDS[kind].required], folder / "seen"
    with (app / "harbour" / "models.py").open("a", encoding="utf-8") as stream:
        stream.write(_STORES_VALUES.format(file=str(seen), names=names))
    return Build(app=app, platform=platform, names=names, seen=seen)


def places(result: Result) -> list[tuple[str, str]]:
    """Return the variables in the log's line about throw-away values, with their places."""
    log = " ".join(result.out.split())
    lines = re.findall(r"hrow-away values? [^:]*: (.*?)\. The app needs", log)
    assert len(lines) == 1, result.all
    return re.findall(r"(\w+) \(([\w/.]+\.py:\d+)\)", lines[0])


def collected(app: Path) -> Mapping[str, list[str]]:
    """Return the features that the collected files name, and the stylesheets."""
    folder = app / "staticfiles"
    [features] = folder.glob("features.*.json")
    styles = [it.name for it in (folder / "harbour").glob("site.????????????.css")]
    return {"features": json.loads(features.read_text("utf-8")), "styles": styles}


@pytest.mark.parametrize("kind", _EACH_KIND)
def test_settings_need_no_variable_in_a_build(
    kind: str, platform: Platform, tmp_path: Path
) -> None:
    build = build_of(kind, platform, tmp_path)
    since = time.time() - 1
    result = platform.compile(build.app, _WITHOUT_PYTHON)
    assert result.status == 0, result.all
    assert sorted(name for name, _ in places(result)) == sorted(build.names)
    assert {name for name, _ in build.values} == {*build.names}
    for name, place in places(result):
        file, _, line = place.partition(":")
        assert (build.app / file).read_text("utf-8").splitlines()[int(line) - 1], name
    found = collected(build.app)
    assert len(found["styles"]) == 1
    assert found["features"] == []
    assert build.files_with_values(since) == []
    for _, value in build.values:
        assert value in TEMPLATES.values() or value not in result.all


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_settings_get_no_other_value_if_all_variables_are_set(
    kind: str, platform: Platform, tmp_path: Path
) -> None:
    app = write_app(kind, tmp_path / "build")
    for name, text in (KINDS[kind].files or {}).items():
        (app / name).write_text(text, "utf-8")
    result = platform.compile(app, {**_WITHOUT_PYTHON, **KINDS[kind].required})
    assert result.status == 0, result.all
    assert "hrow-away" not in result.out
    assert len(collected(app)["styles"]) == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "feature"),
    [
        ("os_environ", "sentry"),
        ("getenv_without_default", "redis"),
        ("django_environ", "s3"),
        ("decouple_casts", "mailgun"),
        ("pydantic_flat", "sentry"),
    ],
)
def test_a_feature_is_on_if_its_own_variable_is_set(
    kind: str, feature: str, platform: Platform, tmp_path: Path
) -> None:
    build = build_of(kind, platform, tmp_path)
    variables = {**_WITHOUT_PYTHON, **(KINDS[kind].features or {})}
    result = platform.compile(build.app, variables)
    assert result.status == 0, result.all
    assert collected(build.app)["features"] == [feature]
