"""What one small app is made of, and what its process `web` must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Layout:
    """An app without a Procfile; exactly one of `serves`, `runs`, `equal` and `none` is set."""

    files: Mapping[str, str | bytes]
    requires: str = ""
    """The lines of requirements.txt."""
    variables: Mapping[str, str] = field(default_factory=dict)
    serves: tuple[str, str] | None = None
    """The target, after the folder to import it from if there is one (`src/ main:app`), and
    `WSGI` or `ASGI` with the framework."""
    runs: str | None = None
    """The command of a program with its own server."""
    equal: tuple[str, ...] = ()
    """What cannot be chosen between: target and place of each."""
    none: str | None = None
    """The line for the Procfile; empty if none is known."""
    says: str = ""
    """A part of the reason or of a notice."""


def flask(name: str = "app") -> str:
    return f"from flask import Flask\n{name} = Flask(__name__)\n"


def fastapi(name: str = "app") -> str:
    return f"from fastapi import FastAPI\n{name} = FastAPI()\n"


FACTORY = (
    "from flask import Flask\n\n"
    "def create_app(config=None):\n    app = Flask(__name__)\n    return app\n"
)
WSGI = "def application(environ, start_response): ...\n"
