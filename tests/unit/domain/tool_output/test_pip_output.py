"""The output of a failed pip becomes an error; the texts are those of pip 26.3."""

from __future__ import annotations

import pytest

from slipway.domain.python.wheel_tags import Target
from slipway.domain.tool_output.pip_output import diagnose
from slipway.errors.app import DiskFull
from slipway.errors.building import (
    BuildLibraryMissing,
    BuildProgramMissing,
    HeaderMissing,
    PackageBuildFailed,
)
from slipway.errors.dependencies import (
    THE_APP,
    HashesMissing,
    HashMismatch,
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    VersionNotFound,
)
from slipway.errors.fetching import IndexNotTrusted, IndexRefused, IndexUnreachable
from slipway.errors.stopped import BuildStopped
from unit.samples import required

PYTHON = "3.11.2"
TARGET = Target(
    python=PYTHON,
    platforms=("manylinux_2_36_x86_64", "manylinux_2_17_x86_64", "linux_x86_64"),
    supported=("3.13", "3.12", "3.11", "3.10"),
)
INDEX = "https://index.example/simple"


def not_found(requirement: str, versions: str, log: str) -> str:
    """Return the output of pip-compile, with pip's verbose log."""
    return (
        "  ERROR: Could not find a version that satisfies the requirement "
        f"{requirement} (from versions: {versions})\n{log}"
        f"Skipping link: not a file: {INDEX}/six/\n"
        f"ERROR: No matching distribution found for {requirement}\n"
    )


def not_fetched(reason: str, index: str = INDEX) -> str:
    return not_found("six", "none", f"Could not fetch URL {index}/six/: {reason} - skipping\n")


def built(package: str, reason: str) -> str:
    """Return the output of `pip wheel`."""
    return (
        f"Building wheels for collected packages: {package}\n"
        f"  Building wheel for {package} (pyproject.toml): started\n"
        f"  Building wheel for {package} (pyproject.toml): finished with status 'error'\n"
        f"Failed to build {package}\n"
        "  error: subprocess-exited-with-error\n  \n"
        f"  x Building wheel for {package} (pyproject.toml) did not run successfully.\n"
        f"  │ exit code: 1\n  ╰─> [6 lines of output]\n      {reason}\n"
        "      [end of output]\n  \n"
        f"  ERROR: Failed building wheel for {package}\n"
        "ERROR: Failed to build one or more wheels\n"
    )


CONFLICT = """\
  ERROR: Cannot install -r requirements.in (line 1) and idna==2.4 because these package \
versions have conflicting dependencies.

The conflict is caused by:
    The user requested idna==2.4
    requests 2.32.3 depends on idna<4 and >=2.5

Additionally, some packages in these conflicts have no matching distributions available for \
your environment:
    idna

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/
"""
WITH_CONSTRAINT = """\
The conflict is caused by:
    The user requested django>=5
    The user requested django>=5
    The user requested (constraint) django<5
    something that pip may write one day

To fix this you could try to:
"""
MISMATCH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated \
the package versions, please update the hashes. Otherwise, examine the package contents \
carefully; someone may have tampered with them.
    six==1.17.0 from https://files.example/six.whl#sha256=47 (from -r lock.txt (line 1)):
        Expected sha256 0123
        Expected     or 4567
             Got        4721
"""
WITHOUT_HASH = """\
ERROR: Hashes are required in --require-hashes mode, but they are missing from some \
requirements. Here is a list of those requirements along with the hashes their downloaded \
archives actually had. Add lines like these to your requirements files to prevent tampering. \
(If you did not enable --require-hashes manually, note that it turns on automatically when any \
package has a hash.)
    idna==3.10 --hash=sha256:946d
Skipping link: not a file: https://index.example/simple/six/
"""
UNPINNED = """\
ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. \
These do not:
    idna>=3 from https://files.example/idna.whl (from requests==2 ->-r lock.txt (line 1))
    certifi from https://files.example/certifi.whl (from requests==2)
