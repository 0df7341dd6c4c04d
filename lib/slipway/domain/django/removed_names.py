"""Find what an app uses of an older Django, and the installed one does not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

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
    "django.core.management.base.NoArgsCommand": ("1.10", "BaseCommand"),
    "django.core.urlresolvers": ("2.0", "django.urls"),
    "django.db.transaction.commit_manually": ("1.8", "django.db.transaction.atomic"),
    "django.db.transaction.commit_on_success": ("1.8", "django.db.transaction.atomic"),
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
_STRINGS: Mapping[str, tuple[str, str]] = {
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
"""What settings name in quotes, or the module of it, as in _IMPORTED. WhiteNoise has no module
`django` since 4.0: https://whitenoise.readthedocs.io/en/stable/changelog.html"""
_LIBRARIES: Mapping[str, tuple[str, str]] = {
    "admin_static": ("3.0", "{% load static %}"),
    "future": ("1.9", "nothing"),
    "markup": ("1.6", "nothing"),
    "staticfiles": ("3.0", "{% load static %}"),
}
"""What templates load, as in _IMPORTED."""
_QUOTED = "{% url name %} without quotes"


@dataclass(frozen=True, kw_only=True)
class _Pattern:
    """Code that is recognized by its words."""

    name: str
    word: str
    """Where it is not, the pattern is not tried, because that takes longer."""
    pattern: re.Pattern[str]
    since: str
    instead: str
    unless: str = ""
    """What a module has that defines the name itself, or also has the new one."""


