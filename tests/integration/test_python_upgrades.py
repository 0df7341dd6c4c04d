"""What becomes of an app's Python over several builds, and what the log says about it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.image_pythons import add_unusable_python, need, with_pythons
from integration.index import Index, served
from integration.layers import build_layers
from integration.packages import wheel, write_tree
from integration.test_fixtures_served import sentences

ALL = ("3.10", "3.11", "3.12", "3.13")
"""The image of most stories."""
APP = {"requirements.txt": "anchor==1.0\n", "Procfile": "web: python -m http.server $PORT\n"}
WITH_TACKLE = {**APP, "requirements.txt": "anchor==1.0\ntackle==1.0\n"}
OTHER_APP = {**APP, "requirements.txt": "keel==1.0\n"}
VARIABLES = {"SLIPWAY_BUNDLE_PYTHON": "false", "SLIPWAY_PYTHON_SOURCE": "image"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A build of an app, and what its log says about the Python."""

    minor: str
    says: Sequence[str] = ()
    never_says: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=lambda: APP)
    pythons: Sequence[str] = ALL
    variables: Mapping[str, str] = field(default_factory=dict)
    loses_cache: bool = False
    asks: Sequence[str] | None = None
    """The packages whose pages it requests; None for any."""


def requires(specifier: str) -> Mapping[str, str]:
    project = f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "{specifier}"\n'
    return {**APP, "pyproject.toml": project}


def version_file(minor: str) -> Mapping[str, str]:
    return {**APP, ".python-version": f"{minor}\n"}


def newest(minor: str) -> str:
    newest = "No file requests a version, so Slipway uses the newest available."
    return f"{newest} To stay on Python {minor}, write {minor} to .python-version."


def kept(minor: str) -> str:
    kept = f"Python {minor} as in the last build; no file requests a version."
    return f"{kept} To stay on Python {minor}, write {minor} to .python-version."


UNREACHABLE = {
    "SLIPWAY_PYTHON_SOURCE": "auto",
    "SLIPWAY_PYTHON_MIRROR": "http://ci:s3cret@127.0.0.1:9/x",
    "UV_HTTP_RETRIES": "0",
}
"""Variables of a build that may download Pythons, and cannot."""


def stands_in(instead: str, wanted: str) -> Sequence[str]:
    """Give parts of the log of a build that could not download the app's Python."""
    return (
        f"Python {instead}, because Python {wanted} is not available. Using the Python of the",
        f"Slipway would use Python {wanted} as before, but uv could not download it: Failed to",
        f"; Connection refused (os error 111). This build uses Python {instead}.",
        f" instead. The next build tries to get {wanted} again. To make it stop if it cannot,",
        f"cannot, write {wanted} to .python-version",
    )


