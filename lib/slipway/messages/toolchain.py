"""Words for errors of a toolchain that cannot be used."""

from __future__ import annotations

from slipway.errors.toolchain import UvUnavailable, UvUnfit
from slipway.messages.wording import Message, Step, explain

_LET_SLIPWAY_CHOOSE = Step(
    text="Or let Slipway use pip-tools if it cannot use uv. In pyproject.toml:",
    exact=("[tool.slipway]", 'toolchain = "auto"'),
)


@explain.register
def _unavailable(error: UvUnavailable) -> Message:
    return Message(
        title="uv is not available",
        found=f"The app requests uv, but uv {error.version} is not available: {error.reason}.",
        steps=(
            Step(
                text="Install that version on the image, or add it to the app's package index:",
                exact=(f"pip install uv=={error.version}",),
            ),
            _LET_SLIPWAY_CHOOSE,
        ),
    )


@explain.register
def _unfit(error: UvUnfit) -> Message:
    return Message(
        title="uv cannot be used with a setting of the app",
        found=f"The app requests uv, but {error.reason}.",
        steps=(Step(text="Remove or correct the setting."), _LET_SLIPWAY_CHOOSE),
    )
