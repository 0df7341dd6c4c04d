"""Runs pip for an environment that has none: pip_run.py FOLDER ARGS.

FOLDER holds pip's package without its metadata: pip looks for what is installed along its
own path, and must find there neither itself nor anything else of Slipway's.
"""

import gc
import os.path
import sys

gc.set_threshold(100_000)  # modules are many objects and no rubbish

sys.path[:0] = [sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above
from parallel_install import install_in_parallel  # noqa: E402
from plain_agent import name_system_by_its_files  # noqa: E402
from quick_end import end  # noqa: E402
from trust_once import read_certificates_once  # noqa: E402
from wanted_files import WantedFiles  # noqa: E402

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.cli.main import main  # noqa: E402

name_system_by_its_files()
read_certificates_once()
WantedFiles()
if sys.argv[1] == "install":
    install_in_parallel()
troubles = IndexTroubles()
status = main()
if status:
    troubles.tell()
end(status)
