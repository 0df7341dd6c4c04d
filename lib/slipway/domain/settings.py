"""The settings of an app: `[tool.slipway]`, and SLIPWAY_<KEY> variables, which override it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name

from slipway.domain.addresses import is_address
from slipway.errors.app import SettingInvalid, SettingOutside, SettingUnknown
from slipway.errors.python import ADVISED

FILE = "pyproject.toml"
TABLE = f"[tool.slipway] in {FILE}"
PREFIX = "SLIPWAY_"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
"""https://peps.python.org/pep-0735/#specification; extras have the same names."""

_CALL = re.compile(r"[\w.]+:\w+\((?!\)).+\)")
"""A call with arguments, which no setting can have."""
_APPLICATION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\(\))?")
"""A factory has parentheses: https://docs.gunicorn.org/en/stable/run.html."""

PAKETO_NAMES: Mapping[str, str] = {
    "BP_CPYTHON_VERSION": "python_version",
    "BP_PIP_REQUIREMENT": "requirements",
    "BP_LOG_LEVEL": "log_level",
}
"""Names that users of Cloud Native Buildpacks know: https://paketo.io/docs/howto/python/."""
PAKETO_GROUPS = "BP_POETRY_INSTALL_ONLY"
"""A name for `groups` that also has the main dependencies, as the group `main`:
https://github.com/paketo-buildpacks/poetry-install"""
PAKETO_PYTHON = "BP_CPYTHON_VERSION"
"""A name for `python_version`, which may also have a range of semver, such as `^3.11`."""
PAKETO_LOG_LEVEL = "BP_LOG_LEVEL"
"""Only DEBUG has an effect; any other value means INFO:
https://github.com/paketo-buildpacks/packit/blob/v2/scribe/emitter.go"""
_PAKETO_LINKS = "BP_PIP_FIND_LINKS"
"""Folders that come before pip's own: https://github.com/paketo-buildpacks/pip-install"""

APP_MODULE = "APP_MODULE"
"""A name for the variable of the setting `app` that users of other builders know:
https://github.com/sclorg/s2i-python-container#environment-variables"""

OF_SERVICES = (
    *("SLIPWAY_DATABASE", "SLIPWAY_REDIS", "SLIPWAY_MEMCACHED", "SLIPWAY_CACHE"),
    *("SLIPWAY_RABBITMQ", "SLIPWAY_EMAIL", "SLIPWAY_STORAGE"),
    *("SLIPWAY_ELASTICSEARCH", "SLIPWAY_OPENSEARCH"),
)
"""Each names one of several bound services, for the running app and for what a build runs."""
OTHER_VARIABLES = ("SLIPWAY_PYTHON_MIRROR", *OF_SERVICES)
"""Not settings of a build: the first one is for downloads of Pythons."""

FOR_THE_LOG = frozenset({"SLIPWAY_LOG_LEVEL", "BP_LOG_LEVEL"})
"""Variables that change only what the log shows, and so no result that is cached."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, with its default; docs/settings.md has a heading for each."""

    python_version: str | None = None
    """The Python that the app requests; if set, the app's version files are ignored."""
    python_version_origin: str = f"python_version in {FILE}"
    """This key, or the name of a variable."""
    python_source: str = "auto"
    """`image`: one on the image; `managed`: one from uv; `auto`: from uv if no other fits."""
    python_source_origin: str = TABLE
    toolchain: str = "auto"
    """`uv` or `pip-tools`: only that one; `auto`: uv, or pip-tools if uv cannot be used."""
    toolchain_origin: str = TABLE
    requirements: tuple[str, ...] = ()
    """The requirements files, relative to the app; if empty, Slipway looks for them."""
    requirements_origin: str = TABLE
    lock: str | None = None
    """The lock to install, relative to the app; None: the first that counts."""
    lock_origin: str = TABLE
    groups: tuple[str, ...] | None = None
    """The dependency groups to install, normalized; None: those of the lock's tool that are
    for production."""
    groups_origin: str = TABLE
    extras: tuple[str, ...] = ()
    """The extras of the app itself to install, normalized."""
    extras_origin: str = TABLE
    log_level: str = "info"
    """`debug`: the log also has every command, and the hits and misses of the cache."""
    bundle_python: bool | None = None
    """Whether to bundle the Python with the app; None: if the platform needs it."""
    manage_py: str | None = None
    """The manage.py to use, relative to the app; None: the nearest to the app's root."""
    manage_py_origin: str = TABLE
    root: str | None = None
    """The folder of the app in its repository; None: the repository is the app."""
    root_origin: str = TABLE
    app: str | None = None
    """The application that the process `web` serves, `module:attribute`; None: look for it."""
    app_origin: str = TABLE
    strict: bool = False
    """Whether a process that will not start stops the build, and not only one of Slipway's."""
    vendor: tuple[str, ...] = ("vendor",)
    """The folders with vendored packages, relative to the app."""
    vendor_origin: str | None = None
    """Where `vendor` is set; None: it is the default, and the folder need not exist."""
    cache_limit: int = 2 * 1000**3
    """The size that the cache may have after a build, in bytes."""
    offline: bool = False
    """Whether to install packages from the app itself only, and use no index."""
    migrate: str | None = None
    """When the release step migrates: `release`: in the platform's release phase; `start`:
    before each `web` process; `off`: never; None: as the platform allows."""
    database_wait: int = 60
    """How long the release step waits for the databases, in seconds."""
    initial_fixtures: tuple[str, ...] = ()
    """Names of fixtures that the release step loads into tables that it has created."""
    release_hook: bool = False
    """Whether the release step runs the app's own `bin/release`."""
    build_commands: tuple[str, ...] = ()
    """Commands of manage.py, with their arguments, that the build runs before collectstatic."""
    placeholders: bool = True
    """Whether the build gives variables that the settings require a throw-away value."""
    collectstatic: bool = True
    """False if the variable DISABLE_COLLECTSTATIC is set, as on other platforms."""
    settings_module: str | None = None
    """The value of the variable DJANGO_SETTINGS_MODULE."""


