"""Turns bound services into variables that settings read: DATABASE_URL and REDIS_URL."""

from __future__ import annotations

import re
from typing import NamedTuple

from binding import ADDRESS, Binding, Unreadable, shown
from service_address import Incomplete, scheme_of_address, url


class ServiceKind(NamedTuple):
    """The services that one variable is for."""

    variable: str
    schemes: dict[str, str]
    """The names that platforms use for such a service -> the scheme that the app reads."""
    names: tuple[str, ...]
    """If there are several bindings, one with one of these names is used."""
    setting: str
    """The variable that names the binding to use; empty if there is none."""


DATABASE = ServiceKind(
    variable="DATABASE_URL",
    # dj-database-url and django-environ know all of these schemes.
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
    bindings: list[Binding], environment: dict[str, str], warnings: list[str]
) -> dict[str, str]:
    """Return the variables that are not set yet; add problems to `warnings`."""
    found: dict[str, str] = {}
    for binding in bindings:
        if not binding.type and not binding.provider:
            warn_of_misnamed(binding, warnings, needs_database=False)
    for kind in (DATABASE, REDIS):
        if kind.variable in environment:
            continue
        candidates = [binding for binding in bindings if scheme_of(binding, kind)]
        chosen = choose(candidates, kind, environment.get(kind.setting, ""), warnings)
        if not chosen:
            continue
        warn_of_misnamed(chosen, warnings, needs_database=kind is DATABASE)
        try:
            scheme, address = scheme_of(chosen, kind), address_of(chosen, kind)
            if not address:
                refuse_unreadable_address(chosen)
            found[kind.variable] = url(chosen, scheme, address, warnings)
        except Unreadable as error:
            # An address without its password, for example, would only fail later.
            warnings.append(
                f"{kind.variable} is not set: {error} of the binding {shown(chosen.name)} "
                "cannot be read."
            )
        except Incomplete as error:
            warnings.append(
                f"{kind.variable} is not set: the binding {shown(chosen.name)} {error}."
            )
    return found


def scheme_of(binding: Binding, kind: ServiceKind) -> str:
    """Return the scheme of the service's address; empty if it is another kind of service."""
    address = address_of(binding, kind)
    if address:
        return kind.schemes[scheme_of_address(address)]
    for text in (binding.type, binding.provider, *binding.tags):
        # Brokers use names such as `p.mysql` and `aws-rds-postgres`.
        words = re.split(r"[^a-z0-9]+", text)
        for word, scheme in kind.schemes.items():
            if word in words:
                return scheme
    return ""


def address_of(binding: Binding, kind: ServiceKind) -> str:
    """Return the address in the binding; empty if there are only others, such as Java's."""
    addresses = (binding.credentials.get(key, "").strip() for key in ADDRESS)
    return next((text for text in addresses if scheme_of_address(text) in kind.schemes), "")


def refuse_unreadable_address(binding: Binding) -> None:
    """Raise Unreadable if the address of a binding may be in an entry that cannot be read."""
    for key in ADDRESS:
        if key in binding.unreadable:
            raise Unreadable(key)


def warn_of_misnamed(binding: Binding, warnings: list[str], *, needs_database: bool) -> None:
    """Warn of entries that are not read, but resemble one that is missing."""
    if binding.others:
        # Most bindings have no such entries.
        from misnamed_keys import misnamed_keys

        for key, meant in misnamed_keys(binding, needs_database=needs_database):
            warnings.append(
                f"The entry {shown(key)} of the binding {shown(binding.name)} is not read. Its "
                f"name should probably be {meant}."
            )


def choose(
    candidates: list[Binding], kind: ServiceKind, named: str, warnings: list[str]
) -> Binding | None:
    """Choose the binding with the name `named`, if any, or a usual name, or the first one."""
    candidates = sorted(candidates, key=lambda binding: (binding.type, binding.name))
    names = ", ".join(shown(binding.name) for binding in candidates)
    if named:
        found = [binding for binding in candidates if binding.name == named]
        if not found:
            # Otherwise, another database might be migrated by mistake.
            warnings.append(
                f"{kind.variable} is not set: {kind.setting} is {shown(named)}, but the bound "
                f"databases are: {names or 'none'}."
            )
        return found[0] if found else None
    for name in kind.names:
        for binding in candidates:
            if binding.name.lower() == name:
                return binding
    if len(candidates) > 1:
        setting = f"{kind.setting} to its name" if kind.setting else kind.variable
        warnings.append(
            f"{kind.variable} is set from {shown(candidates[0].name)}, the first of {names}. "
            f"To use another one, set {setting}."
        )
    return candidates[0] if candidates else None
