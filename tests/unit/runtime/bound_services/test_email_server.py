"""The credentials of a mail server become settings that encrypt what they should."""

from __future__ import annotations

import string
from pathlib import Path

import dj_email_url
import environ
import pytest
from bound_services.binding import Incomplete, new_binding
from bound_services.email_server import variables
from bound_services.kinds import EMAIL
from bound_services.private_files import PrivateFiles
from bound_services.service import Service

STARTTLS, TLS, NONE = "EMAIL_USE_TLS", "EMAIL_USE_SSL", ""
LOGIN = {"username": "u", "password": "p"}


def exported(entries: dict[str, str], type_: str = "smtp", folder: str = "") -> dict[str, str]:
    binding = new_binding("test", "mail", type_, entries)
    return variables(Service(binding, EMAIL, "smtp", PrivateFiles(folder), [], {}))


def problem(entries: dict[str, str], type_: str = "smtp") -> str:
    with pytest.raises(Incomplete) as caught:
        exported(entries, type_)
    return str(caught.value)


@pytest.mark.parametrize(
    ("entries", "way", "port"),
    [
        ({}, NONE, "25"),
        (LOGIN, STARTTLS, "587"),
        ({"port": "587"}, STARTTLS, "587"),
        ({"port": "465"}, TLS, "465"),
        ({**LOGIN, "port": "25"}, STARTTLS, "25"),
        ({**LOGIN, "port": "1025", "tls": "false"}, NONE, "1025"),
        ({**LOGIN, "encryption": "none"}, NONE, "25"),
        ({**LOGIN, "encryption": "ssl"}, TLS, "465"),
        ({**LOGIN, "encryption": "SSL/TLS"}, TLS, "465"),
        ({**LOGIN, "encryption": "tls"}, STARTTLS, "587"),
        ({**LOGIN, "encryption": "tls", "port": "465"}, TLS, "465"),
        ({**LOGIN, "ssl": "true"}, TLS, "465"),
        ({**LOGIN, "ssl": "true", "port": "587"}, STARTTLS, "587"),
        ({**LOGIN, "ssl": "true", "port": "10465"}, TLS, "10465"),
        ({**LOGIN, "ssl": "false", "tls": "true"}, STARTTLS, "587"),
        ({**LOGIN, "ssl": "true", "starttls": "true"}, STARTTLS, "587"),
        ({**LOGIN, "tls": "true", "port": "465"}, TLS, "465"),
        ({**LOGIN, "secure": "false"}, STARTTLS, "587"),
        ({**LOGIN, "SMTP_TLS": "false"}, NONE, "25"),
        ({**LOGIN, "EMAIL_USE_SSL": "True"}, TLS, "465"),
        ({"uri": "smtps://u:p@h"}, TLS, "465"),
        ({"uri": "smtps://u:p@h:587"}, STARTTLS, "587"),
        ({"uri": "smtp+ssl://u:p@h"}, TLS, "465"),
        ({"uri": "smtp+tls://u:p@h:2525"}, STARTTLS, "2525"),
        ({"uri": "submission://u:p@h"}, STARTTLS, "587"),
        ({"uri": "submit://h"}, STARTTLS, "587"),
        ({"uri": "smtp://h"}, NONE, "25"),
        ({"uri": "smtp://u:p@h?ssl=True"}, TLS, "465"),
        ({"uri": "smtp://u:p@h:25?tls=False"}, NONE, "25"),
    ],
    ids=str,
)
def test_a_connection_is_encrypted_as_the_binding_says(
    entries: dict[str, str], way: str, port: str
) -> None:
    found = exported({"host": "h", **entries})
    assert found["EMAIL_PORT"] == port
    assert {name: found[name] for name in (STARTTLS, TLS) if name in found} == (
        {way: "True"} if way else {}
    )
    for read in (dj_email_url.parse, environ.Env.email_url_config):
        settings = read(found["EMAIL_URL"])
        assert settings["EMAIL_PORT"] == int(port)
        assert (bool(settings.get(STARTTLS)), bool(settings.get(TLS))) == (
            way == STARTTLS,
            way == TLS,
        )


