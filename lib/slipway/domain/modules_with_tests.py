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
_WITHOUT_TESTS = re.compile(
    r"object|(?:IsolatedAsyncio|Simple|Transaction|LiveServer|StaticLiveServer)?TestCase"
)
"""Names of the classes of unittest and Django that have no tests themselves."""
_NO_TESTS_FROM = frozenset({"unittest", "django"})
_USUAL_DECORATORS = frozenset({"classmethod", "staticmethod", "property", "fixture", "setter"})

_MOST_LOOKED_FOR = 50_000
"""Paths of imported modules: links to folders can make as many as they like."""

_FUNCTION = re.compile(r"^(?:async )?def test_", re.MULTILINE)
_CASE = re.compile(
    r"^[ \t]{0,8}class \w+\([^)\n]{0,200}(?:test|case)", re.MULTILINE | re.IGNORECASE
)
_IMPORT_OF_PYTEST = re.compile(r"^(?:import|from) pytest\b", re.MULTILINE)
_SAYS_CASE = re.compile("test|case", re.IGNORECASE)
_MAKES_CASES = re.compile(r"unittest|TestCase|\btype\(|load_tests")
_HEAD = re.compile(r"^class \w+(?:\(([^)]{0,400})\))?:", re.MULTILINE)
_METHOD = re.compile(r"^(?: {1,8}|\t)(?:async )?def test", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class ModuleWithTests:
    path: str
    """Relative to the app."""
    has_cases: bool = False
    """Whether it has classes in which unittest, and so Django's runner, finds tests."""
    may_have_cases: bool = False
    """Whether its code, or a base of its classes, may bring such tests."""
    has_others: bool = False
    """Whether it has tests that only pytest runs, such as functions."""
    imports_pytest: bool = False
    """Whether it cannot be imported without pytest."""
    imported: tuple[str, ...] = ()
    """The modules from which it imports names, as in its source: with dots before them."""


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
    return is_named_for_tests(path) or (posixpath.basename(path) == _INIT and _is_of_app(path))


def is_named_for_tests(path: str) -> bool:
    """Return whether the name of a module says that it has tests."""
    name = posixpath.basename(path)
    return _is_of_app(path) and any(fnmatchcase(name, pattern) for pattern in _NAMES)


def is_among_tests(path: str) -> bool:
    """Return whether only the folder of a module says that it may have tests."""
    is_there = path.split("/")[-2:-1] in (["test"], ["tests"])
    return is_there and _is_of_app(path) and not may_have_tests(path)


def _is_of_app(path: str) -> bool:
    folders = path.split("/")[:-1]
    return not any(one.startswith(".") or one in _NOT_OF_THE_APP for one in folders)


def read_module(path: str, text: str) -> ModuleWithTests | None:
    """Return what a module has for the runners of tests; None if that is nothing.

    Of a module that this Python cannot parse, but the app's may, its lines tell.
    """
    has_words = "Test" in text or "test" in text
    if not has_words and "import" not in text:
        return None
    if has_words and _has_only_cases(text):
        return ModuleWithTests(path=path, has_cases=True)
    tree = parse_module(text)
    if tree is None:
        has_others = bool(_FUNCTION.search(text))
        has_cases = bool(_CASE.search(text))
        return ModuleWithTests(
            path=path,
            has_cases=has_cases,
            may_have_cases=not has_cases and not has_others,
            has_others=has_others,
            imports_pytest=bool(_IMPORT_OF_PYTEST.search(text)),
        )
    statements = [*_statements(tree.body)]
    classes = _Classes({one.name: one for one in statements if isinstance(one, ast.ClassDef)})
    cases = {name for name in classes.by_name if classes.is_case(name)}
    found = ModuleWithTests(
        path=path,
        has_cases=any(map(classes.has_tests, cases)),
        may_have_cases=any(map(classes.may_have_tests, cases))
        or any(map(_brings_cases, statements))
        or bool(_MAKES_CASES.search(text) and any(map(_runs_code, statements))),
        has_others=any(
            _is_test(one)
            or (isinstance(one, ast.ClassDef) and one.name not in cases and _is_plain(one))
            for one in statements
        ),
        imports_pytest=any(map(_imports_pytest, tree.body)),
        imported=tuple(
            "." * one.level + (one.module or "")
            for one in statements
            if isinstance(one, ast.ImportFrom)
        ),
    )
    return found if found != ModuleWithTests(path=path) else None


def with_imported(
    module: ModuleWithTests, read: Callable[[str], str | None]
) -> Iterator[ModuleWithTests]:
    """Yield a module and those of the app from which it imports names, one after another.

    unittest runs the test cases that a module has imported, too. `read` returns the text of a
    file, by its path in the app; None if it is missing.
    """
    waiting, seen = [module], {module.path}
    while waiting and len(seen) < _MOST_LOOKED_FOR:
        one = waiting.pop()
        yield one
        for path in _imported_files(one):
            text = None if path in seen else read(path)
            seen.add(path)
            found = read_module(path, text) if text else None
            waiting += [found] if found else []


def _imported_files(module: ModuleWithTests) -> Iterator[str]:
    """Yield where the imported modules may be: any folder above may be one of sys.path."""
    above = module.path.split("/")[:-1]
    for name in module.imported:
        parts = name.lstrip(".").split(".") if name.strip(".") else []
        level = len(name) - len(name.lstrip("."))
        ends = [len(above) + 1 - level] if level else range(len(above) + 1)
        for end in ends:
            whole = "/".join([*above[: max(end, 0)], *parts])
            yield from (f"{whole}.py", posixpath.join(whole, _INIT))


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


def _has_only_cases(text: str) -> bool:
    """Return whether the lines of a module already tell that it has nothing but test cases.

    Each class says so and has tests: parsing the many modules of this kind takes too long.
    """
    if "pytest" in text or _FUNCTION.search(text):
        return False
    heads = [*_HEAD.finditer(text)]
    ends = [one.start() for one in heads[1:]]
    return bool(heads) and all(
        _SAYS_CASE.search(head[1] or "") and _METHOD.search(text, head.end(), end)
        for head, end in zip(heads, [*ends, len(text)], strict=True)
    )


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those in `if` and `try`.

    What only runs if the module is the program itself is left out.
    """
    for one in body:
        if isinstance(one, ast.If) and "'__main__'" in ast.dump(one.test):
            continue
        yield one
        if isinstance(one, ast.If | ast.Try):
            handlers = one.handlers if isinstance(one, ast.Try) else []
            for inner in (one.body, one.orelse, *(handler.body for handler in handlers)):
                yield from _statements(inner)


@dataclass(frozen=True)
class _Classes:
    """The classes of a module, where only the name of a class from elsewhere is known."""

    by_name: Mapping[str, ast.ClassDef]

    def is_case(self, name: str, known: frozenset[str] = frozenset()) -> bool:
        """Return whether unittest takes a class for a test case, by the names of its bases.

        A base from elsewhere counts if its name says so, or if the class has tests.
        """
        if name in known:  # a class that is defined twice
            return False
        has_tests = _has_tests(self.by_name[name])
        for base in self.by_name[name].bases:
            base_name = _last_name(base)
            if self._is_own(base):
                is_case = self.is_case(base_name, known | {name})
            elif _SAYS_CASE.search(base_name):
                is_case = True
            else:
                is_case = has_tests and not _NO_CASES.fullmatch(base_name)
            if is_case:
                return True
        return False

    def has_tests(self, name: str, known: frozenset[str] = frozenset()) -> bool:
        """Return whether a class, or a base of it in the module, has methods with tests."""
        node = self.by_name[name]
        return name not in known and (
            _has_tests(node)
            or any(
                self.has_tests(_last_name(base), known | {name})
                for base in node.bases
                if self._is_own(base)
            )
        )

    def may_have_tests(self, name: str, known: frozenset[str] = frozenset()) -> bool:
        """Return whether a class may get tests from elsewhere."""
        node = self.by_name[name]
        if name in known or node.decorator_list or any(map(_gives_test, node.body)):
            return True
        return any(
            self.may_have_tests(_last_name(base), known | {name})
            if self._is_own(base)
            else not _WITHOUT_TESTS.fullmatch(_last_name(base))
            for base in node.bases
        )

    def _is_own(self, base: ast.expr) -> bool:
        return isinstance(base, ast.Name) and base.id in self.by_name


def _has_tests(node: ast.ClassDef) -> bool:
    return any(
        isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test")
        for one in node.body
    )


def _runs_code(node: ast.stmt) -> bool:
    """Return whether a statement may define more than it says, such as a class."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return not _USUAL_DECORATORS.issuperset(_decorators(node))
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.If | ast.Try):
        return False  # the statements in the last two count themselves
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) and node.value:
        return any(isinstance(one, ast.Call | ast.Name) for one in ast.walk(node.value))
    return not isinstance(node, ast.AnnAssign)