STORIES = {
    "nothing-changes": (
        Step(minor="3.13", says=(newest("3.13"),), asks=("anchor",)),
        Step(minor="3.13", says=(kept("3.13"),), asks=()),
    ),
    "a-version-file-is-added": (
        Step(minor="3.13", says=(newest("3.13"),)),
        Step(
            files=version_file("3.12"),
            minor="3.12",
            says=(".python-version requests 3.12.", "The last build used Python 3.13"),
        ),
    ),
    "a-version-file-is-changed": (
        Step(
            files=version_file("3.12"), minor="3.12", says=(".python-version requests 3.12.",)
        ),
        Step(
            files=version_file("3.11"),
            minor="3.11",
            says=(
                ".python-version requests 3.11.",
                "The last build used Python 3.12, which .python-version requested",
            ),
        ),
    ),
    "a-version-file-is-removed": (
        Step(files=version_file("3.12"), minor="3.12"),
        Step(
            minor="3.12",
            says=(
                kept("3.12"),
                "The last build used Python 3.12, which .python-version requested",
            ),
            asks=(),
        ),
    ),
    "a-version-file-is-removed-and-the-cache-is-lost": (
        Step(files=version_file("3.12"), minor="3.12"),
        Step(
            loses_cache=True,
            minor="3.13",
            says=(newest("3.13"),),
            never_says=("The last build",),
            asks=("anchor",),
        ),
    ),
    "a-setting-is-added": (
        Step(files=version_file("3.11"), minor="3.11"),
        Step(
            files=version_file("3.11"),
            variables={"SLIPWAY_PYTHON_VERSION": "3.12"},
            minor="3.12",
            says=(
                "SLIPWAY_PYTHON_VERSION requests 3.12.",
                "The last build used Python 3.11, which .python-version requested",
            ),
        ),
    ),
    "the-image-gets-a-newer-python": (
        Step(pythons=("3.11", "3.12"), minor="3.12", says=(newest("3.12"),)),
        Step(minor="3.12", says=(kept("3.12"),), asks=()),
    ),
    "the-image-gets-a-newer-python-and-the-cache-is-lost": (
        Step(pythons=("3.11", "3.12"), minor="3.12", says=(newest("3.12"),)),
        Step(
            loses_cache=True,
            minor="3.13",
            says=(newest("3.13"),),
            never_says=("The last build",),
        ),
    ),
    "the-image-loses-the-python-of-the-last-build": (
        Step(minor="3.13", says=(newest("3.13"),)),
        Step(
            pythons=("3.11", "3.12"),
            minor="3.12",
            says=(
                newest("3.12"),
                "The last build used Python 3.13, but it is not available",
            ),
        ),
    ),
    "the-python-of-the-last-build-cannot-be-downloaded": (
        Step(minor="3.13", says=(newest("3.13"),)),
        Step(
            pythons=("3.11", "3.12"),
            variables=UNREACHABLE,
            minor="3.12",
            says=(
                *stands_in("3.12", "3.13"),
                "The last build used Python 3.13, but uv could not download it",
            ),
            never_says=("s3cret",),
        ),
        Step(
            pythons=("3.11", "3.12"),
            variables=UNREACHABLE,
            minor="3.12",
            says=stands_in("3.12", "3.13"),
            never_says=("The last build",),
        ),
        Step(
            minor="3.13",
            says=(
                "Python 3.13, which the last build could not download; no file requests a",
                "The last build used Python 3.12",
            ),
        ),
        Step(minor="3.13", says=(kept("3.13"),), asks=()),
    ),
    "a-pin-is-added-that-the-last-python-does-not-fit": (
        Step(minor="3.13", says=(newest("3.13"),)),
        Step(
            files=WITH_TACKLE,
            minor="3.12",
            says=(
                "Python 3.12: tackle 1.0 has no wheel for 3.13.",
                "The last build used Python 3.13, but tackle 1.0 has no wheel for 3.13",
            ),
        ),
    ),
    "a-pin-is-raised-to-a-version-that-fits-a-newer-python": (
        Step(
            files=WITH_TACKLE,
            minor="3.12",
            says=("Python 3.12: tackle 1.0 has no wheel for 3.13.",),
            asks=("anchor", "tackle"),
        ),
        Step(
            files={**APP, "requirements.txt": "anchor==1.0\ntackle==2.0\n"},
            minor="3.12",
            says=(kept("3.12"),),
        ),
    ),
    "a-lower-bound-is-raised-above-the-last-python": (
        Step(
            files=requires(">=3.10"),
            pythons=("3.11", "3.12"),
            minor="3.12",
            says=("requires-python in pyproject.toml requests >=3.10.",),
        ),
        Step(
            files=requires(">=3.11"),
            minor="3.12",
            says=(
                "Python 3.12 as in the last build; requires-python in pyproject.toml allows it",
            ),
        ),
        Step(
            files=requires(">=3.13"),
            minor="3.13",
            says=(
                "requires-python in pyproject.toml requests >=3.13.",
                "The last build used Python 3.12, but requires-python",
            ),
        ),
    ),
    "another-app-is-built-with-the-same-cache": (
        Step(files=version_file("3.11"), minor="3.11"),
        Step(
            files=OTHER_APP,
            minor="3.13",
            says=(newest("3.13"),),
            never_says=("The last build",),
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Door:
    """How a platform starts builds: its folders for them, and an index."""

    platform: Platform
    index: Index
    is_cloud_native: bool

    @property
    def app(self) -> Path:
        return self.platform.folder / "build"

    def pythons(self, *minors: str) -> Door:
        return replace(self, platform=with_pythons(self.platform, *minors))

    def build(self, files: Mapping[str, str], variables: Mapping[str, str]) -> Result:
        shutil.rmtree(self.app, ignore_errors=True)
        write_tree(self.app, {**files})
        index = {"PIP_INDEX_URL": self.index.url, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
        variables = {**VARIABLES, **index, **variables}
        result = (
            build_layers(self.platform, self._layers, self.app, variables)
            if self.is_cloud_native
            else self.platform.compile(self.app, variables)
        )
        assert result.status == 0, result.all
        return result

    def lose_cache(self) -> None:
        shutil.rmtree(self._layers if self.is_cloud_native else self.platform.cache)

    @property
    def _layers(self) -> Path:
        return self.platform.folder / "layers"


def passage(result: Result) -> str:
    """Return what the log says about the app's Python, in one line."""
    [found] = [part for part in result.out.split("-----> ") if part.startswith("Python ")]
    return sentences(found)


@pytest.fixture(params=["classic", "cloud-native"])
def door(
    request: pytest.FixtureRequest, fresh_platform: Platform, tmp_path: Path
) -> Iterator[Door]:
    index = Index()
    for name in ("anchor", "keel"):
        index.add(wheel(tmp_path, name, "1.0"))
    for version, minors in (("1.0", ALL[:-1]), ("2.0", ALL)):
        for minor in minors:
            tag = f"cp{minor.replace('.', '')}"
            platform = f"manylinux2014_{os.uname().machine}"
            index.add(wheel(tmp_path, "tackle", version, tag=f"{tag}-{tag}-{platform}"))
    with served(index):
        is_cloud_native = request.param == "cloud-native"
        yield Door(platform=fresh_platform, index=index, is_cloud_native=is_cloud_native)


@pytest.mark.long
@pytest.mark.parametrize("story", STORIES)
def test_the_log_of_each_build_says_which_python_and_why(story: str, door: Door) -> None:
    need(*ALL)
    for step in STORIES[story]:
        if step.loses_cache:
            door.lose_cache()
        door.index.requests.clear()
        result = door.pythons(*step.pythons).build(step.files, step.variables)
        said = passage(result)
        assert said.startswith(f"Python {step.minor}."), result.all
        assert [text for text in step.says if text not in said] == [], result.all
        assert [text for text in step.never_says if text in said] == [], result.all
        if step.asks is not None:
            assert {*door.index.requests} >= {f"/simple/{name}/" for name in step.asks}
            assert step.asks or not door.index.requests


def test_an_app_stays_on_the_python_of_the_last_build(door: Door) -> None:
    """The image's newest Python is not used, also after a version file has been removed."""
    need("3.11")
    image = door.pythons("3.11")
    first = passage(image.build(APP, {}))
    assert first.startswith("Python 3.11.")
    assert newest("3.11") in first
    add_unusable_python(image.platform, "3.14.9")
    assert kept("3.11") in passage(image.build(APP, {}))
    if not door.is_cloud_native:
        requested = passage(image.build(version_file("3.11"), {}))
        assert ".python-version requests 3.11." in requested
        removed = passage(image.build(APP, {}))
        assert kept("3.11") in removed
        assert "The last build used Python 3.11, which .python-version requested" in removed
