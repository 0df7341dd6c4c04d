"""What is installed: scripts, records, and what old packages need."""

from __future__ import annotations
