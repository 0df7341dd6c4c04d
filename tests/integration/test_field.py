"""Each case of the table is built through the classic door."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Container
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from integration.classic_platform import PATH, Platform, Result
from integration.field import (
    cache_faults,
    checkout,
    django,
    django_failures,
    environment,
    failed_builds,
    failed_resolutions,
    files,
    followed_advice,
    hooks,
    hostile_files,
    images,
    index_faults,
    installed,
    left_processes,
    processes,
    python_versions,
    secrets,
    sources,
    start,
    vendored,
    words,
)
from integration.field.table import CASES, Advice, Case, TestedElsewhere
from integration.index import fill_in_the_index
from integration.packages import write_tree
from integration.serving import Dyno
from integration.test_fixtures_served import sentences
from slipway.domain.python.series import MINORS

MODULES = (
    cache_faults,
    checkout,
    django,
    django_failures,
    environment,
    failed_builds,
    failed_resolutions,
    files,
    followed_advice,
    hooks,
    hostile_files,
    images,
    index_faults,
    installed,
    left_processes,
    processes,
    python_versions,
    secrets,
    sources,
    start,
    vendored,
    words,
)
"""Each adds its cases to the table when it is imported."""

DOCUMENTATION = ROOT / "docs" / "compatibility.md"
BUILT = [
    pytest.param(case, id=name, marks=pytest.mark.long if case.is_long else ())
    for name, case in CASES.items()
    if isinstance(case, Case)
]
EVERY_BUILT = [
    pytest.param(case, id=name, marks=pytest.mark.long)
    for name, case in CASES.items()
    if isinstance(case, Case)
]
_MINOR = re.compile(r"\b3\.1\d\b(?!\.\d)")
_HEAD = """\
# Compatibility

