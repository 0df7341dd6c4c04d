"""Shows the traceback of an exception in code of the app."""

from __future__ import annotations

import os
import traceback
from typing import Iterator

from slipway_release.log import say, without_credentials

PACKAGE = os.path.dirname(os.path.abspath(__file__))


def show(error: BaseException) -> None:
    """Print a traceback without the calls in the release step itself, and in runpy."""
    shown = traceback.TracebackException(type(error), error, error.__traceback__)
    for part in _chain(shown):
        frames = [frame for frame in part.stack if not _is_ours(frame.filename)]
        part.stack = traceback.StackSummary.from_list(frames)
    say(without_credentials("".join(shown.format())).rstrip())


def missing_variable(error: BaseException) -> str:
    """Name the variable that the app read from `os.environ`, and that is not set.

    Empty if the error is another one.
    """
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if not isinstance(error, KeyError) or last is None:
        return ""
    frame = last.tb_frame
    if frame.f_code.co_name != "__getitem__" or frame.f_locals.get("self") is not os.environ:
        return ""
    name = error.args[0] if error.args else None
    return name if isinstance(name, str) and name not in os.environ else ""


def _chain(
    shown: traceback.TracebackException | None,
) -> Iterator[traceback.TracebackException]:
    if shown is not None:
        yield shown
        yield from _chain(shown.__cause__)
        yield from _chain(shown.__context__)


def _is_ours(file: str) -> bool:
    is_runpy = file == "<frozen runpy>" or os.path.basename(file) == "runpy.py"
    return is_runpy or os.path.dirname(os.path.abspath(file)) == PACKAGE
