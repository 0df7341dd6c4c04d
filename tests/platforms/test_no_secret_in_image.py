"""An image, the cache of its builds and their logs have secrets only where the app has them."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG
from integration.packages import write_tree
from integration.planted import IN_APP, PlantedApp, assert_only_there, planted_app
from platforms.phases import Phases


def bindings(app: PlantedApp) -> dict[str, dict[str, str]]:
    """Move the password of the index to a binding, and add more bindings with secrets."""
    del app.config_vars["PIP_INDEX_URL"]
    git = app.secrets.encoded("git-credentials")
    return {
        "index": {
            "type": "pypi",
            "url": app.index.url,
            "username": "ci",
            "password": app.secrets.found["PIP_INDEX_URL"],
            "pip.conf": app.pip_conf,
            "netrc": app.netrc,
        },
        "git": {"type": "git-credentials", "credentials": f"https://ci:{git}@git.example\n"},
        "db": {
            "type": "postgresql",
            "uri": f"postgres://app:{app.secrets.encoded('uri of a binding')}@db.example/app",
            "password": app.secrets.new("password of a binding"),
        },
        "cache": {
            "type": "redis",
            "host": "cache.example",
            "password": app.secrets.new("password of a bound cache"),
        },
        "crane": {"type": "crane", "key": app.secrets.new("key of an unknown kind")},
    }


def members(layout: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file in the layers of an image, and its JSON files."""
    for blob in (path for path in layout.rglob("*") if path.is_file()):
        if not tarfile.is_tarfile(blob):
            yield blob.name, blob.read_bytes()
            continue
        with tarfile.open(blob) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                yield member.name, stream.read() if stream else b""


@pytest.mark.long
@pytest.mark.parametrize("level", [{}, DEBUG])
@pytest.mark.parametrize("is_broken", [False, True])
def test_an_image_has_secrets_only_where_the_app_has_them(
    phases: Phases, tmp_path: Path, level: Mapping[str, str], *, is_broken: bool
) -> None:
    with planted_app(tmp_path) as app:
        if is_broken:
            app.files["bin/post_compile"] += "exit 3\n"
        found = bindings(app)
        source = write_tree(tmp_path / "app", app.files)
        in_app = IN_APP | {place.name for place, _ in app.secrets.files_in(source)}
        # The index of this test has no uv.
        variables = {**app.config_vars, **level, "SLIPWAY_TOOLCHAIN": "pip-tools"}
        with app.secrets.watched_processes() as seen:
            result = phases.create(source, variables, found)
    assert (result.status == 0) is not is_broken, result.all
    assert not seen
    started = ""
    if not is_broken:
        root = {"SERVICE_BINDING_ROOT": str(phases.folder / "platform" / "bindings")}
        launched = phases.launch(None, 'test "$DATABASE_URL"', env=root)
        assert launched.status == 0, launched.all
        started = launched.all
    assert_only_there(
        app.secrets,
        {"the log": result.all, "the output at start": started},
        {
            phases.layers: IN_APP | {"crane-1.0-py3-none-any.whl"},
            phases.folder / "home": frozenset(),
        },
    )
    layers = [*members(phases.image), *members(phases.cache)]
    assert layers or is_broken
    for name, content in layers:
        if Path(name).name not in in_app | {"crane-1.0-py3-none-any.whl"}:
            assert not app.secrets.places_in(content), name
