"""Calls parsers with hostile inputs; run as a program, it does so for long.

    .dev/venv/bin/python tests/unit/fuzz/fuzzing.py --inputs 2000000

Each input has a seed, with which it can be made again: `--parser NAME --seed NUMBER`.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

if __name__ == "__main__":
    root = Path(__file__).parents[3]
    sys.path[:0] = [str(root / name) for name in ("lib", "lib/runtime", "tests", "tests/unit")]

from slipway.errors.stopped import BuildStopped, CommandFailed
from unit.fuzz import formats
from unit.fuzz.mutations import mutated
from unit.fuzz.parsers import PARSERS, Parser


def fault_of(parser: Parser, text: str) -> str | None:
    """Return the traceback of an exception that a parser must not raise; None if it is right."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python, about the syntax of an app's modules
            parser.run(text)
    except CommandFailed:
        return traceback.format_exc(limit=-4)
    except Exception as error:  # noqa: BLE001  # this is what it looks for
        is_known = isinstance(error, (BuildStopped, *parser.raises))
        return None if is_known else traceback.format_exc(limit=-4)
    return None


def input_of(parser: Parser, name: str, seed: int) -> str:
    """Make an input again, from the name of its parser and its seed."""
    return mutated(parser.samples, formats.ALL, Random(f"{name} {seed}"))


TOO_LONG = 2.0
"""Seconds that a parser may take for an input; most take less than a thousandth."""


def faults(name: str, seeds: Iterator[int]) -> Iterator[tuple[int, str]]:
    """Yield the seed and the traceback of each input that a parser does not survive."""
    parser = PARSERS[name]
    for seed in seeds:
        text = input_of(parser, name, seed)
        started = time.process_time()
        fault = fault_of(parser, text)
        taken = time.process_time() - started
        if fault:
            yield seed, fault
        elif taken > TOO_LONG:
            yield seed, f"it takes {taken:.1f} s for {len(text)} characters"


def _kind(fault: str) -> str:
    return re.sub(r"\d+", "N", fault.splitlines()[-1])[:80]


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--inputs", type=int, default=2_000_000)
    arguments.add_argument("--parser", choices=[*PARSERS])
    arguments.add_argument("--seed", type=int)
    given = arguments.parse_args()
    names = [given.parser] if given.parser else [*PARSERS]
    if given.seed is not None:
        text = input_of(PARSERS[names[0]], names[0], given.seed)
        print(repr(text), fault_of(PARSERS[names[0]], text), sep="\n\n")
        return 0
    started, shown = time.monotonic(), Counter[str]()
    each = max(1, given.inputs // len(names))
    for name in names:
        before = time.monotonic()
        for seed, fault in faults(name, iter(range(each))):
            kind = f"{name}: {_kind(fault)}"
            shown[kind] += 1
            if shown[kind] == 1:
                print(f"--parser {name} --seed {seed}\n{fault}", flush=True)
        taken = time.monotonic() - before
        print(f"{name}: {each} inputs, {each / taken:.0f} a second", flush=True)
    total, taken = each * len(names), time.monotonic() - started
    print(f"{total} inputs in {taken:.0f} s, {total / taken:.0f} a second")
    for kind, number in shown.most_common():
        print(f"{number} x {kind}")
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main())
