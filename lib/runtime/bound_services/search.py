"""Writes the address of a search engine: ELASTICSEARCH_URL or OPENSEARCH_URL."""

from __future__ import annotations

from bound_services.address import check_host_and_port, write_address
from bound_services.service import Service


def variables(service: Service) -> dict[str, str]:
    """Return ELASTICSEARCH_URL or OPENSEARCH_URL.

    Raises Incomplete.
    """
    parts = service.parts()
    check_host_and_port(parts)
    return {"ELASTICSEARCH_URL": write_address(parts, service.scheme)}
