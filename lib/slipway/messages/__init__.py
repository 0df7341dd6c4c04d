"""The words of every error, in one module per subject."""

from slipway.messages import (
    app,
    bindings,
    building,
    checkout,
    dependencies,
    django,
    hooks,
    package,
    python,
    submodules,
    toolchain,
    vendored,
)
from slipway.messages.wording import Message, explain, render

SUBJECTS = (
    app,
    bindings,
    building,
    checkout,
    dependencies,
    django,
    hooks,
    package,
    python,
    submodules,
    toolchain,
    vendored,
)
"""Each registers the words of its errors when it is imported."""

__all__ = ["SUBJECTS", "Message", "explain", "render"]
