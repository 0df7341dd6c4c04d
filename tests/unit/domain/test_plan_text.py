"""A plan shows every decision to people and programs, and no credentials."""

from __future__ import annotations

import json
from dataclasses import replace

from slipway.domain.django.project import DjangoProject
from slipway.domain.locks.brought import Choice, FromIndex, Pin
from slipway.domain.plan_text import as_json, as_text
from slipway.domain.python.selection import parse_version
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.vendoring.packages import Form, VendoredPackage, Vendoring
from slipway.domain.vendoring.source_project import SourceProject
from slipway.domain.web.launch import WebApplication, WebSearch
from unit.brought_locks import FakeLock
from unit.samples import PLAN, dependencies, lines

HASH = "sha256:" + "ab" * 32
DJANGO = replace(
    PLAN,
    python=parse_version("3.13", ".python-version"),
    dependencies=dependencies("django>=5\n"),
    django=DjangoProject(
        manage="backend/manage.py",
        settings="harbour.settings",
        settings_origin="backend/manage.py",
        web=WebApplication(target="harbour.wsgi:app", folder="backend", origin="x"),
    ),
    hooks=("bin/pre_compile", "bin/post_compile"),
    notices=("runtime.txt is not read",),
)


def test_the_text_has_a_line_for_each_decision() -> None:
    assert list(as_text(DJANGO)) == [
        "Python        3.13 (.python-version)",
        "Dependencies  requirements.txt: 1 requirement, not locked yet",
        "Added         gunicorn, for the default web process",
        (
            "Django        backend/manage.py, settings module harbour.settings "
            "(from backend/manage.py)"
        ),
        "Hooks         bin/pre_compile, bin/post_compile",
        "Processes     Slipway's defaults",
        "  web         gunicorn --chdir backend harbour.wsgi:app",
        "  release     slipway-release",
        "  manage      python backend/manage.py",
        (
            "Web           Serving harbour.wsgi:app, named by x, with Gunicorn, which Slipway "
            "adds because the app requires no server"
        ),
        (
            "Release step  in the release phase; on Cloud Foundry before `web` starts; by "
            "hand: slipway-release"
        ),
        "Notice        runtime.txt is not read",
    ]


def test_the_text_begins_with_the_folder_of_the_app_if_it_is_not_the_repository() -> None:
    below = replace(DJANGO, settings=replace(DJANGO.settings, root="shop"))
    assert list(as_text(below)) == ["App           shop/", *as_text(DJANGO)]


def test_the_text_of_an_empty_app_names_its_defaults() -> None:
    searched = replace(PLAN, search=WebSearch(looked_for="nothing"))
    assert list(as_text(searched)) == [
        "Python        3.10 or newer (the app requests no version; the pinned packages decide)",
        "Dependencies  requirements.txt: 0 requirements, not locked yet",
        "Hooks         none",
        "Processes     none",
        (
            "Web           There is no web process. Slipway looked for nothing. To add a web "
            "process, write a line such as `web: gunicorn MODULE:APP` to a file Procfile, with "
            "the names of your module and application"
        ),
    ]


def test_a_requirement_of_the_app_is_not_shown_as_added() -> None:
    text = f"gunicorn==23 --hash={HASH}\ndjango==5.2 --hash={HASH}\n"
    shown = list(as_text(replace(DJANGO, dependencies=dependencies(text))))
    assert "Dependencies  requirements.txt: 2 requirements, with hashes" in shown
    assert not [line for line in shown if line.startswith("Added")]


def test_processes_from_the_procfile_are_shown_as_such() -> None:
    shown = list(as_text(replace(DJANGO, procfile={"web": "my server"})))
    assert shown[-4:-2] == ["Processes     Procfile", "  web         my server"]


def test_missing_settings_are_not_shown_as_none() -> None:
    assert DJANGO.django is not None
    nameless = replace(DJANGO.django, settings=None, settings_origin=None)
    shown = "\n".join(as_text(replace(DJANGO, django=nameless)))
    assert "None" not in shown


FLASK = WebApplication(target="app:app", folder="", origin="app.py:3", framework="Flask")
SITE = replace(FLASK, target="main:site", origin="main.py:7")


def test_a_plan_shows_what_is_served_or_why_nothing_is() -> None:
    found = replace(
        PLAN,
        dependencies=dependencies("flask\nwaitress"),
        search=WebSearch(found=replace(FLASK, origin="app.py")),
    )
    assert list(as_text(found))[-1] == (
        "Web           Serving app in app.py (Flask) with Waitress, which the app requires"
    )
    several = list(as_text(replace(PLAN, search=WebSearch(equal=(FLASK, SITE)))))[-1]
    assert "several applications" in several
    assert "`app:app` in app.py, line 3 (Flask); `main:site` in main.py, line 7" in several
    worker = list(as_text(replace(PLAN, procfile={"worker": "python worker.py"})))[-1]
    assert worker.endswith("Procfile has no `web` process, so this app answers no requests")


