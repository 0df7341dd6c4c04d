"""The environment variables that a failed Django command lacks, or whose values it refuses."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from slipway.domain.django.exception_chain import (
    Exceptional,
    Failure,
    Frame,
    Site,
    top_level,
)
from slipway.domain.django.placeholders import MARKER, Placeholder
from slipway.domain.django.required_variables import (
    required_after,
    required_at,
    required_by_configuration,
)
from slipway.domain.django.value_origins import (
    Use,
    document_without_key,
    unset_behind,
    variables_of,
)
from slipway.domain.django.ways_of_reading import WaysOfReading
from slipway.domain.python.syntax import statement_of
from slipway.errors.django import (
    RequiredVariable,
    SettingsVariableInvalid,
    SettingsVariableMissing,
)

_MARK = re.compile(rf"{MARKER}-[\w-]+")
_ABOUT_VARIABLES = re.compile(r"(?i)\b(?:env|environment|variables?)\b")
_NAMES = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b(?<=\w{3})")
_UNSET_TYPES = (
    "builtins.KeyError",
    "decouple.UndefinedValueError",
    "environs.exceptions.EnvNotSetError",
)


def missing_variables(failure: Failure) -> SettingsVariableMissing | None:
    """Return the error for variables that are not set; None if none is the cause.

    It names all that the settings are certain to need.
    """
    named = next((it for it in map(_named_by_library(failure), failure.chain) if it), {})
    by_library = [
        RequiredVariable(name=name, place=failure.place, form=form)
        for name, form in named.items()
    ]
    if by_library and failure.cause.raised_in.startswith("configurations."):
        by_library = _by_configuration(failure) or by_library
    variables = (
        by_library
        or _behind_the_line(failure)
        or _without_document(failure)
        or _secret_key(failure)
        or _named_in_text(failure)
    )
    if not variables:
        return None
    further = required_after(
        _stack(failure),
        failure.site.source,
        {name for name in failure.variables if name not in named},
        _helper(failure, variables[0].name),
    )
    if named and failure.own is not None and failure.own.module:
        others = set(failure.variables) | set(named)
        further = (
            *required_at(failure.own.module, failure.own.line, failure.site.source, others),
            *further,
        )
    found = {it.name: it for it in variables}
    for one in further:
        if one.name not in found or not found[one.name].default:
            found[one.name] = _in_app(one, failure.site)
    ways = WaysOfReading(site=failure.site)
    ways.annotations.update({k: v for one in failure.chain for k, v in one.annotations.items()})
    own = [it for one in failure.chain for it in reversed(one.frames) if it.is_own]
    ways.places += [it.place for it in own]
    return SettingsVariableMissing(
        variables=tuple(
            ways.added_to(replace(it, is_empty=it.name in failure.variables))
            for it in found.values()
        ),
        settings=failure.settings_text,
    )


def _by_configuration(failure: Failure) -> list[RequiredVariable]:
    found = required_by_configuration(
        failure.settings, failure.configuration, failure.site.source, failure.variables
    )
    return [_in_app(it, failure.site) for it in found]


def _named_by_library(failure: Failure) -> Callable[[Exceptional], Mapping[str, str]]:
    """Return a function that names the missing variables that an exception is about.

    It maps each to what its value looks like.
    """

    def named(one: Exceptional) -> Mapping[str, str]:
        if one.required:
            return one.required
        if one.is_a("builtins.KeyError") and one.raised_in == "os":
            return {str(one.attributes.get("key", "")): "..."}
        variable = _read_by(one)
        is_unset = one.is_a(*_UNSET_TYPES) or variable not in failure.variables
        is_reader = bool(one.last and one.last.names)
        return {variable: "..."} if variable and is_unset and is_reader else {}

    return named


def _read_by(one: Exceptional) -> str:
    """Name the variable that a library was reading when an exception was raised."""
    for frame in reversed(one.frames):
        if frame.owner == "app":
            return ""
        names = frame.names
        if frame.module.startswith("configurations") and "full_environ_name" not in names:
            # https://django-configurations.readthedocs.io/en/stable/values/
            return f"DJANGO_{names['name']}".upper() if names.get("name") else ""
        order = (
            "full_environ_name",
            "var_name",
            "var",
            "proxied_key",
            "source_key",
            "parsed_key",
        )
        known = [names[it] for it in (*order, "option", "key") if names.get(it)]
        if known:
            return known[0]
    return ""


def _use(failure: Failure) -> Use | None:
    """Return where the cause was raised, or handed to a package, if the app did that."""
    one = failure.cause
    if one.own is None or one.last is None or not one.own.module:
        return None
    is_raised = one.is_a("builtins.SystemExit") or (
        one.last == one.own and (one.own.runs(ast.Raise) or one.own.runs(ast.Assert))
    )
    attribute = one.attributes.get("name") if one.attributes.get("is_of_none") else None
    types = ("builtins.TypeError", "builtins.ValueError", "builtins.AttributeError")
    if not is_raised and attribute is None and not (one.is_a(*types) or _names_nothing(one)):
        return None
    if one.last != one.own:
        attribute = None
    caller = _caller(one)
    return Use(
        module=one.own.module,
        line=one.own.line,
        attribute=attribute,
        is_raised=is_raised,
        caller=caller.statement if caller else "",
        settings=failure.settings,
        names=one.own.names,
    )


def _names_nothing(one: Exceptional) -> bool:
    """Return whether a module, a file or a key was not found because its name has None in it.

    The empty text counts as well.
    """
    if one.is_a("builtins.KeyError"):
        return one.last == one.own and not one.attributes.get("key")
    if one.is_a("builtins.ImportError"):
        parts = str(one.attributes.get("name", "None")).split(".")
        return "None" in parts or "" in parts
    name = one.attributes.get("filename")
    is_file = one.is_a("builtins.OSError") and name is not None
    return is_file and bool(re.search(r"^$|^\.$|(?:^|\W)None(?:\W|$)", str(name)))


def _caller(one: Exceptional) -> Frame | None:
    """Return the frame of the app that called the function of its innermost one."""
    own = [it for it in one.frames if it.is_own]
    return own[-2] if len(own) > 1 and own[-1].function != "<module>" else None


def _behind_the_line(failure: Failure) -> list[RequiredVariable]:
    use = _use(failure)
    found = unset_behind(use, failure.site.source, failure.with_values) if use else ()
    caller = _caller(failure.cause)
    if caller is not None:
        # What a call has the name of is read for that call.
        found = tuple(
            replace(it, place=caller.place, default="")
            if it.name in _texts_in(caller.statement)
            else it
            for it in found
        )
    return [_in_app(it, failure.site) for it in found]


def _without_document(failure: Failure) -> list[RequiredVariable]:
    """Find the unset variable in whose JSON document the settings look up a key."""
    found = documents_without_key(failure)
    return [it for it in found if it.name not in failure.with_values]


def documents_without_key(failure: Failure) -> list[RequiredVariable]:
    """Find the variable whose JSON document lacks a key, if that is the cause."""
    one = failure.cause
    if not one.is_a("builtins.KeyError") or one.own is None or one.last != one.own:
        return []
    use = Use(module=one.own.module, line=one.own.line, attribute=None, is_raised=False)
    key = str(one.attributes.get("key", ""))
    found = document_without_key(use, key, failure.site.source) if use.module else ()
    return [_in_app(it, failure.site) for it in found]


def _texts_in(source: str) -> list[str]:
    statement = statement_of(source)
    nodes = ast.walk(statement) if statement else ()
    return [str(it.value) for it in nodes if isinstance(it, ast.Constant)]


def _in_app(variable: RequiredVariable, site: Site) -> RequiredVariable:
    return replace(variable, place=site.inside(variable.place)) if variable.place else variable


def _secret_key(failure: Failure) -> list[RequiredVariable]:
    """Find the variable that SECRET_KEY is taken from, if Django found the setting empty."""
    one = failure.cause
    is_empty = one.is_a("django.core.exceptions.ImproperlyConfigured") and (
        one.raised_in == "django.conf" and one.text.startswith("The SECRET_KEY setting")
    )
    if not is_empty or not failure.settings:
        return []
    found = variables_of(
        "SECRET_KEY", failure.settings, failure.site.source, failure.with_values
    )
    return [_in_app(it, failure.site) for it in found]


def _named_in_text(failure: Failure) -> list[RequiredVariable]:
    """Find the variables that the app itself says are missing, in what it raises."""
    one = failure.cause
    is_raised = one.is_a("builtins.SystemExit") or bool(one.own and one.own.runs(ast.Raise))
    if not is_raised or one.own is None or one.last != one.own:
        return []
    if not _ABOUT_VARIABLES.search(one.text):
        return []
    names = [it for it in _NAMES.findall(one.text) if it not in failure.variables]
    return [RequiredVariable(name=it, place=one.own.place) for it in dict.fromkeys(names)]


def _stack(failure: Failure) -> list[tuple[str, int]]:
    """List the app's modules that were being imported, outermost first, with their lines."""
    lines: dict[str, int] = {}
    for frame in (it for one in reversed(failure.chain) for it in one.frames):
        if frame.is_own and frame.module and frame.function == "<module>":
            lines.setdefault(frame.module, frame.line)
    return [*lines.items()]


