"""The index that stands for the default index of a lock."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.domain.index_config.pip_settings import Setting
from slipway.domain.index_config.project_settings import (
    ProjectSettings,
    index_of_files,
    index_of_lock,
    lock_settings,
)
from slipway.domain.locks.brought import Index
from unit.brought_locks import FakeLock

LOCK = FakeLock(default_index=Index(url="https://yard.example/simple/", name="yard", tool="uv"))
PUBLIC = FakeLock()
MIRROR = {"UV_DEFAULT_INDEX": "https://mirror.example/simple"}


def settings(
    lock: FakeLock,
    *own: Setting,
    uv: dict[str, object] | None = None,
    is_offline: bool = False,
    environment: Mapping[str, str] | None = None,
) -> ProjectSettings:
    document = {"tool": {"uv": uv or {}}}
    variables = environment or {}
    return lock_settings(lock, document, None, variables, own, is_offline=is_offline)


def texts(found: ProjectSettings) -> list[str]:
    return [line.text for line in found.options]


def own(name: str, value: str) -> Setting:
    return Setting(name=name, value=value, origin=f"PIP_{name.upper().replace('-', '_')}")


def test_the_lock_names_its_default_index() -> None:
    found = settings(LOCK)
    assert texts(found) == ["--index-url https://yard.example/simple/"]
    assert [line.file for line in found.options] == ["uv.lock"]
    assert texts(settings(PUBLIC)) == []


def test_the_default_index_gets_its_credentials() -> None:
    variables = {"UV_INDEX_YARD_USERNAME": "ci", "UV_INDEX_YARD_PASSWORD": "x"}
    assert texts(settings(LOCK, environment=variables)) == [
        "--index-url https://ci:x@yard.example/simple/"
    ]
    extra = own("extra-index-url", "https://ci:y@yard.example/other")
    assert texts(settings(LOCK, extra)) == ["--index-url https://ci:y@yard.example/simple/"]


def test_an_index_of_the_builder_stands_for_it_and_is_named() -> None:
    found = settings(LOCK, own("index-url", "https://ci:x@mirror.example/simple"))
    assert texts(found) == []  # pip and uv read the setting themselves
    [line] = found.used
    assert line.startswith("Using the index in PIP_INDEX_URL instead of https://yard.example/")
    found = settings(LOCK, environment=MIRROR)
    assert texts(found) == ["--index-url ${UV_DEFAULT_INDEX}"]
    [line] = found.used
    assert line.startswith("Using the index in UV_DEFAULT_INDEX instead of")


def test_nothing_is_said_if_it_is_the_same_index() -> None:
    assert settings(LOCK, own("index-url", "https://ci:x@yard.example/simple")).used == ()
    assert settings(PUBLIC, own("index-url", "https://mirror.example/simple")).used == ()


def test_an_offline_build_uses_no_index() -> None:
    found = settings(LOCK, is_offline=True, environment=MIRROR)
    assert (texts(found), found.used) == ([], ())


def test_a_certificate_that_the_lock_does_not_check_is_not_checked() -> None:
    index = Index(url="https://yard.example/simple", tool="Pipenv", is_verified=False)
    assert texts(settings(FakeLock(tool="Pipenv", default_index=index))) == [
        "--index-url https://yard.example/simple",
        "--trusted-host yard.example",
    ]


def test_kinds_of_files_count_and_choices_of_versions_do_not() -> None:
    uv: dict[str, object] = {
        "no-build": True,
        "no-binary-package": ["acme"],
        "prerelease": "allow",
        "override-dependencies": ["six<2"],
        "resolution": "lowest",
    }
    assert texts(settings(PUBLIC, uv=uv)) == ["--no-binary acme", "--only-binary :all:"]
    assert texts(settings(FakeLock(tool="Poetry"), uv=uv)) == []


def test_other_indexes_are_asked_as_well() -> None:
    others = (
        Index(url="https://ci:${HARBOUR}@harbour.example/simple", name="harbour", tool="PDM"),
        Index(
            url="http://quay.example/links",
            name="quay",
            tool="PDM",
            is_verified=False,
            is_page=True,
        ),
        Index(url="file:///${PROJECT_ROOT}/wheel s", name="own", tool="PDM", is_page=True),
    )
    lock = FakeLock(file="pdm.lock", tool="PDM", other_indexes=others)
    found = settings(lock, environment={"HARBOUR": "p@ss"})
    assert texts(found) == [
        "--extra-index-url https://ci:p%40ss@harbour.example/simple",
        "--find-links http://quay.example/links",
        "--trusted-host quay.example",
        "--find-links 'wheel s'",
    ]
    [line] = found.used
    assert line.startswith("Looking for packages in `harbour` (https://")
    assert "p@ss" not in line
    assert texts(settings(lock, is_offline=True)) == ["--find-links 'wheel s'"]
    mirrored = settings(lock, environment={"HARBOUR": "x", **MIRROR})
    assert texts(mirrored)[0] == "--index-url ${UV_DEFAULT_INDEX}"
    assert len(texts(mirrored)) == len(texts(found)) + 1
    page = "https://harbour.example/simple/six/"
    assert index_of_lock(lock, found.options, page) == others[0]


def test_an_error_of_the_default_index_is_about_the_lock() -> None:
    page = "https://yard.example/simple/six/"
    options = settings(LOCK).options
    assert index_of_lock(LOCK, options, page) == LOCK.default_index
    assert index_of_lock(LOCK, options, "yard.example:443") == LOCK.default_index
    assert index_of_lock(LOCK, options, "https://other.example/six/") is None
    assert index_of_lock(PUBLIC, (), page) is None
    assert index_of_lock(None, options, page) is None
    mirrored = settings(LOCK, environment=MIRROR).options
    assert index_of_lock(LOCK, mirrored, page) is None
    assert index_of_lock(LOCK, (), page) is None


def test_the_index_of_a_table_has_its_name_and_tool() -> None:
    document = {
        "tool": {
            "uv": {"index": [{"name": "yard", "url": "https://yard.example", "default": True}]}
        }
    }
    page = "https://yard.example/six/"
    found = index_of_files(document, None, page)
    assert found
    assert (found.name, found.tool) == ("yard", "uv")
    assert index_of_files(document, {}, page) is None
    assert index_of_files(document, None, "https://other.example/six/") is None
