"""How processes start: Python's variables, workers, programs that embed Python."""

from __future__ import annotations
