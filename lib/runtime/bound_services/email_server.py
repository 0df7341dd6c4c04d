"""Writes how to send mail: EMAIL_URL, and Django's settings of the same names."""

from __future__ import annotations

from bound_services.address import check_host_and_port, write_address
from bound_services.service import Service


def variables(service: Service) -> dict[str, str]:
    """Return EMAIL_URL.

    Raises Incomplete.
    """
    parts = service.parts()
    check_host_and_port(parts)
    return {"EMAIL_URL": write_address(parts, service.scheme)}
