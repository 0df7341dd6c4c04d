"""Recognizes a DATABASE_URL that the platform has written from a bound service.

Cloud Foundry sets it before any buildpack runs, when an app is built and whenever it starts: to
the `uri` of any bound database, with `mysql2:` for `mysql:` and `postgres:` for `postgresql:`.
With several databases, it may be another one at each start. Options such as `reconnect=true`,
with which Django's drivers do not connect, stay in it.

https://github.com/cloudfoundry/buildpackapplifecycle/blob/main/databaseuri/databaseuri.go
"""

from __future__ import annotations

from typing import NamedTuple

from bound_services.address import Parts, addresses_in, scheme_of, split_address
from bound_services.service import Service

_WRITTEN = {
    "mysql": "mysql2",
    "mysql2": "mysql2",
    "postgres": "postgres",
    "postgresql": "postgres",
}
"""The scheme in a credential -> the one that Cloud Foundry writes."""
_USELESS = ("reconnect", "autoReconnect", "useSSL", "verifyServerCertificate")
"""Options of other languages, which users leave out when they copy an address."""


class Written(NamedTuple):
    service: Service
    is_any: bool
    """Whether it may be another one of several databases at the next start."""


def written(address: str, services: list[Service]) -> Written | None:
    """Return the service from whose address DATABASE_URL is; None if it is the user's own."""
    for service in services:
        uri = service.binding.credentials.get("uri", "")
        # It writes no other schemes: with `mysql:`, the user has chosen this database.
        is_any = service.binding.source == "VCAP_SERVICES" and (
            scheme_of(address) == _WRITTEN.get(scheme_of(uri))
        )
        # It may quote other characters than the credential.
        if is_any and split_address(address) == split_address(uri) is not None:
            return Written(service, is_any)
    for service in services:
        if any(_is_same(address, found) for found in addresses_in(service.binding)):
            return Written(service, is_any=False)
    return None


def _is_same(address: str, other: str) -> bool:
    """Tell whether two addresses are the same up to their schemes and useless options."""
    schemes = {_WRITTEN.get(scheme_of(text), "") for text in (address, other)}
    parts, others = split_address(address), split_address(other)
    if len(schemes) > 1 or "" in schemes or not (parts and others):
        return False
    return _without_useless(parts) == _without_useless(others)


def _without_useless(parts: Parts) -> Parts:
    options = {name: value for name, value in parts.options.items() if name not in _USELESS}
    return parts._replace(options=options)