@dataclass(frozen=True)
class _Value:
    """The value of a key, from the table or from a variable."""

    key: str
    value: object
    variable: str | None = None
    """The variable that the user set; None for the table."""
    text_of_variable: str = ""
    """The whole value of the variable."""

    @property
    def origin(self) -> str:
        return f"The variable {self.variable}" if self.variable else TABLE

    def invalid(self, allowed: str, *example: str) -> SettingInvalid:
        """Return the error; `allowed` describes a valid value, and `example` is one.

        An example of several parts is a list in the table.
        """
        if self.variable:
            kind, line = _kind(self.text_of_variable), f"{self.variable}={','.join(example)}"
        else:
            kind = _kind(self.value)
            line = f"{self.key} = {_in_toml(example[0] if len(example) == 1 else example)}"
        return SettingInvalid(self.key, self.origin, kind, allowed, line if example else "")

    def choice(self, *names: str) -> str:
        word = str(self.value).strip().lower()
        if word not in names:
            words = [name if self.variable or name in _BARE else f'"{name}"' for name in names]
            raise self.invalid(f"{', '.join(words[:-1])} or {words[-1]}")
        return word

    def text(self, allowed: str, example: str) -> str:
        if not isinstance(self.value, str) or is_address(self.value):
            raise self.invalid(allowed, example)
        return self.value.strip()

    def bytes(self) -> int:
        """Parse a size with a decimal unit, such as `500 MB`."""
        size = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([MG]B)", str(self.value).strip())
        if size is None:
            raise self.invalid("a size in MB or GB", "500 MB")
        return int(float(size[1]) * {"MB": 1000**2, "GB": 1000**3}[size[2]])

    def paths(self, kind: str, *example: str) -> tuple[str, ...]:
        """Normalize one path or a list of paths, and remove duplicates; `kind` is a plural."""
        allowed = f"{kind} in the app{', separated by commas' if self.variable else ''}"
        names = self.value if isinstance(self.value, list) else [self.value]
        paths = [self._path(name, allowed, *example) for name in names]
        return tuple(dict.fromkeys(paths))

    def path(self, example: str) -> str:
        """Normalize the path of one file in the app."""
        return self._path(self.value, "a file in the app", example)

    def folder(self, example: str) -> str:
        """Normalize the path of one folder in the repository; the repository itself is ""."""
        text = self.value.strip() if isinstance(self.value, str) else ""
        if text and posixpath.normpath(text) == ".":
            return ""
        return self._path(self.value, "a folder in the repository", example)

    def _path(self, value: object, allowed: str, *example: str) -> str:
        """Normalize one path, and remove the blanks around it, which nobody means."""
        text = value.strip() if isinstance(value, str) else ""
        if is_address(text) or posixpath.normpath(text) == ".":
            raise self.invalid(allowed, *example)
        path = posixpath.normpath(text)
        if posixpath.isabs(path) or path.split("/")[0] == "..":
            raise SettingOutside(name=self.key, origin=self.origin, path=text)
        return path

    def application(self, example: str) -> str:
        """Check the name of an application object, such as `package.module:app`."""
        if not isinstance(self.value, str) or not _APPLICATION.fullmatch(self.value.strip()):
            if isinstance(self.value, str) and _CALL.fullmatch(self.value.strip()):
                raise self.invalid(
                    "an application that a module has, because a function cannot get arguments "
                    "here. Write a file wsgi.py that calls the function, with a line such as "
                    "`app = create_app(...)`, and name that",
                    "wsgi:app",
                )
            raise self.invalid("a module and what it defines, with a colon between", example)
        return self.value.strip()

    def seconds(self) -> int:
        """Parse a number of seconds, from 0 to one day."""
        text = str(self.value).strip()
        is_number = not isinstance(self.value, bool) and re.fullmatch(r"[0-9]{1,5}", text)
        if not is_number or int(text) > _DAY:
            raise self.invalid("a whole number of seconds, at most one day", "120")
        return int(text)

    def lines(self, kind: str, *example: str) -> tuple[str, ...]:
        """Return texts that may have blanks within; `kind` is a plural."""
        values = self.value if isinstance(self.value, list) else [self.value]
        texts = [" ".join(one.split()) if isinstance(one, str) else "" for one in values]
        if not all(texts):
            separated = ", separated by commas" if self.variable else ""
            raise self.invalid(f"{kind}{separated}", *example)
        return tuple(dict.fromkeys(texts))

    def names(self, kind: str, example: str) -> tuple[str, ...]:
        """Normalize names of groups or extras, and remove duplicates; `kind` is a plural."""
        names = self.value if isinstance(self.value, list) else [self.value]
        if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
            separated = ", separated by commas" if self.variable else ""
            raise self.invalid(f"names of {kind}{separated}", example)
        return tuple(dict.fromkeys(map(canonicalize_name, names)))


