"""Set variables such as DATABASE_URL from bound services, for what a build runs of the app.

Some platforms have the credentials of services at build as well: Cloud Foundry in VCAP_SERVICES
or the file that stands for it, Cloud Native platforms in folders.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.files import scratch
from slipway.effects.processes import Command, TimeLimitReached, describe_exit
from slipway.errors.stopped import CommandFailed

_SCRIPT = "build_variables.py"
_OPTIONS = ("-I", "-S", "-B", "-X", "utf8")
"""As when the app starts, so that each locale gives the same values."""
_TIME_LIMIT = 20.0
"""Seconds for reading files, which may be on a network."""
_VARIABLES = ("VCAP_SERVICES", "VCAP_SERVICES_FILE_PATH", "SERVICE_BINDING_ROOT")
_MORE_VARIABLES = ("CNB_BINDINGS", "CRED_FILE")
_DOTCLOUD_FILE = Path("/home/dotcloud/environment.json")
_PLATFORM_DIR = "CNB_PLATFORM_DIR"


@contextmanager
def variables_of_services(effects: Effects, platform: Path | None) -> Iterator[dict[str, str]]:
    """Yield the variables that bound services set, and log their names.

    Variables that the user has set are not among them. Certificates that the values name are
    removed with the end of the block. `platform` is the folder of a Cloud Native platform.

    No problem stops a build, which may not need the services: it is logged as a warning.
    """
    environment = dict(effects.environment)
    if platform:
        environment[_PLATFORM_DIR] = str(platform)
    if not _may_be_bound(environment):
        yield {}
        return
    with scratch("services") as folder:
        yield _read(effects, environment, folder)


def _may_be_bound(environment: Mapping[str, str]) -> bool:
    """Tell whether a service may be bound, as the scripts in domain/run_environment.py do."""
    named = "".join(environment.get(name, "") for name in _VARIABLES)
    # Cloud Foundry sets VCAP_SERVICES to {} for an app without services.
    if named not in ("", "{}") or any(environment.get(name) for name in _MORE_VARIABLES):
        return True
    platform = Path(environment.get(_PLATFORM_DIR) or "/platform")
    return (platform / "bindings").is_dir() or _DOTCLOUD_FILE.is_file()


def _read(effects: Effects, environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    console = effects.console
    script = effects.runtime / _SCRIPT
    command = Command(
        argv=[sys.executable, *_OPTIONS, str(script), str(folder)],
        cwd=folder,
        env=environment,
        shown=_SCRIPT,
    )
    try:
        answer = json.loads(effects.processes.query(command, time_limit=_TIME_LIMIT))
    except (TimeLimitReached, CommandFailed) as error:
        reason = (
            f"failed: the process {describe_exit(error.status)}"
            if isinstance(error, CommandFailed)
            else "took too long"
        )
        console.warning(
            f"No variables are set from bound services: reading their credentials {reason}"
        )
        return {}
    variables: dict[str, str] = answer["variables"]
    console.secrets.learn_credentials(answer["credentials"])
    console.secrets.learn_variables(variables)
    for warning in answer["warnings"]:
        console.warning(warning.removesuffix("."))
    by_binding: dict[str, list[str]] = {}
    for name, binding in answer["origins"].items():
        if variables.get(name):
            by_binding.setdefault(binding, []).append(name)
    if by_binding:
        named = _listed(
            [f"{binding} ({_listed(names, 2)})" for binding, names in by_binding.items()], 8
        )
        console.info(f"Setting variables from these service bindings for the build: {named}")
    return variables


def _listed(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
