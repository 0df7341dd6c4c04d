"""What an app uses of an older Django is found in its modules, settings and templates."""

from __future__ import annotations

import pytest

from slipway.domain.django.removed_names import notice_of_removed, removed_names

SETTINGS = "INSTALLED_APPS = ()\n"


def found(file: str, text: str, version: str = "6.1.3") -> list[tuple[str, int, str]]:
    names = removed_names([(file, text)], version)
    return [(one.name, one.line, one.instead) for one in names]


@pytest.mark.parametrize(
    ("text", "name", "instead"),
    [
        (
            "from django.conf.urls.defaults import *",
            "django.conf.urls.defaults",
            "django.urls",
        ),
        (
            "from django.conf.urls import (\n    include,\n    url as u,  # old\n)",
            "django.conf.urls.url",
            "django.urls.re_path",
        ),
        (
            "from django.shortcuts import render, render_to_response",
            "django.shortcuts.render_to_response",
            "render",
        ),
        ("import django.core.urlresolvers", "django.core.urlresolvers", "django.urls"),
        (
            "urlpatterns = [url(r'^admin/', include(admin.site.urls))]",
            "include(admin.site.urls)",
            "admin.site.urls",
        ),
        ("from django.utils import six", "django.utils.six", "the package six"),
        (SETTINGS + "MIDDLEWARE_CLASSES = (", "MIDDLEWARE_CLASSES", "MIDDLEWARE"),
        (SETTINGS + "STATICFILES_STORAGE = 'a.B'", "STATICFILES_STORAGE", "STORAGES"),
    ],
)
def test_a_name_in_a_module(text: str, name: str, instead: str) -> None:
    line = 2 if text.startswith(SETTINGS) else 1
    assert found("a.py", text) == [(name, line, instead)]


@pytest.mark.parametrize(
    "text",
    [
        "from django.urls import path, re_path\nfrom django.conf.urls import include",
        "try:\n    from django.utils import six\nexcept ImportError:\n    import six",
        "if django.VERSION < (2,):\n    MIDDLEWARE_CLASSES = MIDDLEWARE\n" + SETTINGS,
        SETTINGS + "MIDDLEWARE_CLASSES = []\nMIDDLEWARE = []\n",
        "TEMPLATE_DIRS = []  # of another module than the settings\n",
        "# from django.utils import six",
        "from django.utils.translation import ugettext_special",
    ],
)
def test_names_that_work_are_not_found(text: str) -> None:
    assert found("a.py", text) == []


def test_a_django_that_still_has_a_name() -> None:
    text = "from django.utils.translation import ugettext as _"
    assert found("a.py", text, "3.2.25") == []
    assert found("a.py", text, "4.0")
    assert found("a.py", text, "no version") == []


def test_tags_of_templates() -> None:
    text = "<a>\n{%load  url from future%}{% load i18n staticfiles %}{% load staticfiles %}"
    assert found("a.html", text) == [
        ("{% load url from future %}", 2, "nothing"),
        ("{% load staticfiles %}", 2, "{% load static %}"),
    ]


def test_each_name_is_in_the_notice_once() -> None:
    files = [("a/urls.py", "from django.conf.urls import url"), ("b/urls.py", "x = 1\n")]
    files.append(("b/urls.py", files[0][1]))
    assert notice_of_removed(removed_names(files, "5.2.1"), "5.2.1") == (
        "The app uses what Django 5.2.1 does not have: django.conf.urls.url (line 1 of "
        "a/urls.py), use django.urls.re_path. django-upgrade changes much of this in modules: "
        "django-upgrade --target-version 5.2 $(git ls-files '*.py')"
    )
    assert notice_of_removed((), "5.2.1") == ""
