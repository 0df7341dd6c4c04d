"""Words for service bindings that cannot be used."""

from __future__ import annotations

from slipway.errors.bindings import BindingInvalid, BindingsContradict
from slipway.messages.wording import Message, Step, explain


def _shown(name: str) -> str:
    """Show the name of a file, whatever characters are in it."""
    return "".join(one if one.isprintable() else "?" for one in name)


@explain.register
def _invalid(error: BindingInvalid) -> Message:
    binding, key = _shown(error.binding), _shown(error.key)
    return Message(
        title="A service binding cannot be used",
        found=f"The binding {binding} is there for this build. Its entry {key} {error.reason}.",
        steps=(
            Step(text=f"Let {key} of {binding} hold {error.expected}, and build again."),
            Step(text=f"Or, if this build does not need it, take {binding} away."),
        ),
    )


@explain.register
def _contradict(error: BindingsContradict) -> Message:
    one, other = map(_shown, error.bindings)
    return Message(
        title="Two service bindings say different things",
        found=f"Both {one} and {other} have an entry {error.key}, and a build can use only one.",
        steps=(Step(text=f"Keep it in one of them; {error.instead}."),),
    )
