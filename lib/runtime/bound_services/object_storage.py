"""Writes the credentials of an object storage that speaks S3: `AWS_` variables."""

from __future__ import annotations

from bound_services.address import check_host_and_port
from bound_services.service import Service


def variables(service: Service) -> dict[str, str]:
    """Return the variables that boto3 and django-storages read.

    Raises Incomplete.
    """
    parts = service.parts()
    check_host_and_port(parts)
    return {"AWS_ACCESS_KEY_ID": parts.username}