_CODE = (
    _Pattern(
        name="include(admin.site.urls)",
        word="include(admin.site.urls)",
        pattern=re.compile(r"include\(admin\.site\.urls\)"),
        since="2.0",
        instead="admin.site.urls",
    ),
    _Pattern(
        name="context_instance=RequestContext(...)",
        word="context_instance",
        pattern=re.compile(r"context_instance\s*=\s*RequestContext\("),
        since="1.10",
        instead="render(request, ...)",
    ),
    _Pattern(
        name="request.is_ajax()",
        word=".is_a",
        pattern=re.compile(r"request\.is_ajax\(\)"),
        since="4.0",
        instead='request.headers.get("x-requested-with") == "XMLHttpRequest"',
    ),
    _Pattern(
        name="user.is_authenticated()",
        word=".is_a",
        pattern=re.compile(r"user\.is_authenticated\(\)"),
        since="2.0",
        instead="user.is_authenticated",
    ),
    _Pattern(
        name="user.is_anonymous()",
        word=".is_a",
        pattern=re.compile(r"user\.is_anonymous\(\)"),
        since="2.0",
        instead="user.is_anonymous",
    ),
    _Pattern(
        name="request.REQUEST",
        word="request.REQUEST",
        pattern=re.compile(r"request\.REQUEST\b"),
        since="1.9",
        instead="request.GET or request.POST",
    ),
    _Pattern(
        name="transaction.commit_on_success",
        word="transaction.commit_",
        pattern=re.compile(r"transaction\.commit_on_success\b"),
        since="1.8",
        instead="transaction.atomic",
    ),
    _Pattern(
        name="transaction.commit_manually",
        word="transaction.commit_",
        pattern=re.compile(r"transaction\.commit_manually\b"),
        since="1.8",
        instead="transaction.atomic",
    ),
    _Pattern(
        name="get_query_set()",
        word="get_query_set",
        pattern=re.compile(r"def get_query_set\("),
        since="1.8",
        instead="get_queryset()",
        unless="get_queryset",
    ),
    _Pattern(
        name="__unicode__()",
        word="__unicode__",
        pattern=re.compile(r"def __unicode__\("),
        since="2.0",
        instead="__str__()",
        unless="__str__",
    ),
    _Pattern(
        name="Signal(providing_args=...)",
        word="providing_args",
        pattern=re.compile(r"Signal\(\s*providing_args\s*="),
        since="4.0",
        instead="nothing",
    ),
    _Pattern(
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
_CODE_BY_WORD = {
    word: tuple(one for one in _CODE if one.word == word)
    for word in dict.fromkeys(one.word for one in _CODE)
}
_UPGRADED = frozenset(
    {
        *("django.conf.urls.url", "django.contrib.postgres.fields.JSONField"),
        *("django.contrib.staticfiles.templatetags", "django.core.urlresolvers"),
        *("django.utils.http.is_safe_url", "django.utils.http.urlquote"),
        *("django.utils.timezone.utc", f"{_TEXT}.force_text", f"{_TEXT}.smart_text"),
        *(f"{_I18N}.ugettext", f"{_I18N}.ugettext_lazy", f"{_I18N}.ugettext_noop"),
        *(f"{_I18N}.ungettext", f"{_I18N}.ungettext_lazy"),
        *("DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE", "Signal(providing_args=...)"),
        *("user.is_anonymous()", "user.is_authenticated()"),
    }
)
"""What django-upgrade changes: https://django-upgrade.readthedocs.io/en/latest/fixers.html"""

# Only whole lines at the top of a module: others may be for one of several versions of Django.
_IMPORT = re.compile(
    r"^from[ \t]+(?P<module>django(?:\.\w+)*)[ \t]+import[ \t]+"
    r"(?P<names>\([^()]{0,2000}\)|[^(\n#;\\]{1,500})|^import[ \t]+(?P<whole>django(?:\.\w+)+)",
    re.MULTILINE,
)
_NAME = re.compile(r"\w+")
_SETTING = re.compile(r"^(?P<name>[A-Z][A-Z_]{2,40})[ \t]*=", re.MULTILINE)
_TAG = re.compile(
    r"\{%[ \t]*(?:load[ \t]+(?P<loads>[\w. \t]{1,200})|(?P<equal>if(?:not)?equal)[ \t]"
    r"|url[ \t]+(?P<url>[A-Za-z_][\w:.-]*)(?=[ \t%]))"
)
_COMMENT = re.compile(r"\{%[ \t]*(?:end)?(?P<what>comment|verbatim)\b")
_URL_NAME = re.compile(r"name[ \t]*=[ \t]*[\"'](?P<name>[\w.-]+)[\"']")
_SETTINGS_FILE = re.compile(r"settings|conf")
_OWN_LIBRARY = re.compile(r"(?:^|/)templatetags/(?P<name>\w+)\.py$")
_REGISTERED = re.compile(r"[\"'](?P<name>\w+)[\"']\s*:\s*[\"'][\w.]+\.templatetags\.\w+[\"']")
_DEFINED = re.compile(r"(?P<name>is_(?:ajax|authenticated|anonymous))(?:\(self|[ \t]*=[^=])")


@dataclass(frozen=True, kw_only=True)
class PlaceOfUse:
    """A place in a file."""

    file: str
    line: int


@dataclass(frozen=True, kw_only=True)
class RemovedName:
    """Something that the installed Django does not have, or ignores."""

    name: str
    uses: tuple[PlaceOfUse, ...]
    """The first one in each file."""
    instead: str
    """`nothing` if it can be deleted."""


@dataclass(frozen=True, kw_only=True)
class _Gone:
    name: str
    position: int
    instead: str


@dataclass(kw_only=True)
class _App:
    """What the whole app defines, which decides whether a name is Django's."""

    libraries: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    url_names: set[str] = field(default_factory=set)
    urls: list[tuple[str, str, int, bool]] = field(default_factory=list)
    """Tags `url` without quotes: the name, file, line, and whether it can be no variable."""

    def read(self, file: str, text: str) -> None:
        """Note what a module defines."""
        library = _OWN_LIBRARY.search(file)
        if library:
            self.libraries.add(library["name"])
        if _SETTINGS_FILE.search(file):
            self.libraries.update(one["name"] for one in _REGISTERED.finditer(text))
        if "url" in file:
            self.url_names.update(one["name"] for one in _URL_NAME.finditer(text))
        if "is_a" in text:
            self.methods.update(one["name"] for one in _DEFINED.finditer(text))

    def has(self, name: str) -> bool:
        """Return whether a name may be one of the app's own."""
        if name.startswith("{% load "):
            return name.split()[-2] in self.libraries
        return name.removesuffix("()").rpartition(".")[2] in self.methods


def removed_names(
    files: Iterable[tuple[str, str]], version: str, *, whitenoise: str = ""
) -> tuple[RemovedName, ...]:
    """Return what files of an app use that a release of Django does not have.

    `files` are pairs of the path and the text of each module and template; `whitenoise` is the
    version of WhiteNoise, empty if it is not installed.
    """
    found: dict[str, tuple[str, list[PlaceOfUse]]] = {}
    app = _App()
    for file, text in files:
        if file.endswith(".py"):
            app.read(file, text)
            names = _in_module(file, text, version)
        else:
            names = _in_template(file, text, version, app)
        for one in names:
            _, uses = found.setdefault(one.name, (one.instead, []))
            line = text.count("\n", 0, one.position) + 1
            if not uses or uses[-1].file != file:
                uses.append(PlaceOfUse(file=file, line=line))
    unquoted = dict[str, int]()
    for name, file, line, is_certain in app.urls:
        if is_certain or name in app.url_names:
            unquoted.setdefault(file, line)
    if unquoted and _is_at_least(version, "1.5"):
        uses = [PlaceOfUse(file=file, line=line) for file, line in unquoted.items()]
        found[_QUOTED] = ('{% url "name" %}', uses)
    return tuple(
        RemovedName(name=name, uses=tuple(uses), instead=instead)
        for name, (instead, uses) in found.items()
        if not app.has(name)
        if not name.startswith("whitenoise.") or _is_at_least(whitenoise, "4.0")
    )


def replacement_of(name: str) -> str:
    """Return what to use instead of a dotted name of Django; empty if it is not known."""
    parts = name.split(".")
    names = (".".join(parts[:end]) for end in range(len(parts), 1, -1))
    return next((_IMPORTED[one][1] for one in names if one in _IMPORTED), "")


def _in_module(file: str, text: str, version: str) -> Iterator[_Gone]:
    if "django" in text:
        for one in _IMPORT.finditer(text):
            for name in _named_by(one):
                yield from _if_gone(name, one.start(), _IMPORTED, version)
    if "INSTALLED_APPS" in text or "ROOT_URLCONF" in text:
        yield from _in_settings(text, version)
    for name in _STRINGS if _SETTINGS_FILE.search(file) else ():
        yield from _in_quotes(name, text, version)
    # A module with `django.VERSION` may have code for several versions.
    words = [one for one in _CODE_BY_WORD if one in text]
    for kind in _kinds_of(words) if "django.VERSION" not in text else ():
        if not kind.unless or kind.unless not in text:
            yield from _of_kind(kind, text, version)


def _kinds_of(words: Iterable[str]) -> Iterator[_Pattern]:
    for word in words:
        yield from _CODE_BY_WORD[word]


def _of_kind(kind: _Pattern, text: str, version: str) -> Iterator[_Gone]:
    if not _is_at_least(version, kind.since):
        return
    found = (one.start() for one in kind.pattern.finditer(text))
    position = next((one for one in found if _is_code(text, one)), None)
    if position is not None:
        yield _Gone(name=kind.name, position=position, instead=kind.instead)


def _in_quotes(name: str, text: str, version: str) -> Iterator[_Gone]:
    """Find a dotted path in quotes, or what a removed module of that name had."""
    for one in re.finditer(rf"[\"']({re.escape(name)})(?:\.\w+)?[\"']", text):
        if _is_code(text, one.start()):
            yield from _if_gone(name, one.start(), _STRINGS, version)
            return


def _is_code(text: str, position: int) -> bool:
    """Return whether a position is neither in a comment nor in a string."""
    before = text[text.rfind("\n", 0, position) + 1 : position]
    is_free = "#" not in before and before.count('"') % 2 == 0 and before.count("'") % 2 == 0
    return is_free and not any(text.count(it, 0, position) % 2 for it in ('"""', "'''"))


def _in_template(file: str, text: str, version: str, app: _App) -> Iterator[_Gone]:
    if "{%" not in text:
        return
    hidden = _hidden_parts(text) if "comment" in text or "verbatim" in text else []
    for tag in _TAG.finditer(text):
        position = tag.start()
        is_comment = text.rfind("{#", 0, position) > text.rfind("\n", 0, position)
        if is_comment or any(start < position < end for start, end in hidden):
            continue
        if tag["loads"]:
            yield from _in_load(tag["loads"].split(), position, version)
        elif tag["equal"] and _is_at_least(version, "4.0"):
            sign = "==" if tag["equal"] == "ifequal" else "!="
            shown = f"{{% {tag['equal']} a b %}}"
            yield _Gone(name=shown, position=position, instead=f"{{% if a {sign} b %}}")
        elif tag["url"]:
            name = tag["url"]
            is_certain = "-" in name or ":" in name
            if is_certain or not re.search(rf"\b(?:for|as|with) {re.escape(name)}\b", text):
                line = text.count("\n", 0, position) + 1
                app.urls.append((name, file, line, is_certain))


def _in_load(words: list[str], position: int, version: str) -> Iterator[_Gone]:
    is_part = "from" in words
    for library in words[-1:] if is_part else words:
        if library in _LIBRARIES:
            since, instead = _LIBRARIES[library]
            if _is_at_least(version, since):
                shown = f"{{% load {' '.join(words) if is_part else library} %}}"
                yield _Gone(name=shown, position=position, instead=instead)


def _hidden_parts(text: str) -> list[tuple[int, int]]:
    """Return where comments and verbatim parts of a template start and end."""
    places = [one.start() for one in _COMMENT.finditer(text)]
    return [*zip(places[::2], [*places[1::2], len(text)], strict=False)]


def _in_settings(text: str, version: str) -> Iterator[_Gone]:
    set_here = {one["name"]: one.start() for one in _SETTING.finditer(text)}
    # Other modules may have constants of these names.
    is_of_settings = bool(set_here.keys() & {"INSTALLED_APPS", "ROOT_URLCONF"})
    for name, position in set_here.items() if is_of_settings else ():
        for gone in _if_gone(name, position, _SETTINGS, version):
            if gone.instead not in set_here:
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
) -> Iterator[_Gone]:
    if name in table:
        since, instead = table[name]
        if _is_at_least(version, since):
            yield _Gone(name=name, position=position, instead=instead)


@cache
def _is_at_least(version: str, since: str) -> bool:
    try:
        return parse_version(version) >= parse_version(since)
    except InvalidVersion:
        return False


_MOST_FILES = 3
_NEWEST_TARGET = "5.2"
"""The newest Django that every django-upgrade of the last years knows."""


def notice_of_removed(found: tuple[RemovedName, ...], version: str) -> str:
    """Return a notice about all of these together; empty if there are none."""
    if not found:
        return ""
    names = "; ".join(map(_with_advice, found))
    changed = [one.name in _UPGRADED for one in found]
    what = "this" if all(changed) else "some of this"
    command = (
        f"django-upgrade --target-version {_target(version)} $(git ls-files '*.py')"
        if any(changed)
        else ""
    )
    tool = f". django-upgrade changes {what}: {command}" if command else ""
    return f"The app uses what Django {version} does not have: {names}{tool}"


def _with_advice(one: RemovedName) -> str:
    places = [f"line {use.line} of {use.file}" for use in one.uses[:_MOST_FILES]]
    more = len(one.uses) - len(places)
    if more:
        places.append(f"and {more} more file{'s' if more > 1 else ''}")
    advice = "delete it" if one.instead == "nothing" else f"use {one.instead}"
    return f"{one.name} ({', '.join(places)}), {advice}"


def _target(version: str) -> str:
    return _NEWEST_TARGET if _is_at_least(version, _NEWEST_TARGET) else version[:3]
