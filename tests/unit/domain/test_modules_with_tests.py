"""What a module has for unittest and pytest is read from its source."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

import pytest

from slipway.domain.modules_with_tests import (
    is_among_tests,
    may_have_tests,
    read_module,
    unseen,
    with_imported,
)
from unit.samples import write_files

CASE = "import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self): ...\n"


def kinds(text: str) -> str:
    module = read_module("test_a.py", text)
    if module is None:
        return ""
    found = {
        "cases": module.has_cases,
        "may": module.may_have_cases and not module.has_cases,
        "others": module.has_others,
    }
    return " ".join(name for name, has in found.items() if has)


@pytest.mark.parametrize(
    "text",
    [
        CASE,
        "class A(TestCase[int]):\n    def testA(self): ...\n",
        "class A(mixins.Harbour):\n    def test_a(self): ...\n",
        "class A(TestCase): ...\nclass B(A):\n    def test_a(self): ...\n",
        "class M(object):\n    def test_a(self): ...\nclass A(M, TestCase): ...\n",
        "if DEBUG:\n    class A(TestCase):\n        def test_a(self): ...\n",
        "try:\n    x = 1\nexcept E:\n    class A(TestCase):\n        def test_a(self): ...\n",
        "class A(TestCase:\n    def test_a(self): ...\n",
    ],
)
def test_unittest_finds_tests_in_a_module(text: str) -> None:
    assert kinds(text) == "cases"


@pytest.mark.parametrize(
    "text",
    [
        "class A(HarbourTestCase): ...\n",
        "class A(HarbourMixin, TestCase): ...\n",
        "class A(TestCase):\n    test_a = checks_of(tides)\n",
        "class A(TestCase):\n    for name in NAMES: exec(name)\n",
        "@parameterized(1, 2)\nclass A(TestCase): ...\n",
        "import unittest\nA = made(1)\n",
        "import unittest\nA = B = other.made(unittest.TestCase)\n",
        "globals()['A'] = type('A', (unittest.TestCase,), methods)\n",
        "import unittest\n@a_case\ndef checks(): ...\n",
        "from unittest import TestCase\nfor name in NAMES:\n    make(name)\n",
        "class A(TestCase): ...\nsetattr(A, 'test_a', check)\n",
        "def load_tests(loader, tests, pattern): ...\n",
        "load_tests = doctests_of(tides)\n",
        "from harbour.tests.views import TidesTest\n",
        "from harbour.checks import *\n",
        "testing = 1 +\n",
    ],
)
def test_code_may_make_tests_for_unittest(text: str) -> None:
    assert kinds(text) == "may"


@pytest.mark.parametrize(
    "text",
    [
        "def test_a(client): ...\n",
        "async def test_a(): ...\n",
        "class TestA:\n    def test_a(self): ...\n",
        "class TestA(object):\n    def test_a(self): ...\n",
        "class TestA(LoginMixin):\n    def test_a(self): ...\n",
        "class A: ...\nclass TestB(A):\n    def test_b(self): ...\n",
        "class Fake(Client): ...\ndef test_a(): ...\n",
        "from django.test import Client, TestCase\ndef test_a(): ...\n",
        "@pytest.mark.django_db\ndef test_a(): ...\n",
        "newer syntax\nimport pytest\nasync def test_a(): ...\n",
    ],
)
def test_only_pytest_runs_the_tests_of_a_module(text: str) -> None:
    assert kinds(text) == "others"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Create your tests here.\n",
        "from django.test import TestCase\n",
        "@pytest.fixture\ndef test_user(): ...\n",
        "@fixture()\ndef test_user(): ...\n",
        "class TestRunner:\n    def run(self): ...\n",
        "def test_email(to):\n    if to:\n        return 'test@' + to\n",
        "class A(TestCase):\n    def check_a(self): assert 0\n",
        "class A(TestCase):\n    names = [*TIDES]\n    @classmethod\n    def setUp(cls): ...\n",
        "class M(object):\n    def test_a(self): ...\nclass A(TestCase): pass\n",
        "import unittest\nif __name__ == '__main__':\n    unittest.main()\n",
        "from unittest import *\nLIMIT: int\nNAMES = ['a']\n",
        "class A(A):\n    def test_a(self): ...\n",
    ],
)
def test_a_module_may_have_no_tests(text: str) -> None:
    assert kinds(text) == ""


def test_a_result_of_an_inner_function_is_none_of_the_test() -> None:
    assert kinds("def test_a():\n    def now(): return 1\n    assert now()\n") == "others"


def test_tests_come_with_what_a_module_imports() -> None:
    files = {
        "site/pages/tests/__init__.py": "from .views import V\nfrom .. import tides\n",
        "site/pages/tests/views.py": "from harbour import *\nfrom ....deep import a\n",
        "site/pages/__init__.py": "from .tests import V\n",
        "site/harbour/__init__.py": CASE,
        "deep.py": "",
    }
    first = read_module("a/tests/__init__.py", files["site/pages/tests/__init__.py"])
    assert first
    assert [one.path for one in with_imported(first, files.get)] == [first.path]
    path = "site/pages/tests/__init__.py"
    first = read_module(path, files[path])
    assert first
    reached = {one.path: one.has_cases for one in with_imported(first, files.get)}
    assert reached == {
        path: False,
        "site/pages/tests/views.py": False,
        "site/pages/__init__.py": False,
        "site/harbour/__init__.py": True,
    }


@pytest.mark.parametrize("before", ["", "newer syntax\n"])
def test_a_module_may_have_tests_for_both(before: str) -> None:
    assert kinds(f"{before}{CASE}\n\ndef test_b(): ...\n") == "cases others"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import pytest", True),
        ("import os, pytest", True),
        ("from pytest import mark", True),
        ("from .pytest import mark", False),
        ("import pytest_django", False),
        ("newer syntax\nimport pytest", True),
        ("try:\n    import pytest\nexcept ImportError:\n    pytest = None", False),
    ],
)
def test_a_module_may_need_pytest_to_be_imported(line: str, *, expected: bool) -> None:
    module = read_module("test_a.py", f"{line}\n{CASE}")
    assert module
    assert module.imports_pytest is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests.py", True),
        ("pages/tests/test_a.py", True),
        ("pages/a_test.py", True),
        ("pages/__init__.py", True),
        ("pages/views.py", False),
        (".cache/test_a.py", False),
        ("env/lib/python3.12/site-packages/django/test.py", False),
    ],
)
def test_modules_with_tests_have_such_paths(path: str, *, expected: bool) -> None:
    assert may_have_tests(path) is expected


def test_the_folder_may_say_that_a_module_has_tests() -> None:
    paths = ("a/tests/views.py", "test/b.py", "tests/test_c.py", "tests.py", "venv/test/d.py")
    assert [*filter(is_among_tests, paths)] == ["a/tests/views.py", "test/b.py"]


PLACES = {
    "test_a.py": "",
    "tests.py": "",
    "pages/__init__.py": "",
    "pages/tests/__init__.py": "",
    "pages/tests/test_b.py": "",
    "lost/test_c.py": "lost/ has no __init__.py",
    "lost/deep/__init__.py": "lost/ has no __init__.py",
    "pages/d_test.py": "its name does not begin with `test`",
    "pages/test-e.py": "its name has a character that is not valid in the name of a module",
}


def test_unittest_itself_finds_the_same_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, dict.fromkeys(PLACES, CASE))
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("test_a", "tests", "pages", "pages.tests", "pages.tests.test_b"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    suite = unittest.TestLoader().discover(str(tmp_path))
    seen = [
        path
        for path in PLACES
        if unseen(path, "", lambda folder: (tmp_path / folder / "__init__.py").is_file())
        is None
    ]
    assert suite.countTestCases() == len(seen)
    for path, reason in PLACES.items():
        why = unseen(path, "", lambda folder: f"{folder}/__init__.py" in PLACES)
        assert (why.reason if why else "") == reason


@pytest.mark.parametrize(
    ("path", "start", "expected"),
    [
        ("pages/a_test.py", "", "pages/test_a.py"),
        ("pages/a_tests.py", "", "pages/test_a.py"),
        ("pages/test-a.py", "", "pages/test_a.py"),
        ("tests/test_a.py", "site", "site/test_a.py"),
        ("lost/test_a.py", "", ""),
    ],
)
def test_a_module_out_of_sight_has_a_place_to_be_found_at(
    path: str, start: str, expected: str
) -> None:
    why = unseen(path, start, lambda folder: folder != "lost")
    assert why
    assert why.new_path == expected
