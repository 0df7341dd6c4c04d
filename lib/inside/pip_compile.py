"""Runs pip-compile, with the hashes that an index gives: pip_compile.py FOLDER PIP ARGS.

pip-compile takes hashes from PyPI's JSON interface, and where an index has none it downloads
every file of every version it locks. But a page of the simple API may say `#sha256=` with
each link (https://packaging.python.org/en/latest/specifications/simple-repository-api/), and
then nothing has to be downloaded to know it.
"""

import gc
import os.path
import sys

sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above
from wanted_files import WantedFiles  # noqa: E402

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.exceptions import PipError  # noqa: E402
from piptools.repositories.pypi import PyPIRepository  # noqa: E402
from piptools.scripts.compile import cli  # noqa: E402

_hash_of_downloaded_file = PyPIRepository._get_file_hash
_matching_candidates = PyPIRepository._get_matching_candidates


def _hash_of_file(self, link):
    if link.hash_name == "sha256" and link.hash:
        return f"sha256:{link.hash}"
    return _hash_of_downloaded_file(self, link)


def _hashes_from_json(self, ireq):
    """Ask the JSON interface for nothing: it would be a request for each package."""
    return {}


def _candidates_of_version(self, ireq):
    with wanted_files.only(self.finder, ireq.name, ireq.specifier):
        return _matching_candidates(self, ireq)


PyPIRepository._get_file_hash = _hash_of_file
PyPIRepository._get_hashes_from_pypi = _hashes_from_json
PyPIRepository._get_matching_candidates = _candidates_of_version

# Reading pages makes many objects and no rubbish: to look for some costs a tenth of the time.
gc.set_threshold(100_000)
wanted_files = WantedFiles()
troubles = IndexTroubles()
try:
    cli(prog_name="pip-compile")
except PipError as error:
    # pip-compile lets these pass as tracebacks; their text is what pip itself would print.
    troubles.tell()
    sys.exit(f"ERROR: {error}")
