"""Kernels of recursive least squares, on rows that are known and on those of a reservoir that hears its own output.

P = S S' is kept as its root S, which rounding cannot make indefinite and whose condition number is the root of that of
P (J. Potter 1963; A. Bjorck, "Numerical methods for least squares problems" (1996), section 3.3.5).
"""

import numpy as np
from numba import njit

from engine.reservoir import _kernels


@njit(cache=True, nogil=True)
def learn(z, error, forgetting, root, V):
    """One update of root, (p, p), and V, (k, p), with the row z (p,) and the error d - V z (k,) made on it."""
    f = np.dot(z, root)
    direction = np.dot(root, f)
    size = forgetting + np.dot(f, f)
    shrink = 1.0 / (size + np.sqrt(forgetting * size))
    scale = 1.0 / np.sqrt(forgetting)
    for i in range(z.shape[0]):
        factor = shrink * direction[i]
        for j in range(z.shape[0]):
            root[i, j] = scale * (root[i, j] - factor * f[j])
    for o in range(V.shape[0]):
        rate = error[o] / size
        for i in range(z.shape[0]):
            V[o, i] += rate * direction[i]


@njit(cache=True, nogil=True)
def _judge_and_learn(t, z, d, forgetting, washout, root, V, y, largest_weight):
    y[t] = 0.0
    _kernels.add_product(V, z, y[t])
    if t >= washout:
        learn(z, d[t] - y[t], forgetting, root, V)
    largest_weight[t] = np.abs(V).max()


@njit(cache=True, nogil=True)
def along_rows(rows, d, forgetting, washout, root, V, y, largest_weight):
    """Fills outputs y (T, k) and largest weights (T,); the first `washout` rows teach nothing.

    rows: (T, p) with z(t); d: (T, k); root: (p, p) and V: (k, p) are changed as learning goes on.
    """
    for t in range(d.shape[0]):
        _judge_and_learn(t, rows[t], d, forgetting, washout, root, V, y, largest_weight)


@njit(cache=True, nogil=True)
def own_output(
    rows, delay, connections, leak_rate, activation, W_fb, y0, x, d, forgetting, washout, root, V, y, largest_weight
):
    """As `along_rows` for z = [1; h; x], while y(t-1) enters through W_fb; before the first row it is y0 (k,).

    rows: as in _kernels.forward; x: (T, m).
    """
    n_units = rows.shape[1]
    z = np.ones(1 + n_units + x.shape[1])
    past = np.zeros(connections.n_columns + 1)
    a, earlier = np.empty(n_units), y0
    for t in range(d.shape[0]):
        _kernels.look_back(rows, t, delay, past)
        a[:] = rows[t + delay]
        _kernels.add_product(W_fb, earlier, a)
        _kernels.step(connections, past, leak_rate, activation, a, rows[t + delay])
        z[1 : 1 + n_units] = rows[t + delay]
        z[1 + n_units :] = x[t]
        _judge_and_learn(t, z, d, forgetting, washout, root, V, y, largest_weight)
        earlier = y[t]
