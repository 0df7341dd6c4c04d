"""What an app uses of an older Django is found in its modules, settings and templates."""

from __future__ import annotations

import ast

import pytest

from slipway.domain.django.removed_names import notice_of_removed, removed_names

SETTINGS = "INSTALLED_APPS = ()\n"


def found(file: str, text: str, version: str = "6.1.3") -> list[tuple[str, int, str]]:
    names = removed_names([(file, text)], version)
    return [(one.name, one.uses[0].line, one.instead) for one in names]


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


@pytest.mark.parametrize(
    ("text", "name", "instead"),
    [
        (
            "x = 1 if request.is_ajax() else 2",
            "request.is_ajax()",
            'request.headers.get("x-requested-with") == "XMLHttpRequest"',
        ),
        (
            "if self.request.user.is_anonymous(): pass",
            "user.is_anonymous()",
            "user.is_anonymous",
        ),
        ("if not user.is_authenticated():", "user.is_authenticated()", "user.is_authenticated"),
        ("q = request.REQUEST['q']", "request.REQUEST", "request.GET or request.POST"),
        (
            "from django.db import models, transaction; @transaction.commit_on_success",
            "django.db.transaction.commit_on_success",
            "django.db.transaction.atomic",
        ),
        (
            "from django.contrib.auth import views as auth; auth.logout",
            "django.contrib.auth.views.logout",
            "LogoutView.as_view()",
        ),
        (
            "from django.utils.encoding import smart_unicode",
            "django.utils.encoding.smart_unicode",
            "smart_str",
        ),
        (
            "site = models.URLField('site', max_length=9, verify_exists=False)",
            "URLField(verify_exists=...)",
            "nothing",
        ),
        ("@register.assignment_tag", "register.assignment_tag", "register.simple_tag"),
        (
            "return HttpResponseRedirect(reverse('shop.views.index'))",
            "reverse() of the path of a view",
            "the name of its URL",
        ),
        (
            "class Command:  def handle_noargs(self): 0",
            "handle_noargs()",
            "handle(self, *args, **options)",
        ),
        (
            "class Command:  option_list = BaseCommand.option_list + ()",
            "BaseCommand.option_list",
            "add_arguments(self, parser)",
        ),
        (
            "class Admin:  def queryset(self, request): 0",
            "ModelAdmin.queryset()",
            "get_queryset()",
        ),
        (
            "from django.db.transaction import commit_on_success",
            "django.db.transaction.commit_on_success",
            "django.db.transaction.atomic",
        ),
        (
            "from django.core.management.base import BaseCommand, NoArgsCommand",
            "django.core.management.base.NoArgsCommand",
            "BaseCommand with handle()",
        ),
        ("class M(Manager):  def get_query_set(self): 0", "get_query_set()", "get_queryset()"),
        ("class A:  def __unicode__(self): 0", "__unicode__()", "__str__()"),
        ("paid = Signal(providing_args=['order'])", "Signal(providing_args=...)", "nothing"),
        (
            "return HttpResponse(json.dumps(dict(a=1)), mimetype='text/plain')",
            "mimetype=",
            "content_type=",
        ),
        (
            "CACHE = 'django.core.cache.backends.memcached.MemcachedCache'",
            "django.core.cache.backends.memcached.MemcachedCache",
            "django.core.cache.backends.memcached.PyMemcacheCache",
        ),
        (
            "OPTIONS = ['django.core.context_processors.request']",
            "django.core.context_processors",
            "django.template.context_processors",
        ),
    ],
)
def test_code_that_no_import_shows(text: str, name: str, instead: str) -> None:
    assert found("site/settings.py", text) == [(name, 1, instead)]


