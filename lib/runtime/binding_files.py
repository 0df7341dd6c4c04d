"""Reads bindings that are folders: `<root>/<name>/{type,provider,<key>...}`.

https://servicebinding.io/spec/core/1.1.0/#workload-projection, and the layout before it,
`<root>/<name>/{metadata/{kind,provider},secret/<key>...}`.
"""

from __future__ import annotations

import os
import stat

from binding import KNOWN, Binding, plain, shown

_TYPE, _KIND = frozenset(("type", "provider")), frozenset(("kind", "provider"))
LARGEST = 64 * 1024
"""Bytes: a larger credential would not fit into an environment variable."""


def read(root: str, warnings: list[str]) -> list[Binding]:
    """Return the bindings, sorted by name; add problems to `warnings`."""
    return [
        _binding(folder, warnings)
        for folder in (os.path.join(root, name) for name in _names(root, warnings))
        if os.path.isdir(folder)
    ]


def _binding(folder: str, warnings: list[str]) -> Binding:
    unreadable: list[str] = []
    if os.path.isdir(os.path.join(folder, "metadata")):
        used = _KIND.intersection(_names(os.path.join(folder, "metadata"), warnings))
        metadata = _texts(folder, "metadata", used, warnings, [])
        names = _names(os.path.join(folder, "secret"), warnings)
        texts = _texts(folder, "secret", KNOWN.intersection(names), warnings, unreadable)
        type_, provider = metadata.get("kind", ""), metadata.get("provider", "")
    else:
        names = _names(folder, warnings)
        used = (KNOWN | _TYPE).intersection(names)
        texts = _texts(folder, "", used, warnings, unreadable)
        type_, provider = texts.pop("type", ""), texts.pop("provider", "")
    return Binding(
        source=os.path.dirname(folder),
        name=os.path.basename(folder),
        type=plain(type_),
        provider=plain(provider),
        tags=(),
        credentials=texts,
        unreadable=tuple(unreadable),
        others=tuple(name for name in names if name not in KNOWN | _TYPE),
    )


def _names(folder: str, warnings: list[str]) -> list[str]:
    """List a folder without hidden names, such as Kubernetes' own `..data`."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        warnings.append(f"Cannot read the service bindings in {folder!r}: {error.strerror}.")
        return []


def _texts(
    binding: str,
    below: str,
    used: frozenset[str],
    warnings: list[str],
    unreadable: list[str],
) -> dict[str, str]:
    """Read the files with these names in a binding's folder, or in its subfolder `below`.

    The names of files that exist and cannot be read are added to `unreadable`.
    """
    folder = os.path.join(binding, below) if below else binding
    root = os.path.join(os.path.realpath(binding), "")
    texts: dict[str, str] = {}
    for name in sorted(used):
        try:
            texts[name] = _text(os.path.join(folder, name), root)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            warnings.append(
                f"Cannot read {name} of binding {shown(os.path.basename(binding))}: {reason}."
            )
            unreadable.append(name)
    return texts


def _text(path: str, root: str) -> str:
    """Return the text of a file, without the newlines that editors add.

    Raises OSError, ValueError.
    """
    path = os.path.realpath(path)
    # Kubernetes' links stay in the folder. A link that leads out of it is not a credential.
    if not path.startswith(root):
        raise ValueError("it leads out of its folder")
    # O_NONBLOCK: reading a named pipe that nobody writes to would never end.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is not a file")
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1024} KiB")
    try:
        return data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        # The message of Python's own error quotes the value.
        raise ValueError("it is not UTF-8 text") from None
