"""Reads and writes the addresses of services.

https://datatracker.ietf.org/doc/html/rfc3986#section-3
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode

from bound_services.binding import (
    ADDRESS,
    DATABASE,
    HOST,
    PASSWORD,
    PORT,
    USERNAME,
    Binding,
    Incomplete,
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
_BYTES = "surrogateescape"
_FOR_OTHERS = re.compile(r"read|replica|slave|admin|http|api")
"""Entries whose addresses are for other clients, or with which an app cannot write."""


def scheme_of(address: str) -> str:
    """Return the scheme without the driver: `mysql` for `mysql+pymysql://`."""
    before, separator, _ = address.strip().partition("://")
    return before.lower().partition("+")[0] if separator else ""


def addresses_in(binding: Binding) -> list[str]:
    """Return the addresses in a binding, the best one first.

    Those in entries for addresses come first, then others, such as IBM's
    `connection.postgres.composed`, and those for Java last, because they often lack a login.
    """
    credentials = binding.credentials
    texts = [credentials.get(key, "").strip() for key in ADDRESS]
    texts += [credentials[key].strip() for key in sorted(credentials) if _is_further(key)]
    java = [_from_java(text) for text in texts if text.startswith("jdbc:")]
    return [text for text in texts if text and not text.startswith("jdbc:")] + java


def _is_further(key: str) -> bool:
    """Tell whether the entry is for an address with which the app can read and write."""
    name = re.sub(r"\.0$", "", key).rpartition(".")[2]
    is_address = name.endswith(("uri", "url", "dsn", "uris", "urls", "composed"))
    return is_address and key not in ADDRESS and not _FOR_OTHERS.search(key)


def _from_java(text: str) -> str:
    """Return the address in one for Java's drivers, which have the login in the query.

    - https://learn.microsoft.com/sql/connect/jdbc/building-the-connection-url
    - https://docs.oracle.com/en/database/oracle/oracle-database/23/jjdbc/data-sources-and-URLs.html
    """
    oracle = re.fullmatch(r"jdbc:oracle:thin:@(?://)?([^/@]+)[:/]([^:/@]+)", text)
    if oracle:
        return f"oracle://{oracle[1]}/{oracle[2]}"
    address, *properties = text[len("jdbc:") :].split(";")
    if not properties:
        return address
    named = dict(item.partition("=")[::2] for item in properties if "=" in item)
    database = named.pop("databaseName", "") or named.pop("database", "")
    return f"{address}/{quote(database, safe='')}?{urlencode(named, quote_via=quote)}"


def parts_of(binding: Binding, schemes: dict[str, str]) -> Parts:
    """Return the address of a binding in parts, with other credentials for what it lacks.

    The address is the first one with one of these schemes that is valid. `path` comes from the
    address alone, because not every kind of service has one.

    Raises Incomplete.
    """
    found = [text for text in addresses_in(binding) if scheme_of(text) in schemes]
    if not found:
        # The address may be in an entry that cannot be read.
        for key in ADDRESS:
            if key in binding.unreadable:
                binding.first((key,))
    parts = next((parts for text in found if (parts := split_address(text))), NO_PARTS)
    host, port = parts.host, parts.port
    if not host:
        host, port = split_host(binding.first(HOST).strip() or _hosts(binding))
    password = parts.password or binding.first(PASSWORD)
    if unquote(binding.credentials.get("password", ""), errors=_BYTES) == password != "":
        # Some brokers do not quote the password in the address.
        password = binding.credentials["password"]
    return parts._replace(
        username=parts.username or binding.first(USERNAME).strip(),
        password=password,
        host=host,
        port=port or binding.first(PORT).strip(),
    )


def _hosts(binding: Binding) -> str:
    """Return several hosts with commas between them."""
    keys = sorted(key for key in binding.credentials if re.fullmatch(r"hosts\.\d{1,2}", key))
    return ",".join(binding.credentials[key].strip() for key in keys)


def database_of(parts: Parts, binding: Binding) -> str:
    """Return the name of the database, from the address or from other credentials."""
    return parts.path or binding.first(DATABASE).strip()


def split_address(address: str) -> Parts | None:
    """Split an address; None if it is invalid, or ambiguous because of an unquoted password.

    Several hosts have commas between them, and so have their ports.
    """
    # urllib.parse.urlsplit refuses several hosts of which one is an IPv6 address.
    found = re.fullmatch(r"(?:[^:/?#]+:)?//([^/?#]*)(?:/([^?#]*))?(?:\?([^#]*))?", address)
    if not found or re.search(r"[\x00-\x1f\x7f]", address):
        return None
    netloc, path, query = (part or "" for part in found.groups())
    # Java's addresses have the user in the query, who may be one of a server: `user=me@server`.
    is_login = "@" not in netloc and re.search("(^|&)user=", query)
    if "@" in path or ("@" in query and not is_login):
        return None
    login, _, place = netloc.rpartition("@")
    username, _, password = login.partition(":")
    hosts, ports = zip(*(split_host(text) for text in place.split(",")))
    if any(":" in host and f"[{host}]" not in place for host in hosts):
        return None
    if not all(re.fullmatch(r"[0-9]{0,5}", port) and int(port or 0) < 65536 for port in ports):
        return None
    return Parts(
        # As in the environment: `write_address` refuses what is not UTF-8.
        username=unquote(username, errors=_BYTES),
        password=unquote(password, errors=_BYTES),
        host=",".join(unquote(host) for host in hosts),
        port=",".join(ports) if any(ports) else "",
        path=unquote(path, errors=_BYTES),
        options=dict(parse_qsl(query, errors=_BYTES)),
    )


def split_host(text: str) -> tuple[str, str]:
    """Split `host:port` or `[IPv6]:port`; the port may be missing, and an IPv6 address bare."""
    found = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?|([^:]*):([^:]*)", text)
    if not found:
        return text, ""
    return found[1] or found[3] or "", found[2] or found[4] or ""


def split_address_or_host(text: str) -> tuple[str, Parts | None]:
    """Split an address, or a host and perhaps a port.

    Return its scheme in lower case, or an empty text, and what `split_address` returns.
    """
    scheme, separator, _ = text.partition("://")
    if separator:
        return scheme.lower(), split_address(text)
    is_ipv6 = text.count(":") > 1 and not text.startswith("[")
    return "", split_address(f"//[{text}]" if is_ipv6 else f"//{text}")


def is_ambiguous(address: str) -> bool:
    """Tell whether an address has a login that is not percent-encoded."""
    return "://" in address and "@" in address and split_address(address) is None


def check_host_and_port(parts: Parts) -> None:
    """Raise Incomplete if an address cannot hold the host or the port."""
    if not parts.host:
        raise Incomplete("has no host and no usable uri")
    is_name = re.fullmatch(r"[\w.-]*", parts.host, re.ASCII)
    if not is_name and not is_ipv6(parts.host):
        raise Incomplete("has a host that is not valid in an address")
    if parts.port and not (re.fullmatch(r"[0-9]{1,5}", parts.port) and int(parts.port) < 65536):
        raise Incomplete("has a port that is not a number up to 65535")


def is_ipv6(host: str) -> bool:
    from ipaddress import IPv6Address  # few services have such hosts

    try:
        IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def check_login(parts: Parts) -> None:
    """Raise Incomplete if there is a user without a password, or a password without a user."""
    if bool(parts.username) != bool(parts.password):
        raise Incomplete(f"has no {'password' if parts.username else 'username'}")


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
        raise Incomplete(
            "has credentials that are not UTF-8. In its address, write é as %C3%A9, for example"
        ) from None
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
