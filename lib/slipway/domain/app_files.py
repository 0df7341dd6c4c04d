"""The names of files that Slipway looks for in an app; imports little, so detect is fast."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

PYTHON_APP_FILES = (
    "requirements.txt",
    "requirements.in",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "manage.py",
    "wsgi.py",
    "Pipfile",
    "Pipfile.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pylock.toml",
    ".python-version",
    "runtime.txt",
)
"""Any of these makes a folder a Python app, and so does a `pylock.<name>.toml`. Some are not
enough for a build: the build then stops with an error that says what is missing."""

PYTHON_APP_FILES_BELOW = tuple(
    name
    for name in PYTHON_APP_FILES
    if name not in ("setup.py", "setup.cfg", ".python-version", "runtime.txt")
)
"""Any of these makes a folder below the top of a repository an app that the setting `root` may
name. In apps in other languages, the others are usual for tools and bindings."""
FOLDERS_WITHOUT_APPS = tuple(
    "benchmarks ci doc docs documentation e2e example examples node_modules requirements "
    "samples scripts test tests third_party tools vendor".split()
)
"""Folders right below the top of a repository that do not make it one with a Python app: their
requirements are usually those of scripts, tests or documentation."""
FOLDERS_WITHOUT_CODE = frozenset(
    "node_modules site-packages build dist static staticfiles media docs doc"
    " migrations test tests example examples".split()
)
"""Folders that have no code of the running app itself, at any depth."""

PRE_COMPILE = "bin/pre_compile"
"""Runs before a build reads the app's files."""
POSTINSTALL = "postinstall"
"""Runs in the virtual environment, after the packages are installed."""
POST_COMPILE = "bin/post_compile"
"""Runs at the end of the build."""
HOOKS = (PRE_COMPILE, POSTINSTALL, POST_COMPILE)
"""The app's own scripts that a build runs, in this order."""

NLTK_DATA = "nltk.txt"
"""Names the data that NLTK is to have, as on other platforms."""
COLLECTSTATIC_DISABLED = ".heroku/collectstatic_disabled"
"""Switches collectstatic off, as the variable DISABLE_COLLECTSTATIC does."""

FILES_READ = (
    "pylock.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "requirements.txt",
    "requirements.in",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    "setup.cfg",
    "manage.py",
    "wsgi.py",
    ".python-version",
    "runtime.txt",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    "Procfile",
    "vendor.lock",
    ".gitmodules",
    NLTK_DATA,
    *HOOKS,
)
"""The files that decide something about a build, with fixed names."""

_NAMED_LOCK = re.compile(r"pylock\..+\.toml")
_TEXT_ENDING = re.compile(r"\.(txt|text)$")
_SCRIPT_ENDING = re.compile(r"\.(sh|bash)$")
_NOT_IN_PATHS = re.compile(r"[\s:;,#=<>\"'*]")
_LINK_ENDINGS = {".txt": (".txt", ".in"), ".in": (".txt", ".in")}


def is_named_lock(name: str) -> bool:
    """Return whether a name is that of a lock with a name of its own (PEP 751)."""
    return _NAMED_LOCK.fullmatch(name) is not None


def are_of_python_app(names: Sequence[str], files: Iterable[str] = PYTHON_APP_FILES) -> bool:
    """Return whether the names in a folder are those of a Python app; one file is enough."""
    return not set(files).isdisjoint(names) or any(map(is_named_lock, names))


def misspelled(names: Sequence[str], meant: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Pair names with the names that were probably meant, unless the app has those too.

    A name means another if both are the same but for case, punctuation and an ending such as
    `.txt`; or if they differ in one letter, but not for folders and modules, which often have
    similar names. Folders have a slash at the end.
    """
    given = {*names}
    known = {*PYTHON_APP_FILES, *FILES_READ}
    candidates = [name for name in meant if name not in given]
    pairs = []
    for name in names:
        if name not in known and name.isprintable():
            found = next((one for one in candidates if _may_mean(name, one)), None)
            pairs += [(name, found)] if found else []
    return tuple(pairs)


def _may_mean(name: str, known: str) -> bool:
    if name.endswith("/") != known.endswith("/"):
        return False
    ending = _TEXT_ENDING
    if known in HOOKS:
        # A hook can also be in the wrong folder.
        ending, name, known = _SCRIPT_ENDING, name.split("/")[-1], known.split("/")[-1]
    if not _spellings(name, ending).isdisjoint(_spellings(known, ending)):
        return True
    has_similar_names = known.endswith((".py", "/"))
    return not has_similar_names and differ_in_one_letter(name.lower(), known.lower())


def _spellings(name: str, ending: re.Pattern[str]) -> set[str]:
    lower = name.lower()
    return {re.sub(r"[\W_]", "", text) for text in (lower, ending.sub("", lower))}


def differ_in_one_letter(one: str, other: str) -> bool:
    """Return whether a letter is missing, added or different, or two are exchanged."""
    short, long = sorted((one, other), key=len)
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    rest, longer = short[start:], long[start:]
    if len(short) != len(long):
        return rest == longer[1:]
    is_exchanged = rest[:2] == longer[:2][::-1] and rest[2:] == longer[2:]
    return rest[1:] == longer[1:] or is_exchanged


def path_instead_of_content(name: str, text: str, exists: Callable[[str], bool]) -> str | None:
    """Return the path that a file holds if it holds nothing else; `name` is the file's path.

    Windows writes a symbolic link as such a file: see domain/checkout.py. The path of a file of
    another kind can be a requirement, such as that of a wheel.
    """
    path = text.strip()
    folder, _, own = name.rpartition("/")
    above, _, base = path.rpartition("/")
    ending = re.search(r"(?<=.)\.\w+$", own)
    similar = _LINK_ENDINGS.get(ending[0], (ending[0],)) if ending else ()
    is_similar = base == own or bool(similar and base.endswith(similar))
    is_path = path.isprintable() and not path.startswith("-") and not _NOT_IN_PATHS.search(path)
    if not is_similar or not is_path or path == own:
        return None
    # Without a folder it could be the name of a package.
    return path if above or exists(f"{folder}/{path}" if folder else path) else None
