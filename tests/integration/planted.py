"""Secrets that a test plants, and the search for them in everything that a build writes."""

from __future__ import annotations

import base64
import json
import os
import random
import shlex
import threading
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from integration.index import Index, served
from integration.packages import sdist, source, wheel

SPECIAL = "#/?\\;[]@:% \"'`$&<|\u00fc"
_LETTERS = "BCDFGHJKLMNPQRSTVWXZbcdfghjkmnpqrstvwxz23456789"
_WINDOW = 8
"""So many characters of a secret in a row count as the secret."""
_PAUSE = 0.01


@dataclass
class Secrets:
    """Secrets by the place where they are planted; other ones in each run."""

    found: dict[str, str] = field(default_factory=dict)
    _random: random.Random = field(default_factory=random.SystemRandom)

    def new(self, place: str, special: str = "") -> str:
        """Make a secret with a special character in its middle, and one of a usual kind."""
        assert place not in self.found, place
        character = special or SPECIAL[len(self.found) % len(SPECIAL)]
        self.found[place] = f"{self._word()}{character}{self._word()}"
        return self.found[place]

    def plain(self, place: str) -> str:
        """Make a secret of letters and digits."""
        assert place not in self.found, place
        self.found[place] = self._word() + self._word()
        return self.found[place]

    def encoded(self, place: str, special: str = "") -> str:
        """Make a secret, and return it as it must be written in an address."""
        return quote(self.new(place, special), safe="")

    def _word(self) -> str:
        return "".join(self._random.choices(_LETTERS, k=11))

    @cached_property
    def _windows(self) -> dict[bytes, str]:
        """Map each piece of each notation of a secret to the place of the secret."""
        return {
            text[start : start + _WINDOW]: place
            for place, secret in self.found.items()
            for text in _notations(secret)
            for start in range(len(text) - _WINDOW + 1)
        }

    @cached_property
    def _grams(self) -> frozenset[int]:
        """All four bytes in a row of them, of which each match has some at an even place."""
        return frozenset(
            number
            for window in self._windows
            for start in range(_WINDOW - 3)
            for number in array("I", window[start : start + 4])
        )

    def places_in(self, data: bytes) -> set[str]:
        """Return the places of the secrets of which a text or file has a piece."""
        words = array("I", data[: len(data) // 4 * 4])
        if len(data) < 1000 or self._grams.intersection(words):
            windows = self._windows
            return {
                windows[piece]
                for start in range(len(data) - _WINDOW + 1)
                if (piece := data[start : start + _WINDOW]) in windows
            }
        return set()

    def files_in(self, folder: Path) -> Iterator[tuple[Path, str]]:
        """Yield each file, folder and link with a secret, and the place of that secret."""
        for parent, folders, names in os.walk(folder):
            for path in (Path(parent, name) for name in (*folders, *names)):
                contents = [os.fsencode(path.name)]
                if path.is_symlink():
                    contents.append(os.fsencode(os.readlink(path)))
                elif path.is_file():
                    contents += _contents(path)
                for place in set().union(*map(self.places_in, contents)):
                    yield path, place

    @contextmanager
    def watched_processes(self) -> Iterator[dict[str, str]]:
        """Collect the processes with a secret in their arguments: place -> arguments."""
        found: dict[str, str] = {}
        others = {*_processes()}
        is_over = threading.Event()

        def watch() -> None:
            while not is_over.wait(_PAUSE):
                for process in {*_processes()} - others:
                    try:
                        arguments = Path("/proc", process, "cmdline").read_bytes()
                    except OSError:
                        continue
                    for place in self.places_in(arguments):
                        found[place] = arguments.decode("utf-8", "replace").replace("\0", " ")

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield found
        finally:
            is_over.set()
            thread.join()


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdigit()]


def _contents(path: Path) -> list[bytes]:
    """Return the content of a file, and of each file of a wheel with its name."""
    found = [path.read_bytes()]
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                found += [name.encode(), archive.read(name)]
    return found


def _notations(secret: str) -> Iterator[bytes]:
    """Yield a secret as programs write it."""
    texts = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret),
        repr(secret),
        shlex.quote(secret),
        secret.encode("unicode_escape").decode(),
    }
    yield from (text.encode() for text in texts)
    for text in (secret, quote(secret, safe="")):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            for offset in range(3):
                whole = encode(b"\0" * offset + text.encode()).rstrip(b"=")
                # The first and last characters also depend on what is around the secret.
                yield whole[2 if offset else 0 : -1][1 if offset else 0 :]


