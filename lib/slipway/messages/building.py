"""Words for errors of package builds, and of requests to a package index."""

from __future__ import annotations

from slipway.errors.building import (
    CompilerMissing,
    HeaderMissing,
    IndexNotTrusted,
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
                text="Or check the URL in PIP_INDEX_URL, in PIP_EXTRA_INDEX_URL or in the requirements, and the proxy settings."
            ),
        ),
    )


@explain.register
def _not_trusted(error: IndexNotTrusted) -> Message:
    return Message(
        title="Packages cannot be downloaded",
        found=f"The URL of the index on {error.host} begins with http://, not https://; pip uses "
        "such an index only if PIP_TRUSTED_HOST names its host.",
        steps=(
            Step(text="Use the https URL of the index."),
            Step(
                text="Or set a config variable, and the index is used without encryption:",
                exact=(f"PIP_TRUSTED_HOST={error.host}",),
            ),
        ),
    )


@explain.register
def _refused(error: IndexRefused) -> Message:
    meaning, step = {
        401: (
            "The user name, or the token or password, is missing or wrong",
            Step(
                text="Put the user name, and the token or password, into the URL of the index, as a config variable:",
                exact=("PIP_INDEX_URL=https://user:token@index.example/simple",),
            ),
        ),
        407: (
            "The user name or password for the proxy is missing or wrong",
            Step(
                text="Put them into the URL of the proxy, as a config variable:",
                exact=("HTTPS_PROXY=http://user:password@proxy.example:8080",),
            ),
        ),
    }.get(
        error.status,
        (
            "The server denies access",
            Step(text="Check what the user may read, and whether a proxy blocks the URL."),
        ),
    )
    secret = "password" if error.status == 407 else "token or password"
    return Message(
        title=f"Access to packages is denied (status {error.status})",
        found=f"A request to {error.index} was rejected. {meaning}.",
        steps=(
            step,
            Step(text=f"Or, if the {secret} has expired, create a new one."),
        ),
    )


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
            _use_an_image(error.debian)
            if error.debian
            else Step(
                text="If a Debian package contains the header, install it on the image that "
                "builds the app."
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
