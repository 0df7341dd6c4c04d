"""Runs pip-compile with the hashes of index pages: pip_compile.py FOLDER PIP [ARGUMENT ...].

pip-compile takes hashes only from PyPI's JSON API. For any other index, it downloads every file
of a locked version and hashes the response, even if that is an error page. With several
indexes, the first one that has a JSON API decides for all of them:
https://github.com/jazzband/pip-tools/issues/1536. But pip-compile has already read the pages of
the simple API, whose links have a `#sha256=` that pip verifies downloads with:
https://packaging.python.org/en/latest/specifications/simple-repository-api/.

If the variable SLIPWAY_FILES has a path, the files of the locked versions are written there as
JSON: a list of [name of the package, URL, hash, URL of the page or null].
"""

import json
import os.path
import sys

sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or another user's
from index_retries import limit_waits
from index_troubles import IndexTroubles

sys.dont_write_bytecode = False  # the tools are in the cache
from pip._internal.exceptions import PipError
from pip._vendor.requests import RequestException
from piptools.repositories.pypi import PyPIRepository
from piptools.scripts.compile import cli


def hashes_from_pages(repository, requirement):
    """Map the URL of each file of a locked version to its hash, if the page has one."""
    candidates = repository._get_matching_candidates(requirement)
    links = [candidate.link for candidate in candidates]
    hashes = {link.url: f"sha256:{link.hash}" for link in links if link.hash_name == "sha256"}
    if files is not None:
        others = [link for link in links if link.url not in hashes]
        hashes |= {link.url: repository._get_file_hash(link) for link in others}
        files.extend(
            [requirement.name, link.url_without_fragment, hashes[link.url], _page(link)]
            for link in links
        )
    return hashes


def _page(link):
    return getattr(link.comes_from, "url", link.comes_from)


place = os.environ.get("SLIPWAY_FILES")
files: list[list[str | None]] | None = [] if place else None
PyPIRepository._get_hashes_from_pypi = hashes_from_pages
limit_waits()
troubles = IndexTroubles()
try:
    cli(prog_name="pip-compile")
except (PipError, RequestException) as error:
    # pip-compile would show a traceback. This is what pip itself would print; the errors that
    # pip prints with styles have their text in `message` and `context`.
    troubles.print()
    print(f"ERROR: {getattr(error, 'message', error)}", file=sys.stderr)
    request = getattr(error, "request", None)
    sys.exit(f"URL: {request.url}" if request else str(getattr(error, "context", None) or ""))
finally:
    if place:
        with open(place, "w", encoding="utf-8") as file:
            json.dump(files, file)
