"""The command to write instead of one that cannot load what it names."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.domain.redaction import printable
from slipway.domain.web.launch import Web, WebApplication
from slipway.domain.web.servers import web_command
from slipway.domain.web.targets import StartTarget
from slipway.errors.web import Fault, Why

_FOLDER_OPTIONS = {"gunicorn": "--chdir", "uvicorn": "--app-dir"}
_FACTORY_OPTIONS = {"granian": "--factory", "waitress-serve": "--call"}


def with_target(command: str, target: str, new: str) -> str:
    """Return a command with another target; empty if it is not certain where the old one is."""
    words = command.split(" ")
    # A command may leave out the attribute, or name a factory with an option.
    for old in (target, target.removesuffix("()"), target.partition(":")[0]):
        if words.count(old) == 1:
            is_call = "()" in old or new.endswith("'")
            words[words.index(old)] = new if is_call else new.removesuffix("()")
            return printable(" ".join(words))
    return ""


def calling_factory(target: StartTarget, command: str) -> str:
    """Return a command with which the server calls the function that it names."""
    option = _FACTORY_OPTIONS.get(target.program)
    if option:
        return _with_option(command, target, option)
    if target.program in ("gunicorn", "uwsgi"):
        return with_target(command, target.shown, f"'{target.shown}()'")
    return ""


def with_interface(target: StartTarget, interface: str, command: str) -> str:
    """Return a command of Granian that names the interface of the application."""
    return _with_option(command, target, f"--interface {interface.lower()}")


def from_folder(target: StartTarget, folder: str, command: str) -> str:
    """Return a command that imports its module from the folder that has it."""
    option, package = _FOLDER_OPTIONS.get(target.program), f"{folder.replace('/', '.')}."
    if option is None or not target.shown.startswith(package) or target.folders != ("",):
        return ""
    words = _with_option(command, target, f"{option} {folder}").split(" ")
    return " ".join(word.removeprefix(package) for word in words)


def serving(
    web: Web | None, target: StartTarget, command: str, packages: Mapping[str, str]
) -> str:
    """Return a command that serves the application that Slipway has found in the app."""
    if not isinstance(web, WebApplication) or web.is_configured:
        return ""
    if target.interface not in (None, web.interface):
        return ""
    if target.folders == (web.folder,) and not web.target.endswith("()"):
        same = with_target(command, target.shown, web.target)
        if same:
            return same
    return web_command(web, packages)


def corrected(fault: Fault, command: str) -> str:
    """Return a command with the name that is meant; empty if its place is not certain."""
    module, _, attribute = fault.target.partition(":")
    if fault.why is Why.NO_MODULE:
        top = fault.module if fault.program == "celery" else fault.module.partition(".")[0]
        new = fault.target.replace(top, fault.similar, 1)
    else:
        new = f"{module}:{fault.similar}" if attribute else ""
    return with_target(command, fault.target, new) if new else ""


def _with_option(command: str, target: StartTarget, option: str) -> str:
    """Return a command with an option before the target; empty if that has no certain place."""
    words = command.split(" ")
    for shown in (target.shown, target.module):
        if words.count(shown) == 1:
            words.insert(words.index(shown), option)
            return printable(" ".join(words))
    return ""
