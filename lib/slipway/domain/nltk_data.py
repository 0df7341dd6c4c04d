"""The data of NLTK that an app names in nltk.txt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from slipway.domain.packaging_text import parse_version
from slipway.domain.redaction import without_credentials
from slipway.errors.nltk_data import NltkAddressUnusable

INDEX = "NLTK_DOWNLOAD_URL"
"""NLTK's own variable for the address of another index than its default one."""
FOLDER = "nltk_data"
"""The folder below `sys.prefix` in which NLTK looks: https://www.nltk.org/data.html"""

_SCHEMES = ("http", "https", "ftp", "file")
"""Those that Python reads: https://docs.python.org/3/library/urllib.request.html"""
_SUCCESSORS = {
    "punkt": "punkt_tab",
    "averaged_perceptron_tagger": "averaged_perceptron_tagger_eng",
    "averaged_perceptron_tagger_ru": "averaged_perceptron_tagger_rus",
    "maxent_ne_chunker": "maxent_ne_chunker_tab",
    "maxent_treebank_pos_tagger": "maxent_treebank_pos_tagger_tab",
}
"""Data with pickles -> the data that NLTK reads instead since `_FIRST_WITHOUT_PICKLES`:
https://github.com/nltk/nltk/blob/develop/ChangeLog"""
_FIRST_WITHOUT_PICKLES = "3.8.2"
_FIRST_WITH_OWNERS = "3.10.4"
"""The first version that reads data only if they belong to root or to the process's user."""


def parse(text: str) -> tuple[str, ...]:
    """Return the names in a nltk.txt, each once: of packages or collections of NLTK's index.

    Other platforms want one name in each line; blank lines, comments after `#`, and several
    names in a line with blanks or commas between them are understood too.
    """
    lines = (line.partition("#")[0].replace(",", " ") for line in text.splitlines())
    return tuple(dict.fromkeys(name for line in lines for name in line.split()))


def check_index(address: str) -> None:
    """Check the address of an index, which is empty for NLTK's default one.

    Raises NltkAddressUnusable.
    """
    if not address:
        return
    scheme, _, rest = address.rpartition("://")
    if scheme.lower() not in _SCHEMES:
        # Where a password would end is unclear without a scheme.
        has_login = "@" in rest
        index = "" if has_login or not rest else f"https://{rest}"
        raise NltkAddressUnusable(index=index, has_login=has_login)
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        raise NltkAddressUnusable(index=without_credentials(address), has_login=True)


def index_in_key(address: str) -> str:
    """Return what identifies an index: not who downloads it, nor with which token."""
    return re.split("[?#]", without_credentials(address), maxsplit=1)[0]


def in_other_form(names: Iterable[str], version: str) -> Iterator[tuple[str, str]]:
    """Yield each name that this version of NLTK does not read, with the one that it reads."""
    is_new = _is_since(version, _FIRST_WITHOUT_PICKLES)
    if is_new is None:
        return
    olds = {new: old for old, new in _SUCCESSORS.items()}
    other = _SUCCESSORS if is_new else olds
    given = {*names}
    for name in sorted(given):
        if name in other and other[name] not in given:
            yield name, other[name]


def notice_about_owners(version: str) -> str:
    """Say what a version of NLTK wants of an image with two users; empty if nothing."""
    if not _is_since(version, _FIRST_WITH_OWNERS):
        return ""
    return (
        f"NLTK {version} reads data only if they belong to root or to the user of the process. "
        "If the image runs the app as another user than the one that builds it, require "
        f"`nltk<{_FIRST_WITH_OWNERS}`, or write `import nltk.pathsec` and "
        "`nltk.pathsec.ENFORCE = False` to the app before it reads data"
    )


def _is_since(version: str, first: str) -> bool | None:
    """Compare two versions; None if the first one cannot be parsed."""
    try:
        return parse_version(version) >= parse_version(first)
    except ValueError:
        return None
