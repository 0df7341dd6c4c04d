"""Finds the services that are bound to the app, on whichever platform it runs."""

from __future__ import annotations

import os

# For mypy alone: importing `typing` would take half the time of all this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from binding import Binding


def find_bindings(environment: dict[str, str], warnings: list[str]) -> list[Binding]:
    """Read the one place that has them; problems are added to `warnings`.

    A platform that sets VCAP_SERVICES has all of them there
    (https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES).
    """
    if environment.get("VCAP_SERVICES"):
        import vcap_services

        return vcap_services.read(environment["VCAP_SERVICES"], warnings)
    root, name = binding_root(environment)
    if os.path.isdir(root):
        import binding_files

        return binding_files.read(root, warnings)
    if name:
        warnings.append(f"No services are bound: {name} names no folder.")
    return []


def binding_root(environment: dict[str, str]) -> tuple[str, str]:
    """Give the folder of bindings, and the variable that names it, if one does.

    The order is that of packit, so that other buildpacks use the same folder
    (https://github.com/paketo-buildpacks/packit/blob/v2/servicebindings/resolver.go).
    """
    for name in ("SERVICE_BINDING_ROOT", "CNB_BINDINGS"):
        if environment.get(name):
            return environment[name], name
    return os.path.join(environment.get("CNB_PLATFORM_DIR") or "/platform", "bindings"), ""
