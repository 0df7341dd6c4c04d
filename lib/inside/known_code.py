"""Tells whether the code that builds static files is code whose inputs are known.

Django's own finders and storages, and WhiteNoise's, read the settings and the files that they
are given, and nothing else. Of a class that somebody else wrote nothing is known.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from types import CodeType, FunctionType, ModuleType
from typing import Any

_DJANGO = "django.contrib.staticfiles"
_KNOWN = {
    f"{_DJANGO}.finders.AppDirectoriesFinder",
    f"{_DJANGO}.finders.FileSystemFinder",
    f"{_DJANGO}.storage.ManifestStaticFilesStorage",
    f"{_DJANGO}.storage.StaticFilesStorage",
    "django.core.files.storage.FileSystemStorage",  # before Django 4.2
    "django.core.files.storage.filesystem.FileSystemStorage",
    "whitenoise.storage.CompressedManifestStaticFilesStorage",
    "whitenoise.storage.CompressedStaticFilesStorage",
}
_CLOCK_AND_CHANCE = {
    *("getctime", "getlogin", "getmtime", "getpass", "getpid", "grp", "now", "pwd", "random"),
    *("secrets", "st_ctime", "st_mtime", "time", "today", "uname", "urandom", "utcnow", "uuid"),
}
"""Names in settings that ask for something that is another one each time."""
_DATABASES = {"MySQLdb", "psycopg2", "psycopg_binary", "psycopg_c"}
"""Compiled, and able to connect: harmless in the hands of Django, which is watched."""
_QUIET = {
    *("Crypto", "Cryptodome", "PIL", "_argon2_cffi_bindings", "_brotli", "_cffi_backend"),
    *("_yaml", "bcrypt", "brotli", "charset_normalizer", "cryptography", "frozenlist"),
    *("greenlet", "jiter", "lxml", "markupsafe", "msgpack", "multidict", "nacl", "numpy"),
    *("orjson", "pandas", "propcache", "pydantic_core", "rcssmin", "regex", "rjsmin", "rpds"),
    *("simplejson", "sqlalchemy", "ujson", "wrapt", "yaml", "yarl", "zope", "zstandard"),
}
"""Compiled, and not known to read or to connect unless they are told to."""
_MYPYC = "__mypyc"

Tell = Callable[[str], Any]
IsThere = Callable[[str], bool]


def doubts_about_settings(module: str, is_in_app: IsThere) -> Iterator[str]:
    """Say why the settings that have just been read may be others the next time."""
    for name in sorted({module, *_modules_in(is_in_app)}):
        for word in sorted(_words(name) & _CLOCK_AND_CHANCE):
            yield f"{name} uses {word}"
    for name in sorted(_DATABASES & set(sys.modules)):
        yield f"the settings load {name}"


def tell_of_connections(tell: Tell) -> tuple[str, ...]:
    """Have each connection that Django makes to a database told; there are no doubts yet."""
    # Not before: nothing of Django is here until manage.py has been started.
    from django.db.backends.base.base import BaseDatabaseWrapper

    connect = BaseDatabaseWrapper.connect

    def connect_and_tell(self: Any) -> Any:
        tell("a database is asked")
        return connect(self)

    BaseDatabaseWrapper.connect = connect_and_tell
    return ()


def doubts_about_staticfiles(is_compared: IsThere) -> Iterator[str]:
    """Say what else than Django's own code builds the static files, or where else it looks."""
    from django.contrib.staticfiles import finders, storage
    from django.core.management import get_commands

    if get_commands().get("collectstatic") != _DJANGO:
        yield "the command collectstatic is not Django's own"
    target = storage.staticfiles_storage
    parts = [target.__class__]
    if getattr(target, "manifest_storage", target) not in (target, _unwrapped(target)):
        parts.append(type(target.manifest_storage))
        yield "the manifest has a storage of its own"
    for finder in finders.get_finders():
        storages = getattr(finder, "storages", {}).values()
        parts += [type(finder), *(type(source) for source in storages)]
        for source in storages:
            place = str(getattr(source, "location", ""))
            if not is_compared(place):
                yield f"static files come from {place}"
    for part in dict.fromkeys(parts):
        if not _is_known(part):
            yield f"{part.__module__}.{part.__qualname__} is not known"


def doubts_about_modules(is_in_app: IsThere, is_fixed_python: IsThere) -> Iterator[str]:
    """Say which compiled code has been at work that may have read anything."""
    used_by_app = {word for name in _modules_in(is_in_app) for word in _words(name)}
    for name in sorted(_DATABASES & used_by_app):
        yield f"the app uses {name} itself"
    for name, module in sorted(sys.modules.items()):
        origin = _origin(module)
        package = name.partition(".")[0]
        if (
            origin.endswith(tuple(EXTENSION_SUFFIXES))
            and not is_fixed_python(origin)
            and package not in _QUIET | _DATABASES
            and not package.endswith(_MYPYC)
        ):
            yield f"{name} is compiled, and what it reads is not known"


def _unwrapped(lazy: Any) -> Any:
    return vars(lazy).get("_wrapped", lazy)


def _is_known(part: type) -> bool:
    name = f"{part.__module__}.{part.__qualname__}"
    return (
        name in _KNOWN
        and getattr(sys.modules[part.__module__], part.__name__, None) is part
        and all(_is_untouched(base) for base in part.__mro__)
    )


def _is_untouched(part: type) -> bool:
    """Tell whether nobody has put a function of theirs into a class."""
    whose = {"django", part.__module__.partition(".")[0]}
    return all(
        value.__module__.partition(".")[0] in whose
        for value in vars(part).values()
        if isinstance(value, FunctionType)
    )


def _modules_in(is_there: IsThere) -> list[str]:
    return [
        name
        for name, module in list(sys.modules.items())
        if os.path.isabs(origin := _origin(module)) and is_there(os.path.realpath(origin))
    ]


def _origin(module: ModuleType | None) -> str:
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    return origin if isinstance(origin, str) else ""


def _words(module: str) -> set[str]:
    """Give the names that a module's code uses, in its functions too."""
    loader = getattr(getattr(sys.modules.get(module), "__spec__", None), "loader", None)
    get_code = getattr(loader, "get_code", None)
    code = get_code(module) if get_code else None
    return set(_names(code)) if code else set()


def _names(code: CodeType) -> Iterator[str]:
    for name in code.co_names:
        yield from name.split(".")
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
