"""A console script finds the Python next to it, even if both are moved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from slipway.effects.packages.console_scripts import console_scripts, relocatable
from unit.samples import write_files

BODY = b"# -*- coding: utf-8 -*-\nfrom __future__ import annotations\nimport sys\n"
PRINTS = b"print(sys.executable, *sys.argv[1:], sep='\\n')\nsys.exit(3)\n"
BIN = "/build/.slipway/venv/bin"
BY_SH = b"#!/bin/sh\n'''exec' \"%s/python\" \"$0\" \"$@\"\n' '''\n"


def written_by_pip(bin_folder: str, form: str) -> bytes:
    folder = bin_folder.encode()
    starts = {
        "plain": b"#!%s/python\n" % folder,
        "plain with version": b"#!%s/python3.13\n" % folder,
        "CRLF": b"#!%s/python\r\n" % folder,
        "by sh": BY_SH % folder,
        "by sh as uv quotes": (BY_SH % folder).replace(
            b'"%s/python"' % folder, b"'%s/python'" % folder
        ),
        "by sh without quotes": (BY_SH % folder).replace(
            b'"%s/python"' % folder, b"%s/python" % folder
        ),
    }
    return starts[form] + BODY + PRINTS


FORMS = [
    "plain",
    "plain with version",
    "CRLF",
    "by sh",
    "by sh as uv quotes",
    "by sh without quotes",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_rewritten_script_does_not_name_its_folder(form: str) -> None:
    content = relocatable(written_by_pip(BIN, form), BIN)
    assert content is not None
    assert BIN.encode() not in content
    assert content.endswith(BODY + PRINTS)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"#!/usr/bin/python3\nprint()\n", id="another-python"),
        pytest.param(b"#!/usr/bin/env python3\nprint()\n", id="env"),
        pytest.param(b"#!/bin/sh\nexec true\n", id="sh"),
        pytest.param(BY_SH % b"/elsewhere/bin", id="another-folder-by-sh"),
        pytest.param(b"\x7fELF\x00\xff", id="program"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_file_that_is_not_a_script_of_the_environment_is_not_rewritten(
    content: bytes,
) -> None:
    assert relocatable(content, BIN) is None


@pytest.mark.parametrize("form", FORMS)
def test_a_rewritten_script_runs_from_a_moved_folder(form: str, tmp_path: Path) -> None:
    """Arguments and exit status are passed on, even if it is started through a link."""
    made, moved = tmp_path / "made here", tmp_path / "moved there"
    made.mkdir()
    content = relocatable(written_by_pip(str(made), form), str(made))
    assert content is not None
    script = made / "tool"
    script.write_bytes(content)
    script.chmod(0o755)
    (made / "python").symlink_to(sys.executable)
    made.rename(moved)
    link = tmp_path / "link"
    link.symlink_to(moved / "tool")
    for start in (moved / "tool", link):
        done = subprocess.run(
            [start, "an argument", "$HOME"],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3, done.stderr
        python, *arguments = done.stdout.splitlines()
        assert Path(python) == moved / "python"
        assert arguments == ["an argument", "$HOME"]


ENTRY_POINTS = """\
; written by a tool
[console_scripts]
# the main one
acme = acme.cli:App.main
Acme-Tool=acme : run [extra]
broken = acme.cli
;off = acme:off
no assignment

[gui_scripts]
acme-window = acme.window:open_it

[other.group]
ignored = acme:nothing
"""


def test_entry_points_become_scripts() -> None:
    scripts = console_scripts(ENTRY_POINTS)
    assert list(scripts) == ["acme", "Acme-Tool", "acme-window"]
    lines = scripts["acme"].decode().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[-5:] == [
        "import sys",
        "from acme.cli import App",
        "if __name__ == '__main__':",
        "    sys.argv[0] = sys.argv[0].removesuffix('.exe')",
        "    sys.exit(App.main())",
    ]


@pytest.mark.parametrize("text", ["", "no section\n", "[console_scripts\n", "[other]\na=b:c\n"])
def test_entry_points_without_scripts_are_ignored(text: str) -> None:
    assert console_scripts(text) == {}


def test_a_script_of_an_entry_point_runs(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {"acme.py": "import sys\ndef main():\n    print(sys.argv[1:])\n    return 3\n"},
    )
    script = tmp_path / "tool"
    script.write_bytes(console_scripts("[console_scripts]\ntool = acme:main\n")["tool"])
    script.chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    done = subprocess.run([script, "x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "['x']\n")
