"""Secrets are only where the app has them: not in logs, other files, caches or processes.

Each build plants many secrets at once, each with a special character, and looks for eight
characters in a row of any of them, in every notation in which programs write them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import DEBUG, Platform, Result, machine_env
from integration.packages import write_tree
from integration.planted import (
    IN_APP,
    PRINTS,
    PlantedApp,
    Secrets,
    assert_only_there,
    planted_app,
)
from integration.serving import Dyno

QUIET: Mapping[str, str] = {}
EVERY_WAY = [
    ("uv", DEBUG),
    pytest.param("uv", QUIET, marks=pytest.mark.long),
    pytest.param("pip-tools", DEBUG, marks=pytest.mark.long),
    pytest.param("pip-tools", QUIET, marks=pytest.mark.long),
]


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Builds an app, and searches everything that the build has written."""

    secrets: Secrets
    platform: Platform
    build: Path

    @property
    def folders(self) -> dict[Path, frozenset[str]]:
        """Each folder that is searched, and the files that may have secrets of the app."""
        return {
            self.build / ".slipway": IN_APP,
            self.build / ".profile.d": frozenset(),
            self.platform.cache: IN_APP | {"crane-1.0-py3-none-any.whl"},
            self.platform.temporary: frozenset(),
        }

    def compile(
        self, config_vars: Mapping[str, str], *, programs: Collection[str] = ()
    ) -> Result:
        """Build; only these `programs` may have secrets in their arguments."""
        with self.secrets.watched_processes() as seen:
            result = self.platform.compile(self.build, config_vars)
        self.search(result)
        export = self.platform.slipway / "export"
        if export.exists():
            assert not self.secrets.places_in(export.read_bytes())
        for arguments in seen.values():
            assert arguments.split(" ")[0].rpartition("/")[2] in programs, arguments
        return result

    def search(self, result: Result) -> None:
        texts = {"the log": result.out, "the errors": result.err}
        assert_only_there(self.secrets, texts, self.folders)


def with_files(app: PlantedApp, platform: Platform, folder: Path) -> Searched:
    files = {"pip.conf": app.pip_conf, "netrc": app.netrc}
    home = write_tree(folder / "home", files)
    env = {name: v for name, v in machine_env().items() if not name.startswith("PIP_")}
    env |= {"PIP_CONFIG_FILE": str(home / "pip.conf"), "NETRC": str(home / "netrc")}
    return Searched(
        secrets=app.secrets,
        platform=replace(platform, env=env),
        build=write_tree(folder / "build", app.files),
    )


@pytest.mark.parametrize(("toolchain", "level"), EVERY_WAY)
def test_a_build_leaves_secrets_where_the_app_has_them(
    fresh_platform: Platform, tmp_path: Path, toolchain: str, level: Mapping[str, str]
) -> None:
    with planted_app(tmp_path) as app:
        searched = with_files(app, fresh_platform, tmp_path)
        variables = {**app.config_vars, **level, "SLIPWAY_TOOLCHAIN": toolchain}
        result = searched.compile(variables)
        assert result.status == 0, result.all
        assert app.index.downloads["boat-1.0.tar.gz"] >= 1
        # The search finds what there is.
        in_app = {place for _, place in app.secrets.files_in(searched.build)}
        assert in_app >= {"METADATA", "a requirement", "an option of the requirements"}
        for arguments in (["plan"], ["plan", "--json"], ["vendor", "lock"]):
            printed = searched.platform.run_script("slipway", *arguments, searched.build)
            assert printed.status == 0, printed.all
            searched.search(printed)
        assert not app.secrets.places_in((searched.build / "vendor.lock").read_bytes())
        services = {"VCAP_SERVICES": app.config_vars["VCAP_SERVICES"]}
        started = Dyno(app=searched.build, env=services).run('test "$DATABASE_URL"')
        assert started.status == 0, started.all
        searched.search(started)


Break = Callable[[PlantedApp], None]


def _setup_py_fails(app: PlantedApp) -> None:
    app.files["vendor/crane/setup.py"] = f"{PRINTS}\nraise SystemExit(repr(dict(os.environ)))"


