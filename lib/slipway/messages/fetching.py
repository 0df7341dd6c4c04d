"""Words for errors of requests to package indexes, other servers and repositories."""

from __future__ import annotations

import re

from slipway.errors.bindings import IndexBinding
from slipway.errors.fetching import (
    FetchProgramMissing,
    FileNotOnServer,
    IndexBusy,
    IndexNotTrusted,
    IndexPageInvalid,
    IndexRefused,
    IndexUnreachable,
    IndexVariablesUnset,
    NameDiffers,
    NotAnArchive,
    NotAPackage,
    RepositoryNotFetched,
    RevisionNotFound,
)
from slipway.messages.ended_servers import instead_of_ended
from slipway.messages.wording import (
    LAST_LINES,
    Message,
    Step,
    alternative,
    alternatives,
    downloads,
    explain,
    is_lock_file,
    listed,
    lock_again,
    requires,
    who_requires_what,
)

_VENDOR = Step(
    text="Vendor the package: put its source, or a wheel of it, into the app's folder vendor/."
)

_TOKEN_FOR_GIT = Step(
    text="If the repository is private, set a user name and token for its host, as config "
    "variables for git:",
    exact=(
        "GIT_CONFIG_COUNT=1",
        "GIT_CONFIG_KEY_0=url.https://user:token@host.example/.insteadOf",
        "GIT_CONFIG_VALUE_0=https://host.example/",
    ),
)
_ACCESS_FOR_SSH = (
    Step(
        text="If the repository is private, let git use HTTPS for its host, with a user name and "
        "a token, as config variables:",
        exact=(
            "GIT_CONFIG_COUNT=1",
            "GIT_CONFIG_KEY_0=url.https://user:token@host.example/.insteadOf",
            "GIT_CONFIG_VALUE_0=ssh://git@host.example/",
        ),
    ),
    Step(
        text="If the builder has a key and the keys of known hosts in files, name them:",
        exact=("GIT_SSH_COMMAND=ssh -i FILE -o UserKnownHostsFile=FILE",),
    ),
)


def _correct(required_by: str, what: str, text: str) -> Step:
    """Return a step; for a lock, which nobody should edit, what to correct before locking."""
    if not is_lock_file(required_by):
        return Step(text=text)
    return lock_again(
        required_by, f"Correct {what} in the file that the lock is made from, and lock again"
    )


@explain.register
def _unreachable(error: IndexUnreachable) -> Message:
    missing = tuple(dict.fromkeys(one.requirement for one in error.unvendored))
    sentence = (
        f" It is needed because {error.folder}/ has nothing for {listed(missing)}."
        if missing
        else ""
    )
    steps = alternatives(
        Step(text="If the failure may be temporary, build again."),
        Step(text=f"Check {_places(error.binding, error.named_in)}, and the proxy settings."),
    )
    if missing:
        steps += (
            Step(
                text="Or, to build without an index, download the missing files with the app's "
                "Python, on the app's platform, and add them to git:",
                exact=downloads(missing, error.folder),
            ),
            Step(
                text="Then set SLIPWAY_OFFLINE=true, or in pyproject.toml:",
                exact=("[tool.slipway]", "offline = true"),
            ),
        )
    return Message(
        title="Packages cannot be downloaded",
        found=f"The download from {error.index} failed: {error.reason}.{sentence}"
        f"{_given_by(error.binding)}",
        steps=steps,
        details=("Who requires what:", *who_requires_what(error.unvendored)) if missing else (),
    )


def _places(binding: IndexBinding | None, named_in: str) -> str:
    if named_in and not _is_of_binding(binding, named_in):
        return f"the URL in {named_in}"
    if binding and binding.address:
        return f"the entry {binding.address} of the service binding {binding.name}"
    return "the URL in PIP_INDEX_URL, in PIP_EXTRA_INDEX_URL or in the requirements"


@explain.register
def _busy(error: IndexBusy) -> Message:
    return Message(
        title="A server limits requests for packages (status 429)",
        found=f"{error.index} answers that it has received too many requests."
        f"{_given_by(error.binding)}",
        steps=(
            Step(text="Build again later."),
            Step(
                text=f"Or use another index or a mirror: change {_places(error.binding, error.named_in)}."
            ),
        ),
    )


