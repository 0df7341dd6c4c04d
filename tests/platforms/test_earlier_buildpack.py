"""Layers of earlier buildpacks are used: the lifecycle names them in variables."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.packages import write_tree
from platforms.phases import Phases, settings

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}

BUILD = """\
#!/bin/sh
set -eu
layer=$CNB_LAYERS_DIR/library
mkdir -p "$layer/include" "$layer/lib"
echo '[types]
build = true
launch = true' > "$layer.toml"
echo 'int qq(void);' > "$layer/include/q.h"
echo 'int qq(void) { return 7; }' |
  cc -shared -fPIC -Wl,-soname,libqq.so -o "$layer/lib/libqq.so" -xc -
"""


@pytest.fixture
def with_library(phases: Phases) -> Phases:
    """Return a platform with a buildpack in front that installs a library, as apt ones do."""
    described = 'api = "0.10"\n[buildpack]\nid = "tests/library"\nversion = "1.0.0"\n'
    described += '[[targets]]\nos = "linux"\n'
    files = {"buildpack.toml": described, "bin/detect": "#!/bin/sh\n", "bin/build": BUILD}
    earlier = write_tree(phases.folder / "earlier", files)
    for door in ("detect", "build"):
        (earlier / "bin" / door).chmod(0o755)
    return replace(phases, earlier=[earlier])


def test_a_c_extension_is_built_with_the_layer_of_an_earlier_buildpack(
    with_library: Phases, tmp_path: Path
) -> None:
    phases = with_library
    app = shutil.copytree(FIXTURES / "field" / "image-c-ext", tmp_path / "app")
    assert phases.detect(app, settings(**IMAGE_PYTHON)).status == 0
    built = phases.build()
    assert built.status == 0, built.all
    assert "Built cext 1 from vendor/cext" in built.out
    ran = phases.launch(None, "--", "python", "-c", "import cext; print(cext.v)")
    assert (ran.status, ran.out) == (0, "7\n"), ran.all


def test_a_build_sees_the_variables_of_the_platform(phases: Phases, tmp_path: Path) -> None:
    """The lifecycle puts CPATH of the user in front, so that nothing is refused."""
    hook = 'python3 -c \'import json, os; json.dump({**os.environ}, open("seen", "w"))\'\n'
    files = {"requirements.txt": "", "Procfile": "web: true\n", "bin/post_compile": hook}
    app = write_tree(tmp_path / "app", files)
    user = {"CPATH": "/own/include", "NODE_ENV": "production", "PYTHONHOME": "/wrong"}
    assert phases.detect(app, settings(**IMAGE_PYTHON, **user)).status == 0
    built = phases.build()
    assert built.status == 0, built.all
    seen = json.loads((phases.app / "seen").read_text("utf-8"))
    assert seen["CPATH"].split(":")[0] == "/own/include"
    assert seen["NODE_ENV"] == "production"
    assert "PYTHONHOME" not in seen
    assert "Ignoring the variable PYTHONHOME" in built.out
    assert "Ignoring the variable CPATH" not in built.out
    assert "CNB_LAYERS_DIR" not in seen
    assert seen["CNB_TARGET_OS"] == "linux"
