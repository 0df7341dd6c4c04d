"""A lock's fingerprint changes with all that decides the lock, and with nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.resolution_request import resolution_request
from slipway.effects.cache.keys import digest_of
from slipway.effects.files import AppFolder
from slipway.steps.plan.read_requirements import read_requirements
from slipway.toolchains import LocalDistribution
from slipway.toolchains.lock_inputs import lock_inputs
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


def of(
    app: Path,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    python: Interpreter = PYTHON,
    distributions: Sequence[LocalDistribution] = (ACME,),
) -> str:
    """Give the fingerprint for an app in which some files are others."""
    write_files(app, {**FILES, **(files or {})})
    variables = {**ENVIRONMENT, "HOME": str(app / "home"), **(environment or {})}
    found = read_requirements(AppFolder(app), ["requirements.txt"], variables)
    plan = serving(replace(plan_of(), dependencies=found))
    _, request = resolution_request(plan, {wheel.name: "" for wheel in distributions})
    assert request is not None
    return digest_of(lock_inputs(request, python, distributions, app, variables))


def edited(old: str, new: str, file: str = "requirements.txt") -> dict[str, str]:
    assert old in FILES[file]
    return {file: FILES[file].replace(old, new)}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(edited("django>=5", "django>=5.2"), id="requirement"),
        pytest.param(edited("django>=5\n", ""), id="one-requirement-less"),
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
def test_a_file_that_decides_the_lock_changes_it(files: dict[str, str], tmp_path: Path) -> None:
    assert of(tmp_path / "other", files) != of(tmp_path / "app")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PIP_INDEX_URL": "https://h.example/two"}, id="index"),
        pytest.param({"PIP_NO_BINARY": ":all:"}, id="no-binary"),
        pytest.param({"UV_DEFAULT_INDEX": "https://h.example/two"}, id="index-of-uv"),
        pytest.param({"UV_OVERRIDE": "limits.txt"}, id="overrides-of-uv"),
        pytest.param({"NAME": "tomli"}, id="variable-in-requirements"),
        pytest.param({"PIP_CONFIG_FILE": "limits.txt"}, id="configuration"),
        pytest.param({"XDG_CONFIG_HOME": "/gone"}, id="place-of-the-configuration"),
    ],
)
def test_a_variable_that_decides_the_lock_changes_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert of(tmp_path, environment=environment) != of(tmp_path)


@pytest.mark.parametrize(
    "python",
    [
        pytest.param(replace(PYTHON, version="3.13.2"), id="version"),
        pytest.param(replace(PYTHON, platform="linux-aarch64 glibc 2.36"), id="platform"),
    ],
)
def test_another_python_changes_the_lock(python: Interpreter, tmp_path: Path) -> None:
    assert of(tmp_path, python=python) != of(tmp_path)


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
def test_what_does_not_decide_the_lock_does_not_change_it(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert of(tmp_path / "other", files) == of(tmp_path / "app")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PIP_INDEX_URL": "https://u:s3cret@h.example/one"}, id="credential"),
        pytest.param({"SECRET_KEY": "s3cret"}, id="another-variable"),
        pytest.param({"PIP_TIMEOUT": "60"}, id="setting-of-pip-that-decides-nothing"),
        pytest.param({"UV_HTTP_TIMEOUT": "60"}, id="setting-of-uv-that-decides-nothing"),
    ],
)
def test_other_variables_do_not_change_it(environment: dict[str, str], tmp_path: Path) -> None:
    assert of(tmp_path, environment=environment) == of(tmp_path)


@pytest.mark.parametrize(
    "distributions",
    [
        pytest.param([replace(ACME, requires=("six",))], id="needs"),
        pytest.param([replace(ACME, version="1.1")], id="version"),
        pytest.param([replace(ACME, source="libs/acme")], id="path-that-the-lock-gives"),
        pytest.param([], id="none"),
        pytest.param([ACME, replace(ACME, name="more")], id="one-more"),
    ],
)
def test_what_the_app_ships_changes_the_lock(
    distributions: Sequence[LocalDistribution], tmp_path: Path
) -> None:
    assert of(tmp_path, distributions=distributions) != of(tmp_path)


def test_the_place_of_a_wheel_in_the_cache_does_not_change_the_lock(tmp_path: Path) -> None:
    elsewhere = replace(ACME, path=Path("/elsewhere/acme-1.0-py3-none-any.whl"))
    assert of(tmp_path, distributions=[elsewhere]) == of(tmp_path)


def test_an_offline_build_has_a_lock_of_its_own(tmp_path: Path) -> None:
    keys = set()
    for is_offline in (False, True):
        _, request = resolution_request(plan_of("six", is_offline=is_offline), {})
        assert request is not None
        keys.add(digest_of(lock_inputs(request, PYTHON, [], tmp_path, {})))
    assert len(keys) == 2


def test_a_toolchain_that_is_asked_for_has_a_lock_of_its_own(tmp_path: Path) -> None:
    keys = []
    for toolchain in ("auto", "uv", "pip-tools"):
        plan = plan_of("six")
        settings = replace(plan.settings, toolchain=toolchain)
        _, request = resolution_request(replace(plan, settings=settings), {})
        assert request is not None
        keys.append(digest_of(lock_inputs(request, PYTHON, [], tmp_path, {})))
    assert len({*keys}) == 3


def test_a_python_of_another_place_has_the_same_lock(tmp_path: Path) -> None:
    assert of(tmp_path, python=replace(PYTHON, path="/opt/python3.13")) == of(tmp_path)
