"""Finds the services that are bound to the app, on any platform."""

from __future__ import annotations

import os

# Only for mypy: importing `typing` would take half of the time that this script takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from binding import Binding


def find_bindings(environment: dict[str, str], warnings: list[str]) -> list[Binding]:
    """Read the bindings from VCAP_SERVICES or a folder; add problems to `warnings`.

    A platform that sets VCAP_SERVICES puts all bindings there
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
        warnings.append(f"No services are bound: {name} is not the path of a folder.")
    return []


def binding_root(environment: dict[str, str]) -> tuple[str, str]:
    """Return the folder of bindings, and the variable that names it, if one does.

    The order is the same as in packit, so that other buildpacks use the same folder
    (https://github.com/paketo-buildpacks/packit/blob/v2/servicebindings/resolver.go).
    """
    for name in ("SERVICE_BINDING_ROOT", "CNB_BINDINGS"):
        if environment.get(name):
            return environment[name], name
    return os.path.join(environment.get("CNB_PLATFORM_DIR") or "/platform", "bindings"), ""
