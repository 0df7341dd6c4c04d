"""Reads bindings that are folders: `<root>/<name>/{type,provider,<key>...}`.

https://servicebinding.io/spec/core/1.1.0/#workload-projection, and the layout before it,
`<root>/<name>/{metadata/{kind,provider},secret/<key>...}`.
"""

from __future__ import annotations

import os

from bound_services.binding import Binding, new_binding
from bound_services.private_text import read_text, why_unreadable

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
    if os.path.isdir(os.path.join(folder, "metadata")):
        about, _ = _texts(folder, "metadata", warnings)
        about["type"] = about.get("kind", "")
        entries, unreadable = _texts(folder, "secret", warnings)
    else:
        entries, unreadable = _texts(folder, "", warnings)
        about = {name: entries.pop(name, "") for name in ("type", "provider")}
    return new_binding(
        source=os.path.dirname(folder),
        name=os.path.basename(folder),
        type_=about.get("type", ""),
        provider=about.get("provider", ""),
        entries=entries,
        unreadable=unreadable,
    )


def _names(folder: str, warnings: list[str]) -> list[str]:
    """List a folder without hidden names, such as Kubernetes' own `..data`."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        warnings.append(f"Cannot read the service bindings in {folder!r}: {error.strerror}.")
        return []


def _texts(
    binding: str, below: str, warnings: list[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Read the files in a binding's folder, or in its subfolder `below`.

    Return their texts, without the newlines that editors add, and why others cannot be read.
    """
    folder = os.path.join(binding, below) if below else binding
    root = os.path.join(os.path.realpath(binding), "")
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for name in _names(folder, warnings):
        path = os.path.realpath(os.path.join(folder, name))
        # Kubernetes' links stay in the folder. A link that leads out of it is not a credential.
        if not path.startswith(root):
            unreadable[name] = "is a link that leads out of its folder"
            continue
        try:
            texts[name] = read_text(path, LARGEST).rstrip("\r\n")
        except (OSError, ValueError) as error:
            unreadable[name] = why_unreadable(error)
    return texts, unreadable
