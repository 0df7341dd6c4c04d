"""Which kinds of services there are, and which of them a binding is for."""

from __future__ import annotations

import re
from typing import NamedTuple

from bound_services.address import scheme_of
from bound_services.binding import ADDRESS, Binding


class Kind(NamedTuple):
    name: str
    schemes: dict[str, str]
    """A scheme of addresses in bindings -> the scheme that the app gets."""
    words: dict[str, str]
    """A further word in types, providers and tags -> the scheme that the app gets."""
    ports: dict[str, str]
    """The usual port -> the scheme that the app gets."""

    def scheme(self, word: str) -> str:
        """Return the scheme for a word; empty if the kind does not have it."""
        return self.schemes.get(word) or self.words.get(word, "")


DATABASE = Kind(
    name="database",
    schemes={
        "postgresql": "postgresql",
        "postgres": "postgres",
        "pgsql": "postgresql",
        "postgis": "postgis",
        "mysql": "mysql",
        "mysql2": "mysql",
        "mariadb": "mysql",
    },
    words={},
    ports={"5432": "postgresql", "3306": "mysql"},
)
REDIS = Kind(
    name="redis",
    schemes={"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"},
    words={},
    ports={"6379": "redis"},
)
MEMCACHED = Kind(
    name="memcached",
    schemes={"memcached": "memcached", "memcache": "memcached"},
    words={"memcachier": "memcached", "memcachedcloud": "memcached"},
    ports={"11211": "memcached"},
)
RABBITMQ = Kind(
    name="rabbitmq",
    schemes={"amqp": "amqp", "amqps": "amqps"},
    words={"rabbitmq": "amqp", "cloudamqp": "amqp", "lavinmq": "amqp"},
    ports={"5672": "amqp", "5671": "amqps"},
)
EMAIL = Kind(
    name="email",
    schemes={"smtp": "smtp", "smtps": "smtps", "submission": "submission"},
    words=dict.fromkeys(
        (
            "mail",
            "email",
            "mailer",
            "brevo",
            "mailersend",
            "mailgun",
            "mailjet",
            "mailtrap",
            "mandrill",
            "postmark",
            "sendgrid",
            "sendinblue",
            "ses",
            "smtp2go",
            "socketlabs",
            "sparkpost",
        ),
        "smtp",
    ),
    ports={"25": "smtp", "465": "smtps", "587": "submission", "2525": "smtp"},
)
STORAGE = Kind(
    name="storage",
    schemes={"s3": "s3"},
    words=dict.fromkeys(
        (
            "bucket",
            "bucketeer",
            "ceph",
            "cloudcube",
            "dynstrg",
            "minio",
            "objectstorage",
            "objectstore",
        ),
        "s3",
    ),
    ports={},
)
ELASTICSEARCH = Kind(
    name="elasticsearch",
    schemes={},
    words=dict.fromkeys(("elasticsearch", "elastic", "bonsai", "searchly"), "https"),
    ports={"9200": "https"},
)
OPENSEARCH = Kind(
    name="opensearch",
    schemes={},
    words={"opensearch": "https"},
    ports={},
)
KINDS = (DATABASE, REDIS, MEMCACHED, RABBITMQ, EMAIL, STORAGE, ELASTICSEARCH, OPENSEARCH)


def kind_of(binding: Binding) -> tuple[Kind, str] | None:
    """Return the kind of a binding's service and the scheme that its address gets.

    What a binding says about itself counts in this order: the scheme of its address; its type,
    its provider and its tags; and, for services that users create without any of them, its
    name and its port. None if none of them is known.
    """
    schemes = [scheme_of(address) for address in addresses_in(binding)]
    for kind, scheme in ((kind, scheme) for scheme in schemes for kind in KINDS):
        if scheme in kind.schemes:
            return kind, kind.schemes[scheme]
    texts = (binding.type, binding.provider, *binding.tags, binding.name.lower())
    # Brokers use names such as `p.mysql` and `aws-rds-postgres`.
    words = [word for text in texts for word in re.split(r"[^a-z0-9]+", text)]
    for kind, word in ((kind, word) for word in words for kind in KINDS):
        if kind.scheme(word):
            return kind, kind.scheme(word)
    port = binding.credentials.get("port", "").strip()
    return next(((kind, kind.ports[port]) for kind in KINDS if port in kind.ports), None)


def addresses_in(binding: Binding) -> list[str]:
    """Return the addresses in a binding, the first one first."""
    found = (binding.credentials.get(key, "").strip() for key in ADDRESS)
    return [address for address in found if address]