@explain.register
def _page(error: IndexPageInvalid) -> Message:
    return Message(
        title="An index does not list the files of a package",
        found=f"{requires(error.required_by, error.requirement)}. The index has a page for it, "
        f"{error.index}, but the page {error.reason}. It may be a page for signing in, or one "
        f"of a proxy.{_given_by(error.binding)}",
        steps=(
            Step(
                text=f"Check {_places(error.binding, error.named_in)}. It must be the URL of a simple "
                "repository API, which often ends with /simple, with a user name and token if "
                "the index requires them."
            ),
            Step(text="Or check the spelling of the package's name."),
        ),
    )


@explain.register
def _gone(error: FileNotOnServer) -> Message:
    return Message(
        title=f"A file is not on its server (status {error.status})",
        found=f"{requires(error.required_by, error.address)}. The server answers that it does "
        "not have this file."
        if error.required_by
        else f"The server answers that it does not have {error.address}.",
        steps=(
            (
                _correct(
                    error.required_by,
                    "the URL",
                    f"Correct the URL in {error.required_by}, or require the package by its name.",
                ),
                alternative(_VENDOR),
            )
            if error.required_by
            else (
                Step(text="If the index has just changed, build again."),
                Step(
                    text="Or use another index or a mirror, because a page of this one lists a file that it does not have."
                ),
            )
        ),
    )


@explain.register
def _no_program(error: FetchProgramMissing) -> Message:
    system = {"git": "git", "hg": "Mercurial", "svn": "Subversion", "bzr": "Breezy"}
    name = system.get(error.program, error.program)
    debian = {"hg": "mercurial", "svn": "subversion", "bzr": "brz"}.get(
        error.program, error.program
    )
    ended = instead_of_ended(error.address)
    return Message(
        title=f"A requirement needs {error.program}, which is not installed",
        found=f"{requires(error.required_by, error.address)}, which is a repository of {name}. "
        f"This image does not have {error.program}.",
        steps=alternatives(*ended, _VENDOR)
        if ended
        else alternatives(
            Step(text="Require a release from an index, or the URL of an archive, instead."),
            _VENDOR,
            Step(text=f"Build on an image that has the Debian package {debian}."),
        ),
    )


def _access_to_repository(error: RepositoryNotFetched) -> tuple[Step, ...]:
    if "ssh://" in error.address:
        return _ACCESS_FOR_SSH
    if is_lock_file(error.required_by):
        return (_TOKEN_FOR_GIT,)
    return (
        Step(
            text="If the repository is private, put a token into the address, with a "
            "config variable such as REPOSITORY_TOKEN. In a requirements file:",
            exact=("git+https://${REPOSITORY_TOKEN}@host.example/owner/name.git",),
        ),
    )


@explain.register
def _repository(error: RepositoryNotFetched) -> Message:
    ended = instead_of_ended(error.address)
    return Message(
        title="A repository cannot be fetched",
        found=f"{requires(error.required_by, error.address)}. "
        + (
            "The server rejects the request, or does not have the repository."
            if error.is_refused
            else "The download of the repository failed."
        ),
        steps=alternatives(*ended, _VENDOR)
        if ended
        else alternatives(
            Step(text="Check the address."),
            *_access_to_repository(error),
            _VENDOR,
        )
        if error.is_refused
        else alternatives(
            Step(text="If the failure may be temporary, build again."),
            Step(text="Check the address, and the proxy settings."),
            _VENDOR,
        ),
        details=(LAST_LINES, *(f"    {line.strip()}" for line in error.output)),
    )


@explain.register
def _revision(error: RevisionNotFound) -> Message:
    return Message(
        title="A branch, tag or commit is not in its repository",
        found=f"{requires(error.required_by, error.address)}. The repository has no branch, "
        f"tag or commit {error.revision}.",
        steps=(
            _correct(
                error.required_by,
                "the branch, tag or commit",
                f"In {error.required_by}, correct the name after the last @ of the address.",
            ),
            Step(text=f"Or push {error.revision} to the repository, if you have it."),
        ),
    )


@explain.register
def _no_archive(error: NotAnArchive) -> Message:
    return Message(
        title="A downloaded file is not an archive",
        found=f"{requires(error.required_by, error.address)}. The server answers with another "
        "kind of file, which may be a page for signing in."
        if error.required_by
        else f"{error.address or 'A file'} was downloaded, but is not an archive or wheel.",
        steps=(
            Step(
                text=f"Check the URL in {error.required_by}: open it without signing in."
                if error.required_by
                else "Check the index: the file may be damaged there."
            ),
            alternative(_VENDOR),
        ),
    )


