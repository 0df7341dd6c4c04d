"""Apps get the data that their nltk.txt names, and find it without a variable."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Platform, Result, run
from integration.cloud_foundry import launched
from integration.layers import build_layers
from integration.nltk_origin import SIGNATURE, STOPWORDS, NltkOrigin, nltk_origin
from integration.packages import wheel, write_tree
from integration.scenario import Scenario
from integration.serving import Dyno
from integration.staged_in_place import StagedInPlace
from integration.test_fixtures_served import sentences
from slipway.effects.files import tree_digest

SERVE = """
from wsgiref.simple_server import make_server
import os

from nltk.corpus import stopwords

WORDS = " ".join(stopwords.words("harbourish")).encode()


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [WORDS]


if __name__ == "__main__":
    make_server("", int(os.environ["PORT"]), application).serve_forever()
"""
APP = {
    "requirements.txt": "nltk\n",
    "nltk.txt": "stopwords  # for the search\r\n\r\n",
    "serve.py": SERVE,
    "Procfile": "web: python serve.py\n",
}
IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false", **DEBUG}


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[NltkOrigin]:
    with nltk_origin(tmp_path / "origin") as origin:
        yield origin


def build(
    platform: Platform,
    files: Mapping[str, str],
    config_vars: Mapping[str, str],
) -> tuple[Path, Result]:
    app = platform.folder / "build"
    shutil.rmtree(app, ignore_errors=True)
    result = platform.compile(write_tree(app, {**APP, **files}), config_vars)
    assert (result.status, result.err) == (0, ""), result.all
    return app, result


def data(app: Path) -> set[str]:
    """Return the files of the data, relative to its folder."""
    place = app / ".slipway/venv/nltk_data"
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


def test_an_app_finds_the_data_that_nltk_txt_names_and_builds_download_it_once(
    platform: Platform, origin: NltkOrigin
) -> None:
    app, first = build(platform, {}, {**IMAGE_PYTHON, **origin.variables})
    assert "Downloading stopwords: " in sentences(first.out)
    assert data(app) == {"corpora/stopwords.zip", "corpora/stopwords/harbourish"}

    app, second = build(platform, {}, {**IMAGE_PYTHON, **origin.variables})
    assert "Reusing the data from an earlier build: stopwords" in sentences(second.out)
    assert second.cache_misses == set()
    assert origin.server.downloads == {"index.xml": 1, STOPWORDS: 1}
    with Dyno(app=platform.move(app)).serve() as site:
        assert site.get("/").text == "ahoy avast"


@pytest.fixture
def scenario(platform: Platform, tmp_path: Path) -> Scenario:
    return Scenario(folder=tmp_path, platform=platform)


@pytest.mark.long
@pytest.mark.parametrize("version", ["3.5", "3.8.1", "3.9.1"])
def test_old_versions_of_nltk_find_the_data_beside_a_bundled_python(
    version: str, fresh_platform: Platform, origin: NltkOrigin
) -> None:
    files = {"requirements.txt": f"nltk=={version}\n", "nltk.txt": "popular\npunkt_tab\n"}
    app, result = build(fresh_platform, files, origin.variables)
    assert ("reads punkt, not punkt_tab" in sentences(result.out)) == (version < "3.9")
    moved = fresh_platform.move(app)
    shutil.rmtree(fresh_platform.cache)
    with Dyno(app=moved).serve() as site:
        assert site.get("/").text == "ahoy avast"
    code = "import nltk; print(nltk.data.find('corpora/wordnet.zip'))"
    found = Dyno(app=moved).run(f'python -c "{code}"')
    assert found.out == f"{moved}/.slipway/python/nltk_data/corpora/wordnet.zip\n"


@pytest.mark.long
def test_the_newest_nltk_trusts_the_data_beside_a_bundled_python(
    fresh_platform: Platform, origin: NltkOrigin
) -> None:
    old_mask = os.umask(0o002)
    try:
        app, _ = build(fresh_platform, {"nltk.txt": "popular"}, origin.variables)
    finally:
        os.umask(old_mask)
    place = app / ".slipway/venv/nltk_data"
    modes = {oct(path.stat().st_mode & 0o777) for path in [place, *place.rglob("*")]}
    assert modes == {"0o755", "0o644"}
    with Dyno(app=fresh_platform.move(app)).serve() as site:
        assert site.get("/").text == "ahoy avast"


@pytest.mark.long
def test_data_of_the_user_wins(fresh_platform: Platform, origin: NltkOrigin) -> None:
    own = {"own/corpora/stopwords/harbourish": "aye\n"}
    app, _ = build(fresh_platform, own, {**IMAGE_PYTHON, **origin.variables})
    moved = fresh_platform.move(app)
    with Dyno(app=moved, env={"NLTK_DATA": f"{moved}/own"}).serve() as site:
        assert site.get("/").text == "aye"


@pytest.mark.long
def test_the_data_are_those_of_nltk_txt_whatever_an_earlier_build_has_left(
    fresh_platform: Platform, origin: NltkOrigin
) -> None:
    variables = {**IMAGE_PYTHON, **origin.variables}
    results: dict[str, set[str]] = {}
    for names in ("stopwords", "popular", "wordnet\npunkt_tab", "popular", "stopwords"):
        app, _ = build(fresh_platform, {"nltk.txt": names}, variables)
        assert results.setdefault(names, data(app)) == data(app)
    # In another order it is the same set.
    app, same = build(fresh_platform, {"nltk.txt": "punkt_tab wordnet"}, variables)
    assert "Reusing the data from an earlier build" in sentences(same.out)
    assert data(app) == results["wordnet\npunkt_tab"]
    assert origin.server.downloads == {
        "index.xml": 3,
        STOPWORDS: 2,
        "wordnet.zip": 2,
        "punkt_tab.zip": 1,
    }


@pytest.mark.long
def test_cloud_foundry_downloads_the_data_once_and_its_processes_find_them(
    staged_in_place: StagedInPlace, origin: NltkOrigin
) -> None:
    staged_in_place = replace(staged_in_place, cache=staged_in_place.folder / "cache")
    app, result = build(staged_in_place, {}, origin.variables)
    assert sentences(result.out).count("Downloading stopwords: ") == 1
    assert origin.server.downloads == {"index.xml": 1, STOPWORDS: 1}
    moved = staged_in_place.move(app)
    with replace(launched(moved.parent), web="python serve.py").serve() as site:
        assert site.get("/").text == "ahoy avast"


@pytest.mark.long
def test_layers_have_the_data_of_nltk_txt_and_of_nothing_before(
    fresh_platform: Platform, origin: NltkOrigin
) -> None:
    variables = {**origin.variables, "SLIPWAY_BUNDLE_PYTHON": "true"}
    warm, cold = (fresh_platform.folder / name for name in ("warm", "cold"))
    app = fresh_platform.folder / "build"

    def layers(place: Path, **files: str) -> str:
        shutil.rmtree(app, ignore_errors=True)
        write_tree(app, {**APP, **files})
        result = build_layers(fresh_platform, place, app, variables)
        assert result.status == 0, result.all
        return sentences(result.out)

    assert "Downloading stopwords: " in layers(warm)
    digest = tree_digest(warm / "venv")
    again = layers(warm)
    assert "Reusing the virtual environment" in again
    assert "Reusing the data" in again
    assert tree_digest(warm / "venv") == digest
    code = "import nltk; print(nltk.data.find('corpora/stopwords'))"
    found = run([warm / "venv/bin/python", "-c", code], fresh_platform.env)
    assert found.out == f"{warm}/python/nltk_data/corpora/stopwords\n", found.all

    requirements = {"requirements.txt": "nltk\nsix\n"}
    assert "; reused " in layers(warm, **requirements, **{"nltk.txt": "wordnet"})
    without = {**requirements, "nltk.txt": ""}
    layers(warm, **without)
    layers(cold, **without)
    for layer in ("venv", "python"):
        assert not os.path.lexists(warm / layer / "nltk_data")
        assert tree_digest(warm / layer) == tree_digest(cold / layer)


@pytest.mark.long
def test_without_data_the_log_says_why(fresh_platform: Platform, origin: NltkOrigin) -> None:
    def log(files: Mapping[str, str], **more: str) -> str:
        app, result = build(fresh_platform, files, {**IMAGE_PYTHON, **origin.variables, **more})
        assert not os.path.lexists(app / ".slipway/venv/nltk_data")
        return sentences(result.out)

    assert "NLTK is installed, but nltk.txt names no data for it" in log({"nltk.txt": "#"})
    without = {"requirements.txt": "six\n"}
    assert "nltk.txt has no effect, because nltk is not installed" in log(without)


@pytest.mark.long
def test_a_build_that_is_offline_downloads_no_data(
    fresh_platform: Platform, origin: NltkOrigin
) -> None:
    app = write_tree(fresh_platform.folder / "build", APP)
    (app / "vendor").mkdir()
    wheel(app / "vendor", "nltk", "3.9")
    variables = {**IMAGE_PYTHON, **origin.variables, "SLIPWAY_OFFLINE": "true"}
    app.joinpath("Procfile").write_text("web: python -m http.server $PORT\n")
    logged = sentences(fresh_platform.build(app, variables).out)
    assert "Not downloading the data, because this build is offline" in logged
    assert data(app) == set()
    assert origin.server.requests == {}


FAILURES = {
    "unknown": ("stopword", "nltk.txt names stopword, which NLTK's index at"),
    "damaged": ("wordnet", "The NLTK data wordnet do not match the index"),
    "damaged and unpacked": ("punkt_tab", "The NLTK data punkt_tab do not match the index"),
    "not served": ("stopwords", "The NLTK data stopwords cannot be downloaded"),
}


@pytest.mark.long
@pytest.mark.parametrize("version", ["3.5", "3.8.1", "3.10.4"])
def test_errors_say_what_to_do(version: str, scenario: Scenario, tmp_path: Path) -> None:
    def error(address: str, name: str = "stopwords") -> str:
        shutil.rmtree(scenario.build, ignore_errors=True)
        scenario.app({"requirements.txt": f"nltk=={version}\n", "nltk.txt": name})
        result = scenario.compile({"NLTK_DOWNLOAD_URL": address})
        assert result.status == 1, result.all
        assert SIGNATURE not in result.all
        return sentences(result.err)

    damaged = ("wordnet", "punkt_tab")
    with nltk_origin(tmp_path / "origin", damaged, signed=["stopwords"]) as origin:
        address = origin.url
        for name, says in FAILURES.values():
            assert says in error(address, name)
        assert "sig=****" in error(address, "stopwords")
        page, other = (tmp_path / name for name in ("page.html", "other.xml"))
        page.write_text("<html><body><br></body></html>", "utf-8")
        other.write_text("<feed/>", "utf-8")
        origin.server.add(page, other)
        for file in (page, other):
            said = error(origin.server.file_url(file.name))
            assert f"has at {address[:-9]}{file.name} is not an index of NLTK" in said
        served = origin.server.requests.total()
        said = error(address.replace("//", "//keeper:l4mp-0il@"))
        assert f"NLTK_DOWNLOAD_URL={address}" in said
        assert "l4mp-0il" not in said
        assert f"NLTK_DOWNLOAD_URL=https{address[4:]}" in error(address[7:])
        assert origin.server.requests.total() == served
    assert f"at {address}, cannot be read: " in error(address)


@pytest.mark.long
def test_an_address_that_cannot_be_used_stops_a_build_whose_data_are_cached(
    fresh_platform: Platform, origin: NltkOrigin
) -> None:
    build(fresh_platform, {}, {**IMAGE_PYTHON, **origin.variables})
    address = origin.url.replace("//", "//keeper:l4mp-0il@")
    app = fresh_platform.folder / "build"
    shutil.rmtree(app)
    variables = {**IMAGE_PYTHON, "NLTK_DOWNLOAD_URL": address}
    result = fresh_platform.compile(write_tree(app, APP), variables)
    assert result.status == 1
    assert "The address of NLTK's index cannot be used" in sentences(result.err)
