"""Translate pip's settings for uv, so that uv finds and selects the same files as pip.

https://docs.astral.sh/uv/pip/compatibility/ and https://docs.astral.sh/uv/reference/environment/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from ipaddress import ip_address
from urllib.parse import urlsplit

from slipway.domain.index_config.credentials import (
    DEFAULT_INDEX,
    OTHER_INDEXES,
    indexes_of_uv,
    with_credentials,
)
from slipway.domain.index_config.pip_settings import IndexConfig, Setting

_UNKNOWN = (
    "prefer-binary",
    "ignore-requires-python",
    "no-build-isolation",
    "check-build-dependencies",
    "config-settings",
    "config-setting",
    "global-option",
    "build-option",
    "use-deprecated",
    "isolated",
    "no-proxy-env",
)
"""Settings of pip that change what is installed, and that uv does not have."""
_HARMLESS_KEYRINGS = ("auto", "disabled", "subprocess")
_REQUIREMENT_OPTION = re.compile(r"\s--(?:config-settings?|global-option|build-option)\b")

SET_BY_SLIPWAY = (
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_CUSTOM_COMPILE_COMMAND",
    "UV_ENV_FILE",
    "UV_LINK_MODE",
    "UV_MANAGED_PYTHON",
    "UV_NO_CACHE",
    "UV_NO_INSTALLER_METADATA",
    "UV_NO_MANAGED_PYTHON",
    "UV_NO_VERIFY_HASHES",
    "UV_PROJECT",
    "UV_PYTHON",
    "UV_PYTHON_PREFERENCE",
    "UV_SYSTEM_PYTHON",
    "UV_VENV_CLEAR",
    "UV_VENV_RELOCATABLE",
    "UV_VENV_SEED",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
)
"""uv's variables that an app cannot set, such as its folders and the content of a venv."""


_ON = ("1", "true", "t", "y", "yes", "on")
_ADDED = ("extra-index-url", "find-links", "trusted-host")
"""Settings of pip that are lists: what uv's variables have is added to them."""
_LONGEST = 86_400.0
"""Seconds that uv may wait: a day."""
_MOST_DIGITS = 10
"""Of a number that uv can read."""


def unknown_to_uv(config: IndexConfig, requirements: str = "") -> str | None:
    """Return the origin of a setting that uv does not support; None if there is none."""
    for name in _UNKNOWN:
        setting = config.others.get(name)
        if setting and setting.value.lower() not in ("0", "false", "no", "off", "n", "f"):
            return setting.origin
    keyring = config.others.get("keyring-provider")
    if keyring and keyring.value not in _HARMLESS_KEYRINGS:
        return keyring.origin
    found = _REQUIREMENT_OPTION.search(requirements)
    return f"{found[0].strip()} in the requirements" if found else None


def option_lines(config: IndexConfig) -> str:
    """Render the indexes as lines of a requirements file, so the log shows no credentials.

    Indexes that pip would skip are left out: those without TLS on hosts that are not trusted.
    """
    trusted = config.trusted_hosts
    usable = [index for index in config.indexes if _is_secure(index, trusted)]
    lines = [f"--index-url {usable[0]}"] if usable and usable[0] else []
    lines += [f"--extra-index-url {index}" for index in usable[1:] if index]
    if not usable:
        lines = ["--no-index"]
    lines += [
        f"--find-links {links}" for links in config.find_links if _is_secure(links, trusted)
    ]
    lines += [f"--no-binary {name}" for name in sorted(config.no_binary)]
    lines += [f"--only-binary {name}" for name in sorted(config.only_binary)]
    return "".join(f"{line}\n" for line in lines)


def release_arguments(config: IndexConfig) -> list[str]:
    """Return the arguments that allow or disallow pre-releases of single packages."""
    return [
        word
        for name in config.releases
        if name != ":all:"
        for word in ("--prerelease-package", f"{name}={_release_mode(config, name)}")
    ]


