"""What settings cost that are allowed: random ones and extreme ones of every lesson, through the door of a reader.

    python tests/bench/walk.py [stem …] [--settings 100] [--seed 1] [--slow 200]

Each line is a request that took more than --slow milliseconds of the server's own thread, or a result in the background
that failed, or took more than five seconds, 300 MB, or four times what had been estimated beforehand. At the end: per
lesson the most of each, and the ratios of measured to estimated time. Times are those of the processor, so that a busy
machine shows less in them; `silence` is by the clock, and how long the server's thread could not run meanwhile.
"""

import json
import random
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

import param
from bokeh.document import Document

import app  # noqa: F401 - says how many threads linear algebra may take
from app.shell import address, lessons
from app.shell.bridge import Bridge
from app.shell.budget import resident
from app.shell.reader import Reader
from app.shell.room import room
from app.shell.sequence import Sequence
from app.shell.text import Text
from engine.warm import compile_kernels

LONGEST = 120.0  # seconds that a result is waited for


class Spent(NamedTuple):
    request: float  # milliseconds of the server's thread
    background: float  # milliseconds of the others until the result was there; 0 where there was nothing to wait for
    silence: float  # the longest time for which the server's thread could not run meanwhile, milliseconds
    megabytes: float  # the most that was held above the beginning


def value_of(kind: param.Parameter, chance: random.Random) -> object:
    """An allowed value, often an extreme one, as it is written in an address."""
    if isinstance(kind, Sequence):
        low, high = kind.bounds
        count = chance.choice([1, 5, kind.most])
        return kind.encode([chance.choice([0, 1] if kind.binary else [low, high, 0.0]) for _ in range(count)])
    if isinstance(kind, Text):
        return "".join(chance.choice(kind.alphabet.strip()) for _ in range(chance.choice([kind.least, kind.most])))
    if isinstance(kind, param.Boolean):
        return chance.choice(["true", "false"])
    if isinstance(kind, param.Selector):
        return chance.choice(list(kind.objects))
    low, high = kind.bounds
    draw = chance.random() ** chance.choice([1, 4])  # also near the lower end, where densities are
    value = chance.choice([low, high, low + draw * (high - low)])
    return round(value) if isinstance(kind, param.Integer) else value


def some_settings(stem: str, chance: random.Random) -> dict[str, Any]:
    """A preset with many of its settings replaced."""
    page = room(stem)
    kinds = page.model_class.parameters()
    share = chance.choice([0.2, 0.5, 1.0])
    chosen = {name: value_of(kind, chance) for name, kind in kinds.items() if chance.random() < share}
    return {"preset": chance.choice(list(page.lesson.preset_values)), **chosen}


class Walker:
    """One reader without a server."""

    def __init__(self, stem: str) -> None:
        self.bridge = Bridge(name="bridge")
        self.reader = Reader(room(stem), {}, Document(), self.bridge)
        self.reader.show()
        self.sent = 0

    def restore(self, values: dict[str, Any]) -> Spent:
        self.sent += 1
        model, before = self.reader.model, resident()
        query = "&".join(f"{name}={address.quote_plus(str(value), safe='*,')}" for name, value in values.items())
        begun, all_begun = time.thread_time(), time.process_time()
        self.reader.requested("request", "", json.dumps([{"id": self.sent, "do": "restore", "query": query}]))
        request = time.thread_time() - begun
        silence, most, waited = 0.0, before, model.waits()
        started = last = time.perf_counter()
        while model.waits() and last - started < LONGEST:
            time.sleep(0.005)
            now = time.perf_counter()
            silence, last, most = max(silence, now - last), now, max(most, resident())
        background = time.process_time() - all_begun - (time.thread_time() - begun)
        if waited:
            begun = time.thread_time()
            self.reader._show_result()
            request = max(request, time.thread_time() - begun)
        held = max(most, resident()) - before
        return Spent(1000 * request, 1000 * background * waited, 1000 * silence, held)

    def end(self) -> None:
        self.reader.end(None)


def estimates(model: Any) -> tuple[float, float]:
    """Milliseconds and megabytes as the lesson estimates them; NaN where it has no such estimate."""
    load = sys.modules.get(f"lessons.{model.stem}.load")
    if load is None or not hasattr(load, "milliseconds"):
        return float("nan"), float("nan")
    from lessons.esn.drawn import Drawn

    return load.milliseconds(model.settings, Drawn()), load.megabytes(model.settings)


def walked(stem: str, number: int, seed: int, slow: float) -> Iterator[tuple[Spent, float, float]]:
    chance = random.Random(f"{stem} {seed}")
    for _ in range(number):
        values, walker = some_settings(stem, chance), Walker(stem)
        spent = walker.restore(values)
        guess, size = estimates(walker.reader.model)
        wrong = spent.background > 500 and spent.background / guess > 4
        failure = getattr(getattr(walker.reader.model, "latest", None), "failure", "")
        if spent.request > slow or spent.background > 5000 or wrong or spent.megabytes > 300 or failure:
            print(f"{stem}: {describe(spent)}; estimated {guess:.0f} ms, {size:.0f} MB {failure}")
            print(f"    {'&'.join(f'{k}={str(v)[:24]}' for k, v in values.items())}", flush=True)
        walker.end()
        yield spent, guess, size


def describe(spent: Spent) -> str:
    return (f"request {spent.request:.0f} ms, background {spent.background:.0f} ms, silence {spent.silence:.0f} ms, "
            f"{spent.megabytes:.0f} MB")  # fmt: skip


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("stems", nargs="*")
    parser.add_argument("--settings", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow", type=float, default=200)
    given = parser.parse_args()
    compile_kernels()
    for stem in given.stems or lessons.stems():
        found = list(walked(stem, given.settings, given.seed, given.slow))
        most = Spent(*(max(values) for values in zip(*(spent for spent, *_ in found), strict=True)))
        print(f"{stem}: at most {describe(most)}")
        ratios = sorted(spent.background / guess for spent, guess, _ in found if spent.background > 500)
        if ratios:
            middle = ratios[len(ratios) // 2]
            print(f"    measured / estimated time: {ratios[0]:.2f} … {middle:.2f} … {ratios[-1]:.2f} of {len(ratios)}")


if __name__ == "__main__":
    main()
