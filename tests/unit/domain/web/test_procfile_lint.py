"""Lines that do not work as they are meant get a notice with the line to write; others none."""

from __future__ import annotations

import pytest

from procfile_lines import DEFAULT, FAULTS, GOOD, Fault
from slipway.domain.web.process_types import parse_procfile
from slipway.domain.web.procfile_lint import lint_lines, secrets_in


def notices(text: str, default: str | None = DEFAULT) -> tuple[str, ...]:
    return lint_lines(parse_procfile(text).lines, lambda: default)


def advice(text: str) -> str:
    """Return the advice for the last line."""
    return notices(text)[-1].rpartition(". ")[2]


@pytest.mark.parametrize("line", GOOD)
def test_a_line_that_is_right_is_not_mentioned(line: str) -> None:
    assert notices(line) == ()


def test_a_server_behind_a_pool_of_connections_answers_the_platform_itself() -> None:
    line = "web: bin/start-pgbouncer-stunnel gunicorn -b 127.0.0.1:8000 a:b"
    assert advice(line) == "Write `web: bin/start-pgbouncer-stunnel gunicorn a:b`"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.line)
def test_a_fault_is_named_with_the_line_to_write(fault: Fault) -> None:
    [notice] = notices(fault.line)
    quoted = [f"`{line}`" for line in fault.advised if line]
    if not fault.advised:
        advice = ""
    elif fault.advised == ("",):
        advice = " Delete the line"
    elif fault.script:
        name = fault.advised[0].partition(":")[0]
        file = f"bin/{name}.sh"
        advice = f" Write `{fault.script}` to a file {file}, and {quoted[0]} to the Procfile"
    else:
        advice = f" Write {' and '.join(quoted)}"
    assert notice.startswith("Procfile, line 1, `")
    assert notice.endswith(f"`: {fault.reasons}.{advice}")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.line)
def test_no_fault_is_found_in_an_advised_line(fault: Fault) -> None:
    assert notices("\n".join(fault.advised)) == ()


def test_each_line_has_one_notice_with_its_number() -> None:
    found = notices("web: flask run\n\n# comment\nworker: sudo celery -A a worker\n")
    assert [notice.partition(", `")[0] for notice in found] == [
        "Procfile, line 1",
        "Procfile, line 4",
    ]


def test_a_long_list_of_notices_is_cut() -> None:
    found = notices("".join(f"w{number}: sudo a\n" for number in range(9)))
    assert len(found) == 6
    assert found[-1] == "Procfile: 4 more lines need a change"


def test_tabs_need_no_change_because_yaml_accepts_them() -> None:
    assert notices("web:\tgunicorn\tapp:app\t") == ()


def test_a_line_that_was_read_as_yaml_needs_no_change_for_that() -> None:
    lines = parse_procfile("web: 'a' b\n").lines
    assert lint_lines(lines, lambda: "")
    assert lint_lines(lines, lambda: "", is_yaml=True) == ()


def test_nothing_is_advised_if_no_web_process_is_known() -> None:
    assert notices("web: flask run", None) == (
        "Procfile, line 1, `web: flask run`: `flask run` is a server for development.",
    )


def test_several_migrations_are_named_without_a_line() -> None:
    text = "web: python manage.py migrate && alembic upgrade head && gunicorn a:b"
    assert notices(text)[0].endswith("once for each deployment.")


@pytest.mark.parametrize(
    ("release", "web"),
    [
        ("python manage.py migrate", "python manage.py migrate"),
        ("./manage.py migrate --no-input -v 2", "python manage.py migrate harbour"),
        ("python manage.py check && python manage.py migrate", "python manage.py migrate"),
        ("env A=1 python manage.py migrate", "export A=1; python manage.py migrate"),
        ("bash -c 'python manage.py migrate'", "python manage.py migrate"),
        ("flask db upgrade", "flask db upgrade"),
    ],
)
def test_a_release_that_migrates_is_enough(release: str, web: str) -> None:
    text = f"release: {release}\nweb: {web} && gunicorn a:b"
    assert "release: " not in advice(text).partition("`web: ")[0]
    assert "migrate" not in advice(text)


@pytest.mark.parametrize(
    ("release", "web", "advised"),
    [
        (
            "python manage.py check",
            "python manage.py migrate",
            "python manage.py migrate --noinput && exec python manage.py check",
        ),
        (
            "python manage.py migrate --check",
            "python manage.py migrate",
            "python manage.py migrate --noinput && exec python manage.py migrate --check",
        ),
        (
            "python manage.py migrate",
            "A=1 python manage.py migrate",
            "env A=1 python manage.py migrate --noinput && exec python manage.py migrate",
        ),
    ],
)
def test_a_release_that_may_not_migrate_gets_the_migration(
    release: str, web: str, advised: str
) -> None:
    assert advice(f"release: {release}\nweb: {web} && gunicorn a:b") == (
        f"Write `{advised}` to a file bin/release.sh, and `release: bash bin/release.sh` and "
        "`web: gunicorn a:b` to the Procfile"
    )


