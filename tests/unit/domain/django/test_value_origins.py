"""A value that a line cannot do without leads to the variable that it comes from."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slipway.domain.django.value_origins import Use, unset_behind, variables_of

FILE = "site1/settings.py"


def behind(
    source: str,
    line: int,
    *,
    attribute: str | None = None,
    is_raised: bool = False,
    more: Mapping[str, str] | None = None,
) -> list[str]:
    files = {FILE: source, **(more or {})}
    use = Use(module="site1.settings", line=line, attribute=attribute, is_raised=is_raised)
    return [one.name for one in unset_behind(use, files.get, ["SET"])]


@pytest.mark.parametrize(
    ("line", "attribute", "names"),
    [
        ("A = os.environ.get('A').split(',')", "split", ["A"]),
        ("A = os.environ.get('A').split(',')", "strip", []),
        ("A = os.environ.get('SET').split(',')", "split", []),
        ("A = int(os.getenv('A'))", None, ["A"]),
        ("A = 'x' + os.getenv('A')", None, ["A"]),
        ("A = os.getenv('A')[0]", None, ["A"]),
        ("A = [x for x in os.getenv('A')]", None, ["A"]),
        ("A = 'x' in os.getenv('A')", None, ["A"]),
        ("A = parse(os.getenv('A', ''))", None, ["A"]),
        ("A = parse(1, os.getenv('SET'))", None, []),
        ("A = int(os.getenv('A') or '')", None, ["A"]),
        ("A = import_module(f'a.{os.getenv(\"A\")}')", None, ["A"]),
        ("A = TABLE[os.getenv('A')]", None, ["A"]),
        ("A = other()", None, []),
        ("if int(os.getenv('A')):\n    B = int(os.getenv('B'))", None, ["A"]),
        ("for x in os.getenv('A'):\n    B = int(os.getenv('B'))", None, ["A"]),
    ],
)
def test_a_variable_is_behind_a_line_that_cannot_use_none(
    line: str, attribute: str | None, names: list[str]
) -> None:
    assert behind(f"import os\n{line}\n", 2, attribute=attribute) == names


def test_a_name_stands_for_what_was_assigned_to_it() -> None:
    source = "import os\nA = os.getenv('A')\nB = A.split(',')\nA = 1\n"
    assert behind(source, 3, attribute="split") == ["A"]


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("assert 'A' in os.environ", ["A"]),
        ("assert os.getenv('A'), 'please'", ["A"]),
        ("assert os.getenv('A') is not None", ["A"]),
        ("assert os.getenv('A') and os.getenv('B')", ["A", "B"]),
        ("assert not os.getenv('A')", []),
        ("assert A == 1", []),
        ("if not os.getenv('A'):\n    raise ValueError", ["A"]),
        ("if 'A' not in os.environ:\n    raise ValueError", ["A"]),
        ("if os.getenv('A') is None or DEBUG:\n    raise ValueError", ["A"]),
        ("if os.getenv('A') == '':\n    raise ValueError", ["A"]),
        ("if os.getenv('A'):\n    pass\nelse:\n    raise ValueError", ["A"]),
        ("if os.getenv('A'):\n    raise ValueError", []),
        ("if not os.getenv('A'):\n    sys.exit('no')", ["A"]),
        (
            "for x in 'A', 'B', 'SET':\n    if x not in os.environ:\n        raise ValueError",
            ["A", "B"],
        ),
        ("for x in ['A']:\n    if not os.getenv(x):\n        raise ValueError", ["A"]),
        (
            "gone = [x for x in ('A', 'SET') if x not in os.environ]\nif gone:\n    raise E",
            ["A"],
        ),
        ("N = ['A']\ngone = [x for x in N if not os.getenv(x)]\nif gone:\n    raise E", ["A"]),
        ("gone = {'A', 'B'} - set(os.environ)\nif gone:\n    raise E", ["A", "B"]),
        ("if not all(x in os.environ for x in ('A', 'B')):\n    raise E", ["A", "B"]),
        ("M = os.getenv('A')\nif M not in ('low', 'high'):\n    raise E", ["A"]),
        ("N = int(os.getenv('A', '0'))\nif not 0 < N < 9:\n    raise E", ["A"]),
        ("raise ValueError", []),
    ],
)
def test_a_condition_that_fails_names_its_variable(statement: str, names: list[str]) -> None:
    source = f"import os\n{statement}\n"
    line = source.count("\n")
    assert behind(source, line, is_raised=True) == names


def test_the_variable_of_a_setting_is_found_in_a_module_that_is_imported() -> None:
    files = {
        FILE: "from .base import *\n",
        "site1/base.py": "import os\nSECRET_KEY = os.environ.get('A', '')\n",
    }
    (found,) = variables_of("SECRET_KEY", "site1.settings", files.get, [])
    assert (found.name, found.place) == ("A", "site1/base.py:2")
    assert variables_of("OTHER", "site1.settings", files.get, []) == ()
    assert variables_of("SECRET_KEY", "site1.settings", files.get, ["A"]) == ()
