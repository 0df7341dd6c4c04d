"""A browser that stores cookies and submits forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from integration.serving import TIMEOUT

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Browser:
    def __init__(self, port: int) -> None:
        self._site = f"http://127.0.0.1:{port}"
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        return self._open(path, None)

    def submit(self, path: str, answers: Mapping[str, str]) -> str:
        """Submit the form of a page, and return the resulting page."""
        found = _TOKEN.search(self.get(path))
        assert found, f"{path} has no Django form"
        return self._open(path, urlencode({**answers, "csrfmiddlewaretoken": found[1]}))

    def _open(self, path: str, data: str | None) -> str:
        body = None if data is None else data.encode()
        with self._opener.open(self._site + path, body, timeout=TIMEOUT) as answer:
            page: str = answer.read().decode()
            return page
