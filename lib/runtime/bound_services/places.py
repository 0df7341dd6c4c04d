"""Finds the services that are bound to the app, on any platform.

Where each platform passes them:

- Cloud Foundry: VCAP_SERVICES, or the same text in the file VCAP_SERVICES_FILE_PATH
  https://docs.cloudfoundry.org/devguide/services/application-binding.html
- Kubernetes, Cloud Native platforms, and Cloud Foundry's `service-binding-k8s`: folders
  https://servicebinding.io/spec/core/1.1.0/#workload-projection
- cloudControl: the file CRED_FILE
- dotCloud: the file /home/dotcloud/environment.json
"""

from __future__ import annotations

import os

# Only for mypy: importing `typing` would take half of the time that this script takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from bound_services.binding import Binding

DOTCLOUD_FILE = "/home/dotcloud/environment.json"
_REFERENCE = "credhub-ref"
"""The key of credentials that Cloud Foundry has not looked up in CredHub. It does so in
VCAP_SERVICES, but not in files (https://github.com/cloudfoundry/buildpackapplifecycle/issues/76).
"""


def find_bindings(environment: dict[str, str], warnings: list[str]) -> list[Binding]:
    """Read the bindings from the first place that has any; add problems to `warnings`."""
    bindings: list[Binding] = []
    if environment.get("VCAP_SERVICES"):
        from bound_services import vcap_services

        bindings = vcap_services.read(environment["VCAP_SERVICES"], warnings)
    if not bindings and environment.get("VCAP_SERVICES_FILE_PATH"):
        from bound_services import vcap_services

        bindings = vcap_services.read_file(environment["VCAP_SERVICES_FILE_PATH"], warnings)
    root, name = binding_root(environment)
    if not bindings and os.path.isdir(root):
        from bound_services import binding_files

        bindings = binding_files.read(root, warnings)
    elif not bindings and name:
        warnings.append(f"No services are read from {name}: it {_why_no_folder(root)}.")
    if not bindings and environment.get("CRED_FILE"):
        from bound_services import cred_file

        bindings = cred_file.read_file(environment["CRED_FILE"], warnings)
    if not bindings and os.path.isfile(DOTCLOUD_FILE):
        from bound_services import dotcloud

        bindings = dotcloud.read_file(DOTCLOUD_FILE, warnings)
    return [binding for binding in bindings if not _is_reference(binding, warnings)]


def _why_no_folder(path: str) -> str:
    """Return why a path is not that of a folder, as the end of a sentence."""
    from bound_services.private_text import why_unreadable

    try:
        os.stat(path)
    except PermissionError as error:
        return why_unreadable(error)
    except OSError:
        pass
    return "is not the path of a folder"


def _is_reference(binding: Binding, warnings: list[str]) -> bool:
    """Tell whether there is only a reference to credentials, and warn of it."""
    is_reference = binding.keys == (_REFERENCE,)
    if is_reference:
        from bound_services.binding import shown

        warnings.append(
            f"The binding {shown(binding.name)} has a reference to CredHub instead of "
            "credentials, because the platform has not replaced it."
        )
    return is_reference


def binding_root(environment: dict[str, str]) -> tuple[str, str]:
    """Return the folder of bindings, and the variable that names it, if one does.

    The order is the same as in packit, so that other buildpacks use the same folder
    (https://github.com/paketo-buildpacks/packit/blob/v2/servicebindings/resolver.go).
    """
    for name in ("SERVICE_BINDING_ROOT", "CNB_BINDINGS"):
        if environment.get(name):
            return environment[name], name
    return os.path.join(environment.get("CNB_PLATFORM_DIR") or "/platform", "bindings"), ""
