"""An entry that is not read is named where it resembles one that is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from bound_services.binding import new_binding
from bound_services.misnamed_keys import misnamed_keys

from conftest import ROOT

GOOD = {"host": "h", "port": "1", "database": "d", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("missing", "misnamed"),
    [
        ("password", "pasword"),
        ("password", "PASS"),
        ("password", "db-password"),
        ("username", "usrename"),
        ("host", "hots"),
        ("host", "server"),
        ("database", "databse"),
    ],
)
def test_a_misnamed_entry_is_found(missing: str, misnamed: str) -> None:
    entries = {key: value for key, value in GOOD.items() if key != missing}
    binding = new_binding("x", "db", "postgresql", {**entries, misnamed: "s3cret"})
    assert misnamed_keys(binding, needs_database=True) == [(misnamed, missing)]


def test_further_entries_are_not_mistakes_if_nothing_is_missing() -> None:
    further = {"pasword": "x", "server": "x", "login": "x", "jdbcUrl": "x", "tpye": "x"}
    binding = new_binding("x", "db", "postgresql", {**GOOD, **further, "uri": "mysql://h"})
    assert misnamed_keys(binding, needs_database=True) == []


def test_without_a_type_only_the_type_is_missing() -> None:
    binding = new_binding("x", "db", "", {"tpye": "postgresql", "hots": "h"})
    assert misnamed_keys(binding, needs_database=False) == [("tpye", "type")]


@pytest.mark.parametrize("key", ["type", "TYPE"])
def test_a_type_that_is_empty_or_unreadable_is_not_misnamed(key: str) -> None:
    binding = new_binding("x", "db", "", {"host": "h"}, unreadable={key: "is not a file"})
    assert misnamed_keys(binding, needs_database=False) == []


def test_the_endings_of_text_files_do_not_belong_to_names() -> None:
    binding = new_binding("x", "db", "", {"type.txt": "mysql", "host.txt": "h"})
    assert misnamed_keys(binding, needs_database=False) == [("type.txt", "type")]
    binding = new_binding("x", "db", "mysql", {"host.txt": "h", "user.txt": "u", "ca.txt": "c"})
    expected = [("host.txt", "host"), ("user.txt", "user")]
    assert misnamed_keys(binding, needs_database=True) == expected


def test_an_address_has_the_login_and_the_host() -> None:
    binding = new_binding("x", "db", "mysql", {"uri": "mysql://u:p@h/d", "pasword": "x"})
    assert misnamed_keys(binding, needs_database=True) == []


def test_the_search_costs_nothing_if_nothing_is_missing() -> None:
    script = (
        "import sys; from bound_services.binding import new_binding as n;"
        "from bound_services.misnamed_keys import misnamed_keys as m;"
        f"m(n('x', 'db', 'mysql', {{**{GOOD!r}, 'uri': 'mysql://h', 'plan': 'x'}}),"
        "needs_database=True); print('difflib' in sys.modules)"
    )
    env = {"PYTHONPATH": str(ROOT / "lib" / "runtime")}
    printed = subprocess.check_output([sys.executable, "-S", "-c", script], env=env, text=True)
    assert printed == "False\n"
