"""What an app may tell Slipway: `[tool.slipway]`, and SLIPWAY_<KEY>, which wins."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from slipway.errors.app import SettingInvalid, SettingUnknown
from slipway.errors.vendored import OutsideTheApp

FILE = "pyproject.toml"
TABLE = f"[tool.slipway] in {FILE}"
PREFIX = "SLIPWAY_"

KNOWN_NAMES: Mapping[str, str] = {
    "BP_CPYTHON_VERSION": "python_version",
    "BP_PIP_REQUIREMENT": "requirements",
    "BP_LOG_LEVEL": "log_level",
}
"""What users of Cloud Native Buildpacks know: https://paketo.io/docs/howto/python/."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, with its default; README.md has a heading for each."""

    python_version: str | None = None
    """The Python that is asked for, in whose place no file of the app is read."""
    python_version_origin: str = f"python_version in {FILE}"
    """What asks for it: this key, or the name of a variable."""
    python_source: str = "auto"
    """`image`: none is fetched for the app; `managed`: one always is."""
    toolchain: str = "auto"
    """`uv` or `pip-tools`: the one or none; `auto`: uv where it can be had."""
    requirements: tuple[str, ...] = ()
    """The requirements files, relative to the app; empty: as the app's files say."""
    requirements_origin: str = TABLE
    log_level: str = "info"
    """`debug`: the log has every command too, and what the cache had."""
    bundle_python: bool | None = None
    """Whether the Python goes along with the app; None: as the platform needs it."""
    manage_py: str | None = None
    """The manage.py to use, relative to the app, where there are several."""
    manage_py_origin: str = TABLE
    vendor: tuple[str, ...] = ("vendor",)
    """The folders to search for packages that the app ships, relative to the app."""
    vendor_origin: str | None = None
    """None: nothing names the folders, and they need not be there."""
    cache_limit: int = 2 * 1000**3
    """Bytes that the cache may have after a build."""
    offline: bool = False
    """Whether everything comes from the app itself, and no index is asked."""
    collectstatic: bool = True
    """False by DISABLE_COLLECTSTATIC, the name that this has on other platforms."""
    settings_module: str | None = None
    """DJANGO_SETTINGS_MODULE, where the environment has it."""


_KEYS = (
    "python_version",
    "python_source",
    "toolchain",
    "requirements",
    "log_level",
    "bundle_python",
    "manage_py",
    "vendor",
    "offline",
    "cache_limit",
)
_LISTS = ("requirements", "vendor")
_NO_SETTINGS = ("python_mirror", "database")
"""Read where no plan is made: to fetch Slipway's own Python, and when the app starts."""
_SOURCES: Mapping[str, str] = {"auto": "auto", "image": "image", "managed": "managed"}
_TOOLCHAINS: Mapping[str, str] = {"auto": "auto", "uv": "uv", "pip-tools": "pip-tools"}
_LEVELS: Mapping[str, str] = {"info": "info", "debug": "debug"}
_SWITCH: Mapping[str, bool] = {"true": True, "false": False}
_AUTO_SWITCH: Mapping[str, bool | None] = {"auto": None, **_SWITCH}
_SIZE = re.compile(r"(?P<number>\d+(\.\d+)?) ?(?P<unit>[MG]B)")
_UNITS: Mapping[str, int] = {"MB": 1000**2, "GB": 1000**3}
_SIZES = 'a size in MB or GB, as "500 MB"'
_VERSION = 'a version in quotes, as "3.13"'
_FILES = 'a file of the app or a list of them, as ["requirements/production.txt"]'
_FOLDERS = 'a list of folders of the app, as ["vendor", "libs"]'

_Meaning = TypeVar("_Meaning")


@dataclass(frozen=True)
class _Given:
    """A setting as one of the two places has it."""

    key: str
    value: object
    variable: str | None = None
    """The name that the user knows it by; None for the table."""

    @property
    def origin(self) -> str:
        return f"The variable {self.variable}" if self.variable else TABLE

    def invalid(self, allowed: str) -> SettingInvalid:
        return SettingInvalid(self.key, self.origin, str(self.value), allowed)


def with_known_names(environment: Mapping[str, str]) -> dict[str, str]:
    """Let each of KNOWN_NAMES that has a value say what its setting's own variable does not."""
    told = {
        _variable(key): environment[name]
        for name, key in KNOWN_NAMES.items()
        if environment.get(name)
    }
    return {**told, **environment}


