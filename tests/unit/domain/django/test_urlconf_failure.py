"""What keeps Django from making its first pages is a fault, with what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.domain.django.exception_chain import Site
from slipway.domain.django.urlconf_failure import meaning_for_pages
from slipway.domain.web.fault_words import what_happens
from slipway.domain.web.targets import StartTarget
from slipway.errors.web import Fault
from unit.domain.django.failures import PROJECT

TARGET = StartTarget(
    program="django", shown="site1.urls", module="site1.urls", folders=("",), start_folder=""
)
SITE = Site(project=PROJECT, read=lambda _: None, entries=lambda _: ())


def report(kind: str, text: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what the build reports of an exception in a module of the app."""
    frame = {
        "file": "shop/templatetags/stars.py",
        "line": 2,
        "function": "<module>",
        "module": "shop.templatetags.stars",
        "owner": "app",
        "statement": "",
        "names": {},
    }
    exception = {
        "types": [f"builtins.{kind}"],
        "text": text,
        "attributes": attributes,
        "cause": None,
        "context": None,
        "is_suppressed": False,
        "members": [],
        "required": {},
        "refused": [],
        "frames": [frame],
    }
    facts = {"python": "3.14.0", "settings": "", "configuration": "", "storage": ""}
    return {**facts, "variables": {}, "distributions": {}, "exceptions": [exception]}


@pytest.mark.parametrize(
    ("kind", "text", "attributes", "advice"),
    [
        (
            "ImportError",
            "cannot import name 'force_unicode' from 'django.utils.encoding'",
            {"name": "django.utils.encoding"},
            "Use force_str instead",
        ),
        (
            "ImportError",
            "cannot import name 'login' from 'django.contrib.auth.views'",
            {"name": "django.contrib.auth.views"},
            "Use LoginView.as_view() instead",
        ),
        (
            "AttributeError",
            "'Library' object has no attribute 'assignment_tag'",
            {},
            "Use register.simple_tag instead",
        ),
        (
            "ModuleNotFoundError",
            "No module named 'celery.task'",
            {"name": "celery.task", "parent": "celery", "parent_owner": "package"},
            (
                "Celery 5 does not have it: write `from celery import shared_task`, and "
                "`@shared_task` for `@task`; name periodic tasks in the setting `beat_schedule`"
            ),
        ),
        ("NameError", "name 'unicode' is not defined", {}, ""),
    ],
)
def test_a_fault_in_template_tags_says_what_to_do(
    kind: str, text: str, attributes: dict[str, Any], advice: str
) -> None:
    found = report(kind, text, attributes)
    fault = meaning_for_pages(found, TARGET, SITE, of_templates=True)
    assert isinstance(fault, Fault)
    assert fault.advice == advice
    assert what_happens(fault).startswith(
        "will fail at each request that renders a template, because "
        "shop/templatetags/stars.py, line 2, "
    )
    of_urls = meaning_for_pages(found, TARGET, SITE)
    assert isinstance(of_urls, Fault)
    assert "at each request, because " in what_happens(of_urls)
