"""How processes of the built app start: Python's variables, workers, programs that embed Python."""

from __future__ import annotations