_DAY = 24 * 60 * 60
_BARE = ("true", "false")
"""The choices without quotes in TOML."""


def _in_toml(value: object) -> str:
    """Write a text or a list of texts as in TOML."""
    from json import dumps  # only errors need it

    return dumps(value, ensure_ascii=False)


def _kind(value: object) -> str:
    """Describe a value without showing it, since it may be a secret in the wrong place."""
    match value:
        case str():
            return ("an address" if is_address(value) else "text") if value else "empty"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case list():
            has_address = any(isinstance(one, str) and is_address(one) for one in value)
            return "a list with an address" if has_address else "a list"
        case dict():
            return "a table"
    return "a date or time"


_LOG_LEVELS = ("info", "debug")
_SWITCH: Mapping[str, bool | None] = {"auto": None, "true": True, "false": False}
_PARSERS: Mapping[str, Callable[[_Value], object]] = {
    "python_version": lambda value: value.text("a version in quotes", ADVISED).strip(),
    "python_source": lambda value: value.choice("auto", "image", "managed"),
    "toolchain": lambda value: value.choice("auto", "uv", "pip-tools"),
    "requirements": lambda value: value.paths("files", "requirements/production.txt"),
    "lock": lambda value: value.path("uv.lock"),
    "groups": lambda value: value.names("groups", "web"),
    "extras": lambda value: value.names("extras", "postgres"),
    "log_level": lambda value: value.choice(*_LOG_LEVELS),
    "bundle_python": lambda value: _SWITCH[value.choice("auto", "true", "false")],
    "manage_py": lambda value: value.text("a path in quotes", "site/manage.py"),
    "root": lambda value: value.folder("backend"),
    "app": lambda value: value.application("package.module:app"),
    "strict": lambda value: _SWITCH[value.choice("true", "false")],
    "vendor": lambda value: value.paths("folders", "vendor", "libs"),
    "build_commands": lambda value: value.lines(
        "commands of manage.py", "compilemessages", "compress --force"
    ),
    "placeholders": lambda value: _SWITCH[value.choice("true", "false")],
    "migrate": lambda value: value.choice("release", "start", "off"),
    "database_wait": lambda value: value.seconds(),
    "initial_fixtures": lambda value: value.lines("names of fixtures", "countries"),
    "release_hook": lambda value: _SWITCH[value.choice("true", "false")],
    "offline": lambda value: _SWITCH[value.choice("true", "false")],
    "cache_limit": lambda value: value.bytes(),
}
KEYS = (*_PARSERS,)
_LISTS = ("requirements", "groups", "extras", "vendor", "initial_fixtures")
_LINES = ("build_commands",)
"""Lists whose parts may have blanks."""
_WITH_ORIGIN = (
    "python_source",
    "toolchain",
    "requirements",
    "lock",
    "groups",
    "extras",
    "manage_py",
    "root",
    "app",
    "vendor",
)
"""The keys of which errors or the log say where they are set."""


def variable_of(key: str) -> str:
    """Return the name of a key's variable."""
    return f"{PREFIX}{key.upper()}"


