"""The rules of the house that no linter knows hold for every file."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.errors.stopped import BuildStopped, CommandFailed
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
WORDLESS = {CommandFailed}
"""What no user ever sees: the steps turn it into what it means."""

# In pieces, so that this file does not name them either.
HOSTS = [
    ".".join(parts).encode()
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("ftp", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
    )
]

# Runs as the doors run: isolated, and with the wheels of vendor/ alone.
IMPORT_EACH_ALONE = """
import importlib, json, sys, traceback
names, sys.path[:0] = json.loads(sys.argv[1]), json.loads(sys.argv[2])
failures = {}
for name in names:
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == "slipway"]:
        del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except BaseException:
        failures[name] = traceback.format_exc(limit=-1)
print(json.dumps(failures))
"""


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"), str(module))


def place(module: Path, node: ast.AST | None = None) -> str:
    """Give the file, and the line if there is one, as editors open it."""
    line = f":{node.lineno}" if isinstance(node, (ast.stmt, ast.expr)) else ""
    return f"{module.relative_to(ROOT)}{line}"


def uses(module: Path, of: str) -> Iterator[tuple[str, ast.AST]]:
    """Find which names of a module are used, however they are imported; "" is the module."""
    for node in ast.walk(tree(module)):
        match node:
            case ast.Import(names=names) if of in [alias.name for alias in names]:
                yield "", node
            case ast.ImportFrom(module=source, names=names) if source == of:
                yield from ((alias.name, node) for alias in names)
            case ast.Attribute(value=ast.Name(id=source), attr=name) if source == of:
                yield name, node


def all_errors(base: type[BuildStopped]) -> Iterator[type[BuildStopped]]:
    for error in base.__subclasses__():
        yield error
        yield from all_errors(error)


def refuse(problems: list[str], rule: str) -> None:
    if problems:
        pytest.fail("\n  ".join([f"{rule}:", *problems]), pytrace=False)


def test_environment_is_read_in_cli_only() -> None:
    found = [
        f"{place(module, node)} uses os.{name}"
        for module in MODULES
        if module != PACKAGE / "cli.py"
        for name, node in uses(module, "os")
        if name in ("environ", "environb", "getenv", "getenvb")
    ]
    refuse(found, "cli.py reads the environment and hands it on; nothing else reads it")


def test_processes_are_started_in_one_module() -> None:
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
    refuse(found, "effects/processes.py starts processes; nothing else does")


def test_every_error_has_words() -> None:
    unknown = explain.dispatch(object)
    found = [
        error.__name__
        for error in all_errors(BuildStopped)
        if error not in WORDLESS and explain.dispatch(error) is unknown
    ]
    refuse(found, "these errors would reach a user, and no module of messages/ explains them")


def test_every_error_is_in_the_family() -> None:
    modules = (PACKAGE / "errors").glob("*.py")
    family = {error.__name__ for error in all_errors(BuildStopped)} | {BuildStopped.__name__}
    classes = {
        node.name
        for module in modules
        for node in tree(module).body
        if isinstance(node, ast.ClassDef)
    }
    refuse(sorted(classes - family), "these are no BuildStopped, so cli.py takes them for bugs")


def test_every_name_says_what_the_module_is() -> None:
    found = [
        place(module)
        for module in MODULES
        if any(
            NAMELESS.fullmatch(part) for part in module.relative_to(LIB).with_suffix("").parts
        )
    ]
    refuse(found, "a function without a home shows a missing noun; these names say nothing")


def test_every_module_says_what_it_is_for() -> None:
    found = []
    for module in [*MODULES, *SCRIPTS]:
        lines = (ast.get_docstring(tree(module)) or "").splitlines()
        if not lines or not lines[0].endswith(".") or any(lines[1:2]):
            found.append(place(module))
    refuse(found, "the first line of a module is a docstring, and a sentence of its own")


def test_every_module_can_be_imported_alone() -> None:
    paths = (module.relative_to(LIB).with_suffix("") for module in MODULES)
    # __main__ is the program, not a module.
    dotted = [".".join(path.parts) for path in paths if path.name != "__main__"]
    names = [name.removesuffix(".__init__") for name in dotted]
    wheels = [
        wheel for name in ("packaging", "toml", "tomli") for wheel in VENDOR.glob(f"{name}-*")
    ]
    arguments = [json.dumps(names), json.dumps([str(LIB), *map(str, wheels)])]
    command = [sys.executable, "-I", "-S", "-c", IMPORT_EACH_ALONE, *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    failures: dict[str, str] = json.loads(answer.stdout)
    found = [f"{name}:\n{error}" for name, error in failures.items()]
    refuse(found, "these modules need that another one is imported before")


def test_no_file_names_a_package_index() -> None:
    made_here = {ROOT / ".git", ROOT / ".dev"}
    files = [
        Path(folder, name)
        for top in ROOT.iterdir()
        if top not in made_here and top.is_dir()
        for folder, _, names in os.walk(top)
        for name in names
        if not name.endswith((".whl", ".pyc"))
    ]
    files += [path for path in ROOT.iterdir() if path.is_file() and path.name != "export"]
    assert ROOT / "setup.cfg" in files
    found = [
        f"{place(file)} names {host.decode()}"
        for file in files
        if file.is_file()
        for host in HOSTS
        if host in file.read_bytes()
    ]
    refuse(found, "which index is asked is the platform's to say, so none is named here")


def test_tests_run_with_what_builds_run_with() -> None:
    pin = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
    ours = dict(pin.findall((VENDOR / "wheels.txt").read_text("utf-8")))
    tests = dict(pin.findall((ROOT / "tests" / "requirements.txt").read_text("utf-8")))
    found = [
        f"{name} {version}, and {ours[name]} in vendor/"
        for name, version in tests.items()
        if ours.get(name, version) != version
    ]
    refuse(found, "write tests/requirements.txt anew, as tests/requirements.in says")
