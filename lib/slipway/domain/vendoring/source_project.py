"""The static metadata of a source tree: read from its files, without a build.

https://packaging.python.org/en/latest/specifications/pyproject-toml/
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement
from packaging.utils import InvalidName, canonicalize_name

from slipway.domain.ini_text import read_ini
from slipway.domain.packaging_text import parse_requirement
from slipway.domain.python.requests import poetry_specifier
from slipway.domain.requirements.declared_sources import (
    NO_SOURCES,
    ProjectSources,
    project_sources,
)
from slipway.domain.toml_text import Document, parse_toml, table_in, texts_in
from slipway.errors.app import FileNotToml
from slipway.errors.vendored import VendoredBroken

PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py", "PKG-INFO")
"""All files of a tree that `read_project` reads."""


@dataclass(frozen=True, kw_only=True)
class SourceProject:
    name: str | None
    """Normalized; None if only a build can find it out."""
    backend: str
    """As in pyproject.toml, or `setuptools.build_meta:__legacy__`."""
    requires: tuple[str, ...]
    """The build requirements (PEP 508)."""
    version_tool: str | None = None
    """The tool that takes the version from git, such as `setuptools-scm`, if there is one."""
    sources: ProjectSources = NO_SOURCES
    """Where it says that its requirements come from."""
    lists_dependencies: bool = False
    """Whether its dependencies are static metadata, in [project]."""
    dependencies: tuple[tuple[str, str], ...] = ()
    """Those in static metadata, wherever it is: pairs of an extra, normalized, or nothing, and
    a requirement (PEP 508), which may be invalid."""
    requires_python: str = ""
    """The Pythons that it supports, as a specifier in static metadata, which may be invalid;
    empty for any."""


LEGACY = SourceProject(
    name=None, backend="setuptools.build_meta:__legacy__", requires=("setuptools",)
)
"""A tree without static metadata, all of which may be in setup.py."""

_VERSION_TOOLS = (
    "setuptools-scm",
    "hatch-vcs",
    "flit-scm",
    "pbr",
    "versioneer",
    "versioningit",
    "setuptools-git-versioning",
    "poetry-dynamic-versioning",
    "dunamai",
)
_USED_BY_A_SCRIPT = (
    ("setuptools-scm", re.compile(r"\buse_scm_version\b")),
    ("pbr", re.compile(r"\bpbr\s*=\s*True\b")),
    ("setuptools-git-versioning", re.compile(r"\bsetuptools_git_versioning\b")),
    ("versioneer", re.compile(r"^[ \t]*(import|from)\s+versioneer\b", re.M)),
    ("versioningit", re.compile(r"^[ \t]*(import|from)\s+versioningit\b", re.M)),
    ("dunamai", re.compile(r"^[ \t]*(import|from)\s+dunamai\b", re.M)),
)
_SETS_UP = re.compile(
    r"\bsetup\s*\(|^[ \t]*(?:from|import)[ \t]+(?:setuptools|distutils)\b", re.M
)
"""In a setup.py of a package, which may also call `setup` by another name."""
_PYTHON_REQUIRES = re.compile(
    r"""^[^#\n]*\bpython_requires[ \t]*=[ \t]*(["'])(?P<specifier>[^"'\n]+)\1""", re.M
)
"""In a setup.py, which is not parsed, because most builds do not need it."""
_PYTHON_FIELD = re.compile(r"^Requires-Python:[ \t]*(?P<specifier>\S.*)$", re.M)
_REQUIRES_FIELD = re.compile(r"^Requires-Dist:[ \t]*(\S.*)$", re.M)
_EXACT = re.compile(r"(?:==)?\s*(\d+(?:\.\d+)*)")
"""A version for Poetry, https://python-poetry.org/docs/dependency-specification/."""
_NAME_FIELD = re.compile(r"^Name:[ \t]*(\S.*)$", re.M)
_LEADING_NAME = re.compile(r"\s*([A-Za-z0-9._-]+)")


