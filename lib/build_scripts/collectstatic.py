"""Runs the app's own `manage.py collectstatic` in one process, if the settings allow it.

    collectstatic.py REPORT MANAGE_PY

The settings are known only after manage.py has set up Django, and setting it up twice would
take twice as long. So manage.py runs unchanged, and Django's entry point, which it calls, is
replaced by one that checks the settings first. The result is written to REPORT, a JSON file.
Runs in the app's Python, with any version of Django.

If it fails, the report has the facts that failure_facts.py gathers.
"""

import json
import os
import runpy
import sys


def main():
    report, manage = sys.argv[1:]
    sys.argv = [manage, "collectstatic", "--noinput"]
    # Replace this script's folder with the one that `python manage.py` would put there: that of
    # the file itself if manage.py is a link, https://docs.python.org/3/library/sys.html#sys.path.
    sys.path[0] = os.path.dirname(os.path.realpath(manage))
    try:
        replace_entry_point(report)
        runpy.run_path(manage, run_name="__main__")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            raise
        failure_facts = facts_module()
        write(report, failure_facts.describe(error))
        failure_facts.print_traceback(error)
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


def facts_module():
    """Import the sibling module, whose folder is not in sys.path while manage.py runs."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.dont_write_bytecode = True
    import failure_facts

    return failure_facts


def write(report, content):
    with open(report, "w", encoding="utf-8") as stream:
        json.dump(content, stream)


main()
