"""Has pip read the trusted certificates once, and not for each connection.

To read those of a system takes 35 ms. A context keeps what it has read, and pip has one for all
its connections; but it reads them again whenever it connects.
https://github.com/sethmlarson/truststore/blob/main/src/truststore/_openssl.py
"""

from contextlib import contextmanager
from threading import Lock


def read_certificates_once():
    try:
        from pip._vendor.truststore import _api
    except ImportError:  # this Python has no ssl, and pip says so
        return
    _api._configure_context = _once_for_each_context(_api._configure_context)
    contexts = _api.SSLContext
    contexts.load_verify_locations = _once_for_each_place(contexts.load_verify_locations)


def _once_for_each_context(configure):
    configured, one_at_a_time = set(), Lock()

    @contextmanager
    def configure_once(context):
        with one_at_a_time:
            if context not in configured:
                with configure(context):
                    configured.add(context)
        yield

    return configure_once


def _once_for_each_place(load):
    loaded, one_at_a_time = set(), Lock()

    def load_once(context, *places, **named):
        what = context, places, tuple(sorted(named.items()))
        with one_at_a_time:
            if what not in loaded:
                load(context, *places, **named)
                loaded.add(what)

    return load_once
