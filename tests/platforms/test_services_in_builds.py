"""Hooks of a build get the variables of services that are bound while an image is built."""

from __future__ import annotations

from pathlib import Path

from integration.packages import write_tree
from integration.test_services_in_builds import CERTIFICATE, HOOK, PASSWORD
from platforms.phases import Phases, settings

APP = {
    "requirements.txt": "",
    "Procfile": "web: python -m http.server\n",
    "bin/pre_compile": HOOK.replace("NAME", "first"),
    "bin/post_compile": HOOK.replace("NAME", "last"),
}
BINDINGS = {
    "shop-db": {
        "type": "postgresql",
        "host": "db.example\n",
        "username": "crew\n",
        "password": f"{PASSWORD}\n",
        "database": "yard\n",
        "ca": CERTIFICATE,
    },
    # Its type counts, not its name.
    "mysql-index": {"type": "pypi", "extra-url": "https://index.example/simple"},
}


def test_hooks_get_the_variables_of_bindings(phases: Phases, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "app", APP)
    variables = {**settings(), "SEEN": str(phases.folder / "home" / "seen")}
    assert phases.detect(source, variables, BINDINGS).status == 0
    result = phases.build()
    assert result.status == 0, result.all
    log = " ".join(result.out.split())
    assert "Using these service bindings for the build: mysql-index (pypi)" in log
    assert (
        "Setting variables from these service bindings for the build: shop-db (DATABASE_URL)"
    ) in log
    assert log.count("MIIB") == len(("first", "last"))
    for name in ("first", "last"):
        url = (phases.folder / "home" / f"seen-{name}").read_text("utf-8")
        assert url.startswith("postgresql://crew:p%40ss%2Fw%23rd%26tide@db.example/yard?")
    assert PASSWORD not in result.all
    files = (path for path in phases.own_layers.rglob("*") if path.is_file())
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]
