"""A toolchain gets files that mean what the app's mean, from another folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.question import questions
from slipway.effects.files import AppFolder
from slipway.steps.plan.read_requirements import read_requirements
from slipway.toolchains import RequirementFiles
from slipway.toolchains.requirement_files import requirement_files
from unit.samples import write_files


def laid_out(tmp_path: Path, files: dict[str, str], **variables: str) -> RequirementFiles:
    app, folder = write_files(tmp_path / "app", files), tmp_path / "scratch"
    folder.mkdir()
    found = read_requirements(AppFolder(app), "requirements.txt", variables)
    _, question = questions(found, ("gunicorn",))
    assert question is not None
    return requirement_files(question, app, folder)


def test_lines_are_sorted_by_what_they_are_for(tmp_path: Path) -> None:
    text = "--pre\n-f wheels\ndjango>=5 ; python_version > '3'\n-c limits.txt\n"
    files = laid_out(tmp_path, {"requirements.txt": text, "limits.txt": "idna<4\n"})
    assert files.requirements == "django>=5 ; python_version > '3'\ngunicorn\n"
    assert files.constraints == "idna<4\n"
    assert files.options == f"--pre\n--find-links {tmp_path}/app/wheels\n"
    assert files.direct == []


def test_variables_are_filled_in_by_the_toolchain_itself(tmp_path: Path) -> None:
    text = "-i https://${USER}@h.example/\nname @ https://${USER}@h.example/n.zip\n"
    files = laid_out(tmp_path, {"requirements.txt": text}, USER="s3cret")
    (direct,) = files.direct
    assert files.options == "-i https://${USER}@h.example/\n"
    assert direct.line == "name @ https://${USER}@h.example/n.zip"
    assert "s3cret" not in direct.source


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("git+https://h.example/r.git@v1#egg=x", "git+https://h.example/r.git@v1#egg=x"),
        ("-e git+https://h.example/r.git#egg=x", "git+https://h.example/r.git#egg=x"),
        ("--editable=git+https://h.example/r.git#egg=x", "git+https://h.example/r.git#egg=x"),
        # The hash goes along, and pip holds the archive to it before it is built.
        (f"https://h.example/n.zip --hash=sha256:{'ab' * 32}",) * 2,
        ("n @ https://h.example/n.zip ; python_version > '3'",) * 2,
    ],
)
def test_an_address_is_told_as_it_stands(text: str, told: str, tmp_path: Path) -> None:
    (direct,) = laid_out(tmp_path, {"requirements.txt": f"{text}\nsix\n"}).direct
    assert direct.line == told


def test_a_folder_is_built_from_a_copy(tmp_path: Path) -> None:
    """What its build writes, and what it must not read, stays apart from the app."""
    files = laid_out(
        tmp_path,
        {
            "requirements.txt": "-e ./package[one] ; python_version > '3'\n",
            "package/setup.py": "",
            "package/.git/HEAD": "",
        },
    )
    # An editable line has no marker for pip, and is installed with one here.
    (direct,) = files.direct
    place, _, marker = direct.line.partition(" ; ")
    assert Path(place).is_relative_to(files.folder)
    assert Path(place).name == "package"
    assert [path.name for path in Path(place).iterdir()] == ["setup.py"]
    assert marker.startswith("python_version")
    assert direct.source.startswith("-e ./package[one]")


def test_folders_of_one_name_do_not_get_into_each_others_way(tmp_path: Path) -> None:
    files = laid_out(
        tmp_path,
        {
            "requirements.txt": "./a/package\n-r more.txt\n",
            "more.txt": "./b/package\n",
            "a/package/setup.py": "a",
            "b/package/setup.py": "b",
        },
    )
    assert [Path(one.line, "setup.py").read_text() for one in files.direct] == ["a", "b"]


def test_an_archive_is_told_by_its_place(tmp_path: Path) -> None:
    files = laid_out(tmp_path, {"requirements.txt": "./n-1.tar.gz", "n-1.tar.gz": ""})
    assert [one.line for one in files.direct] == [f"{tmp_path}/app/n-1.tar.gz"]


def test_the_app_itself_is_a_folder_like_others(tmp_path: Path) -> None:
    files = laid_out(tmp_path, {"requirements.txt": ".[web]", "setup.py": "", "a/b.py": ""})
    (direct,) = files.direct
    assert direct.extras == "[web]"
    assert sorted(path.name for path in Path(direct.line).iterdir()) == [
        "a",
        "requirements.txt",
        "setup.py",
    ]


@pytest.mark.parametrize(
    ("file", "is_added"), [("setup.cfg", True), ("setup.py", False), ("pyproject.toml", False)]
)
def test_a_package_with_a_setup_cfg_alone_is_given_a_backend(
    file: str, *, is_added: bool, tmp_path: Path
) -> None:
    (direct,) = laid_out(tmp_path, {"requirements.txt": "./p", f"p/{file}": "x"}).direct
    added = Path(direct.line, "pyproject.toml")
    assert (added.exists() and "setuptools.build_meta" in added.read_text()) is is_added
    assert not (tmp_path / "app" / "p" / "pyproject.toml").exists() or file == "pyproject.toml"
