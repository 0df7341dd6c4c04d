"""Which tests the modules of an app have, and which of these modules unittest finds."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from slipway.domain.python.syntax import parse_module

_INIT = "__init__.py"
_NAMES = ("test*.py", "*_test.py", "*_tests.py")
"""Names that unittest or pytest look for, and those that are often meant to be found."""
_FOUND_BY_UNITTEST = re.compile(r"test\w*\.py")
_NOT_OF_THE_APP = frozenset({"site-packages", "node_modules", "venv", "__pycache__"})
_NO_CASES = re.compile(r"(?:\w*Mixin|object|ABC|Generic|Protocol|NamedTuple|TypedDict)")
"""Names of classes that are no test cases by themselves."""

_FUNCTION = re.compile(r"^(?:async )?def test_", re.MULTILINE)
_CASE = re.compile(
    r"^[ \t]{0,8}class \w+\([^)\n]{0,200}(?:test|case)", re.MULTILINE | re.IGNORECASE
)
_IMPORT_OF_PYTEST = re.compile(r"^(?:import|from) pytest\b", re.MULTILINE)
_SAYS_CASE = re.compile("test|case", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ModuleWithTests:
    path: str
    """Relative to the app."""
    has_cases: bool = False
    """Whether unittest, and so Django's runner, may find tests in it."""
    has_others: bool = False
    """Whether it has tests that only pytest runs, such as functions."""
    imports_pytest: bool = False
    """Whether it cannot be imported without pytest."""


@dataclass(frozen=True, kw_only=True)
class UnseenModule:
    """A module with tests that unittest does not find."""

    path: str
    folder: str = ""
    """The folder that the runner looks in, if the module is not below it."""
    not_packages: tuple[str, ...] = ()
    """The folders above the module that have no `__init__.py`."""

    @property
    def reason(self) -> str:
        """Say why, as a clause."""
        name = posixpath.basename(self.path)
        if self.folder:
            return f"it is not in {self.folder}/"
        if self.not_packages:
            return f"{self.not_packages[0]}/ has no {_INIT}"
        if name.startswith("test"):
            return "its name has a character that is not valid in the name of a module"
        return "its name does not begin with `test`"

    @property
    def new_path(self) -> str:
        """Return where the runner would find it; empty if its folders have to change."""
        if self.not_packages:
            return ""
        folder, name = posixpath.split(self.path)
        stem = re.sub(r"_?tests?$", "", name.removesuffix(".py"))
        if not _FOUND_BY_UNITTEST.fullmatch(name):
            name = "_".join(filter(None, ("test", *re.split(r"\W+", stem)))) + ".py"
        return posixpath.join(self.folder or folder, name.replace("test_test_", "test_"))


def may_have_tests(path: str) -> bool:
    """Return whether a module may have tests by its path; `__init__.py` may load them."""
    *folders, name = path.split("/")
    if any(one.startswith(".") or one in _NOT_OF_THE_APP for one in folders):
        return False
    return name == _INIT or any(fnmatchcase(name, pattern) for pattern in _NAMES)


def read_module(path: str, text: str) -> ModuleWithTests | None:
    """Return what a module has for the runners of tests; None if that is nothing.

    Of a module that this Python cannot parse, but the app's may, its lines tell.
    """
    if "Test" not in text and "test" not in text:
        return None
    tree = parse_module(text)
    if tree is None:
        has_others = bool(_FUNCTION.search(text))
        return ModuleWithTests(
            path=path,
            has_cases=not has_others or bool(_CASE.search(text)),
            has_others=has_others,
            imports_pytest=bool(_IMPORT_OF_PYTEST.search(text)),
        )
    statements = [*_statements(tree.body)]
    classes = {one.name: one for one in statements if isinstance(one, ast.ClassDef)}
    cases = {name for name in classes if _is_case(name, classes, frozenset())}
    found = ModuleWithTests(
        path=path,
        has_cases=bool(cases) or any(map(_brings_cases, statements)),
        has_others=any(
            _is_test(one)
            or (isinstance(one, ast.ClassDef) and one.name not in cases and _is_plain(one))
            for one in statements
        ),
        imports_pytest=any(map(_imports_pytest, tree.body)),
    )
    return found if found.has_cases or found.has_others else None


def unseen(path: str, start: str, is_package: Callable[[str], bool]) -> UnseenModule | None:
    """Return why unittest does not find a module from a folder; None if it does.

    https://docs.python.org/3/library/unittest.html#unittest.TestLoader.discover, which
    Django's runner calls as well.
    """
    below = posixpath.relpath(path, start or ".")
    if below.startswith("../"):
        return UnseenModule(path=path, folder=start)
    *parts, name = below.split("/")
    folders = [posixpath.join(start, *parts[:end]) for end in range(1, len(parts) + 1)]
    not_packages = tuple(one for one in folders if not is_package(one))
    if not_packages or (name != _INIT and not _FOUND_BY_UNITTEST.fullmatch(name)):
        return UnseenModule(path=path, not_packages=not_packages)
    return None


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those in `if` and `try`."""
    for one in body:
        yield one
        if isinstance(one, ast.If | ast.Try):
            handlers = one.handlers if isinstance(one, ast.Try) else []
            for inner in (one.body, one.orelse, *(handler.body for handler in handlers)):
                yield from _statements(inner)


def _is_case(name: str, classes: Mapping[str, ast.ClassDef], known: frozenset[str]) -> bool:
    """Return whether unittest may find tests in a class, by the names of its bases.

    Of a class from elsewhere, only the name is known. It counts if that says so, or if the
    class has methods with tests: their runner decides.
    """
    if name in known:  # a class that is defined twice
        return False
    has_tests = any(map(_is_test, classes[name].body))
    for base in classes[name].bases:
        base_name = _last_name(base)
        if base_name in classes and isinstance(base, ast.Name):
            is_case = _is_case(base_name, classes, known | {name})
        elif _SAYS_CASE.search(base_name):
            is_case = True
        else:
            is_case = has_tests and not _NO_CASES.fullmatch(base_name)
        if is_case:
            return True
    return False


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _is_test(node: ast.stmt) -> bool:
    """Return whether a statement defines a function with a test, and no fixture."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return node.name.startswith("test_") and not any(
        _last_name(one.func if isinstance(one, ast.Call) else one) == "fixture"
        for one in node.decorator_list
    )


def _is_plain(node: ast.ClassDef) -> bool:
    """Return whether pytest runs the methods of a class that is no test case."""
    names = {getattr(one, "name", "") for one in node.body}
    return (
        node.name.startswith("Test")
        and "__init__" not in names
        and any(map(_is_test, node.body))
    )


def _brings_cases(node: ast.stmt) -> bool:
    """Return whether a module gets test cases from elsewhere."""
    if isinstance(node, ast.FunctionDef):
        return node.name == "load_tests"
    if isinstance(node, ast.Assign):
        return any(_last_name(one) == "load_tests" for one in node.targets)
    if not isinstance(node, ast.ImportFrom):
        return False
    names = [one.asname or one.name for one in node.names]
    is_of_app = node.level > 0 or "tests" in (node.module or "").split(".")
    return any(name in ("*", "load_tests") or (is_of_app and "Test" in name) for name in names)


def _imports_pytest(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        modules = [one.name for one in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        modules = [node.module or ""]
    else:
        return False
    return any(one.partition(".")[0] == "pytest" for one in modules)
