"""Turns service bindings into variables for a build, and removes their files after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from slipway.domain.cloud_native.build_bindings import (
    CERTIFICATES,
    EXPECTED,
    GIT,
    INDEX,
    KEYS,
    ServiceBinding,
    binding_root,
    bundles,
    certificate_variables,
    certificates_in,
    git_variables,
    refuse_contradictions,
    type_for_builds,
    variables_of_index,
)
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
from slipway.errors.bindings import BindingInvalid

_VARIABLES_OF = {INDEX: variables_of_index, GIT: git_variables}


@contextmanager
def variables_with_bindings(
    variables: Mapping[str, str], platform_dir: Path, console: Console
) -> Iterator[dict[str, str]]:
    """Yield the environment variables for the processes of a build.

    A binding wins over a variable with the same meaning, or is added to it if it is a list.

    Raises BindingInvalid, BindingsContradict.
    """
    folders = binding_folders(binding_root(variables, platform_dir))
    found = [binding for folder in folders if (binding := _read_binding(folder))]
    refuse_contradictions(found)
    if not found:
        yield dict(variables)
        return
    named = ", ".join(f"{binding.name} ({binding.type})" for binding in found)
    console.info(f"Using these service bindings for the build: {named}")
    result = dict(variables)
    for binding in found:
        if binding.type in _VARIABLES_OF:
            result.update(_VARIABLES_OF[binding.type](binding, _read_entries(binding), result))
    with scratch("bindings") as folder:
        result.update(_certificate_bundle(found, variables, folder))
        yield result


def _read_binding(folder: BindingFolder) -> ServiceBinding | None:
    """Return a binding if builds use its type; of any other binding, only the type is read.

    Raises BindingInvalid if the type cannot be read.
    """
    try:
        type_ = type_for_builds(read_entry(folder.type))
    except EntryUnreadable as error:
        raise BindingInvalid(
            binding=folder.name, key="type", reason=str(error), expected=EXPECTED["type"]
        ) from None
    if type_ is None:
        return None
    return ServiceBinding(name=folder.name, type=type_, entries=folder.entries)


def _read_entries(binding: ServiceBinding) -> dict[str, str]:
    """Read the entries that have a meaning for this type of binding."""
    texts = {key: _read(binding, key) for key in KEYS[binding.type] if key in binding.entries}
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
