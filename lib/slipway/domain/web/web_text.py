"""What the process `web` serves, and why there is none, in sentences."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping

from slipway.domain.redaction import printable
from slipway.domain.web.launch import Interface, Web, WebApplication, WebSearch
from slipway.domain.web.servers import can_serve, server_of, web_command

_CAPITALS = {
    "MODULE:APP": ", with the names of your module and application",
    "PROJECT.wsgi": ", with the name of your project",
    "FILE.py": ", with the name of your file",
}
"""What a line has in the place of names that are not known -> what to say about it."""
_LINE_NUMBER = re.compile(r":(\d+)$")


def _application_in_words(web: Web) -> str:
    """Say what the process serves, and where it was found: `app in app.py (Flask)`."""
    origin, known = _origin(web), f" ({web.framework})" if web.framework else ""
    if not isinstance(web, WebApplication):
        if web.origin.endswith(".py"):
            return f"{origin}{known}, which starts its own server"
        return f"`{web.command}`, named by {origin}"
    if not web.target:
        return f"what {origin} names"
    module, _, attribute = web.target.partition(":")
    path = posixpath.join(web.folder, module.replace(".", "/"))
    file = _LINE_NUMBER.sub("", web.origin)
    if file in (f"{path}.py", f"{path}/__init__.py"):
        return f"{attribute} in {origin}{known}"
    return f"{web.target}{known}, named by {origin},"


def _origin(web: Web) -> str:
    return printable(_LINE_NUMBER.sub(r", line \1", web.origin))


def _server_in_words(
    web: WebApplication, packages: Mapping[str, str], added: Collection[str]
) -> str:
    """Name the server; `packages` are those of the app, and `added` those that Slipway adds."""
    server = server_of(web, packages)
    if set(server.packages) & packages.keys():
        return f"{server.title}, which the app requires"
    if not set(server.packages) & set(added):
        return f"{server.title}, which is not installed"
    interface = web.interface
    others = [one for one in Interface if one is not interface]
    if can_serve(interface, packages):
        return f"{server.title}, which Slipway adds because the app's own server cannot call it"
    has_other = any(can_serve(one, packages) for one in others)
    lacks = f"no server for {interface.value} applications" if has_other else "no server"
    return f"{server.title}, which Slipway adds because the app requires {lacks}"


def web_in_words(web: Web, packages: Mapping[str, str], added: Collection[str]) -> str:
    """Say what the process `web` serves, where it was found, and what serves it."""
    if not isinstance(web, WebApplication):
        return f"Running {_application_in_words(web)}"
    server = _server_in_words(web, packages, added)
    return f"Serving {_application_in_words(web)} with {server}"


def no_web_in_words(search: WebSearch) -> str:
    """Say why there is no process `web`, and what to do."""
    if search.found:
        return (
            f"There is no web process, because {_origin(search.found)} needs Django, which is "
            "not installed. Add `django` to the requirements"
        )
    return _choice_in_words(search) if search.equal else _nothing_in_words(search)


def _choice_in_words(search: WebSearch) -> str:
    """Name the applications between which nothing decides, and the setting that does."""
    found = "; ".join(
        f"`{one.target}` in {_origin(one)}{f' ({one.framework})' if one.framework else ''}"
        for one in search.equal
    )
    example = search.equal[0].target
    return (
        "There is no web process, because the app has several applications, and nothing says "
        f"which one to serve: {found}. Choose one with the setting `app`: write "
        f'`app = "{example}"` below [tool.slipway] in pyproject.toml, or set the variable '
        f"APP_MODULE={example}"
    )


def _nothing_in_words(search: WebSearch) -> str:
    """Say what was looked for, or why what was found is not served, and what to write."""
    looked_for = f"Slipway looked for {search.looked_for}" if search.looked_for else ""
    reasons = filter(None, ("There is no web process", search.reason or looked_for))
    found = ". ".join(reasons)
    if search.is_repaired:
        return f"{found}. Then the next build finds it, without a Procfile"
    if not search.line:
        example = "web: gunicorn MODULE:APP"
        return (
            f"{found}. To add a web process, write a line such as `{example}` to a file "
            f"Procfile{_CAPITALS['MODULE:APP']}"
        )
    process = search.line.partition(":")[0]
    purpose = "To add a web process" if process == "web" else "If this app answers no requests"
    names = next((words for name, words in _CAPITALS.items() if name in search.line), "")
    return f"{found}. {purpose}, write the line `{search.line}` to a file Procfile{names}"


def no_web_in_procfile(
    processes: Mapping[str, str],
    web: Web | None,
    packages: Mapping[str, str],
    line: int = 0,
) -> tuple[str, bool]:
    """Say that a Procfile has no `web`, and whether that is probably a mistake.

    `web` is what the process would serve if there were no Procfile, and `line` is the one that
    names it without a command, 0 if there is none.
    """
    if line:
        place = f"line {line} of the Procfile"
        text = f"`web` has no command in {place}, so this app answers no requests"
        if web:
            command = web_command(web, packages)
            served = _application_in_words(web).removesuffix(",")
            text += f". To serve {served}, complete line {line}: `web: {command}`"
        return text, True
    text = "Procfile has no `web` process, so this app answers no requests"
    similar = next((name for name in processes if name.lower() == "web"), None)
    if similar:
        return f"{text}: write `web` instead of `{similar}`", True
    is_mistake = all(name in ("release", "manage") for name in processes)
    if web:
        text = (
            f"{text}. To serve {_application_in_words(web).removesuffix(',')}, add the line "
            f"`web: {web_command(web, packages)}` to it"
        )
    return text, is_mistake
