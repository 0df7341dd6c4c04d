"""What uv has to be told so that it looks where pip would, and takes what pip would.

https://docs.astral.sh/uv/pip/compatibility/ and https://docs.astral.sh/uv/reference/environment/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from ipaddress import ip_address
from urllib.parse import urlsplit

from slipway.domain.index_config.pip_settings import IndexConfig

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
_OF_A_LINE = re.compile(r"\s--(?:config-settings?|global-option|build-option)\b")

OURS = (
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_CUSTOM_COMPILE_COMMAND",
    "UV_ENV_FILE",
    "UV_LINK_MODE",
    "UV_NO_CACHE",
    "UV_NO_INSTALLER_METADATA",
    "UV_NO_VERIFY_HASHES",
    "UV_PROJECT",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_VENV_CLEAR",
    "UV_VENV_RELOCATABLE",
    "UV_VENV_SEED",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
)
"""Variables of uv that Slipway decides: where things are, and what an environment has."""


def unknown_to_uv(config: IndexConfig, requirements: str = "") -> str | None:
    """Name a setting that uv cannot honour, by what the user knows it by."""
    for name in _UNKNOWN:
        setting = config.single.get(name)
        if setting and setting.value.lower() not in ("0", "false", "no", "off", "n", "f"):
            return setting.origin
    keyring = config.single.get("keyring-provider")
    if keyring and keyring.value not in _HARMLESS_KEYRINGS:
        return keyring.origin
    found = _OF_A_LINE.search(requirements)
    return f"{found[0].strip()} in the requirements" if found else None


def option_lines(config: IndexConfig) -> str:
    """Write where to look as lines of a requirements file, which shows no credentials.

    What pip would pass over, an index without TLS that nobody trusts, is left out.
    """
    usable = [one for one in config.indexes if _is_secure(one, config.trusted_hosts)]
    lines = [f"--index-url {usable[0]}"] if usable and usable[0] else []
    lines += [f"--extra-index-url {one}" for one in usable[1:] if one]
    if not usable:
        lines = ["--no-index"]
    lines += [
        f"--find-links {one}"
        for one in config.find_links
        if _is_secure(one, config.trusted_hosts)
    ]
    lines += [f"--no-binary {name}" for name in sorted(config.no_binary)]
    lines += [f"--only-binary {name}" for name in sorted(config.only_binary)]
    return "".join(f"{line}\n" for line in lines)


def release_arguments(config: IndexConfig) -> list[str]:
    """Give the command line for single packages whose pre-releases are wanted, or are not."""
    return [
        word
        for name in config.releases
        if name != ":all:"
        for word in ("--prerelease-package", f"{name}={_mode(config, name)}")
    ]


def variables(config: IndexConfig, given: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that say the rest; those of uv that are `given` already win."""
    return {**_but_given(_of_choices(config), given), **connection_variables(config, given)}


def connection_variables(config: IndexConfig, given: Mapping[str, str]) -> dict[str, str]:
    """Give those of them that say how servers are reached, and which are trusted."""
    return _but_given(_of_connections(config, given), given)


def _but_given(said: Iterator[tuple[str, str]], given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in said if not _is_given(name, given)}


def _is_given(name: str, given: Mapping[str, str]) -> bool:
    return name.startswith("UV_") and bool(given.get(name))


def _of_choices(config: IndexConfig) -> Iterator[tuple[str, str]]:
    single = config.single
    if ":all:" in config.releases:
        yield "UV_PRERELEASE", _mode(config, ":all:")
    if "uploaded-prior-to" in single:
        yield "UV_EXCLUDE_NEWER", _moment(single["uploaded-prior-to"].value)
    if "keyring-provider" in single and single["keyring-provider"].value == "subprocess":
        yield "UV_KEYRING_PROVIDER", "subprocess"


def _of_connections(config: IndexConfig, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    single = {name: setting.value for name, setting in config.single.items()}
    if config.trusted_hosts:
        yield "UV_INSECURE_HOST", " ".join(config.trusted_hosts)
    timeout = single.get("timeout") or single.get("default-timeout")
    if timeout and _is_number(timeout):
        yield "UV_HTTP_TIMEOUT", str(max(1, math.ceil(float(timeout))))
    if single.get("retries", "").isdigit():
        yield "UV_HTTP_RETRIES", single["retries"]
    if "proxy" in single:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            yield from ((name, single["proxy"]), (name.lower(), single["proxy"]))
        yield from (("NO_PROXY", ""), ("no_proxy", ""))
    if "client-cert" in single:
        yield "SSL_CLIENT_CERT", single["client-cert"]
    bundle = single.get("cert")
    # https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
    bundle = bundle or given.get("REQUESTS_CA_BUNDLE") or given.get("CURL_CA_BUNDLE")
    if bundle:
        yield "SSL_CERT_FILE", bundle


def _mode(config: IndexConfig, name: str) -> str:
    return "allow" if config.releases[name] else "disallow"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _moment(text: str) -> str:
    """Write a date as a moment in UTC, which pip and uv take alike; a duration as it is."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    aware = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_secure(address: str, trusted: Sequence[str]) -> bool:
    """Follow pip: https, this machine, or a host that is trusted by name."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname in (None, "localhost"):
        return True
    host = parts.hostname
    port = f"{host}:{parts.port}" if parts.port else host
    return host in trusted or port in trusted or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
