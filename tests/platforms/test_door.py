"""The Cloud Native door as the lifecycle calls it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from conftest import FIXTURES
from platforms.phases import Phases


def test_an_app_that_is_not_python_is_passed_by_with_the_reason(
    phases: Phases, tmp_path: Path
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "index.php").touch()
    ended = phases.detect(tmp_path / "app")
    assert ended.status == 20, ended.all
    assert "No Python app was found" in ended.all
    assert "It has index.php" in ended.all


def test_detect_writes_nothing_into_the_app(phases: Phases) -> None:
    app = FIXTURES / "wsgi_app"
    before = _census(app)
    assert phases.detect(app).status == 0
    assert _census(phases.app) == before


def _census(app: Path) -> Mapping[str, str]:
    return {
        str(path.relative_to(app)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in app.rglob("*")
        if path.is_file()
    }


def test_an_app_is_built_and_serves(phases: Phases) -> None:
    assert phases.detect(FIXTURES / "wsgi_app").status == 0
    built = phases.build()
    assert built.status == 0, built.all
    with phases.serve() as site:
        print(site.get("/"))
        assert site.get("/").status == 200
