"""Prints what the credentials of bound services set while an app is built, as JSON.

    build_variables.py FOLDER

FOLDER is for certificates, which libraries read only from files. The object has

- `variables`: name -> value
- `origins`: name -> the name of the binding
- `credentials`: pairs of key and value, of all bindings, so that no log shows them
- `warnings`: sentences

Runs in Slipway's own Python, with the environment of the build.
"""

from __future__ import annotations

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from bound_services.places import find_bindings
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables
from start_variables import failure, settable, shorten


def answer(environment: dict[str, str], folder: str) -> dict[str, object]:
    """Return what is printed."""
    warnings: list[str] = []
    origins: dict[str, str] = {}
    credentials: list[tuple[str, str]] = []
    variables: dict[str, str] = {}
    try:
        bindings = find_bindings(environment, warnings)
        credentials = [pair for binding in bindings for pair in binding.credentials.items()]
        files = PrivateFiles(folder)
        variables = service_variables(bindings, environment, files, warnings, origins)
    except Exception as error:  # noqa: BLE001 - a hook or a command may not need them
        warnings.append(failure("The credentials of the app's services", error))
    variables = settable(variables, warnings)
    shorten(warnings)
    return {
        "variables": variables,
        "origins": origins,
        "credentials": credentials,
        "warnings": warnings,
    }


if __name__ == "__main__":
    print(json.dumps(answer(dict(os.environ), sys.argv[1])))
