"""Indexes are asked with one request a package, with pip's settings, and never for long."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.index import Index, served
from slipway.domain.python.fitting import PackageFile
from slipway.domain.python.pinned import IndexQuestion
from slipway.effects.files import sha256_of
from slipway.effects.packages.bundled_tools import BundledTools
from slipway.effects.processes import Command, Processes
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.index_pages import Answers, ask_indexes
from slipway.toolchains.pip_tools.pip import Pip
from unit.fakes import FakeProcesses, effects_with, no_time, pip_with
from unit.samples import make_wheel

ANCHOR, TACKLE = IndexQuestion("anchor", "1.0"), IndexQuestion("sea-tackle", "2.0")
FILES = (
    "anchor-0.9-py3-none-any.whl",
    "anchor-1.0-cp310-cp310-win_amd64.whl",
    "anchor-1.0.0-py3-none-any.whl",
    "sea.tackle-2.0.tar.gz",
    "sea-tackle-2.0.1.tar.gz",
    "sea_tackle-2.0+local-1-py3-none-any.whl",
    "sea_tackle-2.0.exe",
    "sea_tackle-x-py3-none-any.whl",
)
FAULTS = ("other type", "redirects", "cut")
Ask = Callable[..., Answers]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = make_wheel(tmp_path / "made", "made-1-py3-none-any.whl")
    index = Index(files=dict.fromkeys(FILES, made))
    index.requires_python["sea.tackle-2.0.tar.gz"] = ">=3.7,<3.13"
    with served(index):
        yield index


@pytest.fixture
def ask(index: Index, tmp_path: Path, bundled_tools: BundledTools) -> Ask:
    def run(*questions: IndexQuestion, options: str = "", **variables: str) -> Answers:
        environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
        environment |= {"PIP_INDEX_URL": index.url, **variables}
        pip = Pip(
            bundled_tools=bundled_tools,
            cache=tmp_path / "pip",
            effects=effects_with(tmp_path, Processes(now=time.monotonic), environment),
            app=tmp_path,
        )
        return ask_indexes(questions or (ANCHOR, TACKLE), options, pip)

    return run


def names(answers: Answers, question: IndexQuestion) -> list[str]:
    return [file.name for file in answers.files[question]]


def test_the_files_of_a_version_are_known_after_one_request_a_package(
    ask: Ask, index: Index
) -> None:
    answers = ask()
    assert answers.trouble == ""
    assert answers.files == {
        ANCHOR: (PackageFile(FILES[1]), PackageFile(FILES[2])),
        TACKLE: (PackageFile(FILES[3], ">=3.7,<3.13"), PackageFile(FILES[5])),
    }
    assert index.requests == {"/simple/anchor/": 1, "/simple/sea-tackle/": 1}


def test_nothing_is_started_without_a_question(tmp_path: Path) -> None:
    effects = effects_with(tmp_path)
    assert ask_indexes([], "", pip_with(effects, tmp_path)) == Answers()
    assert isinstance(effects.processes, FakeProcesses)
    assert effects.processes.started == []


def test_formats_that_the_app_excludes_do_not_count(ask: Ask) -> None:
    assert names(ask(TACKLE, options="--only-binary :all:"), TACKLE) == [FILES[5]]
    assert names(ask(TACKLE, PIP_NO_BINARY="sea-tackle"), TACKLE) == [FILES[3]]


def test_files_with_other_hashes_do_not_count(ask: Ask, index: Index) -> None:
    digest = sha256_of(next(iter(index.files.values())))
    allowed = IndexQuestion("anchor", "1.0", (f"sha256:{digest}", f"sha256:{'0' * 64}"))
    others = IndexQuestion("sea-tackle", "2.0", (f"sha256:{'0' * 64}",))
    answers = ask(allowed, others)
    assert names(answers, allowed) == [FILES[1], FILES[2]]
    assert others not in answers.files


def test_a_package_that_no_index_has_is_unknown_without_a_trouble(
    ask: Ask, index: Index
) -> None:
    answers = ask(IndexQuestion("buoy", "1.0"), ANCHOR)
    assert [*answers.files] == [ANCHOR]
    assert answers.trouble == ""
    assert index.requests["/simple/buoy/"] == 1


def test_all_indexes_and_folders_of_the_app_are_searched(
    ask: Ask, index: Index, tmp_path: Path
) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "anchor-1.0-cp312-cp312-linux_x86_64.whl").touch()
    (folder / "links.html").write_text('<a href="anchor-1.0.zip">anchor-1.0.zip</a>')
    page = (folder / "links.html").as_uri()
    second = Index(
        files={"anchor-1.0-cp311-cp311-win_amd64.whl": next(iter(index.files.values()))}
    )
    with served(second):
        options = f"--extra-index-url {second.url}\n--find-links {folder}\n--find-links {page}"
        found = names(ask(ANCHOR, options=options), ANCHOR)
    assert {*found} == {
        *FILES[1:3],
        "anchor-1.0-cp311-cp311-win_amd64.whl",
        "anchor-1.0-cp312-cp312-linux_x86_64.whl",
        "anchor-1.0.zip",
    }
    assert names(ask(ANCHOR, options=f"--no-index\n--find-links {folder}"), ANCHOR)


def test_an_index_for_uv_is_asked_instead_of_that_for_pip(ask: Ask, index: Index) -> None:
    nowhere = "http://127.0.0.1:9/simple/"
    assert [*ask(ANCHOR, PIP_INDEX_URL=nowhere, UV_DEFAULT_INDEX=index.url).files] == [ANCHOR]
    offline = ask(ANCHOR, UV_OFFLINE="1")
    assert offline == Answers(trouble="the variable UV_OFFLINE forbids it")


@pytest.mark.parametrize(
    "fault",
    ["closed", *(pytest.param(one, marks=pytest.mark.long) for one in FAULTS)],
)
def test_an_index_with_a_fault_is_hardly_asked_again(
    fault: str, ask: Ask, index: Index
) -> None:
    made = next(iter(index.files.values()))
    many = [IndexQuestion(f"boat{number}", "1.0") for number in range(30)]
    index.files |= {f"{one.name}-1.0-py3-none-any.whl": made for one in many}
    index.page_fault = fault
    answers = ask(*many)
    assert answers.files == {}
    assert answers.trouble
    assert index.url not in answers.trouble
    if fault != "redirects":  # each of them is a request
        assert sum(index.requests.values()) <= 8


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (403, "it refused access (403)"),
        pytest.param(401, "it responded with status 401", marks=pytest.mark.long),
        pytest.param(404, "", marks=pytest.mark.long),
        pytest.param(429, "it responded with status 429", marks=pytest.mark.long),
        pytest.param(503, "it responded with a server error", marks=pytest.mark.long),
    ],
)
def test_a_status_is_explained(status: int, trouble: str, ask: Ask, index: Index) -> None:
    index.status = status
    assert ask() == Answers(trouble=trouble)
    assert sum(index.requests.values()) <= 2


def test_one_index_that_fails_leaves_packages_unknown(ask: Ask, index: Index) -> None:
    """Its files might be those that are installed."""
    options = "--extra-index-url http://127.0.0.1:9/simple/"
    assert ask(options=options) == Answers(trouble="the connection failed")
    assert index.requests


@pytest.mark.long
def test_an_index_that_forbids_pages_of_packages_that_it_lacks_does_not_matter(
    ask: Ask,
) -> None:
    with served(Index(status=403)) as second:
        assert [*ask(options=f"--extra-index-url {second.url}").files] == [ANCHOR, TACKLE]


@pytest.mark.long
def test_a_silent_index_does_not_make_a_build_wait_long(ask: Ask, index: Index) -> None:
    index.page_fault = "silent"
    start = time.monotonic()
    assert ask(PIP_TIMEOUT="1").trouble == "it did not respond in time"
    assert time.monotonic() - start < 8


def test_credentials_are_used_and_are_in_no_argument(ask: Ask, index: Index) -> None:
    index.user = "me:s3cret"
    assert ask(options=f"--index-url {index.at('me:s3cret@')}").trouble == ""
    assert ask().trouble == "it responded with status 401"


def test_the_words_of_a_pip_that_fails_are_shown_without_credentials(tmp_path: Path) -> None:
    def fail(command: Command) -> str:
        output = "usage: ...\nno such option: http://me:s3cret@index.example/\n"
        raise CommandFailed(command=command.name, status=2, output=output)

    effects = effects_with(tmp_path, FakeProcesses(now=no_time, answer=fail))
    answers = ask_indexes([ANCHOR], "", pip_with(effects, tmp_path))
    assert answers.trouble.startswith("pip failed: no such option")
    assert "s3cret" not in answers.trouble
