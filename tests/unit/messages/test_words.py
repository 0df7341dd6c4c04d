"""Every error says what was found and what to do, in words that fit the log."""

from __future__ import annotations

import re

import pytest

from slipway.errors import (
    app,
    building,
    dependencies,
    django,
    fetching,
    hooks,
    python,
    submodules,
    toolchain,
    vendored,
)
from slipway.errors.bindings import IndexBinding
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.messages import Message, explain, render
from unit.messages.examples import EXAMPLES, IMAGE_PYTHONS, classes
from unit.samples import required

WIDTH = 73


def name_of(error: BuildStopped) -> str:
    number = [one for one in EXAMPLES if type(one) is type(error)].index(error)
    return f"{type(error).__name__}-{number + 1}"


every_example = pytest.mark.parametrize("error", EXAMPLES, ids=name_of)


def test_every_error_with_words_has_an_example() -> None:
    assert {type(error) for error in EXAMPLES} == set(classes())


def test_every_error_has_words() -> None:
    worded = set(explain.registry) - {object, BuildStopped}
    assert worded == set(classes())


def test_an_error_without_words_is_a_bug() -> None:
    with pytest.raises(LookupError, match="CommandFailed"):
        explain(CommandFailed(command="pip", status=1, output=""))


@every_example
def test_a_title_is_short_and_not_a_sentence(error: BuildStopped) -> None:
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
def test_several_steps_are_numbered(error: BuildStopped) -> None:
    message = explain(error)
    lines = list(render(message))
    numbers = [line[:2] for line in lines if re.match(r"\d\. ", line)]
    many = len(message.steps) > 1
    assert numbers == [f"{number}." for number in range(1, len(message.steps) + 1)] * many
    assert ("What you can do:" if many else "What to do:") in lines


@every_example
def test_exact_text_has_lines_of_its_own(error: BuildStopped) -> None:
    message = explain(error)
    lines = [line.strip() for line in render(message)]
    for step in message.steps:
        for exact in step.exact:
            assert exact.strip() in lines


@every_example
def test_no_python_value_is_in_the_text(error: BuildStopped) -> None:
    text = "\n".join(render(explain(error))).replace("url()", "").replace("super()", "")
    text = text.replace("dj_database_url.config()", "")
    assert not re.search(r"\bNone\b|\(\)|\(,|',\)|\[\]|<class|  \.(?!\w)|\.\.$| ,", text)


