"""Find what an app uses of an older Django, and the installed one does not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from packaging.version import InvalidVersion

from slipway.domain.django.former_names import (
    CODE_BY_WORD,
    FILTERS,
    IMPORTED,
    LIBRARIES,
    SETTINGS,
    STRINGS,
    TEMPLATES,
    UPGRADED,
    CodePattern,
)
from slipway.domain.packaging_text import parse_version

_QUOTED = "{% url name %} without quotes"
_MODULES = frozenset(one.rpartition(".")[0] for one in IMPORTED)
"""Where something is gone."""
_OF_MARKUP = frozenset({"markdown", "restructuredtext", "textile"})
"""Filters that other packages have too."""
_LIBRARIES_OF_DJANGO = frozenset(
    "admin_list admin_modify admin_static admin_urls cache comments flatpages future humanize "
    "i18n l10n log markup static staticfiles tz url from".split()
)

# Only whole lines at the top of a module: others may be for one of several versions of Django.
_IMPORT = re.compile(
    r"^from[ \t]+(?P<module>django(?:\.\w+)*)[ \t]+import[ \t]+"
    r"(?P<names>\([^()]{0,2000}\)|[^(\n#;\\]{1,500})|^import[ \t]+(?P<whole>django(?:\.\w+)+)",
    re.MULTILINE,
)
_NAME = re.compile(r"(?P<name>\w+)(?:[ \t\n]+as[ \t\n]+(?P<alias>\w+))?")
_DOTTED = re.compile(r"[\"'](?P<name>django(?:\.\w+){2,6})[\"']")
_SETTING = re.compile(r"^(?P<name>[A-Z][A-Z_]{2,40})[ \t]*=", re.MULTILINE)
_TAG = re.compile(
    r"\{%[ \t]*(?:load[ \t]+(?P<loads>[\w. \t]{1,200})|(?P<equal>if(?:not)?equal)[ \t]"
    r"|url[ \t]+(?P<url>[A-Za-z_][\w:.-]*)(?=[ \t%]))"
)
_FILTER = re.compile(
    rf"\{{[{{%][^{{}}|]{{1,300}}(?:\|[^{{}}|]{{1,300}}){{0,9}}?"
    rf"\|[ \t]*(?P<name>{'|'.join(FILTERS)})\b"
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
    filters: set[str] = field(default_factory=set)
    url_names: set[str] = field(default_factory=set)
    urls: list[tuple[str, str, int, bool]] = field(default_factory=list)
    """Tags `url` without quotes: the name, file, line, and whether it can be no variable."""

    def read(self, file: str, text: str) -> None:
        """Note what a module defines."""
        library = _OWN_LIBRARY.search(file)
        if library:
            self.libraries.add(library["name"])
            self.filters.update(name for name in FILTERS if name in text)
        if _SETTINGS_FILE.search(file):
            self.libraries.update(one["name"] for one in _REGISTERED.finditer(text))
            if "builtins" in text:
                self.filters.update(_OF_MARKUP)
        if "url" in file:
            self.url_names.update(one["name"] for one in _URL_NAME.finditer(text))
        if "is_a" in text:
            self.methods.update(one["name"] for one in _DEFINED.finditer(text))

    def has(self, name: str) -> bool:
        """Return whether a name may be one of the app's own."""
        if name.startswith("{% load "):
            return name.split()[-2] in self.libraries
        if name.startswith("|"):
            return name[1:] in self.filters
        if name.startswith("reverse()"):
            return any(".views." in one for one in self.url_names)
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


def _in_module(file: str, text: str, version: str) -> Iterator[_Gone]:
    if "django" in text:
        for one in _IMPORT.finditer(text):
            for name in _named_by(one):
                yield from _if_gone(name, one.start(), IMPORTED, version)
        yield from _through_modules(text, version)
        for one in _DOTTED.finditer(text) if "url" in file else ():
            if _is_code(text, one.start()):
                yield from _if_gone(one["name"], one.start(), IMPORTED, version)
    if "INSTALLED_APPS" in text or "ROOT_URLCONF" in text:
        yield from _in_settings(text, version)
    for name in STRINGS if _SETTINGS_FILE.search(file) else ():
        yield from _in_quotes(name, text, version)
    # A module with `django.VERSION` may have code for several versions.
    words = [one for one in CODE_BY_WORD if one in text]
    for kind in _kinds_of(words) if "django.VERSION" not in text else ():
        if not kind.unless or kind.unless not in text:
            yield from _of_kind(kind, text, version)


def _through_modules(text: str, version: str) -> Iterator[_Gone]:
    """Find what is gone in modules that an import at the top gives a name."""
    modules: dict[str, str] = {}
    for one in _IMPORT.finditer(text):
        for part in _parts_of(one):
            module = f"{one['module']}.{part['name']}"
            if module in _MODULES:
                modules[part["alias"] or part["name"]] = module
    if not modules or "django.VERSION" in text or "hasattr(" in text:
        return
    names = "|".join(map(re.escape, modules))
    for use in re.finditer(rf"(?<![\w.])(?P<module>{names})\.(?P<name>\w+)", text):
        gone = f"{modules[use['module']]}.{use['name']}"
        if gone in IMPORTED and _is_code(text, use.start()):
            yield from _if_gone(gone, use.start(), IMPORTED, version)


