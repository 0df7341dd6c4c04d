"""Packages with their own sources in a lock are fetched once, each from its source alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from slipway.domain.locks.brought import FromAddress, FromFiles, FromIndex, FromPath, Index, Pin
from slipway.domain.settings import Settings
from slipway.effects.files import sha256_of
from slipway.effects.processes import Command
from slipway.errors.dependencies import HashesMissing, HashMismatch, NoIndexAllowed
from slipway.errors.fetching import IndexRefused, NameDiffers, RepositoryNotFetched
from slipway.errors.stopped import CommandFailed
from slipway.errors.vendored import OfflineMissing
from slipway.steps.fetch_pinned import fetch_pinned
from slipway.toolchains.protocol import LocalDistribution
from unit.brought_locks import FakeLock, locked_plan
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, logged, no_time
from unit.samples import PLAN, local, make_wheel, required

A = f"sha256:{'ab' * 32}"
YARD = Index(url="https://yard.example/simple", name="yard", tool="uv")
ACME = Pin(name="acme", version="1.0", source=FromIndex(index=YARD), hashes=(A,))
BOAT = Pin(name="boat", version="2.0", source=FromIndex(index=YARD), hashes=(A,))
GIT = "git+https://git.example/crane.git@0123abc"
CRANE = Pin(name="crane", version="3.0", source=FromAddress(address=GIT))
VARIABLES = {
    "PIP_INDEX_URL": "https://public.example/simple",
    "PIP_EXTRA_INDEX_URL": "https://other.example/simple",
    "PIP_FIND_LINKS": "/opt/wheels",
    "PIP_CONSTRAINT": "/limits.txt",
    "PIP_CERT": "/etc/ca.pem",
    "UV_INDEX_YARD_USERNAME": "ci",
    "UV_INDEX_YARD_PASSWORD": "s3cret",
}


@dataclass
class Pip:
    """Stands for pip: it makes the files that it is asked for."""

    sdists: frozenset[str] = frozenset()
    """The names of which only an sdist is downloaded."""
    failure: str = ""
    downloads: list[str] = field(default_factory=list)
    """The requirements files of downloads."""
    builds: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    variables: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, command: Command) -> str:
        argv, env = command.argv, command.env
        self.variables.append(env)
        if self.failure:
            raise CommandFailed(command="pip", status=1, output=self.failure)
        text = Path(argv[argv.index("-r") + 1]).read_text("utf-8")
        if "--dest" in argv:
            self.downloads.append(text)
            for page in re.findall(r"--find-links file://(\S+)", text):
                self.pages.append(Path(page).read_text("utf-8"))
            self._download(Path(argv[argv.index("--dest") + 1]), text)
        else:
            self.builds.append(text)
            folder = Path(argv[argv.index("--wheel-dir") + 1])
            [name] = re.findall(r"^(\w+) @ ", text, re.M)
            make_wheel(folder, f"{name}-3.0-py3-none-any.whl", ["six"])
        return ""

    def _download(self, folder: Path, text: str) -> None:
        for name, version in re.findall(r"^(\w+)(?:==([\d.]+)| @ )", text, re.M):
            place = folder / name
            if name in self.sdists:
                place.mkdir(parents=True)
                (place / f"{name}-{version}.tar.gz").touch()
            else:
                make_wheel(place, f"{name}-{version or '4.0'}-py3-none-any.whl", ["idna>=3"])


@dataclass
class Build:
    root: Path
    pip: Pip
    environment: Mapping[str, str] = field(default_factory=lambda: VARIABLES)
    is_offline: bool = False

    log: str = ""

    def fetch(
        self, *pins: Pin, vendored: tuple[LocalDistribution, ...] = ()
    ) -> list[LocalDistribution]:
        plan = replace(PLAN, settings=Settings(offline=self.is_offline))
        decided = locked_plan(FakeLock(pins=pins), plan)
        processes = FakeProcesses(now=no_time, answer=self.pip)
        effects = effects_with(self.root, processes, self.environment)
        context = context_with(self.root, effects, FakeToolchain(), decided)
        found = fetch_pinned(context, vendored)
        self.log = logged(effects)
        return found


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(root=tmp_path, pip=Pip())


def test_other_packages_are_not_fetched(build: Build) -> None:
    pins = (
        Pin(name="six", version="1", source=FromIndex(), hashes=(A,)),
        Pin(name="quay", source=FromPath(path="packages/quay")),
    )
    assert build.fetch(*pins) == []
    assert build.log == ""


def test_an_index_is_asked_for_its_packages_together_and_alone(build: Build) -> None:
    acme, boat = build.fetch(ACME, BOAT)
    [text] = build.pip.downloads
    assert text == (
        "--index-url https://ci:s3cret@yard.example/simple\n"
        f"acme==1.0 --hash={A}\n"
        f"boat==2.0 --hash={A}\n"
    )
    [variables] = build.pip.variables
    named = {name: value for name, value in variables.items() if value}
    assert named.keys().isdisjoint({"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"})
    assert "PIP_CONSTRAINT" not in named
    assert named["PIP_CONFIG_FILE"] == os.devnull
    assert named["PIP_CERT"] == "/etc/ca.pem"
    assert (acme.name, acme.version, acme.requires) == ("acme", "1.0", ("idna>=3",))
    assert acme.sha256 == sha256_of(acme.path)
    assert acme.source == boat.source == "the index https://yard.example/simple"
    assert not acme.is_vendored
    assert "Fetched acme 1.0 from the index `yard` (https://yard.example/simple)" in build.log
    assert "s3cret" not in build.log


def test_each_index_is_asked_on_its_own(build: Build) -> None:
    other = Index(url="https://dock.example/simple", tool="Pipenv", is_verified=False)
    build.fetch(ACME, replace(BOAT, source=FromIndex(index=other)))
    one, two = build.pip.downloads
    assert one.startswith("--index-url https://ci:s3cret@yard.example/simple\nacme==")
    assert two.startswith(
        "--index-url https://dock.example/simple\n--trusted-host dock.example\nboat=="
    )


def test_settings_of_pips_files_for_connections_are_kept(build: Build) -> None:
    conf = build.root / "pip.conf"
    conf.write_text(
        "[global]\nproxy = http://proxy.example\nextra-index-url = https://x.example\n"
    )
    build.environment = {"PIP_CONFIG_FILE": str(conf)}
    build.fetch(ACME)
    [variables] = build.pip.variables
    assert variables["PIP_PROXY"] == "http://proxy.example"
    assert "PIP_EXTRA_INDEX_URL" not in variables
    assert variables["PIP_CONFIG_FILE"] == os.devnull


def test_an_sdist_is_built_with_the_usual_indexes(build: Build) -> None:
    build.pip.sdists = frozenset({"acme"})
    [acme] = build.fetch(ACME)
    [text] = build.pip.builds
    assert re.search(r"^acme @ file:///\S+/acme/acme-1.0.tar.gz$", text, re.M)
    assert "yard.example" not in text
    variables = build.pip.variables[-1]
    assert variables["PIP_INDEX_URL"] == "https://public.example/simple"
    assert not variables["PIP_CONSTRAINT"]
    assert acme.path.name == "acme-3.0-py3-none-any.whl"


def test_a_repository_is_built_at_its_commit(build: Build) -> None:
    [crane] = build.fetch(CRANE)
    assert build.pip.downloads == []
    [text] = build.pip.builds
    assert f"crane @ {GIT}\n" in text
    assert crane.source == f"crane @ {GIT}"
    assert crane.locked.requirement == "crane==3.0"


def test_an_archive_is_downloaded_and_checked_before_it_is_built(build: Build) -> None:
    address = "https://files.example/archive/crane.zip#subdirectory=lib"
    source = FromAddress(address=address)
    build.pip.sdists = frozenset({"crane"})
    build.fetch(replace(CRANE, source=source, hashes=(A,)))
    assert build.pip.downloads == [f"--no-index\ncrane @ {address} --hash={A}\n"]
    [text] = build.pip.builds
    assert re.search(r"^crane @ file:///\S+#subdirectory=lib$", text, re.M)


def test_a_wheel_at_an_address_is_used_as_it_is(build: Build) -> None:
    source = FromAddress(address="https://files.example/crane-4.0-py3-none-any.whl")
    [crane] = build.fetch(replace(CRANE, source=source, hashes=(A,)))
    assert build.pip.builds == []
    assert crane.version == "4.0"


def test_another_token_for_the_same_address_fetches_nothing_and_is_not_stored(
    build: Build,
) -> None:
    wheel = "https://files.example/crane-4.0-py3-none-any.whl"
    for query in ("token=s3cr3t1", "token=s3cr3t2", "part=2&token=s3cr3t3"):
        source = FromAddress(address=f"{wheel}?{query}")
        build.fetch(Pin(name="crane", version="4.0", source=source, hashes=(A,)))
    downloaded = re.findall(r"\?\S+", " ".join(build.pip.downloads))
    assert downloaded == ["?token=s3cr3t1", "?part=2&token=s3cr3t3"]
    stored = [*(build.root / "cache").rglob(".slipway-entry")]
    assert len(stored) == 2
    assert not any("s3cr3t" in mark.read_text("utf-8") for mark in stored)


def test_files_are_linked_for_pip_to_choose_from(build: Build) -> None:
    files = ("https://files.example/acme-1.0.tar.gz", "wheels/acme-1.0-py3-none-any.whl")
    build.fetch(replace(ACME, source=FromFiles(files=files)))
    [text] = build.pip.downloads
    assert text.startswith("--no-index\n--find-links file://")
    [page] = build.pip.pages
    assert re.findall('href="([^"]+)"', page) == [
        files[0],
        f"{build.root.as_uri()}/{files[1]}",
    ]


def test_files_get_the_credentials_of_an_index_on_their_host(build: Build) -> None:
    build.environment = {"PIP_INDEX_URL": "https://ci:s3cret@files.example/simple"}
    files = ("https://files.example/acme-1.0.tar.gz",)
    build.fetch(replace(ACME, source=FromFiles(files=files)))
    [page] = build.pip.pages
    assert 'href="https://ci:s3cret@files.example/acme-1.0.tar.gz"' in page


def test_a_later_build_fetches_nothing(build: Build) -> None:
    first = build.fetch(ACME, CRANE)
    build.environment = {}  # nor does it need the credentials
    assert build.fetch(ACME, CRANE) == first
    assert (len(build.pip.downloads), len(build.pip.builds)) == (1, 1)
    assert f"Reusing crane 3.0 from {GIT}" in build.log


@pytest.mark.parametrize(
    "other",
    [
        replace(ACME, version="1.1"),
        replace(ACME, hashes=(f"sha256:{'cd' * 32}",)),
        replace(ACME, source=FromIndex(index=replace(YARD, url="https://dock.example/"))),
    ],
    ids=["version", "hash", "index"],
)
def test_another_pin_is_fetched_again(build: Build, other: Pin) -> None:
    build.fetch(ACME)
    build.fetch(other)
    assert len(build.pip.downloads) == 2


def test_vendored_packages_have_priority(build: Build) -> None:
    vendored = (local(build.root, "acme-1.0"),)
    assert build.fetch(ACME, vendored=vendored) == []
    assert build.pip.downloads == []


# Errors


def test_an_offline_build_names_everything_that_is_not_vendored(build: Build) -> None:
    build.is_offline = True
    six = Pin(name="six", version="1", source=FromIndex(), hashes=(A,))
    with pytest.raises(OfflineMissing) as raised:
        build.fetch(ACME, CRANE, six)
    assert raised.value.missing == required(
        ("uv.lock", "acme==1.0"), ("uv.lock", "crane==3.0"), ("uv.lock", "six==1")
    )


def test_a_setting_that_forbids_indexes_counts(build: Build) -> None:
    build.environment = {"PIP_NO_INDEX": "1"}
    with pytest.raises(NoIndexAllowed) as raised:
        build.fetch(ACME)
    assert (raised.value.setting, raised.value.required_by) == ("PIP_NO_INDEX", "uv.lock")


def test_a_package_of_an_index_needs_a_hash(build: Build) -> None:
    with pytest.raises(HashesMissing) as raised:
        build.fetch(replace(ACME, hashes=()))
    assert raised.value.requirements == ("acme==1.0",)
    assert raised.value.locked_in == "uv.lock"


def test_an_index_that_refuses_names_the_variables_for_it(build: Build) -> None:
    page = "https://yard.example/simple/acme/"
    build.pip.failure = (
        "ERROR: No matching distribution found for acme==1.0\n"
        f"Could not fetch URL {page}: 401 Client Error: Unauthorized for url: {page}\n"
    )
    with pytest.raises(IndexRefused) as raised:
        build.fetch(ACME)
    assert raised.value.named_in == "uv.lock"
    assert raised.value.variables == ("UV_INDEX_YARD_USERNAME", "UV_INDEX_YARD_PASSWORD")


def test_a_wrong_hash_names_the_lock(build: Build) -> None:
    build.pip.failure = (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
        f"    acme==1.0 from https://yard.example/acme.whl:\n"
        f"        Expected sha256 {'ab' * 32}\n             Got        {'cd' * 32}\n"
    )
    with pytest.raises(HashMismatch) as raised:
        build.fetch(ACME)
    assert (raised.value.package, raised.value.locked_in) == ("acme==1.0", "uv.lock")


def test_a_repository_that_is_gone_names_the_lock(build: Build) -> None:
    build.pip.failure = (
        "  Cloning https://git.example/crane.git to /tmp/crane\n"
        "  fatal: repository 'https://git.example/crane.git/' not found\n"
        "ERROR: Failed to build 'crane' when git clone --quiet did not run successfully.\n"
    )
    with pytest.raises(RepositoryNotFetched) as raised:
        build.fetch(CRANE)
    assert raised.value.is_refused
    assert raised.value.required_by == "uv.lock"
    assert raised.value.address == f"crane @ {GIT}"


def test_a_wheel_of_another_package_is_refused(build: Build) -> None:
    class OtherName(Pip):
        def _download(self, folder: Path, text: str) -> None:
            del text
            make_wheel(folder / "crane", "winch-1.0-py3-none-any.whl", [])

    build.pip = OtherName()
    source = FromAddress(address="https://files.example/crane-4.0-py3-none-any.whl")
    with pytest.raises(NameDiffers) as raised:
        build.fetch(replace(CRANE, source=source, hashes=(A,)))
    assert (raised.value.required, raised.value.name) == ("crane", "winch")
