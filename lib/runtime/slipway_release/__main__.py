"""Runs the release step: `PYTHON -B FOLDER/slipway_release RELEASE_JSON [--start]`.

The program `slipway-release` starts it in the folder of what was deployed. With `--start`, it
is run before `web` starts, in each instance of the app. With `--as-owner`, it does not stay
root if that folder belongs to another user.

The settings are known only after manage.py has set up Django: it may change sys.path, and load
variables. So manage.py runs unchanged, and Django's entry point, which it calls, is replaced by
the release step.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
import time
from pathlib import Path

FOLDER = os.path.dirname(os.path.abspath(__file__))
OLDEST_DJANGO = (2, 2)
OPTIONS = ("--start", "--retry", "--as-owner")
USAGE = """\
Usage: slipway-release [--retry | --start]

Waits for the databases, migrates them once, and sets up what is new.

  --retry  apply a migration again that was interrupted, after you have undone by hand what
           was done
  --start  do what is due before `web` starts"""


def main() -> int:
    # This folder, which `python FOLDER` puts there. The app must find its own modules.
    if sys.path and os.path.abspath(sys.path[0]) == FOLDER:
        del sys.path[0]
    load_packages()
    from slipway_release import ending, log, tracebacks

    if {"--help", "-h"} & set(sys.argv[1:]):
        log.say(USAGE)
        return 0
    started = time.monotonic()
    ending.listen()
    try:
        done = release(sys.argv[1:])
        ending.ignore()
    except ending.Ended as ended:
        log.say(ending.sentence(ended))
        return ended.status
    except log.ReleaseFailed as failure:
        text = str(failure)
    except BaseException as error:
        tracebacks.show(error)
        text = f"The error above ended the release step: {type(error).__name__}"
        missing = tracebacks.missing_variable(error)
        if missing:
            text += f"\nSet the variable {log.shown(missing)} for the app, and deploy again."
    else:
        if done:
            log.say(f"Release step finished: {done}, in {time.monotonic() - started:.1f} s")
        return 0
    log.say(text)
    if ending.received:
        signalled = ending.Ended(*ending.received)
        log.say(ending.sentence(signalled))
        return signalled.status
    log.say(f"Release step failed after {time.monotonic() - started:.1f} s")
    return 1


def load_packages() -> None:
    """Import Slipway's packages by their places: modules of the app may have the same names."""
    for name in ("slipway_release", "bound_services"):
        folder = os.path.join(os.path.dirname(FOLDER), name)
        file = os.path.join(folder, "__init__.py")
        spec = importlib.util.spec_from_file_location(
            name, file, submodule_search_locations=[folder]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)


def release(arguments: list[str]) -> str:
    """Do what was asked for, and return what was done; nothing if it is turned off."""
    from slipway_release import options as given
    from slipway_release.log import ReleaseFailed, say, shown
    from slipway_release.owner import become_owner

    is_start, is_retry = "--start" in arguments, "--retry" in arguments
    [file, *unknown] = [one for one in arguments if one not in OPTIONS]
    if unknown:
        raise ReleaseFailed(
            f"There is no option {shown(unknown[0])}.\n"
            "Run `slipway-release`; `--retry` is for a migration that was interrupted."
        )
    if "--as-owner" in arguments:
        become_owner(os.getcwd())
    variables = dict(os.environ)
    options = given.read(Path(file), variables)
    reason = given.reason_not_to_run(options, variables, is_start=is_start)
    if reason:
        say(reason)
        return ""
    app = Path.cwd() / options.root
    manage = app / options.manage
    if not manage.is_file():
        raise ReleaseFailed(f"{shown(str(manage))} does not exist.\nRun this in the built app.")
    os.chdir(app)
    if options.settings:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", options.settings)
    sys.path.insert(0, os.path.dirname(os.path.realpath(options.manage)))
    check_django()
    from django.core import management

    done: list[str] = []

    def execute(_argv: list[str] | None = None) -> None:
        set_up_django()
        from slipway_release import steps  # imports models

        done.append(
            steps.run(
                options,
                app,
                is_start=is_start,
                is_retry=is_retry,
                is_other=is_start and given.is_other_instance(options, variables),
                has_instances=is_start and bool(variables.get("CF_INSTANCE_INDEX")),
            )
        )

    management.execute_from_command_line = execute
    # Settings that ask for the command behave as in `migrate`.
    sys.argv = [options.manage, "migrate", "--noinput"]
    try:
        runpy.run_path(options.manage, run_name="__main__")
    except SystemExit as error:
        if error.code not in (None, 0):
            text = f"{options.manage} exited: {shown(str(error.code))}"
            raise ReleaseFailed(text) from error
    if not done:
        raise ReleaseFailed(
            f"{options.manage} exited without running a command of Django.\n"
            "It has to call django.core.management.execute_from_command_line()."
        )
    return done[0]


def check_django() -> None:
    from slipway_release.log import ReleaseFailed, shown

    try:
        import django
    except ImportError as error:
        raise ReleaseFailed(
            f"Django cannot be imported: {shown(str(error))}\n"
            "Add it to the requirements of the app, and build the app again."
        ) from error
    if django.VERSION < OLDEST_DJANGO:
        raise ReleaseFailed(
            f"The release step needs Django 2.2 or newer. The app has {django.__version__}.\n"
            "Update Django, or run `python manage.py migrate --noinput` in its place."
        )


def set_up_django() -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured

    from slipway_release import tracebacks
    from slipway_release.databases import without_driver
    from slipway_release.log import ReleaseFailed, shown

    try:
        django.setup()
    except Exception as error:  # whatever the app's settings and apps raise
        # Models load the backend of the database.
        if isinstance(error, ImproperlyConfigured) and "Error loading" in str(error):
            raise ReleaseFailed(without_driver(error)) from error
        tracebacks.show(error)
        missing = tracebacks.missing_variable(error)
        advice = (
            f"Set the variable {shown(missing)} for the app"
            if missing
            else "Correct what the error above says"
        )
        raise ReleaseFailed(
            f"Django does not start with these settings: {type(error).__name__}\n"
            f"{advice}. Variables that the settings require have to be set where the release "
            "step runs, too."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