def uv_variables(config: IndexConfig, environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables for uv with all other settings.

    UV_* variables that `environment` has already are left out.
    """
    found: dict[str, str] = {}
    if ":all:" in config.releases:
        found["UV_PRERELEASE"] = _release_mode(config, ":all:")
    if "uploaded-prior-to" in config.others:
        found["UV_EXCLUDE_NEWER"] = _timestamp(config.others["uploaded-prior-to"].value)
    keyring = config.others.get("keyring-provider")
    if keyring and keyring.value == "subprocess":
        found["UV_KEYRING_PROVIDER"] = "subprocess"
    return {**_unset(found, environment), **connection_variables(config, environment)}


def connection_variables(config: IndexConfig, environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables for uv's connections: trusted hosts, time limits, proxy, certificates.

    UV_* variables that `environment` has already are left out.
    """
    others = {name: setting.value for name, setting in config.others.items()}
    found: dict[str, str] = {}
    if config.trusted_hosts:
        found["UV_INSECURE_HOST"] = " ".join(config.trusted_hosts)
    timeout = others.get("timeout") or others.get("default-timeout")
    if timeout and _is_number(timeout):
        found["UV_HTTP_TIMEOUT"] = str(max(1, math.ceil(min(float(timeout), _LONGEST))))
    retries = others.get("retries", "")
    if retries.isascii() and retries.isdecimal() and len(retries) < _MOST_DIGITS:
        found["UV_HTTP_RETRIES"] = retries
    if "proxy" in others:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            found[name] = found[name.lower()] = others["proxy"]
        found["NO_PROXY"] = found["no_proxy"] = ""
    if "client-cert" in others:
        found["SSL_CLIENT_CERT"] = others["client-cert"]
    # https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
    bundle = (
        others.get("cert")
        or environment.get("REQUESTS_CA_BUNDLE")
        or environment.get("CURL_CA_BUNDLE")
    )
    if bundle:
        found["SSL_CERT_FILE"] = bundle
    return _unset(found, environment)


def pip_variables(
    environment: Mapping[str, str], settings: Iterable[Setting]
) -> dict[str, str]:
    """Return variables with which pip asks the indexes that uv's variables name.

    Empty if they name none. `settings` are those of pip; the last one has priority. pip gets
    the credentials of the indexes, and uses those without TLS, as uv does. uv takes a package
    from the first index that has it, pip from all.
    """
    default = _addresses(environment, DEFAULT_INDEX)[:1]
    others = _addresses(environment, OTHER_INDEXES)
    found = {
        "index-url": default,
        "extra-index-url": others,
        "find-links": environment.get("UV_FIND_LINKS", "").replace(",", " ").split(),
        "no-index": ["1"] if environment.get("UV_NO_INDEX", "").lower() in _ON else [],
        "trusted-host": [*dict.fromkeys(_hosts_without_tls([*default, *others]))],
    }
    given = {setting.name: setting.values for setting in settings}
    return {
        f"PIP_{name.upper().replace('-', '_')}": " ".join(
            [*(given.get(name, ()) if name in _ADDED else ()), *values]
        )
        for name, values in found.items()
        if values
    }


def _addresses(environment: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Return the addresses of the indexes in some variables of uv, with their credentials."""
    return [
        with_credentials(index, environment)
        for name in names
        for index in indexes_of_uv(environment.get(name, ""))
    ]


def _hosts_without_tls(addresses: Iterable[str]) -> list[str]:
    """Return the hosts of addresses that pip would use only if it is told to trust these."""
    unsafe = (urlsplit(address) for address in addresses if not _is_secure(address, ()))
    return [parts.netloc.rpartition("@")[2] for parts in unsafe]


def _unset(variables: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out the UV_* variables that `environment` has already."""
    return {
        name: value
        for name, value in variables.items()
        if not (name.startswith("UV_") and environment.get(name))
    }


def _release_mode(config: IndexConfig, name: str) -> str:
    return "allow" if config.releases[name] else "disallow"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _timestamp(text: str) -> str:
    """Write a date as a time in UTC, which pip and uv read the same way; keep a duration."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    aware = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_secure(address: str, trusted: Sequence[str]) -> bool:
    """Return whether pip would use it: not http, or http from this or from a trusted host."""
    try:
        parts = urlsplit(address)
        host, number = parts.hostname, parts.port
    except ValueError:
        return True  # the tool reports the error
    if parts.scheme != "http" or host in (None, "localhost"):
        return True
    port = f"{host}:{number}" if number else host
    if host in trusted or port in trusted:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
