"""Find what the process `web` of an app without a Procfile serves, by reading its files."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.domain.django.project import binds
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document
from slipway.domain.web.launch import WebApplication, WebSearch
from slipway.effects.files import AppFolder


def find_web(
    app: AppFolder, document: Document, settings: Settings, environment: Mapping[str, str]
) -> WebSearch:
    """Return what was found; `document` is pyproject.toml.

    Raises BuildStopped if a setting names what does not exist.
    """
    del document, settings, environment
    text = app.text("wsgi.py")
    if text is None or not binds(text, "application"):
        return WebSearch(looked_for="a wsgi.py in its root folder that defines `application`")
    return WebSearch(
        found=WebApplication(target="wsgi:application", folder="", origin="wsgi.py")
    )
