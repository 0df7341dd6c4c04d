"""Words for errors of package builds."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from slipway.errors.building import (
    BuildLibraryMissing,
    BuildModuleMissing,
    BuildProgramMissing,
    FailedBuild,
    FlatLayout,
    HeaderMissing,
    NoFilesToInstall,
    PackageBuildFailed,
    PackageTooOld,
    ProgramTooOld,
    PythonHeadersMissing,
)
from slipway.errors.dependencies import THE_APP
from slipway.messages.old_apps import modernized, old_words
from slipway.messages.python import other_python
from slipway.messages.wording import (
    LAST_LINES,
    Message,
    Step,
    alternatives,
    apt_buildpacks,
    explain,
    fitted,
    is_own,
    listed,
)


@explain.register
def _program(error: BuildProgramMissing) -> Message:
    return Message(
        title=_needs(error, error.program),
        found=f"{_built(error)} The build did not find the program {error.program}.",
        # Not with the apt buildpack: some programs, such as pg_config, name the folders that
        # they were made for.
        steps=alternatives(
            *other_python(error),
            *_on_an_image(error.debian, "program"),
            *_avoid_the_build(error),
        ),
    )


@explain.register
def _header(error: HeaderMissing) -> Message:
    found = f"{_built(error)} The compiler did not find the header {error.header}."
    set_flags: tuple[Step, ...] = ()
    if error.found_in:
        found += (
            f" There is a header of this name in {error.found_in}, but the compiler does not "
            "look there."
        )
        set_flags = (
            Step(
                text="If that header is the right one, let the compiler look there, with a "
                "config variable:",
                exact=(f"CFLAGS=-I{quote(error.found_in)}",),
            ),
        )
    return Message(
        title=_needs(error, error.header),
        found=found,
        steps=alternatives(
            *other_python(error),
            *set_flags,
            *_install(error.debian, "header"),
            *_avoid_the_build(error),
        ),
    )


@explain.register
def _library(error: BuildLibraryMissing) -> Message:
    return Message(
        title=_needs(error, f"the library {error.library}"),
        found=f"{_built(error)} The build did not find the library {error.library}, or the "
        "files with which programs are compiled to use it.",
        steps=alternatives(
            *other_python(error),
            *_install(error.debian, "library"),
            *_avoid_the_build(error),
        ),
    )


@explain.register
def _python_headers(error: PythonHeadersMissing) -> Message:
    return Message(
        title=_needs(error, "Python.h"),
        found=f"{_built(error)} The compiler did not find the headers of the Python that the "
        "build uses. Most images have Python without its headers.",
        steps=alternatives(
            *other_python(error),
            Step(
                text="Let uv download a Python that includes its headers. In pyproject.toml:",
                exact=("[tool.slipway]", 'python_source = "managed"'),
            ),
            *_on_an_image(error.debian, "header"),
            *_avoid_the_build(error),
        ),
    )


@explain.register
def _old_program(error: ProgramTooOld) -> Message:
    has = f" This image has {error.program} {error.has}." if error.has else ""
    newer = f"{error.program} {error.needs} or newer"
    return Message(
        title=_needs(error, f"a newer {error.program}"),
        found=f"{_built(error)} The build requires {newer}.{has}",
        steps=alternatives(
            *other_python(error),
            Step(text=f"Build on an image that has {newer}."),
            *_avoid_the_build(error),
        ),
    )


@explain.register
def _too_old(error: PackageTooOld) -> Message:
    minor = ".".join(error.python.split(".")[:2])
    subject = "The app's own build" if _is_app(error) else "Its build"
    if _is_app(error):
        change = Step(text="Change the code that the build runs, such as setup.py.")
    elif error.is_vendored:
        change = Step(text=f"Vendor a version of it that supports Python {minor}.")
    elif error.required_freely_in:
        why = f" {error.successor}." if error.successor else ""
        change = Step(
            text="The newest version that the requirements allow does not support Python "
            f"{minor}.{why} If the app does not import it, delete it from "
            f"{error.required_freely_in}; else require another package."
        )
    else:
        change = _another_version(error, f"supports Python {minor}")
    return Message(
        title=fitted("{} is too old for Python {}", _sentence(_short(error)), minor),
        found=f"{_built(error)} {subject} {error.uses}. The app uses Python {error.python}."
        f"{_more_is_old(error)}",
        steps=_of_old_app(error) or alternatives(change, *other_python(error)),
        details=(LAST_LINES, *error.output),
    )


@explain.register
def _module(error: BuildModuleMissing) -> Message:
    is_setuptools = error.requirement.startswith("setuptools")
    requires = (
        f'"{error.requirement}"' if is_setuptools else f'"setuptools", "{error.requirement}"'
    )
    table = ("[build-system]", f"requires = [{requires}]")
    if error.is_vendored:
        file = _pyproject_of(error)
        steps = [Step(text=f"Require what has the module in {file}, for example:", exact=table)]
    else:
        steps = [
            _another_version(error, "declares what its build requires"),
            Step(
                text="Put its source into the app's vendor folder, and require what has the "
                "module in its pyproject.toml, for example:",
                exact=table,
            ),
        ]
        if is_setuptools:
            steps[1] = Step(
                text="Let builds use an older setuptools. Write this file, and set the config "
                "variable PIP_BUILD_CONSTRAINT=build-constraints.txt:",
                exact=(f"echo '{error.requirement}' > build-constraints.txt",),
            )
    return Message(
        title=_needs(error, f"the module {error.module}"),
        found=f"{_built(error)} The build imports the module {error.module}, but did not find "
        "it. A build can only import the packages that it requires in [build-system], not "
        "those of the app.",
        steps=alternatives(*other_python(error), *steps, *_avoid_the_build(error)),
        details=(LAST_LINES, *error.output),
    )


@explain.register
def _flat_layout(error: FlatLayout) -> Message:
    names = ", ".join(f'"{name}*"' for name in error.names)
    modules = ", ".join(f'"{name}"' for name in error.names)
    table = (
        ("[tool.setuptools.packages.find]", f"include = [{names}]")
        if error.kind == "packages"
        else ("[tool.setuptools]", f"py-modules = [{modules}]")
    )
    return Message(
        title=f"setuptools does not know which {error.kind} to install",
        found=f"{_built(error)} It has the {error.kind} {listed(error.names)}, so setuptools "
        "does not choose by itself.",
        steps=alternatives(
            *other_python(error),
            _declare_files(error, "Name those that belong to it, in {}:", table),
            *_avoid_the_build(error),
        ),
    )


@explain.register
def _no_files(error: NoFilesToInstall) -> Message:
    table = ("[tool.hatch.build.targets.wheel]", 'packages = ["backend"]')
    return Message(
        title="hatchling does not know which files to install",
        found=f"{_built(error)} It has no folder or module with the name of its project.",
        steps=alternatives(
            *other_python(error),
            _declare_files(
                error, "Name the folders of its packages in {}, for example:", table
            ),
            *_avoid_the_build(error),
        ),
    )


def _declare_files(error: FailedBuild, pattern: str, table: tuple[str, ...]) -> Step:
    if not error.is_vendored:
        return _another_version(error, "declares which files to install")
    return Step(text=pattern.format(_pyproject_of(error)), exact=table)


def _pyproject_of(error: FailedBuild) -> str:
    """Return the path of the pyproject.toml of a package that is in the app."""
    return "pyproject.toml" if _is_app(error) else f"{error.package}/pyproject.toml"


@explain.register
def _failed(error: PackageBuildFailed) -> Message:
    return Message(
        title=fitted("{} could not be built", error.package),
        found=f"{_built(error)} The build failed, and Slipway does not know why."
        f"{_more_is_old(error)}",
        steps=_of_old_app(error)
        or alternatives(
            *other_python(error),
            Step(text="Read the end of its output, below. It usually names the cause."),
            *_avoid_the_build(error),
        ),
        details=(LAST_LINES, *error.output),
    )


def _more_is_old(error: FailedBuild) -> str:
    return f" More in the app is too old: {old_words(error.old)}." if error.old else ""


def _of_old_app(error: FailedBuild) -> tuple[Step, ...]:
    """Give all steps for an app that is too old as a whole; none if it is not."""
    return modernized(error.old)


def without_a_build(*, lists_dependencies: bool) -> Step:
    """Give the way out for an app that is a package, but need not be one."""
    return Step(
        text="If the app need not be a package, remove [build-system] from pyproject.toml. "
        "Slipway then installs the dependencies in [project], and does not build the app."
        if lists_dependencies
        else "If the app need not be a package, list its dependencies in requirements.txt. "
        "Slipway then does not build the app."
    )


def _is_app(error: FailedBuild) -> bool:
    return error.package == THE_APP


def _needs(error: FailedBuild, what: str) -> str:
    """Give the title of a build that lacks something."""
    return fitted("Building {} needs {}", _short(error), what)


def _short(error: FailedBuild) -> str:
    """Name the package within a title."""
    return "the app" if _is_app(error) else error.package


def _sentence(text: str) -> str:
    return "The app" if text == "the app" else text


def _built(error: FailedBuild) -> str:
    """Give the sentence that says what is built, and who requires it."""
    if _is_app(error):
        return "The app is a package, and is built as one."
    if error.is_vendored:
        return f"{error.package} is built from its source."
    requirer = error.required_by
    whose = f", which {requirer} requires," if requirer else ""
    is_for_another = error.fitting is not None and error.fitting.known_by == "files"
    cause = "has no wheel for this Python, so it " if is_for_another else ""
    return f"{error.package}{whose} {cause}is built from its source."


def _install(debian: Sequence[str], kind: str) -> tuple[Step, ...]:
    if not debian:
        return _on_an_image(debian, kind)
    return (
        *_on_an_image(debian, kind),
        *apt_buildpacks(debian),
        Step(
            text="For an image, run a buildpack that installs Debian packages before Slipway, "
            "such as heroku/deb-packages."
        ),
    )


def _on_an_image(debian: Sequence[str], kind: str) -> tuple[Step, ...]:
    packages = f"package{'s' if len(debian) > 1 else ''} {listed(debian)}"
    return (
        Step(
            text=f"Build on an image that has the Debian {packages}."
            if debian
            else f"If a Debian package contains the {kind}, install it on the image that "
            "builds the app."
        ),
    )


_WITH_WHEELS = {"psycopg2": "psycopg2-binary"}
"""Packages that have wheels under another name."""


def _avoid_the_build(error: FailedBuild) -> tuple[Step, ...]:
    if _is_app(error):
        return (without_a_build(lists_dependencies=error.lists_dependencies),)
    if error.is_vendored:
        text = f"Vendor a wheel of {error.package} for this Python instead of its source."
        return (Step(text=text),)
    wheel = _another_version(error, "has a wheel for this Python")
    other_name = _WITH_WHEELS.get(error.package.partition("==")[0].lower())
    if other_name and (not error.required_by or is_own(error.required_by)):
        text = f"{wheel.text} The project publishes wheels under the name {other_name}."
        wheel = Step(text=text)
    return (wheel,)


def _another_version(error: FailedBuild, which: str) -> Step:
    return Step(text=f"Require a version of {error.package} that {which}.")
