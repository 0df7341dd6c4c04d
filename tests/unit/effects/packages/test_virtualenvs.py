"""A virtual environment has no trace of where it was created, and works anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.effects.packages.virtualenvs import (
    Virtualenv,
    add_paths,
    attach_to_bundled_python,
    attach_to_image_python,
    put_in_env,
    seal,
)
from unit.samples import write_files

VERSION = ".".join(map(str, sys.version_info[:3]))
MINOR = ".".join(map(str, sys.version_info[:2]))
PACKAGES = f"lib/python{MINOR}/site-packages"
INFO = f"{PACKAGES}/name-1.0.dist-info"
RECORD = "../../../bin/tool,sha256=old,1\nname.py,sha256=kept,2\n"
LOCAL = "name-1.0.dist-info/direct_url.json,sha256=old,3\n"


@pytest.fixture
def environment(tmp_path: Path) -> Virtualenv:
    """Create a folder as virtualenv and pip leave it."""
    root = tmp_path / "made" / "venv"
    write_files(
        root,
        {
            "bin/tool": f"#!{root}/bin/python\nprint('tool')\n",
            "bin/native": "\x7fELF",
            "bin/activate": f"VIRTUAL_ENV={root}",
            "bin/activate.fish": f"set VIRTUAL_ENV {root}",
            "bin/deactivate.bat": "",
            "bin/pydoc.bat": "",
            "pyvenv.cfg": "home = /usr/bin",
            ".gitignore": "*",
            "CACHEDIR.TAG": "",
            f"{PACKAGES}/_virtualenv.py": "",
            f"{PACKAGES}/_virtualenv.pth": "import _virtualenv",
            f"{PACKAGES}/name.py": "",
            f"{INFO}/RECORD": RECORD + LOCAL,
            f"{INFO}/direct_url.json": json.dumps({"url": f"file://{root}/name-1.0.whl"}),
            f"{PACKAGES}/Other_Name-2.dist-info/RECORD": "other.py,sha256=kept,2\n",
            f"{PACKAGES}/Other_Name-2.dist-info/direct_url.json": '{"url": "https://h.example"}',
        },
    )
    (root / "bin" / "tool").chmod(0o755)
    (root / "bin" / "python").symlink_to(sys.executable)
    (root / "bin" / f"python{MINOR}").symlink_to("python")
    (root / "bin" / "link").symlink_to("tool")
    return Virtualenv(root, VERSION)


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def output_of(*argv: str | Path) -> str:
    return subprocess.check_output(list(map(str, argv)), text=True, cwd="/").strip()


def test_a_sealed_environment_contains_only_files_that_the_app_needs(
    environment: Virtualenv,
) -> None:
    seal(environment)
    assert names(environment.root) == [
        "bin/link",
        "bin/native",
        "bin/tool",
        f"{PACKAGES}/Other_Name-2.dist-info/RECORD",
        f"{PACKAGES}/Other_Name-2.dist-info/direct_url.json",
        f"{INFO}/RECORD",
        f"{PACKAGES}/name.py",
    ]


def test_a_sealed_environment_does_not_name_its_folder(environment: Virtualenv) -> None:
    seal(environment)
    place = str(environment.root).encode()
    for name in names(environment.root):
        assert place not in (environment.root / name).read_bytes(), name


def row(path: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"{path},sha256={digest},{len(content)}"


def test_records_of_changed_files_are_corrected(environment: Virtualenv) -> None:
    seal(environment)
    content = (environment.bin / "tool").read_bytes()
    assert (environment.root / INFO / "RECORD").read_text() == (
        f"{row('../../../bin/tool', content)}\nname.py,sha256=kept,2\n"
    )
    other = environment.site_packages / "Other_Name-2.dist-info" / "RECORD"
    assert other.read_text() == "other.py,sha256=kept,2\n"


def installed(root: Path, toolchain: str) -> Virtualenv:
    """Create the files of the same distribution as uv or pip installs it."""
    info = f"{PACKAGES}/acme-1.0.dist-info"
    address = '{"url": "https://h.example/acme.git", "vcs_info": {"vcs": "git"}}'
    rows = [
        "../../../bin/acme,sha256=old,10",
        row("acme-1.0.dist-info/INSTALLER", b"pip\n"),
        row("acme-1.0.dist-info/direct_url.json", address.encode()),
    ]
    files = {
        "bin/acme": f"#!{root}/bin/python\nfrom acme.cli import main\n",
        f"{info}/INSTALLER": "pip\n",
        f"{info}/entry_points.txt": "[console_scripts]\nacme = acme.cli:main\n",
        f"{info}/direct_url.json": address,
    }
    if toolchain == "uv":
        rows += ["acme-1.0.dist-info/uv_cache.json,sha256=old,2"]
        files |= {
            ".lock": "",
            "bin/acme": f"#!{root}/bin/python3\n# -*- coding: utf-8 -*-\nimport acme.cli\n",
            f"{info}/INSTALLER": "uv",
            f"{info}/direct_url.json": json.dumps(
                {"vcs_info": {"vcs": "git"}, "url": "https://h.example/acme.git"},
                separators=(",", ":"),
            ),
            f"{info}/uv_cache.json": "{}",
        }
    ending = "\r\n" if toolchain == "pip" else "\n"
    rows += ["acme-1.0.dist-info/RECORD,,", '"acme/a,b.py",sha256=abc,3']
    files[f"{info}/RECORD"] = "".join(f"{one}{ending}" for one in rows)
    write_files(root, files)
    return Virtualenv(root, VERSION)


def test_both_toolchains_leave_the_same_files(tmp_path: Path) -> None:
    contents = []
    for toolchain in ("uv", "pip"):
        made = installed(tmp_path / toolchain, toolchain)
        seal(made)
        contents.append({name: (made.root / name).read_bytes() for name in names(made.root)})
    by_uv, by_pip = contents
    assert by_uv == by_pip
    record = by_uv[f"{PACKAGES}/acme-1.0.dist-info/RECORD"].decode()
    assert row("../../../bin/acme", by_uv["bin/acme"]) in record.splitlines()
    assert record.endswith('"acme/a,b.py",sha256=abc,3\n')


def test_a_script_of_a_package_stays_whatever_its_name(tmp_path: Path) -> None:
    made = installed(tmp_path / "venv", "pip")
    record = "../../../bin/pydocstyle,sha256=abc,3\n"
    write_files(made.root, {f"{INFO}/RECORD": record, "bin/pydocstyle": "", "bin/pydoc": ""})
    seal(made)
    assert {path.name for path in made.bin.iterdir()} == {"acme", "pydocstyle"}


def test_sealing_twice_changes_nothing(tmp_path: Path) -> None:
    made = installed(tmp_path / "venv", "uv")
    seal(made)
    before = {name: (made.root / name).read_bytes() for name in names(made.root)}
    seal(made)
    assert {name: (made.root / name).read_bytes() for name in names(made.root)} == before


def test_an_environment_without_packages_can_be_sealed(tmp_path: Path) -> None:
    empty = Virtualenv(tmp_path / "venv", VERSION)
    write_files(empty.root, {"bin/activate": "", "pyvenv.cfg": ""})
    seal(empty)
    assert names(empty.root) == []


def test_distributions_have_normalized_names(environment: Virtualenv) -> None:
    assert environment.minor == MINOR
    assert environment.python == environment.bin / "python"
    assert environment.distributions() == {"name": "1.0", "other-name": "2"}


def test_an_environment_runs_with_the_images_python_after_a_move(
    environment: Virtualenv, tmp_path: Path
) -> None:
    seal(environment)
    attach_to_image_python(environment, Path(sys.executable).resolve())
    moved = tmp_path / "moved to here"
    environment.root.rename(moved)
    for python in ("python", "python3", f"python{MINOR}"):
        prefix = output_of(
            moved / "bin" / python, "-I", "-c", "import name, sys; print(sys.prefix)"
        )
        assert prefix == str(moved)
    assert output_of(moved / "bin" / "tool") == output_of(moved / "bin" / "link") == "tool"
    assert VERSION in (moved / "pyvenv.cfg").read_text()


def test_a_moved_environment_finds_its_bundled_python(
    environment: Virtualenv, tmp_path: Path
) -> None:
    """The line in the .pth file is run as site does, with the prefix of the moved Python."""
    tree = environment.root.parent / "python"
    folder = tree / "lib" / "site-packages"
    seal(environment)
    write_files(environment.site_packages, {"more.pth": "/from/a/pth\n"})
    attach_to_bundled_python(environment, tree, folder)
    assert not (environment.root / "pyvenv.cfg").exists()
    link = environment.bin / "python"
    assert link.readlink() == Path(f"../../python/bin/python{MINOR}")
    moved = tmp_path / "moved"
    environment.root.parent.rename(moved)
    (line,) = (moved / "python/lib/site-packages/slipway.pth").read_text().splitlines()
    set_prefix = f"import sys; sys.prefix = {str(moved / 'python')!r}; {line}; print(sys.path)"
    path = output_of(sys.executable, "-I", "-S", "-c", set_prefix)
    assert f"'{moved}/venv/{PACKAGES}'" in path


def test_folders_of_the_app_are_importable_after_a_move(
    environment: Virtualenv, tmp_path: Path
) -> None:
    made = environment.root.parent
    write_files(
        made,
        {"vendor/buoys.py": "", "hafen straße/kai/__init__.py": "", "vendor/name.py": "1/0"},
    )
    seal(environment)
    add_paths(environment, [made / "vendor", made / "hafen straße"])
    attach_to_image_python(environment, Path(sys.executable).resolve())
    moved = made.rename(tmp_path / "moved to here")
    code = "import buoys, kai, name; print(buoys.__file__, kai.__file__, sep='\\n')"
    found = output_of(moved / "venv" / "bin" / "python", "-I", "-c", code).splitlines()
    assert found == [f"{moved}/vendor/buoys.py", f"{moved}/hafen straße/kai/__init__.py"]


def test_nothing_is_written_without_folders_of_the_app(environment: Virtualenv) -> None:
    before = names(environment.root)
    add_paths(environment, ())
    assert names(environment.root) == before


def test_an_environment_can_be_attached_twice(environment: Virtualenv) -> None:
    for _ in range(2):
        attach_to_image_python(environment, Path("/usr/bin/python3"))
    assert (environment.bin / "python").readlink() == Path("/usr/bin/python3")


def test_the_programs_of_the_environment_come_first_on_path(environment: Virtualenv) -> None:
    variables = put_in_env({"PATH": "/usr/bin", "A": "x"}, environment)
    assert variables["PATH"] == f"{environment.bin}:/usr/bin"
    assert variables["A"] == "x"
    assert put_in_env({}, environment)["PATH"].startswith(f"{environment.bin}:/")
