"""A classic build writes everything to one folder of the app."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.layout import in_app


def test_everything_is_written_to_slipways_own_folder() -> None:
    layout = in_app(Path("/build"))
    own = Path("/build/.slipway")
    assert layout.app == Path("/build")
    assert (layout.virtualenv, layout.python) == (own / "venv", own / "python")
    assert layout.record == own
    assert layout.path_in_repository == ""


def test_an_app_in_a_folder_has_the_result_at_the_top() -> None:
    layout = in_app(Path("/build"), "services/shop")
    assert (layout.repository, layout.app) == (Path("/build"), Path("/build/services/shop"))
    assert layout.path_in_repository == "services/shop"
    assert layout.record == Path("/build/.slipway")
