"""Which processes of an app `slipway try` runs if none of them is `web`."""

from __future__ import annotations

import pytest

from slipway.domain.web.trial_processes import has_misspelled_web, workers


def test_all_process_types_run_but_the_release() -> None:
    processes = {"worker": "python worker.py", "beat": "python beat.py", "release": "true"}
    assert workers(processes) == {"worker": "python worker.py", "beat": "python beat.py"}


@pytest.mark.parametrize("name", ["Web", "WEB", "wEb"])
def test_nothing_runs_if_web_is_misspelled(name: str) -> None:
    processes = {name: "gunicorn app:app", "worker": "python worker.py"}
    assert has_misspelled_web(processes)
    assert workers(processes) == {}


@pytest.mark.parametrize("name", ["web", "webhooks", "release"])
def test_other_names_are_not_misspelled(name: str) -> None:
    assert not has_misspelled_web([name])
