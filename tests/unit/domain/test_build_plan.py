"""A plan has the application of the default web process, and the packages for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import DjangoProject
from slipway.domain.locks.brought import FromIndex, Pin
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Vendoring
from slipway.domain.web import servers
from slipway.domain.web.launch import Interface, WebApplication, WebSearch
from unit.samples import PLAN, dependencies

OF_DJANGO = WebApplication(target="harbour.wsgi:application", folder="", origin="settings.py")
TOP_LEVEL = WebApplication(target="wsgi:application", folder="", origin="wsgi.py")
DJANGO = DjangoProject(manage="manage.py", settings=None, settings_origin=None, web=OF_DJANGO)
LIVE = replace(OF_DJANGO, target="harbour.asgi:application", interface=Interface.ASGI)
ASGI = replace(PLAN, search=WebSearch(found=LIVE))
OF_WORKER = {"uvicorn": "", "uvicorn-worker": ""}
DEFAULT = "the default web process"
HASH = f"sha256:{'ab' * 32}"
SERVERS = {name for server in servers.SERVERS for name in server.packages}
BOTH = replace(PLAN, django=DJANGO, search=WebSearch(found=TOP_LEVEL))
WITHOUT_TARGET = replace(BOTH, django=replace(DJANGO, web=None))


@pytest.mark.parametrize(
    ("plan", "has_django", "served"),
    [
        pytest.param(PLAN, False, None, id="nothing"),
        pytest.param(BOTH, True, OF_DJANGO, id="django"),
        pytest.param(BOTH, False, TOP_LEVEL, id="django-not-installed"),
        pytest.param(WITHOUT_TARGET, True, None, id="django-without-an-application"),
        pytest.param(replace(BOTH, django=None), True, TOP_LEVEL, id="only-wsgi"),
        pytest.param(replace(BOTH, procfile={"web": "x"}), True, None, id="procfile"),
        pytest.param(replace(BOTH, procfile={}), True, None, id="procfile-without-web"),
    ],
)
def test_the_web_process_serves_django_only_if_it_is_installed(
    plan: BuildPlan, *, has_django: bool, served: WebApplication | None
) -> None:
    assert plan.web({"django": "5.2"} if has_django else {}) == served


@pytest.mark.parametrize(
    ("framework", "packages", "vendored", "is_served"),
    [
        pytest.param("Django", {}, (), False, id="not-installed"),
        pytest.param("Django", {"django": "5.2"}, (), True, id="installed"),
        pytest.param("Django", {}, ("vendor",), True, id="may-be-vendored"),
        pytest.param("", {}, (), True, id="without-a-framework"),
    ],
)
def test_an_application_of_django_is_not_served_without_django(
    framework: str, packages: dict[str, str], vendored: tuple[str, ...], *, is_served: bool
) -> None:
    search = WebSearch(found=replace(TOP_LEVEL, framework=framework))
    plan = replace(PLAN, search=search, vendoring=Vendoring(folders=vendored))
    assert plan.web(packages, are_installed=True) == (search.found if is_served else None)
    assert plan.web({}) == search.found


@pytest.mark.parametrize(
    ("requirements", "served"),
    [
        pytest.param("django", OF_DJANGO, id="no-server"),
        pytest.param("django\ngunicorn==23.0", OF_DJANGO, id="only-for-wsgi"),
        pytest.param("django\nchannels[daphne]", LIVE, id="extra"),
        pytest.param("django\nuvicorn", LIVE, id="own-server"),
        pytest.param("django\ngunicorn>=24", LIVE, id="gunicorn"),
    ],
)
def test_django_is_asgi_if_its_settings_say_so_and_the_app_brings_a_server(
    requirements: str, served: WebApplication
) -> None:
    project = replace(DJANGO, asgi=LIVE)
    plan = replace(PLAN, django=project, dependencies=dependencies(requirements))
    assert plan.web(plan.brought) == served


@pytest.mark.parametrize(
    ("requirements", "brought"),
    [
        ("flask", {}),
        ("fastapi[standard]", {"uvicorn": ""}),
        ("fastapi[all]==0.100", {"uvicorn": ""}),
        ("litestar[standard]", {"uvicorn": ""}),
        ("quart", {"hypercorn": ""}),
        ("python-fasthtml", {"uvicorn": ""}),
        ("channels[daphne]", {"daphne": ""}),
        ("uvicorn-worker", {"gunicorn": "", **OF_WORKER}),
        ("uvicorn-worker\ngunicorn==23.0", {"gunicorn": "23.0", **OF_WORKER}),
        ("gunicorn", {"gunicorn": ""}),
        ("gunicorn>=20", {"gunicorn": ""}),
        ("gunicorn==20.1.0", {"gunicorn": "20.1.0"}),
        ("gunicorn~=25.1", {"gunicorn": "25.1"}),
        ("gunicorn==25.*", {"gunicorn": "25"}),
        ("gunicorn<24", {"gunicorn": "23.0"}),
        ("gunicorn>=21,<25", {"gunicorn": "24.0"}),
        (f"gunicorn==23.0 --hash={HASH}", {"gunicorn": "23.0"}),
        ("gunicorn @ https://h.example/gunicorn.zip", {"gunicorn": ""}),
        ("waitress; sys_platform == 'win32'", {}),
        ("waitress; sys_platform != 'win32'", {"waitress": ""}),
        ("waitress; python_version >= '3.8'", {"waitress": ""}),
    ],
)
def test_the_servers_of_an_app_are_known_before_its_lock(
    requirements: str, brought: dict[str, str]
) -> None:
    plan = replace(PLAN, dependencies=dependencies(requirements))
    found = {name: version for name, version in plan.brought.items() if name in SERVERS}
    assert found == brought


def test_a_lock_has_the_versions() -> None:
    pin = Pin(name="gunicorn", version="22.0", source=FromIndex())
    plan = replace(PLAN, dependencies=replace(dependencies("gunicorn"), pins=(pin,)))
    assert plan.brought == {"gunicorn": "22.0"}


@pytest.mark.parametrize(
    ("plan", "requirements", "added"),
    [
        pytest.param(PLAN, "", {}, id="no-web-process"),
        pytest.param(BOTH, "", {"gunicorn": DEFAULT}, id="django"),
        pytest.param(BOTH, "gunicorn", {}, id="required"),
        pytest.param(BOTH, "waitress", {}, id="another-server"),
        pytest.param(
            WITHOUT_TARGET, "", {"gunicorn": DEFAULT}, id="if-django-is-not-installed"
        ),
        pytest.param(ASGI, "", {"uvicorn": DEFAULT, "websockets": DEFAULT}, id="asgi"),
        pytest.param(ASGI, "fastapi[standard]", {}, id="asgi-with-an-extra"),
        pytest.param(replace(BOTH, procfile={"web": "x"}), "", {}, id="procfile"),
        pytest.param(
            replace(BOTH, procfile={"web": "gunicorn a:b", "live": "daphne a:b"}),
            "",
            {"gunicorn": "the process `web`", "daphne": "the process `live`"},
            id="procfile-with-servers",
        ),
        pytest.param(
            replace(
                BOTH,
                procfile={"web": "bash bin/web.sh", "live": "sleep 1"},
                scripts={"web": "set -e\nexec gunicorn a:b\n"},
            ),
            "",
            {"gunicorn": "the process `web`"},
            id="script-with-a-server",
        ),
        pytest.param(
            replace(BOTH, procfile={"web": "gunicorn a:b"}), "gunicorn", {}, id="enough"
        ),
        pytest.param(
            replace(PLAN, procfile={"web": "gunicorn a:b"}, settings=Settings(offline=True)),
            "",
            {},
            id="offline",
        ),
    ],
)
def test_only_the_servers_that_an_app_lacks_are_added(
    plan: BuildPlan, requirements: str, added: dict[str, str]
) -> None:
    plan = replace(plan, dependencies=dependencies(requirements))
    assert plan.added == added
    assert plan.added_requirements == tuple(added)
