"""Words for errors in submodules and vendor.lock."""

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
        title="A submodule came without its files",
        found=f".gitmodules names {named}, and none of its files are in the app: an archive, rsync, or a platform that does not fetch submodules brought at most an empty folder.",
        steps=(
            Step(text="Fetch it where git is at hand, and deploy again:", exact=(_FETCH,)),
            Step(
                text="If the platform takes an archive, put the files into it; `git archive` does not, and this does:",
                exact=(_FETCH, "tar --exclude-vcs -czf ../app.tar.gz ."),
            ),
            Step(
                text="If it takes git's commits only, commit the files in place of the submodule:",
                exact=(
                    _FETCH,
                    *(f"git rm --cached {path} && rm -r {path}/.git" for path in paths),
                    f"git add {' '.join(paths)}",
                ),
            ),
            Step(
                text="If nothing needs it, remove it; this takes it out of .gitmodules as well:",
                exact=(f"git rm {' '.join(paths)}",),
            ),
        ),
    )


@explain.register
def _lock_invalid(error: VendorLockInvalid) -> Message:
    return Message(
        title=f"{error.file} cannot be read",
        found=f"It should say which commit of each vendored package is meant: {error.reason}.",
        steps=(Step(text="Write it again where git is at hand, and commit it:", exact=_LOCK),),
    )


@explain.register
def _lock_differs(error: VendorLockDiffers) -> Message:
    return Message(
        title="The vendored packages are not those of vendor.lock",
        found="vendor.lock says which files of each vendored package are meant, and the app has others: a submodule was moved or not updated, or files were changed.",
        steps=(
            Step(text="If that is meant, write the lock again, and commit it:", exact=_LOCK),
            Step(text="If it is not, take the submodules as committed:", exact=(_FETCH,)),
        ),
        details=("What differs:", *(f"    {path}: {what}" for path, what in error.differences)),
    )


@explain.register
def _no_git(error: GitUnavailable) -> Message:
    in_a_clone = Step(text="Do it in a clone, with its submodules:", exact=(_FETCH, *_LOCK))
    return Message(
        title="git does not say which commit this is",
        found=f"The commit of {error.path} was to be written down: {error.reason}.",
        steps=(in_a_clone,),
    )
