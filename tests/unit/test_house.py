"""Every file follows the house rules that no linter checks."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from conftest import ROOT
from slipway.errors.building import FailedBuild
from slipway.errors.python import RequestRefused, UnfitForPython
from slipway.errors.stopped import BuildStopped, CommandFailed, WrongUsage
from slipway.messages import explain

LIB = ROOT / "lib"
PACKAGE = LIB / "slipway"
VENDOR = ROOT / "vendor"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted([*(LIB / "build_scripts").glob("*.py"), *(LIB / "runtime").glob("*.py")])

STARTS_A_PROCESS = re.compile(
    r"exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?|system|popen|fork(pty)?"
)
NAMELESS = re.compile(
    r"(utils?|helpers?|common|base|managers?|misc)(_.*)?|.*_(utils?|helpers?)"
)
WITHOUT_MESSAGE = {CommandFailed, FailedBuild, RequestRefused, UnfitForPython}
"""Errors that no user sees: steps make them more precise, or they are base classes."""

REPLACED = {
    "piptools.repositories.pypi.PyPIRepository._get_hashes_from_pypi": (
        "pip-compile takes hashes from an API that only one public index has"
    ),
    "pip._vendor.urllib3.Retry": (
        "pip waits as long as an index says, which may be hours, and has no option for it"
    ),
    "django.core.management.execute_from_command_line": (
        "manage.py sets up Django, and then runs no command except collectstatic"
    ),
    "unittest.TextTestRunner.run": (
        "Django's runner succeeds without any test, and has no option to fail then"
    ),
    "nltk.pathsec.ENFORCE": (
        "NLTK downloads nothing from an index or through a proxy in a private network, even if "
        "the user has named it, and has no variable for that"
    ),
    "builtins.open": "an app may write to /dev/null where the kernel lets it create no file",
    "io.open": "as builtins.open, which is the same function",
}
"""Names in other libraries that Slipway replaces at run time, and why. Keep the list short: a
replaced name needs a reason of correctness, and a test that fails if the library changes."""

DECIDING = ("domain", "errors", "messages")
"""Layers without side effects."""
ACTING = ("toolchains", "steps", "platforms", "commands")
"""Layers that use the clock, processes and files only through effects/; they may check which
files exist, and create folders."""

MODULES_WITH_EFFECTS = {
    *("fcntl", "mmap", "selectors", "socket", "subprocess", "tarfile", "tempfile", "time"),
    *("urllib.request", "zipfile"),
}
FUNCTIONS_WITH_EFFECTS = {
    "os": re.compile(
        r"open|read|write|truncate|(re)?(un)?link|symlink|remove(dirs)?|rename|replace|rmdir|"
        r"l?ch(own|mod)|utime|mkfifo|kill(pg)?|copy_file_range|sendfile"
    ),
    "shutil": re.compile(r"(?!which$|ignore_patterns$).*"),
}
PATH_METHODS = {
    *("open", "read_text", "read_bytes", "write_text", "write_bytes", "touch", "unlink"),
    *("rmdir", "rename", "symlink_to", "hardlink_to", "chmod"),
}

# Runs like Slipway: isolated, and only with the wheels in vendor/.
IMPORT_EACH_ALONE = """
import importlib, json, sys, traceback
names, sys.path[:0] = json.loads(sys.argv[1]), json.loads(sys.argv[2])
failures = {}
for together in names:
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == "slipway"]:
        del sys.modules[loaded]
    for name in together:
        try:
            importlib.import_module(name)
        except BaseException:
            failures[name] = traceback.format_exc(limit=-1)
