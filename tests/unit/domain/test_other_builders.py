"""Variables of other builders are named if the app would be built in another way than meant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slipway.domain.other_builders import (
    GroupsAndExtras,
    Repository,
    notices_for_heroku,
    notices_for_images,
)
from slipway.domain.settings import parse, with_paketo_names
from slipway.errors.python import ADVISED

HARMLESS = {
    **dict.fromkeys(("DISABLE_COLLECTSTATIC", "DEBUG_COLLECTSTATIC", "BUILDPACK_XTRACE"), "1"),
    "DISABLE_POETRY_CREATE_RUNTIME_FILE": "1",
    "POETRY_EXPORT_PARAMS": "--without-hashes --with-credentials",
    "POETRY_VERSION": "1.8.3",
    "PIPENV_VERSION": "2018.5.18",
    "PYTHONHASHSEED": "random",
    "PYTHONUNBUFFERED": "true",
    "WEB_CONCURRENCY": "2",
    "BUILD_WITH_GEO_LIBRARIES": "0",
}

KNOWN = GroupsAndExtras(groups=("web", "dev"), extras=("s3",))


def of_heroku(
    variables: Mapping[str, str],
    *folders: str,
    root: str = "",
    files: Mapping[str, str] | None = None,
    known: GroupsAndExtras = KNOWN,
) -> list[str]:
    repository = Repository(
        root=root,
        has_app=folders.__contains__,
        chosen=lambda: known,
        text=(files or {}).get,
    )
    return [*notices_for_heroku(variables, repository)]


def test_harmless_variables_are_not_named() -> None:
    assert of_heroku(HARMLESS) == []
    assert [*notices_for_images({"BP_CPYTHON_RM_SETUPTOOLS": "1", "BPE_X": "y"})] == []


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("BUILD_WITH_GEO_LIBRARIES", "1", "heroku-geo-buildpack before Slipway"),
        ("BUILDPACK_S3_BASE_URL", "https://a.example", "set SLIPWAY_PYTHON_MIRROR"),
        ("BUILDPACK_VENDOR_URL", "https://a.example", "set SLIPWAY_PYTHON_MIRROR"),
        ("POETRY_EXPORT_DEV_REQUIREMENTS", "1", "set SLIPWAY_GROUPS=dev"),
        (
            "POETRY_EXPORT_PARAMS",
            "--without-hashes -E web",
            "SLIPWAY_GROUPS=web,dev or SLIPWAY_EXTRAS=s3",
        ),
        ("UV_EXPORT_PARAMS", "--group=web", "SLIPWAY_GROUPS=web,dev or SLIPWAY_EXTRAS=s3"),
        ("PYTHON_RUNTIME_VERSION", "3.12.4", "set SLIPWAY_PYTHON_VERSION=3.12.4"),
        ("PYTHON_RUNTIME_VERSION", "python-3.11.2", "set SLIPWAY_PYTHON_VERSION=3.11.2. Then"),
        ("PYTHON_RUNTIME_VERSION", ">=3.11", "set SLIPWAY_PYTHON_VERSION='>=3.11'. Then"),
        ("PYTHON_RUNTIME_VERSION", "the newest", f"SLIPWAY_PYTHON_VERSION={ADVISED}. Then"),
        ("PYTHON_RUNTIME_VERSION", "3.8.2", f"SLIPWAY_PYTHON_VERSION={ADVISED}. Then"),
    ],
)
def test_a_variable_of_heroku_is_named_with_what_to_set(
    name: str, value: str, advice: str
) -> None:
    [notice] = of_heroku({name: value})
    assert notice.startswith(f"{name} has no effect. ")
    assert advice in notice
    assert notice.endswith(f". Then unset {name}")


def test_groups_are_named_only_if_the_app_has_some() -> None:
    variables = {"POETRY_EXPORT_DEV_REQUIREMENTS": "1", "UV_EXPORT_PARAMS": "--group web"}
    assert of_heroku(variables, known=GroupsAndExtras()) == []
    [notice] = of_heroku(variables, known=GroupsAndExtras(extras=("s3",)))
    assert "SLIPWAY_GROUPS" not in notice
    assert "set SLIPWAY_EXTRAS=s3. Then unset UV_EXPORT_PARAMS" in notice


def test_a_python_that_a_buildpack_has_written_to_a_file_needs_no_notice() -> None:
    variables = {"PYTHON_RUNTIME_VERSION": "3.12.4"}
    assert of_heroku(variables, files={"runtime.txt": "python-3.12.4"}) == []
    assert of_heroku(variables, files={".python-version": "3.12"}) == []
    assert of_heroku({**variables, "SLIPWAY_PYTHON_VERSION": "3.12"}) == []


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("BUILDPACK_S3_BASE_URL", "https://a.example", "SLIPWAY_PYTHON_MIRROR"),
        ("POETRY_EXPORT_DEV_REQUIREMENTS", "1", "SLIPWAY_GROUPS"),
        ("POETRY_EXPORT_PARAMS", "-E web", "SLIPWAY_EXTRAS"),
    ],
)
def test_no_notice_is_left_once_slipways_own_variable_is_set(
    name: str, value: str, instead: str
) -> None:
    assert of_heroku({name: value, instead: "x"}) == []


@pytest.mark.parametrize("name", ["PROJECT_PATH", "APP_BASE"])
@pytest.mark.parametrize("path", ["apps/site", "/apps/site/", "./apps/site"])
def test_the_folder_that_another_buildpack_would_move_is_named(name: str, path: str) -> None:
    [notice] = of_heroku({name: path}, "apps/site")
    assert "build the app in apps/site/, set SLIPWAY_ROOT=apps/site. Then" in notice
    assert of_heroku({name: path}, "apps/site", root="apps/site") == []
    assert of_heroku({name: path}) == []


@pytest.mark.parametrize("path", ["..", "../apps", ".", "/", "a\nb"])
def test_no_path_out_of_the_repository_is_looked_at(path: str) -> None:
    assert of_heroku({"PROJECT_PATH": path, "PROCFILE": path}, path, files={path: "x"}) == []


def test_the_procfile_that_another_buildpack_would_copy_is_named() -> None:
    variables, there = {"PROCFILE": "site/Procfile"}, {"site/Procfile": "web: one\n"}
    [notice] = of_heroku(variables, "site", files=there)
    assert "To build the app in site/, set SLIPWAY_ROOT=site. Then unset PROCFILE" in notice
    assert of_heroku(variables, "site", root="site", files=there) == []
    assert of_heroku(variables, files={**there, "Procfile": "web: one\n"}) == []
    [notice] = of_heroku(variables, "site", files={**there, "Procfile": "web: two\n"})
    assert "To use site/Procfile, move it to the top of the repository" in notice
    [notice] = of_heroku({"PROCFILE": "Procfile.web"}, files={"Procfile.web": "web: one\n"})
    assert "To use Procfile.web, move it to the top of the repository" in notice


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("BP_POETRY_RUN_TARGET", "serve", "`web: serve`"),
        ("BP_POETRY_RUN_TARGET", "app.server:run", "`web: COMMAND`"),
        ("GOOGLE_ENTRYPOINT", "gunicorn --bind :8080 a:b", "`web: COMMAND`"),
        ("GOOGLE_PYTHON_VERSION", "3.13.x", "set SLIPWAY_PYTHON_VERSION=3.13.x. Then"),
        ("GOOGLE_RUNTIME_VERSION", "3.8", f"set SLIPWAY_PYTHON_VERSION={ADVISED}. Then"),
        ("BP_LIVE_RELOAD_ENABLED", "true", "gunicorn --reload"),
        ("BP_PIP_DEST_PATH", "libs", "set SLIPWAY_VENDOR"),
        ("BP_POETRY_INSTALL_ONLY", "web", "set SLIPWAY_GROUPS"),
    ],
)
def test_a_variable_of_builders_of_images_is_named(name: str, value: str, advice: str) -> None:
    [notice] = notices_for_images({name: value})
    assert notice.startswith(f"{name} has no effect. ")
    assert advice in notice


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("BP_CPYTHON_CONFIGURE_FLAGS", "--foo", ": Slipway does not compile Python. Unset it"),
        ("BP_LOG_LEVEL", "TRACE", ". For a more detailed log, set BP_LOG_LEVEL=DEBUG"),
    ],
)
def test_a_variable_that_needs_nothing_in_its_place_is_named(
    name: str, value: str, advice: str
) -> None:
    [notice] = notices_for_images({name: value})
    assert notice.startswith(f"{name} has no effect")
    assert notice.endswith(advice)


def test_a_command_of_the_procfile_needs_no_other_one() -> None:
    for procfile in ("worker: x\nweb: gunicorn a:b\n", '"web" : gunicorn a:b'):
        [notice] = notices_for_images({"GOOGLE_ENTRYPOINT": "gunicorn a:b"}, procfile)
        assert "the command that its Procfile has for `web`" in notice
    [notice] = notices_for_images({"GOOGLE_ENTRYPOINT": "gunicorn a:b"}, "webs: x\n")
    assert "Write the command of `web` into a file Procfile" in notice


@pytest.mark.parametrize("level", ["debug", "INFO", ""])
def test_a_log_level_of_paketo_needs_no_notice(level: str) -> None:
    assert [*notices_for_images({"BP_LOG_LEVEL": level})] == []


def test_the_versions_of_other_tools_are_named_together() -> None:
    [one] = notices_for_images({"BP_PIP_VERSION": "24.0"})
    assert one.startswith("BP_PIP_VERSION has no effect: ")
    assert one.endswith("Unset it")
    [two] = notices_for_images({"BP_PIP_VERSION": "24.0", "BP_POETRY_VERSION": "1.8.3"})
    assert two.startswith("BP_PIP_VERSION and BP_POETRY_VERSION have no effect: ")


@pytest.mark.parametrize(
    ("value", "groups"),
    [("main", ()), ("main,Dev", ("dev",)), (" web , main", ("web",)), ("web", None)],
)
def test_the_groups_of_paketo_are_installed(value: str, groups: tuple[str, ...] | None) -> None:
    variables = {"BP_POETRY_INSTALL_ONLY": value}
    settings = parse({}, with_paketo_names(variables))
    assert settings.groups == groups
    if groups is not None:
        assert settings.groups_origin == "The variable BP_POETRY_INSTALL_ONLY"
        assert [*notices_for_images(variables)] == []


def test_pip_looks_into_the_folders_of_paketo_first() -> None:
    both = {"BP_PIP_FIND_LINKS": "./wheels", "PIP_FIND_LINKS": "/more"}
    assert with_paketo_names(both)["PIP_FIND_LINKS"] == "./wheels /more"
    assert "PIP_FIND_LINKS" not in with_paketo_names({"BP_PIP_FIND_LINKS": ""})
