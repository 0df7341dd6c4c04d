"""A Python of the image that is replaced under the same version and path is another one."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from integration.classic_platform import UV, Platform, Result
from integration.image_pythons import SYSTEM, system_python
from integration.packages import write_tree
from integration.test_fixtures_served import sentences

APP = {
    "requirements.txt": "# nothing\n",
    "Procfile": "web: python -m http.server $PORT\n",
    ".python-version": system_python(),
}
SETTINGS = {"SLIPWAY_BUNDLE_PYTHON": "false", "SLIPWAY_OFFLINE": "true"}


def build(platform: Platform, program: Path) -> Result:
    app = platform.folder / "build"
    shutil.rmtree(app, ignore_errors=True)
    env = {**platform.env, "PATH": f"{program.parent}:{UV}:/usr/bin:/bin", "HOME": "/nowhere"}
    result = replace(platform, env=env).build(write_tree(app, APP), SETTINGS)
    assert f"Using the Python of the image: {program}" in sentences(result.out)
    return result


def test_a_replaced_python_gets_a_new_virtual_environment(fresh_platform: Platform) -> None:
    name = f"python{system_python()}"
    program = fresh_platform.folder / "image" / name
    program.parent.mkdir()
    shutil.copy(SYSTEM / name, program)
    build(fresh_platform, program)

    # As on another machine with the same image.
    shutil.copy(SYSTEM / name, program.with_name("same"))
    os.utime(program.with_name("same"), (1e9, 1e9))
    program.with_name("same").replace(program)
    assert "another build" not in sentences(build(fresh_platform, program).out)

    with program.open("ab") as stream:
        stream.write(b"another build of the same version")
    logged = sentences(build(fresh_platform, program).out)
    assert "in the cache is for another build of the same Python, CPython " in logged
