"""Runs pip for an environment that has none: pip_run.py FOLDER ARGS.

FOLDER holds pip's package without its metadata: pip looks for what is installed along its
own path, and must find there neither itself nor anything else of Slipway's.
"""

import os.path
import re
import sys

sys.path[:0] = [sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above
from pinned_files import PinnedFiles, normal  # noqa: E402

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.cli.main import main  # noqa: E402


def locked_versions(arguments):
    """Read the versions of a lock, if one is to be installed."""
    if "--require-hashes" not in arguments:
        return {}
    with open(arguments[arguments.index("-r") + 1], encoding="utf-8") as lock:
        pins = re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", lock.read())
    return {normal(name): version for name, version in pins}


PinnedFiles().versions.update(locked_versions(sys.argv[1:]))
troubles = IndexTroubles()
status = main()
if status:
    troubles.tell()
sys.exit(status)
