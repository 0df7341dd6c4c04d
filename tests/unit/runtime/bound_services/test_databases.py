"""DATABASE_URL has the options with which drivers connect, and encrypt as the binding says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bound_services import databases
from bound_services.binding import new_binding
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables

CA = f"-----BEGIN CERTIFICATE-----\nMIIB{'A' * 60}\nAAAA\n-----END CERTIFICATE-----\n"
CERTIFICATE = CA.replace("MIIB", "MIIC")
KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
POSTGRES, MYSQL = "postgres://u:p@h/d", "mysql://u:p@h/d"


@pytest.fixture(autouse=True)
def public_ca_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public = tmp_path / "public.crt"
    public.write_text(CA, "utf-8")
    monkeypatch.setattr(databases, "_CA_FILES", ("/no/such/file", str(public)))


def exported(folder: Path, **credentials: str) -> tuple[str, list[str]]:
    """Return DATABASE_URL and the warnings.

    The names of private files are shortened, and the content of an option file is in braces.
    """
    warnings: list[str] = []
    binding = new_binding("test", "shop", credentials.pop("type", "user"), credentials)
    private = folder / "private"
    private.mkdir(exist_ok=True)
    files = PrivateFiles(str(private))
    address = service_variables([binding], {}, files, warnings).get("DATABASE_URL", "")
    address = address.replace("%2F", "/")
    option_file = re.search(r"(?<=read_default_file=)/.*?\.cnf", address)
    if option_file:
        text = Path(option_file[0]).read_text("utf-8")
        address = address.replace(option_file[0], f"{{{' '.join(text.split())}}}")
    return short(address, folder), warnings


def short(text: str, folder: Path) -> str:
    """Write the start of a private file's content for its path."""

    def start(match: re.Match[str]) -> str:
        content = Path(match[0]).read_text("utf-8")
        return {CA: "CA", CERTIFICATE: "CERT", KEY: "KEY"}.get(content, "OTHER")

    text = text.replace(str(folder / "public.crt"), "PUBLIC")
    return re.sub(rf"{re.escape(str(folder))}/private/\w+\.pem", start, text)


@pytest.mark.parametrize(
    "option",
    [
        "reconnect=true",
        "autoReconnect=true",
        "useSSL=false",
        "useUnicode=true",
        "pool=5",
        "encoding=utf8",
        "ssl=false",
        "sslmode=disabled",
        "ssl-mode=PREFERRED",
        "sslverify=false",
    ],
)
def test_options_of_other_languages_are_left_out(option: str, tmp_path: Path) -> None:
    address = f"{MYSQL}?{option}&charset=utf8mb4"
    assert exported(tmp_path, uri=address) == (f"{MYSQL}?charset=utf8mb4", [])


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"{POSTGRES}?sslmode=require", f"{POSTGRES}?sslmode=require"),
        (f"{POSTGRES}?sslmode=REQUIRED", f"{POSTGRES}?sslmode=require"),
        (f"{POSTGRES}?ssl=true", f"{POSTGRES}?sslmode=require"),
        (
            f"{POSTGRES}?ssl=true&sslmode=verify-full",
            f"{POSTGRES}?sslmode=verify-full&sslrootcert=PUBLIC",
        ),
        (
            f"{POSTGRES}?sslmode=verify-full&sslrootcert=system",
            f"{POSTGRES}?sslmode=verify-full&sslrootcert=PUBLIC",
        ),
        (f"{POSTGRES}?sslmode=disable", f"{POSTGRES}?sslmode=disable"),
        (f"{POSTGRES}?sslmode=prefer", f"{POSTGRES}?sslmode=prefer"),
        (f"{POSTGRES}?ssl=false", POSTGRES),
        (f"{POSTGRES}?currentSchema=shop", f"{POSTGRES}?options=-c%20search_path%3Dshop"),
        (f"{POSTGRES}?connect_timeout=5&pgbouncer=true", f"{POSTGRES}?connect_timeout=5"),
        ("postgres:///d?host=/run/pg&user=u&password=p", "postgres://u:p@/d?host=/run/pg"),
        ("postgres://u:p@%2Frun%2Fpg:5433/d", "postgres://u:p@/d?host=/run/pg&port=5433"),
        ("postgres://u:p@a:1,b:2/d", "postgres://u:p@/d?host=a%2Cb&port=1%2C2"),
        (
            "jdbc:postgresql://a,b:2/d?user=u&password=p&targetServerType=primary",
            "postgresql://u:p@/d?target_session_attrs=read-write&host=a%2Cb&port=%2C2",
        ),
        ("jdbc:postgresql://h:1/d?user=u&password=p%40", "postgresql://u:p%40@h:1/d"),
        ("redshift://u:p@h:5439/d?sslmode=require", "redshift://u:p@h:5439/d?sslmode=require"),
    ],
)
def test_options_of_postgresql_are_those_of_its_library(
    address: str, expected: str, tmp_path: Path
) -> None:
    assert exported(tmp_path, uri=address) == (expected, [])


