"""Files that other tools read, and Slipway does not: which ones, and what to do instead.

Files that a platform or another buildpack reads are not among them (app.json, Aptfile,
package.json, project.toml), nor are those of other platforms (Dockerfile, fly.toml).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.errors.app import FileNotToml
from slipway.errors.dependencies import UnreadSource

ReadText = Callable[[str], "str | None"]
"""Returns the text of a file at the top of the app; None if it is missing."""

# Dependencies

_POETRY = ("poetry self add poetry-plugin-export", "poetry export --output requirements.txt")
_PIPENV = ("pipenv requirements --hash > requirements.txt",)
_CONDA = ("python -m pip list --format=freeze > requirements.txt",)
_PYLOCK = (
    "uv venv lockenv",
    "uv pip sync --python lockenv pylock.toml",
    "uv pip freeze --python lockenv > requirements.txt",
)

_SOURCES = (
    ("uv.lock", "uv", True, ("uv export --no-dev --output-file requirements.txt",)),
    ("poetry.lock", "Poetry", True, _POETRY),
    ("Pipfile.lock", "Pipenv", True, _PIPENV),
    ("pdm.lock", "PDM", True, ("pdm export --prod --output requirements.txt",)),
    ("pylock.toml", "pip and others", True, _PYLOCK),
    ("pylock.*.toml", "pip and others", True, ()),
    ("requirements.lock", "Rye and others", True, ("mv requirements.lock requirements.txt",)),
    ("pixi.lock", "Pixi", True, ()),
    ("conda-lock.yml", "conda-lock", True, _CONDA),
    ("Pipfile", "Pipenv", False, ("pipenv lock", *_PIPENV)),
    ("pixi.toml", "Pixi", False, ()),
    ("environment.y*ml", "conda", False, _CONDA),
    ("conda.y*ml", "conda", False, _CONDA),
)
"""Pattern of the name, tool, whether it is a lock, and how to write requirements.txt from it.

The commands: https://docs.astral.sh/uv/concepts/projects/export/,
https://github.com/python-poetry/poetry-plugin-export, https://pdm-project.org/latest/usage/lockfile/
and https://pipenv.pypa.io/en/latest/commands.html.
"""

_FOR_PRODUCTION = re.compile(
    r"(requirements[-_./])?(prod|production|deploy|deployment|live|heroku)([-_.]requirements)?"
    r"(\.txt|\.in|\.pip)?"
)
_NOT_FOR_PRODUCTION = re.compile(r"dev|test|local|ci\b|docs?\b|lint|debug|staging|ansible")


def unread_sources(names: Sequence[str], document: Document) -> tuple[UnreadSource, ...]:
    """Return the files with dependencies that only other tools read, one or two for each tool.

    A tool's lock stands for its other file. `document` is the app's pyproject.toml.
    """
    found = [
        UnreadSource(name=name, tool=tool, is_lock=is_lock, commands=commands)
        for pattern, tool, is_lock, commands in _SOURCES
        for name in names
        if fnmatchcase(name, pattern)
    ]
    if poetry_dependencies(document) and "poetry.lock" not in names:
        commands = ("poetry lock", *_POETRY)
        name = "[tool.poetry] in pyproject.toml"
        found.append(UnreadSource(name=name, tool="Poetry", is_lock=False, commands=commands))
    if table_in(document, "tool", "pixi"):
        name = "[tool.pixi] in pyproject.toml"
        found.append(UnreadSource(name=name, tool="Pixi", is_lock=False, commands=()))
    locked = {source.tool for source in found if source.is_lock}
    return tuple(source for source in found if source.is_lock or source.tool not in locked)


def poetry_dependencies(document: Document) -> tuple[str, ...]:
    """Return the names in [tool.poetry.dependencies], without that of Python."""
    table = table_in(document, "tool", "poetry", "dependencies")
    return tuple(name for name in table if name.lower() != "python")


def requirements_files(names: Sequence[str], in_folder: Sequence[str]) -> tuple[str, ...]:
    """Return requirements files with other names, those for production first.

    `in_folder` lists the folder requirements.
    """
    top = [
        name
        for name in names
        if re.fullmatch(r"(.*[-_.])?requirements([-_.].*)?\.(txt|in|pip)", name)
    ]
    known = ("requirements.txt", "requirements.in")
    found = (*top, *requirements_in("requirements", in_folder))
    return tuple(sorted((name for name in found if name not in known), key=_likelihood))


def requirements_in(folder: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the paths of requirements files in a folder, those for production first."""
    files = [f"{folder}/{name}" for name in names if name.endswith((".txt", ".in", ".pip"))]
    return tuple(sorted(files, key=_likelihood))


