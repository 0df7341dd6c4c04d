"""Addresses that no program reads as they are meant are refused, and told from paths."""

from __future__ import annotations

import pytest

from slipway.domain.addresses import check_addresses, is_address
from slipway.errors.addresses import AddressUnusable

ORIGIN = "The variable PIP_INDEX_URL"


def unencoded(text: str, *, is_option: bool = False) -> str:
    with pytest.raises(AddressUnusable) as unusable:
        check_addresses(text, ORIGIN, is_option=is_option)
    assert unusable.value.origin == ORIGIN
    return "".join(character for character, _ in unusable.value.encoded)


@pytest.mark.parametrize("character", [*"#/?\\ []", "\t", "\N{FULLWIDTH NUMBER SIGN}"])
@pytest.mark.parametrize("password", ["s3cr{}et", "{}", "x{}y@z", "12{}34", "a{}b:c"])
def test_a_character_that_ends_the_host_must_be_encoded(password: str, character: str) -> None:
    user = f"ci:{password.format(character)}"
    for host in ("index.example", "127.0.0.1:8080", "localhost:80", "[::1]:80"):
        assert unencoded(f"https://{user}@{host}/simple/") == character


def test_all_characters_are_named_at_once() -> None:
    assert unencoded("https://ci:a#b/c?d e#@index.example/simple") == "#/? "


def test_a_token_alone_is_understood() -> None:
    assert unencoded("https://gh/p_x@index.example/simple") == "/"


def test_the_path_after_the_host_does_not_count() -> None:
    assert unencoded("https://ci:a#b@index.example/a?b/@scope/c") == "#"


@pytest.mark.parametrize("scheme", ["git+https", "hg+http"])
def test_a_revision_is_not_a_host(scheme: str) -> None:
    check_addresses(f"{scheme}://git.example/team/anchor.git@v1.0", ORIGIN)
    check_addresses(f"{scheme}://ci:s3cret@gitea:3000/team/anchor.git@feature/a.b", ORIGIN)
    check_addresses(f"{scheme}://gitea:3000/team/anchor@release.candidate", ORIGIN)
    assert unencoded(f"{scheme}://ci:a#b@git.example/anchor.git@v1.0") == "#"


@pytest.mark.parametrize(
    "address",
    [
        "https://index.example/simple",
        "https://ci:s3cret@index.example:8443/simple?a=b#sha256=0",
        "https://ci:p%23%2F@[::1]:80/simple",
        "https://ci:p@ss:w;o,r%d'\"!$&()*+=^|~`<>{}\u00fc@index.example/simple",
        "https://pkgs.example.com/org/_packaging/feed@Local/simple/",
        "https://registry.example/@scope/anchor.zip",
        "http://devpi/root/@team/",
        "https://user@devpi/root/simple",
        "https://ci:${TOKEN}@index.example/",
        "https://ci:${TOKEN}/x",
        "git+ssh://git@git.example:team/anchor.git",
        "git+ssh://git@git.example:team/anchor.git@v1.0",
        "git+https://git.example/a.git#egg=anchor&subdirectory=b@c",
        "file:///opt/wheels",
        "file://localhost/opt/@wheels",
        "no address, but a name@index.example",
    ],
)
def test_a_usable_address_is_accepted(address: str) -> None:
    check_addresses(address, ORIGIN)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_pip_reads_quotes_in_options_as_a_shell_does(quote: str) -> None:
    address = f"https://ci:a{quote}b@index.example/simple"
    check_addresses(address, ORIGIN)
    assert unencoded(address, is_option=True) == quote


def test_each_of_several_addresses_is_checked() -> None:
    first, second = "https://ci:a@one.example/simple", "https://ci:b c@two.example/simple"
    assert unencoded(f"{first} {second}") == " "
    check_addresses(f"{first} {first}\n{first}", ORIGIN)


@pytest.mark.parametrize(
    "address",
    [
        "https://index.example:port/simple",
        "https://index.example:123456/",
        "file://[",
        "https://[/",
        "https://a]b/",
    ],
)
def test_a_host_or_port_that_is_not_valid_is_refused(address: str) -> None:
    assert unencoded(address) == ""


@pytest.mark.parametrize(
    "text",
    [
        "http://ci:s3cret@h/x.tar.gz",
        "http:/ci:s3cret@h/x.tar.gz",
        "anchor = http://h/x.tar.gz",
        "anchor @ git+https://h/x",
        "anchor=http://h",
        "anchor@git+https://h/x",
        "'http://h/x'",
        "file:///opt/x",
    ],
)
def test_an_address_is_told_from_a_path(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "vendor/http",
        "git+git@git.example:/srv/a.git",
        "C:/vendor",
        "a:b",
        "./a: b/c",
        "requirements/@base.txt",
        "",
    ],
)
def test_a_path_is_not_an_address(text: str) -> None:
    assert not is_address(text)
