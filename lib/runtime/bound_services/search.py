"""Writes the address of a search engine: ELASTICSEARCH_URL or OPENSEARCH_URL."""

from __future__ import annotations

import binascii
import re
from urllib.parse import quote

from bound_services.address import (
    NO_PARTS,
    Parts,
    check_host_and_port,
    check_login,
    is_on,
    split_address_or_host,
    write_address,
)
from bound_services.binding import ADDRESS, HOST, PASSWORD, PORT, USERNAME
from bound_services.certificates import ca_file
from bound_services.kinds import OPENSEARCH
from bound_services.service import Service

ADDRESSES = (
    "ssluri",  # Searchly's other address is not encrypted.
    *ADDRESS,
    "endpoint",
    "uris.0",
    "hosts.0",
    "host.0",
    # https://cloud.ibm.com/docs/databases-for-elasticsearch?topic=databases-for-elasticsearch-connection-strings
    "connection.https.composed.0",
    *HOST,
)
"""Each may have an address, or a host and perhaps a port."""
FULL_ACCESS = ("fullaccessusername", "fullaccesspassword")
"""https://docs.developer.swisscom.com/service-offerings/elasticsearch.html"""
ELASTIC = "elastic"
"""A user, and the entry with the password in a Secret of Elastic's operator for Kubernetes:
https://www.elastic.co/docs/deploy-manage/users-roles/cluster-or-deployment-auth/managed-credentials-eck"""
CLOUD_ID = ("cloudid", "elasticcloudid")
ENCRYPTED = ("tls", "ssl", "usessl")


def variables(service: Service) -> dict[str, str]:
    """Return ELASTICSEARCH_URL or OPENSEARCH_URL, and the variable for the file of the CA.

    Raises Incomplete.
    """
    scheme, server = _server(service)
    check_host_and_port(server)
    check_login(server)
    address = write_address(server._replace(path="", options={}), scheme)
    # Some servers share a host, and differ in their paths.
    path = quote(server.path.strip("/"), errors="replace")
    name = "OPENSEARCH" if service.kind is OPENSEARCH else "ELASTICSEARCH"
    found = {f"{name}_URL": f"{address}/{path}" if path else address}
    ca = ca_file(service) if scheme == "https" else ""
    return {**found, f"{name}_CA_FILE": ca} if ca else found


def _server(service: Service) -> tuple[str, Parts]:
    """Return the scheme and the parts of the address, always with a port.

    Without a port, elasticsearch-py refuses an address. Raises Incomplete.
    """
    credentials = service.binding.credentials
    found = [credentials.get(key, "").strip() for key in ADDRESSES]
    found = [text for text in found if text] + [_of_cloud_id(service.first(CLOUD_ID))]
    text = next((text for text in found if re.match("https?://", text, re.I)), found[0])
    given, split = split_address_or_host(text)
    parts = split or NO_PARTS
    elastic = service.first((ELASTIC,))
    username = parts.username or service.first((*USERNAME, FULL_ACCESS[0])).strip()
    password = parts.password or service.first((*PASSWORD, FULL_ACCESS[1])) or elastic
    port = parts.port or service.first(PORT).strip()
    said = given or service.first(("scheme", "protocol")).strip().lower()
    scheme = said or _usual_scheme(service.first(ENCRYPTED), port, password)
    scheme = "http" if scheme == "http" else "https"
    usual = {"http": "80", "https": "443"}[scheme] if given else "9200"
    return scheme, parts._replace(
        username=username or (ELASTIC if elastic else ""),
        password=password,
        port=port or usual,
    )


def _usual_scheme(encrypted: str, port: str, password: str) -> str:
    """Return `http` if that is what the binding says, or if there is no password to protect."""
    if encrypted:
        return "https" if is_on(encrypted) else "http"
    return "https" if password or port == "443" else "http"


def _of_cloud_id(text: str) -> str:
    """Return the address in an ID of Elastic Cloud; empty if it is not valid.

    It is a name, a colon, and in Base64 the host, `$`, and the subdomain of Elasticsearch.
    https://www.elastic.co/docs/deploy-manage/deploy/elastic-cloud/find-cloud-id
    """
    try:
        decoded = binascii.a2b_base64(text.strip().rpartition(":")[2]).decode("ascii")
    except ValueError:
        return ""
    host, _, rest = decoded.partition("$")
    return f"https://{rest.partition('$')[0]}.{host}" if host and rest else ""