def _kinds_of(words: Iterable[str]) -> Iterator[CodePattern]:
    for word in words:
        yield from CODE_BY_WORD[word]


def _of_kind(kind: CodePattern, text: str, version: str) -> Iterator[_Gone]:
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
            yield from _if_gone(name, one.start(), STRINGS, version)
            return


def _is_code(text: str, position: int) -> bool:
    """Return whether a position is neither in a comment nor in a string."""
    before = text[text.rfind("\n", 0, position) + 1 : position]
    is_free = "#" not in before and before.count('"') % 2 == 0 and before.count("'") % 2 == 0
    return is_free and not any(text.count(it, 0, position) % 2 for it in ('"""', "'''"))


def _in_template(file: str, text: str, version: str, app: _App) -> Iterator[_Gone]:
    hidden = _hidden_parts(text) if "comment" in text or "verbatim" in text else []
    tags = _TAG.finditer(text) if "{%" in text else ()
    shown = [one for one in tags if not _is_hidden(text, one.start(), hidden)]
    for tag in shown:
        position = tag.start()
        if tag["loads"]:
            yield from _in_load(tag["loads"].split(), position, version)
        elif tag["equal"] and _is_at_least(version, "4.0"):
            sign = "==" if tag["equal"] == "ifequal" else "!="
            named = f"{{% {tag['equal']} a b %}}"
            yield _Gone(name=named, position=position, instead=f"{{% if a {sign} b %}}")
        elif tag["url"]:
            name = tag["url"]
            is_certain = "-" in name or ":" in name
            if is_certain or not re.search(rf"\b(?:for|as|with) {re.escape(name)}\b", text):
                line = text.count("\n", 0, position) + 1
                app.urls.append((name, file, line, is_certain))
    if any(name in text for name in FILTERS):
        loads = (tag["loads"] or "" for tag in shown)
        loaded = {word for one in loads for word in one.split()}
        yield from _filters(text, version, loaded, hidden)


def _filters(
    text: str, version: str, loaded: set[str], hidden: list[tuple[int, int]]
) -> Iterator[_Gone]:
    for one in _FILTER.finditer(text):
        is_certain = one["name"] not in _OF_MARKUP or loaded <= _LIBRARIES_OF_DJANGO
        if is_certain and not _is_hidden(text, one.start(), hidden):
            for gone in _if_gone(one["name"], one.start(), FILTERS, version):
                yield replace(gone, name=f"|{gone.name}")


def _is_hidden(text: str, position: int, parts: list[tuple[int, int]]) -> bool:
    is_comment = text.rfind("{#", 0, position) > text.rfind("\n", 0, position)
    return is_comment or any(start < position < end for start, end in parts)


def _in_load(words: list[str], position: int, version: str) -> Iterator[_Gone]:
    is_part = "from" in words
    for library in words[-1:] if is_part else words:
        if library in LIBRARIES:
            since, instead = LIBRARIES[library]
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
        for gone in _if_gone(name, position, SETTINGS, version):
            if gone.instead.rpartition(" ")[2] not in set_here:
                yield gone


def _named_by(one: re.Match[str]) -> Iterator[str]:
    """Yield the names of modules and of what is in them that an import names."""
    module = one["module"] or one["whole"]
    parts = module.split(".")
    yield from (".".join(parts[:end]) for end in range(2, len(parts) + 1))
    yield from (f"{module}.{part['name']}" for part in _parts_of(one))


def _parts_of(one: re.Match[str]) -> Iterator[re.Match[str]]:
    """Yield what an import takes from its module."""
    parts = (one["names"] or "").strip("()").split(",")
    yield from filter(None, map(_NAME.search, parts))


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
    changed = [one.name in UPGRADED for one in found]
    what = "this" if all(changed) else "some of this"
    command = (
        f"django-upgrade --target-version {_target(version)} $(git ls-files '*.py')"
        if any(changed)
        else ""
    )
    paste = (
        f". Write for templates, with your own folders and context processors: {TEMPLATES}"
        if any(one.instead.endswith(" TEMPLATES") for one in found)
        else ""
    )
    tool = f". django-upgrade changes {what}: {command}" if command else ""
    return f"The app uses what Django {version} does not have: {names}{paste}{tool}"


def _with_advice(one: RemovedName) -> str:
    places = [f"line {use.line} of {use.file}" for use in one.uses[:_MOST_FILES]]
    more = len(one.uses) - len(places)
    if more:
        places.append(f"and {more} more file{'s' if more > 1 else ''}")
    advice = "delete it" if one.instead == "nothing" else f"use {one.instead}"
    return f"{one.name} ({', '.join(places)}), {advice}"


def _target(version: str) -> str:
    return _NEWEST_TARGET if _is_at_least(version, _NEWEST_TARGET) else version[:3]
