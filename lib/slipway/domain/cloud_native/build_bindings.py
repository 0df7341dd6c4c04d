"""Service bindings that a build uses: for package indexes, git and certificates.

https://servicebinding.io/spec/core/1.1.0/#workload-projection
"""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from slipway.errors.bindings import BindingInvalid, BindingsContradict

INDEX, GIT, CERTIFICATES = "pypi", "git-credentials", "ca-certificates"
_TYPES = {"pypi": INDEX, "pip": INDEX, GIT: GIT, CERTIFICATES: CERTIFICATES}

KEYS: Mapping[str, tuple[str, ...]] = {
    INDEX: ("url", "extra-url", "username", "password", "pip.conf", "netrc"),
    GIT: ("credentials", "context"),
}
"""The entries that Slipway reads. All entries of a certificates binding are read."""

_ONLY_ONE = {
    "url": "rename it to extra-url in the other",
    "pip.conf": "move the lines of the other one into it",
    "netrc": "move the lines of the other one into it",
}
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\s.*?-----END CERTIFICATE-----", re.DOTALL
)
_STORED = re.compile(r"https?://[^\s/@]+@[^\s@]+")
_ATTRIBUTE = re.compile(r"(?P<name>[a-z_]+(?:\[\])?)=(?P<value>.*)")

EXPECTED: Mapping[str, str] = {
    "type": "pypi, git-credentials or ca-certificates",
    "url": "the URL of a package index, such as https://index.example/simple",
    "extra-url": "URLs of package indexes, separated by spaces",
    "username": "the user name for the index, such as __token__",
    "password": "the password or token for the index, on one line",
    "pip.conf": "a pip configuration file: `[global]` and lines such as `name = value`",
    "netrc": "a netrc file, such as `machine index.example login name password secret`",
    "credentials": "lines for git-credential-store, such as https://name:password@host",
    "context": "the URL that the credentials are for, such as https://git.example",
}
EXPECTED_CERTIFICATE = "PEM certificates, which start with `-----BEGIN CERTIFICATE-----`"


@dataclass(frozen=True, kw_only=True)
class ServiceBinding:
    name: str
    type: str
    """INDEX, GIT or CERTIFICATES."""
    entries: Mapping[str, Path]
    """The files of the binding by key, without `type` and `provider`."""

    def invalid(self, key: str, reason: str) -> BindingInvalid:
        expected = EXPECTED_CERTIFICATE if self.type == CERTIFICATES else EXPECTED[key]
        return BindingInvalid(binding=self.name, key=key, reason=reason, expected=expected)


def binding_root(variables: Mapping[str, str], platform_dir: Path) -> Path:
    """Return the folder of the bindings, from the same places as Paketo's buildpacks."""
    named = variables.get("SERVICE_BINDING_ROOT") or variables.get("CNB_BINDINGS")
    return Path(named) if named else platform_dir / "bindings"


def type_for_builds(text: str) -> str | None:
    """Return INDEX, GIT or CERTIFICATES for the text of a type; None for any other type."""
    return _TYPES.get(text.strip().lower())


def refuse_contradictions(bindings: Iterable[ServiceBinding]) -> None:
    """Raise BindingsContradict if two bindings have an entry that only one of them can have."""
    given: dict[str, str] = {}
    for binding in bindings:
        for key in _ONLY_ONE.keys() & binding.entries.keys() if binding.type == INDEX else ():
            other = given.setdefault(key, binding.name)
            if other != binding.name:
                raise BindingsContradict(
                    bindings=(other, binding.name), key=key, instead=_ONLY_ONE[key]
                )


def variables_of_index(
    binding: ServiceBinding, texts: Mapping[str, str], variables: Mapping[str, str]
) -> dict[str, str]:
    """Return variables for pip, with the credentials quoted and inserted into the addresses.

    If a binding has credentials but no address, they are for the index in PIP_INDEX_URL.

    Raises BindingInvalid.
    """
    if not texts:
        raise binding.invalid("url", "is missing, and so are extra-url, pip.conf and netrc")
    user = _user(binding, texts)
    url, extra = texts.get("url"), texts.get("extra-url", "").split()
    if user and url is None and not extra:
        url = variables.get("PIP_INDEX_URL")
        if not url:
            raise binding.invalid(
                "url",
                "is missing, and PIP_INDEX_URL does not name an index for the credentials",
            )
    given = {}
    if url is not None:
        given["PIP_INDEX_URL"] = _address(binding, "url", url, user)
    if extra:
        addresses = [_address(binding, "extra-url", address, user) for address in extra]
        already_set = variables.get("PIP_EXTRA_INDEX_URL", "").split()
        given["PIP_EXTRA_INDEX_URL"] = " ".join([*already_set, *addresses])
    if "pip.conf" in texts:
        _refuse_broken_configuration(binding, texts["pip.conf"])
        given["PIP_CONFIG_FILE"] = str(binding.entries["pip.conf"])
    if "netrc" in texts:
        given["NETRC"] = str(binding.entries["netrc"])
    return given