Apps bring files for other tools, and a checkout or another buildpack may have changed them.
This page lists what has been tried, and what a build does with it. The tests build these apps,
and write this page.
"""


def available_pythons(home: str | None) -> frozenset[str]:
    """Return the minor versions that builds find: of the system, and of pyenv at home."""
    pyenv = Path(home or "/nowhere", ".pyenv", "versions")
    return frozenset(
        minor
        for minor in MINORS
        if shutil.which(f"python{minor}", path=PATH) or [*pyenv.glob(f"{minor}.*")]
    )


def fit(case: Case, pythons: Container[str]) -> Case:
    """Expect a Python of this machine instead of one that it does not have."""
    if _stops_for_a_python(case):
        return case
    return replace(case, says=tuple(_fitting(text, pythons) for text in case.says))


def _stops_for_a_python(case: Case) -> bool:
    return (case.stops or bool(case.title)) and any(_MINOR.search(text) for text in case.says)


def _fitting(text: str, pythons: Container[str]) -> str:
    own = f"3.{sys.version_info.minor}"
    return _MINOR.sub(lambda found: found[0] if found[0] in pythons else own, text)


def put(case: Case, build: Path, pythons: Container[str], part: str = "") -> Path:
    """Write an app; if the build selects a Python, it must not need one that is missing."""
    shutil.rmtree(build, ignore_errors=True)
    if case.files is None:
        shutil.copytree(FIXTURES / "field" / case.name / part, build, symlinks=True)
    else:
        write_tree(build, {**case.files})
    fill_in_the_index(build)
    for name in () if _stops_for_a_python(case) else (".python-version", "pyproject.toml"):
        file = build / name
        if file.is_file() and not file.is_symlink():
            file.write_bytes(_fitting(file.read_bytes().decode(), pythons).encode())
    lock = build / "uv.lock"
    if lock.is_file() and not _stops_for_a_python(case):
        # uv compares this line with that of pyproject.toml.
        text = lock.read_text("utf-8")
        line = re.search(r"^requires-python = .*$", text, re.MULTILINE)
        if line:
            lock.write_text(text.replace(line[0], _fitting(line[0], pythons), 1), "utf-8")
    if case.prepare:
        case.prepare(build)
    return build


def check(
    case: Case,
    platform: Platform,
    folder: Path,
    toolchain: str = "auto",
    started: Callable[[Path], Dyno] = lambda app: Dyno(app=app),
) -> None:
    """Build an app, follow the steps of its error, and start it where `started` says."""
    always = {"SLIPWAY_TOOLCHAIN": toolchain, "SLIPWAY_BUNDLE_PYTHON": "false"}
    pythons = available_pythons(platform.env.get("HOME"))
    case = fit(case, pythons)
    build = folder / "build"
    result, builder = Result(status=0, out="", err=""), platform
    for part in case.builds or ("",):
        put(case, build, pythons, part)
        environment = {
            name: value.replace("$BUILD", str(build))
            for name, value in case.environment.items()
        }
        builder = replace(platform, env={**platform.env, **environment})
        detected = builder.run_script("detect", build)
        result = (
            builder.compile(build, {**always, **case.config_vars})
            if detected.status == 0
            else detected
        )
        assert result.status in (0, 1), result.all
        # Errors may show the traceback of a build, never one of Slipway.
        own = [line for line in result.err.splitlines() if not line.startswith(" !")]
        assert "Traceback" not in "\n".join(own), result.all
    said = sentences(result.all)
    assert [passage for passage in case.says if passage not in said] == [], result.all
    assert [passage for passage in case.never_says if passage in said] == [], result.all
    assert result.status == (1 if case.stops or case.title else 0), result.all
    if case.title:
        assert title_of(result) == case.title, result.all
    for advice in case.advice:
        assert sentences(advice.text) in said, result.all
        follow(advice, put(case, build, pythons, part))
        config_vars = {**always, **case.config_vars, **advice.config_vars}
        followed = builder.compile(build, config_vars)
        assert title_of(followed) == advice.then, followed.all
    if case.runs or case.page:
        dyno = started(platform.move(build, f"app-{toolchain}"))
        if case.runs:
            ran = dyno.run(case.runs)
            assert ran.status == 0, ran.all
            printed = sentences(ran.all)
            assert [passage for passage in case.prints if passage not in printed] == [], printed
        if case.page:
            with dyno.serve() as site:
                assert case.page in site.get("/").text


def title_of(result: Result) -> str:
    """Return the title of the error that stopped a build; empty if none did."""
    lines = [line.strip() for line in result.err.splitlines() if line.startswith(" !")]
    return lines[0].removeprefix("!     Error: ") if result.status and lines else ""


def follow(advice: Advice, app: Path) -> None:
    for name, content in advice.files.items():
        if content is None:
            (app / name).unlink()
        else:
            write_tree(app, {name: content})
    if advice.commands:
        subprocess.run(["sh", "-e", "-c", advice.commands], cwd=app, check=True)


@pytest.mark.parametrize("case", BUILT)
def test_an_app_gives_what_the_table_says(
    case: Case, platform: Platform, open_folder: Path
) -> None:
    """The stage `long` follows the other steps of an error as well."""
    first = replace(case, advice=case.advice[:1])
    check(first, replace(platform, folder=open_folder), open_folder)


@pytest.mark.parametrize("case", EVERY_BUILT)
def test_an_app_gives_the_same_with_pip_tools(
    case: Case, platform: Platform, open_folder: Path
) -> None:
    check(case, replace(platform, folder=open_folder), open_folder, "pip-tools")


def test_each_fixture_is_in_the_table() -> None:
    assert MODULES
    folders = {path.name for path in (FIXTURES / "field").iterdir()}
    assert folders <= {*CASES}
    for case in CASES.values():
        if isinstance(case, Case):
            assert (case.files is None) == (case.name in folders), case.name


def test_each_test_that_the_table_names_exists() -> None:
    for case in CASES.values():
        if isinstance(case, TestedElsewhere):
            path, _, function = case.test.partition("::")
            tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
            names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert function in names, case.test


def documentation() -> str:
    parts = [_HEAD]
    cases = sorted(CASES.values(), key=lambda case: (case.kind, case.name))
    for kind, group in groupby(cases, key=lambda case: case.kind):
        rows = [f"| `{case.name}` | {_described(case)} |\n" for case in group]
        parts += [f"\n## {kind}\n\n", "| App | Result |\n| --- | --- |\n", *rows]
    return "".join(parts)


def _described(case: Case | TestedElsewhere) -> str:
    title = case.title if isinstance(case, Case) else ""
    return f"Stops: “{title}”. {case.result}".rstrip() if title else case.result


def test_the_documentation_is_the_table(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-words", default=False):
        DOCUMENTATION.write_text(documentation(), "utf-8")
    assert DOCUMENTATION.read_text("utf-8") == documentation()
