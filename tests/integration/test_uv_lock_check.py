"""Whether a uv.lock is outdated: compared with `uv lock --check`, in both directions.

Each project is locked once, with packages from an index of this test. Then one text in one of
its files is replaced by another, and uv says whether the lock still fits.
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
from integration.packages import source, wheel, write_tree
from slipway.domain.locks.uv import read_uv_lock
from slipway.effects.files import AppFolder
from slipway.errors.locks import LockOutdated

pytestmark = pytest.mark.long

_WHOLE = """\
[project]
name = "Shop_App"
version = "0.1.0"
requires-python = ">=3.10,<3.14"
dependencies = [
    "alpha>=1.0,<3 ; python_version >= '3.8' and platform_system == 'Windows'",
    "beta[fast]~=1.0",
    "gamma; sys_platform == 'linux' or (python_version < '3.12' and sys_platform == 'win32')",
    "tools",
    "plain",
    "delta",
    "archive",
]

[project.optional-dependencies]
cpu = ["epsilon"]
Fast_One = ["zeta>1; python_full_version >= '3.11'", "Shop_App[cpu]"]

[dependency-groups]
dev = ["eta", { include-group = "lint" }]
lint = ["theta!=0.9"]
empty = []
later = ["theta>=1"]

[tool.uv]
constraint-dependencies = ["eta<4", "alpha<2.5"]
environments = ["sys_platform == 'linux'", "sys_platform == 'win32'"]
required-environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
conflicts = [[{ extra = "cpu" }, { group = "later" }]]

[tool.uv.dependency-groups]
later = { requires-python = ">=3.12" }

[tool.uv.sources]
tools = { workspace = true }
plain = { path = "libs/plain" }
delta = [{ index = "extra", marker = "sys_platform == 'linux'" }]
archive = { path = "files/archive-1.0-py3-none-any.whl" }

[[tool.uv.index]]
name = "extra"
url = "@EXTRA@"
explicit = true

[tool.uv.workspace]
members = ["pkgs/*"]
exclude = ["pkgs/old*"]
"""
_TOOLS = """\
[project]
name = "tools"
version = "0.2.0"
requires-python = ">=3.10"
dependencies = ["beta"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
_SIDE = """\
[project]
name = "side"
version = "1.0"
dependencies = []
"""
_PLAIN = """\
[project]
name = "plain"
version = "0.3"
dependencies = ["eta"]
"""
_SIMPLE = """\
[project]
name = "simple"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["alpha", "beta>=1"]

[dependency-groups]
dev = ["eta"]
"""
_LEGACY = """\
[project]
name = "legacy"
dynamic = ["version"]
requires-python = ">=3.11"
dependencies = ["alpha"]

[project.optional-dependencies]
one = ["beta"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.uv]
package = false
dev-dependencies = ["eta"]
override-dependencies = ["beta==1.5", "zeta; sys_platform == 'win32'"]
exclude-dependencies = ["theta"]
build-constraint-dependencies = ["setuptools<90"]
prerelease = "allow"

[[tool.uv.dependency-metadata]]
name = "unused"
version = "1"
requires-dist = ["alpha"]
"""
_DATED = """\
[project]
name = "dated"
version = "1.0"
requires-python = ">=3.11"

[tool.uv]
exclude-newer = "2030-01-01T00:00:00Z"
"""
_VIRTUAL = """\
[dependency-groups]
dev = ["alpha"]
web = ["beta", { include-group = "dev" }]

[tool.uv.workspace]
members = ["one", "two"]

[tool.uv.sources]
two = { workspace = true }
"""
_ONE = """\
[project]
name = "one"
version = "1"
requires-python = ">=3.11"
dependencies = ["two[more]"]
"""
_TWO = """\
[project]
name = "two"
version = "2"
requires-python = ">=3.10"
dependencies = ["gamma"]

[project.optional-dependencies]
more = ["delta"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
_INDEXES = """\
[project]
name = "indexes"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["alpha", "delta"]

[tool.uv.sources]
delta = { index = "extra" }

[[tool.uv.index]]
name = "extra"
url = "@EXTRA@"
explicit = true

[[tool.uv.index]]
name = "main"
url = "@INDEX@"
default = true
"""
_NESTED = """\
[project]
name = "nested"
version = "1.0"
requires-python = ">=3.11"
dependencies = []

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.uv.workspace]
members = ["examples", "examples/*"]

