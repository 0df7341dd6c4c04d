"""Reads a traceback that a script has printed, as far as its text tells what failed.

The result is like the report of build_scripts/failure_facts.py, which a process of the app's
own script cannot write. What the text does not have is left out, so fewer causes are found.

https://docs.python.org/3/library/traceback.html
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.domain.django.statements import blocks, path_to
from slipway.domain.python.syntax import parse_module

_START = "Traceback (most recent call last):"
_BECAUSE = "The above exception was the direct cause of the following exception:"
_MEANWHILE = "During handling of the above exception, another exception occurred:"
_FRAME = re.compile(r' {2}File "(?P<file>[^"]+)", line (?P<line>\d{1,9})(?:, in (?P<name>.+))?')
_RAISED = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<text>.*))?")
_PACKAGES = re.compile(r".*/(?:site|dist)-packages/(?P<rest>.+)")
_LIBRARY = re.compile(r".*/lib/python3\.\d+/(?P<rest>.+)")
_FROZEN = re.compile(r"<frozen (?P<module>[\w.]+)>")
_NO_MODULE = re.compile(r"No module named '(?P<name>[\w.]+)'")
_OF_NONE = re.compile(r"'NoneType' object has no attribute '(?P<name>\w+)'")
_NAMED_BY: Mapping[str, re.Pattern[str]] = {
    "decouple": re.compile(r"(?P<option>\w+) not found\. Declare it as envvar"),
    "environs": re.compile(r'Environment variable "(?P<var>\w+)" not set'),
}
"""Packages that read variables -> how their exceptions name one that is not set."""
_OF_DRIVERS = ("Multiple connection attempts failed", "- host: ")
"""How psycopg goes on with the text of an exception."""
_MOST_LINES = 5000
_MOST_FRAMES = 40
_IMPORTING = ("importlib", "importlib._bootstrap", "importlib._bootstrap_external", "runpy")

Text = Callable[[str], str | None]
"""Returns the text of a file of the app, by its path in the app."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where the script ran."""

    app: str
    """The path of the app's folder."""
    project: str
    """The folder of manage.py in it; empty if it is the same."""
    read: Text


def exceptions_at_end(output: str, where: Surroundings) -> list[dict[str, Any]]:
    """Return the exceptions of the traceback with which an output ends, the last one first.

    Empty if it does not end with one.
    """
    lines = output.rstrip().splitlines()[-_MOST_LINES:]
    starts = [number for number, line in enumerate(lines) if line == _START]
    found: list[dict[str, Any]] = []
    end = len(lines)
    link = ""
    for start in reversed(starts):
        one = _exception(lines[start + 1 : end], where)
        if one is None:
            break
        if link:
            found[-1]["cause" if link == _BECAUSE else "context"] = len(found)
        found.append(one)
        before = [line for line in lines[max(start - 3, 0) : start] if line]
        link = before[-1] if before else ""
        if link not in (_BECAUSE, _MEANWHILE):
            break
        end = next(n for n in range(start - 1, -1, -1) if lines[n] == link)
    return found


def _exception(lines: Sequence[str], where: Surroundings) -> dict[str, Any] | None:
    """Read one exception with its frames; None if other output follows it."""
    last = next((n for n, line in enumerate(lines) if line and not line.startswith(" ")), None)
    raised = _RAISED.fullmatch(lines[last]) if last is not None else None
    if last is None or raised is None:
        return None
    following = [line for line in lines[last + 1 :] if line]
    if any(not line.startswith((" ", "\t", *_OF_DRIVERS)) for line in following):
        return None
    frames = [*_frames(lines[:last], where)]
    text = "\n".join([raised["text"] or "", *following])
    named = _NAMED_BY.get(frames[-1]["module"].partition(".")[0]) if frames else None
    found = named.match(text) if named else None
    if found:
        frames[-1]["names"] = found.groupdict()
    return {
        "types": _types(raised["type"]),
        "text": text,
        "cause": None,
        "context": None,
        "is_suppressed": False,
        "members": [],
        "attributes": _attributes(raised["type"], text),
        "required": {},
        "refused": [],
        "frames": frames,
    }


def _types(name: str) -> list[str]:
    """Name a class and its base classes, which are known only of Python's own."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        return [f"builtins.{it.__name__}" for it in kind.__mro__]
    return [name, "builtins.Exception"]


def _attributes(name: str, text: str) -> dict[str, Any]:
    if name == "KeyError":
        try:
            key = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return {}
        return {"key": key} if isinstance(key, str) else {}
    module = _NO_MODULE.match(text) if name == "ModuleNotFoundError" else None
    if module:
        return {"name": module["name"]}
    none = _OF_NONE.match(text) if name == "AttributeError" else None
    return {"name": none["name"], "is_of_none": True} if none else {}


def _frames(lines: Sequence[str], where: Surroundings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        match = _FRAME.fullmatch(line)
        if match is None:
            continue
        owner, file, module = _place(match["file"], where)
        if owner == "stdlib" and module in _IMPORTING:
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        printed = "" if _FRAME.fullmatch(following) else following.strip()
        at = int(match["line"])
        found.append(
            {
                "file": file,
                "line": at,
                # A syntax error has a place, but no function.
                "function": match["name"] or "<module>",
                "module": module if match["name"] else "",
                "owner": owner,
                "statement": _statement(where.read(file), at) if owner == "app" else printed,
                "names": {},
            }
        )
    return (
        found
        if len(found) <= 2 * _MOST_FRAMES
        else found[:_MOST_FRAMES] + found[-_MOST_FRAMES:]
    )


def _place(path: str, where: Surroundings) -> tuple[str, str, str]:
    """Return whose file it is, its path in their folder, and the name of the module."""
    frozen, package = _FROZEN.fullmatch(path), _PACKAGES.fullmatch(path)
    if frozen:
        return "stdlib", path, frozen["module"]
    if package:
        return "package", package["rest"], _module(package["rest"])
    library = _LIBRARY.fullmatch(path)
    if library:
        return "stdlib", library["rest"], _module(library["rest"])
    if not path.startswith(f"{where.app}/"):
        return "package", path, ""
    file = path.removeprefix(f"{where.app}/")
    inside = file.removeprefix(f"{where.project}/") if where.project else file
    return "app", file, "__main__" if inside == "manage.py" else _module(inside)


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _statement(text: str | None, line: int) -> str:
    """Return the statement at a line; of a block, nothing."""
    tree = parse_module(text) if text else None
    path = path_to(tree.body, line) if tree else []
    return ast.unparse(path[-1]) if path and not blocks(path[-1]) else ""
