"""What the doors start, in an isolated Python: puts the library and its wheels on the path."""

import os
import sys
from collections.abc import Iterator

_LIB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_VENDOR = os.path.join(os.path.dirname(_LIB), "vendor")


def _wheels() -> Iterator[str]:
    for name in sorted(os.listdir(_VENDOR)):
        if name.startswith(("packaging-", "tomli-", "pyelftools-")):
            yield os.path.join(_VENDOR, name)


sys.path[:0] = [_LIB, *_wheels()]

from slipway.cli import main  # noqa: E402 - found on the path above

sys.exit(main(sys.argv[1:]))
