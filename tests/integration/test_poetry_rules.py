"""Poetry's constraints, markers and hashes, compared with the real Poetry and poetry-core."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier

from integration.locking_tools import tool
from slipway.domain.locks.poetry_content_hash import is_fresh
from slipway.domain.packaging_text import parse_version
from slipway.domain.requirements.poetry_constraints import (
    alternatives,
    is_met,
    one_specifier,
    python_marker,
)
from slipway.domain.toml_text import parse_toml, render_toml

pytestmark = pytest.mark.long

_COUNT = 3000
_OPERATORS = ("", "^", "~", "~=", "=", "==", "!=", ">=", "<=", ">", "<", "^ ", ">= ")
_VERSIONS = (
    *("0", "1", "2", "0.0", "0.1", "1.2", "2.0", "0.0.0", "0.0.3", "0.2.3", "1.2.3", "1.2.3.4"),
    *("1.2b1", "1.0.0rc2", "1.2.dev3", "1!2.0", "2.7", "3.8", "3.10", "3.12.1", "v1.2"),
)
_STARS = ("*", "x", "1.*", "1.2.*", "==1.*", "!=1.2.*", "1.2.3.*", "1.*.*")
_TRIED = (
    *("0", "0.0.1", "0.0.3", "0.0.4", "0.1", "0.1.9", "0.2.3", "0.3", "1", "1.0.0rc2", "1.1"),
    *("1.2b1", "1.2.dev3", "1.2", "1.2.3", "1.2.3.4", "1.2.4", "1.3", "1.9.9", "2.0a1", "2.0"),
    *("2.7", "2.7.18", "3", "3.8", "3.8.1", "3.10.2", "3.12.1", "4.0", "1!2.0", "1!3", "5"),
)
_PYTHONS = ("3.7.9", "3.8.0", "3.8.5", "3.10.0", "3.10.7", "3.12.1", "3.12.2", "3.13.0")
_ASK_POETRY_CORE = """
import json, sys
from poetry.core.constraints.version import Version, parse_constraint
from poetry.core.packages.utils.utils import create_nested_marker
from poetry.core.version.markers import parse_marker
constraints, versions, pythons = json.load(sys.stdin)
found = []
for text in constraints:
    constraint = parse_constraint(text)
    marker = pythons and parse_marker(create_nested_marker("python_version", constraint))
    found.append([
        [constraint.allows(Version.parse(version)) for version in versions],
        [
            marker.validate({
                "python_version": python.rpartition(".")[0], "python_full_version": python
            })
            for python in pythons
        ],
    ])
