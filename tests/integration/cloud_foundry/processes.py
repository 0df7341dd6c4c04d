"""The process types of an app: who declares them, and what the builder tells of them.

https://github.com/cloudfoundry/buildpackapplifecycle (buildpackrunner/runner.go, models.go,
buildpackrunner/resources/launch.go)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from integration.cloud_foundry import go_yaml
from integration.cloud_foundry.exits import OTHER_FAILURE, RELEASE_FAILED, Stopped

FAULTS = (yaml.YAMLError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Process:
    type: str
    command: str
    sidecar_for: Sequence[str] = ()
    """The types of processes beside which it runs; a sidecar is no process of its own."""
    memory: int = 0
    """The limit of a sidecar in MB."""


def merged(processes: Sequence[Process], more: Sequence[Process]) -> Sequence[Process]:
    """Let a later process replace an earlier one of the same type."""
    return [*{one.type: one for one in (*processes, *more)}.values()]


def launch_yml(deps: Path) -> Sequence[Process] | None:
    """Read the processes of one buildpack, or nothing without the file. Raises Stopped."""
    try:
        data = (deps / "launch.yml").read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = go_yaml.fields(go_yaml.first_document(data))
        return [_process(one) for one in go_yaml.items(document.get("processes"))]
    except FAULTS as error:
        raise Stopped(OTHER_FAILURE, f"yaml: {error}") from None


def _process(node: yaml.Node) -> Process:
    process = go_yaml.fields(node)
    platforms = go_yaml.fields(process.get("platforms"))
    sidecar_for = go_yaml.fields(platforms.get("cloudfoundry")).get("sidecar_for")
    memory = go_yaml.text(go_yaml.fields(process.get("limits")).get("memory"))
    return Process(
        type=go_yaml.text(process.get("type")),
        command=go_yaml.text(process.get("command")),
        sidecar_for=[go_yaml.text(one) for one in go_yaml.items(sidecar_for)],
        memory=int(memory or 0),
    )


def released(out: str) -> Sequence[Process]:
    """Read what `bin/release` prints. Raises Stopped."""
    try:
        document = go_yaml.fields(go_yaml.first_document(out.encode()))
        return _of(go_yaml.texts(document.get("default_process_types")))
    except FAULTS as error:
        message = "Failed to build droplet release: buildpack's release output invalid"
        raise Stopped(RELEASE_FAILED, f"{message}: yaml: {error}") from None


def procfile(file: Path) -> Sequence[Process]:
    """Read a Procfile, which is YAML here. Raises Stopped."""
    try:
        return _of(go_yaml.texts(go_yaml.first_document(file.read_bytes())))
    except FileNotFoundError:
        return ()
    except FAULTS:
        problem = "invalid YAML"
    except IsADirectoryError:
        problem = f"read {file}: is a directory"
    raise Stopped(OTHER_FAILURE, f"Failed to read command from Procfile: {problem}")


def _of(commands: Mapping[str, str]) -> Sequence[Process]:
    return [Process(type=name, command=command) for name, command in commands.items()]


def metadata(key: str, deps: Path) -> dict[str, Any]:
    """Return what `config.yml` of a buildpack tells; a fault in it has no consequence."""
    found: dict[str, Any] = {"key": key, "name": ""}
    try:
        data = (deps / "config.yml").read_bytes()
        document = go_yaml.fields(go_yaml.first_document(data))
        for name in ("name", "version"):
            if name in document:
                found[name] = go_yaml.text(document[name])
        if "config" in document:
            prefix = go_yaml.text(go_yaml.fields(document["config"]).get("entrypoint_prefix"))
            found["config"] = {"entrypoint_prefix": prefix} if prefix else {}
        if "output_metadata" in document:
            found["output_metadata"] = yaml.load(data, yaml.CSafeLoader)["output_metadata"]
    except (OSError, *FAULTS):
        pass
    return found


def result_json(
    buildpacks: Sequence[Mapping[str, Any]], processes: Sequence[Process] | None
) -> dict[str, Any]:
    """Return the content of result.json; after a failure it has no processes."""
    last = buildpacks[-1]
    result: dict[str, Any] = {
        "lifecycle_metadata": {
            "buildpack_key": last["key"],
            "detected_buildpack": last["name"],
            "buildpacks": [*buildpacks],
        },
        "process_types": None,
        "execution_metadata": "",
        "lifecycle_type": "buildpack",
    }
    if processes is None:
        return result
    own = {one.type: one.command for one in processes if not one.sidecar_for}
    sidecars = [
        {
            "name": one.type,
            "process_types": [*one.sidecar_for],
            "command": one.command,
            **({"memory": one.memory} if one.memory else {}),
        }
        for one in processes
        if one.sidecar_for
    ]
    result["process_types"] = own
    if own:
        result["processes"] = [{"type": one, "command": own[one]} for one in own]
    return {**result, "sidecars": sidecars} if sidecars else result


def staging_info(result: Mapping[str, Any]) -> str:
    """Return the content of staging_info.yml, for the launcher."""
    described = result["lifecycle_metadata"]
    info = {
        "detected_buildpack": described["detected_buildpack"],
        "start_command": result["process_types"].get("web", ""),
    }
    config = described["buildpacks"][-1].get("config")
    return json.dumps(info if config is None else {**info, "config": config})
