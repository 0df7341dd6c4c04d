"""The command `run_gunicorn` of manage.py, which Gunicorn had until version 19.

Django finds it in the folder of its own commands, whether or not an app of the project has it:
https://docs.djangoproject.com/en/stable/howto/custom-management-commands/
"""

from __future__ import annotations

from typing import Sequence

import slipway_gunicorn
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Serves the project with Gunicorn, with the options of `gunicorn`."

    def run_from_argv(self, argv: Sequence[str]) -> None:
        """Start Gunicorn in place of this process, with the words after `run_gunicorn`.

        manage.py has already followed --settings and --pythonpath.
        """
        slipway_gunicorn.start(argv[2:])
