"""What interpreters say of themselves, kept so that an unchanged build starts none of them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.files import read_if_there, write
from slipway.effects.interpreters import PROBE
from slipway.effects.processes import Command, Processes
from slipway.errors.stopped import CommandFailed

_SAID = {"implementation", "path", "version", "prefix", "stdlib", "platform"}
_ENVIRONMENT = ("_PYTHON_", "LD_")
"""Variables that begin so reach an interpreter, isolated or not."""

_CLOCK = 20_000_000
"""Nanoseconds by which a file system's clock may lag behind."""

Said = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class _Kept:
    said: Said
    witnesses: Mapping[str, str]
    """File -> what its entry says: a replaced interpreter has another one."""

    @property
    def holds(self) -> bool:
        return all(_entry(file) == entry for file, entry in self.witnesses.items())


@dataclass(frozen=True, kw_only=True)
class Probes:
    """Asks interpreters what they are; each answer stays while no file of it changes."""

    file: Path
    """Holds the answers of earlier builds, after a digest of them."""
    processes: Processes
    environment: Mapping[str, str]

    def ask(self, path: Path) -> Said | None:
        """Give what an interpreter says of itself; None if it is broken."""
        kept, key = self._kept(), self._key(path)
        known = kept.get(key)
        if known and known.holds:
            return dict(known.said)
        asked = time.time_ns()
        try:
            said = dict(json.loads(self._answer(path)))
        except (CommandFailed, OSError, ValueError, TypeError):
            return None
        witnesses = _witnesses(path, said.pop("files", []), asked)
        self._keep({**kept, key: _Kept(said=said, witnesses=witnesses)})
        return said

    def _answer(self, path: Path) -> str:
        """Ask in a process of its own; not the one that this process runs in."""
        if not self._reaching and _runs_this(path):
            answer = io.StringIO()
            with redirect_stdout(answer):
                exec(PROBE, {})  # noqa: S102  # our own words
            return answer.getvalue()
        command = Command(
            argv=[str(path), "-I", "-S", "-c", PROBE], cwd=Path("/"), env=self.environment
        )
        return self.processes.query(command)

    @property
    def _reaching(self) -> Mapping[str, str]:
        given = self.environment.items()
        return {name: value for name, value in given if name.startswith(_ENVIRONMENT)}

    def _key(self, path: Path) -> str:
        """Name an interpreter, and what else than its files decides its answer."""
        facts = json.dumps([PROBE, os.uname().machine, sorted(self._reaching.items())])
        return f"{path} {hashlib.sha256(facts.encode(errors='surrogateescape')).hexdigest()}"

    def _kept(self) -> dict[str, _Kept]:
        """Read what is kept; nothing if it is not as it was written."""
        digest, _, text = (read_if_there(self.file) or "").partition("\n")
        if digest != _digest(text):
            return {}
        return {key: _Kept(**entry) for key, entry in json.loads(text).items()}

    def _keep(self, answers: Mapping[str, _Kept]) -> None:
        """Write the answers that still hold; one without witnesses is asked each time."""
        entries = {
            key: {"said": one.said, "witnesses": one.witnesses}
            for key, one in answers.items()
            if one.witnesses and one.holds and set(one.said) == _SAID
        }
        text = json.dumps(entries, indent=1)
        try:
            write(self.file, f"{_digest(text)}\n{text}")
        except OSError:
            return  # it costs the next build a process


def _runs_this(path: Path) -> bool:
    """Tell whether this process is what would be started: isolated, and of no environment."""
    own = Path(sys.executable)
    is_alike = sys.flags.isolated and sys.flags.no_site and own.parent == path.parent
    return bool(is_alike) and own.resolve() == path


def _witnesses(path: Path, files: Sequence[str], asked: int) -> dict[str, str]:
    """Note the entries of what an answer rests on; `asked` is when, in nanoseconds.

    None at all where a file cannot be seen, or has changed since: of which one was it then?
    """
    entries = {file: _entry(file) for file in {str(path), *files}}
    if not files or not all(entries.values()):
        return {}
    if any(os.stat(file).st_ctime_ns > asked - _CLOCK for file in entries):
        return {}
    # A pyvenv.cfg would give an interpreter another prefix, and need not be there.
    maybe = [str(folder / "pyvenv.cfg") for folder in [*path.parents][:2]]
    return {**entries, **{file: _entry(file) for file in maybe}}


def _entry(file: str) -> str:
    try:
        status = os.stat(file)
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _digest(text: str) -> str:
    return hashlib.sha256(f"probes 1 {text}".encode()).hexdigest()
