"""Which Pythons fit pinned packages, by the files that the index has of real releases."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from slipway.domain.python.fitting import (
    Fit,
    PackageFile,
    PinnedPackage,
    fit,
    misfit,
)
from slipway.errors.locks import LockBroken, LockNotForThisPython
from unit.releases import LINUX, MINORS, releases

ARM = tuple(tag.replace("x86_64", "aarch64") for tag in LINUX)
OLD_LINUX = ("manylinux_2_12_x86_64", "manylinux2010_x86_64", "linux_x86_64")
"""glibc 2.12, which has no manylinux_2_17."""


def pins(text: str) -> list[PinnedPackage]:
    return [releases()[pin] for pin in text.split()]


def fit_of(text: str, minors: Sequence[str] = MINORS, platforms: Sequence[str] = LINUX) -> Fit:
    return fit(lambda _: pins(text), any_release(minors), platforms)


def any_release(minors: Sequence[str]) -> dict[str, list[str]]:
    return {minor: [minor] for minor in minors}


def made(name: str, *files: str, requires: str = "", version: str = "1.0") -> PinnedPackage:
    """Make a package of the ends of its files' names."""
    return PinnedPackage(
        name=name,
        version=version,
        files=tuple(PackageFile(f"{name}-{version}{file}", requires) for file in files),
    )


def wheels(*minors: int) -> tuple[str, ...]:
    return tuple(f"-cp3{n}-cp3{n}-manylinux_2_17_x86_64.whl" for n in minors)


@pytest.mark.parametrize(
    ("text", "python", "reason"),
    [
        pytest.param(
            "psycopg2-binary==2.9.9",
            "3.12",
            "psycopg2-binary 2.9.9 has no wheel for 3.13",
            id="psycopg2-binary",
        ),
        pytest.param("greenlet==2.0.2", "3.11", "greenlet 2.0.2 has no wheel for 3.12"),
        pytest.param("django==4.0.3", "3.10", "Django 4.0.3 is for Python 3.8 to 3.10"),
        pytest.param("gunicorn==20.1.0 setuptools==65.5.0", "3.15", "", id="gunicorn-20"),
        pytest.param("numpy==1.24.4", "3.11", "numpy 1.24.4 has no wheel for 3.12"),
        pytest.param("pandas==1.5.3", "3.11", "pandas 1.5.3 has no wheel for 3.12"),
        pytest.param("lxml==4.9.2", "3.11", "lxml 4.9.2 has no wheel for 3.12"),
        pytest.param("pillow==9.3.0", "3.11", "pillow 9.3.0 has no wheel for 3.12"),
        pytest.param("cryptography==41.0.7", "3.15", "", id="abi3"),
        pytest.param(
            "bcrypt==4.0.1 pycryptodome==3.15.0 psutil==5.9.4", "3.15", "", id="abi3s"
        ),
        pytest.param("pyyaml==6.0", "3.11", "pyyaml 6.0 has no wheel for 3.12"),
        pytest.param("grpcio==1.48.2", "3.10", "grpcio 1.48.2 has no wheel for 3.11"),
        pytest.param("uwsgi==2.0.21", "3.15", "", id="sdist-alone"),
        pytest.param("mysqlclient==2.1.1", "3.15", "", id="wheels-for-windows-alone"),
        pytest.param("psycopg2==2.9.5 python-ldap==3.4.3", "3.15", "", id="sdists"),
        pytest.param("requests==2.28.1 whitenoise==6.2.0 celery==5.2.7", "3.15", "", id="pure"),
        pytest.param("sqlalchemy==1.4.41", "3.11", "sqlalchemy 1.4.41 has no wheel for 3.12"),
        pytest.param("sqlalchemy==2.0.20", "3.15", "", id="pure-and-compiled"),
        pytest.param("markupsafe==2.1.1", "3.10", "markupsafe 2.1.1 has no wheel for 3.11"),
        pytest.param("cffi==1.15.1", "3.11", "cffi 1.15.1 has no wheel for 3.12"),
        pytest.param("scipy==1.10.1", "3.11", "scipy 1.10.1 requires Python <3.12,>=3.8"),
        pytest.param("ruff==0.1.0", "3.15", "", id="for-a-platform-and-any-python"),
        pytest.param("tensorflow==2.12.0", "3.11", "tensorflow 2.12.0 has no wheel for 3.12"),
        pytest.param(
            "greenlet==2.0.2 numpy==2.3.0 requests==2.28.1",
            "3.11",
            "greenlet 2.0.2 has no wheel for 3.12",
            id="between",
        ),
        pytest.param(
            "gunicorn==20.1.0 pydantic-core==2.14.6 gevent==22.10.2 uwsgi==2.0.21",
            "3.11",
            "gevent 22.10.2 has no wheel for 3.12",
            id="the-oldest-decides",
        ),
    ],
)
def test_the_newest_python_that_fits_is_the_best(text: str, python: str, reason: str) -> None:
    found = fit_of(text)
    newer = MINORS[: MINORS.index(python)]
    assert found.minors[0] == python
    assert {*newer} <= found.reasons.keys()
    assert (found.reasons[newer[-1]] if newer else "") == reason
    assert (found.unfit, found.conflict) == ("", "")


