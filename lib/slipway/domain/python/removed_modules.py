"""The modules that the standard library of older Pythons had."""

from __future__ import annotations

from collections.abc import Mapping

REMOVED: Mapping[str, int] = {
    **dict.fromkeys(
        "ConfigParser HTMLParser Queue StringIO Tkinter UserDict __builtin__ cPickle cStringIO "
        "commands cookielib exceptions htmlentitydefs httplib md5 sets sha thread urllib2 "
        "urlparse xmlrpclib".split(),
        0,
    ),
    **dict.fromkeys(("formatter", "parser", "symbol"), 10),
    "binhex": 11,
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), 12),
    **dict.fromkeys(
        "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib "
        "ossaudiodev pipes sndhdr spwd sunau telnetlib uu xdrlib".split(),
        13,
    ),
}
"""Module -> the minor version of the first Python 3 that does not have it: 0 for those of
Python 2. https://docs.python.org/3/whatsnew/ names them, for each version."""


def removed_in(module: str) -> str:
    """Return the first Python 3 without a module of the standard library; else empty."""
    minor = REMOVED.get(module)
    return "" if minor is None else f"3.{minor}"