def assert_only_there(
    secrets: Secrets, texts: Mapping[str, str], folders: Mapping[Path, frozenset[str]]
) -> None:
    """Check texts, and folders with the names of the files that may have secrets."""
    for name, text in texts.items():
        places = secrets.places_in(text.encode())
        assert not places, f"{name} has the secret of {places}:\n{text}"
    for folder, allowed in folders.items():
        found = [
            f"{path.relative_to(folder)} has the secret of {place}"
            for path, place in secrets.files_in(folder)
            if path.name not in allowed
        ]
        assert not found, "\n".join(found)


PRINTS = """
import json, os, sys
print(os.environ)
print(json.dumps(dict(os.environ)))
for name, value in os.environ.items():
    print(name, repr(value), value)
    print(value, file=sys.stderr)
"""
"""Python code that prints all environment variables in several notations."""
_HOOK = f"""#!/bin/sh
set -x
env
python3 -c '{PRINTS}'
for name in DATABASE_URL SECRET_KEY EMAIL_HOST_PASSWORD PIP_INDEX_URL; do
    eval "value=\\$$name"
    printf '%s\\n' "$value" >&2
    : "$value"
done
cat requirements.txt
cat "$PIP_CONFIG_FILE" "$NETRC"
"""
_REQUIREMENTS = """
--extra-index-url {option}
anchor @ http://ci:${{ANCHOR_PW}}@{host}/files/anchor-1.0-py3-none-any.whl#sha256={digest}
cabin @ {requirement}
boat
./vendor/crane
"""
IN_APP = frozenset({"METADATA"})
"""Files of an installed package, which have what its author wrote."""


@dataclass(frozen=True, kw_only=True)
class PlantedApp:
    """An app and the variables of its build, with secrets in each place that a build reads."""

    folder: Path
    """For the files of the index."""
    secrets: Secrets
    index: Index
    files: dict[str, str]
    config_vars: dict[str, str]
    pip_conf: str
    netrc: str

    def address(self, place: str, path: str, special: str = "") -> str:
        """Plant a password that the index accepts, and return the address with it."""
        password = self.secrets.new(place, special)
        self.index.users.add(f"ci:{password}")
        return f"http://ci:{quote(password, safe='')}@127.0.0.1:{self.index.port}/{path}"

    def add_sdist(self, name: str, files: Mapping[str, str]) -> None:
        """Add a package to the index, with files that replace those of its source."""
        whole = {**source(name, "1.0"), **files}
        self.index.add(sdist(self.folder, name, "1.0", whole))


@contextmanager
def planted_app(folder: Path) -> Iterator[PlantedApp]:
    """Serve an index with passwords, and yield an app that uses it; `folder` is for files."""
    secrets = Secrets()
    index = Index(user=f"ci:{secrets.new('PIP_INDEX_URL')}")
    index.add_setuptools()
    index.add(*(wheel(folder, name, "1.0") for name in ("anchor", "cabin", "dinghy")))
    index.add(sdist(folder, "boat", "1.0", source("boat", "1.0")))
    with served(index):
        app = PlantedApp(
            folder=folder,
            secrets=secrets,
            index=index,
            files={"Procfile": "web: python -m http.server $PORT\n"},
            config_vars={},
            pip_conf="",
            netrc=f"machine other.example login ci password {secrets.plain('netrc')}\n",
        )
        pip_conf = f"[global]\nextra-index-url = {app.address('pip.conf', 'simple/', ':')}\n"
        app.files.update(_files(app))
        app.config_vars.update(_variables(app))
        yield replace(app, pip_conf=pip_conf)