REQUIRED = "{[client] ssl-mode=REQUIRED ssl-enforce=1 ssl-cipher=DEFAULT}"
VERIFIED = "{[client] ssl-ca=PUBLIC ssl-mode=VERIFY_IDENTITY ssl-verify-server-cert=1}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"{MYSQL}?ssl-mode=REQUIRED", f"{MYSQL}?read_default_file={REQUIRED}"),
        (f"{MYSQL}?ssl_mode=required", f"{MYSQL}?read_default_file={REQUIRED}"),
        (f"{MYSQL}?useSSL=true", f"{MYSQL}?read_default_file={REQUIRED}"),
        (f"{MYSQL}?tls=skip-verify", f"{MYSQL}?read_default_file={REQUIRED}"),
        (f"{MYSQL}?sslMode=VERIFY_IDENTITY", f"{MYSQL}?read_default_file={VERIFIED}"),
        (f"{MYSQL}?sslaccept=strict", f"{MYSQL}?read_default_file={VERIFIED}"),
        (
            f'{MYSQL}?ssl={{"rejectUnauthorized":true}}',
            f"{MYSQL}?read_default_file={VERIFIED}",
        ),
        (
            f"{MYSQL}?ssl-mode=REQUIRED&read_default_file=my.cnf",
            f"{MYSQL}?read_default_file=my.cnf",
        ),
        ("mysql://u:p@%2Frun%2Fdb.sock/d", "mysql://u:p@/d?unix_socket=/run/db.sock"),
        ("mysql:///d?unix_socket=/run/db.sock", "mysql:///d?unix_socket=/run/db.sock"),
    ],
)
def test_mysqls_encryption_is_in_a_file_that_both_drivers_read(
    address: str, expected: str, tmp_path: Path
) -> None:
    assert exported(tmp_path, uri=address) == (expected, [])


@pytest.mark.parametrize(
    "said",
    [
        {"sslmode": "require"},
        {"ssl_mode": "REQUIRED"},
        {"use_tls": "true"},
        {"sslRequired": "true"},
        {"tls": "1"},
    ],
)
def test_other_credentials_may_ask_for_encryption(said: dict[str, str], tmp_path: Path) -> None:
    assert exported(tmp_path, uri=POSTGRES, **said) == (f"{POSTGRES}?sslmode=require", [])
    found = f"{MYSQL}?read_default_file={REQUIRED}"
    assert exported(tmp_path, uri=MYSQL, **said) == (found, [])


def test_a_ca_certificate_becomes_a_private_file(tmp_path: Path) -> None:
    found = f"{POSTGRES}?sslmode=verify-ca&sslrootcert=CA"
    assert exported(tmp_path, uri=POSTGRES, cacert=CA) == (found, [])
    found = f"{MYSQL}?read_default_file={{[client] ssl-ca=CA ssl-mode=VERIFY_CA}}"
    assert exported(tmp_path, uri=MYSQL, cacert=CA) == (found, [])


def test_the_apps_own_certificate_becomes_private_files(tmp_path: Path) -> None:
    """As Google's broker writes them."""
    given = {"CaCert": CA, "ClientCert": CERTIFICATE, "ClientKey": KEY}
    assert exported(tmp_path, uri=f"{POSTGRES}?sslmode=require", **given) == (
        f"{POSTGRES}?sslmode=require&sslrootcert=CA&sslcert=CERT&sslkey=KEY",
        [],
    )
    options = "ssl-cert=CERT ssl-key=KEY ssl-ca=CA ssl-mode=VERIFY_CA"
    assert exported(tmp_path, uri=MYSQL, **given) == (
        f"{MYSQL}?read_default_file={{[client] {options}}}",
        [],
    )
    for path in (tmp_path / "private").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_certificate_without_a_key_is_not_the_apps_own(tmp_path: Path) -> None:
    """SAP's PostgreSQL has the server's certificate in `sslcert`."""
    found = exported(tmp_path, uri=POSTGRES, sslcert=CERTIFICATE, sslrootcert=CA)
    assert found == (f"{POSTGRES}?sslmode=verify-ca&sslrootcert=CA", [])


