"""Words for errors of the data that NLTK is to have."""

from __future__ import annotations

from slipway.errors.nltk_data import (
    NltkAddressUnusable,
    NltkDataDiffers,
    NltkDataNotDownloaded,
    NltkDataUnknown,
    NltkIndexMalformed,
    NltkIndexUnreadable,
    NltkNotUsable,
)
from slipway.messages.wording import (
    LAST_LINES,
    Message,
    Step,
    alternative,
    explain,
    fitted,
    listed,
)

_CATALOGUE = "https://www.nltk.org/nltk_data/"
_DEFAULT = "the place that NLTK uses by default"
_EXAMPLE = "https://mirror.example/nltk_data/index.xml"
_AGAIN = Step(text="Build again: a server can be unavailable for a moment.")
_OTHER_INDEX = Step(
    text="Or, if the build cannot reach that server, name an index that it can reach:",
    exact=(f"NLTK_DOWNLOAD_URL={_EXAMPLE}",),
)
_OWN_DATA = Step(
    text="Or put the data into a folder of the app, delete nltk.txt, and name the folder "
    "relative to the app:",
    exact=("NLTK_DATA=nltk_data",),
)


@explain.register
def _unknown(error: NltkDataUnknown) -> Message:
    first, similar = error.names[0], [one for one in error.nearest if one]
    it = "it" if len(error.names) == 1 else "them"
    of_index = f" at {error.index}" if error.index else ""
    correct = Step(text="Correct the lines in nltk.txt:", exact=(*similar,))
    if len(similar) == 1:
        correct = Step(text="Correct the line in nltk.txt:", exact=(*similar,))
    remove = Step(
        text=f"Remove {it} from nltk.txt if the app does not need {it}. These are the names of "
        "all packages and collections:",
        exact=(_CATALOGUE,),
    )
    return Message(
        title=fitted("NLTK has no data named {}", first),
        found=f"nltk.txt names {listed(error.names)}, which NLTK's index{of_index} does not have.",
        steps=(correct, alternative(remove)) if similar else (remove,),
    )


@explain.register
def _no_index(error: NltkIndexUnreadable) -> Message:
    place = error.index or _DEFAULT
    return Message(
        title="NLTK's index cannot be read",
        found=f"nltk.txt names data for NLTK, but the index of all data, at {place}, cannot be "
        f"read: {error.reason}.",
        steps=_steps(error.index),
    )


@explain.register
def _unusable_address(error: NltkAddressUnusable) -> Message:
    index = error.index or _EXAMPLE
    if error.has_login:
        found = (
            "The variable NLTK_DOWNLOAD_URL has an address with a user name or a password, which "
            "NLTK cannot open."
        )
        text = "Name an index that needs no login, without what is before the @ of its address:"
    else:
        found = (
            "The variable NLTK_DOWNLOAD_URL has an address that begins neither with https:// nor "
            "with http://."
        )
        text = "Begin it with https://, or with http:// if the server has no certificate:"
    name = Step(text=text, exact=(f"NLTK_DOWNLOAD_URL={index}",))
    return Message(
        title="The address of NLTK's index cannot be used",
        found=found,
        steps=(name, _OWN_DATA) if error.has_login else (name,),
    )


@explain.register
def _no_index_there(error: NltkIndexMalformed) -> Message:
    name = Step(
        text="Name the address of index.xml itself, such as:",
        exact=(f"NLTK_DOWNLOAD_URL={_EXAMPLE}",),
    )
    remove = Step(text="Remove the variable NLTK_DOWNLOAD_URL, to use NLTK's own index.")
    return Message(
        title="There is no index of NLTK at its address",
        found="nltk.txt names data for NLTK. The server of the index can be reached, but what it "
        f"has at {error.index or _DEFAULT} is not an index of NLTK.",
        steps=(name, alternative(remove)) if error.index else _steps(""),
        details=("The reason:", error.reason),
    )


@explain.register
def _differs(error: NltkDataDiffers) -> Message:
    again = Step(
        text="Build again later: the download may have been cut off, or the server may be "
        "changing."
    )
    copy = Step(
        text="On the server that the variable NLTK_DOWNLOAD_URL names, replace index.xml and the "
        "archives together."
    )
    return Message(
        title=fitted("The NLTK data {} do not match the index", error.package),
        found="nltk.txt names them, or a collection that contains them. The server can be "
        "reached, but its archive is not the one that the index describes.",
        steps=(copy, alternative(again)) if error.index else (again, _OWN_DATA),
        details=("The reason:", error.reason),
    )


@explain.register
def _not_downloaded(error: NltkDataNotDownloaded) -> Message:
    return Message(
        title=fitted("The NLTK data {} cannot be downloaded", error.package),
        found="nltk.txt names it, or a collection that contains it. NLTK's index can be read, "
        "but the download failed.",
        steps=_steps(error.index),
        details=("The reason:", error.reason),
    )


def _steps(index: str) -> tuple[Step, ...]:
    if not index:
        return (_AGAIN, _OTHER_INDEX, _OWN_DATA)
    reach = Step(
        text="Make sure that the variable NLTK_DOWNLOAD_URL has the address of an index.xml, and "
        "that the build can reach it and the addresses in it."
    )
    return (reach, alternative(_AGAIN))


@explain.register
def _not_usable(error: NltkNotUsable) -> Message:
    return Message(
        title="NLTK cannot download its data",
        found=f"nltk.txt names data for NLTK {error.version}, but its downloader did not run to "
        "its end.",
        steps=(
            Step(text="Require a newer version of nltk. The last lines below may say more."),
        ),
        details=(LAST_LINES, *error.output),
    )