@pytest.mark.parametrize(
    ("release", "web", "advised"),
    [
        (
            "./release.sh",
            "python manage.py migrate",
            "python manage.py migrate --noinput",
        ),
        ("date; python manage.py check", "alembic upgrade head", "alembic upgrade head"),
        ("alembic upgrade head || exit 1", "alembic upgrade head", "alembic upgrade head"),
    ],
)
def test_a_migration_is_named_if_it_is_unclear_where_it_belongs(
    release: str, web: str, advised: str
) -> None:
    text = f"release: {release}\nweb: {web} && gunicorn a:b"
    advised = f"Make sure that `release` runs `{advised}`. Write `web: gunicorn a:b`"
    assert notices(text)[-1].endswith(f" once for each deployment. {advised}")


def test_there_is_one_advice_for_a_release() -> None:
    first, second = notices(
        "release: A=1 python manage.py check\nweb: python manage.py migrate && gunicorn a:b"
    )
    assert first.endswith("so a variable before a program does not work there.")
    assert (
        "Write `python manage.py migrate --noinput && A=1 exec python manage.py check` to a "
        "file bin/release.sh, and `release: bash bin/release.sh`"
    ) in second


def test_a_migration_that_needs_a_script_gets_one() -> None:
    text = "web: export A='a b' && python manage.py migrate && gunicorn a:b"
    assert advice(text) == (
        "Write `exec env A='a b' python manage.py migrate --noinput` to a file bin/release.sh, "
        "`exec env A='a b' gunicorn a:b` to a file bin/web.sh, and "
        "`release: bash bin/release.sh` and `web: bash bin/web.sh` to the Procfile"
    )


def test_an_old_command_is_advised_as_the_line_of_today() -> None:
    lines = parse_procfile(
        "web: python manage.py collectstatic --noinput; cd site && gunicorn_django -b :8000"
    ).lines
    [notice] = lint_lines(
        lines,
        lambda: None,
        modern=lambda line: line.replace("gunicorn_django", "gunicorn") + " a.wsgi",
    )
    assert "`gunicorn_django` is a command of old versions of Gunicorn" in notice
    assert notice.endswith(". Write `web: env -C site gunicorn a.wsgi`")


def test_fastapi_run_needs_the_package_that_has_it() -> None:
    lines = parse_procfile("web: fastapi dev api.py").lines
    [notice] = lint_lines(lines, lambda: DEFAULT, packages={"fastapi-cli"})
    assert notice.endswith(". Write `web: fastapi run api.py`")
    [notice] = lint_lines(lines, lambda: None)
    assert notice.endswith("`fastapi dev` is a server for development.")


def test_the_files_of_an_app_in_a_folder_are_named_with_it() -> None:
    lines = parse_procfile("web: gunicorn a:b > log.txt").lines
    [notice] = lint_lines(lines, lambda: None, folder="backend/")
    assert notice.startswith("backend/Procfile, line 1, ")
    assert "to a file backend/bin/web.sh, and `web: bash bin/web.sh` to the Procfile" in notice


@pytest.mark.parametrize(
    "line",
    [
        "web: SECRET_KEY=hunter22 gunicorn a:b",
        "web: SECRET_KEY='hunter22' gunicorn a:b",
        'web: export A=1 SECRET_KEY="hunter22" && gunicorn a:b',
        "web: gunicorn -e SECRET_KEY=hunter22 --env API_TOKEN=hunter22 a:b",
        "worker: python worker.py --password hunter22 --api-key=hunter22",
        "worker: celery -A a worker -b redis://:hunter22@host/0",
        "worker: celery -A a worker -b 'amqp://user:hunter22@host'",
    ],
)
def test_no_notice_shows_a_secret(line: str) -> None:
    [notice] = notices(line)
    assert "hunter22" not in notice
    assert "config variable" in notice


def test_secrets_are_told_from_files_and_variables() -> None:
    line = (
        "A=1 SECRET_KEY=$KEY API_KEY=ab/c+d== --password-file x --token t0k PASS=12 "
        "AUTH=/run/auth KEY=keys/a.pem TOKEN=https://host/a"
    )
    assert [*secrets_in(line)] == ["ab/c+d==", "t0k"]


def test_a_long_secret_is_struck_as_a_whole() -> None:
    [notice] = notices(f"web: SECRET_KEY={'ab' * 900} gunicorn a:b")
    assert "SECRET_KEY=**** gunicorn a:b`" in notice
