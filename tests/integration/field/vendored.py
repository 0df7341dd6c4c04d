"""Vendored packages."""

from __future__ import annotations
