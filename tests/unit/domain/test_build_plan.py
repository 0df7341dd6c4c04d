"""A plan has the application of the default web process, and the packages for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import DjangoProject
from slipway.domain.web.launch import WebApplication, WebSearch
from unit.samples import PLAN

OF_DJANGO = WebApplication(target="harbour.wsgi:application", folder="", origin="settings.py")
TOP_LEVEL = WebApplication(target="wsgi:application", folder="", origin="wsgi.py")
DJANGO = DjangoProject(manage="manage.py", settings=None, settings_origin=None, web=OF_DJANGO)
BOTH = replace(PLAN, django=DJANGO, search=WebSearch(found=TOP_LEVEL))
WITHOUT_TARGET = replace(BOTH, django=replace(DJANGO, web=None))


@pytest.mark.parametrize(
    ("plan", "has_django", "served"),
    [
        pytest.param(PLAN, False, None, id="nothing"),
        pytest.param(BOTH, True, OF_DJANGO, id="django"),
        pytest.param(BOTH, False, TOP_LEVEL, id="django-not-installed"),
        pytest.param(WITHOUT_TARGET, True, None, id="django-without-an-application"),
        pytest.param(replace(BOTH, django=None), True, TOP_LEVEL, id="only-wsgi"),
        pytest.param(replace(BOTH, procfile={"web": "x"}), True, None, id="procfile"),
        pytest.param(replace(BOTH, procfile={}), True, None, id="procfile-without-web"),
    ],
)
def test_the_web_process_serves_django_only_if_it_is_installed(
    plan: BuildPlan, *, has_django: bool, served: WebApplication | None
) -> None:
    assert plan.web({"django": "5.2"} if has_django else {}) == served


@pytest.mark.parametrize(
    ("plan", "added"),
    [
        pytest.param(PLAN, (), id="no-web-process"),
        pytest.param(BOTH, ("gunicorn",), id="django"),
        pytest.param(WITHOUT_TARGET, ("gunicorn",), id="if-django-is-not-installed"),
        pytest.param(replace(BOTH, procfile={"web": "x"}), (), id="procfile"),
    ],
)
def test_gunicorn_is_added_only_for_a_process_that_slipway_writes(
    plan: BuildPlan, added: tuple[str, ...]
) -> None:
    assert plan.added_requirements == added
