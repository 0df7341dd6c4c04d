"""Lets pip look, of a package whose version is known, at the files of that version alone.

Some packages have thousands of files, and pip weighs each of them for each question.
"""

import re

_NUMBERS = re.compile(r"\d+")


class PinnedFiles:
    def __init__(self):
        # Here, so that pip's own modules are compiled where the caller wants them to be.
        from pip._internal.index.package_finder import PackageFinder
        from pip._internal.models.link import Link

        self.versions = {}
        """Name, as `normal` gives it -> version."""
        self.wanted = None
        """What the version of files starts with that are looked at; None for all."""
        PackageFinder.find_all_candidates = self._find(PackageFinder.find_all_candidates)
        PackageFinder.evaluate_links = self._evaluate(PackageFinder.evaluate_links)
        Link.from_element = staticmethod(self._make(Link.from_element, "href"))
        Link.from_json = staticmethod(self._make(Link.from_json, "url"))

    def _find(self, find):
        def find_those(finder, project_name):
            version = self.versions.get(normal(project_name))
            if version is None:
                return find(finder, project_name)
            self.wanted = _start(version)
            try:
                found = find(finder, project_name)
            finally:
                self.wanted = None
            if found:
                return found
            finder._all_candidates.pop(project_name, None)
            return find(finder, project_name)

        return find_those

    def _evaluate(self, evaluate):
        def evaluate_those(finder, link_evaluator, links):
            those = [link for link in links if self._is_wanted(link.filename)]
            return evaluate(finder, link_evaluator, those)

        return evaluate_those

    def _make(self, make, address):
        def make_those(described, *arguments, **named):
            file = (described.get(address) or "").partition("#")[0].rpartition("/")[2]
            return make(described, *arguments, **named) if self._is_wanted(file) else None

        return make_those

    def _is_wanted(self, file):
        return self.wanted is None or _start(_version_in(file)) == self.wanted


def normal(name):
    """Give a package's normal name: https://peps.python.org/pep-0503/#normalized-names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _version_in(file):
    """Give the version in a file's name, with the ending where it is no wheel."""
    if file.endswith(".whl"):
        return (*file.split("-"), "")[1]
    return file.rpartition("-")[2]


def _start(version):
    """Give the first two numbers, which are the same however a version is written."""
    return (*map(int, _NUMBERS.findall(version)[:2]), 0, 0)[:2]
