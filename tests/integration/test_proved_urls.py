"""A build imports what a Django site needs for its first pages: the URLconf, template tags."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from integration.classic_platform import Platform, Result
from integration.packages import write_tree
from slipway.domain.django.exception_chain import Site
from slipway.domain.django.project import DjangoProject
from slipway.domain.django.urlconf_failure import meaning_for_pages
from slipway.domain.web.fault_words import what_happens
from slipway.domain.web.targets import StartTarget
from slipway.effects.files import AppFolder
from slipway.errors.web import Fault, Why
from slipway.steps.module_finder import text_of

SCRIPT = ROOT / "lib" / "build_scripts" / "django_command.py"
MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quay.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
SECRET_KEY = os.environ.get("SECRET_KEY", "x")
INSTALLED_APPS = ["django.contrib.staticfiles", "django.contrib.contenttypes", "quay"]
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
]
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(os.path.dirname(__file__), "..", "staticfiles")
ROOT_URLCONF = "quay.urls"
WSGI_APPLICATION = "quay.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "quay.sqlite3"}}
"""
WSGI = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quay.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
URLS = "from django.urls import path\nfrom quay import views\n"
FORM = """\
from django import forms
from quay.models import Ship
class ShipForm(forms.ModelForm):
    class Meta:
        model = Ship
"""
GOOD = "urlpatterns = []\n"
TAGS = "from django import template\nregister = template.Library()\n"
FINE: dict[str, Any] = {"urls": {}, "templates": {}}
APP = {
    "manage.py": MANAGE,
    "quay/__init__.py": "",
    "quay/settings.py": SETTINGS,
    "quay/wsgi.py": WSGI,
    "quay/models.py": "from django.db import models\nclass Ship(models.Model):\n"
    "    name = models.TextField()\n",
    "quay/static/a.css": "a",
    "quay/views.py": "",
}
TARGET = StartTarget(
    program="django", shown="quay.urls", module="quay.urls", folders=("",), start_folder=""
)
PROJECT = DjangoProject(
    manage="manage.py", settings="quay.settings", settings_origin="manage.py", web=None
)