def _build_of_an_sdist_fails(app: PlantedApp) -> None:
    app.files["requirements.txt"] += "rudder\n"
    app.add_sdist("rudder", {"setup.py": f"{PRINTS}\n1 / 0"})


def _hook_fails(app: PlantedApp) -> None:
    app.files["bin/post_compile"] += "exit 3\n"


def _passwords_are_refused(app: PlantedApp) -> None:
    app.index.user = "ci:another"
    app.index.users.clear()


def _package_is_missing(app: PlantedApp) -> None:
    app.files["requirements.txt"] += "six-that-does-not-exist==1.0\n"


def _file_is_missing(app: PlantedApp) -> None:
    app.files["requirements.txt"] += (
        f"mast @ {app.address('a missing file', 'files/mast.zip')}\n"
    )


def _repository_is_missing(app: PlantedApp) -> None:
    address = app.address("a repository", "mast.git", "/")
    app.files["requirements.txt"] += f"mast @ git+{address}\n"


def _hash_differs(app: PlantedApp) -> None:
    app.index.wrong_hashes = True


EVERY_WAY_TO_FAIL = [
    pytest.param("uv", DEBUG, marks=pytest.mark.long),
    *EVERY_WAY[1:],
]
BREAKS = (
    _setup_py_fails,
    _build_of_an_sdist_fails,
    _hook_fails,
    _passwords_are_refused,
    _package_is_missing,
    _file_is_missing,
    _repository_is_missing,
    _hash_differs,
)


@pytest.mark.parametrize(("toolchain", "level"), EVERY_WAY_TO_FAIL)
@pytest.mark.parametrize("break_it", BREAKS, ids=lambda one: one.__name__.strip("_"))
def test_a_failed_build_leaves_no_secret(
    fresh_platform: Platform,
    tmp_path: Path,
    break_it: Break,
    toolchain: str,
    level: Mapping[str, str],
) -> None:
    with planted_app(tmp_path) as app:
        break_it(app)
        searched = with_files(app, fresh_platform, tmp_path)
        variables = {**app.config_vars, **level, "SLIPWAY_TOOLCHAIN": toolchain}
        # git needs the address; docs/security.md says so.
        programs = {"git", "git-remote-http"} if break_it is _repository_is_missing else ()
        result = searched.compile(variables, programs=programs)
        assert result.status == 1, result.all
        assert " !     Error: " in result.err


SETTINGS = """
import os

DATABASES = {"default": parse(os.environ["DATABASE_URL"], os.environ["EMAIL_HOST_PASSWORD"])}
"""
PARSE = """
def parse(url, password):
    print(url, password)
    raise ValueError(f"{url!r} with {password!r} is not a database") from KeyError(url)

"""


@pytest.mark.long
@pytest.mark.parametrize("level", [QUIET, DEBUG])
def test_settings_that_fail_show_no_secret(
    fresh_platform: Platform, tmp_path: Path, level: Mapping[str, str]
) -> None:
    secrets = Secrets()
    django = (ROOT / "fixtures" / "field" / "settings-assert" / "requirements.txt").read_text()
    manage = (
        "import os, sys\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config')\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n"
    )
    files = {
        "requirements.txt": django,
        "manage.py": manage,
        "config.py": f"{PARSE}{SETTINGS}",
        "Procfile": "web: python manage.py runserver\n",
    }
    build = write_tree(tmp_path / "build", files)
    searched = Searched(secrets=secrets, platform=fresh_platform, build=build)
    result = searched.compile(
        {
            "DATABASE_URL": f"postgres://app:{secrets.new('DATABASE_URL', '#')}@db/app",
            "EMAIL_HOST_PASSWORD": secrets.new("EMAIL_HOST_PASSWORD", "'"),
            "SLIPWAY_BUNDLE_PYTHON": "false",
            **level,
        }
    )
    assert result.status == 1, result.all
    assert "is not a database" in result.err, result.all


Spoil = Callable[[str], tuple[dict[str, str], dict[str, str]]]
"""Takes an address with a password; returns files of the app, and config variables."""


