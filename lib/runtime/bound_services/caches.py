"""Writes the address of Django's cache: CACHE_URL.

django-cache-url and django-environ read it. Few options of an address reach the cache through
them, so it has only those without which no connection would work.
"""

from __future__ import annotations

from bound_services import memcached, redis
from bound_services.address import write_address
from bound_services.binding import Incomplete
from bound_services.kinds import REDIS
from bound_services.service import Service

_FILES = {
    "ssl_ca_certs": "CACHE_CA_FILE",
    "ssl_certfile": "CACHE_CERT_FILE",
    "ssl_keyfile": "CACHE_KEY_FILE",
}


def variables(service: Service) -> dict[str, str]:
    """Return CACHE_URL, and the paths of certificates if there are any.

    Raises Incomplete.
    """
    return _of_redis(service) if service.kind is REDIS else _of_memcached(service)


def usable(services: list[Service]) -> list[Service]:
    """Leave out each Memcached that an address of a cache cannot hold, if there are others."""
    return [it for it in services if it.kind is REDIS or _has_address(it)] or services


def _has_address(service: Service) -> bool:
    try:
        _of_memcached(service)
    except Exception as error:  # noqa: BLE001 - it is reported when its variables are written
        return not isinstance(error, Incomplete)
    return True


def _of_redis(service: Service) -> dict[str, str]:
    parts, scheme = redis.connection(service)
    # Without options, redis-py requires a certificate of a public authority. django-environ
    # passes options on to Django's own cache. django-cache-url and django-redis ignore them.
    needed = {name: value for name, value in parts.options.items() if name.startswith("ssl_")}
    if needed == {redis.VERIFICATION: "required"}:
        needed = {}
    address = write_address(parts._replace(options=needed), scheme)
    if ":" in parts.host:
        # django-cache-url removes the brackets of an IPv6 address. redis-py reads `%3A` too.
        address = address.replace(f"[{parts.host}]", parts.host.replace(":", "%3A"), 1)
    files = {name: needed[option] for option, name in _FILES.items() if option in needed}
    return {"CACHE_URL": address, **files}


def _of_memcached(service: Service) -> dict[str, str]:
    found = memcached.variables(service)
    if "MEMCACHED_USERNAME" in found or "MEMCACHED_PASSWORD" in found:
        raise Incomplete(
            "needs a login, which the address of a cache cannot hold. Use MEMCACHED_SERVERS, "
            "MEMCACHED_USERNAME and MEMCACHED_PASSWORD in the app's settings"
        )
    if service.is_encrypted():
        raise Incomplete(
            "needs encrypted connections, which the address of a cache cannot ask for. Use "
            "MEMCACHED_SERVERS in the app's settings"
        )
    # The scheme that django-cache-url and django-environ read in the same way.
    return {"CACHE_URL": found["MEMCACHED_URL"].replace("memcached", "pymemcache", 1)}
