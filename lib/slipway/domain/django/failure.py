"""Turns the facts about a failed Django command into its cause.

A cause is known from the types of exceptions, the modules of frames and syntax trees; the text
of an exception alone decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

from slipway.domain.database_urls.schemes import is_for_async, is_of_old_scheme, new_scheme
from slipway.domain.django import providers
from slipway.domain.django.exception_chain import (
    Exceptional,
    Failure,
    Frame,
    Site,
    failure_of,
    one_line,
    shortened,
    top_level,
)
from slipway.domain.django.failed_reads import invalid_variable, missing_variables
from slipway.domain.django.project import module_source
from slipway.domain.django.removed_apps import removed_apps
from slipway.domain.django.unbound_services import unbound_service
from slipway.domain.python.removed_modules import removed_in
from slipway.domain.redaction import printable
from slipway.domain.requirements.modules import requirement_for
from slipway.domain.requirements.renamed_modules import renamed
from slipway.domain.requirements.superseded import why_superseded
from slipway.errors.django import (
    CollectstaticFailed,
    DatabaseNotReached,
    DatabaseUrlRejected,
    FileMissing,
    LibraryMissing,
    ModuleMissing,
    NetworkRefused,
    OwnModuleMissing,
    PackageHasNoModule,
    PackageUnfit,
    ProgramMissing,
    Raised,
    SettingsBroken,
    SettingsModuleMissing,
    StaticFileMissing,
    StorageUnusable,
)
from slipway.errors.python import OLDEST
from slipway.errors.stopped import BuildStopped

# https://man7.org/linux/man-pages/man3/dlerror.3.html; glibc's words are not translated here.
_SHARED_OBJECT = re.compile(r"(?P<name>[\w.+-]+\.so[.\d]*): cannot open shared object file")
_NOT_LOADED = re.compile(r"cannot load library '(?P<name>[\w.+-]+)'")
# https://github.com/python/cpython/blob/3.13/Lib/logging/config.py
_LOGGING_PART = re.compile(r"self\.config\['(handlers|formatters|filters)'\]\[")
_PRIVATE = re.compile(r"(?:^|_)(?:local|secret|private|dev|credential)s?(?:_|$)", re.I)
"""Names of modules that are usually kept out of git."""
_CONNECTIONS = (
    "psycopg.OperationalError",
    "psycopg2.OperationalError",
    "MySQLdb.OperationalError",
    "pymysql.err.OperationalError",
    "oracledb.exceptions.OperationalError",
    "django.db.utils.OperationalError",
    "django.db.utils.ProgrammingError",
)
_SERVICES = ("redis.exceptions.ConnectionError", "pymongo.errors.ServerSelectionTimeoutError")
"""Exceptions of clients of other services that are not reached."""
_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    "botocore.exceptions.NoCredentialsError": _AWS,
    "botocore.exceptions.PartialCredentialsError": _AWS,
    "botocore.exceptions.NoRegionError": ("AWS_DEFAULT_REGION",),
    "google.auth.exceptions.DefaultCredentialsError": ("GOOGLE_APPLICATION_CREDENTIALS",),
}
"""Exceptions of clients of storages -> the variables that they read."""
_STORAGES = ("storages.", "cloudinary_storage.")
"""Packages with storages of static files elsewhere."""


def cause_of(
    report: Mapping[str, Any], site: Site, ending: str, command: str = "collectstatic --noinput"
) -> BuildStopped:
    """Return the error for a failed command; `ending` says how its process ended."""
    failure = failure_of(report, site)
    failed = CollectstaticFailed(
        manage=site.project.manage, raised=None, ending=ending, command=command
    )
    if failure is None:
        return failed
    for conclude in (
        _settings_module,
        missing_variables,
        invalid_variable,
        unbound_service,
        _unfit_package,
        _missing_library,
        _missing_module,
        _missing_program,
        _unusable_storage,
        _missing_database,
        _rejected_url,
        _refused_network,
        _missing_static_file,
        _missing_file,
    ):
        error = conclude(failure)
        if error is not None:
            return error
    raised = _raised(failure, command)
    if _is_in_logging(failure):
        return SettingsBroken(raised=raised, undefined=_undefined_in_logging(failure.cause))
    if failure.is_in_settings or failure.cause.is_a(
        "django.core.exceptions.ImproperlyConfigured"
    ):
        return SettingsBroken(raised=raised)
    failed.raised = raised
    return failed


def _is_in_logging(failure: Failure) -> bool:
    modules = {it.module for one in failure.chain for it in one.frames}
    return {"logging.config", "django.utils.log"} <= modules


def _undefined_in_logging(one: Exceptional) -> tuple[str, str] | None:
    """Return the part of LOGGING, such as `handlers`, that lacks a name, and the name."""
    statements = [it.statement for it in one.frames if it.module == "logging.config"]
    parts = [found[1] for it in statements if (found := _LOGGING_PART.search(it))]
    name = str(one.attributes.get("key", ""))
    if not parts or not name or not one.is_a("builtins.KeyError"):
        return None
    return parts[0], name


def _raised(failure: Failure, command: str = "collectstatic") -> Raised:
    subject = command.partition(" ")[0]
    if failure.is_in_settings:
        subject = failure.settings or failure.site.project.settings or "The settings module"
    elif failure.own is None and failure.cause.raised_in.startswith("django"):
        subject = "Django"
    if _is_in_logging(failure):
        subject = "Configuring LOGGING"
    last = failure.cause.last
    is_of_program = failure.cause.is_a("subprocess.CalledProcessError")
    program = str(failure.cause.attributes.get("cmd", "")) if is_of_program else ""
    owner = ""
    if last and last.owner == "stdlib":
        owner = "Python's standard library"
    elif last and last.owner == "package":
        owner = failure.distribution_of(last.module, last.file)
    if subject == "Django" and owner.startswith("Django "):
        owner = ""
    # Exceptions with the text of their cause say nothing more.
    texts = [one.text for one in failure.chain]
    chain = [one for n, one in enumerate(failure.chain) if one.text not in texts[:n]]
    return Raised(
        subject=subject,
        exceptions=tuple(one.described() for one in chain),
        place=failure.place,
        owner=owner,
        program=printable(program),
        status=int(failure.cause.attributes.get("returncode", 0)),
    )


# Modules


def _settings_module(failure: Failure) -> BuildStopped | None:
    one = failure.cause
    name = str(one.attributes.get("name", ""))
    is_settings = name and f"{failure.settings}.".startswith(f"{name}.")
    if not one.is_a("builtins.ModuleNotFoundError") or not is_settings or one.own:
        return None
    project = failure.site.project
    origin = project.settings_origin if project.settings == failure.settings else None
    return SettingsModuleMissing(
        module=failure.settings,
        origin=origin or "DJANGO_SETTINGS_MODULE",
        candidates=tuple(_settings_modules(failure.site)),
    )


def _settings_modules(site: Site) -> list[str]:
    """Find modules that look like settings, those for production first.

    They are in the folder of manage.py or one below it, or in a package `settings` there.
    """
    found = []
    for entry in ("", *site.entries(site.inside(""))):
        if entry and not entry.endswith("/"):
            continue
        names = site.entries(site.inside(entry))
        module = f"{entry}settings".replace("/", ".")
        if "settings.py" in names:
            found.append(module)
        if "settings/" in names:
            inner = site.entries(site.inside(f"{entry}settings"))
            modules = [it.removesuffix(".py") for it in inner if it.endswith(".py")]
            found += [module if it == "__init__" else f"{module}.{it}" for it in modules]
    return sorted(found, key=lambda it: ("prod" not in it, found.index(it)))


def _importing(one: Exceptional) -> Frame | None:
    """Return the innermost frame that is not of the import system."""
    return next(
        (it for it in reversed(one.frames) if it.module not in ("importlib", "pkgutil")), None
    )


def _missing_module(failure: Failure) -> BuildStopped | None:
    one, module = failure.cause, str(failure.cause.attributes.get("name", ""))
    if not one.is_a("builtins.ModuleNotFoundError") or not module:
        return None
    frame = _importing(one)
    names_it = _place_of_name(module, failure)
    is_package = frame is not None and frame.owner == "package" and not names_it
    importer = failure.distribution_of(frame.module, frame.file) if is_package and frame else ""
    place = one.own.place if one.own else (names_it or failure.place)
    requirement = requirement_for(module)
    similar = _similar(module, failure.site, besides=one.own.module if one.own else "")
    parent_owner = one.attributes.get("parent_owner", "")
    if failure.site.has(top_level(module)) and parent_owner in ("", "app"):
        is_private = _PRIVATE.search(module.rpartition(".")[2]) is not None
        return OwnModuleMissing(
            module=module,
            file=failure.site.inside(f"{module.replace('.', '/')}.py"),
            place=place,
            similar=similar,
            statement=one.own.statement if one.own and is_private else "",
        )
    if parent_owner in ("package", "stdlib"):
        python = f"Python {_dotted(_minor(failure.python))}"
        has_not = python if parent_owner == "stdlib" else failure.distribution_of(module)
        if importer not in ("", has_not) and frame is not None:
            reason = f"imports {module}, which {has_not} does not have"
            return _unfit(failure, frame, reason, has_not if has_not != python else "")
        source = module_source(failure.settings, failure.site.source)
        return PackageHasNoModule(
            module=module,
            package=has_not,
            place=place,
            removed=removed_apps(module, source[1] if source else ""),
        )
    removed = removed_in(top_level(module))
    now = None if importer else renamed(top_level(module), failure.distributions)
    if now and not requirement:
        requirement = now.requirement
    return ModuleMissing(
        module=module,
        removed_in=removed,
        place=place,
        importer=importer,
        requirement=requirement,
        similar="" if requirement or importer else similar,
        successor="" if removed or requirement else why_superseded(top_level(module)),
        now=now.modules if now else (),
        installed=now.installed if now else "",
    )


def _place_of_name(module: str, failure: Failure) -> str:
    """Find the line of the settings that has a module's name in a string."""
    if not failure.settings or failure.is_in_settings:
        return ""
    source = module_source(failure.settings, failure.site.source)
    if source is None:
        return ""
    file, text = source
    for number, line in enumerate(text.splitlines(), start=1):
        if re.search(rf"[\"']{re.escape(module)}(?:[.\"'])", line):
            return f"{failure.site.inside(file)}:{number}"
    return ""


