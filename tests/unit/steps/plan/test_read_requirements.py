"""Requirements files are read with all files that they name; each line has its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.requirements.dependencies import Dependencies
from slipway.effects.files import AppFolder
from slipway.errors.app import FileUndecodable
from slipway.errors.dependencies import RequirementFileMissing, RequirementInvalid
from slipway.errors.vendored import OutsideTheApp
from slipway.steps.plan.read_requirements import read_requirements
from unit.samples import write_files


def read(root: Path, files: dict[str, str], **variables: str) -> Dependencies:
    return read_requirements(
        AppFolder(write_files(root, files)), ["requirements.txt"], variables
    )


def places(found: Dependencies) -> list[str]:
    return [f"{line.file}:{line.number} {line.name}" for line in found.requirements]


def test_nested_files_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "requirements.txt": "-r requirements/prod.txt\nsix\n",
            "requirements/prod.txt": "-r base.txt\n-r ../more.txt\n-r ./more.txt\ndjango\n",
            "requirements/base.txt": "idna\n",
            "requirements/more.txt": "attrs\n",
            "more.txt": "\n\ntomli\n",
        },
    )
    assert places(found) == [
        "requirements/base.txt:1 idna",
        "more.txt:3 tomli",
        "requirements/more.txt:1 attrs",
        "requirements/prod.txt:4 django",
        "requirements.txt:2 six",
    ]
    assert found.origin == "requirements.txt"
    assert found.files == (
        "requirements.txt",
        "requirements/prod.txt",
        "requirements/base.txt",
        "more.txt",
        "requirements/more.txt",
    )


def test_constraints_are_not_requirements(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "requirements.txt": "-c limits.txt\nsix\n",
            "limits.txt": "django<6\n-r more.txt\n-c others.txt\n",
            "more.txt": "idna<4\n",
            "others.txt": "attrs<26\n",
        },
    )
    assert places(found) == ["requirements.txt:2 six"]
    assert [line.text for line in found.constraints] == ["django<6", "idna<4", "attrs<26"]


def test_options_of_all_files_are_kept_in_order(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "requirements.txt": "--pre\n-r base.txt\n",
            "base.txt": "-i https://h.example/\nsix\n",
        },
    )
    assert [(line.file, line.text) for line in found.options] == [
        ("requirements.txt", "--pre"),
        ("base.txt", "-i https://h.example/"),
    ]


def test_a_file_can_have_requirements_and_constraints(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"requirements.txt": "-r a.txt\n-r a.txt\n-c a.txt\n", "a.txt": "six\n"}
    )
    assert places(found) == ["a.txt:1 six"]
    assert [line.text for line in found.constraints] == ["six"]
    assert found.files == ("requirements.txt", "a.txt")


def test_files_that_name_each_other_are_read_once(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {"requirements.txt": "-r a.txt\n", "a.txt": "-r requirements.txt\nsix\n"},
    )
    assert places(found) == ["a.txt:2 six"]


def test_the_name_of_a_file_may_contain_a_variable(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"requirements.txt": "-r ${STAGE}.txt\n", "prod.txt": "six\n"}, STAGE="prod"
    )
    assert places(found) == ["prod.txt:1 six"]


def test_an_empty_file_has_no_requirements(tmp_path: Path) -> None:
    assert read(tmp_path, {"requirements.txt": ""}).requirements == ()


def test_a_missing_file_is_named_with_the_line_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(RequirementFileMissing) as missing:
        read(
            tmp_path,
            {"requirements.txt": "-r requirements/a.txt", "requirements/a.txt": "\n-c b.txt\n"},
        )
    error = missing.value
    assert (error.file, error.named_in, error.line) == (
        "requirements/b.txt",
        "requirements/a.txt",
        2,
    )


def test_a_folder_that_is_named_like_a_file_is_reported_as_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RequirementFileMissing) as missing:
        read(tmp_path, {"requirements.txt": "-r base", "base/a.txt": ""})
    assert (missing.value.file, missing.value.is_folder) == ("base", True)


@pytest.mark.parametrize("path", ["../shared.txt", "a/../../shared.txt", "..", "/srv/a.txt"])
def test_a_file_outside_the_app_is_an_error(path: str, tmp_path: Path) -> None:
    with pytest.raises(OutsideTheApp) as outside:
        read(tmp_path / "app", {"requirements.txt": f"six\n-c {path}"})
    assert (outside.value.path, outside.value.target) == ("requirements.txt:2", path)


def test_a_file_at_a_url_is_an_error_without_its_credentials(tmp_path: Path) -> None:
    with pytest.raises(RequirementInvalid) as refused:
        read(tmp_path, {"requirements.txt": "-r https://u:s3cret@h.example/base.txt"})
    assert "s3cret" not in str(vars(refused.value))
    assert "h.example/base.txt" in refused.value.text


def test_an_invalid_line_of_a_nested_file_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(RequirementInvalid) as invalid:
        read(tmp_path, {"requirements.txt": "-r a.txt", "a.txt": "six\ndjango=>5\n"})
    assert (invalid.value.file, invalid.value.line) == ("a.txt", 2)


def test_a_file_that_is_not_text_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"six\n# \xe4\n")
    with pytest.raises(FileUndecodable) as undecodable:
        read(tmp_path, {"requirements.txt": "-r a.txt"})
    assert (undecodable.value.file, undecodable.value.line) == ("a.txt", 2)


def test_several_files_are_read_as_one_source(tmp_path: Path) -> None:
    files = {
        "a.txt": "-r base.txt\nsix\n",
        "b.txt": "-r base.txt\nidna\n",
        "base.txt": "rich\n",
    }
    app = AppFolder(write_files(tmp_path, files))
    found = read_requirements(app, ["a.txt", "b.txt"], {})
    assert (found.origin, found.files) == ("a.txt and b.txt", ("a.txt", "base.txt", "b.txt"))
    assert [line.text for line in found.requirements] == ["rich", "six", "idna"]


@pytest.mark.parametrize("address", ["file://${PWD}/vendor/acme", "file:${PWD}/vendor/acme"])
def test_the_working_directory_of_pip_is_the_folder_of_the_app(
    address: str, tmp_path: Path
) -> None:
    found = read(tmp_path, {"requirements.txt": f"acme @ {address}\n"})
    assert [line.local_path for line in found.requirements] == ["./vendor/acme"]


def test_a_folder_is_not_read_as_a_file(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r deploy/all.txt\n",
        "deploy/all.txt": "-r ../requirements\n",
        "requirements/base.txt": "six\n",
        "requirements/prod.txt": "-r base.txt\n",
    }
    with pytest.raises(RequirementFileMissing) as missing:
        read(tmp_path, files)
    assert missing.value.in_folder == (
        "-r ../requirements/prod.txt",
        "-r ../requirements/base.txt",
    )


def test_a_nested_file_with_another_case_is_named(tmp_path: Path) -> None:
    files = {"requirements.txt": "-r requirements/Base.txt\n", "requirements/base.txt": "six\n"}
    with pytest.raises(RequirementFileMissing) as missing:
        read_requirements(AppFolder(write_files(tmp_path, files)), ["requirements.txt"], {})
    assert missing.value.similar == "requirements/base.txt"
