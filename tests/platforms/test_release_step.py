"""The release step in an image, with a real PostgreSQL, and the site after it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from integration.databases import Database
from integration.dockyard import ALL_MIGRATIONS, is_released, log_in, variables, write_dockyard
from integration.serving import Site, free_port, stop, wait_for
from platforms.phases import Phases, settings
from platforms.test_three_doors import IMAGE_PYTHON


@pytest.fixture
def dockyard(phases: Phases, tmp_path: Path) -> Phases:
    """Build the app without any of the variables that it requires."""
    app = write_dockyard(tmp_path / "dockyard")
    detected = phases.detect(app, {**settings(), **IMAGE_PYTHON})
    assert detected.status == 0, detected.all
    built = phases.build()
    assert built.status == 0, built.all
    return phases


@pytest.mark.long
def test_the_superuser_of_the_release_step_logs_in_to_the_image(
    dockyard: Phases, database: Database
) -> None:
    env = variables(database.create("released_image"))
    released = dockyard.launch("release", env=env)
    assert released.status == 0, released.all
    assert f"{ALL_MIGRATIONS} migrations applied, superuser created" in released.out
    with dockyard.serve(env=env) as site:
        assert "Site administration" in log_in(site)
    assert "migrations applied" not in (dockyard.folder / "served.log").read_text("utf-8")


def test_three_instances_of_an_image_that_start_together_migrate_once(
    dockyard: Phases, database: Database
) -> None:
    started = database.create("started_image")
    env = {**variables(started), "SLIPWAY_MIGRATE": "start", "MIGRATION_SECONDS": "1"}
    logs = [dockyard.folder / f"{number}.log" for number in range(3)]
    ports = [free_port() for _ in logs]
    with ExitStack() as stack:
        servers = []
        for port, log in zip(ports, logs, strict=True):
            stream = stack.enter_context(log.open("wb"))
            server = dockyard.start("web", stream, **env, PORT=str(port))
            stack.callback(stop, server)
            servers.append(server)
        for port, server, log in zip(ports, servers, logs, strict=True):
            wait_for(port, server, log)
            assert "Site administration" in log_in(Site(port))
    output = [log.read_text("utf-8") for log in logs]
    worked = [text for text in output if f"{ALL_MIGRATIONS} migrations applied" in text]
    assert len(worked) == 1, "\n\n".join(output)
    is_released(started)
