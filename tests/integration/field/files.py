"""Files at the top of the app: misspelled, unreadable, contradictory, or for other tools."""

from __future__ import annotations