def test_each_python_that_does_not_fit_has_its_reason() -> None:
    found = fit_of("numpy==2.3.0 greenlet==2.0.2", MINORS[2:])
    assert found.minors == ("3.11",)
    assert found.reasons == {
        "3.13": "greenlet 2.0.2 has no wheel for 3.13",
        "3.12": "greenlet 2.0.2 has no wheel for 3.12",
        "3.10": "numpy 2.3.0 requires Python >=3.11",
    }


def test_only_the_given_pythons_count() -> None:
    assert fit_of("psycopg2-binary==2.9.9", ("3.10", "3.13", "3.11")).minors == ("3.11", "3.10")
    assert fit_of("numpy==2.3.0", ("3.13", "3.9")).minors == ("3.13",)


def test_without_pins_every_python_fits() -> None:
    assert fit_of("").minors == MINORS


# Packages that fit none


@pytest.mark.parametrize(
    ("text", "minors", "best", "unfit"),
    [
        pytest.param(
            "psycopg2-binary==2.8.6 requests==2.28.1",
            MINORS,
            "3.10",
            "psycopg2-binary 2.8.6 has no wheel for any Python newer than 3.9",
            id="the-oldest",
        ),
        pytest.param(
            "backports.zoneinfo==0.2.1 numpy==2.3.0",
            MINORS,
            "3.11",
            "backports-zoneinfo 0.2.1 has no wheel for any Python newer than 3.8",
            id="the-oldest-that-fits-everything-else",
        ),
        pytest.param(
            "greenlet==2.0.2",
            MINORS[:3],
            "3.13",
            "greenlet 2.0.2 has no wheel for any Python newer than 3.11",
            id="the-oldest-of-few",
        ),
        pytest.param(
            "dataclasses==0.8",
            MINORS,
            "3.10",
            "dataclasses 0.8 requires Python >=3.6,<3.7",
            id="requires-python",
        ),
        pytest.param(
            "regex==2018.11.22", MINORS, "3.15", "", id="wheels-for-windows-and-an-sdist"
        ),
        pytest.param(
            "numpy==2.3.0",
            ("3.10",),
            "3.10",
            "numpy 2.3.0 requires Python >=3.11",
            id="no-choice",
        ),
        pytest.param(
            "typed-ast==1.5.4 greenlet==2.0.2", MINORS, "3.10", "", id="they-fit-together"
        ),
    ],
)
def test_a_package_that_fits_no_python_does_not_decide_alone(
    text: str, minors: Sequence[str], best: str, unfit: str
) -> None:
    found = fit_of(text, minors)
    assert (found.minors[0], found.unfit, found.conflict) == (best, unfit, "")


