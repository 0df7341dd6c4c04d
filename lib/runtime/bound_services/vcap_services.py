"""Reads VCAP_SERVICES, the variable in which Cloud Foundry passes bindings, and its file.

https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES
"""

from __future__ import annotations

from bound_services.binding import Binding, new_binding
from bound_services.json_objects import flat, json_object
from bound_services.private_text import read_text, why_unreadable

LARGEST = 4 * 1024 * 1024
"""Bytes: four times as many as Cloud Foundry writes."""


def read_file(path: str, warnings: list[str]) -> list[Binding]:
    """Read the file that VCAP_SERVICES_FILE_PATH names; add problems to `warnings`."""
    source = "VCAP_SERVICES_FILE_PATH"
    try:
        text = read_text(path, LARGEST)
    except (OSError, ValueError) as error:
        warnings.append(f"No services are bound: the file of {source} {why_unreadable(error)}.")
        return []
    return read(text, warnings, source)


def read(text: str, warnings: list[str], source: str = "VCAP_SERVICES") -> list[Binding]:
    """Return the bindings in their order; entries with another structure are left out."""
    services = json_object(text)
    if services is None:
        # Not the error's text, which quotes credentials.
        warnings.append(f"No services are bound: {source} is not a JSON object.")
        return []
    return [
        _binding(source, label, service)
        for label, instances in services.items()
        if isinstance(instances, list)
        for service in instances
        if isinstance(service, dict)
    ]


def _binding(source: str, label: str, service: dict[str, object]) -> Binding:
    entries, unreadable = flat(service.get("credentials"))
    tags = service.get("tags")
    names = (service.get("name"), service.get("binding_name"), service.get("instance_name"))
    return new_binding(
        source=source,
        name=next((name for name in names if isinstance(name, str) and name), ""),
        type_=label,
        entries=entries,
        tags=tuple(tag for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else (),
        unreadable=unreadable,
    )
