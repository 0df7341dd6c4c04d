"""Of what lies in vendor/build/ builds are offered one file of each name, the best."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from slipway.effects.files import sha256_of
from slipway.errors.vendored import WheelInvalid
from slipway.toolchains.wheel_building.build_distributions import build_distributions
from unit.samples import make_wheel, write_files

TAGS = ("cp313-cp313-linux_x86_64", "cp39-abi3-linux_x86_64", "py3-none-any")
ANY = "py3-none-any.whl"


def offered(app: Path, *files: str) -> list[str]:
    paths = [f"vendor/build/{file}" for file in files]
    for path in paths:
        if path.endswith(".whl") and len(path.split("-")) > 4:
            make_wheel((app / path).parent, Path(path).name)
        else:
            write_files(app, {path: "an archive"})
    found = build_distributions(app, paths, TAGS)
    return [one.source.removeprefix("vendor/build/") for one in found]


def test_a_wheel_is_offered_with_what_it_needs(tmp_path: Path) -> None:
    make_wheel(tmp_path / "vendor/build", f"My_Rules-1.0-{ANY}", ["core>=1", "x; extra == 'y'"])
    path = f"vendor/build/My_Rules-1.0-{ANY}"
    (offer,) = build_distributions(tmp_path, [path], TAGS)
    assert (offer.name, offer.version, offer.source) == ("my-rules", "1.0", path)
    assert offer.requires == ("core>=1", "x; extra == 'y'")
    assert offer.path == tmp_path / path
    assert offer.sha256 == sha256_of(offer.path)


def test_an_sdist_is_offered_to_be_built_by_pip(tmp_path: Path) -> None:
    folder = tmp_path / "vendor" / "build"
    folder.mkdir(parents=True)
    with tarfile.open(folder / "my_rules-1.0.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("my_rules-1.0/setup.py"), io.BytesIO())
    (offer,) = build_distributions(tmp_path, ["vendor/build/my_rules-1.0.tar.gz"], TAGS)
    assert (offer.name, offer.version, offer.requires) == ("my-rules", "1.0", ())


@pytest.mark.parametrize(
    ("files", "best"),
    [
        pytest.param([f"x-1.9-{ANY}", f"x-1.10-{ANY}"], f"x-1.10-{ANY}", id="newest"),
        pytest.param(["x-1.0.tar.gz", f"x-1.0-{ANY}"], f"x-1.0-{ANY}", id="wheel-before-sdist"),
        pytest.param([f"x-1.0-{ANY}", "x-1.1.zip"], "x-1.1.zip", id="newer-sdist"),
        pytest.param(
            [f"x-1.0-{ANY}", "x-1.0-cp39-abi3-linux_x86_64.whl"],
            "x-1.0-cp39-abi3-linux_x86_64.whl",
            id="the-most-special",
        ),
        pytest.param(
            [f"x-1.0-{ANY}", "x-2.0-cp313-cp313-win_amd64.whl"],
            f"x-1.0-{ANY}",
            id="the-one-that-fits",
        ),
        pytest.param([f"X_Y-1.0-{ANY}", f"x.y-1.1-{ANY}"], f"x.y-1.1-{ANY}", id="spelling"),
        pytest.param([f"a/x-1.0-{ANY}", f"b/x-1.1-{ANY}"], f"b/x-1.1-{ANY}", id="folders"),
    ],
)
def test_of_one_name_the_best_is_offered(files: list[str], best: str, tmp_path: Path) -> None:
    assert offered(tmp_path, *files) == [best]
    assert offered(tmp_path, *reversed(files)) == [best]


@pytest.mark.parametrize(
    "file", ["x-1.0-cp27-cp27m-linux_x86_64.whl", "notes.tar.gz", "x.whl", "x-1.0.tar.bz2"]
)
def test_what_no_build_could_use_is_not_offered(file: str, tmp_path: Path) -> None:
    assert offered(tmp_path, file) == []


def test_a_broken_wheel_is_named_by_its_path(tmp_path: Path) -> None:
    path = f"vendor/build/x-1.0-{ANY}"
    write_files(tmp_path, {path: "no wheel"})
    with pytest.raises(WheelInvalid) as invalid:
        build_distributions(tmp_path, [path], TAGS)
    assert invalid.value.path == path
