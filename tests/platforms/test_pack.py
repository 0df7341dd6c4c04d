"""The Django site, built by pack and run by Docker."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from conftest import FIXTURES, ROOT
from documents import arguments, commands
from integration.classic_platform import Result, machine_env, run
from integration.conftest import open_to_all
from integration.databases import Database
from integration.packages import write_tree
from integration.repositories import git
from platforms.browser import Browser
from platforms.oci import Image
from platforms.pack import Pack
from platforms.registry import Registry
from slipway.domain.toml_text import parse_toml

IMAGE = "tests/site"
GUIDE = "docs/getting-started/cloud-native.md"
OWN_LAYERS = {"runtime", "python", "venv"}
REQUIREMENTS = """
dj-database-url
psycopg[binary]
harbour-lights
harbour-signals>=1.4,<2
"""
SIGNALS = "harbour_signals-1.4.0-py3-none-any.whl"
LIGHTS = {
    "pyproject.toml": """
        [build-system]
        requires = ["setuptools>=64"]
        build-backend = "setuptools.build_meta"

        [project]
        name = "harbour-lights"
        version = "2.1"
        """,
    "harbour_lights.py": "COLOURS = ['green', 'red']",
}
LIGHTS_ADDRESS = "https://git.example/harbour/lights.git"
SETTINGS = """
import dj_database_url

if "DATABASE_URL" in os.environ:
    DATABASES["default"] = dj_database_url.config()
"""
HARBOUR_MASTER = {
    "DJANGO_SUPERUSER_USERNAME": "master",
    "DJANGO_SUPERUSER_PASSWORD": "all-hands-on-deck",
    "DJANGO_SUPERUSER_EMAIL": "master@harbour.test",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the source of the Django site, with a database URL and vendored packages."""
    app = tmp_path_factory.mktemp("site") / "app"
    shutil.copytree(FIXTURES / "django_site", app)
    write_tree(app / "vendor" / "harbour-lights", LIGHTS)
    shutil.copy(FIXTURES / "vendored_packages" / "vendor" / SIGNALS, app / "vendor")
    append(app / "requirements.txt", REQUIREMENTS)
    append(app / "harbour" / "settings.py", SETTINGS)
    lock_lights(app)
    return app


def lock_lights(app: Path) -> None:
    """Write vendor.lock from the git repository of a package, then remove the repository."""
    place = app / "vendor" / "harbour-lights"
    git(place, "init", "--quiet", "--initial-branch", "main")
    git(place, "add", ".")
    git(place, "commit", "--quiet", "--message", "lights")
    git(place, "remote", "add", "origin", LIGHTS_ADDRESS)
    locked = run([ROOT / "bin" / "slipway", "vendor", "lock", app], machine_env())
    assert locked.status == 0, locked.all
    shutil.rmtree(place / ".git")


@pytest.fixture(scope="module")
def built(pack: Pack, site: Path) -> Image:
    """Build the site without an earlier build, and return its image."""
    result = pack.build(IMAGE, site)
    assert result.status == 0, result.all
    return pack.docker.image(IMAGE)


@pytest.fixture
def binding(database: Database) -> Iterator[Path]:
    """Yield a folder of bindings, as a platform mounts it into a container."""
    entries = {
        "type": "postgresql",
        "host": "127.0.0.1",
        "port": str(database.port),
        "username": database.user,
        "password": database.password,
        "database": "postgres",
    }
    with open_to_all("bindings-") as folder:
        (folder / "db").mkdir()
        for name, text in entries.items():
            (folder / "db" / name).write_text(text, "utf-8")
        yield folder


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)


def layers_by_verb(result: Result, verb: str) -> set[str]:
    """Return the layers of Slipway that were added to an image, or reused."""
    start = f"{verb} layer 'slipway/python:"
    lines = (line.rpartition("] ")[2].strip() for line in result.out.splitlines())
    return {line.removeprefix(start).rstrip("'") for line in lines if line.startswith(start)}


def test_the_site_migrates_serves_and_accepts_a_login(
    pack: Pack, built: Image, database: Database, binding: Path
) -> None:
    docker = pack.docker
    database_url = {"DATABASE_URL": database.url}
    released = docker.run(IMAGE, options=["--entrypoint=release"], env=database_url)
    assert released.status == 0, released.all
    assert "Applying berths.0001_initial... OK" in released.out
    manage, master = ["--entrypoint=manage"], {**database_url, **HARBOUR_MASTER}
    made = docker.run(IMAGE, "createsuperuser", "--noinput", options=manage, env=master)
    assert made.status == 0, made.all
    # The same database, this time from a binding, and only /tmp is writable.
    bound = [f"--volume={binding}:/bindings:ro", "--read-only", "--tmpfs=/tmp"]
    with docker.serve(IMAGE, options=bound, env={"SERVICE_BINDING_ROOT": "/bindings"}) as site:
        assert "There is no berth yet." in site.get("/berths/").text
        answers = {
            "username": HARBOUR_MASTER["DJANGO_SUPERUSER_USERNAME"],
            "password": HARBOUR_MASTER["DJANGO_SUPERUSER_PASSWORD"],
        }
        page = Browser(site.port).submit("/admin/login/?next=/admin/", answers)
    assert "Site administration" in page
    assert "master" in page


