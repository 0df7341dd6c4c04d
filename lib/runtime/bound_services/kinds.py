"""Which kinds of services there are, and which of them a binding is for."""

from __future__ import annotations

import re
from typing import NamedTuple

from bound_services.address import addresses_in, scheme_of
from bound_services.binding import HOST, PASSWORD, USERNAME, Binding


class Kind(NamedTuple):
    name: str
    schemes: dict[str, str]
    """A scheme of addresses in bindings -> the scheme that the app gets."""
    words: dict[str, str]
    """A further word in types, providers and tags -> the scheme that the app gets."""
    ports: dict[str, str]
    """The usual port -> the scheme that the app gets."""
    keys: tuple[tuple[str, ...], ...] = ()
    """Credentials that only such services have, each alone or several together."""

    def scheme(self, word: str) -> str:
        """Return the scheme for a word; empty if the kind does not have it."""
        return self.schemes.get(word) or self.words.get(word, "")


DATABASE = Kind(
    name="database",
    # Both dj-database-url and django-environ read the schemes on the right.
    schemes={
        "postgresql": "postgresql",
        "postgres": "postgres",
        "pgsql": "postgresql",
        "psql": "postgresql",
        "postgis": "postgis",
        "cockroach": "postgresql",
        "cockroachdb": "postgresql",
        "timescale": "postgresql",
        "redshift": "redshift",
        "mysql": "mysql",
        "mysql2": "mysql",
        "mariadb": "mysql",
        "mssql": "mssql",
        "sqlserver": "mssql",
        "oracle": "oracle",
    },
    words={
        **dict.fromkeys(
            (
                "cloudnativepg",
                "cnpg",
                "crunchy",
                "elephantsql",
                "pg",
                "rdspostgres",
                "rdspostgresql",
                "timescaledb",
                "yugabyte",
                "yugabytedb",
            ),
            "postgresql",
        ),
        **dict.fromkeys(
            (
                "cleardb",
                "galera",
                "jawsdb",
                "mariadbent",
                "mysqld",
                "mysqls",
                "percona",
                "planetscale",
                "pxc",
                "rdsmysql",
                "tidb",
            ),
            "mysql",
        ),
        **dict.fromkeys(("azuresql", "azuresqldb", "sqldatabase"), "mssql"),
    },
    ports={
        "5432": "postgresql",
        "6432": "postgresql",
        "26257": "postgresql",
        "3306": "mysql",
        "1433": "mssql",
        "1521": "oracle",
    },
)
REDIS = Kind(
    name="redis",
    schemes={"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"},
    words=dict.fromkeys(
        (
            "dragonfly",
            "garantiadata",
            "keydb",
            "openredis",
            "rediscache",
            "rediscloud",
            "redisgreen",
            "redislabs",
            "redistogo",
            "upstash",
        ),
        "redis",
    ),
    ports={"6379": "redis", "6380": "rediss"},
)
MEMCACHED = Kind(
    name="memcached",
    schemes={"memcached": "memcached", "memcache": "memcached"},
    words=dict.fromkeys(("memcachedcloud", "memcachier"), "memcached"),
    ports={"11211": "memcached"},
)
RABBITMQ = Kind(
    name="rabbitmq",
    schemes={"amqp": "amqp", "amqps": "amqps"},
    words=dict.fromkeys(("bigwig", "cloudamqp", "lavinmq", "rabbit", "rabbitmq"), "amqp"),
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
    keys=(
        ("emailhost",),
        ("mailhost",),
        ("smtp.host",),
        ("smtphost",),
        ("smtphostname",),
        ("smtpserver",),
    ),
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
    keys=(
        ("awsstoragebucketname",),
        ("bucketname",),
        ("coshmackeys.accesskeyid",),
        ("bucket", "secretaccesskey"),
        ("bucket", "secretkey"),
    ),
)
ELASTICSEARCH = Kind(
    name="elasticsearch",
    schemes={},
    words=dict.fromkeys(("elasticsearch", "elastic", "bonsai", "searchly"), "https"),
    ports={"9200": "https"},
    keys=(("cloudid",),),
)
OPENSEARCH = Kind(
    name="opensearch",
    schemes={},
    words={"opensearch": "https"},
    ports={},
)
KINDS = (DATABASE, REDIS, MEMCACHED, RABBITMQ, EMAIL, STORAGE, ELASTICSEARCH, OPENSEARCH)
_SAID = ("engine", "scheme", "dbtype", "databasetype", "uriprefix", "type")
"""Credentials in which some brokers say what the service is."""
_SAYING = {
    "pghost": "postgresql",
    "postgreshost": "postgresql",
    "postgresqlhost": "postgresql",
    "mysqlhost": "mysql",
    "mariadbhost": "mysql",
}
"""Credentials whose names say what the service is -> the word for it."""
FOR_BUILDS = ("pypi", "pip", "git-credentials", "ca-certificates")
"""Types of bindings that are for installing packages, whatever their names are."""


