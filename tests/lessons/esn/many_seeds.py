"""One preset with twenty seeds at once, in plain NumPy: only what is drawn, the inputs and the targets are the page's.

Arrays have the seeds first. Twenty networks step side by side, which takes a tenth of the time of one after another.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from app.shell import lessons
from lessons.esn.drawn import draw
from lessons.esn.model import Esn
from lessons.esn.settings import Settings, given_input, split, targets

SEEDS = tuple(range(1, 21))


class Networks(NamedTuple):
    """Of S seeds: bias (S, n), W_in (S, n, m), W, late (S, n, n), W_fb (S, n, k)."""

    settings: Settings
    bias: np.ndarray
    W_in: np.ndarray
    W: np.ndarray
    late: np.ndarray | None
    W_fb: np.ndarray
    delay: int


@lru_cache(maxsize=64)
def _unit(settings: Settings):
    return draw(settings)


def settings_of(preset: str, **changes: Any) -> Settings:
    m = Esn()
    m.param.update(**{**lessons.load("esn").preset_values[preset], **changes})
    return m.settings


def networks(preset: str, seeds=SEEDS, **changes: Any) -> Networks:
    """The reservoirs of a preset; what does not matter for the draw is left out of it, so that presets share them."""
    s, plain = settings_of(preset, **changes), Esn().settings
    units = [
        _unit(plain._replace(seed=seed, n_units=s.n_units, density=s.density, topology=s.topology, weights=s.weights,
                             late=s.late, delay=s.delay, task=s.task if s.n_channels > 1 else plain.task))
        for seed in seeds
    ]  # fmt: skip
    W_in, late = np.stack([u.W_in for u in units]), units[0].W_late
    return Networks(
        s, s.bias_scaling * W_in[:, :, 0], s.input_scaling * W_in[:, :, 1:],
        s.spectral_radius * np.stack([u.W.toarray() if sparse.issparse(u.W) else u.W for u in units]),
        None if late is None else s.spectral_radius * np.stack([u.W_late for u in units]),
        s.feedback_scaling * np.stack([u.W_fb for u in units]), units[0].delay,
    )  # fmt: skip


def inputs(n: Networks, seeds=SEEDS) -> tuple[np.ndarray, np.ndarray]:
    """x (S, T, m) and d (S, T, k)."""
    x = [given_input(n.settings._replace(seed=seed)) for seed in seeds]
    d = [targets(n.settings._replace(seed=seed), one) for seed, one in zip(seeds, x, strict=True)]
    return np.stack(x), np.stack(d)


def step(n: Networks, h: np.ndarray, x: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """The next states from h (S, n, starts), x (S, m) and, where connections are late, the states of then."""
    a = n.bias[:, :, None] + n.W_in @ x[:, :, None] + n.W @ h
    if n.late is not None and before is not None:
        a = a + n.late @ before
    return (1 - n.settings.leak_rate) * h + n.settings.leak_rate * np.tanh(a)


def states(n: Networks, x: np.ndarray, fed_back: np.ndarray | None = None) -> np.ndarray:
    """(S, T, n) from 0. fed_back: (S, T, k), what comes back at each step."""
    S, T = x.shape[:2]
    made = np.zeros((n.delay + T, S, n.W.shape[1], 1))
    for t in range(T):
        drive = n if fed_back is None else n._replace(bias=n.bias + (n.W_fb @ fed_back[:, t, :, None])[:, :, 0])
        made[n.delay + t] = step(drive, made[n.delay + t - 1], x[:, t], made[t])
    return made[n.delay :, :, :, 0].transpose(1, 0, 2)


def log10_distances(n: Networks, seeds=SEEDS) -> np.ndarray:
    """(S, T + 1) of two starts in [-1, 1], as the page draws them; column 0 is before the first step."""
    starts = [np.random.default_rng([seed, 2]).uniform(-1, 1, (2, n.W.shape[1])).T for seed in seeds]
    h, (x, _) = np.stack(starts), inputs(n, seeds)
    distances = [np.linalg.norm(h[:, :, 0] - h[:, :, 1], axis=1)]
    for t in range(x.shape[1]):
        h = step(n, h, x[:, t])
        distances.append(np.linalg.norm(h[:, :, 0] - h[:, :, 1], axis=1))
    return np.log10(np.maximum(np.array(distances).T, 1e-300))


def met(logs: np.ndarray) -> np.ndarray:
    """(S,) the first step from which the distance stays below a millionth of the first, 0 where there is none."""
    heard = logs > logs[:, :1] - 6
    last = heard.shape[1] - 1 - np.argmax(heard[:, ::-1], axis=1)
    return np.where(last == heard.shape[1] - 1, 0, last + 1)


def rows(h: np.ndarray, x: np.ndarray) -> np.ndarray:
    """[1; h; x], (S, T, 1+n+m)."""
    return np.concatenate([np.ones((*h.shape[:2], 1)), h, x], axis=2)


def ridge(z: np.ndarray, d: np.ndarray, beta: float) -> np.ndarray:
    """V' (S, p, k) as least squares on the rows with the square root of beta below, by QR, which keeps all digits."""
    below, found = np.sqrt(beta) * np.eye(z.shape[2]), []
    for one, wanted in zip(z, d, strict=True):
        Q, R = np.linalg.qr(np.concatenate([one, below]))
        found.append(np.linalg.solve(R, Q[: len(one)].T @ wanted))
    return np.stack(found)