@pytest.mark.parametrize(
    "nasty",
    [
        "plain",
        "p@ss:/?#[]%&+ \"'\\",
        "%41%zz%",
        " space ",
        "ä€😀",
        "smtp://u:p@h?a=b#c",
        "".join(filter(str.isprintable, string.printable)),
    ],
)
def test_the_libraries_read_every_login_unchanged(nasty: str) -> None:
    found = exported({"host": "h", "username": nasty.strip(), "password": nasty})
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == (nasty.strip(), nasty)
    for read in (dj_email_url.parse, environ.Env.email_url_config):
        settings = read(found["EMAIL_URL"])
        assert settings["EMAIL_HOST"] == "h"
        assert settings["EMAIL_HOST_USER"] == nasty.strip()
        assert settings["EMAIL_HOST_PASSWORD"] == nasty
        assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    "entries",
    [
        {"host": "h", "user": "u", "password": "p"},
        {"smtp_server": "h", "smtp_login": "u", "smtp_password": "p", "host": "api"},
        {"smtp.host": "h", "smtp.username": "u", "smtp.pass": "p"},
        {"EMAIL_HOST": "h", "EMAIL_HOST_USER": "u", "EMAIL_HOST_PASSWORD": "p"},
        {"MAIL_HOST": "h", "MAIL_USERNAME": "u", "MAIL_PASSWORD": "p"},
        {"server": "h", "username": "u", "password": "p"},
        {"uri": "https://api.example.com", "smtp_url": "smtp://u:p@h"},
        {"uri": "smtp://h", "username": "u", "password": "p"},
    ],
    ids=str,
)
def test_credentials_have_many_names(entries: dict[str, str]) -> None:
    assert exported(entries) == {
        "EMAIL_URL": "smtp://u:p@h:587?tls=True&EMAIL_USE_TLS=True",
        "EMAIL_HOST": "h",
        "EMAIL_PORT": "587",
        "EMAIL_HOST_USER": "u",
        "EMAIL_HOST_PASSWORD": "p",
        "EMAIL_USE_TLS": "True",
    }


@pytest.mark.parametrize(
    ("entries", "type_", "expected"),
    [
        ({"username": "u"}, "smtp", "has no host and no usable uri"),
        ({"host": "h", "username": "u"}, "smtp", "has no password"),
        ({"host": "h", "password": "p"}, "smtp", "has no username"),
        ({"host": "h h"}, "smtp", "has a host that is not valid in an address"),
        ({"host": "h", "port": "x"}, "smtp", "has a port that is not a number up to 65535"),
        ({"uri": "smtp://u:p#w@h"}, "smtp", "has no host and no usable uri"),
        ({}, "sendgrid", "has no host and no usable uri"),
        ({"username": "u"}, "sendgrid", "has no host and no usable uri"),
        ({"apikey": "k"}, "mandrill", "has no username"),
    ],
)
def test_settings_are_whole_or_not_set(
    entries: dict[str, str], type_: str, expected: str
) -> None:
    assert problem(entries, type_) == expected


@pytest.mark.parametrize(
    ("entries", "sender"),
    [
        ({"from": "Harbour <no-reply@example.com>"}, "Harbour <no-reply@example.com>"),
        ({"from_email": "a@example.com"}, "a@example.com"),
        ({"sender": "a@example.com\nBcc: b@example.com"}, None),
        ({"from": ""}, None),
    ],
)
def test_the_sender_is_set_if_it_is_one_line(
    entries: dict[str, str], sender: str | None
) -> None:
    assert exported({"host": "h", **entries}).get("DEFAULT_FROM_EMAIL") == sender


def test_a_ca_certificate_is_written_to_a_file(tmp_path: Path) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nSGFyYm91cg==\n-----END CERTIFICATE-----\n"
    entries = {"host": "h", "ca.crt": certificate}
    path = Path(exported(entries, folder=str(tmp_path))["EMAIL_CA_FILE"])
    assert path.parent == tmp_path
    assert path.read_text("utf-8") == certificate
