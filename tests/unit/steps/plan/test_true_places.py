"""A path's true place is found through links, and none may lead out of the app."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slipway.errors.vendored import OutsideTheApp
from slipway.steps.plan.true_places import TruePlaces
from unit.samples import write_files


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_files(tmp_path / "app", {"vendor/x/a.py": "", "../outside/b.py": ""})


def true(app: Path, path: str) -> str:
    return TruePlaces(os.path.realpath(app)).of(path)


def test_without_links_a_path_is_its_own_place(app: Path) -> None:
    assert true(app, "vendor/x/a.py") == "vendor/x/a.py"
    assert true(app, ".") == "."


def test_a_link_inside_the_app_leads_to_its_target(app: Path) -> None:
    (app / "libs").symlink_to("vendor")
    assert true(app, "libs/x") == "vendor/x"


def test_an_app_that_is_reached_through_a_link_is_no_matter(app: Path) -> None:
    (app.parent / "current").symlink_to(app)
    assert true(app.parent / "current", "vendor/x") == "vendor/x"


@pytest.mark.parametrize("path", ["vendor/nothing", "vendor/self", "vendor/nul\0byte"])
def test_a_path_with_nothing_there_is_given_back(path: str, app: Path) -> None:
    (app / "vendor/self").symlink_to("self")
    assert true(app, path) == path


@pytest.mark.parametrize("path", ["vendor/out", "vendor/out/b.py"])
def test_a_link_out_of_the_app_is_named(path: str, app: Path) -> None:
    (app / "vendor/out").symlink_to("../../outside")
    with pytest.raises(OutsideTheApp) as outside:
        true(app, path)
    assert (outside.value.path, outside.value.target) == ("vendor/out", "../../outside")


def test_an_absolute_link_leads_out_wherever_it_leads_because_the_app_will_move(
    app: Path,
) -> None:
    (app / "vendor/y").symlink_to(app / "vendor/x")
    with pytest.raises(OutsideTheApp):
        true(app, "vendor/y")


def test_a_folder_whose_name_begins_as_the_apps_does_is_outside(app: Path) -> None:
    write_files(app.parent, {"app-old/x/a.py": ""})
    (app / "vendor/old").symlink_to("../../app-old/x")
    with pytest.raises(OutsideTheApp):
        true(app, "vendor/old")
