"""The text of a traceback tells which exceptions it shows, and whose code raised them."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.domain.django.printed_traceback import Surroundings, exceptions_at_end

PACKAGES = "/srv/x/.slipway/venv/lib/python3.12/site-packages"
DJANGO = f'''\
  File "/srv/x/back/manage.py", line 4, in <module>
    execute_from_command_line(sys.argv)
  File "{PACKAGES}/django/conf/__init__.py", line 81, in __getattr__
    self._setup(name)
    ~~~~~~~~~~~^^^^^^
  File "/usr/lib/python3.12/importlib/__init__.py", line 90, in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
  File "<frozen importlib._bootstrap>", line 1387, in _gcd_import
  File "/srv/x/back/site1/settings.py", line 2, in <module>
    DEPTH = int(
'''
MISSING = f"""\
Migrating
Traceback (most recent call last):
{DJANGO}  File "<frozen os>", line 685, in __getitem__
KeyError: 'DEPTH'
"""
TEXTS = {
    "back/site1/settings.py": "import os\nDEPTH = int(\n    os.environ['DEPTH'],\n)\n",
}
SURROUNDINGS = Surroundings(app="/srv/x", project="back", read=TEXTS.get)


def at_end(output: str) -> list[dict[str, Any]]:
    return exceptions_at_end(output, SURROUNDINGS)


def test_each_frame_has_its_owner_its_module_and_its_statement() -> None:
    (one,) = at_end(MISSING)
    assert one["types"][:3] == [
        f"builtins.{it}" for it in ("KeyError", "LookupError", "Exception")
    ]
    assert one["attributes"] == {"key": "DEPTH"}
    assert [(it["owner"], it["file"], it["line"], it["module"]) for it in one["frames"]] == [
        ("app", "back/manage.py", 4, "__main__"),
        ("package", "django/conf/__init__.py", 81, "django.conf"),
        ("app", "back/site1/settings.py", 2, "site1.settings"),
        ("stdlib", "<frozen os>", 685, "os"),
    ]
    assert one["frames"][1]["statement"] == "self._setup(name)"
    assert one["frames"][2]["statement"] == "DEPTH = int(os.environ['DEPTH'])"


def test_exceptions_refer_to_those_that_led_to_them() -> None:
    frame = '  File "/srv/x/a.py", line 1, in f\n    f()\n'
    output = (
        f"Traceback (most recent call last):\n{frame}ValueError: a\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        f"Traceback (most recent call last):\n{frame}psycopg.OperationalError: b\n"
        "\tIs the server running?\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        f"Traceback (most recent call last):\n{frame}django.db.utils.OperationalError: b\n"
        "Multiple connection attempts failed. All failures were:\n- host: 'db', port: '1'\n\n"
    )
    last, middle, first = at_end(f"Traceback (most recent call last):\nKeyError: 1\n\n{output}")
    assert last["text"].splitlines()[0] == "b"
    assert [last["cause"], last["context"]] == [1, None]
    assert [middle["cause"], middle["context"]] == [None, 2]
    assert [first["cause"], first["context"]] == [None, None]
    assert [it["types"][0] for it in (last, middle, first)] == [
        "django.db.utils.OperationalError",
        "psycopg.OperationalError",
        "builtins.ValueError",
    ]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("ModuleNotFoundError: No module named 'a.b'; 'a' is not a package", {"name": "a.b"}),
        (
            "AttributeError: 'NoneType' object has no attribute 'split'",
            {"name": "split", "is_of_none": True},
        ),
        ("KeyError: 3", {}),
        ("KeyError: <object at 0x0>", {}),
        ("ValueError", {}),
    ],
)
def test_the_text_tells_what_python_puts_into_it(
    raised: str, expected: dict[str, object]
) -> None:
    (one,) = at_end(f"Traceback (most recent call last):\n{DJANGO}{raised}\n")
    assert one["attributes"] == expected


def test_a_syntax_error_has_a_place_of_its_own() -> None:
    place = '  File "/srv/x/back/site1/settings.py", line 3\n    A = (\n        ^\n'
    (one,) = at_end(
        f"Traceback (most recent call last):\n{DJANGO}{place}SyntaxError: '(' was never closed"
    )
    last = one["frames"][-1]
    assert (last["file"], last["line"], last["module"]) == ("back/site1/settings.py", 3, "")


def test_libraries_name_the_variable_in_the_text() -> None:
    frame = (
        f'  File "{PACKAGES}/decouple.py", line 92, in get\n    raise UndefinedValueError(\n'
    )
    text = "decouple.UndefinedValueError: TOKEN not found. Declare it as envvar or define a"
    (one,) = at_end(f"Traceback (most recent call last):\n{DJANGO}{frame}{text} default value.")
    assert one["frames"][-1]["names"] == {"option": "TOKEN"}


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Traceback (most recent call last):\n",
        f"Traceback (most recent call last):\n{DJANGO}",
        MISSING + "Not ready\n",
        MISSING + "bin/post_compile: line 5: ./no-such-program: No such file or directory\n",
        "  + Exception Group Traceback (most recent call last):\n  | ValueError: a\n",
    ],
)
def test_an_output_that_ends_otherwise_has_no_exceptions(output: str) -> None:
    assert at_end(output) == []
