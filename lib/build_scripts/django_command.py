"""Runs a command of the app's own manage.py in one process, such as collectstatic.

    django_command.py REQUEST REPORT

REQUEST is a JSON file: `manage` is the path of manage.py, `arguments` are the command's name
and its arguments. `may_upload` leaves the network to the command. `placeholders` maps variables
with throw-away values to texts by which the values are recognized. With `pages`, the report
also has what happens when the URLconf is imported and the engines of templates are made, which
Django does only for the first request.

The settings are known only after manage.py has set up Django, and setting it up twice would
take twice as long. So manage.py runs unchanged, and Django's entry point, which it calls, is
replaced by one that checks the settings first. The result is written to REPORT, a JSON file.
Runs in the app's Python, with any version of Django.

If it fails, the report has the facts that failure_facts.py gathers.
"""

import errno
import json
import os
import runpy
import select
import signal
import sys
import time
from contextlib import suppress

CREDENTIALS = (
    *("access_key", "secret_key", "bucket_name", "credentials", "account_name", "account_key"),
    *("connection_string", "sas_token", "token_credential", "azure_container"),
)
"""Attributes of the storages of django-storages."""
PREFIXES = ("AWS_", "GS_", "AZURE_", "CLOUDINARY_")
"""How the names of settings for such storages start."""
TIME_LIMIT = 10
"""Seconds for importing the URLconf, and what templates load."""


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        request = json.load(stream)
    report, manage = sys.argv[2], request["manage"]
    folder = os.path.dirname(os.path.abspath(__file__))
    if not request["may_upload"]:
        own_module(folder, "fence").close_network()
    sys.argv = [manage, *request["arguments"]]
    # Replace this script's folder with the one that `python manage.py` would put there: that of
    # the file itself if manage.py is a link, https://docs.python.org/3/library/sys.html#sys.path.
    sys.path[0] = os.path.dirname(os.path.realpath(manage))
    try:
        replace_entry_point(request, report)
        runpy.run_path(manage, run_name="__main__")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            raise
        failure_facts = own_module(folder, "failure_facts")
        write(report, failure_facts.describe(error))
        failure_facts.print_traceback(error)
        sys.exit(1)


def replace_entry_point(request, report):
    from django.core import management

    if not request["may_upload"]:
        refuse_databases()
    execute = management.execute_from_command_line
    name = request["arguments"][0]

    def check_settings_first(argv=None):
        import django

        django.setup()
        commands = sorted(management.get_commands())
        if name not in commands and name != "collectstatic":
            write(report, {"outcome": "unknown", "commands": commands})
            return
        found = why_not_to_collect(request) if name == "collectstatic" else None
        is_last = not found or found["outcome"] == "skipped"
        # Meanwhile, because most of the command's time goes to reading and writing files.
        pages = PageImport() if request["pages"] and is_last else None
        if not found:
            execute([*argv, "--traceback"] if argv else argv)
            found = {"outcome": "done"}
        answer = {"pages": pages.answer()} if pages else {}
        known = {"refuses_hosts": refuses_hosts(), "commands": commands}
        write(report, {**found, **answer, **known})

    management.execute_from_command_line = check_settings_first


def refuses_hosts():
    """Return whether Django answers requests for all hosts but this one with the status 400.

    Only code that asks for the host refuses it; in most apps that is CommonMiddleware.
    """
    import django
    from django.conf import settings

    # Since then, local hosts alone are allowed if DEBUG is on:
    # https://docs.djangoproject.com/en/stable/releases/1.10.3/
    if settings.DEBUG and django.VERSION < (1, 10, 3):
        return False
    try:
        middleware = getattr(settings, "MIDDLEWARE", None)
        if middleware is None:  # not since Django 2.0, which ignores the old setting
            middleware = settings.MIDDLEWARE_CLASSES
        hosts = settings.ALLOWED_HOSTS
        return "django.middleware.common.CommonMiddleware" in middleware and not any(hosts)
    except Exception:  # a setting of another type, or none
        return False


