"""Every error says what was found and what to do, in words that fit the log."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from slipway import errors
from slipway.errors import THE_APP, BuildStopped, CommandFailed
from slipway.messages import Message, explain, render

WIDTH = 73
LONG = "/srv/build_1c2d/some/folder/with/a/name/that/is/long/.slipway/python/bin/python3.13"
OUTPUT = ("first line of what pip said", "last line of what pip said")

EXAMPLES: tuple[BuildStopped, ...] = (
    errors.NotPython(found=("index.html",), misspelled=()),
    errors.NotPython(found=(), misspelled=()),
    errors.NotPython(
        found=tuple(f"a-file-with-a-name-{number}.html" for number in range(20)),
        misspelled=(("requirments.txt", "requirements.txt"),),
    ),
    errors.AppFolderMissing(path=LONG),
    errors.NotCompiled(path="/app"),
    errors.NoDependencyFile(found=("wsgi.py", ".python-version"), misspelled=()),
    errors.NoDependencyFile(
        found=("requirments.txt",), misspelled=(("requirments.txt", "requirements.txt"),)
    ),
    errors.NoDependencyFile(found=(), misspelled=()),
    errors.ProjectTableMissing(file="pyproject.toml"),
    errors.VirtualenvCheckedIn(folders=("venv",)),
    errors.VirtualenvCheckedIn(folders=("backend/.venv", "venv")),
    errors.FileUnreadable(file="requirements.txt", reason="Is a directory"),
    errors.FileForbidden(path=LONG, reason="Permission denied"),
    errors.FileUndecodable(file="pyproject.toml", line=3),
    errors.FileNotToml(file="pyproject.toml", reason="Expected '=' (at line 3, column 4)"),
    errors.SettingUnknown(
        name="managepy",
        origin="[tool.slipway] in pyproject.toml",
        nearest="manage_py",
        known=("carry_python", "manage_py"),
    ),
    errors.SettingUnknown(
        name="colour", origin="The variable SLIPWAY_COLOUR", nearest=None, known=("manage_py",)
    ),
    errors.SettingInvalid(
        name="carry_python",
        origin="The variable SLIPWAY_CARRY_PYTHON",
        value="yes",
        allowed="auto, true or false",
    ),
    errors.PythonVersionUnparsable(file=".python-version", found=()),
    errors.PythonVersionUnparsable(file=".python-version", found=("latest",)),
    errors.PythonVersionUnparsable(file="runtime.txt", found=("3.12", "3.13")),
    errors.PythonVersionUnparsable(file="requires-python in pyproject.toml", found=("3.x!",)),
    errors.PythonTooOld(origin="runtime.txt", asked="python-3.9.18", oldest="3.10"),
    errors.PythonNotHere(asked="3.14", origin=".python-version", here=()),
    errors.PythonNotHere(asked="3.10 or newer", origin=None, here=(("3.9.2", LONG),)),
    errors.PythonNotCarriable(path=LONG, reason="its libpython belongs to the system"),
    errors.RequirementInvalid(
        file="requirements/base.txt",
        line=12,
        text="django=5",
        reason="Expected semicolon (after name with no version specifier) or end",
    ),
    errors.RequirementFileMissing(file="base.txt", named_in="requirements.txt", line=1),
    errors.ResolutionConflict(
        wants=(
            (THE_APP, "idna==2.4"),
            ("requirements.txt:2", "idna<4"),
            ("requests 2.32.3", "idna<4 and >=2.5"),
        )
    ),
    errors.PackageNotFound(requirement="no-such-package"),
    errors.VersionNotFound(
        requirement="six==99", versions=tuple(f"1.{number}.0" for number in range(30))
    ),
    errors.NoWheelForPython(
        requirement="numpy==1.19.5", python="3.13.1", needs=("1.19.5 needs Python <3.10",)
    ),
    errors.CompilerMissing(
        package="mysqlclient",
        program="pkg-config",
        debian="pkg-config and default-libmysqlclient-dev",
    ),
    errors.HeaderMissing(package="python-ldap", header="lber.h", debian="libldap-dev"),
    errors.HeaderMissing(package="name", header="own.h", debian=None),
    errors.PackageBuildFailed(package="name", output=OUTPUT),
    errors.IndexUnreachable(index="https://index.example/simple/six/", reason="no connection"),
    errors.IndexRefused(index="https://index.example/simple/six/", status=401),
    errors.IndexRefused(index="https://index.example/simple/six/", status=403),
    errors.IndexRefused(index="https://proxy.example/", status=407),
    errors.HashMismatch(package="six==1.17.0", expected=("01" * 32, "23" * 32), got="47" * 32),
    errors.HashesMissing(requirements=("idna==3.10",)),
    errors.ResolveFailed(output=OUTPUT),
    errors.InstallFailed(output=OUTPUT),
    errors.EnvironmentInconsistent(problems=("a 1 requires b, which is not installed.",)),
    errors.DiskFull(path="/srv/x"),
    errors.DiskFull(path=None),
    errors.HookFailed(hook="bin/post_compile", reason="it ended with status 3"),
    errors.ManagePyAmbiguous(candidates=("blog/manage.py", "shop/manage.py")),
    errors.ManagePyMissing(path="back/manage.py", origin="[tool.slipway] in pyproject.toml"),
    errors.SettingsVariableMissing(
        variable="SECRET_KEY", settings="harbour.settings", place="harbour/settings.py:7"
    ),
    errors.SettingsVariableMissing(variable="X", settings="harbour.settings", place=None),
    errors.SettingsBroken(
        settings="harbour.settings", reason="NameError: x", place="harbour/settings.py:7"
    ),
    errors.SettingsBroken(settings="harbour.settings", reason="NameError: x", place=None),
    errors.StaticFileMissing(reason="The file 'a.png' could not be found with <Storage>."),
    errors.CollectstaticFailed(reason="OSError: disk", place="a.py:1"),
    errors.CollectstaticFailed(reason="OSError: disk", place=None),
    errors.WebProcessMissing(path="/app"),
    errors.WebProcessFailed(command="gunicorn a:b", reason="it ended with status 1"),
)
"""Of each error one for each way that its message can go."""


def name_of(error: BuildStopped) -> str:
    number = [one for one in EXAMPLES if type(one) is type(error)].index(error)
    return f"{type(error).__name__}-{number + 1}"


def classes(base: type[BuildStopped] = BuildStopped) -> Iterator[type[BuildStopped]]:
    for error in base.__subclasses__():
        yield error
        yield from classes(error)


every_example = pytest.mark.parametrize("error", EXAMPLES, ids=name_of)


def test_every_error_a_user_can_see_has_an_example_here() -> None:
    assert {type(error) for error in EXAMPLES} == set(classes()) - {CommandFailed}


def test_the_words_and_the_errors_are_equal_sets() -> None:
    worded = set(explain.registry) - {object, BuildStopped}
    assert worded == set(classes()) - {CommandFailed}


def test_an_error_without_words_is_a_fault_of_ours() -> None:
    with pytest.raises(LookupError, match="CommandFailed"):
        explain(CommandFailed(command="pip", status=1, output=""))


@every_example
def test_a_title_is_short_and_no_sentence(error: BuildStopped) -> None:
    title = explain(error).title
    assert len(title) < 60
    assert not title.endswith((".", ":", "!"))


@every_example
def test_every_error_says_what_was_found_and_what_to_do(error: BuildStopped) -> None:
    message = explain(error)
    assert message.found
    assert message.steps
    for step in message.steps:
        assert step.text.endswith((".", ":"))
        assert step.text.endswith(":") == bool(step.exact)


@every_example
def test_every_line_fits_the_log(error: BuildStopped) -> None:
    message = explain(error)
    copied = [line for step in message.steps for line in step.exact]
    too_long = [
        line
        for line in render(message)
        if len(line) > WIDTH
        and line not in message.details
        and line.strip() not in [line.strip() for line in copied]
        and " " in line.strip()
    ]
    assert too_long == []


@every_example
def test_steps_are_numbered_if_there_is_a_choice(error: BuildStopped) -> None:
    message = explain(error)
    lines = list(render(message))
    numbers = [line[:2] for line in lines if re.match(r"\d\. ", line)]
    many = len(message.steps) > 1
    assert numbers == [f"{number}." for number in range(1, len(message.steps) + 1)] * many
    assert ("What to do, one of:" if many else "What to do:") in lines


@every_example
def test_the_exact_text_stands_alone_on_its_line(error: BuildStopped) -> None:
    message = explain(error)
    lines = [line.strip() for line in render(message)]
    for step in message.steps:
        for exact in step.exact:
            assert exact.strip() in lines


@every_example
def test_no_machine_word_is_in_the_text(error: BuildStopped) -> None:
    text = "\n".join(render(explain(error))).replace("url()", "")
    assert not re.search(r"\bNone\b|\(\)|\(,|',\)|\[\]|<class|  \.|\.\.$| ,", text)


@every_example
def test_the_title_comes_first(error: BuildStopped) -> None:
    first, second, *_ = render(explain(error))
    assert (first, second) == (f"Error: {explain(error).title}", "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            errors.RequirementInvalid(file="r.txt", line=7, text="a=1", reason="x"),
            "r.txt, line 7",
        ),
        (errors.VirtualenvCheckedIn(folders=("venv",)), "git rm -r --cached venv"),
        (
            errors.PythonNotHere(asked="3.14", origin=".python-version", here=()),
            ".python-version",
        ),
        (errors.ManagePyAmbiguous(candidates=("a/manage.py", "b/manage.py")), "a/manage.py"),
        (errors.HeaderMissing(package="p", header="h.h", debian="libh-dev"), "    libh-dev"),
        (errors.IndexRefused(index="https://h.example/", status=407), "407"),
        (
            errors.SettingUnknown(name="x", origin="o", nearest="manage_py", known=("k",)),
            "manage_py?",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BuildStopped) else "",
)
def test_a_message_names_the_place_to_mend(error: BuildStopped, words: str) -> None:
    assert words in "\n".join(render(explain(error)))


def test_of_many_versions_the_newest_are_named() -> None:
    error = errors.VersionNotFound(
        requirement="six==99", versions=tuple(f"1.{number}" for number in range(30))
    )
    text = "\n".join(render(explain(error)))
    assert "1.29, 1.28" in text
    assert "1.3," not in text


def test_of_many_files_the_first_are_named_and_the_others_counted() -> None:
    error = errors.NotPython(found=tuple("abcdefghijkl"), misspelled=())
    text = " ".join(render(explain(error)))
    assert "a, b, c, d, e, f, g, h and 4 more" in text


def test_a_message_without_steps_does_not_announce_any() -> None:
    said = list(render(Message(title="Title", found="What was found.", steps=())))
    assert said == ["Error: Title", "", "What was found."]