def _gives_test(node: ast.stmt) -> bool:
    """Return whether a statement in a class may define a test in another way than `def`."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [getattr(one, "id", "test") for one in targets]
        return any(name.startswith("test") for name in names)
    return _runs_code(node)


def _decorators(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {
        _last_name(one.func if isinstance(one, ast.Call) else one)
        for one in node.decorator_list
    }


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _is_test(node: ast.stmt) -> bool:
    """Return whether a statement defines a function with a test: no fixture, no helper."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return (
        node.name.startswith("test_")
        and "fixture" not in _decorators(node)
        and not _returns_value(node)
    )


def _returns_value(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function has a result, unlike a test."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return) and node.value:
            return True
        if not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr
        ):
            waiting += ast.iter_child_nodes(node)
    return False


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
    if not isinstance(node, ast.ImportFrom) or node.level:
        return False  # modules of the app are read themselves
    names = [one.asname or one.name for one in node.names]
    parts = (node.module or "").split(".")
    is_of_tests = "tests" in parts
    return parts[0] not in _NO_TESTS_FROM and any(
        name in ("*", "load_tests") or (is_of_tests and "Test" in name) for name in names
    )


def _imports_pytest(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        modules = [one.name for one in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        modules = [node.module or ""]
    else:
        return False
    return any(one.partition(".")[0] == "pytest" for one in modules)
