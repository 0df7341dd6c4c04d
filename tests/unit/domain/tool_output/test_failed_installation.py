"""The same failure has the same cause, whichever tool reports it; the outputs are real ones."""

from __future__ import annotations

import pytest

from slipway.domain.python.wheel_tags import Target
from slipway.domain.tool_output.pip_output import diagnose
from slipway.domain.tool_output.uv_output import diagnose_uv
from slipway.errors.building import PackageBuildFailed
from slipway.errors.dependencies import (
    FilesExcluded,
    NotForThisPlatform,
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    VersionNotFound,
)
from slipway.errors.fetching import (
    FetchProgramMissing,
    FileNotOnServer,
    IndexBusy,
    IndexPageInvalid,
    IndexRefused,
    IndexUnreachable,
    NameDiffers,
    NotAnArchive,
    NotAPackage,
    RepositoryNotFetched,
    RevisionNotFound,
)
from slipway.errors.stopped import BuildStopped

TARGET = Target(
    python="3.12.1",
    platforms=("manylinux_2_36_x86_64", "manylinux2014_x86_64", "linux_x86_64"),
    supported=("3.14", "3.13", "3.12", "3.11", "3.10"),
)
PAGE = "https://index.example/simple/anchor/"
FILE = "https://index.example/files/anchor-1.0-py3-none-any.whl"


def not_found(*log: str, versions: str = "none", requirement: str = "anchor==1.0") -> str:
    """Return the output of pip-compile for a requirement that nothing meets."""
    lines = "".join(f"{line}\n" for line in log)
    return (
        "  ERROR: Could not find a version that satisfies the requirement "
        f"{requirement} (from versions: {versions})\n{lines}"
        f"Skipping link: not a file: {PAGE}\n"
        f"ERROR: No matching distribution found for {requirement}\n"
    )


def skipped(name: str, reason: str = "none of the wheel's tags (x) are compatible") -> str:
    address = f"https://index.example/files/{name}#sha256=0b"
    return f"Skipping link: {reason}: {address} (from {PAGE})"


def page_failed(reason: str) -> str:
    return not_found(f"Could not fetch URL {PAGE}: {reason} - skipping")


def uv_fetch_failed(url: str, *causes: str) -> str:
    lines = "".join(f"  cause: {cause}\n" for cause in causes)
    return (
        "error: Request failed after 3 retries in 11.6s\n"
        f"  cause: Failed to fetch: {url}\n{lines}"
    )


def uv_status(url: str, kind: str, status: str) -> str:
    return uv_fetch_failed(url, f"HTTP status {kind} error ({status}) for url ({url})")


def uv_no_solution(because: str, hint: str = "") -> str:
    return (
        f"error: No solution found when resolving dependencies\n  cause: Because {because}, we "
        f"can conclude that your requirements are unsatisfiable.\n{hint}"
    )


def checkout_failed(said: str, command: str = "clone --quiet https://h.example/x.git") -> str:
    return (
        "Collecting anchor\n  Cloning https://h.example/x.git to /tmp/x\n"
        f"  Running command git {command}\n{said}  error: subprocess-exited-with-error\n  \n"
        f"  \N{MULTIPLICATION SIGN} git {command} did not run successfully.\n"
        "  note: This error originates from a subprocess, and is likely not a problem.\n"
        f"ERROR: Failed to build 'anchor' when git {command}\n"
    )


TIMES = (
    "Max retries exceeded with url: /files/anchor.whl (Caused by ResponseError('too many 500"
)
REFUSED = "Connection refused (os error 111)"
SENDING = f"error sending request for url ({PAGE})"
WINDOWS = (
    skipped("anchor-1.0-cp311-cp311-win_amd64.whl"),
    skipped("anchor-1.0-cp312-cp312-win_amd64.whl"),
)


