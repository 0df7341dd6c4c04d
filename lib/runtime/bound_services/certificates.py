"""Finds certificates and keys in a binding: as texts, as texts in Base64, or as paths."""

from __future__ import annotations

import binascii
import os
import re

from bound_services.address import addresses_in, is_on, scheme_of
from bound_services.binding import Incomplete, shown
from bound_services.service import ENCRYPTED, Service

CA = (
    "sslrootcert",
    "sslca",
    "ssl.ca",
    "cacert",
    "cacertificate",
    "cacrt",
    "ca",
    "ca.crt",
    "ca.pem",
    "cabundle",
    "cacertificatebase64",
    "rootcert",
    "rootcertificate",
    "servercacert",
    "serverca",
    "servicecacert",
    "tlsca",
    "tls.ca",
    "tls.cert.ca",
    "certificateauthority",
)
"""The certificate of who signed the server's one, by the names of brokers (as `plain_key`)."""
CLIENT_CERTIFICATE = ("sslcert", "clientcert", "clientcertificate", "clientcrt", "tls.crt")
CLIENT_KEY = ("sslkey", "clientkey", "clientprivatekey", "tls.key")
# IBM: https://cloud.ibm.com/docs/databases-for-postgresql?topic=databases-for-postgresql-connection-strings
_OF_A_CONNECTION = r"connection\.[^.]+\.certificate\.certificatebase64"
_DER_CERTIFICATE = re.compile(rb"\x30\x82..\x30", re.DOTALL)
"""A sequence that starts with a sequence; a private key starts with its version."""
_PATH = re.compile(r"/[\w./ -]{1,1000}|[\w.-]{1,200}\.(?:pem|crt|cer|key)")
_PEM = r"-----BEGIN ([A-Z0-9 ]+)-----((?:[^-]|-(?!----))*)-----END \1-----"


def ca_file(service: Service) -> str:
    """Return the path of a file with the CA certificate of a service; empty if it has none.

    Raises Incomplete.
    """
    credentials = service.binding.credentials
    further = sorted(key for key in credentials if re.fullmatch(_OF_A_CONNECTION, key))
    return file_of(service, (*CA, *further), "CERTIFICATE")


def client_files(service: Service) -> tuple[str, str]:
    """Return the paths of files with the app's own certificate, and with its key.

    Both are empty if the binding does not have both: some brokers have a certificate of the
    server in the entry for the client's one. Raises Incomplete.
    """
    if not _has_any(service, CLIENT_KEY):
        return "", ""
    certificate = file_of(service, CLIENT_CERTIFICATE, "CERTIFICATE")
    key = file_of(service, CLIENT_KEY, "PRIVATE KEY")
    return (certificate, key) if certificate and key else ("", "")


def imply_encryption(service: Service) -> bool:
    """Tell whether a binding has certificates, and nothing else that turns encryption off."""
    addresses = addresses_in(service.binding)
    if any(scheme_of(address) in service.kind.schemes for address in addresses):
        return False
    said = [service.binding.credentials.get(key, "").strip() for key in ENCRYPTED]
    is_off = any(text and not is_on(text) for text in said)
    return not is_off and _has_any(service, (*CA, *CLIENT_CERTIFICATE, *CLIENT_KEY))


def _has_any(service: Service, keys: tuple[str, ...]) -> bool:
    credentials, unreadable = service.binding.credentials, service.binding.unreadable
    return any(is_on(credentials.get(key, "")) or key in unreadable for key in keys)


def file_of(service: Service, keys: tuple[str, ...], content: str) -> str:
    """Return the path of a file with the first of these credentials that can be used.

    `content` is how the first line of the file must end, `CERTIFICATE` or `PRIVATE KEY`. The
    path of a file that does not exist, which may be on the broker's own machine, is left out
    with a warning.

    Raises Incomplete if there are only others, because without them a connection would be less
    secure than the binding wants.
    """
    binding = service.binding
    unusable = {key: binding.unreadable[key] for key in keys if key in binding.unreadable}
    missing: list[str] = []
    for key in keys:
        value = binding.credentials.get(key, "").strip()
        if not is_on(value):
            continue
        if value.startswith("/") and os.path.isfile(value):
            return value
        text = pem(value)
        if f"{content}-----" in text:
            return service.files.write(".pem", text)
        if _PATH.fullmatch(value):
            missing.append(key)
        else:
            unusable[key] = (
                f"has neither a {content.lower()} in the PEM format nor the path of a file"
            )
    if unusable:
        key, problem = next(iter(unusable.items()))
        raise Incomplete(f"has the entry {shown(binding.own_key(key))}, which {problem}")
    for key in missing:
        service.warnings.append(
            f"The entry {shown(binding.own_key(key))} of the binding {shown(binding.name)} is "
            "left out, because it names a file that does not exist."
        )
    return ""


def pem(value: str) -> str:
    r"""Return the certificates or keys in a value, with real line breaks; empty if it has none.

    Line breaks may be written as `\n`, or be spaces, and all of it may be in Base64. So may a
    certificate in the DER format, which is a PEM file without its first and last line.
    """
    if "-----BEGIN" not in value:
        try:
            data = binascii.a2b_base64(value)
            is_der = _DER_CERTIFICATE.match(data)
            value = data.decode("ascii") if not is_der else _framed("CERTIFICATE", value)
        except ValueError:
            return ""
    value = value.replace("\\r", "").replace("\\n", "\n").replace("\r", "")
    return "".join(_framed(label, _lines(body)) for label, body in re.findall(_PEM, value))


def _framed(label: str, body: str) -> str:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def _lines(body: str) -> str:
    if ":" in body:
        # An encrypted key has headers, which are lines of their own.
        return body.strip("\n")
    characters = "".join(body.split())
    return "\n".join(characters[start : start + 64] for start in range(0, len(characters), 64))
