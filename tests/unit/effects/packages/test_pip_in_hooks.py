"""pip is usable in a virtual environment for a while, and leaves nothing of itself in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slipway.effects.packages.pip_in_hooks import (
    editable_sources,
    modules_of,
    pip_in,
    take_snapshot,
)
from slipway.effects.packages.virtualenvs import (
    Virtualenv,
    attach_to_bundled_python,
    attach_to_image_python,
    seal,
)
from unit.samples import write_files
from unit.whole_trees import described

PYTHON = Path("/usr/bin/python3.13")
SITE = "lib/python3.13/site-packages"


@pytest.fixture
def virtualenv(tmp_path: Path) -> Virtualenv:
    files = {
        f"{SITE}/acme.py": "",
        f"{SITE}/acme-1.0.dist-info/METADATA": "Name: acme\nVersion: 1.0\n\n",
        f"{SITE}/acme-1.0.dist-info/RECORD": "acme-1.0.dist-info/METADATA,,\nacme.py,,\n",
        "bin/acme": "#!/bin/sh\n",
    }
    return Virtualenv(write_files(tmp_path / "venv's place", files), "3.13.1")


def test_a_bundled_python_is_attached_again(virtualenv: Virtualenv, tmp_path: Path) -> None:
    tree = tmp_path / "python"
    attach_to_bundled_python(virtualenv, tree, tree / "site-packages")
    # Such links let programs that embed Python find the standard library.
    (virtualenv.site_packages.parent / "os.py").symlink_to("../../../python/os.py")
    before = described(tmp_path)
    with pip_in(virtualenv, PYTHON, Path("/tools/pip")) as folder:
        assert (virtualenv.root / "pyvenv.cfg").read_text().startswith("home = /usr/bin\n")
        assert os.readlink(virtualenv.python) == str(PYTHON)
        assert not (virtualenv.site_packages.parent / "os.py").is_symlink()
        assert "/tools/pip\n" in [
            path.read_text() for path in virtualenv.site_packages.glob("*.pth")
        ]
        assert {path.name for path in folder.iterdir()} == {"pip", "pip3", "pip3.13"}
        assert all(os.access(path, os.X_OK) for path in folder.iterdir())
    assert described(tmp_path) == before


def test_the_pythons_of_images_stay_attached_whatever_the_hook_does(
    virtualenv: Virtualenv, tmp_path: Path
) -> None:
    attach_to_image_python(virtualenv, PYTHON)
    before = described(tmp_path)

    def fail() -> None:
        with pip_in(virtualenv, PYTHON, Path("/tools/pip")):
            seal(virtualenv)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert described(tmp_path) == before


def test_what_a_hook_installs_is_a_change(virtualenv: Virtualenv) -> None:
    before = take_snapshot(virtualenv)
    assert take_snapshot(virtualenv) == before
    record = virtualenv.site_packages / "acme-1.0.dist-info" / "RECORD"
    again = record.with_name("new")
    again.write_bytes(record.read_bytes())
    again.rename(record)  # the same version is installed again
    (virtualenv.site_packages / "buoy-2.0.dist-info").mkdir()
    after = take_snapshot(virtualenv)
    assert after.changed_since(before) == {"acme", "buoy"}
    assert after.distributions == {"acme": "1.0", "buoy": "2.0"}


def test_a_new_script_is_a_change(virtualenv: Virtualenv) -> None:
    before = take_snapshot(virtualenv)
    (virtualenv.bin / "tool").write_text("#!/bin/sh\n")
    assert take_snapshot(virtualenv) != before


def test_the_modules_of_a_distribution_are_in_its_record(virtualenv: Virtualenv) -> None:
    assert modules_of(virtualenv, {"acme"}) == [[virtualenv.site_packages / "acme.py"]]
    assert modules_of(virtualenv, {"buoy"}) == []


@pytest.mark.parametrize(
    ("content", "source"),
    [
        ({"url": "file:///app/my%20tide", "dir_info": {"editable": True}}, "/app/my tide"),
        ({"url": "file:///app/tide", "dir_info": {}}, None),
        ({"url": "https://example.org/a.whl", "archive_info": {}}, None),
        (["url"], None),
    ],
)
def test_editable_installations_are_recognized(
    content: object, source: str | None, virtualenv: Virtualenv
) -> None:
    info = virtualenv.site_packages / "acme-1.0.dist-info"
    (info / "direct_url.json").write_text(json.dumps(content))
    assert editable_sources(virtualenv) == ({"acme": Path(source)} if source else {})