def with_paketo_names(environment: Mapping[str, str]) -> dict[str, str]:
    """Add Slipway's own variables, and pip's, for variables of Paketo's that have a value.

    Slipway's own win if they are set; pip gets the folders of both.
    """
    known = {name: value for name, (value, _) in _of_paketo(environment).items()}
    links = (environment.get(name, "") for name in (_PAKETO_LINKS, "PIP_FIND_LINKS"))
    both = " ".join(filter(None, links))
    return {**known, **environment, **({"PIP_FIND_LINKS": both} if both else {})}


def _of_paketo(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return Slipway's own variables -> the value from a variable of Paketo's, and its name."""
    found = {
        variable_of(key): (environment[name], name)
        for name, key in PAKETO_NAMES.items()
        if environment.get(name)
        and (name != PAKETO_LOG_LEVEL or is_log_level(environment[name]))
    }
    groups = paketo_groups(environment)
    if "main" in groups:
        others = ",".join(name for name in groups if name != "main")
        found[variable_of("groups")] = (others, PAKETO_GROUPS)
    return found


def is_log_level(text: str) -> bool:
    """Return whether a text is one of the levels that a log can have."""
    return text.strip().lower() in _LOG_LEVELS


def paketo_groups(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names in PAKETO_GROUPS."""
    names = (name.strip() for name in environment.get(PAKETO_GROUPS, "").split(","))
    return tuple(filter(None, names))


def parse(table: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Read the settings from the table and the variables, which override it.

    Raises SettingUnknown, SettingInvalid, SettingOutside.
    """
    values = {key: _Value(key, value) for key, value in table.items()}
    if environment.get(APP_MODULE):
        text = environment[APP_MODULE]
        values["app"] = _Value("app", text, APP_MODULE, text)
    for name, text in environment.items():
        if name.startswith(PREFIX) and name not in OTHER_VARIABLES:
            key = name.removeprefix(PREFIX).lower()
            value = _split_variable(key, text)
            values[key] = _Value(key, value, _name_set_by_user(name, environment), text)
    for given in values.values():
        if given.key not in _PARSERS:
            raise _unknown(given)
    # In the order of _PARSERS, so that the first error is always the same.
    parsed: dict[str, Any] = {
        key: parse_value(values[key]) for key, parse_value in _PARSERS.items() if key in values
    }
    for key in _WITH_ORIGIN:
        if key in values:
            parsed[f"{key}_origin"] = values[key].origin
    if "python_version" in values and values["python_version"].variable:
        parsed["python_version_origin"] = values["python_version"].variable
    return Settings(
        **parsed,
        collectstatic=environment.get("DISABLE_COLLECTSTATIC", "") in ("", "0"),
        settings_module=environment.get("DJANGO_SETTINGS_MODULE") or None,
    )


def _split_variable(key: str, text: str) -> object:
    """Return the value of a variable, which cannot be a list, so its text may have several."""
    if key in _LISTS:
        return text.replace(",", " ").split()
    if key in _LINES:
        return [part for part in text.split(",") if part.strip()]
    return text


def parse_root(
    table: Mapping[str, object], environment: Mapping[str, str]
) -> tuple[str, str] | None:
    """Read only the setting `root`; return its path and where it is set, or None.

    Raises SettingInvalid, SettingOutside.
    """
    text = environment.get(variable_of("root"))
    if text is not None:
        given = _Value("root", text, variable_of("root"), text)
    elif "root" in table:
        given = _Value("root", table["root"])
    else:
        return None
    return given.folder("backend"), given.origin


def lines_of(table: Mapping[str, object]) -> tuple[str, ...]:
    """Write the keys of a table as they are in a file, without values that no setting has."""
    return tuple(
        f"{key} = {_in_toml(value) if _is_usual(value) else '...'}"
        for key, value in table.items()
    )


def _is_usual(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(one, (str, bool, int)) and not is_address(str(one)) for one in values)


def _name_set_by_user(variable: str, environment: Mapping[str, str]) -> str:
    """Return the Paketo name that `with_paketo_names` took the value from, if it did."""
    value, name = _of_paketo(environment).get(variable, ("", variable))
    return name if value == environment[variable] else variable


def _unknown(value: _Value) -> SettingUnknown:
    from difflib import get_close_matches  # only this error needs it

    name, known = value.key, KEYS
    if value.variable:
        name, known = value.variable, (*map(variable_of, KEYS), *OTHER_VARIABLES)
    # Compare without the prefix, which all variables have.
    names = [one.removeprefix(PREFIX) for one in known]
    nearest = get_close_matches(name.removeprefix(PREFIX), names, n=1)
    return SettingUnknown(
        name=name,
        origin=value.origin,
        nearest=known[names.index(nearest[0])] if nearest else None,
        known=known,
    )
