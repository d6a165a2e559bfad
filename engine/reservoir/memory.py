"""How much of its past input a reservoir holds: short-term memory capacity.

    MC_k = max over v, c of  corr²( x(t-k),  v' h(t) + c )          MC = MC_1 + MC_2 + ...  <=  n

x(t) is one number per step, drawn anew each time (uniform in [-1, 1]), and the readout sees [1; h(t)] only. For a
linear reservoir, h(t) = sum over k of g_k x(t-k) with g_k = A^k b, A = (1 - leak) I + leak W and b = leak W_in's input
column, and the best readout follows from second moments:

    MC_k = g_k' C^-1 g_k,   C = sum over k >= 0 of g_k g_k'                       C: (n, n)

A ring of n units of weight r has g_(k+n) = r^n g_k, so MC_k = r^(2 n floor(k/n)) (1 - r^(2n)), with the sum
n - (1 - r^(2n)): the input of the present step, lag 0, has the rest.

Sources: H. Jaeger, "Short term memory in echo state networks", GMD report 152 (2002), definition 1 and propositions 2
and 4; A. Rodan and P. Tino, "Minimum complexity echo state network" (2011), section V, for the ring.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse

from engine import _validate
from engine.reservoir import _arguments, readout, spectrum
from engine.reservoir.states import ACTIVATIONS, checked, run

#: Combinations of units this much weaker than the strongest, all units scaled alike, are rounding errors: no readout
#: gets anything from them, though in exact arithmetic they would hold memory.
LOST = 1e-10


class MemoryCapacity(NamedTuple):
    per_lag: np.ndarray  # (max_lag,) MC_k, entry k - 1 is lag k
    total: float  # their sum


def memory_capacity(
    reservoir, max_lag, *, leak_rate=1.0, rng=None, n_steps=2000, washout=200, ridge=1e-8, activation="tanh"
):
    """Memory of the last max_lag inputs: MemoryCapacity with .per_lag (max_lag,), lags 1 to max_lag, and .total.

    tanh: an estimate. Readouts for all lags are fitted by ridge regression on n_steps (from 2) steps after the washout
    (or max_lag, if that is more), and their squared correlation is taken on n_steps fresh ones; one of a lag that is
    forgotten is about 1 / n_steps. rng: a numpy.random.Generator, which draws the input.
    identity: exact, of the linear reservoir; bias, rng, n_steps, washout and ridge play no part. Combinations of units
    that are LOST in rounding do not count, so a large reservoir has less than its n.
    reservoir: one input and no W_fb. leak_rate: from 0 to 1. Raises ValueError for anything else, and for identity
    where the effective spectral radius is not below 1. Source: see the module.
    """
    reservoir = _with_one_input(reservoir)
    max_lag = _validate.integer("max_lag", max_lag, low=1)
    leak_rate = _arguments.leak(leak_rate)
    if _validate.choice("activation", activation, ACTIVATIONS) == "identity":
        per_lag = _exact(reservoir, max_lag, leak_rate)
    else:
        rng = _validate.generator("rng", rng)
        n_steps = _validate.integer("n_steps", n_steps, low=2)
        washout = max(_validate.integer("washout", washout, low=0), max_lag)
        x = rng.uniform(-1, 1, washout + 2 * n_steps)
        states = run(x, reservoir, leak_rate=leak_rate)[washout:]
        # row t: x(t-1), x(t-2), ..., x(t-max_lag)
        targets = np.lib.stride_tricks.sliding_window_view(x[washout - max_lag : -1], max_lag)[:, ::-1]
        V = readout.fit_ridge(_no_inputs(n_steps), states[:n_steps], targets[:n_steps], ridge)
        y = readout.outputs(_no_inputs(n_steps), states[n_steps:], V)
        per_lag = _squared_correlations(y, targets[n_steps:])
    return MemoryCapacity(per_lag, float(per_lag.sum()))


def remembered(x, states, lag, ridge, *, washout=0):
    """What a readout of [1; h] makes of x(t - lag): its output y (T,), fitted by ridge regression on these very steps.

    x: (T,); states: (T, n); 0 <= lag < T. The first steps, as many as the larger of washout and lag,
    are left out of the fit. Raises ValueError for anything else, and where no step is left. Source: see the module.
    """
    x = _validate.sequence("x", x)
    lag = _validate.integer("lag", lag, low=0)
    first = max(lag, _validate.integer("washout", washout, low=0))
    if first >= len(x):
        raise ValueError(f"lag and washout must be below the {len(x)} steps of x, got {lag} and {washout}")
    states = readout.finite_rows("states", states, len(x))
    V = readout.fit_ridge(_no_inputs(len(x) - first), states[first:], x[first - lag : len(x) - lag], ridge)
    return readout.outputs(_no_inputs(len(x)), states, V)[:, 0]


def _with_one_input(reservoir):
    reservoir = checked(reservoir)
    n_inputs = reservoir.W_in.shape[1] - 1
    if n_inputs != 1:
        raise ValueError(f"reservoir must have one input, got {n_inputs}")
    if reservoir.W_fb is not None:
        raise ValueError("reservoir must have no W_fb, got one: its memory would be that of its teacher")
    return reservoir


def _no_inputs(n_steps):
    return np.empty((n_steps, 0))


def _squared_correlations(y, d):
    """Column by column, (k,); 0 where y is constant."""
    y, d = y - y.mean(axis=0), d - d.mean(axis=0)
    covariances = (y * d).sum(axis=0)
    scales = (y**2).sum(axis=0) * (d**2).sum(axis=0)
    return np.divide(covariances**2, scales, out=np.zeros_like(scales), where=scales > 0)


def _exact(reservoir, max_lag, leak_rate):
    A, b = _linear_system(reservoir, leak_rate)
    n_units = len(reservoir.W_in)
    radius = spectrum.spectral_radius(A)
    if radius >= 1:
        raise ValueError(f"reservoir must have an effective spectral radius below 1 with identity, got {radius:.6g}")
    if reservoir.delay == 1:
        A, b = _along_responses(A, b)
    root = _root_of_second_moments(A, b)[:, :n_units]
    responses, g = np.empty((max_lag, n_units)), b
    for lag in range(max_lag):
        g = A @ g
        responses[lag] = g[:n_units]
    sizes = np.linalg.norm(root, axis=0)
    heard = sizes > 0
    if not heard.any():
        return np.zeros(max_lag)
    values, right = np.linalg.svd(root[:, heard] / sizes[heard])[1:]
    kept = values > LOST * values[0]
    components = (responses[:, heard] / sizes[heard]) @ right[: len(values)][kept].T / values[kept]
    return (components**2).sum(axis=1)


def _linear_system(reservoir, leak_rate):
    """A and b of s(t) = A s(t-1) + b x(t), where s(t) = [h(t); h(t-1); ...; h(t-delay+1)]."""
    n_units, delay = len(reservoir.W_in), reservoir.delay
    A = np.eye(n_units * delay, k=-n_units)
    A[:n_units, :n_units] += leak_rate * _dense(reservoir.W) + (1 - leak_rate) * np.eye(n_units)
    if reservoir.W_late is not None:
        A[:n_units, -n_units:] += leak_rate * _dense(reservoir.W_late)
    b = np.zeros(n_units * delay)
    b[:n_units] = leak_rate * reservoir.W_in[:, 1]
    return A, b


def _along_responses(A, b):
    """A and b where the state is given by coordinates along g_0, ..., g_(n-1): the readout can do with any coordinates.

    Late responses may be many orders of magnitude smaller than early ones, and here they are not: b is (1, 0, ..., 0),
    A shifts, and its last column holds g_n. Where the g_k point in too similar directions, A and b as they were.
    """
    n_units = len(b)
    directions, growths, g = np.empty((n_units, n_units)), np.empty(n_units), b
    for k in range(n_units):
        growths[k] = np.linalg.norm(g)
        if growths[k] == 0:
            return A, b
        directions[:, k] = g / growths[k]
        g = A @ directions[:, k]
    if np.linalg.cond(directions) > 1e8:
        return A, b
    shift = np.eye(n_units, k=-1)
    # sizes of g_(n-1) over g_j, by the growth in each step between them
    sizes = np.append(np.cumprod(growths[:0:-1])[::-1], 1.0)
    shift[:, -1] = np.linalg.solve(directions, g) * sizes
    return shift, np.eye(n_units)[0]


def _dense(W):
    return W.toarray() if scipy.sparse.issparse(W) else W


def _root_of_second_moments(A, b):
    """R with R'R = sum over k >= 0 of A^k b b' A^k'; forming the sum itself would cost half of the digits.

    The rows of G = [g_0, g_1, ...]' are doubled in number each time and folded into a triangle at once: G'G = R'R.
    Householder's QR keeps each column to its own precision, which units that hear very little need.
    """
    root, power = b[np.newaxis], A
    for _ in range(64):
        further = root @ power.T
        if (np.linalg.norm(further, axis=0) <= 1e-9 * np.linalg.norm(root, axis=0)).all():
            break
        root = np.linalg.qr(np.vstack((root, further)), mode="r")
        power = power @ power
    return root
