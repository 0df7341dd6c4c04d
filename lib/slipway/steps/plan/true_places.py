"""Where the files of an app truly lie, whatever symbolic links lead there."""

from __future__ import annotations

import os
from dataclasses import dataclass

from slipway.errors.vendored import OutsideTheApp


@dataclass(frozen=True)
class TruePlaces:
    """All paths are relative to the app, in what goes in and in what comes out."""

    root: str
    """The app, itself without links."""

    def of(self, path: str) -> str:
        """Give the place that a path leads to; the path itself if nothing is there.

        Raises OutsideTheApp for a link on the way that leads out.
        """
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            link = "/".join(parts[:end])
            target = self.target_outside(link)
            if target is not None:
                raise OutsideTheApp(path=link, target=target)
        full = self._full(path)
        if not os.path.exists(full):
            return path
        return os.path.relpath(os.path.realpath(full), self.root)

    def target_outside(self, path: str) -> str | None:
        """Give what a link says, if it leads out of the app; None for all else.

        One with an absolute path always does, because the app will be moved.
        """
        full = self._full(path)
        if not os.path.islink(full):
            return None
        target = os.readlink(full)
        is_inside = os.path.commonpath([self.root, os.path.realpath(full)]) == self.root
        return None if is_inside and not os.path.isabs(target) else target

    def _full(self, path: str) -> str:
        return os.path.join(self.root, path)
