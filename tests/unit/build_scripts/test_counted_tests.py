"""A runner that has run no test fails, and any other runs as if it were called by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from unit.samples import write_files

SCRIPT = ROOT / "lib" / "build_scripts" / "counted_tests.py"
CASE = """\
import unittest
import tides

class A(unittest.TestCase):
    {mark}
    def test_a(self):
        self.assertEqual(tides.HIGH, {high})
"""
DJANGO = """\
import sys
from unittest import TestLoader, TextTestRunner

if __name__ == "__main__":
    assert sys.argv == ["manage.py", "test", "--noinput"], sys.argv
    import tides
    result = TextTestRunner().run(TestLoader().discover("."))
    if not result.wasSuccessful():
        sys.exit(1)
"""
"""Like Django's runner: it succeeds without tests."""
MANAGE = ("manage.py", "test", "--noinput")
UNITTEST = ("-m", "unittest", "discover")


def run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(SCRIPT), "NO TEST", *arguments]
    variables = {"PATH": "/usr/bin:/bin", **env}
    return subprocess.run(
        argv, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [MANAGE, UNITTEST])
@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({}, 5),
        ({"test_a.py": "def test_a(client): ...\n"}, 5),
        ({"test_a.py": CASE.format(mark="", high=9)}, 0),
        ({"test_a.py": CASE.format(mark="", high=1)}, 1),
        ({"test_a.py": CASE.format(mark="@unittest.skip('later')", high=1)}, 0),
        ({"test_a.py": "import nowhere\n"}, 1),
    ],
)
def test_the_status_is_that_of_the_runner_unless_no_test_ran(
    files: dict[str, str], status: int, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    write_files(tmp_path, {"manage.py": DJANGO, "tides.py": "HIGH = 9\n", **files})
    ended = run(tmp_path, *arguments)
    assert ended.returncode == status, ended.stderr
    assert ("NO TEST" in ended.stderr) is (status == 5)


def test_a_runner_of_the_app_decides_itself(tmp_path: Path) -> None:
    write_files(tmp_path, {"manage.py": "import sys\nprint(sys.argv[1])\n"})
    ended = run(tmp_path, *MANAGE)
    assert (ended.returncode, ended.stdout) == (0, "test\n")


def test_modules_come_from_the_folder_of_the_app_alone(tmp_path: Path) -> None:
    """Python itself would also look in the folder of the script."""
    code = f"import os, sys\nassert {str(SCRIPT.parent)!r} not in sys.path\nimport tides\n"
    write_files(tmp_path, {"manage.py": code, "tides.py": ""})
    for env in ({}, {"PYTHONSAFEPATH": "1"}):
        assert run(tmp_path, *MANAGE, **env).returncode == 0