@pytest.mark.parametrize("name", ["sslrootcert", "sslcert"])
def test_a_path_of_another_machine_is_left_out(name: str, tmp_path: Path) -> None:
    uri = f"{POSTGRES}?sslmode=require&{name}=/no/such/file"
    address, (line,) = exported(tmp_path, uri=uri)
    assert address == f"{POSTGRES}?sslmode=require"
    assert line == (
        f"The option '{name}' of the binding 'shop' is left out, because it names a file that "
        "does not exist."
    )


@pytest.mark.parametrize(
    ("address", "option"), [(POSTGRES, "sslfoo"), (MYSQL, "compress"), (MYSQL, "parsetime")]
)
def test_an_unknown_option_is_left_out_and_said(
    address: str, option: str, tmp_path: Path
) -> None:
    found, (line,) = exported(tmp_path, uri=f"{address}?{option}=1")
    assert found == address
    assert line == (
        f"The option '{option}' of the binding 'shop' is left out, because Python's drivers do "
        "not have it."
    )


def test_only_the_first_host_of_a_mysql_is_used(tmp_path: Path) -> None:
    address, (line,) = exported(tmp_path, uri="mysql://u:p@a:1,b:2/d")
    assert address == "mysql://u:p@a:1/d"
    assert line == (
        "Only the first host of the binding 'shop' is used: Python's drivers for MySQL connect "
        "to one host."
    )


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"DB_HOST": "h", "DB_USER": "u", "DB_PASSWORD": "p", "DB_NAME": "d"}, "u:p@h/d"),
        ({"PGHOST": "h", "PGUSER": "u", "PGPASSWORD": "p", "PGDATABASE": "d"}, "u:p@h/d"),
        (
            {"POSTGRES_HOST": "h", "POSTGRES_DB": "d", "POSTGRES_PORT": "5433"},
            "h:5433/d",
        ),
        ({"endpoint": "h:5432", "username": "u", "password": "p", "db": "d"}, "u:p@h:5432/d"),
        ({"host": "h", "dbname": "d", "name": "of the service"}, "h/d"),
        ({"host": "h", "database": "a b/c?d"}, "h/a b/c?d"),
        ({"hosts.0": "a", "hosts.1": "b", "db": "d"}, "/d?host=a%2Cb"),
    ],
)
def test_an_address_is_made_of_separate_credentials(
    credentials: dict[str, str], expected: str, tmp_path: Path
) -> None:
    address, warnings = exported(tmp_path, type="postgres", **credentials)
    assert address.replace("%20", " ").replace("%3F", "?") == f"postgres://{expected}"
    assert not warnings


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ({"password": "s3cret"}, "has no host and no usable uri"),
        ({"host": "h"}, "has no database"),
        ({"host": "h", "name": "d", "port": "s3cret"}, "has a port that is not a number up to"),
        ({"hosts.0": "a", "hosts.1": "s3cret@b", "name": "d"}, "has a host that is not valid"),
        ({"host": "bücher.example", "name": "d"}, "has a host that is not valid in an address"),
    ],
)
def test_the_warning_names_what_is_missing_but_no_value(
    credentials: dict[str, str], reason: str, tmp_path: Path
) -> None:
    address, warnings = exported(tmp_path, type="postgres", **credentials)
    assert not address
    assert warnings[0].startswith(f"DATABASE_URL is not set: the binding 'shop' {reason}")
    assert "s3cret" not in str(warnings)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "mssql://u%40h:p@h.database.windows.net:1433/d?encrypt=true&TrustServerCertificate=0",
            "mssql://u%40h:p@h.database.windows.net:1433/d",
        ),
        ("jdbc:sqlserver://h:1433;database=d;user=u;password=p", "mssql://u:p@h:1433/d"),
        ("sqlserver://u:p@h:1433?database=d", "mssql://u:p@h:1433/d"),
        ("jdbc:oracle:thin:@//h:1521/ORCL", "oracle://h:1521/ORCL"),
    ],
)
def test_other_databases_have_addresses_too(
    address: str, expected: str, tmp_path: Path
) -> None:
    assert exported(tmp_path, uri=address)[0] == expected
