"""Words for errors of a toolchain that cannot be used."""

from __future__ import annotations

from slipway.errors.toolchain import UvUnavailable, UvUnfit
from slipway.messages.wording import Message, Step, explain, variable_in


def _let_slipway_choose(origin: str) -> Step:
    variable = variable_in(origin)
    choose = "Or let Slipway use pip-tools if it cannot use uv."
    if variable:
        return Step(text=f"{choose} Set the variable to auto:", exact=(f"{variable}=auto",))
    return Step(
        text=f"{choose} In pyproject.toml:", exact=("[tool.slipway]", 'toolchain = "auto"')
    )


_ON_THE_INDEX = (
    Step(
        text="Or make sure that the package index that the app uses has that version, and that "
        "the build can download it from there."
    ),
)


@explain.register
def _unavailable(error: UvUnavailable) -> Message:
    return Message(
        title="uv is not available",
        found=f"The app requests uv, but uv {error.version} is not available: {error.reason}.",
        steps=(
            Step(
                text="Install that version on the image:",
                exact=(f"pip install uv=={error.version}",),
            ),
            *(_ON_THE_INDEX if error.is_download else ()),
            _let_slipway_choose(error.origin),
        ),
    )


@explain.register
def _unfit(error: UvUnfit) -> Message:
    return Message(
        title="uv cannot be used with a setting of the app",
        found=f"The app requests uv, but {error.reason}.",
        steps=(Step(text="Remove or correct the setting."), _let_slipway_choose(error.origin)),
    )
