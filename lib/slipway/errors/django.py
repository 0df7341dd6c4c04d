"""Errors of a Django project, found or run: what a failed command lacks."""

from __future__ import annotations

from dataclasses import dataclass, field

from slipway.errors.python import UnfitForPython
from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class ManagePyAmbiguous(BuildStopped):
    candidates: tuple[str, ...]


@dataclass(eq=False)
class ManagePyMissing(BuildStopped):
    path: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class RequiredVariable:
    """An environment variable that is not set, and that the app cannot do without."""

    name: str
    place: str | None = None
    """`file:line` in the app where it is read, if known."""
    default: str = ""
    """The line's expression with a default, to write instead; empty if it is not known."""
    is_empty: bool = False
    """Whether it is set, but has no value."""
    form: str = "..."
    """What its value looks like."""
    read: str = field(default="", compare=False)
    """The statement that reads it, with those that use the name to which it assigns the value;
    `value: type` for a class of settings; empty if it is not known."""
    choices: tuple[str, ...] = field(default=(), compare=False)
    """Values that the app has modules, keys or comparisons for."""


@dataclass(frozen=True, kw_only=True)
class Raised:
    """The exceptions of a failed Django command, and the code in which they were raised."""

    subject: str
    """What fails, at the start of a sentence: a settings module, or collectstatic."""
    exceptions: tuple[str, ...]
    """Type and text of each, the cause first."""
    place: str | None = None
    """`file:line` of the innermost line of the app's own code, if there is one."""
    owner: str = ""
    """The package, or Python's standard library, that raised the cause; empty for the app."""
    program: str = ""
    """The program that ended with another status than 0, if that is the cause."""
    status: int = 0


@dataclass(eq=False)
class SettingsVariableMissing(BuildStopped):
    variables: tuple[RequiredVariable, ...]
    """In the order in which the app reads them."""
    settings: str
    is_refused: bool = False
    """Whether the settings have refused all throw-away values."""
    refused_at: str | None = None
    """`file:line` in the app of what failed with the first of these, if known."""
    refusal: str = ""
    """Type and text of the exception then."""


@dataclass(eq=False)
class SettingsVariableInvalid(BuildStopped):
    variable: str
    settings: str
    place: str | None
    reader: str
    """The package that reads it, such as `environs`; empty if the app does."""


@dataclass(eq=False)
class ServiceNotBound(BuildStopped):
    """A service whose credentials the settings take from a variable or file of a platform."""

    name: str
    """The key under which they look it up; empty if it is not known."""
    source: str
    """`VCAP_SERVICES`, or the path of a file that does not exist."""
    place: str | None
    """`file:line` in the app that uses it."""
    guard: str
    """The condition under which that line works."""
    is_set: bool = True
    """Whether the variable is set."""


@dataclass(eq=False)
class SettingsModuleMissing(BuildStopped):
    module: str
    origin: str
    """The file or variable that names it."""
    candidates: tuple[str, ...]
    """The modules of the app that could be meant."""


@dataclass(eq=False)
class ModuleMissing(UnfitForPython):
    """A module that is neither installed nor in the app."""

    module: str
    place: str | None
    """`file:line` in the app that names it, if known."""
    importer: str
    """The package that imports it; empty if it is the app."""
    requirement: str
    """The requirement that provides the module; empty if it is not known."""
    similar: str
    """The module of the app that has nearly this name; empty if there is none."""
    removed_in: str = ""
    """The Python whose standard library no longer has it; empty if none ever had it."""
    successor: str = ""
    """What has taken the place of its package, as a clause; empty if nothing has."""
    now: tuple[str, ...] = ()
    """What to import instead; empty if the module has no other name."""
    installed: str = ""
    """The package with its version that has the module under another name, if it is
    installed; else empty."""


@dataclass(eq=False)
class OwnModuleMissing(BuildStopped):
    """A module that is named as one of the app's own."""

    module: str
    file: str
    """The file that it would usually be."""
    place: str | None
    similar: str
    """The module of the app that has nearly this name; empty if there is none."""
    statement: str = ""
    """The import, if the name says that the module has secrets, or is for one machine only."""


@dataclass(frozen=True, kw_only=True)
class RemovedApp:
    """An app that older versions of Django contain."""

    app: str
    """Such as `django.contrib.comments`."""
    since: str
    """The first Django without it."""
    requirement: str
    """The package that has it now; empty if none has."""
    module: str
    """Its name there."""
    tag: str
    """The tag of templates that has to go with it, or nothing."""


@dataclass(eq=False)
class PackageHasNoModule(BuildStopped):
    """A module that an installed package, or Python, should have and does not."""

    module: str
    package: str
    """The package and its version, such as `Django 5.2`, or `Python 3.13`."""
    place: str | None
    """`file:line` in the app that names it, if known."""
    removed: tuple[RemovedApp, ...] = ()
    """The apps that Django had, and that the app names, if the module is of one of them."""


