"""A real SMTP server for the tests, on the loopback interface."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from integration.service_servers import Certificates
from integration.serving import free_port


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as the server got it, from a user who is logged in."""

    user: str
    sender: str
    recipients: list[str]
    message: Message


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """How to log in to the server, which listens at 127.0.0.1, and what it has received."""

    port: int
    user: str
    password: str
    received: list[Mail] = field(default_factory=list)

    def authenticate(self, *arguments: object) -> AuthResult:
        login = arguments[-1]
        assert isinstance(login, LoginPassword)
        found = (login.login.decode(), login.password.decode())
        is_right = found == (self.user, self.password)
        return AuthResult(success=is_right, handled=False, auth_data=found[0])

    # The name that aiosmtpd calls.
    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        assert isinstance(envelope.content, bytes)
        mail = Mail(
            user=str(session.auth_data),
            sender=envelope.mail_from or "",
            recipients=[*map(str, envelope.rcpt_tos)],
            message=message_from_bytes(envelope.content),
        )
        self.received.append(mail)
        return "250 OK"


@contextmanager
def mail_server(
    *,
    user: str = "harbour",
    password: str = "berth-by-night",  # noqa: S107 - of a server that only runs during the tests
    tls: Certificates | None = None,
    starts_encrypted: bool = False,
) -> Iterator[MailServer]:
    """Serve until the block is left; only users who log in can send.

    With `tls`, they must encrypt the connection: by STARTTLS, or from its start.
    """
    server = MailServer(port=free_port(), user=user, password=password)
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
    is_upgraded = context is not None and not starts_encrypted
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=context if starts_encrypted else None,
        tls_context=context if is_upgraded else None,
        require_starttls=is_upgraded,
        authenticator=server.authenticate,
        auth_require_tls=is_upgraded,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
