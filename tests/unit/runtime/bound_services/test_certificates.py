"""Certificates are found in any form that brokers write, and become private files."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import pytest
from bound_services.binding import Incomplete, new_binding
from bound_services.certificates import ca_file, client_files
from bound_services.kinds import DATABASE
from bound_services.private_files import PrivateFiles
from bound_services.private_text import read_text
from bound_services.service import Service

CA = f"-----BEGIN CERTIFICATE-----\nMIIB{'A' * 60}\nAAAA\n-----END CERTIFICATE-----\n"
CERTIFICATE = CA.replace("MIIB", "MIIC")
KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"


def service(folder: Path, unreadable: str = "", **credentials: str) -> Service:
    problems = {unreadable: "is larger than 64 KiB"} if unreadable else {}
    binding = new_binding("test", "shop", "mysql", credentials, unreadable=problems)
    return Service(binding, DATABASE, "mysql", PrivateFiles(str(folder)), [], {})


def text(path: str) -> str:
    return Path(path).read_text("utf-8")


@pytest.mark.parametrize(
    "written",
    [
        CA,
        f" \n{CA}\n\n",
        CA.replace("\n", r"\n"),
        CA.replace("\n", r"\r\n"),
        CA.replace("\n", "\r\n"),
        CA.replace("\n", " "),
        f"Subject: CN=CA\n{CA}",
        base64.b64encode(CA.encode()).decode(),
        base64.encodebytes(CA.encode()).decode(),
    ],
    ids=ascii,
)
def test_a_certificate_may_be_written_in_many_ways(written: str, tmp_path: Path) -> None:
    path = ca_file(service(tmp_path, ca=written))
    assert text(path) == CA
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(CA, "utf-8")
    assert ca_file(service(tmp_path, ca=str(path))) == str(path)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    "key",
    [
        "sslrootcert",
        "ssl-ca",
        "ssl.ca",
        "CaCert",
        "ca_certificate",
        "ca_certificate_base64",
        "ca.crt",
        "tls.cert.ca",
        "cacrt",
        "connection.postgres.certificate.certificate_base64",
        "connection.rediss.certificate.certificate_base64",
    ],
)
def test_brokers_have_many_names_for_it(key: str, tmp_path: Path) -> None:
    assert text(ca_file(service(tmp_path, **{key: CA}))) == CA


def test_several_certificates_stay_together(tmp_path: Path) -> None:
    both = CA + CERTIFICATE
    assert text(ca_file(service(tmp_path, cacert=both.replace("\n", r"\n")))) == both


@pytest.mark.parametrize(
    "names", [("ClientCert", "ClientKey"), ("sslcert", "sslkey"), ("tls.crt", "tls.key")]
)
def test_the_apps_own_certificate_has_a_key(names: tuple[str, str], tmp_path: Path) -> None:
    given = dict(zip(names, (CERTIFICATE, KEY), strict=True))
    assert [*map(text, client_files(service(tmp_path, **given)))] == [CERTIFICATE, KEY]


def test_a_certificate_without_a_key_is_not_the_apps_own(tmp_path: Path) -> None:
    assert client_files(service(tmp_path, sslcert=CERTIFICATE)) == ("", "")


def test_an_encrypted_key_keeps_its_headers(tmp_path: Path) -> None:
    key = KEY.replace("MIIE", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,7C\n\nMIIE")
    given = service(tmp_path, sslcert=CERTIFICATE, sslkey=key.replace("\n", r"\n"))
    assert text(client_files(given)[1]) == key


@pytest.mark.parametrize(
    "value",
    [
        "s3cret-text",
        "czNjcmV0",
        "-----BEGIN CERTIFICATE-----\nMIIB",
        KEY,
        base64.b64encode(b"\x30\x03\x01\x01\x00").decode(),
    ],
    ids=ascii,
)
def test_nothing_is_set_with_a_value_that_is_not_a_certificate(
    value: str, tmp_path: Path
) -> None:
    with pytest.raises(Incomplete) as caught:
        ca_file(service(tmp_path, ca_cert=value))
    assert str(caught.value) == (
        "has the entry 'ca_cert', which has neither a certificate in the PEM format nor the "
        "path of a file"
    )


@pytest.mark.parametrize("value", ["false", "0", "", " "])
def test_an_entry_that_is_off_is_not_a_certificate(value: str, tmp_path: Path) -> None:
    assert ca_file(service(tmp_path, ssl_ca=value)) == ""


@pytest.mark.parametrize("path", ["/no/such/file", "rds-ca-2019.pem"])
def test_the_path_of_a_file_on_another_machine_is_left_out(path: str, tmp_path: Path) -> None:
    given = service(tmp_path, SSL_CA=path)
    assert ca_file(given) == ""
    assert given.warnings == [
        (
            "The entry 'SSL_CA' of the binding 'shop' is left out, because it names a file "
            "that does not exist."
        )
    ]


def test_nothing_is_set_without_an_unreadable_certificate(tmp_path: Path) -> None:
    with pytest.raises(Incomplete) as caught:
        ca_file(service(tmp_path, unreadable="ca.crt"))
    assert str(caught.value) == "has the entry 'ca.crt', which is larger than 64 KiB"


@pytest.mark.parametrize("unreadable", ["sslcert", "sslKey"])
def test_nothing_is_set_without_half_of_a_pair(unreadable: str, tmp_path: Path) -> None:
    pair = {"sslcert": CERTIFICATE, "sslKey": KEY}
    del pair[unreadable]
    with pytest.raises(Incomplete) as caught:
        client_files(service(tmp_path, unreadable=unreadable, **pair))
    assert str(caught.value) == f"has the entry {unreadable!r}, which is larger than 64 KiB"


def test_a_certificate_without_its_first_line_is_completed(tmp_path: Path) -> None:
    data = b"\x30\x82\x01\x00\x30" + bytes(range(80))
    for encode in (base64.b64encode, base64.encodebytes):
        written = ca_file(service(tmp_path, ca=encode(data).decode()))
        assert ssl.PEM_cert_to_DER_cert(text(written)) == data


def test_a_certificate_may_be_a_file_in_the_der_format(tmp_path: Path) -> None:
    data = b"\x30\x82\x01\x00\x30" + bytes(range(250))
    (tmp_path / "ca.crt").write_bytes(data)
    written = ca_file(service(tmp_path, ca=read_text(str(tmp_path / "ca.crt"), 1000)))
    assert ssl.PEM_cert_to_DER_cert(text(written)) == data


def test_a_usable_certificate_needs_no_warning_of_others(tmp_path: Path) -> None:
    given = service(tmp_path, unreadable="ca.crt", sslrootcert="/no/such/file", ca=CA)
    assert text(ca_file(given)) == CA
    assert not given.warnings
