"""Ten times the text takes at most fifteen times as long, whatever the text is."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from slipway.domain.cloud_native.build_bindings import certificates_in
from slipway.domain.redaction import Secrets, redact, without_credentials, without_secrets
from slipway.effects import processes as module
from slipway.effects.packages.console_scripts import console_scripts
from slipway.effects.processes import Command, Processes

SECRETS = Secrets(
    {
        "A_TOKEN": "a" * 40,
        "B_PASSWORD": "ab" * 20 + "/#",
        "C_KEY": "\n".join(f"line {number} of a key" for number in range(50)),
        "PIP_INDEX_URL": "https://user:a/b@index.example/simple",
    }
)
FORMS: dict[str, Callable[[int], str]] = {
    "letters": lambda size: "a" * size,
    "a word": lambda size: "ab" * (size // 2),
    "at signs": lambda size: "@" * size,
    "slashes": lambda size: "/" * size,
    "colons": lambda size: ":" * size,
    "dots": lambda size: "a." * (size // 2),
    "blanks": lambda size: " " * size,
    "line ends": lambda size: "\n" * size,
    "starts of addresses": lambda size: "a://" * (size // 4),
    "users without a host": lambda size: "a://u:" * (size // 6),
    "users without end": lambda size: "https://" + "u:" * (size // 2),
    "addresses": lambda size: "https://u:p@h.example/ " * (size // 23),
    "one address with many @": lambda size: "https://" + "u@" * (size // 2),
    "hosts": lambda size: "https://u:x/" + "@h.example" * (size // 10),
    "repositories": lambda size: "git+https://u:x/" + "@h.example" * (size // 10),
    "parameters": lambda size: "https://h/?" + "token=&" * (size // 7),
    "escaped parameters": lambda size: "https://h/?" + "&amp;token" * (size // 10),
    "names of parameters": lambda size: "https://h/?" + "?token" * (size // 6),
    "escapes": lambda size: "\x1b[31m" * (size // 5),
    "parts of escapes": lambda size: "\x1b[" * (size // 2),
    "numbers in an escape": lambda size: "\x1b[" + "1;" * (size // 2),
    "control characters": lambda size: "\x00\x1b\u202e" * (size // 3),
    "secrets": lambda size: ("a" * 40) * (size // 40),
    "certificates": lambda size: "-----BEGIN CERTIFICATE-----\n" * (size // 28),
    "parts of certificates": lambda size: "-----BEGIN " * (size // 11),
    "dashes": lambda size: "-" * size,
}
ACTIONS: dict[str, Callable[[str], object]] = {
    "redact": redact,
    "without_credentials": without_credentials,
    "without_secrets": without_secrets,
    "strike": SECRETS.strike,
    "clean_output": SECRETS.clean_output,
    "learn": lambda text: Secrets({"X": text, "X_KEY": text}),
    "certificates_in": certificates_in,
    "console_scripts": lambda text: console_scripts(f"[console_scripts]\na{text}b"),
    "entry point": lambda text: console_scripts(f"[console_scripts]\na = b:{text}!"),
}
SIZES = {"learn": 12_000}
"""Characters of the shorter text, if not 40,000; the longer one is as long as a variable can
be, or longer than what is kept of a line. Python searches shorter texts in another way."""
MOST = 15
SHORTEST = 0.001
"""Seconds: what takes less cannot be compared."""


def ratio_of(short: Callable[[], object], long: Callable[[], object]) -> float:
    """Return how many times as long the second takes, without what else the machine does."""
    least = [float("inf"), float("inf")]
    for _ in range(20):
        for number, action in enumerate((short, long)):
            # The collector looks at all objects again and again: not in linear time.
            gc.disable()
            start = time.process_time()
            action()
            least[number] = min(least[number], time.process_time() - start)
            gc.enable()
        if least[1] <= MOST * max(least[0], SHORTEST):
            break
    return least[1] / max(least[0], SHORTEST)


@pytest.mark.parametrize("name", ACTIONS)
def test_ten_times_the_text_takes_at_most_fifteen_times_as_long(name: str) -> None:
    action, size, slow = ACTIONS[name], SIZES.get(name, 40_000), {}
    for form, make in FORMS.items():
        ratio = ratio_of(partial(action, make(size)), partial(action, make(10 * size)))
        if ratio > MOST:
            slow[form] = ratio
    assert slow == {}


OUTPUTS = {
    "lines": "seq {}",
    "one line": "head -c {}0 /dev/zero | tr '\\0' x",
    "empty lines": "yes '' | head -n {}",
}


@pytest.mark.parametrize("form", OUTPUTS)
def test_output_is_read_in_linear_time_and_bounded_memory(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HEAD", 10_000)
    monkeypatch.setattr(module, "_TAIL", 10_000)
    processes = Processes(now=time.monotonic, clean=SECRETS.strike)

    def run(size: int) -> str:
        script = OUTPUTS[form].format(size)
        return processes.run(Command(argv=["sh", "-c", script], cwd=Path("/"), env={}))

    assert ratio_of(partial(run, 5_000), partial(run, 50_000)) <= MOST
    assert len(run(50_000)) <= 256 * 1024 + 20_000
