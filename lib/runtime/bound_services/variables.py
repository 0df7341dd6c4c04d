"""Turns bound services into the variables that settings read; the one table of them."""

from __future__ import annotations

import re
from importlib import import_module
from typing import NamedTuple

from bound_services.address import addresses_in, is_ambiguous
from bound_services.binding import Binding, Incomplete, shown
from bound_services.kinds import (
    DATABASE,
    ELASTICSEARCH,
    EMAIL,
    MEMCACHED,
    OPENSEARCH,
    RABBITMQ,
    REDIS,
    STORAGE,
    Kind,
    is_some_database,
    kind_of,
    similar_type,
)
from bound_services.private_files import PrivateFiles
from bound_services.service import Service

# Only for mypy: most apps do not need the module at each start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from bound_services.platform_rewriting import Written


class Group(NamedTuple):
    """Variables that are set together, from one binding."""

    variables: tuple[str, ...]
    """All of them. The first one counts: if it, or one of `connection`, is set already, none of
    them is set from a binding, because an address with another's password helps nobody."""
    kinds: tuple[Kind, ...]
    """The services that they are for; one of an earlier kind is used first."""
    names: tuple[str, ...]
    """If there are several bindings, one with one of these names is used."""
    setting: str
    """The variable that names the binding to use."""
    noun: str
    """What messages call several such services."""
    module: str
    """The module of this package whose function `variables` returns them."""
    connection: tuple[str, ...] = ()
    others_have_urls: bool = True
    """Whether each further binding `shop` becomes SHOP_URL."""


