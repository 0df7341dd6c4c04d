"""What older versions of Django had, since when it is gone, and what to use instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TEXT = "django.utils.encoding"
_AUTH = "django.contrib.auth.views"
_I18N = "django.utils.translation"
IMPORTED: Mapping[str, tuple[str, str]] = {
    "django.conf.urls.defaults": ("1.6", "django.urls"),
    "django.conf.urls.patterns": ("1.10", "a list"),
    "django.conf.urls.url": ("4.0", "django.urls.re_path"),
    f"{_AUTH}.login": ("2.1", "LoginView.as_view()"),
    f"{_AUTH}.logout": ("2.1", "LogoutView.as_view()"),
    f"{_AUTH}.password_change": ("2.1", "PasswordChangeView.as_view()"),
    f"{_AUTH}.password_change_done": ("2.1", "PasswordChangeDoneView.as_view()"),
    f"{_AUTH}.password_reset": ("2.1", "PasswordResetView.as_view()"),
    f"{_AUTH}.password_reset_complete": ("2.1", "PasswordResetCompleteView.as_view()"),
    f"{_AUTH}.password_reset_confirm": ("2.1", "PasswordResetConfirmView.as_view()"),
    f"{_AUTH}.password_reset_done": ("2.1", "PasswordResetDoneView.as_view()"),
    "django.contrib.postgres.fields.JSONField": ("4.0", "django.db.models.JSONField"),
    "django.contrib.staticfiles.templatetags": ("3.0", "django.templatetags.static"),
    "django.core.context_processors": ("1.10", "django.template.context_processors"),
    "django.core.management.base.NoArgsCommand": ("1.10", "BaseCommand with handle()"),
    "django.core.urlresolvers": ("2.0", "django.urls"),
    "django.db.models.NullBooleanField": ("4.0", "BooleanField(null=True)"),
    "django.db.models.get_model": ("1.9", "django.apps.apps.get_model"),
    "django.db.models.permalink": ("2.1", "reverse() in get_absolute_url()"),
    "django.db.transaction.commit_manually": ("1.8", "django.db.transaction.atomic"),
    "django.db.transaction.commit_on_success": ("1.8", "django.db.transaction.atomic"),
    "django.shortcuts.render_to_response": ("3.0", "render"),
    "django.utils.datastructures.SortedDict": ("1.9", "dict"),
    f"{_TEXT}.force_text": ("4.0", "force_str"),
    f"{_TEXT}.force_unicode": ("1.5", "force_str"),
    f"{_TEXT}.python_2_unicode_compatible": ("3.0", "nothing"),
    f"{_TEXT}.smart_text": ("4.0", "smart_str"),
    f"{_TEXT}.smart_unicode": ("1.5", "smart_str"),
    "django.utils.functional.curry": ("3.0", "functools.partial"),
    "django.utils.http.is_safe_url": ("4.0", "url_has_allowed_host_and_scheme"),
    "django.utils.http.urlquote": ("4.0", "urllib.parse.quote"),
    "django.utils.importlib": ("1.9", "importlib"),
    "django.utils.lru_cache": ("3.0", "functools"),
    "django.utils.simplejson": ("1.7", "json"),
    "django.utils.six": ("3.0", "the package six"),
    "django.utils.timezone.utc": ("5.0", "datetime.timezone.utc"),
    f"{_I18N}.ugettext": ("4.0", "gettext"),
    f"{_I18N}.ugettext_lazy": ("4.0", "gettext_lazy"),
    f"{_I18N}.ugettext_noop": ("4.0", "gettext_noop"),
    f"{_I18N}.ungettext": ("4.0", "ngettext"),
    f"{_I18N}.ungettext_lazy": ("4.0", "ngettext_lazy"),
    "django.views.generic.list_detail": ("1.5", "django.views.generic"),
    "django.views.generic.simple": ("1.5", "django.views.generic"),
}
"""What modules import -> the first Django without it, and what to use instead.

