"""A lock is reused until something that affects it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.requirements.resolution_request import resolution_request
from slipway.effects import Effects
from slipway.effects.cache.keys import Facts
from slipway.effects.cache.kinds import LOCK
from slipway.effects.files import AppFolder
from slipway.steps.plan.read_requirements import read_requirements
from slipway.toolchains.cached_lock import CachedLock, lock_key
from slipway.toolchains.protocol import LocalDistribution
from unit.fakes import effects_with, logged
from unit.samples import PYTHON, plan_of, serving, write_files

A, B = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
FILES = {
    "requirements.txt": f"""\
django>=5
six==1.17.0 --hash={A}
-r more.txt
-c limits.txt
--extra-index-url https://h.example/simple
--find-links wheels
--find-links gone
git+https://h.example/r.git
""",
    "more.txt": "idna\n${NAME}\n",
    "limits.txt": "sqlparse<1\nname @ https://h.example/n.zip\n",
    "wheels/a-1-py3-none-any.whl": "a wheel",
    "home/.config/pip/pip.conf": "[global]\nindex-url = https://h.example/simple\n",
}
ENVIRONMENT = {"PATH": "/usr/bin", "NAME": "attrs", "PIP_INDEX_URL": "https://h.example/one"}
ACME = LocalDistribution(
    name="acme",
    version="1.0",
    path=Path("/cache/wheel/one/acme-1.0-py3-none-any.whl"),
    sha256="ab" * 32,
    source="vendor/acme",
)


def digest(
    app: Path,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    python: Interpreter = PYTHON,
    distributions: Sequence[LocalDistribution] = (ACME,),
) -> str:
    """Return the digest of the key for an app with some other files."""
    write_files(app, {**FILES, **(files or {})})
    variables = {**ENVIRONMENT, "HOME": str(app / "home"), **(environment or {})}
    found = read_requirements(AppFolder(app), ["requirements.txt"], variables)
    plan = serving(replace(plan_of(), dependencies=found))
    _, request = resolution_request(plan, {wheel.name: "" for wheel in distributions})
    assert request is not None
    return lock_key(request, python, distributions, app, variables).digest


def edited(old: str, new: str, file: str = "requirements.txt") -> dict[str, str]:
    assert old in FILES[file]
    return {file: FILES[file].replace(old, new)}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(edited("django>=5", "django>=5.2"), id="requirement"),
        pytest.param(edited("django>=5\n", ""), id="one-requirement-fewer"),
        pytest.param(edited(A, B), id="hash"),
        pytest.param(edited("idna", "idna<4", "more.txt"), id="nested-file"),
        pytest.param(edited("sqlparse<1", "sqlparse<2", "limits.txt"), id="constraint"),
        pytest.param(
            edited("--find-links wheels\n", "--find-links wheels\n--pre\n"), id="option"
        ),
        pytest.param(edited("h.example/simple\n", "h.example/other\n"), id="index"),
        pytest.param(edited("/r.git", "/r.git@v2"), id="repository"),
        pytest.param({"gone/a.txt": ""}, id="folder-of-wheels-that-was-missing"),
        pytest.param({"wheels/b-1-py3-none-any.whl": ""}, id="folder-of-wheels"),
        pytest.param({"home/.config/pip/pip.conf": "[global]\npre = true\n"}, id="pip.conf"),
        pytest.param({"home/.pip/pip.conf": "[global]\npre = true\n"}, id="old-pip.conf"),
    ],
)
def test_a_file_that_affects_the_lock_changes_the_key(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert digest(tmp_path / "other", files) != digest(tmp_path / "app")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PIP_INDEX_URL": "https://h.example/two"}, id="index"),
        pytest.param({"PIP_NO_BINARY": ":all:"}, id="no-binary"),
        pytest.param({"UV_DEFAULT_INDEX": "https://h.example/two"}, id="index-of-uv"),
        pytest.param({"UV_OVERRIDE": "limits.txt"}, id="overrides-of-uv"),
        pytest.param({"NAME": "tomli"}, id="variable-in-requirements"),
        pytest.param({"PIP_CONFIG_FILE": "limits.txt"}, id="configuration"),
        pytest.param({"XDG_CONFIG_HOME": "/gone"}, id="folder-of-the-configuration"),
    ],
)
def test_a_variable_that_affects_the_lock_changes_the_key(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert digest(tmp_path, environment=environment) != digest(tmp_path)


@pytest.mark.parametrize(
    "python",
    [
        pytest.param(replace(PYTHON, version="3.13.2"), id="version"),
        pytest.param(replace(PYTHON, platform="linux-aarch64 glibc 2.36"), id="platform"),
    ],
)
def test_another_python_changes_the_key(python: Interpreter, tmp_path: Path) -> None:
    assert digest(tmp_path, python=python) != digest(tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(edited("django>=5\n", "django>=5  # the web\n"), id="comment"),
        pytest.param(edited("django>=5\n", "\n# web\n\ndjango>=5\n"), id="blank-line"),
        pytest.param({"more.txt": "${NAME}\nidna\n"}, id="order-of-requirements"),
        pytest.param(
            edited("https://h.example/simple", "https://user:s3cret@h.example/simple"),
            id="credential-of-an-index",
        ),
        pytest.param(
            edited("https://h.example/n.zip", "https://s3cret@h.example/n.zip", "limits.txt"),
            id="credential-of-a-constraint",
        ),
        pytest.param(
            edited("https://", "https://u:s3cret@", "home/.config/pip/pip.conf"),
            id="credential-in-pip.conf",
        ),
        pytest.param(
            edited("git+https://", "git+https://s3cret@"), id="credential-of-a-repository"
        ),
        pytest.param({"README.md": "text"}, id="another-file-of-the-app"),
    ],
)
def test_other_changes_do_not_change_the_key(files: dict[str, str], tmp_path: Path) -> None:
    assert digest(tmp_path / "other", files) == digest(tmp_path / "app")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PIP_INDEX_URL": "https://u:s3cret@h.example/one"}, id="credential"),
        pytest.param({"SECRET_KEY": "s3cret"}, id="another-variable"),
        pytest.param({"PIP_TIMEOUT": "60"}, id="other-setting-of-pip"),
        pytest.param({"UV_HTTP_TIMEOUT": "60"}, id="other-setting-of-uv"),
    ],
)
def test_other_variables_do_not_change_the_key(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert digest(tmp_path, environment=environment) == digest(tmp_path)


@pytest.mark.parametrize(
    "distributions",
    [
        pytest.param([replace(ACME, requires=("six",))], id="requirement"),
        pytest.param([replace(ACME, version="1.1")], id="version"),
        pytest.param([replace(ACME, source="libs/acme")], id="path-in-the-lock"),
        pytest.param([], id="none"),
        pytest.param([ACME, replace(ACME, name="more")], id="one-more"),
    ],
)
def test_vendored_packages_change_the_key(
    distributions: Sequence[LocalDistribution], tmp_path: Path
) -> None:
    assert digest(tmp_path, distributions=distributions) != digest(tmp_path)


def test_the_path_of_a_wheel_does_not_change_the_key(tmp_path: Path) -> None:
    moved = replace(ACME, path=Path("/moved/acme-1.0-py3-none-any.whl"))
    assert digest(tmp_path, distributions=[moved]) == digest(tmp_path)


def test_an_offline_build_has_its_own_lock(tmp_path: Path) -> None:
    keys = set()
    for is_offline in (False, True):
        _, request = resolution_request(plan_of("six", is_offline=is_offline), {})
        assert request is not None
        keys.add(lock_key(request, PYTHON, [], tmp_path, {}).digest)
    assert len(keys) == 2


def test_each_toolchain_setting_has_its_own_lock(tmp_path: Path) -> None:
    keys = []
    for toolchain in ("auto", "uv", "pip-tools"):
        plan = plan_of("six")
        settings = replace(plan.settings, toolchain=toolchain)
        _, request = resolution_request(replace(plan, settings=settings), {})
        assert request is not None
        keys.append(lock_key(request, PYTHON, [], tmp_path, {}).digest)
    assert len({*keys}) == 3


def test_the_path_of_the_python_does_not_change_the_key(tmp_path: Path) -> None:
    assert digest(tmp_path, python=replace(PYTHON, path="/opt/python3.13")) == digest(tmp_path)


SIX = LockedPackage(name="six", requirement="six==1.17.0", hashes=("sha256:ab",))
FACTS: Facts = {"python": "3.13", "requirements": ["six"], "direct": []}


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def cache(effects: Effects, **changed: str | list[str]) -> CachedLock:
    key = LOCK.key({**FACTS, **changed})
    return CachedLock(key=key, distributions=(), effects=effects)


def store(effects: Effects, folder: Path) -> None:
    folder.mkdir()
    wheel = folder / "six-1.17.0-py3-none-any.whl"
    wheel.touch()
    cache(effects).store(Lock(packages=(SIX,)), {"six": wheel}, folder)


def test_a_lock_is_found_with_the_wheels_built_for_it(tmp_path: Path, effects: Effects) -> None:
    assert cache(effects).find() is None
    store(effects, tmp_path / "work")
    found = cache(effects).find()
    assert found
    assert found.lock.packages == (SIX,)
    assert found.wheels["six"].is_relative_to(effects.cache.folder)


def test_a_lock_that_is_not_stored_has_its_wheels(tmp_path: Path, effects: Effects) -> None:
    wheel = write_files(tmp_path / "work", {"six-1.17.0-py3-none-any.whl": "a wheel"})
    path = wheel / "six-1.17.0-py3-none-any.whl"
    kept = cache(effects).keep_aside(Lock(packages=(SIX,)), {"six": path})
    assert not path.exists()
    assert kept.wheels["six"].read_text() == "a wheel"
    assert cache(effects).find() is None


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("requirements", ["six", "seven"], "other requirements"),
        ("direct", ["git+https://host.example/x"], "other requirements"),
        ("python", "3.12", "another Python, 3.13"),
        ("toolchain", "uv", "another value of the setting `toolchain`"),
    ],
)
def test_the_reason_for_a_miss_names_the_difference(
    name: str, value: str | list[str], reason: str, tmp_path: Path, effects: Effects
) -> None:
    assert cache(effects).reason_for_miss() == "no lock in the cache"
    store(effects, tmp_path / "work")
    other = cache(effects, **{name: value})
    assert other.find() is None
    assert other.reason_for_miss() == f"the most similar lock in the cache is for {reason}"


def test_facts_are_stored_as_digests(tmp_path: Path, effects: Effects) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    private = cache(effects, variables=["PIP_INDEX_URL=https://host.example/private"])
    private.store(Lock(packages=(SIX,)), {}, folder)
    for path in effects.cache.root.rglob("*"):
        assert not path.is_file() or b"host.example" not in path.read_bytes()


def test_a_cache_that_cannot_be_written_is_not_an_error(
    tmp_path: Path, effects: Effects
) -> None:
    effects.cache.folder.mkdir(parents=True)
    (effects.cache.folder / "lock").write_text("in the way")
    store(effects, tmp_path / "work")
    assert "The lock could not be stored in the cache: File exists" in logged(effects)
    assert cache(effects).find() is None
