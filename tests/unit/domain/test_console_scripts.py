"""A console script finds the Python beside itself, wherever both are moved to."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.domain.console_scripts import (
    as_pip_writes_it,
    record_as_pip_writes_it,
    record_entry,
    relocatable,
    update_record,
)

BODY = b"# -*- coding: utf-8 -*-\nfrom __future__ import annotations\nimport sys\n"
SAYS = b"print(sys.executable, *sys.argv[1:], sep='\\n')\nsys.exit(3)\n"
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
    return starts[form] + BODY + SAYS


FORMS = [
    "plain",
    "plain with version",
    "CRLF",
    "by sh",
    "by sh as uv quotes",
    "by sh without quotes",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_rewritten_script_names_no_place(form: str) -> None:
    content = relocatable(written_by_pip(BIN, form), BIN)
    assert content is not None
    assert BIN.encode() not in content
    assert content.endswith(BODY + SAYS)


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
def test_a_file_that_is_not_a_script_of_the_environment_is_left_alone(content: bytes) -> None:
    assert relocatable(content, BIN) is None


@pytest.mark.parametrize("form", FORMS)
def test_a_rewritten_script_runs_from_a_moved_folder(form: str, tmp_path: Path) -> None:
    """With its arguments and its exit status, also through a symbolic link from elsewhere."""
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


def test_a_line_of_record_holds_hash_and_size_of_the_new_content(tmp_path: Path) -> None:
    content = os.urandom(100)
    path, digest, size = record_entry("../../../bin/tool", content).split(",")
    kind, _, text = digest.partition("=")
    assert (path, kind, size) == ("../../../bin/tool", "sha256", "100")
    assert base64.urlsafe_b64decode(f"{text}=") == hashlib.sha256(content).digest()


def test_record_is_corrected_where_files_were_changed_or_dropped() -> None:
    record = (
        "../../../bin/tool,sha256=old,1\r\n"
        "name/__init__.py,sha256=kept,2\n"
        '"name/a,b.py",sha256=kept,3\n'
        "name-1.dist-info/direct_url.json,sha256=old,4\n"
        "name-1.dist-info/RECORD,,\n"
    )
    changed: dict[str, bytes | None] = {
        "../../../bin/tool": b"new",
        "name-1.dist-info/direct_url.json": None,
    }
    assert update_record(record, changed) == (
        f"{record_entry('../../../bin/tool', b'new')}\n"
        "name/__init__.py,sha256=kept,2\n"
        '"name/a,b.py",sha256=kept,3\n'
        "name-1.dist-info/RECORD,,\n"
    )


BY_UV = b"""# -*- coding: utf-8 -*-
import sys
from acme.cli import App
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit(App.main())
"""
BY_PIP = b"""import sys
from acme.cli import App
if __name__ == '__main__':
    sys.argv[0] = sys.argv[0].removesuffix('.exe')
    sys.exit(App.main())
"""


@pytest.mark.parametrize("start", [b"#!%s/python\n" % BIN.encode(), BY_SH % BIN.encode()])
def test_a_script_of_uvs_becomes_one_of_pips(start: bytes) -> None:
    assert as_pip_writes_it(start + BY_UV) == start + BY_PIP
    assert relocatable(start + BY_UV, BIN) != relocatable(start + BY_PIP, BIN)
    assert relocatable(as_pip_writes_it(start + BY_UV), BIN) == relocatable(start + BY_PIP, BIN)


@pytest.mark.parametrize("content", [BY_PIP, BODY + SAYS, BY_UV + b"more()\n", b"\x7fELF"])
def test_any_other_script_is_left_as_it_is(content: bytes) -> None:
    assert as_pip_writes_it(content) == content


def test_a_record_ends_its_lines_as_pip_does() -> None:
    record = "a.py,sha256=x,1\nb.py,sha256=y,2\n"
    assert record_as_pip_writes_it(record, {"b.py": None}) == "a.py,sha256=x,1\r\n"