@every_example
def test_the_title_comes_first(error: BuildStopped) -> None:
    first, second, *_ = render(explain(error))
    assert (first, second) == (f"Error: {explain(error).title}", "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            dependencies.RequirementInvalid(file="r.txt", line=7, text="a=1", reason="x"),
            "Line 7 of r.txt",
        ),
        (app.VirtualenvCheckedIn(folders=("venv",)), "git rm -r --cached venv"),
        (
            python.PythonNotFound(
                requested="3.14", origin=".python-version", image_pythons=IMAGE_PYTHONS
            ),
            ".python-version:",
        ),
        (
            python.PythonNotFound(
                requested="==3.9.*",
                origin="requires-python in pylock.toml",
                image_pythons=IMAGE_PYTHONS,
            ),
            "in .python-version,",
        ),
        (
            python.PythonNotFound(
                requested="~3.9",
                origin="python_version in pyproject.toml",
                image_pythons=IMAGE_PYTHONS,
            ),
            '    python_version = "3.13"',
        ),
        (
            python.PythonNotFound(
                requested="3.14",
                origin=".python-version",
                image_pythons=IMAGE_PYTHONS,
                setting="UV_PYTHON_DOWNLOADS",
            ),
            "emove the variable UV_PYTHON_DOWNLOADS, so uv can download it.",
        ),
        (
            python.ManagedPythonNotFetched(
                requested="3.10 or newer", origin=None, image_pythons=IMAGE_PYTHONS, reason=()
            ),
            "    3.13",
        ),
        (
            python.ManagedPythonNotFetched(
                requested="3.16",
                origin=".python-version",
                image_pythons=IMAGE_PYTHONS,
                reason=(),
                nearest="3.11",
            ),
            "    3.11",
        ),
        (
            python.PythonTooOld(origin="BP_CPYTHON_VERSION", requested="3.9", oldest="3.10"),
            f"    BP_CPYTHON_VERSION={python.ADVISED}",
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
                requested="3.12", origin="runtime.txt", image_pythons=IMAGE_PYTHONS, reason=()
            ),
            "    SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",
        ),
        (
            python.ManagedPythonNotFetched(
                requested="3.12", origin="runtime.txt", image_pythons=IMAGE_PYTHONS, reason=()
            ),
            "    3.13",
        ),
        (
            building.PythonHeadersMissing(package="p", debian=("python3.12-dev",)),
            '    python_source = "managed"',
        ),
        (
            building.PythonHeadersMissing(package="p", debian=("python3.12-dev",)),
            "Debian package python3.12-dev",
        ),
        (django.ManagePyAmbiguous(candidates=("a/manage.py", "b/manage.py")), "a/manage.py"),
        (building.HeaderMissing(package="p", header="h.h", debian=("libh-dev",)), "libh-dev."),
        (fetching.IndexRefused(index="https://h.example/", status=407), "407"),
        (
            app.SettingUnknown(name="x", origin="The table", nearest="manage_py", known=("k",)),
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
            "    pip download --only-binary :all: --dest vendor/build 'six>=1'",
        ),
        (
            vendored.OfflineMissing(missing=required(("vendor/a", "six>=1")), folder="vendor"),
            "    vendor/a requires six>=1",
        ),
        (
            submodules.SubmoduleEmpty(submodules=(("vendor/a b", "../a.git"),)),
            "git rm --cached 'vendor/a b' && rm -r 'vendor/a b'/.git",
        ),
        (
            vendored.WheelNotForThisPython(
                paths=("vendor/a-1.0-cp39-cp39-win32.whl",),
                python="3.12.4 on linux-x86_64 with glibc 2.36",
                tags=("cp312-cp312-manylinux_2_28_x86_64", "py3-none-any"),
            ),
            "    a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BuildStopped) else "",
)
def test_a_message_names_the_place_to_change(error: BuildStopped, words: str) -> None:
    assert words in "\n".join(render(explain(error)))


def test_only_the_newest_of_many_versions_are_named() -> None:
    error = dependencies.VersionNotFound(
        requirement="six==99", versions=tuple(f"1.{number}" for number in range(29, -1, -1))
    )
    text = "\n".join(render(explain(error)))
    assert "1.29, 1.28" in text
    assert "1.3," not in text


def test_versions_of_one_package_with_the_same_requirement_share_a_line() -> None:
    requirements = required(
        ("hatchling 1.2", "a>=1"), ("hatchling 1.1", "a>=1"), ("hatchling 1.0", "a")
    )
    message = explain(dependencies.ResolutionConflict(requirements=requirements))
    assert message.details[1:] == (
        "    hatchling 1.2 (and 1 other version) requires a>=1",
        "    hatchling 1.0 requires a",
    )


def test_the_first_of_many_files_are_named_and_the_others_counted() -> None:
    error = app.NotPython(found=tuple("abcdefghijkl"), misspelled=())
    text = " ".join(render(explain(error)))
    assert "a, b, c, d, e, f, g, h and 4 more" in text


def test_one_of_several_requirements_files_is_selected_with_a_setting() -> None:
    error = dependencies.NoDependencyFile(
        found=("requirements/",),
        misspelled=(),
        others=("requirements/production.txt", "requirements/dev.txt"),
    )
    text = "\n".join(render(explain(error)))
    assert "git mv" not in text
    assert 'requirements = ["requirements/production.txt"]' in text


@pytest.mark.parametrize("setting", ["offline", "UV_PYTHON_DOWNLOADS"])
def test_the_image_is_not_to_blame_if_the_app_wants_a_download(setting: str) -> None:
    error = python.PythonNotFound(
        requested="3.13",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        setting=setting,
        setting_origin="The variable SLIPWAY_PYTHON_SOURCE",
    )
    text = " ".join(" ".join(render(explain(error))).split())
    assert "no Python on this image fits" not in text
    assert f"`{setting}` forbids a download." in text
    assert "Or set SLIPWAY_PYTHON_SOURCE=auto, and request a version that is on the" in text


