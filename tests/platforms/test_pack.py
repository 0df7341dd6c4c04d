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
from integration.classic_platform import Ended, machine, run
from integration.conftest import open_to_all
from integration.packages import write_tree
from integration.test_direct_requirements import git
from platforms.browser import Browser
from platforms.database import Database
from platforms.oci import Image
from platforms.pack import Pack
from platforms.registry import Registry
from slipway.domain.toml_text import parse_toml

IMAGE = "tests/site"
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
    """Give the Django site's source, with a database URL and vendored packages."""
    app = tmp_path_factory.mktemp("site") / "app"
    shutil.copytree(FIXTURES / "django_site", app)
    write_tree(app / "vendor" / "harbour-lights", LIGHTS)
    shutil.copy(FIXTURES / "vendored_packages" / "vendor" / SIGNALS, app / "vendor")
    append(app / "requirements.txt", REQUIREMENTS)
    append(app / "harbour" / "settings.py", SETTINGS)
    lock_lights(app)
    return app


def lock_lights(app: Path) -> None:
    """Write down the commit while git is there, and ship the files without it."""
    place = app / "vendor" / "harbour-lights"
    git(place, "init", "--quiet", "--initial-branch", "main")
    git(place, "add", ".")
    git(place, "commit", "--quiet", "--message", "lights")
    git(place, "remote", "add", "origin", LIGHTS_ADDRESS)
    locked = run([ROOT / "bin" / "slipway", "vendor", "lock", app], machine())
    assert locked.status == 0, locked.all
    shutil.rmtree(place / ".git")


@pytest.fixture(scope="module")
def built(pack: Pack, site: Path) -> Image:
    """Build the site with nothing of an earlier build at hand."""
    ended = pack.build(IMAGE, site)
    assert ended.status == 0, ended.all
    return pack.docker.image(IMAGE)


@pytest.fixture
def binding(database: Database) -> Iterator[Path]:
    """Give a folder of bindings, as a platform mounts it where an app runs."""
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


def layers_by_verb(ended: Ended, verb: str) -> set[str]:
    """Read which layers of Slipway's were added to, or reused in, an image."""
    start = f"{verb} layer 'slipway/python:"
    lines = (line.rpartition("] ")[2].strip() for line in ended.out.splitlines())
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
    # The same database, named by a binding this time, and nothing but /tmp to write to.
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
    ended = pack.docker.run(
        IMAGE, "--", "python", "-c", code, options=["--entrypoint=launcher"]
    )
    assert ended.status == 0, ended.all
    assert ended.out.startswith("/layers/slipway_python/venv/lib/")


def test_the_run_image_has_no_python(pack: Pack) -> None:
    ended = pack.docker.run("tests/run", "sh", "-c", "command -v python3 python")
    assert ended.status != 0, ended.all


def test_a_second_build_does_nothing_again_and_gives_the_same_image(
    pack: Pack, site: Path, built: Image
) -> None:
    again = pack.build(IMAGE, site)
    assert again.status == 0, again.all
    assert layers_by_verb(again, "Reusing") == OWN_LAYERS
    assert layers_by_verb(again, "Adding") == set()
    assert pack.docker.image(IMAGE).digest == built.digest


def test_an_untrusted_builder_makes_the_same_image(
    pack: Pack, site: Path, built: Image
) -> None:
    ended = replace(pack, trusted=False).build("tests/untrusted", site)
    assert ended.status == 0, ended.all
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
        "print(*{one.metadata['Name'] for one in found()})"
    )
    ended = pack.docker.run(
        IMAGE, "--", "python", "-c", code, options=["--entrypoint=launcher"]
    )
    assert names == {"python", *map(canonicalize_name, ended.out.split())}
    assert {"django", "gunicorn", "harbour-lights", "harbour-signals"} < names
    locked = parse_toml((site / "vendor.lock").read_text("utf-8"), "vendor.lock")
    commits = {one["path"]: one.get("commit") for one in locked["package"]}
    [lights] = [one for one in bill["components"] if one["name"] == "harbour-lights"]
    commit = commits["vendor/harbour-lights"]
    assert {"name": "slipway:commit", "value": commit} in lights["properties"]
    assert lights["purl"].endswith(f"?vcs_url=git%2B{LIGHTS_ADDRESS}%40{commit}")


def test_an_image_is_published_and_pulled_and_serves(
    pack: Pack, site: Path, built: Image, registry: Registry
) -> None:
    docker = pack.docker
    run_image = registry.name("run")
    docker.do("tag", "tests/run", run_image)
    docker.do("push", "--quiet", run_image)
    name = registry.name("site")
    warm = replace(pack, cache=IMAGE)
    ended = warm.build(name, site, "--publish", "--run-image", run_image)
    assert ended.status == 0, ended.all
    digest, _ = registry.manifest("site")
    docker.do("pull", "--quiet", f"{name}@{digest}")
    with docker.serve(f"{name}@{digest}") as page:
        assert page.get("/").status == 200


def test_one_more_dependency_changes_the_layers_that_hold_it(
    pack: Pack, site: Path, built: Image, tmp_path: Path
) -> None:
    app = shutil.copytree(site, tmp_path / "app")
    append(app / "requirements.txt", "iniconfig\n")
    ended = replace(pack, cache=IMAGE).build("tests/grown", app)
    assert ended.status == 0, ended.all
    grown = pack.docker.image("tests/grown")
    same = {name for name, digest in grown.layers.items() if built.layers[name] == digest}
    assert same == {"python"}
