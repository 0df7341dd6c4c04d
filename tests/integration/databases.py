"""Real database servers for the tests, on the loopback interface.

Each has its own data in a folder that every user can access, because the servers refuse to run
as root. They write no data to the disk on purpose, so that they are quick.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from integration.classic_platform import PATH, Result, run
from integration.service_servers import Certificates
from integration.serving import TIMEOUT, free_port

POSTGRESQL_PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
_VARIABLES = {"PATH": f"{POSTGRESQL_PROGRAMS}:{PATH}", "LANG": "C.UTF-8"}


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database of a server, and the account that owns it."""

    port: int
    engine: str = "postgres"
    """The scheme of its address: `postgres` or `mysql`."""
    name: str = "postgres"
    user: str = "harbour"
    password: str = "berth-by-night"  # noqa: S105 - of a server that only runs during the tests

    @property
    def url(self) -> str:
        place = f"127.0.0.1:{self.port}/{self.name}"
        return f"{self.engine}://{self.user}:{self.password}@{place}"

    def ask(self, statement: str) -> Result:
        """Run SQL in the server's own client; its rows are lines, their columns have tabs."""
        login = ["--host=127.0.0.1", f"--port={self.port}"]
        if self.engine == "postgres":
            quiet = ["--no-psqlrc", "--tuples-only", "--no-align", "--field-separator=\t"]
            strict = ["--set=ON_ERROR_STOP=1", "--quiet", f"--command={statement}"]
            place = [f"--username={self.user}", f"--dbname={self.name}"]
            argv = ["psql", *login, *place, *quiet, *strict]
            return run(argv, {**_VARIABLES, "PGPASSWORD": self.password})
        quiet = ["--no-defaults", "--skip-ssl", "--batch", "--skip-column-names"]
        account = [f"--user={self.user}", f"--database={self.name}", f"--execute={statement}"]
        argv = ["mariadb", *quiet, *login, *account]
        return run(argv, {**_VARIABLES, "MYSQL_PWD": self.password})

    def query(self, statement: str) -> list[str]:
        """Run SQL that must work, and return its rows."""
        answer = self.ask(statement)
        assert answer.status == 0, answer.all
        return answer.out.splitlines()

    def create(self, name: str) -> Database:
        """Create another, empty database on the same server."""
        self.query(f"CREATE DATABASE {name}")
        return replace(self, name=name)


