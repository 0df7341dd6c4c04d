"""Turns bound services into the variables that settings read; the one table of them."""

from __future__ import annotations

import re
from importlib import import_module
from typing import NamedTuple

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
    kind_of,
)
from bound_services.private_files import PrivateFiles
from bound_services.service import Service


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
        names=("default", "redis"),
        setting="SLIPWAY_REDIS",
        noun="Redis services",
        module="redis",
    ),
    Group(
        variables=("MEMCACHED_URL",),
        kinds=(MEMCACHED,),
        names=("default", "memcached"),
        setting="SLIPWAY_MEMCACHED",
        noun="Memcached services",
        module="memcached",
    ),
    Group(
        variables=("CACHE_URL",),
        kinds=(REDIS, MEMCACHED),
        names=("cache",),
        setting="SLIPWAY_CACHE",
        noun="caches",
        module="caches",
        others_have_urls=False,
    ),
    Group(
        variables=("RABBITMQ_URL", "CLOUDAMQP_URL"),
        kinds=(RABBITMQ,),
        names=("default", "rabbitmq", "broker"),
        setting="SLIPWAY_RABBITMQ",
        noun="RabbitMQ services",
        module="rabbitmq",
        connection=("CLOUDAMQP_URL",),
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
        connection=("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
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
    for binding in bindings:
        if not binding.type and not binding.provider:
            warn_of_misnamed(binding, warnings, needs_database=False)
    services = [
        Service(binding, *known, files, warnings)
        for binding in bindings
        if (known := kind_of(binding))
    ]
    values: dict[str, str] = {}
    further: list[tuple[Group, Service]] = []
    for group in GROUPS:
        candidates = [service for service in services if service.kind in group.kinds]
        used = choose(candidates, group, environment, warnings)
        if used:
            warn_of_misnamed(used.binding, warnings, needs_database=used.kind is DATABASE)
            found = variables_of(used, group, group.variables[0])
            new = {name: found[name] for name in found if name not in environment}
            values.update(new)
            origins.update(dict.fromkeys(new, used.binding.name))
        if group.others_have_urls:
            further += [(group, service) for service in candidates if service is not used]
    for group, service in further:
        name = url_variable(service.binding.name)
        if name and name not in environment and name not in values:
            found = variables_of(service, group, name)
            if found:
                values[name] = found[group.variables[0]]
                origins[name] = service.binding.name
    return values


def variables_of(service: Service, group: Group, name: str) -> dict[str, str]:
    """Return the variables of a group, or none and a warning that `name` is not set."""
    module = import_module(f"bound_services.{group.module}")
    try:
        found: dict[str, str] = module.variables(service)
    except Incomplete as error:
        service.warnings.append(
            f"{name} is not set: the binding {shown(service.binding.name)} {error}."
        )
        return {}
    return found


def url_variable(name: str) -> str:
    """Return the variable for a further binding, `SHOP_URL`; empty if none has such a name."""
    variable = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    return f"{variable}_URL" if variable and not variable[0].isdigit() else ""


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

    It is the one that the user names, or one with a usual name, or the first one.
    """
    is_set = any(name in environment for name in (group.variables[0], *group.connection))
    if is_set or not candidates:
        return None
    candidates = sorted(
        candidates,
        key=lambda it: (group.kinds.index(it.kind), it.binding.type, it.binding.name),
    )
    names = ", ".join(shown(service.binding.name) for service in candidates)
    variable, named = group.variables[0], environment.get(group.setting, "")
    if named:
        found = [service for service in candidates if service.binding.name == named]
        if not found:
            # Otherwise, another database might be migrated by mistake.
            warnings.append(
                f"{variable} is not set: {group.setting} is {shown(named)}, but the bound "
                f"{group.noun} are: {names}."
            )
        return found[0] if found else None
    for name in group.names:
        for service in candidates:
            if service.binding.name.lower() == name:
                return service
    if len(candidates) > 1:
        first = shown(candidates[0].binding.name)
        warnings.append(
            f"{variable} is set from {first}, the first of {names}. To use another one, set "
            f"{group.setting} to its name."
        )
    return candidates[0]
