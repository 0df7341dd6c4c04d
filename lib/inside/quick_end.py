"""Ends a process at once: to free what pip has in memory piece by piece takes 0.2 s."""

import os
import sys


def end(status):
    """Exit where all is done: nothing that is left to be done at exit is done."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status or 0)
