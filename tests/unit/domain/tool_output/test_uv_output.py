"""The output of a failed uv becomes the same errors as that of pip."""

from __future__ import annotations

import pytest

from slipway.domain.python.wheel_tags import Target
from slipway.domain.tool_output.uv_output import diagnose_uv
from slipway.errors.app import DiskFull
from slipway.errors.building import BuildProgramMissing, HeaderMissing, PackageBuildFailed
from slipway.errors.dependencies import (
    THE_APP,
    HashesMissing,
    HashMismatch,
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    VersionNotFound,
)
from slipway.errors.fetching import IndexRefused, IndexUnreachable, NotAnArchive
from slipway.errors.stopped import BuildStopped

TARGET = Target(python="3.13.0", platforms=("manylinux_2_36_x86_64", "linux_x86_64"))
NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: "
UNSATISFIABLE = "we can conclude that your requirements are unsatisfiable.\n"
BUILD_FAILED = """\
error: Failed to build `anchor==1.0`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)

         [stderr]
"""


def found(output: str) -> BuildStopped:
    error = diagnose_uv(output, TARGET)
    assert error is not None
    return error


def conflicting(output: str) -> tuple[tuple[str, str], ...]:
    error = found(output)
    assert isinstance(error, ResolutionConflict), error
    return tuple((one.required_by, one.requirement) for one in error.requirements)


def test_two_requirements_of_the_app_conflict() -> None:
    output = f"{NO_SOLUTION}Because you require anchor>=2 and anchor<2, {UNSATISFIABLE}"
    assert conflicting(output) == ((THE_APP, "anchor>=2"), (THE_APP, "anchor<2"))


def test_packages_that_only_lead_to_a_conflict_are_left_out() -> None:
    output = (
        f"{NO_SOLUTION}Because all versions of boat depend on anchor<2 and you require boat, "
        "we can conclude that you require anchor<2.\n"
        f"         And because you require anchor==2.0, {UNSATISFIABLE}"
    )
    assert conflicting(output) == (("boat", "anchor<2"), (THE_APP, "anchor==2.0"))


def test_a_conflict_names_the_versions_of_the_packages() -> None:
    output = (
        f"{NO_SOLUTION}Because boat==5.1 depends on anchor[rope]>=1,<2 and dock==3 depends on "
        "anchor>=2, we can conclude that boat==5.1 and dock==3 are incompatible.\n"
    )
    assert conflicting(output) == (("boat 5.1", "anchor[rope]>=1,<2"), ("dock 3", "anchor>=2"))


def test_a_version_may_end_in_letters() -> None:
    output = (
        f"{NO_SOLUTION}Because celery>=5.1.0b1,<=5.1.0rc1 depends on kombu>=5.1.0b1,<6.0 and "
        "celery>=5.1.0,<=5.2.0b3 depends on kombu>=5.1.0,<6.0, we can conclude that all of:\n"
        "             celery>=5.1.0b1,<=5.2.0b3\n"
        "         depend on kombu>=5.1.0b1,<6.0.\n"
        f"         And because you require celery>=5 and kombu<5, {UNSATISFIABLE}"
    )
    assert conflicting(output) == (
        ("celery>=5.1.0b1,<=5.1.0rc1", "kombu>=5.1.0b1,<6.0"),
        ("celery>=5.1.0,<=5.2.0b3", "kombu>=5.1.0,<6.0"),
        (THE_APP, "kombu<5"),
    )


def test_a_list_without_a_full_stop_is_parsed() -> None:
    output = (
        f"{NO_SOLUTION}Because aio==2.13.0 depends on core>=1.34,<1.35 and aio>=2.14.0 depends "
        "on core>=1.36,<1.37, we can conclude that aio>=2.13.0 depends on one of:\n"
        "             core>=1.34,<1.35\n             core>=1.36,<1.37\n\n"
        "         And because boto==1.26.0 depends on core>=1.29.0,<1.30.0 and you require "
        f"boto==1.26.0, {UNSATISFIABLE}"
    )
    assert conflicting(output) == (
        ("aio 2.13.0", "core>=1.34,<1.35"),
        ("aio>=2.14.0", "core>=1.36,<1.37"),
        ("boto 1.26.0", "core>=1.29.0,<1.30.0"),
    )


