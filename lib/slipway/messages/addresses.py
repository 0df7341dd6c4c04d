"""Words for errors of addresses, which never show the address."""

from __future__ import annotations

from slipway.errors.addresses import AddressUnusable
from slipway.messages.wording import Message, Step, explain, line_of, listed

_ENCODE = (
    'python3 -c "from getpass import getpass; from urllib.parse import quote; '
    "print(quote(getpass('Password: '), safe=''))\""
)


@explain.register
def _unusable(error: AddressUnusable) -> Message:
    place = line_of(error.origin, error.line) if error.line else error.origin
    hidden = " The address is not shown here, because it may contain a password."
    if error.encoded:
        named = listed([_named(one) for one, _ in error.encoded])
        found = (
            f"{place} has an address with {named} in the user name or password. Programs that "
            "read the address would use the wrong host, port or password."
        )
        written = listed([f"{_named(one)} as `{code}`" for one, code in error.encoded])
        steps = (
            Step(text=f"In the user name and the password, write {written}."),
            Step(
                text="Or encode the whole password: run this command, enter the password, and "
                "use what it prints:",
                exact=(_ENCODE,),
            ),
        )
        return Message(title="An address cannot be used", found=f"{found}{hidden}", steps=steps)
    return Message(
        title="An address cannot be used",
        found=f"{place} has an address whose host or port is not valid."
        f"{hidden if error.has_user else ''}",
        steps=(
            Step(
                text="Correct the address. After the host, only a port may follow, which is a "
                "number:",
                exact=("https://index.example:8443/simple",),
            ),
        ),
    )


def _named(character: str) -> str:
    return (
        "a space"
        if character == " "
        else f"`{character}`"
        if character.isprintable()
        else "a tab or newline"
    )