def imported(folder: Path, urls: str, views: str = "", tags: str = "") -> dict[str, Any]:
    """Run collectstatic as a build does; return its report about pages."""
    files = {**APP, "quay/views.py": views, "quay/urls.py": urls}
    files |= {"quay/templatetags/stars.py": tags, "quay/templatetags/__init__.py": ""}
    app = write_tree(folder / "app", files)
    request, report = folder / "request.json", folder / "report.json"
    asked = {"manage": "manage.py", "arguments": ["collectstatic", "--noinput"]}
    options = {"may_upload": False, "placeholders": {}, "pages": True}
    request.write_text(json.dumps({**asked, **options}))
    subprocess.run(
        [sys.executable, "-B", str(SCRIPT), str(request), str(report)],
        cwd=app,
        env={"PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
    )
    assert (app / "staticfiles/a.css").exists()
    assert not (app / "quay.sqlite3").exists()
    found: dict[str, Any] = json.loads(report.read_text())["pages"]
    return found


def meant(folder: Path, urls: str, views: str = "", tags: str = "") -> Fault | str:
    pages = imported(folder, urls, views, tags)
    report = pages["templates" if tags else "urls"]
    files = AppFolder(folder / "app")
    site = Site(project=PROJECT, read=partial(text_of, files), entries=files.entries)
    return meaning_for_pages(report, TARGET, site, of_templates=bool(tags))


@pytest.mark.parametrize(
    ("urls", "views", "why", "place", "subject", "advice"),
    [
        (
            URLS + "urlpatterns = [path('', 'quay.views.index')]\n",
            "",
            Why.RAISES,
            "quay/urls.py:3",
            "TypeError: view must be a callable",
            "Import the view, and name it without quotes",
        ),
        (
            URLS + GOOD,
            FORM,
            Why.RAISES,
            "quay/views.py:3",
            "ImproperlyConfigured: Creating a ModelForm without either",
            "",
        ),
        (
            URLS + GOOD,
            "from django.db import transaction\n\n@transaction.commit_on_success\ndef f(): 0\n",
            Why.RAISES,
            "quay/views.py:3",
            "AttributeError: module 'django.db.transaction' has no attribute",
            "Use django.db.transaction.atomic instead",
        ),
        (
            URLS + GOOD,
            "import BeautifulSoup\n",
            Why.NOT_INSTALLED,
            "quay/views.py:1",
            "BeautifulSoup",
            "",
        ),
        (
            "from django.conf.urls import patterns\n" + GOOD,
            "",
            Why.NO_NAME,
            "quay/urls.py:1",
            "cannot import name 'patterns'",
            "Use a list instead",
        ),
        (
            URLS + "urlpatterns = [path('', views.index)]\n",
            "",
            Why.RAISES,
            "quay/urls.py:3",
            "AttributeError: module 'quay.views' has no attribute 'index'",
            "",
        ),
        (URLS + "x = unicode\n", "", Why.RAISES, "quay/urls.py:3", "NameError", ""),
        (URLS, "print 1\n", Why.SYNTAX, "quay/views.py:1", "Missing parentheses", ""),
        ("x = 1\n", "", Why.RAISES, "", "ImproperlyConfigured: The included URLconf", ""),
    ],
)
def test_what_fails_with_any_values_is_a_fault(
    urls: str, views: str, why: Why, place: str, subject: str, advice: str, tmp_path: Path
) -> None:
    fault = meant(tmp_path, urls, views)
    assert isinstance(fault, Fault)
    assert (fault.why, fault.place, fault.advice) == (why, place, advice)
    assert fault.subject.startswith(subject)
    assert fault.fails_at_requests


@pytest.mark.parametrize(
    ("views", "reason"),
    [
        ("import os\nos.environ['TIDE']\n", "it needs `TIDE`"),
        ("from quay.models import Ship\nlist(Ship.objects.all())\n", "it uses the database"),
        ("open('cache.txt', 'w')\n", "the build does not let the app write"),
        (
            "import urllib.request as r\nr.urlopen('http://192.0.2.1/')\n",
            "the build does not let the app use the network",
        ),
        ("import os\nos.environ.get('TIDE').split()\n", "it needs `TIDE`"),
        (
            "from django.conf import settings\nif not settings.DEBUG:\n    import gone\n",
            "quay/views.py, line 3, raises ModuleNotFoundError",
        ),
        ("raise ValueError('TIDE')\n", "quay/views.py, line 1, raises ValueError: TIDE"),
        ("import sys\nsys.exit(3)\n", "quay/views.py, line 2, raises SystemExit: 3"),
    ],
)
def test_what_a_build_may_lack_is_no_fault(views: str, reason: str, tmp_path: Path) -> None:
    said = meant(tmp_path, URLS + GOOD, views)
    assert isinstance(said, str)
    assert reason in said


def test_whatever_a_urlconf_does_collectstatic_goes_on(tmp_path: Path) -> None:
    assert imported(tmp_path / "a", URLS + GOOD, "print('x')\n") == FINE
    assert imported(tmp_path / "b", URLS + GOOD, "import os\nos._exit(2)\n") is None
    killed = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    assert imported(tmp_path / "c", URLS + GOOD, killed) is None
    ignored = "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    write_tree(tmp_path / "d/app", {"quay/__init__.py": ""})
    assert imported(tmp_path / "d", URLS + GOOD, ignored) == FINE


@pytest.mark.long
@pytest.mark.parametrize(
    ("tags", "why", "line", "subject", "advice"),
    [
        (
            "from django.utils.encoding import force_unicode\n",
            Why.NO_NAME,
            1,
            "cannot import name 'force_unicode'",
            "Use force_str instead",
        ),
        (
            TAGS + "@register.assignment_tag\ndef stars(): 0\n",
            Why.RAISES,
            3,
            "AttributeError: 'Library' object has no attribute 'assignment_tag'",
            "Use register.simple_tag instead",
        ),
        ("import BeautifulSoup\n", Why.NOT_INSTALLED, 1, "BeautifulSoup", ""),
        ("print 1\n", Why.SYNTAX, 1, "Missing parentheses", ""),
    ],
)
def test_template_tags_that_cannot_be_imported_are_a_fault(
    tags: str, why: Why, line: int, subject: str, advice: str, tmp_path: Path
) -> None:
    fault = meant(tmp_path, URLS + GOOD, tags=tags)
    assert isinstance(fault, Fault)
    assert (fault.why, fault.advice) == (why, advice)
    assert fault.place == f"quay/templatetags/stars.py:{line}"
    assert fault.subject.startswith(subject)
    assert what_happens(fault).startswith(
        "will fail at each request that renders a template, because quay/templatetags/stars.py"
        if why is not Why.SYNTAX
        else "will fail at each request that renders a template, because Python cannot read"
    )


@pytest.mark.long
def test_template_tags_may_need_what_a_build_lacks(tmp_path: Path) -> None:
    tags = TAGS + "import os\nTIDE = os.environ['TIDE']\n"
    assert meant(tmp_path, URLS + GOOD, tags=tags) == (
        "it needs `TIDE`, which the build does not have"
    )


def unwrapped(result: Result) -> str:
    """Return the log in one line."""
    return " ".join(result.all.replace(" !     ", "").split())


def test_a_build_warns_of_pages_that_will_fail(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    files = {**APP, "requirements.txt": "django==5.2\ngunicorn\n"}
    urls = URLS + "urlpatterns = [path('', 'quay.views.index')]\n"
    tags = {"quay/templatetags/__init__.py": "", "quay/templatetags/stars.py": "import tide\n"}
    build = write_tree(tmp_path / "build", {**files, **tags, "quay/urls.py": urls})
    words = (
        "`web` will fail at each request, because quay/urls.py, line 3, raises TypeError: view "
        "must be a callable or a list/tuple in the case of include(). Import the view, and "
        "name it without quotes"
    )
    log = unwrapped(fresh_platform.build(build))
    assert words in log
    assert (
        "`web` will fail at each request that renders a template, because "
        "quay/templatetags/stars.py, line 1, imports `tide`, which is not installed"
    ) in log
    strict = fresh_platform.compile(build, {"SLIPWAY_STRICT": "true"})
    assert strict.status != 0
    assert "The setting strict is on. `web` will fail at each request" in unwrapped(strict)
    (build / "quay/templatetags/stars.py").write_text(TAGS)
    missing = fresh_platform.build(
        write_tree(build, {"quay/urls.py": "import tide\n" + GOOD}),
        {"DISABLE_COLLECTSTATIC": "1"},
    )
    assert "quay/urls.py, line 1, imports `tide`, which is not installed" in unwrapped(missing)
    write_tree(build, {"quay/urls.py": GOOD})
    for is_cached in (False, True):
        result = fresh_platform.build(build, {"SLIPWAY_LOG_LEVEL": "debug"})
        assert "at each request" not in result.all
        assert ("targets" in result.cache_hits) is is_cached
