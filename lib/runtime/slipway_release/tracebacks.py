"""Shows the traceback of an exception in code of the app."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

from slipway_release.log import say, without_credentials

PACKAGE = os.path.dirname(os.path.abspath(__file__))


def show(error: BaseException) -> None:
    """Print a traceback without the calls in the release step itself."""
    frames = _after_our_frames(error.__traceback__)
    lines = traceback.format_exception(type(error), error, frames)
    say(without_credentials("".join(lines)).rstrip())


def _after_our_frames(frames: TracebackType | None) -> TracebackType | None:
    while frames and frames.tb_next and _is_ours(frames):
        frames = frames.tb_next
    return frames


def _is_ours(frames: TracebackType) -> bool:
    return os.path.dirname(os.path.abspath(frames.tb_frame.f_code.co_filename)) == PACKAGE
