"""Settings in a configuration file of Gunicorn that do not fit a platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from slipway.domain.python.syntax import parse_module
from slipway.domain.redaction import printable
from slipway.domain.web.gunicorn_config import config_files
from slipway.domain.web.gunicorn_faults import GunicornSetting, settings_shown
from slipway.domain.web.listening import wrong_address
from slipway.domain.web.programs import IN_FRONT, is_from_buildpack


def notices_about_config(
    command: str, read: Callable[[str], str | None], folder: str
) -> Iterator[str]:
    """Yield a notice for each line of the configuration that does not do what is meant.

    `command` is that of the process `web`, `read` returns the text of a file of the app, and
    `folder` is that of the app in its repository, with a slash at its end.
    """
    is_behind = any(is_from_buildpack(word, IN_FRONT) for word in command.split())
    for path, options in config_files(command, read):
        module = parse_module(read(path) or "")
        for setting in settings_shown(module) if module else ():
            reasons = [*_reasons(setting)]
            if setting.name in options or not reasons or (is_behind and setting.name == "bind"):
                continue
            shown = printable(f"{setting.name} = {setting.value!r}")
            better = ", so that Gunicorn listens on `$PORT`" if setting.name == "bind" else ""
            yield (
                f"{folder}{printable(path)}, line {setting.line}, `{shown}`: "
                f"{'; '.join(reasons)}. Delete the line{better}"
            )


def _reasons(setting: GunicornSetting) -> Iterator[str]:
    match setting:
        case GunicornSetting(name="bind", value=str(address)) if "," not in address:
            yield from wrong_address(address)
        case GunicornSetting(name="reload", value=True):
            yield "reloading is for development"
        case GunicornSetting(name="daemon", value=True):
            yield "the server goes to the background, and platforms take that for its end"