"""
OTHER_PYTHON = not_found(
    "django==6.0",
    "5.2.7, 5.2.8",
    "Skipping link: 6.0 Requires-Python >=3.12: https://f.example/django-6.0.tar.gz#sha256=1\n"
    "Skipping link: 6.0 Requires-Python >=3.12: https://f.example/django-6.0-py3-none-any.whl\n"
    "Skipping link: 6.0.1 Requires-Python >=3.12: https://f.example/django-6.0.1.tar.gz\n",
)
TAGS = (
    "Skipping link: none of the wheel's tags ({}) are compatible (run pip debug): "
    "https://f.example/{}#sha256=b (from {})\n"
)
OTHER_TAGS = not_found(
    "numpy==1.19.5",
    "1.3.0",
    TAGS.format("cp36", "numpy-1.19.5-cp36-cp36m-linux_x86_64.whl", INDEX)
    + TAGS.format("cp39", "numpy-1.19.5-1-cp39.pp39-cp39-linux_x86_64.whl", INDEX)
    + TAGS.format("cp315", "numpy-2.5.5-cp315-cp315t-win_arm64.whl", INDEX),
)
ANY_VERSION = not_found(
    "name",
    "none",
    "Skipping link: 1.0 Requires-Python <3.9: https://f.example/name-1.0.tar.gz\n"
    + TAGS.format("cp27", "name-0.9-cp27-cp27m-linux_x86_64.whl", INDEX),
)
OTHER_PACKAGES_SKIPPED = not_found(
    "no-such-name",
    "none",
    "Skipping link: 6.0 Requires-Python >=3.12: https://f.example/django-6.0.tar.gz\n"
    "Skipping link: 6.0 Requires-Python >=3.12: https://f.example/no-such-name-at-all-6.0.tar.gz\n"
    + TAGS.format("cp36", "numpy-1.19.5-cp36-cp36m-linux_x86_64.whl", INDEX),
)
PKG_CONFIG = """\
        Exception: Can not find valid pkg-config name.
        Specify MYSQLCLIENT_CFLAGS and MYSQLCLIENT_LDFLAGS env vars manually
        [end of output]