@explain.register
def _no_package(error: NotAPackage) -> Message:
    return Message(
        title="A requirement's address has no Python package",
        found=f"{requires(error.required_by, error.address)}. What is there has neither a "
        "pyproject.toml nor a setup.py.",
        steps=(
            Step(
                text="If the package is in a folder of the repository, add the folder to the "
                "end of the address:",
                exact=("#subdirectory=path/of/the/package",),
            ),
            Step(text="Or correct the address."),
        ),
    )


@explain.register
def _other_name(error: NameDiffers) -> Message:
    return Message(
        title="A requirement has another name than its package",
        found=f"{requires(error.required_by, error.address)}. The name of the package at this "
        f"address is {error.name}, not {error.required}.",
        steps=(
            _correct(
                error.required_by,
                f"the name {error.required}",
                f"In {error.required_by}, replace {error.required} with {error.name}.",
            ),
        ),
    )


@explain.register
def _not_trusted(error: IndexNotTrusted) -> Message:
    binding, named_in = error.binding, error.named_in
    if named_in and not _is_of_binding(binding, named_in):
        place, clause = f" in {named_in}", f", which is named in {named_in},"
    elif binding and binding.address:
        place = f" in the entry {binding.address} of the service binding {binding.name}"
        clause = ""
    else:
        place = clause = ""
    return Message(
        title="Packages cannot be downloaded",
        found=f"The URL of the index on {error.host}{clause} begins with http://, not https://; "
        "pip uses such an index only if PIP_TRUSTED_HOST names its host."
        f"{_given_by(binding)}",
        steps=(
            Step(text=f"Use the https URL of the index{place}."),
            Step(
                text="Or set a config variable, and the index is used without encryption:",
                exact=(f"PIP_TRUSTED_HOST={error.host}",),
            ),
        ),
    )


@explain.register
def _refused(error: IndexRefused) -> Message:
    binding = error.binding if error.status != _PROXY else None
    meaning, step = {
        401: (
            "The user name, or the token or password, is missing or wrong",
            _credentials_of(binding) if binding else _credentials_for(error),
        ),
        _PROXY: (
            "The user name or password for the proxy is missing or wrong",
            Step(
                text="Put them into the URL of the proxy, as a config variable:",
                exact=("HTTPS_PROXY=http://user:password@proxy.example:8080",),
            ),
        ),
    }.get(
        error.status,
        (
            "The server denies access",
            Step(
                text=f"Check what {_user_of(binding)} may read, and whether a proxy blocks the URL."
            ),
        ),
    )
    secret = "password" if error.status == _PROXY else "token or password"
    place = (
        f", and put it into {_secret_entry(binding)}" if binding and binding.credentials else ""
    )
    return Message(
        title=f"Access to packages is denied (status {error.status})",
        found=f"A request to {error.index}{_named_by(error)} was rejected. "
        f"{meaning}.{_unset(error)}{_given_by(binding)}",
        steps=(
            step,
            Step(text=f"Or, if the {secret} has expired, create a new one{place}."),
        ),
    )


def _named_by(error: IndexRefused) -> str:
    """Return the clause that says what names an index, between commas."""
    name = error.named_in
    if not name or error.status == _PROXY or _is_of_binding(error.binding, name):
        return ""
    return f", which {name} requires," if error.is_of_file else f", of the index in {name},"


def _unset(error: IndexRefused) -> str:
    """Return the sentence that names variables without a value, with a space before it."""
    if not error.unset or error.status == _PROXY:
        return ""
    subject = "variable" if len(error.unset) == 1 else "variables"
    verb = "is" if len(error.unset) == 1 else "are"
    return f" The {subject} {listed(error.unset)} {verb} not set."


@explain.register
def _unset_variables(error: IndexVariablesUnset) -> Message:
    subject = "A variable" if len(error.variables) == 1 else "Some variables"
    verb = "is" if len(error.variables) == 1 else "are"
    return Message(
        title="A variable in the URL of an index is not set",
        found=f"{error.file} names the index {error.index}. {subject} in this URL {verb} not "
        "set.",
        steps=(
            Step(
                text="Set as config variables, with the values of the index:",
                exact=tuple(f"{name}=value" for name in error.variables),
            ),
        ),
    )


