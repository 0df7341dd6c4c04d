"""Wheels with careless records are installed and removed like all others."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.conftest import open_to_all
from integration.index import Index, served
from integration.packages import wheel, write_tree
from integration.scenario import PROCFILE
from integration.test_toolchains import contents

_PLAIN = [f"plain{number}" for number in range(12)]
"""Packages that stay, so many that a build starts from the last virtual environment."""
_DATE = (2020, 1, 1, 0, 0, 0)


def _careless(folder: Path, name: str, rows: str, files: Mapping[str, str]) -> Path:
    """Make a wheel whose RECORD has these rows; `{info}` stands for its `*.dist-info`."""
    info = f"{name}-1.0.dist-info"
    record = rows.replace("{info}", info).replace("{name}", name)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {
            f"{name}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            **{file.replace("{name}", name): text for file, text in files.items()},
            f"{info}/RECORD": record,
        }.items():
            archive.writestr(zipfile.ZipInfo(file, _DATE), text)
        archive.writestr(zipfile.ZipInfo(f"{name}_empty/", _DATE), "")
    return path


_USUAL = "{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
CARELESS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "crlf": (_USUAL.replace("\n", "\r\n"), {}),
    "missing": (_USUAL + "{name}-1.0.data/scripts/gone,,\nnever.py,sha256=abc,1\n", {}),
    "folder": (_USUAL + "{name}_data/,,\n{name}_data/a.txt,,\n", {"{name}_data/a.txt": "a"}),
    "absolute": (_USUAL + "/etc/passwd,,\n", {}),
    "outside": (_USUAL + "../../../../../outside.txt,,\n", {}),
    "unrecorded": ("{info}/RECORD,,\n", {"{name}_more.py": ""}),
    "data": (
        _USUAL + "{name}-1.0.data/data/share/man/man1/{name}.1,,\n",
        {"{name}-1.0.data/data/share/man/man1/{name}.1": "manual"},
    ),
}


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with open_to_all("careless-") as folder:
        served_files = Index()
        served_files.add(*(wheel(folder, name, "1.0") for name in _PLAIN))
        served_files.add(
            *(_careless(folder, name, *content) for name, content in CARELESS.items())
        )
        with served(served_files):
            yield served_files


def build(
    platform: Platform, index: Index, build: Path, toolchain: str, names: Iterable[str]
) -> Mapping[str, bytes]:
    """Build an app that requires these packages; return the files of its environment."""
    requirements = "".join(f"{name}\n" for name in (*_PLAIN, *names))
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    settings = {
        "SLIPWAY_TOOLCHAIN": toolchain,
        "SLIPWAY_BUNDLE_PYTHON": "false",
        "PIP_INDEX_URL": index.url,
        "PIP_FIND_LINKS": "",
    }
    result = platform.compile(build, settings)
    assert result.status == 0, result.all
    return contents(build / ".slipway" / "venv")


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", pytest.param("pip-tools", marks=pytest.mark.long)])
def test_packages_with_careless_records_come_and_go(
    toolchain: str, fresh_platform: Platform, index: Index, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    cold = build(replace(fresh_platform, cache=tmp_path / "other"), index, app, toolchain, [])
    before = build(fresh_platform, index, app, toolchain, CARELESS)
    assert build(fresh_platform, index, app, toolchain, []) == cold
    assert build(fresh_platform, index, app, toolchain, CARELESS) == before
