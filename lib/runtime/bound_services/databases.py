"""Writes the address of a database for Django: DATABASE_URL.

dj-database-url and django-environ read it, and Python's drivers connect with its options.
"""

from __future__ import annotations

import os
import re

from bound_services.address import (
    Parts,
    check_host_and_port,
    database_of,
    is_on,
    split_host,
    write_address,
)
from bound_services.binding import (
    DATABASE,
    HOST,
    PASSWORD,
    PORT,
    USERNAME,
    Incomplete,
    of_databases,
    plain_key,
    shown,
)
from bound_services.certificates import ca_file, client_files
from bound_services.service import Service

_POSTGRESQL = ("postgresql", "postgres", "postgis", "redshift")
"""The schemes of databases with which PostgreSQL's library connects."""
_MODES = {
    "disabled": "disable",
    "preferred": "prefer",
    "required": "require",
    "verifyca": "verify-ca",
    "verifyidentity": "verify-full",
    "verifyfull": "verify-full",
}
"""The modes of encryption of MySQL and of Java, as `plain_key` gives them -> PostgreSQL's."""
_MODE = ("sslmode", "ssl", "tls", "usessl", "requiressl", "usetls", "sslrequired", "sslaccept")
"""Options and credentials that ask for encryption; the first one counts."""
_FILES = ("sslca", "sslrootcert", "sslcert", "sslkey")
"""Options with the paths of certificates, as `plain_key` gives them."""
_CA_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
"""The public certificate authorities, on Debian and on Red Hat."""
_OPTIONS = {
    # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    "postgresql": "application_name|channel_binding|client_encoding|connect_timeout|"
    "fallback_application_name|gss.*|host|hostaddr|keepalives.*|krbsrvname|load_balance_hosts|"
    "options|passfile|port|require_auth|requirepeer|service|ssl_m.*|sslc.*|sslnegotiation|"
    "sslpassword|sslsni|target_session_attrs|tcp_user_timeout",
    # Those of both mysqlclient and PyMySQL.
    "mysql": "autocommit|charset|collation|connect_timeout|init_command|isolation_level|"
    "local_infile|read_default_file|read_default_group|read_timeout|sql_mode|unix_socket|"
    "use_unicode|write_timeout",
    "mssql": "driver|isolation_level",
    "oracle": "isolation_level",
}
"""Patterns for the options that Python's drivers accept; with others they do not connect."""
_OF_OTHER_LANGUAGES = (
    "reconnect|adapter|encoding|pool|schema|connection_limit|pgbouncer|pool_timeout|sslverify|"
    # Only Java's drivers have names with capital letters, such as useUnicode.
    ".*[A-Z].*"
)
"""A pattern for options that change nothing for Python, of Ruby, Node and Prisma."""


def variables(service: Service) -> dict[str, str]:
    """Return DATABASE_URL.

    Raises Incomplete.
    """
    parts = _complete(service)
    is_postgresql = service.scheme in _POSTGRESQL
    given = {plain_key(name): value for name, value in parts.options.items()}
    options = _known_options(service, parts.options)
    options.update(_postgresql(service, given) if is_postgresql else {})
    if service.scheme == "mysql" and "read_default_file" not in options:
        options.update(_mysql(service, given))
    parts = _placed(service, parts._replace(options=options))
    if not parts.path:
        raise Incomplete("has no database")
    return {"DATABASE_URL": write_address(parts, service.scheme)}


def _complete(service: Service) -> Parts:
    """Return the parts of the address, with what is in other entries and in its query."""
    parts, first = service.parts(), service.first
    options = dict(parts.options)
    names = ("user", "password", "dbname", "database")
    user, password, *databases = (options.pop(name, "") for name in names)
    path = parts.path or "".join(databases) or database_of(parts, service.binding)
    host, port = parts.host, parts.port
    if not host:
        host, inside = split_host(first((*of_databases(HOST), "endpoint")).strip())
        port = inside or port
    return Parts(
        username=parts.username or user or first(of_databases(USERNAME)).strip(),
        password=parts.password or password or first(of_databases(PASSWORD)),
        host=host,
        port=port or first(of_databases(PORT)).strip(),
        path=path or first(of_databases(DATABASE)).strip(),
        options=options,
    )


def _placed(service: Service, parts: Parts) -> Parts:
    """Write sockets and several hosts as options, which an address cannot hold elsewhere."""
    options, is_mysql = dict(parts.options), service.scheme == "mysql"
    if is_mysql and parts.host.startswith("/"):
        options["unix_socket"] = parts.host
        return parts._replace(host="", port="", options=options)
    if service.scheme in _POSTGRESQL and re.search("^/|,", parts.host):
        for host in parts.host.split(","):
            if not host.startswith("/"):
                check_host_and_port(parts._replace(host=host, port=""))
        options.update({"host": parts.host}, **({"port": parts.port} if parts.port else {}))
        return parts._replace(host="", port="", options=options)
    if is_mysql and "," in parts.host:
        service.warnings.append(
            f"Only the first host of the binding {shown(service.binding.name)} is used: "
            "Python's drivers for MySQL connect to one host."
        )
        parts = parts._replace(
            host=parts.host.partition(",")[0], port=parts.port.partition(",")[0]
        )
    if parts.host or ("unix_socket" if is_mysql else "host") not in options:
        check_host_and_port(parts)
    return parts


