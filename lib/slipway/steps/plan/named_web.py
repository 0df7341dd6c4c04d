"""Use the web application that a setting of the app, or of one of its tools, names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace

from packaging.utils import canonicalize_name

from slipway.domain.redaction import printable, redact
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, table_in
from slipway.domain.web.candidates import LOOKED_FOR, FoundApplication, served
from slipway.domain.web.frameworks import ASGI, WSGI, Framework, framework_among
from slipway.domain.web.launch import Interface, OwnServer, WebApplication, WebSearch
from slipway.domain.web.modules import (
    FACTORIES,
    Instance,
    Module,
    Modules,
    applications,
    assigned,
)
from slipway.domain.web.not_applications import other_than_application
from slipway.domain.web.required import AppPackages
from slipway.errors.app import ApplicationMissing
from slipway.steps.plan.app_modules import AppModules

_GUNICORN_CONFIG = "gunicorn.conf.py"
_FLASKENV = ".flaskenv"
_FLASK_APP = re.compile(r"^[ \t]*(?:export[ \t]+)?FLASK_APP[ \t]*=[ \t]*(.*)$", re.M)
_NAMED = re.compile(r"([^:]+?)(?:\.py)?(?::\s*([^\W\d]\w*)\s*(\(.*\))?)?")
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SCRIPTS = ("web", "start")


def named_web(
    modules: AppModules,
    document: Document,
    settings: Settings,
    environment: Mapping[str, str],
    required: AppPackages,
    notices: list[str],
) -> WebSearch | None:
    """Return what is named first, in the order of docs/web-process.md; None if nothing is.

    Raises ApplicationMissing.
    """
    named = _Named(modules, required)
    if settings.app is not None:
        return named.application(settings.app, settings.app_origin, "app")
    script = _script(document, required, notices)
    if script is not None:
        return script
    entrypoint = table_in(document, "tool", "fastapi").get("entrypoint")
    if isinstance(entrypoint, str):
        found = named.of_tool(entrypoint, "`entrypoint` in [tool.fastapi]", notices)
        if found is not None:
            return found
    flask_app, origin = _flask_app(modules, environment)
    if flask_app:
        found = named.of_flask(flask_app, origin, notices)
        if found is not None:
            return found
    return named.of_gunicorn()


def _script(document: Document, required: AppPackages, notices: list[str]) -> WebSearch | None:
    """Use the script `web` or `start` of the app as a package."""
    for names in (("project", "scripts"), ("tool", "poetry", "scripts")):
        scripts, table = table_in(document, *names), f"[{'.'.join(names)}]"
        name = next((it for it in _SCRIPTS if it in scripts), None)
        if name is None:
            continue
        if required.installs_app:
            origin = f"{table} in pyproject.toml"
            return WebSearch(found=OwnServer(command=name, origin=origin))
        notices.append(
            f"Not using the script `{name}` of {table} as the web process, because the app is "
            "not installed as a package, so it has no such program"
        )
    return None


def _flask_app(modules: AppModules, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the value of FLASK_APP, and the subject of a sentence about it."""
    if environment.get("FLASK_APP"):
        return environment["FLASK_APP"].strip(), "FLASK_APP"
    found = _FLASK_APP.findall(modules.text(_FLASKENV) or "")
    value = found[-1].strip() if found else ""
    quoted = re.fullmatch(r"(['\"])(.*?)\1.*", value)
    value = quoted[2] if quoted else value.partition(" #")[0].strip()
    return value, f"FLASK_APP in {_FLASKENV}"