def test_only_the_oldest_and_newest_of_many_versions_are_named() -> None:
    versions = ["5.10.0", "5.2.0rc1", "5.3.0", "5.0.0", "5.4.0"]
    clauses = [f"celery=={version} depends on kombu>={version}" for version in versions]
    clauses.append("celery==5.0.6 has no usable wheels")
    reasons = f"{' and '.join(clauses)} and you require kombu<5"
    assert conflicting(f"{NO_SOLUTION}Because {reasons}, {UNSATISFIABLE}") == (
        ("celery 5.0.0", "kombu>=5.0.0"),
        ("celery 5.10.0", "kombu>=5.10.0"),
        (THE_APP, "kombu<5"),
    )


@pytest.mark.parametrize(
    "place", ["package registry", "provided package locations"], ids=["index", "folders"]
)
def test_an_unknown_package_is_not_found(place: str) -> None:
    output = (
        f"{NO_SOLUTION}Because anchor was not found in the {place} and you require "
        f"anchor, {UNSATISFIABLE}"
    )
    error = found(output)
    assert isinstance(error, PackageNotFound)
    assert error.requirement == "anchor"


@pytest.mark.parametrize(
    "because",
    [
        "there is no version of six==99 and you require six==99",
        "only six<=1.17 is available and you require six==99",
        "only six<=1.17 is available and boat==5.1 depends on six==99",
        (
            "six==99 has no usable wheels and only the following versions of six are "
            "available:\n             six<=1.17\n             six>=99\n         we can "
            "conclude that six==99 cannot be used.\n         And because you require six==99"
        ),
    ],
)
def test_no_version_fits(because: str) -> None:
    error = found(f"{NO_SOLUTION}Because {because}, {UNSATISFIABLE}")
    assert isinstance(error, VersionNotFound)
    assert error.requirement == "six==99"


def test_a_package_only_has_wheels_for_other_pythons() -> None:
    output = (
        f"{NO_SOLUTION}Because tensors==2.5.0 has no wheels with a matching Python ABI tag "
        f"(e.g., `cp313`) and you require tensors==2.5.0, {UNSATISFIABLE}\n"
        "hint: You require CPython 3.13 (`cp313`), but we only found wheels for `tensors` "
        "(v2.5.0) with the following Python ABI tags: `cp36m`, `cp38m`\n"
    )
    error = found(output)
    assert isinstance(error, NoWheelForPython)
    assert error.requirement == "tensors==2.5.0"
    assert error.needs == ("2.5.0 only has wheels for cp36m, cp38m",)


@pytest.mark.parametrize(
    "because",
    [
        "newer==1.1 requires Python >=3.14 and only newer==1.1 is available",
        (
            "the current Python version (3.13.0) does not satisfy Python>=3.14 and newer==1.1 "
            "depends on Python>=3.14"
        ),
    ],
)
def test_a_package_is_for_other_pythons(because: str) -> None:
    error = found(f"{NO_SOLUTION}Because {because}, {UNSATISFIABLE}")
    assert isinstance(error, NoWheelForPython)
    assert error.needs == ("newer==1.1 needs Python >=3.14",)
    assert error.python == "3.13.0"


def test_a_file_has_another_hash() -> None:
    output = (
        "error: Failed to download `anchor==1.0`\n"
        "  cause: Hash mismatch for `anchor==1.0`\n\n"
        f"         Expected:\n           sha256:{'01' * 32}\n           sha256:{'02' * 32}\n\n"
        f"         Computed:\n           sha256:{'ab' * 32}\n"
    )
    error = found(output)
    assert isinstance(error, HashMismatch)
    assert (error.package, error.got) == ("anchor==1.0", "ab" * 32)
    assert error.expected == ("01" * 32, "02" * 32)


@pytest.mark.parametrize(
    "rest",
    [
        "hash, but none were provided for: anchor==1.0",
        "their versions pinned with `==`, but found: anchor==1.0",
    ],
)
def test_a_line_has_no_hash(rest: str) -> None:
    error = found(f"error: In `--require-hashes` mode, all requirements must have {rest}\n")
    assert isinstance(error, HashesMissing)
    assert error.requirements == ("anchor==1.0",)


def test_an_index_refuses_access() -> None:
    output = (
        "error: Failed to fetch: https://****@index.example/files/a.whl\n  cause: HTTP status "
        "client error (403 Forbidden) for url (https://u:secret@index.example/files/a.whl)\n"
    )
    error = found(output)
    assert isinstance(error, IndexRefused)
    assert (error.status, error.index) == (403, "https://****@index.example/files/a.whl")


