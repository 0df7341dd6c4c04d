"""The static files of the last build, put back where nothing that made them has changed."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.domain.fingerprint import fingerprint
from slipway.domain.static_files import (
    FORMAT,
    Inputs,
    KnownResult,
    digest_inside,
    digest_outside,
    files_inside,
    only_named,
    parse,
    render,
    seal,
    why_not_again,
    why_not_the_last,
)
from slipway.effects import Effects
from slipway.effects.beside import beside
from slipway.effects.census import Seen, file_digest, take_census, umask
from slipway.effects.files import read_if_there, remove, scratch, write

_TREES, _RECORDS = "static", "static-inputs"
_RECORD = "inputs.json"
LEFT_OUT = frozenset({".git", ".profile.d", ".slipway"})
"""What is Slipway's own or git's; lib/inside/static_inputs.py sees that nothing reads there."""
_ASIDE = ".slipway-static-"


@dataclass(frozen=True, kw_only=True)
class Before:
    """An app right before its static files are built."""

    census: Mapping[str, Seen]
    variables: Mapping[str, str]

    @property
    def whats(self) -> dict[str, str]:
        return _whats(self.census)


@dataclass(frozen=True, kw_only=True)
class LastResult:
    """What the cache has of the static files of one manage.py with its settings."""

    app: Path
    project: str
    """What tells it from others: manage.py and its settings."""
    environment: str | None
    """What decides all that is in the environment; None if that is not known."""
    effects: Effects

    def look(self, variables: Mapping[str, str]) -> Before | None:
        """See the app as it is; None if it cannot be compared."""
        census = take_census(str(self.app), LEFT_OUT)
        return None if census is None else Before(census=census, variables=variables)

    def put_back(self, before: Before | None) -> int | None:
        """Let STATIC_ROOT be as the last build left it: the number of files, None if it is not.

        If something has changed, that is said.
        """
        known = self._known()
        if known is None or before is None or self.environment is None:
            return None
        reason = self._why_not(known, before) or self._why_not_put(known, before)
        if reason:
            self.effects.console.info(f"Static files are built anew: {reason}")
            return None
        return known.count

    def keep(self, before: Before | None, said: Mapping[str, Any], count: int | None) -> str:
        """Keep the result of a run for the next build; else give the reason."""
        seen = said.get("inputs")
        if before is None:
            return "the app is too large to be compared, or has files that cannot be read"
        if self.environment is None:
            return "a hook may have changed what is installed"
        if not seen:
            return "it is not known what was read"
        doubts = [*seen["doubts"], why_not_the_last(before.whats, seen["root"])]
        return next(filter(None, doubts), "") or self._store(before, seen, count)

    def _store(self, before: Before, seen: Mapping[str, Any], count: int | None) -> str:
        root = seen["root"]
        if not (self.app / root).is_dir():
            return f"there is no {root} to keep"
        salt = self.effects.new_salt()
        # It takes its time, and none of this thread's.
        with beside(lambda: self._seal(seen["variables"], before, salt)) as sealing:
            after = take_census(str(self.app), LEFT_OUT, before.census)
            inputs = self._inputs(before, root, seen["files"], seen["opened"])
            outside = digest_outside(before.whats, root)
            if after is None or outside != digest_outside(_whats(after), root):
                return f"files outside {root} have changed meanwhile"
            files = digest_inside(_whats(after), root)
            cache = self.effects.cache
            if cache.entry(_TREES, files) is None:
                reason = cache.store(_TREES, files, self.app / root)
                if reason:
                    return reason
            known = KnownResult(
                inputs=inputs,
                root=root,
                mode=stat.S_IMODE((self.app / root).stat().st_mode),
                after=files,
                count=files_inside(_whats(after), root) if count is None else count,
                opened=seen["opened"],
                variables=seen["variables"],
                salt=salt,
                sealed=sealing.result(),
            )
        return self._write(known)

    def _seal(self, names: Sequence[str], before: Before, salt: str) -> str:
        return seal(names, before.variables, str(self.app), salt)

    def _write(self, known: KnownResult) -> str:
        """Put the record into the cache; give the reason if that cannot be."""
        cache = self.effects.cache
        earlier = cache.entry(_RECORDS, self._key)
        if earlier:
            remove(earlier)
        with scratch("static") as folder:
            write(folder / _RECORD, render(known))
            return cache.store(_RECORDS, self._key, folder) or ""

    def _known(self) -> KnownResult | None:
        entry = self.effects.cache.entry(_RECORDS, self._key)
        text = read_if_there(entry / _RECORD) if entry else None
        return parse(text) if text else None

    def _why_not(self, known: KnownResult, before: Before) -> str:
        now = self._inputs(before, known.root, known.inputs.files, known.opened)
        reason = why_not_again(known, now)
        if reason:
            return reason
        sealed = self._seal(known.variables, before, known.salt)
        return "" if sealed == known.sealed else "a variable that the settings read has changed"

    def _why_not_put(self, known: KnownResult, before: Before) -> str:
        if digest_inside(before.whats, known.root) == known.after or self._put(known):
            return ""
        return "the cache does not have them any more"

    def _put(self, known: KnownResult) -> bool:
        """Replace STATIC_ROOT whole; whatever goes wrong, it then is as it was."""
        place = self.app / known.root
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=place.parent, prefix=_ASIDE))
        try:
            if not self.effects.cache.restore(_TREES, known.after, aside / "new"):
                return False
            (aside / "new").chmod(known.mode)
            made = take_census(str(aside), frozenset())
            if made is None or digest_inside(_whats(made), "new") != known.after:
                return False
            _exchange(aside, place)
        except OSError:
            return False
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return True

    def _inputs(
        self, before: Before, root: str, files: Iterable[str], opened: Collection[str]
    ) -> Inputs:
        return Inputs(
            environment=self.environment or "",
            app=digest_outside(only_named(before.whats, opened), root),
            before=digest_inside(before.whats, root),
            umask=umask(),
            files={path: file_digest(path) for path in files},
        )

    @property
    def _key(self) -> str:
        return fingerprint({"format": FORMAT, "project": self.project})


def _exchange(aside: Path, place: Path) -> None:
    if os.path.lexists(place):
        os.rename(place, aside / "old")
    try:
        os.rename(aside / "new", place)
    except OSError:
        if os.path.lexists(aside / "old"):
            os.rename(aside / "old", place)
        raise


def _whats(census: Mapping[str, Seen]) -> dict[str, str]:
    return {path: seen.what for path, seen in census.items()}