def _likelihood(name: str) -> int:
    """Return a key that sorts requirements for production first, others than those last."""
    own = name.lower().rpartition("/")[2]
    if is_for_production(name) or "prod" in own:
        return 0
    return 2 if _NOT_FOR_PRODUCTION.search(own) else 1


def is_for_production(name: str) -> bool:
    """Return whether a name is that of requirements for production, or of such a group."""
    return _FOR_PRODUCTION.fullmatch(name.lower()) is not None


def is_generated_from(header: str, source: str) -> bool:
    """Return whether the first lines of a requirements.txt say that it was made from a file."""
    head = header[:600]
    if "autogenerated by" not in head and "@generated by PDM" not in head:
        return False
    tools = {"uv.lock": "uv export", "pdm.lock": "PDM"}
    # pip-compile's header does not always name the file, which a project has only one of.
    return source not in {name for name, *_ in _SOURCES} or tools.get(source, source) in head


def is_of_another_tool(name: str) -> bool:
    """Return whether another tool reads a file of this name."""
    return (
        name in _PYTHONS
        or name in _OTHERS
        or any(fnmatchcase(name, pattern) for pattern, *_ in _SOURCES)
    )


# Python


_LONGEST_VERSION = 60


def requested_elsewhere(names: Sequence[str], read: ReadText) -> Iterator[tuple[str, str]]:
    """Yield the files of other tools that ask for a Python, and the version of each."""
    for name, version_in in _PYTHONS.items():
        text = read(name) if "/" in name or name in names else None
        version = ""
        with suppress(FileNotToml, ValueError, RecursionError):
            version = " ".join(version_in(text or "").split())[:_LONGEST_VERSION]
        if version:
            yield name, version


def _matched(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.MULTILINE)

    def version_in(text: str) -> str:
        found = compiled.search(text)
        return found[1].strip() if found else ""

    return version_in


def _mise(text: str) -> str:
    value = table_in(parse_toml(text, "mise.toml"), "tools").get("python")
    first = value[0] if isinstance(value, list) and value else value
    version = first.get("version") if isinstance(first, dict) else first
    return str(version) if isinstance(version, str | float | int) else ""


def _pipfile(text: str) -> str:
    return _required(table_in(parse_toml(text, "Pipfile"), "requires"))


def _pipfile_lock(text: str) -> str:
    document = json.loads(text)
    return (
        _required(table_in(document, "_meta", "requires")) if isinstance(document, dict) else ""
    )


def _required(table: Mapping[str, object]) -> str:
    version = table.get("python_full_version") or table.get("python_version")
    return version if isinstance(version, str) and version != "*" else ""


