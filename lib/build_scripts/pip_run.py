"""Runs pip for an environment that has none: pip_run.py FOLDER [ARGUMENT ...].

FOLDER holds pip's package without its metadata: pip looks for what is installed along its
own path, and must find there neither itself nor anything else of Slipway's.
"""

import os.path
import sys

sys.path[:0] = [sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.cli.main import main  # noqa: E402

troubles = IndexTroubles()
status = main()
if status:
    troubles.print()
sys.exit(status)
