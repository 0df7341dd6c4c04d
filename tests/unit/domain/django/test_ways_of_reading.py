"""The code that reads a variable is found, and the values that it knows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slipway.domain.django.exception_chain import Site
from slipway.domain.django.ways_of_reading import WaysOfReading
from slipway.errors.django import RequiredVariable
from unit.domain.django.failures import PROJECT

FILE = "site1/settings/__init__.py"


def found(
    source: str, line: int, *, more: Mapping[str, str] | None = None, called_at: str = ""
) -> RequiredVariable:
    files = {FILE: source, **(more or {})}

    def entries(folder: str) -> list[str]:
        rest = (it.removeprefix(f"{folder}/") for it in files if it.startswith(f"{folder}/"))
        return sorted(it for it in rest if "/" not in it)

    site = Site(project=PROJECT, read=files.get, entries=entries)
    ways = WaysOfReading(site=site, places=[called_at] if called_at else [])
    return ways.added_to(RequiredVariable(name="TIDE", place=f"{FILE}:{line}"))


@pytest.mark.parametrize(
    ("source", "line", "read"),
    [
        ("A = os.environ['TIDE']", 1, "A = os.environ['TIDE']"),
        ("A = f(\n    os.environ['TIDE'],\n)", 2, "A = f(os.environ['TIDE'])"),
        ("A = 1; B = int(os.environ['TIDE'])", 1, "B = int(os.environ['TIDE'])"),
        ("if os.environ['TIDE']:\n    pass", 1, "os.environ['TIDE']"),
        (
            "raw = os.environ['TIDE']\nB = 1\nA = int(raw)",
            1,
            "raw = os.environ['TIDE']\nA = int(raw)",
        ),
        (
            "s = loads(os.environ['TIDE'])\nC = 1\nm = s['m']\nx = 2\nA = m['a']",
            1,
            "s = loads(os.environ['TIDE'])\nm = s['m']\nA = m['a']",
        ),
        (
            "s = os.environ['TIDE']\nA = {" + "1: s, " * 2000 + "}\nB = int(s)",
            1,
            "s = os.environ['TIDE']\nB = int(s)",
        ),
        ("A = env.int('TIDE')\nenv.seal()", 2, "A = env.int('TIDE')"),
        ("A = 1", 9, ""),
    ],
)
def test_statement_that_reads_a_variable(source: str, line: int, read: str) -> None:
    assert found(source, line).read == read


def test_caller_of_a_function_shows_how_a_value_is_used() -> None:
    source = "def get(name):\n    return os.environ[name]\nA = int(get('TIDE'))"
    assert found(source, 2, called_at=f"{FILE}:3").read == "A = int(get('TIDE'))"


@pytest.mark.parametrize(
    "source",
    [
        "A = {'low': 1, 'prod': 2}\nB = A[os.environ['TIDE']]",
        "A = {'low': 1, 'prod': 2}\nB = A.get(os.environ['TIDE'])",
        "A = 1\nif os.environ['TIDE'] not in ('low', 'prod'):\n    raise E",
        "match os.environ['TIDE']:\n    case 'low':\n        pass\n    case 'prod':\n        x",
        "class A(Enum):\n    LOW = 'low'\n    HIGH = 'prod'\nB = A(os.environ['TIDE'])",
    ],
)
def test_values_that_the_code_knows(source: str) -> None:
    line = next(n for n, text in enumerate(source.split("\n"), 1) if "TIDE" in text)
    assert found(source, line).choices == ("prod", "low")


@pytest.mark.parametrize(
    "source",
    [
        "A = import_module(f'site1.settings.{os.environ[\"TIDE\"]}')",
        "A = import_module('.' + os.environ['TIDE'], __package__)",
        "env = os.environ['TIDE']\ninclude('base.py', f'{env}.py')",
    ],
)
def test_modules_that_a_variable_chooses_from(source: str) -> None:
    more = {f"site1/settings/{it}.py": "" for it in ("base", "local", "live")}
    assert found(source, 1, more=more).choices == ("live", "base", "local")
