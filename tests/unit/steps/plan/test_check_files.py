"""Files with names that count are read as what they are, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.errors.app import (
    FileIsLfsPointer,
    FileUndecodable,
    FileUnreadable,
    LinkDead,
    LinkWrittenAsText,
    NotAFile,
    NotAFolder,
)
from slipway.errors.vendored import OutsideTheApp
from slipway.steps.plan import plan
from slipway.steps.plan.check_files import refuse_files_as_folders, refuse_folder_as_file
from unit.samples import write_files

SIX = {"requirements.txt": "six\n"}


def notices(root: Path, files: dict[str, str], **environment: str) -> tuple[str, ...]:
    return plan(AppFolder(write_files(root, files)), environment).notices


@pytest.mark.parametrize(
    ("name", "right", "command"),
    [
        (".python_version", ".python-version", "git mv .python_version .python-version"),
        ("procfile", "Procfile", "git mv procfile Procfile"),
        ("Procfile.txt", "Procfile", "git mv Procfile.txt Procfile"),
        ("requirement.in", "requirements.in", ""),
        ("Manage.py", "manage.py", "git mv Manage.py manage.py"),
        ("Vendor/a.txt", "vendor/", "git mv Vendor vendor"),
        ("bin/pre-compile", "bin/pre_compile", "git mv bin/pre-compile bin/pre_compile"),
        ("post_compile", "bin/post_compile", "mkdir -p bin && git mv post_compile bin/post_"),
        ("hooks/pre-compile", "bin/pre_compile", "mkdir -p bin && git mv hooks/pre-compile "),
        ("scripts/postinstall.sh", "postinstall", "git mv scripts/postinstall.sh postinstall"),
        ("pyproject.tml", "pyproject.toml", "git mv pyproject.tml pyproject.toml"),
    ],
)
def test_a_misspelled_name_is_in_a_notice(
    name: str, right: str, command: str, tmp_path: Path
) -> None:
    found = notices(tmp_path, {**SIX, name: ""})
    if not command:  # requirements.txt counts before it
        assert found == ()
        return
    [notice] = found
    assert f"If it is meant to be {right}, rename it with `{command}" in notice


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({"requirements_test.txt": "", "requirements-dev.txt": "", "manager.py": ""}, {}),
        ({"procfiles/a": "", "setups.py": "", "vendors/a.py": "", "Procfile.dev": ""}, {}),
        ({"Procfile": "web: a", "Procfile.txt": ""}, {}),
        ({".python_version": ""}, {"SLIPWAY_PYTHON_VERSION": "3.12"}),
        ({"Requirements.txt": "six\n"}, {"SLIPWAY_REQUIREMENTS": "Requirements.txt"}),
        ({"requirements.txt": "-r requirement.in\n", "requirement.in": "six\n"}, {}),
        ({"Vendor/acme/__init__.py": ""}, {"SLIPWAY_VENDOR": "Vendor"}),
        ({".python-version": "3.12", "runtime.text": "3.12"}, {}),
    ],
)
def test_other_names_are_in_no_notice(
    files: dict[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    assert notices(tmp_path, {**SIX, **files}, **environment) == ()


def test_names_that_differ_only_by_case_are_named(tmp_path: Path) -> None:
    [notice] = notices(tmp_path, {**SIX, "Procfile": "web: a", "procfile": "web: b"})
    assert notice.startswith("Procfile and procfile differ only by case")
    assert "Slipway reads only Procfile" in notice
    assert notices(tmp_path / "other", {**SIX, "Readme": "", "README": ""}) == ()


@pytest.mark.parametrize(
    "name", ["requirements.txt", "Procfile", ".python-version", "manage.py", "bin/pre_compile"]
)
@pytest.mark.parametrize("target", ["../elsewhere/file", "missing"])
def test_a_link_to_nothing_is_an_error(name: str, target: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"wsgi.py": "", "bin/other": "", "pyproject.toml": "[project]\n"})
    (tmp_path / name).symlink_to(target)
    with pytest.raises(LinkDead) as dead:
        notices(tmp_path, {})
    assert (dead.value.file, dead.value.target) == (name, target)


def test_a_nested_file_that_is_a_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    write_files(tmp_path, {"requirements.txt": "-r base.txt\n"})
    (tmp_path / "base.txt").symlink_to("missing.txt")
    with pytest.raises(LinkDead):
        notices(tmp_path, {})


def test_a_folder_of_requirements_that_is_a_link_to_nothing_is_an_error(
    tmp_path: Path,
) -> None:
    write_files(tmp_path, {"requirements.txt": "-r requirements/base.txt\n"})
    (tmp_path / "requirements").symlink_to("missing")
    with pytest.raises(LinkDead) as dead:
        notices(tmp_path, {})
    assert dead.value.file == "requirements"


def test_a_configured_file_that_is_a_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    write_files(tmp_path, SIX)
    (tmp_path / "prod.txt").symlink_to("missing.txt")
    with pytest.raises(LinkDead):
        notices(tmp_path, {}, SLIPWAY_REQUIREMENTS="prod.txt")


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    write_files(tmp_path, SIX)
    (tmp_path / "Procfile").symlink_to("Procfile")
    with pytest.raises(LinkDead):
        notices(tmp_path, {})


def test_a_link_out_of_the_app_is_an_error(tmp_path: Path) -> None:
    write_files(tmp_path, {"shared/requirements.txt": "six\n", "app/wsgi.py": ""})
    (tmp_path / "app/requirements.txt").symlink_to("../shared/requirements.txt")
    with pytest.raises(OutsideTheApp) as outside:
        notices(tmp_path / "app", {})
    assert outside.value.path == "requirements.txt"


def test_a_link_within_the_app_is_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"requirements/prod.txt": "six\n"})
    (tmp_path / "requirements.txt").symlink_to("requirements/prod.txt")
    assert plan(AppFolder(tmp_path), {}).dependencies.names == {"six"}


@pytest.mark.parametrize("name", ["Procfile", ".python-version", "pyproject.toml", "setup.py"])
def test_a_folder_with_the_name_of_a_file_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable) as unreadable:
        notices(tmp_path, {**SIX, f"{name}/a": ""})
    assert unreadable.value.file == name


def test_a_procfile_with_a_byte_order_mark_is_in_a_notice(tmp_path: Path) -> None:
    [notice] = notices(tmp_path, {**SIX, "Procfile": "\ufeffweb: a\n"})
    assert notice.startswith("Procfile begins with a byte order mark (BOM), which platforms")
    assert (
        notices(tmp_path / "b", {"requirements.txt": "\ufeffsix", ".python-version": "\ufeff3"})
        == ()
    )


@pytest.mark.parametrize("name", ["Procfile", "pyproject.toml", "manage.py", "postinstall"])
def test_utf16_is_an_error_where_other_programs_read_the_file(
    name: str, tmp_path: Path
) -> None:
    write_files(tmp_path, SIX)
    (tmp_path / name).write_text("web: a\n", "utf-16")
    with pytest.raises(FileUndecodable) as undecodable:
        notices(tmp_path, {})
    assert (undecodable.value.file, undecodable.value.encoding) == (name, "UTF-16")


def test_utf16_is_read_where_only_pip_and_slipway_read_the_file(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n", "utf-16")
    (tmp_path / ".python-version").write_text("3.12\n", "utf-16")
    found = plan(AppFolder(tmp_path), {})
    assert found.dependencies.names == {"six"}
    assert found.python.requested == "3.12"


@pytest.mark.parametrize(
    ("files", "name", "is_in_app"),
    [
        ({"requirements.txt": "../shared/requirements.txt"}, "requirements.txt", False),
        (
            {"requirements.txt": "backend/requirements.txt", "backend/requirements.txt": ""},
            "requirements.txt",
            True,
        ),
        ({"requirements.txt": "prod.txt", "prod.txt": "six"}, "requirements.txt", True),
        ({**SIX, "Procfile": "deploy/Procfile", "deploy/Procfile": ""}, "Procfile", True),
        ({**SIX, ".python-version": "../.python-version"}, ".python-version", False),
        (
            {
                "requirements.txt": "-r requirements/prod.txt",
                "requirements/prod.txt": "base.txt",
                "requirements/base.txt": "six",
            },
            "requirements/prod.txt",
            True,
        ),
    ],
)
def test_a_file_that_holds_only_a_path_is_an_error(
    files: dict[str, str], name: str, *, is_in_app: bool, tmp_path: Path
) -> None:
    with pytest.raises(LinkWrittenAsText) as link:
        notices(tmp_path, files)
    assert (link.value.file, link.value.is_in_app) == (name, is_in_app)


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", "Procfile"])
def test_a_git_lfs_pointer_is_an_error(name: str, tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4' * 64}\nsize 12\n"
    with pytest.raises(FileIsLfsPointer) as error:
        notices(tmp_path, {**SIX, name: pointer})
    assert error.value.file == name


def test_a_folder_of_hooks_that_is_a_dead_link_is_named(tmp_path: Path) -> None:
    app = write_files(tmp_path, SIX)
    (app / "bin").symlink_to("../tools")
    (notice,) = notices(app, {})
    assert "bin is a symbolic link to ../tools, which does not exist in the app" in notice


@pytest.mark.parametrize("target", ["src", "src/gone", ".", "/usr"])
def test_slipways_own_folder_is_never_a_link(target: str, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / ".slipway").symlink_to(target)
    with pytest.raises(NotAFolder):
        refuse_files_as_folders(AppFolder(tmp_path), (".slipway", ".profile.d"))


def test_a_folder_of_the_app_that_a_build_writes_into_may_be_a_link_in_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".profile.d").symlink_to("scripts")
    refuse_files_as_folders(AppFolder(tmp_path), (".slipway", ".profile.d"))


def test_a_folder_in_place_of_a_file_that_a_build_writes_is_refused(tmp_path: Path) -> None:
    app, name = AppFolder(tmp_path), ".profile.d/slipway.sh"
    refuse_folder_as_file(app, name)
    (tmp_path / name).mkdir(parents=True)
    with pytest.raises(NotAFile):
        refuse_folder_as_file(app, name)