def test_the_json_has_the_same_decisions() -> None:
    content = json.loads(as_json(DJANGO))
    assert content["dependencies"]["requirements"] == ["requirements.txt:1: django>=5"]
    assert content["dependencies"]["added"] == ["gunicorn"]
    assert content["django"]["web"]["target"] == "harbour.wsgi:app"
    assert content["web"]["found"] == content["django"]["web"]
    assert content["web"]["found"]["interface"] == "WSGI"
    assert list(content["processes"]) == ["web", "release", "manage"]
    assert content["processes_from"] == "Slipway"


def test_the_json_says_why_there_is_no_web_process() -> None:
    several = json.loads(as_json(replace(PLAN, search=WebSearch(equal=(FLASK, SITE)))))["web"]
    assert [one["target"] for one in several["equal"]] == ["app:app", "main:site"]
    search = WebSearch(looked_for="x", line="worker: python main.py", reason="y")
    nothing = json.loads(as_json(replace(PLAN, search=search)))["web"]
    assert nothing == {
        "found": None,
        "equal": [],
        "looked_for": "x",
        "reason": "y",
        "line": "worker: python main.py",
    }
    with_procfile = replace(PLAN, procfile={"web": "x"}, search=search)
    assert json.loads(as_json(with_procfile))["web"]["looked_for"] == ""


def test_no_credential_is_in_a_plan() -> None:
    text = "-i https://u:s3cret@h.example/\na @ https://u:s3cret@h.example/a.zip\n"
    secret = replace(
        PLAN, dependencies=dependencies(text, "b @ https://s3cret@h.example/b.zip")
    )
    assert "s3cret" not in as_json(secret)
    assert "s3cret" not in "\n".join(as_text(secret))
    assert as_json(secret).count("****@h.example") == 3


ACME = VendoredPackage(
    path="vendor/acme",
    form=Form.TREE,
    project=SourceProject(name="acme", backend="hatchling.build", requires=("hatchling",)),
    requested_by=lines("six\n-e ./vendor/acme\n")[1:],
)


def vendoring(*packages: VendoredPackage) -> Vendoring:
    return Vendoring(folders=("vendor",), packages=packages, for_builds=("vendor/build/b.whl",))


def test_vendored_packages_are_shown_with_their_form() -> None:
    wheel = VendoredPackage(path="vendor/x.whl", form=Form.WHEEL)
    shown = list(as_text(replace(PLAN, vendoring=vendoring(ACME, wheel))))
    assert shown[2] == "Vendored      vendor/acme (source tree), vendor/x.whl (wheel)"


def test_many_packages_take_several_lines() -> None:
    own = replace(ACME, path=".")
    many = [VendoredPackage(path=f"vendor/a lib {n}", form=Form.PLAIN) for n in range(3)]
    long = VendoredPackage(path=f"vendor/{'x' * 70}", form=Form.WHEEL)
    shown = list(as_text(replace(PLAN, vendoring=vendoring(own, *many, long))))
    assert shown[2:6] == [
        "Vendored      the app itself (source tree), vendor/a lib 0 (plain package),",
        "              vendor/a lib 1 (plain package), vendor/a lib 2 (plain package),",
        f"              vendor/{'x' * 70} (wheel)",
        "Hooks         none",
    ]


def test_the_json_has_the_metadata_of_each_package() -> None:
    plain = VendoredPackage(path="vendor/buoys", form=Form.PLAIN)
    content = json.loads(as_json(replace(PLAN, vendoring=vendoring(ACME, plain))))
    assert content["vendored"] == [
        {
            "path": "vendor/acme",
            "form": "source tree",
            "name": "acme",
            "backend": "hatchling.build",
            "requested_by": ["requirements.txt:2"],
        },
        {
            "path": "vendor/buoys",
            "form": "plain package",
            "name": None,
            "backend": None,
            "requested_by": [],
        },
    ]
    assert content["for_builds"] == ["vendor/build/b.whl"]


def test_a_lock_is_named_with_its_groups_and_has_what_is_added() -> None:
    pins = (Pin(name="gunicorn", version="23.0", source=FromIndex()),)
    lock = FakeLock(pins=pins)
    choice = Choice(groups=("web",))
    locked = Dependencies(
        origin="uv.lock", files=("uv.lock",), requirements=(), lock=lock, choice=choice
    )
    plan = replace(DJANGO, dependencies=locked)
    text = [*as_text(plan)]
    assert "Dependencies  uv.lock as it is, with the group web" in text
    assert not any(line.startswith("Added") for line in text)
    assert json.loads(as_json(plan))["dependencies"]["groups"] == ["web"]