[tool.uv.sources]
nested = { workspace = true }
"""
_EXAMPLE = """\
[project]
name = "example"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["nested"]
"""
_SOURCES = """\
[project]
name = "sources"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["fromgit", "inner @ git+@GIT@@v1#subdirectory=sub/inner", "archive"]

[project.optional-dependencies]
one = ["delta"]
two = ["epsilon"]

[dependency-groups]
web = ["delta"]

[tool.uv]
conflicts = [[{ extra = "one" }, { group = "web" }]]

[tool.uv.sources]
fromgit = { git = "@GIT@", branch = "main" }
archive = { url = "@FILES@/archive-1.0-py3-none-any.whl" }
delta = [
    { index = "extra", extra = "one" },
    { index = "main", group = "web" },
]

[[tool.uv.index]]
name = "extra"
url = "@EXTRA@"

[[tool.uv.index]]
name = "main"
url = "@INDEX@"
default = true
"""
_PROJECTS: Mapping[str, Mapping[str, str]] = {
    "whole": {
        "pyproject.toml": _WHOLE,
        "pkgs/tools/pyproject.toml": _TOOLS,
        "pkgs/side/pyproject.toml": _SIDE,
        "pkgs/old_one/pyproject.toml": _SIDE.replace("side", "old"),
        "libs/plain/pyproject.toml": _PLAIN,
    },
    "simple": {"pyproject.toml": _SIMPLE},
    "legacy": {"pyproject.toml": _LEGACY},
    "dated": {"pyproject.toml": _DATED},
    "virtual": {
        "pyproject.toml": _VIRTUAL,
        "one/pyproject.toml": _ONE,
        "two/pyproject.toml": _TWO,
    },
    "indexes": {"pyproject.toml": _INDEXES},
    "nested": {
        "pyproject.toml": _NESTED,
        "examples/pyproject.toml": _EXAMPLE,
        "examples/inner/pyproject.toml": _EXAMPLE.replace('"example"', '"inner"'),
    },
    "sources": {"pyproject.toml": _SOURCES},
}
_ROOT, _PKG, _LIB = "pyproject.toml", "pkgs/tools/pyproject.toml", "libs/plain/pyproject.toml"
_GROUPS = "[dependency-groups]"
_UV = "[tool.uv]\n{}\n\n[dependency-groups]"
_VARIATIONS: tuple[tuple[str, str, str, str], ...] = (
    # Nothing that counts has changed
    ("whole", _ROOT, "", ""),
    ("whole", _ROOT, '"Shop_App"', '"shop-app"'),
    ("whole", _ROOT, "alpha>=1.0,<3", "alpha <3, >=1"),
    ("whole", _ROOT, "python_version >= '3.8' and platform_system", "platform_system"),
    ("whole", _ROOT, "platform_system == 'Windows'", "sys_platform == 'win32'"),
    ("whole", _ROOT, "platform_system == 'Windows'", "'win32' == sys_platform"),
    ("whole", _ROOT, "beta[fast]~=1.0", "Beta [fast] ~= 1.0"),
    ("whole", _ROOT, '"plain",\n    "delta"', '"delta",\n    "plain"'),
    (
        "whole",
        _ROOT,
        "sys_platform == 'linux' or (python_version < '3.12' and sys_platform == 'win32')",
        "(sys_platform == 'win32' and python_version <= '3.11') or platform_system == 'Linux'",
    ),
    ("whole", _ROOT, "Fast_One", "fast-one"),
    ("whole", _ROOT, "python_full_version >= '3.11'", "python_version > '3.10'"),
    ("whole", _ROOT, "python_full_version >= '3.11'", "python_version not in '3.10'"),
    ("whole", _ROOT, '{ include-group = "lint" }', '"theta!=0.9"'),
    ("whole", _ROOT, '["eta<4", "alpha<2.5"]', '["alpha<2.5", "eta<4"]'),
    (
        "whole",
        _ROOT,
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
        "platform_machine == 'x86_64' and platform_system == 'Linux'",
    ),
    ("whole", _ROOT, ">=3.10,<3.14", "<3.14, >=3.10"),
    ("whole", _ROOT, ">=3.10,<3.14", ">=3.10,!=3.11.3,<3.14"),
    ("whole", _ROOT, "[tool.uv.sources]", "[tool.other]\nx = 1\n\n[tool.uv.sources]"),
    ("whole", _ROOT, '"pkgs/*"', '"pkgs/tools", "./pkgs/side"'),
    ("whole", _ROOT, 'path = "libs/plain"', 'path = "./libs/../libs/plain"'),
    (
        "whole",
        _ROOT,
        "tools = { workspace = true }",
        "tools = { workspace = true, editable = true }",
    ),
    ("whole", _PKG, '"beta"', '"BETA"'),
    ("whole", _PKG, ">=3.10", ">=3.9"),
    ("whole", "pkgs/old_one/pyproject.toml", '"1.0"', '"2.0"'),
    ("simple", _ROOT, ">=3.11", ">=3.11.0"),
    ("simple", _ROOT, '"1.0"', '"1.0.0"'),
    ("simple", _ROOT, '"beta>=1"', '"beta>=1.0"'),
    ("simple", _ROOT, '"alpha"', "\"alpha ; python_version >= '3.11'\""),
    ("simple", _ROOT, '"alpha"', "\"alpha ; os_name == 'posix' or os_name != 'posix'\""),
    ("simple", _ROOT, '"alpha"', '"alpha", "alpha"'),
    ("simple", _ROOT, '"alpha"', '"alpha", "delta ; python_version < \'3.9\'"'),
    ("legacy", _ROOT, '["eta"]', '[\n"eta",\n]'),
    ("legacy", _ROOT, '"beta==1.5"', '"beta == 1.5.0"'),
    ("dated", _ROOT, "2030-01-01T00:00:00Z", "2030-01-01T00:00:00+00:00"),
    ("virtual", _ROOT, '{ include-group = "dev" }', '"alpha"'),
    ("indexes", _ROOT, "explicit = true\n", 'explicit = true\nauthenticate = "never"\n'),
    ("dated", _ROOT, "2030-01-01", "2031-01-01"),
    ("nested", _ROOT, "", ""),
    ("nested", "examples/pyproject.toml", '"nested"', '"Nested"'),
    ("sources", _ROOT, "", ""),
    ("sources", _ROOT, '"inner @ git+@GIT@@v1', '"inner @ git+@GIT@/@v1'),
    ("sources", _ROOT, "", "[tool.uv.pip]\nno-deps = true\n\n"),
    # Something has
    ("nested", "examples/inner/pyproject.toml", '"nested"', '"nested", "alpha"'),
    ("nested", _ROOT, "nested = { workspace = true }", ""),
    ("sources", _ROOT, 'branch = "main"', 'rev = "main"'),
    ("sources", _ROOT, 'branch = "main"', 'tag = "v1"'),
    ("sources", _ROOT, ', branch = "main"', ""),
    ("sources", _ROOT, "@v1#", "#"),
    ("sources", _ROOT, "#subdirectory=sub/inner", "#subdirectory=sub"),
    ("sources", _ROOT, 'branch = "main"', 'branch = "main", subdirectory = "sub"'),
    (
        "sources",
        _ROOT,
        '{ index = "extra", extra = "one" }',
        '{ index = "main", extra = "one" }',
    ),
    ("sources", _ROOT, 'extra = "one"', 'extra = "two"'),
    ("sources", _ROOT, '    { index = "main", group = "web" },\n', ""),
    ("sources", _ROOT, "archive-1.0-py3-none-any.whl", "archive-1.0-py3-none-any.whl?x=1"),
    ("whole", _ROOT, "alpha>=1.0,<3", "alpha>=1.1,<3"),
    ("whole", _ROOT, "platform_system == 'Windows'", "platform_system == 'Linux'"),
    ("whole", _ROOT, "python_version >= '3.8'", "python_version >= '3.11'"),
    ("whole", _ROOT, "beta[fast]", "beta"),
    ("whole", _ROOT, '    "delta",\n', ""),
    ("whole", _ROOT, '"archive",', '"archive", "eta",'),
    ("whole", _ROOT, '"epsilon"', '"epsilon", "eta"'),
    ("whole", _ROOT, 'cpu = ["epsilon"]', 'cpu = ["epsilon"]\ngpu = ["eta"]'),
    ("whole", _ROOT, "Shop_App[cpu]", "epsilon"),
    ("whole", _ROOT, '"eta", {', "{"),
    ("whole", _ROOT, '"theta!=0.9"', '"theta"'),
    ("whole", _ROOT, "empty = []\n", ""),
    ("whole", _ROOT, "empty = []\n", 'empty = []\nmore = ["eta"]\n'),
    ("whole", _ROOT, 'requires-python = ">=3.12"', 'requires-python = ">=3.13"'),
    ("whole", _ROOT, '"eta<4", ', ""),
    ("whole", _ROOT, "'linux'\", \"sys_platform == 'win32'", "'linux"),
    ("whole", _ROOT, " and platform_machine == 'x86_64'", ""),
    ("whole", _ROOT, '[[{ extra = "cpu" }, { group = "later" }]]', "[]"),
    ("whole", _ROOT, ">=3.10,<3.14", ">=3.11,<3.14"),
    ("whole", _ROOT, ">=3.10,<3.14", ">=3.10"),
    ("whole", _ROOT, '"0.1.0"', '"0.1.1"'),
    ("whole", _ROOT, '"pkgs/*"', '"pkgs/tools"'),
    ("whole", _ROOT, 'exclude = ["pkgs/old*"]', ""),
    (
        "whole",
        _ROOT,
        "tools = { workspace = true }",
        "tools = { workspace = true, editable = false }",
    ),
    ("whole", _ROOT, 'delta = [{ index = "extra", marker = "sys_platform == \'linux\'" }]', ""),
    ("whole", _ROOT, '"extra", marker = "sys_platform == \'linux\'"', '"extra"'),
    ("whole", _ROOT, 'path = "libs/plain"', 'path = "libs/plain", editable = true'),
    ("whole", _ROOT, "@EXTRA@", "@INDEX@"),
    ("whole", _PKG, '"beta"', '"beta", "eta"'),
    ("whole", _PKG, '"0.2.0"', '"0.2.1"'),
    ("whole", _PKG, 'requires-python = ">=3.10"', 'requires-python = ">=3.10,<3.13"'),
    ("whole", _PKG, "[build-system]", "[tool.uv]\npackage = false\n\n[build-system]"),
    ("whole", _LIB, '"eta"', '"eta<4"'),
    ("whole", _LIB, '"0.3"', '"0.4"'),
    ("whole", "pkgs/side/pyproject.toml", "dependencies = []", 'dependencies = ["eta"]'),
    ("whole", "pkgs/side/pyproject.toml", '"side"', '"aside"'),
    ("simple", _ROOT, '"simple"', '"renamed"'),
    ("simple", _ROOT, 'dev = ["eta"]', 'dev = ["eta", "theta"]'),
    ("simple", _ROOT, '[dependency-groups]\ndev = ["eta"]', ""),
    (
        "simple",
        _ROOT,
        "[dependency-groups]",
        '[build-system]\nrequires = ["setuptools"]\n\n[dependency-groups]',
    ),
    ("simple", _ROOT, _GROUPS, _UV.format("package = true")),
    ("simple", _ROOT, _GROUPS, _UV.format('resolution = "lowest"')),
    ("simple", _ROOT, _GROUPS, _UV.format('prerelease = "allow"')),
    ("simple", _ROOT, _GROUPS, _UV.format('constraint-dependencies = ["alpha<9"]')),
    ("simple", _ROOT, _GROUPS, _UV.format('dev-dependencies = ["theta"]')),
    ("simple", _ROOT, '"alpha"', '"alpha @ git+https://git.invalid/alpha@main"'),
    ("legacy", _ROOT, '"alpha"]\n\n[project.opt', '"alpha", "eta"]\n\n[project.opt'),
    ("legacy", _ROOT, 'one = ["beta"]', 'one = ["beta", "eta"]'),
    ("legacy", _ROOT, 'dynamic = ["version"]', 'version = "1"'),
    ("legacy", _ROOT, '["eta"]', '["eta", "theta"]'),
    ("legacy", _ROOT, "beta==1.5", "beta==1.0"),
    ("legacy", _ROOT, '["theta"]', '["zeta"]'),
    ("legacy", _ROOT, "setuptools<90", "setuptools<91"),
    ("legacy", _ROOT, '"allow"', '"disallow"'),
    ("dated", _ROOT, "2030-01-01", "2029-01-01"),
    ("simple", _ROOT, _GROUPS, _UV.format('exclude-newer = "2030-01-01T00:00:00Z"')),
    ("legacy", _ROOT, 'requires-dist = ["alpha"]', 'requires-dist = ["eta"]'),
    ("legacy", _ROOT, "package = false", "package = true"),
    ("virtual", _ROOT, 'dev = ["alpha"]', 'dev = ["alpha", "zeta"]'),
    ("virtual", _ROOT, '"one", "two"', '"two"'),
    ("virtual", "one/pyproject.toml", "two[more]", "two"),
    ("virtual", "two/pyproject.toml", "more =", "other ="),
    ("virtual", "one/pyproject.toml", ">=3.11", ">=3.12"),
    ("indexes", _ROOT, "@INDEX@", "@OTHER@"),
    ("indexes", _ROOT, 'delta = { index = "extra" }', 'delta = { index = "main" }'),
    ("indexes", _ROOT, "@EXTRA@", "@INDEX@"),
)


@dataclass(frozen=True, kw_only=True)
class Locker:
    index: Index
    env: Mapping[str, str]
    repository: Path
    locked: Path
    """The projects, each with its lock."""

    def filled(self, text: str) -> str:
        url = self.index.url
        more = {
            "@INDEX@": url,
            "@EXTRA@": f"{url}?extra",
            "@OTHER@": f"{url}?other",
            "@GIT@": f"file://{self.repository}",
            "@FILES@": url.replace("/simple/", "/files"),
        }
        for name, address in more.items():
            text = text.replace(name, address.replace("/simple/?", "/another/"))
        return text

    def uv(self, folder: Path, *arguments: str) -> tuple[int, str]:
        names_index = "default = true" in (folder / "pyproject.toml").read_text("utf-8")
        env = {**self.env, **({} if names_index else {"UV_DEFAULT_INDEX": self.index.url})}
        found = run([UV / "uv", "lock", *arguments], env, cwd=folder)
        return found.status, found.all


@pytest.fixture(scope="module")
def locker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locker]:
    folder = tmp_path_factory.mktemp("projects")
    index = Index()
    for name in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"):
        for version in ("1.0", "1.5", "2.0"):
            index.add(wheel(folder, name, version))
    index.add_setuptools()
    archive = wheel(folder, "archive", "1.0", metadata="Requires-Dist: theta\n")
    index.add(archive)
    repository = _repository(folder / "repository")
    env = {
        "PATH": PATH,
        "HOME": str(folder),
        "UV_CACHE_DIR": str(folder / "cache"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    with served(index):
        locker = Locker(index=index, env=env, repository=repository, locked=folder / "locked")
        for project, files in _PROJECTS.items():
            for file, text in files.items():
                path = locker.locked / project / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(locker.filled(text), "utf-8")
            (locker.locked / project / "files").mkdir()
            shutil.copy(archive, locker.locked / project / "files")
            status, log = locker.uv(locker.locked / project)
            assert status == 0, log
        yield locker


def _repository(folder: Path) -> Path:
    inner = {f"sub/inner/{name}": text for name, text in source("inner", "2.0").items()}
    write_tree(folder, {**source("fromgit", "1.0"), **inner})
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@x.invalid"]
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        ["commit", "--quiet", "--message=x"],
        ["tag", "v1"],
    ):
        subprocess.run([*git, *arguments], check=True)
    return folder


@pytest.mark.parametrize(
    ("project", "file", "old", "new"),
    _VARIATIONS,
    ids=[f"{number}-{one[0]}" for number, one in enumerate(_VARIATIONS)],
)
def test_a_lock_is_outdated_where_uv_says_so(
    locker: Locker, tmp_path: Path, project: str, file: str, old: str, new: str
) -> None:
    app = tmp_path / "app"
    shutil.copytree(locker.locked / project, app)
    text = (app / file).read_text("utf-8")
    assert locker.filled(old) in text
    (app / file).write_text(text.replace(locker.filled(old), locker.filled(new), 1), "utf-8")
    status, log = locker.uv(app, "--check")
    outdated = _differences(app)
    assert (status == 0) == (outdated == ()), (outdated, log)


def _differences(app: Path) -> tuple[str, ...]:
    folder = AppFolder(app)
    try:
        read_uv_lock(
            (app / "uv.lock").read_text("utf-8"), "uv.lock", folder.text, folder.entries
        )
    except LockOutdated as error:
        return error.differences
    return ()
