"""Service bindings are available during a build, and none of their files remain after it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from slipway.errors.bindings import BindingInvalid, BindingsContradict, IndexBinding
from slipway.errors.fetching import IndexRefused
from slipway.platforms.cloud_native.build_bindings import variables_with_bindings
from unit.fakes import effects_with, logged
from unit.samples import write_files

VARIABLES = {"PATH": os.defpath, "PIP_INDEX_URL": "https://builder.example/simple"}


@contextmanager
def with_bindings(
    root: Path, files: Mapping[str, str], **variables: str
) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the variables and the log."""
    effects = effects_with(root)
    write_files(root / "bindings", files)
    with variables_with_bindings({**VARIABLES, **variables}, root, effects.console) as found:
        yield found, logged(effects)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Create a self-signed certificate and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    subject = ["-subj", "/CN=ca.example", "-keyout", "key.pem", "-out", "ca.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return (folder / "ca.pem").read_text() + (folder / "key.pem").read_text()


def test_without_bindings_nothing_is_changed_or_logged(tmp_path: Path) -> None:
    with with_bindings(tmp_path, {}) as (variables, log):
        assert (variables, log) == (VARIABLES, "")


def test_a_binding_that_builds_do_not_use_is_ignored(tmp_path: Path) -> None:
    files = {"db/type": "postgresql", "db/url": "x", "x/type": ""}
    with with_bindings(tmp_path, files) as (variables, log):
        assert (variables, log) == (VARIABLES, "")


def test_a_binding_wins_over_a_variable_and_is_logged(tmp_path: Path) -> None:
    files = {
        "corp/type": "PyPI\n",
        "corp/url": "https://corp.example/simple\n",
        "corp/username": "ci\n",
        "corp/password": "s3cret\n",
        "git/type": "git-credentials",
        "git/credentials": "https://ci:s3cret@git.example",
    }
    with with_bindings(tmp_path, files) as (variables, log):
        assert variables["PIP_INDEX_URL"] == "https://ci:s3cret@corp.example/simple"
        assert (
            log
            == "Using these service bindings for the build: corp (pypi), git (git-credentials)"
        )


def test_git_reads_credentials_from_a_binding_without_changing_it(tmp_path: Path) -> None:
    stored = "https://ci:s3cret@git.example\n"
    files = {
        "my git's/type": "git-credentials",
        "my git's/credentials": stored,
        "paketo/type": "git-credentials",
        "paketo/credentials": "username=bot\npassword=w0rd\n",
        "paketo/context": "https://other.example",
    }
    with with_bindings(tmp_path, files, HOME=str(tmp_path)) as (variables, _):
        assert "password=s3cret" in run_git(variables, "fill", "git.example")
        assert "username=bot\npassword=w0rd" in run_git(variables, "fill", "other.example")
        run_git(variables, "reject", "git.example")
    assert (tmp_path / "bindings" / "my git's" / "credentials").read_text() == stored


def run_git(variables: Mapping[str, str], action: str, host: str) -> str:
    request = f"protocol=https\nhost={host}\n"
    if action == "reject":
        request += "username=ci\npassword=s3cret\n"
    argv = ["git", "credential", action]
    return subprocess.run(
        argv, input=f"{request}\n", env=variables, text=True, capture_output=True, check=True
    ).stdout


def test_certificates_are_added_to_the_trusted_ones(tmp_path: Path, certificate: str) -> None:
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(certificate)
    files = {"ca/type": "ca-certificates", "ca/a.pem": certificate, "ca/b.crt": certificate}
    with with_bindings(tmp_path, files, SSL_CERT_FILE=str(trusted)) as (variables, _):
        bundle = Path(variables["SSL_CERT_FILE"])
        assert variables["PIP_CERT"] == variables["GIT_SSL_CAINFO"] == str(bundle)
        assert bundle.read_text().count("BEGIN CERTIFICATE") == 3
        assert "PRIVATE" not in bundle.read_text()
        assert (bundle.stat().st_mode & 0o777, bundle.parent.stat().st_mode & 0o777) == (
            0o600,
            0o700,
        )
    assert not bundle.parent.exists()


def test_files_are_removed_after_a_failed_build_too(tmp_path: Path, certificate: str) -> None:
    files = {"ca/type": "ca-certificates", "ca/a.pem": certificate}
    places: list[Path] = []

    def fail() -> None:
        with with_bindings(tmp_path, files) as (variables, _):
            places.append(Path(variables["PIP_CERT"]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not places[0].parent.exists()


@pytest.mark.parametrize(
    ("files", "binding", "key"),
    [
        pytest.param({"x/type": "pypi", "x/url/a": ""}, "x", "url", id="folder"),
        pytest.param({"x/type": "pypi", "x/netrc": "s3cret"}, "x", "netrc", id="netrc"),
        pytest.param({"x/type": "ca-certificates", "x/a": "s3cret"}, "x", "a", id="no-pem"),
        pytest.param(
            {
                "x/type": "ca-certificates",
                "x/a": "-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----",
            },
            "x",
            "a",
            id="damaged-pem",
        ),
    ],
)
def test_a_broken_binding_is_named_and_never_quoted(
    tmp_path: Path, files: dict[str, str], binding: str, key: str
) -> None:
    with pytest.raises(BindingInvalid) as invalid, with_bindings(tmp_path, files):
        pass
    error = invalid.value
    assert (error.binding, error.key) == (binding, key)
    assert "s3cret" not in f"{error.reason} {error.expected}"


def test_a_pipe_is_an_error_and_does_not_block(tmp_path: Path) -> None:
    write_files(tmp_path / "bindings", {"x/type": "pypi"})
    os.mkfifo(tmp_path / "bindings" / "x" / "url")
    with pytest.raises(BindingInvalid) as invalid, with_bindings(tmp_path, {}):
        pass
    assert invalid.value.key == "url"
    assert invalid.value.reason == "is a named pipe (FIFO), not a regular file"


def test_two_bindings_with_an_index_are_an_error(tmp_path: Path) -> None:
    files = {
        f"{name}/{key}": text
        for name in ("a", "b")
        for key, text in (("type", "pypi"), ("url", "https://a.example"))
    }
    with pytest.raises(BindingsContradict), with_bindings(tmp_path, files):
        pass


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"x/url": "https://a.example"},
            "entry type cannot be read: No such file or directory",
        ),
        ({"x/type/a": ""}, "entry type is a folder, not a regular file"),
        ({"x/type": "\0"}, "entry type is not text"),
        ({"x/metadata/kind": "pypi"}, "folder cannot be read: No such file or directory"),
        ({"x/type": "ca-certificate"}, "type is 'ca-certificate'. Write ca-certificates if"),
    ],
)
def test_a_binding_whose_type_is_not_known_does_not_stop_a_build(
    tmp_path: Path, files: dict[str, str], problem: str
) -> None:
    corp = {"corp/type": "pypi", "corp/url": "https://corp.example/simple"}
    with with_bindings(tmp_path, {**files, **corp}) as (variables, log):
        assert variables["PIP_INDEX_URL"] == "https://corp.example/simple"
        assert f"The service binding x is not used, because its {problem}" in log


