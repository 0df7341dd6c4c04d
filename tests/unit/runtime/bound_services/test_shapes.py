"""Real credentials become variables from which the usual libraries read the right values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from urllib.parse import parse_qs, quote, unquote, urlsplit

import dj_database_url
import dj_email_url
import django_cache_url
import environ
import pytest
from bound_services import places
from bound_services.private_files import PrivateFiles
from bound_services.variables import GROUPS, service_variables

from unit.runtime.bound_services import shapes
from unit.runtime.bound_services.shapes import Connection, Shape

SHAPES: list[Shape] = [
    shape
    for module in iter_modules(shapes.__path__, f"{shapes.__name__}.")
    for shape in import_module(module.name).SHAPES
]
NO_CONNECTION = {"AWS_S3_ENDPOINT_URL"}
"""An address without credentials, which boto3 takes as it is."""
ADDRESSES = [
    (shape, name)
    for shape in SHAPES
    for name in shape.expected
    if name.endswith("_URL") and name not in NO_CONNECTION
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_credentials_become_variables(
    shape: Shape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    warnings: list[str] = []
    environment = platform(shape, tmp_path, monkeypatch)
    bindings = places.find_bindings(environment, warnings)
    values = service_variables(bindings, environment, PrivateFiles(str(private)), warnings)
    assert {name: short(value, private) for name, value in values.items()} == shape.expected
    assert [short(warning, private) for warning in warnings] == list(shape.warnings)
    texts = sorted(short(path.read_text(), private) for path in private.iterdir())
    assert texts == list(shape.private_files)


@pytest.mark.parametrize(
    ("shape", "variable"), ADDRESSES, ids=lambda it: it.name if isinstance(it, Shape) else it
)
def test_libraries_read_the_addresses(shape: Shape, variable: str) -> None:
    wanted = shape.further.get(variable, shape.connection)
    assert wanted is not None, "The shape must say what the libraries read."
    address = shape.expected[variable]
    for library, found in readings(variable, address).items():
        assert (library, found) == (library, as_read(library, address, wanted))


def test_all_kinds_and_all_forms_have_shapes() -> None:
    exported = {name for shape in SHAPES for name in shape.expected}
    assert not [group.module for group in GROUPS if group.variables[0] not in exported]
    assert {shape.form for shape in SHAPES} == {
        "vcap",
        "vcap_file",
        "files",
        "cred_file",
        "dotcloud",
    }
    assert len(SHAPES) >= 60
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)


def platform(shape: Shape, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Pass the credentials as the platform does; return the environment."""
    monkeypatch.setattr(places, "DOTCLOUD_FILE", str(folder / "environment.json"))
    file = folder / {"dotcloud": "environment.json"}.get(shape.form, "credentials.json")
    if shape.form == "files":
        write_files(folder / "bindings", shape.given)
    else:
        file.write_text(json.dumps(shape.given))
    of_form = {
        "vcap": {"VCAP_SERVICES": json.dumps(shape.given)},
        "vcap_file": {"VCAP_SERVICES_FILE_PATH": str(file)},
        "files": {"SERVICE_BINDING_ROOT": str(folder / "bindings")},
        "cred_file": {"CRED_FILE": str(file)},
        "dotcloud": {},
    }
    nothing = {"CNB_PLATFORM_DIR": str(folder / "no platform")}
    return {**nothing, **of_form[shape.form], **shape.environment}


def write_files(folder: Path, content: Mapping[str, object]) -> None:
    folder.mkdir(parents=True)
    for name, entry in content.items():
        if isinstance(entry, Mapping):
            write_files(folder / name, entry)
        else:
            (folder / name).write_text(str(entry))


def short(text: str, private: Path) -> str:
    """Write `/private/.pem` for a private file, also where the path is quoted."""
    for folder, separator in ((str(private), "/"), (quote(str(private), safe=""), "%2F")):
        pattern = re.escape(folder + separator) + r"[0-9a-f]+"
        text = re.sub(pattern, f"{separator}private{separator}", text)
    return text


def readings(variable: str, address: str) -> dict[str, Connection]:
    """Return what each library reads from an address, by the name of the library."""
    scheme = urlsplit(address).scheme
    if variable == "CACHE_URL":
        return {
            "django-cache-url": of_cache(dict(django_cache_url.parse(address))),
            "django-environ": of_cache(dict(environ.Env.cache_url_config(address))),
        }
    if scheme == "memcached" and "@" not in address:
        return {"django-cache-url": of_cache(dict(django_cache_url.parse(address)))}
    if scheme.startswith(("mysql", "post")):
        return {
            "dj-database-url": of_database(dict(dj_database_url.parse(address))),
            "django-environ": of_database(dict(environ.Env.db_url_config(address))),
        }
    if scheme.startswith("smtp"):
        return {
            "dj-email-url": of_email(dj_email_url.parse(address)),
            "django-environ": of_email(dict(environ.Env.email_url_config(address))),
        }
    return {"urllib": of_address(address)}


def as_read(library: str, address: str, wanted: Connection) -> Connection:
    if library == "django-cache-url" and address.startswith("redis"):
        # It always leaves out the user and the options, and writes the number of the database.
        return replace(wanted, username="", path=wanted.path or "0", options={})
    return wanted


def of_database(found: dict[str, object]) -> Connection:
    options = found.get("OPTIONS") or {}
    assert isinstance(options, dict)
    host, port, user, password, name = (
        str(found[key] or "") for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")
    )
    return Connection(
        host, port, user, password, name, {key: str(value) for key, value in options.items()}
    )


def of_email(found: dict[str, object]) -> Connection:
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    encrypted = {name: "True" for name in ("EMAIL_USE_TLS", "EMAIL_USE_SSL") if found.get(name)}
    host, port, user, password = (
        str(found[f"EMAIL_{key}"] or "")
        for key in ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD")
    )
    return Connection(host, port, user, password, options=encrypted)


def of_cache(found: dict[str, object]) -> Connection:
    location = found["LOCATION"]
    servers = ",".join(location) if isinstance(location, list) else str(location)
    if servers.startswith("redis"):
        options = found.get("OPTIONS") or {}
        assert isinstance(options, dict)
        return replace(of_address(servers), options=options)
    if servers.startswith("unix:"):
        return Connection(re.sub("^unix:(//)?", "", servers))
    return of_address(f"//{servers.replace(';', ',')}")


def of_address(address: str) -> Connection:
    """Split an address; several hosts keep their ports."""
    found = urlsplit(address)
    login, _, place = found.netloc.rpartition("@")
    username, _, password = login.partition(":")
    is_one = "," not in place
    return Connection(
        # redis-py unquotes it too.
        host=unquote(found.hostname or "") if is_one else place,
        port=str(found.port or "") if is_one else "",
        username=unquote(username),
        password=unquote(password),
        path=unquote(found.path[1:]),
        options={name: value for name, (value, *_) in parse_qs(found.query).items()},
    )
