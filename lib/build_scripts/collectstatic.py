"""Runs the app's own `manage.py collectstatic` in one process, if the settings allow it.

    collectstatic.py REPORT MANAGE_PY

The settings are known only after manage.py has set up Django, and setting it up twice would
take twice as long. So manage.py runs unchanged, and Django's entry point, which it calls, is
replaced by one that checks the settings first. The result is written to REPORT, a JSON file.
Runs in the app's Python, with any version of Django.
"""

import json
import os
import runpy
import sys
import traceback


def main():
    report, manage = sys.argv[1:]
    sys.argv = [manage, "collectstatic", "--noinput"]
    # Replace this script's folder with the one that `python manage.py` would put there: that of
    # the file itself if manage.py is a link, https://docs.python.org/3/library/sys.html#sys.path.
    sys.path[0] = os.path.dirname(os.path.realpath(manage))
    try:
        replace_entry_point(report)
        runpy.run_path(manage, run_name="__main__")
    except Exception as error:
        write(report, describe(error))
        print_traceback(error)
        sys.exit(1)


def replace_entry_point(report):
    from django.core import management

    execute = management.execute_from_command_line

    def check_settings_first(argv=None):
        reason = reason_not_to_run()
        commands = sorted(management.get_commands())
        if reason:
            write(report, {"outcome": "skipped", "reason": reason, "commands": commands})
            return
        folder = folder_outside_the_app()
        if folder:
            write(report, {"outcome": "outside", "folder": folder})
            return
        execute([*argv, "--traceback"] if argv else argv)
        write(report, {"outcome": "done", "commands": commands})

    management.execute_from_command_line = check_settings_first


def reason_not_to_run():
    import django
    from django.apps import apps
    from django.conf import settings

    django.setup()
    if not apps.is_installed("django.contrib.staticfiles"):
        return "django.contrib.staticfiles is not in INSTALLED_APPS"
    if not settings.STATIC_ROOT:
        return "STATIC_ROOT is not set"
    return None


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


def describe(error):
    return {
        "outcome": "failed",
        "exception": type(error).__name__,
        "message": str(error),
        "variable": missing_variable(error),
        "in_settings": is_in_settings(error),
        "place": place(error),
    }


def missing_variable(error):
    """Name the environment variable whose absence is the error, or a cause of the error."""
    while error is not None:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        of_environ = (last and last[0].filename.endswith("os.py")) or "<frozen os>" in str(last)
        if isinstance(error, KeyError) and error.args and of_environ:
            return str(error.args[0])
        # django-environ and python-decouple name it in their messages.
        message = str(error)
        if "Set the " in message and " environment variable" in message:
            return message.split("Set the ")[1].split(" environment variable")[0]
        if type(error).__name__ == "UndefinedValueError":
            return message.split(" ")[0]
        error = error.__cause__ or error.__context__
    return None


def is_in_settings(error):
    """Tell whether the error was raised while the settings module was imported."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    paths = (module.replace(".", "/") + ".py", module.replace(".", "/") + "/__init__.py")
    names = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        names.append(error.filename)
    through_settings = any(name.endswith("django/conf/__init__.py") for name in names)
    return through_settings or any(name.endswith(paths) for name in names)


def place(error):
    """Return `file:line` of the innermost line of the app's own code; None if there is none."""
    app = os.getcwd() + os.sep
    if isinstance(error, SyntaxError) and error.filename:
        return relative(error.filename, app) + ":" + str(error.lineno)
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(app) and "site-packages" not in frame.filename
    ]
    return relative(own[-1].filename, app) + ":" + str(own[-1].lineno) if own else None


def relative(path, app):
    return path.removeprefix(app)


def print_traceback(error):
    """Print a traceback without frames of this file and of Python's import system."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen")
    ]
    if is_in_settings(error):
        frames = [frame for frame in frames if ".slipway" not in frame.filename]
    print("Traceback (most recent call last):", file=sys.stderr)
    lines = traceback.format_list(frames) + traceback.format_exception_only(type(error), error)
    print("".join(lines), file=sys.stderr, end="")


def write(report, content):
    with open(report, "w", encoding="utf-8") as stream:
        json.dump(content, stream)


main()
