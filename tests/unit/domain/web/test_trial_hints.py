"""The usual faults of a new app are found in its log, and named once."""

from __future__ import annotations

import pytest

from slipway.domain.web.trial_hints import TrialHints

PORT = 41234
LINE = '127.0.0.1 - - [28/Nov/2026:15:00:00 +0000] "GET {} HTTP/1.1" {} 143 "-" "curl"'


def hints(line: str, *packages: str) -> str:
    return " ".join(TrialHints(packages, PORT).in_line(line))


@pytest.mark.parametrize(
    "line",
    [
        "django.db.utils.OperationalError: no such table: shop_item",
        'psycopg.errors.UndefinedTable: relation "shop_item" does not exist',
        "MySQLdb.ProgrammingError: (1146, \"Table 'shop_item' doesn't exist\")",
    ],
)
def test_a_missing_table_is_named(line: str) -> None:
    assert "has no table shop_item" in hints(line)


@pytest.mark.parametrize(
    ("path", "status", "packages", "words"),
    [
        ("/", 400, ["django"], "ALLOWED_HOSTS"),
        ("/", 500, ["django"], "LOGGING"),
        ("/static/admin/css/base.css", 404, ["django"], "set STATIC_ROOT in the settings"),
        ("/static/a.css", 404, ["django", "whitenoise"], "see above whether collectstatic"),
        ("/", 404, ["django"], ""),
        ("/", 200, ["django"], ""),
        ("/", 400, ["flask"], ""),
        ("/static/a.css", 404, ["flask"], ""),
    ],
)
def test_a_response_of_django_gives_a_hint(
    path: str, status: int, packages: list[str], words: str
) -> None:
    found = hints(LINE.format(path, status), *packages)
    assert (words in found) if words else (found == "")


def test_a_program_that_asks_for_input_is_told_that_there_is_none() -> None:
    assert "asks for input" in hints("EOFError: EOF when reading a line")


def test_a_line_of_uvicorn_is_understood() -> None:
    line = 'INFO:     127.0.0.1:41234 - "GET / HTTP/1.1" 400 Bad Request'
    assert "ALLOWED_HOSTS" in hints(line, "django")


def test_each_hint_is_given_once() -> None:
    found = TrialHints(["django"], PORT)
    assert [*found.in_line(LINE.format("/", 400))]
    assert not [*found.in_line(LINE.format("/about", 400))]


def test_a_known_reason_is_not_followed_by_a_guess() -> None:
    found = TrialHints(["django"], PORT)
    assert [*found.in_line("no such table: shop_item")]
    assert not [*found.of_response("/", 500)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (" * Running on http://127.0.0.1:5000", "listens on port 5000"),
        ("INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C)", "port 8000"),
        ("Starting development server at http://127.0.0.1:8000/", "port 8000"),
        ("[INFO] Listening at: http://0.0.0.0:8000 (42)", "which is 41234 now"),
        ("  Local URL: http://localhost:8501", "port 8501"),
        (f"INFO:     Uvicorn running on http://127.0.0.1:{PORT}", "where only programs of"),
        (f"[INFO] Listening at: http://0.0.0.0:{PORT} (42)", ""),
        (f"[INFO] Listening at: http://[::]:{PORT} (42)", ""),
        ("Cannot connect to http://localhost:9200/index", ""),
        ("Running job 3", ""),
    ],
)
def test_an_address_that_a_platform_does_not_reach_is_named(line: str, words: str) -> None:
    found = hints(line)
    assert (words in found) if words else (found == "")
