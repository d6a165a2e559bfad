"""What a result depends on, the inputs and targets of its tasks, and how the steps are shared out."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from app.parts.ranges import LIMIT
from engine import series, signals

MOST_BITS = 10  # of the parity task
LONGEST = 2001  # values of a series that are ever asked for: all steps and the one after them
MIDDLE, REACH = 0.85, 0.65  # of the Mackey-Glass series, which stays inside (0.2, 1.5)


class Settings(NamedTuple):
    """All parameters that a result depends on; hashable, so that a thread can be asked for it."""

    topic: str
    spectral_radius: float
    leak_rate: float
    input_scaling: float
    bias_scaling: float
    feedback_scaling: float
    n_units: int
    density: float
    topology: str
    weights: str
    late: float
    delay: int
    seed: int
    task: str
    signal: str
    lag: int
    period: int
    n_steps: int
    washout: int
    n_new: int
    x: tuple[float, ...]  # (n_steps,) of a drawn input, else empty
    log_ridge: float
    learning: str
    feedback_from: str
    forgetting: float
    max_lag: int

    @property
    def ridge(self) -> float:
        return 10.0**self.log_ridge

    @property
    def has_feedback(self) -> bool:
        """Whether the output comes back: memory is measured without, or the readout's target would tell the answer."""
        return self.feedback_scaling > 0 and self.topic != "memory"

    @property
    def n_channels(self) -> int:
        """How many numbers the task's input and its target have at each step."""
        return TASKS[self.task].n_channels

    @property
    def n_bits(self) -> int:
        """How many bits the parity is taken of."""
        return min(self.lag, MOST_BITS)


class Task(NamedTuple):
    """An input, and what the readout is asked for: `target(settings, x)`, or where that is None the next input."""

    generate: Callable[[Settings, int], np.ndarray]  # at most so many rows, (n, n_channels)
    target: Callable[[Settings, np.ndarray], np.ndarray] | None = None  # (T,) from (T,)
    low: float = -1.0  # limits of the generated input
    high: float = 1.0
    n_channels: int = 1


def input_generator(seed: int) -> np.random.Generator:
    """Random numbers of the input: other ones than those of the weights."""
    return np.random.default_rng([seed, 1])


def _uniform(settings: Settings, n: int) -> np.ndarray:
    return np.round(input_generator(settings.seed).uniform(-1, 1, n), 2)


def _bits(settings: Settings, n: int) -> np.ndarray:
    return np.where(input_generator(settings.seed).uniform(-1, 1, n) < 0, -1.0, 1.0)


def _narma_input(settings: Settings, n: int) -> np.ndarray:
    return np.round(signals.narma_input(n, input_generator(settings.seed)), 2)


@lru_cache(maxsize=4)
def _mackey_glass(tau: int) -> np.ndarray:
    values = (signals.mackey_glass(LONGEST, tau) - MIDDLE) / REACH
    values.flags.writeable = False  # shared by all readers
    return values


def _sunspots(settings: Settings, n: int) -> np.ndarray:
    return series.scaled(series.sunspots()[1])[:n]


TASKS: dict[str, Task] = {
    "delayed copy": Task(_uniform, lambda s, x: signals.delayed(x, s.lag)),
    "parity": Task(_bits, lambda s, x: signals.parity_of_last(x, s.n_bits)),
    "sine": Task(lambda s, n: series.sine(n, s.period)),
    "Mackey-Glass 17": Task(lambda s, n: _mackey_glass(17)[:n]),
    "Mackey-Glass 30": Task(lambda s, n: _mackey_glass(30)[:n]),
    "NARMA-10": Task(_narma_input, lambda s, x: signals.narma10(x), low=0.0, high=0.5),
    "figure of eight": Task(lambda s, n: signals.figure_eight(n, s.period), n_channels=2),
    "sunspots": Task(_sunspots),
    "pulse": Task(lambda s, n: series.impulse(n), lambda s, x: signals.delayed(x, s.lag)),
    "silence": Task(lambda s, n: np.zeros(n), lambda s, x: signals.delayed(x, s.lag)),
}


def _generated(settings: Settings, n: int) -> np.ndarray:
    """At most n rows of the task's own input, (T, m)."""
    rows = TASKS[settings.task].generate(settings, n)
    return rows[:, np.newaxis] if rows.ndim == 1 else rows


def given_input(settings: Settings) -> np.ndarray:
    """The input, (T, m). T is n_steps, or as long as the series is; a drawn input takes the first channel's place."""
    x = np.array(_generated(settings, settings.n_steps))
    if settings.signal == "drawn":
        x[:, 0] = allowed(settings.task, np.array(settings.x[: len(x)]))
    return x


def allowed(task: str, x: np.ndarray) -> np.ndarray:
    """A drawn input as the task reads it: two values only for parity, none outside 0…0.5 for NARMA."""
    if task == "parity":
        return np.where(x < 0, -1.0, 1.0)
    return np.clip(x, 0.0, 0.5) if task == "NARMA-10" else x


def targets(settings: Settings, x: np.ndarray) -> np.ndarray:
    """What the readout is asked for in the present topic, (T, k); NaN where nobody knows it or it ran away."""
    if settings.topic == "memory":
        return signals.delayed(x[:, 0], settings.lag)[:, np.newaxis]
    if settings.topic == "free run":
        return x.copy()
    task = TASKS[settings.task]
    if task.target is None:
        return _next_value(settings, x)
    d = task.target(settings, x[:, 0])
    gone = np.flatnonzero(~(np.abs(d) <= LIMIT))
    if gone.size:
        d[gone[0] :] = np.nan
    return d[:, np.newaxis]


def _next_value(settings: Settings, x: np.ndarray) -> np.ndarray:
    """x(t+1), (T, m). After a drawn input and at the end of a series the next value is not known."""
    d = np.full_like(x, np.nan)
    d[:-1] = x[1:]
    after = _generated(settings, len(x) + 1)[len(x) :]
    if settings.signal != "drawn" and len(after):
        d[-1] = after[0]
    return d


def split(settings: Settings, n_steps: int) -> tuple[int, int]:
    """(washout, n_train): rows washout…n_train−1 train the readout, rows from n_train on are new data.

    Of too few steps, half at most are new, and of the others half at most are washed out.
    """
    n_train = n_steps - min(settings.n_new, n_steps // 2)
    return min(settings.washout, n_train // 2), n_train
