"""Words for repositories at addresses that their servers have ended."""

from __future__ import annotations

import re

from slipway.messages.wording import WITHOUT_GIT_SCHEME, Step

_GIT = re.compile(r"(?:git\+)?git://")
_ENDED = (
    (r"hg\+\w+://(?:[^/@]*@)?bitbucket\.org/", "Bitbucket has ended Mercurial"),
    (r"svn\+\w+://(?:[^/@]*@)?github\.com/", "GitHub has ended Subversion"),
    (r"\w+\+\w+://(?:[^/@]*@)?(?:[\w-]+\.)?googlecode\.com/", "Google Code has ended"),
    (r"\w+\+\w+://(?:[^/@]*@)?code\.google\.com/", "Google Code has ended"),
    (r"\w+\+\w+://(?:[^/@]*@)?(?:[\w-]+\.)?codeplex\.com/", "CodePlex has ended"),
    (r"\w+\+\w+://(?:[^/@]*@)?gitorious\.org/", "Gitorious has ended"),
)
"""Addresses, and what has ended:
https://bitbucket.org/blog/sunsetting-mercurial-support-in-bitbucket,
https://github.blog/2023-01-20-sunsetting-subversion-support/,
https://opensource.googleblog.com/2015/03/farewell-to-google-code.html,
https://devblogs.microsoft.com/bharry/shutting-down-codeplex/
"""


def instead_of_ended(address: str) -> tuple[Step, ...]:
    """Give the step for an address that no server answers any more; none for others.

    https://github.blog/security/application-security/improving-git-protocol-security-github/
    """
    if _GIT.search(address):
        newer = _GIT.sub("git+https://", address, count=1)
        return (Step(text=f"{WITHOUT_GIT_SCHEME} Change the address:", exact=(newer,)),)
    for pattern, ended in _ENDED:
        if re.search(pattern, address):
            text = (
                f"{ended}. Require a release from an index, or another copy of the repository"
            )
            return (Step(text=f"{text}, such as one on GitHub."),)
    return ()
