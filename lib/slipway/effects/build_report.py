"""The report of a build: facts and durations that a platform can graph, and why it failed.

https://devcenter.heroku.com/articles/buildpack-api
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from slipway.domain.redaction import Secrets
from slipway.effects.files import remove, write

Fact = str | int | float | bool

DID_NOT_END = "did-not-end"
CANCELLED = "cancelled"
INTERNAL_ERROR = "internal-error"
LOG_CLOSED = "log-closed"

_LONGEST = 200
"""Characters of a value."""
_NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def reason_of(error: type[BaseException]) -> str:
    """Return the name by which reports of all builds know an error: `hook-failed`."""
    return _NEW_WORD.sub("-", error.__name__).lower()


@dataclass(kw_only=True)
class BuildReport:
    """Collects what steps note. It is written only if a door names a file.

    The file always has the state of this build: one that is killed has written before that
    it did not end. No fact is in anything that is part of the app, or of a cache key.
    """

    now: Callable[[], float] = time.monotonic
    """Seconds on a clock that never goes back."""
    secrets: Secrets = field(default_factory=Secrets)
    file: Path | None = None
    _start: float = 0.0
    _length: int = 0
    """Characters of the longest text in the file so far."""
    _facts: dict[str, Fact] = field(default_factory=dict)
    _durations: dict[str, float] = field(default_factory=dict)
    _entries: dict[str, set[str]] = field(default_factory=lambda: {"hit": set(), "miss": set()})
    """The kinds of cache entries that were found, and those that were not."""
    _step: str = ""
    """The step that is being done; empty between two steps."""
    _failed_step: str = ""
    """The last step that has raised an error, until the next begins."""

    def __post_init__(self) -> None:
        self._start = self.now()

    def keep_in(self, file: Path) -> None:
        """Write the report to a file, in place of that of the build before.

        If that is not possible, none is left there.
        """
        self.file = file
        with suppress(OSError):
            for unfinished in file.parent.glob(f".{file.name}.*"):  # of killed builds
                unfinished.unlink()
        self._write(DID_NOT_END)

    def note(self, **facts: Fact | None) -> None:
        """Note facts under their keys; what is None is not known."""
        self._facts.update({key: fact for key, fact in facts.items() if fact is not None})

    def note_entry(self, kind: str, result: str) -> None:
        """Note that an entry of the cache was asked for: `hit` or `miss`."""
        self._entries[result].add(kind)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step, which the report names if the build fails in it."""
        outer, start = self._step, self.now()
        self._step, self._failed_step = name, ""
        if not outer:
            self._overwrite(self._rendered(DID_NOT_END))
        try:
            yield
        except BaseException:
            self._failed_step = self._failed_step or name
            raise
        finally:
            self._step = outer
            self._durations[name] = self._durations.get(name, 0.0) + self.now() - start

    def failed(self, reason: str, detail: str) -> None:
        """Note why the build fails: a name that never changes, and one line for people."""
        self.note(failure_reason=reason, failure_detail=detail)

    def end(self, *, success: bool) -> None:
        """Write the report for the last time."""
        self.note(success=success)
        self._write(self._facts.get("failure_reason"))

    def _write(self, failure: Fact | None) -> None:
        if self.file is None:
            return
        text = self._rendered(failure)
        self._length = len(text)
        try:
            write(self.file, text)
        except OSError:
            with suppress(OSError):  # at least no other build's
                remove(self.file)

    def _overwrite(self, text: str) -> None:
        """Write into the file that is there; to replace it at each step takes longer.

        One write, and nothing is cut off before: a build that is killed leaves a whole report.
        """
        if self.file is None:
            return
        self._length = max(self._length, len(text))
        with suppress(OSError), open(self.file, "r+", encoding="ascii") as stream:
            stream.write(text.ljust(self._length))

    def _rendered(self, failure: Fact | None) -> str:
        found = {"success": False, **self._facts, **self._cache_facts()}
        if failure == DID_NOT_END:
            found["failure_reason"] = DID_NOT_END
            found["failure_detail"] = "The build is still running, or was killed"
        if failure is not None:
            found["failure_step"] = self._failed_step or self._step
        durations = {**self._durations, "total": self.now() - self._start}
        found.update(
            {
                f"{name}_duration": round(took, 2)
                for name, took in durations.items()
                if took >= 0.005  # other steps have had nothing to do
            }
        )
        clean = {key: self._clean(fact) for key, fact in found.items() if fact != ""}
        return json.dumps(clean, indent=2, sort_keys=True) + "\n"

    def _cache_facts(self) -> dict[str, Fact]:
        """Summarize what was looked up in the cache; `hit` means that nothing was installed."""
        # An entry that was made is found, too, when it is put in place.
        missing = self._entries["miss"]
        found = self._entries["hit"] - missing
        facts: dict[str, Fact] = {
            "cache_hits": ", ".join(sorted(found)),
            "cache_misses": ", ".join(sorted(missing)),
        }
        if "cache_status" not in self._facts and (found or missing):
            status = "hit" if "venv" in found else "partial" if found else "miss"
            facts["cache_status"] = status
        return facts

    def _clean(self, fact: Fact) -> Fact:
        """Strike secrets from a text before it is cut, and make it a single line."""
        if not isinstance(fact, str):
            return fact
        return " ".join(self.secrets.clean_sentence(fact).split())[:_LONGEST]