def parse(table: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Read both places, the environment last.

    Raises SettingUnknown, SettingInvalid, OutsideTheApp.
    """
    given = _given(table, environment)
    for setting in given.values():
        if setting.key not in _KEYS:
            raise _unknown(setting)
    default = Settings()
    python, files = given.get("python_version"), given.get("requirements")
    manage_py, vendor = given.get("manage_py"), given.get("vendor")
    limit = given.get("cache_limit")
    return Settings(
        python_version=_text(python, _VERSION).strip() if python else default.python_version,
        python_version_origin=(python and python.variable) or default.python_version_origin,
        python_source=_chosen(given.get("python_source"), _SOURCES, default.python_source),
        toolchain=_chosen(given.get("toolchain"), _TOOLCHAINS, default.toolchain),
        requirements=_paths(files, _FILES) if files else default.requirements,
        requirements_origin=files.origin if files else default.requirements_origin,
        log_level=_chosen(given.get("log_level"), _LEVELS, default.log_level),
        bundle_python=_chosen(given.get("bundle_python"), _AUTO_SWITCH, default.bundle_python),
        manage_py=_text(manage_py, '"a/path.py"') if manage_py else default.manage_py,
        manage_py_origin=manage_py.origin if manage_py else default.manage_py_origin,
        vendor=_paths(vendor, _FOLDERS) if vendor else default.vendor,
        vendor_origin=vendor.origin if vendor else default.vendor_origin,
        offline=_chosen(given.get("offline"), _SWITCH, default.offline),
        cache_limit=_bytes(limit) if limit else default.cache_limit,
        collectstatic=environment.get("DISABLE_COLLECTSTATIC", "") in ("", "0"),
        settings_module=environment.get("DJANGO_SETTINGS_MODULE") or None,
    )


def _given(table: Mapping[str, object], environment: Mapping[str, str]) -> dict[str, _Given]:
    given = {key: _Given(key, value) for key, value in table.items()}
    for name, value in environment.items():
        key = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and key not in _NO_SETTINGS:
            # A variable has no lists: several paths stand in one text.
            told = value.replace(",", " ").split() if key in _LISTS else value
            given[key] = _Given(key, told, _as_the_user_knows(name, environment))
    return given


def _variable(key: str) -> str:
    return f"{PREFIX}{key.upper()}"


def _as_the_user_knows(variable: str, environment: Mapping[str, str]) -> str:
    """Give the name that `with_known_names` took the value from, if it did."""
    for name, key in KNOWN_NAMES.items():
        if _variable(key) == variable and environment.get(name) == environment[variable]:
            return name
    return variable


def _chosen(
    setting: _Given | None, choices: Mapping[str, _Meaning], default: _Meaning
) -> _Meaning:
    if setting is None:
        return default
    word = str(setting.value).lower()
    if word not in choices:
        *words, last = choices
        raise setting.invalid(f"{', '.join(words)} or {last}")
    return choices[word]


def _text(setting: _Given, allowed: str) -> str:
    if not isinstance(setting.value, str):
        raise setting.invalid(allowed)
    return setting.value


def _bytes(setting: _Given) -> int:
    """Read a size as people write it; units as disks are sold in them."""
    size = _SIZE.fullmatch(str(setting.value).strip())
    if size is None:
        raise setting.invalid(_SIZES)
    return int(float(size["number"]) * _UNITS[size["unit"]])


def _paths(setting: _Given, allowed: str) -> tuple[str, ...]:
    """Read one path or a list of them, each once, without a `./` or a slash at its end."""
    named = setting.value if isinstance(setting.value, list) else [_text(setting, allowed)]
    paths = []
    for name in named:
        path = posixpath.normpath(name) if isinstance(name, str) else "."
        if path == ".":
            raise setting.invalid(allowed)
        if posixpath.isabs(path) or path.split("/")[0] == "..":
            raise OutsideTheApp(path=setting.origin, target=name)
        paths.append(path)
    return tuple(dict.fromkeys(paths))


def _unknown(setting: _Given) -> SettingUnknown:
    from difflib import get_close_matches  # only a refusal needs it

    nearest = get_close_matches(setting.key, _KEYS, n=1)
    return SettingUnknown(
        name=setting.key,
        origin=setting.origin,
        nearest=nearest[0] if nearest else None,
        known=_KEYS,
    )
