"""Words for errors of package builds, and of requests to a package index."""

from __future__ import annotations

from slipway.errors.building import (
    CompilerMissing,
    HeaderMissing,
    IndexRefused,
    IndexUnreachable,
    PackageBuildFailed,
    PythonHeadersMissing,
)
from slipway.messages.wording import LAST_LINES, Message, Step, explain


@explain.register
def _unreachable(error: IndexUnreachable) -> Message:
    return Message(
        title="Packages cannot be downloaded",
        found=f"The download from {error.index} failed: {error.reason}.",
        steps=(
            Step(text="If the failure may be temporary, build again."),
            Step(
                text="Check the address in PIP_INDEX_URL, in PIP_EXTRA_INDEX_URL or in the requirements, and the proxy settings."
            ),
        ),
    )


@explain.register
def _refused(error: IndexRefused) -> Message:
    meaning, step = {
        401: (
            "The user name or the token is missing or wrong",
            Step(
                text="Put the user name and the token into the address, as a config variable:",
                exact=("PIP_INDEX_URL=https://user:token@index.example/simple",),
            ),
        ),
        407: (
            "The proxy requires a user name and password",
            Step(
                text="Put them into the address of the proxy, as a config variable:",
                exact=("HTTPS_PROXY=http://user:password@proxy.example:8080",),
            ),
        ),
    }.get(
        error.status,
        (
            "The server denies access",
            Step(text="Check what the token may read, and whether a proxy blocks the address."),
        ),
    )
    return Message(
        title=f"Access to packages is denied (status {error.status})",
        found=f"A request to {error.index} was rejected. {meaning}.",
        steps=(
            step,
            Step(text="If the token or password has expired, create a new one."),
        ),
    )


@explain.register
def _compiler(error: CompilerMissing) -> Message:
    # pkg-config is missed in the same words as the libraries that it looks for.
    also = ", or a library that it looks for" if error.program == "pkg-config" else ""
    return Message(
        title=f"Building {error.package} needs {error.program}",
        found=f"{_built(error)} did not find {error.program} on this image{also}.",
        steps=(*_ways_out(error),),
    )


@explain.register
def _header(error: HeaderMissing) -> Message:
    return Message(
        title=f"Building {error.package} needs {error.header}",
        found=f"{_built(error)} did not find the C header {error.header} on this image.",
        steps=(*_ways_out(error),),
    )


@explain.register
def _python_headers(error: PythonHeadersMissing) -> Message:
    return Message(
        title=f"Building {error.package} needs Python.h",
        found=f"{_built(error)} did not find the C headers of the Python that it uses. Most "
        "images have Python without its headers.",
        steps=(
            Step(
                text="Let uv download a Python, which has its headers. In pyproject.toml:",
                exact=("[tool.slipway]", 'python_source = "managed"'),
            ),
            *_ways_out(error),
        ),
    )


def _ways_out(
    error: CompilerMissing | HeaderMissing | PythonHeadersMissing,
) -> tuple[Step, ...]:
    package = error.package
    debian = error.debian.split(" and ") if error.debian else []
    packages = "packages" if len(debian) > 1 else "package"
    install = (
        Step(
            text=f"Install the Debian {packages}. On Heroku and Dokku, add the apt buildpack "
            f"in front of this one, and name the {packages} in the app's Aptfile:",
            exact=tuple(debian),
        )
        if debian
        else Step(
            text="Install the Debian package that contains the header. On Heroku and Dokku, "
            "the apt buildpack does that."
        )
    )
    wheel = (
        f"Or vendor a wheel of {package} for this Python instead of its source."
        if error.is_vendored
        else f"Or require a version of {package} that has a wheel for this Python. Some "
        "projects publish wheels under another name, such as psycopg2-binary."
    )
    return install, Step(text=wheel)


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
