"""The reason for a choice of a Python is true and in the reader's words."""

from __future__ import annotations

from dataclasses import replace

from slipway.domain.python.choice import PythonChoice, choose_by, keep, standing_in, widened
from slipway.domain.python.fitting import Fit
from slipway.domain.python.last_build import LastBuild
from slipway.domain.python.selection import ANY_PYTHON, parse_version
from slipway.errors.python import ManagedPythonNotFetched

ANY = PythonChoice(request=ANY_PYTHON, requested=ANY_PYTHON)
BOUND = parse_version(">=3.11", "requires-python in pyproject.toml")
LAST = LastBuild(minor="3.12", requested="", names=frozenset(), digest="", fitting=frozenset())
OLD = Fit(
    minors=("3.12", "3.11", "3.10"),
    reasons={
        "3.15": "numpy 1.26.4 has no wheel for 3.15",
        "3.14": "numpy 1.26.4 has no wheel for 3.14",
        "3.13": "psycopg2-binary 2.9.9 has no wheel for 3.13",
    },
)


def test_the_newest_fitting_python_is_chosen_and_the_next_newer_says_why() -> None:
    choice = choose_by(ANY, OLD, ["3.14", "3.11"])
    assert choice.request.fits("3.12.1")
    assert not choice.request.fits("3.13.1")
    assert choice.request.requested == "3.12"
    assert choice.why("3.12") == "Python 3.12: psycopg2-binary 2.9.9 has no wheel for 3.13"
    assert choice.why("3.11") == "Python 3.11: psycopg2-binary 2.9.9 has no wheel for 3.13"


def test_nothing_is_said_about_pythons_that_would_not_be_used() -> None:
    choice = choose_by(ANY, OLD, ["3.12", "3.11"])
    assert choice.request == ANY_PYTHON
    assert not choice.is_narrowed
    assert choice.why("3.12") == ""


def test_packages_may_need_a_newer_python() -> None:
    fitted = Fit(
        minors=("3.13", "3.12"),
        reasons={
            "3.11": "Django 6.0 requires Python >=3.12",
            "3.10": "Django 6.0 requires Python >=3.12",
        },
    )
    choice = choose_by(ANY, fitted, ["3.11"])
    assert choice.why("3.13") == "Python 3.13: Django 6.0 requires Python >=3.12"
    assert choice.reason == "Django 6.0 requires Python >=3.12"


def test_a_lower_bound_of_the_app_stays_in_the_request() -> None:
    choice = choose_by(PythonChoice(request=BOUND, requested=BOUND), OLD, [])
    assert [choice.request.fits(f"3.{minor}.0") for minor in range(10, 16)] == [
        *(False, True, True),
        *(False, False, False),
    ]
    assert choice.request.origin == BOUND.origin


def test_a_package_that_fits_no_python_is_named() -> None:
    unfit = "MarkupSafe 1.1.1 has wheels only for older Pythons"
    choice = choose_by(ANY, Fit(minors=("3.10", "3.11"), reasons={}, unfit=unfit), ["3.11"])
    assert choice.request.fits("3.10.1")
    assert not choice.request.fits("3.11.1")
    assert choice.why("3.10") == f"Python 3.10: {unfit}"
    [notice] = choice.notices
    assert notice == (
        f"{unfit}. Of the Pythons that fit everything else, Slipway uses the one that is the "
        "nearest to its files"
    )


def test_packages_that_exclude_each_other_are_named() -> None:
    conflict = "one 1.0 has no wheel for 3.12, and other 1.0 requires Python >=3.12"
    fitted = Fit(minors=("3.12", "3.11"), reasons={"3.12": "one 1.0 has"}, conflict=conflict)
    choice = choose_by(ANY, fitted, ["3.12"])
    assert choice.request == ANY_PYTHON
    assert choice.notices == (f"No Python fits everything that the app pins: {conflict}",)


def test_the_python_of_the_last_build_is_kept() -> None:
    choice = keep(ANY, LAST)
    assert choice.request.fits("3.12.4")
    assert not choice.request.fits("3.13.0")
    assert choice.why("3.12") == "Python 3.12 as in the last build; no file requests a version"
    assert choice.since_last_build("3.12") == ""
    bound = keep(PythonChoice(request=BOUND, requested=BOUND), LAST)
    assert bound.why("3.12") == (
        "Python 3.12 as in the last build; requires-python in pyproject.toml allows it (>=3.11)"
    )


def test_what_requested_the_python_of_the_last_build_is_named() -> None:
    last = replace(LAST, requested=".python-version")
    assert keep(ANY, last).since_last_build("3.12") == (
        "The last build used Python 3.12, which .python-version requested"
    )
    newer = PythonChoice(request=ANY_PYTHON, requested=ANY_PYTHON, last=last, left="but x")
    assert newer.since_last_build("3.13") == (
        "The last build used Python 3.12, which .python-version requested, but x"
    )


def test_a_python_that_stands_in_for_one_that_was_not_downloaded_is_a_warning() -> None:
    reason = (
        "  cause: Request failed after 3 retries",
        "  cause: Failed to download `https://h.example/python.tar.gz`",
        "  cause: error sending request for url (https://h.example/python.tar.gz)",
        "  cause: client error (Connect)",
        "  cause: dns error",
    )
    missing = ManagedPythonNotFetched("3.12", None, (), reason=reason)
    left = PythonChoice(
        request=ANY_PYTHON, requested=ANY_PYTHON, last=LAST, left=f"but {missing.why}"
    )
    choice = standing_in(left, "3.11.2", missing)
    assert choice.why("3.11") == "Python 3.11, because Python 3.12 is not available"
    assert choice.since_last_build("3.11") == (
        "The last build used Python 3.12, but uv could not download it"
    )
    assert choice.notices == (
        (
            "Slipway would use Python 3.12 as before, but uv could not download it: Request "
            "failed after 3 retries; Failed to download `https://h.example/python.tar.gz`; dns "
            "error. This build uses Python 3.11.2 instead. The next build tries to get 3.12 "
            "again. To make it stop if it cannot, write 3.12 to .python-version"
        ),
    )


def test_without_a_fitting_python_another_one_is_used() -> None:
    missing = ManagedPythonNotFetched("3.12", None, (), reason=())
    narrow = replace(choose_by(ANY, OLD, ["3.14.1"]), notices=("The index failed",))
    choice = widened(narrow, "3.14", missing)
    assert choice.request == ANY_PYTHON
    assert choice.why("3.14") == "Python 3.14, because Python 3.12 is not available"
    assert choice.notices == (
        "The index failed",
        (
            "For the pinned packages, Slipway would use Python 3.12, but uv could not download "
            "it. It uses 3.14, though numpy 1.26.4 has no wheel for 3.14. The next build tries "
            "to get 3.12 again. To make it stop if it cannot, write 3.12 to .python-version"
        ),
    )