def _similar(module: str, site: Site, besides: str) -> str:
    """Return the module of the app with nearly the same name; empty if there is none.

    The module `besides`, which imports it, is not the one that is meant.
    """
    parent, _, name = module.rpartition(".")
    folder = parent.replace(".", "/")
    names = [
        it.rstrip("/").removesuffix(".py")
        for it in site.entries(site.inside(folder))
        if it.endswith(("/", ".py")) and not it.startswith((".", "_"))
    ]
    own = besides.rpartition(".")[2] if besides.rpartition(".")[0] == parent else ""
    close = get_close_matches(
        name, [it for it in names if it not in (name, own)], n=1, cutoff=0.7
    )
    return f"{parent}.{close[0]}" if parent and close else "".join(close)


# Packages that do not work with each other, or with this Python


def _unfit_package(failure: Failure) -> BuildStopped | None:
    one, frame = failure.cause, _importing(failure.cause)
    if frame is None or frame.owner != "package":
        return None
    module, owner = str(one.attributes.get("name", "")), one.attributes.get("module_owner")
    is_missing = one.is_a("builtins.ModuleNotFoundError")
    is_import = one.is_a("builtins.ImportError") and not is_missing
    removed = removed_in(top_level(module))
    reason, other = f"fails with {one.described()}", ""
    if one.is_a("builtins.SyntaxError"):
        reason = f"has a syntax error in {frame.file}"
    elif is_missing and removed:
        reason = f"imports {module}, which Python {removed} and newer do not have"
    elif is_import and owner == "package" and top_level(module) != top_level(frame.module):
        other = failure.distribution_of(module)
    elif owner != "stdlib" or not (is_import or one.is_a("builtins.AttributeError")):
        # Without any setting, the command has only imported Django.
        is_django = top_level(one.frames[0].module) == "django" and failure.own is None
        if failure.settings or not is_django:
            return None
    unfit = _unfit(failure, frame, reason, other)
    unfit.removed_in = removed if is_missing else ""
    return unfit


