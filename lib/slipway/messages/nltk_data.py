"""Words for errors of the data that NLTK is to have."""

from __future__ import annotations

from slipway.errors.nltk_data import (
    NltkDataNotDownloaded,
    NltkDataUnknown,
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
    place = error.index or "the place that NLTK uses by default"
    return Message(
        title="NLTK's index cannot be read",
        found=f"nltk.txt names data for NLTK, but the index of all data, at {place}, cannot be "
        f"read: {error.reason}.",
        steps=_steps(error.index),
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
    again = Step(text="Build again: a server can be unavailable for a moment.")
    if index:
        return (
            Step(
                text="Make sure that the build can reach the index that the variable "
                "NLTK_DOWNLOAD_URL names, and the addresses in it."
            ),
            alternative(again),
        )
    return (
        again,
        Step(
            text="Or, if the build cannot reach that server, name an index that it can reach:",
            exact=("NLTK_DOWNLOAD_URL=https://mirror.example/nltk_data/index.xml",),
        ),
        Step(
            text="Or put the data into a folder of the app, delete nltk.txt, and name the "
            "folder relative to the app:",
            exact=("NLTK_DATA=nltk_data",),
        ),
    )


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
