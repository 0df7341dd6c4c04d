"""Recognizes throw-away values where they must not be: in settings, files and failing lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from slipway.domain.django.exception_chain import Failure, Frame
from slipway.domain.django.placeholders import MARKER, Placeholder
from slipway.domain.django.project import ReadText, imported_module, parsed_module
from slipway.domain.django.statements import flat, path_to
from slipway.domain.django.variable_reads import MOST_MODULES, ModuleNames, Names
from slipway.domain.python.syntax import statement_of

_MARKED = re.compile(rf"{MARKER}-[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_RANDOM = re.compile(r"[\w+/=-]{32,}", re.ASCII)
STATIC_SETTINGS = ("STATIC_URL", "STATIC_ROOT", "STATICFILES_STORAGE", "STORAGES")


def marks_of(placeholder: Placeholder) -> tuple[str, ...]:
    """List texts that are nowhere but in the value of a placeholder, or in its files.

    A number, or a word such as `production`, has none.
    """
    texts = (placeholder.value, *placeholder.files.values())
    found = [mark for text in texts for mark in _MARKED.findall(text)]
    if not found and _RANDOM.search(placeholder.value):
        found = [placeholder.value]
    return tuple(dict.fromkeys(found))


def placeholders_in(
    content: bytes, marks: Mapping[str, Collection[str]]
) -> tuple[str, ...] | None:
    """Name the variables whose values are in a file; None if there is no value.

    It is empty if the file has only a part of a value, which those of all variables have.
    """
    found = [
        name for name, texts in marks.items() if any(text.encode() in content for text in texts)
    ]
    return tuple(found) if found or MARKER.encode() in content else None


def computed_from(
    settings: str, read: ReadText, variables: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """Map settings of static files to those of the variables that their expressions read.

    `settings` is a module, `read` returns the text of a file in the folder of manage.py.
    """
    found = {
        name: tuple(it for it in _Origins(read).of_setting(name, settings) if it in variables)
        for name in STATIC_SETTINGS
    }
    return {name: names for name, names in found.items() if names}


def read_at_failure(failure: Failure, variables: Collection[str]) -> str | None:
    """Return the variable that a failing line of the app reads, or gets from a name.

    None if the line would fail with any value.
    """
    module = str(failure.cause.attributes.get("name", ""))
    is_import = failure.cause.is_a("builtins.ImportError") and MARKER not in module
    if is_import or failure.cause.is_a("builtins.NameError", "builtins.SyntaxError"):
        return None
    frames = [it for one in failure.chain for it in reversed(one.frames) if it.is_own]
    for frame in frames:
        node = statement_of(frame.statement)
        if node is None or not frame.module:
            continue
        is_check = frame.runs(ast.Raise) or failure.cause.is_a("builtins.SystemExit")
        nodes = [node, *(_conditions(frame, failure.site.source) if is_check else [])]
        origins = _Origins(failure.site.source)
        found = (it for one in nodes for it in origins.of_node(one, frame.module))
        named = [it.value for it in ast.walk(node) if isinstance(it, ast.Constant)]
        name = next((it for it in (*found, *map(str, named)) if it in variables), None)
        if name is not None:
            return name
    return None


def _conditions(frame: Frame, read: ReadText) -> list[ast.expr]:
    """Return the conditions under which a line runs, the innermost first."""
    parsed = parsed_module(frame.module, read)
    path = path_to(parsed[1].body, frame.line) if parsed else []
    return [it.test for it in reversed(path[:-1]) if isinstance(it, ast.If)]


def document_at_failure(
    failure: Failure, placeholders: Mapping[str, Placeholder]
) -> Placeholder | None:
    """Return the throw-away JSON document on whose content a failing line of the app depends.

    A loop over its members, for example, has not found the one that the line uses.
    """
    own = failure.own
    parsed = parsed_module(own.module, failure.site.source) if own and own.module else None
    if own is None or parsed is None:
        return None
    tree = parsed[1]
    for statement in path_to(tree.body, own.line)[-1:]:
        for name, placeholder in placeholders.items():
            texts = (placeholder.value, *placeholder.files.values())
            if any(it.startswith("{") for it in texts) and _depends(statement, tree, name):
                return placeholder
    return None


def _depends(statement: ast.stmt, tree: ast.Module, variable: str) -> bool:
    """Tell whether a statement uses a variable, or a name that is made from it."""
    made: set[str] = set()
    nodes = (it for it in ast.walk(tree) if isinstance(it, ast.stmt) and it is not statement)
    for node in sorted(nodes, key=lambda it: it.lineno):
        if _uses(node, variable, made):
            made |= {
                it.id
                for it in ast.walk(node)
                if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store)
            }
            made |= {node.name} if isinstance(node, ast.FunctionDef) else set()
    return _uses(statement, variable, made)


def _uses(node: ast.AST, variable: str, names: Collection[str]) -> bool:
    return any(
        (isinstance(it, ast.Name) and it.id in names)
        or (isinstance(it, ast.Constant) and it.value == variable)
        for it in ast.walk(node)
    )


class _Origins:
    """Finds the variables that expressions in modules of the app read, also through names."""

    def __init__(self, read: ReadText) -> None:
        self.read = read
        self.names = ModuleNames(read=read)
        self.seen: set[tuple[str, str]] = set()

    def of_setting(self, name: str, module: str) -> Iterator[str]:
        """Yield what the last assignment to a name at the top of a module reads."""
        parsed = parsed_module(module, self.read)
        if parsed is None or (module, name) in self.seen or len(self.seen) > 10 * MOST_MODULES:
            return
        self.seen.add((module, name))
        file, tree = parsed
        value, origins = None, list[tuple[str, str]]()
        for node in flat(tree.body):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=target)], value=ast.expr() as given)
                    | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as given)
                ) if target == name:
                    value, origins = given, []
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=given) if name in [
                    it.id for it in targets if isinstance(it, ast.Name)
                ]:
                    value, origins = given, []
                case ast.ImportFrom(names=aliases):
                    for alias in aliases:
                        if alias.name == "*" or (alias.asname or alias.name) == name:
                            original = name if alias.name == "*" else alias.name
                            origins.append((imported_module(node, module, file), original))
        if value is not None:
            yield from self.of_node(_static_part(name, value), module)
        for origin, original in origins if value is None else []:
            yield from self.of_setting(original, origin)

    def of_node(self, node: ast.AST, module: str) -> Iterator[str]:
        """Yield the variables that an expression or statement reads."""
        names: Names = self.names.of(module)
        for part in ast.walk(node):
            read = names.read_by(part)
            if read is not None:
                yield read.variable
            elif isinstance(part, ast.Name):
                yield from self.of_setting(part.id, module)


def _static_part(name: str, value: ast.expr) -> ast.expr:
    """Return what STORAGES has for static files; other storages may have any value."""
    if name == "STORAGES" and isinstance(value, ast.Dict):
        for key, part in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "staticfiles":
                return part
    return value
