"""A build warns of a Django site that will refuse every host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.packages import write_tree
from integration.serving import Dyno
from integration.test_proved_urls import MANAGE, SCRIPT

SETTINGS = """\
import os
SECRET_KEY = os.environ.get("SECRET_KEY", "x")
DEBUG = bool(os.environ.get("DEBUG"))
INSTALLED_APPS = []
ROOT_URLCONF = "quay.urls"
WSGI_APPLICATION = "quay.wsgi.application"
"""
COMMON = 'MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]\n'
FROM_VARIABLE = 'ALLOWED_HOSTS = os.environ.get("HOSTS", "").split(",")\n'
APP = {
    "manage.py": MANAGE,
    "quay/__init__.py": "",
    "quay/wsgi.py": "import os\n"
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quay.settings")\n'
    "from django.core.wsgi import get_wsgi_application\n"
    "application = get_wsgi_application()\n",
    "quay/urls.py": "from django.http import HttpResponse\nfrom django.urls import path\n"
    "urlpatterns = [path('', lambda request: HttpResponse('moored'))]\n",
    "quay/settings.py": SETTINGS + COMMON,
}


def sentences(log: str) -> str:
    """Join the wrapped lines of a log."""
    return " ".join(log.replace(" !     ", " ").split())


def reported(folder: Path, settings: str, **variables: str) -> dict[str, object]:
    """Run the script that runs collectstatic in a build; return what it reports."""
    app = write_tree(folder / "app", {**APP, "quay/settings.py": SETTINGS + settings})
    request, report = folder / "request.json", folder / "report.json"
    asked = {"manage": "manage.py", "arguments": ["collectstatic", "--noinput"]}
    options = {"may_upload": False, "placeholders": {}, "pages": False}
    request.write_text(json.dumps({**asked, **options}))
    subprocess.run(
        [sys.executable, "-B", str(SCRIPT), str(request), str(report)],
        cwd=app,
        env={"PATH": os.environ["PATH"], **variables},
        check=True,
        capture_output=True,
    )
    found: dict[str, object] = json.loads(report.read_text())
    return found


@pytest.mark.parametrize(
    ("settings", "variables", "expected"),
    [
        (COMMON, {}, {"refuses_hosts": True}),
        pytest.param(COMMON, {"DEBUG": "1"}, {"refuses_hosts": True}, marks=pytest.mark.long),
        pytest.param(
            COMMON + FROM_VARIABLE, {}, {"refuses_hosts": True}, marks=pytest.mark.long
        ),
        (COMMON + FROM_VARIABLE, {"HOSTS": "*"}, {"refuses_hosts": False}),
        pytest.param(
            COMMON.replace("MIDDLEWARE", "MIDDLEWARE_CLASSES"),
            {},
            {"refuses_hosts": False},
            marks=pytest.mark.long,
        ),
        pytest.param("MIDDLEWARE = []\n", {}, {"refuses_hosts": False}, marks=pytest.mark.long),
    ],
)
def test_only_an_empty_list_that_is_asked_refuses_hosts(
    tmp_path: Path, settings: str, variables: dict[str, str], expected: dict[str, bool]
) -> None:
    report = reported(tmp_path, settings, **variables)
    assert report.items() >= expected.items()


@pytest.mark.long
def test_the_line_in_the_warning_makes_the_site_answer(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", {**APP, "requirements.txt": "Django==5.2.*\n"})
    result = fresh_platform.build(build, {"DEBUG": "1"})
    assert (
        "`web` will answer requests with the status 400, because ALLOWED_HOSTS is not set in "
        "quay/settings.py. Write the hosts of the app there, for example "
        '`ALLOWED_HOSTS = [".herokuapp.com", "www.example.com"]`'
    ) in sentences(result.out)
    host = {"Host": "moorings-0123.herokuapp.com"}
    with Dyno(app=fresh_platform.move(build, "refusing")).serve() as site:
        assert site.get(headers=host).status == 400

    line = sentences(result.out).partition("for example `")[2].partition("`")[0]
    write_tree(build, {**APP, "requirements.txt": "Django==5.2.*\n"})
    write_tree(build, {"quay/settings.py": f"{SETTINGS}{COMMON}{line}\n"})
    result = fresh_platform.build(build)
    assert "ALLOWED_HOSTS" not in result.out
    with Dyno(app=fresh_platform.move(build, "answering")).serve() as site:
        assert site.get(headers=host).status == 200


@pytest.mark.long
@pytest.mark.parametrize("django", ["2.2", "3.2", "4.2", "6.0"])
def test_a_list_that_a_variable_may_fill_is_only_logged(
    fresh_platform: Platform, tmp_path: Path, django: str
) -> None:
    python = {"2.2": "3.10", "3.2": "3.10", "4.2": "3.12", "6.0": "3.13"}[django]
    files = {
        **APP,
        "quay/settings.py": SETTINGS + COMMON + FROM_VARIABLE,
        "requirements.txt": f"Django=={django}.*\nsetuptools<80\n",
        ".python-version": python,
    }
    build = write_tree(tmp_path / "build", files)
    result = fresh_platform.build(build)
    assert (
        "ALLOWED_HOSTS (quay/settings.py, line 8) is empty in this build. Where the app runs, "
        "it must have the hosts of the app, or `web` will answer requests with the status 400"
    ) in sentences(result.out)
    assert not any("ALLOWED_HOSTS" in line for line in result.out.splitlines() if " ! " in line)
    again = fresh_platform.build(write_tree(build, files), {"HOSTS": "www.example.com"})
    assert "ALLOWED_HOSTS" not in again.out
    with Dyno(app=fresh_platform.move(build), env={"HOSTS": "www.example.com"}).serve() as site:
        assert site.get(headers={"Host": "www.example.com"}).status == 200
        assert site.get(headers={"Host": "example.com"}).status == 400