@dataclass(eq=False)
class LibraryMissing(BuildStopped):
    library: str
    """As the dynamic loader names it, such as `libpq.so.5`, or its usual name."""
    package: str
    """The Python package that loads it; empty if it is the app."""
    place: str | None
    debian: tuple[str, ...]
    """The Debian packages with it; empty if they are not known."""
    is_searched: bool
    """Whether it is found only in the system's folders, not in those of the apt buildpack."""
    wheel: str
    """A requirement that contains the library; empty if none is known."""


@dataclass(eq=False)
class ProgramMissing(BuildStopped):
    program: str
    place: str | None
    package: str
    """The Python package that starts it; empty if it is the app."""
    debian: str
    """The Debian package with it; empty if it is not known."""


@dataclass(eq=False)
class FileMissing(BuildStopped):
    path: str
    problem: str
    """As the operating system says it, such as `No such file or directory`."""
    raised: Raised
    is_log: bool
    """Whether LOGGING names it."""


@dataclass(eq=False)
class StorageUnusable(BuildStopped):
    """A storage that would upload the static files."""

    storage: str
    """Its class; empty if it is not known."""
    variables: tuple[str, ...]
    """Those from which its client takes what is missing; empty if they are not known."""
    raised: Raised | None
    """None if the storage was not used, because something is missing."""
    missing: tuple[RequiredVariable, ...] = ()
    """Those of the variables that the storage would get a throw-away value of."""


@dataclass(eq=False)
class DatabaseNotReached(BuildStopped):
    reason: str
    place: str | None
    package: str
    """The package whose code asks the database; empty if it is the app's."""


@dataclass(eq=False)
class PackageUnfit(UnfitForPython):
    """An installed package that this Python, or another package, is too new or too old for."""

    package: str
    """Its name and version, such as `Django 1.7.1`."""
    name: str
    other: str
    """What it does not work with: `Python 3.12`, or a package and its version."""
    reason: str
    pythons: tuple[str, ...]
    """The other Pythons that its metadata names and that Slipway supports, newest first."""
    named: tuple[str, ...]
    """The first and last Python 3 that its metadata names."""
    removed_in: str = ""
    """The Python whose standard library no longer has a module that it imports, if it does."""


@dataclass(eq=False)
class SettingsBroken(BuildStopped):
    raised: Raised
    undefined: tuple[str, str] | None = None
    """The part of LOGGING, such as `handlers`, that does not have a name, and the name."""


@dataclass(eq=False)
class StaticRootOutside(BuildStopped):
    settings: str
    folder: str
    """The absolute path that the storage of static files uses, and where its links lead."""


@dataclass(eq=False)
class StaticFileMissing(BuildStopped):
    reason: str
    storage: str
    """The class that stores static files; empty if it is not known."""
    module: str
    """The module of the app for a storage of its own, such as `site1.lenient_storage`."""
    file: str
    """The file of that module."""
    has_storages: bool
    """Whether this Django has the setting STORAGES."""


@dataclass(eq=False)
class CollectstaticFailed(BuildStopped):
    manage: str
    """The path of manage.py, relative to the app."""
    raised: Raised | None
    """None if the process was ended from outside."""
    ending: str
    """How the process ended, such as `was killed by signal 9`."""
    command: str = "collectstatic --noinput"
    """With its arguments."""


@dataclass(eq=False)
class NetworkRefused(BuildStopped):
    """Code of the app that uses the network while a command of the build runs."""

    place: str | None
    package: str
    """The package that connects; empty if it is the app."""


@dataclass(eq=False)
class DatabaseUrlRejected(BuildStopped):
    """A URL that starts with postgres://, which the installed SQLAlchemy does not accept."""

    place: str | None
    scheme: str
    """What it has to start with."""


@dataclass(frozen=True, kw_only=True)
class Computed:
    """Something that has, or comes from, throw-away values of variables."""

    name: str
    """A setting, or the path of a file in the app."""
    variables: tuple[RequiredVariable, ...]


@dataclass(eq=False)
class SettingsComputed(BuildStopped):
    """Settings of static files that throw-away values would decide."""

    computed: tuple[Computed, ...]
    settings: str


@dataclass(eq=False)
class PlaceholderLeft(BuildStopped):
    """Files that a command of the build has written throw-away values to."""

    files: tuple[Computed, ...]
    commands: tuple[str, ...]
    """Those that have run, with their arguments."""


@dataclass(eq=False)
class BuildCommandUnknown(BuildStopped):
    """A command in the setting `build_commands` that no installed app of Django has."""

    command: str
    nearest: str
    """The command that has nearly this name; empty if there is none."""


@dataclass(eq=False)
class BuildCommandMalformed(BuildStopped):
    """A command in the setting `build_commands` that cannot be split into words."""

    command: str
    reason: str


@dataclass(eq=False)
class BuildCommandsWithoutDjango(BuildStopped):
    commands: tuple[str, ...]
    reason: str
    """A sentence without its full stop."""
