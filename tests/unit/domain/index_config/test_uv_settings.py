"""pip's settings become options and variables of uv; those that uv lacks are named."""

from __future__ import annotations

import pytest

from slipway.domain.index_config.pip_settings import (
    IndexConfig,
    effective_config,
    from_files,
    from_lines,
    from_variables,
)
from slipway.domain.index_config.uv_settings import (
    option_lines,
    pip_variables,
    release_arguments,
    unknown_to_uv,
    uv_variables,
)

HTTPS, HTTP = "https://u:secret@one.example/", "http://two.example:8080/"


def config(lines: str = "", **given: str) -> IndexConfig:
    return effective_config(from_variables(given), from_lines(lines, {}))


def test_addresses_are_written_as_option_lines() -> None:
    found = config(PIP_INDEX_URL=HTTPS, PIP_EXTRA_INDEX_URL="https://a/ https://b/")
    assert option_lines(found) == (
        f"--index-url {HTTPS}\n--extra-index-url https://a/\n--extra-index-url https://b/\n"
    )


def test_without_settings_no_options_are_written() -> None:
    assert option_lines(config()) == ""
    assert option_lines(config(PIP_EXTRA_INDEX_URL=HTTPS)) == f"--extra-index-url {HTTPS}\n"
    assert option_lines(config("--no-index\n-f file:///a%20b\n")) == (
        "--no-index\n--find-links file:///a%20b\n"
    )


@pytest.mark.parametrize(
    ("address", "trusted", "used"),
    [
        (HTTP, "", None),
        (HTTP, "two.example", HTTP),
        (HTTP, "two.example:8080", HTTP),
        (HTTP, "two.example:80", None),
        ("http://127.0.0.1:1/", "", "http://127.0.0.1:1/"),
        ("http://[::1]:1/", "", "http://[::1]:1/"),
        ("http://localhost/", "", "http://localhost/"),
        ("file:///index", "", "file:///index"),
    ],
)
def test_an_index_without_tls_is_used_only_if_trusted(
    address: str, trusted: str, used: str | None
) -> None:
    found = config(PIP_INDEX_URL=address, PIP_TRUSTED_HOST=trusted)
    assert option_lines(found) == (f"--index-url {used}\n" if used else "--no-index\n")


def test_an_untrusted_index_is_not_replaced_by_the_default() -> None:
    found = config(PIP_INDEX_URL=HTTP, PIP_EXTRA_INDEX_URL=HTTPS)
    assert option_lines(found) == f"--index-url {HTTPS}\n"


def test_formats_are_written_by_package() -> None:
    found = config(PIP_NO_BINARY=":all:", PIP_ONLY_BINARY="pandas,numpy")
    assert option_lines(found).splitlines() == [
        "--no-binary :all:",
        "--only-binary numpy",
        "--only-binary pandas",
    ]


def test_uv_gets_the_connection_settings_of_pip() -> None:
    found = config(
        PIP_TRUSTED_HOST="a b:81",
        PIP_DEFAULT_TIMEOUT="7.5",
        PIP_RETRIES="0",
        PIP_CERT="ca.pem",
        PIP_CLIENT_CERT="me.pem",
    )
    assert uv_variables(found, {}) == {
        "UV_INSECURE_HOST": "a b:81",
        "UV_HTTP_TIMEOUT": "8",
        "UV_HTTP_RETRIES": "0",
        "SSL_CERT_FILE": "ca.pem",
        "SSL_CLIENT_CERT": "me.pem",
    }


def test_a_proxy_is_used_for_everything() -> None:
    found = uv_variables(config(PIP_PROXY="http://u:p@proxy:3128"), {"NO_PROXY": "*"})
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"):
        assert found[name] == "http://u:p@proxy:3128"
    assert found["NO_PROXY"] == ""


def test_variables_of_uv_override_pips_settings() -> None:
    found = config(PIP_PRE="1", PIP_TIMEOUT="7")
    assert uv_variables(found, {"UV_HTTP_TIMEOUT": "9"}) == {"UV_PRERELEASE": "allow"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("P7D", "P7D"),
    ],
)
def test_a_date_is_the_same_moment_for_pip_and_uv(value: str, expected: str) -> None:
    found = config(PIP_UPLOADED_PRIOR_TO=value)
    assert uv_variables(found, {}) == {"UV_EXCLUDE_NEWER": expected}


