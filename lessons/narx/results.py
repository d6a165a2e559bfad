"""What the engine makes of the settings, by topic."""

import functools
from typing import Any, NamedTuple

import numpy as np

from engine import narx, narx_loop
from lessons.narx import learning, weights
from lessons.narx.learning import Course, Errors, Record
from lessons.narx.parameters import NarxParameters


class Hand(NamedTuple):
    """Solved Problem P12.2. Row t of an array is step t + 1."""

    params: narx.NarxParams
    x: np.ndarray  # (T, 2)
    d: np.ndarray  # (T, 2)
    run: narx.NarxRun
    heard: np.ndarray  # (T, 8) x(t-1), x(t-2), y(t-1), y(t-2)


class Rows(NamedTuple):
    """Exercise E12.3."""

    x: np.ndarray  # (T,)
    d: np.ndarray  # (T,)
    table: narx.Table
    input_delays: int


class Plant(NamedTuple):
    """A trained network on a record of the levitation plant."""

    course: Course
    stage: int
    opened: bool
    params: narx.NarxParams
    record: Record
    run: narx.NarxRun
    heard: np.ndarray  # (T, d + D)
    factor: np.ndarray  # (T,) of the loop
    far: np.ndarray  # (T,) what was predicted `n_ahead` steps before; NaN at first
    errors: Errors  # on the whole record
    ahead: np.ndarray  # (60,) root mean square error by the number of steps ahead
    spread: float  # the error of always saying the whole record's mean

    @property
    def y(self) -> np.ndarray:
        return self.run.y[:, 0]

    @property
    def e(self) -> np.ndarray:
        return self.record.measured - self.y


class Unfolded(NamedTuple):
    """One unit whose outputs come back with several delays, and the derivative of the last output."""

    params: narx.NarxParams
    x: np.ndarray  # (T,)
    opened: bool
    run: narx.NarxRun
    back: np.ndarray  # (T,) dy(T)/dy(t)
    through: np.ndarray  # (T, D) the part of it that copy t + j sends back
    ways: list[int]  # from copy 1 to copy t
    fewest: list[int]  # edges of the shortest of them

    @property
    def y(self) -> np.ndarray:
        return self.run.y[:, 0]


Result = Hand | Rows | Plant | Unfolded
N_AHEAD = 60


def compute(m: NarxParameters, course: Course | None) -> Result:
    """Of the present topic; `course` is the training, where the topic has one."""
    if m.topic == "plant":
        assert course is not None
        return plant(m, course)
    if m.topic == "by hand":
        return hand(m)
    return rows(m) if m.topic == "table" else unfolded(m)


def hand(m: NarxParameters) -> Hand:
    params = weights.params(m)
    x, d = (np.stack([m.sequence(f"{name}1"), m.sequence(f"{name}2")], axis=1) for name in "xd")
    given: dict[str, Any] = {"activation": "relu", "x_before": weights.BEFORE, "teacher": d if m.opened else None}
    return Hand(params, x, d, narx.run(x, params, **given), narx.heard(x, params, **given))


def rows(m: NarxParameters) -> Rows:
    x, d = m.sequence("p"), m.sequence("q")
    delays = range(1, m.input_delays + 1), range(1, m.feedback_delays + 1)
    return Rows(x, d, narx.table(x, d, *delays), m.input_delays)


def plant(m: NarxParameters, course: Course) -> Plant:
    drawn: tuple[float, ...] = ()
    if m.record == "drawn":
        drawn = tuple(m.parameters()["current"].padded(m.current, learning.N_STEPS).tolist())
    found = _on_record(course.settings, m.stage, m.record, drawn, m.opened)._replace(course=course)
    shown = Record(*(values[: m.n_steps] for values in found.record))
    far, n_ahead = np.full(m.n_steps, np.nan), min(m.n_ahead, m.n_steps)
    predicted = narx.ahead(shown.current, shown.measured, found.params, n_ahead, **shown.before())
    far[n_ahead - 1 :] = predicted[:, -1, 0]
    run = narx.NarxRun(*(values[: m.n_steps] for values in found.run))
    return found._replace(
        record=shown, run=run, heard=found.heard[: m.n_steps], factor=found.factor[: m.n_steps], far=far
    )


@functools.lru_cache(maxsize=128)
def _on_record(s: learning.Settings, stage: int, kind: str, drawn: tuple[float, ...], opened: bool) -> Plant:
    """A network on a whole record: all that a move of the cursor or of `n_ahead` leaves as it is."""
    course, found = learning.course(s), learning.record(s.seed, kind, s.measured_noise, drawn)
    params = course.network(stage)
    given = {"teacher": found.measured if opened else None, **found.before()}
    return Plant(
        course,
        stage,
        opened,
        params,
        found,
        narx.run(found.current, params, **given),
        narx.heard(found.current, params, **given),
        learning.loop_factor(params, found, opened=opened),
        np.full(found.current.size, np.nan),
        learning.errors(params, found),
        learning.horizon_error(params, found, N_AHEAD),
        float(found.measured.std()),
    )


def unfolded(m: NarxParameters) -> Unfolded:
    """Errors enter at the last copy only: dF/dy(T) = 1."""
    w, x, one = m.feedback_weights(), m.sequence("x"), np.ones((1, 1))
    params = narx.NarxParams(one[None], w[:, None, None], np.zeros(1), one, np.zeros(1))
    run = narx.run(x, params, activation=m.activation)
    target = run.y.copy()
    target[-1] -= 0.5  # so that the derivative of the squared error by y(T) is 1
    found = narx.gradient(x, target, params, activation=m.activation, teacher=run.y if m.opened else None)
    delays = range(1, w.size + 1)
    return Unfolded(
        params,
        x,
        m.opened,
        run,
        found.dF_dy[:, 0],
        found.through[:, :, 0],
        narx_loop.n_ways(m.n_steps, delays),
        narx_loop.fewest_steps(m.n_steps, delays),
    )


def traces(r: Result) -> dict[str, np.ndarray]:
    """What is plotted and exported, each (T,)."""
    if isinstance(r, Hand):
        parts = {"x": r.x, "a": r.run.net, "y": r.run.y, "d": r.d}
        return {f"{name}{k + 1}": values[:, k] for name, values in parts.items() for k in (0, 1)}
    if isinstance(r, Rows):
        return {"p": r.x, "q": r.d} | _columns(r)
    if isinstance(r, Plant):
        found = r.record
        return {"current": found.current, "measured": found.measured, "y": r.y, "far": r.far, "e": r.e,
                "factor": r.factor}  # fmt: skip
    return {"x": r.x, "y": r.y, "back": r.back, "ways": np.array(r.ways, dtype=float)}


def _columns(r: Rows) -> dict[str, np.ndarray]:
    """The table's columns over the steps of the page, NaN where a row is not complete."""
    found = {}
    for place, name in enumerate(names(r)):
        column = np.full(r.x.size, np.nan)
        column[r.table.steps] = r.table.inputs[:, place]
        found[name] = column
    return found


def names(r: Rows) -> list[str]:
    """p1 for p(t−1), q3 for the target three steps back: the table's columns."""
    d = r.input_delays
    return [f"p{j + 1}" for j in range(d)] + [f"q{j + 1}" for j in range(r.table.inputs.shape[1] - d)]
