"""Signals to feed the networks. Each is a (n,) float64 array whose entry t belongs to step t + 1; time is in steps.

The sunspot numbers are yearly means, shipped as engine/data/sunspots.csv with their source in its first lines.
"""

import functools
from pathlib import Path

import numpy as np

from engine import _validate

_SUNSPOTS = Path(__file__).parent / "data" / "sunspots.csv"


def _length(n):
    return _validate.integer("n", n, low=1)


def _phase(n, period):
    """Time in periods, 0 at the first step."""
    return np.arange(_length(n)) / _validate.number("period", period, low=2)


def impulse(n):
    """1 at the first step and 0 after it: (n,). Raises ValueError unless n >= 1."""
    return (np.arange(_length(n)) == 0).astype(np.float64)


def step(n):
    """1 at every step: (n,). Raises ValueError unless n >= 1."""
    return np.ones(_length(n))


def sine(n, period):
    """sin(2 pi t / period) for t = 0 ... n-1: (n,). Raises ValueError unless n >= 1 and period >= 2 steps."""
    return np.sin(2 * np.pi * _phase(n, period))


def square(n, period):
    """1 in the first half of each period and -1 in the second: (n,). Raises ValueError as `sine` does."""
    return np.where(_phase(n, period) % 1 < 0.5, 1.0, -1.0)


def noise(n, rng):
    """Uniform white noise in [-1, 1): (n,). Raises ValueError unless n >= 1 and rng is a numpy.random.Generator."""
    return _validate.generator("rng", rng).uniform(-1, 1, _length(n))


@functools.cache
def _read_sunspots():
    years, numbers = np.loadtxt(_SUNSPOTS, delimiter=",", unpack=True)
    return years.astype(np.int64), numbers


def sunspots():
    """Yearly mean sunspot numbers, 1700 to 2008: years (309,) integers, numbers (309,), fresh copies of both.

    Source: National Geophysical Data Center, public domain (the international sunspot number in its original scale).
    """
    years, numbers = _read_sunspots()
    return years.copy(), numbers.copy()


def scaled(values):
    """Centre on the mean and divide by the largest distance from it, so that all lie in [-1, 1] and one end is reached.

    values: (n,), n >= 1. Returns (n,); a constant sequence gives zeros. Raises ValueError unless all are finite.
    """
    values = _validate.sequence("values", values)
    # dividing twice keeps the mean of very large values from overflowing
    values /= np.abs(values).max() or 1.0
    values -= values.mean()
    return values / (np.abs(values).max() or 1.0)