def _unfit(failure: Failure, frame: Frame, reason: str, other: str) -> PackageUnfit:
    package = failure.distribution_of(frame.module, frame.file)
    name = package.partition(" ")[0]
    facts = failure.distributions.get(name.lower(), {})
    named = sorted({minor for it in facts.get("pythons", ()) if (minor := _minor(it))})
    current = _minor(failure.python)
    fitting = [it for it in reversed(named) if it >= OLDEST and it != current]
    return PackageUnfit(
        package=package,
        name=name,
        other=other or f"Python {_dotted(current)}",
        reason=reason,
        pythons=() if other else tuple(map(_dotted, fitting)),
        named=() if other or not named else (_dotted(named[0]), _dotted(named[-1])),
    )


def _minor(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d{1,4})\.(\d{1,4})(?!\d)", version, re.ASCII)
    return (int(found[1]), int(found[2])) if found else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


# Libraries, programs, credentials, databases and files


def _missing_library(failure: Failure) -> BuildStopped | None:
    for one in failure.chain:
        loader = providers.library_of(one.raised_in)
        is_loading = one.is_a("builtins.ImportError", "builtins.OSError")
        found = _SHARED_OBJECT.match(one.text) or _NOT_LOADED.match(one.text)
        if loader and not one.is_a("builtins.ModuleNotFoundError"):
            library = loader
        elif found and is_loading and not one.attributes.get("filename"):
            library = found["name"]
        else:
            continue
        module = one.package.module if one.package else ""
        return LibraryMissing(
            library=library,
            package=failure.distribution_of(module) if one.package else "",
            place=failure.place,
            debian=providers.debian_packages_of(library),
            is_searched=loader in providers.SEARCHED,
            wheel=providers.wheel_with_library(module),
        )
    return None