def _user(binding: ServiceBinding, texts: Mapping[str, str]) -> str:
    """Return the part of an address before the @; empty if there are no credentials."""
    for key in ("username", "password"):
        if not texts.get(key, "").isprintable():
            raise binding.invalid(key, "contains a newline or another unprintable character")
    username, password = texts.get("username", ""), texts.get("password", "")
    if password and not username:
        raise binding.invalid("username", "is missing, although there is a password")
    return ":".join(quote(part, safe="") for part in (username, password) if part)


def _address(binding: ServiceBinding, key: str, text: str, user: str) -> str:
    """Check an address and insert the credentials."""
    if not text.isprintable() or " " in text:
        raise binding.invalid(
            key, "contains a space, a newline or another unprintable character"
        )
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise binding.invalid(key, "is not a URL that begins with https:// or http://")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}")) if user else text


def _refuse_broken_configuration(binding: ServiceBinding, text: str) -> None:
    try:
        configparser.RawConfigParser().read_string(text)
    except configparser.Error:
        raise binding.invalid("pip.conf", "is not a valid configuration file") from None


def git_variables(
    binding: ServiceBinding, texts: Mapping[str, str], variables: Mapping[str, str]
) -> dict[str, str]:
    """Return variables that make git read credentials from the binding and never write to it.

    git tells its helpers to store credentials that worked and to erase those that did not, but
    a build must not change a binding.
    https://git-scm.com/docs/gitcredentials#_custom_helpers

    Raises BindingInvalid.
    """
    lines = [line.strip() for line in texts.get("credentials", "").splitlines() if line.strip()]
    if not lines:
        raise binding.invalid("credentials", "is missing or empty")
    file = shlex.quote(str(binding.entries["credentials"]))
    context = texts.get("context", "").strip()
    if all(map(_STORED.fullmatch, lines)):
        reading = f"git credential-store --file={file} get"
    elif all(map(_ATTRIBUTE.fullmatch, lines)):
        reading = f"grep -e ^username= -e ^password= {file}"
        context = context or _context_in(binding, lines)
    else:
        raise binding.invalid("credentials", "has a line that is not a credential")
    if context:
        _address(binding, "context", context, "")
    key = f"credential.{context}.helper" if context else "credential.helper"
    count = variables.get("GIT_CONFIG_COUNT", "")
    number = int(count) if count.isdecimal() else 0
    return {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": key,
        f"GIT_CONFIG_VALUE_{number}": f'!f() {{ test "$1" != get || {reading}; }}; f',
    }


def _context_in(binding: ServiceBinding, lines: Iterable[str]) -> str:
    """Return the address of the host in the attributes: no other host may get the password.

    https://git-scm.com/docs/git-credential#IOFMT
    """
    given = dict(line.split("=", 1) for line in lines)
    url = given.get("url") or f"{given.get('protocol', 'https')}://{given.get('host', '')}"
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname:
        raise binding.invalid(
            "context", "is missing, and the entry credentials does not name a host either"
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def certificates_in(text: str) -> list[str]:
    """Return the certificates in a PEM file, but nothing else in it, such as a private key."""
    return [f"{found}\n" for found in _CERTIFICATE.findall(text)]


_NAMED_BUNDLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
_BUNDLE_VARIABLES = (*_NAMED_BUNDLES, "GIT_SSL_CAINFO")


def bundles(variables: Mapping[str, str]) -> list[Path]:
    """Return the files that may contain the certificates that are trusted already."""
    named = [variables[name] for name in _NAMED_BUNDLES if variables.get(name)]
    return [Path(path) for path in (*named, *_SYSTEM_BUNDLES)]


def certificate_variables(bundle: Path) -> dict[str, str]:
    """Return variables that make pip, requests, curl, git and Python trust a bundle."""
    return dict.fromkeys(_BUNDLE_VARIABLES, str(bundle))
