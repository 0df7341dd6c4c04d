"""A setting that the app decides about gets no default."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import pytest

from slipway.domain.web.gunicorn_config import (
    ConfigFile,
    settings_of_app,
    settings_of_files,
    settings_with_default,
)

ALL = ("accesslog", "worker_tmp_dir", "control_socket", "graceful_timeout", "threads")
CURRENT = "27.0.1"


def settings_of(text: str, **others: str) -> AbstractSet[str] | None:
    """Return what a gunicorn.conf.py sets; `others` are modules next to it."""
    files = {"gunicorn.conf.py": text, **{f"{name}.py": one for name, one in others.items()}}
    return settings_of_files([ConfigFile(path="gunicorn.conf.py")], files.get)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("threads = 2\n", {"threads"}),
        ("threads: int = 2\n", {"threads"}),
        ("workers = threads = 2\n", {"workers", "threads"}),
        ("workers, (threads, *rest) = 2, (3, 4)\n", {"workers", "threads", "rest"}),
        ("workers = 2; workers += 1\n", {"workers"}),
        ("if True:\n    threads = 2\nelse:\n    workers = 2\n", {"threads", "workers"}),
        ("try:\n    threads = 2\nexcept ValueError:\n    pass\n", {"threads"}),
        ("with open('x') as accesslog:\n    pass\n", {"accesslog"}),
        ("for threads in range(3):\n    pass\n", {"threads"}),
        ("print(threads := 2)\n", {"threads"}),
        ("match 3:\n    case threads:\n        pass\n", {"threads"}),
        ("from shop import threads\n", {"threads"}),
        ("from shop import count as workers\n", {"workers"}),
        ("import shop.log as logger_class\n", {"logger_class"}),
        ("def on_starting(server):\n    threads = 2\n", {"on_starting"}),
        ("def set():\n    global threads\n    threads = 2\nset()\n", {"set", "threads"}),
        ("class Log:\n    threads = 2\nlogger_class = Log\n", {"Log", "logger_class"}),
        ("bind = [threads for threads in 'ab']\n", {"bind"}),
        ("# threads = 2\n'threads = 3'\n", set()),
        ("server.threads = 2\nserver['threads'] = 2\n", set()),
        ("from shop import settings\r\nthreads = 2\r\n", {"settings", "threads"}),
    ],
)
def test_the_names_that_a_file_binds_are_its_settings(text: str, expected: set[str]) -> None:
    assert settings_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "globals()['threads'] = 2\n",
        "locals().update(threads=2)\n",
        "for name, value in {}.items():\n    vars()[name] = value\n",
        "exec('threads = 2')\n",
        "import sys\nsetattr(sys.modules[__name__], 'threads', 2)\n",
        "import sys\nsys.modules[__name__].threads = 2\n",
        "from shop import *\n",
        "from .base import *\n",
        "threads = = 2\n",
        "print 'threads'\n",
        "x = " + "(" * 500 + ")" * 500 + "\n",
    ],
)
def test_a_file_may_set_anything_if_only_running_it_would_tell(text: str) -> None:
    assert settings_of(text) is None


def test_star_imports_are_followed_in_the_app() -> None:
    found = settings_of("from a import *\n", a="from b import *\n", b="threads = 2\n")
    assert found == {"threads"}
    assert settings_of("from a import *\n", a="from a import *\nx = 1\n") == {"x"}
    assert settings_of("from a import *\n", a="from b import *\n") is None
    chain = {f"m{number}": f"from m{number + 1} import *\n" for number in range(50)}
    assert settings_of("from m0 import *\n", **chain) is None


def test_modules_are_imported_from_the_folder_of_the_start_or_of_the_app() -> None:
    files = {
        "backend/gunicorn.conf.py": "from own import *\nfrom top.settings import *\n",
        "backend/own.py": "threads = 2\n",
        "top/settings/__init__.py": "workers = 2\n",
    }
    file = ConfigFile(path="backend/gunicorn.conf.py", folder="backend")
    found: AbstractSet[str] | None = settings_of_files([file], files.get)
    assert found == {"threads", "workers"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("conf/web.py", {"threads"}),
        ("./conf/web.py", {"threads"}),
        ("python:conf.web", {"threads"}),
        ("python:conf.missing", None),
        ("/etc/web.py", None),
        ("../web.py", None),
        ("conf/missing.py", None),
        ("gunicorn.conf.py", set()),
    ],
)
def test_a_file_is_named_as_in_gunicorns_option(path: str, expected: set[str] | None) -> None:
    files = {"conf/web.py": "threads = 2\n"}
    found: AbstractSet[str] | None = settings_of_files([ConfigFile(path=path)], files.get)
    assert found == expected


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("accesslog", "accesslog"),
        ("logconfig", "accesslog"),
        ("logconfig_dict", "accesslog"),
        ("logconfig_json", "accesslog"),
        ("logger_class", "accesslog"),
        ("worker_tmp_dir", "worker_tmp_dir"),
        ("control_socket", "control_socket"),
        ("control_socket_disable", "control_socket"),
        ("graceful_timeout", "graceful_timeout"),
        ("threads", "threads"),
        ("workers", "threads"),
        ("worker_class", "threads"),
        ("bind", ""),
        ("max_requests", ""),
        ("forwarded_allow_ips", ""),
        ("errorlog", ""),
        ("timeout", ""),
    ],
)
def test_a_setting_of_the_app_has_no_default(name: str, without: str) -> None:
    found = settings_with_default(CURRENT, frozenset({name}), is_own_process=True)
    assert found == tuple(setting for setting in ALL if setting != without)


def test_an_app_that_may_set_anything_gets_no_defaults() -> None:
    assert settings_with_default(CURRENT, None, is_own_process=True) == ()


def test_only_processes_of_slipway_get_threads() -> None:
    found = settings_with_default(CURRENT, frozenset(), is_own_process=False)
    assert found == ALL[:-1]


@pytest.mark.parametrize("version", ["20.1.0", "25.0.3", "a fork"])
def test_versions_without_a_control_socket_are_not_told_to_have_none(version: str) -> None:
    assert "control_socket" not in settings_with_default(
        version, frozenset(), is_own_process=True
    )


@pytest.mark.parametrize("version", ["25.1.0", "27.0.1"])
def test_the_control_socket_is_off(version: str) -> None:
    assert "control_socket" in settings_with_default(version, frozenset(), is_own_process=True)


FILES = {
    "gunicorn.conf.py": "accesslog = 'x'\n",
    "conf/web.py": "threads = 2\n",
    "conf/admin.py": "graceful_timeout = 2\n",
    "backend/gunicorn.conf.py": "worker_tmp_dir = 'x'\n",
    "start.sh": "#!/bin/sh\nset -e\nexec gunicorn \\\n  -c conf/web.py wsgi\n",
    "bin/start": "cd backend\npython manage.py migrate\nexec gunicorn -b :$PORT wsgi\n",
    "any.sh": "exec gunicorn $OPTIONS wsgi\n",
    "odd.sh": "if gunicorn 'wsgi\n",
    "large.sh": "#\n" * 20_000 + "gunicorn -c conf/web.py wsgi\n",
}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["gunicorn wsgi"], {"accesslog"}),
        (["gunicorn --chdir backend wsgi"], {"accesslog"}),
        (["cd backend && exec gunicorn wsgi"], {"worker_tmp_dir"}),
        (["gunicorn -c conf/web.py wsgi"], {"threads"}),
        (["gunicorn -c file:conf/web.py wsgi"], {"threads"}),
        (["gunicorn --config=conf/web.py wsgi", "gunicorn -c conf/admin.py admin:app"],
         {"threads", "graceful_timeout"}),
        (["python -m gunicorn -c python:conf.web wsgi"], {"threads"}),
        (["cd backend && gunicorn -c ../conf/web.py wsgi"], {"threads"}),
        (["python manage.py run_gunicorn -c conf/web.py -b 0.0.0.0:$PORT"], {"threads"}),
        (["gunicorn_django --config conf/web.py"], {"threads"}),
        (["sh start.sh", "python worker.py"], {"threads"}),
        (["./start.sh"], {"threads"}),
        (["cd conf && sh ../start.sh"], None),
        (["bash bin/start"], {"worker_tmp_dir"}),
        (["bash any.sh"], None),
        (["bash odd.sh"], {"accesslog"}),
        (["bash large.sh"], {"accesslog"}),
        (["bash missing.sh", "sh -x start.sh", "/bin/start.sh"], {"accesslog"}),
        (["bin/start"], {"accesslog"}),
        (["python server.py"], {"accesslog"}),
        (["gunicorn 'wsgi"], {"accesslog"}),
        (["cd $FOLDER && gunicorn wsgi"], None),
        (["gunicorn -c $CONFIG wsgi"], None),
    ],
)  # fmt: skip
def test_the_files_that_gunicorn_reads_are_those_of_the_lines(
    lines: list[str], expected: set[str] | None
) -> None:
    processes = {f"p{number}": line for number, line in enumerate(lines)}
    found = settings_of_app(processes, FILES.get)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (
            found & {"accesslog", "threads", "graceful_timeout", "worker_tmp_dir"} == expected
        )


def test_the_options_of_a_line_count_as_well() -> None:
    line = "gunicorn -k gevent --log-config x.ini wsgi"
    found = settings_of_app({"web": line}, lambda _: None)
    assert found is not None
    assert {"worker_class", "logconfig"} <= found
