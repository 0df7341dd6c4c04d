"""The facts about a failed Django command say whose code it is, and never a value."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from unit.samples import write_files

SCRIPT = ROOT / "lib" / "build_scripts" / "django_command.py"
MANAGEMENT = """\
import importlib
def execute_from_command_line(argv):
    importlib.import_module("site1.settings")
def get_commands():
    return []
"""
MANAGE = """\
from django.core import management
import importlib
importlib.import_module("site1.settings")
"""


class Failed:
    def __init__(self, report: dict[str, Any], output: str) -> None:
        self.report = report
        self.output = output

    @property
    def exceptions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.report["exceptions"]
        return found

    @property
    def owners(self) -> list[tuple[str, str]]:
        return [(it["owner"], it["file"]) for it in self.exceptions[0]["frames"]]


def fail(folder: Path, settings: str, **modules: str) -> Failed:
    """Run a manage.py that imports these settings, with a Django that does nothing."""
    app = write_files(
        folder / "app",
        {
            "manage.py": MANAGE,
            "site1/__init__.py": "",
            "site1/settings.py": settings,
            "django/__init__.py": "",
            "django/core/__init__.py": "",
            "django/core/management/__init__.py": MANAGEMENT,
            **{f"site1/{name}.py": text for name, text in modules.items()},
        },
    )
    report = folder / "report.json"
    request = folder / "request.json"
    asked = {"manage": "manage.py", "arguments": ["collectstatic", "--noinput"]}
    request.write_text(json.dumps({**asked, "may_upload": False, "placeholders": {}}))
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), str(request), str(report)],
        cwd=app,
        env={"PATH": os.environ["PATH"], "PASSWORD": "secret-word", "EMPTY": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return Failed(json.loads(report.read_text("utf-8")), ran.stderr)


def test_frames_say_whose_code_they_are(tmp_path: Path) -> None:
    failed = fail(tmp_path, "import json\njson.loads('{')\n")
    assert failed.owners[:2] == [("app", "manage.py"), ("app", "site1/settings.py")]
    assert failed.owners[-1] == ("stdlib", "json/decoder.py")
    assert "json.decoder.JSONDecodeError" in failed.exceptions[0]["types"]
    statements = [it["statement"] for it in failed.exceptions[0]["frames"]]
    assert statements[1] == "json.loads('{')"


def test_slipways_and_pythons_own_frames_are_left_out(tmp_path: Path) -> None:
    failed = fail(tmp_path, "raise ValueError('tide')\n")
    assert failed.output.endswith("ValueError: tide\n")
    for hidden in ("runpy", "importlib/__init__.py", "<frozen", "build_scripts"):
        assert hidden not in failed.output
        assert not [file for _, file in failed.owners if hidden in file]


def test_the_whole_chain_is_kept_and_printed(tmp_path: Path) -> None:
    text = (
        "try:\n    try:\n        {}['tide']\n    except KeyError as error:\n"
        "        raise ValueError('one') from error\nexcept ValueError:\n"
        "    raise TypeError('two')\n"
    )
    failed = fail(tmp_path, text)
    assert [it["text"] for it in failed.exceptions] == ["two", "one", "'tide'"]
    assert (failed.exceptions[0]["context"], failed.exceptions[1]["cause"]) == (1, 2)
    assert failed.exceptions[2]["attributes"]["key"] == "tide"
    assert failed.output.count("Traceback (most recent call last)") == 3
    assert "build_scripts" not in failed.output


def test_values_of_variables_are_not_written(tmp_path: Path) -> None:
    failed = fail(tmp_path, "import os\nsecret = os.environ['PASSWORD']\n1 / 0\n")
    assert failed.report["variables"]["PASSWORD"] is True
    assert failed.report["variables"]["EMPTY"] is False
    assert "secret-word" not in json.dumps(failed.report)


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("open('no-such-file')", "filename", "no-such-file"),
        ("open(__file__ + '.txt')", "filename", "site1/settings.py.txt"),
        ("import no_such_module", "name", "no_such_module"),
        ("None.split", "is_of_none", True),
        ("''.tide", "is_of_none", False),
        ("import json; json.tide", "module_owner", "stdlib"),
        ("from json import tide", "module_owner", "stdlib"),
    ],
)
def test_exceptions_know_more_than_their_text(
    line: str, key: str, value: object, tmp_path: Path
) -> None:
    failed = fail(tmp_path, f"{line}\n")
    assert failed.exceptions[0]["attributes"][key] == value


ABSENT = {"cmd": "no-such-tool", "is_absent": True}


@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [
        ("'no-such-tool --fast'", "shell=True", ABSENT),
        ("'env no-such-tool'", "shell=True", {"cmd": "env", "is_absent": False}),
        ("'./tool'", "shell=True, cwd='tools'", {"cmd": "./tool", "is_absent": False}),
        ("'tool'", "shell=True, env={'PATH': 'tools'}", {"cmd": "tool", "is_absent": False}),
        ("'cd . && no-such-tool'", "shell=True", {}),
        ("'exec no-such-tool'", "shell=True", {}),
        ("'A=1 no-such-tool'", "shell=True", {}),
        ("['sh', '-c', 'no-such-tool']", "", {"cmd": "sh"}),
        ("pathlib.Path('tools/tool')", "", {"cmd": "tools/tool"}),
    ],
)
def test_the_program_of_a_command_is_known_and_whether_a_shell_has_it(
    command: str, options: str, expected: dict[str, object], tmp_path: Path
) -> None:
    text = (
        "import os, pathlib, subprocess\nos.mkdir('tools')\ntool = pathlib.Path('tools/tool')\n"
        "tool.write_text('#!/bin/sh\\nexit 127\\n')\ntool.chmod(0o755)\n"
        f"subprocess.run({command}, check=True, {options})\n"
    )
    attributes = fail(tmp_path, text).exceptions[0]["attributes"]
    known = {name: attributes[name] for name in ("cmd", "is_absent") if name in attributes}
    assert (attributes["returncode"], known) == (127, expected)


@pytest.mark.parametrize(
    ("text", "line", "statement"),
    [
        ("x = [\n    1,\n    1 / 0,\n]\n", 3, "x = [1, 1 / 0]"),
        ("if 1 / 0:\n    x = 1\n", 1, "1 / 0"),
        ("for x in 1 / 0:\n    x = 1\n", 1, "1 / 0"),
        ("with 1 / 0:\n    x = 1\n", 1, "1 / 0"),
        ("try:\n    1 / 0\nfinally:\n    x = 1\n", 2, "1 / 0"),
        ("assert 1 / 0, 'x'\n", 1, "assert 1 / 0, 'x'"),
    ],
)
def test_the_statement_that_ran_is_kept(
    text: str, line: int, statement: str, tmp_path: Path
) -> None:
    frame = fail(tmp_path, text).exceptions[0]["frames"][-1]
    assert (frame["line"], frame["statement"]) == (line, statement)


def test_a_syntax_error_is_in_the_file_that_has_it(tmp_path: Path) -> None:
    failed = fail(tmp_path, "from site1 import tides\n", tides="def f(:\n")
    assert failed.owners[-1] == ("app", "site1/tides.py")
    assert failed.exceptions[0]["text"] == "invalid syntax"


def test_settings_that_exit_have_failed(tmp_path: Path) -> None:
    failed = fail(tmp_path, "import sys\nsys.exit('no')\n")
    assert failed.exceptions[0]["types"][0] == "builtins.SystemExit"


def test_deep_recursion_keeps_both_ends(tmp_path: Path) -> None:
    failed = fail(tmp_path, "def f():\n    f()\nf()\n")
    frames = failed.exceptions[0]["frames"]
    assert len(frames) <= 80
    assert failed.owners[0] == ("app", "manage.py")
    assert frames[-1]["function"] == "f"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are new in Python 3.11")
def test_members_of_a_group_are_kept(tmp_path: Path) -> None:
    failed = fail(tmp_path, "raise ExceptionGroup('many', [ValueError('a'), KeyError('b')])\n")
    assert failed.exceptions[0]["members"] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "1 error\\n  Bad [type=url, input_value='secret-wo...d, input_type=x', input_type=str]",
        "Bad [type=url, input_value={'a': 'secret-wo'\\n}, input_type=dict]",
        "Port could not be cast to integer value as 'secret-wo'",
    ],
)
def test_pieces_of_values_are_in_neither_report_nor_traceback(
    text: str, tmp_path: Path
) -> None:
    line = f'raise ValueError("""{text}""")'
    failed = fail(
        tmp_path,
        "import base64\nexec(base64.b64decode(open('site1/wrong.py').read()[1:]))\n",
        wrong="#" + base64.b64encode(line.encode()).decode(),
    )
    assert "secret-wo" not in json.dumps(failed.report) + failed.output
    assert "****" in failed.exceptions[0]["text"]
    assert "****" in failed.output


def test_the_package_of_a_missing_module_is_known(tmp_path: Path) -> None:
    failed = fail(tmp_path, "import json.no_such_module\n")
    attributes = failed.exceptions[0]["attributes"]
    assert (attributes["parent"], attributes["parent_owner"]) == ("json", "stdlib")


@pytest.mark.parametrize("handler", ["", " from None"])
def test_a_suppressed_context_is_told(handler: str, tmp_path: Path) -> None:
    text = f"try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError{handler}\n"
    failed = fail(tmp_path, text)
    assert failed.exceptions[0]["is_suppressed"] is bool(handler)


def test_packages_on_the_path_of_a_bundled_python_are_not_of_the_app(tmp_path: Path) -> None:
    package = tmp_path / "app" / "venv" / "site-packages" / "reader.py"
    package.parent.mkdir(parents=True)
    package.write_text("def read(): raise LookupError\n", "utf-8")
    settings = (
        "import sys\nsys.path.append('venv/site-packages')\nimport reader\nreader.read()\n"
    )
    failed = fail(tmp_path, settings)
    assert failed.owners[-2:] == [("app", "site1/settings.py"), ("package", "reader.py")]


def test_arguments_that_fail_when_they_are_looked_at_change_nothing(tmp_path: Path) -> None:
    settings = (
        "class Lazy:\n"
        "    @property\n"
        "    def __class__(self): raise LookupError('looked at')\n"
        "def read(lazy, name): raise KeyError(name)\n"
        "read(Lazy(), 'SECRET_KEY')\n"
    )
    failed = fail(tmp_path, settings)
    assert "looked at" not in failed.output
    assert failed.exceptions[0]["frames"][-1]["names"] == {"name": "SECRET_KEY"}


def test_names_of_variables_are_shown_as_far_as_callers_write_them(tmp_path: Path) -> None:
    settings = (
        "import os\n"
        "def get(name, other):\n    return os.environ[name]\n"
        "PASSWORD = 'SECRET' + '1'\n"
        "get('TIDE', PASSWORD)\n"
    )
    frames = fail(tmp_path, settings).exceptions[0]["frames"]
    assert [it["names"] for it in frames if it["function"] == "get"] == [{"name": "TIDE"}]
