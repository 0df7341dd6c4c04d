"""Finds certificates and keys in a binding: as texts, as texts in Base64, or as paths."""

from __future__ import annotations

import binascii
import os
import re

from bound_services.binding import shown
from bound_services.service import Service

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
    credentials = service.binding.credentials
    if not any(credentials.get(key) for key in CLIENT_KEY):
        return "", ""
    certificate = file_of(service, CLIENT_CERTIFICATE, "CERTIFICATE")
    key = file_of(service, CLIENT_KEY, "PRIVATE KEY")
    return (certificate, key) if certificate and key else ("", "")


def file_of(service: Service, keys: tuple[str, ...], content: str) -> str:
    """Return the path of a file with the first of these credentials that can be used.

    `content` is how the first line of the file must end, `CERTIFICATE` or `PRIVATE KEY`. Other
    values, such as the path of a file of the broker's own machine, are left out with a warning.
    Raises Incomplete if a file cannot be written.
    """
    credentials, unreadable = service.binding.credentials, service.binding.unreadable
    problems = {key: unreadable[key] for key in keys if key in unreadable}
    for key in keys:
        value = credentials.get(key, "").strip()
        if value.startswith("/") and os.path.isfile(value):
            return value
        text = pem(value)
        if f"{content}-----" in text:
            return service.files.write(".pem", text)
        if value:
            problems[key] = f"has neither a {content.lower()} nor the path of a file"
    for key, problem in problems.items():
        service.warnings.append(
            f"The entry {shown(key)} of the binding {shown(service.binding.name)} is left out, "
            f"because it {problem}."
        )
    return ""


def pem(value: str) -> str:
    r"""Return the certificates or keys in a value, with real line breaks; empty if it has none.

    Line breaks may be written as `\n`, or be spaces, and all of it may be in Base64.
    """
    if "-----BEGIN" not in value:
        try:
            value = binascii.a2b_base64(value).decode("ascii")
        except ValueError:
            return ""
    value = value.replace("\\r", "").replace("\\n", "\n").replace("\r", "")
    return "".join(
        f"-----BEGIN {label}-----\n{_lines(body)}\n-----END {label}-----\n"
        for label, body in re.findall(_PEM, value)
    )


def _lines(body: str) -> str:
    if ":" in body:
        # An encrypted key has headers, which are lines of their own.
        return body.strip("\n")
    characters = "".join(body.split())
    return "\n".join(characters[start : start + 64] for start in range(0, len(characters), 64))