def _helper(failure: Failure, variable: str) -> ast.Call | None:
    """Return the call by which the app's module reads the variable that is missing."""
    own = [it for one in failure.chain[::-1] for it in one.frames[::-1] if it.is_own]
    statements = [statement_of(it.statement) for it in own if it.function == "<module>"]
    for node in (node for it in statements if it for node in ast.walk(it)):
        match node:
            case ast.Call(args=[ast.Constant(value=value), *_]) if value == variable:
                return node
    return None


def invalid_variable(failure: Failure) -> SettingsVariableInvalid | None:
    """Return the error for a variable that is set, but not as the settings need it."""
    for one in failure.chain:
        variable = next(iter(one.refused), "") or _read_by(one)
        if variable and variable in failure.variables and one.own is not None:
            names = (it.module for it in reversed(one.frames) if it.names)
            reader = "pydantic_settings" if one.refused else next(names)
            return SettingsVariableInvalid(
                variable=variable,
                settings=failure.settings_text,
                place=failure.place,
                reader=failure.distribution_of(reader).partition(" ")[0],
            )
    use = _use(failure)
    if use is None or use.is_raised or not failure.cause.is_a("builtins.ValueError"):
        return None
    # The values of all variables count as missing, to find the one that the line uses.
    used = unset_behind(use, failure.site.source, ()) or _address_of_database(failure)
    if len(used) != 1 or used[0].name not in failure.variables:
        return None
    return SettingsVariableInvalid(
        variable=used[0].name,
        settings=failure.settings_text,
        place=failure.place,
        reader="",
    )


