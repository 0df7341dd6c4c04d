"""Which of Gunicorn's settings an app leaves to Slipway.

Slipway's defaults are options in GUNICORN_CMD_ARGS, which wins over a configuration file of the
app. So a setting that such a file sets gets no default.
https://docs.gunicorn.org/en/stable/configure.html
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_version
from slipway.domain.python.syntax import parse_module
from slipway.domain.web.gunicorn_commands import as_todays_gunicorn
from slipway.domain.web.programs import Started
from slipway.domain.web.served import served
from slipway.domain.web.shell_commands import ShellSyntaxError
from slipway.domain.web.shell_scripts import started_through_scripts

CONFIG_FILE = "gunicorn.conf.py"
"""The configuration file that Gunicorn reads without an option, in the folder it starts in."""

_WITH_DEFAULT = {
    "accesslog": {
        "accesslog",
        "logconfig",
        "logconfig_dict",
        "logconfig_json",
        "logger_class",
    },
    "worker_tmp_dir": {"worker_tmp_dir"},
    "control_socket": {"control_socket", "control_socket_disable", "control_socket_mode"},
    "graceful_timeout": {"graceful_timeout"},
    "threads": {"threads", "workers", "worker_class"},
}
"""A setting that gets a default -> those with which an app decides about it itself.

`bind`, `workers` and `forwarded_allow_ips` are not here: Gunicorn takes them from PORT,
WEB_CONCURRENCY and FORWARDED_ALLOW_IPS, over which a configuration file wins.
"""
_FIRST_WITH_CONTROL_SOCKET = parse_version("25.1")
_MOST_FILES = 10
_DYNAMIC = frozenset({"globals", "locals", "vars", "exec", "execfile", "eval", "setattr"})
"""Functions that can set a name of a module without naming it."""
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
"""The names that are bound in these are not the module's."""


@dataclass(frozen=True, kw_only=True)
class ConfigFile:
    """A configuration file that Gunicorn reads."""

    path: str
    """A file of the app, or `python:` and the name of a module, as in Gunicorn's option."""
    folder: str = ""
    """The folder of the app in which Gunicorn starts."""


def settings_with_default(
    version: str, settings: frozenset[str] | None, *, is_own_process: bool
) -> tuple[str, ...]:
    """Return the settings of the installed Gunicorn that get a default.

    `settings` are those that the app sets; None if it may set any. `is_own_process` tells
    whether the command is Slipway's. The code behind a command of the app's own may rely on
    Gunicorn's usual worker, which has no threads.
    """
    if settings is None:
        return ()
    without = set() if is_own_process else {"threads"}
    if not _has_control_socket(version):
        without.add("control_socket")
    return tuple(
        setting
        for setting, deciding in _WITH_DEFAULT.items()
        if setting not in without and not deciding & settings
    )


def _has_control_socket(version: str) -> bool:
    try:
        return parse_version(version) >= _FIRST_WITH_CONTROL_SOCKET
    except InvalidVersion:
        return False


def settings_of_app(
    processes: Mapping[str, str], read: Callable[[str], str | None]
) -> frozenset[str] | None:
    """Return the settings that the app sets in command lines and configuration files.

    None if it may set any. `read` returns the text of a file of the app; None if there is none.
    """
    files: list[ConfigFile] = []
    names: set[str] = set()
    for started in _started(processes.values(), read):
        serves = served(started)
        if serves is None and started.program == "gunicorn":
            return None
        if serves is None or serves.server != "gunicorn":
            continue
        names |= serves.options
        if serves.config:
            files.append(ConfigFile(path=serves.config, folder=started.folder or ""))
        elif started.folder is None or "config" in serves.options:
            return None  # only known when it starts
        else:
            path = posixpath.join(started.folder, CONFIG_FILE)
            files.append(ConfigFile(path=path, folder=started.folder))
    # A program of the app may start Gunicorn, too.
    in_files = settings_of_files(files or [ConfigFile(path=CONFIG_FILE)], read)
    return None if in_files is None else in_files | names


def config_files(
    command: str, read: Callable[[str], str | None]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the files of the app that configure Gunicorn in a command.

    With each come the settings that the command sets itself, which win over the file's.
    """
    for started in _started([command], read):
        serves = served(started)
        if serves is None or serves.server != "gunicorn" or started.folder is None:
            continue
        file = ConfigFile(path=serves.config or "", folder=started.folder)
        if file.path.startswith("python:"):
            path = _module_path(file, read)
        elif file.path or "config" not in serves.options:
            path = file.path or posixpath.join(file.folder, CONFIG_FILE)
        else:
            continue  # only known when it starts
        if not path.startswith(("/", "python:")) and read(path) is not None:
            yield path, serves.options


def _started(lines: Iterable[str], read: Callable[[str], str | None]) -> Iterator[Started]:
    """Yield the programs that lines of a Procfile start, also through a script of the shell."""
    for line in lines:
        with suppress(ShellSyntaxError):
            yield from map(as_todays_gunicorn, started_through_scripts(line, read))


def settings_of_files(
    files: Iterable[ConfigFile], read: Callable[[str], str | None]
) -> frozenset[str] | None:
    """Return the settings that configuration files set, and other names in them.

    None if they may set any: if one that is named is not in the app or cannot be parsed, or
    sets names in a way that only running it would tell.
    """
    names: set[str] = set()
    waiting = [*files]
    seen: set[str] = set()
    while waiting:
        file = waiting.pop()
        is_module = file.path.startswith("python:")
        path = posixpath.normpath(_module_path(file, read) if is_module else file.path)
        if path.startswith(("/", "..")):
            return None
        text = read(path)
        if path in seen or (text is None and posixpath.basename(path) == CONFIG_FILE):
            continue
        seen.add(path)
        module = parse_module(text) if text is not None else None
        if module is None or len(seen) > _MOST_FILES or _is_dynamic(module):
            return None
        names.update(_names(module))
        waiting += [
            ConfigFile(path=f"python:{imported}", folder=file.folder)
            for imported in _star_imports(module)
        ]
    return frozenset(names)


def _module_path(file: ConfigFile, read: Callable[[str], str | None]) -> str:
    """Return the file of a module of the app; its name if the app has no such file.

    Gunicorn imports modules from the folder it starts in, and Python from the app's.
    """
    path = file.path.removeprefix("python:").replace(".", "/")
    places = [posixpath.join(top, path) for top in dict.fromkeys((file.folder, ""))]
    found = [f"{place}{end}" for place in places for end in ("/__init__.py", ".py")]
    return next((one for one in found if read(one) is not None), file.path)


def _is_dynamic(module: ast.Module) -> bool:
    """Tell whether a module may set names that it does not contain.

    Gunicorn runs a configuration file outside of any package, so relative imports are not those
    of the app.
    """
    return any(
        (isinstance(node, ast.Name) and node.id in _DYNAMIC)
        or (isinstance(node, ast.Attribute) and node.attr in ("modules", "__dict__"))
        or (isinstance(node, ast.ImportFrom) and node.level)
        for node in ast.walk(module)
    )


def _star_imports(module: ast.Module) -> Iterator[str]:
    """Yield the modules whose names are all imported."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names):
            yield node.module or ""


def _names(module: ast.Module) -> Iterator[str]:
    """Yield the names that a module binds, also in `if` and `try`, and globals of functions."""
    for node in ast.walk(module):
        if isinstance(node, ast.Global):
            yield from node.names
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield from _names_bound_by(node)
        if not isinstance(node, _SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


def _names_bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names = (one.asname or one.name.partition(".")[0] for one in node.names)
        yield from (name for name in names if name != "*")
    elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
