"""Say which files, groups and extras with dependencies do not count, and how to choose them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from slipway.domain.app_files import HOOKS
from slipway.domain.locks.brought import NO_CHOICE, BroughtLock, Choice, Pin
from slipway.domain.locks.choosing import is_alone, locks_in
from slipway.domain.locks.fit import pins_before_selection, selects_only_the_app
from slipway.domain.locks.formats import format_of
from slipway.domain.python.selection import ANY_PYTHON, PythonRequest, markers_of
from slipway.domain.python.series import MINORS
from slipway.domain.requirements.compiled import source_of
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.groups import extra_names, group_names, groups_to_install
from slipway.domain.settings import TABLE, Settings, variable_of
from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.domain.unread_files import (
    UNREAD_BELOW,
    by_likelihood,
    is_for_production,
    is_generated,
    poetry_dependencies,
    requirements_files,
    unread_files,
    unread_sources,
    unread_uv_keys,
)
from slipway.effects.files import AppFolder
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.own_lock import made_of

_PYPROJECT = "pyproject.toml"
_REQUIREMENTS = "requirements.txt"
_NAMING_FILES = (
    "PIP_BUILD_CONSTRAINT",
    "PIP_CONFIG_FILE",
    "PIP_CONSTRAINT",
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
)
"""Variables with the paths of files that pip and uv read."""
_DECLARING = ("requirements.in", _REQUIREMENTS, "Pipfile", "setup.py", "setup.cfg")
_MOST_DIFFERENCES = 3


@dataclass(frozen=True, kw_only=True)
class _OtherSource:
    """Another source of dependencies."""

    file: str
    text: str
    """What a notice calls it."""
    setting: str = ""
    """The setting that chooses it; empty if none can."""
    commands: tuple[str, ...] = ()
    """What writes its packages to requirements.txt."""


def notices_about_sources(
    app: AppFolder,
    document: Document,
    settings: Settings,
    dependencies: Dependencies,
    environment: Mapping[str, str],
    python: PythonRequest = ANY_PYTHON,
) -> Iterator[str]:
    """Yield notices about what does not count: files, groups, settings, and other tools' files.

    A setting that names the files says that no other ones count. `document` is pyproject.toml,
    and `python` the request for which locks are compared.
    """
    names = app.entries()
    if not settings.requirements and settings.lock is None:
        yield from _sources(app, names, document, dependencies, python)
    yield from _choices(app, document, settings, dependencies)
    yield from _not_compared(names, document, dependencies)
    for sentence in dependencies.uncompared:
        yield f"{sentence} It is not compared with {dependencies.origin}"
    keys = unread_uv_keys(document)
    if keys:
        yield f"Ignoring {_and(keys)} of [tool.uv], because Slipway does not read such settings"
    used = [
        *(environment.get(name, "") for name in _NAMING_FILES),
        *(app.text(hook) or "" for hook in HOOKS),
        *dependencies.files,
    ]
    below = [name for name in UNREAD_BELOW if app.has(name)]
    for name, advice in unread_files([*names, *below], " ".join(used)):
        yield f"Slipway does not read {name}, which {advice}"


# Files


def _sources(
    app: AppFolder,
    names: Sequence[str],
    document: Document,
    dependencies: Dependencies,
    python: PythonRequest,
) -> Iterator[str]:
    """Yield one notice that says which file counts, which do not, and how to choose."""
    origin = dependencies.origin
    declared = [*_declared(app, document, dependencies)]
    made_from = _made_from(app, dependencies, [source.file for source in declared])
    found = [
        *_locks(names, dependencies),
        *(source for source in declared if source.file not in made_from),
        *(
            _OtherSource(file=name, text=name, setting="requirements")
            for name in requirements_files(names, app.entries("requirements"))
            if is_for_production(name) and name not in dependencies.files
        ),
    ]
    if not dependencies.is_lock:
        found += (
            _OtherSource(file=one.name, text=one.name, commands=one.commands)
            for one in unread_sources(names, document)
        )
    if found:
        texts = [source.text for source in found]
        is_one = len(texts) == 1 and not texts[0].startswith("the dependencies")
        verb = "is" if is_one else "are"
        yield (
            f"The dependencies come from {origin}; {_and(texts)} {verb} not read."
            f"{_disagreement(app, dependencies, found, python)} {_how_to_choose(origin, found)}"
        )


def _locks(names: Sequence[str], dependencies: Dependencies) -> Iterator[_OtherSource]:
    """Yield the locks that do not count."""
    for file in locks_in(names):
        found = format_of(file)
        if file == dependencies.origin or found is None:
            continue
        if is_alone(file, names):
            yield _OtherSource(file=file, text=f"{file} (without a {found.made_from})")
        else:
            yield _OtherSource(file=file, text=file, setting="lock")


def _declared(
    app: AppFolder, document: Document, dependencies: Dependencies
) -> Iterator[_OtherSource]:
    """Yield the files that declare dependencies without locking them, and do not count."""
    origin = dependencies.origin
    for name in (_REQUIREMENTS, "requirements.in"):
        if name not in dependencies.files and (app.text(name) or "").strip():
            yield _OtherSource(file=name, text=name, setting="requirements")
    is_built = _has_own_package(dependencies)  # from pyproject.toml, setup.py and setup.cfg
    if origin != _PYPROJECT and not is_built:
        text = ""
        if table_in(document, "project").get("dependencies"):
            text = "the dependencies in pyproject.toml"
        elif poetry_dependencies(document):
            text = "[tool.poetry.dependencies] in pyproject.toml"
        if text:
            yield _OtherSource(file=_PYPROJECT, text=text, setting="requirements")
    if origin != "Pipfile" and app.has("Pipfile") and not app.has("Pipfile.lock"):
        yield _OtherSource(file="Pipfile", text="Pipfile", setting="requirements")
    for name in () if is_built else ("setup.py", "setup.cfg"):
        text = app.text(name) or ""
        if "install_requires" in text and origin not in text:
            yield _OtherSource(
                file=name, text=f"install_requires in {name}", setting="requirements"
            )


def _made_from(
    app: AppFolder, dependencies: Dependencies, declared: Sequence[str]
) -> Sequence[str]:
    """Return the files that a lock was made from, which count in this way.

    Not every lock says that. It is then the only file that declares dependencies.
    """
    origin = dependencies.origin
    found = format_of(origin)
    if found is not None and found.made_from:
        return (found.made_from,)
    own = made_of(app, origin)
    if own is not None:
        return own.files
    compiled = source_of(origin, app.text)
    if compiled is not None and compiled.sources:
        return compiled.sources
    is_generated_lock = dependencies.is_lock or (
        origin == _REQUIREMENTS and is_generated(app.text(origin) or "")
    )
    if not is_generated_lock:
        return ()
    if origin == _REQUIREMENTS and "requirements.in" in declared:
        return ("requirements.in",)
    sources = [name for name in declared if name != _REQUIREMENTS]
    return sources if len(sources) == 1 else ()


def _how_to_choose(origin: str, found: Sequence[_OtherSource]) -> str:
    """Return a sentence about the first source that can be chosen or converted."""
    choice = next((source for source in found if source.setting), None)
    if choice is not None:
        which = choice.file if len(found) == 1 else f"another one, such as {choice.file}"
        return f"To install from {which}, {_set(choice.setting, choice.file)}"
    source = found[0]
    if source.commands and not source.file.endswith(("yml", "yaml")):
        return (
            f"To install the packages of {source.file}, run `{' && '.join(source.commands)}` "
            "and commit requirements.txt"
        )
    return f"If the app needs more packages than {origin} lists, add them to {origin}"


def _set(setting: str, *values: str) -> str:
    """Say how to set a setting, in the table and as a variable."""
    quoted = ", ".join(f'"{value}"' for value in values)
    written = quoted if setting == "lock" else f"[{quoted}]"
    return (
        f"write `{setting} = {written}` to {TABLE}, or set the config variable "
        f"{variable_of(setting)}={','.join(values)}"
    )


def _disagreement(
    app: AppFolder,
    dependencies: Dependencies,
    found: Sequence[_OtherSource],
    python: PythonRequest,
) -> str:
    """Return a sentence about versions in other locks, with a blank in front; or nothing."""
    lock = dependencies.lock
    others = [one for one in found if one.setting == "lock" or one.file == _REQUIREMENTS]
    if lock is None or not others:
        return ""
    from slipway.domain.locks.disagreement import differences, pinned_versions

    versions = _versions(python)
    pins = _first_selection(lock, dependencies.choice, versions)
    clauses = []
    for other in others:
        with_versions = pinned_versions(_text(app, other.file), other.file)
        if any(len(with_versions.get(pin.name, ())) > 1 for pin in pins):
            # Only its reader knows which of them is for this Python.
            selected = _first_selection(_read_other(app, other.file), NO_CHOICE, versions)
            with_versions = {
                **with_versions,
                **{pin.name: frozenset({pin.version}) for pin in selected if pin.version},
            }
        clauses += [
            f"{name} is {own} in {lock.file} and {version} in {other.file}"
            for name, own, version in differences(pins, with_versions)
        ]
    if not clauses:
        return ""
    more = len(clauses) - _MOST_DIFFERENCES
    rest = f"; and {more} more differ{'s' * (more == 1)}" if more > 0 else ""
    return f" They disagree: {'; '.join(clauses[:_MOST_DIFFERENCES])}{rest}."


def _versions(python: PythonRequest) -> Sequence[str]:
    """Return a version of each minor version that an app may have, the newest first."""
    fitting = (one for one in MINORS if python.may_fit(*map(int, one.split("."))))
    return [f"{minor}.0" for minor in fitting]


def _first_selection(
    lock: BroughtLock | None, choice: Choice, versions: Sequence[str]
) -> tuple[Pin, ...]:
    """Return what a lock has for the first of some Pythons that it is for."""
    for version in versions if lock is not None else ():
        with suppress(BuildStopped):
            return lock.select(markers_of(version), choice) if lock else ()
    return ()


def _read_other(app: AppFolder, file: str) -> BroughtLock | None:
    """Read a lock that does not count; None if it is broken or out of date."""
    found = format_of(file)
    with suppress(BuildStopped):
        return found.read(_text(app, file), file, app.text, app.entries) if found else None
    return None


def _not_compared(
    names: Sequence[str], document: Document, dependencies: Dependencies
) -> Iterator[str]:
    """Yield a notice about a lock that may be out of date, because nothing tells it.

    In an app without a file that declares dependencies, it cannot be.
    """
    lock = dependencies.lock
    if lock is None or not fnmatchcase(posixpath.basename(lock.file), "pylock*.toml"):
        return
    if not ("project" in document or any(name in names for name in _DECLARING)):
        return
    from slipway.domain.locks.pylock import is_compared  # loaded for this lock only

    if not is_compared(lock):
        yield (
            f"Not checking whether {lock.file} is out of date, because it does not tell which "
            "files of the app it was made from"
        )


def _text(app: AppFolder, file: str) -> str:
    """Return the text of a file that does not count; empty if it cannot be read."""
    try:
        return app.text(file) or ""
    except BuildStopped:
        return ""


# Groups and extras


def _choices(
    app: AppFolder, document: Document, settings: Settings, dependencies: Dependencies
) -> Iterator[str]:
    """Yield notices about groups and extras that are not installed, but are for production.

    A setting that names any says that the others do not count.
    """
    lock, choice = dependencies.lock, dependencies.choice
    groups: Sequence[str] = ()
    extras: Sequence[str] = ()
    if lock is not None:
        groups, extras = lock.groups, lock.extras
    elif dependencies.origin == _PYPROJECT:
        groups, extras = group_names(document), extra_names(document)
    groups = groups if settings.groups is None else ()
    extras = () if choice.extras else extras
    if (groups or extras) and _installs_nothing(app, document, dependencies):
        yield from _chosen_alone(groups, extras)
        return
    for setting, kind, names in (("groups", "group", groups), ("extras", "extra", extras)):
        missing = [
            name
            for name in names
            if is_for_production(name) and _would_add(document, dependencies, setting, name)
        ]
        if missing:
            is_one = len(missing) == 1
            yield (
                f"The {kind}{'s' * (not is_one)} {_and(missing)} "
                f"{'is' if is_one else 'are'} not installed. If the app needs "
                f"{'its' if is_one else 'their'} packages, {_set(setting, *missing)}"
            )


def _installs_nothing(app: AppFolder, document: Document, dependencies: Dependencies) -> bool:
    """Return whether the app has no dependencies but those in groups and extras."""
    lock = dependencies.lock
    if lock is None:
        return not dependencies.requirements
    if posixpath.basename(lock.file) == "Pipfile.lock":
        pipfile = lock.file.removesuffix(".lock")
        is_declared = bool(table_in(parse_toml(app.text(pipfile) or "", pipfile), "packages"))
    else:
        of_project = table_in(document, "project").get("dependencies")
        is_declared = bool(of_project or poetry_dependencies(document))
    return not is_declared and selects_only_the_app(lock, dependencies.choice)


def _chosen_alone(groups: Sequence[str], extras: Sequence[str]) -> Iterator[str]:
    """Yield a notice for an app without other dependencies than those."""
    kinds = [kind for kind, names in (("groups", groups), ("extras", extras)) if names]
    setting, names = ("groups", groups) if groups else ("extras", extras)
    likely = by_likelihood(names)
    yield (
        f"All dependencies of the app are in its {' and '.join(kinds)}, and none of them is "
        f"installed: {', '.join([*groups, *extras])}. If the app needs the packages of "
        f"{likely[0]}, {_set(setting, likely[0])}"
    )


def _would_add(document: Document, dependencies: Dependencies, setting: str, name: str) -> bool:
    """Return whether a group or an extra adds packages; `default-groups` do not."""
    lock, choice = dependencies.lock, dependencies.choice
    if lock is None:
        return setting == "extras" or name not in groups_to_install(document, choice)
    if setting == "groups":
        # Only this group, so those that the tool installs by default have to be compared.
        with_it = pins_before_selection(lock, replace(choice, groups=(name,)))
        names = {pin.name for pin in pins_before_selection(lock, choice)}
        return not {pin.name for pin in with_it} <= names
    more = replace(choice, extras=(*choice.extras, name))
    return pins_before_selection(lock, more) != pins_before_selection(lock, choice)


def _has_own_package(dependencies: Dependencies) -> bool:
    """Return whether the app itself is built as a package."""
    paths = [line.local_path for line in dependencies.requirements]
    return any(path is not None and posixpath.normpath(path) == "." for path in paths)


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
