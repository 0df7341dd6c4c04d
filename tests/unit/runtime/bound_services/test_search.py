"""The credentials of a search engine become an address that its clients accept."""

from __future__ import annotations

from base64 import b64encode

import pytest
from bound_services.binding import Incomplete, new_binding
from bound_services.kinds import ELASTICSEARCH, OPENSEARCH
from bound_services.private_files import PrivateFiles
from bound_services.search import variables
from bound_services.service import Service

LOGIN = {"username": "u", "password": "p/w"}


def exported(entries: dict[str, str], *, is_open: bool = False) -> dict[str, str]:
    binding = new_binding("test", "search", "", entries)
    kind = OPENSEARCH if is_open else ELASTICSEARCH
    return variables(Service(binding, kind, "https", PrivateFiles(), [], {}))


def cloud_id(text: str) -> str:
    return "shop:" + b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"uri": "https://u:p%2Fw@h"}, "https://u:p%2Fw@h:443"),
        ({"uri": "http://h"}, "http://h:80"),
        ({"uri": "https://h:9243", **LOGIN}, "https://u:p%2Fw@h:9243"),
        ({"uri": "https://h/es/1/"}, "https://h:443/es/1"),
        ({"uri": "https://h", "port": "9243"}, "https://h:9243"),
        ({"uri": "http://u:p@h", "sslUri": "https://u:p@h"}, "https://u:p@h:443"),
        ({"host": "h"}, "http://h:9200"),
        ({"host": "h", **LOGIN}, "https://u:p%2Fw@h:9200"),
        ({"host": "h", **LOGIN, "ssl": "false"}, "http://u:p%2Fw@h:9200"),
        ({"host": "h", "tls": "true"}, "https://h:9200"),
        ({"host": "h:9201", "scheme": "https"}, "https://h:9201"),
        ({"host": "h", "port": "443"}, "https://h:443"),
        ({"host": "https://h", **LOGIN}, "https://u:p%2Fw@h:443"),
        ({"host": "fd00::1"}, "http://[fd00::1]:9200"),
        ({"hosts.0": "http://[fd00::1]:9200"}, "http://[fd00::1]:9200"),
        ({"host": "h", "elastic": "p"}, "https://elastic:p@h:9200"),
        (
            {"cloud_id": cloud_id("c.example$abc$def"), **LOGIN},
            "https://u:p%2Fw@abc.c.example:443",
        ),
        (
            {"cloud_id": cloud_id("c.example:9243$abc"), **LOGIN},
            "https://u:p%2Fw@abc.c.example:9243",
        ),
    ],
    ids=str,
)
def test_the_address_always_has_a_port(entries: dict[str, str], expected: str) -> None:
    assert exported(entries) == {"ELASTICSEARCH_URL": expected}
    assert exported(entries, is_open=True) == {"OPENSEARCH_URL": expected}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({}, "has no host and no usable uri"),
        ({"uri": "https://u:p#w@h"}, "has no host and no usable uri"),
        ({"cloud_id": "shop:ä"}, "has no host and no usable uri"),
        ({"cloud_id": "x"}, "has no host and no usable uri"),
        ({"host": "//"}, "has no host and no usable uri"),
        ({"host": "h", "username": "u"}, "has no password"),
        ({"host": "h", "password": "p"}, "has no username"),
    ],
    ids=str,
)
def test_an_address_is_whole_or_not_set(entries: dict[str, str], expected: str) -> None:
    with pytest.raises(Incomplete) as caught:
        exported(entries)
    assert str(caught.value) == expected