ERROR: Failed to build 'mysqlclient' when getting requirements to build wheel
"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            CONFLICT,
            ResolutionConflict(
                requirements=required(
                    (THE_APP, "idna==2.4"), ("requests 2.32.3", "idna<4 and >=2.5")
                )
            ),
            id="conflict",
        ),
        pytest.param(
            WITH_CONSTRAINT,
            ResolutionConflict(
                requirements=required((THE_APP, "django>=5"), (THE_APP, "django<5"))
            ),
            id="conflict-with-constraint",
        ),
        pytest.param(
            MISMATCH,
            HashMismatch(package="six==1.17.0", expected=("0123", "4567"), got="4721"),
            id="hash-mismatch",
        ),
        pytest.param(
            WITHOUT_HASH,
            HashesMissing(requirements=("idna==3.10 --hash=sha256:946d",)),
            id="hash-missing",
        ),
        pytest.param(
            UNPINNED, HashesMissing(requirements=("idna>=3", "certifi")), id="unpinned"
        ),
        pytest.param(
            not_found("six==99", "1.16.0, 1.17.0", ""),
            VersionNotFound(requirement="six==99", versions=("1.17.0", "1.16.0")),
            id="no-such-version",
        ),
        pytest.param(
            not_fetched(
                "404 Client Error: Not Found for url: https://index.example/simple/six/"
            ),
            PackageNotFound(requirement="six"),
            id="no-such-package",
        ),
        pytest.param(
            "ERROR: No matching distribution found for six>=2 (from app==1)\n",
            PackageNotFound(requirement="six>=2", required_by="app 1"),
            id="no-such-package-of-another",
        ),
        pytest.param(
            OTHER_PYTHON,
            NoWheelForPython(
                requirement="django==6.0",
                python=PYTHON,
                needs=("6.0 needs Python >=3.12",),
                versions=("5.2.8", "5.2.7"),
                pythons=("3.13", "3.12"),
                requires=(">=3.12",),
            ),
            id="other-python",
        ),
        pytest.param(
            OTHER_TAGS,
            NoWheelForPython(
                requirement="numpy==1.19.5",
                python=PYTHON,
                needs=("1.19.5 only has wheels for cp36, cp39, pp39",),
                versions=("1.3.0",),
            ),
            id="other-tags",
        ),
        pytest.param(
            OTHER_PACKAGES_SKIPPED,
            PackageNotFound(requirement="no-such-name"),
            id="files-of-other-packages",
        ),
        pytest.param(
            ANY_VERSION,
            NoWheelForPython(
                requirement="name",
                python=PYTHON,
                needs=("1.0 needs Python <3.9", "0.9 only has wheels for cp27"),
            ),
            id="other-python-for-all-versions",
        ),
        pytest.param(
            "ERROR: Package 'app' requires a different Python: 3.11.2 not in '>=3.12'",
            NoWheelForPython(
                requirement="app", python=PYTHON, needs=("app needs Python >=3.12",)
            ),
            id="other-python-of-a-folder",
        ),
        pytest.param(
            not_fetched("connection error: [Errno 111] Connection refused"),
            IndexUnreachable(
                index=f"{INDEX}/six/", reason="connection error: [Errno 111] Connection refused"
            ),
            id="no-connection",
        ),
        pytest.param(
            not_fetched("connection error: Failed to resolve IP address for 'index.example'"),
            IndexUnreachable(
                index=f"{INDEX}/six/",
                reason="connection error: Failed to resolve IP address for 'index.example'",
            ),
            id="no-such-host",
        ),
        pytest.param(
            "HTTPSConnectionPool(host='index.example', port=443): Max retries exceeded",
            IndexUnreachable(index="index.example", reason="no connection"),
            id="retries-exceeded",
        ),
        pytest.param(
            not_found(
                "six",
                "none",
                "The repository located at h.example is not a trusted or secure\n",
            ),
            IndexNotTrusted(host="h.example"),
            id="not-secure",
        ),
        pytest.param(
            "Max retries exceeded",
            IndexUnreachable(index="the index", reason="no connection"),
            id="retries-without-a-host",
        ),
        pytest.param(
            not_fetched(f"401 Client Error: Unauthorized for url: {INDEX}/six/"),
            IndexRefused(index=f"{INDEX}/six/", status=401),
            id="not-authorized",
        ),
        pytest.param(
            not_fetched(f"403 Client Error: Forbidden for url: {INDEX}/six/"),
            IndexRefused(index=f"{INDEX}/six/", status=403),
            id="forbidden",
        ),
        pytest.param(
            f"ERROR: HTTP error 403 while getting {INDEX}/six.whl (from {INDEX}/six/)",
            IndexRefused(index=f"{INDEX}/six.whl", status=403),
            id="forbidden-file",
        ),
        pytest.param(
            "OSError: [Errno 28] No space left on device: '/srv/x'",
            DiskFull(path="/srv/x"),
            id="disk-full",
        ),
        pytest.param(
            "OSError: [Errno 122] Disk quota exceeded: '/srv/x'",
            DiskFull(path="/srv/x"),
            id="quota-exceeded",
        ),
        pytest.param(
            "ERROR: Could not install packages due to an OSError: [Errno 28] Error",
            DiskFull(path=None),
            id="disk-full-somewhere",
        ),
        pytest.param(
            built(
                "python-ldap",
                "common.h:15:10: fatal error: lber.h: No such file or directory",
            ),
            HeaderMissing(
                package="python-ldap", header="lber.h", debian=("libldap-dev", "libsasl2-dev")
            ),
            id="header",
        ),
        pytest.param(
            built("name", "x.c:1:10: fatal error: a/own-1.h: No such file or directory"),
            HeaderMissing(package="name", header="a/own-1.h"),
            id="header-of-unknown-origin",
        ),
        pytest.param(
            built("psutil", "error: [Errno 2] No such file or directory: '/nowhere/gcc'"),
            BuildProgramMissing(package="psutil", program="gcc", debian=("build-essential",)),
            id="no-compiler-at-its-path",
        ),
        pytest.param(
            built(
                "psutil", "error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'"
            ),
            BuildProgramMissing(package="psutil", program="gcc", debian=("build-essential",)),
            id="no-compiler",
        ),
        pytest.param(
            built("psutil", "error: command 'gcc' failed: No such file or directory"),
            BuildProgramMissing(package="psutil", program="gcc", debian=("build-essential",)),
            id="no-gcc",
        ),
        pytest.param(
            built("scipy", "unable to execute 'gfortran': No such file or directory"),
            BuildProgramMissing(
                package="scipy", program="gfortran", debian=("gfortran", "libopenblas-dev")
            ),
            id="no-fortran",
        ),
        pytest.param(
            built("psycopg2", "Error: pg_config executable not found."),
            BuildProgramMissing(package="psycopg2", program="pg_config", debian=("libpq-dev",)),
            id="no-pg_config",
        ),
        pytest.param(
            built("name", "/bin/sh: 1: curl-config: not found"),
            BuildProgramMissing(
                package="name", program="curl-config", debian=("libcurl4-openssl-dev",)
            ),
            id="no-curl-config",
        ),
        pytest.param(
            built("name", "FileNotFoundError: [Errno 2] No such file or directory: 'cmake'"),
            BuildProgramMissing(package="name", program="cmake", debian=("cmake",)),
            id="no-cmake",
        ),
        pytest.param(
            PKG_CONFIG,
            BuildLibraryMissing(
                package="mysqlclient",
                library="mysqlclient",
                debian=("default-libmysqlclient-dev", "libssl-dev"),
            ),
            id="no-library",
        ),
    ],
)
def test_the_cause_is_found_in_the_output(output: str, expected: BuildStopped) -> None:
    found = diagnose(output, TARGET)
    assert type(found) is type(expected)
    assert {**vars(found), "output": ()} == {**vars(expected), "output": ()}


