"""That an earlier build asked an index for uv in vain: the next ones need not ask."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.redaction import without_credentials
from slipway.domain.requirements.lines import expand
from slipway.domain.requirements.resolution_request import index_variables
from slipway.effects import Effects
from slipway.effects.cache.keys import digest_of
from slipway.effects.cache.kinds import UV_UNAVAILABLE
from slipway.effects.files import read_if_there, write
from slipway.toolchains.pip_configuration import configuration_files

_HOLDS = 24 * 60 * 60
"""Seconds: an index may have it tomorrow."""


@dataclass(frozen=True, kw_only=True)
class UvAbsence:
    """A note for one version of uv, one image, and what says where to look for it."""

    version: str
    options: str
    """Lines of the app's requirements that say which index."""
    app: Path
    effects: Effects

    @property
    def is_noted(self) -> bool:
        """Tell whether an index was found to have none, within the last day."""
        try:
            noted = json.loads(read_if_there(self._file) or "")
            since = self.effects.cache.now() - noted["asked"]
            return bool(noted["where"] == self._where and 0 <= since < _HOLDS)
        except (ValueError, TypeError, KeyError):
            return False

    def note(self) -> None:
        noted = {"where": self._where, "asked": self.effects.cache.now()}
        with suppress(OSError):  # the next build asks again
            write(self._file, json.dumps(noted))

    @property
    def _file(self) -> Path:
        return self.effects.cache.folder / UV_UNAVAILABLE.name

    @property
    def _where(self) -> str:
        return digest_of(
            {
                "uv": self.version,
                "image": " ".join([platform.machine(), *platform.libc_ver()]),
                "asked": [without_credentials(text) for text in self._said()],
            }
        )

    def _said(self) -> Iterator[str]:
        environment = self.effects.environment
        yield expand(self.options, environment)
        yield from index_variables(environment)
        yield from (text for _, text in configuration_files(self.app, environment))