def _known_options(service: Service, options: dict[str, str]) -> dict[str, str]:
    """Keep the options that Python's drivers accept, but for those of encryption."""
    accepted = _OPTIONS["postgresql" if service.scheme in _POSTGRESQL else service.scheme]
    kept: dict[str, str] = {}
    for name, value in options.items():
        if plain_key(name) in (*_MODE, *_FILES):
            continue
        if re.fullmatch(accepted, name):
            kept[name] = value
        elif not re.fullmatch(_OF_OTHER_LANGUAGES, name):
            # Another name may be a part of an unquoted password.
            is_name = re.fullmatch(r"[A-Za-z][A-Za-z_.-]{0,40}", name)
            option = f"The option {shown(name)}" if is_name else "An option"
            service.warnings.append(
                f"{option} of the binding {shown(service.binding.name)} is left out, because "
                "Python's drivers do not have it."
            )
    return kept


def _postgresql(service: Service, given: dict[str, str]) -> dict[str, str]:
    """Return the options of encryption, and those that have other names in Java."""
    options: dict[str, str] = {}
    if given.get("currentschema"):
        # dj-database-url knows the name, but django-environ does not.
        path = f"-c search_path={given['currentschema']}"
        options["options"] = f"{given.get('options', '')} {path}".strip()
    if given.get("targetservertype", "").lower() in ("primary", "master"):
        options["target_session_attrs"] = "read-write"
    mode, ca, certificate, key = _encryption(service, given)
    options.update({"sslmode": mode or ("verify-ca" if ca else "")})
    options.update({"sslrootcert": ca, "sslcert": certificate, "sslkey": key})
    return {name: value for name, value in options.items() if value}


def _mysql(service: Service, given: dict[str, str]) -> dict[str, str]:
    """Return a file with the options of encryption.

    It is the only form that mysqlclient and PyMySQL have in common and that an address can
    hold. mysqlclient may be built with the library of MySQL or of MariaDB, which read
    different options of the file, and ignore the others:

    - https://dev.mysql.com/doc/refman/8.4/en/connection-options.html#encrypted-connection-options
    - https://mariadb.com/kb/en/configuring-mariadb-connectorc-with-option-files/
    """
    mode, ca, certificate, key = _encryption(service, given)
    if mode in ("disable", "prefer") or not (mode or ca or key):
        return {}
    lines = [f"ssl-cert={certificate}", f"ssl-key={key}"] if key else []
    if ca:
        is_full = mode == "verify-full"
        lines += [f"ssl-ca={ca}", f"ssl-mode={'VERIFY_IDENTITY' if is_full else 'VERIFY_CA'}"]
        # MariaDB's library compares the name of the host only with it.
        lines += ["ssl-verify-server-cert=1"] if is_full else []
    else:
        # The ciphers are the only option with which PyMySQL encrypts without a certificate.
        lines += ["ssl-mode=REQUIRED", "ssl-enforce=1", "ssl-cipher=DEFAULT"]
    text = "".join(f"{line}\n" for line in ("[client]", *lines))
    return {"read_default_file": service.files.write(".cnf", text)}


def _encryption(service: Service, given: dict[str, str]) -> tuple[str, str, str, str]:
    """Return the mode of encryption in PostgreSQL's words, and the paths of three files.

    The files are the CA certificate, the app's own certificate, and its key. All are empty if
    the binding says nothing about them.
    """
    mode = _mode(service, given)
    if mode == "disable":
        return mode, "", "", ""
    ca, (certificate, key) = ca_file(service), client_files(service)
    ca = ca or _path(service, given, "sslrootcert") or _path(service, given, "sslca")
    if not key:
        certificate, key = (_path(service, given, name) for name in ("sslcert", "sslkey"))
    if mode.startswith("verify") and not ca:
        ca = next(filter(os.path.isfile, _CA_FILES), "")
    return (mode, ca, certificate, key) if key else (mode, ca, "", "")


def _mode(service: Service, given: dict[str, str]) -> str:
    credentials = service.binding.credentials
    for values in (given, credentials):
        for name in _MODE:
            text = values.get(name, "").strip()
            plain = plain_key(text)
            if not text:
                continue
            if re.search('"rejectUnauthorized":true|^strict$', "".join(text.split())):
                return "verify-full"
            found = _MODES.get(plain) or (plain if plain in _MODES.values() else "")
            if found or name == "sslmode":
                return found
            if is_on(text):
                return "require"
    return ""


def _path(service: Service, given: dict[str, str], name: str) -> str:
    """Return the path in an option if the file exists, which may be on another machine."""
    path = given.get(name, "")
    if path == "system":
        # PostgreSQL's library knows the word since version 16.
        return next(filter(os.path.isfile, _CA_FILES), "")
    if path and not os.path.isfile(path):
        own = next((own for own in service.parts().options if plain_key(own) == name), name)
        service.warnings.append(
            f"The option {shown(own)} of the binding {shown(service.binding.name)} is left "
            "out, because it names a file that does not exist."
        )
        return ""
    return path
