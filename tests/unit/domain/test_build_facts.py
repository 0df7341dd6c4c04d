"""The facts of a report come from what the build has decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.build_facts import facts_of_launch, facts_of_packages, facts_of_plan
from slipway.domain.python.selection import parse_version
from slipway.domain.web.launch import Launch
from unit.samples import PLAN, plan_of, serving, tree

PACKAGES = {"django": "5.2", "gunicorn": "23.0.0"}


def test_a_plan_tells_what_is_requested_and_by_which_file() -> None:
    found = facts_of_plan(replace(PLAN, python=parse_version("3.12", ".python-version")))
    assert found == {
        "python_version_requested": "3.12",
        "python_version_origin": ".python-version",
        "requirements_file": "requirements.txt",
        "lock_file": None,
        "vendored_packages": 0,
    }


def test_a_python_that_nothing_requests_is_the_default() -> None:
    assert facts_of_plan(PLAN)["python_version_origin"] == "default"


def test_vendored_packages_are_counted() -> None:
    plan = plan_of("", tree("vendor/anchor"), tree("vendor/buoy"))
    assert facts_of_plan(plan)["vendored_packages"] == 2


def test_packages_tell_the_version_of_django() -> None:
    assert facts_of_packages(PACKAGES) == {"packages": 2, "django_version": "5.2"}


@pytest.mark.parametrize(
    ("line", "server", "version"),
    [
        ("gunicorn harbour.wsgi", "gunicorn", "23.0.0"),
        ("cd src && exec bin/gunicorn harbour.wsgi", "gunicorn", "23.0.0"),
        ("python manage.py runserver 0.0.0.0:$PORT", "python", None),
        ("run 'what", "", None),
    ],
)
def test_the_server_is_the_program_of_web(line: str, server: str, version: str | None) -> None:
    launch = Launch(processes={"web": line}, is_default=False, defaults={})
    assert facts_of_launch(launch, PACKAGES, replace(PLAN, procfile=launch.processes)) == {
        "web_origin": "Procfile",
        "web_server": server,
        "web_server_version": version,
    }


def test_a_default_process_names_the_file_of_its_application() -> None:
    launch = Launch(processes={"web": "gunicorn wsgi"}, is_default=True, defaults={})
    assert facts_of_launch(launch, PACKAGES, serving(PLAN))["web_origin"] == "wsgi.py"


def test_an_app_without_web_has_no_server() -> None:
    launch = Launch(processes={"worker": "python w.py"}, is_default=False, defaults={})
    assert facts_of_launch(launch, PACKAGES, PLAN) == {"web_origin": "none"}