def test_no_python_of_the_image_is_recommended_if_none_is_supported() -> None:
    error = python.PythonNotFound(
        requested="3.14",
        origin=".python-version",
        image_pythons=(("3.9.2", "/usr/bin/python3"),),
    )
    assert "Request a version" not in "\n".join(render(explain(error)))


def test_a_requirement_in_pyproject_has_no_line_number() -> None:
    error = dependencies.RequirementInvalid(
        file="pyproject.toml", line=1, text="a=1", reason="x"
    )
    assert explain(error).found == "pyproject.toml contains `a=1`: x."


def test_a_variable_is_corrected_as_a_variable() -> None:
    error = django.ManagePyMissing(path="x", origin="The variable SLIPWAY_MANAGE_PY")
    assert "    SLIPWAY_MANAGE_PY=backend/manage.py" in render(explain(error))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            app.SettingInvalid("vendor", "The variable SLIPWAY_VENDOR", "an address", "x", "y"),
            "The variable SLIPWAY_VENDOR is an address, which is not valid.",
        ),
        (
            app.SettingInvalid("offline", "The variable SLIPWAY_OFFLINE", "text", "x"),
            (
                "The variable SLIPWAY_OFFLINE has a value that is not valid. It is not shown "
                "here, because it could be a secret."
            ),
        ),
        (
            app.SettingInvalid("offline", "The variable SLIPWAY_OFFLINE", "empty", "x"),
            "The variable SLIPWAY_OFFLINE is empty, which is not valid.",
        ),
        (
            app.SettingInvalid("python_version", "The table", "a number", "x"),
            (
                "The table sets python_version to a number, because it is without quotes: "
                "3.10 would be 3.1."
            ),
        ),
        (
            hooks.HookFailed(hook="bin/post_compile", reason="was killed by signal 9"),
            (
                "This script of the app was killed by signal 9. Signal 9 often means that "
                "memory ran out. Its output, if any, is in the log above."
            ),
        ),
        (
            app.WebProcessFailed(command="exit 3", reason="exited with status 3"),
            "It was started with `exit 3`, and exited with status 3.",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_found_is_a_sentence(error: BuildStopped, expected: str) -> None:
    assert explain(error).found == expected


@pytest.mark.parametrize("is_own", [True, False])
def test_only_the_apps_own_hashes_are_locked_again(*, is_own: bool) -> None:
    error = dependencies.HashMismatch(package="six", expected=("01",), got="23", is_own=is_own)
    text = "\n".join(render(explain(error)))
    assert ("pip-compile" in text, "build cache" in text) == (is_own, not is_own)


def test_requirements_are_locked_again_by_the_command_that_locked_them() -> None:
    command = "uv pip compile --generate-hashes in.txt -o requirements.txt"
    errors = (
        dependencies.HashMismatch(
            package="six==1", expected=("01",), got="23", is_own=True, lock_command=command
        ),
        dependencies.HashesMissing(requirements=("six",), lock_command=command),
        dependencies.EnvironmentInconsistent(problems=("a",), lock_command=command),
    )
    for error in errors:
        assert [step.exact for step in explain(error).steps] == [(command,)]


def test_a_setting_in_a_variable_is_corrected_there() -> None:
    variable = toolchain.UvUnfit(reason="x", origin="The variable SLIPWAY_TOOLCHAIN")
    table = toolchain.UvUnfit(reason="x", origin="[tool.slipway] in pyproject.toml")
    assert "       SLIPWAY_TOOLCHAIN=auto" in render(explain(variable))
    assert '       toolchain = "auto"' in render(explain(table))


def test_the_apt_buildpack_is_advised_for_headers_alone() -> None:
    """Compilers search its folder for headers; its programs may name the image's folders."""
    program = building.BuildProgramMissing(
        package="p", program="gcc", debian=("build-essential",)
    )
    library = building.BuildProgramMissing(
        package="p", program="pg_config", debian=("libpq-dev",)
    )
    header = building.HeaderMissing(package="p", header="h.h", debian=("libh-dev",))
    texts = [" ".join(render(explain(error))) for error in (program, library, header)]
    for file in ("Aptfile", "apt.yml"):
        assert [file in text for text in texts] == [False, False, True]
    lines = [*render(explain(header))]
    assert "       libh-dev" in lines
    assert lines[lines.index("       packages:") + 1] == "       - libh-dev"


def test_a_source_of_python_in_a_variable_is_changed_there() -> None:
    error = python.ManagedPythonUnknown(
        requested="3.12",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        setting="python_source",
        setting_origin="The variable SLIPWAY_PYTHON_SOURCE",
        known=(),
    )
    text = " ".join(render(explain(error)))
    assert "Set SLIPWAY_PYTHON_SOURCE=auto, and request a version" in text


@pytest.mark.parametrize(
    ("on_image", "is_advised"), [((), True), (("3.9.2",), True), (("3.12.1",), False)]
)
def test_a_python_that_uv_can_download_is_advised_if_the_image_has_none(
    on_image: tuple[str, ...], *, is_advised: bool
) -> None:
    error = python.ManagedPythonUnknown(
        requested="3.99",
        origin="runtime.txt",
        image_pythons=tuple((version, "/usr/bin/python3") for version in on_image),
        known=("3.15.2", "3.14.10", "3.13.18"),
    )
    text = " ".join(" ".join(render(explain(error))).split())
    step = "1. Request a version that uv can download, in runtime.txt: python-3.15 "
    assert (step in text) is is_advised


def test_pythons_of_the_image_that_are_not_supported_are_listed_with_the_reason() -> None:
    error = python.PythonNotFound(
        requested="3.13",
        origin=".python-version",
        image_pythons=(("3.12.1", "/usr/bin/python3.12"), ("3.9.2", "/usr/bin/python3.9")),
        unusable=(("3.13.1", "/usr/bin/python3.13t", "free-threaded"),),
    )
    assert [*render(explain(error))][-3:] == [
        "    3.12.1     /usr/bin/python3.12",
        "    3.9.2      /usr/bin/python3.9 (not supported: older than 3.10)",
        "    3.13.1     /usr/bin/python3.13t (not supported: free-threaded)",
    ]


def test_a_vendor_folder_in_a_variable_is_corrected_there() -> None:
    error = vendored.VendorFolderMissing(folder="x", origin="The variable SLIPWAY_VENDOR")
    assert "       SLIPWAY_VENDOR=vendor" in render(explain(error))


@pytest.mark.parametrize(
    ("requirement", "version"),
    [("acme>=1.4", "1.4"), ("acme>=1,<2", "1.0"), ("acme==2.*", "1.0")],
)
def test_a_simple_requirement_gives_the_version_to_set(requirement: str, version: str) -> None:
    error = vendored.VendoredVersionUnfit(
        name="acme",
        version="0+vendored.0123456789ab",
        path="vendor/acme",
        is_guess=True,
        requirements=required(("the app", requirement)),
    )
    assert f'       version = "{version}"' in render(explain(error))


@pytest.mark.parametrize(
    "error",
    [error for error in EXAMPLES if vars(error).get("path") in (".", dependencies.THE_APP)],
    ids=name_of,
)
def test_nothing_is_copied_or_vendored_if_the_package_is_the_app(error: BuildStopped) -> None:
    text = " ".join(" ".join(render(explain(error))).split())
    assert "endor a" not in text
    assert "copy it again" not in text
    assert "app itself" not in text


def test_a_message_without_steps_does_not_announce_them() -> None:
    rendered = list(render(Message(title="Title", found="What was found.", steps=())))
    assert rendered == ["Error: Title", "", "What was found."]


@pytest.mark.parametrize("named_in", ["PIP_INDEX_URL", "index-url in /platform/pip.conf"])
def test_a_binding_is_named_in_place_of_what_it_has_set(named_in: str) -> None:
    error = fetching.IndexRefused(
        index="https://h.example/simple/six/",
        status=401,
        binding=IndexBinding("corp", "pypi", "url", ("username", "password")),
        named_in=named_in,
    )
    words = " ".join(" ".join(render(explain(error))).split())
    assert named_in not in words
    assert "Correct the entries username and password of the service binding corp." in words


def test_other_urls_in_the_variable_of_an_index_have_to_stay() -> None:
    error = fetching.IndexRefused(
        index="https://h.example/simple/six/",
        status=401,
        named_in="PIP_EXTRA_INDEX_URL",
        has_others=True,
    )
    assert "Keep the other URLs there." in "\n".join(render(explain(error)))
