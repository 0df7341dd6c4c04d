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
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

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
