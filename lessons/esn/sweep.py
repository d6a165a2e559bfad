"""A sweep in the background: error and memory capacity over spectral radius and leak rate, for several seeds.

The points are measured in the threads of several jobs, which take them from one queue. After every point the sweep
publishes a `Snapshot` by one assignment; whatever a page reads from a snapshot never changes afterwards.
"""

import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, product
from typing import NamedTuple

import numpy as np

from app.shell.job import WORKERS, Job, Unwanted
from lessons.esn import topics
from lessons.esn.drawn import Drawn
from lessons.esn.parameters import EsnParameters
from lessons.esn.settings import Settings

MEASURES = ("error", "memory")
SPECTRAL_RADII = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4, 1.7, 2.2, 3.0)
LEAK_RATES = (0.1, 0.2, 0.4, 0.7, 1.0)  # and the present one
KEPT_WEIGHTS = 4_000_000  # recurrent weights that a sweep keeps; beyond that, drawing again is the lesser evil
STARTS_ANEW = "Settings changed: the sweep starts from its beginning."
LEFT = "The sweep was paused when you left it: “Go on” continues it."


class Plan(NamedTuple):
    """What a sweep depends on: settings without ρ and leak rate, and how many seeds from theirs on."""

    settings: Settings
    n_seeds: int

    @classmethod
    def of(cls, model: EsnParameters) -> "Plan":
        return cls(model.settings._replace(topic="sweep", spectral_radius=0.0, leak_rate=0.0), model.n_seeds)


class Place(NamedTuple):
    """Where a point lies in the arrays of a snapshot, after the measure."""

    leak: int
    radius: int
    seed: int


class Snapshot(NamedTuple):
    """All there is to show after `n_done` points. NaN: not measured yet, or the target does not vary."""

    n_done: int
    error: np.ndarray  # (n_leak_rates, n_spectral_radii, n_seeds) normalised, on new data
    memory: np.ndarray  # same shape: memory capacity
    seconds: float  # how long the points took, waiting for other readers included


class Sweep:
    """The sweep of one reader, and buttons for it: `start`, `pause`, `stop`.

    plan is fixed: another one needs another Sweep. leak_rate: its curve comes first; it is added to the grid if need
    be. connected() says whether any browser still shows the page. `state` is "ready", "running", "paused", "finished"
    or "failed"; after `stop` it is "ready" again, and nothing is measured. `remark` says what happened without the
    reader's asking, until one of the buttons is pressed.
    """

    def __init__(self, plan: Plan, leak_rate: float, connected: Callable[[], bool], remark: str = "") -> None:
        self.plan, self.leak_rate, self.remark, self._connected = plan, leak_rate, remark, connected
        self.leak_rates = tuple(sorted({*LEAK_RATES, leak_rate}))
        self.n_points = len(MEASURES) * len(self.leak_rates) * len(SPECTRAL_RADII) * plan.n_seeds
        self._make_ready()

    def _make_ready(self) -> None:
        # A step that is still under way in a stopped job ends in the course that it belongs to, which nobody reads.
        self._course = _Course(self.plan, self.leak_rates, self.leak_rates.index(self.leak_rate))
        self._jobs = [Job(self._course.step, self._connected, owner=self._course) for _ in range(WORKERS)]

    def start(self) -> None:
        """Measure until all points are done; also goes on after a pause."""
        self.remark = ""
        self._course.resume()
        for job in self._jobs:
            job.start()

    def pause(self, remark: str = "") -> None:
        self.remark = remark
        for job in self._jobs:
            job.pause()

    def stop(self) -> None:
        """End the work and forget what was measured."""
        self.remark = ""
        self.close()
        self._make_ready()

    def close(self) -> None:
        """End the work for good."""
        for job in self._jobs:
            job.stop()

    @property
    def state(self) -> str:
        if self.shown.n_done == self.n_points:
            return "finished"  # even where a worker was paused before it saw that nothing is left
        states = {job.state for job in self._jobs}
        return next(state for state in ("failed", "running", "paused", "finished", "ready") if state in states)

    @property
    def failure(self) -> str:
        """Why the work failed, or an empty text."""
        return next((job.failure for job in self._jobs if job.failure), "")

    @property
    def shown(self) -> Snapshot:
        """The state after the latest point. Read it once where several of its parts must fit together."""
        return self._course.snapshot

    @property
    def progress(self) -> float:
        """Share of the points that are done, 0 to 1."""
        return self.shown.n_done / self.n_points

    @property
    def seconds_left(self) -> float:
        """At the pace so far; NaN before the first point."""
        shown = self.shown
        return shown.seconds / shown.n_done * (self.n_points - shown.n_done) if shown.n_done else np.nan