@pytest.mark.parametrize(
    "text",
    [
        "# request.is_ajax()",
        'def f():\n    """Was request.is_ajax() once."""',
        "hint = 'request.is_ajax()'",
        "x = request.user.is_authenticated",
        "token.is_anonymous()",
        "def is_ajax(self, request): 0\nrequest.is_ajax()",
        "request.is_ajax = lambda: 0\nrequest.is_ajax()",
        "mail.attach(name, mimetype='text/plain')",
        "HttpResponse(x)\nattach(name, mimetype='text/plain')",
        "def get_query_set(self): 0\nget_queryset = get_query_set",
        "def __unicode__(self): 0\ndef __str__(self): 0",
        "if django.VERSION < (4,):\n    x = request.is_ajax()",
        "'django.core.cache.backends.memcached.PyMemcacheCache'",
        "class F(SimpleListFilter):\n    def queryset(self, request, queryset): 0",
        "from shop import views as auth\nauth.logout",
        "from django.contrib.auth import views as auth\nauth.LogoutView",
        "from django.db import transaction as t\nhasattr(t, 'x') and t.commit_manually",
        "reverse('views-index')",
        "my_register.assignment_tag",
    ],
)
def test_code_that_works_is_not_found(text: str) -> None:
    assert found("site/settings.py", text) == []


def test_a_storage_of_whitenoise_depends_on_its_release() -> None:
    text = "STATICFILES_BACKEND = 'whitenoise.django.GzipManifestStaticFilesStorage'"
    for version, is_found in (("3.3.1", False), ("6.9.0", True), ("", False)):
        names = removed_names([("settings.py", text)], "5.2", whitenoise=version)
        assert bool(names) is is_found


def test_a_django_that_still_has_a_name() -> None:
    text = "from django.utils.translation import ugettext as _"
    assert found("a.py", text, "3.2.25") == []
    assert found("a.py", text, "4.0")
    assert found("a.py", text, "no version") == []


@pytest.mark.parametrize(
    ("text", "name", "instead"),
    [
        ("{%load  url from future%}", "{% load url from future %}", "nothing"),
        ("{% load i18n staticfiles x %}", "{% load staticfiles %}", "{% load static %}"),
        ("{% load markup %}", "{% load markup %}", "nothing"),
        ("{% ifequal a b %}", "{% ifequal a b %}", "{% if a == b %}"),
        ("{% ifnotequal a b %}", "{% ifnotequal a b %}", "{% if a != b %}"),
        (
            "{% if names|default:'a'|length_is:1 %}",
            "|length_is",
            "{% if a|length == n %}",
        ),
        (
            "{% load i18n %}{{ text | safe | markdown }}",
            "|markdown",
            "a filter of your own that calls markdown.markdown()",
        ),
        ("{% url blog:index %}", "{% url name %} without quotes", '{% url "name" %}'),
        ("{% url post-list pk=1 %}", "{% url name %} without quotes", '{% url "name" %}'),
    ],
)
def test_tags_of_templates(text: str, name: str, instead: str) -> None:
    assert found("a.html", f"<a>\n{text}") == [(name, 2, instead)]


@pytest.mark.parametrize(
    "text",
    [
        "{% load static i18n %}",
        "{% load markdown_tags %}{{ text|markdown }}",
        "{% comment %}{{ x|length_is:1 }}{% endcomment %}",
        "{{ markdown }} {{ x|markdownify }} {{ x|length }} | length_is",
        "{% load staticfiles_more %}",
        "{% url next_url %}",
        "{% url 'index' %}",
        "{% url page|name %}",
        "{% comment %}{% ifequal a b %}{% endcomment %}{% verbatim %}{% load markup %}",
        "{# {% ifequal a b %} #}",
    ],
)
def test_tags_that_work_are_not_found(text: str) -> None:
    assert found("a.html", text) == []


def test_a_url_without_quotes_is_found_if_the_app_has_its_name() -> None:
    urls = "urlpatterns = [path('', views.index, name='index')]"
    files = [("a.html", "{% url index %}"), ("urls.py", urls)]
    assert [one.name for one in removed_names(files, "5.2")] == [
        "{% url name %} without quotes"
    ]
    in_a_loop = "{% for index in names %}{% url index %}{% endfor %}"
    assert removed_names([("a.html", in_a_loop), ("urls.py", urls)], "5.2") == ()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("shop/templatetags/staticfiles.py", "register = Library()"),
        ("settings.py", "{'staticfiles': 'django.templatetags.static'}"),
    ],
)
def test_a_library_of_the_app_itself_is_there(file: str, text: str) -> None:
    files = [("a.html", "{% load staticfiles %}"), (file, text)]
    assert removed_names(files, "5.2") == ()


