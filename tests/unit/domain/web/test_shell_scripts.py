"""The shell scripts that a line of a Procfile starts are read."""

from __future__ import annotations

import pytest

from slipway.domain.web.shell_scripts import scripts_of, started_through_scripts

FILES = {
    "bin/web.sh": "set -e\ncd src\nexec gunicorn app:app\n",
    "start": "celery -A tasks worker\n",
    "broken.sh": "if true; then gunicorn app:app\n",
    "large.sh": "gunicorn app:app\n" + "# more\n" * 3000,
}


@pytest.mark.parametrize(
    ("line", "programs"),
    [
        ("bash bin/web.sh", "bash: gunicorn:src"),
        ("exec env A=1 bin/web.sh", "bin/web.sh: gunicorn:src"),
        ("cd bin && ./web.sh", "./web.sh:bin gunicorn:bin/src"),
        ("sh start", "sh: celery:"),
        ("./start", "./start:"),
        ("bash -e bin/web.sh", "bash:"),
        ("bash missing.sh", "bash:"),
        ("bash broken.sh", "bash:"),
        ("bash large.sh", "bash:"),
        ("bash ../start", "bash:"),
    ],
)
def test_a_line_starts_what_its_script_starts(line: str, programs: str) -> None:
    found = started_through_scripts(line, FILES.get)
    assert " ".join(f"{one.program}:{one.folder}" for one in found) == programs


def test_the_texts_of_scripts_are_those_that_can_be_read() -> None:
    assert [*scripts_of("bash broken.sh; sh start", FILES.get)] == [FILES["start"]]


def test_a_script_has_the_variables_of_its_line() -> None:
    *_, last = started_through_scripts("A=1 bash bin/web.sh", FILES.get)
    assert last.variables == {"A"}