@pytest.mark.parametrize(
    ("package", "best", "unfit"),
    [
        pytest.param(
            made("old", "-cp27-cp27mu-manylinux1_x86_64.whl", ".tar.gz"),
            "3.10",
            "old 1.0 has no wheel for 3.10",
            id="python-2",
        ),
        pytest.param(
            made("django", "-py3-none-any.whl", version="2.2.28"),
            "3.10",
            "Django 2.2.28 is for Python 3.5 to 3.9",
            id="django",
        ),
        pytest.param(
            made("new", *wheels(20, 21), ".zip"),
            "3.15",
            "new 1.0 has no wheel for 3.10",
            id="newer-wheels",
        ),
        pytest.param(
            made("mixed", *wheels(9), "-cp312-cp312-win_amd64.whl", ".tar.gz"),
            "3.10",
            "mixed 1.0 has no wheel for any Python newer than 3.9 on this platform",
            id="newer-wheels-elsewhere",
        ),
        pytest.param(
            made("alone", *wheels(9)),
            "3.10",
            "alone 1.0 has no wheel for any Python newer than 3.9",
            id="no-sdist",
        ),
        pytest.param(
            made("odd", ".egg", ".exe", ".whl", "-1-2-3-4-5-6.whl"),
            "3.10",
            "odd 1.0 has no wheel for 3.10",
            id="nothing-that-pip-installs",
        ),
    ],
)
def test_the_nearest_to_the_files_of_a_package_is_the_best(
    package: PinnedPackage, best: str, unfit: str
) -> None:
    found = fit(lambda _: [package], any_release(MINORS), LINUX)
    assert (found.minors[0], found.unfit, len(found.minors)) == (best, unfit, len(MINORS))


# Packages that exclude each other


def test_packages_that_exclude_each_other_are_both_named() -> None:
    found = fit_of("django==4.0.3 numpy==2.3.0")
    assert found.conflict == (
        "Django 4.0.3 is for Python 3.8 to 3.10, and numpy 2.3.0 requires Python >=3.11"
    )
    # pip cannot install numpy for 3.10.
    assert found.minors == ("3.15", "3.14", "3.13", "3.12", "3.11")


def test_a_conflict_names_the_reasons_where_the_packages_almost_meet() -> None:
    old = made("old", *wheels(10, 11), ".tar.gz")
    new = made("new", *wheels(13, 14), ".tar.gz")
    found = fit(lambda _: [new, old], any_release(MINORS), LINUX)
    assert found.conflict == "new 1.0 has no wheel for 3.11, and old 1.0 has no wheel for 3.13"
    assert (found.minors, found.unfit) == (MINORS, "")


def test_a_conflict_of_what_cannot_be_installed_leaves_all_pythons() -> None:
    old, new = made("old", *wheels(10)), made("new", *wheels(11))
    found = fit(lambda _: [old, new], any_release(("3.11", "3.10")), LINUX)
    assert found.minors == ("3.11", "3.10")
    assert found.conflict == "old 1.0 has no wheel for 3.11, and new 1.0 has no wheel for 3.10"


def test_three_packages_can_exclude_each_other() -> None:
    packages = [
        made("a", *wheels(10, 11)),
        made("b", *wheels(11, 12)),
        made("c", *wheels(10, 12)),
    ]
    found = fit(lambda _: packages, any_release(("3.12", "3.11", "3.10")), LINUX)
    assert found.conflict == (
        "a 1.0 has no wheel for 3.12, c 1.0 has no wheel for 3.11, and b 1.0 has no wheel for "
        "3.10"
    )


def test_a_package_that_never_fits_is_no_part_of_a_conflict() -> None:
    never = made("never", *wheels(8), ".tar.gz")
    old, new = made("old", *wheels(10), ".zip"), made("new", *wheels(13), ".zip")
    found = fit(lambda _: [never, old, new], any_release(MINORS), LINUX)
    assert found.unfit == ""
    assert found.conflict == "old 1.0 has no wheel for 3.13, and new 1.0 has no wheel for 3.10"


# What is installed differs between Pythons


def test_a_package_that_is_for_some_pythons_decides_only_about_these() -> None:
    old, new = pins("numpy==1.24.4 numpy==2.3.0")

    def pinned(minor: str) -> Sequence[PinnedPackage]:
        return [old] if minor == "3.10" else [new]

    assert fit(pinned, any_release(MINORS[2:]), LINUX).minors == (
        "3.13",
        "3.12",
        "3.11",
        "3.10",
    )


def test_a_package_that_fits_none_of_its_pythons_excludes_them() -> None:
    never = pins("psycopg2-binary==2.8.6")
    found = fit(lambda minor: never if minor == "3.15" else [], any_release(MINORS), LINUX)
    assert found.minors == MINORS[1:]
    assert found.reasons == {"3.15": "psycopg2-binary 2.8.6 has no wheel for 3.15"}


