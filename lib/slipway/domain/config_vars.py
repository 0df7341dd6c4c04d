"""Which environment variables a build passes on to pip, hooks and Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_FINDS_OTHER_PROGRAMS = "it would change which programs the build runs"
_LOADS_CODE = "it would change which code the build's processes load or compile"
_OTHER_PYTHON = "it would make the build use the files of another Python"
_OTHER_INSTALLATION = "it would change what pip installs or where, or keep pip from installing"
_OTHER_REPOSITORY = "it would make git use another repository"

REFUSED: Mapping[str, str] = {
    "PATH": _FINDS_OTHER_PROGRAMS,
    "IFS": _FINDS_OTHER_PROGRAMS,
    "BASH_ENV": _LOADS_CODE,
    "ENV": _LOADS_CODE,
    "LD_PRELOAD": _LOADS_CODE,
    "LD_AUDIT": _LOADS_CODE,
    "LD_LIBRARY_PATH": _LOADS_CODE,
    "LIBRARY_PATH": _LOADS_CODE,
    "CPATH": _LOADS_CODE,
    "CPPATH": _LOADS_CODE,
    "PYTHONHOME": _OTHER_PYTHON,
    "PYTHONPLATLIBDIR": _OTHER_PYTHON,
    "PYTHONSTARTUP": _LOADS_CODE,
    "PYTHONINSPECT": "it would make every Python in the build wait for input",
    "VIRTUAL_ENV": _OTHER_PYTHON,
    "__PYVENV_LAUNCHER__": _OTHER_PYTHON,
    "GIT_DIR": _OTHER_REPOSITORY,
    "GIT_WORK_TREE": _OTHER_REPOSITORY,
    "PIP_TARGET": _OTHER_INSTALLATION,
    "PIP_PREFIX": _OTHER_INSTALLATION,
    "PIP_ROOT": _OTHER_INSTALLATION,
    "PIP_USER": _OTHER_INSTALLATION,
    "PIP_PYTHON": _OTHER_INSTALLATION,
    "PIP_DRY_RUN": _OTHER_INSTALLATION,
    "PIP_REQUIRE_VIRTUALENV": _OTHER_INSTALLATION,
    "PIP_NO_DEPS": _OTHER_INSTALLATION,
    "PIP_REQUIREMENT": _OTHER_INSTALLATION,
    "PIP_EDITABLE": _OTHER_INSTALLATION,
    "HOME": "the platform sets the home folder",
}
"""Config variables that are not passed on, each with the reason for the log."""

PASSED_ON = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|LANG|LANGUAGE|LC_\w+|PYENV_ROOT|STACK|CI|REQUEST_ID"
    r"|SOURCE_VERSION|(?:HTTPS?|NO|ALL|FTP)_PROXY|(?:https?|no|all|ftp)_proxy"
    r"|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO"
    r"|GIT_SSH_COMMAND|SSH_AUTH_SOCK|NETRC|XDG_CONFIG_(?:HOME|DIRS)|SLIPWAY_\w+|PIP_\w+|UV_\w+"
)
"""Names of the builder's own environment variables that a build may need."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class BuildEnvironment:
    """The environment of every process that a build starts for the app."""

    variables: Mapping[str, str]
    refused: Mapping[str, str]
    """Config variables that are not passed on: name -> reason."""


def combine(builder: Mapping[str, str], config_vars: Mapping[str, str]) -> BuildEnvironment:
    """Combine the variables that a build needs with the app's, except for dangerous ones.

    LANG has a default, because every process has to use UTF-8 and some platforms do not set it.
    """
    refused = {
        name: REFUSED.get(name, "its name is not valid in a shell")
        for name in sorted(config_vars)
        if name in REFUSED or not _NAME.fullmatch(name)
    }
    base = {
        name: value
        for name, value in builder.items()
        if PASSED_ON.fullmatch(name) and (name not in REFUSED or name in ("PATH", "HOME"))
    }
    accepted = {name: value for name, value in config_vars.items() if name not in refused}
    variables = {"LANG": "C.UTF-8", **base, **accepted}
    return BuildEnvironment(variables=variables, refused=refused)
