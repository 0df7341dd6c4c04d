"""Runs pip-compile, with the hashes that the index itself gives: pip_compile.py FOLDER ARGS.

pip-compile takes hashes from PyPI's JSON interface, and where an index has none it downloads
every file of every version it locks. But a page of the simple API may say `#sha256=` with
each link (https://packaging.python.org/en/latest/specifications/simple-repository-api/), and
then nothing has to be downloaded to know it. Nor are all files of a package looked at again,
of which some have thousands, but those of its locked version.
"""

import os.path
import sys
from dataclasses import replace

sys.path[:0] = [sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above
from pinned_files import PinnedFiles, normal  # noqa: E402

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.exceptions import PipError  # noqa: E402
from pip._internal.index.collector import LinkCollector  # noqa: E402
from piptools.repositories.pypi import PyPIRepository  # noqa: E402
from piptools.scripts.compile import cli  # noqa: E402

_pages: dict[str, object] = {}
_read_page = LinkCollector.fetch_response
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
    [pin] = ireq.specifier
    pinned_files.versions[normal(ireq.name)] = pin.version
    return _matching_candidates(self, ireq)


def _page_read_once(self, location, *arguments, **named):
    """Keep each page, and what is parsed of it: its hashes are asked for at the end."""
    if location.url not in _pages:
        page = _read_page(self, location, *arguments, **named)
        _pages[location.url] = page and replace(page, cache_link_parsing=True)
    return _pages[location.url]


LinkCollector.fetch_response = _page_read_once
PyPIRepository._get_file_hash = _hash_of_file
PyPIRepository._get_hashes_from_pypi = _hashes_from_json
PyPIRepository._get_matching_candidates = _candidates_of_version

pinned_files = PinnedFiles()
troubles = IndexTroubles()
try:
    cli(prog_name="pip-compile")
except PipError as error:
    # pip-compile lets these pass as tracebacks; their text is what pip itself would print.
    troubles.tell()
    sys.exit(f"ERROR: {error}")
