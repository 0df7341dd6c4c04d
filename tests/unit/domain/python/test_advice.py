"""What is advised can be had: the app's other requests and the build allow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from slipway.domain.python.advice import advised, allowed, may_download, nearest
from slipway.domain.python.selection import ANY_PYTHON, parse_version
from slipway.domain.python.series import MINORS
from slipway.domain.settings import parse
from slipway.errors.python import ADVISED

IMAGE = ("3.13", "3.12", "3.10")


@pytest.mark.parametrize(
    ("variables", "may"),
    [
        ({}, True),
        ({"SLIPWAY_PYTHON_SOURCE": "managed"}, True),
        ({"SLIPWAY_PYTHON_SOURCE": "image"}, False),
        ({"SLIPWAY_OFFLINE": "true"}, False),
        ({"UV_PYTHON_DOWNLOADS": "never"}, False),
        ({"UV_PYTHON_DOWNLOADS": "manual"}, True),
    ],
)
def test_settings_and_a_variable_of_uv_forbid_downloads(
    *, variables: Mapping[str, str], may: bool
) -> None:
    assert may_download(parse({}, variables), variables) is may


@pytest.mark.parametrize(
    ("requests", "version"),
    [
        ([], ADVISED),
        ([">=3.10"], ADVISED),
        ([">=3.10", "<3.12"], "3.11"),
        (["==3.12.*"], "3.12"),
        ([f">={MINORS[0]}"], MINORS[0]),
        (["==3.9.*"], ADVISED),
    ],
)
def test_the_newest_that_other_requests_allow_is_advised(
    requests: Sequence[str], version: str
) -> None:
    others = [parse_version(one, "pyproject.toml") for one in requests]
    assert advised(allowed(MINORS, others)) == version


def test_a_version_that_the_app_has_named_is_preferred() -> None:
    assert advised(MINORS, "3.11") == "3.11"
    assert advised(("3.9", "3.10"), "3.11") == "3.10"


@pytest.mark.parametrize(
    ("requested", "version"),
    [
        ("3.11", "3.12"),
        ("3.9999", "3.13"),
        ("3.16", "3.13"),
        ("3.12.99", "3.12"),
        (">=3.9", "3.13"),
    ],
)
def test_the_nearest_is_requested_instead(requested: str, version: str) -> None:
    assert nearest(IMAGE, parse_version(requested, ".python-version")) == version


def test_without_a_request_the_newest_is_requested() -> None:
    assert nearest(IMAGE, ANY_PYTHON) == "3.13"
    assert nearest((), ANY_PYTHON) == ""
