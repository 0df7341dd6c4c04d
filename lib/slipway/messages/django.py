"""Words for errors of a Django project."""

from __future__ import annotations

from shlex import quote

from slipway.errors.django import (
    CollectstaticFailed,
    ManagePyAmbiguous,
    ManagePyMissing,
    SettingsBroken,
    SettingsVariableMissing,
    StaticFileMissing,
    StaticRootOutside,
)
from slipway.messages.wording import Message, Step, explain, listed, variable_in

_WITHOUT = Step(
    text="Or, if the app needs no static files, skip collectstatic with a config variable:",
    exact=("DISABLE_COLLECTSTATIC=1",),
)


@explain.register
def _ambiguous(error: ManagePyAmbiguous) -> Message:
    return Message(
        title="There is more than one manage.py",
        found=f"{listed(error.candidates)} are equally deep below the app's root folder, so "
        "Slipway cannot tell which of these Django projects to use.",
        steps=(
            Step(
                text="Select one in pyproject.toml:",
                exact=("[tool.slipway]", f'manage_py = "{error.candidates[0]}"'),
            ),
            Step(
                text="Or, to deploy each as a separate app, select one with a config variable of "
                "each app:",
                exact=(f"SLIPWAY_MANAGE_PY={error.candidates[0]}",),
            ),
        ),
    )


@explain.register
def _missing(error: ManagePyMissing) -> Message:
    variable = variable_in(error.origin)
    path = "backend/manage.py"
    return Message(
        title="The configured manage.py does not exist",
        found=f"{error.origin} names {error.path}, but the app has no such file.",
        steps=(
            Step(
                text="Correct the path. It is relative to the app's root folder, for example:",
                exact=(f"{variable}={path}" if variable else f'manage_py = "{path}"',),
            ),
        ),
    )


@explain.register
def _variable(error: SettingsVariableMissing) -> Message:
    place = f" ({_line(error.place)})" if error.place else ""
    return Message(
        title=f"The variable {error.variable} is not set",
        found=f"Building static files with {error.settings} needs the environment variable "
        f"{error.variable}{place}, but it is not set.",
        steps=(
            Step(
                text="Set it as a config variable of the app:",
                exact=(f"{error.variable}=...",),
            ),
            Step(
                text="Or give the settings a default. The running app then also uses it if the "
                "variable is not set there:",
                exact=(f'os.environ.get("{error.variable}", "the default")',),
            ),
            _WITHOUT,
        ),
    )


@explain.register
def _broken(error: SettingsBroken) -> Message:
    place = f" at {_line(error.place)}" if error.place else ""
    return Message(
        title="Django cannot use its settings",
        found=f"{error.subject} fails{place} with {error.reason}",
        steps=(
            Step(text="Fix the error. Its traceback is in the log above."),
            Step(
                text="Or, if the app should use other settings, name them in a config variable:",
                exact=("DJANGO_SETTINGS_MODULE=package.settings",),
            ),
        ),
    )


@explain.register
def _static_root(error: StaticRootOutside) -> Message:
    return Message(
        title="STATIC_ROOT is not in the app's folder",
        found=f"With {error.settings}, static files would be written to {error.folder}. Only files in the app's folder, which has another path when the app runs, become part of the built app.",
        steps=(
            Step(
                text="Compute STATIC_ROOT from the path of the settings file. If BASE_DIR is the folder of manage.py, as in new projects, write:",
                exact=('STATIC_ROOT = BASE_DIR / "staticfiles"',),
            ),
            Step(
                text="Or, if static files are not served by the app, skip collectstatic with a config variable:",
                exact=("DISABLE_COLLECTSTATIC=1",),
            ),
        ),
    )


@explain.register
def _static_file(error: StaticFileMissing) -> Message:
    return Message(
        title="collectstatic could not find a file",
        found=f"collectstatic failed: {error.reason}",
        steps=(
            Step(
                text="Add the file to git, or remove the reference to it, which is often a url() in a stylesheet."
            ),
            Step(
                text="Or, if a stylesheet may refer to missing files, ignore them in a subclass of the storage:",
                exact=(
                    "def hashed_name(self, name, *args, **options):",
                    "    try:",
                    "        return super().hashed_name(name, *args, **options)",
                    "    except ValueError:",
                    "        return name",
                ),
            ),
            _WITHOUT,
        ),
    )


@explain.register
def _collectstatic(error: CollectstaticFailed) -> Message:
    place = f" at {_line(error.place)}" if error.place else ""
    return Message(
        title="collectstatic failed",
        found=f"It failed{place} with {error.exception}"
        if error.exception
        else f"It {error.ending}.",
        steps=(
            Step(
                text="Run it on your machine, with the same config variables:",
                exact=(f"python {quote(error.manage)} collectstatic --noinput",),
            ),
            _WITHOUT,
        ),
    )


def _line(place: str) -> str:
    """Name a line in a sentence, from `file:line`."""
    file, _, number = place.rpartition(":")
    return f"line {number} of {file}"
