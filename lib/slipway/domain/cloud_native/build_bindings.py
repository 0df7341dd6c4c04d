"""Service bindings that a build uses: for package indexes, git and certificates.

https://servicebinding.io/spec/core/1.1.0/#workload-projection
"""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from slipway.domain.addresses import check_addresses
from slipway.domain.ini_text import read_ini
from slipway.errors.addresses import AddressUnusable
from slipway.errors.bindings import BindingInvalid, BindingsContradict, IndexBinding

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
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_STORED = re.compile(r"https?://[^\s/@]+@[^\s@]+")
_ATTRIBUTE = re.compile(r"(?P<name>[a-z_]+(?:\[\])?)=(?P<value>.*)")

_OTHER_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    INDEX: {
        "url": ("uri", "host", "index", "indexurl", "address"),
        "extra-url": ("extraurls", "extraindexurl"),
        "username": ("user", "login", "usr"),
        "password": ("pass", "passwd", "pwd", "token", "secret", "apikey"),
        "pip.conf": ("pipini", "config", "pipconfig"),
    },
    GIT: {"credentials": ("token", "password", "gitcredentials"), "context": ("url", "host")},
}
"""Names of entries in other tools, in lower case and without punctuation."""
_CERTIFICATE_NAMES = ("ca", "cabundle", "cacertificates", "cert", "certificate", "certificates")

EXPECTED: Mapping[str, str] = {
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
    written_type: str = ""
    """The type as the binding has it, such as `pip`."""
    entries: Mapping[str, Path]
    """The files of the binding by key, without `type` and `provider`."""

    def invalid(self, key: str, reason: str) -> BindingInvalid:
        expected = EXPECTED_CERTIFICATE if self.type == CERTIFICATES else EXPECTED[key]
        return BindingInvalid(binding=self.name, key=key, reason=reason, expected=expected)


def binding_root(variables: Mapping[str, str], platform_dir: Path) -> Path:
    """Return the folder of the bindings: the same as for Paketo's buildpacks."""
    for name in ("SERVICE_BINDING_ROOT", "CNB_BINDINGS"):
        if variables.get(name):
            return Path(variables[name])
    return platform_dir / "bindings"


def type_for_builds(text: str) -> str | None:
    """Return INDEX, GIT or CERTIFICATES for the text of a type; None for any other type."""
    return _TYPES.get(text.strip().lower())


def similar_type(text: str) -> str | None:
    """Return the type that was probably meant; None if a type is not similar to any."""
    from difflib import get_close_matches  # few bindings need it

    return next(iter(get_close_matches(text.strip().lower(), _TYPES, n=1, cutoff=0.75)), None)


def misnamed_entries(binding: ServiceBinding) -> Iterator[tuple[str, str]]:
    """Yield each entry that is not read but probably should be, and what to do about it.

    An entry is only suspicious if the one that it resembles is missing.
    """
    from difflib import get_close_matches

    others = _OTHER_NAMES.get(binding.type, {})  # a certificate may have any name
    missing = {
        _plain(key): key for key in KEYS.get(binding.type, ()) if key not in binding.entries
    }
    meant = {name: key for key in missing.values() for name in others.get(key, ())}
    for entry in sorted(binding.entries):
        name = _plain(entry)
        if not others or entry in KEYS[binding.type]:
            continue
        is_certificate = entry.lower().endswith((".crt", ".pem")) or name in _CERTIFICATE_NAMES
        similar = get_close_matches(name, missing, n=1, cutoff=0.75)
        key = missing.get(similar[0]) if similar else meant.get(name)
        if key:
            yield entry, f"rename it to {key}"
        elif is_certificate and binding.type == INDEX:
            yield entry, f"put it into a binding of the type {CERTIFICATES}"


def _plain(key: str) -> str:
    """Return a key in lower case and without punctuation, for comparison."""
    return "".join(filter(str.isalnum, key.lower()))


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


IndexTexts = Sequence[tuple[ServiceBinding, Mapping[str, str]]]
"""The bindings of the type INDEX, each with the texts of its entries."""


def binding_of_index(
    index: str, bindings: IndexTexts, variables: Mapping[str, str]
) -> IndexBinding | None:
    """Return the binding that the address or the credentials of an index came from, if any.

    `index` is an address, perhaps of a file, or only a host, as in an error.
    """
    of_variable = [variables.get("PIP_INDEX_URL", "")]
    for binding, texts in bindings:
        found = (key for key in _ADDRESSES if _is_at(index, _addresses(texts, key)))
        address = next(found, None)
        has_user = address and any("@" in one for one in _addresses(texts, address))
        own = {"url", "extra-url"} & texts.keys()
        credentials: tuple[str, ...] = ()
        if address != "pip.conf" and (address or (not own and _is_at(index, of_variable))):
            credentials = tuple(key for key in ("username", "password") if texts.get(key))
        if not credentials and address and has_user:
            credentials = (address,)
        machines = _NETRC_MACHINE.findall(texts.get("netrc", ""))
        if not credentials and _is_at(index, [f"//{machine}" for machine in machines]):
            credentials = ("netrc",)
        if address or credentials:
            type_ = binding.written_type or binding.type
            return IndexBinding(binding.name, type_, address, credentials)
    return None


_ADDRESSES = ("url", "extra-url", "pip.conf")
_NETRC_MACHINE = re.compile(r"(?:^|\s)machine\s+(\S+)")


def _addresses(texts: Mapping[str, str], key: str) -> list[str]:
    return re.findall(r"https?://[^\s\"']+", texts.get(key, ""))


def _is_at(index: str, addresses: Iterable[str]) -> bool:
    """Tell whether an index is on the host of an address; one without a port fits any port."""
    host, port = _host_and_port(index if "://" in index else f"//{index}")
    others = map(_host_and_port, addresses)
    return any(
        host and other == (host, other[1]) and (not port or other[1] in ("", port))
        for other in others
    )


def _host_and_port(address: str) -> tuple[str, str]:
    """Return the host and the port of an address; each is empty if it has none."""
    try:
        parts = urlsplit(address)
        return parts.hostname or "", str(parts.port or "")
    except ValueError:
        return "", ""


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
    try:
        check_addresses(text, key)
    except AddressUnusable as error:
        codes = ", ".join(f"`{one}` as `{code}`" for one, code in error.encoded)
        advice = f". In the user name and password, write {codes}" if codes else ""
        reason = f"is an address that cannot be used as it is written{advice}"
        raise binding.invalid(key, reason) from None
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}")) if user else text


def _refuse_broken_configuration(binding: ServiceBinding, text: str) -> None:
    try:
        read_ini(configparser.RawConfigParser(), text)
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
    inner = (part.partition(_END) for part in text.split(_BEGIN)[1:])
    return [
        f"{_BEGIN}{content}{end}\n"
        for content, end, _ in inner
        if end and content[:1].isspace() and "-----" not in content
    ]


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
