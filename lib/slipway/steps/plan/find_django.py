"""Find the Django project of an app by its files, without running any of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slipway.domain.app_files import FOLDERS_WITHOUT_CODE
from slipway.domain.django.project import (
    DjangoProject,
    application_setting,
    is_manage,
    module_source,
    settings_named_in,
)
from slipway.domain.settings import Settings
from slipway.domain.web.launch import Interface, WebApplication
from slipway.domain.web.modules import Modules
from slipway.effects.files import AppFolder
from slipway.errors.django import ManagePyAmbiguous, ManagePyMissing

_FACTORY = "django.core.wsgi:get_wsgi_application()"
"""https://docs.djangoproject.com/en/stable/howto/deployment/wsgi/"""
_DEPTH = 2


def find_django(app: AppFolder, settings: Settings) -> DjangoProject | None:
    """Find the project by the manage.py nearest to the app's root, or named in a setting.

    Raises ManagePyAmbiguous, ManagePyMissing.
    """
    manage = settings.manage_py or _nearest_manage(
        app, FOLDERS_WITHOUT_CODE.union(settings.vendor)
    )
    if manage is None:
        return None
    text = app.text(manage)
    if text is None:
        raise ManagePyMissing(path=manage, origin=settings.manage_py_origin)
    # Python imports from the folder of the file that a link leads to:
    # https://docs.python.org/3/library/sys_path_init.html
    manage = app.real_path(manage)
    project = _Project(app, manage.rpartition("/")[0])
    named, origin = settings_named_in(text), manage
    if settings.settings_module:
        named, origin = settings.settings_module, "DJANGO_SETTINGS_MODULE"
    web = project.web(named)
    served = project.served_settings(web) if web else None
    if served and served[0] != named and not settings.settings_module:
        named, origin = served
    return DjangoProject(
        manage=manage,
        settings=named,
        settings_origin=origin,
        web=web,
        asgi=project.asgi(named),
    )


def _nearest_manage(app: AppFolder, skipped: frozenset[str]) -> str | None:
    for depth in range(_DEPTH + 1):
        files = (f"{folder}manage.py" for folder in _folders(app, depth, skipped))
        found = tuple(
            dict.fromkeys(
                app.real_path(file) for file in files if is_manage(app.text(file) or "")
            )
        )
        if len(found) > 1:
            raise ManagePyAmbiguous(candidates=found)
        if found:
            return found[0]
    return None


def _folders(
    app: AppFolder, depth: int, skipped: frozenset[str], folder: str = ""
) -> Iterator[str]:
    """Yield the folders that are `depth` levels below one, except skipped and hidden ones."""
    if depth == 0:
        yield folder
        return
    for name in app.entries(folder):
        path = f"{folder}{name}"
        # `skipped` has names, which match at any level, and paths of vendor folders.
        is_skipped = name.startswith(".") or not skipped.isdisjoint((name[:-1], path[:-1]))
        if name.endswith("/") and not is_skipped:
            yield from _folders(app, depth - 1, skipped, path)


class _Project:
    """A project's folder, and what can be read from its files."""

    def __init__(self, app: AppFolder, folder: str) -> None:
        self._app = app
        self._folder = folder
        self._modules = Modules(read=self.read)

    def read(self, name: str) -> str | None:
        return self._app.text(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._folder else name

    def web(self, settings: str | None) -> WebApplication | None:
        """Follow WSGI_APPLICATION, else use a wsgi.py.

        The wsgi.py next to the settings is preferred, then the only one in another package,
        then the one next to manage.py. Without any of them, Django makes the application.
        """
        named = self._named(settings, "WSGI_APPLICATION")
        if named:
            return named
        package = settings.partition(".")[0] if settings else ""
        others = self._wsgi_modules()
        in_package = [name for name in others if name == f"{package}.wsgi"]
        for candidates in (in_package, others, ["wsgi"]):
            if len(candidates) == 1 and self._binds(candidates[0], "application"):
                file = f"{candidates[0].replace('.', '/')}.py"
                return self._application(f"{candidates[0]}:application", self._path(file))
        return None if len(others) > 1 else self._made_by_django(settings)

    def _wsgi_modules(self) -> list[str]:
        # Only names that Python can import: not `{{ name }}/` of a template or `my site/`.
        packages = [
            name.rstrip("/")
            for name in self._app.entries(self._folder)
            if name.endswith("/") and name.rstrip("/").isidentifier()
        ]
        return [f"{name}.wsgi" for name in packages if self.read(f"{name}/wsgi.py") is not None]

    def _made_by_django(self, settings: str | None) -> WebApplication | None:
        """Return the application that `runserver` uses for a project without a wsgi.py."""
        source = module_source(settings, self.read) if settings else None
        return self._application(_FACTORY, self._path(source[0])) if source else None

    def asgi(self, settings: str | None) -> WebApplication | None:
        """Follow ASGI_APPLICATION: every project has an asgi.py, but few are served by it."""
        return self._named(settings, "ASGI_APPLICATION")

    def _named(self, settings: str | None, name: str) -> WebApplication | None:
        """Return the application that a setting names, unless its module does not have it."""
        named = application_setting(settings, name, self.read) if settings else None
        if named is None:
            return None
        target, origin = named
        module, _, attribute = target.partition(":")
        if self._binds(module, attribute) is False:
            return None
        found = self._application(target, f"{name} in {self._path(origin)}")
        if name == "WSGI_APPLICATION":
            return found
        read = self._modules.get(module)
        made = self._modules.instance(read, attribute) if read else None
        framework = made.framework.name if made else "Django"
        return replace(found, interface=Interface.ASGI, framework=framework or "Django")

    def _application(self, target: str, origin: str) -> WebApplication:
        return WebApplication(
            target=target, folder=self._folder, origin=origin, framework="Django"
        )

    def _binds(self, module: str, attribute: str) -> bool | None:
        """Return whether a module of the project has a name; None if reading does not tell."""
        found = self._modules.get(module)
        return self._modules.bound(found, attribute) if found else False

    def served_settings(self, web: WebApplication) -> tuple[str, str] | None:
        """Return the settings module that wsgi.py uses by default, and the path of wsgi.py.

        A project can have several settings modules (manage.py: local, wsgi.py: production). The
        one of manage.py may need packages that are not installed in production, so
        collectstatic and the release process must use the one of wsgi.py.
        """
        source = module_source(web.target.partition(":")[0], self.read)
        if source is None:
            return None
        file, text = source
        named = settings_named_in(text)
        return (named, self._path(file)) if named else None
