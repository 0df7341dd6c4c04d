"""Apps whose pinned packages need an older Python get it without asking, and serve a page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import Platform, Result
from integration.image_pythons import add_unusable_python, need, with_pythons
from integration.serving import Dyno
from integration.test_fixtures_served import sentences

GREENLET = "greenlet 2.0.2 on Python 3.11"
PSYCOPG = "psycopg2 2.9.9 on Python 3.12"
DJANGO = "Django 4.0.3 on Python 3.10"
GUNICORN = "gunicorn 20.1.0 on Python 3.13"


def put(name: str, build: Path) -> Path:
    return shutil.copytree(FIXTURES / "field" / name, build)


def page_of(platform: Platform, build: Path) -> str:
    """Move the built app, start its web process, and return its page."""
    with Dyno(app=platform.move(build)).serve() as site:
        return site.get("/").text


def passage(result: Result) -> str:
    """Return what the log says about the app's Python, in one line."""
    parts = result.out.split("-----> ")
    [found] = [part for part in parts if part.startswith("Python ")]
    return sentences(found)


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
@pytest.mark.parametrize(
    ("name", "reason", "page"),
    [
        ("old-psycopg2-binary", "psycopg2-binary 2.9.9 has no wheel for 3.13", PSYCOPG),
        ("old-greenlet", "greenlet 2.0.2 has no wheel for 3.12", GREENLET),
        ("old-django-4.0", "Django 4.0.3 is for Python 3.8 to 3.10", DJANGO),
        ("old-gunicorn", "", GUNICORN),
    ],
    ids=["psycopg2-binary", "greenlet", "django", "gunicorn"],
)
def test_the_newest_python_that_fits_all_pins_serves_the_app(
    name: str, reason: str, page: str, toolchain: str, fresh_platform: Platform, tmp_path: Path
) -> None:
    need("3.10", "3.12", "3.13")
    platform = with_pythons(fresh_platform, "3.10", "3.11", "3.12", "3.13")
    build = put(name, tmp_path / "build")
    result = platform.build(build, {"SLIPWAY_TOOLCHAIN": toolchain})
    minor = page.rpartition(" ")[2]
    said = passage(result)
    assert said.startswith(f"Python {minor}."), result.all
    if reason:
        assert f"Python {minor}: {reason}" in said
    else:
        assert "has no wheel" not in said
    assert page_of(platform, build) == page


@pytest.mark.parametrize("toolchain", ["uv", pytest.param("pip-tools", marks=pytest.mark.long)])
def test_the_newest_python_of_the_image_is_not_used_if_a_pin_has_no_wheel_for_it(
    toolchain: str, fresh_platform: Platform, tmp_path: Path
) -> None:
    need("3.11")
    platform = with_pythons(fresh_platform, "3.11")
    add_unusable_python(platform, "3.14.9")
    build = put("old-greenlet", tmp_path / "build")
    variables = {"SLIPWAY_TOOLCHAIN": toolchain, "SLIPWAY_BUNDLE_PYTHON": "false"}
    result = platform.build(build, variables)
    assert "Python 3.11: greenlet 2.0.2 has no wheel for 3.12" in passage(result)
    assert page_of(platform, build) == GREENLET
