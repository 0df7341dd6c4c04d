"""The variables that builder and launcher add.

https://github.com/cloudfoundry/buildpackapplifecycle (env/env.go, databaseuri/databaseuri.go,
builder/main.go)
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from integration.classic_platform import machine_env
from integration.cloud_foundry.exits import BAD_PLATFORM_OPTIONS, NO_CREDENTIAL_HUB, Stopped

VCAP_APPLICATION = {
    "application_id": "f8f9b1ae",
    "application_name": "harbour",
    "application_uris": ["harbour.example.com"],
    "limits": {"disk": 1024, "mem": 512},
    "process_type": "web",
}
_REFERENCE = '"credhub-ref"'
PLATFORM_OPTIONS = "VCAP_PLATFORM_OPTIONS"
_SCHEMES = {
    "mysql": "mysql2",
    "mysql2": "mysql2",
    "postgres": "postgres",
    "postgresql": "postgres",
}
_ESCAPE = r"%[0-9A-Fa-f]{2}"
_ADDRESS = re.compile(
    rf"""
    (?P<scheme> [A-Za-z][A-Za-z0-9+.-]* ) :
    (?: // (?: (?P<user> (?:[A-Za-z0-9._:~!$&'()*+,;=@-]|{_ESCAPE})* ) @ )?
    (?P<host> (?:[^\x00-\x20%/?#@:\\^`{{|}}\x7f])* (?::[0-9]*)? ) | (?!//) )
    (?P<path> (?:/ (?:[^\x00-\x1f%?#\x7f]|{_ESCAPE})* )? )
    (?P<rest> (?:\?[^\x00-\x1f#\x7f]*)? (?:\#(?:[^\x00-\x1f%\x7f]|{_ESCAPE})*)? )
    """,
    re.VERBOSE,
)
"""An address as Go's `net/url` reads it; hosts and fragments are simpler here."""
_PLAIN_PATH = re.compile(rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@/\[\]-]|{_ESCAPE})*")


def staging_env(services: Mapping[str, Any] | None = None, **more: str) -> dict[str, str]:
    """Return the variables of a staging container, which has no PORT and no TMPDIR."""
    given = {"VCAP_SERVICES": json.dumps(services)} if services is not None else {}
    platform = {
        "CF_INSTANCE_ADDR": "",
        "CF_INSTANCE_IP": "10.0.0.1",
        "CF_STACK": "cflinuxfs4",
        "MEMORY_LIMIT": "512M",
        "USER": "vcap",
        "VCAP_APPLICATION": json.dumps(VCAP_APPLICATION),
    }
    return machine_env(**platform, **given, **more)


def env_at_staging(env: Mapping[str, str]) -> dict[str, str]:
    """Return what the builder passes to scripts: all that it gets. Raises Stopped."""
    check_platform_options(env)
    return with_database_url(env)


def env_at_start(env: Mapping[str, str]) -> dict[str, str]:
    """Return what the launcher passes to the app in the folder HOME. Raises Stopped."""
    check_platform_options(env)
    vcap = Path(env["HOME"]).parent
    own = {"TMPDIR": str(vcap / "tmp"), "DEPS_DIR": str(vcap / "deps")}
    try:
        application = {
            **json.loads(env.get("VCAP_APPLICATION", "")),
            "host": "0.0.0.0",  # noqa: S104 - what the launcher says
            "instance_id": env.get("INSTANCE_GUID", ""),
        }
    except (ValueError, TypeError):  # it stays as it is
        pass
    else:
        for key, name in (("port", "PORT"), ("instance_index", "INSTANCE_INDEX")):
            if re.fullmatch(r"[+-]?[0-9]+", env.get(name, "")):
                application[key] = int(env[name])
        own["VCAP_APPLICATION"] = json.dumps(application)
    kept = {name: value for name, value in env.items() if name != PLATFORM_OPTIONS}
    return with_database_url({**kept, **own})


def check_platform_options(env: Mapping[str, str]) -> None:
    """Stop like the platform without its options, or without the CredHub that they name."""
    given = env.get(PLATFORM_OPTIONS, "")
    if not given:
        return
    try:
        options = json.loads(given)
        hub = {} if options is None else options.get("credhub-uri")
    except (ValueError, AttributeError) as error:
        message = f"Invalid platform options: {error}"
        raise Stopped(BAD_PLATFORM_OPTIONS, message) from None
    if hub and _REFERENCE in env.get("VCAP_SERVICES", ""):
        message = "Unable to interpolate credhub refs: no CredHub is here"
        raise Stopped(NO_CREDENTIAL_HUB, message)


def with_database_url(env: Mapping[str, str]) -> dict[str, str]:
    """Set DATABASE_URL to the first address of a database, with the labels in random order."""
    try:
        labels = json.loads(env.get("VCAP_SERVICES", "")) or {}
        addresses = [[_address(one) for one in services or ()] for services in labels.values()]
    except (ValueError, AttributeError, TypeError):  # also if another service has the fault
        return dict(env)
    random.shuffle(addresses)
    urls = [_rewritten(address) for services in addresses for address in services]
    found = next((url for url in urls if url), None)
    return {**env, "DATABASE_URL": found} if found else dict(env)


def _address(service: object) -> str:
    uri = _member(_member(service, "credentials"), "uri")
    if uri is not None and not isinstance(uri, str):
        raise TypeError
    return uri or ""


def _member(value: object, name: str) -> object:
    """Return a member like Go, for which the case of its name does not matter."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError
    found = [one for key, one in value.items() if key.lower() == name and one is not None]
    return found[-1] if found else None


def _rewritten(address: str) -> str:
    """Return the address as the platform writes it, or nothing if it names no database."""
    parts = _ADDRESS.fullmatch(address)
    scheme = _SCHEMES.get(parts["scheme"].lower()) if parts else None
    if not parts or not scheme:
        return ""
    user, host, path = parts["user"], parts["host"], parts["path"]
    if user is not None:
        names = [_quoted(name, "$&+,;=-_.~") for name in user.split(":", 1)]
        host = f"{':'.join(names)}@{host}"
    if not _PLAIN_PATH.fullmatch(path):
        path = _quoted(path, "$&+,/:;=@-_.~")
    rest = parts["rest"].removesuffix("#")
    return f"{scheme}:{'' if host is None else '//'}{host or ''}{path}{rest}"


def _quoted(text: str, safe: str) -> str:
    return quote(unquote_to_bytes(text), safe)