def test_a_lock_excludes_pythons() -> None:
    def pinned(minor: str) -> Sequence[PinnedPackage]:
        if minor in ("3.15", "3.14"):
            raise LockNotForThisPython(
                file="uv.lock",
                tool="uv",
                needs="Python <3.14",
                python=minor,
                is_platform=False,
                commands=(),
            )
        return pins("psycopg2-binary==2.9.9")

    found = fit(pinned, any_release(MINORS), LINUX)
    assert found.minors == ("3.12", "3.11", "3.10")
    assert found.reasons["3.14"] == "uv.lock is for Python <3.14"


def test_a_lock_with_a_fault_for_each_python_leaves_all() -> None:
    def pinned(minor: str) -> Sequence[PinnedPackage]:
        raise LockBroken(file="poetry.lock", tool="Poetry", reason=minor, commands=())

    found = fit(pinned, any_release(MINORS), LINUX)
    assert found.minors == MINORS
    assert found.reasons["3.14"] == "poetry.lock has nothing that can be installed for 3.14"


# One package


@pytest.mark.parametrize(
    ("package", "minor", "reason"),
    [
        pytest.param(made("a", *wheels(12)), "3.12", "", id="same"),
        pytest.param(made("a", *wheels(12)), "3.1", "a 1.0 has no wheel for 3.1", id="digits"),
        pytest.param(made("a", "-py3-none-any.whl"), "3.15", "", id="pure"),
        pytest.param(made("a", "-py2.py3-none-any.whl"), "3.15", "", id="py2.py3"),
        pytest.param(made("a", "-py2-none-any.whl", ".tar.gz"), "3.15", "", id="py2-and-sdist"),
        pytest.param(
            made("a", "-py2-none-any.whl"), "3.15", "a 1.0 has no wheel for 3.15", id="py2"
        ),
        pytest.param(
            made("a", "-1-cp310.cp311-cp310.cp311-manylinux_2_17_x86_64.whl"),
            "3.11",
            "",
            id="compound-tags-and-a-build-number",
        ),
        pytest.param(made("a", "-cp38-abi3-linux_x86_64.whl"), "3.15", "", id="abi3"),
        pytest.param(
            made("a", "-cp313-abi3-linux_x86_64.whl", ".zip"),
            "3.12",
            "a 1.0 has no wheel for 3.12",
            id="newer-abi3",
        ),
        pytest.param(
            made("a", "-cp313-cp313t-linux_x86_64.whl", *wheels(12)),
            "3.13",
            "a 1.0 has no wheel for 3.13",
            id="free-threaded",
        ),
        pytest.param(
            made("a", "-cp313-cp313t-linux_x86_64.whl", ".tar.gz"),
            "3.13",
            "",
            id="free-threaded-and-sdist",
        ),
        pytest.param(
            made("a", "-pp310-pypy310_pp73-manylinux_2_17_x86_64.whl", ".tar.gz"),
            "3.13",
            "",
            id="pypy-and-sdist",
        ),
        pytest.param(
            made("a", "-cp313-cp313-musllinux_1_2_x86_64.whl", *wheels(12), ".tar.gz"),
            "3.13",
            "a 1.0 has no wheel for 3.13 on this platform",
            id="elsewhere",
        ),
        pytest.param(
            made("a", "-cp312-cp312-musllinux_1_2_x86_64.whl", ".tar.gz"),
            "3.13",
            "",
            id="compiled-elsewhere-alone",
        ),
        pytest.param(
            made("a", "-cp311-none-any.whl"), "3.12", "a 1.0 has no wheel for 3.12", id="cp311"
        ),
        pytest.param(
            made("a", "-py3-none-any.whl", requires="<3.12"),
            "3.12",
            "a 1.0 requires Python <3.12",
            id="requires",
        ),
        pytest.param(
            made("a", *wheels(13), requires=">=3.13.2"), "3.13", "", id="requires-a-patch"
        ),
        pytest.param(
            made("a", ".tar.gz", requires="!=3.12.*,>=3.8"),
            "3.12",
            "a 1.0 requires Python !=3.12.*,>=3.8",
            id="requires-of-an-sdist",
        ),
        pytest.param(
            made("a", *wheels(11), ".tar.gz", requires=">=3.13"),
            "3.12",
            "a 1.0 requires Python >=3.13",
            id="requires-more-than-the-wheels",
        ),
        pytest.param(
            made("a", *wheels(11), ".tar.gz", requires=">=3.7"),
            "3.12",
            "a 1.0 has no wheel for 3.12",
            id="wheel-and-requires",
        ),
        pytest.param(made("a", ".zip", requires="three or more"), "3.12", "", id="not-valid"),
        pytest.param(made("a", ".zip", requires=f">={'9' * 5000}"), "3.12", "", id="hostile"),
        pytest.param(made("a", "-PY3-NONE-ANY.whl"), "3.12", "", id="case"),
        pytest.param(
            PinnedPackage(name="a", version="", requires_python="<3.12"),
            "3.12",
            "a requires Python <3.12",
            id="tree",
        ),
        pytest.param(PinnedPackage(name="a", version="1.0"), "3.12", "", id="unknown"),
        pytest.param(
            PinnedPackage(name="django", version="5.2.99"),
            "3.9",
            "Django 5.2.99 is for Python 3.10 and newer",
            id="django-is-newer-than-the-table",
        ),
        pytest.param(PinnedPackage(name="django", version="5.2.99"), "3.20", "", id="open"),
        pytest.param(PinnedPackage(name="django", version="8.0"), "3.20", "", id="series"),
    ],
)
def test_a_reason_says_what_is_missing(package: PinnedPackage, minor: str, reason: str) -> None:
    assert misfit(package, minor, LINUX) == reason


