"""Downloads NLTK's data with the NLTK of the app: nltk_download.py REQUEST REPORT.

REQUEST is a JSON file: `names`, as nltk.txt has them; the `folder` to download to; and `index`,
the address of NLTK's index if the user has named one, else an empty text.

REPORT gets one JSON object. Its `outcome` is `done`, with the number of `packages` and the
`bytes` of all files; or `no-index`, with a `reason`; or `not-an-index`, with a `reason`, for an
answer that is something else; or `unknown`, with the `names` that the index does not have and
the names that are `known`; or `failed`, with a `package` and a `reason`; or `differs`, with the
same, for an archive that is not the one in the index.

https://www.nltk.org/api/nltk.downloader.html
"""

import hashlib
import inspect
import json
import os
import socket
import sys
import time
import urllib.request
from pathlib import Path
from xml.etree.ElementTree import ParseError

from nltk import downloader

SILENCE = 60
"""Seconds to wait for a connection, and for each part of a response."""
PAUSES = (1, 3)
"""Seconds before each further attempt, because a server may be busy for a moment."""


class Failed(Exception):
    """A download failed; the arguments are an identifier and a reason."""

    outcome = "failed"


class Differs(Failed):
    """What was downloaded is not what the index describes; the arguments are the same."""

    outcome = "differs"


def main(request_file, report_file):
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    socket.setdefaulttimeout(SILENCE)
    if request["index"] or urllib.request.getproxies():
        allow_private_network()
    server = downloader.Downloader(request["index"] or None)
    report = outcome(server, request["names"], request["folder"])
    Path(report_file).write_text(json.dumps(report), encoding="utf-8")


def allow_private_network():
    """Let NLTK use an index or a proxy of the user, which may be in a private network.

    From version 3.10 on, NLTK refuses that, because it cannot know who has named it.
    """
    try:
        from nltk import pathsec
    except ImportError:
        return
    pathsec.ENFORCE = False


def outcome(server, names, folder):
    try:
        known = {one.id for one in retried(server.packages)}
        known |= {one.id for one in server.collections()}
    except (ParseError, TypeError) as error:  # no XML, or of another structure
        return {"outcome": "not-an-index", "reason": described(error)}
    except Exception as error:  # NLTK and the network have exceptions of many kinds
        return {"outcome": "no-index", "reason": described(error)}
    if not known:
        return {"outcome": "not-an-index", "reason": "it names no data"}
    missing = [name for name in names if name not in known]
    if missing:
        return {"outcome": "unknown", "names": missing, "known": sorted(known)}
    packages = {}
    try:
        for name in names:
            packages.update(retried(lambda name=name: downloaded(server, name, folder)))
        for package in packages.values():
            check(package, folder)
    except Failed as error:
        package, reason = error.args
        return {"outcome": error.outcome, "package": package, "reason": reason}
    return {"outcome": "done", "packages": len(packages), "bytes": tidied(folder)}


def retried(action):
    for pause in PAUSES:
        try:
            return action()
        except Exception:  # of many kinds, as above; the last attempt raises it
            time.sleep(pause)
    return action()


def downloaded(server, name, folder):
    """Download a package, or all of a collection; return the packages by their identifiers."""
    packages, trouble, last, is_whole = {}, None, name, False
    # The files are made readable for everybody, so new versions need not unpack more of them.
    has_extract = "extract" in inspect.signature(server.incr_download).parameters
    options = {"extract": False} if has_extract else {}
    try:
        for message in server.incr_download(name, folder, **options):
            if isinstance(message, downloader.StartPackageMessage):
                last, is_whole = message.package.id, False
                packages[last] = message.package
            elif isinstance(message, downloader.FinishDownloadMessage):
                is_whole = True
            elif isinstance(message, downloader.ErrorMessage):
                trouble = getattr(message.package, "id", last), in_line(message.message)
                break
    except Exception as error:  # of many kinds; it becomes the reason in the report
        raise Failed(last, described(error)) from error
    if trouble and is_whole and last in packages:
        check(packages[last], folder)  # an archive that cannot be unpacked
    if trouble:
        # From version 3.10 on, NLTK compares each download with the index itself.
        raise (Differs if "Integrity check failed" in trouble[1] else Failed)(*trouble)
    return packages


def check(package, folder):
    """Compare a file with the index, as only new versions of NLTK do after a download."""
    path = Path(folder, package.filename)
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if package.checksum and digest != package.checksum:
        raise Differs(package.id, "its checksum is not the one in the index")


def described(error):
    """Return a reason in one line."""
    reason = None if hasattr(error, "code") else getattr(error, "reason", None)
    return in_line(reason or error) or type(error).__name__


def in_line(text):
    return " ".join(str(text).split())


def tidied(folder):
    """Give all files the usual modes, for whoever runs the app; return their bytes."""
    size = 0
    for path, _, files in os.walk(folder):
        os.chmod(path, 0o755)
        for name in files:
            file = os.path.join(path, name)
            if name.endswith((".tmp", ".lock")):
                os.unlink(file)
                continue
            os.chmod(file, 0o644)
            size += os.path.getsize(file)
    return size


if __name__ == "__main__":
    main(*sys.argv[1:])
