"""Words for errors of git submodules and vendor.lock."""

from __future__ import annotations

from shlex import quote

from slipway.errors.submodules import (
    GitUnavailable,
    SubmoduleEmpty,
    VendorLockDiffers,
    VendorLockInvalid,
)
from slipway.messages.wording import Message, Step, explain, listed

_FETCH = "git submodule update --init --recursive"
_LOCK = ("bin/slipway vendor lock .", "git add vendor.lock")


@explain.register
def _submodule(error: SubmoduleEmpty) -> Message:
    paths = [quote(path) for path, _ in error.submodules]
    named = listed([f"{path} (from {address})" for path, address in error.submodules])
    return Message(
        title="A git submodule has no files",
        found=f".gitmodules lists {named}, but the app has none of {'its' if len(paths) == 1 else 'their'} files. Archives, rsync and some platforms leave out the files of submodules.",
        steps=(
            Step(text="Fetch the submodules in a clone, and deploy again:", exact=(_FETCH,)),
            Step(
                text="If you deploy an archive, make one with the files. `git archive` leaves them out; this does not:",
                exact=(_FETCH, "tar --exclude-vcs -czf ../app.tar.gz ."),
            ),
            Step(
                text="If the platform only gets commits, commit the files instead of the submodule:",
                exact=(
                    _FETCH,
                    *(f"git rm --cached {path} && rm -r {path}/.git" for path in paths),
                    f"git add {' '.join(paths)}",
                ),
            ),
            Step(
                text="If nothing needs the submodule, remove it, also from .gitmodules:",
                exact=(f"git rm {' '.join(paths)}",),
            ),
        ),
    )


@explain.register
def _lock_invalid(error: VendorLockInvalid) -> Message:
    return Message(
        title=f"{error.file} is not valid",
        found=f"It should list the commit and the files of each vendored package, but {error.reason}.",
        steps=(
            Step(text="Write it again in a clone of the app, and add it to git:", exact=_LOCK),
        ),
    )


@explain.register
def _lock_differs(error: VendorLockDiffers) -> Message:
    return Message(
        title="The vendored packages differ from vendor.lock",
        found="vendor.lock lists the commit and the files of each vendored package, and the app does not match it.",
        steps=(
            Step(
                text="If the change is intended, write the lock again, and add it to git:",
                exact=_LOCK,
            ),
            Step(
                text="If it is not, check out the commits of the submodules again:",
                exact=(_FETCH,),
            ),
        ),
        details=("What differs:", *(f"    {path}: {what}" for path, what in error.differences)),
    )


@explain.register
def _no_git(error: GitUnavailable) -> Message:
    in_a_clone = Step(
        text="Run this in a clone of the app that has its submodules:", exact=(_FETCH, *_LOCK)
    )
    return Message(
        title="The commit of a vendored package is unknown",
        found=f"vendor.lock needs the commit of {error.path}, but {error.reason}.",
        steps=(in_a_clone,),
    )
