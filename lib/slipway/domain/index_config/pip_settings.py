"""pip's settings from its configuration files, environment variables and requirements files.

https://pip.pypa.io/en/stable/topics/configuration/
"""

from __future__ import annotations

import configparser
import getopt
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slipway.domain.ini_text import read_ini
from slipway.domain.requirements.lines import expand

_SECTIONS = ("global", "install")
"""The later section wins, no matter which files they are in."""
_PREFIX = "PIP_"
_SWITCHED_ON = ("1", "y", "yes", "t", "true", "on")

_LINE_OPTIONS = {
    "i": "index-url",
    "index-url": "index-url",
    "pypi-url": "index-url",
    "extra-index-url": "extra-index-url",
    "f": "find-links",
    "find-links": "find-links",
    "no-index": "no-index",
    "no-binary": "no-binary",
    "only-binary": "only-binary",
    "prefer-binary": "prefer-binary",
    "pre": "pre",
    "all-releases": "all-releases",
    "only-final": "only-final",
    "trusted-host": "trusted-host",
    "use-feature": "use-feature",
    "require-hashes": "require-hashes",
}
"""https://pip.pypa.io/en/stable/reference/requirements-file-format/#global-options"""
_SWITCHES = ("no-index", "prefer-binary", "pre", "require-hashes")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting from a file, a variable or a line."""

    name: str
    """As on pip's command line, without the leading dashes: `extra-index-url`."""
    value: str
    origin: str
    """The name and place of the setting, without its value, for messages."""

    @property
    def is_on(self) -> bool:
        return self.value.lower() in _SWITCHED_ON

    @property
    def values(self) -> list[str]:
        """The value, split at spaces."""
        return self.value.split()


def from_files(files: Iterable[tuple[str, str]]) -> Iterator[Setting]:
    """Read pip's configuration files, pairs of (path, text); the last one has priority.

    Raises configparser.Error for a file that pip cannot read either.
    """
    found: dict[str, list[Setting]] = {section: [] for section in _SECTIONS}
    for path, text in files:
        parser = configparser.RawConfigParser()
        read_ini(parser, text)
        for section in _SECTIONS:
            for name, value in parser.items(section) if parser.has_section(section) else ():
                found[section].append(_setting(name, value, f"{name} in {path}"))
    for section in _SECTIONS:
        yield from (setting for setting in found[section] if setting.value)


def from_variables(environment: Mapping[str, str]) -> Iterator[Setting]:
    """Read the variables PIP_<NAME>, except for empty ones, which pip ignores too."""
    for name, value in environment.items():
        if name.startswith(_PREFIX) and value:
            yield _setting(name.removeprefix(_PREFIX), value, name)


def from_lines(text: str, environment: Mapping[str, str]) -> Iterator[Setting]:
    """Read the option lines of a requirements file, with their variables filled in.

    Raises getopt.GetoptError or ValueError for a line that is not a valid option.
    """
    long = [f"{name}{'' if name in _SWITCHES else '='}" for name in _LINE_OPTIONS]
    for line in text.splitlines():
        if not line.startswith("-"):
            continue
        words = shlex.split(expand(line, environment), comments=True)
        for option, value in getopt.getopt(words, "i:f:", long)[0]:
            name = _LINE_OPTIONS[option.lstrip("-")]
            yield Setting(
                name=name,
                value="true" if name in _SWITCHES else value,
                origin=f"--{name} in the requirements",
            )


def _setting(name: str, value: str, origin: str) -> Setting:
    plain = name.lower().replace("_", "-").removeprefix("--")
    return Setting(name=plain, value=value.strip(), origin=origin)


@dataclass(frozen=True, kw_only=True)
class IndexConfig:
    """Which indexes pip would use, and which files it would take from them."""

    indexes: tuple[str, ...] = ("",)
    """Addresses; an empty one is the tool's default index."""
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_binary: frozenset[str] = frozenset()
    """Names, or `:all:` with the exceptions in `only_binary`."""
    only_binary: frozenset[str] = frozenset()
    """Names, or `:all:` with the exceptions in `no_binary`."""
    releases: Mapping[str, bool] = field(default_factory=dict)
    """Name or `:all:` -> whether pre-releases are allowed, or only final releases."""
    others: Mapping[str, Setting] = field(default_factory=dict)
    """All settings by name, including those that have no field here."""

    def values(self, name: str) -> list[str]:
        """Return the values of a setting such as `constraint`, which lists files."""
        return self.others[name].values if name in self.others else []


def forbids_indexes(
    settings: Iterable[Setting], lines: str, environment: Mapping[str, str]
) -> str | None:
    """Return the origin of the setting with which pip or uv use no index; None without one."""
    for name in ("UV_NO_INDEX", "UV_OFFLINE"):
        if environment.get(name, "").lower() in _SWITCHED_ON:
            return name
    try:
        of_lines = [*from_lines(lines, environment)]
    except (getopt.GetoptError, ValueError):
        of_lines = []  # pip reports it
    found = [one for one in (*settings, *of_lines) if one.name == "no-index" and one.is_on]
    return found[-1].origin if found else None


def effective_config(settings: Iterable[Setting], lines: Iterable[Setting]) -> IndexConfig:
    """Combine the settings of files and variables, then apply each line, as pip does."""
    known, added = [*settings], [*lines]
    last = {setting.name: setting for setting in known}

    def values(name: str) -> list[str]:
        return last[name].values if name in last else []

    indexes = [*(values("index-url")[:1] or [""]), *values("extra-index-url")]
    has_no_index = "no-index" in last and last["no-index"].is_on
    find_links, trusted = values("find-links"), values("trusted-host")
    for line in added:
        if line.name == "no-index":
            has_no_index = True
        elif line.name == "index-url":
            indexes = [line.value]
        elif line.name == "extra-index-url":
            indexes.append(line.value)
        elif line.name == "find-links":
            find_links.append(line.value)
        elif line.name == "trusted-host":
            trusted.append(line.value)
    no_binary, only_binary = _formats([*known, *added])
    return IndexConfig(
        indexes=() if has_no_index else tuple(dict.fromkeys(indexes)),
        find_links=tuple(dict.fromkeys(find_links)),
        trusted_hosts=tuple(dict.fromkeys(trusted)),
        no_binary=no_binary,
        only_binary=only_binary,
        releases=_releases([*last.values(), *added]),
        others={**last, **{line.name: line for line in added}},
    )


def _formats(settings: Sequence[Setting]) -> tuple[frozenset[str], frozenset[str]]:
    """Read --no-binary and --only-binary; each of them removes its names from the other.

    https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-no-binary
    """
    chosen: dict[str, set[str]] = {"no-binary": set(), "only-binary": set()}
    for setting in settings:
        if setting.name not in chosen:
            continue
        [other] = chosen.keys() - {setting.name}
        names = [name.strip() for name in setting.value.split(",") if name.strip()]
        while ":all:" in names:
            chosen[other].clear()
            chosen[setting.name] = {":all:"}
            names = names[names.index(":all:") + 1 :]
            if ":none:" not in names:
                names = []
        for name in names:
            if name == ":none:":
                chosen[setting.name].clear()
            else:
                chosen[other].discard(name)
                chosen[setting.name].add(name)
    return frozenset(chosen["no-binary"]), frozenset(chosen["only-binary"])


def _releases(settings: Iterable[Setting]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for setting in settings:
        if setting.name == "pre" and setting.is_on:
            found[":all:"] = True
        elif setting.name in ("all-releases", "only-final"):
            for name in setting.value.replace(",", " ").split():
                found[name] = setting.name == "all-releases"
    return found