GROUPS = (
    Group(
        variables=("DATABASE_URL",),
        kinds=(DATABASE,),
        names=("default", "database", "db"),
        setting="SLIPWAY_DATABASE",
        noun="databases",
        module="databases",
    ),
    Group(
        variables=("REDIS_URL",),
        kinds=(REDIS,),
        names=("default", "redis", "queue", "broker", "celery"),
        setting="SLIPWAY_REDIS",
        noun="Redis services",
        module="redis",
    ),
    Group(
        variables=(
            "MEMCACHED_URL",
            "MEMCACHED_SERVERS",
            "MEMCACHED_USERNAME",
            "MEMCACHED_PASSWORD",
        ),
        kinds=(MEMCACHED,),
        names=("default", "memcached"),
        setting="SLIPWAY_MEMCACHED",
        noun="Memcached services",
        module="memcached",
        connection=("MEMCACHED_SERVERS", "MEMCACHED_USERNAME", "MEMCACHED_PASSWORD"),
    ),
    Group(
        variables=("CACHE_URL", "CACHE_CA_FILE", "CACHE_CERT_FILE", "CACHE_KEY_FILE"),
        # A Redis may be for something else too.
        kinds=(MEMCACHED, REDIS),
        names=("cache", "default", "memcached", "redis"),
        setting="SLIPWAY_CACHE",
        noun="caches",
        module="caches",
        connection=("CACHE_CERT_FILE", "CACHE_KEY_FILE"),
        others_have_urls=False,
    ),
    Group(
        variables=(
            "RABBITMQ_URL",
            "CLOUDAMQP_URL",
            "RABBITMQ_CA_FILE",
            "RABBITMQ_CERT_FILE",
            "RABBITMQ_KEY_FILE",
        ),
        kinds=(RABBITMQ,),
        names=("default", "rabbitmq", "queue", "broker", "celery"),
        setting="SLIPWAY_RABBITMQ",
        noun="RabbitMQ services",
        module="rabbitmq",
        connection=("CLOUDAMQP_URL", "RABBITMQ_CERT_FILE", "RABBITMQ_KEY_FILE"),
    ),
    Group(
        variables=(
            "EMAIL_URL",
            "EMAIL_HOST",
            "EMAIL_PORT",
            "EMAIL_HOST_USER",
            "EMAIL_HOST_PASSWORD",
            "EMAIL_USE_TLS",
            "EMAIL_USE_SSL",
            "EMAIL_CA_FILE",
            "DEFAULT_FROM_EMAIL",
        ),
        kinds=(EMAIL,),
        names=("default", "email", "mail", "smtp"),
        setting="SLIPWAY_EMAIL",
        noun="mail servers",
        module="email_server",
        connection=(
            "EMAIL_HOST",
            "EMAIL_PORT",
            "EMAIL_HOST_USER",
            "EMAIL_HOST_PASSWORD",
            # Django refuses to send with both.
            "EMAIL_USE_TLS",
            "EMAIL_USE_SSL",
        ),
    ),
    Group(
        variables=(
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_STORAGE_BUCKET_NAME",
            "AWS_LOCATION",
            "AWS_S3_REGION_NAME",
            "AWS_DEFAULT_REGION",
            "AWS_S3_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_S3",
            "AWS_CA_BUNDLE",
        ),
        kinds=(STORAGE,),
        names=("default", "media", "storage"),
        setting="SLIPWAY_STORAGE",
        noun="object storages",
        module="object_storage",
        connection=(
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            # What else boto3 and django-storages read.
            "AWS_S3_ACCESS_KEY_ID",
            "AWS_S3_SECRET_ACCESS_KEY",
            "AWS_ENDPOINT_URL",
            "AWS_PROFILE",
            "AWS_SHARED_CREDENTIALS_FILE",
        ),
        others_have_urls=False,
    ),
    Group(
        variables=("ELASTICSEARCH_URL", "ELASTICSEARCH_CA_FILE"),
        kinds=(ELASTICSEARCH,),
        names=("default", "search"),
        setting="SLIPWAY_ELASTICSEARCH",
        noun="Elasticsearch services",
        module="search",
    ),
    Group(
        variables=("OPENSEARCH_URL", "OPENSEARCH_CA_FILE"),
        kinds=(OPENSEARCH,),
        names=("default", "search"),
        setting="SLIPWAY_OPENSEARCH",
        noun="OpenSearch services",
        module="search",
    ),
)
"""docs/services.md has the same table."""
RESERVED = {
    *(name for group in GROUPS for name in group.variables),
    # Of Django, https://docs.djangoproject.com/en/stable/ref/settings/
    *("STATIC_URL", "MEDIA_URL", "LOGIN_URL", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL"),
    # Where the app itself is.
    *("ADMIN_URL", "BASE_URL", "PUBLIC_URL", "ROOT_URL", "SITE_URL"),
}
"""Variables that a further binding does not set, whatever its name is."""
RESERVED_PREFIXES = (
    *("AWS_", "CNB_", "DJANGO_", "PDM_", "PIP_", "PIPENV_", "POETRY_", "SLIPWAY_", "UV_"),
    # Python trusts SSL_CERT_FILE.
    "SSL_",
)
"""The same: tools read variables that start so."""
_READ_ONLY = (
    r"(?<![a-z])(read[ _-]?only|read[ _-]?replica|replica|follower|reader|ro|slave|standby)s?"
    r"(?![a-z])"
)


def service_variables(
    bindings: list[Binding],
    environment: dict[str, str],
    files: PrivateFiles,
    warnings: list[str],
    origins: dict[str, str] | None = None,
) -> dict[str, str]:
    """Return the variables to set; add problems to `warnings`, as sentences.

    Variables that the user has set stay, even empty ones. `origins` gets the name of the
    binding that each one is from.
    """
    origins = {} if origins is None else origins
    # The result must not depend on the order in which a platform writes services.
    bindings = sorted(bindings, key=order)
    services = services_of(bindings, environment, files, warnings)
    values: dict[str, str] = {}
    further: list[tuple[Group, Service]] = []
    environment, platforms = without_written(environment, services)
    for group in GROUPS:
        candidates = [service for service in services if service.kind in group.kinds]
        if platforms and group.module == "databases" and not platforms.is_any:
            used: Service | None = platforms.service
        else:
            used = choose(candidates, group, environment, warnings)
        if used:
            first = group.variables[0]
            found = variables_of(used, group, first)
            if first.endswith("_URL") and not has_login(found.get(first, "")):
                warn_of_misnamed(used.binding, warnings, needs_database=used.kind is DATABASE)
            new = {name: found[name] for name in found if name not in environment}
            values.update(new)
            origins.update(dict.fromkeys(new, used.binding.name))
        if platforms and group.module == "databases" and "DATABASE_URL" not in values:
            values.update(instead_of_written(platforms, used, warnings))
        if group.others_have_urls:
            further += [(group, service) for service in candidates if service is not used]
    for group, service in further:
        found = further_variables(service, group, {**environment, **values}, origins)
        values.update(found)
        origins.update(dict.fromkeys(found, service.binding.name))
    # A service of two groups has the same problem twice.
    warnings[:] = dict.fromkeys(warnings)
    return values


def services_of(
    bindings: list[Binding],
    environment: dict[str, str],
    files: PrivateFiles,
    warnings: list[str],
) -> list[Service]:
    """Return the bindings of known kinds; warn of those whose types may be misspelled."""
    services: list[Service] = []
    for binding in bindings:
        before = len(warnings)
        if not binding.type and not binding.provider:
            warn_of_misnamed(binding, warnings, needs_database=False)
        known = kind_of(binding)
        if known:
            services.append(Service(binding, *known, files, warnings, environment))
        elif similar := similar_type(binding.type):
            warnings.append(
                f"The binding {shown(binding.name)} sets no variable, because its type "
                f"{shown(binding.type)} is unknown. It should probably be {similar}."
            )
        elif len(warnings) == before and is_some_database(binding):
            warnings.append(
                f"The binding {shown(binding.name)} sets no variable, because it does not say "
                "which database it is. Give it the tag or the type postgresql or mysql, or an "
                "entry uri that starts with postgresql:// or mysql://."
            )
    return services


def order(binding: Binding) -> tuple[str, str, str, list[tuple[str, str]]]:
    """Return what bindings are sorted by: their types, then their names."""
    credentials = sorted(binding.credentials.items())
    return binding.type, binding.name, binding.instance, credentials


def without_written(
    environment: dict[str, str], services: list[Service]
) -> tuple[dict[str, str], Written | None]:
    """Leave out DATABASE_URL if the platform has written it from a bound service."""
    databases = [service for service in services if service.kind is DATABASE]
    if not databases or not environment.get("DATABASE_URL"):
        return environment, None
    from bound_services.platform_rewriting import written

    found = written(environment["DATABASE_URL"], databases)
    if not found:
        return environment, None
    return {name: environment[name] for name in environment if name != "DATABASE_URL"}, found


def instead_of_written(
    platforms: Written, used: Service | None, warnings: list[str]
) -> dict[str, str]:
    """Return an empty DATABASE_URL if the platform's is from another database than is wanted.

    Otherwise, another database might be migrated by mistake.
    """
    if platforms.service is used:
        return {}
    warnings.append(
        "DATABASE_URL is empty, so that the app does not use the database that the platform "
        f"has chosen: {shown(platforms.service.binding.name)}."
    )
    return {"DATABASE_URL": ""}


def further_variables(
    service: Service, group: Group, taken: dict[str, str], origins: dict[str, str]
) -> dict[str, str]:
    """Return the address of a further service by its own name, SHOP_URL, and what it needs.

    If the name is that of a variable with another meaning, such as CACHE_URL for a database,
    or begins with a digit, it gets that of the group before it: DATABASE_CACHE_URL.
    """
    binding = service.binding
    group_prefix = group.variables[0][: -len("URL")]
    prefix = prefix_of(binding.name)
    if not prefix:
        service.warnings.append(
            f"The binding {shown(binding.name)} sets no variable, because its name has no "
            "letters from A to Z."
        )
        return {}
    is_reserved = f"{prefix}URL" in RESERVED or prefix.startswith(RESERVED_PREFIXES)
    if prefix[0].isdigit() or is_reserved:
        prefix = group_prefix + prefix
    name = f"{prefix}URL"
    if name in origins:
        service.warnings.append(
            f"The binding {shown(binding.name)} sets no variable, because {name} is the "
            f"address of {shown(origins[name])}."
        )
    if name in taken:
        return {}
    found = variables_of(service, group, name)
    # Without its file, an address would be of no use.
    files = {
        prefix + variable[len(group_prefix) :]: value
        for variable, value in found.items()
        if variable.startswith(group_prefix) and variable.endswith("_FILE")
    }
    mine = next((variable for variable in files if variable in taken), "")
    if mine:
        service.warnings.append(
            f"The binding {shown(binding.name)} sets no variable, because {mine} has a value "
            "already."
        )
    return {name: found[group.variables[0]], **files} if found and not mine else {}


def prefix_of(name: str) -> str:
    """Return the start of the variables for a further binding, `SHOP_`; empty if none."""
    name = name[:100]
    if not name.isascii():
        from unicodedata import normalize

        name = normalize("NFKD", name).encode("ascii", "ignore").decode()
    prefix = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    return f"{prefix}_" if prefix else ""


def variables_of(service: Service, group: Group, name: str) -> dict[str, str]:
    """Return the variables of a group, or none and a warning that `name` is not set."""
    binding = shown(service.binding.name)
    try:
        module = import_module(f"bound_services.{group.module}")
        found: dict[str, str] = module.variables(service)
    except Incomplete as error:
        problem = f"{name} is not set: the binding {binding} {error}."
        if any(map(is_ambiguous, addresses_in(service.binding))):
            problem += (
                " If the password in the address has characters such as #, / or ?, write them "
                "as %23, %2F and %3F."
            )
    except Exception as error:  # noqa: BLE001 - the other groups' variables must be set
        # Not the error's text, which may quote a credential.
        problem = (
            f"{name} is not set: Slipway failed to read the binding {binding} "
            f"({type(error).__name__}). Please report it."
        )
    else:
        return found
    service.warnings.append(problem)
    return {}


def has_login(address: str) -> bool:
    """Tell whether an address has a user and a password."""
    place = address.partition("://")[2].partition("/")[0]
    user, _, password = place.rpartition("@")[0].partition(":")
    return bool(user and password)


def warn_of_misnamed(binding: Binding, warnings: list[str], *, needs_database: bool) -> None:
    """Warn of entries that are not read, but resemble one that is missing."""
    from bound_services.misnamed_keys import misnamed_keys  # most bindings need none

    for key, meant in misnamed_keys(binding, needs_database=needs_database):
        warnings.append(
            f"The entry {shown(key)} of the binding {shown(binding.name)} is not read. Its "
            f"name should probably be {meant}."
        )


def choose(
    candidates: list[Service],
    group: Group,
    environment: dict[str, str],
    warnings: list[str],
) -> Service | None:
    """Choose the service for the variables of a group; None if the user has set them.

    It is the one that the user names, or one with a usual name, or the first one. One that is
    read-only is only used if the user names it, or if there is no other.
    """
    is_set = any(name in environment for name in (group.variables[0], *group.connection))
    if is_set or not candidates:
        return None
    candidates = sorted(candidates, key=lambda service: group.kinds.index(service.kind))
    variable, named = group.variables[0], environment.get(group.setting, "")
    if named:
        found = [it for it in candidates if it.binding.name == named]
        found += [it for it in candidates if it.binding.instance == named]
        # cloudControl and dotCloud write names in capitals.
        found += [it for it in candidates if it.binding.name.lower() == named.lower()]
        if not found:
            # Otherwise, another database might be migrated by mistake.
            # An address by mistake may have a password.
            is_name = re.fullmatch(r"[\w. -]{1,60}", named)
            problem = f"{shown(named)}, but" if is_name else "not the name of a binding:"
            warnings.append(
                f"{variable} is not set: {group.setting} is {problem} the bound {group.noun} "
                f"are {names_of(candidates)}."
            )
        return found[0] if found else None
    if len(candidates) > 1:
        candidates = [it for it in candidates if not is_read_only(it.binding)] or candidates
    if group.module == "caches":
        from bound_services.caches import usable

        candidates = usable(candidates)
    for name in group.names:
        for service in candidates:
            if name in (service.binding.name.lower(), service.binding.instance.lower()):
                return service
    if len(candidates) > 1:
        warnings.append(
            f"Of the {group.noun} {names_of(candidates)}, the first is used for {variable}. To "
            f"use another one, set {group.setting} to its name."
        )
    return candidates[0]


def names_of(services: list[Service]) -> str:
    most = 10
    names = [shown(service.binding.name) for service in services]
    more = [f"and {len(names) - most} more"] if len(names) > most else []
    return ", ".join(names[:most] + more)


def is_read_only(binding: Binding) -> bool:
    """Tell whether a service is a copy for reading, by its names and its tags."""
    texts = (binding.name.lower(), binding.instance.lower(), *binding.tags)
    return any(re.search(_READ_ONLY, text) for text in texts)
