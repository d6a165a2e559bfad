"""How long the three gradients take on this machine, for networks of several sizes."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine import gradients, rnn

METHODS: dict[str, Callable[..., object]] = {
    "BPTT": gradients.bptt,
    "unrolled": gradients.unrolled,
    "RTRL": gradients.rtrl,
}
UNITS, STEPS = (2, 4, 8, 16, 24), (10, 100, 1000)
MEASURED_STEPS = 100  # of the networks of several sizes: long enough for the sums to outweigh the call
REPEATS = 3


class Timings(NamedTuple):
    """Seconds by method: for UNITS at MEASURED_STEPS, and for STEPS at `n_units`."""

    n_units: int
    by_units: dict[str, np.ndarray]
    by_steps: dict[str, np.ndarray]


def measure(n_units: int) -> Timings:
    """Best of a few runs for each method and size: about a tenth of a second in all."""
    return Timings(
        n_units,
        {name: np.array([_seconds(method, n, MEASURED_STEPS) for n in UNITS]) for name, method in METHODS.items()},
        {name: np.array([_seconds(method, n_units, steps) for steps in STEPS]) for name, method in METHODS.items()},
    )


def _seconds(method: Callable[..., object], n_units: int, n_steps: int) -> float:
    """Best of a few runs of one method at one size."""
    rng = np.random.default_rng(0)
    W = rng.normal(0, 0.9 / np.sqrt(n_units), (n_units, n_units))
    params = rnn.RnnParams(rng.normal(size=(n_units, 1)), W, np.zeros(n_units))
    x, explicit, best = rng.normal(size=n_steps), np.ones((n_steps, n_units)), np.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        method(x, params, explicit)
        best = min(best, time.perf_counter() - start)
    return best
