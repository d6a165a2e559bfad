"""Kernels of the reservoir: one product with the recurrent weights, one step, and runs of many steps.

Connections come from _layout.py. `past` is what the recurrent weights see: h(t-1) in its first n places, then
h(t-delay) where some connections are late, and a 0 in the last place, which the padding of the layout points at.
History and states are rows of one array (delay + T, n), so that row t is h(t-delay) when row t + delay is h(t).
"""

import numpy as np
from numba import njit

from engine import _activation


@njit(cache=True, nogil=True)
def multiply(connections, past, a):
    """a <- a + [W W_late] past. a: (n,); past: (n + 1,), or (2n + 1,) with late connections."""
    n_units = a.shape[0]
    if connections.dense.shape[0] > 0:
        a += np.dot(connections.dense, past[: connections.dense.shape[1]])
        return
    values, columns, starts, units = connections.values, connections.columns, connections.starts, connections.units
    sums = np.empty(8)
    for chunk in range(starts.shape[0] - 1):
        # eight rows at a time: eight sums that do not wait for each other stay in registers
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
        for k in range(starts[chunk], starts[chunk + 1], 8):
            s0 += values[k] * past[columns[k]]
            s1 += values[k + 1] * past[columns[k + 1]]
            s2 += values[k + 2] * past[columns[k + 2]]
            s3 += values[k + 3] * past[columns[k + 3]]
            s4 += values[k + 4] * past[columns[k + 4]]
            s5 += values[k + 5] * past[columns[k + 5]]
            s6 += values[k + 6] * past[columns[k + 6]]
            s7 += values[k + 7] * past[columns[k + 7]]
        sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7] = s0, s1, s2, s3, s4, s5, s6, s7
        for row in range(8 * chunk, min(8 * chunk + 8, n_units)):
            a[units[row]] += sums[row - 8 * chunk]


@njit(cache=True, nogil=True)
def look_back(rows, t, delay, past):
    """past <- [h(t-1); h(t-delay); 0] for the step whose state goes to rows[t + delay]."""
    n_units = rows.shape[1]
    past[:n_units] = rows[t + delay - 1]
    if past.shape[0] > n_units + 1:
        past[n_units : 2 * n_units] = rows[t]


@njit(cache=True, nogil=True)
def step(connections, past, leak_rate, activation, a, h):
    """a <- a + [W W_late] past and h <- (1 - leak) h(t-1) + leak f(a). a holds the drive when it comes in."""
    multiply(connections, past, a)
    _activation.apply(a, activation, h)
    for i in range(a.shape[0]):
        h[i] = (1.0 - leak_rate) * past[i] + leak_rate * h[i]


@njit(cache=True, nogil=True)
def forward(rows, delay, connections, leak_rate, activation):
    """Every row from `delay` on holds the drive of a step, and gets its state instead. rows: (delay + T, n)."""
    n_units = rows.shape[1]
    past = np.zeros(connections.n_columns + 1)
    a = np.empty(n_units)
    for t in range(rows.shape[0] - delay):
        look_back(rows, t, delay, past)
        a[:] = rows[t + delay]
        step(connections, past, leak_rate, activation, a, rows[t + delay])


@njit(cache=True, nogil=True)
def free(rows, delay, connections, leak_rate, activation, feedback, V, V_back, y0, y):
    """As `forward`, where the output goes back: drive + feedback y(t-1), y(t) + V h(t) + V_back y(t-1).

    feedback: (n, k); V: (k, n); V_back: (k, k); y0: (k,); y: (T, k) holds what does not depend on the run.
    """
    n_units = rows.shape[1]
    past = np.zeros(connections.n_columns + 1)
    a = np.empty(n_units)
    earlier = y0
    for t in range(y.shape[0]):
        look_back(rows, t, delay, past)
        a[:] = rows[t + delay] + np.dot(feedback, earlier)
        step(connections, past, leak_rate, activation, a, rows[t + delay])
        y[t] += np.dot(V, rows[t + delay]) + np.dot(V_back, earlier)
        earlier = y[t]
