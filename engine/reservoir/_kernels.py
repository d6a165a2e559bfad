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
    if connections.dense.shape[0] > 0:
        a += np.dot(connections.dense, past[:-1])
        return
    starts = connections.starts
    for chunk in range(starts.shape[0] - 1):
        # eight sums that do not wait for each other stay in registers
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
        for k in range(starts[chunk], starts[chunk + 1], 8):
            # constant indices into a slice spare the check for negative ones
            w, j = connections.values[k : k + 8], connections.columns[k : k + 8]
            s0 += w[0] * past[j[0]]
            s1 += w[1] * past[j[1]]
            s2 += w[2] * past[j[2]]
            s3 += w[3] * past[j[3]]
            s4 += w[4] * past[j[4]]
            s5 += w[5] * past[j[5]]
            s6 += w[6] * past[j[6]]
            s7 += w[7] * past[j[7]]
        unit = connections.units[8 * chunk : 8 * chunk + 8]
        a[unit[0]] += s0
        a[unit[1]] += s1
        a[unit[2]] += s2
        a[unit[3]] += s3
        a[unit[4]] += s4
        a[unit[5]] += s5
        a[unit[6]] += s6
        a[unit[7]] += s7


@njit(cache=True, nogil=True)
def add_product(M, v, result):
    """result <- result + M v, every sum from left to right. M: (k, n), v: (n,), result: (k,).

    For what is fed back: the run would make differences of last digits grow, and each BLAS adds in an order of its own.
    """
    for i in range(M.shape[0]):
        total = 0.0
        for j in range(M.shape[1]):
            total += M[i, j] * v[j]
        result[i] += total


@njit(cache=True, nogil=True)
def look_back(rows, t, delay, past):
    """past <- [h(t-1); h(t-delay); 0] for the step whose state goes to rows[t + delay]."""
    n_units = rows.shape[1]
    past[:n_units] = rows[t + delay - 1]
    if past.shape[0] > n_units + 1:
        past[n_units : 2 * n_units] = rows[t]


@njit(cache=True, nogil=True)
def step(connections, past, leak_rate, activation, a, h):
    """a <- a + [W W_late] past and h <- (1 - leak) h(t-1) + leak f(a). past, a: as in `multiply`; h: (n,).

    When it comes in, a holds the drive of this step, W_in [1; x(t)] + W_fb y(t-1).
    """
    multiply(connections, past, a)
    _activation.apply(a, activation, h)
    for i in range(h.shape[0]):
        h[i] = (1.0 - leak_rate) * past[i] + leak_rate * h[i]


@njit(cache=True, nogil=True)
def forward(rows, delay, connections, leak_rate, activation):
    """Every row from `delay` on holds the drive of a step, and gets its state instead. rows: (delay + T, n)."""
    past, a = np.zeros(connections.n_columns + 1), np.empty(rows.shape[1])
    for t in range(rows.shape[0] - delay):
        look_back(rows, t, delay, past)
        a[:] = rows[t + delay]
        step(connections, past, leak_rate, activation, a, rows[t + delay])


@njit(cache=True, nogil=True)
def free(rows, delay, connections, leak_rate, activation, feedback, V, V_back, y0, y):
    """As `forward`, where the output goes back: drive + feedback y(t-1), y(t) + V h(t) + V_back y(t-1).

    feedback: (n, k); V: (k, n); V_back: (k, k); y0: (k,); y: (T, k) holds what does not depend on the run.
    """
    past, a = np.zeros(connections.n_columns + 1), np.empty(rows.shape[1])
    earlier = y0
    for t in range(y.shape[0]):
        look_back(rows, t, delay, past)
        a[:] = rows[t + delay]
        add_product(feedback, earlier, a)
        step(connections, past, leak_rate, activation, a, rows[t + delay])
        add_product(V, rows[t + delay], y[t])
        add_product(V_back, earlier, y[t])
        earlier = y[t]


@njit(cache=True, nogil=True)
def normalize(tangent):
    """Bring tangent (delay, n) to length 1, unless it is 0, and return the length it had."""
    largest = np.abs(tangent).max()
    if not largest > 0.0:
        return largest
    # the squares of numbers around 1e-200 would underflow
    tangent /= largest
    length = np.sqrt(np.sum(tangent * tangent))
    tangent /= length
    return largest * length


@njit(cache=True, nogil=True)
def grow(rows, delay, connections, leak_rate, activation, tangent):
    """As `forward`, with a tangent vector that is brought back to length 1: log of its growth in each step, (T,).

    tangent: (delay, n) changes of the last states, oldest first, of length 1 together; it is overwritten.
    v(t) = (1 - leak) v(t-1) + leak f'(a(t)) (W v(t-1) + W_late v(t-delay)).
    """
    n_units = rows.shape[1]
    past, past_tangent = np.zeros(connections.n_columns + 1), np.zeros(connections.n_columns + 1)
    a, slopes, change = np.empty(n_units), np.empty(n_units), np.empty(n_units)
    growth = np.empty(rows.shape[0] - delay)
    for t in range(growth.shape[0]):
        look_back(rows, t, delay, past)
        a[:] = rows[t + delay]
        step(connections, past, leak_rate, activation, a, rows[t + delay])
        _activation.differentiate(a, activation, slopes)
        look_back(tangent, 0, delay, past_tangent)
        change[:] = 0.0
        multiply(connections, past_tangent, change)
        for earlier in range(delay - 1):
            tangent[earlier] = tangent[earlier + 1]
        for i in range(n_units):
            tangent[-1, i] = (1.0 - leak_rate) * past_tangent[i] + leak_rate * slopes[i] * change[i]
        growth[t] = np.log(normalize(tangent))
    return growth