class _Named:
    """Finds what a setting names, among the modules of the app."""

    def __init__(self, modules: AppModules, required: AppPackages) -> None:
        self._modules = modules
        self._required = required

    def application(self, target: str, origin: str, key: str) -> WebSearch:
        """Use `package.module:attribute`.

        Raises ApplicationMissing, if reading is enough to know.
        """
        name, _, attribute = target.partition(":")
        found = self._modules.named(name)
        if found is None:
            candidates = self._similar_modules(name, attribute)
            if candidates or self._modules.has_top(name):
                raise ApplicationMissing(
                    target=target, origin=origin, key=key, candidates=candidates
                )
            # The module may be in an installed package.
            framework = self._usual_framework(name)
            web = WebApplication(
                target=target,
                folder="",
                origin=_place(origin),
                interface=framework.interface or Interface.WSGI,
            )
            return WebSearch(found=web)
        folder, module = found
        function = attribute.removesuffix("()")
        if self._modules.imported_from(folder).bound(module, function) is False:
            raise ApplicationMissing(
                target=target,
                origin=origin,
                key=key,
                file=posixpath.join(folder, module.file),
                candidates=self._similar_names(folder, module, name, function),
            )
        other = self._other(folder, module, attribute)
        if other:
            raise ApplicationMissing(
                target=target,
                origin=origin,
                key=key,
                file=posixpath.join(folder, module.file),
                other=other,
            )
        return self._served(folder, module, attribute, origin)

    def _other(self, folder: str, module: Module, attribute: str) -> str:
        """Say what the name stands for if it certainly is not an application."""
        modules = self._modules.imported_from(folder)
        is_known = modules.instance(module, attribute) or modules.factory(module, attribute)
        return "" if is_known else other_than_application(modules, module, attribute)

    def _served(self, folder: str, module: Module, attribute: str, origin: str) -> WebSearch:
        modules, function = self._modules.imported_from(folder), attribute.removesuffix("()")
        is_called = attribute != function
        made = None if is_called else modules.instance(module, function)
        if made is None:
            made = modules.factory(module, function)
            is_called = is_called or made is not None
        unknown = Instance(
            framework=self._usual_framework(module.name), file=module.file, line=1
        )
        candidate = FoundApplication(
            folder=folder,
            module=module,
            modules=modules,
            name=function,
            instance=made or unknown,
            is_factory=is_called,
        )
        search = served(candidate, self._required)
        if search.found is None:
            return search
        return WebSearch(found=replace(search.found, origin=_place(origin)))

    def _usual_framework(self, module: str) -> Framework:
        """Return the interface of an application that reading does not tell."""
        framework = framework_among(self._required.versions)
        is_asgi = module.rpartition(".")[2] == "asgi" or (
            framework is not None and framework.interface is Interface.ASGI
        )
        return ASGI if is_asgi else WSGI

    def _similar_names(
        self, folder: str, module: Module, name: str, function: str
    ) -> tuple[str, ...]:
        """Return what could be meant in a module: its applications, or names like this one."""
        from difflib import get_close_matches  # only an error needs it

        modules = self._modules.imported_from(folder)
        found = [*applications(modules, module)]
        found += [f"{it}()" for it in module.scope.bindings if modules.factory(module, it)]
        found = found or get_close_matches(function, module.names, n=1)
        return tuple(f"{name}:{it}" for it in found)

    def _similar_modules(self, name: str, attribute: str) -> tuple[str, ...]:
        """Return the target with the module that has nearly this name."""
        from difflib import get_close_matches  # only an error needs it

        if canonicalize_name(name.partition(".")[0]) in self._required.versions:
            return ()
        names = [it for it in self._modules.names() if it.count(".") == name.count(".")]
        nearest = get_close_matches(name, names, n=1, cutoff=0.75)
        return tuple(f"{it}:{attribute}" for it in nearest)

    def of_tool(self, target: str, origin: str, notices: list[str]) -> WebSearch | None:
        """Use the target in the settings of another tool, unless it does not exist."""
        name, other = target.partition(":")[0], ""
        top = canonicalize_name(name.partition(".")[0])
        is_there = self._modules.has_top(name) or top in self._required.versions
        if is_there and re.fullmatch(rf"{_MODULE.pattern}:[^\W\d]\w*(\(\))?", target):
            try:
                return self.application(target, origin, "entrypoint")
            except ApplicationMissing as error:
                other = error.other
        notices.append(_ignored(target, origin, other))
        return None

    def of_flask(self, value: str, origin: str, notices: list[str]) -> WebSearch | None:
        """Use FLASK_APP as Flask does: `hello`, `hello.py:app`, `hello:create_app()`.

        https://flask.palletsprojects.com/en/stable/cli/#application-discovery
        """
        match = _NAMED.fullmatch(value)
        name = match[1].strip("/").replace("/", ".") if match else ""
        found = self._modules.named(name) if _MODULE.fullmatch(name) else None
        if match is None or found is None:
            notices.append(_ignored(value, origin))
            return None
        folder, module = found
        function, arguments = match[2], (match[3] or "")[1:-1].strip()
        if arguments:
            return WebSearch(
                looked_for=LOOKED_FOR,
                reason=f"{origin} calls `{function}` with arguments, which a start command "
                "cannot do on every platform. Write a file wsgi.py with the lines "
                f"`from {module.name} import {function}` and "
                f"`app = {printable(match[2] + match[3])}`",
                line="web: gunicorn wsgi:app",
            )
        modules = self._modules.imported_from(folder)
        if function is None:
            function = self._found_by_flask(modules, module)
        if function is None or modules.bound(module, function) is False:
            notices.append(_ignored(value, origin))
            return None
        attribute = f"{function}()" if match[3] else function
        other = self._other(folder, module, attribute)
        if other:
            notices.append(_ignored(value, origin, other))
            return None
        return self._served(folder, module, attribute, origin)

    @staticmethod
    def _found_by_flask(modules: Modules, module: Module) -> str | None:
        for name in ("app", "application"):
            if modules.bound(module, name):
                return name
        found = [*applications(modules, module)]
        if len(found) == 1:
            return found[0]
        return next((it for it in FACTORIES if modules.factory(module, it)), None)

    def of_gunicorn(self) -> WebSearch | None:
        """Use `wsgi_app` in the configuration file that Gunicorn reads by default.

        Raises ApplicationMissing.
        """
        text = self._modules.text(_GUNICORN_CONFIG)
        values = assigned(text, ("wsgi_app", "chdir")) if text else {}
        if "wsgi_app" not in values:
            return None
        target, folder = values["wsgi_app"] or "", values.get("chdir") or ""
        if target and ":" not in target:
            target = f"{target}:application"
        if not re.fullmatch(rf"{_MODULE.pattern}:[^\W\d]\w*(\(\))?", target) or folder:
            # Only Gunicorn can tell.
            web = WebApplication(
                target="", folder="", origin=_GUNICORN_CONFIG, is_configured=True
            )
            return WebSearch(found=web)
        search = self.application(target, f"`wsgi_app` in {_GUNICORN_CONFIG}", "wsgi_app")
        if isinstance(search.found, WebApplication):
            found = replace(search.found, target=target, folder="", is_configured=True)
            return WebSearch(found=found)
        return search


def _ignored(value: str, origin: str, other: str = "") -> str:
    """Say that what a file names is not served; `other` is what it is instead."""
    what = f"is {other}, not a web application" if other else "the app does not have"
    return (
        f"{origin} names `{printable(redact(value))}`, which {what}. Slipway "
        "looks for the application of the web process without it"
    )


def _place(origin: str) -> str:
    """Return where something is set, without the words that begin a sentence."""
    return origin.removeprefix("The variable ")