_PYTHONS: Mapping[str, Callable[[str], str]] = {
    ".tool-versions": _matched(r"^python[ \t]+([^\s#]+)"),
    "mise.toml": _mise,
    ".mise.toml": _mise,
    "mise/config.toml": _mise,
    ".mise/config.toml": _mise,
    ".config/mise.toml": _mise,
    ".config/mise/config.toml": _mise,
    ".python-versions": _matched(r"^[ \t]*([^\s#]+)"),
    "Pipfile": _pipfile,
    "Pipfile.lock": _pipfile_lock,
    "uv.lock": _matched(r'^requires-python = "([^"]+)"'),
    "poetry.lock": _matched(r'^\[metadata\][\s\S]*?^python-versions = "([^"]+)"'),
    "pdm.lock": _matched(r'^requires_python = "([^"]+)"'),
    "pylock.toml": _matched(r'^requires-python = "([^"]+)"'),
    "environment.yml": _matched(r"^[ \t]*- [\"']?python *=+ *([\d.]+)"),
    "environment.yaml": _matched(r"^[ \t]*- [\"']?python *=+ *([\d.]+)"),
}
"""The files that ask for a Python, and functions that return the version in the file's text."""


# Everything else

_OTHER_BUILDER = (
    "configures another builder. Write start commands to Procfile, commands of the build to "
    "hooks, and the Python version to .python-version"
)
_DEBIAN = (
    "may list Debian packages. Slipway does not install any: use an image that has them, or "
    "the apt buildpack, which reads Aptfile"
)
_PIP_CONFIG = (
    "has settings of pip, which reads no such file in an app. Set them as config variables, "
    "such as PIP_INDEX_URL"
)
_OTHERS: Mapping[str, str] = {
    "nltk.txt": "lists NLTK data. To download it in each build, write `python -m "
    "nltk.downloader -d nltk_data $(cat nltk.txt)` to the hook postinstall, and set the config "
    "variable NLTK_DATA=nltk_data",
    "railpack.json": _OTHER_BUILDER,
    "nixpacks.toml": _OTHER_BUILDER,
    "nixpacks.json": _OTHER_BUILDER,
    "dotcloud.yml": _OTHER_BUILDER,
    "apt.txt": _DEBIAN,
    "packages.txt": _DEBIAN,
    "pip.conf": _PIP_CONFIG,
    "pip.ini": _PIP_CONFIG,
    ".pip/pip.conf": _PIP_CONFIG,
    ".config/pip/pip.conf": _PIP_CONFIG,
    "constraints.txt": "no requirements file names. If it is meant to limit versions, write "
    "the line `-c constraints.txt` to requirements.txt",
}
"""What a file is for, and what to do instead."""

_UV_KEYS = (
    "config-settings",
    "config-settings-package",
    "extra-build-dependencies",
    "extra-build-variables",
    "no-build-isolation",
    "no-build-isolation-package",
)
"""Keys of [tool.uv] that change how packages are built."""


def unread_files(names: Sequence[str], mentioned: str) -> Iterator[tuple[str, str]]:
    """Yield each other file that is not read, and what to do.

    `mentioned` is the text of what may use a file, such as hooks.
    """
    for name, advice in _OTHERS.items():
        if name in names and name not in mentioned:
            yield name, advice


UNREAD_BELOW = tuple(name for name in _OTHERS if "/" in name)
"""Those of them that are not at the top of the app."""


def unread_uv_keys(document: Document) -> tuple[str, ...]:
    """Return the keys of [tool.uv] that are not read."""
    table = table_in(document, "tool", "uv")
    return tuple(key for key in _UV_KEYS if table.get(key))


def groups_for_production(document: Document) -> Iterator[str]:
    """Yield the groups and extras with the names of those that only production needs."""
    tables = {
        "[dependency-groups]": table_in(document, "dependency-groups"),
        "[project.optional-dependencies]": table_in(
            document, "project", "optional-dependencies"
        ),
        "[tool.poetry.group]": table_in(document, "tool", "poetry", "group"),
    }
    for heading, table in tables.items():
        yield from (f"{name} in {heading}" for name in table if is_for_production(name))
    groups = table_in(document, "tool", "uv").get("default-groups")
    if isinstance(groups, list):
        yield from (
            f"{name} in default-groups of [tool.uv]"
            for name in groups
            if name != "dev" and not is_for_production(str(name))
        )
