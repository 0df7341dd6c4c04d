"""Writes where a Memcached is: MEMCACHED_URL, and what pylibmc needs for one with a login."""

from __future__ import annotations

import re

from bound_services.address import (
    NO_PARTS,
    Parts,
    check_host_and_port,
    split_host,
    write_address,
)
from bound_services.binding import Incomplete
from bound_services.service import Service

SERVERS = ("servers", "memcachierservers", "memcachedcloudservers", "hosts", "hostnames")
USERNAME = ("memcachierusername", "memcachedcloudusername")
MOST_SERVERS = 1000
PASSWORD = ("memcachierpassword", "memcachedcloudpassword")


def variables(service: Service) -> dict[str, str]:
    """Return MEMCACHED_URL and MEMCACHED_SERVERS, and MEMCACHED_USERNAME and _PASSWORD if any.

    Several servers have commas between them.

    Raises Incomplete.
    """
    parts = service.parts()
    parts = parts._replace(
        username=parts.username or service.first(USERNAME).strip(),
        password=parts.password or service.first(PASSWORD),
    )
    if re.fullmatch(r"/[\w./-]+", parts.host, re.ASCII):
        return {
            "MEMCACHED_URL": f"memcached://{parts.host}",
            "MEMCACHED_SERVERS": f"unix:{parts.host}",
        }
    places = [_place(server) for server in _servers(service, parts)]
    servers = ",".join(places)
    if len(places) > 1 and "[" in servers:
        # https://docs.python.org/3/library/urllib.parse.html#urllib.parse.urlsplit raises.
        raise Incomplete(
            "has several servers, of which one has an IPv6 address, which no address can hold"
        )
    login = write_address(parts._replace(host="", port="", path="", options={}), "")
    found = {
        "MEMCACHED_URL": f"memcached{login}{servers}",
        "MEMCACHED_SERVERS": servers,
        "MEMCACHED_USERNAME": parts.username,
        "MEMCACHED_PASSWORD": parts.password,
    }
    return {name: value for name, value in found.items() if value}


def _servers(service: Service, parts: Parts) -> list[Parts]:
    """Return the host and the port of each server."""
    credentials = service.binding.credentials
    for key in SERVERS:
        texts = [credentials.get(key, "")]
        texts += [credentials.get(f"{key}.{number}", "") for number in range(100)]
        found = [text for text in re.split(r"[\s,;]+", " ".join(texts)) if text]
        if len(found) > MOST_SERVERS:
            raise Incomplete(f"has more than {MOST_SERVERS} servers")
        if found:
            return [_host_and_port(text, parts.port) for text in found]
    hosts, ports = parts.host.split(","), parts.port.split(",")
    if len(ports) != len(hosts):
        ports = ports[:1] * len(hosts)
    return [NO_PARTS._replace(host=host, port=port) for host, port in zip(hosts, ports)]


def _host_and_port(text: str, port: str) -> Parts:
    """Split `host`, `host:port` or `[IPv6]:port`."""
    is_bare = text.count(":") > 1 and not text.startswith("[")
    host, own_port = (text, "") if is_bare else split_host(text)
    return NO_PARTS._replace(host=host, port=own_port or port)


def _place(server: Parts) -> str:
    check_host_and_port(server)
    return write_address(server, "")[len("://") :]