def nmse(y: np.ndarray, d: np.ndarray) -> np.ndarray:
    """(S,)"""
    return (((y - d) ** 2).mean(axis=1) / d.var(axis=1)).mean(axis=1)


def recipe_errors(preset: str, seeds=SEEDS, **changes: Any) -> np.ndarray:
    """(S, 2) NMSE on the training steps and on new data, without feedback."""
    n = networks(preset, seeds, **changes)
    x, d = inputs(n, seeds)
    known = ~np.isnan(d).any(axis=(0, 2))
    washout, n_train = split(n.settings, x.shape[1])
    z = rows(states(n, x), x)
    y = z @ ridge(z[:, washout:n_train], d[:, washout:n_train], n.settings.ridge)
    new = known.copy()
    new[:n_train] = False
    return np.stack([nmse(y[:, washout:n_train], d[:, washout:n_train]), nmse(y[:, new], d[:, new])], axis=1)


def memory(preset: str, seeds=SEEDS, *, n_lags: int = 60, fitted: int = 2000, **changes: Any) -> np.ndarray:
    """(S, n_lags) squared correlations of a readout of [1; h] with the input of k steps ago, on steps of their own."""
    n = networks(preset, seeds, **changes)
    x = np.random.default_rng(7).uniform(-1, 1, (len(seeds), 200 + 2 * fitted, 1))
    h = states(n, x)[:, 200:]
    lagged = np.stack([x[:, 200 - k : x.shape[1] - k, 0] for k in range(1, n_lags + 1)], axis=2)
    z = np.concatenate([np.ones((*h.shape[:2], 1)), h], axis=2)
    found = []
    for one, d in zip(z, lagged, strict=True):
        now, then = one[:fitted], one[fitted:]
        y = then @ _solved(now, d[:fitted])
        y, d = y - y.mean(axis=0), d[fitted:] - d[fitted:].mean(axis=0)
        found.append((y * d).sum(axis=0) ** 2 / np.maximum((y**2).sum(axis=0) * (d**2).sum(axis=0), 1e-300))
    return np.array(found)


def _solved(z: np.ndarray, d: np.ndarray, beta: float = 1e-8) -> np.ndarray:
    """Ridge by its normal equations: beta is far above their rounding, and they are quick."""
    return np.linalg.solve(z.T @ z + beta * np.eye(z.shape[1]), z.T @ d)