@contextmanager
def postgresql(
    folder: Path, *, delay: float = 0, tls: Certificates | None = None, socket: bool = False
) -> Iterator[Database]:
    """Create a database in a folder, and serve it until the block is left.

    With a delay in seconds, the block is entered at once, and the server starts so much later.
    With certificates, clients may encrypt their connections. With a socket, which is in the
    folder, they may connect to it too.
    """
    database = Database(port=free_port())
    _open_to_all(folder)
    password = folder / "password"
    password.write_text(database.password, "utf-8")
    options = [f"--username={database.user}", f"--pwfile={password}", "--auth=scram-sha-256"]
    _make("postgres", ["initdb", "--no-sync", f"--pgdata={folder / 'data'}", *options], folder)
    quick = ["-c", "fsync=off", "-c", f"unix_socket_directories={folder if socket else ''}"]
    if tls:
        copy, key, ca = _copy_certificates("postgres", tls, folder)
        quick += ["-c", "ssl=on", "-c", f"ssl_ca_file={ca}"]
        quick += ["-c", f"ssl_cert_file={copy}", "-c", f"ssl_key_file={key}"]
    place = ["-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(database.port)]
    # PostgreSQL waits for its clients before it ends, unless it gets SIGINT:
    # https://www.postgresql.org/docs/current/server-shutdown.html
    server = _Server("postgres", ["postgres", *place, *quick], folder, signal.SIGINT)
    with _served(server, database, delay):
        yield database


@contextmanager
def mariadb(folder: Path, *, tls: Certificates | None = None) -> Iterator[Database]:
    """Create a MariaDB database in a folder, and serve it until the block is left.

    With certificates, clients may encrypt their connections.
    """
    database = Database(port=free_port(), engine="mysql", name="harbour")
    _open_to_all(folder)
    data = f"--datadir={folder / 'data'}"
    quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"]
    small = ["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M"]
    install = [
        "--no-defaults",
        data,
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]
    _make("mysql", ["mariadb-install-db", *install, *quick, *small], folder)
    accounts = folder / "accounts.sql"
    accounts.write_text(
        f"CREATE DATABASE {database.name} CHARACTER SET utf8mb4;\n"
        f"CREATE USER '{database.user}'@'%' IDENTIFIED BY '{database.password}';\n"
        f"GRANT ALL ON *.* TO '{database.user}'@'%' WITH GRANT OPTION;\n",
        "utf-8",
    )
    accounts.chmod(0o644)
    place = ["--bind-address=127.0.0.1", f"--port={database.port}", "--skip-name-resolve"]
    # Relative to the data folder, because the name of a socket is limited to 107 characters.
    files = ["--socket=socket", "--pid-file=pid", f"--init-file={accounts}"]
    if tls:
        copy, key, ca = _copy_certificates("mysql", tls, folder)
        files += [f"--ssl-cert={copy}", f"--ssl-key={key}", f"--ssl-ca={ca}"]
    argv = ["mariadbd", "--no-defaults", data, *place, *files, *quick, *small]
    with _served(_Server("mysql", argv, folder, signal.SIGTERM), database, 0):
        yield database


@contextmanager
def pgbouncer(
    folder: Path, database: Database, *, pool_mode: str = "transaction", pool_size: int = 20
) -> Iterator[Database]:
    """Serve a PostgreSQL database through a connection pooler until the block is left."""
    pooled = replace(database, port=free_port())
    _open_to_all(folder)
    users, settings = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{database.user}" "{database.password}"\n', "utf-8")
    settings.write_text(
        f"""
[databases]
* = host=127.0.0.1 port={database.port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {pooled.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {pool_mode}
default_pool_size = {pool_size}
ignore_startup_parameters = extra_float_digits
""",
        "utf-8",
    )
    for file in (users, settings):
        file.chmod(0o644)
    server = _Server("postgres", ["pgbouncer", str(settings)], folder, signal.SIGTERM)
    with _served(server, pooled, 0):
        yield pooled


class _Server:
    """A server that runs in a folder, as a user who is not root."""

    def __init__(
        self, user: str, argv: Sequence[str], folder: Path, end: signal.Signals
    ) -> None:
        self.argv = [*_as_user(user), *argv]
        self.folder = folder
        self.end = end
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def start(self) -> None:
        with (self.folder / "log").open("wb") as stream:
            self.process = subprocess.Popen(
                self.argv,
                env=_VARIABLES,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    def wait_for(self, database: Database) -> None:
        assert self.process
        deadline = time.monotonic() + TIMEOUT
        # A server listens before it accepts logins.
        while (answer := database.ask("SELECT 1")).status != 0:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, f"{answer.all}\n{self.log}"
            time.sleep(0.1)

    def stop(self) -> None:
        if not self.process:
            return
        self.process.send_signal(self.end)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)


@contextmanager
def _served(server: _Server, database: Database, delay: float) -> Iterator[None]:
    later = threading.Timer(delay, server.start)
    try:
        if delay:
            later.start()
        else:
            server.start()
            server.wait_for(database)
        yield
    finally:
        later.cancel()
        if delay:
            later.join()
        server.stop()


def _make(user: str, argv: Sequence[str], folder: Path) -> None:
    made = run([*_as_user(user), *argv], _VARIABLES, folder)
    assert made.status == 0, made.all


def _as_user(user: str) -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]


def _copy_certificates(user: str, tls: Certificates, folder: Path) -> list[Path]:
    """Copy a certificate, its key and its CA, for a server that only accepts its own files."""
    copies = [folder / name for name in ("server.pem", "server.key", "ca.pem")]
    for original, copy in zip((tls.certificate, tls.key, tls.ca), copies, strict=True):
        shutil.copy(original, copy)
        copy.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(copy, user)
    return copies


def _open_to_all(folder: Path) -> None:
    """Let the server's user create the data folder."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
