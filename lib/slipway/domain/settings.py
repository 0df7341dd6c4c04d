"""What an app may tell Slipway: `[tool.slipway]`, and SLIPWAY_<KEY>, which wins."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from slipway.errors.app import SettingInvalid, SettingUnknown
from slipway.errors.vendored import OutsideTheApp

TABLE = "[tool.slipway] in pyproject.toml"
PREFIX = "SLIPWAY_"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, with its default; README.md has a heading for each."""

    carry_python: bool | None = None
    """Whether the Python goes along with the app; None: as the platform needs it."""
    manage_py: str | None = None
    """The manage.py to use, relative to the app, where there are several."""
    manage_py_origin: str = TABLE
    vendor: tuple[str, ...] = ("vendor",)
    """The folders to search for packages that the app ships, relative to the app."""
    vendor_origin: str | None = None
    """None: nothing names the folders, and they need not be there."""
    offline: bool = False
    """Whether everything comes from the app itself, and no index is asked."""
    collectstatic: bool = True
    """False by DISABLE_COLLECTSTATIC, the name that this has on other platforms."""
    settings_module: str | None = None
    """DJANGO_SETTINGS_MODULE, where the environment has it."""


_KEYS = ("carry_python", "manage_py", "vendor", "offline")
_SWITCH: Mapping[str, bool] = {"true": True, "false": False}
_AUTO_SWITCH: Mapping[str, bool | None] = {"auto": None, **_SWITCH}
_FOLDERS = 'a list of folders of the app, as ["vendor", "libs"]'

_Meaning = TypeVar("_Meaning")


@dataclass(frozen=True)
class _Given:
    """A setting as one of the two places has it."""

    key: str
    value: object
    origin: str

    def invalid(self, allowed: str) -> SettingInvalid:
        return SettingInvalid(self.key, self.origin, str(self.value), allowed)


def parse(table: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Read both places, the environment last.

    Raises SettingUnknown, SettingInvalid, OutsideTheApp.
    """
    given = {key: _Given(key, value, TABLE) for key, value in table.items()}
    for name, value in environment.items():
        if name.startswith(PREFIX):
            key = name.removeprefix(PREFIX).lower()
            # A variable has no lists: several folders stand in one text.
            told = value.replace(",", " ").split() if key == "vendor" else value
            given[key] = _Given(key, told, f"The variable {name}")
    for setting in given.values():
        if setting.key not in _KEYS:
            raise _unknown(setting)
    manage_py, vendor = given.get("manage_py"), given.get("vendor")
    default = Settings()
    return Settings(
        carry_python=_chosen(given.get("carry_python"), _AUTO_SWITCH, default.carry_python),
        manage_py=_text(manage_py, '"a/path.py"') if manage_py else default.manage_py,
        manage_py_origin=manage_py.origin if manage_py else default.manage_py_origin,
        vendor=_folders(vendor) if vendor else default.vendor,
        vendor_origin=vendor.origin if vendor else default.vendor_origin,
        offline=_chosen(given.get("offline"), _SWITCH, default.offline),
        collectstatic=environment.get("DISABLE_COLLECTSTATIC", "") in ("", "0"),
        settings_module=environment.get("DJANGO_SETTINGS_MODULE") or None,
    )


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


def _folders(setting: _Given) -> tuple[str, ...]:
    """Read one folder or a list of them, each once, without a `./` or a slash at its end."""
    named = setting.value if isinstance(setting.value, list) else [_text(setting, _FOLDERS)]
    folders = []
    for name in named:
        folder = posixpath.normpath(name) if isinstance(name, str) else "."
        if folder == ".":
            raise setting.invalid(_FOLDERS)
        if posixpath.isabs(folder) or folder.split("/")[0] == "..":
            raise OutsideTheApp(path=setting.origin, target=name)
        folders.append(folder)
    return tuple(dict.fromkeys(folders))


def _unknown(setting: _Given) -> SettingUnknown:
    nearest = get_close_matches(setting.key, _KEYS, n=1)
    return SettingUnknown(
        name=setting.key,
        origin=setting.origin,
        nearest=nearest[0] if nearest else None,
        known=_KEYS,
    )
