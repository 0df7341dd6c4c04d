"""pip in the app's hooks: it installs into the app, and into nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conftest import ROOT
from integration.classic_platform import Platform
from integration.index import Index, served
from integration.packages import wheel, write_tree
from integration.serving import Dyno

HOOK = "set -e\npip install anchor==2.0 buoy\npip uninstall -y crane\n"
APP = {"requirements.txt": "anchor==1.0\ncrane\n", "bin/post_compile": HOOK}


def test_a_hook_installs_into_the_app_in_each_build(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    """The cache and the bundled Python get nothing of it, and nor does a build without it."""
    index = Index()
    for name, version in (
        ("anchor", "1.0"),
        ("anchor", "2.0"),
        ("buoy", "1.0"),
        ("crane", "3.0"),
    ):
        index.add(wheel(tmp_path, name, version))
    build = tmp_path / "build"
    with served(index):
        variables = {"PIP_INDEX_URL": index.url}
        for number in (1, 2):
            write_tree(build, APP)
            result = fresh_platform.build(build, variables)
            assert "bin/post_compile added buoy 1.0, replaced anchor 1.0 by 2.0" in result.out
            record = json.loads((build / ".slipway/build.json").read_text("utf-8"))
            assert record["packages"] == {"anchor": "2.0", "buoy": "1.0"}
            assert (build / ".slipway/lock.txt").read_text().startswith("anchor==1.0")
            names = {path.name for path in (build / ".slipway/venv").rglob("*")}
            assert not names & {"pip", "pyvenv.cfg", "slipway-pip.pth"}
            assert not [*(build / ".slipway/python").rglob("anchor*")]
            app = fresh_platform.move(build, f"app-{number}")
            shown = 'python -c "import anchor, buoy, sys; print(buoy.__cached__, sys.prefix)"'
            ran = Dyno(app=app).run(shown)
            assert ran.out.split()[1] == str(app / ".slipway/python"), ran.all
            assert Path(ran.out.split()[0]).is_file()
        write_tree(build, {"requirements.txt": APP["requirements.txt"]})
        result = fresh_platform.build(build, variables)
    assert "Reusing the virtual environment from an earlier build" in result.out
    record = json.loads((build / ".slipway/build.json").read_text("utf-8"))
    assert record["packages"] == {"anchor": "1.0", "crane": "3.0"}
    assert not [*fresh_platform.cache.rglob("venv/*/lib/*/site-packages/buoy*")]


def test_pip_installs_nothing_before_there_is_a_python(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    [pip] = (ROOT / "vendor").glob("pip-*.whl")  # stands for the pip of the image
    hook = f"{sys.base_prefix}/bin/python3 {pip}/pip install --dry-run six\n"
    build = write_tree(tmp_path / "build", {"requirements.txt": "", "bin/pre_compile": hook})
    result = fresh_platform.compile(build)
    assert result.status == 1, result.all
    assert "Could not find an activated virtualenv (required)" in result.out
    assert "the app's Python is selected only after bin/pre_compile" in result.err.replace(
        "\n !     ", " "
    )
