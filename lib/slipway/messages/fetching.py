"""Words for errors of requests to package indexes, other servers and repositories."""

from __future__ import annotations

from slipway.errors.bindings import IndexBinding
from slipway.errors.fetching import (
    IndexNotTrusted,
    IndexRefused,
    IndexUnreachable,
)
from slipway.messages.wording import Message, Step, explain, printable


@explain.register
def _unreachable(error: IndexUnreachable) -> Message:
    binding = error.binding
    places = "the URL in PIP_INDEX_URL, in PIP_EXTRA_INDEX_URL or in the requirements"
    if binding and binding.address:
        places = f"the entry {binding.address} of the service binding {printable(binding.name)}"
    return Message(
        title="Packages cannot be downloaded",
        found=f"The download from {error.index} failed: {error.reason}.{_given_by(binding)}",
        steps=(
            Step(text="If the failure may be temporary, build again."),
            Step(text=f"Or check {places}, and the proxy settings."),
        ),
    )


@explain.register
def _not_trusted(error: IndexNotTrusted) -> Message:
    binding = error.binding
    place = (
        f" in the entry {binding.address} of the service binding {printable(binding.name)}"
        if binding and binding.address
        else ""
    )
    return Message(
        title="Packages cannot be downloaded",
        found=f"The URL of the index on {error.host} begins with http://, not https://; pip uses "
        f"such an index only if PIP_TRUSTED_HOST names its host.{_given_by(binding)}",
        steps=(
            Step(text=f"Use the https URL of the index{place}."),
            Step(
                text="Or set a config variable, and the index is used without encryption:",
                exact=(f"PIP_TRUSTED_HOST={error.host}",),
            ),
        ),
    )


@explain.register
def _refused(error: IndexRefused) -> Message:
    binding = error.binding if error.status != _PROXY else None
    meaning, step = {
        401: (
            "The user name, or the token or password, is missing or wrong",
            _credentials_of(binding)
            if binding
            else Step(
                text="Put the user name, and the token or password, into the URL of the index, as a config variable:",
                exact=("PIP_INDEX_URL=https://user:token@index.example/simple",),
            ),
        ),
        _PROXY: (
            "The user name or password for the proxy is missing or wrong",
            Step(
                text="Put them into the URL of the proxy, as a config variable:",
                exact=("HTTPS_PROXY=http://user:password@proxy.example:8080",),
            ),
        ),
    }.get(
        error.status,
        (
            "The server denies access",
            Step(
                text=f"Check what {_user_of(binding)} may read, and whether a proxy blocks the URL."
            ),
        ),
    )
    secret = "password" if error.status == _PROXY else "token or password"
    place = (
        f", and put it into {_secret_entry(binding)}" if binding and binding.credentials else ""
    )
    return Message(
        title=f"Access to packages is denied (status {error.status})",
        found=f"A request to {error.index} was rejected. {meaning}.{_given_by(binding)}",
        steps=(
            step,
            Step(text=f"Or, if the {secret} has expired, create a new one{place}."),
        ),
    )


_PROXY = 407
"""The status with which a proxy asks for a password."""


def _given_by(binding: IndexBinding | None) -> str:
    """Return the sentence that names the binding of an index, with a space before it."""
    if binding is None:
        return ""
    credentials = "the credentials" if binding.credentials else "no credentials"
    given = f"the URL and {credentials}" if binding.address else credentials
    return (
        f" The service binding {printable(binding.name)} of the type {binding.type} gives "
        f"{given} for this index."
    )


def _credentials_of(binding: IndexBinding) -> Step:
    name = printable(binding.name)
    if binding.credentials:
        return Step(text=f"Correct {_entries(binding)} of the service binding {name}.")
    return Step(text=f"Add the entries username and password to the service binding {name}.")


def _user_of(binding: IndexBinding | None) -> str:
    if binding is None or not binding.credentials:
        return "the user"
    name = printable(binding.name)
    return f"the user in {_entries(binding)} of the service binding {name}"


def _secret_entry(binding: IndexBinding) -> str:
    *_, last = binding.credentials  # the password follows the user name
    return f"the entry {last}"


def _entries(binding: IndexBinding) -> str:
    entries = " and ".join(binding.credentials)
    return f"the entries {entries}" if len(binding.credentials) > 1 else f"the entry {entries}"
