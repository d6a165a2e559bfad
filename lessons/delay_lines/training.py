"""Two networks learn the same task side by side, from the start that a seed draws to the last update.

A training is over in a moment and depends on its settings alone, so it is computed whole, and the player shows its
stages. Memory lines: a tapped one and a gamma one. The pattern: one look at the whole sequence, and weights that slide.
"""

import functools
from typing import Any, NamedTuple

import numpy as np

from engine import delay_tasks, distributed, fitting, focused, gamma, series

STAGES, EACH = 40, 10  # the player goes through a training in stages of so many updates
N_UPDATES = STAGES * EACH
STEPS = {"sunspots": 200, "lag": 135, "memory": 140, "pattern": 30}
FIRST_TEST = {"sunspots": 141, "memory": 101}  # steps from here on are not learned from
FILLING = 12  # first steps of a sequence, while the lines fill: they do not count
GAIN = 5.0  # of the target of the memory task, so that it is about as large as x
# The pattern: where it stood while the networks learned, and where else it can stand.
LEARNED_PLACES, OTHER_PLACES = range(1, 12), range(14, 27)
N_PATTERNS, NOISE, PER_PLACE = 40, 0.2, 20
KERNEL = (0, 1, 2)  # delays of both layers of the sliding network


class Settings(NamedTuple):
    """What a training depends on."""

    task: str
    taps: int
    n_units: int
    activation: str
    lag: int
    target_alpha: float
    start_alpha: float
    learning_rate: float
    seed: int
    n_updates: int = N_UPDATES


class Data(NamedTuple):
    """Of the pattern there is nothing here: each of its sequences is one example."""

    x: np.ndarray  # (T,)
    d: np.ndarray  # (T,)
    train: np.ndarray  # (T,) bool
    test: np.ndarray  # (T,) bool


class Learner(NamedTuple):
    name: str
    objective: fitting.Objective
    course: fitting.Course

    @property
    def n_numbers(self) -> int:
        return self.course.weights.shape[1]

    def at(self, stage: int) -> Any:
        """Its parameters after a stage."""
        return self.objective.read(self.course.weights[min(stage, len(self.course.weights) - 1)])


class Contest(NamedTuple):
    """first: the tapped line, or one look; second: the gamma line, or the network that slides."""

    settings: Settings
    data: Data
    first: Learner
    second: Learner
    right: np.ndarray | None = None  # (STAGES + 1, 2, places) share of patterns named right; for the pattern only

    @property
    def learners(self) -> tuple[Learner, Learner]:
        return self.first, self.second


@functools.lru_cache(maxsize=64)
def train(settings: Settings) -> Contest:
    """The whole training; all readers share it, so that it can't be written to."""
    contest = _pattern(settings) if settings.task == "pattern" else _lines(settings)
    for learner in contest.learners:
        for array in (learner.course.weights, learner.course.loss):
            array.flags.writeable = False
    return contest


def data(settings: Settings) -> Data:
    """Input, target, and which steps are for learning and for testing."""
    n_steps = STEPS[settings.task]
    steps = np.arange(1, n_steps + 1)
    if settings.task == "lag":
        task = delay_tasks.lag(settings.lag)
        return Data(task.x, task.d, task.counted, np.zeros(n_steps, dtype=bool))
    train = (steps > FILLING) & (steps < FIRST_TEST[settings.task])
    if settings.task == "sunspots":
        x = series.scaled(series.sunspots()[1])[-n_steps:]
        d = x
    else:
        x = series.noise(n_steps, np.random.default_rng([settings.seed, 1]))
        d = GAIN * gamma.run(x, settings.target_alpha, taps=2)[:, 1]
    return Data(x, d, train, steps >= FIRST_TEST[settings.task])


def tapped_taps(settings: Settings) -> int:
    """Taps of the tapped line: one more than the gamma line's, so that it has no fewer numbers to learn."""
    return settings.taps + (settings.task == "memory")


def _lines(settings: Settings) -> Contest:
    found = data(settings)
    shared: dict[str, Any] = {"activation": settings.activation, "counted": found.train, "n_units": settings.n_units}
    K = tapped_taps(settings)
    tapped = fitting.ftdnn(found.x, found.d, range(1, K + 1), **shared)
    leaky = fitting.fgmn(found.x, found.d, taps=settings.taps, **shared)
    first, second = np.random.default_rng(settings.seed).spawn(2)
    starts = (
        fitting.vector(focused.initial(settings.n_units, K, 1, first)),
        fitting.vector([*focused.initial(settings.n_units, settings.taps, 1, second), settings.start_alpha]),
    )
    learners = [
        Learner(name, objective, _course(objective, start, settings))
        for name, objective, start in zip(("tapped line", "gamma line"), (tapped, leaky), starts, strict=True)
    ]
    return Contest(settings, found, learners[0], learners[1])


def _course(objective: fitting.Objective, start: np.ndarray, settings: Settings) -> fitting.Course:
    return fitting.learn(
        objective, start, learning_rate=settings.learning_rate, n_updates=settings.n_updates, every=EACH
    )


def _pattern(settings: Settings) -> Contest:
    n_steps = STEPS["pattern"]
    patterns, weights, tests = np.random.default_rng(settings.seed).spawn(3)
    learned = delay_tasks.pattern(n_steps, LEARNED_PLACES, patterns, count=N_PATTERNS, noise=NOISE)
    layers = distributed.initial((1, settings.n_units, 1), (KERNEL, KERNEL), weights, output="tanh")
    slides = fitting.summed(learned.x, learned.d, layers)
    look = fitting.static(learned.x, learned.d, n_units=settings.n_units)
    starts = (
        fitting.vector(focused.initial(settings.n_units, n_steps, 1, weights)),
        fitting.vector([part for layer in layers for part in (layer.W, layer.b)]),
    )
    learners = [
        Learner(name, objective, _course(objective, start, settings))
        for name, objective, start in zip(("one look", "sliding"), (look, slides), starts, strict=True)
    ]
    places = range(1, OTHER_PLACES[-1] + 1)
    trials = [delay_tasks.pattern(n_steps, [place], tests, count=PER_PLACE, noise=NOISE) for place in places]
    x, d = np.array([trial.x for trial in trials]), np.array([trial.d for trial in trials])
    stages = range(len(learners[0].course.weights))
    right = np.array(
        [[(judged(x, learner.at(stage)) * d > 0).mean(axis=1) for learner in learners] for stage in stages]
    )
    empty = np.zeros(n_steps)
    return Contest(settings, Data(empty, empty, empty > 0, empty > 0), learners[0], learners[1], right)


def judged(x: np.ndarray, params: Any) -> np.ndarray:
    """What a network says of whole sequences: (..., T) -> (...,). Above 0 it means a rise."""
    rows = np.ascontiguousarray(x.reshape(-1, x.shape[-1]))
    if isinstance(params, focused.FocusedParams):
        said = focused.ftdnn(rows, params, [0]).y[:, 0]
    else:
        said = distributed.run(rows[:, :, np.newaxis], params).h[-1].sum(axis=(1, 2))
    return said.reshape(x.shape[:-1])


def outputs(contest: Contest, stage: int) -> tuple[focused.FocusedRun, focused.FocusedRun, float]:
    """Both lines' networks after a stage, and the gamma line's α then."""
    settings, x = contest.settings, contest.data.x
    params, alpha = contest.second.at(stage)
    delays = range(1, tapped_taps(settings) + 1)
    tapped = focused.ftdnn(x, contest.first.at(stage), delays, activation=settings.activation)
    return tapped, focused.fgmn(x, params, alpha, taps=settings.taps, activation=settings.activation), alpha
