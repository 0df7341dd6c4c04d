"""What an app may tell Slipway: `[tool.slipway]`, and SLIPWAY_<KEY>, which wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from slipway.errors.app import SettingInvalid, SettingUnknown

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
    collectstatic: bool = True
    """False by DISABLE_COLLECTSTATIC, the name that this has on other platforms."""
    settings_module: str | None = None
    """DJANGO_SETTINGS_MODULE, where the environment has it."""


_KEYS = ("carry_python", "manage_py")
_SWITCHES: Mapping[str, bool | None] = {"auto": None, "true": True, "false": False}


def parse(table: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Read both places, the environment last.

    Raises SettingUnknown, SettingInvalid.
    """
    given = {key: (value, TABLE) for key, value in table.items()}
    for name, value in environment.items():
        if name.startswith(PREFIX):
            given[name.removeprefix(PREFIX).lower()] = (value, f"The variable {name}")
    for key, (_, origin) in given.items():
        if key not in _KEYS:
            raise _unknown(key, origin)
    manage_py, manage_py_origin = given.get("manage_py", (None, TABLE))
    if manage_py is not None and not isinstance(manage_py, str):
        raise SettingInvalid("manage_py", manage_py_origin, str(manage_py), '"a/path.py"')
    return Settings(
        carry_python=_switch("carry_python", given),
        manage_py=manage_py,
        manage_py_origin=manage_py_origin,
        collectstatic=environment.get("DISABLE_COLLECTSTATIC", "") in ("", "0"),
        settings_module=environment.get("DJANGO_SETTINGS_MODULE") or None,
    )


def _switch(key: str, given: Mapping[str, tuple[object, str]]) -> bool | None:
    value, origin = given.get(key, ("auto", TABLE))
    word = str(value).lower()
    if word not in _SWITCHES:
        raise SettingInvalid(key, origin, str(value), "auto, true or false")
    return _SWITCHES[word]


def _unknown(key: str, origin: str) -> SettingUnknown:
    nearest = get_close_matches(key, _KEYS, n=1)
    return SettingUnknown(
        name=key, origin=origin, nearest=nearest[0] if nearest else None, known=_KEYS
    )