On Python 3, for those that Django had longer for Python 2.
https://docs.djangoproject.com/en/stable/internals/deprecation/
"""
SETTINGS: Mapping[str, tuple[str, str]] = {
    "DEFAULT_FILE_STORAGE": ("5.1", "STORAGES"),
    "MIDDLEWARE_CLASSES": ("2.0", "MIDDLEWARE"),
    "STATICFILES_STORAGE": ("5.1", "STORAGES"),
    "TEMPLATE_CONTEXT_PROCESSORS": ("1.10", "context_processors in TEMPLATES"),
    "TEMPLATE_DIRS": ("1.10", "DIRS in TEMPLATES"),
    "TEMPLATE_LOADERS": ("1.10", "APP_DIRS in TEMPLATES"),
}
"""Settings that have no effect since a Django -> that, and what has, the setting last."""
TEMPLATES = (
    'TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [], '
    '"APP_DIRS": True, "OPTIONS": {"context_processors": ['
    '"django.template.context_processors.request", '
    '"django.contrib.auth.context_processors.auth", '
    '"django.contrib.messages.context_processors.messages"]}}]'
)
"""As `django-admin startproject` writes it."""
STRINGS: Mapping[str, tuple[str, str]] = {
    "django.contrib.auth.middleware.SessionAuthenticationMiddleware": ("2.0", "nothing"),
    "django.contrib.sessions.serializers.PickleSerializer": (
        "5.0",
        "django.contrib.sessions.serializers.JSONSerializer",
    ),
    "django.contrib.staticfiles.storage.CachedStaticFilesStorage": (
        "3.1",
        "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    ),
    "django.core.cache.backends.memcached.MemcachedCache": (
        "4.1",
        "django.core.cache.backends.memcached.PyMemcacheCache",
    ),
    "django.core.context_processors": ("1.10", "django.template.context_processors"),
    "whitenoise.django.GzipManifestStaticFilesStorage": (
        "2.0",
        "whitenoise.storage.CompressedManifestStaticFilesStorage",
    ),
}
"""What settings name in quotes, or the module of it, as in IMPORTED. WhiteNoise has no module
`django` since 4.0: https://whitenoise.readthedocs.io/en/stable/changelog.html"""
LIBRARIES: Mapping[str, tuple[str, str]] = {
    "admin_static": ("3.0", "{% load static %}"),
    "future": ("1.9", "nothing"),
    "markup": ("1.6", "nothing"),
    "staticfiles": ("3.0", "{% load static %}"),
}
"""What templates load, as in IMPORTED."""
FILTERS: Mapping[str, tuple[str, str]] = {
    "fix_ampersands": ("1.8", "nothing"),
    "length_is": ("5.1", "{% if a|length == n %}"),
    "markdown": ("1.6", "a filter of your own that calls markdown.markdown()"),
    "removetags": ("1.10", "a filter of your own that calls nh3.clean()"),
    "restructuredtext": (
        "1.6",
        "a filter of your own that calls docutils.core.publish_parts()",
    ),
    "textile": ("1.6", "a filter of your own that calls textile.textile()"),
}
"""Filters of templates, as in IMPORTED."""


@dataclass(frozen=True, kw_only=True)
class CodePattern:
    """Code that is recognized by its words."""

    name: str
    word: str
    """Where it is not, the pattern is not tried, because that takes longer."""
    pattern: re.Pattern[str]
    since: str
    instead: str
    unless: str = ""
    """What a module has that defines the name itself, or also has the new one."""


