"""Limits how long pip waits for an index that asks it to come back later.

At each retry, pip sleeps as long as the response's Retry-After says, which may be hours, and no
option of pip limits that. urllib3 has a parameter for it, `retry_after_max`, which pip does not
set: https://urllib3.readthedocs.io/en/stable/reference/urllib3.util.html#urllib3.util.Retry
"""

from functools import partial

from pip._vendor import urllib3

LONGEST_WAIT = 10
"""In seconds, before each of the retries."""


def limit_waits():
    """Make the sessions that pip creates from now on wait no longer than that."""
    urllib3.Retry = partial(urllib3.Retry, retry_after_max=LONGEST_WAIT)
