"""Runs pip-compile, with the hashes that an index gives: pip_compile.py FOLDER PIP ARGS.

pip-compile takes hashes from PyPI's JSON interface, and where an index has none it downloads
every file of every version it locks. But a page of the simple API may say `#sha256=` with
each link (https://packaging.python.org/en/latest/specifications/simple-repository-api/), and
then nothing has to be downloaded to know it.
"""

import gc
import os.path
import sys

# Modules and pages make many objects and no rubbish: looking for some takes a tenth of it all.
gc.set_threshold(100_000)

sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above
from kept_metadata import KeptMetadata  # noqa: E402
from pages_beforehand import PagesBeforehand, likely_names  # noqa: E402
from plain_agent import name_system_by_its_files  # noqa: E402
from quick_end import end  # noqa: E402
from trust_once import read_certificates_once  # noqa: E402
from wanted_files import WantedFiles  # noqa: E402

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.exceptions import PipError  # noqa: E402
from piptools.repositories.pypi import PyPIRepository  # noqa: E402
from piptools.resolver import BacktrackingResolver  # noqa: E402
from piptools.scripts.compile import cli  # noqa: E402

_hash_of_downloaded_file = PyPIRepository._get_file_hash
_matching_candidates = PyPIRepository._get_matching_candidates
_resolve = BacktrackingResolver.resolve


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


def _resolve_with_what_is_known(self, *arguments, **named):
    metadata = KeptMetadata(os.path.join(self.options.cache_dir, "metadata.json"))
    named_by_app = [one.name for one in self.constraints if not one.constraint and one.name]
    at_addresses = [one.name for one in self.constraints if one.link and one.name]
    names = likely_names(named_by_app, at_addresses, metadata.texts)
    wanted_files.beforehand = PagesBeforehand(names, troubles)
    try:
        found = _resolve(self, *arguments, **named)
    finally:
        wanted_files.beforehand.stop()
        wanted_files.beforehand = None
    metadata.write()
    troubles.stop()  # what is wanted was found
    return found


PyPIRepository._get_file_hash = _hash_of_file
PyPIRepository._get_hashes_from_pypi = _hashes_from_json
PyPIRepository._get_matching_candidates = _candidates_of_version
BacktrackingResolver.resolve = _resolve_with_what_is_known

name_system_by_its_files()
read_certificates_once()
wanted_files = WantedFiles()
troubles = IndexTroubles()
try:
    cli(prog_name="pip-compile")
except PipError as error:
    # pip-compile lets these pass as tracebacks; their text is what pip itself would print.
    troubles.tell()
    sys.exit(f"ERROR: {error}")
except SystemExit as done:
    end(done.code)
