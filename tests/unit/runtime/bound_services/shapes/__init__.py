"""Credentials as platforms, brokers and add-ons write them, and the variables they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Form = Literal["vcap", "vcap_file", "files", "cred_file", "dotcloud"]


@dataclass(frozen=True)
class Connection:
    """What a library must read from an address, unquoted; missing parts are empty."""

    host: str
    port: str = ""
    username: str = ""
    password: str = ""
    path: str = ""
    """The name or the number of a database, a virtual host, or the prefix of a cache's keys."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The options of a database, as the libraries pass them to the driver."""


@dataclass(frozen=True)
class Shape:
    """The credentials that an app gets, and everything that is exported from them."""

    name: str
    """The broker, the add-on or the operator, and where it documents its credentials."""
    form: Form
    given: Mapping[str, object]
    """What the platform passes, in the structure of its JSON. `files` has the folders below
    the root: `{"shop": {"type": "mysql", "host": "h"}}`, with `metadata` and `secret` as
    further folders of the old layout."""
    expected: Mapping[str, str]
    """All variables. Write `/private/.pem` for a private file that ends with `.pem`."""
    connection: Connection | None = None
    """What the libraries read from each address in `expected`, but for those in `further`."""
    further: Mapping[str, Connection] = field(default_factory=dict)
    """The variable -> what the libraries read from that address."""
    warnings: Sequence[str] = ()
    private_files: Sequence[str] = ()
    """The texts of the private files, sorted."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is set already."""


def vcap(
    label: str, credentials: object, *tags: str, name: str = "shop", plan: str = "free"
) -> dict[str, object]:
    """Return VCAP_SERVICES with one service.

    https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES
    """
    return {
        label: [
            {
                "binding_guid": "44ceb72f-100b-4f50-87a2-7809c8b42b8d",
                "binding_name": None,
                "credentials": credentials,
                "instance_guid": "391308e8-8586-4c42-b464-c7831aa2ad22",
                "instance_name": name,
                "label": label,
                "name": name,
                "plan": plan,
                "provider": None,
                "syslog_drain_url": None,
                "tags": list(tags),
                "volume_mounts": [],
            }
        ]
    }
