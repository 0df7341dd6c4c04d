"""Starts Slipway in an isolated Python, with the library and its wheels on the import path."""

import os
import sys

# The first file that is opened would get the number of a standard stream that is closed.
for number in range(3):
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
_LIB = os.path.join(_ROOT, "lib")
_VENDOR = os.path.join(_ROOT, "vendor")
_STANDARD_LIBRARY = [*sys.path]
_YAML = "ruamel_yaml-"
"""The wheel that only Cloud Foundry's scripts need; it is the largest."""


def _wheels() -> list[str]:
    needed = ["packaging-", "tomli-", "toml-"]
    if sys.argv[1:2] in (["supply"], ["finalize"]):
        needed.append(_YAML)
    names = (name for name in sorted(os.listdir(_VENDOR)) if name.startswith(tuple(needed)))
    return [os.path.join(_VENDOR, name) for name in names]


# After the standard library, because most imports are found there.
sys.path += [_LIB, *_wheels()]

# Platforms run `detect` of each of their buildpacks for each app, so a yes comes before the
# rest of Slipway is loaded.
if sys.argv[1:2] == ["detect"] and len(sys.argv) == 3:
    from slipway.steps.detect import is_python_app

    if is_python_app(sys.argv[2]):
        try:  # noqa: SIM105  # contextlib is not loaded yet
            os.write(1, b"Python\n")
        except OSError:  # nobody reads the word, but the exit status counts
            pass
        sys.exit(0)

import signal  # noqa: E402 - detect has not needed it


def _find_yaml() -> None:
    """Make the package `ruamel.yaml` importable from its wheel.

    `ruamel` is a namespace, and zipimport finds one only if the archive has an entry for its
    folder, which wheels do not have.
    """
    for wheel in _wheels():
        if os.path.basename(wheel).startswith(_YAML):
            namespace = type(sys)("ruamel")
            namespace.__path__ = [os.path.join(wheel, "ruamel")]
            sys.modules["ruamel"] = namespace


_ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def _exit(number: int, _: object) -> None:
    """Exit through every `finally`, so that nothing half-made or running is left.

    Only the first signal counts: another one would stop the cleaning up.
    """
    for ending in _ENDING:
        signal.signal(ending, lambda *_: None)
    if number == signal.SIGINT:  # `slipway try` is stopped so
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _main() -> int:
    """Run a script or command of Slipway, and return the exit status."""
    cache = sys._xoptions.get("slipway_library")  # noqa: SLF001  # documented, for programs
    library = None
    if isinstance(cache, str) and os.path.isabs(cache):
        from library_copy import compiled_library

        library = compiled_library(_LIB, _wheels(), cache)
    if library:
        sys.path = [*_STANDARD_LIBRARY, library]
    else:
        _find_yaml()

    from pathlib import Path

    # From the copy, if there is one.
    from slipway.cli import main
    from slipway.domain.installation import Installation

    return main(sys.argv[1:], Installation(Path(_ROOT)))


# Before anything is made, such as the copy of the library.
for ending in _ENDING:
    if signal.getsignal(ending) != signal.SIG_IGN:  # as nohup sets it
        signal.signal(ending, _exit)
try:
    sys.exit(_main())
except KeyboardInterrupt:
    sys.exit(128 + signal.SIGINT)