def kind_of(binding: Binding) -> tuple[Kind, str] | None:
    """Return the kind of a binding's service and the scheme that its address gets.

    What a binding says about itself counts in this order: the scheme of its address; its type,
    its provider, its tags and its credentials; and, for services that users create without any
    of them, its name and its port. None if none of them is known.
    """
    if binding.type in FOR_BUILDS:
        return None
    addresses = addresses_in(binding)
    schemes = [scheme_of(address) for address in addresses]
    for kind, scheme in ((kind, scheme) for scheme in schemes for kind in KINDS):
        if scheme in kind.schemes:
            return kind, kind.schemes[scheme]
    said = [binding.credentials.get(key, "").lower() for key in _SAID]
    said += [word for key, word in _SAYING.items() if key in binding.credentials]
    found = _first_kind((binding.type, binding.provider, *binding.tags, *said))
    if found:
        return found
    for kind in KINDS:
        if any(all(key in binding.credentials for key in keys) for keys in kind.keys):
            return kind, next(iter(kind.schemes.values()), "https")
    port = binding.credentials.get("port", "").strip()
    of_port = next(((kind, kind.ports[port]) for kind in KINDS if port in kind.ports), None)
    found = _first_kind((binding.name.lower(), binding.instance.lower())) or of_port
    has_host = any(binding.credentials.get(key) for key in HOST)
    if found and found[0] is DATABASE and addresses and not has_host:
        # For example, the website of an administration of databases.
        return None
    return found


def similar_type(type_: str) -> str:
    """Return the usual type that was probably meant; empty if a type resembles none.

    Many services of other kinds are bound, so the words of single vendors are not compared.
    """
    if type_ in FOR_BUILDS:
        return ""
    from difflib import get_close_matches  # few bindings need it

    usual = [name for kind in KINDS for name in (*kind.schemes, kind.name) if kind.scheme(name)]
    return next(iter(get_close_matches(type_, usual, n=1, cutoff=0.75)), "")


def is_some_database(binding: Binding) -> bool:
    """Tell whether a service that a user has created is a database, of whatever kind."""
    keys = (HOST, USERNAME, PASSWORD, ("database", "dbname", "databasename", "db"))
    has_all = all(any(binding.credentials.get(key) for key in names) for names in keys)
    return has_all and binding.type in ("", "user-provided") and not addresses_in(binding)


def _first_kind(texts: tuple[str, ...]) -> tuple[Kind, str] | None:
    """Return the first kind that is named, as in `p.mysql`, `aws-rds-postgres` or `mysql57`."""
    words = [word for text in texts for word in re.split(r"[^a-z0-9]+", text[:1000])]
    for word, kind in ((word, kind) for word in words for kind in KINDS):
        scheme = kind.scheme(word) or kind.scheme(word.rstrip("0123456789"))
        if scheme:
            return kind, scheme
    return None