def read_project(
    files: Mapping[str, str], path: str, *, is_named_like_one: bool = False
) -> SourceProject | None:
    """Read a project from the texts of its PROJECT_FILES; None if the tree is not a project.

    `path` is that of the tree, relative to the app, for errors. A tree that is named like a
    project only needs a file that a build starts from.

    Raises VendoredBroken.
    """
    tree = _SourceFiles(files, path, is_named_like_one=is_named_like_one)
    if not tree.is_project:
        return None
    requires = tree.requires
    return SourceProject(
        name=tree.name,
        backend=tree.pyproject.text("build-system", "build-backend") or LEGACY.backend,
        requires=LEGACY.requires if requires is None else requires,
        version_tool=tree.version_tool,
        sources=tree.pyproject.sources,
        lists_dependencies=tree.pyproject.lists_dependencies,
        dependencies=tuple(tree.dependencies),
        requires_python=tree.requires_python,
    )


class _Pyproject:
    """The tables of a pyproject.toml, each checked for its type when it is read."""

    def __init__(self, text: str, path: str) -> None:
        self._path = path
        try:
            self._document = parse_toml(text, path)
        except FileNotToml as error:
            raise self.broken(f"it is not valid TOML: {error.reason}") from None

    @property
    def sources(self) -> ProjectSources:
        return project_sources(self._document)

    @property
    def lists_dependencies(self) -> bool:
        dynamic = self.table("project").get("dynamic")
        is_dynamic = isinstance(dynamic, list) and "dependencies" in dynamic
        return self.has("project") and not is_dynamic

    def broken(self, reason: str) -> VendoredBroken:
        return VendoredBroken(path=self._path, reason=reason)

    def has(self, *names: str) -> bool:
        return names[-1] in self.table(*names[:-1])

    def table(self, *names: str) -> Document:
        """Return a table; an empty one if it is missing."""
        table = self._document
        for depth, name in enumerate(names, start=1):
            inner = table.get(name, {})
            if not isinstance(inner, dict):
                raise self.broken(f"[{'.'.join(names[:depth])}] is not a table")
            table = inner
        return table

    def text(self, *names: str) -> str | None:
        *tables, key = names
        value = self.table(*tables).get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.broken(f"`{key}` in [{'.'.join(tables)}] is not a string")


