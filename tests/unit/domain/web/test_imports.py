"""What importing a module needs is read from the source of the app's modules."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slipway.domain.web.imports import (
    Elsewhere,
    OwnModule,
    Reading,
    read_script,
    read_target,
)


def read(files: Mapping[str, str], attribute: str = "app", module: str = "app") -> Reading:
    """Read a target in an app with these modules; only `flask` and `os` are installed."""

    def find(name: str) -> OwnModule | Elsewhere:
        for file in (f"{name.replace('.', '/')}/__init__.py", f"{name.replace('.', '/')}.py"):
            if file in files:
                is_package = file.endswith("__init__.py")
                return OwnModule(file=file, text=files[file], is_package=is_package)
        if name == "flask.ext":
            return Elsewhere.UNKNOWN
        is_installed = name.partition(".")[0] in ("flask", "os", "sys")
        return Elsewhere.INSTALLED if is_installed else Elsewhere.MISSING

    if module == "__main__":
        return read_script("app.py", files["app.py"], find)
    return read_target(module, attribute, find)


@pytest.mark.parametrize(
    "text",
    [
        "app = 1",
        "app: int = 1",
        "import flask as app",
        "from flask import Flask as app",
        "import app.below\napp = 1",
        "def app(): 0",
        "async def app(): 0",
        "class app: 0",
        "(app, other) = 1, 2",
        "[other, *app] = 1, 2",
        "with open('x') as app: 0",
        "with open('x'):\n    app = 1",
        "if a:\n    app = 1\nelse:\n    app = 2",
        "try:\n    app = 1\nexcept E:\n    app = 2",
        "try:\n    app = 1\nexcept E:\n    raise",
        "try:\n    0\nexcept E:\n    0\nelse:\n    app = 1\nfinally:\n    app = 2",
    ],
)
def test_a_name_that_is_bound_in_any_case_is_certain(text: str) -> None:
    assert read({"app.py": text, "app/below.py": ""}).is_certain


@pytest.mark.parametrize(
    "text",
    [
        "other = 1",
        "app.name = 1",
        "app[0] = 1",
        "if a:\n    app = 1",
        "for app in ():\n    0",
        "while a:\n    app = 1",
        "try:\n    app = 1\nexcept E:\n    0",
        "if __name__ == '__main__':\n    app = 1",
        "def f():\n    app = 1",
        "class C:\n    app = 1",
        "from flask import *",
        "globals()['app'] = 1",
        "app: int",
        "app = (",
        "import sys\nsys.path.insert(0, 'x')\napp = 1",
    ],
)
def test_other_names_need_an_import(text: str) -> None:
    assert not read({"app.py": text}).is_certain


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({"app.py": "import os, tide\napp = 1"}, "tide app.py:1"),
        ({"app.py": "import os\nfrom tide.low import x\napp = 1"}, "tide.low app.py:2"),
        ({"app.py": "import one\napp = 1", "one.py": "import tide"}, "tide one.py:1"),
        (
            {
                "app/__init__.py": "from .web import app",
                "app/web.py": "from . import low\nfrom .. import x\napp = 1",
                "app/low.py": "import tide",
            },
            "tide app/low.py:1",
        ),
        ({"app.py": "from one import two\napp = 1", "one/__init__.py": ""}, ""),
        ({"app.py": "import one.two\napp = 1", "one/__init__.py": ""}, "one.two app.py:1"),
        ({"app.py": "try:\n    import tide\nexcept ImportError:\n    0\napp = 1"}, ""),
        ({"app.py": "if a:\n    import tide\napp = 1"}, ""),
        ({"app.py": "def f():\n    import tide\napp = 1"}, ""),
        ({"app.py": "app = 1\nraise SystemExit\nimport tide"}, ""),
    ],
)
def test_imports_that_run_in_any_case_are_followed(files: dict[str, str], missing: str) -> None:
    found = read(files).missing
    assert " ".join(f"{one.module} {one.file}:{one.line}" for one in found) == missing


def test_an_installed_package_is_enough_only_if_no_name_of_it_is_needed() -> None:
    assert read({}, "", "flask").is_certain
    assert not read({}, "Flask", "flask").is_certain
    assert not read({}, "", "flask.workers").is_certain


def test_a_module_that_an_installed_package_may_not_have_needs_an_import() -> None:
    assert read({"app.py": "import flask.json.tag\napp = 1"}).is_certain
    assert not read({"app.py": "from flask.ext.login import LoginManager as app"}).is_certain
    assert not read({"app.py": "import flask\nimport flask.ext\napp = 1"}).is_certain


def test_a_module_that_changes_where_python_looks_is_noticed() -> None:
    text = "import sys\nsys.path.append('lib')\nimport tide\n"
    reading = read({"app.py": text}, module="__main__")
    assert reading.may_find_more
    assert read({"app.py": "import tide\n"}, module="__main__").missing[0].top == "tide"


def test_no_more_than_some_modules_are_read() -> None:
    files = {f"m{number}.py": f"import m{number + 1}\n" for number in range(200)}
    assert read({"app.py": "import m0\napp = 1\n", **files}).is_certain
