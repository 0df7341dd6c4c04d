"""What the process `web` serves is found by reading the app, and never guessed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from slipway.domain.web.launch import OwnServer, WebApplication, WebSearch
from slipway.effects.files import AppFolder
from slipway.errors.app import ApplicationMissing
from slipway.steps.plan import plan
from unit.samples import write_files
from unit.steps.plan.web_layouts import frameworks, modules, places, scripts, settings
from unit.steps.plan.web_layouts.layouts import Layout, fastapi, flask

SUBJECTS = (frameworks, places, modules, scripts, settings)
LAYOUTS = {name: layout for subject in SUBJECTS for name, layout in subject.LAYOUTS.items()}


def search(root: Path, layout: Layout) -> tuple[WebSearch, str]:
    """Return what a plan has for the layout, and its notices."""
    requires = "pyproject.toml" if "pyproject.toml" in layout.files else "requirements.txt"
    files = {"requirements.txt": layout.requires, **layout.files}
    if requires == "pyproject.toml":
        text = str(files["pyproject.toml"])
        files["pyproject.toml"] = text if "name =" in text else f"[project]\nname='x'\n{text}"
        del files["requirements.txt"]
    for name, content in files.items():
        if isinstance(content, bytes):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
    write_files(root, {name: it for name, it in files.items() if isinstance(it, str)})
    found = plan(AppFolder(root), layout.variables)
    return found.search, "\n".join((found.search.reason, *found.notices))


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_application_of_a_layout_is_found_or_not_guessed(name: str, tmp_path: Path) -> None:
    layout = LAYOUTS[name]
    found, words = search(tmp_path, layout)
    web = found.found
    served = runs = none = None
    equal = tuple(f"{it.target} {it.origin}" for it in found.equal)
    if isinstance(web, WebApplication):
        folder = f"{web.folder}/ " if web.folder else ""
        kind = f"{web.interface.value} {web.framework}".strip()
        served = (f"{folder}{web.target}", kind)
    elif isinstance(web, OwnServer):
        runs = web.command
    elif not equal:
        none = found.line
    assert (served, runs, equal, none) == (
        layout.serves,
        layout.runs,
        layout.equal,
        layout.none,
    )
    assert layout.says in words
    assert bool(found.looked_for) == (none is not None)


def test_the_layouts_have_each_outcome_often_enough() -> None:
    assert sum(len(subject.LAYOUTS) for subject in SUBJECTS) == len(LAYOUTS)
    outcomes = Counter(
        "served" if it.serves else "runs" if it.runs else "equal" if it.equal else "none"
        for it in LAYOUTS.values()
    )
    assert outcomes.total() >= 110
    assert outcomes["equal"] + outcomes["none"] >= 30


@pytest.mark.parametrize("layout", [LAYOUTS["gunicorn-configuration"], LAYOUTS["setting"]])
def test_what_a_setting_names_wins_over_django(layout: Layout, tmp_path: Path) -> None:
    assert search(tmp_path, layout)[0].is_explicit


def test_only_gunicorns_configuration_makes_the_command_gunicorn_alone(tmp_path: Path) -> None:
    found = search(tmp_path / "one", LAYOUTS["gunicorn-configuration"])[0].found
    assert isinstance(found, WebApplication)
    assert found.is_configured
    found = search(tmp_path / "two", LAYOUTS["setting"])[0].found
    assert isinstance(found, WebApplication)
    assert not found.is_configured


@pytest.mark.parametrize(
    ("target", "files", "file", "candidates"),
    [
        pytest.param(
            "main:application", {"main.py": fastapi()}, "main.py", ("main:app",), id="name"
        ),
        pytest.param(
            "main:ap", {"main.py": "apps = 1\n"}, "main.py", ("main:apps",), id="similar-name"
        ),
        pytest.param("main:app", {"main.py": ""}, "main.py", (), id="nothing-like-it"),
        pytest.param(
            "mian:app", {"main.py": fastapi()}, "", ("main:app",), id="similar-module"
        ),
        pytest.param(
            "harbour.web:app",
            {"harbour/__init__.py": "", "harbour/app.py": flask()},
            "",
            ("harbour.app:app",),
            id="module-of-a-package",
        ),
    ],
)
def test_a_setting_that_names_nothing_is_an_error(
    target: str,
    files: dict[str, str],
    file: str,
    candidates: tuple[str, ...],
    tmp_path: Path,
) -> None:
    with pytest.raises(ApplicationMissing) as missing:
        search(tmp_path, Layout(files=files, variables={"APP_MODULE": target}))
    error = missing.value
    assert (error.target, error.file, error.candidates) == (target, file, candidates)
    assert error.origin == "The variable APP_MODULE"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("import flask\napp = flask.Blueprint('x', 'x')\n", "made by flask.Blueprint"),
        ("from celery import Celery\napp = Celery('x')\n", "made by celery.Celery"),
        ("app = 5\n", "a number"),
        ("def app(): ...\n", "a function without arguments"),
    ],
)
def test_a_setting_that_names_no_application_is_an_error(
    text: str, other: str, tmp_path: Path
) -> None:
    files = {"main.py": text, "site.py": "", "web.py": flask()}
    with pytest.raises(ApplicationMissing) as missing:
        search(tmp_path, Layout(files=files, variables={"APP_MODULE": "main:app"}))
    assert missing.value.other == other
    assert missing.value.candidates == ("web:app",)


def test_a_named_application_of_gunicorn_that_does_not_exist_is_an_error(
    tmp_path: Path,
) -> None:
    files = {"gunicorn.conf.py": "wsgi_app = 'app:web'\n", "app.py": flask()}
    with pytest.raises(ApplicationMissing) as missing:
        search(tmp_path, Layout(files=files))
    assert missing.value.origin == "`wsgi_app` in gunicorn.conf.py"
    assert missing.value.candidates == ("app:app",)


def test_a_link_out_of_the_app_is_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"outside.py": flask(), "app/requirements.txt": ""})
    (tmp_path / "app/app.py").symlink_to(tmp_path / "outside.py")
    assert plan(AppFolder(tmp_path / "app"), {}).search.found is None
