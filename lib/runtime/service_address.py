"""Writes the address of a service, from the one in its binding and from other credentials.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from binding import (
    DATABASE,
    ENCRYPTED,
    HOST,
    PASSWORD,
    PORT,
    USERNAME,
    Binding,
    shown,
)

SOCKET = {"mysql": "unix_socket", "postgres": "host", "postgresql": "host", "postgis": "host"}
"""Scheme -> the option that holds the path of a socket."""
OF_OTHER_DRIVERS = {"reconnect", "adapter", "encoding", "schema", "ssl", "sslaccept"}
"""Options of Ruby, Node and Prisma: with one of them, Python's drivers refuse to connect."""
OF_OTHER_MYSQL_DRIVERS = {"pool", "ssl-mode", "sslmode", "tls"}
OF_OTHER_POSTGRESQL_DRIVERS = {"connection_limit", "pgbouncer", "pool_timeout"}
OFF = ("", "0", "false", "disable", "disabled")


class Incomplete(Exception):
    """A binding of a known kind is not enough to connect. The text says why, as a clause."""


class Parts(NamedTuple):
    """The unquoted parts of an address; missing ones are empty."""

    username: str
    password: str
    host: str
    port: str
    database: str
    options: dict[str, str]


NO_PARTS = Parts("", "", "", "", "", {})


def url(binding: Binding, scheme: str, address: str, warnings: list[str]) -> str:
    """Return an address that an app can use, with all its parts quoted.

    `address` is the one in the binding, or empty; other credentials add what it does not have.
    Options that Python's drivers reject are left out; problems are added to `warnings`.

    Raises Incomplete, Unreadable.
    """
    parts = _with_credentials(_parts(address) or NO_PARTS, binding)
    if scheme in SOCKET:
        parts = parts._replace(options=_options(parts.options, scheme, binding, warnings))
    else:
        if scheme == "redis" and binding.first(ENCRYPTED).lower() not in OFF:
            scheme = "rediss"
        # Redis numbers its databases, so a name is that of the service.
        parts = parts if parts.database.isdigit() else parts._replace(database="")
    try:
        return _written(_checked(parts, scheme), scheme)
    except UnicodeEncodeError:
        raise Incomplete("has credentials that are not UTF-8") from None


def scheme_of_address(address: str) -> str:
    """Return the scheme without the driver: `mysql` for `mysql+pymysql://`."""
    before, separator, _ = address.strip().partition("://")
    return before.lower().partition("+")[0] if separator else ""


def _parts(address: str) -> Parts | None:
    """Split an address; None if it is invalid, or ambiguous because of an unquoted password."""
    if re.search(r"[\x00-\x1f\x7f#]", address):
        return None
    try:
        found = urlsplit(address)
        port = found.port
    except ValueError:
        return None
    if "@" in found.path + found.query and "@" not in found.netloc:
        return None
    host = re.sub(r":\d*$", "", found.netloc.rpartition("@")[2])
    return Parts(
        username=unquote(found.username or ""),
        password=unquote(found.password or ""),
        host=unquote(host).strip("[]"),
        port="" if port is None else str(port),
        database=unquote(found.path[1:]),
        options=dict(parse_qsl(found.query)),
    )


def _with_credentials(parts: Parts, binding: Binding) -> Parts:
    return Parts(
        username=parts.username or binding.first(USERNAME).strip(),
        password=parts.password or binding.first(PASSWORD),
        host=parts.host or binding.first(HOST).strip(),
        port=parts.port or binding.first(PORT).strip(),
        database=parts.database or binding.first(DATABASE).strip(),
        options=parts.options,
    )


def _options(
    options: dict[str, str], scheme: str, binding: Binding, warnings: list[str]
) -> dict[str, str]:
    """Keep the options that Python's drivers accept; with others they refuse to connect."""
    others = OF_OTHER_MYSQL_DRIVERS if scheme == "mysql" else OF_OTHER_POSTGRESQL_DRIVERS
    kept: dict[str, str] = {}
    for name, value in options.items():
        if name == "currentSchema" and scheme != "mysql":
            # A name from Java, which dj-database-url knows but django-environ does not.
            kept["options"] = f"-c search_path={value}"
        # Only Java's drivers have names with capital letters, such as useSSL.
        elif name == name.lower() and name not in OF_OTHER_DRIVERS | others:
            kept[name] = value
        elif re.search("ssl|tls", name.lower()) and value.lower() not in OFF:
            warnings.append(
                f"The option {shown(name)} of the binding {shown(binding.name)} is left out, "
                "because Python's drivers do not support it. To encrypt the connection, set "
                "OPTIONS in your settings."
            )
    return kept


def _checked(parts: Parts, scheme: str) -> Parts:
    """Reject parts that no address can hold, and turn a socket's path into an option.

    Raises Incomplete.
    """
    if parts.host.startswith("/") and scheme in SOCKET:
        options = {**parts.options, SOCKET[scheme]: parts.host}
        parts = parts._replace(host="", port="", options=options)
    elif not parts.host and SOCKET.get(scheme) not in parts.options:
        raise Incomplete("has no host and no usable uri")
    elif not re.fullmatch(r"[\w.:-]*", parts.host, re.ASCII):
        raise Incomplete("has a host that is not valid in an address")
    if scheme in SOCKET and not parts.database:
        raise Incomplete("has no database")
    if parts.port and not (re.fullmatch(r"[0-9]{1,5}", parts.port) and int(parts.port) < 65536):
        raise Incomplete("has a port that is not a number up to 65535")
    return parts


def _written(parts: Parts, scheme: str) -> str:
    login = quote(parts.username, safe="")
    if parts.password:
        login += ":" + quote(parts.password, safe="")
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    return "".join(
        [
            f"{scheme}://",
            f"{login}@" if login else "",
            host,
            f":{parts.port}" if parts.port else "",
            f"/{quote(parts.database, safe='')}" if parts.database else "",
            f"?{urlencode(parts.options, quote_via=quote)}" if parts.options else "",
        ]
    )
