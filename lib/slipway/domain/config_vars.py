"""Which environment variables a build passes on to pip, hooks and Django."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_FINDS_OTHER_PROGRAMS = "it would change which programs the build runs"
_LOADS_CODE = "it would change which code the build's processes load or compile"
_OTHER_PYTHON = "it would make the build use the files of another Python"
_OTHER_INSTALLATION = "it would change what pip installs or where, or keep pip from installing"
_OTHER_REPOSITORY = "it would make git use another repository"

NEVER: Mapping[str, str] = {
    **dict.fromkeys(("BASH_ENV", "ENV", "LD_AUDIT", "LD_PRELOAD"), _LOADS_CODE),
    "IFS": _FINDS_OTHER_PROGRAMS,
    "PYTHONHOME": _OTHER_PYTHON,
    "PYTHONEXECUTABLE": _OTHER_PYTHON,
    "PYTHONPLATLIBDIR": _OTHER_PYTHON,
    "PYTHONSTARTUP": _LOADS_CODE,
    "PYTHONINSPECT": "it would make every Python in the build wait for input",
    "VIRTUAL_ENV": _OTHER_PYTHON,
    "__PYVENV_LAUNCHER__": _OTHER_PYTHON,
    # git sets these for its hooks, and some platforms build in one: `git rev-parse
    # --local-env-vars` lists them, except for the two that set configuration.
    **dict.fromkeys(
        (
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_COMMON_DIR",
            "GIT_DIR",
            "GIT_GRAFT_FILE",
            "GIT_IMPLICIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_NAMESPACE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_PREFIX",
            "GIT_QUARANTINE_PATH",
            "GIT_REPLACE_REF_BASE",
            "GIT_SHALLOW_FILE",
            "GIT_WORK_TREE",
        ),
        _OTHER_REPOSITORY,
    ),
    "PIP_NO_BUILD_ISOLATION": "it would build packages without what they require for that",
    **dict.fromkeys(
        (
            "PIP_ABI",
            "PIP_DRY_RUN",
            "PIP_EDITABLE",
            "PIP_GROUP",
            "PIP_IMPLEMENTATION",
            "PIP_NO_DEPS",
            "PIP_PLATFORM",
            "PIP_PREFIX",
            "PIP_PYTHON",
            "PIP_PYTHON_VERSION",
            "PIP_REQUIREMENT",
            "PIP_REQUIRE_VIRTUALENV",
            "PIP_ROOT",
            "PIP_TARGET",
            "PIP_USER",
        ),
        _OTHER_INSTALLATION,
    ),
}
"""Variables that are not passed on, wherever they come from: name -> reason."""

ONLY_INHERITED: Mapping[str, str] = {
    "PATH": _FINDS_OTHER_PROGRAMS,
    "HOME": "the platform sets the home folder",
    **dict.fromkeys(
        (
            "COMPILER_PATH",
            "CPATH",
            "CPLUS_INCLUDE_PATH",
            "CPPATH",
            "C_INCLUDE_PATH",
            "GCC_EXEC_PREFIX",
            "LD_LIBRARY_PATH",
            "LD_RUN_PATH",
            "LIBRARY_PATH",
            "OBJC_INCLUDE_PATH",
            "PKG_CONFIG_LIBDIR",
            "PKG_CONFIG_PATH",
        ),
        _LOADS_CODE,
    ),
}
"""Variables that are passed on if the platform, the image or an earlier buildpack has set them,
and refused as a config variable: that is for the running app, and would hide the folders that
an earlier buildpack has filled. Name -> reason."""

_FOR_THE_RUNNING_APP = ("LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH")
"""Variables with a use that a build does not take away."""
_SET_BY_HEROKU = re.compile(
    r"(?:.*[:/])?\.heroku/(?:python|vendor|venv)\b.*"
    r"|(?:bin:|/bin:)?/usr/local/bin:/usr/bin(?::/bin)?|\./vendor/lib"
)
"""Values that heroku/python gave to PATH and the like from 2011 to 2013, and that its apps have
kept: https://github.com/heroku/heroku-buildpack-python/commits/main/bin/release"""
_FOLDER_OF_HEROKU = re.compile(r"[\w./-]*\.heroku/(?:python|vendor|venv)\b[\w./-]*")
_OF_SYSTEM = frozenset({"", "bin", "/bin", "/usr/local/bin", "/usr/bin"})

