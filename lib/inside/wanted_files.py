"""Lets pip weigh, of all files of a package, those alone that it may take.

An index lists the files of every version for every platform, which are thousands for some
packages, and pip makes much of each. Here they are cut from the page before pip reads it:
files of other versions than those asked for, and wheels for other platforms. What is not
quite clear stays, and when nothing is found, pip reads the whole page to say what there is.
"""

import json
import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from urllib.parse import unquote

_JSON = "application/vnd.pypi.simple.v1+json"
_LINK = re.compile(
    rb'^[ \t]*<a href="[^"<>&%?#]*?(?P<file>[^"<>&%?#/]+)(?:#(?:md5|sha\d+)=[0-9a-f]+)?"[^<>]*>'
    rb"[^<>]*</a>(?:<br ?/?>)?[ \t\r]*\n",
    re.MULTILINE,
)
"""A line of a page that is a plain link and nothing else."""

_CHUNK = 1 << 18
"""Bytes of a page that are read at once: there are pages of two million."""

_PLAIN_VERSION = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*", re.ASCII)
"""Two of these are the same version if they are so without the `.0` at their ends."""


class WantedFiles:
    def __init__(self):
        # Here, so that pip's own modules are compiled where the caller wants them to be.
        from pip._internal.index.collector import LinkCollector
        from pip._internal.index.package_finder import PackageFinder
        from pip._vendor.requests import models

        models.CONTENT_CHUNK_SIZE = _CHUNK
        self.beforehand = None
        """Has pages that were asked for already."""
        self._is_wanted = None
        """Tells it of a file's address; None where all are."""
        self._pages = {}
        self._cuts = {}
        """What cuts each page, by its address."""
        LinkCollector.fetch_response = self._reading(LinkCollector.fetch_response)
        PackageFinder.find_best_candidate = self._finding(PackageFinder.find_best_candidate)

    @contextmanager
    def only(self, finder, project_name, specifier):
        """Let pages have the files alone that a finder may take for a specifier."""
        self._is_wanted = _Wanted(finder, project_name, specifier)
        try:
            yield
        finally:
            self._is_wanted = None

    def _reading(self, read):
        def read_once(collector, location, *arguments, **named):
            page = self._pages.get(location.url)
            if location.url not in self._pages:
                ask = partial(read, collector, location, *arguments, **named)
                page = self.beforehand.page(location.url, ask) if self.beforehand else ask()
                self._pages[location.url] = page
                if page and self.beforehand:
                    self.beforehand.start(read, collector, self._pages)
            if page is None or self._is_wanted is None:
                return page
            if location.url not in self._cuts:
                self._cuts[location.url] = _cutter(page)
            content = self._cuts[location.url](self._is_wanted)
            return replace(page, content=content, cache_link_parsing=False)

        return read_once

    def _finding(self, find):
        def find_wanted(finder, project_name, specifier=None, hashes=None):
            # With that setting a file of any version may be an error.
            if finder._uploaded_prior_to is not None or project_name in finder._all_candidates:
                return find(finder, project_name, specifier, hashes)
            with self.only(finder, project_name, specifier):
                found = find(finder, project_name, specifier, hashes)
            # They are not all: another question may be for more.
            finder._all_candidates.pop(project_name, None)
            return found

        return find_wanted


class _Wanted:
    """Tells of files whether pip may take them."""

    def __init__(self, finder, project_name, specifier):
        from pip._internal.models.wheel import Wheel

        self._wheel = Wheel
        self.project = _normal(project_name)
        self._specifier = specifier
        self._pinned = _pinned(specifier)
        self._tags = finder.target_python.get_unsorted_tags()
        self._platforms = {}

    def has(self, version):
        """Say if files of a version, as their names write it, may be taken."""
        if self._pinned and version and _is_plain_other(version, self._pinned):
            return False
        parsed = _parsed(version)
        if parsed is None or self._specifier is None:
            return True
        return self._specifier.contains(parsed, prereleases=True)

    def fits(self, file):
        """Say if a file is for this platform, or for any."""
        from pip._internal.exceptions import InvalidWheelFilename

        if not file.endswith(".whl"):
            return True
        platform = tuple(file.split("-")[-3:])
        if platform not in self._platforms:
            try:
                self._platforms[platform] = self._wheel(file).supported(self._tags)
            except InvalidWheelFilename:
                return True
        return self._platforms[platform]


class _JsonPage:
    """Cuts a page in JSON: https://peps.python.org/pep-0691/."""

    def __init__(self, content):
        self._content = content
        self._files = self._read()
        self._names = [_file_name(file.get("url") or "") for file in self._files.values()]
        self._by_version = {}

    def _read(self):
        """Map what the page says of files to where they stand in it."""
        return dict(enumerate(json.loads(self._content).get("files", [])))

    def __call__(self, wanted):
        numbers = self._numbers(wanted)
        if not self._files.keys() >= numbers:
            self._files = self._read()
        # The whole takes much memory, and who asks again mostly asks for some of these.
        self._files = {number: self._files[number] for number in sorted(numbers)}
        files = [
            file for number, file in self._files.items() if wanted.fits(self._names[number])
        ]
        return json.dumps({"files": files}).encode()

    def _numbers(self, wanted):
        """Tell where files of versions stand that may be taken."""
        if wanted.project not in self._by_version:
            found = self._by_version[wanted.project] = defaultdict(list)
            for number, name in enumerate(self._names):
                found[_version(name, wanted.project)].append(number)
        versions = self._by_version[wanted.project].items()
        return {
            number for version, those in versions if wanted.has(version) for number in those
        }


class _HtmlPage:
    def __init__(self, content):
        self._content = content

    def __call__(self, wanted):
        def link_if_wanted(link):
            name = _file_name(link["file"].decode("latin-1"))
            is_wanted = wanted.has(_version(name, wanted.project)) and wanted.fits(name)
            return link[0] if is_wanted else b""

        return _LINK.sub(link_if_wanted, self._content)


def _cutter(page):
    is_json = page.content_type.lower().startswith(_JSON)
    return (_JsonPage if is_json else _HtmlPage)(page.content)


def _file_name(address):
    file = address.rpartition("/")[2]
    return unquote(file.partition("#")[0]) if "%" in file or "#" in file else file


def _version(file, project):
    """Give the version in a file's name, or None where that is not quite clear."""
    if file.endswith(".whl"):
        parts = file.split("-")
        return parts[1] if len(parts) >= 5 else None
    start, rest = file[: len(project)], file[len(project) :]
    for ending in (".tar.gz", ".zip"):
        if rest.endswith(ending) and rest[0] == "-" and _normal(start) == project:
            return rest[1 : -len(ending)]
    return None


def _pinned(specifier):
    """Give the plain version that is the only plain one to be taken, if there is one."""
    for clause in specifier or ():
        if clause.operator == "==" and _PLAIN_VERSION.fullmatch(clause.version):
            return _without_zeros(clause.version)
    return None


def _is_plain_other(version, pinned):
    """Say so without pip, which takes ten times as long to compare."""
    return _PLAIN_VERSION.fullmatch(version) and _without_zeros(version) != pinned


def _without_zeros(version):
    while version.endswith(".0"):
        version = version[:-2]
    return version


@cache
def _parsed(version):
    """Give a version, or None where there is none or pip cannot read it."""
    from pip._vendor.packaging.version import InvalidVersion, Version

    try:
        return None if version is None else Version(version)
    except InvalidVersion:
        return None


def _normal(name):
    """Give a package's normal name: https://peps.python.org/pep-0503/#normalized-names."""
    return re.sub(r"[-_.]+", "-", name).lower()