print(json.dumps(failures))
"""


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"), str(module))


@cache
def nodes(module: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(module)))


def place(module: Path, node: ast.AST | None = None) -> str:
    """Return the file, with the line if there is one, in a form that editors can open."""
    line = f":{node.lineno}" if isinstance(node, (ast.stmt, ast.expr)) else ""
    return f"{module.relative_to(ROOT)}{line}"


def uses(module: Path, of: str) -> Iterator[tuple[str, ast.AST]]:
    """Find the names of a module that are used, however they are imported; "" is itself."""
    for node in nodes(module):
        match node:
            case ast.Import(names=names) if of in [alias.name for alias in names]:
                yield "", node
            case ast.ImportFrom(module=source, names=names) if source == of:
                yield from ((alias.name, node) for alias in names)
            case ast.Attribute(value=ast.Name(id=source), attr=name) if source == of:
                yield name, node


def is_in(module: Path, layers: tuple[str, ...]) -> bool:
    return module.relative_to(PACKAGE).parts[0] in layers


def effects_of(module: Path) -> Iterator[tuple[str, ast.AST]]:
    """Find calls that open, write, move or delete files, and modules with other effects."""
    for name in MODULES_WITH_EFFECTS:
        yield from ((name, node) for _, node in uses(module, name))
    for name, pattern in FUNCTIONS_WITH_EFFECTS.items():
        for used, node in uses(module, name):
            if used and pattern.fullmatch(used):
                yield f"{name}.{used}", node
    for node in nodes(module):
        match node:
            case ast.Call(func=ast.Name(id="open")):
                yield "open", node
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in PATH_METHODS:
                # Slipway's own methods may have such a name; anything else is taken for a Path.
                if not (isinstance(value, ast.Name) and value.id in ("self", "files", "os")):
                    yield f"Path.{name}", node


def printing_in(module: Path) -> Iterator[tuple[str, ast.AST]]:
    """Find uses of the standard streams, and of the streams of a console."""
    for name, node in uses(module, "sys"):
        if name.strip("_") in ("stdout", "stderr"):
            yield f"sys.{name}", node
    for name, node in uses(module, "traceback"):
        if name.startswith("print"):
            yield f"traceback.{name}", node
    for node in nodes(module):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield "print", node
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="out" | "err"), attr=n)):
                if n.startswith("write"):
                    yield n, node


def replaced_names(module: Path) -> Iterator[tuple[str, ast.AST]]:
    """Find the places where a name in another module is assigned a new value."""
    origins: dict[str, str] = {}
    for node in nodes(module):
        match node:
            case ast.Import(names=names):
                origins |= {alias.asname or alias.name: alias.name for alias in names}
            case ast.ImportFrom(module=source, names=names):
                origins |= {
                    alias.asname or alias.name: f"{source}.{alias.name}" for alias in names
                }
    for node in nodes(module):
        targets: list[ast.expr] = []
        match node:
            case ast.Assign():
                targets = node.targets
            case ast.Call(
                func=ast.Name(id="setattr"), args=[owner, ast.Constant(value=str(n)), *_]
            ):
                targets = [ast.Attribute(value=owner, attr=n)]
        for target in targets:
            root, _, rest = ast.unparse(target).partition(".")
            if isinstance(target, ast.Attribute) and root in origins:
                yield f"{origins[root]}.{rest}", node


def all_errors(base: type[BuildStopped]) -> Iterator[type[BuildStopped]]:
    for error in base.__subclasses__():
        yield error
        yield from all_errors(error)


def report(problems: list[str], rule: str) -> str:
    """Return a rule and the places that break it, one on each line."""
    return "\n  ".join([f"{rule}:", *problems])


def test_only_cli_reads_the_environment() -> None:
    found = [
        f"{place(module, node)} uses os.{name}"
        for module in MODULES
        if module != PACKAGE / "cli.py"
        for name, node in uses(module, "os")
        if name in ("environ", "environb", "getenv", "getenvb")
    ]
    assert not found, report(
        found, "only cli.py reads the environment; it passes the variables on"
    )


def test_only_one_module_starts_processes() -> None:
    others = [module for module in MODULES if module != PACKAGE / "effects" / "processes.py"]
    found = [
        f"{place(module, node)} uses os.{name}"
        for module in others
        for name, node in uses(module, "os")
        if STARTS_A_PROCESS.fullmatch(name)
    ]
    found += [
        f"{place(module, node)} uses subprocess"
        for module in others
        for _, node in uses(module, "subprocess")
    ]
    assert not found, report(found, "only effects/processes.py starts processes")


def test_only_the_console_prints() -> None:
    exempt = {
        PACKAGE / "__main__.py",  # prints one word before anything else is loaded
        PACKAGE / "cli.py",  # passes the streams to the console
        PACKAGE / "effects" / "console.py",
    }
    found = [
        f"{place(module, node)} uses {name}"
        for module in MODULES
        if module not in exempt
        for name, node in printing_in(module)
    ]
    assert not found, report(
        found, "only effects/console.py prints, because it strikes secrets and escapes"
    )


def test_every_error_has_a_message() -> None:
    unknown = explain.dispatch(object)
    found = [
        error.__name__
        for error in all_errors(BuildStopped)
        if error not in WITHOUT_MESSAGE and explain.dispatch(error) is unknown
    ]
    assert not found, report(
        found, "these errors can reach a user, but no module of messages/ explains them"
    )


def test_every_error_is_a_build_stopped() -> None:
    modules = [
        importlib.import_module(f"slipway.errors.{path.stem}")
        for path in (PACKAGE / "errors").glob("*.py")
    ]
    found = {
        value.__name__
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseException)
    } - {
        BuildStopped.__name__,
        WrongUsage.__name__,
        *(error.__name__ for error in all_errors(BuildStopped)),
    }
    assert not found, report(
        sorted(found), "cli.py reports an error that is not a BuildStopped as a bug"
    )


def test_no_module_has_a_vague_name() -> None:
    found = [
        place(module)
        for module in MODULES
        if any(
            NAMELESS.fullmatch(part) for part in module.relative_to(LIB).with_suffix("").parts
        )
    ]
    assert not found, report(found, "name a module for its subject; these names say nothing")


def test_every_module_has_a_docstring() -> None:
    found = []
    for module in [*MODULES, *SCRIPTS]:
        lines = (ast.get_docstring(tree(module)) or "").splitlines()
        if not lines or not lines[0].endswith(".") or any(lines[1:2]):
            found.append(place(module))
    assert not found, report(
        found, "a module begins with a docstring, and the first line of that is a sentence"
    )


def dotted(module: Path) -> str:
    name = ".".join(module.relative_to(LIB).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported_first(module: Path) -> Iterator[str]:
    """Yield what is imported before a module is complete: its packages, and its imports."""
    parts = dotted(module).split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts)))
    waiting: list[ast.stmt] = [*tree(module).body]
    while waiting:
        match waiting.pop():
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(source), names=names):
                yield from (source, *(f"{source}.{alias.name}" for alias in names))
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=others):
                waiting += others
            case ast.If(body=body) | ast.Try(body=body) | ast.With(body=body):
                waiting += body


def in_cycles(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the modules that import themselves through others."""

    def reachable(start: str) -> set[str]:
        found, waiting = set[str](), [*imports[start]]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += imports[name]
        return found

    return [name for name in imports if name in reachable(name)]


