"""Tests of the Python that an error names."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from slipway.domain.python.fitting import PackageFile, PinnedPackage
from slipway.domain.python.other_python import Suspect, other_python, suspect_of
from slipway.domain.python.requests import combine
from slipway.domain.python.selection import ANY_PYTHON, PythonRequest
from slipway.domain.python.series import MINORS
from slipway.errors.building import HeaderMissing, PackageBuildFailed, PackageTooOld
from slipway.errors.dependencies import FilesExcluded, NoWheelForPython
from slipway.errors.django import ModuleMissing, PackageUnfit
from slipway.errors.locks import LockHasNoFile, LockNotForThisPython
from slipway.errors.python import FittingPython, UnfitForPython
from slipway.errors.stopped import BuildStopped
from slipway.errors.vendored import VendoredNotForThisPython, WheelNotForThisPython

HERE = ("manylinux2014_x86_64", "linux_x86_64")
RELEASES = {minor: ANY_PYTHON.newest_of(minor) for minor in MINORS} | {"3.12": "3.12.1"}
NEWEST = PythonRequest(specifier="==3.13.*", requested="3.13", origin=".python-version")


def package(name: str, version: str, *minors: str, sdist: bool = True) -> PinnedPackage:
    """Return a package with compiled wheels for some Pythons."""
    tags = [f"cp{minor.replace('.', '')}" for minor in minors]
    wheels = [f"{name}-{version}-{tag}-{tag}-manylinux2014_x86_64.whl" for tag in tags]
    files = [*wheels, f"{name}-{version}.tar.gz"] if sdist else wheels
    return PinnedPackage(
        name=name, version=version, files=tuple(PackageFile(file) for file in files)
    )


GREENLET = package("greenlet", "2.0.2", "3.10", "3.11")
SUSPECT = Suspect(
    package=PinnedPackage(name="greenlet", version="2.0.2"), shown="greenlet 2.0.2"
)


def found(
    *pinned: PinnedPackage,
    suspect: Suspect = SUSPECT,
    request: PythonRequest = NEWEST,
    usable: Sequence[str] = MINORS,
) -> FittingPython | None:
    releases = {minor: RELEASES[minor] for minor in usable}
    return other_python(suspect, request, "3.13.0", releases, lambda _: pinned, HERE)


def test_the_newest_python_with_a_wheel_is_found() -> None:
    assert found(GREENLET) == FittingPython(
        minor="3.11",
        package="greenlet 2.0.2",
        known_by="files",
        is_newest=True,
        changes=(".python-version",),
    )


def test_a_python_that_the_app_cannot_have_here_is_not_advised() -> None:
    fitting = found(GREENLET, usable=("3.13", "3.12", "3.10"))
    assert fitting is not None
    assert (fitting.minor, fitting.is_newest) == ("3.10", False)
    assert found(GREENLET, usable=("3.13", "3.12")) is None


def test_a_python_that_another_package_does_not_fit_is_not_advised() -> None:
    fitting = found(GREENLET, package("lxml", "5.3.0", "3.10", "3.12", "3.13"))
    assert fitting is not None
    assert fitting.minor == "3.10"
    assert found(GREENLET, package("numpy", "2.3.1", "3.12", "3.13")) is None


def test_a_package_that_does_not_fit_the_present_python_either_is_no_reason() -> None:
    fitting = found(GREENLET, package("older", "1.0", "3.8"))
    assert fitting is not None
    assert fitting.minor == "3.11"


def test_a_package_without_a_file_for_either_python_is_a_reason() -> None:
    alone = package("greenlet", "2.0.2", "3.11", sdist=False)
    assert found(alone, package("six", "1.0", "3.12", sdist=False)) is None
    fitting = found(alone, package("six", "1.0", "3.11", "3.12", sdist=False))
    assert fitting is not None
    assert fitting.minor == "3.11"


@pytest.mark.parametrize("known", [True, False])
def test_the_release_that_the_app_would_get_decides(*, known: bool) -> None:
    files = (PackageFile("a-1-py3-none-any.whl", "<=3.12"),)
    pinned = [PinnedPackage(name="a", version="1", files=files)] if known else []
    minors = ("3.12", "3.11", "3.10")
    suspect = Suspect(
        package=None if known else PinnedPackage(name="a", version="1"),
        shown="a 1",
        minors=minors,
        requires=("<=3.12",),
    )
    fitting = found(*pinned, suspect=suspect)
    assert fitting is not None
    assert (fitting.minor, fitting.is_newest) == ("3.11", False)


def test_a_package_of_unknown_files_gives_no_advice() -> None:
    assert found() is None
    assert found(PinnedPackage(name="greenlet", version="2.0.2")) is None


def test_a_package_that_is_only_built_gives_no_advice() -> None:
    assert found(package("greenlet", "2.0.2")) is None


def test_what_the_code_shows_counts_if_the_files_do_not_decide() -> None:
    suspect = Suspect(
        package=SUSPECT.package, shown="greenlet 2.0.2", minors=("3.12", "3.11", "3.10")
    )
    for pinned in ((), (package("greenlet", "2.0.2"),)):
        fitting = found(*pinned, suspect=suspect)
        assert fitting is not None
        assert (fitting.minor, fitting.known_by) == ("3.12", "code")
    fitting = found(GREENLET, suspect=suspect)
    assert fitting is not None
    assert (fitting.minor, fitting.known_by) == ("3.11", "files")


def test_the_metadata_of_django_decides() -> None:
    django = PinnedPackage(name="django", version="4.0.3")
    fitting = found(django, suspect=Suspect(package=django, shown="Django 4.0.3"))
    assert fitting is not None
    assert (fitting.minor, fitting.known_by) == ("3.10", "metadata")


def test_a_lock_that_is_not_for_a_python_excludes_it() -> None:
    def pinned(release: str) -> Sequence[PinnedPackage]:
        if release.startswith(("3.11.", "3.12.")):
            raise BuildStopped
        return (GREENLET,)

    fitting = other_python(SUSPECT, NEWEST, "3.13.0", RELEASES, pinned, HERE)
    assert fitting is not None
    assert fitting.minor == "3.10"


def requested(specifier: str, origin: str) -> PythonRequest:
    return PythonRequest(specifier=specifier, requested=specifier, origin=origin)


@pytest.mark.parametrize(
    ("requests", "changes"),
    [
        ((), ()),
        ((requested("==3.13.*", ".python-version"),), (".python-version",)),
        ((requested("==3.13.*", "runtime.txt"),), ("runtime.txt",)),
        ((requested("==3.13.*", ".tool-versions"),), (".tool-versions",)),
        (
            (requested("==3.13.*", "SLIPWAY_PYTHON_VERSION"),),
            ("SLIPWAY_PYTHON_VERSION",),
        ),
        (
            (requested(">=3.10", "python_version in [tool.slipway]"),),
            ("python_version in [tool.slipway]",),
        ),
        ((requested(">=3.10", "requires-python in pyproject.toml"),), ()),
        (
            (requested(">=3.12", "requires-python in pyproject.toml"),),
            (".python-version", "requires-python in pyproject.toml"),
        ),
        (
            (requested("==3.13.*", "`requires` in Pipfile.lock"),),
            ("`requires` in Pipfile.lock",),
        ),
        (
            (requested(">=3.12", "requires-python in uv.lock"),),
            (".python-version", "requires-python in uv.lock"),
        ),
        (
            (
                requested("==3.13.*", ".python-version"),
                requested(">=3.13", "requires-python in pyproject.toml"),
            ),
            (".python-version", "requires-python in pyproject.toml"),
        ),
        (
            (
                requested("==3.13.*", ".python-version"),
                requested(">=3.10", "requires-python in pyproject.toml"),
            ),
            (".python-version",),
        ),
    ],
)
def test_all_files_that_exclude_the_python_are_named(
    requests: Sequence[PythonRequest], changes: tuple[str, ...]
) -> None:
    request = combine(requests) if requests else ANY_PYTHON
    fitting = found(GREENLET, request=request)
    assert fitting is not None
    assert (fitting.minor, fitting.changes) == ("3.11", changes)


def test_a_pylock_that_excludes_a_python_is_not_changed() -> None:
    request = combine((NEWEST, requested(">=3.12", "requires-python in pylock.prod.toml")))
    assert found(GREENLET, request=request) is None
    assert found(package("greenlet", "2.0.2", "3.12"), request=request) is not None


def test_a_requires_python_of_a_failure_is_enough() -> None:
    error = NoWheelForPython("six", "3.13.0", (), requires=("<=3.12",))
    suspect = suspect_of(error, {"six": "1.0"})
    assert suspect is not None
    assert (suspect.shown, suspect.minors) == ("six 1.0", ("3.12", "3.11", "3.10"))
    fitting = found(suspect=suspect)
    assert fitting is not None
    assert fitting.minor == "3.11"  # 3.12.1 is on the image


@pytest.mark.parametrize(
    ("error", "name", "version", "shown", "minors"),
    [
        (
            HeaderMissing(package="psycopg2-binary", version="2.9.9", header="libpq-fe.h"),
            *("psycopg2-binary", "2.9.9", "psycopg2-binary 2.9.9", ()),
        ),
        (
            PackageBuildFailed(package="Greenlet==2.0.2"),
            *("greenlet", "2.0.2", "Greenlet 2.0.2", ()),
        ),
        (
            PackageBuildFailed(package="a", version="of today"),
            *("", "", "a of today", ()),
        ),
        (
            PackageBuildFailed(package="locked"),
            *("locked", "1.5", "locked 1.5", ()),
        ),
        (
            PackageTooOld(
                package="uwsgi", version="2.0", python="3.13.0", uses="x", last_python="3.11"
            ),
            *("uwsgi", "2.0", "uwsgi 2.0", ("3.11", "3.10")),
        ),
        (
            NoWheelForPython("numpy==1.26.0", "3.13.1", (), pythons=("3.12", "3.11")),
            *("numpy", "1.26.0", "numpy 1.26.0", ("3.12", "3.11")),
        ),
        (NoWheelForPython("numpy>=1", "3.13.1", ()), *("", "", "numpy>=1", ())),
        (
            LockNotForThisPython(
                "uv.lock", "uv", "x", "3.13.1", is_platform=False, commands=()
            ),
            *("", "", "uv.lock", MINORS),
        ),
        (LockHasNoFile("pylock.toml", "a 1", (), "3.13.1", "x"), *("a", "1", "a 1", ())),
        (
            WheelNotForThisPython(("vendor/acme-1.0-cp311-cp311-any.whl",), "3.13.1", ()),
            *("acme", "1.0", "acme 1.0", ()),
        ),
        (
            VendoredNotForThisPython("vendor/a", "<3.12", "3.13.1"),
            *("", "", "vendor/a", ("3.11", "3.10")),
        ),
        (FilesExcluded("a==1", "--only-binary"), *("a", "1", "a 1", ())),
        (
            PackageUnfit("Django 4.0.3", "Django", "Python 3.13", "x", ("3.10",), ()),
            *("django", "4.0.3", "Django 4.0.3", ("3.10",)),
        ),
        (
            PackageUnfit("a 1", "a", "Python 3.13", "x", (), (), removed_in="3.12"),
            *("a", "1", "a 1", ("3.11", "3.10")),
        ),
        (
            PackageUnfit("a 1", "a", "Python 3.13", "x", ("3.12", "3.11"), (), "3.12"),
            *("a", "1", "a 1", ("3.11",)),
        ),
        (
            ModuleMissing("cgi", "a.py:1", "", "", "", removed_in="3.13"),
            *("", "", "cgi", ("3.12", "3.11", "3.10")),
        ),
        (
            PackageTooOld(
                package="vendor/a",
                python="3.13.0",
                uses="x",
                last_python="3.10",
                is_vendored=True,
            ),
            *("", "", "vendor/a", ("3.10",)),
        ),
        (
            PackageBuildFailed(package="a", version="1", required_by="the build of b"),
            *("", "", "a", ()),
        ),
    ],
)
def test_what_an_error_is_about(
    error: UnfitForPython, name: str, version: str, shown: str, minors: tuple[str, ...]
) -> None:
    suspect = suspect_of(error, {"locked": "1.5"})
    assert suspect is not None
    assert (suspect.name, suspect.shown, suspect.minors) == (name, shown, minors)
    assert (suspect.package.version if suspect.package else "") == version


def test_two_packages_that_do_not_fit_are_no_question_of_python() -> None:
    assert suspect_of(PackageUnfit("a 1", "a", "b 2", "x", ("3.11",), ()), {}) is None
    assert suspect_of(ModuleMissing("a", None, "", "", ""), {}) is None
