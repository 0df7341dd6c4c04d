"""Reads bindings that are folders: `<root>/<name>/{type,provider,<key>...}`.

https://servicebinding.io/spec/core/1.1.0/#workload-projection, and the layout before it,
`<root>/<name>/{metadata/{kind,provider},secret/<key>...}`.
"""

from __future__ import annotations

import os
import stat

from binding import KNOWN, Binding, plain, shown

LARGEST = 64 * 1024
"""Bytes: no credential is larger, and a larger one would not fit into a variable."""


def read(root: str, told: list[str]) -> list[Binding]:
    """Give the bindings in the order of their names; what went wrong is added to `told`."""
    return [
        _binding(folder, told)
        for folder in (os.path.join(root, name) for name in _names(root, told))
        if os.path.isdir(folder)
    ]


def _binding(folder: str, told: list[str]) -> Binding:
    if os.path.isdir(os.path.join(folder, "metadata")):
        metadata = _texts(folder, "metadata", {"kind", "provider"}, told)
        texts = _texts(folder, "secret", KNOWN, told)
        type_, provider = metadata.get("kind", ""), metadata.get("provider", "")
    else:
        texts = _texts(folder, "", KNOWN | {"type", "provider"}, told)
        type_, provider = texts.pop("type", ""), texts.pop("provider", "")
    return Binding(
        source=os.path.dirname(folder),
        name=os.path.basename(folder),
        type=plain(type_),
        provider=plain(provider),
        tags=(),
        credentials=texts,
    )


def _names(folder: str, told: list[str]) -> list[str]:
    """List a folder without what is hidden: Kubernetes keeps its own `..data` there."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        told.append(f"The folder {folder!r} of bindings is not readable: {error.strerror}.")
        return []


def _texts(
    binding: str, below: str, wanted: frozenset[str] | set[str], told: list[str]
) -> dict[str, str]:
    """Read the wanted files of a binding's folder, or of one `below` it."""
    folder = os.path.join(binding, below) if below else binding
    inside = os.path.join(os.path.realpath(binding), "")
    texts: dict[str, str] = {}
    for name in [name for name in _names(folder, told) if name in wanted]:
        try:
            texts[name] = _text(os.path.join(folder, name), inside)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            told.append(f"{name} of the binding {shown(os.path.basename(binding))}: {reason}.")
    return texts


def _text(path: str, inside: str) -> str:
    """Give a file's text, without the line's end that editors put there.

    Raises OSError, ValueError.
    """
    path = os.path.realpath(path)
    # Kubernetes' links stay inside. What one that leads out shows is no credential.
    if not path.startswith(inside):
        raise ValueError("leads out of its folder")
    # A named pipe that nobody writes to would be waited for without end.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("is no file")
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"is larger than {LARGEST // 1024} KiB")
    try:
        return data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        # Its own words quote the value.
        raise ValueError("is not UTF-8") from None
