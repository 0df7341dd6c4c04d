"""Writes the credentials of an object storage that speaks S3: `AWS_` variables.

boto3 itself reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 and AWS_CA_BUNDLE, and django-storages the first three.
The others have the names of django-storages' settings.
https://docs.aws.amazon.com/boto3/latest/guide/configuration.html#using-environment-variables
https://django-storages.readthedocs.io/en/latest/backends/amazon-S3.html
"""

from __future__ import annotations

import re
from urllib.parse import quote

from bound_services.address import (
    NO_PARTS,
    Parts,
    check_host_and_port,
    is_on,
    split_address,
    split_address_or_host,
    write_address,
)
from bound_services.binding import ADDRESS, HOST, PORT, Incomplete, shown
from bound_services.certificates import ca_file
from bound_services.service import Service

# The names of AWS and its brokers; of IBM; of Dell, MinIO and Swisscom; of Exoscale.
ACCESS_KEY = (
    "accesskeyid",
    "awsaccesskeyid",
    "coshmackeys.accesskeyid",
    "accesskey",
    "awsaccesskey",
    "s3accesskey",
    "rootuser",
    "key",
)
SECRET_KEY = (
    "secretaccesskey",
    "awssecretaccesskey",
    "coshmackeys.secretaccesskey",
    "secretkey",
    "awssecretkey",
    "s3secretkey",
    "sharedsecret",
    "accesskeysecret",
    "rootpassword",
    "secret",
)
SESSION_TOKEN = ("sessiontoken", "awssessiontoken")
BUCKET = ("bucketname", "bucket", "awsstoragebucketname", "s3bucketname", "s3bucket")
REGION = ("region", "awsregion", "bucketregion", "awss3regionname", "awsdefaultregion")
ENDPOINT = (
    "endpointurl",
    "endpoint",
    "awsendpointurl",
    "awss3endpointurl",
    "s3endpoint",
    "accesshost",
    "buckethost",
    *HOST,
    *ADDRESS,
)
PLACE = ("AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_STORAGE_BUCKET_NAME")
"""Variables of the user that may complete a binding, such as one without a bucket."""
ENCRYPTED = ("ssl", "usessl", "tls", "secure")
_HOST_OF_AWS = re.compile(
    r"(?:(?P<bucket>[a-z0-9.-]+)\.)?s3(?:-fips|-accelerate)?"
    r"(?:[.-](?:dualstack\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?"
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"""


def variables(service: Service) -> dict[str, str]:
    """Return the variables that boto3 and django-storages read.

    Raises Incomplete, also if the user has set another endpoint or another bucket than the
    binding has: the keys would be used for another server.
    """
    scheme, server = _server(service)
    key = service.first(ACCESS_KEY).strip() or server.username
    secret = service.first(SECRET_KEY).strip() or server.password
    if not key or not secret:
        raise Incomplete(f"has no {'secret' if key else 'access'} key for S3")
    if not (key + secret).isprintable():
        # One of them could not be exported, and the other one alone helps nobody.
        raise Incomplete("has a key for S3 with characters that no key has")
    bucket, region = service.first(BUCKET).strip(), service.first(REGION).strip()
    location = endpoint = ""
    of_aws = _HOST_OF_AWS.fullmatch(server.host.lower())
    if of_aws:
        # boto3 knows the addresses of AWS, and which one a bucket needs.
        region = region or of_aws["region"] or ""
        if of_aws["bucket"]:
            bucket, location = bucket or of_aws["bucket"], server.path.strip("/")
    elif server.host:
        check_host_and_port(server)
        endpoint = write_address(NO_PARTS._replace(host=server.host, port=server.port), scheme)
        endpoint += quote(f"/{server.path}", errors="replace") if server.path else ""
    elif "coshmackeys.accesskeyid" in service.binding.credentials and not (
        service.environment.keys() & set(PLACE[:2])
    ):
        # https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-endpoints
        service.warnings.append(
            f"The binding {shown(service.binding.name)} does not say where its buckets are. "
            "Set AWS_S3_ENDPOINT_URL and AWS_ENDPOINT_URL_S3 to the endpoint of their region."
        )
    found = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": service.first(SESSION_TOKEN).strip(),
        "AWS_STORAGE_BUCKET_NAME": bucket or _bucket_of_address(service),
        "AWS_LOCATION": location,
        "AWS_S3_REGION_NAME": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_S3_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        # boto3 uses it for all services of AWS.
        "AWS_CA_BUNDLE": ca_file(service) if endpoint else "",
    }
    found = {name: value for name, value in found.items() if value}
    own = {name: service.environment[name] for name in PLACE if name in service.environment}
    for name, value in own.items():
        if found.get(name, value) != value:
            raise Incomplete(f"has another value than {name}, which you have set")
    return found


def _server(service: Service) -> tuple[str, Parts]:
    """Return the scheme and the parts of the endpoint; empty parts if there is none.

    Raises Incomplete.
    """
    found = ((key, service.first((key,)).strip()) for key in ENDPOINT)
    key, text = next((it for it in found if it[1] and not _names_bucket(it[1])), ("", ""))
    if not text:
        return "", NO_PARTS
    scheme, parts = split_address_or_host(text)
    if parts is None:
        raise Incomplete("has an endpoint that is not a valid address")
    if key in ADDRESS and not _HOST_OF_AWS.fullmatch(parts.host.lower()):
        # The path is that of a bucket.
        parts = parts._replace(path="")
    port = parts.port or service.first((*PORT, "bucketport")).strip()
    if scheme not in ("http", "https"):
        encrypted = service.first(ENCRYPTED)
        is_encrypted = is_on(encrypted) if encrypted else port != "80"
        scheme = "https" if is_encrypted else "http"
    usual = {"http": "80", "https": "443"}[scheme]
    return scheme, parts._replace(port="" if port == usual else port)


def _names_bucket(address: str) -> bool:
    """Tell whether it is an address such as `s3://bucket/folder`, as AWS writes them."""
    return address.startswith("s3://") and "@" not in address


def _bucket_of_address(service: Service) -> str:
    """Return the bucket in `s3://bucket/folder` or `s3://key:secret@host/bucket`."""
    for key in ADDRESS:
        address = service.binding.credentials.get(key, "").strip()
        parts = split_address(address)
        if parts and address.startswith("s3://"):
            return parts.host if _names_bucket(address) else parts.path.partition("/")[0]
    return ""