def _variable(name: str) -> Spoil:
    return lambda address: ({}, {name: address})


def _requirements(line: str) -> Spoil:
    return lambda address: ({"requirements.txt": f"{line.format(address)}\n"}, {})


def _pyproject(text: str) -> Spoil:
    project = '[project]\nname = "app"\nversion = "1"\ndependencies = ["six"]\n'
    return lambda address: ({"pyproject.toml": f"{project}{text.format(address)}\n"}, {})


ADDRESSES: Mapping[str, Spoil] = {
    **{
        name: _variable(name)
        for name in (
            "PIP_INDEX_URL",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "UV_DEFAULT_INDEX",
            "UV_INDEX",
            "HTTPS_PROXY",
            "SLIPWAY_PYTHON_MIRROR",
        )
    },
    "--index-url": _requirements("--index-url {}"),
    "--find-links": _requirements("-f {}"),
    "-r": _requirements("-r {}"),
    "a requirement": _requirements("six @ {}"),
    "an editable requirement": _requirements("-e git+{}#egg=six"),
    "an address alone": _requirements("{}"),
    "[[tool.uv.index]]": _pyproject('[[tool.uv.index]]\nurl = "{}"\ndefault = true'),
    "[[tool.poetry.source]]": _pyproject('[[tool.poetry.source]]\nname = "a"\nurl = "{}"'),
    "[tool.uv.sources]": _pyproject('[tool.uv.sources]\nsix = {{ url = "{}" }}'),
}
PATHS: Mapping[str, Spoil] = {
    **{
        name: _variable(f"SLIPWAY_{name.upper()}")
        for name in (
            "requirements",
            "vendor",
            "manage_py",
            "python_version",
            "python_source",
            "toolchain",
            "log_level",
            "offline",
            "cache_limit",
            "bundle_python",
        )
    },
    "name = address": _requirements("six = {}"),
    "vendor in TOML": _pyproject('[tool.slipway]\nvendor = "{}"'),
    "manage_py in TOML": _pyproject('[tool.slipway]\nmanage_py = "{}"'),
    "a setting that does not exist": _pyproject('[tool.slipway]\ncolour = "{}"'),
}


CHARACTERS = (*"#/?\\[ ", "")
"""Special characters of passwords; the last password has none, and is right in an address."""


def places_for(character: str) -> Mapping[str, Spoil]:
    """Return the places where an address with such a password cannot be used."""
    return {**(ADDRESSES if character else {}), **PATHS}


def test_the_documentation_says_how_many_secrets_are_planted(tmp_path: Path) -> None:
    with planted_app(tmp_path) as app:
        together = len(app.secrets.found)
    alone = sum(len(places_for(character)) for character in CHARACTERS)
    assert alone >= 60
    words = " ".join((ROOT / "docs" / "security.md").read_text("utf-8").split())
    assert f"plant {together} secrets with special characters in one app" in words
    assert f"plants {alone} more, one in each build" in words


@pytest.mark.long
@pytest.mark.parametrize("character", CHARACTERS)
def test_an_address_that_cannot_be_used_is_not_shown(
    fresh_platform: Platform, tmp_path: Path, character: str
) -> None:
    for number, (place, spoil) in enumerate(places_for(character).items()):
        secrets = Secrets()
        password = secrets.new(place, character) if character else secrets.plain(place)
        address = f"http://ci:{password}@127.0.0.1:9/simple/x-1.0.tar.gz"
        files, variables = spoil(address.replace("\\", "\\\\") if "[" in place else address)
        files = {"Procfile": "web: true\n", **(files or {"requirements.txt": "six\n"})}
        build = write_tree(tmp_path / str(number), files)
        searched = Searched(secrets=secrets, platform=fresh_platform, build=build)
        level = DEBUG if number % 2 else QUIET
        result = searched.compile({"SLIPWAY_TOOLCHAIN": "uv", **level, **variables})
        assert result.status == 1, f"{place}: {result.all}"
        assert " !     Error: " in result.err, f"{place}: {result.all}"
        assert "Traceback" not in result.all
