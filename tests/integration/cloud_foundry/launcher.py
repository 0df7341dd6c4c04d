"""The launcher, which starts processes of an app, and what `cf ssh` runs.

https://github.com/cloudfoundry/buildpackapplifecycle (launcher/main.go,
launcher/launcher_unix.go, shell/shell.go)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from integration.cloud_foundry import go_yaml
from integration.cloud_foundry.exits import OTHER_FAILURE, Stopped
from integration.cloud_foundry.variables import VCAP_APPLICATION, env_at_start
from integration.serving import Dyno

STAGING_INFO = "staging_info.yml"
_SOURCE_ALL = """
if [ -n "$(ls ../profile.d/* 2> /dev/null)" ]; then
  for env_file in ../profile.d/*; do
    source $env_file
  done
fi

if [ -n "$(ls .profile.d/* 2> /dev/null)" ]; then
  for env_file in .profile.d/*; do
    source $env_file
  done
fi
"""
# The programs pass their path, the folder of the app and the command; a Dyno only the command.
_ARGUMENTS = 'BASH_ARGV0=/tmp/lifecycle/{}; set -- "$HOME" "$1"\n'
LAUNCHER = f"""{_ARGUMENTS.format("launcher")}
cd "$1"

echo 'Invoking pre-start scripts.'
{_SOURCE_ALL}
if [ -f .profile ]; then
  source .profile
fi

shift

echo 'Invoking start command.'

exec %s "$@"
"""
"""`%s` is what runs the command."""
SHELL = f"""{_ARGUMENTS.format("shell")}
cd "$1"
{_SOURCE_ALL}
shift

exec bash -c "$@"
"""
"""What `cf ssh` users run to get the variables of the app."""


@dataclass(frozen=True, kw_only=True)
class Launched(Dyno):
    """Starts processes of a droplet, each with variables that the launcher adds."""

    def variables(self, **more: str) -> dict[str, str]:
        return env_at_start(super().variables(**more))


def launched(
    vcap: Path,
    *,
    index: int = 0,
    process: str = "web",
    services: Mapping[str, Any] | None = None,
    start_script: str = LAUNCHER,
    within: Sequence[str] = (),
    home: str | None = None,
    **more: str,
) -> Launched:
    """Return what starts processes of an unpacked droplet, with an instance's variables.

    Raises Stopped if there is something wrong with the droplet.
    """
    env = {
        "CF_INSTANCE_GUID": f"instance-{index}",
        "CF_INSTANCE_INDEX": str(index),
        "INSTANCE_GUID": f"instance-{index}",
        "INSTANCE_INDEX": str(index),
        "MEMORY_LIMIT": "512m",
        "USER": "vcap",
        "VCAP_APPLICATION": json.dumps({**VCAP_APPLICATION, "process_type": process}),
        "VCAP_SERVICES": json.dumps(services or {}),
        **more,
    }
    if start_script == LAUNCHER:
        _, prefix = _staging_info(vcap)
        start_script = LAUNCHER % (prefix or "bash -c")
    return Launched(
        app=vcap / "app",
        start_script=start_script,
        env=env,
        cwd=vcap,
        within=within,
        home=home,
    )


def start_command(vcap: Path) -> str:
    """Return the command of `web`, which the launcher reads from staging_info.yml.

    Raises Stopped if there is none.
    """
    command, _ = _staging_info(vcap)
    if not command:
        message = "launcher: no start command specified or detected in droplet"
        raise Stopped(OTHER_FAILURE, message)
    return command


def _staging_info(vcap: Path) -> tuple[str, str]:
    """Read the start command of a droplet, and what runs it instead of `bash -c`."""
    try:
        info = go_yaml.fields(go_yaml.first_document((vcap / STAGING_INFO).read_bytes()))
        config = go_yaml.fields(info.get("config"))
        prefix = go_yaml.text(config.get("entrypoint_prefix"))
        return go_yaml.text(info.get("start_command")), prefix
    except FileNotFoundError:
        return "", ""
    except (yaml.YAMLError, go_yaml.Mistyped) as error:
        message = f"Invalid staging info - failed to unmarshal {STAGING_INFO}: {error}"
        raise Stopped(OTHER_FAILURE, message) from None
