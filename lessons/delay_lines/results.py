"""What is computed for each topic: one engine run, and the plotted columns."""

from typing import NamedTuple

import numpy as np

from engine import delay_line, delay_tasks, distributed, focused
from lessons.delay_lines.parameters import DelayParameters
from lessons.delay_lines.training import NOISE, STEPS, Contest, judged, outputs

# Traces by topic, as they stand in the table; the pattern has its own.
COLUMNS = {
    "line": ("x", "h1", "h2", "y"),
    "focused": ("x", "h1", "h2", "y"),
    "generalised": ("x",),
    "distributed": ("x", "h1", "h2", "y"),
    "focused gamma": ("x", "y", "d", "y_gamma"),
    "training": ("x", "y", "d", "y_gamma"),
    "pattern": ("x", "y", "evidence"),
}
FAR = 1000  # lags until which the kernels' recalls are added up


class Line(NamedTuple):
    """A tapped line with a static net on top."""

    x: np.ndarray  # (T,)
    params: focused.FocusedParams
    activation: str
    run: focused.FocusedRun


class Generalised(NamedTuple):
    x: np.ndarray  # (T,)
    taps: np.ndarray  # (T, K)
    kernels: np.ndarray  # (FAR, K)
    profile: delay_line.Profile
    recall: np.ndarray  # (FAR,)


class Distributed(NamedTuple):
    x: np.ndarray  # (T,)
    layers: list[distributed.DelayLayer]
    run: distributed.DistributedRun
    field: tuple[int, ...]  # lags that y(t) sees


class Learned(NamedTuple):
    """Two networks after a stage of learning; h and taps are those of the gamma line's."""

    contest: Contest
    stage: int
    x: np.ndarray  # (T,)
    d: np.ndarray  # (T,)
    tapped: focused.FocusedRun
    gamma: focused.FocusedRun
    alpha: float


class Pattern(NamedTuple):
    contest: Contest
    stage: int
    x: np.ndarray  # (T,) the pattern at the chosen place
    y: np.ndarray  # (T,) what the sliding network says at each step
    look: float  # what the one look says
    evidence: np.ndarray  # (T,) sum of y so far


Result = Line | Generalised | Distributed | Learned | Pattern


def of_line(m: DelayParameters) -> Line:
    x, (params, activation) = m.input(), m.static_net()
    return Line(x, params, activation, focused.ftdnn(x, params, m.delays, activation=activation))


def of_generalised(m: DelayParameters) -> Generalised:
    x = m.input()
    kernels = delay_line.kernels(m.kernel, FAR, taps=m.taps, alpha=m.alpha)
    taps = delay_line.line(x, m.kernel, taps=m.taps, alpha=m.alpha)
    return Generalised(x, taps, kernels, delay_line.profile(kernels), delay_line.recall(kernels))


def of_distributed(m: DelayParameters) -> Distributed:
    x, layers = m.input(), m.layers()
    return Distributed(x, layers, distributed.run(x, layers), distributed.receptive_field(m.all_delays))


def of_contest(m: DelayParameters, contest: Contest) -> Learned | Pattern:
    """The networks of a training at the chosen stage, or at its last one where it has not been learned yet."""
    last = len(contest.first.course.weights) - 1
    stage = min(m.stage, last)
    if contest.settings.task == "pattern":
        x = pattern_shown(m)
        y = distributed.run(x, contest.second.at(stage)).h[-1][:, 0]
        return Pattern(contest, stage, x, y, float(judged(x, contest.first.at(stage))), np.cumsum(y))
    tapped, gamma, alpha = outputs(contest, stage)
    return Learned(contest, stage, contest.data.x, contest.data.d, tapped, gamma, alpha)


def pattern_shown(m: DelayParameters) -> np.ndarray:
    """Noise of the seed, and the pattern where the reader has put it."""
    x = np.random.default_rng([m.seed, 2]).uniform(-NOISE, NOISE, STEPS["pattern"])
    shape = pattern_shape(m)
    x[m.place - 1 : m.place - 1 + len(shape)] += shape
    return x


def pattern_shape(m: DelayParameters) -> tuple[float, ...]:
    return tuple(-value if m.falls else value for value in delay_tasks.RISE)


def columns(m: DelayParameters, r: Result) -> dict[str, np.ndarray]:
    """The traces of the table and of the plots, (T,) each."""
    if isinstance(r, Generalised):
        return {"x": r.x} | {f"tap{k + 1}": tap for k, tap in enumerate(r.taps.T)}
    if isinstance(r, Pattern):
        return {"x": r.x, "y": r.y, "evidence": r.evidence}
    if isinstance(r, Learned):
        return {"x": r.x, "y": r.tapped.y[:, 0], "d": r.d, "y_gamma": r.gamma.y[:, 0]}
    h, y = (r.run.h, r.run.y[:, 0]) if isinstance(r, Line) else (r.run.h[0], r.run.h[-1][:, 0])
    second = h[:, 1] if h.shape[1] > 1 else np.full(len(r.x), np.nan)
    return {"x": r.x, "h1": h[:, 0], "h2": second, "y": y}


def error(r: Learned, y: np.ndarray, counted: np.ndarray) -> float:
    """Mean squared error of y (T,) over the counted steps."""
    return float(((r.d - y)[counted] ** 2).mean())


def guessing(d: np.ndarray, counted: np.ndarray) -> float:
    """The error of always saying the mean."""
    return float(d[counted].var())
