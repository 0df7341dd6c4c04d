"""What is installed of a uv.lock, compared with `uv export` of the real uv.

Each shape is locked and exported with packages from an index and a repository of this test.
tests/unit/domain/locks/test_uv.py does the same with the locks and exports that are stored.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.classic_platform import PATH, UV, run
from integration.index import Index, served
from integration.packages import sdist, source, wheel, write_tree
from slipway.errors.locks import LockNotForThisPython
from uv_shapes import (
    CHOICES,
    SHAPES,
    as_exported,
    choice_of,
    environments,
    export_file,
    exported,
    read_shape,
)

pytestmark = pytest.mark.long

_FAST = """\
Provides-Extra: fast
Provides-Extra: slow
Requires-Dist: epsilon ; extra == 'fast'
Requires-Dist: zeta ; extra == 'fast' and python_version < '3.12'
Requires-Dist: gamma ; extra == 'slow' and sys_platform == 'win32'
"""
_NEEDS_MORE = """\
Requires-Dist: alpha>=1
Requires-Dist: gamma ; sys_platform == 'win32'
"""
_BACK = """\
Provides-Extra: back
Requires-Dist: pool[more]
Requires-Dist: zeta ; extra == 'back'
"""
_PACKAGES = (
    ("alpha", "1.0", ""),
    ("alpha", "2.0", ""),
    ("beta", "1.0", "Requires-Dist: alpha\n"),
    ("beta", "2.0", _NEEDS_MORE),
    ("gamma", "1.0", ""),
    ("delta", "1.0", _FAST),
    ("epsilon", "1.0", ""),
    ("zeta", "1.0", "Requires-Dist: alpha ; implementation_name == 'cpython'\n"),
    ("old", "1.0", "Requires-Python: >=3.8\n"),
    ("old", "2.0", "Requires-Python: >=3.12\n"),
    ("uses_old", "1.0", "Requires-Dist: old\n"),
    ("loop", "1.0", _BACK),
    ("pool", "1.0", "Provides-Extra: more\nRequires-Dist: loop[back] ; extra == 'more'\n"),
)


@dataclass(frozen=True, kw_only=True)
class Server:
    index: Index
    more: Index
    repository: Path
    files: Path
    env: Mapping[str, str]

    @property
    def addresses(self) -> Mapping[str, str]:
        url = self.index.url
        return {
            "@INDEX@": url,
            "@FILES@": url.replace("/simple/", "/files"),
            "@CPU@": url.replace("/simple/", "/cpu/"),
            "@GPU@": self.more.url.replace("/simple/", "/gpu/"),
            "@GIT@": f"file://{self.repository}",
        }

    def project(self, shape: str, folder: Path) -> Path:
        """Copy a shape's project, with the addresses of this server, and lock it."""
        app = folder / shape
        ignored = shutil.ignore_patterns("uv.lock", "export*")
        shutil.copytree(SHAPES / shape, app, ignore=ignored)
        shutil.copytree(self.files, app / "files", dirs_exist_ok=True)
        for path in app.rglob("pyproject.toml"):
            text = path.read_text("utf-8")
            for name, address in self.addresses.items():
                text = text.replace(name, address)
            path.write_text(text, "utf-8")
        self.uv(app, "lock")
        return app

    def uv(self, app: Path, *arguments: str) -> str:
        found = run([UV / "uv", *arguments], self.env, cwd=app)
        assert found.status == 0, found.all
        return found.out


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("index")
    index, more = Index(), Index()
    for name, version, metadata in _PACKAGES:
        index.add(wheel(folder, name, version, metadata=metadata))
        if "Requires-Python" in metadata:
            python = metadata.partition(": ")[2].strip()
            index.requires_python[f"{name}-{version}-py3-none-any.whl"] = python
    index.add_setuptools()
    index.add(wheel(folder, "torch", "1.0+cpu"))
    (folder / "more").mkdir()
    more.add(wheel(folder / "more", "torch", "1.0+gpu"))
    packed = source("packed", "1.0")
    index.add(sdist(folder, "packed", "1.0", packed), wheel(folder, "packed", "1.0"))
    files = folder / "local"
    files.mkdir()
    index.add(wheel(files, "archive", "1.0", metadata="Requires-Dist: zeta\n"))
    sdist(files, "archive", "1.0", source("archive", "1.0"))
    repository = write_tree(
        folder / "repository",
        {
            **source("fromgit", "1.0"),
            **{f"sub/inner/{name}": text for name, text in source("inner", "2.0").items()},
        },
    )
    git = ["git", "-C", str(repository), "-c", "user.name=x", "-c", "user.email=x@x.invalid"]
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        ["commit", "--quiet", "--message=x", "--date=2025-01-01T00:00:00Z"],
        ["tag", "v1"],
    ):
        subprocess.run([*git, *arguments], check=True)
    with served(index), served(more):
        env = {
            "PATH": PATH,
            "HOME": str(folder),
            "UV_CACHE_DIR": str(folder / "cache"),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_DEFAULT_INDEX": index.url,
        }
        yield Server(index=index, more=more, repository=repository, files=files, env=env)


@pytest.mark.parametrize("shape", CHOICES)
def test_what_is_installed_is_what_uv_exports(
    server: Server, tmp_path: Path, shape: str
) -> None:
    app = server.project(shape, tmp_path)
    lock = read_shape(app)
    for groups, extras in CHOICES[shape]:
        if groups is None:
            chosen = ["--no-dev"]
        else:
            chosen = ["--no-default-groups", *(f"--group={one}" for one in groups)]
        chosen += [f"--extra={one}" for one in extras]
        everything = ["--all-packages"] if shape == "virtual_root" else []
        form = ["--frozen", "--no-hashes", "--no-header", "--no-annotate"]
        text = server.uv(app, "export", *form, *everything, *chosen)
        (app / export_file(groups, extras)).write_text(text, "utf-8")
        for environment in environments():
            try:
                pins = lock.select(environment, choice_of(groups, extras))
            except LockNotForThisPython:
                assert shape == "environments"
                continue
            assert as_exported(pins) == exported(text, environment), environment