def _files(app: PlantedApp) -> dict[str, str]:
    crane = source("crane", "1.0")
    dinghy = app.address("METADATA", "files/dinghy-1.0-py3-none-any.whl", "/")
    crane["setup.py"] = PRINTS + crane["setup.py"].replace(
        "version=", f'install_requires=["dinghy @ {dinghy}"], version='
    )
    requirements = _REQUIREMENTS.format(
        option=app.address("an option of the requirements", "simple/", "#"),
        requirement=app.address("a requirement", "files/cabin-1.0-py3-none-any.whl", "?"),
        host=f"127.0.0.1:{app.index.port}",
        digest=app.index.digest_of("anchor"),
    )
    return {
        "requirements.txt": requirements,
        **{f"vendor/crane/{name}": text for name, text in crane.items()},
        "bin/pre_compile": _HOOK,
        "bin/post_compile": _HOOK,
    }


def _variables(app: PlantedApp) -> dict[str, str]:
    secrets = app.secrets
    token = secrets.new("the variable of a requirement", "@")
    app.index.users.add(f"ci:{token}")
    of_index = quote(secrets.found["PIP_INDEX_URL"], safe="")
    database, old = secrets.encoded("DATABASE_URL", "%"), secrets.new("OLD_DATABASE_URL", "#")
    keys = "\n".join(secrets.plain(f"line {number} of JWT_PRIVATE_KEY") for number in range(3))
    credentials = {
        "uri": f"postgres://app:{secrets.encoded('VCAP uri')}@db.example/app",
        "password": secrets.new("VCAP password"),
    }
    services = {
        "postgres": [{"name": "db", "credentials": credentials}],
        "p-redis": [
            {
                "name": "cache",
                "credentials": {
                    "host": "cache.example",
                    "port": 6379,
                    "password": secrets.new("VCAP password of a cache"),
                },
            }
        ],
        "p-rabbitmq": [
            {
                "name": "queue",
                "credentials": {
                    "uri": f"amqp://app:{secrets.encoded('VCAP uri of a queue')}@queue.example"
                },
            }
        ],
        # Of a kind that Slipway does not know.
        "user-provided": [
            {"name": "crane", "credentials": {"key": {"part": secrets.new("VCAP key")}}}
        ],
    }
    whole = (
        "AWS_SECRET_ACCESS_KEY",
        "DJANGO_SUPERUSER_PASSWORD",
        "EMAIL_HOST_PASSWORD",
        "GIT_TOKEN",
        "SECRET_KEY",
        "STORAGE_ACCOUNT_KEY",
        "STRIPE_API_KEY",
    )
    return {
        **{name: secrets.new(name) for name in whole},
        "ALL_PROXY": f"http://ci:{secrets.encoded('ALL_PROXY')}@127.0.0.1:9",
        "ANCHOR_PW": quote(token, safe=""),
        "DATABASE_URL": f"postgres://app:{database}@127.0.0.1:9/app",
        "GITHUB_TOKEN": secrets.plain("GITHUB_TOKEN"),
        "HTTPS_PROXY": f"http://ci:{secrets.encoded('HTTPS_PROXY')}@127.0.0.1:9",
        "HTTP_PROXY": f"ci:{secrets.encoded('HTTP_PROXY')}@127.0.0.1:9",
        "JWT_PRIVATE_KEY": f"-----BEGIN KEY-----\n{keys}\n-----END KEY-----",
        "NO_PROXY": "127.0.0.1,localhost",
        "OLD_DATABASE_URL": f"mysql://app:{old}@db.example/app",
        "PIP_EXTRA_INDEX_URL": " ".join(
            app.address(f"PIP_EXTRA_INDEX_URL {number}", "simple/") for number in range(2)
        ),
        "PIP_FIND_LINKS": app.address("PIP_FIND_LINKS", "simple/anchor/"),
        "PIP_INDEX_URL": app.index.at(f"ci:{of_index}@"),
        "PIP_RETRIES": "0",
        "REDIS_URL": f"redis://:{secrets.encoded('REDIS_URL')}@cache.example:6379/0",
        "SENTRY_DSN": f"https://{secrets.plain('SENTRY_DSN')}@errors.example/1",
        "SLIPWAY_BUNDLE_PYTHON": "false",
        "VCAP_SERVICES": json.dumps(services),
    }
