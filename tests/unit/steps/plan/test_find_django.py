"""The Django project of an app is found by its files, and never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.django.project import DjangoProject
from slipway.domain.settings import Settings
from slipway.domain.web.launch import Interface
from slipway.effects.files import AppFolder
from slipway.errors.django import ManagePyAmbiguous, ManagePyMissing
from slipway.steps.plan.find_django import find_django
from unit.samples import write_files


def manage(settings: str = "harbour.settings") -> str:
    return f'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")\n'


def wsgi(settings: str = "harbour.settings") -> str:
    return f"{manage(settings)}application = make()\n"


MANAGE = manage()
SETTINGS = 'WSGI_APPLICATION = "harbour.wsgi.application"\n'
SITE = {"harbour/settings.py": SETTINGS, "harbour/wsgi.py": wsgi()}
FLASK = "from flask_script import Manager\n"


def find(root: Path, files: dict[str, str], **settings: str) -> DjangoProject | None:
    made = Settings(
        manage_py=settings.get("manage_py"), settings_module=settings.get("settings_module")
    )
    return find_django(AppFolder(write_files(root, files)), made)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"manage.py": MANAGE}, "manage.py", id="top"),
        pytest.param({"backend/manage.py": MANAGE}, "backend/manage.py", id="depth-1"),
        pytest.param({"src/site/manage.py": MANAGE}, "src/site/manage.py", id="depth-2"),
        pytest.param({"a/b/c/manage.py": MANAGE}, None, id="depth-3"),
        pytest.param(
            {"manage.py": MANAGE, "a/manage.py": MANAGE}, "manage.py", id="top-before-depth-1"
        ),
        pytest.param(
            {"b/manage.py": MANAGE, "a/b/manage.py": MANAGE, "a/c/manage.py": MANAGE},
            "b/manage.py",
            id="depth-1-before-2",
        ),
        pytest.param({"manage.py": FLASK}, None, id="flask-script"),
        pytest.param(
            {"manage.py": FLASK, "site/manage.py": MANAGE},
            "site/manage.py",
            id="flask-script-above-django",
        ),
        pytest.param({"manage.py": "execute_manager(settings)"}, "manage.py", id="old-django"),
        pytest.param(
            {
                f"{folder}/manage.py": MANAGE
                for folder in (
                    "vendor",
                    "tests",
                    "docs",
                    "example",
                    "examples",
                    "node_modules",
                    "static",
                )
            },
            None,
            id="folders-of-other-things",
        ),
        pytest.param({"a/vendor/manage.py": MANAGE}, None, id="folders-of-other-things-below"),
        pytest.param({".venv/manage.py": MANAGE, ".git/manage.py": MANAGE}, None, id="hidden"),
    ],
)
def test_the_nearest_manage_py_is_found(
    files: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    found = find(tmp_path, files)
    assert (found.manage if found else None) == expected


@pytest.mark.parametrize(
    ("vendor", "file", "is_found"),
    [
        (("libs",), "libs/manage.py", False),
        (("libs",), "vendor/manage.py", True),
        (("libs/site",), "libs/site/manage.py", False),
        (("libs/site",), "site/manage.py", True),
        ((), "vendor/manage.py", True),
    ],
)
def test_a_project_in_a_vendor_folder_is_not_the_app(
    vendor: tuple[str, ...], file: str, *, is_found: bool, tmp_path: Path
) -> None:
    app = AppFolder(write_files(tmp_path, {file: MANAGE}))
    found = find_django(app, Settings(vendor=vendor))
    assert (found.manage if found else None) == (file if is_found else None)


def test_two_projects_at_the_same_depth_are_an_error(tmp_path: Path) -> None:
    files = {"shop/manage.py": MANAGE, "blog/manage.py": MANAGE, "tool/manage.py": FLASK}
    with pytest.raises(ManagePyAmbiguous) as ambiguous:
        find(tmp_path, files)
    assert ambiguous.value.candidates == ("blog/manage.py", "shop/manage.py")


def test_a_setting_chooses_between_projects(tmp_path: Path) -> None:
    files = {"shop/manage.py": MANAGE, "blog/manage.py": MANAGE}
    found = find(tmp_path, files, manage_py="shop/manage.py")
    assert found is not None
    assert (found.manage, found.folder) == ("shop/manage.py", "shop")


def test_a_missing_manage_py_that_a_setting_names_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManagePyMissing) as missing:
        find(tmp_path, {"manage.py": MANAGE}, manage_py="back/manage.py")
    assert missing.value.path == "back/manage.py"
    assert missing.value.origin == Settings().manage_py_origin


def test_a_new_project_is_served_by_wsgi_application(tmp_path: Path) -> None:
    found = find(tmp_path, {"manage.py": MANAGE, **SITE})
    assert found is not None
    assert (found.settings, found.settings_origin) == ("harbour.settings", "manage.py")
    assert found.web is not None
    assert (found.web.target, found.web.folder) == ("harbour.wsgi:application", "")
    assert found.web.origin == "WSGI_APPLICATION in harbour/settings.py"


def test_a_project_in_a_subfolder_is_served_from_there(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in {"manage.py": MANAGE, **SITE}.items()}
    found = find(tmp_path, files)
    assert found is not None
    assert found.web is not None
    assert (found.web.target, found.web.folder) == ("harbour.wsgi:application", "backend")
    assert found.web.origin == "WSGI_APPLICATION in backend/harbour/settings.py"


PRODUCTION = {
    "manage.py": manage("config.settings.local"),
    "config/settings/base.py": 'WSGI_APPLICATION = "config.wsgi.application"\n',
    "config/settings/local.py": "from .base import *\n",
    "config/settings/production.py": "from .base import *\n",
    "config/wsgi.py": wsgi("config.settings.production"),
}


def test_the_settings_are_those_of_wsgi_py(tmp_path: Path) -> None:
    found = find(tmp_path, PRODUCTION)
    assert found is not None
    assert found.settings == "config.settings.production"
    assert found.settings_origin == "config/wsgi.py"


def test_a_config_variable_wins_over_the_settings_in_files(tmp_path: Path) -> None:
    found = find(tmp_path, PRODUCTION, settings_module="config.settings.base")
    assert found is not None
    assert found.settings == "config.settings.base"
    assert found.settings_origin == "DJANGO_SETTINGS_MODULE"


@pytest.mark.parametrize(
    ("files", "target"),
    [
        pytest.param(
            {**SITE, "harbour/settings.py": 'WSGI_APPLICATION = "harbour.gone.app"'},
            "harbour.wsgi:application",
            id="missing-target",
        ),
        pytest.param(
            {**SITE, "harbour/settings.py": 'WSGI_APPLICATION = "harbour.wsgi.app"'},
            "harbour.wsgi:application",
            id="target-without-the-name",
        ),
        pytest.param(
            {**SITE, "harbour/settings.py": "WSGI_APPLICATION = None"},
            "harbour.wsgi:application",
            id="unset",
        ),
        pytest.param(
            {"harbour/settings.py": "", "site/wsgi.py": wsgi()},
            "site.wsgi:application",
            id="the-only-wsgi-py",
        ),
        pytest.param(
            {"harbour/settings.py": "", "a/wsgi.py": wsgi(), "b/wsgi.py": wsgi()},
            None,
            id="two-wsgi-py",
        ),
        pytest.param(
            {"harbour/settings.py": "", "wsgi.py": wsgi()},
            "wsgi:application",
            id="next-to-manage",
        ),
        pytest.param(
            {"harbour/settings.py": ""},
            "django.core.wsgi:get_wsgi_application()",
            id="no-wsgi-py",
        ),
        pytest.param(
            {"harbour/settings.py": "", "harbour/wsgi.py": "app = 1"},
            "django.core.wsgi:get_wsgi_application()",
            id="wsgi-py-with-another-name",
        ),
        pytest.param(
            {**SITE, "harbour/wsgi.py": "from shared.wsgi import *"},
            "harbour.wsgi:application",
            id="names-that-reading-does-not-tell",
        ),
        pytest.param({"harbour/wsgi.py": "app = 1"}, None, id="wsgi-py-without-application"),
        pytest.param(
            {
                "harbour/settings.py": 'WSGI_APPLICATION = "harbour.web.app"',
                "harbour/web/__init__.py": "from .core import app",
            },
            "harbour.web:app",
            id="package-and-another-name",
        ),
        pytest.param({"my site/wsgi.py": wsgi()}, None, id="folder-that-is-not-a-module"),
        pytest.param(
            {"{{ project_name }}/wsgi.py": wsgi("{{ project_name }}.settings")},
            None,
            id="template",
        ),
    ],
)
def test_only_an_existing_application_is_served(
    files: dict[str, str], target: str | None, tmp_path: Path
) -> None:
    found = find(tmp_path, {"manage.py": MANAGE, **files})
    assert found is not None
    assert (found.web.target if found.web else None) == target


ASGI = 'ASGI_APPLICATION = "harbour.asgi.application"\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, None, id="unset"),
        pytest.param({"harbour/asgi.py": wsgi()}, None, id="file-without-the-setting"),
        pytest.param(
            {"harbour/settings.py": SETTINGS + ASGI, "harbour/asgi.py": wsgi()},
            ("harbour.asgi:application", "Django"),
            id="set",
        ),
        pytest.param(
            {
                "harbour/settings.py": SETTINGS + ASGI,
                "harbour/asgi.py": "from channels.routing import ProtocolTypeRouter\n"
                "application = ProtocolTypeRouter({})\n",
            },
            ("harbour.asgi:application", "Channels"),
            id="channels",
        ),
        pytest.param({"harbour/settings.py": SETTINGS + ASGI}, None, id="missing-target"),
        pytest.param(
            {"harbour/settings.py": SETTINGS + ASGI, "harbour/asgi.py": "app = 1"},
            None,
            id="target-without-the-name",
        ),
    ],
)
def test_an_asgi_application_must_be_named_in_the_settings(
    files: dict[str, str], expected: tuple[str, str] | None, tmp_path: Path
) -> None:
    found = find(tmp_path, {"manage.py": MANAGE, **SITE, **files})
    assert found is not None
    assert (found.asgi and (found.asgi.target, found.asgi.framework)) == expected
    assert found.asgi is None or found.asgi.interface is Interface.ASGI
    assert found.web is not None
    assert found.web.target == "harbour.wsgi:application"


def test_a_project_without_a_wsgi_py_needs_the_variable(tmp_path: Path) -> None:
    with_one = find(tmp_path / "with", {"manage.py": MANAGE, **SITE})
    without = find(tmp_path / "without", {"manage.py": MANAGE, "harbour/settings.py": ""})
    assert with_one is not None
    assert without is not None
    assert (with_one.needs_variable, without.needs_variable) == (False, True)


def test_if_manage_py_names_no_settings_those_of_wsgi_py_are_used(tmp_path: Path) -> None:
    found = find(tmp_path, {"manage.py": "execute_manager(settings)", **SITE})
    assert found is not None
    assert (found.settings, found.settings_origin) == ("harbour.settings", "harbour/wsgi.py")


def test_if_wsgi_py_names_no_settings_those_of_manage_py_are_used(tmp_path: Path) -> None:
    found = find(tmp_path, {"manage.py": MANAGE, **SITE, "harbour/wsgi.py": "application = 1"})
    assert found is not None
    assert (found.settings, found.settings_origin) == ("harbour.settings", "manage.py")


def test_a_linked_manage_py_belongs_to_the_folder_of_the_file(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in {"manage.py": MANAGE, **SITE}.items()}
    (tmp_path / "manage.py").symlink_to("backend/manage.py")
    found = find(tmp_path, files)
    assert found is not None
    assert (found.manage, found.folder) == ("backend/manage.py", "backend")
    assert found.web is not None
    assert (found.web.target, found.web.folder) == ("harbour.wsgi:application", "backend")


def test_a_folder_with_two_names_has_one_project(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in {"manage.py": MANAGE, **SITE}.items()}
    (tmp_path / "current").symlink_to("backend")
    found = find(tmp_path, files)
    assert found is not None
    assert found.manage == "backend/manage.py"


def test_a_manage_py_with_a_bom_and_crlf_is_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "manage.py").write_bytes(
        b"\xef\xbb\xbf" + MANAGE.replace("\n", "\r\n").encode()
    )
    found = find(tmp_path, SITE)
    assert found is not None
    assert found.settings == "harbour.settings"
