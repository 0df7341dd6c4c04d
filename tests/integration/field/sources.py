"""Where the app says that its packages come from."""

from __future__ import annotations
