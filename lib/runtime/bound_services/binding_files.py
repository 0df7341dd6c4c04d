"""Reads bindings that are folders: `<root>/<name>/{type,provider,<key>...}`.

https://servicebinding.io/spec/core/1.1.0/#workload-projection, and the layout before it,
`<root>/<name>/{metadata/{kind,provider,tags},secret/<key>...}`. Cloud Foundry adds files for
what else VCAP_SERVICES has, and writes credentials of several levels as JSON:
https://docs.cloudfoundry.org/devguide/services/application-binding.html
"""

from __future__ import annotations

import os

from bound_services.binding import LARGEST, MOST_SERVICES, Binding, new_binding, shown
from bound_services.private_text import read_text, reason_of, why_unreadable

MOST_FILES = 1000
"""Of a binding: more than any broker writes."""
_OF_CLOUD_FOUNDRY = (
    *("binding-guid", "binding-name", "instance-guid", "instance-name", "label", "name"),
    *("plan", "tags", "syslog-drain-url", "volume-mounts"),
)
"""Files that are not credentials. `name`, for example, is not the name of a database."""


def read(root: str, warnings: list[str]) -> list[Binding]:
    """Return the bindings, sorted by name; add problems to `warnings`."""
    names = _names(root, warnings)
    folders = [
        path for path in (os.path.join(root, name) for name in names) if os.path.isdir(path)
    ]
    # An empty folder is no mistake: some platforms make it whether or not there are services.
    if (names and not folders) or os.path.exists(os.path.join(root, "metadata", "kind")):
        warnings.append(
            f"No services are read from {root!r}, because each binding must be a folder in it, "
            f"such as {os.path.join(root, 'db')!r}."
        )
        return []
    if len(folders) > MOST_SERVICES:
        warnings.append(
            f"Only the first {MOST_SERVICES} of the {len(folders)} services in {root!r} are "
            "read."
        )
    return [_binding(folder, warnings) for folder in folders[:MOST_SERVICES]]


def _binding(folder: str, warnings: list[str]) -> Binding:
    if os.path.isdir(os.path.join(folder, "metadata")):
        about, problems = _texts(folder, "metadata", warnings)
        about["type"] = about.get("kind", "")
        entries, unreadable = _texts(folder, "secret", warnings)
    else:
        entries, unreadable = _texts(folder, "", warnings)
        problems = unreadable
        of_platform = _OF_CLOUD_FOUNDRY if "instance-guid" in entries else ()
        about = {key: entries.pop(key, "") for key in of_platform}
        about.update((key, _pop(entries, key)) for key in ("type", "provider"))
    name = os.path.basename(folder)
    # Nothing else may tell that this service is needed.
    warnings += [
        f"The binding {shown(name)} has the entry {key!r}, which {problems[key]}."
        for key in problems
        if key.lower() in ("type", "kind")
    ]
    warnings += [
        f"The binding {shown(name)} is not read, because {shown(key)} in it is a folder with "
        f"another binding. Move that one to {os.path.dirname(folder)!r}."
        for key in (unreadable if not entries else ())
        if os.path.exists(os.path.join(folder, key, "type"))
    ]
    binding = new_binding(
        source=os.path.dirname(folder),
        name=name,
        type_=about.get("type", ""),
        provider=about.get("provider", ""),
        entries=_with_levels(entries),
        tags=_tags(about.get("tags", "")),
        unreadable=unreadable,
    )
    return binding._replace(instance=about.get("instance-name", ""))


def _pop(entries: dict[str, str], key: str) -> str:
    """Remove an entry, whatever the case of its name, and return it; empty if there is none."""
    names = (name for name in (key, *entries) if name in entries and name.lower() == key)
    return entries.pop(next(names, key), "")


def _with_levels(entries: dict[str, str]) -> dict[str, str]:
    """Add the credentials in those that are JSON: `protocols.amqp.uri`."""
    structured = {name: text for name, text in entries.items() if text[:1] in ("{", "[")}
    if not structured:
        return entries
    from bound_services.json_objects import flat, parse

    inner, _ = flat({name: parse(text) for name, text in structured.items()})
    return {**entries, **{key: inner[key] for key in inner if key not in entries}}


def _tags(text: str) -> tuple[str, ...]:
    """Return tags that are written in lines, or in a list of JSON."""
    return tuple(text.translate(str.maketrans('[]",', "    ")).split())


def _names(folder: str, warnings: list[str]) -> list[str]:
    """List a folder without hidden names, such as Kubernetes' own `..data`."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        warnings.append(f"Cannot read the service bindings in {folder!r}: {reason_of(error)}.")
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
    names = _names(folder, warnings)
    if len(names) > MOST_FILES:
        warnings.append(
            f"Only the first {MOST_FILES} of the {len(names)} files in {folder!r} are read."
        )
    for name in names[:MOST_FILES]:
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
