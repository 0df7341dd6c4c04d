"""Find what an app uses of an older Django, and the installed one does not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_version

_TEXT = "django.utils.encoding"
_I18N = "django.utils.translation"
_IMPORTED: Mapping[str, tuple[str, str]] = {
    "django.conf.urls.defaults": ("1.6", "django.urls"),
    "django.conf.urls.patterns": ("1.10", "a list"),
    "django.conf.urls.url": ("4.0", "django.urls.re_path"),
    "django.contrib.auth.views.login": ("2.1", "LoginView"),
    "django.contrib.auth.views.logout": ("2.1", "LogoutView"),
    "django.contrib.postgres.fields.JSONField": ("4.0", "django.db.models.JSONField"),
    "django.contrib.staticfiles.templatetags": ("3.0", "django.templatetags.static"),
    "django.core.context_processors": ("1.10", "django.template.context_processors"),
    "django.core.urlresolvers": ("2.0", "django.urls"),
    "django.shortcuts.render_to_response": ("3.0", "render"),
    "django.utils.datastructures.SortedDict": ("1.9", "dict"),
    f"{_TEXT}.force_text": ("4.0", "force_str"),
    f"{_TEXT}.python_2_unicode_compatible": ("3.0", "nothing"),
    f"{_TEXT}.smart_text": ("4.0", "smart_str"),
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

https://docs.djangoproject.com/en/stable/internals/deprecation/
"""
_SETTINGS: Mapping[str, tuple[str, str]] = {
    "DEFAULT_FILE_STORAGE": ("5.1", "STORAGES"),
    "MIDDLEWARE_CLASSES": ("2.0", "MIDDLEWARE"),
    "STATICFILES_STORAGE": ("5.1", "STORAGES"),
    "TEMPLATE_CONTEXT_PROCESSORS": ("1.10", "TEMPLATES"),
    "TEMPLATE_DIRS": ("1.10", "TEMPLATES"),
    "TEMPLATE_LOADERS": ("1.10", "TEMPLATES"),
}
"""Settings that have no effect since a Django -> that, and the setting that has."""
_WRITTEN: Mapping[str, tuple[str, str]] = {
    "context_instance=RequestContext(": ("1.10", "render(request, ...)"),
    "django.contrib.auth.middleware.SessionAuthenticationMiddleware": ("2.0", "nothing"),
    "include(admin.site.urls)": ("2.0", "admin.site.urls"),
}
"""Text in modules, as in _IMPORTED."""
_TAGS: Mapping[str, tuple[str, str]] = {
    "{% load admin_static %}": ("3.0", "{% load static %}"),
    "{% load staticfiles %}": ("3.0", "{% load static %}"),
    "{% load url from future %}": ("1.9", "nothing"),
}
"""Tags of templates, as in _IMPORTED."""

# Only whole lines at the top of a module: others may be for one of several versions of Django.
_IMPORT = re.compile(
    r"^from[ \t]+(?P<module>django(?:\.\w+)*)[ \t]+import[ \t]+"
    r"(?P<names>\([^()]{0,2000}\)|[^(\n#;\\]{1,500})|^import[ \t]+(?P<whole>django(?:\.\w+)+)",
    re.MULTILINE,
)
_NAME = re.compile(r"\w+")
_SETTING = re.compile(r"^(?P<name>[A-Z][A-Z_]{2,40})[ \t]*=", re.MULTILINE)
_LOAD = re.compile(r"\{%[ \t]*load[ \t]+(?P<what>[\w. \t]{1,200})%\}")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class RemovedName:
    """Something that the installed Django does not have, or ignores."""

    name: str
    file: str
    line: int
    instead: str
    """`nothing` if it can be deleted."""


def removed_names(files: Iterable[tuple[str, str]], version: str) -> tuple[RemovedName, ...]:
    """Return what files of an app use that a release of Django does not have.

    `files` are pairs of the path and the text of each module and template. Each name is
    returned once, with the first file that has it.
    """
    found: dict[str, RemovedName] = {}
    for file, text in files:
        for name, position, instead in _in_file(file, text, version):
            line = text.count("\n", 0, position) + 1
            one = RemovedName(name=name, file=file, line=line, instead=instead)
            found.setdefault(name, one)
    return tuple(found.values())


def _in_file(file: str, text: str, version: str) -> Iterator[tuple[str, int, str]]:
    if file.endswith(".py"):
        yield from _in_code(text, version)
        yield from _in_settings(text, version)
        return
    for tag in _LOAD.finditer(text):
        shown = f"{{% load {_SPACES.sub(' ', tag['what'].strip())} %}}"
        yield from _if_gone(shown, tag.start(), _TAGS, version)


def _in_code(text: str, version: str) -> Iterator[tuple[str, int, str]]:
    for one in _IMPORT.finditer(text):
        for name in _named_by(one):
            yield from _if_gone(name, one.start(), _IMPORTED, version)
    for written in _WRITTEN:
        if written in text:
            yield from _if_gone(written, text.index(written), _WRITTEN, version)


def _in_settings(text: str, version: str) -> Iterator[tuple[str, int, str]]:
    set_here = {one["name"]: one.start() for one in _SETTING.finditer(text)}
    # Other modules may have constants of these names.
    is_of_settings = bool(set_here.keys() & {"INSTALLED_APPS", "ROOT_URLCONF"})
    for name, position in set_here.items() if is_of_settings else ():
        for gone in _if_gone(name, position, _SETTINGS, version):
            if gone[2] not in set_here:
                yield gone


def _named_by(one: re.Match[str]) -> Iterator[str]:
    """Yield the names of modules and of what is in them that an import names."""
    module = one["module"] or one["whole"]
    parts = module.split(".")
    yield from (".".join(parts[:end]) for end in range(2, len(parts) + 1))
    for part in (one["names"] or "").strip("()").split(","):
        name = _NAME.search(part)
        if name:
            yield f"{module}.{name[0]}"


def _if_gone(
    name: str, position: int, table: Mapping[str, tuple[str, str]], version: str
) -> Iterator[tuple[str, int, str]]:
    if name in table:
        since, instead = table[name]
        if _is_at_least(version, since):
            yield name, position, instead


def _is_at_least(version: str, since: str) -> bool:
    try:
        return parse_version(version) >= parse_version(since)
    except InvalidVersion:
        return False


_MOST_SHOWN = 8
_NEWEST_TARGET = "5.2"
"""The newest Django that every django-upgrade of the last years knows."""


def notice_of_removed(found: tuple[RemovedName, ...], version: str) -> str:
    """Return a notice about all of these together; empty if there are none."""
    if not found:
        return ""
    shown = [
        f"{one.name} (line {one.line} of {one.file})"
        + ("" if one.instead == "nothing" else f", use {one.instead}")
        for one in found[:_MOST_SHOWN]
    ]
    more = f"; and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    return (
        f"The app uses what Django {version} does not have: {'; '.join(shown)}{more}. "
        "django-upgrade changes much of this in modules: django-upgrade --target-version "
        f"{_target(version)} $(git ls-files '*.py')"
    )


def _target(version: str) -> str:
    return _NEWEST_TARGET if _is_at_least(version, _NEWEST_TARGET) else version[:3]