_GONE_FROM_PIP: Mapping[str, Collection[str]] = {
    "PIP_USE_FEATURE": ("2020-resolver", "in-tree-build"),
    "PIP_USE_DEPRECATED": ("backtrack-on-build-failures", "html5lib", "out-of-tree-build"),
}
"""Values that pip refuses now, because it always or never does that:
https://pip.pypa.io/en/stable/news/. They had no effect with buildpacks that gave pip no config
variables, and users have kept them."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The names that a shell accepts for variables."""
_BASH_FUNCTION = "BASH_FUNC_"
"""How the names of exported functions begin, which bash would run instead of programs."""


@dataclass(frozen=True, kw_only=True)
class BuildEnvironment:
    """The environment of every process that a build starts for the app."""

    variables: Mapping[str, str]
    refused: Mapping[str, str]
    """Config variables that are not passed on: name -> reason."""


def combine(builder: Mapping[str, str], config_vars: Mapping[str, str]) -> BuildEnvironment:
    """Combine the builder's own variables with the app's, which win if they are accepted.

    The builder's are those of the image, the platform and earlier buildpacks. They also contain
    config variables: the lifecycle, for example, has put a config variable PATH in front of the
    image's, so that it is not refused.

    LANG has a default, because every process has to use UTF-8 and some platforms do not set it.
    """
    inherited = {
        name: value
        for name, value in builder.items()
        if name not in NEVER and not name.startswith(_BASH_FUNCTION)
    }
    refused: dict[str, str] = {}
    accepted: dict[str, str] = {}
    for name, value in sorted(config_vars.items()):
        if not NAME.fullmatch(name):
            refused[name] = "its name is not valid in a shell"
        elif name in NEVER:
            refused[name] = NEVER[name]
        elif name not in ONLY_INHERITED:
            accepted[name] = value
        elif not f"{inherited.get(name, '')}:".startswith(f"{value}:"):
            refused[name] = ONLY_INHERITED[name]
    variables = {"LANG": "C.UTF-8", **inherited, **accepted}
    for name, gone in _GONE_FROM_PIP.items():
        kept = " ".join(one for one in variables.pop(name, "").split() if one not in gone)
        variables |= {name: kept} if kept else {}
    return BuildEnvironment(variables=variables, refused=refused)


def combine_for_tests(
    builder: Mapping[str, str], config_vars: Mapping[str, str]
) -> BuildEnvironment:
    """Combine them for the tests of a built app, which get what the running app gets.

    The folders of a config variable PATH are before the builder's, where bash is. What is left
    in `refused` has no use for tests.
    """
    environment = combine(builder, config_vars)
    for_app = {
        name: config_vars[name]
        for name in environment.refused
        if is_for_the_running_app(name, config_vars[name])
    }
    if "PATH" in for_app:
        folders = (for_app["PATH"], environment.variables.get("PATH", ""))
        for_app["PATH"] = ":".join(filter(None, folders))
    refused = {
        name: reason for name, reason in environment.refused.items() if name not in for_app
    }
    return BuildEnvironment(variables={**environment.variables, **for_app}, refused=refused)


def is_for_the_running_app(name: str, value: str) -> bool:
    """Return whether a refused config variable has a use, and may stay set."""
    return name in _FOR_THE_RUNNING_APP and not _SET_BY_HEROKU.fullmatch(value)


def instead_of_refused(name: str, value: str) -> str:
    """Return what to do about a refused config variable; empty for nothing."""
    if is_for_the_running_app(name, value) or not NAME.fullmatch(name):
        return ""
    if _SET_BY_HEROKU.fullmatch(value):
        folders = [one for one in value.split(":") if one not in _OF_SYSTEM]
        old = [one for one in folders if _FOLDER_OF_HEROKU.fullmatch(one)]
        if name in _FOR_THE_RUNNING_APP and old and old != folders:
            return (
                f"An old heroku/python has set {' and '.join(old)} in it, and no app needs "
                "that any more: remove it from the value"
            )
        return "An old heroku/python has set it, and no app needs it any more: unset it"
    if name in ONLY_INHERITED and name != "HOME":
        return "A buildpack that runs before Slipway can set it"
    return "Unset it"
