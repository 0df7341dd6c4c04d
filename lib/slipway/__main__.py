"""What the doors start, in an isolated Python: puts the library and its wheels on the path."""

import gc
import os
import sys

_LIB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_VENDOR = os.path.join(os.path.dirname(_LIB), "vendor")


def _wheels() -> list[str]:
    needed = ("packaging-", "tomli-", "toml-")
    names = (name for name in sorted(os.listdir(_VENDOR)) if name.startswith(needed))
    return [os.path.join(_VENDOR, name) for name in names]


# After Python's own modules, most of what is imported: none of them is looked for in a wheel.
sys.path += [_LIB, *_wheels()]

# Platforms ask each of their buildpacks about each app, so a yes comes before all the rest of
# Slipway is loaded.
if sys.argv[1:2] == ["detect"] and len(sys.argv) == 3:
    from slipway.steps.detect import is_python_app

    if is_python_app(sys.argv[2]):
        print("Python")
        sys.exit(0)

# A build is over in seconds and leaves next to no cycles, but makes tuples by the ten thousand,
# which the collector would look through again and again.
gc.disable()

from slipway.own_code import OwnCode, run_from  # noqa: E402 - found on the path above

folder = sys._xoptions.get("slipway_own")  # noqa: SLF001  # documented, for programs to read
own = OwnCode(folder) if isinstance(folder, str) and os.path.isabs(folder) else None
if own:
    run_from(own, _LIB, _wheels())

from slipway.cli import main  # noqa: E402 - from what was compiled before, where there is any

status = main(sys.argv[1:])
if own:
    own.keep()
sys.exit(status)
