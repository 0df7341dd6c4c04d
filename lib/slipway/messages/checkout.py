"""Words for errors of files that a checkout did not write as they are in the repository."""

from __future__ import annotations

from shlex import quote

from slipway.errors.checkout import LfsPointers
from slipway.messages.wording import Message, Step, explain, listed

_PULL = "git lfs install && git lfs pull"


@explain.register
def _pointers(error: LfsPointers) -> Message:
    one = len(error.paths) == 1
    paths = " ".join(map(quote, error.paths))
    return Message(
        title="Files of vendored packages are Git LFS pointers",
        found=f"{listed(error.paths, most=4)} {'holds' if one else 'hold'} only the address of {'its' if one else 'their'} content, because the checkout did not download it from Git LFS. Few platforms do.",
        steps=(
            Step(
                text="If you deploy a folder (with pack, rsync or an upload), download the content first:",
                exact=(_PULL,),
            ),
            Step(
                text=f"Or commit the {'file itself' if one else 'files themselves'}, without Git LFS:",
                exact=(
                    _PULL,
                    f"git lfs untrack {paths}",
                    f"git add --renormalize .gitattributes {paths}",
                    "git commit -m 'Store vendored packages in git'",
                ),
            ),
            Step(
                text="Or, if a pattern in .gitattributes selects more files than these, remove that line there instead of running `git lfs untrack`."
            ),
        ),
    )