def test_every_module_can_be_imported_alone(tmp_path: Path) -> None:
    """Only modules of an import cycle can fail, depending on which of them comes first.

    A package always comes before its modules, so they are imported after it.
    """
    modules = {dotted(module): module for module in MODULES if module.stem != "__main__"}
    imports = {
        name: {*imported_first(module)} & modules.keys() for name, module in modules.items()
    }
    cyclic = in_cycles(imports)
    assert "slipway.messages.app" in cyclic, "its package imports it"
    packages = tuple(f"{name}." for name in cyclic)
    first = [name for name in cyclic if not name.startswith(packages)]
    rest = [name for name in modules if name not in first]
    names = [*([name] for name in first), rest]
    wheels = [
        wheel for name in ("packaging", "toml", "tomli") for wheel in VENDOR.glob(f"{name}-*")
    ]
    # zipimport does not find the package `ruamel`, which lib/slipway/__main__.py completes.
    for wheel in VENDOR.glob("ruamel_yaml-*"):
        shutil.unpack_archive(wheel, tmp_path, "zip")
    arguments = [json.dumps(names), json.dumps([str(LIB), str(tmp_path), *map(str, wheels)])]
    command = [sys.executable, "-I", "-S", "-c", IMPORT_EACH_ALONE, *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    failures: dict[str, str] = json.loads(finished.stdout)
    found = [f"{name}:\n{error}" for name, error in failures.items()]
    assert not found, report(found, "these modules cannot be imported before another one")


def test_no_two_classes_have_the_same_name() -> None:
    places: dict[str, list[str]] = {}
    for module in MODULES:
        for node in nodes(module):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(place(module, node))
    found = [f"{name}: {', '.join(of)}" for name, of in places.items() if len(of) > 1]
    assert not found, report(found, "each class needs a name that no other class has")


def test_domain_errors_and_messages_have_no_side_effects() -> None:
    found = [
        f"{place(module, node)} uses {name}"
        for module in MODULES
        if is_in(module, DECIDING)
        for name, node in effects_of(module)
    ]
    assert not found, report(
        found, "domain/, errors/ and messages/ have no side effects; use effects/"
    )


def test_only_effects_changes_files() -> None:
    found = [
        f"{place(module, node)} uses {name}"
        for module in MODULES
        if is_in(module, ACTING)
        for name, node in effects_of(module)
    ]
    assert not found, report(
        found, "steps and tools use the clock and files only through effects/"
    )


READERS = {"read_text", "read_bytes"}
READ_ELSEWHERE = {
    "effects/reading.py": "it is the way in which files are read",
    "effects/cache/file_trees.py": "it copies trees with descriptors, and only regular files",
    "effects/interpreters.py": "it reads /proc/self/maps",
}
"""Modules that open files themselves, and why."""


def readings_of(module: Path) -> Iterator[tuple[str, ast.AST]]:
    """Find calls that read a file without effects/reading.py."""
    for node in nodes(module):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in READERS:
                if ast.unparse(owner) != "reading":
                    yield name, node
            case ast.Call(func=ast.Name(id="open"), args=arguments):
                if not _writes(arguments[1:]):
                    yield "open", node
            case ast.Call(func=ast.Attribute(value=owner, attr="open"), args=arguments):
                # Wheels and archives have such a method too, for a file in them.
                is_file = ast.unparse(owner) not in ("self", "zipped", "tarfile", "os")
                if is_file and not _writes(arguments):
                    yield "open", node


def _writes(arguments: list[ast.expr]) -> bool:
    mode = ast.unparse(arguments[0]).strip("'\"") if arguments else "r"
    return any(sign in mode for sign in "wxa+")


def test_files_are_read_one_way() -> None:
    found = [
        f"{place(module, node)} calls {name}"
        for module in MODULES
        if str(module.relative_to(PACKAGE)) not in READ_ELSEWHERE
        for name, node in readings_of(module)
    ]
    assert not found, report(
        found, "only effects/reading.py opens files to read: others may wait or never end"
    )


PACKAGING = {
    *("Requirement", "Marker", "SpecifierSet", "parse_email", "parse_wheel_filename"),
    "parse_sdist_filename",
}


def test_texts_of_packaging_are_parsed_one_way() -> None:
    found = [
        f"{place(module, node)} calls {node.func.id}"
        for module in MODULES
        if is_in(module, ("domain", "toolchains", "steps", "platforms", "commands"))
        and module != PACKAGE / "domain" / "packaging_text.py"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in PACKAGING
        and any(not isinstance(one, ast.Constant) for one in node.args)
    ]
    assert not found, report(
        found, "packaging raises other exceptions than its own for hostile text"
    )


def lists_of_pythons(module: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may be a list of minor versions of Python, or a range of them."""
    for node in nodes(module):
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            values = [getattr(one, "value", None) for one in node.elts]
            if len(values) > 1 and all(re.fullmatch(r"3\.\d\d?", str(one)) for one in values):
                yield "a list", node
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
            values = [getattr(one, "value", None) for one in node.args]
            if len(values) > 1 and {8, 9, 10} & {*values}:
                yield "a range", node


def test_only_one_module_has_a_list_of_pythons() -> None:
    """When a series of Python comes, nothing has to change but that module."""
    series = PACKAGE / "domain" / "python" / "series.py"
    tables = PACKAGE / "domain" / "python" / "django_pythons.py"
    found = [
        f"{place(module, node)}: {what}"
        for module in {*MODULES, *SCRIPTS, *VENDOR.glob("*.py")} - {series, tables}
        for what, node in lists_of_pythons(module)
    ]
    found += [
        f"{place(script)}: a list"
        for script in LIB.glob("*.sh")
        if re.search(r"python3\.\d+\s+python3\.\d", script.read_text("utf-8"))
    ]
    assert not found, report(sorted(found), "domain/python/series.py has the minor versions")


def test_no_unlisted_name_of_another_library_is_replaced() -> None:
    found = [
        f"{place(module, node)} replaces {name}"
        for module in [*MODULES, *SCRIPTS]
        for name, node in replaced_names(module)
        if not name.startswith(("sys.", "slipway.")) and name not in REPLACED
    ]
    assert not found, report(
        found, "use what a library supports, or give a reason of correctness in REPLACED"
    )


def test_tests_and_builds_use_the_same_versions() -> None:
    pin = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
    ours = dict(pin.findall((VENDOR / "wheels.txt").read_text("utf-8")))
    tests = dict(pin.findall((ROOT / "tests" / "requirements.txt").read_text("utf-8")))
    found = [
        f"{name} {version}, but {ours[name]} in vendor/"
        for name, version in tests.items()
        if ours.get(name, version) != version
    ]
    assert not found, report(
        found, "compile tests/requirements.txt again, as tests/requirements.in says"
    )
