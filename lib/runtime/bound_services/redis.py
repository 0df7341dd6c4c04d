"""Writes the address of a Redis or Valkey: REDIS_URL."""

from __future__ import annotations

from bound_services.address import check_host_and_port, is_on, write_address
from bound_services.service import Service

ENCRYPTED = ("tls", "ssl")


def variables(service: Service) -> dict[str, str]:
    """Return REDIS_URL.

    Raises Incomplete.
    """
    parts = service.parts()
    scheme = "rediss" if is_on(service.first(ENCRYPTED)) else service.scheme
    # Redis numbers its databases, so a name is that of the service.
    parts = parts if parts.path.isdigit() else parts._replace(path="")
    check_host_and_port(parts)
    return {"REDIS_URL": write_address(parts, scheme)}
