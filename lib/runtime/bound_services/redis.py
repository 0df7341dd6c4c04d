"""Writes the address of a Redis or Valkey: REDIS_URL.

redis-py, Django's cache, Channels and Celery read it
(https://redis.readthedocs.io/en/stable/connections.html#redis.Redis.from_url).
"""

from __future__ import annotations

import re

from bound_services.address import (
    Parts,
    addresses_in,
    check_host_and_port,
    scheme_of,
    write_address,
)
from bound_services.binding import PASSWORD, Incomplete
from bound_services.certificates import ca_file, client_files, imply_encryption
from bound_services.service import Service

TLS_PORT = ("tlsport", "sslport")
KEYS = ("key", "accesskey", "primarykey", "primaryaccesskey", "authtoken")
"""What Azure and Amazon call the password."""
SENTINELS = ("sentinels", "sentinelhosts", "mastername", "sentinelmaster")
NUMBER = ("db", "dbindex", "databaseindex")
NO_USER = "no-user-name-for-redis"
"""SAP's address has it, but its Redis does not know such a user."""
VERIFICATION = "ssl_cert_reqs"
_OPTION = re.compile(
    r"ssl_\w+|socket_\w+|client_name|health_check_interval|max_connections|protocol"
    r"|retry_on_timeout",
    re.ASCII,
)
"""Options that redis-py knows: with others, such as those of Node's drivers, it raises."""


def variables(service: Service) -> dict[str, str]:
    """Return REDIS_URL.

    Raises Incomplete.
    """
    parts, scheme = connection(service)
    return {"REDIS_URL": write_address(parts, scheme)}


def connection(service: Service) -> tuple[Parts, str]:
    """Return the parts of the address of a Redis, and its scheme.

    Celery refuses an encrypted connection unless the address says how to verify the server:
    https://docs.celeryq.dev/en/stable/userguide/configuration.html#redis-backend-settings

    Raises Incomplete.
    """
    if _is_sentinel(service):
        raise Incomplete(
            "is for Redis Sentinel, whose servers do not fit into one address. Write them into "
            "the app's settings"
        )
    parts = service.parts()
    if re.search("[/,]", parts.host):
        raise Incomplete(
            "has a socket or several hosts, for which libraries have no address in common. "
            "Write them into the app's settings"
        )
    options = {name: value for name, value in parts.options.items() if _OPTION.fullmatch(name)}
    is_encrypted = (
        service.is_encrypted(parts)
        or any(name.startswith("ssl_") for name in options)
        or imply_encryption(service)
    )
    tls_port = service.first(TLS_PORT).strip()
    if tls_port not in ("", "0") and not _has_address(service):
        # Of two ports, the one for encrypted connections is the better one.
        is_encrypted, parts = True, parts._replace(port=tls_port)
    if is_encrypted:
        options = {**options, **_tls_options(service, options)}
    number = parts.path or parts.options.get("db", "") or service.first(NUMBER)
    parts = parts._replace(
        username="" if parts.username == NO_USER else parts.username,
        password=parts.password or _key(service),
        port="" if parts.port == "0" else parts.port,
        # Redis numbers its databases, so a name is that of the service.
        path=number if re.fullmatch(r"[0-9]{1,5}", number) else "",
        options=options,
    )
    check_host_and_port(parts)
    return parts, "rediss" if is_encrypted else "redis"


def _key(service: Service) -> str:
    """Return a key that is the password, and not one for a certificate."""
    key = service.first((*PASSWORD, *KEYS))
    return "" if key.startswith("-----") else key


def _is_sentinel(service: Service) -> bool:
    """Tell whether the servers only know where the Redis is, https://redis.io/docs/sentinel."""
    keys = service.binding.credentials.keys() | service.binding.unreadable.keys()
    schemes = [address.partition("://")[0] for address in addresses_in(service.binding)]
    return any("sentinel" in scheme for scheme in schemes) or (
        not _has_address(service) and any(key in keys for key in SENTINELS)
    )


def _has_address(service: Service) -> bool:
    addresses = addresses_in(service.binding)
    return any(scheme_of(address) in service.kind.schemes for address in addresses)


def _tls_options(service: Service, options: dict[str, str]) -> dict[str, str]:
    """Return the options that verify the server, as all the libraries read them."""
    # Celery also knows CERT_NONE, but redis-py does not.
    verification = options.get(VERIFICATION, "").lower().replace("cert_", "")
    found = {VERIFICATION: verification if verification in ("none", "optional") else "required"}
    ca = ca_file(service)
    if ca:
        found["ssl_ca_certs"] = ca
    certificate, key = client_files(service)
    if key:
        found.update(ssl_certfile=certificate, ssl_keyfile=key)
    return found
