"""What the doors start, in an isolated Python: puts the library and its wheels on the path."""

import os
import sys

_LIB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_VENDOR = os.path.join(os.path.dirname(_LIB), "vendor")


def _wheels() -> list[str]:
    needed = ("packaging-", "tomli-", "toml-")
    names = (name for name in sorted(os.listdir(_VENDOR)) if name.startswith(needed))
    return [os.path.join(_VENDOR, name) for name in names]


sys.path[:0] = [_LIB, *_wheels()]

# Platforms ask each of their buildpacks about each app, so a yes comes before all the rest of
# Slipway is loaded.
if sys.argv[1:2] == ["detect"] and len(sys.argv) == 3:
    from slipway.steps.detect import is_python_app

    if is_python_app(sys.argv[2]):
        print("Python")
        sys.exit(0)

copies = sys._xoptions.get("slipway_copies")  # noqa: SLF001  # documented, for programs to read
if isinstance(copies, str) and os.path.isabs(copies):
    from slipway.own_copy import run_from_copy

    run_from_copy(copies, _wheels())

from slipway.cli import main  # noqa: E402 - found on the path above

sys.exit(main(sys.argv[1:]))
