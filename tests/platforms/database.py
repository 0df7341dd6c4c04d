"""A PostgreSQL server for the tests, on the loopback interface."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integration.classic_platform import PATH, run
from integration.serving import TIMEOUT, free_port, stop, wait_for

_AS_ITS_USER = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
"""PostgreSQL refuses to run as root."""


@dataclass(frozen=True, kw_only=True)
class Database:
    port: int
    user: str = "harbour"
    password: str = "berth-by-night"  # noqa: S105 - of a server that only runs during the tests

    @property
    def url(self) -> str:
        return f"postgres://{self.user}:{self.password}@127.0.0.1:{self.port}/postgres"


@contextmanager
def postgresql(folder: Path) -> Iterator[Database]:
    """Create a database in a folder, and serve it until the block is left."""
    database = Database(port=free_port())
    [*_, programs] = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    data, password, log = folder / "data", folder / "password", folder / "log"
    password.write_text(database.password, "utf-8")
    folder.chmod(0o777)  # the server's user creates the data folder in it
    variables = {"PATH": PATH, "LANG": "C.UTF-8"}
    options = [f"--username={database.user}", f"--pwfile={password}", "--auth=scram-sha-256"]
    initdb = ["--no-sync", f"--pgdata={data}", *options]
    made = run([*_AS_ITS_USER, programs / "initdb", *initdb], variables, folder)
    assert made.status == 0, made.all
    quick = ["-c", "fsync=off", "-c", "unix_socket_directories="]
    place = ["-D", str(data), "-h", "127.0.0.1", "-p", str(database.port)]
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [*_AS_ITS_USER, programs / "postgres", *place, *quick],
            env=variables,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        wait_for(database.port, server, log)
        server_options = ["--host=127.0.0.1", f"--port={database.port}"]
        deadline = time.monotonic() + TIMEOUT
        # The server listens before it accepts logins.
        while run([programs / "pg_isready", *server_options], variables, folder).status != 0:
            assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
            time.sleep(0.1)
        yield database
    finally:
        stop(server)
