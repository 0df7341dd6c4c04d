"""Bindings are read as Kubernetes and people create them, and broken ones cause warnings."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bound_services.binding import PASSWORD, Incomplete, plain_key
from bound_services.binding_files import read

from unit.samples import write_files


def credentials_of(root: Path, warnings: list[str] | None = None) -> dict[str, str]:
    """Read a root with one binding."""
    (binding,) = read(str(root), [] if warnings is None else warnings)
    return binding.credentials


def test_a_credential_is_read_without_the_newline_at_its_end(tmp_path: Path) -> None:
    files = {"type": " PostgreSQL\n", "provider": "Bitnami\r\n", "password": " p w \n"}
    write_files(tmp_path / "db", files)
    warnings: list[str] = []
    (binding,) = read(str(tmp_path), warnings)
    assert (binding.type, binding.provider) == ("postgresql", "bitnami")
    assert binding.credentials == {"password": " p w "}
    assert not warnings


def test_the_layout_before_servicebinding_io_is_read(tmp_path: Path) -> None:
    files = {
        "metadata/kind": "MySQL",
        "metadata/provider": "x",
        "secret/host": "h",
        "uri": "no",
    }
    write_files(tmp_path / "db", files)
    (binding,) = read(str(tmp_path), [])
    assert (binding.type, binding.provider) == ("mysql", "x")
    assert binding.credentials == {"host": "h"}


def test_files_that_cloud_foundry_adds_are_not_credentials(tmp_path: Path) -> None:
    """Its `name` is that of the binding, not of the database."""
    files = {
        "type": "p.mysql",
        "provider": "p.mysql",
        "label": "p.mysql",
        "plan": "small",
        "binding-guid": "b",
        "instance-guid": "i",
        "binding-name": "db",
        "name": "db",
        "instance-name": "shop-db",
        "tags": '["MySQL", "relational"]',
        "host": "h",
        "volume-mounts": "[]",
        "syslog-drain-url": "syslog://h",
    }
    write_files(tmp_path / "db", files)
    (binding,) = read(str(tmp_path), [])
    assert (binding.name, binding.instance, binding.type) == ("db", "shop-db", "p.mysql")
    assert binding.tags == ("mysql", "relational")
    assert binding.credentials == {"host": "h"}


def test_elsewhere_a_name_is_a_credential(tmp_path: Path) -> None:
    write_files(tmp_path / "db", {"type": "mysql", "name": "d"})
    assert credentials_of(tmp_path) == {"name": "d"}


def test_the_tags_of_the_older_layout_are_lines(tmp_path: Path) -> None:
    write_files(tmp_path / "db", {"metadata/tags": "MySQL\nrelational\n", "secret/host": "h"})
    (binding,) = read(str(tmp_path), [])
    assert binding.tags == ("mysql", "relational")


def test_credentials_of_several_levels_are_json(tmp_path: Path) -> None:
    files = {"protocols": '{"amqp": {"uris": ["amqp://h"], "port": 5672}}', "uris": '["a","b"]'}
    write_files(tmp_path / "queue", files)
    assert credentials_of(tmp_path) == {
        "protocols": files["protocols"],
        "protocols.amqp.uris.0": "amqp://h",
        "protocols.amqp.port": "5672",
        "uris": '["a","b"]',
        "uris.0": "a",
        "uris.1": "b",
    }


def test_a_password_may_look_like_json(tmp_path: Path) -> None:
    write_files(tmp_path / "db", {"password": '{"a', "username": "{}", "host": "[::1]"})
    assert credentials_of(tmp_path) == {"password": '{"a', "username": "{}", "host": "[::1]"}


def test_an_unreadable_type_is_a_warning(tmp_path: Path) -> None:
    write_files(tmp_path, {"db/host": "h", "old/secret/host": "h"})
    (tmp_path / "db" / "type").mkdir()
    (tmp_path / "old" / "metadata" / "kind").mkdir(parents=True)
    warnings: list[str] = []
    read(str(tmp_path), warnings)
    assert warnings == [
        f"The binding '{name}' has the entry '{key}', which cannot be read: Is a directory."
        for name, key in (("db", "type"), ("old", "kind"))
    ]


def test_many_folders_are_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bound_services.binding_files.MOST_SERVICES", 2)
    write_files(tmp_path, {"a/host": "h", "b/host": "h", "c/host": "h"})
    warnings: list[str] = []
    assert [binding.name for binding in read(str(tmp_path), warnings)] == ["a", "b"]
    assert warnings == [f"Only the first 2 of the 3 services in '{tmp_path}' are read."]


def test_the_links_of_kubernetes_are_followed(tmp_path: Path) -> None:
    db = tmp_path / "db"
    write_files(db / "..2026_11_21", {"type": "mysql", "host": "h"})
    (db / "..data").symlink_to("..2026_11_21")
    for name in ("type", "host"):
        (db / name).symlink_to(f"..data/{name}")
    warnings: list[str] = []
    assert credentials_of(tmp_path, warnings) == {"host": "h"}
    assert not warnings


def test_a_binding_may_be_a_link_itself(tmp_path: Path) -> None:
    write_files(tmp_path / "elsewhere", {"host": "h"})
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "db").symlink_to("../elsewhere")
    assert credentials_of(tmp_path / "root") == {"host": "h"}


def test_files_next_to_the_bindings_are_ignored(tmp_path: Path) -> None:
    write_files(tmp_path, {"README": "", ".hidden/type": "mysql", "db/host": "h"})
    assert [binding.name for binding in read(str(tmp_path), [])] == ["db"]


def test_only_credentials_that_are_used_are_read(tmp_path: Path) -> None:
    """Otherwise a keystore would cause a warning each time the app starts."""
    write_files(tmp_path, {"db/host": "h"})
    (tmp_path / "db" / "keystore.p12").write_bytes(b"\xff" * 200_000)
    warnings: list[str] = []
    assert credentials_of(tmp_path, warnings) == {"host": "h"}
    assert not warnings


@pytest.mark.parametrize(
    "files", [["type", "host"], ["host"], ["metadata/kind", "secret/port"]], ids=" ".join
)
def test_a_folder_that_is_itself_a_binding_is_a_warning(
    files: list[str], tmp_path: Path
) -> None:
    """An example is `--volume $PWD/bindings/db:/platform/bindings`."""
    write_files(tmp_path, dict.fromkeys(files, "3306"))
    warnings: list[str] = []
    assert not read(str(tmp_path), warnings)
    (warning,) = warnings
    assert warning == (
        f"No services are read from '{tmp_path}', because each binding must be a folder in it, "
        f"such as '{tmp_path}/db'."
    )


def test_bindings_one_level_too_deep_are_a_warning(tmp_path: Path) -> None:
    write_files(tmp_path, {"bindings/db/type": "mysql", "bindings/db/password": "s3cret"})
    warnings: list[str] = []
    read(str(tmp_path), warnings)
    (warning,) = warnings
    assert warning == (
        "The binding 'bindings' is not read, because 'db' in it is a folder with another "
        f"binding. Move that one to '{tmp_path}'."
    )


def test_a_type_is_read_whatever_its_case(tmp_path: Path) -> None:
    files = {"TYPE": "mysql", "Provider": "x", "HOST": "h"}
    write_files(tmp_path / "db", files)
    (binding,) = read(str(tmp_path), [])
    assert (binding.type, binding.provider) == ("mysql", "x")
    assert binding.credentials == {"host": "h"}


def test_an_exact_name_comes_first(tmp_path: Path) -> None:
    write_files(tmp_path / "db", {"TYPE": "redis", "type": "mysql", "name": "d"})
    (binding,) = read(str(tmp_path), [])
    assert binding.type == "mysql"


def test_many_files_are_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bound_services.binding_files.MOST_FILES", 2)
    write_files(tmp_path / "db", {"a": "1", "b": "2", "c": "3", "type": "mysql"})
    warnings: list[str] = []
    (binding,) = read(str(tmp_path), warnings)
    assert binding.credentials == {"a": "1", "b": "2"}
    assert warnings == [
        "Only the first 2 of the 4 files in '" + str(tmp_path / "db") + "' are read."
    ]


def test_a_binding_may_have_hundreds_of_files(tmp_path: Path) -> None:
    files = {f"key{number}": "" for number in range(400)}
    write_files(tmp_path / "db", {**files, "type": "mysql"})
    warnings: list[str] = []
    (binding,) = read(str(tmp_path), warnings)
    assert binding.type == "mysql"
    assert not warnings


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def binary(path: Path) -> None:
    path.write_bytes(b"s3cret\xff\xfe")


def large(path: Path) -> None:
    path.write_text("s3cret" * 200_000)


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_to_nothing(path: Path) -> None:
    path.symlink_to("missing")


def link_out(path: Path) -> None:
    (path.parents[1] / "outside").write_text("s3cret")
    path.symlink_to("../outside")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (folder, "cannot be read: Is a directory"),
        (pipe, "is not a file"),
        (binary, "is not UTF-8 text"),
        (large, "is larger than 64 KiB"),
        (link_to_itself, "cannot be read: Too many levels of symbolic links"),
        (link_to_nothing, "cannot be read: No such file or directory"),
        (link_out, "is a link that leads out of its folder"),
    ],
)
def test_an_unusable_credential_says_why_where_it_is_needed(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    write_files(tmp_path / "db", {"host": "h"})
    make(tmp_path / "db" / "password")
    warnings: list[str] = []
    (binding,) = read(str(tmp_path), warnings)
    assert binding.credentials == {"host": "h"}
    with pytest.raises(Incomplete) as raised:
        binding.first(PASSWORD)
    assert str(raised.value) == f"has the entry 'password', which {reason}"
    # A keystore, for example, needs no line at each start.
    assert not warnings


def test_a_name_with_a_newline_stays_one_line_of_the_log(tmp_path: Path) -> None:
    name = "password\nSlipway: all is well" + "x" * 100
    write_files(tmp_path / "db", {"host": "h"})
    (tmp_path / "db" / name).mkdir()
    (binding,) = read(str(tmp_path), [])
    with pytest.raises(Incomplete) as raised:
        binding.first((plain_key(name),))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 140


@pytest.fixture
def reachable_folder() -> Iterator[Path]:
    """Yield a folder that other users can reach, and become root again afterwards."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    if os.getuid() == 0:
        os.seteuid(0)
    shutil.rmtree(path)


def test_an_unreadable_folder_is_a_warning(reachable_folder: Path) -> None:
    """An example is a mounted folder of the host, whose files belong to another user."""
    write_files(reachable_folder, {"db/host": "h", "db/password": "s3cret", "other/host": "h"})
    (reachable_folder / "db" / "password").chmod(0)
    (reachable_folder / "other").chmod(0o100)
    if os.getuid() == 0:
        os.seteuid(65534)
    warnings: list[str] = []
    read(str(reachable_folder), warnings)
    (warning,) = warnings
    assert warning == (
        f"Cannot read the service bindings in '{reachable_folder}/other': Permission denied. "
        f"The user with the ID {os.geteuid()}, which runs this process, must be able to read "
        "it."
    )
    # Otherwise the folder could not be removed.
    if os.getuid() == 0:
        os.seteuid(0)
    (reachable_folder / "other").chmod(0o700)
