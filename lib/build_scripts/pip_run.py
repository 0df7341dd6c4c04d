"""Runs pip for a virtual environment without pip: pip_run.py FOLDER [ARGUMENT ...].

FOLDER contains pip's package without its metadata: pip searches `sys.path` for installed
distributions, and must not find itself or another tool of Slipway there.
"""

import os.path
import sys

sys.path[:0] = [sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or another user's
from index_retries import limit_waits
from index_troubles import IndexTroubles

sys.dont_write_bytecode = False  # the tools are in the cache
from pip._internal.cli.main import main

limit_waits()
troubles = IndexTroubles()
status = main()
if status:
    troubles.print()
sys.exit(status)
