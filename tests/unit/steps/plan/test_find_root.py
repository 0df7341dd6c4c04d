"""The setting `root` names the folder of the app in its repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.errors.app import LinkDead, SettingInvalid, SettingOutside
from slipway.errors.root import RootMissing, RootNotPython, SettingsOfRepository
from slipway.errors.submodules import SubmoduleEmpty
from slipway.errors.vendored import OutsideTheApp
from slipway.steps.plan import plan
from slipway.steps.plan.find_root import files_without_effect, find_root
from unit.samples import write_files

TABLE = '[tool.slipway]\nroot = "backend"\n'
MONOREPO = {
    "backend/requirements.txt": "six\n",
    "backend/wsgi.py": "application = None\n",
    "frontend/package.json": "{}",
}


def found_in(root: Path, files: dict[str, str], **environment: str) -> AppFolder:
    return find_root(AppFolder(write_files(root, {**MONOREPO, **files})), environment)


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({"pyproject.toml": TABLE}, {}),
        ({}, {"SLIPWAY_ROOT": "backend"}),
        ({}, {"SLIPWAY_ROOT": "./backend/"}),
        ({}, {"SLIPWAY_ROOT": " backend "}),
        ({"pyproject.toml": '[tool.slipway]\nroot = "gone"\n'}, {"SLIPWAY_ROOT": "backend"}),
        ({"pyproject.toml": "not TOML"}, {"SLIPWAY_ROOT": "backend"}),
    ],
)
def test_the_table_of_the_repository_or_the_variable_names_the_folder(
    files: dict[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    app = found_in(tmp_path, files, **environment)
    assert (app.root, app.repository) == (tmp_path / "backend", tmp_path)
    assert app.path_in_repository == "backend"
    assert app.whole_repository.root == tmp_path


@pytest.mark.parametrize("environment", [{}, {"SLIPWAY_ROOT": "."}])
def test_the_repository_itself_is_the_app_otherwise(
    environment: dict[str, str], tmp_path: Path
) -> None:
    table = TABLE if environment else "[project]\n"
    app = found_in(tmp_path, {"pyproject.toml": table}, **environment)
    assert (app.root, app.path_in_repository) == (tmp_path, "")


def test_a_link_within_the_repository_is_followed(tmp_path: Path) -> None:
    (tmp_path / "site").symlink_to("backend")
    app = found_in(tmp_path, {}, SLIPWAY_ROOT="site")
    assert app.path_in_repository == "backend"


@pytest.mark.parametrize(
    ("root", "nearest"),
    [
        ("backnd", "backend"),
        ("Backend", "backend"),
        ("api", ""),
        ("backend/wsgi.py", "backend"),
    ],
)
def test_a_folder_that_does_not_exist_is_an_error_with_the_nearest(
    root: str, nearest: str, tmp_path: Path
) -> None:
    with pytest.raises(RootMissing) as missing:
        found_in(tmp_path, {}, SLIPWAY_ROOT=root)
    error = missing.value
    assert (error.path, error.origin) == (root, "The variable SLIPWAY_ROOT")
    assert (error.nearest, error.is_file) == (nearest, root.endswith(".py"))
    assert error.apps == (("backend", ("requirements.txt", "wsgi.py")),)


def test_a_folder_without_a_python_app_is_an_error_that_names_those_with_one(
    tmp_path: Path,
) -> None:
    with pytest.raises(RootNotPython) as refused:
        found_in(tmp_path, {"pyproject.toml": TABLE.replace("backend", "frontend")})
    assert refused.value.origin == "[tool.slipway] in pyproject.toml"
    assert refused.value.found == ("package.json",)
    assert refused.value.apps == (("backend", ("requirements.txt", "wsgi.py")),)


def test_an_empty_submodule_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    modules = '[submodule "api"]\n\tpath = api\n\turl = https://h.example/api\n'
    with pytest.raises(SubmoduleEmpty) as empty:
        found_in(tmp_path, {".gitmodules": modules}, SLIPWAY_ROOT="api")
    assert empty.value.submodules == (("api", "https://h.example/api"),)


@pytest.mark.parametrize(
    ("root", "inside"),
    [
        ("..", ""),
        ("../other", ""),
        ("/", ""),
        ("/frontend", ""),
        ("backend/../..", ""),
        ("/backend", "backend"),
        ("/app/backend/", "backend"),
        ("../../shop/backend", "backend"),
    ],
)
def test_a_path_out_of_the_repository_is_an_error_with_the_folder_that_is_meant(
    root: str, inside: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingOutside) as outside:
        found_in(tmp_path, {}, SLIPWAY_ROOT=root)
    error = outside.value
    assert (error.origin, error.path) == ("The variable SLIPWAY_ROOT", root)
    assert error.inside == inside


def test_a_link_out_of_the_repository_is_an_error(tmp_path: Path) -> None:
    other = write_files(tmp_path / "other", {"requirements.txt": ""})
    repository = write_files(tmp_path / "repository", MONOREPO)
    (repository / "site").symlink_to("../other")
    assert other.is_dir()
    with pytest.raises(OutsideTheApp):
        find_root(AppFolder(repository), {"SLIPWAY_ROOT": "site"})


def test_a_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "site").symlink_to("gone")
    with pytest.raises(LinkDead):
        found_in(tmp_path, {}, SLIPWAY_ROOT="site")


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({}, {"SLIPWAY_ROOT": ""}),
        ({"pyproject.toml": "[tool.slipway]\nroot = 1\n"}, {}),
        ({"pyproject.toml": '[tool.slipway]\nroot = ["backend"]\n'}, {}),
        ({}, {"SLIPWAY_ROOT": "https://h.example/backend"}),
    ],
)
def test_a_value_that_is_no_path_is_an_error(
    files: dict[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(SettingInvalid):
        found_in(tmp_path, files, **environment)


def test_other_settings_next_to_root_are_an_error_with_the_lines_to_move(
    tmp_path: Path,
) -> None:
    table = f'{TABLE}python_version = "3.12"\nvendor = ["libs"]\noffline = true\n'
    with pytest.raises(SettingsOfRepository) as misplaced:
        found_in(tmp_path, {"pyproject.toml": table})
    assert misplaced.value.path == "backend"
    assert misplaced.value.lines == (
        'python_version = "3.12"',
        'vendor = ["libs"]',
        "offline = true",
    )


def test_with_the_variable_a_table_at_the_top_may_be_that_of_another_app(
    tmp_path: Path,
) -> None:
    files = {"pyproject.toml": '[tool.slipway]\nroot = "shop"\noffline = true\n'}
    app = found_in(tmp_path, files, SLIPWAY_ROOT="backend")
    assert app.path_in_repository == "backend"


def test_settings_of_the_folder_count(tmp_path: Path) -> None:
    own = '[project]\nname = "a"\nversion = "1"\n[tool.slipway]\nlog_level = "debug"\n'
    files = {"pyproject.toml": TABLE, "backend/pyproject.toml": own}
    settings = plan(found_in(tmp_path, files), {}).settings
    assert (settings.log_level, settings.root) == ("debug", "backend")


@pytest.mark.parametrize(
    ("files", "environment", "notice"),
    [
        (
            {"pyproject.toml": TABLE, "backend/pyproject.toml": TABLE},
            {},
            "`root` in backend/pyproject.toml has no effect",
        ),
        (
            {"pyproject.toml": '[tool.slipway]\nlog_level = "debug"\n'},
            {"SLIPWAY_ROOT": "backend"},
            "settings count in backend/pyproject.toml",
        ),
        (
            {"Procfile": "web: a\n", "backend/Procfile": "web: b\n"},
            {"SLIPWAY_ROOT": "backend"},
            "backend/Procfile has no effect",
        ),
        (
            {"Procfile": "web: a\n", "backend/Procfile": "web: a\n"},
            {"SLIPWAY_ROOT": "backend"},
            "remove the copy, or the buildpack that makes it",
        ),
        (
            {"backend/.profile": ""},
            {"SLIPWAY_ROOT": "backend"},
            "run `git mv backend/.profile .profile`",
        ),
    ],
)
def test_what_does_not_count_is_in_a_notice(
    files: dict[str, str], environment: dict[str, str], notice: str, tmp_path: Path
) -> None:
    found = plan(found_in(tmp_path, files, **environment), environment).notices
    assert notice in " ".join(found)


def test_the_procfile_at_the_top_wins(tmp_path: Path) -> None:
    files = {"Procfile": "web: a\n", "backend/Procfile": "web: b\n"}
    decided = plan(found_in(tmp_path, files, SLIPWAY_ROOT="backend"), {})
    assert decided.procfile == {"web": "a"}
    assert decided.procfile_is_of_repository


def test_the_procfile_of_the_folder_counts_otherwise(tmp_path: Path) -> None:
    decided = plan(
        found_in(tmp_path, {"backend/Procfile": "web: b\n"}, SLIPWAY_ROOT="backend"), {}
    )
    assert decided.procfile == {"web": "b"}
    assert not decided.procfile_is_of_repository


def test_only_submodules_in_the_folder_must_have_files(tmp_path: Path) -> None:
    modules = "".join(
        f'[submodule "{path}"]\n\tpath = {path}\n\turl = https://h.example/{path}\n'
        for path in ("backend/vendor/acme", "frontend/theme")
    )
    app = found_in(tmp_path, {".gitmodules": modules}, SLIPWAY_ROOT="backend")
    (tmp_path / "backend/vendor/acme").mkdir(parents=True)
    with pytest.raises(SubmoduleEmpty) as empty:
        plan(app, {})
    assert [path for path, _ in empty.value.submodules] == ["backend/vendor/acme"]


def test_git_lfs_is_noticed_by_the_attributes_of_the_repository(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    files = {".gitattributes": "*.bin filter=lfs\n", "backend/a.bin": pointer}
    notices = plan(found_in(tmp_path, files, SLIPWAY_ROOT="backend"), {}).notices
    assert "the content of a.bin" in " ".join(notices)


def test_files_at_the_top_that_would_count_are_known(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "bin/post_compile": "", "Procfile": "", ".gitmodules": ""}
    repository = AppFolder(write_files(tmp_path, files))
    assert files_without_effect(repository) == ("requirements.txt", "bin/post_compile")
