"""Source trees with their own build backend, which really builds them, without an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage
from slipway.domain.vendoring.source_project import PROJECT_FILES, read_project
from slipway.effects.packages.source_trees import digest_source
from unit.samples import write_files

_BACKEND = """
import json
import os
import sys
import zipfile

import facts


def get_requires_for_build_wheel(config_settings=None):
    return facts.MORE


def build_wheel(into, config_settings=None, metadata_directory=None):
    print("the backend was here")
    if facts.FAILS:
        sys.exit(facts.FAILS)
    version = os.environ.get("SETUPTOOLS_SCM_PRETEND_VERSION", facts.VERSION)
    seen = {"environment": dict(os.environ), "folder": os.getcwd(), "prefix": sys.prefix}
    info = f"{facts.NAME}-{version}.dist-info"
    here = "file://" + os.getcwd()
    listed = [one.replace("$HERE", here) for one in facts.NEEDS]
    needs = "".join(f"Requires-Dist: {one}\\n" for one in listed)
    wheel = f"{facts.NAME}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(into, wheel), "w") as zipped:
        for name in sorted(os.listdir(".")):
            if name.endswith(".py") or name.endswith(".txt"):
                zipped.write(name)
        if facts.TELLS:
            zipped.writestr("seen.json", json.dumps(seen))
        zipped.writestr(f"{info}/METADATA", (
            f"Metadata-Version: 2.1\\nName: {facts.NAME}\\nVersion: {version}\\n{needs}"
        ))
        zipped.writestr(f"{info}/WHEEL", (
            "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        ))
        zipped.writestr(f"{info}/RECORD", "")
    return wheel
"""
_TABLE = """
[build-system]
requires = {requires}
build-backend = "backend"
backend-path = ["."]

[project]
name = {name!r}
"""


def source(
    name: str,
    *,
    requires: Sequence[str] = (),
    version: str = "1.0",
    **facts: object,
) -> Mapping[str, str]:
    """Return the files of a tree; `facts` decide what its backend does.

    MORE: requirements of its build in addition to `requires`. NEEDS: requirements of the
    package. FAILS: the message with which it fails. TELLS: whether the wheel contains a
    seen.json with the environment of the backend.
    """
    values = {"MORE": [], "NEEDS": [], "FAILS": "", "TELLS": False, **facts}
    values |= {"NAME": name.replace("-", "_"), "VERSION": version}
    return {
        "pyproject.toml": _TABLE.format(requires=[*requires], name=name),
        "backend.py": _BACKEND,
        "facts.py": "".join(f"{fact} = {values[fact]!r}\n" for fact in sorted(values)),
        f"{name.replace('-', '_')}.py": f"NAME = {name!r}\n",
    }


def vendor(
    app: Path, path: str, files: Mapping[str, str], version_tool: str | None = None
) -> InspectedPackage:
    """Write a tree into an app, and inspect it as a build does."""
    folder = write_files(app / path, files)
    texts = {name: (folder / name).read_text() for name in PROJECT_FILES if name in files}
    project = read_project(texts, path)
    assert project is not None
    project = replace(project, version_tool=version_tool)
    package = VendoredPackage(path=path, form=Form.TREE, project=project)
    return InspectedPackage(package=package, digest=digest_source(app, path))
