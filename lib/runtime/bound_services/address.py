"""Reads and writes the addresses of services.

https://datatracker.ietf.org/doc/html/rfc3986#section-3
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from bound_services.binding import (
    ADDRESS,
    DATABASE,
    HOST,
    PASSWORD,
    PORT,
    USERNAME,
    Binding,
    Incomplete,
    shown,
)


class Parts(NamedTuple):
    """The unquoted parts of an address; missing ones are empty."""

    username: str
    password: str
    host: str
    port: str
    path: str
    """Without the first slash: the name or the number of a database, or a virtual host."""
    options: dict[str, str]


NO_PARTS = Parts("", "", "", "", "", {})


def scheme_of(address: str) -> str:
    """Return the scheme without the driver: `mysql` for `mysql+pymysql://`."""
    before, separator, _ = address.strip().partition("://")
    return before.lower().partition("+")[0] if separator else ""


def parts_of(binding: Binding, schemes: dict[str, str]) -> Parts:
    """Return the address of a binding in parts, with other credentials for what it lacks.

    The address is the first one with one of these schemes; it is not used if it is invalid.
    `path` comes from the address alone, because not every kind of service has one.

    Raises Incomplete.
    """
    addresses = (binding.credentials.get(key, "").strip() for key in ADDRESS)
    found = next((text for text in addresses if scheme_of(text) in schemes), "")
    if not found:
        # The address may be in an entry that cannot be read.
        for key in ADDRESS:
            if key in binding.unreadable:
                binding.first((key,))
    parts = split_address(found) or NO_PARTS
    return parts._replace(
        username=parts.username or binding.first(USERNAME).strip(),
        password=parts.password or binding.first(PASSWORD),
        host=parts.host or binding.first(HOST).strip(),
        port=parts.port or binding.first(PORT).strip(),
    )


def database_of(parts: Parts, binding: Binding) -> str:
    """Return the name of the database, from the address or from other credentials."""
    return parts.path or binding.first(DATABASE).strip()


def split_address(address: str) -> Parts | None:
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
        path=unquote(found.path[1:]),
        options=dict(parse_qsl(found.query)),
    )


def check_host_and_port(parts: Parts) -> None:
    """Raise Incomplete if an address cannot hold the host or the port."""
    if not parts.host:
        raise Incomplete("has no host and no usable uri")
    if not re.fullmatch(r"[\w.:-]*", parts.host, re.ASCII):
        raise Incomplete("has a host that is not valid in an address")
    if parts.port and not (re.fullmatch(r"[0-9]{1,5}", parts.port) and int(parts.port) < 65536):
        raise Incomplete("has a port that is not a number up to 65535")


def write_address(parts: Parts, scheme: str) -> str:
    """Write an address with all its parts quoted.

    Raises Incomplete.
    """
    try:
        login = quote(parts.username, safe="")
        if parts.password:
            login += ":" + quote(parts.password, safe="")
        path = quote(parts.path, safe="")
        options = urlencode(parts.options, quote_via=quote)
    except UnicodeEncodeError:
        raise Incomplete("has credentials that are not UTF-8") from None
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    return "".join(
        [
            f"{scheme}://",
            f"{login}@" if login else "",
            host,
            f":{parts.port}" if parts.port else "",
            f"/{path}" if path else "",
            f"?{options}" if options else "",
        ]
    )


def is_on(text: str) -> bool:
    """Tell whether a credential or an option turns something on."""
    return text.strip().lower() not in ("", "0", "false", "no", "off", "disable", "disabled")


def left_out(option: str, binding: Binding) -> str:
    """Say that an option would have encrypted a connection, but cannot be passed on."""
    return (
        f"The option {shown(option)} of the binding {shown(binding.name)} is left out, because "
        "Python's drivers do not support it. To encrypt the connection, set OPTIONS in your "
        "settings."
    )
