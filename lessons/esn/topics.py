"""What is computed for each topic: pure functions of the settings, which may run in any thread."""

from collections.abc import Callable

import numpy as np

from engine import reservoir
from engine.reservoir import Certainty, OnlineRun, Reservoir
from engine.reservoir.echo import MARGIN
from lessons.esn.drawn import Drawn
from lessons.esn.results import Echo, FreeRun, Memory, Recipe, Result, Traced
from lessons.esn.settings import Settings, given_input, split, targets

GONE = -6  # log10 of the share of the starts' distance below which an echo has died
STRETCHES = 10  # of a run, whose means tell how far its overall mean can be trusted
ALLOWED = 0.1  # of half the target's range: a free run that strays further no longer holds the signal


def compute(settings: Settings, drawn: Drawn) -> Result:
    """The result of the present topic; a sweep starts from that of the recipe."""
    topics: dict[str, Callable[[Settings, Drawn], Result]] = {
        "echo": echo,
        "memory": memory,
        "recipe": recipe,
        "sweep": recipe,
        "free run": free_run,
    }
    return topics[settings.topic](settings, drawn)


def prepared(settings: Settings, drawn: Drawn) -> Traced:
    """All that comes before the run: `states` are still empty."""
    x = given_input(settings)
    d = targets(settings, x)
    if settings.topic in ("recipe", "sweep"):
        x, d = _before_runaway(x, d)
    unit, spectrum = drawn.of(settings)
    scaled = reservoir.scaled(
        unit,
        spectral_radius=settings.spectral_radius,
        input_scaling=settings.input_scaling,
        bias_scaling=settings.bias_scaling,
        feedback_scaling=settings.feedback_scaling if settings.has_feedback else 0.0,
    )
    if settings.topic == "free run":
        x, scaled = np.empty((len(x), 0)), scaled._replace(W_in=scaled.W_in[:, :1])
    return Traced(
        settings,
        unit,
        scaled,
        settings.spectral_radius * spectrum.eigenvalues,
        spectrum.complete,
        x,
        np.empty((0, settings.n_units)),
        d,
        *split(settings, len(x)),
    )