class _SourceFiles:
    """The files of a tree that describe the package."""

    def __init__(self, files: Mapping[str, str], path: str, *, is_named_like_one: bool) -> None:
        file = "pyproject.toml" if path == "." else f"{path}/pyproject.toml"
        self.pyproject = _Pyproject(files.get("pyproject.toml", ""), file)
        self._setup_cfg = _sections(files.get("setup.cfg", ""))
        self._setup_py = files.get("setup.py", "")
        self._pkg_info = files.get("PKG-INFO", "")
        self._fields = self._pkg_info.partition("\n\n")[0]
        """Without the description, which may have anything."""
        self._can_be_built = not {"pyproject.toml", "setup.py"}.isdisjoint(files)
        self._is_named_like_one = is_named_like_one

    @property
    def is_project(self) -> bool:
        tables = (("project",), ("build-system",), ("tool", "poetry"))
        return not self._is_virtual and (
            any(self.pyproject.has(*names) for names in tables)
            or self._setup_cfg.has_option("metadata", "name")
            or self._setup_cfg.has_section("options")
            or _SETS_UP.search(self._setup_py) is not None
            or self._is_sdist
        )

    @property
    def _is_sdist(self) -> bool:
        """Whether this is an unpacked sdist, whatever its setup.py looks like: pip runs any.

        https://packaging.python.org/en/latest/specifications/source-distribution-format/
        """
        return self._can_be_built and (
            self._is_named_like_one or _NAME_FIELD.search(self._fields) is not None
        )

    @property
    def _is_virtual(self) -> bool:
        """Whether uv's or Poetry's table marks the tree as not a package, as in a monorepo."""
        return (
            self.pyproject.table("tool", "uv").get("package") is False
            or self.pyproject.table("tool", "poetry").get("package-mode") is False
        )

    @property
    def name(self) -> str | None:
        named = self.pyproject.text("project", "name")
        if named is not None:
            if _normalized(named) is None:
                raise self.pyproject.broken(f"`{named}` is not a valid package name")
            return _normalized(named)
        field = _NAME_FIELD.search(self._pkg_info)
        candidates = (
            self.pyproject.text("tool", "poetry", "name"),
            self._setup_cfg.get("metadata", "name", fallback=None),
            field[1] if field else None,
        )
        return next((_normalized(name) for name in candidates if name), None)

    @property
    def requires(self) -> tuple[str, ...] | None:
        """The build requirements; None if there is no [build-system].

        https://peps.python.org/pep-0518/
        """
        if not self.pyproject.has("build-system"):
            return None
        requires = self.pyproject.table("build-system").get("requires")
        if requires is None:
            raise self.pyproject.broken("[build-system] has no `requires`")
        if not isinstance(requires, list):
            raise self.pyproject.broken("`requires` in [build-system] is not a list")
        for text in requires:
            if _required_name(text) is None:
                reason = f"[build-system] requires {text!r}, which is not a valid requirement"
                raise self.pyproject.broken(reason)
        return tuple(requires)

    @property
    def dependencies(self) -> Iterator[tuple[str, str]]:
        """Yield pairs as in SourceProject."""
        project = self.pyproject.table("project")
        if project:
            yield from (("", text) for text in texts_in(project.get("dependencies")))
            for extra, texts in table_in(project, "optional-dependencies").items():
                yield from ((canonicalize_name(extra), text) for text in texts_in(texts))
            return
        listed = self._setup_cfg.get("options", "install_requires", fallback="").splitlines()
        listed += _REQUIRES_FIELD.findall(self._fields)
        yield from (("", text.strip()) for text in listed if text.strip())
        for name, value in self.pyproject.table("tool", "poetry", "dependencies").items():
            exact = _EXACT.fullmatch(value) if isinstance(value, str) else None
            if exact and name != "python":
                yield "", f"{name}=={exact[1]}"

    @property
    def requires_python(self) -> str:
        project = self.pyproject.table("project")
        if project:
            written = project.get("requires-python")
            return written if isinstance(written, str) else ""
        for field in (
            _PYTHON_FIELD.search(self._fields),
            _PYTHON_REQUIRES.search(self._setup_py),
        ):
            if field:
                return field["specifier"].strip()
        by_poetry = self.pyproject.table("tool", "poetry", "dependencies").get("python")
        if isinstance(by_poetry, str):
            return poetry_specifier(by_poetry) or ""
        return self._setup_cfg.get("options", "python_requires", fallback="").strip()

    @property
    def version_tool(self) -> str | None:
        if self.pyproject.has("project", "version"):
            return None
        tool = self._tool
        version = self._setup_cfg.get("metadata", "version", fallback="attr:")
        # pbr takes the version from git, even if setup.cfg has one as a hint for the next.
        return tool if version.startswith("attr:") or tool == "pbr" else None

    @property
    def _tool(self) -> str | None:
        source = self.pyproject.table("tool", "pdm", "version").get("source")
        if source == "scm" and not self.pyproject.has("project", "version"):
            return "pdm-backend"
        required = {_required_name(text) for text in self.requires or ()} | self._setup_requires
        sections = {"files": "pbr", "pbr": "pbr", "versioneer": "versioneer"}
        required |= {
            tool for name, tool in sections.items() if self._setup_cfg.has_section(name)
        }
        required |= {tool for tool, use in _USED_BY_A_SCRIPT if use.search(self._setup_py)}
        return next((tool for tool in _VERSION_TOOLS if tool in required), None)

    @property
    def _setup_requires(self) -> set[str | None]:
        text = self._setup_cfg.get("options", "setup_requires", fallback="")
        found = map(_LEADING_NAME.match, re.split(r"[\n;]", text))
        return {_normalized(name[1]) for name in found if name}


def _sections(text: str) -> configparser.RawConfigParser:
    """Parse setup.cfg; a broken one counts as empty, because the backend reports the error."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        read_ini(parser, text)
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def _normalized(name: str) -> str | None:
    try:
        return canonicalize_name(name.strip(), validate=True)
    except InvalidName:
        return None


def _required_name(text: object) -> str | None:
    try:
        return (
            canonicalize_name(parse_requirement(text).name) if isinstance(text, str) else None
        )
    except InvalidRequirement:
        return None
