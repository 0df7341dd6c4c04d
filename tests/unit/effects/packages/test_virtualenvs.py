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
    keep_only_python,
    make_complete_prefix,
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
    """Create a folder as pip leaves it."""
    root = tmp_path / "made" / "venv"
    write_files(
        root,
        {
            "bin/tool": f"#!{root}/bin/python\nprint('tool')\n",
            "bin/native": "\x7fELF",
            "pyvenv.cfg": "home = /usr/bin",
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
    assert '"acme/a,b.py",sha256=abc,3' in record.splitlines()


def test_a_new_environment_is_reduced_to_what_installers_need(tmp_path: Path) -> None:
    new = Virtualenv(tmp_path / "venv", VERSION)
    write_files(
        new.root,
        {
            "bin/activate": f"VIRTUAL_ENV={new.root}",
            "bin/deactivate.bat": "",
            "bin/pydoc.bat": "",
            "pyvenv.cfg": "home = /usr/bin",
            ".gitignore": "*",
            "CACHEDIR.TAG": "",
            f"{PACKAGES}/_virtualenv.py": "",
            f"{PACKAGES}/_virtualenv.pth": "import _virtualenv",
        },
    )
    (new.root / "include").mkdir()
    (new.root / "lib64").symlink_to("lib")
    (new.bin / "python").symlink_to(sys.executable)
    (new.bin / f"python{MINOR}").symlink_to("python")
    keep_only_python(new)
    assert names(new.root) == ["bin/python", f"bin/python{MINOR}", "pyvenv.cfg"]
    assert sorted(path.name for path in new.root.iterdir()) == ["bin", "lib", "pyvenv.cfg"]
    assert new.site_packages.is_dir()


@pytest.mark.parametrize("is_recorded", ["yes", ""])
@pytest.mark.parametrize(
    "name",
    [
        *("activate", "activate-global-python-argcomplete", "deactivate.bat"),
        *("pydoc", "pydocstyle", "python-thing", "python3-config", "python2", "pip", "wheel"),
    ],
)
def test_a_script_of_a_package_stays_whatever_its_name(
    name: str, is_recorded: str, tmp_path: Path
) -> None:
    made = installed(tmp_path / "venv", "pip")
    record = f"../../../bin/{name},sha256=abc,3\n" if is_recorded else ""
    write_files(made.root, {f"{INFO}/RECORD": record, f"bin/{name}": ""})
    assert seal(made) == ()
    assert {path.name for path in made.bin.iterdir()} == {"acme", name}


@pytest.mark.parametrize("name", ["python", "python3", f"python{MINOR}"])
def test_no_script_of_a_package_replaces_the_python(name: str, tmp_path: Path) -> None:
    made = installed(tmp_path / "venv", "pip")
    write_files(
        made.root,
        {
            f"{INFO}/RECORD": f"../../../bin/{name},sha256=abc,3\nname.py,,\n",
            f"{INFO}/entry_points.txt": f"[console_scripts]\n{name} = name:main\n",
            f"bin/{name}": "#!/bin/sh\n",
        },
    )
    assert seal(made) == (f"{name} of name",)
    assert not (made.bin / name).exists()
    assert (made.root / INFO / "RECORD").read_text() == "name.py,,\n"
    attach_to_image_python(made, Path(sys.executable))
    assert output_of(made.bin / name, "-c", "print('works')") == "works"


RECORDS = {
    "latin-1": b"caf\xe9.py,sha256=a,1\nname.py,,\n",
    "CRLF": b"name.py,sha256=a,1\r\nname-1.0.dist-info/RECORD,,\r\n",
    "few fields": b"name.py\nother.py,sha256=a\n",
    "blank lines": b"\n\nname.py,,\n\n",
    "a null byte": b"na\x00me.py,,\n",
    "an open quote": b'"name.py,,\n',
    "a long field": b"n" * 200_000 + b",,\n",
    "a byte order mark": b"\xef\xbb\xbfname.py,,\n",
    "the same row twice": b"name.py,,\nname.py,,\n",
    "absolute": b"/etc/passwd,sha256=a,1\n",
    "nothing": b"",
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_any_record_can_be_sealed(record: bytes, environment: Virtualenv) -> None:
    file = environment.root / INFO / "RECORD"
    file.write_bytes(record)
    seal(environment)
    once = file.read_bytes()
    seal(environment)
    assert file.read_bytes() == once


@pytest.mark.parametrize("address", ["", "no JSON", "[]", "3", "[" * 100_000, '{"url": 3}'])
def test_any_address_can_be_sealed(address: str, environment: Virtualenv) -> None:
    write_files(environment.root, {f"{INFO}/direct_url.json": address})
    seal(environment)
    assert (environment.root / INFO / "direct_url.json").exists()


def test_no_token_stays_in_an_address(environment: Virtualenv) -> None:
    address = '{"url": "https://ci:pw@h.example/download?id=1&token=x"}'
    write_files(environment.root, {f"{INFO}/direct_url.json": address})
    seal(environment)
    sealed = (environment.root / INFO / "direct_url.json").read_text()
    assert sealed == '{"url": "https://h.example/download?id=1&token="}'


def test_a_record_may_be_missing(environment: Virtualenv) -> None:
    (environment.root / INFO / "RECORD").unlink()
    seal(environment)
    assert (environment.site_packages / "name.py").exists()


def test_no_folder_stays_empty(environment: Virtualenv) -> None:
    """uv creates the empty folders of a wheel, and pip does not."""
    (environment.root / "include" / "site").mkdir(parents=True)
    (environment.site_packages / "acme" / "data").mkdir(parents=True)
    seal(environment)
    assert sorted(path.name for path in environment.root.iterdir()) == ["bin", "lib"]
    assert not (environment.site_packages / "acme").exists()


def test_sealing_twice_changes_nothing(tmp_path: Path) -> None:
    made = installed(tmp_path / "venv", "uv")
    seal(made)
    before = {name: (made.root / name).read_bytes() for name in names(made.root)}
    seal(made)
    assert {name: (made.root / name).read_bytes() for name in names(made.root)} == before


def test_an_environment_without_packages_can_be_sealed(tmp_path: Path) -> None:
    empty = Virtualenv(tmp_path / "venv", VERSION)
    write_files(empty.root, {"pyvenv.cfg": ""})
    empty.bin.mkdir()
    empty.site_packages.mkdir(parents=True)
    seal(empty)
    assert names(empty.root) == []
    assert empty.bin.is_dir()
    assert empty.site_packages.is_dir()


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


APP = Path("/app")


def test_the_programs_of_the_environment_come_first_on_path(environment: Virtualenv) -> None:
    variables = put_in_env({"PATH": "/usr/bin", "A": "x"}, environment, None, None)
    assert variables["PATH"] == f"{environment.bin}:/usr/bin"
    assert variables["A"] == "x"
    assert {"PYTHONPATH", "LD_LIBRARY_PATH"}.isdisjoint(variables)
    assert put_in_env({}, environment, None, None)["PATH"].startswith(f"{environment.bin}:/")


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, "/app"), ("", "/app"), ("lib:", "lib:/app"), ("/app:lib", "/app:lib")],
)
def test_the_app_comes_last_on_the_python_path(
    given: str | None, expected: str, environment: Virtualenv
) -> None:
    own = {} if given is None else {"PYTHONPATH": given}
    assert put_in_env(own, environment, APP, None)["PYTHONPATH"] == expected


