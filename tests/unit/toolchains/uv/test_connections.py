"""uv trusts what pip is told to trust, wherever that is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.toolchains.uv.connections import connections

APP = Path("/app")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("certs/ca.pem", "/app/certs/ca.pem"),
        ("~/ca.pem", "/home/harbour/ca.pem"),
        ("/etc/ca.pem", "/etc/ca.pem"),
    ],
)
def test_a_certificate_is_where_pip_would_look_for_it(said: str, meant: str) -> None:
    given = {"HOME": "/home/harbour"}
    found = connections({"SSL_CERT_FILE": said, "UV_HTTP_TIMEOUT": "7"}, APP, given)
    assert found["SSL_CERT_FILE"] == meant
    assert found["UV_HTTP_TIMEOUT"] == "7"


def test_what_the_image_trusts_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert connections({}, APP, {}) == {"UV_SYSTEM_CERTS": "1"}


def test_uvs_own_list_is_taken_where_the_user_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert connections({}, APP, {"UV_SYSTEM_CERTS": "0"}) == {}