def test_a_filter_of_the_app_itself_is_there() -> None:
    template, own = (
        ("a.html", "{{ a|length_is:1 }}"),
        "@register.filter\ndef length_is(a): 0",
    )
    assert removed_names([template, ("shop/views.py", own)], "5.2")
    assert removed_names([template, ("shop/templatetags/shop.py", own)], "5.2") == ()
    markup = ("a.html", "{{ a|textile }}")
    settings = ("settings.py", "OPTIONS = {'builtins': ['text.tags']}")
    assert removed_names([markup, settings], "5.2") == ()


def test_a_url_may_have_the_path_of_its_view_as_a_name() -> None:
    code = ("shop/views.py", "redirect('shop.views.index')")
    urls = ("shop/urls.py", "path('', index, name='shop.views.index')")
    assert removed_names([code], "5.2")
    assert removed_names([code, urls], "5.2") == ()


def test_all_views_of_logins_in_a_urlconf_are_named() -> None:
    text = (
        "from django.contrib.auth import views\n"
        "url('in', views.login)\nurl('out', views.logout)\n"
        "url('in2', 'django.contrib.auth.views.login')\n"
        "url('reset', 'django.contrib.auth.views.password_reset')\n"
        "# 'django.contrib.auth.views.password_change'\n"
    )
    names = [
        ("django.contrib.auth.views.login", 2, "LoginView.as_view()"),
        ("django.contrib.auth.views.logout", 3, "LogoutView.as_view()"),
        ("django.contrib.auth.views.password_reset", 5, "PasswordResetView.as_view()"),
    ]
    assert found("shop/urls.py", text) == names
    assert found("shop/texts.py", text) == names[:2]


def test_settings_of_templates_come_with_text_to_paste() -> None:
    text = SETTINGS + "TEMPLATE_DIRS = 1\nTEMPLATE_LOADERS = 1\n"
    notice = notice_of_removed(removed_names([("a.py", text)], "5.2"), "5.2")
    assert "TEMPLATE_DIRS (line 2 of a.py), use DIRS in TEMPLATES; TEMPLATE_LOADERS" in notice
    paste = notice.partition("context processors: ")[2]
    name, _, value = paste.partition(" = ")
    from django.template.utils import EngineHandler

    assert name == "TEMPLATES"
    assert EngineHandler(ast.literal_eval(value)).templates
    assert found("a.py", text + "TEMPLATES = []\n") == []


def test_each_name_is_in_the_notice_once_with_its_first_files() -> None:
    old = "from django.conf.urls import url\n"
    files = [(f"{name}/urls.py", old * 2) for name in "abcde"]
    assert notice_of_removed(removed_names(files, "5.2.1"), "5.2.1") == (
        "The app uses what Django 5.2.1 does not have: django.conf.urls.url (line 1 of "
        "a/urls.py, line 1 of b/urls.py, line 1 of c/urls.py, and 2 more files), use "
        "django.urls.re_path. django-upgrade changes this: "
        "django-upgrade --target-version 5.2 $(git ls-files '*.py')"
    )
    assert notice_of_removed((), "5.2.1") == ""


def test_django_upgrade_is_named_only_for_what_it_changes() -> None:
    tag, names = ("a.html", "{% load url from future %}"), "from django.utils import six\n"
    notice = notice_of_removed(removed_names([tag, ("a.py", names)], "5.2"), "5.2")
    assert notice.startswith("The app uses what Django 5.2 does not have: {% load url from ")
    assert (
        "{% load url from future %} (line 1 of a.html), delete it; django.utils.six" in notice
    )
    assert "django-upgrade" not in notice
    files = [tag, ("a.py", "from django.core.urlresolvers import reverse\n")]
    assert "django-upgrade changes some of this: " in notice_of_removed(
        removed_names(files, "4.2.9"), "4.2.9"
    )


def test_all_kinds_are_named() -> None:
    text = "from django.utils import six\nfrom django.utils.translation import ugettext, "
    text += "ungettext\nx = request.REQUEST\ny = request.is_ajax()\nz = user.is_anonymous()\n"
    text += SETTINGS + "TEMPLATE_DIRS = 1\nTEMPLATE_LOADERS = 1\nMIDDLEWARE_CLASSES = 1\n"
    notice = notice_of_removed(removed_names([("a.py", text)], "6.1"), "6.1")
    assert notice.count("of a.py") == 9