def test_a_libpython_is_found_before_other_libraries(environment: Virtualenv) -> None:
    folder = "/app/.slipway/python/lib"
    assert put_in_env({}, environment, APP, Path(folder))["LD_LIBRARY_PATH"] == folder
    own = {"LD_LIBRARY_PATH": "/app/.apt/lib"}
    both = put_in_env(own, environment, APP, Path(folder))["LD_LIBRARY_PATH"]
    assert both == f"{folder}:/app/.apt/lib"


@pytest.mark.parametrize("site", [PACKAGES, "lib/python3/dist-packages"])
def test_an_environment_is_a_complete_prefix_until_it_is_attached_again(
    site: str, environment: Virtualenv
) -> None:
    tree = write_files(
        environment.root.parent / "python",
        {f"lib/python{MINOR}/os.py": "", f"lib/python{MINOR}/json/__init__.py": "x = 1\n"},
    )
    (tree / PACKAGES).mkdir()
    before = names(environment.root)
    for _ in range(2):
        make_complete_prefix(environment, tree, tree / site)
    library = environment.site_packages.parent
    assert (library / "os.py").readlink() == Path(f"../../../python/lib/python{MINOR}/os.py")
    assert (library / "json" / "__init__.py").read_text() == "x = 1\n"
    assert not environment.site_packages.is_symlink()
    is_other = site != PACKAGES
    assert (environment.root / site / "slipway.pth").exists() == is_other
    attach_to_image_python(environment, Path(sys.executable))
    links = [path.name for path in library.iterdir() if path.is_symlink()]
    assert links == []
    assert {*before} <= {*names(environment.root)}
