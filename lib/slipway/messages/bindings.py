"""Words for errors of service bindings."""

from __future__ import annotations

from slipway.errors.bindings import BindingInvalid, BindingsContradict
from slipway.messages.wording import Message, Step, explain


@explain.register
def _invalid(error: BindingInvalid) -> Message:
    binding, key = error.binding, error.key
    return Message(
        title="A service binding cannot be used",
        found=f"In the binding {binding}, the entry {key} {error.reason}.",
        steps=(
            Step(text=f"Set {key} to {error.expected}, and build again."),
            Step(text=f"Or, if builds do not need it, remove the binding {binding}."),
        ),
    )


@explain.register
def _contradict(error: BindingsContradict) -> Message:
    one, other = error.bindings
    return Message(
        title="Two service bindings have the same entry",
        found=f"Both {one} and {other} have the entry {error.key}, but a build can use only one.",
        steps=(Step(text=f"Keep {error.key} in one of them, and {error.instead}."),),
    )
