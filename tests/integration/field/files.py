"""Files at the top of the app: known, misspelled, unreadable, contradictory, or for other tools."""

from __future__ import annotations
