"""The stored words of each case, and the documentation that is made from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT
from integration.classic_platform import Result
from integration.error_cases.table import CASES, WHEN
from slipway.effects.build_report import reason_of
from slipway.messages import explain, render
from unit.messages.examples import EXAMPLES, classes_with_title

WORDS = Path(__file__).parent / "words"
DOCUMENTATION = ROOT / "docs" / "errors.md"

_MARK = " !     "
_HEAD = """\
# Errors

If a build or a command fails for a reason that you can fix, Slipway prints an error to standard
error, and exits with status 1 (`bin/detect` of Cloud Native Buildpacks with 100). An error has
a title, says what was found and what you can do, and may end with details, such as the output
of another program. This page lists the errors by their titles, without the mark that begins
each line of an error. In titles and texts, names such as `anchor` and `harbour` stand for names
in your app.

The name below a title is the same in each build that ends with this error: on Heroku,
`bin/report` prints it as `failure_reason`.

Exit status 70 with a traceback means a bug in Slipway: please report it.
"""
_OWN_PYTHON = "Slipway's own Python"
"""The heading of the errors of lib/bring_python.sh."""
_OF_OWN_PYTHON = {
    "There is no Python for Slipway": (
        "Build on an image with Python 3.10 or newer, or use a Slipway package with a Python: "
        "`bin/slipway package --with-python`."
    ),
    "Slipway's Python cannot be stored": (
        "Make sure that the build has a cache folder that it can write to."
    ),
    "Slipway's Python cannot be downloaded": (
        "Make sure that the build can reach the URL in the error, or set "
        "`SLIPWAY_PYTHON_MIRROR` to the URL of a mirror."
    ),
    "Slipway's Python cannot be downloaded: no curl": (
        "Install the missing program on the build image. The download needs curl, tar, sed and "
        "sha256sum."
    ),
    "SLIPWAY_PYTHON_MIRROR is not a URL": (
        "Set the variable to a URL that begins with `https://`, `http://` or `file://`."
    ),
    "The downloaded Python for Slipway is not the pinned one": (
        "Make sure that the mirror has unchanged files of python-build-standalone."
    ),
    "Slipway's Python does not run on this image": (
        "Build on an image with glibc 2.17 or newer, and make sure that 150 MB of disk space "
        "are free."
    ),
}
"""Title -> what to do, for the errors that sh scripts print before there is a Python."""
_FOOT = """
## How this page is made

