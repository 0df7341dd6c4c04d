"""The sample apps: Django projects, each with a private package in vendor/."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

LISTS = Path(__file__).resolve().parent / "apps"
NAMES = ("small", "medium", "large")

CHANGED = {"idna": "3.19"}
"""The package that changes, which few others require, and its new version."""
VENDORED = "vendor/harbour-ledger"
LOCK, PROJECT = "uv.lock", "pyproject.toml"
_VENDORED_SOURCE = f"{VENDORED}/src/harbour_ledger/__init__.py"

_SETTINGS = """\
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "of a benchmark"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "harbour.urls"
WSGI_APPLICATION = "harbour.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db"}}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
"""
_FILES: Mapping[str, str] = {
    "manage.py": """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
""",
    "harbour/__init__.py": "",
    "harbour/settings.py": _SETTINGS,
    "harbour/urls.py": """\
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse("Harbour"))]
""",
    "harbour/wsgi.py": """\
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings")
application = get_wsgi_application()
""",
    "static/site.css": "body { margin: 0 }\n",
    f"{VENDORED}/pyproject.toml": """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "harbour-ledger"
version = "1.0"
""",
    _VENDORED_SOURCE: "BERTHS = 12\n",
}


@dataclass(frozen=True, kw_only=True)
class SampleApp:
    """An app that is not built yet."""

    name: str
    requirements: str
    python: str
    """The version that it requests."""
    files: Mapping[str, str]
    vendored: str = ""
    """Its private package, as a requirement for pip."""

    def write(self, folder: Path) -> Path:
        """Write the app to a folder, after removing everything in it."""
        shutil.rmtree(folder, ignore_errors=True)
        files = {**self.files, ".python-version": f"{self.python}\n"}
        if LOCK not in files:
            files["requirements.txt"] = self.requirements
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder


def django_app(name: str, python: str) -> SampleApp:
    """Make the app that requires the packages in `apps/<name>.txt`."""
    return SampleApp(
        name=name,
        requirements=(LISTS / f"{name}.txt").read_text(encoding="utf-8"),
        python=python,
        files=_FILES,
        vendored=f"./{VENDORED}",
    )


def with_project(app: SampleApp) -> SampleApp:
    """Declare the requirements and the private package in a pyproject.toml, for `uv lock`."""
    names = [*app.requirements.split(), "harbour-ledger"]
    text = (
        '[project]\nname = "harbour"\nversion = "1.0"\n'
        f'requires-python = ">={app.python}"\n'
        f"dependencies = {json.dumps(names, indent=4)}\n\n"
        "[tool.uv]\npackage = false\n\n"
        f'[tool.uv.sources]\nharbour-ledger = {{ path = "{VENDORED}" }}\n'
    )
    return replace(app, files={**app.files, PROJECT: text})


def with_lock(app: SampleApp, lock: str) -> SampleApp:
    """Add a lock, which replaces the list of requirements."""
    return replace(app, files={**app.files, LOCK: lock})


def with_comment(app: SampleApp) -> SampleApp:
    """Add a comment to the requirements."""
    return replace(app, requirements=f"# Requirements of the harbour\n{app.requirements}")


def with_view_edited(app: SampleApp) -> SampleApp:
    """Change the response of a view: most deploys change code alone."""
    urls = app.files["harbour/urls.py"].replace('"Harbour"', '"Harbour at night"')
    return replace(app, files={**app.files, "harbour/urls.py": urls})


def with_package_changed(app: SampleApp) -> SampleApp:
    """Require another version of one package."""
    text = app.requirements
    for name, version in CHANGED.items():
        text = re.sub(rf"^{name}==.*$", f"{name}=={version}", text, flags=re.MULTILINE)
    return replace(app, requirements=text)


def with_vendored_changed(app: SampleApp) -> SampleApp:
    """Change one byte of the private package."""
    source = app.files[_VENDORED_SOURCE].replace("12", "13")
    return replace(app, files={**app.files, _VENDORED_SOURCE: source})