print(json.dumps(found))
"""
_ASK_POETRY_FOR_HASHES = """
import json, sys
from pathlib import Path
from poetry.packages.locker import Locker
locker = [Locker(Path("poetry.lock"), document) for document in json.load(sys.stdin)]
print(json.dumps([
    [one._get_content_hash(), one._get_content_hash(with_dependency_groups=False)]
    for one in locker
]))
"""


def ask(code: str, question: object) -> list[list[object]]:
    """Return what a program answers that runs in the Python of Poetry."""
    command = [str(tool("poetry").parent / "python"), "-c", code]
    text = json.dumps(question)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    answer: list[list[object]] = json.loads(done.stdout)
    return answer


def constraints() -> list[str]:
    chosen = random.Random(1)  # noqa: S311

    def part() -> str:
        if chosen.random() < 0.2:
            return chosen.choice(_STARS)
        return chosen.choice(_OPERATORS) + chosen.choice(_VERSIONS)

    def alternative() -> str:
        parts = [part() for _ in range(chosen.choice((1, 1, 1, 2)))]
        return chosen.choice((",", ", ", " ")).join(parts)

    return [
        " || ".join(alternative() for _ in range(chosen.choice((1, 1, 1, 2))))
        for _ in range(_COUNT)
    ]


def test_constraints_allow_what_they_allow_for_poetry() -> None:
    written = constraints()
    answers = ask(_ASK_POETRY_CORE, [written, _TRIED, []])
    different = []
    for constraint, (allowed, _) in zip(written, answers, strict=True):
        found = alternatives(constraint)
        own = [is_met(found, version) for version in _TRIED]
        try:
            one = one_specifier(constraint)
        except InvalidSpecifier:
            one = None
        if own != allowed or (one is not None and _differ(one, allowed)):
            different.append((constraint, found, one))
    assert not different


def _differ(specifier: str, allowed: Sequence[object]) -> bool:
    """Return whether a specifier means something else, apart from pre-releases at its ends."""
    return any(
        is_met((specifier,), version) is not expected
        for version, expected in zip(_TRIED, allowed, strict=True)
        if not parse_version(version).is_prerelease
    )


@pytest.mark.parametrize("operators", [("^", "~", ">=", "<"), ("", "==", "!=", "<=", ">")])
def test_constraints_on_python_are_met_as_they_are_for_poetry(operators: Sequence[str]) -> None:
    versions = ("3", "3.8", "3.10", "3.12", "3.8.5", "3.12.1", "3.13", "4.0")
    written = [f"{operator}{version}" for operator in operators for version in versions]
    written += [f"{one} || ~2.7" for one in written] + ["3.8.*", "3.10.* || >=3.12", "!=3.10.*"]
    answers = ask(_ASK_POETRY_CORE, [written, [], _PYTHONS])
    different = []
    for constraint, (_, met) in zip(written, answers, strict=True):
        marker = python_marker(constraint)
        own = [not marker or Marker(marker).evaluate(_markers(python)) for python in _PYTHONS]
        if own != met:
            different.append((constraint, marker, met))
    assert not different


def _markers(python: str) -> dict[str, str]:
    return {"python_version": python.rpartition(".")[0], "python_full_version": python}


_TABLES: Sequence[dict[str, object]] = (
    {},
    {"project": {"name": "x", "version": "1", "requires-python": ">=3.10"}},
    {"project": {"name": "x", "dependencies": ["six", "ünïcode"], "dynamic": ["version"]}},
    {"project": {"name": "x", "optional-dependencies": {"b": ["six"], "a": []}}},
    {"project": {"name": "x", "dependencies": []}},
)
_GROUPS: Sequence[dict[str, object]] = ({}, {"dependency-groups": {"dev": ["pytest"]}})
_POETRY: Sequence[dict[str, object]] = (
    {},
    {"name": "x", "package-mode": False},
    {"dependencies": {"python": "^3.12", "six": {"version": "^1", "optional": True}}},
    {"dev-dependencies": {"pytest": "*"}, "extras": {"a": ["six"]}, "group": {}},
    {"group": {"web": {"dependencies": {"six": "*"}}}, "source": [{"name": "a", "url": "b"}]},
)


def test_hashes_are_those_of_poetry() -> None:
    documents = [
        {**project, **groups, "tool": {"poetry": poetry}}
        for project in _TABLES
        for groups in _GROUPS
        for poetry in _POETRY
    ]
    read = [parse_toml(render_toml(document), "pyproject.toml") for document in documents]
    other = hashlib.sha256(b"").hexdigest()
    for document, (new, old) in zip(read, ask(_ASK_POETRY_FOR_HASHES, read), strict=True):
        assert is_fresh("", new, "2.1", document)
        assert is_fresh("# by Poetry 2.2.1 and\n", old, "2.1", document)
        assert is_fresh("# by Poetry 2.3.0 and\n", old, "2.1", document) is (new == old)
        assert not is_fresh("", other, "2.1", document)
        assert not is_fresh("", other, "2.0", document)


def test_the_tool_is_the_one_that_wrote_the_stored_locks() -> None:
    stored = Path(__file__).parents[1] / "unit/domain/locks/poetry/project/2.5.lock"
    command = [str(tool("poetry")), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    first = stored.read_text("utf-8").partition("\n")[0]
    assert version.split()[2].strip(")") in first
