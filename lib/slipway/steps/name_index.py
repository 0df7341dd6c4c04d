"""Says in an error of an index where the index is named."""

from __future__ import annotations

from collections.abc import Iterator
from configparser import Error as UnreadableConfiguration
from contextlib import contextmanager

from slipway.domain.index_config.credentials import credential_variables
from slipway.domain.index_config.places import IndexPlace, place_of_index
from slipway.domain.index_config.project_settings import index_of_files, index_of_lock
from slipway.domain.locks.brought import Index
from slipway.domain.toml_text import parse_toml
from slipway.effects.files import AppFolder
from slipway.errors.fetching import IndexRefused, OfAnIndex
from slipway.steps.context import BuildContext
from slipway.toolchains.pip_configuration import settings_for

_WITH_TABLES = ("pyproject.toml", "uv.toml")


@contextmanager
def naming_index(context: BuildContext) -> Iterator[None]:
    """Add to an error of an index what names the index, and the variables of its user."""
    try:
        yield
    except OfAnIndex as error:
        place = None if error.named_in else _place(error.index, context)
        if place:
            error.named_in = place.name
        if isinstance(error, IndexRefused):
            if place:
                error.variables, error.has_others = place.variables, place.has_others
            environment = context.effects.environment
            error.unset = tuple(one for one in error.variables if not environment.get(one))
        raise


def _place(request: str, context: BuildContext) -> IndexPlace | None:
    dependencies = context.plan.dependencies
    index = index_of_lock(dependencies.lock, dependencies.options, request)
    if index is None:
        environment = context.effects.environment
        try:
            settings = settings_for(context.app, environment)
        except UnreadableConfiguration:
            settings = ()  # pip reports it
        place = place_of_index(request, dependencies.options, settings, environment)
        if place is None or place.name not in _WITH_TABLES:
            return place
        index = _index_of_files(request, context)
        origin = place.name
    else:
        origin = dependencies.origin
    variables = credential_variables(index) if index else ()
    return IndexPlace(name=origin, address="", variables=variables)


def _index_of_files(request: str, context: BuildContext) -> Index | None:
    """Return the index that a table of the app's files names."""
    app = AppFolder(context.app)
    tables = []
    for file in _WITH_TABLES:
        text = app.text(file)
        tables.append(parse_toml(text, file) if text is not None else None)
    document, uv_toml = tables
    return index_of_files(document or {}, uv_toml, request)
