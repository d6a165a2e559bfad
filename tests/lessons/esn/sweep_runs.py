"""Sweeps to test: of small reservoirs, or with numbers made up in place of measured ones."""

import itertools
import threading
from types import SimpleNamespace

import numpy as np

from lessons.esn import sweep as esn_sweep
from lessons.esn.model import Esn
from lessons.esn.sweep import LEAK_RATES, SPECTRAL_RADII, Plan, Snapshot, Sweep
from tests.readable import until

SMALL = {"topic": "sweep", "n_units": 12, "n_steps": 60, "washout": 5, "n_new": 20, "max_lag": 6, "n_seeds": 2,
         "density": 0.3, "leak_rate": 0.7, "seed": 3, "task": "delayed copy", "lag": 2}  # fmt: skip


def plan(**changed) -> Plan:
    return Plan.of(Esn(**SMALL | changed))


def made(measure: str, settings, drawn) -> float:
    """A number that tells where it was measured; the error is smallest at ρ = 1, where memory is greatest."""
    away = abs(settings.spectral_radius - 1) + settings.leak_rate + settings.seed / 100
    return 1e-3 * 10**away if measure == "error" else 50 - 10 * away


class Gate:
    """Measures as `made` does, but can be held up, by itself at a given call, and can fail at a given call."""

    def __init__(self, fails_at: int | None = None, holds_at: int | None = None):
        self.begun, self.fails_at, self.holds_at, self.open = [], fails_at, holds_at, threading.Event()
        self._numbers = itertools.count(1)
        self.open.set()

    def __call__(self, measure, settings, drawn) -> float:
        number = next(self._numbers)
        self.begun.append((measure, settings.spectral_radius, settings.leak_rate, settings.seed))
        if number == self.holds_at:
            self.open.clear()
        self.open.wait(30)
        if number == self.fails_at:
            raise ArithmeticError("a number is <too> large")
        return made(measure, settings, drawn)


def gated(monkeypatch, **given) -> Gate:
    gate = Gate(**given)
    monkeypatch.setattr(esn_sweep, "measured", gate)
    return gate


def begun(given: Plan, leak_rate: float = 0.7, connected=lambda: True) -> Sweep:
    sweep = Sweep(given, leak_rate, connected)
    sweep.start()
    return sweep


def ended(given: Plan, leak_rate: float = 0.7) -> Sweep:
    sweep = begun(given, leak_rate)
    until(lambda: sweep.state not in ("running", "paused"))
    return sweep


def threads() -> int:
    return sum(thread.name == "job" for thread in threading.enumerate())


def at(snapshot: Snapshot, **given) -> SimpleNamespace:
    """A model whose sweep has come to a snapshot."""
    model = Esn(**SMALL | given)
    sweep = Sweep(plan(), model.leak_rate, lambda: True)
    sweep._course.snapshot = snapshot
    return SimpleNamespace(sweep=sweep, leak_rate=model.leak_rate, spectral_radius=model.spectral_radius)


def measured(rows: int = 5) -> Snapshot:
    """Three seeds: errors of 0.1 away² around ρ = 1 at the best leak rate, 0.4; memory around 0.8 at 0.7."""
    leak = np.array(LEAK_RATES)[:, np.newaxis, np.newaxis]
    radius = np.array(SPECTRAL_RADII)[:, np.newaxis]
    seed = np.array([1.0, 0.5, 4.0])
    error = 0.01 * seed * (1 + (radius - 1) ** 2 + 10 * (leak - 0.4) ** 2)
    memory = 20 - 4 * (radius - 0.8) ** 2 - (leak - 0.7) ** 2 - seed
    for values in (error, memory):
        values[rows:] = np.nan
    return Snapshot(100, error, memory, 5.0)


EMPTY = Snapshot(0, np.full((5, len(SPECTRAL_RADII), 2), np.nan), np.full((5, len(SPECTRAL_RADII), 2), np.nan), 0.0)
