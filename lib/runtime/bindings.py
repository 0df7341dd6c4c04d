"""Finds the services that are bound to the app: one list, whichever platform it runs on."""

from __future__ import annotations

import os

# It is there for mypy alone: what it imports would be half the time this takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from binding import Binding


def find_bindings(environment: dict[str, str], told: list[str]) -> list[Binding]:
    """Read the one place that holds them; what went wrong is added to `told`.

    A platform that sets VCAP_SERVICES says all of it there
    (https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES).
    """
    if environment.get("VCAP_SERVICES"):
        import vcap_services

        return vcap_services.read(environment["VCAP_SERVICES"], told)
    root, name = binding_root(environment)
    if os.path.isdir(root):
        import binding_files

        return binding_files.read(root, told)
    if name:
        told.append(f"No services are bound: {name} names no folder.")
    return []


def binding_root(environment: dict[str, str]) -> tuple[str, str]:
    """Give the folder of bindings, and the variable that names it, if one does.

    The order is that of packit, so that other buildpacks look at the same place
    (https://github.com/paketo-buildpacks/packit/blob/v2/servicebindings/resolver.go).
    """
    for name in ("SERVICE_BINDING_ROOT", "CNB_BINDINGS"):
        if environment.get(name):
            return environment[name], name
    return os.path.join(environment.get("CNB_PLATFORM_DIR") or "/platform", "bindings"), ""
