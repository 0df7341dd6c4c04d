"""Addresses that no server answers any more have a remedy of their own."""

from __future__ import annotations

import pytest

from slipway.errors.fetching import FetchProgramMissing, RepositoryNotFetched
from slipway.messages import explain
from slipway.messages.ended_servers import instead_of_ended


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("hg+https://bitbucket.org/harbour/tide", "Bitbucket has ended Mercurial"),
        ("hg+ssh://hg@bitbucket.org/harbour/tide", "Bitbucket has ended Mercurial"),
        ("svn+https://github.com/harbour/tide/trunk", "GitHub has ended Subversion"),
        ("svn+http://tide.googlecode.com/svn/trunk", "Google Code has ended"),
        ("hg+https://code.google.com/p/tide", "Google Code has ended"),
    ],
)
def test_a_server_that_has_ended(address: str, words: str) -> None:
    [step] = instead_of_ended(address)
    assert step.text.startswith(words)


@pytest.mark.parametrize(
    "address",
    ["git+https://github.com/a/b", "hg+https://host.example/a", "git+ssh://git@github.com/a/b"],
)
def test_other_addresses_have_no_remedy(address: str) -> None:
    assert instead_of_ended(address) == ()


def test_the_scheme_of_git_alone_tells() -> None:
    address = "git+git://github.com/harbour/tide.git@1a2b#egg=tide"
    error = RepositoryNotFetched(address=address, output=())
    first, second = explain(error).steps
    assert first.exact == ("git+https://github.com/harbour/tide.git@1a2b#egg=tide",)
    assert second.text.startswith("Or vendor the package")


def test_a_program_for_a_server_that_has_ended_is_not_asked_for() -> None:
    error = FetchProgramMissing(program="hg", address="hg+https://bitbucket.org/harbour/tide")
    assert "Mercurial" in explain(error).steps[0].text
    assert all("Debian" not in step.text for step in explain(error).steps)
