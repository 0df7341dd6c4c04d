"""What Cloud Foundry's own Python buildpack does because of a variable or a bound service.

https://docs.cloudfoundry.org/buildpacks/python/,
https://github.com/cloudfoundry/python-buildpack/tree/master/src/python/hooks
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from slipway.domain.settings import variable_of

_LOG_LEVEL = variable_of("log_level")
_AGENTS = {
    "AppDynamics": (
        re.compile(r"app-?dynamics"),
        "require `appdynamics`, and start `web` with `pyagent run --`",
    ),
    "Dynatrace": (
        re.compile(r"dynatrace"),
        "name a buildpack that installs the agent before Slipway",
    ),
    "SeaLights": (
        re.compile(r"sealights"),
        "require `sealights-python-agent`, and start `web` with `sl-python run`",
    ),
}
"""Name of a product -> the names of its services, and how an app gets its agent."""


def with_known_names(environment: Mapping[str, str]) -> dict[str, str]:
    """Add Slipway's own variable for one that has a value, unless it is set."""
    known = {_LOG_LEVEL: "debug"} if environment.get("BP_DEBUG") else {}
    return {**known, **environment}


def notices(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what would have an effect with that buildpack, and has none with Slipway."""
    if environment.get("BP_PIP_VERSION"):
        yield (
            "BP_PIP_VERSION has no effect: Slipway brings its own pip, and uses uv if it can. "
            "Unset it"
        )
    for service in _names_of_services(environment.get("VCAP_SERVICES", "")):
        for product, (pattern, advice) in _AGENTS.items():
            if pattern.search(service.lower()):
                yield (
                    f"Slipway does not install the agent of {product} because the service "
                    f"{service} is bound. To use it, {advice}"
                )


def _names_of_services(text: str) -> Iterator[str]:
    """Yield the label of each kind of service; of a user-provided service, its name."""
    try:
        services = json.loads(text)
    except (ValueError, RecursionError):
        return  # what sets variables from them has a line about it
    for label, instances in services.items() if isinstance(services, dict) else ():
        if label != "user-provided":
            yield label
            continue
        for service in instances if isinstance(instances, list) else ():
            if isinstance(service, dict) and isinstance(service.get("name"), str):
                yield service["name"]
