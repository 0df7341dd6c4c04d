"""Sample values that many unit tests use."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain.build_plan import BuildPlan
from slipway.domain.python.selection import ANY_PYTHON, Interpreter
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import Line, read_lines
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage, Vendoring
from slipway.domain.vendoring.source_project import SourceProject
from slipway.domain.web.launch import WebApplication, WebSearch
from slipway.effects.files import sha256_of
from slipway.errors.dependencies import RequiredPackage
from slipway.toolchains.protocol import LocalDistribution

PYTHON = Interpreter(
    path="/usr/bin/python3.13",
    version="3.13.1",
    prefix="/usr",
    stdlib="/usr/lib/python3.13",
    platform="linux-x86_64 glibc 2.36",
)

PLAN = BuildPlan(
    settings=Settings(),
    python=ANY_PYTHON,
    dependencies=Dependencies(
        origin="requirements.txt", files=("requirements.txt",), requirements=()
    ),
    django=None,
    search=WebSearch(),
    procfile=None,
    hooks=(),
    notices=(),
)
"""The plan of an app with an empty requirements.txt and nothing else."""


def lines(text: str, **variables: str) -> tuple[Line, ...]:
    """Read a text as requirements.txt."""
    return tuple(read_lines(text, "requirements.txt", variables))


def line(text: str, **variables: str) -> Line:
    """Read a text as a requirements.txt with one line."""
    (only,) = lines(text, **variables)
    return only


def dependencies(text: str, constraints: str = "", **variables: str) -> Dependencies:
    """Read a text as requirements.txt, the only file of an app."""
    found = lines(text, **variables)
    return Dependencies(
        origin="requirements.txt",
        files=("requirements.txt",),
        requirements=tuple(one for one in found if one.kind.value in ("named", "direct")),
        constraints=tuple(read_lines(constraints, "constraints.txt", variables)),
        options=tuple(one for one in found if one.kind.value == "option"),
    )


def required(*pairs: tuple[str, str]) -> tuple[RequiredPackage, ...]:
    """Make requirements from pairs of (who requires something, requirement)."""
    return tuple(
        RequiredPackage(requirement=requirement, required_by=required_by)
        for required_by, requirement in pairs
    )


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder; `files` maps paths to texts."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def plan_of(
    text: str = "",
    *packages: VendoredPackage,
    constraints: str = "",
    is_offline: bool = False,
    **variables: str,
) -> BuildPlan:
    """Plan an app with a requirements.txt and packages in its vendor folder."""
    return replace(
        PLAN,
        settings=Settings(offline=is_offline),
        dependencies=dependencies(text, constraints, **variables),
        vendoring=Vendoring(folders=("vendor",), packages=packages),
    )


def serving(plan: BuildPlan) -> BuildPlan:
    """Add an application that gunicorn serves."""
    wsgi = WebApplication(target="wsgi:application", folder="", origin="wsgi.py")
    return replace(plan, search=WebSearch(found=wsgi))


def tree(path: str, name: str | None = "", *requires: str) -> VendoredPackage:
    """Describe a source tree; by default it has the name of its folder."""
    known = canonicalize_name(path.rpartition("/")[2]) if name == "" else name
    project = SourceProject(name=known, backend="in_tree", requires=requires)
    is_archive = path.endswith((".tar.gz", ".zip"))
    return VendoredPackage(
        path=path, form=Form.SDIST if is_archive else Form.TREE, project=project
    )


def wheel_file(path: str) -> VendoredPackage:
    return VendoredPackage(path=path, form=Form.WHEEL)


def plain(path: str) -> VendoredPackage:
    return VendoredPackage(path=path, form=Form.PLAIN)


def requested(package: VendoredPackage, *texts: str) -> VendoredPackage:
    """Add lines of requirements.txt that name a package by its path."""
    return replace(package, requested_by=tuple(line(text) for text in texts))


def inspected(package: VendoredPackage, digest: str = "ab" * 32) -> InspectedPackage:
    return InspectedPackage(package=package, digest=digest)


def make_wheel(folder: Path, file: str, requires: Iterable[str] = ()) -> Path:
    """Write a valid wheel of one module; its file name gives name, version and tag."""
    name, version, *tag = file.removesuffix(".whl").split("-")
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f'__version__ = "{version}"\n',
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            f"Provides-Extra: extra\n{needs}"
        ),
        f"{info}/WHEEL": (f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {'-'.join(tag)}\n"),
    }
    record = "".join(f"{one},{_hash(text)},{len(text)}\n" for one, text in files.items())
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / file, "w") as zipped:
        for one, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            # With a fixed date, so the same wheel always has the same hash.
            zipped.writestr(zipfile.ZipInfo(one), text)
    return folder / file


def _hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={digest.decode().rstrip('=')}"


def local(
    folder: Path, file: str, *requires: str, source: str | None = None
) -> LocalDistribution:
    """Make a wheel as a local distribution: `local(tmp_path, "x-1.0")`."""
    name, version = file.split("-")[:2]
    whole = file if file.endswith(".whl") else f"{file}-py3-none-any.whl"
    path = make_wheel(folder, whole, requires)
    return LocalDistribution(
        name=canonicalize_name(name),
        version=version,
        path=path,
        sha256=sha256_of(path),
        source=source or f"vendor/{canonicalize_name(name)}",
        requires=requires,
    )
