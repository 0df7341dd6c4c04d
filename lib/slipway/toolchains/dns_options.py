"""How tools look up the addresses of servers."""

from __future__ import annotations

from collections.abc import Mapping

DNS_OPTIONS: Mapping[str, str] = {
    # Where several ask at once, some networks of containers lose an answer. The C library would
    # ask again after five seconds: https://man7.org/linux/man-pages/man5/resolv.conf.5.html.
    "RES_OPTIONS": "timeout:1 attempts:5",
}
"""Variables that the user's own ones win over."""