def test_a_conflict_does_not_name_files_of_the_build() -> None:
    output = (
        "The conflict is caused by:\n    The user requested acme>=2\n"
        "    The user requested (constraint) acme (from file:///x/acme-1.0.whl)\n"
        "    The user requested acme (from file:///y/acme-1.0.whl)\n"
    )
    error = diagnose(output, TARGET)
    assert isinstance(error, ResolutionConflict)
    assert error.requirements == required((THE_APP, "acme>=2"), (THE_APP, "acme"))


@pytest.mark.parametrize(
    ("output", "package"),
    [
        pytest.param(built("name", "no luck"), "name", id="wheel"),
        pytest.param(
            "ERROR: Failed to build 'file:///srv/x/my_package' when getting requirements to "
            "build wheel",
            "my_package",
            id="a-folder-is-named-by-its-last-part",
        ),
        pytest.param("  error: Failed to build 'six' when installing", "six", id="requirement"),
    ],
)
def test_a_failed_build_names_the_package(output: str, package: str) -> None:
    found = diagnose(output, TARGET)
    assert isinstance(found, PackageBuildFailed)
    assert found.package == package
    assert found.output


def test_a_failed_build_has_the_version_that_was_downloaded_last() -> None:
    downloads = (
        "Collecting greenlet>=2 (from -r requirements.txt (line 1))\n"
        "  Downloading https://files.example/a/greenlet-2.0.3.tar.gz (165 kB)\n"
        "  Using cached greenlet-2.0.2.tar.gz (164 kB)\n"
        "  Downloading six-1.16.0-py2.py3-none-any.whl (11 kB)\n"
        "  Downloading setuptools-80.9.0.tar.gz (1.3 MB)\n"
    )
    found = diagnose(downloads + built("greenlet", "no luck"), TARGET)
    assert isinstance(found, PackageBuildFailed)
    assert (found.package, found.version) == ("greenlet", "2.0.2")


@pytest.mark.parametrize("output", ["", "ERROR: something new", "Traceback (most recent call)"])
def test_an_unknown_output_gives_no_error(output: str) -> None:
    assert diagnose(output, TARGET) is None


@pytest.mark.parametrize(
    "reason",
    [
        "401 Client Error: Unauthorized for url: https://u:s3cret@index.example/simple/six/",
        "connection error: https://u:s3cret@index.example/ refused",
    ],
)
def test_no_credential_is_in_a_diagnosis(reason: str) -> None:
    found = diagnose(not_fetched(reason, "https://u:s3cret@index.example/simple"), TARGET)
    assert found is not None
    assert "s3cret" not in str(vars(found))
    assert "index.example" in str(vars(found))
