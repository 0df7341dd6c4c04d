"""Words for errors of git submodules and vendor.lock."""

from __future__ import annotations

from shlex import quote

from slipway.errors.submodules import (
    NO_GIT,
    GitUnavailable,
    SubmoduleEmpty,
    VendorLockDiffers,
    VendorLockInvalid,
)
from slipway.messages.wording import Message, Step, explain, listed

LOCK = ("slipway/bin/slipway vendor lock APP", "git -C APP add vendor.lock")
"""The commands that write vendor.lock; WHERE explains their names."""
WHERE = "Here, `slipway` is a clone of Slipway, and APP is a clone of your app"

_FETCH = "git submodule update --init --recursive"


@explain.register
def _submodule(error: SubmoduleEmpty) -> Message:
    paths = [quote(path) for path, _ in error.submodules]
    named = listed([f"{path} (from {url})" for path, url in error.submodules])
    one = len(paths) == 1
    folders = "folder was" if one else "folders were"
    return Message(
        title="A git submodule has no files",
        found=f".gitmodules lists {named}, but the app has none of {'its' if one else 'their'} files. The {folders} never fetched, or left out by `git archive`, by a download from a code host, or by the platform.",
        steps=(
            Step(
                text="If you deploy a folder (with pack, rsync or an upload), fetch its submodules first:",
                exact=(_FETCH,),
            ),
            Step(
                text="Or, if you deploy an archive, make one with the files. `git archive` leaves them out; this does not:",
                exact=(_FETCH, "tar --exclude-vcs -czf ../app.tar.gz ."),
            ),
            Step(
                text="Or, if the platform does not fetch submodules, commit their files instead:",
                exact=(
                    _FETCH,
                    *(f"git rm --cached {path} && rm -r {path}/.git" for path in paths),
                    f"git add {' '.join(paths)}",
                    "git commit -m 'Commit the files of submodules'",
                ),
            ),
            Step(
                text=f"Or, if nothing needs the submodule{'' if one else 's'}, remove {'it' if one else 'them'}; this also removes {'it' if one else 'them'} from .gitmodules:",
                exact=(f"git rm {' '.join(paths)}",),
            ),
            Step(
                text="Or, if git answers that these paths match no files, the entries are left over. Delete their sections from .gitmodules."
            ),
        ),
    )


@explain.register
def _lock_invalid(error: VendorLockInvalid) -> Message:
    return Message(
        title=f"{error.file} is not valid",
        found=f"It should list each vendored package with a digest of its files, but {error.reason}.",
        steps=(Step(text=f"Write vendor.lock again, and add it to git. {WHERE}:", exact=LOCK),),
    )


@explain.register
def _lock_differs(error: VendorLockDiffers) -> Message:
    return Message(
        title="The vendored packages differ from vendor.lock",
        found="vendor.lock records a digest of each vendored package, and its commit if git knows it. The packages in the app do not match that record.",
        steps=(
            Step(
                text=f"If the change is intended, write vendor.lock again, and add it to git. {WHERE}:",
                exact=LOCK,
            ),
            Step(
                text="Or, if it is not, restore what was locked. For changed files in a submodule:",
                exact=(f"{_FETCH} --force",),
            ),
            Step(
                text="Or, if a submodule has another commit, check out the one that vendor.lock names, and commit that change in the app."
            ),
        ),
        details=("What differs:", *(f"    {path}: {what}" for path, what in error.differences)),
    )


@explain.register
def _no_git(error: GitUnavailable) -> Message:
    run = "Run this with a clone of the app that has its submodules"
    if error.reason == NO_GIT:
        run = "Install git, then run this with a clone of the app that has its submodules"
    return Message(
        title="The commit of a vendored package is unknown",
        found=f"vendor.lock needs the commit of {error.path}, but {error.reason}.",
        steps=(Step(text=f"{run}. {WHERE}:", exact=(f"git -C APP {_FETCH[4:]}", *LOCK)),),
    )
