"""Reads VCAP_SERVICES, the variable in which Cloud Foundry passes bindings.

https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES
"""

from __future__ import annotations

import json

from binding import KNOWN, Binding, plain


def read(text: str, warnings: list[str]) -> list[Binding]:
    """Return the bindings in their order; entries with another structure are left out."""
    try:
        services = json.loads(text)
    except (ValueError, RecursionError):
        # Not the error's text, which quotes credentials.
        services = None
    if not isinstance(services, dict):
        warnings.append("No services are bound: VCAP_SERVICES is not a JSON object.")
        return []
    return [
        _binding(label, service)
        for label, instances in services.items()
        if isinstance(instances, list)
        for service in instances
        if isinstance(service, dict)
    ]


def _binding(label: str, service: dict[str, object]) -> Binding:
    tags = service.get("tags")
    credentials = service.get("credentials")
    if not isinstance(credentials, dict):
        credentials = {}
    return Binding(
        source="VCAP_SERVICES",
        name=_text(service.get("name")) or _text(service.get("instance_name")),
        type=plain(label),
        provider="",
        tags=tuple(plain(_text(tag)) for tag in tags) if isinstance(tags, list) else (),
        credentials={key: _text(value) for key, value in credentials.items()},
        unreadable=tuple(key for key in credentials if _is_unreadable(credentials[key])),
        others=tuple(key for key in credentials if key not in KNOWN),
    )


def _text(value: object) -> str:
    """Return a JSON string, integer or boolean as text, and an empty text for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else ""


def _is_unreadable(value: object) -> bool:
    """Tell whether a value is neither text nor missing, such as a reference to a secret."""
    return not isinstance(value, (str, int, type(None)))
