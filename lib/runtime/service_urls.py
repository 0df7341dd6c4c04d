"""Gives bound services as settings read them: DATABASE_URL and REDIS_URL."""

from __future__ import annotations

import re
from typing import NamedTuple

from binding import ADDRESS, Binding, shown
from service_address import Incomplete, scheme_of_address, url


class ServiceKind(NamedTuple):
    """What one variable is for."""

    variable: str
    schemes: dict[str, str]
    """How platforms call such a service, and as which scheme the app reads it."""
    names: tuple[str, ...]
    """Where there are several, the binding of this name is meant."""
    setting: str
    """The variable that names the binding to take; empty if there is none."""


DATABASE = ServiceKind(
    variable="DATABASE_URL",
    # Each of these is known to dj-database-url and to django-environ.
    schemes={
        "postgresql": "postgresql",
        "postgres": "postgres",
        "pgsql": "postgresql",
        "postgis": "postgis",
        "mysql": "mysql",
        "mysql2": "mysql",
        "mariadb": "mysql",
    },
    names=("default", "database", "db"),
    setting="SLIPWAY_DATABASE",
)
REDIS = ServiceKind(
    variable="REDIS_URL",
    schemes={"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"},
    names=("default", "redis", "cache"),
    setting="",
)


def urls(
    bindings: list[Binding], environment: dict[str, str], told: list[str]
) -> dict[str, str]:
    """Give the variables that are not set yet; what went wrong is added to `told`."""
    found: dict[str, str] = {}
    for kind in (DATABASE, REDIS):
        if kind.variable in environment:
            continue
        candidates = [binding for binding in bindings if scheme_of(binding, kind)]
        chosen = choose(candidates, kind, environment.get(kind.setting, ""), told)
        if not chosen:
            continue
        try:
            scheme, address = scheme_of(chosen, kind), address_of(chosen, kind)
            found[kind.variable] = url(chosen, scheme, address, told)
        except Incomplete as error:
            told.append(
                f"{kind.variable} is not set: the binding {shown(chosen.name)} {error}."
            )
    return found


def scheme_of(binding: Binding, kind: ServiceKind) -> str:
    """Give the scheme of such a service's address; an empty text: it is something else."""
    address = address_of(binding, kind)
    if address:
        return kind.schemes[scheme_of_address(address)]
    for text in (binding.type, binding.provider, *binding.tags):
        # `p.mysql` and `aws-rds-postgres` are names of brokers.
        words = re.split(r"[^a-z0-9]+", text)
        for word, scheme in kind.schemes.items():
            if word in words:
                return scheme
    return ""


def address_of(binding: Binding, kind: ServiceKind) -> str:
    """Give the address that the binding brings, unless that is for a browser, or for Java."""
    addresses = (binding.credentials.get(key, "").strip() for key in ADDRESS)
    return next((text for text in addresses if scheme_of_address(text) in kind.schemes), "")


def choose(
    candidates: list[Binding], kind: ServiceKind, wanted: str, told: list[str]
) -> Binding | None:
    """Take the one that `wanted` names, else one of the usual names, else the first."""
    candidates = sorted(candidates, key=lambda binding: (binding.type, binding.name))
    names = ", ".join(shown(binding.name) for binding in candidates)
    if wanted:
        named = [binding for binding in candidates if binding.name == wanted]
        if not named:
            # Another one in its place might be migrated by mistake.
            told.append(
                f"{kind.variable} is not set: {kind.setting} is {shown(wanted)}, "
                f"and bound are: {names or 'none'}."
            )
        return named[0] if named else None
    for name in kind.names:
        for binding in candidates:
            if binding.name.lower() == name:
                return binding
    if len(candidates) > 1:
        setting = f"{kind.setting} to its name" if kind.setting else kind.variable
        told.append(
            f"{kind.variable} is that of {shown(candidates[0].name)}, the first of {names}. "
            f"To use another, set {setting}."
        )
    return candidates[0] if candidates else None
