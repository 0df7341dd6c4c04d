"""The credentials of an object storage become variables of boto3 and django-storages."""

from __future__ import annotations

import pytest
from bound_services.binding import Incomplete, new_binding
from bound_services.kinds import STORAGE
from bound_services.object_storage import variables
from bound_services.private_files import PrivateFiles
from bound_services.service import Service

KEYS = {"access_key_id": "k", "secret_access_key": "s"}
SAME = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}


def exported(**entries: str) -> dict[str, str]:
    binding = new_binding("test", "media", "s3", entries)
    return variables(Service(binding, STORAGE, "s3", PrivateFiles(), [], {}))


@pytest.mark.parametrize(
    "entries",
    [
        KEYS,
        {"accessKey": "k", "secretKey": "s"},
        {"accessKey": "k", "sharedSecret": "s"},
        {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"},
        {"key": " k\n", "secret": "s\n"},
        {"root-user": "k", "root-password": "s"},
    ],
    ids=str,
)
def test_keys_have_many_names(entries: dict[str, str]) -> None:
    assert exported(**entries) == SAME


@pytest.mark.parametrize(
    ("entries", "endpoint"),
    [
        ({"endpoint": "https://fra1.example.com"}, "https://fra1.example.com"),
        ({"endpoint": "https://fra1.example.com/"}, "https://fra1.example.com"),
        ({"endpoint": "https://fra1.example.com:443"}, "https://fra1.example.com"),
        ({"endpoint": "fra1.example.com"}, "https://fra1.example.com"),
        ({"endpoint": "minio:9000", "ssl": "false"}, "http://minio:9000"),
        ({"host": "minio", "port": "9000", "use_ssl": "true"}, "https://minio:9000"),
        ({"host": "minio", "port": "80"}, "http://minio"),
        ({"host": "fd00::1", "port": "9000"}, "https://[fd00::1]:9000"),
        ({"host": "[fd00::1]", "port": "9000"}, "https://[fd00::1]:9000"),
        # Supabase has a path, and the address of a bucket another one.
        (
            {"endpoint": "https://a.example.com/storage/v1/s3"},
            "https://a.example.com/storage/v1/s3",
        ),
        ({"url": "https://minio.example.com/media"}, "https://minio.example.com"),
    ],
    ids=str,
)
def test_other_storages_than_those_of_aws_have_an_endpoint(
    entries: dict[str, str], endpoint: str
) -> None:
    found = exported(**KEYS, **entries)
    assert found == {
        **SAME,
        "AWS_S3_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
    }


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("s3.amazonaws.com", None),
        ("s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("s3-eu-central-1.amazonaws.com", "eu-central-1"),
        ("s3.dualstack.eu-central-1.amazonaws.com", "eu-central-1"),
        ("s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ],
)
def test_boto3_finds_the_endpoints_of_aws(host: str, region: str | None) -> None:
    found = exported(**KEYS, host=host)
    expected = {"AWS_S3_REGION_NAME": region, "AWS_DEFAULT_REGION": region} if region else {}
    assert found == {**SAME, **expected}


@pytest.mark.parametrize(
    ("entries", "bucket"),
    [
        ({"uri": "s3://media/files"}, "media"),
        ({"uri": "s3://k:s@s3.example.com/media"}, "media"),
        ({"url": "https://media.s3.eu-west-1.amazonaws.com"}, "media"),
        ({"bucket": "named", "uri": "s3://media"}, "named"),
    ],
)
def test_the_bucket_may_be_in_an_address(entries: dict[str, str], bucket: str) -> None:
    assert exported(**KEYS, **entries)["AWS_STORAGE_BUCKET_NAME"] == bucket


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"access_key_id": "k"}, "has no secret key for S3"),
        ({"secret_access_key": "s"}, "has no access key for S3"),
        ({"bucket": "b"}, "has no access key for S3"),
        (
            {**KEYS, "secret_access_key": "s\0"},
            "has a key for S3 with characters that no key has",
        ),
        ({**KEYS, "endpoint": "https://h?a@b"}, "has an endpoint that is not a valid address"),
        ({**KEYS, "host": "h h"}, "has a host that is not valid in an address"),
    ],
    ids=str,
)
def test_no_key_is_set_without_the_other(entries: dict[str, str], expected: str) -> None:
    with pytest.raises(Incomplete) as caught:
        exported(**entries)
    assert str(caught.value) == expected
