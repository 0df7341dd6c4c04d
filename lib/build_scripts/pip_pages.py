"""Reads index pages of pinned packages: pip_pages.py PIP [ARGUMENT ...].

The arguments are those of `pip download`, with requirements of the form `name==version`. For
each of them, one page is read, and nothing else is downloaded. It says which files the version
has, and for which Pythons; pip's own commands tell that for one Python only. The pages are read
with pip's session, so all of pip's settings for connections and credentials apply, and its HTTP
cache: https://peps.python.org/pep-0691/. They only help to choose a Python, so an index that is
slow or fails is not asked again.

The result is written as JSON to the path in the variable SLIPWAY_PAGES: `files` has for each
requirement a list of [name, requires-python, sha256], or null if they are not known; `trouble`
says in words why not, and is empty if nothing went wrong.
"""

import json
import os.path
import queue
import sys
import threading
import time
from functools import cache, partial
from typing import Any

sys.path.insert(0, sys.argv.pop(1))

from pip._internal.cli.req_command import with_cleanup
from pip._internal.commands.download import DownloadCommand
from pip._internal.exceptions import (
    ConnectionFailedError,
    ConnectionTimeoutError,
    NetworkConnectionError,
    ProxyConnectionError,
    SSLMissingError,
    SSLVerificationError,
)
from pip._internal.index.collector import (
    _get_simple_response,
    _make_index_content,
    _NotAPIContent,
    _NotHTTP,
    parse_links,
)
from pip._internal.utils.misc import splitext
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import InvalidVersion, Version
from pip._vendor.requests.exceptions import RequestException, RetryError

THREADS = 8
CONNECT, READ = 4, 10
"""Seconds to wait for a connection, and for each part of a response."""
ALL = 30
"""Seconds for everything."""
NO_PAGE = (403, 404, 410)
"""How indexes respond if they do not have a package; some of them forbid the page."""
SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")
TROUBLES = {
    ConnectionTimeoutError: "it did not respond in time",
    ConnectionFailedError: "the connection failed",
    ProxyConnectionError: "the connection through the proxy failed",
    RetryError: "it responded with a server error",
    SSLMissingError: "the Python that runs Slipway has no ssl module",
    SSLVerificationError: "its certificate could not be verified",
    _NotAPIContent: "its response is not a page of a package index",
    _NotHTTP: "its response is not a page of a package index",
    ValueError: "its response is not a page of a package index",
}


class Pages:
    """The pages that a collector of pip finds; each address is read once."""

    def __init__(self, collector):
        self.collector = collector
        self.lock = threading.Lock()
        self.locks, self.pages, self.failed = {}, {}, {}

    def files(self, requirement, formats):
        """Return the files of a version on all indexes, and what went wrong in words.

        Only the formats that pip would take count.
        """
        name = canonicalize_name(requirement.name)
        links, statuses, troubles = [], [], []

        def on_page(link):
            files, status, trouble = self._page(link)
            statuses.append(status)
            troubles.append(trouble)
            return files

        for sources in self.collector.collect_sources(name, candidates_from_page=on_page):
            for source in filter(None, sources):
                links += source.page_candidates()
                links += map(described, source.file_links())
        contains = cache(partial(requirement.specifier.contains, prereleases=True))
        found = []
        for file, *facts in links:
            version = version_of(file, name)
            is_allowed = ("binary" if file.endswith(".whl") else "source") in formats
            if version and is_allowed and contains(version):
                found.append((file, *facts))
        if not found and 403 in statuses:
            troubles.append("it refused access (403)")
        return found, next(filter(None, troubles), "")

    def _page(self, link):
        """Return the files on a page, the status, and why it could not be read."""
        address = link.url_without_fragment
        with self.lock:
            lock = self.locks.setdefault(address, threading.Lock())
        with lock:  # all packages have the same pages of --find-links
            if address not in self.pages:
                trouble = self.failed.get(link.netloc)
                self.pages[address] = ([], 0, trouble) if trouble else self._request(link)
            return self.pages[address]

    def _request(self, link):
        address = link.url_without_fragment
        if link.is_file and os.path.isdir(link.file_path):
            address = f"{address.rstrip('/')}/index.html"
        try:
            response = _get_simple_response(address, session=self.collector.session)
            return files_on(_make_index_content(response)), 200, ""
        except NetworkConnectionError as error:
            status = error.response.status_code
            if status in NO_PAGE or link.is_file:
                return [], status, ""
            trouble = f"it responded with status {status}"
        except (*TROUBLES, RequestException, OSError) as error:
            status = 0
            words = (text for kind, text in TROUBLES.items() if isinstance(error, kind))
            trouble = next(words, "the request failed")
        self.failed[link.netloc] = trouble
        return [], status, trouble


def files_on(page):
    """Return the name, Requires-Python and sha256 of each file on a page.

    Raises ValueError.
    """
    if "+json" not in page.content_type.lower():
        return [*map(described, parse_links(page))]
    # pip's links take nearly ten times as long, and a page may have thousands of files.
    try:
        files = json.loads(page.content)["files"]
        return [
            (
                str(file["filename"]),
                str(file.get("requires-python") or ""),
                str(file.get("hashes", {}).get("sha256", "")),
            )
            for file in files
        ]
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def described(link):
    """Return the name, Requires-Python and sha256 of a file."""
    digest = link.hash if link.hash_name == "sha256" else ""
    return link.filename, link.requires_python or "", digest


def version_of(file, name):
    """Return the version in the name of a file of a package; None if it is not one."""
    if file.endswith(".whl"):
        parts = file.split("-")
        return _version(parts[1]) if len(parts) in (5, 6) else None
    stem, extension = splitext(file)
    if not extension.lower().endswith(SDISTS):
        return None
    # The name of an old sdist may have a hyphen in it, as a version may.
    for place, character in enumerate(stem):
        if character == "-" and canonicalize_name(stem[:place]) == name:
            return _version(stem[place + 1 :])
    return None


@cache
def _version(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


class ReadPages(DownloadCommand):
    ignore_require_venv = True  # nothing is installed

    @with_cleanup
    def run(self, options, args):
        options.editables, options.constraints, options.retries = [], [], 0
        session = self.get_default_session(options)
        longest = options.timeout or READ
        session.timeout = (min(CONNECT, longest), min(READ, longest))
        finder = self._build_package_finder(options=options, session=session)
        requirements = self.get_requirements(args, options, finder, session)
        pages = Pages(finder._link_collector)
        result, troubles = [None] * len(requirements), []
        waiting: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        for numbered in enumerate(requirements):
            waiting.put(numbered)

        def work():
            while True:
                try:
                    place, requirement = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    name = canonicalize_name(requirement.name)
                    formats = finder.format_control.get_allowed_formats(name)
                    result[place], trouble = pages.files(requirement, formats)
                except Exception as error:  # the other pages are read all the same
                    trouble = f"its page could not be read ({type(error).__name__})"
                if trouble:
                    result[place] = None
                    troubles.append(trouble)

        end = time.monotonic() + ALL
        threads = [threading.Thread(target=work, daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0, end - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            troubles.append(TROUBLES[ConnectionTimeoutError])
        with open(os.environ["SLIPWAY_PAGES"], "w", encoding="utf-8") as file:
            json.dump({"files": [*result], "trouble": next(iter(troubles), "")}, file)
        return 0


if __name__ == "__main__":
    sys.exit(ReadPages("download", "").main(sys.argv[1:]))
