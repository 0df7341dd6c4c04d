"""Lets pip weigh, of all files of a package, those alone that it may take.

An index lists the files of every version for every platform, which are thousands for some
packages, and pip makes much of each. Here they are cut from the page before pip reads it:
files of other versions than those asked for, and wheels for other platforms. What is not
quite clear stays, and when nothing is found, pip reads the whole page to say what there is.
"""

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import unquote

_JSON = "application/vnd.pypi.simple.v1+json"
_LINK = re.compile(
    rb'^[ \t]*<a href="[^"<>&%?#]*?(?P<file>[^"<>&%?#/]+)(?:#(?:md5|sha\d+)=[0-9a-f]+)?"[^<>]*>'
    rb"[^<>]*</a>(?:<br ?/?>)?[ \t\r]*\n",
    re.MULTILINE,
)
"""A line of a page that is a plain link and nothing else."""


class WantedFiles:
    def __init__(self):
        # Here, so that pip's own modules are compiled where the caller wants them to be.
        from pip._internal.index.collector import LinkCollector
        from pip._internal.index.package_finder import PackageFinder

        self._is_wanted = None
        """Tells it of a file's address; None where all are."""
        self._pages = {}
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
            if location.url not in self._pages:
                self._pages[location.url] = read(collector, location, *arguments, **named)
            page = self._pages[location.url]
            if page is None or self._is_wanted is None:
                return page
            content = _cut(page, self._is_wanted)
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
    """Tells of a file's address whether pip may take the file."""

    def __init__(self, finder, project_name, specifier):
        from pip._internal.models.wheel import Wheel

        self._wheel = Wheel
        self._name = _normal(project_name)
        self._specifier = specifier
        self._tags = finder.target_python.get_unsorted_tags()
        self._versions = {}
        self._platforms = {}

    def __call__(self, address):
        file = address.rpartition("/")[2]
        if "%" in file or "#" in file:
            file = unquote(file.partition("#")[0])
        if file.endswith(".whl"):
            parts = file.split("-")
            return len(parts) < 5 or (self._has(parts[1]) and self._fits(file, parts[-3:]))
        start, rest = file[: len(self._name)], file[len(self._name) :]
        for ending in (".tar.gz", ".zip"):
            if rest.endswith(ending) and rest[0] == "-" and _normal(start) == self._name:
                return self._has(rest[1 : -len(ending)])
        return True

    def _has(self, version):
        has = self._versions.get(version)
        if has is None:
            has = self._versions[version] = self._contains(version)
        return has

    def _contains(self, version):
        from pip._vendor.packaging.version import InvalidVersion, Version

        try:
            parsed = Version(version)
        except InvalidVersion:
            return True
        return self._specifier is None or self._specifier.contains(parsed, prereleases=True)

    def _fits(self, file, platform):
        from pip._internal.exceptions import InvalidWheelFilename

        key = tuple(platform)
        if key not in self._platforms:
            try:
                self._platforms[key] = self._wheel(file).supported(self._tags)
            except InvalidWheelFilename:
                return True
        return self._platforms[key]


def _cut(page, is_wanted):
    if page.content_type.lower().startswith(_JSON):
        listed = json.loads(page.content).get("files", [])
        files = [file for file in listed if is_wanted(file.get("url") or "")]
        return json.dumps({"files": files}).encode()
    return _LINK.sub(
        lambda link: link[0] if is_wanted(link["file"].decode("latin-1")) else b"",
        page.content,
    )


def _normal(name):
    """Give a package's normal name: https://peps.python.org/pep-0503/#normalized-names."""
    return re.sub(r"[-_.]+", "-", name).lower()
