"""Words for errors of package indexes and package builds."""

from __future__ import annotations

from slipway.errors.building import (
    CompilerMissing,
    HeaderMissing,
    IndexRefused,
    IndexUnreachable,
    PackageBuildFailed,
    PythonHeadersMissing,
)
from slipway.messages.wording import Message, Step, explain


@explain.register
def _unreachable(error: IndexUnreachable) -> Message:
    return Message(
        title="The package index cannot be reached",
        found=f"A request to {error.index} failed: {error.reason}.",
        steps=(
            Step(text="If it was a passing fault, build again."),
            Step(
                text="See whether PIP_INDEX_URL and PIP_EXTRA_INDEX_URL name the right address, and the proxy settings the right proxy."
            ),
        ),
    )


@explain.register
def _refused(error: IndexRefused) -> Message:
    unknown = error.status in (401, 407)
    meaning = "it does not know the user" if unknown else "it knows the user, and denies access"
    return Message(
        title=f"The package index refuses, with status {error.status}",
        found=f"{error.index} refused a request: {meaning}.",
        steps=(
            Step(
                text="Give the name and the token with the address, as a config variable:",
                exact=("PIP_INDEX_URL=https://user:token@index.example/simple",),
            )
            if unknown
            else Step(text="See what the token may read, and whether the address is blocked."),
            Step(text="A token that was right may have run out: make a new one."),
        ),
    )


@explain.register
def _compiler(error: CompilerMissing) -> Message:
    return Message(
        title=f"Building {error.package} needs {error.program}",
        found=f"{_why_built(error)}, and {error.program} is not on this image.",
        steps=(*_ways_out(error),),
    )


@explain.register
def _header(error: HeaderMissing) -> Message:
    return Message(
        title=f"Building {error.package} needs {error.header}",
        found=f"{_why_built(error)}, and the C header {error.header} is not on this image.",
        steps=(*_ways_out(error),),
    )


@explain.register
def _python_headers(error: PythonHeadersMissing) -> Message:
    return Message(
        title=f"Building {error.package} needs Python.h",
        found=f"{_why_built(error)}, and the Python that is used has no C headers: most "
        "images have the interpreter alone.",
        steps=(
            Step(
                text="Take a Python that has them, which uv fetches; in pyproject.toml:",
                exact=("[tool.slipway]", 'python_source = "managed"'),
            ),
            *_ways_out(error),
        ),
    )


def _ways_out(
    error: CompilerMissing | HeaderMissing | PythonHeadersMissing,
) -> tuple[Step, ...]:
    package, debian = error.package, error.debian
    bring = (
        Step(
            text="Bring the Debian package, on Heroku and Dokku by the apt buildpack in "
            "front of this one; into its Aptfile:",
            exact=tuple(debian.split(" and ")),
        )
        if debian
        else Step(text="Bring the Debian package that has this header, by the apt buildpack.")
    )
    wheels = (
        f"Or vendor a wheel of {package} for this Python in its place."
        if error.is_vendored
        else f"Or require a version of {package} that has wheels for this Python; some "
        "packages have them under another name, as psycopg2-binary."
    )
    return bring, Step(text=wheels)


def _why_built(error: CompilerMissing | HeaderMissing | PythonHeadersMissing) -> str:
    if error.is_vendored:
        return f"{error.package} is vendored as source, so it must be built"
    return f"{error.package} has no wheel for this Python, so it must be built"


@explain.register
def _build(error: PackageBuildFailed) -> Message:
    return Message(
        title=f"{error.package} could not be built",
        found=f"{error.package} is built from its source, and its build ended with an error.",
        steps=(
            Step(text="Require a version that has wheels for this Python."),
            Step(text="Read the last lines; they mostly name what is missing."),
        ),
        details=("Its last lines:", *error.output),
    )
