"""What uv installs is, file by file, what pip installs."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.console_scripts import record_entry
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.toolchains.uv.traces import without_uv_files
from unit.samples import write_files

SITE = "lib/python3.13/site-packages"
RECORD = """\
../../../bin/acme,sha256=old,10
acme-1.0.dist-info/INSTALLER,sha256=5hhM4Q4mYTT9z6QB6PGpUAW81PGNFrYrdXMj4oM_6ak,2
acme-1.0.dist-info/RECORD,,
acme-1.0.dist-info/direct_url.json,sha256=old,9
acme-1.0.dist-info/uv_cache.json,sha256=old,2
acme.py,sha256=abc,3
"""
SCRIPT = """\
#!/app/.slipway/venv/bin/python
# -*- coding: utf-8 -*-
import sys
from acme.cli import main
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit(main())
"""


def filled(root: Path, **files: str) -> Virtualenv:
    info = f"{SITE}/acme-1.0.dist-info"
    made = {
        ".lock": "",
        "bin/acme": SCRIPT,
        f"{SITE}/acme.py": "",
        f"{info}/INSTALLER": "uv",
        f"{info}/RECORD": RECORD,
        f"{info}/direct_url.json": '{"url":"https://h/a","a":1}',
        f"{info}/uv_cache.json": "{}",
    }
    write_files(root, {**made, **files})
    return Virtualenv(root, "3.13.0")


def test_what_uv_notes_for_itself_is_gone(tmp_path: Path) -> None:
    environment = filled(tmp_path)
    without_uv_files(environment)
    info = environment.site_packages / "acme-1.0.dist-info"
    assert not (environment.root / ".lock").exists()
    assert not (info / "uv_cache.json").exists()
    assert (info / "INSTALLER").read_bytes() == b"pip\n"
    assert (info / "direct_url.json").read_text() == '{"a": 1, "url": "https://h/a"}'


def test_a_script_is_written_as_pip_writes_it(tmp_path: Path) -> None:
    environment = filled(tmp_path)
    without_uv_files(environment)
    assert (environment.bin / "acme").read_text() == (
        "#!/app/.slipway/venv/bin/python\n"
        "import sys\n"
        "from acme.cli import main\n"
        "if __name__ == '__main__':\n"
        "    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n"
        "    sys.exit(main())\n"
    )


def test_the_record_says_what_is_there(tmp_path: Path) -> None:
    environment = filled(tmp_path)
    without_uv_files(environment)
    info = "acme-1.0.dist-info"
    script = (environment.bin / "acme").read_bytes()
    address = (environment.site_packages / info / "direct_url.json").read_bytes()
    record = (environment.site_packages / info / "RECORD").read_bytes()
    assert record.decode().split("\r\n") == [
        record_entry("../../../bin/acme", script),
        f"{info}/INSTALLER,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4",
        f"{info}/RECORD,,",
        record_entry(f"{info}/direct_url.json", address),
        "acme.py,sha256=abc,3",
        "",
    ]


def test_what_pip_installed_before_is_left_as_it_is(tmp_path: Path) -> None:
    info = f"{SITE}/acme-1.0.dist-info"
    environment = filled(tmp_path, **{f"{info}/INSTALLER": "pip\n", "bin/acme": "#!/bin/sh\n"})
    without_uv_files(environment)
    record = (environment.site_packages / "acme-1.0.dist-info" / "RECORD").read_text()
    assert record == RECORD
    assert (environment.bin / "acme").read_text() == "#!/bin/sh\n"
