"""The words of every error, in one module per subject."""

from slipway.messages import (
    addresses,
    app,
    bindings,
    building,
    checkout,
    dependencies,
    django,
    fetching,
    hooks,
    locks,
    nltk_data,
    package,
    python,
    requirement_files,
    root,
    running_tests,
    submodules,
    toolchain,
    vendored,
    web,
    writing_locks,
)
from slipway.messages.wording import Message, explain, render

SUBJECTS = (
    addresses,
    app,
    bindings,
    building,
    checkout,
    dependencies,
    django,
    fetching,
    hooks,
    locks,
    nltk_data,
    package,
    python,
    requirement_files,
    root,
    running_tests,
    submodules,
    toolchain,
    vendored,
    web,
    writing_locks,
)
"""Each registers the words of its errors when it is imported."""

__all__ = ["SUBJECTS", "Message", "explain", "render"]
