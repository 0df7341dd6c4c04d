"""The process types of a Procfile."""

from __future__ import annotations