class PageImport:
    """What Django imports for its first pages, in a copy of this process, which has set it up.

    The copy can neither use the network nor change files, and whatever the app does when it is
    imported, this process goes on.
    """

    def __init__(self):
        self.began = time.monotonic()
        self.reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.process = os.fork()
        if self.process:
            os.close(writing)
            return
        try:
            with os.fdopen(writing, "w", encoding="utf-8") as stream:
                json.dump(facts_of_pages(), stream)
        finally:
            os._exit(0)

    def answer(self):
        """Return what facts_of_pages returns; None if the copy has not come to its end."""
        parts = []
        while True:
            left = self.began + TIME_LIMIT - time.monotonic()
            if not select.select([self.reading], [], [], max(left, 0))[0]:
                os.kill(self.process, signal.SIGKILL)
                break
            part = os.read(self.reading, 1 << 16)
            if not part:
                break
            parts.append(part)
        os.close(self.reading)
        # An app that ignores SIGCHLD leaves no process to wait for.
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        try:
            return json.loads(b"".join(parts))
        except ValueError:
            return None


def facts_of_pages():
    """Import the URLconf and what templates load, and return what describes each failure.

    {} stands for none. The engines of templates import all installed libraries of tags:
    https://docs.djangoproject.com/en/stable/howto/custom-template-tags/#code-layout
    """
    folder = os.path.dirname(os.path.abspath(__file__))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    sys.dont_write_bytecode = True
    failure_facts, fence = (own_module(folder, name) for name in ("failure_facts", "fence"))

    def failure(load):
        try:
            load()
        except BaseException as error:
            return {**failure_facts.describe(error), "refused": refused(error, failure_facts)}
        return {}

    refuse_databases()
    unfenced = failure(fence.close)
    if unfenced:
        return {"urls": unfenced}
    return {"urls": failure(import_urls), "templates": failure(make_engines)}


def import_urls():
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  it imports them


def make_engines():
    from django.template import engines

    engines.all()


def refused(error, failure_facts):
    """Return what a build does not have, if that led to an exception; else nothing."""
    from django.db import Error

    for one in failure_facts.chain(error):
        if getattr(one, "errno", None) in (errno.EROFS, errno.EACCES):
            return str(one.strerror or one)
        if isinstance(one, Error):
            return "it uses the database"
    return ""


def why_not_to_collect(request):
    """Return what keeps collectstatic from being run in this process; None if nothing does."""
    reason = reason_not_to_run()
    if reason:
        return {"outcome": "skipped", "reason": reason}
    kind = storage_class()
    is_elsewhere = kind is not None and uploads(kind)
    if is_elsewhere and not request["may_upload"]:
        return {"outcome": "uploads", **upload(kind, request["placeholders"])}
    computed = computed_settings(request["placeholders"])
    if computed:
        return {"outcome": "computed", "settings": computed}
    folder = None if is_elsewhere else folder_outside_the_app()
    return {"outcome": "outside", "folder": folder} if folder else None


def reason_not_to_run():
    from django.apps import apps
    from django.conf import settings

    if not apps.is_installed("django.contrib.staticfiles"):
        return "django.contrib.staticfiles is not in INSTALLED_APPS"
    if not settings.STATIC_ROOT and not is_kept_elsewhere():
        return "STATIC_ROOT is not set"
    return None


def is_kept_elsewhere():
    kind = storage_class()
    return kind is not None and uploads(kind)


def storage_class():
    """Return the class of the storage of static files; None if it cannot be imported."""
    from django.utils.module_loading import import_string

    try:
        return import_string(static_storage()["BACKEND"])
    except Exception:  # whatever the module raises; collectstatic reports it
        return None


def static_storage():
    """Return the settings of the storage, whichever way this Django has them."""
    from django.conf import settings

    storages = getattr(settings, "STORAGES", None)
    if isinstance(storages, dict):
        return storages.get("staticfiles") or {}
    return {"BACKEND": settings.STATICFILES_STORAGE}


