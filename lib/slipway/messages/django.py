"""Words for a Django project that cannot be found or staged."""

from __future__ import annotations

from slipway.errors.django import (
    CollectstaticFailed,
    ManagePyAmbiguous,
    ManagePyMissing,
    SettingsBroken,
    SettingsVariableMissing,
    StaticFileMissing,
)
from slipway.messages.wording import Message, Step, explain, listed

_WITHOUT = Step(
    text="If the app needs no static files, leave them out by a config variable:",
    exact=("DISABLE_COLLECTSTATIC=1",),
)


@explain.register
def _ambiguous(error: ManagePyAmbiguous) -> Message:
    return Message(
        title="There is more than one manage.py",
        found=f"{listed(error.candidates)} are Django projects at the same depth, and "
        "nothing says which of them this app is.",
        steps=(
            Step(
                text="Say it in pyproject.toml:",
                exact=("[tool.slipway]", f'manage_py = "{error.candidates[0]}"'),
            ),
            Step(
                text="Or, to build each for an app of its own, by a config variable:",
                exact=(f"SLIPWAY_MANAGE_PY={error.candidates[0]}",),
            ),
        ),
    )


@explain.register
def _missing(error: ManagePyMissing) -> Message:
    return Message(
        title="The manage.py that is named is not there",
        found=f"{error.origin} names {error.path}, and the app has no such file.",
        steps=(
            Step(
                text="Name it relative to the top of the app:",
                exact=('manage_py = "backend/manage.py"',),
            ),
        ),
    )


@explain.register
def _variable(error: SettingsVariableMissing) -> Message:
    place = f" ({error.place})" if error.place else ""
    return Message(
        title=f"The settings need the variable {error.variable}",
        found=f"Building static files loads {error.settings}, which reads {error.variable} "
        f"from the environment{place}, and it is not set.",
        steps=(
            Step(
                text="Set it among the app's config variables:",
                exact=(f"{error.variable}=...",),
            ),
            Step(
                text="Or let the settings do without it while building:",
                exact=(f'os.environ.get("{error.variable}", "only for building")',),
            ),
            _WITHOUT,
        ),
    )


@explain.register
def _broken(error: SettingsBroken) -> Message:
    place = f" at {error.place}" if error.place else ""
    return Message(
        title="Django's settings cannot be loaded",
        found=f"{error.settings} stops{place} with {error.reason}",
        steps=(
            Step(text="Mend that place. Its traceback stands above."),
            Step(
                text="If other settings are meant here, name them by a config variable:",
                exact=("DJANGO_SETTINGS_MODULE=package.settings",),
            ),
        ),
    )


@explain.register
def _static_file(error: StaticFileMissing) -> Message:
    return Message(
        title="A static file that is referred to is missing",
        found=f"collectstatic stops: {error.reason}",
        steps=(
            Step(
                text="Add the file to git, or take out what refers to it (a url() in a stylesheet, mostly)."
            ),
            Step(
                text="If it is known to be missing, let the storage accept that; in a class of your own:",
                exact=("manifest_strict = False",),
            ),
            _WITHOUT,
        ),
    )


@explain.register
def _collectstatic(error: CollectstaticFailed) -> Message:
    place = f" at {error.place}" if error.place else ""
    return Message(
        title="collectstatic failed",
        found=f"It stops{place} with {error.reason}",
        steps=(
            Step(
                text="Run it on your machine, with the same variables:",
                exact=("python manage.py collectstatic --noinput",),
            ),
            _WITHOUT,
        ),
    )
