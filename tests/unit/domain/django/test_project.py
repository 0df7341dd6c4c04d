"""Facts about a Django project are read from its files, without running them."""

from __future__ import annotations

import pytest

from slipway.domain.django.project import (
    DjangoProject,
    application_setting,
    is_manage,
    settings_named_in,
)

STARTPROJECT = """\
#!/usr/bin/env python
import os, sys

def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)

if __name__ == "__main__":
    main()
"""
PYTHON_2 = """\
import os, sys
print "starting"
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'harbour.settings')
"""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param(STARTPROJECT, "harbour.settings", id="startproject"),
        pytest.param(STARTPROJECT.replace("\n", "\r\n"), "harbour.settings", id="CRLF"),
        pytest.param(
            'os.environ["DJANGO_SETTINGS_MODULE"] = "a.settings"', "a.settings", id="assigned"
        ),
        pytest.param(
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.getenv("X", "a.settings"))',
            "a.settings",
            id="default-of-getenv",
        ),
        pytest.param(
            'os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("X", "a.settings")',
            "a.settings",
            id="default-of-environ.get",
        ),
        pytest.param(
            'if X:\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a.b")\n',
            "a.b",
            id="in-an-if",
        ),
        pytest.param(PYTHON_2, "harbour.settings", id="Python-2"),
        pytest.param(
            'print "2"\nos.environ["DJANGO_SETTINGS_MODULE"] = "a.settings"',
            "a.settings",
            id="Python-2-assigned",
        ),
        pytest.param('print "2"', None, id="Python-2-without"),
        pytest.param(
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ name }}.settings")',
            "{{ name }}.settings",
            id="template",
        ),
        pytest.param("{% if x %}\nimport os\n", None, id="template-that-does-not-parse"),
        pytest.param(
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{x}.settings")',
            None,
            id="f-string",
        ),
        pytest.param(
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings())', None, id="computed"
        ),
        pytest.param('os.environ.setdefault("DJANGO", "a.settings")', None, id="another-name"),
        pytest.param('os.environ["DJANGO"] = "a.settings"', None, id="another-name-assigned"),
        pytest.param("import os\0", None, id="null-byte"),
    ],
)
def test_the_default_settings_of_manage_py_are_found(text: str, named: str | None) -> None:
    assert settings_named_in(text) == named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(STARTPROJECT, True, id="startproject"),
        pytest.param(PYTHON_2, True, id="Python-2"),
        pytest.param(
            "from django.core.management import execute_manager\nexecute_manager(settings)",
            True,
            id="Django-1.3",
        ),
        pytest.param("from flask_script import Manager\nManager(app).run()", False, id="Flask"),
        pytest.param("", False, id="empty"),
    ],
)
def test_only_djangos_manage_py_is_recognized(text: str, *, expected: bool) -> None:
    assert is_manage(text) is expected


ABSOLUTE = "from config.settings.base import *\n"
RELATIVE = "from .base import *\n"
BASE = 'WSGI_APPLICATION = "config.wsgi.application"\n'
FOUND = ("config.wsgi:application", "config/settings/base.py")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"config/settings.py": BASE},
            ("config.wsgi:application", "config/settings.py"),
            id="module",
        ),
        pytest.param(
            {"config/settings/__init__.py": RELATIVE, "config/settings/base.py": BASE},
            FOUND,
            id="package-relative",
        ),
        pytest.param(
            {"config/settings/__init__.py": ABSOLUTE, "config/settings/base.py": BASE},
            FOUND,
            id="package-absolute",
        ),
        pytest.param(
            {"config/settings.py": "from . import *", "config/__init__.py": BASE},
            ("config.wsgi:application", "config/__init__.py"),
            id="from-the-package-itself",
        ),
        pytest.param(
            {"config/settings.py": "from ..base import *", "base.py": BASE},
            ("config.wsgi:application", "base.py"),
            id="two-levels-up",
        ),
        pytest.param(
            {
                "config/settings/__init__.py": "from .one import *",
                "config/settings/one.py": f"from . import *\n{RELATIVE}",
                "config/settings/base.py": BASE,
            },
            FOUND,
            id="cycle",
        ),
        pytest.param(
            {
                "config/settings/__init__.py": f"try:\n    {RELATIVE}\nfinally:\n    X = 1",
                "config/settings/base.py": BASE,
            },
            FOUND,
            id="in-a-try",
        ),
        pytest.param(
            {"config/settings.py": f"if DEBUG:\n    {BASE}"},
            ("config.wsgi:application", "config/settings.py"),
            id="in-an-if",
        ),
        pytest.param(
            {"config/settings.py": f"if DEBUG:\n    X = 1\nelse:\n    {BASE}"},
            ("config.wsgi:application", "config/settings.py"),
            id="in-an-else",
        ),
        pytest.param(
            {"config/settings.py": f'{BASE}WSGI_APPLICATION = "other.app"'},
            ("other:app", "config/settings.py"),
            id="the-last-one-wins",
        ),
        pytest.param(
            {
                "config/settings.py": f'WSGI_APPLICATION = "x.y"\n{ABSOLUTE}',
                "config/settings/base.py": BASE,
            },
            FOUND,
            id="an-import-after-it-wins",
        ),
        pytest.param(
            {"config/settings.py": f"{BASE}from missing import *\nfrom os import *"},
            ("config.wsgi:application", "config/settings.py"),
            id="imports-from-elsewhere",
        ),
        pytest.param(
            {"config/settings.py": f"{BASE}WSGI_APPLICATION = None"}, None, id="None-last"
        ),
        pytest.param(
            {"config/settings.py": 'WSGI_APPLICATION="harbour.wsgi.app"'},
            ("harbour.wsgi:app", "config/settings.py"),
            id="no-space-and-another-attribute",
        ),
        pytest.param(
            {"config/settings.py": 'WSGI_APPLICATION: str = "config.wsgi.application"'},
            ("config.wsgi:application", "config/settings.py"),
            id="with-a-type",
        ),
        pytest.param(
            {"config/settings.py": f"WSGI_APPLICATION: str\n{BASE}"},
            ("config.wsgi:application", "config/settings.py"),
            id="with-a-type-only",
        ),
        pytest.param(
            {"config/settings.py": "WSGI_APPLICATION = f'{NAME}.wsgi.application'"},
            None,
            id="f-string",
        ),
        pytest.param(
            {"config/settings.py": "def f():\n    WSGI_APPLICATION = 'a.b'"},
            None,
            id="function",
        ),
        pytest.param(
            {"config/settings.py": "WSGI_APPLICATION = 'application'"}, None, id="no-module"
        ),
        pytest.param(
            {"config/settings.py": "WSGI_APPLICATION = '{{ name }}.wsgi.application'"},
            None,
            id="template",
        ),
        pytest.param({"config/settings.py": f'print "2"\n{BASE}'}, None, id="Python-2"),
        pytest.param({}, None, id="no-settings"),
    ],
)
def test_wsgi_application_is_found_across_settings_modules(
    files: dict[str, str], expected: tuple[str, str] | None
) -> None:
    found = application_setting("config.settings", "WSGI_APPLICATION", files.get)
    assert found == expected


@pytest.mark.parametrize(
    ("manage", "folder"), [("manage.py", ""), ("backend/manage.py", "backend")]
)
def test_the_folder_of_a_project_is_that_of_its_manage_py(manage: str, folder: str) -> None:
    project = DjangoProject(manage=manage, settings=None, settings_origin=None, web=None)
    assert project.folder == folder