def _missing_program(failure: Failure) -> BuildStopped | None:
    for one in failure.chain:
        program = str(one.attributes.get("filename", ""))
        is_start = program and one.is_a("builtins.FileNotFoundError")
        # A shell ends with 127 if it does not find a program, and programs pass that on:
        # https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02
        if one.attributes.get("is_absent") and one.attributes.get("returncode") == 127:
            is_start, program = True, str(one.attributes["cmd"])
        if is_start and any(it.module == "subprocess" for it in one.frames):
            return ProgramMissing(
                program=printable(program),
                place=failure.place,
                package=failure.distribution_of(one.package.module) if one.package else "",
                debian=providers.debian_package_of_program(program),
            )
    return None


def _unusable_storage(failure: Failure) -> BuildStopped | None:
    names = [name for one in failure.chain for name in one.types if name in _CREDENTIALS]
    is_in_storage = any(
        it.module.startswith(_STORAGES) for one in failure.chain for it in one.frames
    )
    if not names and not (is_in_storage and failure.own is None):
        return None
    return StorageUnusable(
        storage=failure.storage,
        variables=_CREDENTIALS[names[0]] if names else (),
        raised=_raised(failure),
    )


def _missing_database(failure: Failure) -> BuildStopped | None:
    for one in failure.chain:
        is_dummy = one.raised_in == "django.db.backends.dummy.base"
        if one.is_a(*_CONNECTIONS) or is_dummy:
            frames = [it for it in failure.chain[-1].frames if it.owner != "stdlib"]
            # The driver of the database, which Django calls, is not what asks.
            asking = takewhile(lambda it: not it.module.startswith("django.db."), frames)
            others = [it for it in asking if top_level(it.module) not in ("django", "__main__")]
            package = others[-1] if others and others[-1].owner == "package" else None
            return DatabaseNotReached(
                reason=one.described(),
                place=failure.place,
                package=failure.distribution_of(package.module) if package else "",
            )
    return None


def _rejected_url(failure: Failure) -> BuildStopped | None:
    if not is_of_old_scheme(failure.cause.types, failure.cause.text):
        return None
    packages = {
        name: str(one.get("version", "")) for name, one in failure.distributions.items()
    }
    is_async = is_for_async(frame.function for frame in failure.cause.frames)
    scheme = new_scheme(packages, is_async=is_async)
    return DatabaseUrlRejected(place=failure.place, scheme=scheme)


def _refused_network(failure: Failure) -> BuildStopped | None:
    """Return the error for what build_scripts/fence.py refuses Python's own sockets."""
    if not any(one.is_a("fence.Refused", *_SERVICES) for one in failure.chain):
        return None
    frames = [it for it in failure.chain[-1].frames if it.owner != "stdlib"]
    package = frames[-1] if frames and frames[-1].owner == "package" else None
    return NetworkRefused(
        place=failure.place,
        package=failure.distribution_of(package.module, package.file) if package else "",
    )


def _missing_static_file(failure: Failure) -> BuildStopped | None:
    one = failure.cause
    storages = ("django.contrib.staticfiles.storage", "whitenoise.storage")
    is_in_storage = any(it.module in storages for it in one.frames) or one.is_a(
        "whitenoise.storage.MissingFileError"
    )
    is_missing = one.is_a(
        "builtins.ValueError",
        "builtins.FileNotFoundError",
        "django.core.exceptions.SuspiciousFileOperation",
    )
    if not is_in_storage or not is_missing or one.own or failure.is_in_settings:
        return None
    # The outermost names the file that refers to the missing one, if the storage knows it.
    django = failure.distributions.get("django", {})
    package, _, rest = failure.settings.partition(".")
    module = f"{package}.lenient_storage" if rest else "lenient_storage"
    return StaticFileMissing(
        reason=shortened(one_line(failure.chain[-1].text)),
        storage=failure.storage,
        module=module,
        file=failure.site.inside(f"{module.replace('.', '/')}.py"),
        has_storages=_minor(str(django.get("version", ""))) >= (4, 2),
    )


def _missing_file(failure: Failure) -> BuildStopped | None:
    one = failure.cause
    path, problem = one.attributes.get("filename"), one.attributes.get("strerror")
    if not one.is_a("builtins.OSError") or not isinstance(path, str) or not problem:
        return None
    is_log = _is_in_logging(failure) and any(it.module == "logging" for it in one.frames)
    if not is_log and failure.own is None:
        return None
    return FileMissing(
        path=printable(path), problem=str(problem), raised=_raised(failure), is_log=is_log
    )
