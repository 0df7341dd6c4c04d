"""Words for what an app requires, and what its indexes have."""

from __future__ import annotations

from slipway.errors.dependencies import (
    EnvironmentInconsistent,
    HashesMissing,
    HashMismatch,
    InstallFailed,
    NoDependencyFile,
    NoWheelForPython,
    PackageNotFound,
    ProjectTableMissing,
    RequirementFileMissing,
    RequirementInvalid,
    ResolutionConflict,
    ResolveFailed,
    VersionNotFound,
)
from slipway.messages.wording import Message, Step, explain, listed, renames, who_requires_what

_SHOWN = 8


@explain.register
def _no_file(error: NoDependencyFile) -> Message:
    return Message(
        title="No file says what the app needs",
        found="There is no requirements.txt, requirements.in, pyproject.toml, setup.py or "
        f"setup.cfg at the top of the app. It has {listed(error.found)}.",
        steps=(
            *renames(error.misspelled),
            Step(
                text="Write what the app imports into requirements.txt, a line each:",
                exact=("Django>=5.2,<5.3",),
            ),
            Step(
                text="If it needs nothing, make the file empty:",
                exact=("touch requirements.txt",),
            ),
        ),
    )


@explain.register
def _no_project(error: ProjectTableMissing) -> Message:
    return Message(
        title=f"{error.file} does not say what the app needs",
        found="It is the only file that could, but it has neither [project] nor [build-system].",
        steps=(
            Step(
                text="Add the table that says it:",
                exact=(
                    "[project]",
                    'name = "app"',
                    'version = "1"',
                    'dependencies = ["Django>=5.2,<5.3"]',
                ),
            ),
            Step(text="Or write a requirements.txt."),
        ),
    )


@explain.register
def _invalid(error: RequirementInvalid) -> Message:
    return Message(
        title="A requirement is not valid",
        found=f"{error.file}, line {error.line}, says `{error.text}`: {error.reason}.",
        steps=(
            Step(text="Write a name and the versions that fit:", exact=("django>=5.2,<5.3",)),
            Step(text="If it holds a ${VARIABLE}, set that among the app's config variables."),
        ),
    )


@explain.register
def _file_missing(error: RequirementFileMissing) -> Message:
    return Message(
        title="A requirements file is missing",
        found=f"{error.named_in}, line {error.line}, names {error.file}, and it is not in the app.",
        steps=(
            Step(
                text="Add it to git, if it is on your machine:",
                exact=(f"git add -f {error.file}",),
            ),
            Step(text=f"Or take the line out of {error.named_in}."),
        ),
    )


@explain.register
def _conflict(error: ResolutionConflict) -> Message:
    return Message(
        title="Requirements contradict each other",
        found="No versions satisfy all of them at once.",
        steps=(
            Step(text="Loosen or change one of the versions that the app requires."),
            Step(text="See what the other package accepts in its newer versions."),
        ),
        details=("Who requires what:", *who_requires_what(error.requirements)),
    )


@explain.register
def _package_not_found(error: PackageNotFound) -> Message:
    return Message(
        title="A package is not on the index",
        found=f"The index has nothing by the name of {error.requirement}.",
        steps=(
            Step(text="See whether the name is spelled right."),
            Step(
                text="If it is private, name its index among the app's config variables:",
                exact=("PIP_INDEX_URL=https://user:token@index.example/simple",),
            ),
        ),
    )


@explain.register
def _version_not_found(error: VersionNotFound) -> Message:
    newest = tuple(reversed(error.versions[-_SHOWN:]))
    return Message(
        title="No version of a package fits",
        found=f"The index has the package, but nothing that fits {error.requirement}.",
        steps=(Step(text="Ask for a version that there is."),),
        details=(f"The newest that there are: {', '.join(newest)}",),
    )


@explain.register
def _no_wheel(error: NoWheelForPython) -> Message:
    return Message(
        title="A package does not support this Python",
        found=f"{error.requirement} cannot be installed with Python {error.python}; the "
        "index has it for other Pythons only.",
        steps=(
            Step(text="Require a newer version of the package."),
            Step(text="Or for a Python that it supports, in .python-version."),
        ),
        details=("On the index:", *(f"    {need}" for need in error.needs[:_SHOWN])),
    )


@explain.register
def _mismatch(error: HashMismatch) -> Message:
    return Message(
        title="A file is not the one that was locked",
        found=f"{error.package} has another hash than the requirements say. Somebody "
        "replaced it in the app."
        if error.is_vendored
        else f"What the index gave for {error.package} has another hash than the "
        "requirements say. It was replaced on the index, or tampered with on the way.",
        steps=(
            Step(
                text="Find out why, before you trust it. If the new file is meant, lock it:",
                exact=(f"--hash=sha256:{error.got}",)
                if error.is_vendored
                else ("pip-compile --generate-hashes",),
            ),
        ),
        details=(
            *(f"    expected sha256 {digest}" for digest in error.expected),
            f"    got      sha256 {error.got}",
        ),
    )


@explain.register
def _hashes_missing(error: HashesMissing) -> Message:
    return Message(
        title="A requirement has no hash",
        found="The others have one, so each must have one.",
        steps=(
            Step(
                text="Write the file again with all of them:",
                exact=("pip-compile --generate-hashes",),
            ),
        ),
        details=("Without a hash:", *(f"    {line}" for line in error.requirements)),
    )


@explain.register
def _inconsistent(error: EnvironmentInconsistent) -> Message:
    return Message(
        title="The installed packages do not fit together",
        found="The app's own lock leaves something out, or mixes versions that do not fit.",
        steps=(
            Step(
                text="Lock again, with all that the packages require:",
                exact=("pip-compile --generate-hashes",),
            ),
        ),
        details=("pip check says:", *(f"    {problem}" for problem in error.problems)),
    )


@explain.register
def _resolve(error: ResolveFailed) -> Message:
    return Message(
        title="The requirements could not be resolved",
        found="The resolver stopped for a reason that Slipway does not know.",
        steps=(
            Step(text="Read its last lines, below. The very last mostly names the package."),
        ),
        details=("Its last lines:", *error.output),
    )


@explain.register
def _install(error: InstallFailed) -> Message:
    return Message(
        title="The packages could not be installed",
        found="pip stopped for a reason that Slipway does not know.",
        steps=(
            Step(text="Read its last lines, below. The very last mostly names the package."),
        ),
        details=("Its last lines:", *error.output),
    )
