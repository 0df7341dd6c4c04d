"""A client of a WebSocket: a handshake, and a text that goes there and back.

https://www.rfc-editor.org/rfc/rfc6455
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from typing import BinaryIO

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _FINAL, _MASKED = 0x1, 0x80, 0x80
_LONGEST = 125
"""Bytes of a text whose length fits into the second byte of its frame."""


def echoed(port: int, path: str, text: str, timeout: float = 30) -> str:
    """Open a WebSocket on this machine, send a short text, and return the one that comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        stream = connection.makefile("rb")
        _shake_hands(connection, stream, path)
        connection.sendall(_frame(text.encode()))
        first, length = stream.read(2)
        assert first == _FINAL | _TEXT, f"a frame that starts with {first:#x}"
        assert length <= _LONGEST
        return stream.read(length).decode()


def _shake_hands(connection: socket.socket, stream: BinaryIO, path: str) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    headers = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    status = stream.readline().decode()
    assert status.startswith("HTTP/1.1 101 "), status
    answered = {}
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        answered[name.lower()] = value.strip()
    digest = hashlib.sha1(f"{key}{_MAGIC}".encode(), usedforsecurity=False).digest()
    assert answered["sec-websocket-accept"] == base64.b64encode(digest).decode()


def _frame(data: bytes) -> bytes:
    assert len(data) <= _LONGEST
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
    return bytes([_FINAL | _TEXT, _MASKED | len(data)]) + mask + masked
