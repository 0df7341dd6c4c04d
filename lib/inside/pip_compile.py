"""Runs pip-compile, with the hashes that the index itself gives: pip_compile.py FOLDER ARGS.

pip-compile takes hashes from PyPI's JSON interface, and where an index has none it downloads
every file of every version it locks. But a page of the simple API may say `#sha256=` with
each link (https://packaging.python.org/en/latest/specifications/simple-repository-api/), and
then nothing has to be downloaded to know it. Nor are all files of a package looked at again,
of which some have thousands, but those of its locked version.
"""

import os.path
import re
import sys

sys.path[:0] = [sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.exceptions import PipError  # noqa: E402
from pip._internal.index.package_finder import PackageFinder  # noqa: E402
from piptools.repositories.pypi import PyPIRepository  # noqa: E402
from piptools.scripts.compile import cli  # noqa: E402

_NUMBERS = re.compile(r"\d+")

_hash_of_downloaded_file = PyPIRepository._get_file_hash
_matching_candidates = PyPIRepository._get_matching_candidates
_evaluate_links = PackageFinder.evaluate_links


def _hash_of_file(self, link):
    if link.hash_name == "sha256" and link.hash:
        return f"sha256:{link.hash}"
    return _hash_of_downloaded_file(self, link)


def _hashes_from_json(self, ireq):
    """Ask the JSON interface for nothing: it would be a request for each package."""
    return {}


def _candidates_of_version(self, ireq):
    [pin] = ireq.specifier
    start = _start(pin.version)

    def evaluate_those(finder, evaluator, links):
        likely = [link for link in links if _start(_version_in(link.filename)) == start]
        return _evaluate_links(finder, evaluator, likely or links)

    PackageFinder.evaluate_links = evaluate_those
    try:
        return _matching_candidates(self, ireq)
    finally:
        PackageFinder.evaluate_links = _evaluate_links


def _version_in(file):
    """Give the version in a file's name, with the ending where it is no wheel."""
    return file.split("-")[1] if file.endswith(".whl") else file.rpartition("-")[2]


def _start(version):
    """Give the first two numbers, which are the same however a version is written."""
    return (*map(int, _NUMBERS.findall(version)[:2]), 0, 0)[:2]


PyPIRepository._get_file_hash = _hash_of_file
PyPIRepository._get_hashes_from_pypi = _hashes_from_json
PyPIRepository._get_matching_candidates = _candidates_of_version

troubles = IndexTroubles()
try:
    cli(prog_name="pip-compile")
except PipError as error:
    # pip-compile lets these pass as tracebacks; their text is what pip itself would print.
    troubles.tell()
    sys.exit(f"ERROR: {error}")
