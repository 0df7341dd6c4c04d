"""Turns service bindings into variables for a build, and removes their files after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from slipway.domain.cloud_native.build_bindings import (
    CERTIFICATES,
    GIT,
    INDEX,
    KEYS,
    ServiceBinding,
    binding_of_index,
    binding_root,
    bundles,
    certificate_variables,
    certificates_in,
    git_variables,
    misnamed_entries,
    refuse_contradictions,
    similar_type,
    type_for_builds,
    variables_of_index,
)
from slipway.domain.redaction import Secrets
from slipway.effects.console import Console
from slipway.effects.files import read_if_there, scratch
from slipway.effects.service_bindings import (
    BindingFolder,
    EntryUnreadable,
    binding_folders,
    check_certificates,
    check_netrc,
    read_entry,
    write_private,
)
from slipway.errors.fetching import IndexNotTrusted, IndexRefused, IndexUnreachable

_VARIABLES_OF = {INDEX: variables_of_index, GIT: git_variables}


@contextmanager
def variables_with_bindings(
    variables: Mapping[str, str], platform_dir: Path, console: Console
) -> Iterator[dict[str, str]]:
    """Yield the environment variables for the processes of a build.

    A binding wins over a variable with the same meaning, or is added to it if it is a list.

    Raises BindingInvalid, BindingsContradict.
    """
    folders = _readable_folders(variables, platform_dir, console)
    found = [binding for folder in folders if (binding := _read_binding(folder, console))]
    refuse_contradictions(found)
    if not found:
        yield dict(variables)
        return
    named = ", ".join(f"{binding.name} ({binding.type})" for binding in found)
    console.info(f"Using these service bindings for the build: {named}")
    for binding in found:
        for entry, advice in misnamed_entries(binding):
            console.warning(
                f"The entry {entry} of the service binding {binding.name} is not used. If "
                f"builds need it, {advice}"
            )
    texts = [(binding, _read_entries(binding)) for binding in found]
    for _, entries in texts:
        _learn(entries, console.secrets)
    result = dict(variables)
    for binding, entries in texts:
        if binding.type in _VARIABLES_OF:
            result.update(_VARIABLES_OF[binding.type](binding, entries, result))
    with scratch("bindings") as folder:
        result.update(_certificate_bundle(found, variables, folder))
        console.secrets.learn_variables(result)
        try:
            yield result
        except (IndexNotTrusted, IndexRefused, IndexUnreachable) as error:
            indexes = [
                (binding, entries) for binding, entries in texts if binding.type == INDEX
            ]
            error.binding = binding_of_index(error.index, indexes, variables)
            raise


def _readable_folders(
    variables: Mapping[str, str], platform_dir: Path, console: Console
) -> Iterator[BindingFolder]:
    """Yield the bindings that can be read; name what cannot be read in a warning.

    `steps/read_services.py` warns if their folder is missing or cannot be read.
    """
    try:
        folders = binding_folders(binding_root(variables, platform_dir))
    except OSError:
        return
    for folder in folders:
        if folder.problem:
            _warn_of_unused(folder.name, f"its folder {folder.problem}", console)
        else:
            yield folder


def _warn_of_unused(binding: str, problem: str, console: Console) -> None:
    console.warning(f"The service binding {binding} is not used, because {problem}")


def _read_binding(folder: BindingFolder, console: Console) -> ServiceBinding | None:
    """Return a binding if builds use its type; of any other binding, only the type is read.

    A binding whose type cannot be read does not stop a build, which may not need it.
    """
    try:
        text = read_entry(folder.type)
    except EntryUnreadable as error:
        _warn_of_unused(folder.name, f"its entry type {error}", console)
        return None
    type_ = type_for_builds(text)
    if type_ is None:
        similar = similar_type(text)
        if similar:
            problem = f"its type is {text.strip()!r}. Write {similar} if builds need it"
            _warn_of_unused(folder.name, problem, console)
        return None
    written = text.strip().lower()
    return ServiceBinding(
        name=folder.name, type=type_, written_type=written, entries=folder.entries
    )


def _learn(entries: Mapping[str, str], secrets: Secrets) -> None:
    """Learn the credentials of a binding."""
    for text in entries.values():
        secrets.learn_file(text)
    secrets.learn_netrc(entries.get("netrc", ""))
    for line in entries.get("credentials", "").splitlines():  # or addresses, as above
        name, is_attribute, value = line.strip().partition("=")
        if is_attribute and name == "password":
            secrets.learn_value(value)
    if entries.get("password"):
        secrets.learn_value(entries["password"])


def _read_entries(binding: ServiceBinding) -> dict[str, str]:
    """Read the entries that have a meaning for this type of binding."""
    keys = KEYS.get(binding.type, ())
    texts = {key: _read(binding, key) for key in keys if key in binding.entries}
    if "netrc" in texts:
        try:
            check_netrc(binding.entries["netrc"])
        except EntryUnreadable as error:
            raise binding.invalid("netrc", str(error)) from None
    return texts


def _read(binding: ServiceBinding, key: str) -> str:
    try:
        return read_entry(binding.entries[key])
    except EntryUnreadable as error:
        raise binding.invalid(key, str(error)) from None


def _certificate_bundle(
    bindings: Sequence[ServiceBinding], variables: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """Write the already trusted certificates and those of the bindings to one file."""
    added = [
        certificate
        for binding in bindings
        if binding.type == CERTIFICATES
        for key in sorted(binding.entries)
        for certificate in _certificates(binding, key)
    ]
    if not added:
        return {}
    texts = (read_if_there(path) for path in bundles(variables))
    trusted = next(filter(None, (certificates_in(text or "") for text in texts)), [])
    bundle = folder / "ca-certificates.pem"
    write_private(bundle, "".join([*trusted, *added]))
    return certificate_variables(bundle)


def _certificates(binding: ServiceBinding, key: str) -> list[str]:
    certificates = certificates_in(_read(binding, key))
    if not certificates:
        raise binding.invalid(key, "contains no certificate")
    try:
        check_certificates("".join(certificates))
    except EntryUnreadable as error:
        raise binding.invalid(key, str(error)) from None
    return certificates
