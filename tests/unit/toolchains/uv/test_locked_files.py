"""Where uv says that the files of packages are."""

from __future__ import annotations

from slipway.domain.locks.written import IndexFile
from slipway.toolchains.uv.locked_files import indexes_in, locked_files

LOCK = """
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "anchor"
version = "1.0"
sdist = { url = "https://files.example/anchor-1.0.tar.gz", hashes = { sha256 = "aa" } }
wheels = [
    { url = "https://files.example/anchor-1.0-py3-none-any.whl", hashes = { sha256 = "bb" } },
    { url = "https://files.example/anchor-1.0-py2-none-any.whl", hashes = { md5 = "cc" } },
]

[[packages]]
name = "boat"
version = "2.0"
wheels = [{ path = "/srv/app/wheels/boat-2.0-py3-none-any.whl", hashes = { sha256 = "dd" } }]
"""
ANNOTATED = """anchor==1.0 \\
    --hash=sha256:aa
    # from https://index.example/simple
boat==2.0
    # from file:///srv/app/wheels
"""


def test_files_have_their_address_hash_and_index() -> None:
    indexes = indexes_in(ANNOTATED)
    assert indexes == {"anchor": "https://index.example/simple"}
    assert locked_files(LOCK, indexes) == {
        "anchor": [
            IndexFile(
                address=f"https://files.example/anchor-1.0{name}",
                sha256=sha256,
                index="https://index.example/simple",
            )
            for name, sha256 in ((".tar.gz", "aa"), ("-py3-none-any.whl", "bb"))
        ],
        "boat": [
            IndexFile(address="file:///srv/app/wheels/boat-2.0-py3-none-any.whl", sha256="dd")
        ],
    }


def test_an_empty_lock_has_no_files() -> None:
    assert locked_files('lock-version = "1.0"', {}) == {}
