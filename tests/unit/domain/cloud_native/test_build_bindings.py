"""Service bindings become variables of pip, git and all programs that check certificates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from slipway.domain.cloud_native.build_bindings import (
    ServiceBinding,
    binding_of_index,
    binding_root,
    bundles,
    certificate_variables,
    certificates_in,
    git_variables,
    misnamed_entries,
    refuse_contradictions,
    similar_type,
    type_for_builds,
    variables_of_index,
)
from slipway.errors.bindings import BindingInvalid, BindingsContradict

PLATFORM = Path("/platform")
URL = "https://index.example/simple"
NONE: Mapping[str, str] = {}


def binding(type_: str, *keys: str, name: str = "corp") -> ServiceBinding:
    entries = {key: PLATFORM / "bindings" / name / key for key in keys}
    return ServiceBinding(name=name, type=type_, entries=entries)


def index(texts: Mapping[str, str], variables: Mapping[str, str] = NONE) -> dict[str, str]:
    return variables_of_index(binding("pypi", *texts), texts, variables)


def git(texts: Mapping[str, str], variables: Mapping[str, str] = NONE) -> dict[str, str]:
    return git_variables(binding("git-credentials", *texts), texts, variables)


@pytest.mark.parametrize(
    ("variables", "root"),
    [
        ({}, "/platform/bindings"),
        ({"CNB_BINDINGS": "/b"}, "/b"),
        ({"SERVICE_BINDING_ROOT": "/a", "CNB_BINDINGS": "/b"}, "/a"),
        ({"SERVICE_BINDING_ROOT": ""}, "/platform/bindings"),
    ],
)
def test_variables_name_the_folder_of_the_bindings(
    variables: dict[str, str], root: str
) -> None:
    assert binding_root(variables, PLATFORM) == Path(root)


@pytest.mark.parametrize(
    ("type_", "entries", "advice"),
    [
        ("pypi", ("url", "username", "pasword"), {"pasword": "rename it to password"}),
        ("pypi", ("url", "user", "token"), {"user": "username", "token": "password"}),
        ("pypi", ("URL",), {"URL": "rename it to url"}),
        ("pypi", ("uri", "user-name"), {"uri": "url", "user-name": "username"}),
        ("pypi", ("url", "extra_index_url"), {"extra_index_url": "extra-url"}),
        ("pypi", ("pip-conf",), {"pip-conf": "pip.conf"}),
        (
            "pypi",
            ("url", "certificate", "ca.crt"),
            {"ca.crt": "of the type ca-certificates", "certificate": "of the type ca-cert"},
        ),
        (
            "git-credentials",
            ("credential", "url"),
            {"credential": "credentials", "url": "context"},
        ),
        # What resembles an entry that is there, or nothing, is somebody else's.
        ("pypi", ("url", "username", "password", "user", "pass"), {}),
        ("pypi", ("url", "instance-name", "plan", "expires"), {}),
        ("ca-certificates", ("pasword", "url", "ca.crt"), {}),
    ],
)
def test_an_entry_that_resembles_a_missing_one_is_named(
    type_: str, entries: tuple[str, ...], advice: dict[str, str]
) -> None:
    found = dict(misnamed_entries(binding(type_, *entries)))
    assert found.keys() == advice.keys()
    assert all(text in found[key] for key, text in advice.items())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ca-certificate", "ca-certificates"),
        ("git-credential", "git-credentials"),
        ("pypy", "pypi"),
        ("postgresql", None),
        ("gitlab", None),
        ("", None),
    ],
)
def test_a_misspelled_type_is_recognized(text: str, meant: str | None) -> None:
    assert similar_type(text) == meant


AT, LOGIN = {"url": "https://a.example/simple"}, {"username": "ci", "password": "s3cret"}


@pytest.mark.parametrize(
    ("texts", "variables", "place", "found"),
    [
        ({**AT, **LOGIN}, {}, "https://a.example/simple/six/", ("url", tuple(LOGIN))),
        ({**AT, **LOGIN}, {}, "https://****@a.example:443/x", ("url", tuple(LOGIN))),
        ({**AT, **LOGIN}, {}, "a.example", ("url", tuple(LOGIN))),
        (AT, {}, "https://a.example/simple/six/", ("url", ())),
        ({"url": "https://ci:s3cret@a.example/s"}, {}, "https://a.example/", ("url", ("url",))),
        (
            {"extra-url": "https://b.example https://a.example", **LOGIN},
            {},
            "https://a.example/",
            ("extra-url", tuple(LOGIN)),
        ),
        (
            {"pip.conf": "[global]\nindex-url = https://ci:s3cret@a.example/s\n", **LOGIN},
            {},
            "https://a.example/s",
            ("pip.conf", ("pip.conf",)),
        ),
        (
            {**AT, "netrc": "machine a.example login ci password s3cret"},
            {},
            "https://a.example/s",
            ("url", ("netrc",)),
        ),
        (
            {"netrc": "machine a.example login ci password s3cret"},
            {"PIP_INDEX_URL": "https://a.example:8080/s"},
            "https://a.example:8080/s",
            (None, ("netrc",)),
        ),
        (
            LOGIN,
            {"PIP_INDEX_URL": "https://a.example/s"},
            "https://a.example/s",
            (None, tuple(LOGIN)),
        ),
        ({**AT, **LOGIN}, {}, "https://b.example/simple", None),
        ({"url": "http://[::1]:81/s"}, {}, "http://[::1]:82/s", None),
        ({"url": "http://[::1]:81/s"}, {}, "http://[::1]:81/s", ("url", ())),
        ({**AT, **LOGIN}, {}, "the index", None),
        ({**AT, **LOGIN}, {}, "https://[broken", None),
    ],
)
def test_the_binding_of_a_refused_index_is_found(
    texts: dict[str, str],
    variables: dict[str, str],
    place: str,
    found: tuple[str | None, tuple[str, ...]] | None,
) -> None:
    bound = binding_of_index(place, [(binding("pypi", *texts), texts)], variables)
    assert (bound and (bound.address, bound.credentials)) == found


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("pypi", "pypi"),
        (" PyPI\n", "pypi"),
        ("pip", "pypi"),
        ("git-credentials", "git-credentials"),
        ("CA-Certificates", "ca-certificates"),
        ("postgresql", None),
        ("", None),
    ],
)
def test_the_spelling_of_a_type_does_not_matter(text: str, type_: str | None) -> None:
    assert type_for_builds(text) == type_


def test_an_index_without_credentials_is_unchanged() -> None:
    assert index({"url": URL}) == {"PIP_INDEX_URL": URL}


@pytest.mark.parametrize(
    "password", ["s3cr3t/t0k&n-Z", "p@ss:/?#[]%+ \"'\\", "pässwörd", "$HOME"]
)
def test_credentials_are_quoted_and_added_to_every_address(password: str) -> None:
    extra = "https://a.example:8443/x http://b.example/"
    texts = {"url": URL, "extra-url": extra, "username": "ci@corp", "password": password}
    found = index(texts)
    addresses = [found["PIP_INDEX_URL"], *found["PIP_EXTRA_INDEX_URL"].split()]
    assert [urlsplit(address).hostname for address in addresses] == [
        "index.example",
        "a.example",
        "b.example",
    ]
    for parts in map(urlsplit, addresses):
        assert unquote(parts.username or "") == "ci@corp"
        assert unquote(parts.password or "") == password


def test_a_user_name_without_a_password_may_be_a_token() -> None:
    assert index({"url": URL, "username": "t0ken"}) == {
        "PIP_INDEX_URL": "https://t0ken@index.example/simple"
    }


def test_credentials_of_a_binding_replace_those_in_its_address() -> None:
    texts = {"url": "https://old:word@index.example/simple", "username": "ci", "password": "x"}
    assert index(texts) == {"PIP_INDEX_URL": "https://ci:x@index.example/simple"}


def test_credentials_without_an_address_are_for_pip_index_url() -> None:
    texts = {"username": "ci", "password": "x"}
    assert index(texts, {"PIP_INDEX_URL": URL}) == {
        "PIP_INDEX_URL": "https://ci:x@index.example/simple"
    }


def test_an_extra_index_is_added_to_those_that_are_set() -> None:
    found = index(
        {"extra-url": "https://b.example"}, {"PIP_EXTRA_INDEX_URL": "https://a.example"}
    )
    assert found == {"PIP_EXTRA_INDEX_URL": "https://a.example https://b.example"}


def test_configuration_files_are_used_in_place() -> None:
    texts = {"pip.conf": "[global]\nindex-url = https://a.example\n", "netrc": "machine a"}
    assert index(texts) == {
        "PIP_CONFIG_FILE": "/platform/bindings/corp/pip.conf",
        "NETRC": "/platform/bindings/corp/netrc",
    }


@pytest.mark.parametrize(
    ("texts", "key", "reason"),
    [
        pytest.param({}, "url", "is missing", id="nothing"),
        pytest.param(
            {"username": "s3cret"}, "url", "PIP_INDEX_URL", id="no-index-for-the-name"
        ),
        pytest.param({"url": URL, "password": "s3cret"}, "username", "missing", id="no-name"),
        pytest.param({"url": f"{URL}\nx: s3cret"}, "url", "newline", id="newline"),
        pytest.param({"url": f"{URL} s3cret"}, "url", "space", id="space"),
        pytest.param({"url": f"{URL}\x00"}, "url", "unprintable", id="null"),
        pytest.param({"url": ""}, "url", "https://", id="empty"),
        pytest.param({"url": "index.example/s3cret"}, "url", "https://", id="no-scheme"),
        pytest.param({"url": "file:///s3cret"}, "url", "https://", id="file"),
        pytest.param({"url": "https://[s3cret"}, "url", "https://", id="damaged"),
        pytest.param({"extra-url": "s3cret"}, "extra-url", "https://", id="extra"),
        pytest.param(
            {"url": URL, "username": "ci", "password": "s3cret\nx"},
            "password",
            "newline",
            id="two-lines",
        ),
        pytest.param({"pip.conf": "s3cret"}, "pip.conf", "not a valid", id="no-configuration"),
    ],
)
def test_an_error_names_a_broken_index_binding_without_its_content(
    texts: dict[str, str], key: str, reason: str
) -> None:
    with pytest.raises(BindingInvalid) as invalid:
        index(texts)
    error = invalid.value
    assert (error.binding, error.key) == ("corp", key)
    assert reason in error.reason
    assert "s3cret" not in f"{error.reason} {error.expected}"


def test_two_bindings_cannot_both_name_the_index() -> None:
    one, two = binding("pypi", "url", name="one"), binding("pypi", "url", name="two")
    with pytest.raises(BindingsContradict) as contradict:
        refuse_contradictions([one, two])
    assert (contradict.value.bindings, contradict.value.key) == (("one", "two"), "url")
    refuse_contradictions([one, binding("pypi", "extra-url", "username", name="two")])
    refuse_contradictions([binding("ca-certificates", "netrc", name=name) for name in "ab"])


def test_git_reads_stored_credentials_and_writes_nothing() -> None:
    found = git({"credentials": "https://ci:x@git.example\n\nhttps://ci:y@other.example\n"})
    assert found == {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": '!f() { test "$1" != get || git credential-store '
        "--file=/platform/bindings/corp/credentials get; }; f",
    }


def test_a_context_limits_the_credentials_to_a_host() -> None:
    texts = {"credentials": "username=ci\npassword=x\n", "context": "https://git.example\n"}
    assert git(texts)["GIT_CONFIG_KEY_0"] == "credential.https://git.example.helper"


@pytest.mark.parametrize(
    "attributes",
    [
        "host=git.example:8443",
        "protocol=https\nhost=git.example:8443",
        "url=https://git.example:8443/a",
    ],
)
def test_attributes_may_name_their_host(attributes: str) -> None:
    found = git({"credentials": f"{attributes}\nusername=ci\npassword=x"})
    assert found["GIT_CONFIG_KEY_0"] == "credential.https://git.example:8443.helper"


def test_existing_git_settings_are_kept() -> None:
    found = git({"credentials": "https://ci:x@git.example"}, {"GIT_CONFIG_COUNT": "2"})
    assert found["GIT_CONFIG_COUNT"] == "3"
    assert {"GIT_CONFIG_KEY_2", "GIT_CONFIG_VALUE_2"} < found.keys()


@pytest.mark.parametrize(
    ("texts", "key"),
    [
        pytest.param({}, "credentials", id="nothing"),
        pytest.param({"credentials": "\n"}, "credentials", id="empty"),
        pytest.param({"credentials": "s3cret"}, "credentials", id="no-credential"),
        pytest.param({"credentials": "https://git.example"}, "credentials", id="no-name"),
        pytest.param({"credentials": "password=s3cret"}, "context", id="for-any-host"),
        pytest.param({"credentials": "url=//[s3cret\npassword=x"}, "context", id="damaged-url"),
        pytest.param(
            {"credentials": "https://ci:s3cret@h.example", "context": "h.example"},
            "context",
            id="no-address",
        ),
        pytest.param(
            {"credentials": "https://ci:s3cret@h.example", "context": "https://h.example\nx"},
            "context",
            id="two-lines",
        ),
    ],
)
def test_an_error_names_broken_git_credentials_without_their_content(
    texts: dict[str, str], key: str
) -> None:
    with pytest.raises(BindingInvalid) as invalid:
        git(texts)
    assert (invalid.value.binding, invalid.value.key) == ("corp", key)
    assert "s3cret" not in f"{invalid.value.reason} {invalid.value.expected}"


def test_only_the_certificates_of_a_pem_file_are_used() -> None:
    pem = (
        "Bag\n-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"
        "-----BEGIN PRIVATE KEY-----\nBB\n-----END PRIVATE KEY-----\n"
        "-----BEGIN CERTIFICATE-----\r\nCC\r\n-----END CERTIFICATE-----"
    )
    assert certificates_in(pem) == [
        "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\r\nCC\r\n-----END CERTIFICATE-----\n",
    ]


def test_the_users_certificates_come_before_the_systems() -> None:
    found = [*map(str, bundles({"SSL_CERT_FILE": "/b.pem", "PIP_CERT": "/a.pem"}))]
    assert found[:2] == ["/a.pem", "/b.pem"]
    assert "/etc/ssl/certs/ca-certificates.crt" in found


def test_every_program_that_a_build_runs_trusts_the_bundle() -> None:
    assert certificate_variables(Path("/x.pem")) == dict.fromkeys(
        ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"),
        "/x.pem",
    )