def refused_placeholder(
    failure: Failure, placeholders: Sequence[Placeholder]
) -> Placeholder | None:
    """Return the placeholder that the settings do not accept; None if none is known.

    The exception has its value, or the line that raised it depends on it.
    """
    for one in failure.chain:
        texts = (one.text, *map(str, one.attributes.values()))
        for placeholder in placeholders:
            marks = _MARK.findall(placeholder.value)
            if any(mark in text for mark in marks for text in texts):
                return placeholder
    given = {it.variable.name: it for it in placeholders}
    use = _use(failure)
    others = failure.with_values - set(given)
    used = unset_behind(use, failure.site.source, others) if use else ()
    return next((given[it.name] for it in used if it.name in given), None)


def _address_of_database(failure: Failure) -> tuple[RequiredVariable, ...]:
    """Return the variable that dj_database_url.config() reads, if it has raised the cause."""
    own = failure.cause.own
    if own is None or top_level(failure.cause.raised_in) != "dj_database_url":
        return ()
    statement = statement_of(own.statement)
    for node in ast.walk(statement) if statement else ():
        match node:
            case ast.Call(func=ast.Attribute(attr="config") | ast.Name(id="config")):
                words = {it.arg: it.value for it in node.keywords}
                name = words.get("env", next(iter(node.args), None))
                variable = name.value if isinstance(name, ast.Constant) else "DATABASE_URL"
                return (RequiredVariable(name=str(variable), place=own.place),)
    return ()
