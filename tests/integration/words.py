"""The stored words of each case, and the documentation that is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT
from integration.classic_platform import Ended
from integration.error_cases.table import CASES, WHEN

WORDS = Path(__file__).parent / "words"
DOCUMENTATION = ROOT / "docs" / "errors.md"

_MARK = " !     "
_HEAD = """\
# What Slipway says when a build stops

Each error below is what a test saw on standard error (`tests/integration/error_cases/`); this
file is written from there, by `pytest tests/integration --update-words`.
"""


def normalised(words: str, folder: Path) -> str:
    """Take out what belongs to the machine and to the moment; same length where lines wrap."""
    text = words.replace(str(folder), "/builds/harbour-01")
    text = re.sub(r"(?<=127\.0\.0\.1:)\d{5}", "54321", text)
    text = re.sub(r"(?<=port=)\d{5}", "54321", text)
    text = re.sub(r"(?<=uv )\d+\.\d+\.\d+(?= could not)", "0.13.9", text)
    text = re.sub(r"(?<=uv==)\d+\.\d+\.\d+", "0.13.9", text)
    text = re.sub(r"for \w+ with glibc [\d.]+", "for x86_64 with glibc 2.36", text)
    text = re.sub(r"\bpython3\.\d+-dev\b", "python3.13-dev", text)
    text = re.sub(r"(?<=with Python )3\.\d+\.\d+", "3.13.0", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x7f0123456789", text)
    # Which file it was that did not fit depends on how large each is.
    text = re.sub(r"(on the device)\s[\s!]*\([^)]*\)\.", r"\1.", text)
    return _without_platform(_without_interpreters(_without_output(text)))


def _without_output(text: str) -> str:
    """Keep the last line of what a build backend printed; the rest names its own files."""
    output = r"\[\d+ lines of output\]\n(?:.*\n)*?(.*\n.*\[end of output\])"
    text = re.sub(output, rf"[20 lines of output]\n{_MARK}        ...\n\1", text)
    # Of uv's: the frames that are setuptools' own.
    frames = rf"({_MARK} +Traceback \(most recent call last\):\n)(?:{_MARK} {{10,}}.*\n)+"
    text = re.sub(frames, rf"\1{_MARK}          ...\n", text)
    calls = rf'{_MARK}  File "pyproject_hooks/.*\n(?:{_MARK}  .*\n)+'
    return re.sub(calls, f"{_MARK}  ...\n", text)


def _without_interpreters(text: str) -> str:
    """Keep one made-up line of those that list the machine's Pythons."""
    found = rf"(?m)(^{_MARK}Found on this image:\n)(?:{_MARK}    \S+ +/\S+\n)+"
    text = re.sub(found, rf"\1{_MARK}    3.13.0     /usr/bin/python3.13\n", text)
    return re.sub(r"(in \.python-version:\n !            )3\.\d+\n", r"\g<1>3.13\n", text)


def _without_platform(text: str) -> str:
    """Give a made-up platform, and the tags that wheels for it have."""
    platform = r"(?<=gets Python )3\.\d+\.\d+, \S+ \S+ \d+\.\d+"
    text = re.sub(platform, "3.13.0, linux-x86_64 glibc 2.36", text)
    text = re.sub(r"(?<=the app gets )3\.\d+\.\d+", "3.13.0", text)
    text = re.sub(r"\bcp3\d+-", "cp313-", text)
    text = re.sub(r"(?<=-)manylinux_2_\d+_[^-.\s]+", "manylinux_2_36_x86_64", text)
    return re.sub(r"(?<=-)linux_[^-.\s]+", "linux_x86_64", text)


def stored(name: str) -> str:
    path = WORDS / f"{name}.txt"
    return path.read_text("utf-8") if path.is_file() else ""


def store(name: str, words: str) -> None:
    WORDS.mkdir(exist_ok=True)
    (WORDS / f"{name}.txt").write_text(words, "utf-8")


def assert_error(ended: Ended, case: str) -> None:
    """Expect the error of a case, by the title of its stored words."""
    assert ended.status == 1, ended.all
    assert title(ended.words) == title(stored(case)), ended.all


def title(words: str) -> str:
    return words.partition("\n")[0].removeprefix(f"{_MARK}Error: ")


def documentation() -> str:
    """Write a heading for each title, and beneath it each case with its words."""
    by_title: dict[str, list[str]] = {}
    for name in CASES:
        by_title.setdefault(title(stored(name)), []).append(name)
    return "".join([_HEAD, *_sections(by_title)])


def _sections(by_title: dict[str, list[str]]) -> Iterator[str]:
    for heading, cases in by_title.items():
        yield f"\n## {heading}\n"
        for name in cases:
            words = re.sub(rf"(?m)^{_MARK.rstrip()}(?: {{5}})?", "", stored(name))
            yield f"\n{WHEN[name]}\n\n```text\n{words.rstrip()}\n```\n"
