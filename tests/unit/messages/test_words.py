"""Every error says what was found and what to do, in words that fit the log."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from slipway.errors import (
    app,
    bindings,
    building,
    dependencies,
    django,
    package,
    python,
    submodules,
    toolchain,
    vendored,
)
from slipway.errors.dependencies import THE_APP
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.messages import Message, explain, render
from unit.samples import required

WIDTH = 73
LONG = "/srv/build_1c2d/some/folder/with/a/name/that/is/long/.slipway/python/bin/python3.13"
HERE = (("3.13.1", "/usr/bin/python3.13"),)
OUTPUT = ("first line of what pip said", "last line of what pip said")

EXAMPLES: tuple[BuildStopped, ...] = (
    app.NotPython(found=("index.html",), misspelled=()),
    app.NotPython(found=(), misspelled=()),
    app.NotPython(
        found=tuple(f"a-file-with-a-name-{number}.html" for number in range(20)),
        misspelled=(("requirments.txt", "requirements.txt"),),
    ),
    app.AppFolderMissing(path=LONG),
    app.NotCompiled(path="/app"),
    dependencies.NoDependencyFile(found=("wsgi.py", ".python-version"), misspelled=()),
    dependencies.NoDependencyFile(
        found=("requirments.txt",), misspelled=(("requirments.txt", "requirements.txt"),)
    ),
    dependencies.NoDependencyFile(found=(), misspelled=()),
    dependencies.ProjectTableMissing(file="pyproject.toml"),
    app.VirtualenvCheckedIn(folders=("venv",)),
    app.VirtualenvCheckedIn(folders=("backend/.venv", "venv")),
    app.FileUnreadable(file="requirements.txt", reason="Is a directory"),
    app.FileForbidden(path=LONG, reason="Permission denied"),
    app.FileUndecodable(file="pyproject.toml", line=3),
    app.FileNotToml(file="pyproject.toml", reason="Expected '=' (at line 3, column 4)"),
    app.SettingUnknown(
        name="managepy",
        origin="[tool.slipway] in pyproject.toml",
        nearest="manage_py",
        known=("bundle_python", "manage_py"),
    ),
    app.SettingUnknown(
        name="colour", origin="The variable SLIPWAY_COLOUR", nearest=None, known=("manage_py",)
    ),
    app.SettingInvalid(
        name="bundle_python",
        origin="The variable SLIPWAY_BUNDLE_PYTHON",
        value="yes",
        allowed="auto, true or false",
    ),
    python.PythonVersionUnparsable(file=".python-version", found=()),
    python.PythonVersionUnparsable(file=".python-version", found=("latest",)),
    python.PythonVersionUnparsable(file="runtime.txt", found=("3.12", "3.13")),
    python.PythonVersionUnparsable(file="requires-python in pyproject.toml", found=("3.x!",)),
    python.PythonVersionUnparsable(file="BP_CPYTHON_VERSION", found=("latest",)),
    python.PythonVersionUnparsable(file="python_version in pyproject.toml", found=()),
    python.PythonTooOld(origin="SLIPWAY_PYTHON_VERSION", requested="3.9", oldest="3.10"),
    python.PythonTooOld(origin="runtime.txt", requested="python-3.9.18", oldest="3.10"),
    python.PythonNotFound(requested="3.14", origin=".python-version", image_pythons=()),
    python.PythonNotFound(
        requested="~3.9", origin="python_version in pyproject.toml", image_pythons=()
    ),
    python.PythonNotFound(
        requested="3.10 or newer", origin=None, image_pythons=(("3.9.2", LONG),)
    ),
    python.PythonNotFound(
        requested="3.11", origin="runtime.txt", image_pythons=HERE, setting="offline"
    ),
    python.PythonNotFound(
        requested="3.11", origin=None, image_pythons=(), setting="python_source"
    ),
    python.ManagedPythonUnknown(
        requested="3.99",
        origin=".python-version",
        image_pythons=HERE,
        known=("3.15.2", "3.14.10", "3.13.18", "3.12.16", "3.11.18", "3.10.22"),
    ),
    python.ManagedPythonUnknown(requested="3.99", origin=None, image_pythons=(), known=()),
    python.ManagedPythonUnknown(
        requested="3.99",
        origin="runtime.txt",
        image_pythons=HERE,
        known=("3.12.1",),
        setting="python_source",
    ),
    python.ManagedPythonNotBuilt(
        requested="3.12",
        origin="SLIPWAY_PYTHON_VERSION",
        image_pythons=(),
        machine="mips with musl 1.2.5",
    ),
    python.ManagedPythonNotFetched(
        requested="3.12",
        origin=".python-version",
        image_pythons=HERE,
        reason=("  cause: no answer",),
    ),
    python.ManagedPythonDiffers(
        requested="3.12",
        origin=".python-version",
        image_pythons=HERE,
        reason=("  cause: Hash mismatch",),
    ),
    python.ManagedPythonWithoutUv(
        requested="3.12",
        origin=".python-version",
        image_pythons=HERE,
        reason="the index has none",
    ),
    python.ManagedPythonBroken(
        requested="3.12", origin=".python-version", image_pythons=HERE, version="3.12.16"
    ),
    python.PythonNotRelocatable(path=LONG, reason="its libpython belongs to the system"),
    toolchain.UvUnavailable(
        version="0.13.9", reason="the package index does not have it for this image"
    ),
    toolchain.UvUnfit(setting="PIP_PREFER_BINARY"),
    dependencies.RequirementInvalid(
        file="requirements/base.txt",
        line=12,
        text="django=5",
        reason="Expected semicolon (after name with no version specifier) or end",
    ),
    dependencies.RequirementFileMissing(file="base.txt", named_in="requirements.txt", line=1),
    dependencies.ResolutionConflict(
        requirements=required(
            (THE_APP, "idna==2.4"),
            ("requirements.txt:2", "idna<4"),
            ("requests 2.32.3", "idna<4 and >=2.5"),
        )
    ),
    dependencies.PackageNotFound(requirement="no-such-package"),
    dependencies.VersionNotFound(
        requirement="six==99", versions=tuple(f"1.{number}.0" for number in range(30))
    ),
    dependencies.NoWheelForPython(
        requirement="numpy==1.19.5", python="3.13.1", needs=("1.19.5 needs Python <3.10",)
    ),
    building.CompilerMissing(
        package="mysqlclient",
        program="pkg-config",
        debian="pkg-config and default-libmysqlclient-dev",
    ),
    building.HeaderMissing(package="python-ldap", header="lber.h", debian="libldap-dev"),
    building.PythonHeadersMissing(package="regex", debian="python3.12-dev"),
    building.PythonHeadersMissing(package="vendor/a", debian="python3-dev", is_vendored=True),
    building.HeaderMissing(package="name", header="own.h", debian=None),
    building.PackageBuildFailed(package="name", output=OUTPUT),
    building.IndexUnreachable(
        index="https://index.example/simple/six/", reason="no connection"
    ),
    building.IndexRefused(index="https://index.example/simple/six/", status=401),
    building.IndexRefused(index="https://index.example/simple/six/", status=403),
    building.IndexRefused(index="https://proxy.example/", status=407),
    dependencies.HashMismatch(
        package="six==1.17.0", expected=("01" * 32, "23" * 32), got="47" * 32
    ),
    dependencies.HashesMissing(requirements=("idna==3.10",)),
    dependencies.ResolveFailed(output=OUTPUT),
    dependencies.InstallFailed(output=OUTPUT),
    dependencies.EnvironmentInconsistent(problems=("a 1 requires b, which is not installed.",)),
    app.RequirementsMissing(
        path="requirements/web.txt", origin="The variable BP_PIP_REQUIREMENT"
    ),
    bindings.BindingInvalid(
        binding="index",
        key="url",
        reason="is no address that begins with https:// or http://",
        expected="the address of a package index, as https://index.example/simple",
    ),
    bindings.BindingInvalid(
        binding="a\nb\udcff",
        key="c\x1b[31m",
        reason="is no file",
        expected="certificates in PEM",
    ),
    bindings.BindingsContradict(
        bindings=("one", "two"), key="url", instead="in the other, call it extra-url"
    ),
    app.DiskFull(path="/srv/x"),
    app.DiskFull(path=None),
    app.HookFailed(hook="bin/post_compile", reason="it ended with status 3"),
    django.ManagePyAmbiguous(candidates=("blog/manage.py", "shop/manage.py")),
    django.ManagePyMissing(path="back/manage.py", origin="[tool.slipway] in pyproject.toml"),
    django.SettingsVariableMissing(
        variable="SECRET_KEY", settings="harbour.settings", place="harbour/settings.py:7"
    ),
    django.SettingsVariableMissing(variable="X", settings="harbour.settings", place=None),
    django.SettingsBroken(
        settings="harbour.settings", reason="NameError: x", place="harbour/settings.py:7"
    ),
    django.SettingsBroken(settings="harbour.settings", reason="NameError: x", place=None),
    django.StaticFileMissing(reason="The file 'a.png' could not be found with <Storage>."),
    django.CollectstaticFailed(reason="OSError: disk", place="a.py:1"),
    django.CollectstaticFailed(reason="OSError: disk", place=None),
    app.WebProcessMissing(path="/app"),
    app.WebProcessFailed(command="gunicorn a:b", reason="it ended with status 1"),
    vendored.VendoredNotForThisPython(path="vendor/acme", requires=">=3.14", python="3.13.1"),
    vendored.VendorFolderMissing(folder="libs", origin="[tool.slipway] in pyproject.toml"),
    vendored.VendoredMissing(path="vendor/acme tides", file="requirements.txt", line=3),
    vendored.VendoredNotPython(path="vendor/acme", file="requirements.txt", line=3),
    vendored.OutsideTheApp(path="vendor/acme/data", target="../../../data"),
    vendored.OutsideTheApp(path="requirements.txt:3", target="/srv/acme"),
    vendored.VendoredTwice(name="acme", paths=(".", "vendor/acme")),
    vendored.VendoredTwice(name="acme", paths=("vendor/a", "vendor/b", "vendor/ü c")),
    vendored.VendoredBroken(
        path="vendor/acme-1.0.tar.gz",
        reason="it is damaged, cut short, locked by a password, or not an archive at all",
    ),
    vendored.VendoredBuildFailed(
        path="vendor/acme", backend="setuptools.build_meta:__legacy__", output=OUTPUT
    ),
    vendored.VendoredBuildCycle(paths=("vendor/a", "vendor/b", "vendor/a")),
    vendored.VendoredBuildCycle(paths=("vendor/a", "vendor/a")),
    vendored.ArchiveUnsafe(
        path="vendor/acme-1.0.tar.gz",
        member="acme-1.0/../../.bashrc",
        reason="its path leads upwards, with `..`",
    ),
    vendored.WheelInvalid(
        path="vendor/acme-1.0-py3-none-any.whl",
        reason="acme/tides.py in it is not what its RECORD says",
    ),
    vendored.WheelNotForThisPython(
        paths=("vendor/acme-1.0-cp39-cp39-win32.whl",),
        python="3.12.4, linux-x86_64",
        fitting=("cp312-cp312-manylinux_2_28_x86_64", "py3-none-any"),
    ),
    vendored.WheelNotForThisPython(
        paths=("vendor/acme-1.0-cp39-cp39-win32.whl", "vendor/acme-1.0-cp38-cp38-win32.whl"),
        python="3.12.4, linux-x86_64",
        fitting=("cp312-cp312-manylinux_2_28_x86_64",),
    ),
    vendored.VendoredVersionUnfit(
        name="acme",
        version="1.0",
        path="vendor/acme",
        is_guess=False,
        requirements=required((THE_APP, "acme>=2"), ("tides 1.2", "acme>=1.5")),
    ),
    vendored.VendoredVersionUnfit(
        name="acme",
        version="0+vendored.0123456789ab",
        path="vendor/acme",
        is_guess=True,
        requirements=required((THE_APP, "acme>=2")),
    ),
    vendored.OfflineMissing(
        missing=required((THE_APP, "django>=5.2"), ("django 5.2", "sqlparse>=0.3.1")),
        folder="vendor",
    ),
    vendored.OfflineMissing(
        missing=required(("vendor/acme", 'hatchling>=1.27; python_version > "3.9"')),
        folder="vendor/build",
    ),
    submodules.SubmoduleEmpty(
        submodules=(("vendor/acme", "https://git.example/harbour/acme.git"),)
    ),
    submodules.SubmoduleEmpty(
        submodules=(("vendor/acme", "../acme.git"), ("vendor/acme tides", "../tides.git"))
    ),
    submodules.VendorLockInvalid(file="vendor.lock", reason="line 3 has no commit"),
    submodules.VendorLockDiffers(
        differences=(
            ("vendor/acme", "the app has commit 0123456, vendor.lock has 89abcde"),
            ("vendor/tides", "the files are not those that were locked"),
        )
    ),
    submodules.GitUnavailable(
        path="vendor/acme", reason="its .git points to a folder that is gone"
    ),
    package.PackMissing(path="/usr/bin:/bin"),
    package.PackFailed(output=OUTPUT),
    package.TargetUnknown(target="linux/riscv64", known=("linux/amd64", "linux/arm64")),
    package.StageTaken(folder=LONG),
    package.DownloadFailed(
        address="https://mirror.example/python.tar.gz", reason="it said 404"
    ),
    package.DownloadDiffers(
        address="https://mirror.example/python.tar.gz", expected="01" * 32, got="23" * 32
    ),
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
            dependencies.RequirementInvalid(file="r.txt", line=7, text="a=1", reason="x"),
            "r.txt, line 7",
        ),
        (app.VirtualenvCheckedIn(folders=("venv",)), "git rm -r --cached venv"),
        (
            python.PythonNotFound(requested="3.14", origin=".python-version", image_pythons=()),
            ".python-version",
        ),
        (
            python.PythonNotFound(
                requested="~3.9", origin="python_version in pyproject.toml", image_pythons=()
            ),
            '    python_version = "3.13"',
        ),
        (
            python.PythonTooOld(origin="BP_CPYTHON_VERSION", requested="3.9", oldest="3.10"),
            "    BP_CPYTHON_VERSION=3.13",
        ),
        (
            python.PythonNotFound(
                requested="3.12",
                origin=".python-version",
                image_pythons=(),
                setting="python_source",
            ),
            '    python_source = "auto"',
        ),
        (
            python.ManagedPythonNotFetched(
                requested="3.12", origin="runtime.txt", image_pythons=HERE, reason=()
            ),
            "    SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",
        ),
        (
            python.ManagedPythonNotFetched(
                requested="3.12", origin="runtime.txt", image_pythons=HERE, reason=()
            ),
            "    3.13",
        ),
        (
            building.PythonHeadersMissing(package="p", debian="python3.12-dev"),
            '    python_source = "managed"',
        ),
        (
            building.PythonHeadersMissing(package="p", debian="python3.12-dev"),
            "    python3.12-dev",
        ),
        (django.ManagePyAmbiguous(candidates=("a/manage.py", "b/manage.py")), "a/manage.py"),
        (building.HeaderMissing(package="p", header="h.h", debian="libh-dev"), "    libh-dev"),
        (building.IndexRefused(index="https://h.example/", status=407), "407"),
        (
            app.SettingUnknown(name="x", origin="o", nearest="manage_py", known=("k",)),
            "manage_py?",
        ),
        (
            vendored.VendoredTwice(name="a", paths=(".", "vendor/a b", "vendor/c")),
            "    git rm -r vendor/c 'vendor/a b'",
        ),
        (
            vendored.OfflineMissing(
                missing=required(("vendor/a", "six>=1")), folder="vendor/build"
            ),
            '    pip download --only-binary :all: --dest vendor/build "six>=1"',
        ),
        (
            vendored.OfflineMissing(missing=required(("vendor/a", "six>=1")), folder="vendor"),
            "    vendor/a needs six>=1",
        ),
        (
            submodules.SubmoduleEmpty(submodules=(("vendor/a b", "../a.git"),)),
            "git rm --cached 'vendor/a b' && rm -r 'vendor/a b'/.git",
        ),
        (
            vendored.WheelNotForThisPython(
                paths=("vendor/a-1.0-cp39-cp39-win32.whl",),
                python="3.12.4, linux-x86_64",
                fitting=("cp312-cp312-manylinux_2_28_x86_64", "py3-none-any"),
            ),
            "    a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BuildStopped) else "",
)
def test_a_message_names_the_place_to_mend(error: BuildStopped, words: str) -> None:
    assert words in "\n".join(render(explain(error)))


def test_of_many_versions_the_newest_are_named() -> None:
    error = dependencies.VersionNotFound(
        requirement="six==99", versions=tuple(f"1.{number}" for number in range(30))
    )
    text = "\n".join(render(explain(error)))
    assert "1.29, 1.28" in text
    assert "1.3," not in text


def test_many_versions_of_one_package_that_want_the_same_are_one_line() -> None:
    requirements = required(
        ("hatchling 1.2", "a>=1"), ("hatchling 1.1", "a>=1"), ("hatchling 1.0", "a")
    )
    message = explain(dependencies.ResolutionConflict(requirements=requirements))
    assert message.details[1:] == (
        "    hatchling 1.2 (and 1 other version) requires a>=1",
        "    hatchling 1.0 requires a",
    )


def test_of_many_files_the_first_are_named_and_the_others_counted() -> None:
    error = app.NotPython(found=tuple("abcdefghijkl"), misspelled=())
    text = " ".join(render(explain(error)))
    assert "a, b, c, d, e, f, g, h and 4 more" in text


def test_a_message_without_steps_does_not_announce_any() -> None:
    said = list(render(Message(title="Title", found="What was found.", steps=())))
    assert said == ["Error: Title", "", "What was found."]
