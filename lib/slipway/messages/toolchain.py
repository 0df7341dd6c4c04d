"""Words for tools that cannot be used."""

from __future__ import annotations

from slipway.errors.toolchain import UvUnavailable, UvUnfit
from slipway.messages.wording import Message, Step, explain

_LET_SLIPWAY_CHOOSE = Step(
    text="Or let Slipway use pip-tools if uv cannot be used, in pyproject.toml:",
    exact=("[tool.slipway]", 'toolchain = "auto"'),
)


@explain.register
def _unavailable(error: UvUnavailable) -> Message:
    return Message(
        title="uv could not be had",
        found=f"The app asks for uv, and uv {error.version} could not be had: {error.reason}.",
        steps=(
            Step(
                text="Put that version on the image, or on the index that the app uses:",
                exact=(f"pip install uv=={error.version}",),
            ),
            _LET_SLIPWAY_CHOOSE,
        ),
    )


@explain.register
def _unfit(error: UvUnfit) -> Message:
    return Message(
        title="uv does not know a setting",
        found=f"The app asks for uv, and {error.setting} is one that only pip knows.",
        steps=(Step(text="Take the setting out."), _LET_SLIPWAY_CHOOSE),
    )
