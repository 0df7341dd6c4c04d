"""Words for errors of the locks that apps bring."""

from __future__ import annotations

from slipway.errors.locks import (
    LockBroken,
    LockChoiceUnknown,
    LockNotForThisPython,
    LockOutdated,
    LockSettingWrong,
    LockSourceUnsupported,
    LockVersionUnknown,
)
from slipway.messages.wording import Message, Step, explain, listed


def _lock_again(commands: tuple[str, ...], file: str) -> Step:
    return Step(text=f"Write {file} again, and commit it:", exact=commands)


@explain.register
def _broken(error: LockBroken) -> Message:
    return Message(
        title=f"{error.file} cannot be read",
        found=error.reason,
        steps=(_lock_again(error.commands, error.file),),
    )


@explain.register
def _version_unknown(error: LockVersionUnknown) -> Message:
    return Message(
        title=f"{error.file} has a format that Slipway does not know",
        found=f"Its version is {error.version}. Slipway reads {error.known}.",
        steps=(_lock_again(error.commands, error.file),),
    )


@explain.register
def _outdated(error: LockOutdated) -> Message:
    return Message(
        title=f"{error.file} does not fit {error.made_from}",
        found=" ".join(error.differences) or f"{error.made_from} has changed since.",
        steps=(_lock_again(error.commands, error.file),),
    )


@explain.register
def _not_for_this_python(error: LockNotForThisPython) -> Message:
    return Message(
        title=f"{error.file} is for another {'platform' if error.is_platform else 'Python'}",
        found=f"{error.file} is for {error.needs}. The app's Python is {error.python}.",
        steps=(_lock_again(error.commands, error.file),),
    )


@explain.register
def _source_unsupported(error: LockSourceUnsupported) -> Message:
    return Message(
        title=f"{error.name} cannot be installed from where {error.file} says",
        found=f"{error.file} says that it comes from `{error.source}`. {error.reason}",
        steps=(),
    )


@explain.register
def _choice_unknown(error: LockChoiceUnknown) -> Message:
    return Message(
        title=f"The setting `{error.setting}` names what the app does not have",
        found=f"{error.origin} names {listed(error.names)}.",
        steps=(),
    )


@explain.register
def _setting_wrong(error: LockSettingWrong) -> Message:
    return Message(
        title="The setting `lock` names no lock that Slipway reads",
        found=f"{error.origin} names {error.file}.",
        steps=(),
    )
