"""Only variables that settings are certain to need are listed, with their lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from slipway.domain.django.required_variables import (
    required_after,
    required_at,
    required_by_configuration,
)

FILE = "site1/settings.py"


def listed(
    source: str,
    line: int = 1,
    more: Mapping[str, str] | None = None,
    is_set: Collection[str] = (),
) -> list[str]:
    files = {FILE: source, **(more or {})}
    found = required_after([("site1.settings", line)], files.get, is_set)
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("A = os.environ['A']", ["A"]),
        ("A = {'x': os.environ['A'], 'y': [os.environ['B']]}", ["A", "B"]),
        ("A = os.environ['A'] or os.environ['B']", ["A"]),
        ("A = os.environ['A'] if DEBUG else 1", []),
        ("A = lambda: os.environ['A']", []),
        ("A = [os.environ[x] for x in os.environ['A']]", ["A"]),
        ("if os.environ['A']: B = os.environ['B']", ["A"]),
        ("def f(): return os.environ['A']", []),
        ("class C:\n    a = os.environ['A']", ["A"]),
        ("try:\n    A = os.environ['A']\nexcept KeyError:\n    A = 1", []),
        ("try:\n    A = os.environ['A']\nfinally:\n    B = 1", ["A"]),
        ("with x():\n    A = os.environ['A']", ["A"]),
        ("for x in os.environ['A']:\n    os.environ['B']", ["A"]),
        ("match os.environ['A']:\n    case 1: os.environ['B']", ["A"]),
        ("os.environ['A'] = '1'\nA = os.environ['A']", []),
        ("os.environ.setdefault('A', '1')\nA = os.environ['A']", []),
        ("load_dotenv()\nA = os.environ['A']", []),
        ("A = os.environ['A']\nraise ValueError\nB = os.environ['B']", ["A"]),
        ("A = os.getenv('A').split(',')", ["A"]),
        ("A = int(os.getenv('A'))", ["A"]),
        ("A = int(os.getenv('A', 1))", []),
        ("A = os.getenv('A')", []),
        ("A = os.environ['SET']", []),
    ],
)
def test_only_what_is_certain_to_be_evaluated_is_required(line: str, names: list[str]) -> None:
    assert listed(f"import os\n{line}\n", is_set=["SET"]) == names


def test_the_lines_before_the_failing_one_have_run() -> None:
    source = "import os\nA = os.environ['A']\nB = os.environ['B']\nC = os.environ['C']\n"
    assert listed(source, 3) == ["B", "C"]


def test_the_block_of_the_failing_line_is_entered() -> None:
    source = (
        "import os\nif LIVE:\n    A = os.environ['A']\n    B = os.environ['B']\n"
        "else:\n    C = os.environ['C']\nD = os.environ['D']\n"
    )
    assert listed(source, 3) == ["A", "B", "D"]


def test_a_block_with_a_prefix_is_entered_with_it() -> None:
    source = (
        "from environs import Env\nenv = Env()\nwith env.prefixed('MAIL_'):\n"
        "    A = env('A')\n    B = env('B')\nC = env('C')\n"
    )
    assert listed(source, 5) == ["MAIL_B", "C"]


def test_the_failing_line_in_blocks_with_prefixes_is_read_with_them() -> None:
    source = (
        "from environs import Env\nenv = Env()\nwith env.prefixed('SITE_'):\n"
        "    with env.prefixed('MAIL_'):\n        A = env('HOST')\n"
    )
    found = required_at("site1.settings", 5, {FILE: source}.get, ())
    assert [one.name for one in found] == ["SITE_MAIL_HOST"]


def test_modules_of_the_app_are_followed() -> None:
    more = {
        "site1/base.py": "from environs import Env\nenv = Env()\nA = env('A')\n",
        "site1/mail.py": "from .base import env\nB = env.int('B')\n",
        "site1/__init__.py": "",
    }
    source = "from .base import *\nfrom site1 import mail\nimport django\nC = env('C')\n"
    assert listed(source, more=more) == ["A", "B", "C"]


def test_modules_that_import_each_other_end() -> None:
    more = {"site1/a.py": "from .b import *\n", "site1/b.py": "from .a import *\n"}
    assert listed("from .a import *\n", more=more) == []


def test_the_importing_modules_follow_the_imported_one() -> None:
    files = {
        FILE: "from .base import *\nimport os\nB = os.environ['B']\n",
        "site1/base.py": "import os\nA = os.environ['A']\n",
    }
    stack = [("site1.settings", 1), ("site1.base", 2)]
    found = required_after(stack, files.get, [])
    assert [(one.name, one.place) for one in found] == [
        ("A", "site1/base.py:2"),
        ("B", "site1/settings.py:3"),
    ]


@pytest.mark.parametrize("source", ["x = [\n", "", "\x00", "(" * 9000])
def test_a_module_that_cannot_be_parsed_gives_nothing(source: str) -> None:
    assert listed(source) == []


def test_a_configuration_and_its_bases_require_variables() -> None:
    source = (
        "class Base(Configuration):\n    SECRET_KEY = values.SecretValue()\n"
        "    A = values.Value('x')\n"
        "class Live(Base):\n    TIDE = values.Value(environ_required=True)\n"
        "    MAIL = values.SecretValue(environ_prefix=None, environ_name='SMTP')\n"
        "class Other(Base):\n    X = values.SecretValue()\n"
    )
    found = required_by_configuration("site1.settings", "Live", {FILE: source}.get, [])
    assert [one.name for one in found] == ["DJANGO_TIDE", "SMTP", "DJANGO_SECRET_KEY"]