_PROXY = 407
"""The status with which a proxy asks for a password."""


def _given_by(binding: IndexBinding | None) -> str:
    """Return the sentence that names the binding of an index, with a space before it."""
    if binding is None:
        return ""
    credentials = "the credentials" if binding.credentials else "no credentials"
    given = f"the URL and {credentials}" if binding.address else credentials
    return (
        f" The service binding {binding.name} of the type {binding.type} gives "
        f"{given} for this index."
    )


_URL = "https://user:token@index.example/simple"
_USER_OF_INDEX = ("USER", "USERNAME", "LOGIN")
"""Ends of the names of variables that have the user name for an index."""
_A_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_A_KEY = re.compile(r"(?P<key>[a-z-]+) in \S.*")
"""How a key of a configuration file of pip is named."""


def _is_of_binding(binding: IndexBinding | None, named_in: str) -> bool:
    """Return whether a binding has set the variable, or is the file, that names an index."""
    is_set = _A_VARIABLE.fullmatch(named_in) or _A_KEY.fullmatch(named_in)
    return bool(binding and is_set)


_WHAT = "the user name, and the token or password,"


def _credentials_for(error: IndexRefused) -> Step:
    """Say where to put the credentials of an index that no binding gives."""
    names = error.unset or error.variables
    if not names:
        return _credentials_in_url(error)
    users = [one for one in names if one.endswith(_USER_OF_INDEX)]
    what, variables = _WHAT, "config variables"
    if len(names) == 1:
        what, variables = (
            "the user name" if users else "the token or password",
            "a config variable",
        )
    return Step(
        text=f"Set {what} for this index as {variables}:",
        exact=tuple(f"{one}={'user' if one in users else 'token'}" for one in names),
    )


def _credentials_in_url(error: IndexRefused) -> Step:
    name = error.named_in
    key = _A_KEY.fullmatch(name)
    if key or _A_VARIABLE.fullmatch(name):
        keep = " Keep the other URLs there." if error.has_others else ""
        place = name if key else f"the config variable {name}"
        return Step(
            text=f"Correct {_WHAT} in the URL in {place}.{keep} This URL has them:",
            exact=(f"{key['key']} = {_URL}" if key else f"{name}={_URL}",),
        )
    if name in ("pyproject.toml", "uv.toml"):
        return Step(
            text=f"Put {_WHAT} into the URL of the index, in a config variable that has priority "
            f"over {name}:",
            exact=(f"UV_DEFAULT_INDEX={_URL}",),
        )
    if is_lock_file(name):
        return Step(
            text=f"Put {_WHAT} for the same host into a config variable with the URL of the "
            "index:",
            exact=(f"PIP_EXTRA_INDEX_URL={_URL}",),
        )
    if name:
        return Step(
            text=f"Set {_WHAT} as config variables, such as INDEX_USER and INDEX_TOKEN, and name "
            f"these in the URL in {name}:",
            exact=("https://${INDEX_USER}:${INDEX_TOKEN}@index.example/simple",),
        )
    return Step(
        text=f"Put {_WHAT} into the URL of the index, where that is named: in the requirements, "
        "or in a config variable, which is PIP_EXTRA_INDEX_URL for an index besides the default "
        "one:",
        exact=(f"PIP_INDEX_URL={_URL}",),
    )


def _credentials_of(binding: IndexBinding) -> Step:
    name = binding.name
    if binding.credentials:
        return Step(text=f"Correct {_entries(binding)} of the service binding {name}.")
    return Step(text=f"Add the entries username and password to the service binding {name}.")


def _user_of(binding: IndexBinding | None) -> str:
    if binding is None or not binding.credentials:
        return "the user"
    name = binding.name
    return f"the user in {_entries(binding)} of the service binding {name}"


def _secret_entry(binding: IndexBinding) -> str:
    *_, last = binding.credentials  # the password follows the user name
    return f"the entry {last}"


def _entries(binding: IndexBinding) -> str:
    entries = " and ".join(binding.credentials)
    return f"the entries {entries}" if len(binding.credentials) > 1 else f"the entry {entries}"
