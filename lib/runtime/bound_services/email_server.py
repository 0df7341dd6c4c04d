"""Writes how to send mail: EMAIL_URL, and Django's settings of the same names.

https://docs.djangoproject.com/en/stable/ref/settings/#email-host
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bound_services.address import (
    NO_PARTS,
    Parts,
    check_host_and_port,
    check_login,
    is_on,
    split_address,
    write_address,
)
from bound_services.binding import ADDRESS, HOST, PASSWORD, PORT, USERNAME
from bound_services.certificates import ca_file
from bound_services.service import Service

STARTTLS, TLS, NONE = "EMAIL_USE_TLS", "EMAIL_USE_SSL", ""
"""How a connection is encrypted: Django's setting for it. A server cannot have both."""
TLS_PORTS = ("465", "2465")
STARTTLS_PORTS = ("25", "587", "2525", "2587")
"""Servers at these ports never expect TLS from the start of a connection."""
TLS_ENTRIES = ("ssl", "usessl", "emailusessl", "secure")
STARTTLS_ENTRIES = ("tls", "starttls", "usetls", "emailusetls", "enablestarttlsauto")
WAY_ENTRIES = ("encryption", "security", "protocol")
TLS_WORDS = {"smtps", "smtp+ssl", "ssl", "ssl/tls", "implicit"}
STARTTLS_WORDS = {"submission", "submit", "smtp+tls", "tls", "starttls"}
NO_WORDS = {"none", "plain", "off", "false"}
"""Schemes, and values of WAY_ENTRIES."""
FROM = ("from", "fromaddress", "fromemail", "mailfrom", "defaultfromemail", "sender")
API_KEY = ("apikey", "apitoken", "serverapitoken", "token")


class Provider(NamedTuple):
    """A provider whose add-ons may pass no more than a login, or the key of its API."""

    host: str
    user: str
    """Whom the server expects with a key of the API as the password; empty if it can be anybody
    whom the binding names."""


KEY = "the key itself"
PROVIDERS = {
    # https://www.twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api
    "sendgrid": Provider("smtp.sendgrid.net", "apikey"),
    # https://postmarkapp.com/developer/user-guide/send-email-with-smtp
    "postmark": Provider("smtp.postmarkapp.com", KEY),
    # https://developers.sparkpost.com/api/smtp/
    "sparkpost": Provider("smtp.sparkpostmail.com", "SMTP_Injection"),
    # https://mailchimp.com/developer/transactional/docs/smtp-integration/
    "mandrill": Provider("smtp.mandrillapp.com", ""),
}


def variables(service: Service) -> dict[str, str]:
    """Return EMAIL_URL and the settings in it.

    Raises Incomplete.
    """
    parts = parts_of_server(service)
    check_host_and_port(parts)
    check_login(parts)
    way = encryption(service, parts)
    port = parts.port or {TLS: "465", STARTTLS: "587", NONE: "25"}[way]
    # dj-email-url reads `tls` and `ssl`, django-environ the settings' own names. With this
    # scheme both know the backend; only one of them knows `submission` or `smtp+tls`.
    options = {{STARTTLS: "tls", TLS: "ssl"}[way]: "True", way: "True"} if way else {}
    credentials = service.binding.credentials
    sender = next((credentials[key] for key in FROM if credentials.get(key)), "")
    found = {
        "EMAIL_URL": write_address(parts._replace(port=port, path="", options=options), "smtp"),
        "EMAIL_HOST": parts.host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": parts.username,
        "EMAIL_HOST_PASSWORD": parts.password,
        "DEFAULT_FROM_EMAIL": sender if sender.isprintable() else "",
        "EMAIL_CA_FILE": ca_file(service),
        # Django takes any text for true, so a setting that is off has no variable.
        **({way: "True"} if way else {}),
    }
    return {name: value for name, value in found.items() if value}


def parts_of_server(service: Service) -> Parts:
    """Return the address and the login of the server. Raises Incomplete."""
    parts = split_address(_address(service)) or NO_PARTS
    username = parts.username or service.first(of_smtp(USERNAME)).strip()
    password = parts.password or service.first(of_smtp((*PASSWORD, "pass")))
    host = service.first(of_smtp(("server", *HOST))).strip()
    provider = _provider(service)
    key = service.first(API_KEY) if provider and not password else ""
    if provider and key:
        username = key if provider.user == KEY else provider.user or username
    return parts._replace(
        username=username,
        password=password or key,
        host=parts.host or host or (provider.host if provider and (password or key) else ""),
        port=parts.port or service.first(of_smtp(PORT)).strip(),
    )


def of_smtp(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of credentials that are for mail, and then those for any service."""
    prefixes = ("smtp", "smtp.", "mail", "email", "emailhost")
    return (*(prefix + key for key in keys for prefix in prefixes), *keys)


def encryption(service: Service, parts: Parts) -> str:
    """Return STARTTLS, TLS or NONE: what the binding says, or what is usual at the port.

    A password is never sent without encryption unless the binding says so.
    https://datatracker.ietf.org/doc/html/rfc8314#section-3
    """
    if parts.port in TLS_PORTS:
        return TLS
    said = {**parts.options, **service.binding.credentials}
    entries = {re.sub("^smtp[.]?", "", key.lower()): value for key, value in said.items()}
    scheme = _address(service).partition("://")[0].lower()
    words = {scheme, *(entries.get(key, "").strip().lower() for key in WAY_ENTRIES)}
    starttls = [entries[key] for key in STARTTLS_ENTRIES if entries.get(key)]
    wants_starttls = bool(words & STARTTLS_WORDS) or any(map(is_on, starttls))
    wants_tls = bool(words & TLS_WORDS) or any(
        is_on(entries.get(key, "")) for key in TLS_ENTRIES
    )
    if wants_tls and not wants_starttls and parts.port not in STARTTLS_PORTS:
        return TLS
    if wants_tls or wants_starttls:
        return STARTTLS
    if starttls or words & NO_WORDS:
        return NONE
    return STARTTLS if parts.password or parts.port in ("587", "2587") else NONE


def _address(service: Service) -> str:
    keys = (*ADDRESS, "smtpurl", "smtpuri", "emailurl", "mailurl", "smtp.uri", "smtp.url")
    found = (service.binding.credentials.get(key, "").strip() for key in keys)
    return next((text for text in found if re.match(r"(smtp|submi)[\w+]*://", text, re.I)), "")


def _provider(service: Service) -> Provider | None:
    binding = service.binding
    said = " ".join((binding.type, binding.provider, *binding.tags, binding.name.lower()))
    return next((PROVIDERS[word] for word in PROVIDERS if word in said), None)
