"""An app that requests no Python gets the last one, or the newest that all its pins fit."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from slipway.domain.app_files import POST_COMPILE
from slipway.domain.layout import in_app
from slipway.domain.python.fitting import PackageFile
from slipway.domain.python.pinned import IndexQuestion
from slipway.domain.python.selection import PythonRequest
from slipway.domain.requirements.lock import Lock
from slipway.effects import Effects, interpreters
from slipway.effects.files import remove
from slipway.effects.interpreters import PROBE
from slipway.effects.processes import Command
from slipway.errors.python import (
    ADVISED,
    ManagedPythonNotBuilt,
    ManagedPythonNotFetched,
    ManagedPythonUnknown,
    PythonKindUnsupported,
    PythonNotFound,
    PythonTooOld,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps import pipeline
from slipway.steps.context import Tools
from slipway.steps.pipeline import BuildRequest, which_python
from slipway.toolchains import index_pages
from slipway.toolchains.index_pages import Answers
from slipway.toolchains.pip_tools.pip import Pip
from slipway.toolchains.pythons.managed import (
    ImagePythons,
    ManagedInstallation,
    ManagedPythons,
)
from unit.fakes import FakeProcesses, FakeToolchain, effects_with, logged, no_time, pip_with
from unit.samples import make_wheel, write_files

PLATFORM = f"manylinux2014_{os.uname().machine}"
ANCHOR, TACKLE = "anchor==1.0\n", "tackle==1.0\n"
"""A pure package; and one with wheels for Python 3.10 to 3.12, as 2.0 has for 3.13 as well."""
SHOP = {"requirements.txt": f"{ANCHOR}{TACKLE}", "Procfile": "web: serve\n"}
PURE = {**SHOP, "requirements.txt": f"{ANCHOR}django\n"}
ALL = ("3.10.1", "3.11.2", "3.12.3", "3.13.4")
NEWEST = "No file requests a version, so Slipway uses the newest available"
TOO_NEW = "Python 3.12: tackle 1.0 has no wheel for 3.13"
STANDS_IN = (
    "Slipway would use Python 3.13 as before, but uv could not download it: no. This build "
    "uses Python 3.12.3 instead. The next build tries to get 3.13 again. To make it stop if it "
    "cannot, write 3.13 to .python-version"
)
KEPT = "Python 3.12 as in the last build; no file requests a version"


def wheels(name: str, version: str, minors: Iterable[int]) -> tuple[PackageFile, ...]:
    tags = [f"cp3{minor}-cp3{minor}-{PLATFORM}" for minor in minors]
    return tuple(PackageFile(f"{name}-{version}-{tag}.whl") for tag in tags)


FILES = {
    IndexQuestion("anchor", "1.0"): (PackageFile("anchor-1.0-py3-none-any.whl", ">=3.8"),),
    IndexQuestion("tackle", "1.0"): wheels("tackle", "1.0", range(10, 13)),
    IndexQuestion("tackle", "2.0"): wheels("tackle", "2.0", range(10, 14)),
    IndexQuestion("tackle", "3.0"): wheels("tackle", "3.0", range(13, 14)),
    IndexQuestion("ancient", "1.0"): wheels("ancient", "1.0", [8]),
    IndexQuestion("until", "1.0"): (PackageFile("until-1.0-py3-none-any.whl", "<=3.12"),),
    IndexQuestion("but", "1.0"): (PackageFile("but-1.0-py3-none-any.whl", "!=3.13.4"),),
    IndexQuestion("exact", "1.0"): (PackageFile("exact-1.0-py3-none-any.whl", ">=3.13.5"),),
}


@dataclass(frozen=True, kw_only=True)
class Downloads(ManagedPythons):
    """Downloads Pythons without uv, or fails."""

    versions: Sequence[str] = ()
    earlier: Sequence[str] = ()
    gone: PythonNotFound | None = None

    def cached(self, request: PythonRequest) -> list[ManagedInstallation]:
        return [*map(self.made, filter(request.fits, self.earlier))]

    def use(self, installation: ManagedInstallation) -> bool:
        return bool(installation)

    def fetch(self, request: PythonRequest, image_pythons: ImagePythons) -> ManagedInstallation:
        fitting = [version for version in self.versions if request.fits(version)]
        if self.gone is not None:
            raise self.gone
        if not fitting:
            requested, origin = request.requested, request.origin
            raise ManagedPythonNotFetched(requested, origin, image_pythons, reason=("no",))
        return self.made(fitting[0])

    def made(self, version: str) -> ManagedInstallation:
        folder = self.effects.cache.root / "downloaded" / version
        return ManagedInstallation(folder=folder, version=version, build="1")


class NoUv:
    def path(self) -> Path:
        raise AssertionError("uv is not started in these tests")


@dataclass(kw_only=True)
class Machine:
    """An image, a cache and an index, on which an app is built several times."""

    root: Path
    image: Sequence[str] = ALL
    downloads: Sequence[str] = ()
    earlier: Sequence[str] = ()
    """What earlier builds have downloaded."""
    gone: PythonNotFound | None = None
    """Why nothing is offered for download."""
    trouble: str = ""
    """What is wrong with the index."""
    asked: list[str] = field(default_factory=list)

    def build(
        self, files: Mapping[str, str], wheels: Sequence[str] = (), **variables: str
    ) -> str:
        """Build an app, and return what the log says about its Python."""
        request = self.request(files, wheels, **variables)
        try:
            pipeline.build(request)
        finally:
            self.log = logged(request.effects)
        [said] = [part for part in self.log.split("-----> ") if part.startswith("Python ")]
        return said.partition(" Not bundling")[0]

    def request(
        self, files: Mapping[str, str], wheels: Sequence[str] = (), **variables: str
    ) -> BuildRequest:
        app = self.root / "app"
        remove(app)
        write_files(app, files)
        for name in wheels:
            make_wheel(app / "vendor", name)
        self.asked.clear()
        effects = self.effects(variables)
        tools = Tools(
            toolchain=FakeToolchain(Lock(packages=())),
            build_frontend=lambda: self.root / "tools",
            pip=lambda: pip_with(effects, self.root),
            managed_pythons=lambda: Downloads(
                uv=NoUv(),
                effects=effects,
                app=app,
                versions=self.downloads,
                earlier=self.earlier,
                gone=self.gone,
            ),
        )
        return BuildRequest(
            layout=in_app(app),
            tools=lambda _settings, _effects: tools,
            effects=effects,
            bundles_python=False,
            hook_variables={},
        )

    def effects(self, variables: Mapping[str, str]) -> Effects:
        image = self.root / "image"
        shutil.rmtree(image, ignore_errors=True)
        for version in self.image:
            program = image / version / "bin" / f"python{version.rpartition('.')[0]}"
            program.parent.mkdir(parents=True)
            program.write_bytes(b"\x7fELF")
            program.chmod(0o755)
        path = ":".join(str(image / version / "bin") for version in self.image)
        processes = FakeProcesses(now=no_time, answer=self.answer)
        return effects_with(self.root, processes, {"PATH": path, "HOME": "/x", **variables})

    def answer(self, command: Command) -> str:
        path = command.argv[0]
        found = re.search(r"/(\d+\.\d+\.\d+)/bin/python", path)
        if PROBE not in command.argv and command.name not in ("git", POST_COMPILE):
            return "printed by something else"
        if not path.startswith(str(self.root)) or found is None:
            raise CommandFailed(command=path, status=1, output="not part of this test")
        facts = {"version": found[1], "path": path, "prefix": "/", "stdlib": "/"}
        kind = {"implementation": "cpython", "variant": "", "platform": "x", "files": []}
        return json.dumps({**kind, **facts})

    def ask(self, questions: Sequence[IndexQuestion], options: str, pip: Pip) -> Answers:
        del options, pip
        self.asked += [one.name for one in questions]
        if self.trouble:
            return Answers(trouble=self.trouble)
        return Answers(files={one: FILES[one] for one in questions if one in FILES})


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(root=tmp_path)
    monkeypatch.setattr(index_pages, "ask_indexes", machine.ask)
    monkeypatch.setattr(which_python, "bundle_python", lambda *_: None)
    monkeypatch.setattr(interpreters, "_USUAL_FOLDERS", ())
    return machine


def version_file(minor: str) -> dict[str, str]:
    return {**SHOP, ".python-version": f"{minor}\n"}


def requires(specifier: str) -> dict[str, str]:
    return {**SHOP, "pyproject.toml": f'[project]\nrequires-python = "{specifier}"\n'}


# A first build


def test_the_newest_python_that_everything_pinned_fits_is_chosen(machine: Machine) -> None:
    said = machine.build(SHOP)
    assert said.startswith(f"Python 3.12.3 {TOO_NEW}. To stay on Python 3.12, write 3.12 to ")
    assert machine.asked == ["anchor", "tackle"]


@pytest.mark.parametrize(
    ("pin", "version", "reason"),
    [
        ("until", "3.11.2", "Python 3.11: until 1.0 requires Python <=3.12"),
        ("but", "3.12.3", "Python 3.12: but 1.0 requires Python !=3.13.4"),
        ("exact", "3.13.9", "Python 3.13: exact 1.0 requires Python >=3.13.5"),
    ],
)
def test_the_releases_of_the_image_decide_and_then_those_to_download(
    pin: str, version: str, reason: str, machine: Machine
) -> None:
    machine.downloads = ("3.13.9", "3.13.4")
    files = {**SHOP, "requirements.txt": f"{pin}==1.0\n"}
    for said in (reason, f"Python {version[:4]} as in the last build"):
        assert machine.build(files).startswith(f"Python {version} {said}")
    files = {**SHOP, "requirements.txt": f"{pin}==1.0\n{ANCHOR}"}
    assert machine.build(files).startswith(f"Python {version} Python {version[:4]} as in the")


def test_a_release_that_was_downloaded_before_counts_like_those_of_the_image(
    machine: Machine,
) -> None:
    files = {**SHOP, "requirements.txt": "exact==1.0\n"}
    machine.earlier, machine.downloads = ("3.13.6",), ("3.13.9",)
    assert machine.build(files).startswith("Python 3.13.6 ")
    machine.image, machine.earlier = ALL[:2], ("3.13.4",)
    assert machine.build(requires(">=3.11") | files).startswith("Python 3.13.9 ")


def test_a_release_of_the_image_that_a_new_pin_excludes_is_left(machine: Machine) -> None:
    assert machine.build(PURE).startswith("Python 3.13.4 ")
    said = machine.build({**PURE, "requirements.txt": f"{ANCHOR}django\nbut==1.0\n"})
    assert said.startswith("Python 3.12.3 Python 3.12: but 1.0 requires Python !=3.13.4")


def test_without_pins_the_newest_is_chosen_and_no_index_is_asked(machine: Machine) -> None:
    files = {**SHOP, "requirements.txt": "django\ntackle>=1.0\nanchor==1.*\n"}
    assert machine.build(files).startswith(f"Python 3.13.4 {NEWEST}")
    assert machine.asked == []


def test_the_reason_is_not_one_of_pythons_that_the_image_lacks(machine: Machine) -> None:
    machine.image = ("3.11.2", "3.12.3")
    assert machine.build(SHOP).startswith(f"Python 3.12.3 {NEWEST}")


def test_a_lower_bound_leaves_the_choice_to_the_pins(machine: Machine) -> None:
    said = machine.build(requires(">=3.10"))
    assert said.startswith(
        f"Python 3.12.3 requires-python in pyproject.toml requests >=3.10. {TOO_NEW}. Using"
    )


@pytest.mark.parametrize(
    "files", [version_file("3.13"), version_file("3.13.4"), requires("==3.13.*")]
)
def test_if_the_app_requests_one_series_no_index_is_asked(
    files: dict[str, str], machine: Machine
) -> None:
    assert machine.build(files).startswith("Python 3.13.4 ")
    assert machine.asked == []


def test_with_one_python_and_no_download_no_index_is_asked(machine: Machine) -> None:
    machine.image = ALL[3:]
    assert NEWEST in machine.build(SHOP, SLIPWAY_PYTHON_SOURCE="image")
    assert machine.asked == []


def test_a_python_that_fits_is_downloaded_if_the_image_has_none(machine: Machine) -> None:
    machine.image, machine.downloads = ALL[3:], ("3.15.1", "3.14.1", "3.12.9")
    said = machine.build(SHOP)
    assert said.startswith(f"Python 3.12.9 {TOO_NEW}. ")
    assert "Downloading Python 3.12 " in machine.log


@pytest.mark.parametrize("source", ["auto", "image"])
def test_if_no_python_that_fits_is_available_the_newest_of_the_image_is_used(
    source: str, machine: Machine
) -> None:
    machine.image = ALL[3:]
    said = machine.build(SHOP, SLIPWAY_PYTHON_SOURCE=source)
    warning = (
        "For the pinned packages, Slipway would use Python 3.12, but uv could not download it: "
        "no. It uses 3.13, though tackle 1.0 has no wheel for 3.13. The next build tries to "
        "get 3.12 again. To make it stop if it cannot, write 3.12 to .python-version"
    )
    assert (warning in said) == (source == "auto")
    because = "Python 3.13, because Python 3.12 is not available. Using the Python of the"
    expected = because if source == "auto" else NEWEST
    assert said.startswith(f"Python 3.13.4 {expected}")


def test_without_any_other_python_the_error_has_the_reason(machine: Machine) -> None:
    with pytest.raises(PythonNotFound) as missing:
        machine.build(SHOP, SLIPWAY_PYTHON_SOURCE="managed")
    assert missing.value.requested == "3.12"
    assert missing.value.because == "tackle 1.0 has no wheel for 3.13"


def test_an_index_that_fails_is_assumed_to_have_what_is_needed(machine: Machine) -> None:
    machine.trouble = "it did not respond in time"
    said = machine.build(SHOP)
    assert said.startswith(f"Python 3.13.4 {NEWEST}")
    assert said.endswith(
        "The package index could not be asked which Pythons all pinned packages fit: it did "
        "not respond in time. Slipway assumes that they fit"
    )


def test_without_a_network_only_files_of_the_app_count(machine: Machine) -> None:
    wheel = f"tackle-1.0-cp311-cp311-{PLATFORM}.whl"
    files = {"vendor/keep": "", "Procfile": SHOP["Procfile"], "requirements.txt": "tackle\n"}
    said = machine.build(files, [wheel], SLIPWAY_OFFLINE="true")
    assert said.startswith("Python 3.11.2 Python 3.11: ")
    assert machine.asked == []
    assert "could not be asked" not in said


def test_packages_that_exclude_each_other_are_named(machine: Machine) -> None:
    wheel = f"sail-1.0-cp313-cp313-{PLATFORM}.whl"
    said = machine.build(SHOP, [wheel])
    assert said.startswith(f"Python 3.13.4 {NEWEST}")
    assert "No Python fits everything that the app pins: " in said
    assert "tackle 1.0 has no wheel for 3.13" in said
    assert "sail 1.0 has no wheel for 3.12" in said


def test_a_package_that_fits_no_python_does_not_decide_alone(machine: Machine) -> None:
    said = machine.build({**SHOP, "requirements.txt": "ancient==1.0\n"})
    assert said.startswith("Python 3.10.1 Python 3.10: ancient 1.0 ")
    assert "the one that is the nearest to its files" in said


# Advice in errors


@pytest.mark.parametrize(
    ("files", "variables", "advised"),
    [
        (PURE, {}, ADVISED),
        (SHOP, {}, "3.12"),
        (requires(">=3.10,<3.12"), {}, "3.11"),
        (PURE, {"SLIPWAY_PYTHON_SOURCE": "image"}, "3.13"),
        (PURE, {"UV_PYTHON_DOWNLOADS": "never"}, "3.13"),
        (SHOP, {"SLIPWAY_OFFLINE": "true"}, "3.13"),
    ],
)
def test_instead_of_a_python_that_is_too_old_one_is_advised_that_works(
    files: dict[str, str], variables: dict[str, str], advised: str, machine: Machine
) -> None:
    with pytest.raises(PythonTooOld) as old:
        machine.build({**files, ".python-version": "3.9\n"}, **variables)
    assert old.value.instead == advised


def test_instead_of_another_kind_of_python_one_is_advised_that_works(machine: Machine) -> None:
    with pytest.raises(PythonKindUnsupported) as other:
        machine.build(version_file("pypy3.13"))
    assert other.value.instead == "3.12"


@pytest.mark.parametrize(
    ("files", "variables", "nearest"),
    [
        (version_file("3.16"), {}, "3.12"),
        ({**PURE, ".python-version": "3.16\n"}, {}, "3.13"),
        ({**PURE, ".python-version": "3.9999\n"}, {"UV_PYTHON_DOWNLOADS": "never"}, "3.13"),
        (PURE, {"SLIPWAY_PYTHON_SOURCE": "managed"}, "3.13"),
        (requires("==3.11.*"), {"SLIPWAY_PYTHON_SOURCE": "managed"}, "3.11"),
    ],
)
def test_if_no_python_can_be_had_one_of_the_image_is_advised_that_fits(
    files: dict[str, str], variables: dict[str, str], nearest: str, machine: Machine
) -> None:
    with pytest.raises(PythonNotFound) as missing:
        machine.build(files, **variables)
    assert missing.value.nearest == nearest


# Upgrades: how the second or third build differs from those before


def test_an_unchanged_app_stays_on_its_python_without_a_request(machine: Machine) -> None:
    machine.build(SHOP)
    assert machine.build(SHOP).startswith(f"Python 3.12.3 {KEPT}. To stay on")
    assert machine.asked == []


def test_a_version_file_is_added(machine: Machine) -> None:
    machine.build(SHOP)
    said = machine.build(version_file("3.11"))
    assert said.startswith("Python 3.11.2 .python-version requests 3.11. Using ")
    assert said.endswith("The last build used Python 3.12")


def test_a_version_file_is_changed(machine: Machine) -> None:
    machine.build(version_file("3.11"))
    said = machine.build(version_file("3.13"))
    assert said.startswith("Python 3.13.4 .python-version requests 3.13. Using ")
    assert said.endswith("The last build used Python 3.11, which .python-version requested")


def test_a_version_file_is_removed(machine: Machine) -> None:
    machine.build(version_file("3.12"))
    said = machine.build(SHOP)
    assert said.startswith(f"Python 3.12.3 {KEPT}")
    assert said.endswith("The last build used Python 3.12, which .python-version requested")
    assert machine.asked == []
    assert machine.build(SHOP).endswith("/python3.12")


def test_a_version_file_is_removed_that_requested_what_no_pin_fits(machine: Machine) -> None:
    """The build succeeded, so the packages fit."""
    machine.build(version_file("3.13"))
    assert machine.build(SHOP).startswith("Python 3.13.4 Python 3.13 as in the last build")


def test_a_pin_is_raised_that_the_python_still_fits(machine: Machine) -> None:
    machine.build(SHOP)
    said = machine.build({**SHOP, "requirements.txt": f"{ANCHOR}tackle==2.0\n"})
    assert said.startswith(f"Python 3.12.3 {KEPT}")
    assert machine.asked == ["tackle"]


def test_a_pin_is_raised_that_the_python_no_longer_fits(machine: Machine) -> None:
    machine.build(SHOP)
    said = machine.build({**SHOP, "requirements.txt": f"{ANCHOR}tackle==3.0\n"})
    assert said.startswith(f"Python 3.13.4 {NEWEST}")
    assert said.endswith(
        "The last build used Python 3.12, but tackle 3.0 has no wheel for 3.12"
    )


def test_a_package_is_added_that_needs_an_older_python(machine: Machine) -> None:
    assert machine.build(PURE).startswith("Python 3.13.4 ")
    said = machine.build(SHOP)
    assert said.startswith(f"Python 3.12.3 {TOO_NEW}")
    assert said.endswith(
        "The last build used Python 3.13, but tackle 1.0 has no wheel for 3.13"
    )
    assert sorted(machine.asked) == ["anchor", "tackle"]


def test_an_index_that_fails_is_not_asked_again_for_the_other_pins(machine: Machine) -> None:
    machine.build(SHOP)
    machine.trouble = "it did not answer"
    machine.image = ("3.13.4",)
    machine.build({**SHOP, "requirements.txt": f"{ANCHOR}tackle==2.0\n"})
    assert machine.asked == ["tackle"]
    assert machine.log.count("could not be asked") == 1


def test_the_newest_python_of_the_image_moves_on(machine: Machine) -> None:
    machine.image = ALL[:3]
    machine.build(PURE)
    machine.image = ALL
    assert machine.build(PURE).startswith(f"Python 3.12.3 {KEPT}")


def test_the_image_loses_the_python(machine: Machine) -> None:
    machine.build(SHOP)
    machine.image, machine.downloads = ALL[3:], ("3.14.1", "3.12.9")
    assert machine.build(SHOP).startswith(f"Python 3.12.9 {KEPT}")


@pytest.mark.parametrize("source", ["auto", "image"])
def test_the_image_loses_the_python_and_none_can_be_downloaded(
    source: str, machine: Machine
) -> None:
    machine.build(PURE, SLIPWAY_PYTHON_SOURCE=source)
    machine.image = ALL[1:3]
    said = machine.build(PURE, SLIPWAY_PYTHON_SOURCE=source)
    if source == "image":
        assert said.startswith(f"Python 3.12.3 {NEWEST}")
        assert said.endswith("The last build used Python 3.13, but it is not available")
    else:
        assert said.startswith(
            "Python 3.12.3 Python 3.12, because Python 3.13 is not available."
        )
        assert said.endswith(
            f"The last build used Python 3.13, but uv could not download it {STANDS_IN}"
        )


def test_after_a_download_that_failed_the_app_returns_to_its_python(machine: Machine) -> None:
    machine.build(PURE)
    machine.image = ALL[1:3]
    machine.build(PURE)
    said = machine.build(PURE)
    assert said.startswith("Python 3.12.3 Python 3.12, because Python 3.13 is not available.")
    assert said.endswith(f"/python3.12 {STANDS_IN}")
    machine.downloads = ("3.14.1", "3.13.9")
    said = machine.build(PURE)
    assert said.startswith(
        "Python 3.13.9 Python 3.13, which the last build could not download; no file requests"
    )
    assert "The last build used Python 3.12 Bundling" in said
    assert machine.build(PURE).startswith("Python 3.13.9 Python 3.13 as in the last build")


def test_a_setting_that_leaves_the_python_open_is_the_place_to_request_it(
    machine: Machine,
) -> None:
    machine.build(PURE, SLIPWAY_PYTHON_VERSION=">=3.11")
    machine.image = ALL[1:3]
    said = machine.build(PURE, SLIPWAY_PYTHON_VERSION=">=3.11")
    assert said.endswith("To make it stop if it cannot, set SLIPWAY_PYTHON_VERSION=3.13")


def test_the_releases_that_do_not_fit_are_still_known_after_a_download_that_failed(
    machine: Machine,
) -> None:
    files = {**SHOP, "requirements.txt": "exact==1.0\n"}
    machine.downloads = ("3.13.9",)
    assert machine.build(files).startswith("Python 3.13.9 ")
    machine.downloads = ()
    said = machine.build(files)
    assert said.startswith("Python 3.13.4 Python 3.13, because no release of it that fits is ")
    machine.downloads = ("3.13.9",)
    assert machine.build(files).startswith("Python 3.13.9 ")


@pytest.mark.parametrize(
    "gone",
    [
        ManagedPythonUnknown("3.13", None, (), known=()),
        ManagedPythonNotBuilt("3.13", None, (), machine="riscv64"),
    ],
)
def test_an_app_leaves_a_python_for_good_that_is_not_offered(
    gone: PythonNotFound, machine: Machine
) -> None:
    machine.build(PURE)
    machine.image = ALL[1:3]
    machine.gone = gone
    said = machine.build(PURE)
    assert said.startswith(f"Python 3.12.3 {NEWEST}")
    assert said.endswith(f"The last build used Python 3.13, but {gone.why}")
    machine.image = ALL
    assert machine.build(PURE).startswith(f"Python 3.12.3 {KEPT}")


def test_an_app_leaves_a_python_for_good_if_downloads_are_forbidden(machine: Machine) -> None:
    machine.build(PURE)
    machine.image = ALL[1:3]
    said = machine.build(PURE, UV_PYTHON_DOWNLOADS="never")
    assert said.endswith(
        "The last build used Python 3.13, but the image has none, and no download is allowed"
    )
    machine.image = ALL
    assert machine.build(PURE).startswith(f"Python 3.12.3 {KEPT}")


def test_a_python_for_the_pins_that_could_not_be_downloaded_is_tried_again(
    machine: Machine,
) -> None:
    machine.image = ALL[3:]
    for _ in range(2):
        said = machine.build(SHOP)
        assert said.startswith(
            "Python 3.13.4 Python 3.13, because Python 3.12 is not available"
        )
        assert machine.log.count("Downloading Python 3.12") == 1
    machine.downloads = ("3.12.9",)
    said = machine.build(SHOP)
    assert said.startswith(f"Python 3.12.9 {TOO_NEW}")
    assert "The last build used Python 3.13 Bundling" in said
    machine.downloads = ()
    said = machine.build(SHOP)
    assert "For the pinned packages, Slipway would use Python 3.12, but uv could not" in said
    assert machine.log.count("Downloading Python 3.12") == 1
    machine.downloads = ("3.12.9",)
    assert machine.build(SHOP).startswith(
        "Python 3.12.9 Python 3.12, which the last build could not download; no file requests"
    )


@pytest.mark.parametrize(
    ("files", "image", "own"), [(PURE, ALL[1:3], "3.13.9"), (SHOP, ALL[3:], "3.12.9")]
)
def test_the_second_half_of_a_build_has_the_python_of_the_first(
    files: dict[str, str], image: Sequence[str], own: str, machine: Machine
) -> None:
    if own == "3.13.9":
        machine.build(files)
    machine.image = image
    used = pipeline.supply(machine.request(files)).record.python
    machine.downloads = ("3.13.9", "3.12.9")
    built = pipeline.build(replace(machine.request(files), is_supplied=True))
    assert built.record.python == used == image[-1]
    assert machine.build(files).startswith(f"Python {own} ")


def test_a_lower_bound_is_raised_above_the_python(machine: Machine) -> None:
    pure = {"requirements.txt": PURE["requirements.txt"]}
    machine.build({**requires("<3.13"), **pure})
    said = machine.build({**requires(">=3.13"), **pure})
    assert said.startswith(
        "Python 3.13.4 requires-python in pyproject.toml requests >=3.13. Using "
    )
    assert said.endswith(
        "The last build used Python 3.12, but requires-python in pyproject.toml excludes it"
    )


def test_the_cache_is_lost(machine: Machine) -> None:
    machine.build(version_file("3.11"))
    shutil.rmtree(machine.root / "cache")
    said = machine.build(SHOP)
    assert said.startswith(f"Python 3.12.3 {TOO_NEW}")
    assert "last build" not in said


def test_another_app_uses_the_same_cache(machine: Machine) -> None:
    machine.build(SHOP)
    assert machine.build({"requirements.txt": "buoy\n"}).startswith(f"Python 3.13.4 {NEWEST}")
    assert machine.build(SHOP).startswith(f"Python 3.12.3 {KEPT}")


def test_an_app_in_its_own_cache_has_one_last_build(machine: Machine) -> None:
    """A package that is added and removed again does not bring an earlier Python back."""
    machine.build({"requirements.txt": "anchor\n", ".python-version": "3.11\n"})
    machine.build({"requirements.txt": "anchor\ntackle==3.0\n"})
    machine.build({"requirements.txt": "anchor\nbuoy\n"})
    said = machine.build({"requirements.txt": "anchor\n"})
    assert said.startswith("Python 3.13.4 Python 3.13 as in the last build; no file")
    assert "The last build used" not in said


def test_the_index_fails_while_a_pin_changes(machine: Machine) -> None:
    machine.build(SHOP)
    machine.trouble = "the connection failed"
    said = machine.build({**SHOP, "requirements.txt": f"{ANCHOR}tackle==2.0\n"})
    assert said.startswith(f"Python 3.12.3 {KEPT}")
    assert "the connection failed" in said


def test_a_build_that_fails_is_not_remembered(machine: Machine) -> None:
    with pytest.raises(BuildStopped):
        machine.build({**SHOP, "bin/post_compile": "exit 1\n"})
    assert machine.build(SHOP).startswith(f"Python 3.12.3 {TOO_NEW}")


def test_a_damaged_note_of_the_last_build_does_not_matter(machine: Machine) -> None:
    machine.build(SHOP)
    [note] = machine.root.glob("cache/*/last-build.json")
    note.write_text('[{"minor": 3}')
    assert machine.build(SHOP).startswith(f"Python 3.12.3 {TOO_NEW}")
