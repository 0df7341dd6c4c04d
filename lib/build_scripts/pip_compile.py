"""Runs pip-compile with the hashes of index pages: pip_compile.py FOLDER PIP [ARGUMENT ...].

pip-compile takes hashes from PyPI's JSON interface alone. It downloads every file of a locked
version from any other index, and hashes whatever comes, even the page of an error; and of
several indexes, the first one with that interface decides for all:
https://github.com/jazzband/pip-tools/issues/1536. But pip-compile has already read the pages
of the simple API, which give a `#sha256=` with each link, and pip holds downloads to that:
https://packaging.python.org/en/latest/specifications/simple-repository-api/.
"""

import os.path
import sys

sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or somebody else's
from index_troubles import IndexTroubles  # noqa: E402 - found in the folders above

sys.dont_write_bytecode = False  # the tools lie in the cache
from pip._internal.exceptions import PipError  # noqa: E402
from piptools.repositories.pypi import PyPIRepository  # noqa: E402
from piptools.scripts.compile import cli  # noqa: E402


def hashes_from_pages(repository, requirement):
    """Map the address of each file of a locked version to its hash, if its page has one."""
    links = [one.link for one in repository._get_matching_candidates(requirement)]
    return {link.url: f"sha256:{link.hash}" for link in links if link.hash_name == "sha256"}


PyPIRepository._get_hashes_from_pypi = hashes_from_pages
troubles = IndexTroubles()
try:
    cli(prog_name="pip-compile")
except PipError as error:
    # pip-compile lets these pass as tracebacks; their text is what pip itself would print.
    troubles.print()
    sys.exit(f"ERROR: {error}")
