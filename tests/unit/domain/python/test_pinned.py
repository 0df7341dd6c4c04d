"""What an app pins is found in its lock, its lines and its vendored packages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.brought import (
    BroughtLock,
    Choice,
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    Pin,
)
from slipway.domain.locks.formats import format_of
from slipway.domain.locks.pdm_project import content_hashes
from slipway.domain.python.fitting import Fit, PackageFile, PinnedPackage, fit, misfit
from slipway.domain.python.pinned import IndexQuestion, index_questions, pinned_packages
from slipway.domain.requirements.declared_sources import (
    DeclaredSource,
    SourceKind,
    UnusedSource,
)
from slipway.domain.toml_text import parse_toml
from slipway.domain.vendoring.core_metadata import CoreMetadata
from slipway.domain.vendoring.packages import Form, VendoredPackage
from slipway.domain.vendoring.source_project import read_project
from slipway.errors.locks import LockNotForThisPython
from unit.brought_locks import FakeLock
from unit.releases import LINUX, MINORS, releases
from unit.samples import PLAN, plain, plan_of, requested, tree, wheel_file

HASH = f"sha256:{'ab' * 32}"
INDEX = "https://index.example/simple"
LOCKED = "uv.lock poetry.lock pdm.lock pylock.toml Pipfile.lock".split()


def questions(
    plan: BuildPlan, *minors: str, metadata: Mapping[str, CoreMetadata] = {}
) -> list[str]:
    found = index_questions(plan, minors or MINORS, metadata)
    return [f"{one.name}=={one.version}" for one in found]


def packages(
    plan: BuildPlan, minor: str = "3.12", metadata: Mapping[str, CoreMetadata] = {}
) -> list[PinnedPackage]:
    return [*pinned_packages(plan, minor, {}, metadata)]


def names(found: Sequence[PinnedPackage]) -> list[str]:
    return [f"{one.name} {one.version}".strip() for one in found]


def fit_of(plan: BuildPlan, metadata: Mapping[str, CoreMetadata] = {}) -> Fit:
    """Choose with what the public index has of the recorded releases."""
    asked = index_questions(plan, MINORS, metadata)
    answers = {one: releases()[f"{one.name}=={one.version}"].files for one in asked}
    pythons = {minor: [minor] for minor in MINORS}
    return fit(lambda one: pinned_packages(plan, one, answers, metadata), pythons, LINUX)


def metadata_of(name: str, *requires: str, python: str | None = None) -> CoreMetadata:
    return CoreMetadata(name=name, version="1.0", requires=requires, requires_python=python)


def vendored(path: str, pyproject: str = "", **files: str) -> VendoredPackage:
    texts = {"setup.py": files.get("setup_py", ""), "setup.cfg": files.get("setup_cfg", "")}
    texts |= {"pyproject.toml": pyproject, "PKG-INFO": files.get("pkg_info", "")}
    form = Form.SDIST if path.endswith((".tar.gz", ".zip")) else Form.TREE
    return VendoredPackage(path=path, form=form, project=read_project(texts, path))


# Lines


@pytest.mark.parametrize(
    ("text", "constraints", "asked"),
    [
        pytest.param("flask==2.0.1", "", ["flask==2.0.1"], id="exact"),
        pytest.param("Flask_Login == 0.6 # why", "", ["flask-login==0.6"], id="normalized"),
        pytest.param("flask===2.0.1", "", ["flask==2.0.1"], id="arbitrary-equality"),
        pytest.param("flask[async]==2.0.1", "", ["flask==2.0.1"], id="extra"),
        pytest.param("flask==2.0.*", "", [], id="prefix"),
        pytest.param("flask===2.x", "", [], id="no-version"),
        pytest.param("flask>=2\nflask~=2.0\nflask<3\nflask", "", [], id="ranges"),
        pytest.param("flask>=2,==2.0.1", "", ["flask==2.0.1"], id="exact-and-range"),
        pytest.param("torch==2.0+cpu", "", ["torch==2.0+cpu"], id="local-version"),
        pytest.param(f"flask==2.0.1 --hash={HASH}", "", ["flask==2.0.1"], id="hashed"),
        pytest.param("flask", "flask==2.0.1\nsix==1.16", ["flask==2.0.1"], id="constraint"),
        pytest.param("flask==2.1", "flask==2.1", ["flask==2.1"], id="the-same-constraint"),
        pytest.param("flask==${V}", "", [], id="variable"),
        pytest.param("flask @ https://x.example/flask-1.zip", "", [], id="address"),
        pytest.param(
            "flask==1; sys_platform == 'linux'\nflask @ git+https://x.example/f ; "
            "sys_platform == 'win32'",
            "",
            [],
            id="address-elsewhere",
        ),
        pytest.param("flask==1; sys_platform == 'win32'", "", [], id="marker"),
        pytest.param(
            "a==1; python_version < '3.12'\na==2; python_version >= '3.12'",
            "",
            ["a==1", "a==2"],
            id="markers",
        ),
        pytest.param("django==4.0.3", "", [], id="django"),
        pytest.param("django==99.1", "", ["django==99.1"], id="django-that-nobody-knows"),
        pytest.param("django>=4.2,<5", "", [], id="django-range"),
    ],
)
def test_the_index_is_asked_for_exact_versions(
    text: str, constraints: str, asked: list[str]
) -> None:
    assert questions(plan_of(text, constraints=constraints, V="2.0")) == asked


@pytest.mark.parametrize(
    ("hashes", "sha256", "is_allowed"),
    [
        ((), "12", True),
        (("sha256:12", "sha256:34"), "34", True),
        (("sha256:12", "sha256:ab"), "AB", True),
        (("sha256:12", "sha256:34"), "56", False),
        (("sha256:12",), "", True),  # the index does not say
        (("sha512:12",), "56", True),
        (("sha256:12", "sha512:34"), "56", True),
    ],
)
def test_only_files_with_the_hashes_of_a_pin_count(
    hashes: tuple[str, ...], sha256: str, *, is_allowed: bool
) -> None:
    assert IndexQuestion("a", "1", hashes).allows(sha256) is is_allowed


def test_a_question_has_the_hashes_of_a_line() -> None:
    digests = [f"sha256:{digit * 64}" for digit in "ba"]
    plan = plan_of(f"a==1 --hash={digests[0]} --hash={digests[1]}\nb==1")
    asked = index_questions(plan, ["3.12"], {})
    assert [one.hashes for one in asked] == [(digests[1], digests[0]), ()]
    assert [one.file for one in asked] == ["requirements.txt", ""]
    files = (PackageFile("a-1-cp311-cp311-linux_x86_64.whl"),)
    [a, _] = pinned_packages(plan, "3.12", {asked[0]: files}, {})
    assert misfit(a, "3.12", LINUX) == "a 1 has no wheel for 3.12 that requirements.txt lists"


def test_a_line_counts_where_its_marker_applies() -> None:
    plan = plan_of("a==1; python_version < '3.12'\na==2; python_full_version >= '3.12.1'")
    assert questions(plan, "3.11") == ["a==1"]
    assert questions(plan, "3.13") == ["a==2"]
    assert names(packages(plan, "3.13")) == ["a 2"]


def test_answers_are_the_files_of_a_package() -> None:
    files = (PackageFile("a-1-py3-none-any.whl"),)
    found = pinned_packages(plan_of("b==1\na==1"), "3.12", {IndexQuestion("a", "1"): files}, {})
    assert [(one.name, one.files) for one in found] == [("a", files), ("b", ())]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (
            "https://x.example/torch-2.0%2Bcpu-cp311-cp311-linux_x86_64.whl#sha256=1",
            "torch 2.0+cpu",
        ),
        ("https://x.example/torch-2.0.zip", ""),
        ("git+https://x.example/torch-2.0-py3-none-any.whl/@main#subdirectory=a.whl", ""),
    ],
)
def test_the_tags_of_a_wheel_at_an_address_count(address: str, found: str) -> None:
    [*named] = packages(plan_of(f"torch @ {address}"))
    assert names(named) == [found] * bool(found)
    [*unnamed] = packages(plan_of(address))
    assert names(unnamed) == [found] * bool(found)
    reasons = [misfit(one, "3.12", LINUX) for one in unnamed]
    assert reasons == [f"{found} has no wheel for 3.12 at its address"] * bool(found)


def test_a_wheel_at_an_address_counts_where_its_marker_applies() -> None:
    plan = plan_of("a @ https://x.example/a-1-py3-none-any.whl ; python_version < '3.12'")
    assert (names(packages(plan, "3.11")), packages(plan, "3.12")) == (["a 1"], [])


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("django==4.0.3", "4.0.3"),
        ("Django>=4.2,<5", "4.2.30"),
        ("django~=4.2.3", "4.2.30"),
        ("django==3.2.*", "3.2.25"),
        ("django>=4.2", ""),
        ("django", ""),
        ("django>=99,<100", ""),
    ],
)
def test_the_pythons_of_django_are_known_for_a_range_too(text: str, version: str) -> None:
    [*found] = packages(plan_of(text))
    assert names(found) == [f"django {version}"] * bool(version)
    assert all(one.files == () for one in found)


def test_a_source_that_cannot_be_used_is_not_replaced_by_the_index() -> None:
    source = DeclaredSource(
        name="acme", table="[tool.uv.sources]", declaration="", kind=SourceKind.INDEX
    )
    unused = UnusedSource(
        source=source, folder=".", file="pyproject.toml", marker="", reason=""
    )
    plan = plan_of("acme==1.0\nflask==2.0")
    plan = replace(plan, dependencies=replace(plan.dependencies, unused_sources=(unused,)))
    assert questions(plan) == ["flask==2.0"]


# Vendored packages


@pytest.mark.parametrize(
    ("package", "name"),
    [
        pytest.param(wheel_file("vendor/acme-1.0-py3-none-any.whl"), "acme", id="wheel"),
        pytest.param(tree("vendor/acme"), "acme", id="tree"),
        pytest.param(tree("vendor/acme_lib", None), "acme-lib", id="tree-without-a-name"),
        pytest.param(tree("vendor/acme-1.0.tar.gz", None), "acme", id="sdist-without-a-name"),
        pytest.param(tree("vendor/acme.tar.gz", None), "other", id="odd-sdist"),
        pytest.param(plain("vendor/acme_lib.py"), "acme-lib", id="plain"),
        pytest.param(wheel_file("vendor/acme.whl"), "other", id="odd-wheel"),
    ],
)
def test_the_index_is_never_asked_for_a_vendored_package(
    package: VendoredPackage, name: str
) -> None:
    plan = plan_of(f"{name}==1.0\nflask==2.0", package)
    expected = ["flask==2.0", "other==1.0"] if name == "other" else ["flask==2.0"]
    assert questions(plan) == expected


def test_the_index_is_never_asked_for_a_namespace() -> None:
    plan = plan_of("acme==1.0")
    plan = replace(plan, vendoring=replace(plan.vendoring, namespaces=("vendor/acme",)))
    assert questions(plan) == []


def test_a_vendored_wheel_decides() -> None:
    wheel = wheel_file("vendor/acme-1.0-cp311-cp311-linux_x86_64.whl")
    found = fit_of(plan_of("acme", wheel))
    assert found.minors == ("3.11",)
    reason = "acme 1.0 has no wheel for 3.12 among the app's own files"
    assert found.reasons["3.12"] == reason


def test_vendored_wheels_for_several_pythons_are_one_package() -> None:
    wheels = [
        wheel_file(f"vendor/acme-1.0-cp{one}-cp{one}-linux_x86_64.whl") for one in (310, 312)
    ]
    assert fit_of(plan_of("", *wheels)).minors == ("3.12", "3.10")
    # An sdist next to them is used for the other Pythons, but does not decide.
    assert fit_of(plan_of("", *wheels, tree("vendor/acme-1.0.tar.gz"))).minors == (
        *("3.12", "3.10"),
    )


def test_metadata_of_a_vendored_wheel_count() -> None:
    path = "vendor/acme-1.0-py3-none-any.whl"
    requires = ("psycopg2-binary==2.9.9", "extra-one==1; extra == 'one'", "not valid")
    metadata = {path: metadata_of("acme", *requires, python="<3.14")}
    plan = plan_of("", wheel_file(path))
    assert questions(plan, metadata=metadata) == ["psycopg2-binary==2.9.9"]
    found = fit_of(plan, metadata)
    assert found.minors == ("3.12", "3.11", "3.10")
    assert found.reasons["3.15"] == "acme 1.0 requires Python <3.14"
    extra = plan_of("", requested(wheel_file(path), f"./{path}[one]"))
    assert questions(extra, metadata=metadata) == ["extra-one==1", "psycopg2-binary==2.9.9"]


@pytest.mark.parametrize(
    "package",
    [
        pytest.param(
            vendored("vendor/acme", "[project]\nname = 'acme'\nrequires-python = '<3.13'"),
            id="pyproject",
        ),
        pytest.param(
            vendored(
                "vendor/acme", "[tool.poetry]\nname = 'acme'\ndependencies.python = '~3.12'"
            ),
            id="poetry",
        ),
        pytest.param(
            vendored(
                "vendor/acme",
                setup_cfg="[metadata]\nname = acme\n[options]\npython_requires = <3.13\n",
            ),
            id="setup-cfg",
        ),
        pytest.param(
            vendored(
                "vendor/acme",
                setup_cfg="[metadata]\nname = acme\n",
                setup_py="# python_requires='<3'\nsetup(name='acme', python_requires='<3.13')",
            ),
            id="setup-py",
        ),
        pytest.param(
            vendored(
                "vendor/acme-1.tar.gz",
                setup_py="setup()",
                pkg_info="Name: acme\nRequires-Python: <3.13\n\nRequires-Python: >=9\n",
            ),
            id="pkg-info",
        ),
    ],
)
def test_static_metadata_of_a_vendored_project_count(package: VendoredPackage) -> None:
    found = fit_of(plan_of("", package))
    assert found.minors[0] == "3.12"
    assert found.reasons["3.13"].startswith("acme requires Python ")


@pytest.mark.parametrize("path", ["vendor/acme", "vendor/acme-1.tar.gz"])
def test_a_vendored_project_counts_before_its_name_is_known(path: str) -> None:
    setup_py = "setup(name='acme', version='1', python_requires=\"<3.13\", packages=['a'])"
    found = fit_of(plan_of("", vendored(path, setup_py=setup_py)))
    assert found.minors[0] == "3.12"
    assert found.reasons["3.13"] == f"{path} requires Python <3.13"
    assert fit_of(plan_of("", vendored(path, setup_py="setup()"))).reasons == {}


@pytest.mark.parametrize(
    ("package", "asked"),
    [
        pytest.param(
            vendored(
                "vendor/acme",
                "[project]\nname = 'acme'\ndependencies = ['six==1.16', 'flask>=2', 7]\n"
                "optional-dependencies.Dev = ['pytest==7']",
            ),
            ["six==1.16"],
            id="project",
        ),
        pytest.param(
            vendored(
                "vendor/acme",
                setup_cfg="[metadata]\nname = acme\n[options]\ninstall_requires = six==1.16\n",
            ),
            ["six==1.16"],
            id="setup-cfg",
        ),
        pytest.param(
            vendored(
                "vendor/acme-1.zip",
                setup_py="setup()",
                pkg_info="Name: acme\nRequires-Dist: six==1.16\n\nRequires-Dist: no==1\n",
            ),
            ["six==1.16"],
            id="pkg-info",
        ),
        pytest.param(
            vendored(
                "vendor/acme",
                "[tool.poetry]\nname = 'acme'\n[tool.poetry.dependencies]\npython = '3.12'\n"
                "six = '1.16'\nflask = '^2'\njinja2 = {version = '3.1'}\nidna = '==3.4'",
            ),
            ["idna==3.4", "six==1.16"],
            id="poetry",
        ),
        pytest.param(
            vendored("vendor/acme", "[project]\nname = 'acme'\ndependencies = 3"), [], id="odd"
        ),
    ],
)
def test_pins_of_a_vendored_project_count(package: VendoredPackage, asked: list[str]) -> None:
    assert questions(plan_of("", package)) == asked


def test_the_pins_of_an_app_that_is_a_package_count() -> None:
    text = (
        "[build-system]\nrequires = ['hatchling==1.0']\n[project]\nname = 'shop'\n"
        "requires-python = '>=3.10'\ndependencies = ['six==1.16; python_version < \"3.12\"']\n"
        "optional-dependencies.web = ['gunicorn==20.1.0']\n"
    )
    app = requested(vendored(".", text), ".[Web]")
    assert questions(plan_of(".[Web]", app)) == ["gunicorn==20.1.0", "six==1.16"]
    assert questions(plan_of(".[Web]", app), "3.13") == ["gunicorn==20.1.0"]
    assert names(packages(plan_of(".", app), "3.13")) == ["gunicorn 20.1.0"]


def test_a_vendored_package_for_other_pythons_does_not_count() -> None:
    wheel = requested(
        wheel_file("vendor/acme-1.0-cp311-cp311-linux_x86_64.whl"),
        "./vendor/acme-1.0-cp311-cp311-linux_x86_64.whl ; python_version < '3.12'",
    )
    assert fit_of(plan_of("", wheel)).minors == ("3.15", "3.14", "3.13", "3.12", "3.11")


# Locks


def lock_of(file: str, pins: Sequence[str]) -> BroughtLock:
    """Write a lock of recorded releases, as its tool does, and read it."""
    found = [releases()[pin] for pin in pins]
    required = [f"{one.name}=={one.version}" for one in found]
    project = (
        f"[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.10'\n"
        f"dependencies = {json.dumps(required)}\n"
    )
    write = {
        "uv.lock": _uv_lock,
        "poetry.lock": _poetry_lock,
        "pdm.lock": _pdm_lock,
        "pylock.toml": _pylock,
        "Pipfile.lock": _pipfile_lock,
    }
    form = format_of(file)
    assert form is not None
    files = {
        "pyproject.toml": project,
        "Pipfile": "[packages]\n" + "".join(f'{o.name} = "=={o.version}"\n' for o in found),
    }
    return form.read(write[file](found, project), file, files.get)


def _listed(package: PinnedPackage, form: str) -> str:
    files = "".join(f"    {form % one.name}\n" for one in package.files)
    return f"[\n{files}]\n"


def _uv_lock(found: Sequence[PinnedPackage], project: str) -> str:
    del project
    text = 'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n\n'
    form = f'{{ url = "https://files.example/%s", hash = "{HASH}", size = 1 }},'
    for one in found:
        wheels = replace(one, files=tuple(f for f in one.files if f.name.endswith("whl")))
        text += f'[[package]]\nname = "{one.name}"\nversion = "{one.version}"\n'
        text += f'source = {{ registry = "{INDEX}" }}\n'
        for sdist in one.files:
            if not sdist.name.endswith("whl"):
                text += f"sdist = {form % sdist.name}".removesuffix(",") + "\n"
        text += f"wheels = {_listed(wheels, form)}" if wheels.files else ""
    edges = "".join(f'    {{ name = "{one.name}" }},\n' for one in found)
    requires = ", ".join(
        f'{{ name = "{one.name}", specifier = "=={one.version}" }}' for one in found
    )
    return (
        f'{text}\n[[package]]\nname = "shop"\nversion = "1"\nsource = {{ virtual = "." }}\n'
        f"dependencies = [\n{edges}]\n\n[package.metadata]\nrequires-dist = [{requires}]\n"
    )


def _poetry_lock(found: Sequence[PinnedPackage], project: str) -> str:
    del project
    form = f'{{file = "%s", hash = "{HASH}"}},'
    text = "".join(
        f'[[package]]\nname = "{one.name}"\nversion = "{one.version}"\noptional = false\n'
        f'python-versions = "{one.files[0].requires_python or "*"}"\ngroups = ["main"]\n'
        f"files = {_listed(one, form)}\n"
        for one in found
    )
    return (
        f'{text}[metadata]\nlock-version = "2.1"\npython-versions = ">=3.10"\n'
        f'content-hash = "{64 * "0"}"\n'
    )


def _pdm_lock(found: Sequence[PinnedPackage], project: str) -> str:
    document = parse_toml(project, "pyproject.toml")
    digest = next(content_hashes(document, "", {"pyproject.toml": project}.get, ()))
    form = f'{{file = "%s", hash = "{HASH}"}},'
    return (
        "[metadata]\ngroups = ['default']\nstrategy = ['inherit_metadata']\n"
        f"lock_version = '4.5.0'\ncontent_hash = 'sha256:{digest}'\n"
    ) + "".join(
        f'\n[[package]]\nname = "{one.name}"\nversion = "{one.version}"\n'
        f'requires_python = "{one.files[0].requires_python}"\ngroups = ["default"]\n'
        f"files = {_listed(one, form)}\n"
        for one in found
    )


def _pylock(found: Sequence[PinnedPackage], project: str) -> str:
    del project
    text = 'lock-version = "1.0"\ncreated-by = "x"\n'
    for one in found:
        text += f'[[packages]]\nname = "{one.name}"\nversion = "{one.version}"\n'
        required = one.files[0].requires_python
        text += f'requires-python = "{required}"\n' if required else ""
        for key in ("sdist", "wheels"):
            files = [f.name for f in one.files if f.name.endswith("whl") is (key == "wheels")]
            tables = [
                f'{{url = "https://f.example/{name}", hashes = {{sha256 = "{HASH[7:]}"}}}}'
                for name in files
            ]
            if tables:
                value = f"[{', '.join(tables)}]" if key == "wheels" else tables[0]
                text += f"{key} = {value}\n"
    return text


def _pipfile_lock(found: Sequence[PinnedPackage], project: str) -> str:
    del project
    return json.dumps(
        {
            "_meta": {
                "hash": {"sha256": "0" * 64},
                "pipfile-spec": 6,
                "sources": [{"name": "pypi", "url": INDEX, "verify_ssl": True}],
            },
            "default": {
                one.name: {"version": f"=={one.version}", "hashes": [HASH]} for one in found
            },
        }
    )


def locked(lock: BroughtLock) -> BuildPlan:
    dependencies = replace(
        PLAN.dependencies, origin=lock.file, files=(lock.file,), lock=lock, choice=Choice()
    )
    return replace(PLAN, dependencies=dependencies)


@pytest.mark.parametrize("file", LOCKED)
@pytest.mark.parametrize(
    ("pins", "best", "reason"),
    [
        (
            ["psycopg2-binary==2.9.9", "requests==2.28.1"],
            "3.12",
            "psycopg2-binary 2.9.9 has no wheel for 3.13",
        ),
        (["greenlet==2.0.2", "uwsgi==2.0.21"], "3.11", "greenlet 2.0.2 has no wheel for 3.12"),
        (["django==4.0.3", "pillow==9.3.0"], "3.10", "Django 4.0.3 is for Python 3.8 to 3.10"),
        (["cryptography==41.0.7", "whitenoise==6.2.0"], "3.15", ""),
    ],
)
def test_a_lock_decides(file: str, pins: list[str], best: str, reason: str) -> None:
    plan = locked(lock_of(file, pins))
    found = fit_of(plan)
    newer = MINORS[: MINORS.index(best)]
    assert found.minors[0] == best
    listed = f" that {file} lists" if "wheel" in reason else ""
    assert (found.reasons[newer[-1]] if newer else "") == f"{reason}{listed}"
    # Only Pipenv does not list the files.
    asked = [pin for pin in pins if not pin.startswith("django")]
    assert questions(plan) == (asked if file == "Pipfile.lock" else [])


@pytest.mark.parametrize("file", ["poetry.lock", "pdm.lock", "pylock.toml"])
def test_the_requires_python_of_a_locked_package_counts(file: str) -> None:
    [pin] = pinned_packages(locked(lock_of(file, ["numpy==2.3.0"])), "3.12", {}, {})
    assert pin.requires_python == ">=3.11"
    reasons = fit_of(locked(lock_of(file, ["numpy==2.3.0"]))).reasons
    if file == "pylock.toml":
        assert reasons["3.10"].startswith("pylock.toml is for Python >=3.11, because of numpy")
    else:
        assert reasons["3.10"] == "numpy 2.3.0 requires Python >=3.11"


def test_only_the_default_index_is_asked_for_what_a_lock_has() -> None:
    private = Index(url="https://private.example/simple", tool="Pipenv")
    wheel = "https://x.example/e-1-cp311-cp311-linux_x86_64.whl"
    lock = FakeLock(
        pins=(
            Pin(name="a", version="1", source=FromIndex()),
            Pin(name="b", version="1", source=FromIndex(index=private)),
            Pin(name="c", version="1", source=FromAddress(address="git+https://x.example/c@1")),
            Pin(name="d", version="1", source=FromPath(path="vendor/d")),
            Pin(name="e", version="1", source=FromAddress(address=wheel)),
            Pin(
                name="f",
                version="1",
                source=FromFiles(files=("https://x.example/f.whl",)),
                files=("f-1-cp312-cp312-linux_x86_64.whl",),
            ),
            Pin(name="django", version="4.2", source=FromIndex()),
        )
    )
    plan = locked(lock)
    assert questions(plan) == ["a==1"]
    found = packages(plan)
    assert names(found) == ["a 1", "b 1", "django 4.2", "e 1", "f 1"]
    assert [len(one.files) for one in found] == [0, 0, 0, 1, 1]


def test_a_locked_name_that_is_vendored_is_no_question() -> None:
    lock = FakeLock(pins=(Pin(name="acme", version="1", source=FromIndex()),))
    vendoring = plan_of("", tree("vendor/acme")).vendoring
    assert questions(replace(locked(lock), vendoring=vendoring)) == []


def test_a_lock_for_some_pythons_asks_for_these() -> None:
    lock = lock_of("uv.lock", ["psycopg2-binary==2.9.9"])
    with pytest.raises(LockNotForThisPython):
        pinned_packages(locked(lock), "3.9", {}, {})
    assert questions(locked(lock), "3.9", "3.12") == []
