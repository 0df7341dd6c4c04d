"""Check the groups and extras that settings choose against those that the app has."""

from __future__ import annotations

from collections.abc import Collection

from slipway.domain.locks.brought import Choice
from slipway.domain.settings import Settings
from slipway.errors.locks import LockChoiceUnknown


def in_words(choice: Choice) -> str:
    """Describe the groups and extras that are chosen, for the end of a sentence."""
    texts = [
        f"{'' if len(names) > 1 else 'the '}{kind}{'s' * (len(names) > 1)} {', '.join(names)}"
        for kind, names in (("group", choice.groups or ()), ("extra", choice.extras))
        if names
    ]
    return f", with {' and '.join(texts)}" if texts else ""


def chosen(
    settings: Settings,
    file: str,
    groups: Collection[str] | None,
    extras: Collection[str] | None,
) -> Choice:
    """Return what the settings choose of a file that has these groups and extras.

    The names are normalized; None stands for a kind of file that cannot have any.

    Raises LockChoiceUnknown.
    """
    for setting, names, origin, known in (
        ("groups", settings.groups or (), settings.groups_origin, groups),
        ("extras", settings.extras, settings.extras_origin, extras),
    ):
        unknown = tuple(name for name in names if name not in (known or ()))
        if unknown:
            raise LockChoiceUnknown(
                setting=setting,
                origin=origin,
                names=unknown,
                known=tuple(sorted(known or ())),
                file=file,
                is_possible=known is not None,
            )
    return Choice(groups=settings.groups, extras=settings.extras)
