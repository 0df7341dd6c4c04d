"""When the static files of the last build serve again: what is known of it, and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

FORMAT = "2"
"""Changes when lib/inside sees or judges something in another way."""
ALL_VARIABLES = "*"
"""In place of names: a process that copies its environment may have read any of it."""

_READ_BY_PYTHON = ("LANG", "LANGUAGE", "TZ")
_PREFIXES_READ_BY_PYTHON = ("LC_", "LD_", "PYTHON")
"""The interpreter and the C library read these by themselves, unseen."""
_COST, _BLOCK = 2**13, 8
"""Of scrypt: 8 MB and some 20 ms for each guess at the values."""

Census = Mapping[str, str]
"""Path, relative to a folder -> what is there, in short."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What static files are made from, besides the variables that the settings read."""

    environment: str
    """What decides the packages and the Python."""
    app: str
    """Digest of the app's files, without those in STATIC_ROOT: all their names and modes, and
    the content of those that were opened."""
    before: str
    """Digest of what lay in STATIC_ROOT."""
    umask: str
    files: Mapping[str, str]
    """Files of the system that were read, each with a digest."""


@dataclass(frozen=True, kw_only=True)
class KnownResult:
    """A collectstatic whose every input is known."""

    inputs: Inputs
    root: str
    """STATIC_ROOT, relative to the app."""
    mode: int
    """Permissions of STATIC_ROOT itself."""
    after: str
    """Digest of what it left in STATIC_ROOT."""
    count: int
    opened: Sequence[str]
    """The app's files that were opened."""
    variables: Sequence[str]
    """Names of those that it read."""
    salt: str
    sealed: str
    """What `seal` makes of their values."""


def render(known: KnownResult) -> str:
    """Write a result down, with a digest of its own before it."""
    text = json.dumps({"format": FORMAT, **asdict(known)}, sort_keys=True)
    return f"{_sha256(text)}\n{text}"


def parse(text: str) -> KnownResult | None:
    """Read what `render` wrote; None if it is not whole, or of another format."""
    digest, _, rest = text.partition("\n")
    if digest != _sha256(rest):
        return None
    data = json.loads(rest)
    if data.pop("format") != FORMAT:
        return None
    return KnownResult(**{**data, "inputs": Inputs(**data["inputs"])})


def seal(names: Sequence[str], variables: Mapping[str, str], app: str, salt: str) -> str:
    """Digest all values together, so that no single one can be guessed from what is kept.

    scrypt with a salt, https://www.rfc-editor.org/rfc/rfc7914, because among them are secrets.
    The app's folder has another name in each build of some platforms, and decides nothing.
    """
    counted = {*names, *(name for name in variables if _is_read_by_python(name))}
    if ALL_VARIABLES in counted:
        counted.update(variables)
    values = [(name, variables.get(name)) for name in sorted(counted)]
    text = json.dumps([(name, value and value.replace(app, "\0")) for name, value in values])
    return hashlib.scrypt(
        text.encode(), salt=bytes.fromhex(salt), n=_COST, r=_BLOCK, p=1, dklen=32
    ).hex()


def why_not_again(known: KnownResult, now: Inputs) -> str:
    """Say what has changed since; empty if nothing. Variables are compared by `seal`."""
    then = known.inputs
    if now.environment != then.environment:
        return "the packages or the Python have changed"
    if now.app != then.app:
        return "the app's files have changed"
    if now.before not in (then.before, known.after):
        return f"the files in {known.root} have changed"
    if now.umask != then.umask:
        return "new files get other permissions"
    changed = [path for path in then.files if now.files.get(path) != then.files[path]]
    return f"{changed[0]} has changed" if changed else ""


def why_not_the_last(census: Census, root: str) -> str:
    """Say what in STATIC_ROOT makes the dates of files decide; empty if nothing does.

    A file that is there is only replaced by one with a later date:
    https://docs.djangoproject.com/en/stable/ref/contrib/staticfiles/#collectstatic. Hidden
    files, which keep the folder in git, are never collected.
    """
    for path, what in census.items():
        name = path.rpartition("/")[2]
        if path.startswith(f"{root}/") and not what.startswith("d") and name[0] != ".":
            return f"{path} was there before"
    return ""


def digest_inside(census: Census, folder: str) -> str:
    """Digest a folder and all that lies in it, wherever it is."""
    inside = {
        path[len(folder) :]: what
        for path, what in census.items()
        if path == folder or path.startswith(f"{folder}/")
    }
    return _digest(inside)


def only_named(census: Census, opened: Collection[str]) -> Census:
    """Leave out the content of files that were not opened: what is in them decides nothing."""
    read = frozenset(opened)
    return {
        path: what if path in read or not what.startswith("f") else what.rpartition(" ")[0]
        for path, what in census.items()
    }


def digest_outside(census: Census, folder: str) -> str:
    """Digest everything but a folder, what lies in it, and the folders on the way to it."""
    outside = {
        path: what
        for path, what in census.items()
        if not f"{path}/".startswith(f"{folder}/") and not folder.startswith(f"{path}/")
    }
    return _digest(outside)


def files_inside(census: Census, folder: str) -> int:
    """Count the files below a folder."""
    return sum(
        path.startswith(f"{folder}/") and not what.startswith("d")
        for path, what in census.items()
    )


def _is_read_by_python(name: str) -> bool:
    return name in _READ_BY_PYTHON or name.startswith(_PREFIXES_READ_BY_PYTHON)


def _digest(census: Census) -> str:
    return _sha256(json.dumps(census, sort_keys=True))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