@pytest.mark.parametrize(
    ("pip", "uv", "expected"),
    [
        pytest.param(
            page_failed(f"429 Client Error: Too Many Requests for url: {PAGE}"),
            uv_status(PAGE, "client", "429 Too Many Requests"),
            IndexBusy,
            id="busy",
        ),
        pytest.param(
            f"    ERROR: HTTP error 429 while getting {FILE}#sha256=5d (from {PAGE})\n",
            uv_status(FILE, "client", "429 Too Many Requests"),
            IndexBusy,
            id="busy for a file",
        ),
        pytest.param(
            page_failed(
                "HTTPConnectionPool(host='h', port=1): Max retries exceeded with url: /x/ "
                "(Caused by ResponseError('too many 503 error responses'))"
            ),
            uv_status(PAGE, "server", "503 Service Unavailable"),
            IndexUnreachable,
            id="broken",
        ),
        pytest.param(
            f"ERROR: HTTPConnectionPool(host='h', port=1): {TIMES} error responses'))\n",
            uv_status(FILE, "server", "500 Internal Server Error"),
            IndexUnreachable,
            id="broken for a file",
        ),
        pytest.param(
            f"    ERROR: HTTP error 404 while getting {FILE}#sha256=5d (from {PAGE})\n",
            uv_status(FILE, "client", "404 Not Found"),
            FileNotOnServer,
            id="file missing",
        ),
        pytest.param(
            f"    ERROR: HTTP error 403 while getting {FILE}#sha256=5d (from {PAGE})\n",
            uv_status(FILE, "client", "403 Forbidden"),
            IndexRefused,
            id="refused for a file",
        ),
        pytest.param(
            "ERROR: Download failed after 6 attempts because not enough bytes were received "
            f"(447 bytes/1.4 kB)\nURL: {FILE}\n",
            uv_fetch_failed(
                PAGE,
                f"error decoding response body for url ({PAGE})",
                "error reading a body from connection",
                "end of file before message length reached",
            ),
            IndexUnreachable,
            id="cut",
        ),
        pytest.param(
            "ERROR: Download failed after 6 attempts because not enough bytes were received\n",
            "error: Failed to download `anchor==1.0`\n"
            "  cause: Failed to write to the distribution cache\n"
            "  cause: error decoding response body\n"
            "  cause: end of file before message length reached\n",
            IndexUnreachable,
            id="cut in an installation",
        ),
        pytest.param(
            page_failed("connection error: the connection was closed without a reply."),
            uv_fetch_failed(
                PAGE,
                SENDING,
                "client error (SendRequest)",
                "connection closed before message completed",
            ),
            IndexUnreachable,
            id="closed",
        ),
        pytest.param(
            page_failed("index.example didn't respond within 15 seconds"),
            uv_fetch_failed(PAGE, SENDING, "operation timed out"),
            IndexUnreachable,
            id="silent",
        ),
        pytest.param(
            page_failed("connection error: [Errno 111] Connection refused"),
            uv_fetch_failed(PAGE, SENDING, "client error (Connect)", REFUSED),
            IndexUnreachable,
            id="no connection",
        ),
        pytest.param(
            not_found(*WINDOWS),
            uv_no_solution(
                "anchor==1.0 has no wheels with a matching platform tag (e.g., "
                "`manylinux_2_36_x86_64`) and you require anchor==1.0",
                "hint: Wheels are available for `anchor` (v1.0) on the following platform: "
                "`win_amd64`\n",
            ),
            NotForThisPlatform,
            id="other platform",
        ),
        pytest.param(
            not_found(skipped("anchor-1.0-cp38-cp38-manylinux2014_x86_64.whl")),
            uv_no_solution(
                "anchor==1.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and "
                "you require anchor==1.0",
                "hint: You require CPython 3.12 (`cp312`), but we only found wheels for "
                "`anchor` (v1.0) with the following Python ABI tag: `cp38`\n",
            ),
            NoWheelForPython,
            id="other Python",
        ),
        pytest.param(
            not_found(versions="0.9, 1.1", requirement="anchor==99"),
            uv_no_solution("there is no version of anchor==99 and you require anchor==99"),
            VersionNotFound,
            id="no version",
        ),
        pytest.param(
            page_failed(f"404 Client Error: Not Found for url: {PAGE}"),
            uv_no_solution(
                "anchor was not found in the package registry and you require anchor"
            ),
            PackageNotFound,
            id="no package",
        ),
    ],
)
def test_both_tools_have_the_same_cause(
    pip: str, uv: str, expected: type[BuildStopped]
) -> None:
    assert type(diagnose(pip, TARGET)) is expected
    assert type(diagnose_uv(uv, TARGET)) is expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            "ERROR: Exceeded 30 redirects.\nURL: https://h.example/a\n",
            IndexUnreachable(index="https://h.example/a", reason="it redirects in a loop"),
            id="redirects of pip-compile",
        ),
        pytest.param(
            "pip._vendor.requests.exceptions.TooManyRedirects: Exceeded 30 redirects.\n",
            IndexUnreachable(index="a server", reason="it redirects in a loop"),
            id="redirects of pip",
        ),
        pytest.param(
            "\N{MULTIPLICATION SIGN} Failed to connect to h.example while fetching https://h.example/x.zip\n"
            "╰─> [Errno 111] Connection refused\n",
            IndexUnreachable(
                index="https://h.example/x.zip", reason="[Errno 111] Connection refused"
            ),
            id="no connection for a file",
        ),
        pytest.param(
            not_found(f"Skipping link: not a file: https://index.example/login (from {PAGE})"),
            IndexPageInvalid(
                index=PAGE, requirement="anchor==1.0", reason="lists no files of it"
            ),
            id="sign-in page",
        ),
        pytest.param(
            not_found(
                f"  WARNING: Skipping page {PAGE} because the GET request got Content-Type: "
                "application/json. The only supported Content-Types are text/html"
            ),
            IndexPageInvalid(
                index=PAGE,
                requirement="anchor==1.0",
                reason="has the type application/json, not that of a list of files",
            ),
            id="page of another type",
        ),
        pytest.param(
            not_found(skipped("anchor-1.0.tar.gz", "No sources permitted for anchor")),
            FilesExcluded(requirement="anchor==1.0", option="--only-binary"),
            id="sources excluded",
        ),
        pytest.param(
            not_found(
                skipped("anchor-1.0-py3-none-any.whl", "No binaries permitted for anchor")
            ),
            FilesExcluded(requirement="anchor==1.0", option="--no-binary"),
            id="wheels excluded",
        ),
        pytest.param(
            not_found(*WINDOWS, versions="0.9, 0.10, 1.1rc1"),
            NotForThisPlatform(
                requirement="anchor==1.0",
                platform="Linux on x86_64 (glibc 2.36)",
                supported=("Windows",),
                versions=("0.10", "0.9"),
                marker='sys_platform == "win32"',
            ),
            id="versions are sorted as versions",
        ),
        pytest.param(
            not_found(*WINDOWS, skipped("anchor-1.0-1.tar.gz", "1.0 Requires-Python >=3.13")),
            NotForThisPlatform(
                requirement="anchor==1.0",
                platform="Linux on x86_64 (glibc 2.36)",
                supported=("Windows",),
                marker='sys_platform == "win32"',
            ),
            id="platform before Python",
        ),
        pytest.param(
            not_found(
                skipped("anchor-1.0-cp313-cp313-manylinux2014_x86_64.whl"),
                skipped("anchor-1.0-cp311-cp311-win_amd64.whl"),
                skipped("anchor-1.0-cp39-cp39-manylinux2014_x86_64.whl"),
            ),
            NoWheelForPython(
                requirement="anchor==1.0",
                python="3.12.1",
                needs=("1.0 only has wheels for cp39, cp313",),
                pythons=("3.13",),
            ),
            id="only Pythons that an app can have here",
        ),
        pytest.param(
            not_found(skipped("anchor-1.0-cp311-cp311-win_amd64.whl")),
            NotForThisPlatform(
                requirement="anchor==1.0",
                platform="Linux on x86_64 (glibc 2.36)",
                supported=("Windows",),
                marker='sys_platform == "win32"',
            ),
            id="other platform and other Python",
        ),
        pytest.param(
            not_found(*WINDOWS, requirement="anchor>=2"),
            VersionNotFound(requirement="anchor>=2", versions=()),
            id="files of other versions do not count",
        ),
        pytest.param(
            not_found(*WINDOWS, requirement="anchor==1.0 (from boat)"),
            NotForThisPlatform(
                requirement="anchor==1.0",
                platform="Linux on x86_64 (glibc 2.36)",
                supported=("Windows",),
                marker='sys_platform == "win32"',
                required_by="boat",
            ),
            id="requirement of a package",
        ),
        pytest.param(
            not_found(*WINDOWS).replace("ERROR: No matching", "ERROR: Other")
            + "\nThe conflict is caused by:\n    boat 5.1 depends on anchor>0.5\n"
            "    The user requested anchor<2\n\nAdditionally, some packages in these conflicts "
            "have no matching distributions available for your environment:\n    anchor\n",
            NotForThisPlatform(
                requirement="anchor>0.5",
                platform="Linux on x86_64 (glibc 2.36)",
                supported=("Windows",),
                marker='sys_platform == "win32"',
                required_by="boat 5.1",
            ),
            id="no conflict, but no file",
        ),
        pytest.param(
            "  ERROR: Could not find a version that satisfies the requirement hatchlingg (from "
            "versions: none)\n  ERROR: No matching distribution found for hatchlingg\n"
            "ERROR: Failed to build 'anchor' when installing build dependencies\n",
            PackageNotFound(requirement="hatchlingg", required_by="the build of anchor"),
            id="requirement of a build",
        ),
        pytest.param(
            "ERROR: Could not find a version that satisfies the requirement wsgiref (from "
            "versions: none)\nERROR: No matching distribution found for wsgiref\n",
            PackageNotFound(requirement="wsgiref", successor="Python itself has wsgiref"),
            id="superseded",
        ),
        pytest.param(
            "Obtaining thing from hg+https://h.example/thing#egg=thing (from -r r.txt)\n"
            "ERROR: Cannot find command 'hg' - do you have 'hg' installed and in your PATH?\n",
            FetchProgramMissing(
                program="hg", address="thing from hg+https://h.example/thing#egg=thing"
            ),
            id="no program",
        ),
        pytest.param(
            checkout_failed(
                "  error: pathspec 'nowhere' did not match any file(s) known to git\n",
                "checkout -q nowhere",
            ),
            RevisionNotFound(revision="nowhere", address="https://h.example/x.git"),
            id="no revision",
        ),
        pytest.param(
            checkout_failed("  fatal: could not read Username for 'https://h.example'\n"),
            RepositoryNotFetched(
                address="https://h.example/x.git",
                output=("  fatal: could not read Username for 'https://h.example'",),
                is_refused=True,
            ),
            id="password",
        ),
        pytest.param(
            checkout_failed(
                "  fatal: unable to access 'x': Could not resolve host: h.example\n"
            ),
            RepositoryNotFetched(
                address="https://h.example/x.git",
                output=("  fatal: unable to access 'x': Could not resolve host: h.example",),
            ),
            id="no host",
        ),
        pytest.param(
            checkout_failed(
                "  git@h.example: Permission denied (publickey).\n"
                "  fatal: Could not read from remote repository.\n"
            ),
            RepositoryNotFetched(
                address="https://h.example/x.git",
                output=(
                    "  git@h.example: Permission denied (publickey).",
                    "  fatal: Could not read from remote repository.",
                ),
                is_refused=True,
            ),
            id="no key",
        ),
        pytest.param(
            checkout_failed(
                "  No ED25519 host key is known for h.example.\n"
                "  Host key verification failed.\n"
                "  fatal: Could not read from remote repository.\n"
            ),
            RepositoryNotFetched(
                address="https://h.example/x.git",
                output=(
                    "  No ED25519 host key is known for h.example.",
                    "  Host key verification failed.",
                    "  fatal: Could not read from remote repository.",
                ),
                is_refused=True,
            ),
            id="unknown host key",
        ),
        pytest.param(
            "Collecting anchor @ https://h.example/a.zip (from -r d.txt (line 1))\n"
            "ERROR: Exception:\nzipfile.BadZipFile: File is not a zip file\n",
            NotAnArchive(address="anchor @ https://h.example/a.zip"),
            id="no archive",
        ),
        pytest.param(
            "ERROR: git+https://h.example/x#subdirectory=nope (from -r d.txt) does not "
            "appear to be a Python project: neither 'setup.py' nor 'pyproject.toml' found.\n",
            NotAPackage(address="git+https://h.example/x#subdirectory=nope"),
            id="no package",
        ),
        pytest.param(
            "Collecting boat @ git+https://h.example/x (from -r d.txt (line 1))\n"
            "Discarding git+https://h.example/x: Requested anchor from git+https://h.example/x "
            "has inconsistent name: expected 'boat', but metadata has 'anchor'\n"
            "ERROR: No matching distribution found for boat (unavailable)\n",
            NameDiffers(
                required="boat", name="anchor", address="boat @ git+https://h.example/x"
            ),
            id="another name",
        ),
    ],
)
def test_pip_has_the_cause(output: str, expected: BuildStopped) -> None:
    found = diagnose(output, TARGET)
    assert type(found) is type(expected)
    assert vars(found) == vars(expected)


def test_a_failed_page_of_another_package_is_not_the_cause_of_a_conflict() -> None:
    output = (
        "Could not fetch URL https://other.example/simple/idna/: 401 Client Error: X "
        "for url: https://other.example/simple/idna/ - skipping\n"
        "\nThe conflict is caused by:\n    The user requested anchor==1\n"
        "    The user requested anchor==2\n\n"
    )
    assert isinstance(diagnose(output, TARGET), ResolutionConflict)


def test_a_failed_build_is_the_cause_only_if_nothing_else_is() -> None:
    failed = "ERROR: Failed to build 'anchor' when getting requirements to build wheel\n"
    assert isinstance(diagnose(failed, TARGET), PackageBuildFailed)
    full = f"OSError: [Errno 28] No space left on device\n{failed}"
    assert not isinstance(diagnose(full, TARGET), PackageBuildFailed)
