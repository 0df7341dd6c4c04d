"""Apps send mail through a real server of which Slipway makes the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.mail_server import MailServer, mail_server
from integration.packages import write_tree
from integration.service_servers import Certificates, certificates
from integration.serving import Dyno

PASSWORD = "p@ss:/?#[]%41&+ \"'\\"  # noqa: S105 - of servers that only run during the tests
REQUIREMENTS = """
dj-email-url>=1,<2
Django>=5.2,<5.3
django-environ>=0.12,<1
"""
# As Django's and the libraries' documentation write the settings.
SEND = """
import os
import ssl

import dj_email_url
import environ
from django.conf import settings
from django.core.mail import send_mail
from django.core.mail.backends.smtp import EmailBackend
from django.test.utils import override_settings
from django.utils.functional import cached_property


class OfPrivateCA(EmailBackend):
    @cached_property
    def ssl_context(self):
        return ssl.create_default_context(cafile=os.environ["EMAIL_CA_FILE"])


email_config = dj_email_url.config()
names = ["BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL"]
ways = {
    "dj-email-url": {f"EMAIL_{name}": email_config[f"EMAIL_{name}"] for name in names},
    "django-environ": environ.Env().email_url(),
    "variables": {
        "EMAIL_HOST": os.environ["EMAIL_HOST"],
        "EMAIL_PORT": os.environ["EMAIL_PORT"],
        "EMAIL_HOST_USER": os.environ["EMAIL_HOST_USER"],
        "EMAIL_HOST_PASSWORD": os.environ["EMAIL_HOST_PASSWORD"],
        "EMAIL_USE_TLS": os.environ.get("EMAIL_USE_TLS"),
        "EMAIL_USE_SSL": os.environ.get("EMAIL_USE_SSL") == "True",
    },
}
settings.configure()
for way, found in ways.items():
    if "EMAIL_CA_FILE" in os.environ:
        found["EMAIL_BACKEND"] = "__main__.OfPrivateCA"
    with override_settings(**found):
        send_mail(way, "Moored.", os.environ["DEFAULT_FROM_EMAIL"], ["pilot@example.com"])
"""


@pytest.fixture(scope="module")
def app(slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built app, moved to where it runs."""
    folder = tmp_path_factory.mktemp("mail")
    platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
    files = {"requirements.txt": REQUIREMENTS, "send.py": SEND, "Procfile": "web: sleep 1\n"}
    build = write_tree(folder / "build", files)
    platform.build(build)
    return platform.move(build)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


def dyno_of(app: Path, credentials: Mapping[str, object], **more: str) -> Dyno:
    bound = [{"name": "mail", "label": "user-provided", "credentials": credentials}]
    return Dyno(app=app, env={"VCAP_SERVICES": json.dumps({"user-provided": bound}), **more})


def credentials_of(server: MailServer, **more: object) -> dict[str, object]:
    return {
        "smtp_host": "localhost",
        "smtp_port": server.port,
        "smtp_username": server.user,
        "smtp_password": server.password,
        "from": "harbour@example.com",
        **more,
    }


def assert_mail_is_sent(dyno: Dyno, server: MailServer) -> None:
    sent = dyno.run("python send.py")
    assert (sent.status, sent.out, sent.err) == (0, "", ""), sent.all
    found = [(mail.message["Subject"], mail.user, mail.sender) for mail in server.received]
    assert found == [
        (way, "harbour", "harbour@example.com")
        for way in ("dj-email-url", "django-environ", "variables")
    ]


def test_mail_is_sent_after_starttls(app: Path, files: Certificates) -> None:
    with mail_server(password=PASSWORD, tls=files) as server:
        dyno = dyno_of(app, credentials_of(server, ca_cert=files.ca.read_text("utf-8")))
        assert_mail_is_sent(dyno, server)


def test_mail_is_sent_in_tls(app: Path, files: Certificates) -> None:
    with mail_server(password=PASSWORD, tls=files, starts_encrypted=True) as server:
        # A user may also trust the CA for all connections.
        dyno = dyno_of(app, credentials_of(server, ssl=True), SSL_CERT_FILE=str(files.ca))
        assert_mail_is_sent(dyno, server)


def test_mail_is_sent_without_encryption_if_the_binding_says_so(app: Path) -> None:
    with mail_server(password=PASSWORD) as server:
        dyno = dyno_of(app, credentials_of(server, tls=False))
        assert_mail_is_sent(dyno, server)


def test_no_mail_is_sent_to_a_server_of_an_unknown_ca(app: Path, files: Certificates) -> None:
    with mail_server(password=PASSWORD, tls=files) as server:
        sent = dyno_of(app, credentials_of(server)).run("python send.py")
        assert sent.status != 0
        assert "CERTIFICATE_VERIFY_FAILED" in sent.err
        assert not server.received
