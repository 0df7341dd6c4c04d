"""Programs of an image's layers that embed Python find the bundled one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from integration.bare_root import make_bare_root
from integration.packages import write_tree
from integration.test_embedded_python import SMALL_UWSGI, lantern, uwsgi_site
from platforms.phases import Phases, settings


def built(phases: Phases, app: Path, **more: str) -> Phases:
    """Build, and return the platform with a root without Python for the processes."""
    detected = phases.detect(app, settings(**more))
    assert detected.status == 0, detected.all
    result = phases.build()
    assert result.status == 0, result.all
    root = phases.folder / "root"
    root.mkdir()
    make_bare_root(root, phases.own_layers / "runtime")
    assert [path for path in root.rglob("*python*") if path.is_file()] == []
    return replace(phases, root=root)


@pytest.mark.long
def test_uwsgi_serves_a_django_site_in_an_image_without_python(
    phases: Phases, tmp_path: Path
) -> None:
    phases = built(phases, uwsgi_site(tmp_path / "app"), **SMALL_UWSGI)
    with phases.serve() as site:
        assert "<h1>Harbour</h1>" in site.get("/").text
    with phases.serve("web", "--virtualenv", str(phases.own_layers / "venv")) as site:
        assert "<h1>Harbour</h1>" in site.get("/").text


@pytest.mark.long
def test_a_program_that_embeds_python_changes_layers_only_while_it_is_installed(
    phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", {"requirements.txt": "six\n", "Procfile": "web: true\n"})
    lantern(app / "vendor", "/usr/bin/python3")
    shutil.move(app / "vendor", app / "later")
    assert phases.create(app).status == 0
    plain = phases.exported().digest

    shutil.move(app / "later", app / "vendor")
    (app / "requirements.txt").write_text("six\nlantern\n")
    assert phases.create(app).status == 0
    warm = phases.exported().digest
    unchanged = phases.create(app)
    assert "Reusing the virtual environment" in unchanged.out
    assert phases.exported().digest == warm

    shutil.rmtree(phases.cache)
    shutil.rmtree(phases.image)
    assert phases.create(app).status == 0
    assert phases.exported().digest == warm

    shutil.move(app / "vendor", app / "later")
    (app / "requirements.txt").write_text("six\n")
    assert phases.create(app).status == 0
    assert phases.exported().digest == plain
