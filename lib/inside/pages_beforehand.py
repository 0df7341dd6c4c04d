"""Asks an index for several pages at once, before pip asks for them one after the other.

Most of the time that resolving takes is waiting for one page, then for the next. What pip is
going to ask for is mostly known: what the app wants, and what that needed the last time.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

_AT_ONCE = 3
"""Connections: most of what one more would gain, its own start takes again."""
_FIELD = re.compile(
    r"^(Name|Requires-Dist):[ \t]*([A-Za-z0-9._-]+)", re.IGNORECASE | re.MULTILINE
)


class PagesBeforehand:
    def __init__(self, names, troubles):
        self._names = names
        self._troubles = troubles
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._asked = {}

    def start(self, read, collector, known):
        """Ask for all but known addresses: once an index answers, so that it fails once."""
        from pip._internal.models.link import Link

        names, self._names = self._names, ()
        for name in names:
            for url in collector.search_scope.get_index_urls_locations(name):
                link = Link(url, cache_link_parsing=False)
                is_elsewhere = url.startswith("http") and link.url not in known
                if is_elsewhere and collector.session.is_secure_origin(link):
                    ask = partial(read, collector, link, package_name=name)
                    self._asked[link.url] = self._pool.submit(self._answer, ask)

    def _answer(self, ask):
        """Give a page, and why there is none: pip is told when it asks for that page."""
        self._troubles.messages.clear()
        return ask(), [*self._troubles.messages]

    def page(self, address, ask):
        """Give a page, or None if there is none; where asking went wrong, let pip ask."""
        asked = self._asked.pop(address, None)
        if asked is None or asked.exception():
            return ask()
        page, troubles = asked.result()
        self._troubles.messages.extend(troubles)
        return page

    def stop(self):
        self._pool.shutdown(cancel_futures=True)


def likely_names(roots, left_out, texts):
    """Name what is wanted, and what that is known to need, by the metadata of packages."""
    needs: dict[str, set[str]] = {}
    for text in texts:
        fields = [(field.lower(), normal(name)) for field, name in _FIELD.findall(text)]
        for name in (name for field, name in fields if field == "name"):
            needs.setdefault(name, set()).update(other for _, other in fields)
    names = dict.fromkeys(map(normal, roots))
    waiting = [*names]
    for name in waiting:  # it grows
        found = sorted(needs.get(name, set()) & needs.keys() - names.keys())
        names.update(dict.fromkeys(found))
        waiting += found
    return [name for name in names if name not in {*map(normal, left_out)}]


def normal(name):
    """Give a package's normal name: https://peps.python.org/pep-0503/#normalized-names."""
    return re.sub(r"[-_.]+", "-", name).lower()
