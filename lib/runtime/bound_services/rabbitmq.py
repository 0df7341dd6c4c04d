"""Writes the address of a RabbitMQ, for Celery: RABBITMQ_URL and CLOUDAMQP_URL.

https://docs.celeryq.dev/projects/kombu/en/stable/userguide/connections.html#urls
https://www.rabbitmq.com/docs/uri-spec
"""

from __future__ import annotations

import re

from bound_services.address import addresses_in, check_host_and_port, scheme_of, write_address
from bound_services.binding import ADDRESS
from bound_services.certificates import ca_file, client_files, imply_encryption
from bound_services.service import Service

PLAIN_PORT, TLS_PORT = "5672", "5671"
VIRTUAL_HOST = ("vhost", "virtualhost")
_PROTOCOLS = ("", "protocols.amqpssl.", "protocols.amqps.", "protocols.amqp.")
"""Where brokers have the credentials, the best place first."""
_NAMES = {
    "uri": ("uri", "uris.0"),
    "host": ("host", "hostname", "hosts.0", "hostnames.0"),
    "port": ("port",),
    "username": ("username", "user"),
    "password": ("password",),
    "vhost": VIRTUAL_HOST,
}


def variables(service: Service) -> dict[str, str]:
    """Return RABBITMQ_URL and CLOUDAMQP_URL, and the paths of certificates if there are any.

    Celery reads no certificates from an address.

    Raises Incomplete.
    """
    service = _with_usual_names(service)
    parts = service.parts()
    is_encrypted = (
        service.is_encrypted(parts)
        or parts.port == TLS_PORT
        or any(address.startswith("amqp+ssl:") for address in addresses_in(service.binding))
        or (parts.port != PLAIN_PORT and imply_encryption(service))
    )
    heartbeat = parts.options.get("heartbeat", "")
    parts = parts._replace(
        # Celery connects to one server; the others have the same queues.
        host=parts.host.partition(",")[0],
        port=parts.port.partition(",")[0],
        path=parts.path or service.first(VIRTUAL_HOST).strip(),
        # With any other option that brokers write, Celery raises.
        options={"heartbeat": heartbeat} if re.fullmatch("[0-9]{1,5}", heartbeat) else {},
    )
    check_host_and_port(parts)
    address = write_address(parts, "amqps" if is_encrypted else "amqp")
    found = {"RABBITMQ_URL": address, "CLOUDAMQP_URL": address}
    if is_encrypted:
        certificate, key = client_files(service)
        files = {
            "RABBITMQ_CA_FILE": ca_file(service),
            "RABBITMQ_CERT_FILE": certificate,
            "RABBITMQ_KEY_FILE": key,
        }
        found.update({name: path for name, path in files.items() if path})
    return found


def _with_usual_names(service: Service) -> Service:
    """Add the credentials that are only in lists, or below the name of a protocol."""
    credentials, schemes = dict(service.binding.credentials), service.kind.schemes
    if any(scheme_of(credentials.get(key, "")) in schemes for key in ADDRESS):
        return service
    for name, others in _NAMES.items():
        keys = (before + other for before in _PROTOCOLS for other in others)
        found = next((credentials[key] for key in keys if credentials.get(key)), "")
        if found:
            credentials[name] = found
    binding = service.binding._replace(credentials=credentials)
    scheme = schemes.get(scheme_of(credentials.get("uri", "")), service.scheme)
    return service._replace(binding=binding, scheme=scheme)