def free_run(preset: str, seeds=SEEDS, **changes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Free steps until the output is a tenth of the half range off (all if never), and the largest |y|: (S,)."""
    n = networks(preset, seeds, **changes)
    _, d = inputs(n, seeds)
    S, T, k = d.shape
    n = n._replace(W_in=np.zeros((S, n.W.shape[1], 0)))
    washout, n_train = split(n.settings, T)
    nothing = np.empty((S, T, 0))
    heard = np.concatenate([np.zeros((S, 1, k)), d[:, : n_train - 1]], axis=1)
    h = states(n, nothing[:, :n_train], heard)
    V = ridge(rows(h, nothing[:, :n_train])[:, washout:], d[:, washout:n_train], n.settings.ridge)
    y = own(n, V, h[:, -1], d[:, n_train - 1], nothing[:, n_train:])
    wrong = np.abs(y - d[:, n_train:]).max(axis=2) > 0.1 * np.ptp(d, axis=1).max(axis=1)[:, None] / 2
    return np.where(wrong.any(axis=1), wrong.argmax(axis=1), T - n_train), np.abs(y).max(axis=(1, 2))


def own(n: Networks, V: np.ndarray, h: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(S, steps, k) outputs where the network hears itself, from states h (S, n) and the output y (S, k) before."""
    outputs, h = [], h[:, :, None]
    for t in range(x.shape[1]):
        h = step(n._replace(bias=n.bias + (n.W_fb @ y[:, :, None])[:, :, 0]), h, x[:, t])
        z = np.concatenate([np.ones((len(h), 1)), h[:, :, 0], x[:, t]], axis=1)
        y = (z[:, None] @ V)[:, 0]
        outputs.append(y)
    return np.stack(outputs, axis=1)


def online_errors(preset: str, seeds=SEEDS, **changes: Any) -> np.ndarray:
    """(S,) NMSE on new data, where the network hears itself, after learning step by step."""
    n = networks(preset, seeds, **changes)
    x, d = inputs(n, seeds)
    washout, n_train = split(n.settings, x.shape[1])
    if n.settings.feedback_from == "teacher":  # then all at once ends where one by one does
        heard = np.concatenate([np.zeros_like(d[:, :1]), d[:, : n_train - 1]], axis=1)
        h = states(n, x[:, :n_train], heard)
        V = ridge(rows(h, x[:, :n_train])[:, washout:], d[:, washout:n_train], n.settings.ridge)
        last, y = h[:, -1], d[:, n_train - 1]
    else:
        V, last, y = _learned_from_itself(n, x[:, :n_train], d, washout)
    return nmse(own(n, V, last, y, x[:, n_train:]), d[:, n_train:])


def _learned_from_itself(n: Networks, x: np.ndarray, d: np.ndarray, washout: int):
    """Recursive least squares; what comes back is what it said before it learned from the step."""
    S, T, m = x.shape
    size = 1 + n.W.shape[1] + m
    P, V = np.tile(np.eye(size) / n.settings.ridge, (S, 1, 1)), np.zeros((S, size, d.shape[2]))
    h, y = np.zeros((S, n.W.shape[1], 1)), np.zeros((S, d.shape[2]))
    for t in range(T):
        h = step(n._replace(bias=n.bias + (n.W_fb @ y[:, :, None])[:, :, 0]), h, x[:, t])
        z = np.concatenate([np.ones((S, 1)), h[:, :, 0], x[:, t]], axis=1)[:, :, None]
        y = (z.transpose(0, 2, 1) @ V)[:, 0]
        if t >= washout:
            Pz = P @ z
            gain = Pz / (1 + z.transpose(0, 2, 1) @ Pz)
            V = V + gain @ (d[:, t] - y)[:, None]
            P = P - gain @ Pz.transpose(0, 2, 1)
    return V, h[:, :, 0], y
