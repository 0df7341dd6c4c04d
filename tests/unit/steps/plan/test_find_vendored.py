"""Vendored packages are found by their files, and by the paths in requirements."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Form, Vendoring
from slipway.domain.vendoring.source_project import LEGACY
from slipway.effects.files import AppFolder
from slipway.errors.app import FileUndecodable
from slipway.errors.submodules import SubmoduleEmpty
from slipway.errors.vendored import (
    OutsideTheApp,
    VendoredBroken,
    VendoredMissing,
    VendoredNotPython,
    VendorFolderMissing,
)
from slipway.steps.plan import plan
from slipway.steps.plan.find_vendored import find_vendored, notices_about_ignored
from unit.repositories import git
from unit.samples import lines, write_files

ACME = '[project]\nname = "acme"\n[build-system]\nrequires = ["hatchling"]\n'
SETUP = "from setuptools import setup\nsetup()\n"
JSON, EMPTY = "{}", ""
DEFAULT = Settings()


def find(
    root: Path, files: dict[str, str], requirements: str = "", settings: Settings = DEFAULT
) -> Vendoring:
    return find_vendored(
        AppFolder(write_files(root, files)), settings, lines(requirements, ROOT=str(root))
    )


def forms(vendoring: Vendoring) -> dict[str, Form]:
    return {package.path: package.form for package in vendoring.packages}


def requested(vendoring: Vendoring) -> dict[str, list[int]]:
    """Map each package to the numbers of the lines that name it."""
    return {
        package.path: [line.number for line in package.requested_by]
        for package in vendoring.packages
    }


def pack(archive: Path, files: dict[str, str]) -> None:
    """Write a tar.gz or a zip of files."""
    source = write_files(archive.parent.parent / f"source-of-{archive.name}", files)
    archive.parent.mkdir(parents=True, exist_ok=True)
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as zipped:
            for name, text in files.items():
                zipped.writestr(name, text)
        return
    with tarfile.open(archive, "w:gz") as tar:
        for name in files:
            tar.add(source / name, name)


def test_an_app_without_vendored_packages_has_none(tmp_path: Path) -> None:
    assert find(tmp_path, {"app.py": EMPTY}, "six\n") == Vendoring()


def test_each_form_is_recognized_by_its_files(tmp_path: Path) -> None:
    pack(
        tmp_path / "vendor/ropes-1.tar.gz",
        {"ropes-1/PKG-INFO": "Name: ropes\n", "ropes-1/setup.py": SETUP},
    )
    pack(tmp_path / "vendor/main.zip", {"sails-main/pyproject.toml": ACME})
    found = find(
        tmp_path,
        {
            "vendor/a/pyproject.toml": ACME,
            "vendor/b/setup.py": SETUP,
            "vendor/c/setup.cfg": "[metadata]\nname = c\n",
            "vendor/deep/er/wheel-1-py3-none-any.whl": EMPTY,
            "vendor/buoys/__init__.py": EMPTY,
            "vendor/lights.py": EMPTY,
        },
    )
    assert forms(found) == {
        "vendor/a": Form.TREE,
        "vendor/b": Form.TREE,
        "vendor/buoys": Form.PLAIN,
        "vendor/c": Form.TREE,
        "vendor/deep/er/wheel-1-py3-none-any.whl": Form.WHEEL,
        "vendor/lights.py": Form.PLAIN,
        "vendor/main.zip": Form.SDIST,
        "vendor/ropes-1.tar.gz": Form.SDIST,
    }
    assert found.folders == ("vendor",)
    names = {
        package.path: package.project and package.project.name for package in found.packages
    }
    assert names["vendor/a"] == names["vendor/main.zip"] == "acme"
    assert names["vendor/ropes-1.tar.gz"] == "ropes"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {
                "vendor/bootstrap/package.json": JSON,
                "vendor/bootstrap/site/setup.py": SETUP,
                "vendor/bootstrap/build.py": EMPTY,
                "vendor/bootstrap/tool/__init__.py": EMPTY,
            },
            id="javascript",
        ),
        pytest.param({"vendor/node_modules/gyp/setup.py": SETUP}, id="node-modules"),
        pytest.param(
            {
                "vendor/modules.txt": "# github.com/acme/go v1.2.3\n## explicit\n"
                "github.com/acme/go/cmd\n# golang.org/x/net v0.1\n",
                "vendor/github.com/acme/go/setup.py": SETUP,
                "vendor/golang.org/x/net/gen.py": EMPTY,
                "vendor/golang.org/gen.py": EMPTY,
            },
            id="go-vendor",
        ),
        pytest.param({"vendor/x/go.mod": "module x", "vendor/x/py/setup.py": SETUP}, id="go"),
        pytest.param({"vendor/x/Cargo.toml": "", "vendor/x/py/setup.py": SETUP}, id="rust"),
        pytest.param({"vendor/x/x.gemspec": "", "vendor/x/py/setup.py": SETUP}, id="ruby"),
        pytest.param({"vendor/o/x/composer.json": JSON, "vendor/o/x/setup.py": ""}, id="php"),
        pytest.param(
            {"vendor/venv/pyvenv.cfg": "", "vendor/venv/src/x/setup.py": SETUP}, id="virtualenv"
        ),
        pytest.param(
            {"vendor/docs/setup.py": SETUP, "vendor/x/Tests/a/setup.py": SETUP}, id="docs"
        ),
        pytest.param({"vendor/.cache/x/setup.py": SETUP, "vendor/.x.py": ""}, id="hidden"),
        pytest.param({"vendor/x.dist-info/a/setup.py": SETUP}, id="dist-info"),
        pytest.param({"vendor/fonts/a.woff2": "", "vendor/README.md": ""}, id="fonts"),
        pytest.param({"vendor/x/pyproject.toml": "[tool.black]\n"}, id="tools-alone"),
        pytest.param({"vendor/conftest.py": "", "vendor/setup.py": ""}, id="no-modules"),
        pytest.param({"vendor/my-module.py": "", "vendor/a b/__init__.py": ""}, id="no-names"),
        pytest.param({"vendor/x/y/z.py": "", "vendor/x/y/z/__init__.py": ""}, id="too-deep"),
        pytest.param({"vendor/1/2/3/4/5/setup.py": SETUP}, id="tree-too-deep"),
        pytest.param(
            {"vendor/__init__.py": "", "vendor/six.py": "", "vendor/a/__init__.py": ""},
            id="a-package-called-vendor",
        ),
    ],
)
def test_folders_without_python_packages_are_ignored(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert find(tmp_path, files).packages == ()


@pytest.mark.parametrize(
    "files", [{"jquery/package.json": JSON}, {"fonts/a.ttf": EMPTY}, {"a/pyproject.toml": ""}]
)
def test_archives_without_a_python_package_are_ignored(
    files: dict[str, str], tmp_path: Path
) -> None:
    pack(tmp_path / "vendor/a.zip", files)
    pack(tmp_path / "vendor/b-1.0.tar.gz", files)
    assert find(tmp_path, {"vendor/broken.tgz": "not an archive"}).packages == ()


@pytest.mark.parametrize("name", ["acme-1.0.tar.gz", "acme_core-1.0.zip"])
def test_an_sdist_that_is_not_an_archive_stops_the_build(name: str, tmp_path: Path) -> None:
    """If it were ignored, the package would come from an index."""
    pointer = "version https://git-lfs.example/spec/v1\noid sha256:ab\nsize 2\n"
    with pytest.raises(VendoredBroken) as broken:
        find(tmp_path, {f"vendor/{name}": pointer})
    assert broken.value.path == f"vendor/{name}"
    assert "Git LFS" in broken.value.reason


OPAQUE = "from acme_build import main\nmain()\n"
"""A setup.py that does not look like one."""


@pytest.mark.parametrize(
    "files",
    [
        {"priv-1.0/PKG-INFO": "Name: priv\n", "priv-1.0/setup.py": OPAQUE},
        {"priv-1.0/setup.py": OPAQUE},
        {"setup.py": OPAQUE, "priv.py": EMPTY},
        {"priv-1.0/pyproject.toml": "[tool.black]\n", "priv-1.0/PKG-INFO": "Name: priv\n"},
    ],
)
@pytest.mark.parametrize("ending", ["tar.gz", "zip"])
def test_an_sdist_is_one_whatever_its_setup_py_looks_like(
    files: dict[str, str], ending: str, tmp_path: Path
) -> None:
    """If it were ignored, the package would come from an index."""
    pack(tmp_path / f"vendor/priv-1.0.{ending}", files)
    found = find(tmp_path, {})
    assert forms(found) == {f"vendor/priv-1.0.{ending}": Form.SDIST}
    assert found.ignored == ()


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"vendor/priv/setup.py": OPAQUE}, "vendor/priv"),
        (
            {"vendor/priv-1.0/setup.py": OPAQUE, "vendor/priv-1.0/priv.py": EMPTY},
            "vendor/priv-1.0",
        ),
        ({"vendor/x/setup.py": OPAQUE, "vendor/x/PKG-INFO": "Name: priv\n"}, "vendor/x"),
        ({"vendor/x/setup.py": OPAQUE, "vendor/x/priv.egg-info/PKG-INFO": EMPTY}, "vendor/x"),
        ({"vendor/a/b/priv/setup.py": OPAQUE, "vendor/a/b/package.json": JSON}, None),
    ],
)
def test_a_required_source_tree_is_one_whatever_its_setup_py_looks_like(
    files: dict[str, str], path: str | None, tmp_path: Path
) -> None:
    expected = {} if path is None else {path: Form.TREE}
    assert forms(find(tmp_path, files, "six\nPriv>=1\n")) == expected


def test_a_required_package_may_have_the_name_of_a_folder_that_is_skipped(
    tmp_path: Path,
) -> None:
    tree = {"vendor/fixtures/setup.py": SETUP}
    assert forms(find(tmp_path, tree, "six\n")) == {}
    assert forms(find(tmp_path, tree, "fixtures\n")) == {"vendor/fixtures": Form.TREE}


@pytest.mark.parametrize("requirements", ["priv\n", "priv==1.0\n"])
def test_an_archive_named_like_a_requirement_without_a_package_stops(
    requirements: str, tmp_path: Path
) -> None:
    pack(tmp_path / "vendor/priv-1.0.tar.gz", {"priv-1.0/priv.py": EMPTY})
    assert find(tmp_path, {}, "six\n").packages == ()
    with pytest.raises(VendoredBroken) as broken:
        find(tmp_path, {}, requirements)
    assert broken.value.path == "vendor/priv-1.0.tar.gz"
    assert "priv, which the app requires" in broken.value.reason


@pytest.mark.parametrize(
    "file",
    [
        "priv/README.md",
        "priv/package.json",
        "priv-1.0/a b/__init__.py",
        "priv-1.0-py3.11.egg",
        "priv-1.0.tar.zst",
        "priv-main/docs/priv.py",
    ],
)
def test_what_is_named_like_a_requirement_is_not_ignored_in_silence(
    file: str, tmp_path: Path
) -> None:
    vendoring = find(tmp_path, {f"vendor/{file}": EMPTY}, "six\npriv\n")
    entry = f"vendor/{file.partition('/')[0]}"
    assert vendoring.ignored == ((entry, "priv"),)
    (notice,) = notices_about_ignored(vendoring)
    assert notice.startswith(f"{entry} is named like priv, which the app requires")


def test_a_link_out_of_the_app_is_not_ignored_in_silence(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "app/vendor").mkdir(parents=True)
    (tmp_path / "app/vendor/priv").symlink_to("../../elsewhere")
    assert find(tmp_path / "app", {}, "priv\n").ignored == (("vendor/priv", "priv"),)


@pytest.mark.parametrize(
    "files",
    [
        {"vendor/priv/priv/__init__.py": EMPTY, "vendor/six.py": EMPTY},
        {"vendor/priv.py": EMPTY, "vendor/six/moves.py": EMPTY},
        {"vendor/priv-1.0-py3-none-any.whl": EMPTY, "vendor/priv-1.0.tar.gz.asc": EMPTY},
        {"vendor/x/pyproject.toml": '[project]\nname="priv"', "vendor/priv/README.md": EMPTY},
        {"vendor/privet/README.md": EMPTY, "vendor/priv.md": EMPTY},
    ],
)
def test_nothing_is_said_about_names_that_are_vendored(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert find(tmp_path, files, "six\npriv\n").ignored == ()


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({"vendor/some-lib/pkg/__init__.py": ""}, ["vendor/some-lib/pkg"], id="in"),
        pytest.param(
            {"vendor/some-lib/src/pkg/__init__.py": ""}, ["vendor/some-lib/src/pkg"], id="src"
        ),
        pytest.param({"vendor/some-lib/mod.py": ""}, ["vendor/some-lib/mod.py"], id="module"),
        pytest.param(
            {
                "vendor/pkg/__init__.py": "",
                "vendor/pkg/a.py": "",
                "vendor/pkg/b/__init__.py": "",
            },
            ["vendor/pkg"],
            id="not-the-parts-of-a-package",
        ),
        pytest.param(
            {"vendor/pkg/__init__.py": "", "vendor/pkg/setup.py": SETUP},
            ["vendor/pkg"],
            id="tree-that-is-a-package",
        ),
        pytest.param(
            {"vendor/lib/package.json": JSON, "vendor/lib/setup.py": SETUP},
            ["vendor/lib"],
            id="python-with-some-javascript",
        ),
        pytest.param(
            {"vendor/package.json": JSON, "vendor/lib/setup.py": SETUP},
            ["vendor/lib"],
            id="javascript-above-it",
        ),
        pytest.param(
            {
                "vendor/mono/pyproject.toml": "[tool.ruff]\n",
                "vendor/mono/package.json.md": "",
                "vendor/mono/packages/a/pyproject.toml": ACME,
                "vendor/mono/packages/b/setup.py": SETUP,
                "vendor/mono/packages/b/plugins/c/setup.py": SETUP,
            },
            ["vendor/mono/packages/a", "vendor/mono/packages/b"],
            id="monorepo",
        ),
        pytest.param({"vendor/1/2/3/4/setup.py": SETUP}, ["vendor/1/2/3/4"], id="depth-4"),
        pytest.param(
            {"vendor/modules.txt": "# github.com/a/b v1\n", "vendor/lib/setup.py": SETUP},
            ["vendor/lib"],
            id="python-next-to-go",
        ),
        pytest.param(
            {"vendor/hafen straße/setup.py": SETUP, "vendor/b b/fähre.py": ""},
            ["vendor/b b/fähre.py", "vendor/hafen straße"],
            id="spaces-and-umlauts",
        ),
        pytest.param(
            {"vendor/setup.py": SETUP, "vendor/a/setup.py": ""}, ["vendor"], id="root"
        ),
    ],
)
def test_packages_are_found_in_the_usual_places(
    files: dict[str, str], found: list[str], tmp_path: Path
) -> None:
    assert list(forms(find(tmp_path, files))) == found


def test_files_in_vendor_build_are_only_for_builds(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "vendor/build/a-1-py3-none-any.whl": "",
            "vendor/build/b-1.tar.gz": "",
            "vendor/build/1/2/c-1-py3-none-any.whl": "",
            "vendor/build/1/2/3/d-1-py3-none-any.whl": "",
            "vendor/build/e/setup.py": SETUP,
            "vendor/build/f.py": "",
        },
    )
    assert found.packages == ()
    assert found.for_builds == (
        "vendor/build/1/2/c-1-py3-none-any.whl",
        "vendor/build/a-1-py3-none-any.whl",
        "vendor/build/b-1.tar.gz",
    )


def test_a_package_in_vendor_build_itself_is_a_package(tmp_path: Path) -> None:
    found = find(tmp_path, {"vendor/build/pyproject.toml": ACME, "vendor/build/x.whl": ""})
    assert (forms(found), found.for_builds) == ({"vendor/build": Form.TREE}, ())


# Settings


def named(*folders: str) -> Settings:
    return replace(DEFAULT, vendor=folders, vendor_origin="[tool.slipway] in pyproject.toml")


def test_only_the_folders_in_the_setting_are_searched(tmp_path: Path) -> None:
    files = {"vendor/a/setup.py": SETUP, "libs/b/setup.py": SETUP, "x/tree/setup.py": SETUP}
    found = find(tmp_path, files, settings=named("libs", "x/tree"))
    assert list(forms(found)) == ["libs/b", "x/tree"]
    assert found.folders == ("libs", "x/tree")
    assert find(tmp_path, {}, settings=named()) == Vendoring()


def test_a_vendor_folder_may_be_in_another_one(
    tmp_path: Path,
) -> None:
    files = {"vendor/private/lib/pkg/__init__.py": "", "vendor/private/m.py": ""}
    found = find(tmp_path, files, settings=named("vendor", "vendor/private"))
    assert list(forms(found)) == ["vendor/private/lib/pkg", "vendor/private/m.py"]


@pytest.mark.parametrize("files", [{}, {"libs": "a file"}])
def test_a_missing_folder_in_the_setting_is_an_error(
    files: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(VendorFolderMissing) as missing:
        find(tmp_path, files, settings=named("libs"))
    error = missing.value
    assert (error.folder, error.origin) == ("libs", "[tool.slipway] in pyproject.toml")


# Requirements


@pytest.mark.parametrize(
    "text",
    [
        "./vendor/x",
        "./vendor/x/",
        "vendor/x",
        "vendor/./y/../x",
        "-e vendor/x",
        "-e ./vendor/x[fast]",
        "--editable=./vendor/x",
        "./vendor/x ; python_version >= '3'",
        "x @ file:vendor/x",
        "x @ file:./vendor/x",
        "file:vendor/x#egg=x",
        "./vendor/x#egg=x",
    ],
)
def test_a_requirement_can_name_a_folder_in_several_ways(text: str, tmp_path: Path) -> None:
    found = find(tmp_path, {"vendor/x/setup.py": SETUP}, f"six\n{text}\n")
    assert requested(found) == {"vendor/x": [2]}


@pytest.mark.parametrize(
    "text",
    ["./vendor/a b/x-1.0-py3-none-any.whl", "x @ file:vendor/a%20b/x-1.0-py3-none-any.whl"],
)
def test_a_requirement_can_name_a_file(text: str, tmp_path: Path) -> None:
    file = "vendor/a b/x-1.0-py3-none-any.whl"
    assert requested(find(tmp_path, {file: ""}, text)) == {file: [1]}


def test_every_line_that_names_a_package_is_kept(tmp_path: Path) -> None:
    found = find(tmp_path, {"vendor/x/setup.py": SETUP}, "./vendor/x\n-e vendor/x[a]\n")
    assert requested(found) == {"vendor/x": [1, 2]}


def test_names_urls_and_options_are_not_paths(tmp_path: Path) -> None:
    text = "x\nx @ https://h.example/x.zip\n-e git+https://h.example/x\n--find-links vendor\n"
    assert requested(find(tmp_path, {"vendor/x/setup.py": SETUP}, text)) == {"vendor/x": []}


@pytest.mark.parametrize(
    ("files", "text", "form"),
    [
        ({"libs/x/pyproject.toml": ACME}, "./libs/x", Form.TREE),
        ({"libs/x/setup.py": "from own import build\nbuild()\n"}, "./libs/x", Form.TREE),
        (
            {"vendor/package.json": "", "vendor/docs/x/setup.py": SETUP},
            "./vendor/docs/x",
            Form.TREE,
        ),
        ({"libs/x-1-py3-none-any.whl": ""}, "./libs/x-1-py3-none-any.whl", Form.WHEEL),
        ({"libs/x/__init__.py": ""}, "./libs/x", Form.PLAIN),
    ],
)
def test_a_requirement_can_name_a_path_outside_vendor(
    files: dict[str, str], text: str, form: Form, tmp_path: Path
) -> None:
    found = find(tmp_path, files, text)
    assert (forms(found), requested(found)) == ({text[2:]: form}, {text[2:]: [1]})


def test_a_requirement_can_name_an_archive_outside_vendor(tmp_path: Path) -> None:
    pack(tmp_path / "libs/x-1.tar.gz", {"x-1/setup.py": SETUP})
    assert forms(find(tmp_path, {}, "./libs/x-1.tar.gz")) == {"libs/x-1.tar.gz": Form.SDIST}


@pytest.mark.parametrize("folder", ["vendor", "libs"])
def test_a_folder_of_plain_packages_stands_for_all_of_them(folder: str, tmp_path: Path) -> None:
    files = {
        f"{folder}/lib/one/__init__.py": "",
        f"{folder}/lib/two.py": "",
        f"{folder}/lib/src/three/__init__.py": "",
        f"{folder}/lib/wheels/w-1-py3-none-any.whl": "",
    }
    found = find(tmp_path, files, f"./{folder}/lib\n")
    plain = {f"{folder}/lib/{name}": [1] for name in ("one", "src/three", "two.py")}
    assert requested(found).items() >= plain.items()
    assert len(requested(found)) == (4 if folder == "vendor" else 3)


@pytest.mark.parametrize(
    "files",
    [{"pyproject.toml": ACME}, {"setup.py": ""}, {"setup.cfg": ""}, {"setup.py": SETUP}],
)
def test_the_app_itself_is_a_package_if_it_is_required(
    files: dict[str, str], tmp_path: Path
) -> None:
    for text in (".", "./", "-e .", "-e .[dev]", "vendor/.."):
        found = find(tmp_path, {**files, "own/__init__.py": ""}, text)
        assert forms(found) == {".": Form.TREE}
        assert requested(found) == {".": [1]}


def test_a_setup_py_without_metadata_is_left_to_setuptools(tmp_path: Path) -> None:
    (package,) = find(tmp_path, {"libs/x/setup.py": ""}, "./libs/x").packages
    assert package.project == LEGACY


@pytest.mark.parametrize("text", ["./vendor/x", "vendor/x-1.whl", "-e ./libs/y", "./vendor/\0"])
def test_a_missing_package_is_named_with_the_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(VendoredMissing) as missing:
        find(tmp_path, {"vendor/y/setup.py": SETUP}, f"six\n{text}\n")
    error = missing.value
    assert (error.file, error.line) == ("requirements.txt", 2)
    assert text.endswith(error.path)


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"vendor/js/package.json": JSON}, "./vendor/js"),
        ({"vendor/wheels/x-1-py3-none-any.whl": ""}, "./vendor/wheels"),
        ({"libs/wheels/x-1-py3-none-any.whl": ""}, "./libs/wheels"),
        ({"libs/mono/a/setup.py": SETUP}, "./libs/mono"),
        ({"vendor/x/pyproject.toml": "[tool.black]\n"}, "./vendor/x"),
        ({"vendor/notes.txt": ""}, "./vendor/notes.txt"),
        ({"vendor/x.zip": "not an archive"}, "./vendor/x.zip"),
        ({"own/__init__.py": ""}, "."),
    ],
)
def test_a_path_without_a_package_is_named_with_the_line(
    files: dict[str, str], text: str, tmp_path: Path
) -> None:
    with pytest.raises(VendoredNotPython) as refused:
        find(tmp_path, files, text)
    error = refused.value
    assert (error.path, error.line) == (text.removeprefix("./"), 1)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("../x", "../x"),
        ("./vendor/../../x", "./vendor/../../x"),
        ("/opt/x", "/opt/x"),
        ("x @ file:///opt/x", "/opt/x"),
        ("-e ${ROOT}/vendor/x", "{root}/vendor/x"),
    ],
)
def test_a_line_that_points_outside_the_app_is_an_error(
    text: str, target: str, tmp_path: Path
) -> None:
    with pytest.raises(OutsideTheApp) as outside:
        find(tmp_path, {"vendor/x/setup.py": SETUP}, f"six\n{text}\n")
    assert outside.value.path == "requirements.txt:2"
    assert outside.value.target == target.format(root=tmp_path)


# Broken files


@pytest.mark.parametrize(("text", "reason"), [("[project", "TOML"), ("project = 1", "table")])
def test_broken_metadata_is_named(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(VendoredBroken) as broken:
        find(tmp_path, {"vendor/x/pyproject.toml": text})
    assert broken.value.path == "vendor/x/pyproject.toml"
    assert reason in broken.value.reason


def test_broken_metadata_in_an_archive_is_named(tmp_path: Path) -> None:
    pack(tmp_path / "vendor/x-1.tar.gz", {"x-1/pyproject.toml": "[project"})
    with pytest.raises(VendoredBroken) as broken:
        find(tmp_path, {})
    assert broken.value.path == "vendor/x-1.tar.gz/pyproject.toml"


def test_a_pyproject_in_another_encoding_is_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"vendor/x/setup.py": SETUP})
    (tmp_path / "vendor/x/pyproject.toml").write_bytes(b"[project]\nname = '\xe4'\n")
    with pytest.raises(FileUndecodable) as undecodable:
        find(tmp_path, {})
    assert (undecodable.value.file, undecodable.value.line) == ("vendor/x/pyproject.toml", 2)


def test_a_setup_py_in_another_encoding_is_accepted(tmp_path: Path) -> None:
    write_files(tmp_path, {"vendor/x/setup.py": ""})
    (tmp_path / "vendor/x/setup.py").write_bytes(b"# coding: latin-1\n# \xe4\nsetup()\n")
    assert forms(find(tmp_path, {})) == {"vendor/x": Form.TREE}


# Links


def link(root: Path, name: str, target: str | Path) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def test_a_link_inside_the_app_is_followed(tmp_path: Path) -> None:
    link(tmp_path, "vendor/acme", "../packages/acme")
    found = find(
        tmp_path, {"packages/acme/setup.py": SETUP}, "./packages/acme\n./vendor/acme\n"
    )
    assert requested(found) == {"vendor/acme": [1, 2]}


def test_a_link_next_to_its_package_does_not_add_it_twice(tmp_path: Path) -> None:
    link(tmp_path, "vendor/a", "x")
    link(tmp_path, "vendor/latest.whl", "y-1-py3-none-any.whl")
    found = find(tmp_path, {"vendor/x/setup.py": SETUP, "vendor/y-1-py3-none-any.whl": ""})
    assert list(forms(found)) == ["vendor/x", "vendor/y-1-py3-none-any.whl"]


def test_links_that_form_a_loop_are_ignored(tmp_path: Path) -> None:
    write_files(tmp_path, {"vendor/x/setup.py": SETUP, "vendor/y/z/m.txt": "", "own.py": ""})
    for name, target in {
        "vendor/here": ".",
        "vendor/app": "..",
        "vendor/y/up": "..",
        "vendor/y/z/app": "../../..",
    }.items():
        link(tmp_path, name, target)
    assert list(forms(find(tmp_path, {}))) == ["vendor/x"]


@pytest.mark.parametrize(
    "files", [{"x/setup.py": SETUP}, {"x/__init__.py": ""}, {"x/x-1-py3-none-any.whl": ""}]
)
def test_a_link_to_a_package_outside_the_app_is_an_error(
    files: dict[str, str], tmp_path: Path
) -> None:
    write_files(tmp_path / "outside", files)
    link(tmp_path / "app", "vendor/x", "../../outside/x")
    with pytest.raises(OutsideTheApp) as outside:
        find(tmp_path / "app", {})
    assert (outside.value.path, outside.value.target) == ("vendor/x", "../../outside/x")


def test_a_dangling_link_out_of_the_app_is_an_error(
    tmp_path: Path,
) -> None:
    link(tmp_path / "app", "vendor/x", "../../x")
    with pytest.raises(OutsideTheApp):
        find(tmp_path / "app", {})


def test_other_links_out_of_the_app_are_ignored(tmp_path: Path) -> None:
    write_files(tmp_path / "fonts", {"a.ttf": "", "deeper/x/setup.py": SETUP})
    link(tmp_path / "app", "vendor/fonts", "../../fonts")
    link(tmp_path / "app", "vendor/icons/gone", "../../../gone")
    assert find(tmp_path / "app", {}).packages == ()


@pytest.mark.parametrize("target", ["../libs/acme", "no-such-file", "acme"])
def test_a_dead_link_in_a_vendor_folder_is_an_error(target: str, tmp_path: Path) -> None:
    link(tmp_path, "vendor/acme", target)
    with pytest.raises(VendoredBroken) as broken:
        find(tmp_path, {}, "acme\n")
    assert broken.value.path == "vendor/acme"
    assert broken.value.reason == f"it is a link to {target}, which does not exist"


def test_a_vendor_folder_that_is_a_dead_link_is_an_error(tmp_path: Path) -> None:
    link(tmp_path, "vendor", "packages")
    with pytest.raises(VendoredBroken) as broken:
        find(tmp_path, {}, "acme\n")
    assert broken.value.path == "vendor"


@pytest.mark.parametrize("name", ["acme-1-py3-none-any.whl", "acme-1.tar.gz"])
def test_a_folder_with_the_name_of_a_file_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(VendoredBroken) as broken:
        find(tmp_path, {f"vendor/{name}/acme/__init__.py": ""})
    assert broken.value.path == f"vendor/{name}"


# Namespace packages


@pytest.mark.parametrize(
    ("files", "namespaces", "folders"),
    [
        (["acme/one/__init__.py", "acme/two/__init__.py"], ["acme"], ["vendor/acme", "vendor"]),
        (["acme/one.py"], ["acme"], ["vendor/acme", "vendor"]),
        (["acme/deep/er/one.py"], ["acme", "acme/deep"], ["vendor", "vendor/acme"]),
        (
            ["acme/src/one.py"],
            ["acme", "acme/src"],
            ["vendor/acme", "vendor"],
        ),
        (["acme/__init__.py", "acme/one/two.py"], [], ["vendor"]),
        (["not-a-name/one.py"], [], ["vendor/not-a-name"]),
        (["acme/notes/read.me", "acme/setup.cfg.txt"], [], []),
        (["acme/tests/test_one.py"], [], []),
        (["acme/package.json", "acme/build/one.py"], [], []),
    ],
)
def test_the_folder_with_a_namespace_package_is_on_the_path(
    files: list[str], namespaces: list[str], folders: list[str], tmp_path: Path
) -> None:
    found = find(tmp_path, {f"vendor/{name}": "" for name in files})
    assert [*found.namespaces] == [f"vendor/{name}" for name in namespaces]
    assert {*found.plain_folders} == {*folders}


@pytest.mark.parametrize(
    "text",
    ["import acme.six\n", "def f():\n    from acme import six\n", "A = ['acme.six']"],
)
def test_modules_of_an_imported_namespace_have_no_name_of_their_own(
    text: str, tmp_path: Path
) -> None:
    files = {"vendor/acme/packaging/__init__.py": "", "vendor/acme/six.py": "", "app.py": text}
    found = find(tmp_path, files, "packaging\nsix\n")
    assert found.packages == ()
    assert found.plain_folders == ("vendor",)


def test_a_namespace_module_that_a_requirement_names_is_a_package(tmp_path: Path) -> None:
    files = {"vendor/acme/six.py": "", "app.py": "import acme.six\n"}
    assert [*forms(find(tmp_path, files, "./vendor/acme/six.py\n"))] == ["vendor/acme/six.py"]


def test_modules_of_a_project_make_no_namespace(tmp_path: Path) -> None:
    files = {"vendor/acme/ropes/pyproject.toml": ACME, "vendor/acme/ropes/acme/one.py": ""}
    assert find(tmp_path, files).namespaces == ()


@pytest.mark.parametrize("settings", [DEFAULT, named("vendor")])
def test_a_vendor_folder_that_links_out_of_the_app_is_an_error(
    settings: Settings, tmp_path: Path
) -> None:
    write_files(tmp_path, {"shared/x/setup.py": SETUP})
    link(tmp_path / "app", "vendor", "../shared")
    with pytest.raises(OutsideTheApp) as outside:
        find(tmp_path / "app", {}, settings=settings)
    assert (outside.value.path, outside.value.target) == ("vendor", "../shared")


# Submodules

GITMODULES = """\
[submodule "acme"]
\tpath = vendor/acme
\turl = https://user:s3cret@git.example/acme.git
"""
WITH_SUBMODULE = {"requirements.txt": "./vendor/acme/python\n", ".gitmodules": GITMODULES}
IS_EMPTY = (("vendor/acme", "https://git.example/acme.git"),)


@pytest.mark.parametrize("present", ["", "vendor/other/a.py", "vendor/acme/.git"])
def test_an_empty_submodule_is_reported_before_a_requirement_in_it(
    tmp_path: Path, present: str
) -> None:
    app = write_files(tmp_path, {**WITH_SUBMODULE, **({present: ""} if present else {})})
    with pytest.raises(SubmoduleEmpty) as empty:
        plan(AppFolder(app), {})
    assert empty.value.submodules == IS_EMPTY


def test_an_empty_submodule_of_a_submodule_is_reported(tmp_path: Path) -> None:
    nested = GITMODULES.replace("vendor/acme", "deps/ropes").replace("acme.git", "ropes.git")
    files = {"vendor/acme/python/setup.py": SETUP, "vendor/acme/.gitmodules": nested}
    app = write_files(tmp_path, {**WITH_SUBMODULE, **files})
    with pytest.raises(SubmoduleEmpty) as empty:
        plan(AppFolder(app), {})
    found = ("vendor/acme/deps/ropes", "https://git.example/ropes.git")
    assert empty.value.submodules == (found,)


@pytest.mark.parametrize("path", [".", "..", "../acme"])
def test_a_submodule_cannot_be_outside_its_repository(path: str, tmp_path: Path) -> None:
    nested = GITMODULES.replace("vendor/acme", path)
    files = {"vendor/acme/python/setup.py": SETUP, "vendor/acme/.gitmodules": nested}
    found = plan(AppFolder(write_files(tmp_path, {**WITH_SUBMODULE, **files})), {})
    assert [package.path for package in found.vendoring.packages] == ["vendor/acme/python"]


def test_a_submodule_with_its_files_is_like_any_folder(tmp_path: Path) -> None:
    files = {"vendor/acme/python/pyproject.toml": "[project]\nname = 'acme'\nversion = '1'\n"}
    found = plan(AppFolder(write_files(tmp_path, {**WITH_SUBMODULE, **files})), {})
    assert [package.path for package in found.vendoring.packages] == ["vendor/acme/python"]


def test_a_git_archive_has_empty_submodules(tmp_path: Path) -> None:
    other = write_files(tmp_path / "other", {"a.py": ""})
    app = write_files(tmp_path / "app", {"requirements.txt": ""})
    for folder in (other, app):
        git(folder, "init", "--quiet")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "first")
    git(app, "submodule", "--quiet", "add", str(other), "static/other")
    git(app, "commit", "--quiet", "--message", "second")
    git(app, "archive", "--output", str(tmp_path / "app.tar"), "HEAD")
    (tmp_path / "moved").mkdir()
    subprocess.run(["tar", "-xf", "../app.tar"], cwd=tmp_path / "moved", check=True)
    with pytest.raises(SubmoduleEmpty) as empty:
        plan(AppFolder(tmp_path / "moved"), {})
    assert empty.value.submodules == (("static/other", str(other)),)