def test_certificates_of_requests_are_trusted() -> None:
    assert uv_variables(config(), {"REQUESTS_CA_BUNDLE": "/ca.pem"}) == {
        "SSL_CERT_FILE": "/ca.pem"
    }


def test_pre_releases_of_single_packages_are_arguments() -> None:
    found = config("--all-releases rich\n--only-final django\n")
    assert release_arguments(found) == [
        *("--prerelease-package", "rich=allow"),
        *("--prerelease-package", "django=disallow"),
    ]


@pytest.mark.parametrize(
    ("lines", "given", "named"),
    [
        ("", {"PIP_PREFER_BINARY": "1"}, "PIP_PREFER_BINARY"),
        ("", {"PIP_PREFER_BINARY": "no"}, None),
        ("--prefer-binary\n", {}, "--prefer-binary in the requirements"),
        ("", {"PIP_KEYRING_PROVIDER": "import"}, "PIP_KEYRING_PROVIDER"),
        ("", {"PIP_KEYRING_PROVIDER": "subprocess"}, None),
        ("", {"PIP_CONFIG_SETTINGS": "--secret=1"}, "PIP_CONFIG_SETTINGS"),
        ("--pre\n--trusted-host h\n", {"PIP_CACHE_DIR": "/x", "PIP_QUIET": "1"}, None),
    ],
)
def test_a_setting_that_uv_lacks_is_named_without_its_value(
    lines: str, given: dict[str, str], named: str | None
) -> None:
    assert unknown_to_uv(config(lines, **given)) == named


def test_an_option_of_one_requirement_is_named() -> None:
    requirements = 'six==1.0 --config-settings="a=b" --hash=sha256:00\n'
    assert unknown_to_uv(config(), requirements) == "--config-settings in the requirements"
    assert unknown_to_uv(config(), "six==1.0 --hash=sha256:00\n") is None


def test_pip_can_ask_the_indexes_of_uv() -> None:
    given = {"PIP_INDEX_URL": HTTPS, "UV_NO_INDEX": "0"}
    assert pip_variables(given, from_variables(given)) == {}
    environment = {
        "PIP_INDEX_URL": "https://pip.example/",
        "PIP_EXTRA_INDEX_URL": "https://a.example/",
        "UV_DEFAULT_INDEX": f"own={HTTPS}",
        "UV_INDEX_URL": "https://older.example/",
        "UV_INDEX": "b=https://b.example/?x=y https://c.example/",
        "UV_FIND_LINKS": "https://d.example/,/wheels",
        "UV_NO_INDEX": "true",
    }
    assert pip_variables(environment, from_variables(environment)) == {
        "PIP_INDEX_URL": HTTPS,
        "PIP_EXTRA_INDEX_URL": "https://a.example/ https://b.example/?x=y https://c.example/",
        "PIP_FIND_LINKS": "https://d.example/ /wheels",
        "PIP_NO_INDEX": "1",
    }


def test_pip_keeps_the_other_indexes_of_its_configuration_files() -> None:
    settings = from_files([("pip.conf", "[global]\nextra-index-url = https://a.example/\n")])
    assert pip_variables({"UV_INDEX": "https://b.example/"}, settings) == {
        "PIP_EXTRA_INDEX_URL": "https://a.example/ https://b.example/"
    }


def test_pip_gets_the_credentials_of_a_named_index_of_uv() -> None:
    environment = {
        "UV_DEFAULT_INDEX": "quay=https://a.example/simple",
        "UV_INDEX": "pier-1=https://old:token@b.example/simple",
        "UV_INDEX_QUAY_USERNAME": "ci",
        "UV_INDEX_QUAY_PASSWORD": "p@ss",
        "UV_INDEX_PIER_1_PASSWORD": "new",
    }
    assert pip_variables(environment, ()) == {
        "PIP_INDEX_URL": "https://ci:p%40ss@a.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://:new@b.example/simple",
    }


def test_pip_uses_an_index_without_tls_as_uv_does() -> None:
    environment = {
        "UV_INDEX": "http://ci:x@a.example:8080/ http://127.0.0.1:3141/ https://b.example/",
        "UV_DEFAULT_INDEX": "http://a.example:8080/root",
        "PIP_TRUSTED_HOST": "c.example",
    }
    variables = pip_variables(environment, from_variables(environment))
    assert variables["PIP_TRUSTED_HOST"] == "c.example a.example:8080"
