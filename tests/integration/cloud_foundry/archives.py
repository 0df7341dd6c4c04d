"""Archives of buildpacks, and a server for them."""

from __future__ import annotations

import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def archive(folder: Path, place: Path, top: str = "") -> Path:
    """Pack a folder as `zip --symlinks` does: with modes, and with links as they are."""
    with zipfile.ZipFile(place, "w") as stream:
        for path in sorted(folder.rglob("*")):
            name = f"{top}{path.relative_to(folder)}"
            info = zipfile.ZipInfo(f"{name}/" if path.is_dir() else name)
            info.external_attr = path.lstat().st_mode << 16
            if path.is_symlink():
                stream.writestr(info, os.readlink(path))
            else:
                stream.writestr(info, b"" if path.is_dir() else path.read_bytes())
    return place


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


@contextmanager
def served_folder(folder: Path) -> Iterator[str]:
    """Serve the files of a folder over HTTP, and yield the address of the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
