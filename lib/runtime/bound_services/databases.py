"""Writes the address of a database for Django: DATABASE_URL.

dj-database-url and django-environ read it, and Python's drivers connect with its options.
"""

from __future__ import annotations

import re

from bound_services.address import (
    check_host_and_port,
    database_of,
    is_on,
    left_out,
    write_address,
)
from bound_services.binding import Incomplete
from bound_services.service import Service

SOCKET = {"mysql": "unix_socket", "postgres": "host", "postgresql": "host", "postgis": "host"}
"""Scheme -> the option that holds the path of a socket."""
OF_OTHER_DRIVERS = {"reconnect", "adapter", "encoding", "schema", "ssl", "sslaccept"}
"""Options of Ruby, Node and Prisma: with one of them, Python's drivers refuse to connect."""
OF_OTHER_MYSQL_DRIVERS = {"pool", "ssl-mode", "sslmode", "tls"}
OF_OTHER_POSTGRESQL_DRIVERS = {"connection_limit", "pgbouncer", "pool_timeout"}


def variables(service: Service) -> dict[str, str]:
    """Return DATABASE_URL.

    Raises Incomplete.
    """
    parts = service.parts()
    parts = parts._replace(
        path=database_of(parts, service.binding),
        options=_options(service, parts.options),
    )
    if parts.host.startswith("/"):
        options = {**parts.options, SOCKET[service.scheme]: parts.host}
        parts = parts._replace(host="", port="", options=options)
    elif parts.host or SOCKET[service.scheme] not in parts.options:
        check_host_and_port(parts)
    if not parts.path:
        raise Incomplete("has no database")
    return {"DATABASE_URL": write_address(parts, service.scheme)}


def _options(service: Service, options: dict[str, str]) -> dict[str, str]:
    """Keep the options that Python's drivers accept; with others they refuse to connect."""
    is_mysql = service.scheme == "mysql"
    others = OF_OTHER_MYSQL_DRIVERS if is_mysql else OF_OTHER_POSTGRESQL_DRIVERS
    kept: dict[str, str] = {}
    for name, value in options.items():
        if name == "currentSchema" and not is_mysql:
            # A name from Java, which dj-database-url knows but django-environ does not.
            kept["options"] = f"-c search_path={value}"
        # Only Java's drivers have names with capital letters, such as useSSL.
        elif name == name.lower() and name not in OF_OTHER_DRIVERS | others:
            kept[name] = value
        elif re.search("ssl|tls", name.lower()) and is_on(value):
            service.warnings.append(left_out(name, service.binding))
    return kept
