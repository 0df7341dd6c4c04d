"""Runs an app's own `manage.py collectstatic`, if its settings ask for it, in one process.

    collectstatic.py REPORT MANAGE_PY

The settings are known only once manage.py has set Django up, and setting it up twice would
take twice as long. So manage.py runs as it is, and Django's entry point, which it calls, is
replaced by one that looks at the settings first. REPORT, a JSON file, says what happened.
Runs in the app's Python, whatever its version of Django.
"""

import json
import os
import runpy
import sys
import traceback


def main():
    report, manage = sys.argv[1:]
    sys.argv = [manage, "collectstatic", "--noinput"]
    # In place of this folder: what `python manage.py` would put there.
    sys.path[0] = os.path.dirname(os.path.abspath(manage))
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

    def look_first(argv=None):
        reason = reason_not_to_run()
        if reason:
            write(report, {"outcome": "skipped", "reason": reason})
            return
        execute([*argv, "--traceback"] if argv else argv)
        write(report, {"outcome": "done"})

    management.execute_from_command_line = look_first


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
    """Name the environment variable whose absence is the error, through its causes too."""
    while error is not None:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        of_environ = (last and last[0].filename.endswith("os.py")) or "<frozen os>" in str(last)
        if isinstance(error, KeyError) and error.args and of_environ:
            return str(error.args[0])
        # django-environ and python-decouple say it in words.
        words = str(error)
        if "Set the " in words and " environment variable" in words:
            return words.split("Set the ")[1].split(" environment variable")[0]
        if type(error).__name__ == "UndefinedValueError":
            return words.split(" ")[0]
        error = error.__cause__ or error.__context__
    return None


def is_in_settings(error):
    """Tell whether the error came up while the settings module was read."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    paths = (module.replace(".", "/") + ".py", module.replace(".", "/") + "/__init__.py")
    names = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        names.append(error.filename)
    through_settings = any(name.endswith("django/conf/__init__.py") for name in names)
    return through_settings or any(name.endswith(paths) for name in names)


def place(error):
    """Give `file:line` of the app's own line that was last at work."""
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
    """Leave out the frames that say nothing about the app: this file's, and the importer's."""
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
