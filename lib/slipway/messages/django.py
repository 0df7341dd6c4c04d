"""Words for errors of a Django project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps
from shlex import quote

from slipway.errors.django import (
    BuildCommandMalformed,
    BuildCommandsWithoutDjango,
    BuildCommandUnknown,
    CollectstaticFailed,
    Computed,
    DatabaseNotReached,
    DatabaseUrlRejected,
    FileMissing,
    LibraryMissing,
    ManagePyAmbiguous,
    ManagePyMissing,
    ModuleMissing,
    NetworkRefused,
    OwnModuleMissing,
    PackageHasNoModule,
    PackageUnfit,
    PlaceholderLeft,
    ProgramMissing,
    Raised,
    RemovedApp,
    RequiredVariable,
    ServiceNotBound,
    SettingsBroken,
    SettingsComputed,
    SettingsModuleMissing,
    SettingsVariableInvalid,
    SettingsVariableMissing,
    StaticFileMissing,
    StaticRootOutside,
    StorageUnusable,
)
from slipway.messages.python import other_python
from slipway.messages.wording import (
    Message,
    Step,
    alternative,
    alternatives,
    apt_buildpacks,
    explain,
    fitted,
    listed,
    variable_in,
)

_WITHOUT = Step(
    text="Or, if the app needs no static files, skip collectstatic with a config variable:",
    exact=("DISABLE_COLLECTSTATIC=1",),
)

_OF_PLATFORMS = ("VCAP_SERVICES", "CRED_FILE")
"""Variables with the credentials of services, which users cannot set."""
_DATABASE_URL = Step(
    text="If the settings take a database from it, use DATABASE_URL, which Slipway sets from the bound database when the app starts. With dj-database-url in the app's requirements, write instead:",
    exact=("import dj_database_url", 'DATABASES = {"default": dj_database_url.config()}'),
)

_BIND = Step(text="If the app needs that service, bind it to the app, and build the app again.")


@explain.register
def _ambiguous(error: ManagePyAmbiguous) -> Message:
    return Message(
        title="There is more than one manage.py",
        found=f"{listed(error.candidates)} are equally deep below the app's root folder, so "
        "Slipway cannot tell which of these Django projects to use.",
        steps=(
            Step(
                text="Select one in pyproject.toml:",
                exact=("[tool.slipway]", f'manage_py = "{error.candidates[0]}"'),
            ),
            Step(
                text="Or, to deploy each as a separate app, select one with a config variable of "
                "each app:",
                exact=(f"SLIPWAY_MANAGE_PY={error.candidates[0]}",),
            ),
        ),
    )


@explain.register
def _missing(error: ManagePyMissing) -> Message:
    variable = variable_in(error.origin)
    path = "backend/manage.py"
    return Message(
        title="The configured manage.py does not exist",
        found=f"{error.origin} names {error.path}, but the app has no such file.",
        steps=(
            Step(
                text="Correct the path. It is relative to the app's root folder, for example:",
                exact=(f"{variable}={path}" if variable else f'manage_py = "{path}"',),
            ),
        ),
    )


@explain.register
def _variables(error: SettingsVariableMissing) -> Message:
    first, *others = error.variables
    lines = tuple(f"{one.name}={one.form}" for one in error.variables)
    settable = tuple(
        f"{one.name}={one.form}" for one in error.variables if one.name not in _OF_PLATFORMS
    )
    of_platform = [one for one in error.variables if one.name in _OF_PLATFORMS]
    if others:
        title = f"{len(lines)} variables that the app needs are not set"
    else:
        title = fitted("The variable {} is not set", first.name)
    found = unset_variables(error, f"Building static files with {error.settings}")
    for one in of_platform:
        found = f"{found} Platforms set {one.name} for the services that are bound to the app, some of them only where it runs."
    if error.is_refused:
        found = f"{found} Slipway tried throw-away values for it, but the settings accept none of them. The first one failed{_in(error.refused_at)} with {ended(error.refusal)} The traceback in the log above is about the last one."
    defaults = (it for it in error.variables if it.default and it not in of_platform)
    with_default = next(defaults, None)
    return Message(
        title=title,
        found=found,
        steps=(
            *(
                [
                    Step(
                        text="Set them as config variables of the app:"
                        if settable[1:]
                        else "Set it as a config variable of the app:",
                        exact=settable,
                    )
                ]
                if settable
                else []
            ),
            *([_DATABASE_URL] if of_platform else []),
            *(_where_set(one) for one in of_platform),
            *(_default(with_default, is_one=not others) if with_default else ()),
            _WITHOUT,
        ),
    )


def unset_variables(error: SettingsVariableMissing, needing: str) -> str:
    """Say which variables are not set, and what needs them, which begins the sentence."""
    first, *others = error.variables
    if others:
        names = listed([f"{one.name}{_in(one.place)}" for one in error.variables], most=50)
        return f"{needing} needs these environment variables, which are not set{' or empty' if any(it.is_empty for it in error.variables) else ''}: {names}."
    return f"{needing} needs the environment variable {first.name}{_in(first.place)}, but it is {'empty' if first.is_empty else 'not set'}."


def is_about_collectstatic(step: Step) -> bool:
    """Return whether a step is to skip collectstatic, which mends no other command."""
    return step.exact == _WITHOUT.exact


def _where_set(variable: RequiredVariable) -> Step:
    return Step(
        text="Or read it only where it is set. Below this line, indent all lines that use it:",
        exact=(f'if "{variable.name}" in os.environ:',),
    )


@explain.register
def _not_bound(error: ServiceNotBound) -> Message:
    place = _capitalized(_line(error.place)) if error.place else "The app"
    if error.name:
        title = fitted("The service {} is not bound", error.name)
        found = f"{place} looks up {error.name} in {error.source}, which has the credentials of the services that are bound to the app. It does not have that name."
    elif error.source.startswith("/"):
        title = "The file with the credentials of services does not exist"
        found = f"{place} reads {error.source}, which does not exist in this build."
    else:
        title = "A service that the settings use is not bound"
        lack = "does not have it" if error.is_set else "is not set in this build"
        found = f"{place} uses a service that cfenv looks up in {error.source}, which {lack}."
    return Message(
        title=title,
        found=found,
        steps=(
            *([_BIND] if error.name else []),
            _DATABASE_URL,
            Step(
                text="Or use it only where it is there. Below this line, indent all lines that use it:",
                exact=(error.guard,),
            ),
            _WITHOUT,
        ),
    )


def _default(variable: RequiredVariable, *, is_one: bool) -> tuple[Step, ...]:
    where = f" on {_line(variable.place)}" if variable.place else ""
    text = (
        f"Or give the variable a default{where}. The running app then also uses it if the variable is not set there:"
        if is_one
        else f"Or give variables defaults, as here{where}. The running app then also uses them if the variables are not set there:"
    )
    return (Step(text=text, exact=(variable.default,)),)


@explain.register
def _invalid(error: SettingsVariableInvalid) -> Message:
    reader = f" by {error.reader}" if error.reader else ""
    return Message(
        title=fitted("The value of {} cannot be used", error.variable),
        found=f"Building static files with {error.settings} fails, because the value of the environment variable {error.variable} is not accepted{reader}{_in(error.place)}. The traceback in the log above says why.",
        steps=(
            Step(
                text="Correct the config variable of the app:", exact=(f"{error.variable}=...",)
            ),
            Step(text="Or, if the settings have a default for it, delete the config variable."),
        ),
    )


@explain.register
def _settings_module(error: SettingsModuleMissing) -> Message:
    named = f"The app has {listed(error.candidates)}." if error.candidates else ""
    example = error.candidates[0] if error.candidates else "package.settings"
    is_variable = error.origin == "DJANGO_SETTINGS_MODULE"
    return Message(
        title="The settings module does not exist",
        found=f"{error.origin} names the settings module {error.module}, but the app has no such module next to manage.py or at its top. {named}".rstrip(),
        steps=(
            Step(
                text="Name the settings module in a config variable:"
                if is_variable
                else f"Correct the name in {error.origin}, or set a config variable, which wins:",
                exact=(f"DJANGO_SETTINGS_MODULE={example}",),
            ),
            Step(text="If the module exists on your machine, make sure that git contains it."),
        ),
    )


@explain.register
def _module(error: ModuleMissing) -> Message:
    importer = f"The package {error.importer} imports" if error.importer else "The app needs"
    where = "" if error.importer and error.place is None else _in(error.place)
    via = " as it is used" if error.importer and where else ""
    others = _other_names(error)
    if error.installed:
        add, *others = others
    elif error.requirement:
        add = Step(
            text="Add the package that provides it to the app's requirements, for example to requirements.txt:",
            exact=(error.requirement,),
        )
    elif error.removed_in:
        add = Step(
            text="Import what newer Pythons have in its place, which https://docs.python.org/3/whatsnew/ names."
        )
    elif error.successor:
        add = Step(text=f"Do without it: {error.successor}.")
    else:
        add = Step(
            text="Add the package that provides it to the app's requirements. Its name on the index may differ from that of the module."
        )
    remove = (
        Step(text=f"Or, if the build does not need it, remove it from {_line(error.place)}.")
        if error.place and not error.importer
        else None
    )
    removed = (
        f" The standard library of Python {error.removed_in} and newer does not have it."
        if error.removed_in
        else ""
    )
    renamed = f" {error.installed} has {listed(error.now)}." if error.installed else ""
    rename = (
        Step(text=f"If you mean the app's module {error.similar}, correct the name.")
        if error.similar
        else None
    )
    return Message(
        title=fitted("The module {} is not installed", error.module),
        found=f"{importer} the module {error.module}{via}{where}, but neither the app nor an installed package has it.{removed}{renamed}",
        steps=(
            *(step for step in (rename, add, *others, remove) if step),
            *map(alternative, other_python(error)),
        ),
    )


def _other_names(error: ModuleMissing) -> list[Step]:
    """Give the step for a module that has another name now; none if it has not."""
    where = f" in {_line(error.place)}" if error.place else ""
    names = " or ".join(error.now)
    return (
        [
            Step(
                text=f"Write {names} in place of {error.module}{where}, and wherever else the app has it."
            )
        ]
        if names
        else []
    )


@explain.register
def _own_module(error: OwnModuleMissing) -> Message:
    similar = f" It has {error.similar}." if error.similar else ""
    place = _line(error.place) if error.place else "the app's code"
    step = (
        Step(text=f"If you mean {error.similar}, correct the name in {place}.")
        if error.similar
        else Step(text=f"If the name is wrong, correct it in {place}.")
    )
    return Message(
        title=fitted("The app has no module {}", error.module),
        found=f"{_capitalized(place)} names the module {error.module}, but the app does not have it.{similar}",
        steps=(
            step,
            *(_without_module(error.statement, place) if error.statement else ()),
            Step(
                text="If the module exists on your machine and contains no secrets, keep it out of Cloud Foundry's .cfignore, and add it to git, which may have been told to ignore it:",
                exact=(f"git add --force {quote(error.file)}",),
            ),
        ),
    )


def _without_module(statement: str, place: str) -> tuple[Step, ...]:
    return (
        Step(
            text=f"If it contains secrets, or settings for your machine only, keep it out of git. Let {place} work without it, and take what the app needs from config variables:",
            exact=("try:", f"    {statement}", "except ImportError:", "    pass"),
        ),
    )


@explain.register
def _package_has_no_module(error: PackageHasNoModule) -> Message:
    needed = (
        f"{_capitalized(_line(error.place))} needs the module {error.module}"
        if error.place
        else f"Building static files needs the module {error.module}"
    )
    where = f" in {_line(error.place)}" if error.place else ""
    name = error.package.partition(" ")[0]
    is_python = name == "Python"
    if error.removed:
        since = error.removed[0].since
        return Message(
            title=fitted("{} has no module {}", error.package, error.module),
            found=f"{needed}, which Django {since} and newer do not have. The app uses {error.package}.",
            steps=tuple(_without_apps(error.removed, where)),
        )
    return Message(
        title=fitted("{} has no module {}", error.package, error.module),
        found=f"{needed}, but {error.package}, which the app uses, does not have it.",
        steps=(
            Step(
                text=f"Correct the name{where}. It may be misspelled, or belong to another version of {name}."
            ),
            Step(
                text="Or use a Python that has the module. In a file .python-version in the app's root folder, name its version."
                if is_python
                else f"Or require a version of {name} that has the module."
            ),
        ),
    )


def _without_apps(apps: Sequence[RemovedApp], where: str) -> Iterator[Step]:
    gone = [one for one in apps if not one.requirement]
    for one in apps:
        if one.requirement:
            yield Step(
                text=f"Write {one.module} in place of {one.app}, in INSTALLED_APPS and elsewhere. It is a package of its own now: require it, for example in requirements.txt:",
                exact=(one.requirement,),
            )
    if gone:
        tags = [one.tag for one in gone if one.tag]
        also = f", and {listed(tags)} from the templates" if tags else ""
        place = where.replace(" in ", " from ", 1) or " from INSTALLED_APPS"
        names = listed([one.app for one in gone])
        yield Step(text=f"Remove {names}{place}{also}.")
    if any(one.app == "django.contrib.markup" for one in gone):
        yield Step(
            text="In templates, `|markdown`, `|textile` and `|restructuredtext` fail without it. Write filters of your own in place of these, or remove them. The warning above names the lines."
        )


@explain.register
def _library(error: LibraryMissing) -> Message:
    loader = f"The package {error.package}" if error.package else "The app"
    steps = []
    if error.wheel:
        steps.append(
            Step(
                text="Require a package that contains the library. In the app's requirements, instead of the present one:",
                exact=(error.wheel,),
            )
        )
    if error.debian:
        packages = "packages" if len(error.debian) > 1 else "package"
        image = Step(
            text=f"Run the build and the app on images that have the Debian {packages} {listed(error.debian)}."
        )
        steps += [
            alternative(image) if steps else image,
            *([] if error.is_searched else map(alternative, apt_buildpacks(error.debian))),
        ]
    else:
        steps.append(
            Step(
                text="Run the build and the app on images that have the library. On Heroku, Dokku and Cloud Foundry, an apt buildpack before Slipway can install Debian packages."
            )
        )
    return Message(
        title=fitted("The library {} is not installed", error.library),
        found=f"{loader} needs the shared library {error.library}{_in(error.place)}, but the image that builds the app does not have it.",
        steps=tuple(steps),
    )


@explain.register
def _program(error: ProgramMissing) -> Message:
    name = error.program
    starter = f"The package {error.package}" if error.package else "The app"
    if "node_modules/" in name:
        steps: tuple[Step, ...] = (
            Step(
                text="Run a buildpack for Node.js before Slipway. It installs the packages in package.json, with their programs."
            ),
        )
    elif error.debian:
        steps = alternatives(
            Step(text=f"Build on an image that has the Debian package {error.debian}."),
            *apt_buildpacks([error.debian]),
        )
    else:
        steps = (
            Step(
                text="If it is a program of the image, build on an image that has it, or install it with a buildpack that runs before Slipway. If it is a file of the app, make sure that git contains it."
            ),
        )
    return Message(
        title=fitted("The program {} does not exist", name.rpartition("/")[2]),
        found=f"{starter} starts the program {name} while static files are built{_in(error.place)}, but it is not on this image.",
        steps=(*steps, _WITHOUT),
    )


@explain.register
def _file(error: FileMissing) -> Message:
    if error.is_log:
        return Message(
            title="The log file in LOGGING cannot be opened",
            found=f"Django configures LOGGING, which names the file {error.path}. It cannot be opened: {error.problem}.",
            steps=(
                Step(
                    text="Log to the platform's log instead. In LOGGING, replace the handler of the file with:",
                    exact=('{"class": "logging.StreamHandler"}',),
                ),
                Step(
                    text="Or use a file in a folder of the app that git contains. Most platforms discard it when the app restarts."
                ),
            ),
        )
    place = _line(error.raised.place) if error.raised.place else "The app"
    return Message(
        title="A file that the app uses cannot be read or written",
        found=f"{_capitalized(place)} uses {error.path}, which fails: {error.problem}.{_led_to(error.raised)}",
        steps=(
            Step(text="If the file belongs to the app, make sure that git contains it."),
            Step(
                text=f"If it exists only where the app runs, or only on your machine, let {place} work without it."
            ),
            _WITHOUT,
        ),
    )


@explain.register
def _storage(error: StorageUnusable) -> Message:
    storage = f" {error.storage}" if error.storage else ""
    if error.raised:
        lack = _failed(error.raised)
    elif error.missing:
        places = listed([f"{one.name}{_in(one.place)}" for one in error.missing], most=50)
        lack = f"That needs the values of variables that are not set: {places}."
    else:
        lack = "It has no credentials."
    names = tuple(one.name for one in error.missing) or error.variables
    return Message(
        title="The storage of static files cannot be used",
        found=f"collectstatic sends static files to the storage{storage}. {lack}",
        steps=(
            Step(
                text="If the build should upload its static files, set config variables of the app:",
                exact=tuple(f"{name}=..." for name in names),
            )
            if names
            else Step(
                text="If the build should upload its static files, check the storage's settings, and the config variables that they read."
            ),
            Step(
                text="Or, if they are uploaded in another way, skip collectstatic with a config variable:",
                exact=_WITHOUT.exact,
            ),
        ),
    )


@explain.register
def _database(error: DatabaseNotReached) -> Message:
    asker = f"The package {error.package}" if error.package else "The app"
    return Message(
        title="The app uses its database while it is built",
        found=f"{asker} queries a database{_in(error.place)}. A build refuses connections to databases, because tables may not exist yet, and the built app must not depend on what they have. That fails with {ended(error.reason)}",
        steps=(
            Step(
                text="Query no database while settings, apps and models are imported, or in the method `ready` of an AppConfig: query it in the function that needs the answer."
            ),
            _WITHOUT,
        ),
    )


@explain.register
def _network(error: NetworkRefused) -> Message:
    user = f"The package {error.package}" if error.package else "The app"
    return Message(
        title="The app uses the network while it is built",
        found=f"{user} connects to another host{_in(error.place)}. A build refuses that to the commands of manage.py, because the built app must not depend on what another host answers.",
        steps=(
            Step(
                text=f"Let {_line(error.place)} work without the network, or connect only in the function that needs the answer."
                if error.place
                else "Connect only in the function that needs the answer, not while settings, apps and models are imported. The traceback in the log above shows where it comes from."
            ),
            _WITHOUT,
        ),
    )


@explain.register
def _old_url(error: DatabaseUrlRejected) -> Message:
    return Message(
        title="SQLAlchemy does not accept the URL of the database",
        found=f"The app gives SQLAlchemy a URL that starts with postgres://{_in(error.place)}. Platforms set such URLs, and SQLAlchemy does not accept them since 1.4.",
        steps=(
            Step(
                text="Replace the start of the URL where the app reads it:",
                exact=(f'url = url.replace("postgres://", "{error.scheme}", 1)',),
            ),
        ),
    )


@explain.register
def _computed(error: SettingsComputed) -> Message:
    what = listed([f"{one.name} from {_named(one)}" for one in error.computed], most=50)
    return Message(
        title="Static files depend on a variable that is not set",
        found=f"{error.settings} computes {what}. The build has only throw-away values for that, which would be in the built app.",
        steps=_set_for_the_build(error.computed),
    )


@explain.register
def _left(error: PlaceholderLeft) -> Message:
    what = listed(
        [f"{one.name} has {_named(one)}" if one.variables else one.name for one in error.files],
        most=10,
    )
    ran = listed([f"`manage.py {command}`" for command in error.commands])
    return Message(
        title="A built file has a throw-away value",
        found=f"After {ran}, throw-away values of variables that are not set are in files of the app: {what}. They would be in the built app.",
        steps=_set_for_the_build(error.files),
    )


def _named(one: Computed) -> str:
    return listed([f"{it.name}{_in(it.place)}" for it in one.variables], most=50)


def _set_for_the_build(found: tuple[Computed, ...]) -> tuple[Step, ...]:
    variables = {it.name: it for one in found for it in one.variables}
    lines = tuple(f"{one.name}={one.form}" for one in variables.values())
    one = "it as a config variable" if len(lines) == 1 else "them as config variables"
    default = next((it for it in variables.values() if it.default), None)
    return (
        Step(text=f"Set {one} of the app, so that the build has the real value:", exact=lines)
        if lines
        else Step(text="Set the variables that the log above names as config variables."),
        *(_default(default, is_one=len(lines) == 1) if default else ()),
        Step(
            text="Or let the build do without the variable there, and use it when the app runs."
        ),
    )


@explain.register
def _unknown_command(error: BuildCommandUnknown) -> Message:
    name, _, rest = error.command.partition(" ")
    nearest = f" It has {error.nearest}." if error.nearest else ""
    return Message(
        title=fitted("manage.py has no command {}", name),
        found=f"The setting build_commands names `{error.command}`, but neither Django nor an app in INSTALLED_APPS has the command {name}.{nearest}",
        steps=(
            Step(
                text="If you mean that command, correct the setting in pyproject.toml:",
                exact=(
                    "[tool.slipway]",
                    f"build_commands = {dumps([f'{error.nearest} {rest}'.strip()])}",
                ),
            )
            if error.nearest
            else Step(
                text="Add the app that has the command to INSTALLED_APPS and to the app's requirements, or correct the name in build_commands."
            ),
        ),
    )


@explain.register
def _malformed_command(error: BuildCommandMalformed) -> Message:
    return Message(
        title="A command in build_commands cannot be read",
        found=f"The setting build_commands has `{error.command}`, which cannot be split into words as a shell does it: {error.reason}.",
        steps=(
            Step(
                text="Close each quotation mark, for example:",
                exact=("[tool.slipway]", 'build_commands = ["compilemessages"]'),
            ),
        ),
    )


@explain.register
def _commands_without_django(error: BuildCommandsWithoutDjango) -> Message:
    return Message(
        title="build_commands needs a Django project",
        found=f"The setting build_commands has commands of manage.py, {listed([f'`{it}`' for it in error.commands])}, but they cannot be run: {error.reason}.",
        steps=(
            Step(
                text="If the app has a Django project in another folder, name its manage.py in pyproject.toml:",
                exact=("[tool.slipway]", 'manage_py = "backend/manage.py"'),
            ),
            Step(text="Or remove build_commands."),
        ),
    )


@explain.register
def _unfit(error: PackageUnfit) -> Message:
    is_python = error.other.startswith("Python ")
    other = "this Python" if is_python else error.other.partition(" ")[0]
    named = ""
    if error.named:
        first, last = error.named
        versions = f"Python {first}" if first == last else f"Python {first} to {last}"
        named = f" Its metadata names {versions}, and the app uses {error.other}."
    steps = [
        Step(text=f"Require a newer version of {error.name} that works with {error.other}.")
    ]
    steps += map(alternative, other_python(error))
    if not is_python:
        steps.append(Step(text=f"Or require an older version of {other}."))
    return Message(
        title=fitted("{} does not work with {}", error.package, other),
        found=f"{error.package} {error.reason}.{named}",
        steps=tuple(steps),
    )


@explain.register
def _broken(error: SettingsBroken) -> Message:
    if error.undefined:
        part, name = error.undefined
        lacks = (
            f"a part of LOGGING uses {part}, but LOGGING has none"
            if part == name
            else f"LOGGING uses the {part.removesuffix('s')} {name}, but does not define it"
        )
        return Message(
            title="Django cannot use its settings",
            found=f"{_failed(error.raised)} That is because {lacks}.",
            steps=(
                Step(
                    text="Define the name in LOGGING, or remove it from where it is used."
                    if part == name
                    else f'Define {name} in LOGGING["{part}"], or remove the name from where it is used.'
                ),
            ),
        )
    return Message(
        title="Django cannot use its settings",
        found=_failed(error.raised),
        steps=(
            _fix(error.raised),
            Step(
                text="Or, if the app should use other settings, name them in a config variable:",
                exact=("DJANGO_SETTINGS_MODULE=package.settings",),
            ),
        ),
    )


@explain.register
def _static_root(error: StaticRootOutside) -> Message:
    return Message(
        title="STATIC_ROOT is not in the app's folder",
        found=f"With {error.settings}, static files would be written to {error.folder}. Only files in the app's folder, which has another path when the app runs, become part of the built app.",
        steps=(
            Step(
                text="Compute STATIC_ROOT from the path of the settings file. If BASE_DIR is the folder of manage.py, as in new projects, write:",
                exact=('STATIC_ROOT = BASE_DIR / "staticfiles"',),
            ),
            Step(
                text="Or, if static files are not served by the app, skip collectstatic with a config variable:",
                exact=_WITHOUT.exact,
            ),
        ),
    )


@explain.register
def _static_file(error: StaticFileMissing) -> Message:
    return Message(
        title="collectstatic could not find a file",
        found=f"collectstatic failed: {error.reason}",
        steps=(
            Step(
                text="Add the file to git, or remove the reference to it, which is often a url() in a stylesheet or a sourceMappingURL in a script."
            ),
            *_ignore(error),
            _WITHOUT,
        ),
    )


def _ignore(error: StaticFileMissing) -> tuple[Step, ...]:
    module, _, storage = error.storage.rpartition(".")
    if not module:
        return ()
    backend = f"{error.module}.LenientStorage"
    setting = (
        (
            "STORAGES = {",
            '    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},',
            f'    "staticfiles": {{"BACKEND": "{backend}"}},',
            "}",
        )
        if error.has_storages
        else (f'STATICFILES_STORAGE = "{backend}"',)
    )
    return (
        Step(
            text=f"Or, if files may refer to missing ones, ignore these in a storage of your own, in {error.file}:",
            exact=(
                "from django.core.exceptions import SuspiciousFileOperation",
                f"from {module} import {storage}",
                f"class LenientStorage({storage}):",
                "    def hashed_name(self, name, *args, **options):",
                "        try:",
                "            return super().hashed_name(name, *args, **options)",
                "        except (OSError, ValueError, SuspiciousFileOperation):",
                "            return name",
            ),
        ),
        Step(text="For that storage, also change the settings:", exact=setting),
    )


@explain.register
def _collectstatic(error: CollectstaticFailed) -> Message:
    name = error.command.partition(" ")[0]
    return Message(
        title=fitted("{} failed", name),
        found=_failed(error.raised) if error.raised else f"It {error.ending}.",
        steps=(
            *([_fix(error.raised)] if error.raised and error.raised.place else []),
            Step(
                text="Run it on your machine, with the same config variables:",
                exact=(f"python {quote(error.manage)} {error.command}",),
            ),
            _WITHOUT
            if name == "collectstatic"
            else Step(text="Or, if the build does not need it, remove it from build_commands."),
        ),
    )


def _failed(raised: Raised) -> str:
    """Say what failed, where, and with which exceptions; the cause is the first."""
    place = f" at {_line(raised.place)}" if raised.place else ""
    how = " with"
    if raised.owner:
        how = f", where {raised.owner} raises" if place else f": {raised.owner} raises"
    cause = ended(raised.exceptions[0])
    return f"{raised.subject} fails{place}{how} {cause}{_led_to(raised)}"


def ended(text: str) -> str:
    """Add a full stop to the text of an exception, unless it has one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _led_to(raised: Raised) -> str:
    """Give a sentence about the exceptions that only pass on the cause, with a blank in front."""
    others = raised.exceptions[1:]
    return f" It led to {listed(others).rstrip('.')}." if others else ""


def _fix(raised: Raised) -> Step:
    if raised.place is None:
        return Step(text="The traceback in the log above shows where it comes from.")
    if raised.program:
        return Step(
            text=f"{_capitalized(_line(raised.place))} runs the program {raised.program}, which ended with status {raised.status}. Let the line work where the program fails, or correct how it is run. The traceback is in the log above."
        )
    if raised.owner == "Python's standard library":
        return Step(
            text=f"Correct {_line(raised.place)}, or let it work where this fails. The traceback is in the log above."
        )
    if raised.owner:
        return Step(
            text=f"Check what {_line(raised.place)} passes to {raised.owner}. The traceback is in the log above."
        )
    return Step(text=f"Fix {_line(raised.place)}. The traceback is in the log above.")


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _in(place: str | None) -> str:
    return f" ({_line(place)})" if place else ""


def _line(place: str) -> str:
    """Name a line in a sentence, from `file:line`."""
    file, _, number = place.rpartition(":")
    return f"line {number} of {file}"