class _Course:
    """One sweep from its first point on. Any number of threads may call `step` at once."""

    def __init__(self, plan: Plan, leak_rates: tuple[float, ...], first_leak: int) -> None:
        self._plan, self._leak_rates = plan, leak_rates
        self._places = order(len(leak_rates), first_leak, plan.n_seeds)
        self._lock = threading.Lock()  # of all that changes
        shape = (len(MEASURES), len(leak_rates), len(SPECTRAL_RADII), plan.n_seeds)
        self._values = np.full(shape, np.nan)
        self._n_done, self._failed = 0, False
        self._since, self._seconds = 0.0, 0.0
        most = KEPT_WEIGHTS / (plan.settings.n_units**2 * plan.settings.density)
        # Each seed is drawn once. Two threads may use a `Drawn` at once only because it is always for the same seed.
        self._drawn = lru_cache(max(1, min(plan.n_seeds, int(most))))(lambda seed: Drawn(spectrum=False))
        self.snapshot = self._take()

    def resume(self) -> None:
        """The time until now was a pause."""
        with self._lock:
            self._since = time.perf_counter()

    def step(self) -> bool:
        """Measure the next point, if there is one; says whether there was."""
        with self._lock:
            task = None if self._failed else next(self._places, None)
        if task is None:
            return False
        number, place = task
        try:
            value = self._measure(MEASURES[number], place)
        except Unwanted:
            with self._lock:  # whoever goes on measures it
                self._places = chain([task], self._places)
            raise
        except Exception:
            self._failed = True
            raise
        with self._lock:
            self._values[(number, *place)] = value
            now = time.perf_counter()
            self._seconds, self._since = self._seconds + now - self._since, now
            self._n_done += 1
            self.snapshot = self._take()
        return True

    def _measure(self, measure: str, place: Place) -> float:
        settings = self._plan.settings._replace(
            spectral_radius=SPECTRAL_RADII[place.radius], leak_rate=self._leak_rates[place.leak],
            seed=self._plan.settings.seed + place.seed,
        )  # fmt: skip
        return measured(measure, settings, self._drawn(place.seed))

    def _take(self) -> Snapshot:
        values = self._values.copy()
        values.flags.writeable = False
        error, memory = values
        return Snapshot(self._n_done, error, memory, self._seconds)


def measured(measure: str, settings: Settings, drawn: Drawn) -> float:
    """What the topics “recipe” and “memory” say of these settings."""
    if measure == "error":
        return topics.recipe(settings._replace(topic="recipe"), drawn).error_new
    return topics.memory_capacity(topics.prepared(settings._replace(topic="memory"), drawn)).total


def order(n_leak_rates: int, first_leak: int, n_seeds: int) -> Iterator[tuple[int, Place]]:
    """Indices of measure and place, such that the picture fills from coarse to fine.

    First the curve over ρ at one leak rate, seed by seed; then all others of the map, seed by seed.
    """
    others = [leak for leak in range(n_leak_rates) if leak != first_leak]
    for leaks in ([first_leak], others):
        for seed, radius, leak in product(range(n_seeds), coarse_to_fine(len(SPECTRAL_RADII)), leaks):
            for measure in range(len(MEASURES)):
                yield measure, Place(leak, radius, seed)


def coarse_to_fine(n: int) -> list[int]:
    """0…n−1: those that the largest power of two divides come first."""
    return sorted(range(n), key=lambda k: (-(k & -k or n), k))


class SweepsLive(EsnParameters):
    """What a page's model needs for one sweep at a time; the settings are parameters of the page."""

    acts = ("start", "pause", "stop")
    _sweep: Sweep | None = None

    @property
    def sweep(self) -> Sweep:
        """The sweep of the present settings. ρ may change, and once it has begun the leak rate; others start anew."""
        wanted, now = Plan.of(self), self._sweep
        if now is None or now.plan != wanted or (now.state == "ready" and now.leak_rate != self.leak_rate):
            dropped = now is not None and (now.shown.n_done > 0 or now.remark == STARTS_ANEW)
            self.end_sweep()
            now = self._sweep = Sweep(wanted, self.leak_rate, lambda: self.connected(), STARTS_ANEW if dropped else "")
        return now

    def start(self) -> None:
        """Only while it is shown: a sweep that nobody sees pauses."""
        if self.topic_shown == "sweep":
            self.sweep.start()

    def pause(self) -> None:
        self.sweep.pause()

    def stop(self) -> None:
        self.sweep.stop()

    def busy(self) -> bool:
        return self._sweep is not None and self._sweep.state == "running"

    def pause_sweep(self) -> None:
        """Nobody looks at the sweep any more; whoever comes back is told."""
        if self._sweep is not None and self.busy():
            self._sweep.pause(LEFT)

    def end_sweep(self) -> None:
        if self._sweep is not None:
            self._sweep.close()
        self._sweep = None
