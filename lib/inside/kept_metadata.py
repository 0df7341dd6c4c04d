"""Keeps what wheels say of themselves, so that no wheel is read twice to know what it needs.

Where an index gives no metadata beside its wheels (PEP 658), pip-compile downloads every wheel
it weighs, whole. What is kept goes by the SHA-256 of the wheel, or of the metadata where the
index says that, and pip has checked it: the same hash is the same metadata, at any address.
"""

import json
import os
import re
import tempfile
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath

_END_OF_FIELDS = re.compile(r"\r?\n\r?\n")


class KeptMetadata:
    def __init__(self, file):
        from pip._internal.operations.prepare import RequirementPreparer

        self._file = file
        self._kept = _read(file)
        self._used = {}
        prepare = RequirementPreparer
        prepare._fetch_metadata_only = self._finding(prepare._fetch_metadata_only)
        prepare.prepare_linked_requirement = self._keeping(prepare.prepare_linked_requirement)

    @property
    def texts(self):
        return self._kept.values()

    def write(self):
        """Keep what was used since the start, and that alone; a full disk does no harm."""
        if self._used == self._kept:
            return
        with suppress(OSError), _aside(self._file) as file:
            json.dump(self._used, file)

    def _finding(self, fetch):
        def find(preparer, requirement):
            text = self._kept.get(_key(requirement.link))
            if text and requirement.req and not requirement.has_hash_options:
                return _distribution(text, requirement) or fetch(preparer, requirement)
            return fetch(preparer, requirement)

        return find

    def _keeping(self, prepare):
        def prepare_and_keep(preparer, requirement, *arguments, **named):
            key = _key(requirement.link)
            distribution = prepare(preparer, requirement, *arguments, **named)
            if key:
                with suppress(FileNotFoundError):  # pip says so itself
                    text = distribution.read_text("METADATA")
                    self._used[key] = _END_OF_FIELDS.split(text, maxsplit=1)[0]
            return distribution

        return prepare_and_keep


def _key(link):
    """Give the hash that pip checks before it believes a wheel's metadata, if there is one."""
    if not link.is_wheel or link.is_file:
        return None
    checked = link.metadata_link() or link
    return checked.hash if checked.hash_name == "sha256" else None


def _distribution(text, requirement):
    """Give what pip reads out of a wheel, where the text is that of the wheel it wants."""
    from pip._internal.metadata import get_metadata_distribution, select_backend
    from pip._vendor.packaging.utils import canonicalize_name

    wheel, name = requirement.link.filename, canonicalize_name(requirement.req.name)
    if select_backend().NAME == "importlib":
        found = _in_memory(text, wheel)
    else:
        found = get_metadata_distribution(text.encode(), wheel, name)
    return found if canonicalize_name(found.raw_name) == name else None


def _in_memory(text, wheel):
    """Do as pip does for metadata from an index, which it writes into a folder first."""
    from pip._internal.metadata.importlib._dists import Distribution, WheelDistribution

    place = PurePosixPath(wheel)
    files = {PurePosixPath("METADATA"): text.encode()}
    return Distribution(WheelDistribution(files, place), place, None)


def _read(file):
    try:
        with open(file, encoding="utf-8") as text:
            kept = json.load(text)
    except (OSError, ValueError):
        return {}
    is_whole = isinstance(kept, dict) and all(isinstance(one, str) for one in kept.values())
    return kept if is_whole else {}


@contextmanager
def _aside(path):
    """Write a file that is there as a whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    aside, name = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with open(aside, "w", encoding="utf-8") as file:
            yield file
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