def test_an_unreadable_entry_that_builds_do_not_read_does_not_stop_them(tmp_path: Path) -> None:
    files = {
        "x/type": "pypi",
        "x/url": "https://a.example",
        "x/notes/a": "",
        "x/provider/a": "",
    }
    with with_bindings(tmp_path, files) as (variables, _):
        assert variables["PIP_INDEX_URL"] == "https://a.example"


def test_a_misspelled_entry_is_named_before_the_build_stops(tmp_path: Path) -> None:
    effects = effects_with(tmp_path)
    write_files(tmp_path / "bindings", {"x/type": "pypi", "x/URL": "https://a.example"})
    with (
        pytest.raises(BindingInvalid),
        variables_with_bindings(VARIABLES, tmp_path, effects.console),
    ):
        pass
    assert "The entry URL of the service binding x is not used" in logged(effects)


def test_the_error_for_a_refused_index_names_the_binding(tmp_path: Path) -> None:
    files = {
        "corp/type": "pip",
        "corp/url": "https://corp.example/simple",
        "corp/username": "ci",
        "corp/password": "s3cret",
    }

    def refuse(index: str) -> IndexBinding | None:
        error = IndexRefused(index=index, status=401)
        with pytest.raises(IndexRefused), with_bindings(tmp_path, files):
            raise error
        return error.binding

    assert refuse("https://corp.example/simple/six/") == IndexBinding(
        "corp", "pip", "url", ("username", "password")
    )
    assert refuse("https://other.example/simple/six/") is None
