"""What images get: layers, bindings, bills of materials."""

from __future__ import annotations
