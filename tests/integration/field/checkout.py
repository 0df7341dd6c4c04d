"""What git, Windows or an upload did to the files."""

from __future__ import annotations
