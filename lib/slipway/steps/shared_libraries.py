"""Find the shared libraries that an app needs, and let compiled packages use its Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.cache.kinds import SHARED_LIBRARIES
from slipway.effects.elf import (
    LIST,
    files_that_embed_python,
    needed_by,
    needed_from_system,
    render_libraries,
    shared_libraries,
)
from slipway.effects.files import read_if_there, scratch, write
from slipway.effects.packages.virtualenvs import make_complete_prefix
from slipway.effects.python_trees import find_libpython, keep_libpythons
from slipway.steps.context import BuildContext
from slipway.toolchains.pythons.relocatable import site_folder

_EMBEDDING = "embed-python.txt"
_LIBPYTHON = "libpython"
_SEARCHED_BY_DEFAULT = tuple(map(Path, ("/lib", "/lib64", "/usr/lib", "/usr/lib64")))
"""https://man7.org/linux/man-pages/man8/ld.so.8.html"""


@dataclass(frozen=True, kw_only=True)
class SharedLibraries:
    of_the_image: tuple[str, ...]
    """The names of the libraries that the image must have where the app runs."""
    libpython: Path | None
    """The folder of the libpython that compiled packages load; None if none of them does."""


def provide_libraries(context: BuildContext, virtualenv_digest: str | None) -> SharedLibraries:
    """List the libraries that a bundled Python and the virtual environment need.

    Programs that embed Python, such as uWSGI, load its libpython, which is not a part of every
    bundled Python, and look for the standard library near themselves: provide both.

    `virtualenv_digest` is the digest of the virtual environment's cache key; None if a hook has
    changed its files since, so that the next build must neither reuse them nor this result.
    """
    console, outputs = context.effects.console, context.effects.outputs
    needed, embedding = _of_packages(
        context.virtualenv.root, virtualenv_digest, context.effects
    )
    python, prefix = Path(context.interpreter.path), Path(context.interpreter.prefix)
    paths: list[Path] = []
    names = [name for name in needed if name.startswith(_LIBPYTHON)]
    for name in names:
        path = find_libpython(python, prefix, name)
        if path is None:
            console.warning(
                f"A package needs {name}, which Python {context.interpreter.version} does not "
                "have: the image that runs the app must have it"
            )
            continue
        paths.append(path)
        # libpython3.so only loads the library of one version.
        names += [
            other
            for other in needed_by(path)
            if other.startswith(_LIBPYTHON) and other not in names
        ]
    if not context.is_python_bundled:
        folders = [
            path.parent
            for path in paths
            if not any(path.is_relative_to(folder) for folder in _SEARCHED_BY_DEFAULT)
        ]
        return SharedLibraries(of_the_image=needed, libpython=next(iter(folders), None))

    tree = context.layout.python
    is_new = keep_libpythons(tree, f"python{context.interpreter.minor}", paths)
    if is_new and virtualenv_digest:
        outputs.record(tree)
    if embedding:
        console.once(f"Making the bundled Python usable for {_named(embedding)}")
        make_complete_prefix(context.virtualenv, tree, site_folder(tree))
        if virtualenv_digest:
            outputs.record(context.virtualenv.root)
    own = {path.name for path in paths}
    every = {
        *needed,
        *shared_libraries(tree),
        *(lib for path in paths for lib in needed_by(path)),
    }
    return SharedLibraries(
        of_the_image=tuple(sorted(every - own)), libpython=tree / "lib" if paths else None
    )


def _of_packages(
    virtualenv: Path, digest: str | None, effects: Effects
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the libraries that packages need, and the files of packages that embed Python."""
    if digest is None:
        return needed_from_system([virtualenv]), files_that_embed_python(virtualenv)
    key = SHARED_LIBRARIES.key({"virtualenv": digest})
    cached = effects.cache.entry(key)
    if cached is None:
        needed, embedding = (
            needed_from_system([virtualenv]),
            files_that_embed_python(virtualenv),
        )
        with scratch("libraries") as folder:
            write(folder / LIST, render_libraries(needed))
            write(folder / _EMBEDDING, "".join(f"{name}\n" for name in embedding))
            effects.cache.store(key, folder)
        return needed, embedding
    lines = (read_if_there(cached / _EMBEDDING) or "").splitlines()
    return shared_libraries(cached), tuple(lines)


def _named(files: Sequence[str]) -> str:
    first = ", ".join(files[:2])
    return first if len(files) <= 2 else f"{first} and {len(files) - 2} more"
