"""The addresses of indexes and proxies: their credentials, and whether they can be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from configparser import Error as UnreadableConfiguration

from slipway.domain.addresses import check_addresses
from slipway.domain.index_config.pip_settings import from_files
from slipway.domain.nltk_data import INDEX as NLTK_INDEX
from slipway.effects.files import AppFolder, read_if_there
from slipway.errors.app import SettingInvalid
from slipway.toolchains.pip_configuration import configuration_files

_TOOLS = ("PIP_", "UV_")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PIP_PROXY")
_MIRROR = "SLIPWAY_PYTHON_MIRROR"
_OTHERS = (_MIRROR, NLTK_INDEX)
_OF_MIRROR = re.compile(r"(?:https|http|file)://\S+", re.IGNORECASE)


def learn_credentials(app: AppFolder, environment: Mapping[str, str]) -> None:
    """Learn the credentials in the files that tools of the build read outside of the app."""
    files = [text for _, text in configuration_files(app.root, environment)]
    home = environment.get("HOME", "/")
    named = environment.get("NETRC")
    for netrc in (named,) if named else (f"{home}/.netrc", f"{home}/_netrc"):
        app.secrets.learn_netrc(read_if_there(app.root / netrc) or "")
    if environment.get("UV_CONFIG_FILE"):
        files.append(read_if_there(app.root / environment["UV_CONFIG_FILE"]) or "")
    for text in files:
        app.secrets.learn_file(text)


def _check_mirror(environment: Mapping[str, str]) -> None:
    """Check the address of the mirror of Pythons, also if this build downloads none.

    lib/bring_python.sh checks the same for Slipway's own Python. uv itself reports a fault in
    its variable, UV_PYTHON_INSTALL_MIRROR.

    Raises SettingInvalid.
    """
    mirror = environment.get(_MIRROR, "").strip()
    if mirror and not _OF_MIRROR.fullmatch(mirror):
        raise SettingInvalid(
            name=_MIRROR,
            origin=f"The variable {_MIRROR}",
            kind="text",
            allowed=f"an https://, http:// or file:// URL, or unset {_MIRROR}",
        )


def check_index_addresses(app: AppFolder, environment: Mapping[str, str]) -> None:
    """Check the addresses in the variables and in pip's configuration files.

    Those in the app's own files are checked when the files are parsed.

    Raises AddressUnusable, SettingInvalid.
    """
    _check_mirror(environment)
    for name, value in sorted(environment.items()):
        is_proxy = name.upper() in _PROXIES
        if is_proxy or name.startswith(_TOOLS) or name in _OTHERS:
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
