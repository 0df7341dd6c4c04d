"""What the app's hooks install and how their files look."""

from __future__ import annotations