_OF_VIEW = r"[\"']\w+(?:\.\w+)*\.views\.\w+[\"']"
"""The path of a view in quotes."""
CODE = (
    CodePattern(
        name="include(admin.site.urls)",
        word="include(admin.site.urls)",
        pattern=re.compile(r"include\(admin\.site\.urls\)"),
        since="2.0",
        instead="admin.site.urls",
    ),
    CodePattern(
        name="context_instance=RequestContext(...)",
        word="context_instance",
        pattern=re.compile(r"context_instance\s*=\s*RequestContext\("),
        since="1.10",
        instead="render(request, ...)",
    ),
    CodePattern(
        name="request.is_ajax()",
        word=".is_a",
        pattern=re.compile(r"request\.is_ajax\(\)"),
        since="4.0",
        instead='request.headers.get("x-requested-with") == "XMLHttpRequest"',
    ),
    CodePattern(
        name="user.is_authenticated()",
        word=".is_a",
        pattern=re.compile(r"user\.is_authenticated\(\)"),
        since="2.0",
        instead="user.is_authenticated",
    ),
    CodePattern(
        name="user.is_anonymous()",
        word=".is_a",
        pattern=re.compile(r"user\.is_anonymous\(\)"),
        since="2.0",
        instead="user.is_anonymous",
    ),
    CodePattern(
        name="request.REQUEST",
        word="request.REQUEST",
        pattern=re.compile(r"request\.REQUEST\b"),
        since="1.9",
        instead="request.GET or request.POST",
    ),
    CodePattern(
        name="get_query_set()",
        word="get_query_set",
        pattern=re.compile(r"def get_query_set\("),
        since="1.8",
        instead="get_queryset()",
        unless="get_queryset",
    ),
    CodePattern(
        name="__unicode__()",
        word="__unicode__",
        pattern=re.compile(r"def __unicode__\("),
        since="2.0",
        instead="__str__()",
        unless="__str__",
    ),
    CodePattern(
        name="URLField(verify_exists=...)",
        word="verify_exists",
        pattern=re.compile(r"\bURLField\((?:[^()#]|\([^()]{0,200}\)){0,400}?verify_exists\s*="),
        since="1.5",
        instead="nothing",
    ),
    CodePattern(
        name="register.assignment_tag",
        word="register.assignment_tag",
        pattern=re.compile(r"\bregister\.assignment_tag\b"),
        since="2.0",
        instead="register.simple_tag",
    ),
    CodePattern(
        name="reverse() of the path of a view",
        word=".views.",
        pattern=re.compile(rf"\b(?:reverse|reverse_lazy|redirect)\(\s*{_OF_VIEW}"),
        since="1.10",
        instead="the name of its URL",
    ),
    CodePattern(
        name="handle_noargs()",
        word="handle_noargs",
        pattern=re.compile(r"def handle_noargs\("),
        since="1.10",
        instead="handle(self, *args, **options)",
        unless="def handle(",
    ),
    CodePattern(
        name="BaseCommand.option_list",
        word="option_list",
        pattern=re.compile(r"\b(?:App|Base|Label|NoArgs)Command\.option_list\b"),
        since="1.10",
        instead="add_arguments(self, parser)",
    ),
    CodePattern(
        name="ModelAdmin.queryset()",
        word="def queryset(self, request)",
        pattern=re.compile(r"def queryset\(self, request\)"),
        since="1.8",
        instead="get_queryset()",
        unless="get_queryset",
    ),
    CodePattern(
        name="Signal(providing_args=...)",
        word="providing_args",
        pattern=re.compile(r"Signal\(\s*providing_args\s*="),
        since="4.0",
        instead="nothing",
    ),
    CodePattern(
        name="mimetype=",
        word="mimetype",
        pattern=re.compile(
            r"\b(?:HttpResponse|render|render_to_response)\("
            r"(?:[^()#]|\((?:[^()#]|\([^()#]{0,200}\)){0,200}\)){0,400}?,\s*mimetype\s*="
        ),
        since="1.7",
        instead="content_type=",
    ),
)
CODE_BY_WORD = {
    word: tuple(one for one in CODE if one.word == word)
    for word in dict.fromkeys(one.word for one in CODE)
}
UPGRADED = frozenset(
    {
        *("django.conf.urls.url", "django.contrib.postgres.fields.JSONField"),
        *("django.contrib.staticfiles.templatetags", "django.core.urlresolvers"),
        *("django.utils.http.is_safe_url", "django.utils.http.urlquote"),
        *("django.utils.timezone.utc", f"{_TEXT}.force_text", f"{_TEXT}.smart_text"),
        "django.db.models.NullBooleanField",
        *(f"{_I18N}.ugettext", f"{_I18N}.ugettext_lazy", f"{_I18N}.ugettext_noop"),
        *(f"{_I18N}.ungettext", f"{_I18N}.ungettext_lazy"),
        *("DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE", "Signal(providing_args=...)"),
        *("user.is_anonymous()", "user.is_authenticated()"),
    }
)
"""What django-upgrade changes: https://django-upgrade.readthedocs.io/en/latest/fixers.html"""


def replacement_of(name: str) -> str:
    """Return what to use instead of a dotted name of Django; empty if it is not known."""
    parts = name.split(".")
    names = (".".join(parts[:end]) for end in range(len(parts), 1, -1))
    return next((IMPORTED[one][1] for one in names if one in IMPORTED), "")


def replacement_in_code(code: str) -> str:
    """Return what to use instead of `register.name` or the like; empty if it is not known."""
    return next((one.instead for one in CODE if one.name == code), "")
