"""Lets the release step run as the owner of the app where a profile script runs as root.

herokuish sources profile scripts as root, and then starts the process as the owner of the app,
who could not write to a database file that root has created:
https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash
"""

from __future__ import annotations

import os
from contextlib import suppress


def become_owner(folder: str) -> None:
    """Become the owner of a folder, without other groups, if this is root and may do that.

    So does setuidgid, with which herokuish starts the process afterwards:
    https://cr.yp.to/daemontools/setuidgid.html
    """
    owner = os.stat(folder)
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    # A container may forbid root to do that, or not know the owner; then setuidgid fails, too.
    with suppress(OSError):
        os.setgroups([owner.st_gid])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