def test_an_index_fails() -> None:
    output = (
        "error: Failed to fetch: http://index.example/simple/a/\n  cause: HTTP status server "
        "error (500 Internal Server Error) for url (http://index.example/simple/a/)\n"
    )
    error = found(output)
    assert isinstance(error, IndexUnreachable)
    assert error.reason == "the server answers with status 500 (Internal Server Error)"


def test_an_index_cannot_be_reached() -> None:
    output = (
        "error: Failed to fetch: http://u:secret@index.example/simple/a/\n"
        "  cause: error sending request for url (http://index.example/simple/a/)\n"
        "  cause: client error (Connect)\n  cause: tcp connect error\n"
        "  cause: Connection refused (os error 111)\n"
    )
    error = found(output)
    assert isinstance(error, IndexUnreachable)
    assert error.index == "http://****@index.example/simple/a/"
    assert error.reason == "Connection refused (os error 111)"


def test_a_header_is_missing() -> None:
    output = f"{BUILD_FAILED}code.c:1:10: fatal error: re2/re2.h: No such file or directory\n"
    error = found(output)
    assert isinstance(error, HeaderMissing)
    assert (error.package, error.debian) == ("anchor", ("libre2-dev",))


def test_a_compiler_is_missing() -> None:
    output = (
        f"{BUILD_FAILED}error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'\n"
    )
    error = found(output)
    assert isinstance(error, BuildProgramMissing)
    assert (error.package, error.program) == ("anchor", "gcc")


def test_a_failed_build_names_its_package() -> None:
    error = found(f"{BUILD_FAILED}         RuntimeError: no chain\n")
    assert isinstance(error, PackageBuildFailed)
    assert (error.package, error.version) == ("anchor", "1.0")
    assert error.output[-1].strip() == "RuntimeError: no chain"


@pytest.mark.parametrize(
    "reason", ["No space left on device (os error 28)", "Disk quota exceeded (os error 122)"]
)
def test_a_disk_is_full(reason: str) -> None:
    assert isinstance(found(f"error: Failed to install: a.whl\n  cause: {reason}\n"), DiskFull)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "error: something new\n",
        (
            "error: Failed to fetch: http://h.example/a.whl\n  cause: HTTP status server error "
            "(501 Unsupported method ('HEAD')) for url (http://h.example/a.whl)\n"
        ),
        (
            "error: Failed to fetch: https://h.example/simple/a/\n  cause: client error "
            "(Connect)\n  cause: invalid peer certificate: UnknownIssuer\n"
        ),
    ],
    ids=["nothing", "unknown", "no HEAD", "certificate"],
)
def test_errors_that_pip_may_not_have_are_not_diagnosed(output: str) -> None:
    assert diagnose_uv(output, TARGET) is None


def test_a_damaged_file_is_not_an_archive() -> None:
    output = (
        "error: Failed to download `anchor==1.0`\n"
        "  cause: Failed to extract archive: anchor-1.0-py3-none-any.whl\n"
        "  cause: ZIP file contains trailing contents after the last record\n"
    )
    error = found(output)
    assert isinstance(error, NotAnArchive)
    assert error.address == "anchor-1.0-py3-none-any.whl"


NOT_AUTHORIZED = (
    "An index URL (http://h.example/simple) could not be queried due to a lack of valid "
    "authentication credentials (401 Unauthorized)"
)
FORBIDDEN = (
    "An index (http://h.example/simple) returned a 403 Forbidden error. Check that the index "
    "URL is correct and the credentials are valid."
)


@pytest.mark.parametrize(("hint", "status"), [(NOT_AUTHORIZED, 401), (FORBIDDEN, 403)])
def test_a_package_may_be_on_an_index_that_refuses_access(hint: str, status: int) -> None:
    refused = found(
        f"{NO_SOLUTION}Because six was not found in the package registry and you require "
        f"six==1.17.0, {UNSATISFIABLE}\nhint: {hint}\n"
    )
    assert isinstance(refused, IndexRefused)
    assert (refused.index, refused.status) == ("http://h.example/simple", status)


def test_a_package_is_missing_if_a_variable_forbids_the_network() -> None:
    output = (
        f"{NO_SOLUTION}Because six was not found in the cache and you require six, "
        f"{UNSATISFIABLE}\n"
        "hint: Packages were unavailable because the network was disabled. When the network is "
        "disabled, registry packages may only be read from the cache.\n"
    )
    error = found(output)
    assert isinstance(error, PackageNotFound)
    assert error.requirement == "six"