The texts are what Slipway prints in tests (`tests/integration/error_cases/`). Only those under
"An example:" are not from such a test; they are rendered from
`tests/unit/messages/examples.py`. [CONTRIBUTING.md](../CONTRIBUTING.md#make-a-change) says how
to write this page again.
"""
_EXAMPLE = "An example:"
_VARIANTS = ("The hook postinstall failed", "Access to packages is denied (status 407)")
"""Titles that no case has, of errors that have cases with other titles."""
_SUBJECTS = {
    "app": "The app's folder, files and settings",
    "root": "An app in a folder of its repository",
    "checkout": "Checkouts",
    "hooks": "Hooks",
    "requirement_files": "Requirements files",
    "dependencies": "Requirements",
    "locks": "Locks",
    "writing_locks": "Writing a lock",
    "addresses": "Addresses",
    "fetching": "Downloads",
    "building": "Builds of packages",
    "toolchain": "uv",
    "vendored": "Vendored packages",
    "submodules": "Submodules and vendor.lock",
    "python": "Python",
    "django": "Django",
    "nltk_data": "Data for NLTK",
    "web": "Processes",
    "running_tests": "Tests of the app",
    "bindings": "Service bindings",
    "package": "Packaging Slipway",
}
"""Module of slipway.errors -> its heading, in the order of the documentation."""


def normalised(words: str, folder: Path) -> str:
    """Replace what differs from run to run, in sentences by text of the same length."""
    text = words.replace(str(folder), "/builds/harbour-01")
    text = re.sub(r"(?<=127\.0\.0\.1:)\d{5}", "54321", text)
    text = re.sub(r"(?<=port=)\d{5}", "54321", text)
    text = re.sub(r"(?<=\buv )\d+\.\d+\.\d+", "0.13.9", text)
    text = re.sub(r"(?<=uv==)\d+\.\d+\.\d+", "0.13.9", text)
    text = re.sub(r"for \w+ with glibc \d+\.\d+", "for x86_64 with glibc 2.36", text)
    text = re.sub(r"\bpython3\.\d+-dev\b", "python3.13-dev", text)
    text = re.sub(r"(?<=uses Python 3\.11)\.\d+", ".2", text)
    text = re.sub(r"(?<=with Python )3\.\d+\.\d+", "3.13.0", text)
    text = re.sub(r"(?<=Python is )3\.\d+\.\d+(?= on )", "3.13.0", text)
    text = re.sub(r"(for\s[\s!]*Python\s[\s!]*)3\.\d+\.\d+", r"\g<1>3.13.0", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x7f0123456789", text)
    text = re.sub(
        r"\d{8}/cpython-3[\d.]+(%2B)\d{8}-\w+-",
        r"20261110/cpython-3.13.15\g<1>20261110-x86_64-",
        text,
    )
    text = re.sub(r"(?<=expected sha256 )[0-9a-f]{64}", "0123456789abcdef" * 4, text)
    text = re.sub(r"(?<=/slipway-install-)\w{8}", "01234567", text)
    # Which file does not fit depends on the sizes of the files.
    text = re.sub(r"(quota is exceeded)\s[\s!]*\([^)]*\)\.", r"\1.", text)
    return _without_platform(_without_interpreters(_without_output(text)))


def _without_output(text: str) -> str:
    """Keep the last line that a build backend printed; the others name its own files."""
    output = r"\[\d+ lines of output\]\n(?:.*\n)*?(.*\n.*\[end of output\])"
    text = re.sub(output, rf"[20 lines of output]\n{_MARK}        ...\n\1", text)
    # In the output of uv: the frames of setuptools itself.
    frames = rf"({_MARK} +Traceback \(most recent call last\):\n)(?:{_MARK} {{10,}}.*\n)+"
    text = re.sub(frames, rf"\1{_MARK}          ...\n", text)
    calls = rf'{_MARK}  File "pyproject_hooks/.*\n(?:{_MARK}  .*\n)+'
    return re.sub(calls, f"{_MARK}  ...\n", text)


def _without_interpreters(text: str) -> str:
    """Replace the list of the machine's Pythons by one made-up line."""
    found = rf"(?m)(^{_MARK}Found on this image:\n)(?:{_MARK}    \S+ +/\S+( \(.+\))?\n)+"
    text = re.sub(found, rf"\1{_MARK}    3.13.0     /usr/bin/python3.13\n", text)
    return re.sub(r"(\.python-version:\n !            )3\.\d+\n", r"\g<1>3.13\n", text)


def _without_platform(text: str) -> str:
    """Replace the platform and its wheel tags by made-up ones."""
    platform = r"(?<=uses Python )3\.\d+\.\d+ on \S+ with glibc \d+\.\d+"
    text = re.sub(platform, "3.13.0 on linux-x86_64 with glibc 2.36", text)
    text = re.sub(r"(?<=the app uses )3\.\d+\.\d+", "3.13.0", text)
    text = re.sub(r"\bcp3\d+-", "cp313-", text)
    text = re.sub(r"(?<=-)manylinux_2_\d+_[^-.\s]+", "manylinux_2_36_x86_64", text)
    return re.sub(r"(?<=-)linux_[^-.\s]+", "linux_x86_64", text)


def stored(name: str) -> str:
    path = WORDS / f"{name}.txt"
    return path.read_text("utf-8") if path.is_file() else ""


def store(name: str, words: str) -> None:
    WORDS.mkdir(exist_ok=True)
    (WORDS / f"{name}.txt").write_text(words, "utf-8")


def assert_error(result: Result, case: str) -> None:
    """Expect the error of a case, by the title of its stored words."""
    assert result.status == 1, result.all
    assert title(result.words) == title(stored(case)), result.all


def title(words: str) -> str:
    return words.partition("\n")[0].removeprefix(f"{_MARK}Error: ")


def documentation() -> str:
    """Write a heading for each title, and beneath it each case with its words."""
    sections = _sections()
    parts = _HEAD, *_contents(sections), *_texts(sections), *_own_python()
    return "".join([*parts, _FOOT])


_Sections = dict[str, dict[str, list[tuple[str, str]]]]
"""Subject -> title -> pairs of (when the error occurs, its text)."""


def _sections() -> _Sections:
    """Group the words of all cases, and of an example of each error that has no case."""
    sections: _Sections = {subject: {} for subject in _SUBJECTS.values()}
    documented = set()

    def add(heading: str, when: str, text: str) -> None:
        errors = classes_with_title(heading)
        [module] = {error.__module__.rpartition(".")[2] for error in errors}
        documented.update(errors)
        sections[_SUBJECTS[module]].setdefault(heading, []).append((when, text))

    for name in CASES:
        text = re.sub(rf"(?m)^{_MARK.rstrip()}(?: {{5}})?", "", stored(name))
        add(title(stored(name)), WHEN[name], text.rstrip())
    for error in EXAMPLES:
        message = explain(error)
        if type(error) not in documented or message.title in _VARIANTS:
            add(message.title, _EXAMPLE, "\n".join(render(message)))
    return sections


def _contents(sections: _Sections) -> Iterator[str]:
    yield "\n## Contents\n\n"
    headings = {subject: [*titles] for subject, titles in sections.items()}
    headings[_OWN_PYTHON] = [*_OF_OWN_PYTHON]
    for subject, titles in headings.items():
        yield f"- [{subject}](#{_anchor(subject)})\n"
        for heading in titles:
            yield f"  - [{heading}](#{_anchor(heading)})\n"


def _anchor(heading: str) -> str:
    """Write the fragment that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _texts(sections: _Sections) -> Iterator[str]:
    for subject, titles in sections.items():
        yield f"\n## {subject}\n"
        for heading, cases in titles.items():
            reasons = sorted(map(reason_of, classes_with_title(heading)))
            yield f"\n### {heading}\n\n{', '.join(f'`{one}`' for one in reasons)}\n"
            for when, text in cases:
                yield f"\n{when}\n\n```text\n{text}\n```\n"


def _own_python() -> Iterator[str]:
    when = (
        "If the image has no Python 3.10 or newer, Slipway brings or downloads one for itself."
    )
    yield f"\n## {_OWN_PYTHON}\n\n{when}\n"
    for heading, what_to_do in _OF_OWN_PYTHON.items():
        yield f"\n### {heading}\n\n`no-python-for-slipway`\n\n{what_to_do}\n"
