"""Words for errors of package builds."""

from __future__ import annotations

from slipway.errors.building import (
    CompilerMissing,
    HeaderMissing,
    PackageBuildFailed,
    PythonHeadersMissing,
)
from slipway.messages.wording import LAST_LINES, Message, Step, explain


@explain.register
def _compiler(error: CompilerMissing) -> Message:
    # pkg-config is missed in the same words as the libraries that it looks for.
    also = ", or a library that it looks for" if error.program == "pkg-config" else ""
    return Message(
        title=f"Building {error.package} needs {error.program}",
        found=f"{_built(error)} did not find {error.program} on this image{also}.",
        steps=(_use_an_image(error.debian), _use_a_wheel(error)),
    )


@explain.register
def _header(error: HeaderMissing) -> Message:
    return Message(
        title=f"Building {error.package} needs {error.header}",
        found=f"{_built(error)} did not find the header {error.header} on this image.",
        steps=(
            *(
                (_use_an_image(error.debian), _use_the_apt_buildpack(error.debian))
                if error.debian
                else (
                    Step(
                        text="If a Debian package contains the header, install it on the "
                        "image that builds the app."
                    ),
                )
            ),
            _use_a_wheel(error),
        ),
    )


@explain.register
def _python_headers(error: PythonHeadersMissing) -> Message:
    return Message(
        title=f"Building {error.package} needs Python.h",
        found=f"{_built(error)} did not find the headers of the Python that it uses. Most "
        "images have Python without its headers.",
        steps=(
            Step(
                text="Let uv download a Python that includes its headers. In pyproject.toml:",
                exact=("[tool.slipway]", 'python_source = "managed"'),
            ),
            _use_an_image(error.debian, "Or build"),
            _use_a_wheel(error),
        ),
    )


def _use_an_image(debian: str, build: str = "Build") -> Step:
    packages = "packages" if " and " in debian else "package"
    return Step(text=f"{build} on an image that has the Debian {packages} {debian}.")


def _use_the_apt_buildpack(debian: str) -> Step:
    # Not for programs: some, such as pg_config, name the folders that they were made for.
    return Step(
        text="Or, on Heroku and Dokku, run the apt buildpack before Slipway, with a file named "
        "Aptfile in the app's root folder that contains:",
        exact=tuple(debian.split(" and ")),
    )


def _use_a_wheel(error: CompilerMissing | HeaderMissing | PythonHeadersMissing) -> Step:
    package = error.package
    return Step(
        text=f"Or vendor a wheel of {package} for this Python instead of its source."
        if error.is_vendored
        else f"Or require a version of {package} that has a wheel for this Python. Some "
        "projects publish wheels under another name, such as psycopg2-binary."
    )


def _built(error: CompilerMissing | HeaderMissing | PythonHeadersMissing) -> str:
    return f"The build of {error.package} from its source"


@explain.register
def _build(error: PackageBuildFailed) -> Message:
    return Message(
        title=f"{error.package} could not be built",
        found=f"{error.package} is built from source, and its build failed.",
        steps=(
            Step(text="Read the end of its output, below. It usually names the cause."),
            Step(text="Or require a version that has a wheel for this Python."),
        ),
        details=(LAST_LINES, *error.output),
    )
