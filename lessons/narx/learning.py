"""The levitation plant's records, and what training makes of a network: computed once for settings, shown in stages."""

import functools
from typing import NamedTuple

import numpy as np

from engine import levitation, narx, narx_learning, narx_loop, pieces
from engine.narx import NarxParams

N_STEPS, INTERVAL = 200, 0.05  # samples of a record, and seconds between them
LOWEST, HIGHEST = 1.0, 3.0  # amperes
SHORTEST, LONGEST = 5, 30  # samples for which a current is held
REST = 4  # samples at rest before step 1: as many as the longest line of delays
STAGES, EACH = 40, {"Levenberg–Marquardt": 1, "gradient descent": 25}  # updates of a stage, by method
RULES = dict(zip(EACH, narx_learning.METHODS, strict=True))
RECORDS = ["training", "new", "drawn"]
X_SHIFT, X_SCALE, Y_SHIFT, Y_SCALE = 2.0, 1.0, 2.5, 2.0  # what a network that learns hears is of size 1
LEARNING_RATE = 0.01


class Settings(NamedTuple):
    """All that a trained network depends on."""

    seed: int
    n_units: int
    input_delays: int
    feedback_delays: int
    measured_noise: float
    trained_in: str
    method: str
    teacher_noise: float


class Record(NamedTuple):
    """Steps 1 … T of the plant. Before step 1 it rested at the first current."""

    current: np.ndarray  # (T,)
    position: np.ndarray  # (T,) of the magnet itself
    measured: np.ndarray  # (T,) with the noise of the measurement

    def before(self) -> dict[str, np.ndarray]:
        """What a network hears of the time before step 1."""
        rest = float(levitation.resting_position(self.current[0]))
        return {"x_before": np.full(REST, self.current[0]), "y_before": np.full(REST, rest)}


class Errors(NamedTuple):
    """Root mean square errors of one network on one record, in the units of the position."""

    opened: float  # one step ahead
    closed: float  # the whole record alone


class Course(NamedTuple):
    """A whole training; row k is after k stages."""

    settings: Settings
    weights: np.ndarray  # (STAGES + 1, P)
    opened: np.ndarray  # (STAGES + 1,) root mean square errors on the training record
    closed: np.ndarray  # (STAGES + 1,)

    def network(self, stage: int) -> NarxParams:
        """The network after a number of stages, for amperes and positions as they are."""
        return narx_learning.from_vector(self.weights[stage], _start(self.settings))


def record(seed: int, kind: str, noise: float, drawn: tuple[float, ...] = ()) -> Record:
    """One of RECORDS: that of the training, one of another current, or the answer to a drawn current."""
    rng = np.random.default_rng([seed, RECORDS.index(kind)])
    current = (
        np.array(drawn)
        if kind == "drawn"
        else levitation.random_current(N_STEPS, rng, low=LOWEST, high=HIGHEST, shortest=SHORTEST, longest=LONGEST)
    )
    start = float(levitation.resting_position(current[0]))
    position = levitation.run(current, interval=INTERVAL, position=start).position
    return Record(current, position, position + noise * rng.standard_normal(position.size))


def _start(s: Settings) -> NarxParams:
    rng = np.random.default_rng([s.seed, 7])
    return narx_learning.initial(s.n_units, s.input_delays, s.feedback_delays, rng)


def _in_units(params: NarxParams) -> NarxParams:
    return narx_learning.in_units(params, x_shift=X_SHIFT, x_scale=X_SCALE, y_shift=Y_SHIFT, y_scale=Y_SCALE)


def _scaled(found: Record, longest: int) -> narx_learning.Record:
    """The record as the network learns it, with as many samples at rest as its longest delay."""
    before = found.before()
    current = np.concatenate([before["x_before"][-longest:], found.current])
    measured = np.concatenate([before["y_before"][-longest:], found.measured])
    return narx_learning.Record((current - X_SHIFT) / X_SCALE, (measured - Y_SHIFT) / Y_SCALE)


def errors(params: NarxParams, found: Record) -> Errors:
    """One step ahead, and alone for the whole record."""
    before, sizes = found.before(), []
    for teacher in (found.measured, None):
        y = narx.run(found.current, params, teacher=teacher, **before).y[:, 0]
        sizes.append(float(np.sqrt(np.mean((y - found.measured) ** 2))))
    return Errors(*sizes)


@functools.lru_cache(maxsize=256)
def course(s: Settings) -> Course:
    """The whole training of some settings; all readers share it, so that it can't be written to."""
    found = record(s.seed, "training", s.measured_noise)
    start = _start(s)
    trainer = narx_learning.Trainer(
        _scaled(found, max(s.input_delays, s.feedback_delays)),
        start,
        arrangement=s.trained_in,
        method=RULES[s.method],
        learning_rate=LEARNING_RATE,
        noise=s.teacher_noise / Y_SCALE,
        rng=np.random.default_rng([s.seed, 8]),
    )
    networks = [_in_units(start)]
    for _ in range(STAGES):
        pieces.look()
        for _ in range(0 if trainer.finished else EACH[s.method]):
            trainer.step()
        networks.append(_in_units(trainer.params))
    judged = np.array([errors(params, found) for params in networks])
    result = Course(s, np.array([narx_learning.vector(params) for params in networks]), *judged.T.copy())
    for array in result[1:]:
        array.flags.writeable = False
    return result


def horizon_error(params: NarxParams, found: Record, n_ahead: int) -> np.ndarray:
    """(n_ahead,) root mean square error of predictions 1 … n_ahead steps ahead, over all steps to start from."""
    n_ahead = min(n_ahead, found.current.size)
    predicted = narx.ahead(found.current, found.measured, params, n_ahead, **found.before())[:, :, 0]
    windows = np.lib.stride_tricks.sliding_window_view(found.measured, n_ahead)
    return np.sqrt(np.mean((predicted - windows) ** 2, axis=0))


def loop_factor(params: NarxParams, found: Record, *, opened: bool) -> np.ndarray:
    """(T,) by what factor the loop multiplies an error at each step, in the long run if it stays there."""
    teacher = found.measured if opened else None
    return narx_loop.factors(found.current, params, teacher=teacher, **found.before())
