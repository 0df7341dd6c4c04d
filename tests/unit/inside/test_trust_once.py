"""Certificates are read once for each context, and are those that pip alone would trust."""

from __future__ import annotations

import json
import subprocess

from conftest import ROOT
from slipway.domain.python_version import Interpreter
from slipway.toolchains.toolbox import Toolbox

SCRIPT = """
import json, ssl, sys
from contextlib import contextmanager
sys.path[:0] = sys.argv[1:]
from trust_once import read_certificates_once
from pip._vendor.truststore import _api

read = []
load, configure = _api.SSLContext.load_verify_locations, _api._configure_context

def counted(context, *places, **named):
    read.append("a file")
    load(context, *places, **named)

@contextmanager
def counted_system(context):
    read.append("the system's")
    with configure(context):
        yield

_api.SSLContext.load_verify_locations = counted
_api._configure_context = counted_system
if {once}:
    read_certificates_once()
bundle = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
first, second = (_api.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2))
for context in (first, first, second, first):
    context.load_verify_locations(bundle)
    with _api._configure_context(context._ctx):
        pass
trusted = [len(context._ctx.get_ca_certs()) for context in (first, second)]
print(json.dumps([read, trusted]))
"""


def run(python: Interpreter, toolbox: Toolbox, *, once: bool) -> list[list[object]]:
    argv = [python.path, "-I", "-S", "-c", SCRIPT.format(once=once)]
    argv += [str(ROOT / "lib" / "inside"), str(toolbox.pip_alone)]
    result: list[list[object]] = json.loads(subprocess.check_output(argv, text=True))
    return result


def test_each_context_reads_what_it_trusts_once(python: Interpreter, toolbox: Toolbox) -> None:
    read, trusted = run(python, toolbox, once=True)
    assert read == ["a file", "the system's"] * 2
    every_time, trusted_by_pip_alone = run(python, toolbox, once=False)
    assert every_time == ["a file", "the system's"] * 4
    assert trusted == trusted_by_pip_alone
    assert all(trusted)