def _before_runaway(x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The steps with a target; only the last of them may be unknown."""
    unknown = np.flatnonzero(np.isnan(d).any(axis=1))
    end = unknown[0] if unknown.size and unknown[0] < len(d) - 1 else len(d)
    return x[:end], d[:end]


def teacher(stage: Traced, n_steps: int | None = None) -> np.ndarray | None:
    """(n_steps, k) targets for a reservoir with feedback; the unknown last one comes too late to be heard."""
    return None if stage.reservoir.W_fb is None else np.nan_to_num(stage.d[:n_steps])


def _run(stage: Traced, n_steps: int | None = None) -> np.ndarray:
    """States (n_steps, n) from 0, with the teacher's feedback where there is any."""
    return reservoir.run(
        stage.x[:n_steps], stage.reservoir, leak_rate=stage.settings.leak_rate, teacher=teacher(stage, n_steps)
    )


def _fit(stage: Traced, states: np.ndarray) -> np.ndarray:
    """V (k, 1+n+m) by ridge regression on the training rows."""
    rows = slice(stage.washout, stage.n_train)
    return reservoir.fit_ridge(stage.x[rows], states[rows], stage.d[rows], stage.settings.ridge)


def error(y: np.ndarray, d: np.ndarray) -> float:
    """Normalised mean squared error over the steps whose target is known; NaN where it does not vary."""
    known = np.isfinite(d).all(axis=1)
    y, d = y[known], d[known]
    if not len(d) or (np.ptp(d, axis=0) == 0).any():
        return float("nan")
    return reservoir.normalised_error(y, d)


def errors(stage: Traced, y: np.ndarray) -> tuple[float, float]:
    """On training rows and on new data."""
    train, new = slice(stage.washout, stage.n_train), slice(stage.n_train, None)
    return error(y[train], stage.d[train]), error(y[new], stage.d[new])


# Echo


def starts(settings: Settings) -> np.ndarray:
    """(2, n) two states to start from."""
    return np.random.default_rng([settings.seed, 2]).uniform(-1, 1, (2, settings.n_units))


def echo(settings: Settings, drawn: Drawn) -> Echo:
    stage, both = prepared(settings, drawn), starts(settings)
    driven = {"leak_rate": settings.leak_rate, "teacher": teacher(stage)}
    runs = reservoir.two_starts(stage.x, stage.reservoir, starts=both, **driven)
    washout = min(settings.washout, len(stage.x) // 2)
    growth = reservoir.lyapunov_exponent(stage.x, stage.reservoir, washout=washout, h0=both[0], **driven)
    return Echo(
        stage._replace(states=runs.first),
        runs.second,
        both,
        runs.log10_distance,
        growth.exponent,
        certainty(stage, drawn),
        _dies(runs.log10_distance, both),
        two_standard_errors(growth.growth[washout:]),
    )


def two_standard_errors(growth: np.ndarray) -> float:
    """Of the mean of (T,) values, from the means of ten stretches: neighbouring steps are not independent."""
    if not np.isfinite(growth).all():
        return 0.0
    means = [stretch.mean() for stretch in np.array_split(growth, STRETCHES)]
    return 2 * float(np.std(means, ddof=1)) / np.sqrt(STRETCHES)


def certainty(stage: Traced, drawn: Drawn) -> Certainty:
    """What `reservoir.certainty` says, without new eigenvalues wherever those of the draw are enough."""
    leak_rate = stage.settings.leak_rate
    if not stage.complete or stage.reservoir.W_late is not None:
        is_bare = leak_rate == 1 and stage.reservoir.W_late is None
        known = float(np.abs(stage.eigenvalues[0])) if is_bare else None
        return reservoir.certainty(stage.reservoir, leak_rate, radius=known, quick=True)
    size = stage.settings.spectral_radius * drawn.stretch(stage.settings)
    radius = float(np.abs(reservoir.effective_eigenvalues(stage.eigenvalues, leak_rate)).max())
    without_bias = not stage.reservoir.W_in[:, 0].any()
    return Certainty(size < 1 - MARGIN, without_bias and radius > 1 + MARGIN, size, radius)


def _dies(log10_distance: np.ndarray, both: np.ndarray) -> int:
    """The first step from which the distance stays below a millionth of that of the starts, or 0."""
    heard = log10_distance > np.log10(np.linalg.norm(both[0] - both[1])) + GONE
    if heard[-1]:
        return 0
    return int(np.flatnonzero(heard)[-1]) + 2 if heard.any() else 1


# Memory


def memory(settings: Settings, drawn: Drawn) -> Memory:
    stage = prepared(settings, drawn)
    states = _run(stage)
    V = _fit(stage, states)
    y = reservoir.outputs(stage.x, states, V)
    capacity = memory_capacity(stage)
    return Memory(stage._replace(states=states), capacity.per_lag, capacity.total, V, y, *errors(stage, y))


def memory_capacity(stage: Traced) -> reservoir.MemoryCapacity:
    """For the first input alone: a second one would only disturb."""
    alone = stage.reservoir._replace(W_in=stage.reservoir.W_in[:, :2])
    return reservoir.memory_capacity(
        alone,
        stage.settings.max_lag,
        leak_rate=stage.settings.leak_rate,
        rng=np.random.default_rng([stage.settings.seed, 3]),
    )


# Recipe


def recipe(settings: Settings, drawn: Drawn) -> Recipe:
    stage = prepared(settings, drawn)
    heard = _run(stage, stage.n_train)
    V = ridge_V = _fit(stage, heard)
    online = None
    if settings.learning == "recursive":
        online = _learn_online(stage)
        V, heard = online.V, online.states
    states, y = _used(stage, V, heard, online)
    final = np.concatenate([_outputs(stage, heard, V), y[stage.n_train :]])
    return Recipe(stage._replace(states=states), V, y, online, ridge_V, *errors(stage, final), float(np.max(np.abs(V))))


def _learn_online(stage: Traced) -> OnlineRun:
    s, rows = stage.settings, slice(stage.n_train)
    return reservoir.learn_online(
        stage.x[rows],
        stage.d[rows],
        stage.reservoir,
        ridge=s.ridge,
        forgetting=s.forgetting,
        feedback=s.feedback_from,
        leak_rate=s.leak_rate,
        washout=stage.washout,
    )


def _outputs(stage: Traced, states: np.ndarray, V: np.ndarray) -> np.ndarray:
    """(len(states), k) for the first steps; NaN where learning has run away."""
    if not np.isfinite(V).all():
        return np.full((len(states), len(V)), np.nan)
    return reservoir.outputs(stage.x[: len(states)], states, V)


def _used(stage: Traced, V: np.ndarray, heard: np.ndarray, online: OnlineRun | None) -> tuple[np.ndarray, np.ndarray]:
    """States (T, n) and outputs (T, k): training as it was, then new data with the own output for feedback."""
    trained = _outputs(stage, heard, V) if online is None else online.y
    before = trained if stage.settings.feedback_from == "own" and online is not None else np.nan_to_num(stage.d)
    new = _go_on(stage, V, heard, before[stage.n_train - 1])
    return np.concatenate([heard, new.states]), np.concatenate([trained, new.y])


def _go_on(stage: Traced, V: np.ndarray, heard: np.ndarray, y0: np.ndarray) -> reservoir.FreeRun:
    """The steps after training, (T - n_train, ...): from the states `heard` and the last feedback y0."""
    x, leak_rate, h0 = stage.x[stage.n_train :], stage.settings.leak_rate, _last(stage.reservoir, heard)
    finite = np.isfinite(V).all()
    used = V if finite else np.zeros_like(V)
    if stage.reservoir.W_fb is None:
        states = reservoir.run(x, stage.reservoir, leak_rate=leak_rate, h0=h0)
        run = reservoir.FreeRun(states, reservoir.outputs(x, states, used))
    else:
        run = reservoir.free_run(stage.reservoir, used, len(x), h0=h0, y0=np.nan_to_num(y0), leak_rate=leak_rate, x=x)
    return run if finite else run._replace(y=np.full_like(run.y, np.nan))


def _last(network: Reservoir, states: np.ndarray) -> np.ndarray:
    """The states that the next step needs: (n,), or (delay, n) where connections are late, oldest first."""
    if network.W_late is None:
        return states[-1]
    return np.concatenate([np.zeros((network.delay, states.shape[1])), states])[-network.delay :]


# Free run


def free_run(settings: Settings, drawn: Drawn) -> FreeRun:
    stage = prepared(settings, drawn)
    heard = _run(stage, stage.n_train)
    V = _fit(stage, heard)
    trained = reservoir.outputs(stage.x[: stage.n_train], heard, V)
    new = _go_on(stage, V, heard, stage.d[stage.n_train - 1])
    y = np.concatenate([trained, new.y])
    d_new = stage.d[stage.n_train :]
    allowed = ALLOWED * float(np.ptp(stage.d, axis=0).max()) / 2
    strayed = np.flatnonzero((np.abs(new.y - d_new) > allowed).any(axis=1))
    held = int(strayed[0]) if strayed.size else len(d_new)
    return FreeRun(
        stage._replace(states=np.concatenate([heard, new.states])),
        V,
        y,
        stage.n_train + 1,
        held,
        allowed,
        errors(stage, y)[0],
    )