def uploads(kind):
    """Return whether a storage keeps files neither in the file system nor in memory."""
    from django.core.files.storage import FileSystemStorage

    return not issubclass(kind, FileSystemStorage) and not kind.__module__.startswith("django.")


def upload(kind, placeholders):
    """Describe where a storage uploads to, and what it lacks for that."""
    from django.conf import settings

    from_settings = {
        name: getattr(settings, name, None)
        for name in dir(settings)
        if name.isupper() and name.startswith(PREFIXES)
    }
    attributes = {}
    try:
        from django.contrib.staticfiles.storage import staticfiles_storage

        staticfiles_storage.exists  # noqa: B018  it makes the storage
        attributes = vars(staticfiles_storage._wrapped)
    except Exception:  # the storage connects, or lacks something; the second run reports it
        attributes = {}
    values = [from_settings, attributes, static_storage().get("OPTIONS")]
    shown = [attributes.get(name) for name in ("bucket_name", "azure_container")]
    place = next((str(one) for one in shown if one), "")
    host = attributes.get("endpoint_url") or ""
    return {
        "storage": f"{kind.__module__}.{kind.__qualname__}",
        "place": f"{place} at {host}" if place and host else place or str(host),
        "placeholders": sorted({name for one in values for name in marked(one, placeholders)}),
        "unset": [it for it in CREDENTIALS if it in attributes and not attributes[it]],
    }


def computed_settings(placeholders):
    """Map settings of static files to the variables whose throw-away values they have."""
    from django.conf import settings

    if not placeholders:
        return {}
    names = ("STATIC_URL", "STATIC_ROOT", "STATICFILES_STORAGE")
    values = {name: getattr(settings, name, None) for name in names}
    if hasattr(settings, "STORAGES"):
        values["STORAGES"] = static_storage()
        del values["STATICFILES_STORAGE"]
    found = {name: marked(value, placeholders) for name, value in values.items()}
    return {name: variables for name, variables in found.items() if variables}


def marked(value, placeholders, depth=0):
    """Name the placeholders whose texts are in a value, or in what it contains."""
    if isinstance(value, (str, bytes, os.PathLike)):
        text = os.fsdecode(value)
        return [name for name, marks in placeholders.items() if any(it in text for it in marks)]
    if depth > 5:
        return []
    if isinstance(value, dict):
        inner = [*value.keys(), *value.values()]
    else:
        inner = [*value] if isinstance(value, (list, tuple, set, frozenset)) else []
    found = [name for one in inner for name in marked(one, placeholders, depth + 1)]
    return list(dict.fromkeys(found))


def refuse_databases():
    """Refuse connections to databases that a library in C makes through a socket of the system.

    https://docs.djangoproject.com/en/stable/ref/signals/#connection-created
    """
    try:
        from django.db import OperationalError
        from django.db.backends.signals import connection_created
    except ImportError:  # a broken Django fails in manage.py, where that is explained
        return

    def refuse(connection, **_):
        if connection.vendor != "sqlite":
            connection.close()
            raise OperationalError("the build does not let the app use a database")

    connection_created.connect(refuse, weak=False)


def folder_outside_the_app():
    """Return the folder for static files if it is not in the app, which is moved or copied.

    None if it is in the app, or if the storage is not in the file system.
    """
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.files.storage import FileSystemStorage

    if not isinstance(staticfiles_storage, FileSystemStorage):
        return None
    given, app = staticfiles_storage.location, os.path.realpath(os.getcwd())
    folder = os.path.realpath(given)
    if (folder + os.sep).startswith(app + os.sep):
        return None
    return given if folder == given else f"{given}, which leads to {folder}"


def own_module(folder, name):
    """Import a sibling module; the app may have another one of that name."""
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    others = sys.modules.pop(name, None)
    sys.path.insert(0, folder)
    module = __import__(name)
    sys.path.remove(folder)
    del sys.modules[name]
    if others is not None:
        sys.modules[name] = others
    sys.dont_write_bytecode = written
    return module


def write(report, content):
    # At once, because the app may have forked.
    temporary = f"{report}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
    os.replace(temporary, report)


main()
