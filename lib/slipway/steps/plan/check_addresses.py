"""Refuse addresses of indexes and proxies that no program would read as they are meant."""

from __future__ import annotations

from collections.abc import Mapping
from configparser import Error as UnreadableConfiguration

from slipway.domain.addresses import check_addresses
from slipway.domain.index_config.pip_settings import from_files
from slipway.effects.files import AppFolder
from slipway.toolchains.pip_configuration import configuration_files

_TOOLS = ("PIP_", "UV_")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PIP_PROXY")
_MIRROR = "SLIPWAY_PYTHON_MIRROR"


def check_index_addresses(app: AppFolder, environment: Mapping[str, str]) -> None:
    """Check the addresses in the variables and in pip's configuration files.

    Those in the app's own files are checked when the files are parsed.

    Raises AddressUnusable.
    """
    for name, value in sorted(environment.items()):
        is_proxy = name.upper() in _PROXIES
        if is_proxy or name.startswith(_TOOLS) or name == _MIRROR:
            is_bare = is_proxy and "@" in value and "://" not in value
            # pip reads user:password@host as http://user:password@host.
            check_addresses(f"http://{value}" if is_bare else value, f"The variable {name}")
    files = [
        (path, text)
        for path, text in configuration_files(app.root, environment)
        if "://" in text
    ]
    try:
        settings = [*from_files(files)]
    except UnreadableConfiguration:
        return  # pip reports the error
    for setting in settings:
        check_addresses(setting.value, f"The setting {setting.origin}")
