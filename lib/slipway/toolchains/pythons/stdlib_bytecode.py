"""Byte code that an image's Python came with, made to stay valid in a copy.

Compiling a standard library takes two seconds of a processor; this takes a tenth of one.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.processes import Command
from slipway.errors.stopped import CommandFailed

_HEADER = 16
"""Bytes: magic number, flags, then date and size of the source, or its hash (PEP 552)."""
_BY_DATE, _UNCHECKED_HASH = (0).to_bytes(4, "little"), (1).to_bytes(4, "little")
_MAGIC = (
    "import importlib.util, json, sys; "
    "print(json.dumps([importlib.util.MAGIC_NUMBER.hex(), sys.implementation.cache_tag]))"
)


def copy_bytecode(original: Path, copy: Path, python: str, effects: Effects) -> bool:
    """Give each module of a copied standard library the byte code of the original.

    Tell whether that was done: all of it or nothing, so that what a copy holds does not depend
    on which modules somebody happened to import before.
    """
    if not (original / "__pycache__").is_dir():
        return False
    kind = _ask(python, effects)
    if kind is None:
        return False
    adopted = []
    for module in copy.rglob("*.py"):
        code = kind.valid_code(original / module.relative_to(copy))
        if code is None:
            return False
        adopted.append((kind.place(module), code))
    for place, code in adopted:
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(code)
    return True


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """The byte code that one version of Python takes."""

    magic: bytes
    tag: str

    def place(self, module: Path) -> Path:
        return module.parent / "__pycache__" / f"{module.stem}.{self.tag}.pyc"

    def valid_code(self, module: Path) -> bytes | None:
        """Read byte code that Python would take, to be taken for any date of the module."""
        try:
            compiled, status = self.place(module).read_bytes(), module.stat()
            digest = importlib.util.source_hash(module.read_bytes())
        except OSError:
            return None
        expected = b"".join(
            [self.magic, _BY_DATE, *_four(int(status.st_mtime), status.st_size)]
        )
        if compiled[:_HEADER] != expected:
            return None
        return b"".join([self.magic, _UNCHECKED_HASH, digest, compiled[_HEADER:]])


def _four(*numbers: int) -> Iterator[bytes]:
    for number in numbers:
        yield (number & 0xFFFFFFFF).to_bytes(4, "little")


def _ask(python: str, effects: Effects) -> _Kind | None:
    command = Command(
        argv=[python, "-I", "-S", "-c", _MAGIC], cwd=Path("/"), env=effects.environment
    )
    try:
        magic, tag = json.loads(effects.processes.query(command))
    except (CommandFailed, ValueError):
        return None
    return _Kind(magic=bytes.fromhex(magic), tag=tag)
