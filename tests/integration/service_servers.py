"""Real Redis, Memcached and RabbitMQ servers for the tests, on the loopback interface.

Each keeps its files in a folder of the test, and ends with the block that started it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from integration.classic_platform import PATH, run
from integration.serving import TIMEOUT, free_port, is_open

RABBITMQ_PROGRAMS = "/usr/lib/rabbitmq/bin"
"""The programs themselves: those in /usr/sbin run only as a user of Debian's package."""
_VARIABLES = {"PATH": PATH, "LANG": "C.UTF-8"}


@dataclass(frozen=True, kw_only=True)
class Server:
    """How to log in to a server, which listens at 127.0.0.1."""

    port: int
    user: str = ""
    password: str = ""
    tls_port: int = 0
    """The port for encrypted connections; 0 if the server has none."""
    virtual_host: str = ""
    """Of RabbitMQ."""


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """The files of a certificate for 127.0.0.1 and localhost, and of the CA that signed it."""

    ca: Path
    certificate: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    """Create a private CA in a folder, and a certificate that it signed."""
    folder.mkdir(parents=True, exist_ok=True)
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    certificate, key = folder / "server.pem", folder / "server.key"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    own = ["-subj", "/CN=Harbour CA", "-addext", "basicConstraints=critical,CA:TRUE"]
    # Python requires both since 3.13: https://docs.python.org/3/whatsnew/3.13.html#ssl
    own += ["-addext", "keyUsage=critical,keyCertSign"]
    names = "authorityKeyIdentifier=keyid\nsubjectAltName=IP:127.0.0.1,DNS:localhost"
    _openssl("req", "-x509", *new_key, *own, "-days", "2", "-keyout", ca_key, "-out", ca)
    request, extensions = folder / "server.csr", folder / "names"
    extensions.write_text(names + "\n", "utf-8")
    _openssl("req", *new_key, "-subj", "/CN=localhost", "-keyout", key, "-out", request)
    signed_by: list[str | Path] = ["-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile"]
    _openssl(
        "x509",
        "-req",
        "-in",
        request,
        *signed_by,
        extensions,
        "-days",
        "2",
        "-out",
        certificate,
    )
    # The servers may run as other users.
    for path in (folder, certificate, key, ca):
        path.chmod(0o755)
    return Certificates(ca=ca, certificate=certificate, key=key)


@contextmanager
def redis_server(
    folder: Path, *, password: str = "", tls: Certificates | None = None
) -> Iterator[Server]:
    """Serve an empty Redis that writes nothing, with an encrypted port if `tls` is given."""
    server = Server(port=free_port(), password=password, tls_port=free_port() if tls else 0)
    quoted = json.dumps(password, ensure_ascii=False)
    settings = [
        "bind 127.0.0.1",
        f"port {server.port}",
        f"dir {_folder(folder)}",
        'save ""',
        f"requirepass {quoted}" if password else "protected-mode no",
    ]
    if tls:
        settings += [
            f"tls-port {server.tls_port}",
            f"tls-cert-file {tls.certificate}",
            f"tls-key-file {tls.key}",
            f"tls-ca-cert-file {tls.ca}",
            "tls-auth-clients no",
        ]
    (folder / "redis.conf").write_text("\n".join([*settings, ""]), "utf-8")
    argv = ["redis-server", str(folder / "redis.conf")]
    with _served(argv, folder, lambda: is_open(server.port)):
        yield server


@contextmanager
def memcached_server(folder: Path) -> Iterator[Server]:
    """Serve an empty Memcached."""
    server = Server(port=free_port())
    user = ["--user=nobody"] if os.geteuid() == 0 else []
    argv = ["memcached", "--listen=127.0.0.1", f"--port={server.port}", *user]
    with _served(argv, _folder(folder), lambda: is_open(server.port)):
        yield server


@contextmanager
def rabbitmq_server(
    folder: Path,
    *,
    user: str = "harbour",
    password: str = "berth-by-night",  # noqa: S107 - of a server that only runs during the tests
    virtual_host: str = "/",
    tls: Certificates | None = None,
) -> Iterator[Server]:
    """Serve a RabbitMQ with one virtual host and one user; it starts in 5 to 10 seconds."""
    server = Server(
        port=free_port(),
        user=user,
        password=password,
        tls_port=free_port() if tls else 0,
        virtual_host=virtual_host,
    )
    home = _folder(folder)
    (home / "definitions.json").write_text(json.dumps(_definitions(server)), "utf-8")
    settings = [
        f"listeners.tcp.1 = 127.0.0.1:{server.port}",
        f"load_definitions = {home}/definitions.json",
        "log.console = true",
        "log.console.level = info",
        "log.file = false",
        "disk_free_limit.absolute = 1MB",
    ]
    if tls:
        settings += [
            f"listeners.ssl.1 = 127.0.0.1:{server.tls_port}",
            f"ssl_options.cacertfile = {tls.ca}",
            f"ssl_options.certfile = {tls.certificate}",
            f"ssl_options.keyfile = {tls.key}",
            "ssl_options.verify = verify_none",
        ]
    (home / "rabbitmq.conf").write_text("\n".join([*settings, ""]), "utf-8")
    (home / "plugins").write_text("[].\n", "utf-8")
    names = free_port()
    variables = {
        "HOME": str(home),
        "PATH": f"{RABBITMQ_PROGRAMS}:{PATH}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_NODENAME": f"harbour{server.port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "logs"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
    }
    with ExitStack() as stack:
        # Otherwise RabbitMQ starts Erlang's name server, which would never end.
        argv = ["epmd", "-port", str(names), "-address", "127.0.0.1"]
        started = _served(argv, _folder(home / "names"), lambda: is_open(names), variables)
        stack.enter_context(started)
        log = home / "log"
        argv = [f"{RABBITMQ_PROGRAMS}/rabbitmq-server"]
        started = _served(argv, home, lambda: _says(log, "startup complete"), variables)
        stack.enter_context(started)
        yield server


def _definitions(server: Server) -> dict[str, object]:
    """Describe a user and a virtual host (https://www.rabbitmq.com/docs/definitions)."""
    salt = b"salt"
    digest = hashlib.sha256(salt + server.password.encode()).digest()
    user = {
        "name": server.user,
        # https://www.rabbitmq.com/docs/passwords#computing-password-hash
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    permission = {"user": server.user, "vhost": server.virtual_host, **everything}
    return {
        "rabbit_version": "3.10.0",
        "users": [user],
        "vhosts": [{"name": server.virtual_host}],
        "permissions": [permission],
    }


@contextmanager
def _served(
    argv: Sequence[str],
    folder: Path,
    is_ready: Callable[[], bool],
    variables: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run a server until the block is left, and enter it when the server is ready."""
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            argv,
            env={**_VARIABLES, **(variables or {})},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + TIMEOUT
        while not is_ready():
            assert process.poll() is None, log.read_text("utf-8", "replace")
            assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
            time.sleep(0.05)
        yield
    finally:
        # All processes of the server: RabbitMQ's own are children of a shell.
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)


def _says(log: Path, words: str) -> bool:
    return words in log.read_text("utf-8", "replace")


def _folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _openssl(*arguments: str | Path) -> None:
    made = run(["openssl", *arguments], _VARIABLES)
    assert made.status == 0, made.all
