"""Reads VCAP_SERVICES, the variable in which Cloud Foundry passes bindings, and its file.

https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES
"""

from __future__ import annotations

from bound_services.binding import Binding, new_binding
from bound_services.json_objects import (
    flat,
    left_out,
    most,
    object_in,
    object_in_file,
)

_VARIABLE, _PATH = "VCAP_SERVICES", "VCAP_SERVICES_FILE_PATH"


def read_file(path: str, warnings: list[str]) -> list[Binding]:
    """Read the file that VCAP_SERVICES_FILE_PATH names, as `read` does."""
    return _bindings(object_in_file(path, f"the file of {_PATH}", warnings), _PATH, warnings)


def read(text: str, warnings: list[str]) -> list[Binding]:
    """Return the bindings in their order; add problems to `warnings`, as sentences."""
    return _bindings(object_in(text, _VARIABLE, warnings), _VARIABLE, warnings)


def _bindings(services: dict[str, object], source: str, warnings: list[str]) -> list[Binding]:
    found: list[tuple[str, dict[str, object]]] = []
    others: list[str] = []
    for label, instances in services.items():
        for service in instances if isinstance(instances, list) else [instances]:
            if isinstance(service, dict) and service is not instances:
                found.append((label, service))
            else:
                others.append(label)
    warnings += left_out(others, source)
    return [_binding(source, *each) for each in most(found, source, warnings)]


def _binding(source: str, label: str, service: dict[str, object]) -> Binding:
    entries, unreadable = flat(service.get("credentials"))
    instance, tags = service.get("instance_name"), service.get("tags")
    names = (service.get("name"), service.get("binding_name"), instance)
    binding = new_binding(
        source=source,
        name=next((name for name in names if isinstance(name, str) and name), ""),
        type_=label,
        entries=entries,
        tags=tuple(tag for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else (),
        unreadable=unreadable,
    )
    return binding._replace(instance=instance) if isinstance(instance, str) else binding