EXACT = {
    "3.14": ("3.14.10",),
    "3.13": ("3.13.0", "3.13.18"),
    "3.12": ("3.12.1", "3.12.16"),
    "3.11": ("3.11.7", "3.11.18"),
}
"""On the image are 3.13.0, 3.12.1 and 3.11.7."""


@pytest.mark.parametrize(
    ("requires", "minors", "excluded"),
    [
        ("<=3.12", "3.11", ""),
        ("<=3.12.4", "3.12 3.11", ""),
        ("!=3.13.0", "3.14 3.13 3.12 3.11", "3.13.0"),
        (">=3.11.8,<3.12", "3.11", "3.11.7"),
        (">=3.13.2", "3.14 3.13", "3.13.0"),
        ("!=3.13.*", "3.14 3.12 3.11", ""),
    ],
)
def test_the_releases_that_would_be_selected_decide(
    requires: str, minors: str, excluded: str
) -> None:
    package = made("a", "-py3-none-any.whl", requires=requires)
    found = fit(lambda _: [package], EXACT, LINUX)
    assert (" ".join(found.minors), " ".join(found.excluded)) == (minors, excluded)
    unfit = {*EXACT} - {*found.minors} | {"3.13" for one in found.excluded if "3.13" in one}
    assert all(found.reasons[one] == f"a 1.0 requires Python {requires}" for one in unfit)


def test_a_release_may_fit_everything_but_what_never_fits() -> None:
    never = made("never", *wheels(8))
    exact = made("exact", "-py3-none-any.whl", requires=">=3.11.8,<3.12")
    found = fit(lambda _: [exact, never], EXACT, LINUX)
    assert (found.minors, found.excluded) == (("3.11",), ("3.11.7",))
    assert found.unfit == "never 1.0 has no wheel for any Python newer than 3.8"


def test_a_release_may_have_nothing_to_install() -> None:
    def pinned(release: str) -> list[PinnedPackage]:
        if release == "3.13.0":
            raise LockBroken(file="uv.lock", tool="uv", reason="x", commands=())
        return []

    found = fit(pinned, EXACT, LINUX)
    assert found.minors == ("3.14", "3.13", "3.12", "3.11")
    assert found.excluded == ("3.13.0",)
    assert found.reasons == {"3.13": "uv.lock has nothing that can be installed for 3.13"}


def test_hundreds_of_files_take_milliseconds() -> None:
    packages = [
        made(
            f"p{number}",
            *wheels(*range(7, 16)),
            *(
                f"-cp3{n}-cp3{n}-{platform}.whl"
                for n in range(7, 16)
                for platform in ("macosx_10_9_x86_64", "win_amd64", "musllinux_1_1_x86_64")
            ),
            ".tar.gz",
            requires=f">=3.{number % 9}",
        )
        for number in range(150)
    ]
    start = time.process_time()
    found = fit(lambda _: packages, any_release(MINORS), LINUX)
    assert time.process_time() - start < 0.5
    assert found.minors == MINORS