def test_vendored_packages_are_in_the_image(pack: Pack, built: Image) -> None:
    code = "import harbour_lights, harbour_signals; print(harbour_lights.__file__)"
    result = pack.docker.run(
        IMAGE, "--", "python", "-c", code, options=["--entrypoint=launcher"]
    )
    assert result.status == 0, result.all
    assert result.out.startswith("/layers/slipway_python/venv/lib/")


def test_the_run_image_has_no_python(pack: Pack) -> None:
    result = pack.docker.run("tests/run", "sh", "-c", "command -v python3 python")
    assert result.status != 0, result.all


def test_a_second_build_reuses_all_layers_and_makes_the_same_image(
    pack: Pack, site: Path, built: Image
) -> None:
    again = pack.build(IMAGE, site)
    assert again.status == 0, again.all
    assert layers_by_verb(again, "Reusing") == OWN_LAYERS
    assert layers_by_verb(again, "Adding") == set()
    assert pack.docker.image(IMAGE).digest == built.digest


@pytest.mark.long
def test_an_untrusted_builder_makes_the_same_image(
    pack: Pack, site: Path, built: Image
) -> None:
    result = replace(pack, trusted=False).build("tests/untrusted", site)
    assert result.status == 0, result.all
    assert pack.docker.image("tests/untrusted").layers == built.layers
    assert pack.docker.image("tests/untrusted").digest == built.digest


def test_the_bill_of_materials_names_every_package(
    pack: Pack, site: Path, built: Image, tmp_path: Path
) -> None:
    folder = pack.sbom(IMAGE, tmp_path)
    file = folder / "launch" / "slipway_python" / "venv" / "sbom.cdx.json"
    bill = json.loads(file.read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    names = {component["name"] for component in bill["components"]}
    code = (
        "from importlib.metadata import distributions as found\n"
        "print(*{each.metadata['Name'] for each in found()})"
    )
    result = pack.docker.run(
        IMAGE, "--", "python", "-c", code, options=["--entrypoint=launcher"]
    )
    assert names == {"python", *map(canonicalize_name, result.out.split())}
    assert {"django", "gunicorn", "harbour-lights", "harbour-signals"} < names
    locked = parse_toml((site / "vendor.lock").read_text("utf-8"), "vendor.lock")
    commits = {package["path"]: package.get("commit") for package in locked["package"]}
    [lights] = [part for part in bill["components"] if part["name"] == "harbour-lights"]
    commit = commits["vendor/harbour-lights"]
    assert {"name": "slipway:commit", "value": commit} in lights["properties"]
    assert lights["purl"].endswith(f"?vcs_url=git%2B{LIGHTS_ADDRESS}%40{commit}")


def test_a_published_image_is_pulled_and_serves(
    pack: Pack, site: Path, built: Image, registry: Registry
) -> None:
    docker = pack.docker
    run_image = registry.name("run")
    docker.check_output("tag", "tests/run", run_image)
    docker.check_output("push", "--quiet", run_image)
    name = registry.name("site")
    warm = replace(pack, cache=IMAGE)
    result = warm.build(name, site, "--publish", "--run-image", run_image)
    assert result.status == 0, result.all
    digest, _ = registry.manifest("site")
    docker.check_output("pull", "--quiet", f"{name}@{digest}")
    with docker.serve(f"{name}@{digest}") as page:
        assert page.get("/").status == 200


@pytest.mark.long
def test_one_more_dependency_changes_only_some_layers(
    pack: Pack, site: Path, built: Image, tmp_path: Path
) -> None:
    app = shutil.copytree(site, tmp_path / "app")
    append(app / "requirements.txt", "iniconfig\n")
    result = replace(pack, cache=IMAGE).build("tests/grown", app)
    assert result.status == 0, result.all
    grown = pack.docker.image("tests/grown")
    same = {name for name, digest in grown.layers.items() if built.layers[name] == digest}
    assert same == {"python"}


@pytest.fixture(scope="module")
def guide_image(pack: Pack, buildpack: Path, site: Path, built: Image) -> str:
    """Build the site with the command of the guide, and return the image's name."""
    [command] = [command for command in commands(GUIDE) if command.startswith("pack ")]
    name = "tests/guide"
    words = arguments(command, APP=str(site), APP_NAME=name, BUILDER=pack.builder)
    assert words.count("slipway") == 1
    words[words.index("slipway")] = str(buildpack)
    # pack does not trust a builder to which it adds a buildpack.
    warm = replace(pack, cache=IMAGE, trusted=False)
    result = pack.call(*words[1:], *warm.options(name))
    assert result.status == 0, result.all
    return name


@pytest.mark.parametrize(
    "command", [command for command in commands(GUIDE) if command.startswith("docker ")]
)
def test_a_docker_command_of_the_guide_works(
    command: str, pack: Pack, guide_image: str, database: Database
) -> None:
    secrets = {"YOUR_SECRET": "only-for-the-tests", "URL": database.url}
    words = arguments(command, APP_NAME=guide_image, **secrets)
    assert words[:3] == ["docker", "run", "--rm"]
    image = words.index(guide_image)
    options, rest = words[3:image], words[image + 1 :]
    if "--publish" in options:
        with pack.docker.serve(guide_image, *rest, options=options) as served:
            assert served.get("/").status == 200
    else:
        result = pack.docker.run(guide_image, *rest, options=options)
        assert result.status == 0, result.all
