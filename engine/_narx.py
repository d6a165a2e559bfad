"""Kernels of the NARX network. Weights and what they meet are stacked, so that each step has one product.

    z(t) = [x(t-1), ..., x(t-d), y(t-1), ..., y(t-D)]      (q,), q = d m + D k
    a(t) = A z(t) + b,    h(t) = f(a(t)),    y(t) = V h(t) + b_out

All arrays are C-contiguous float64: z (T, q), A (n, q), b (n,), V (k, n), b_out (k,). `first` = d m is where the
outputs begin in z; `closed` says whether they are the network's own.
"""

import numpy as np
from numba import njit

from engine import _activation


@njit(cache=True, nogil=True)
def _step(z, A, b, V, b_out, activation, a, h, y):
    """a <- A z + b, h <- f(a), y <- V h + b_out."""
    for i in range(A.shape[0]):
        total = 0.0
        for j in range(A.shape[1]):
            total += A[i, j] * z[j]
        a[i] = total + b[i]
    _activation.apply(a, activation, h)
    for o in range(V.shape[0]):
        total = 0.0
        for i in range(V.shape[1]):
            total += V[o, i] * h[i]
        y[o] = total + b_out[o]


@njit(cache=True, nogil=True)
def forward(z, A, b, V, b_out, first, closed, activation):
    """a (T, n), h (T, n), y (T, k). Where closed, z is filled on with y(t) as far as the delays reach."""
    n_steps, k = z.shape[0], V.shape[0]
    depth = (z.shape[1] - first) // k
    a, h, y = np.empty((n_steps, A.shape[0])), np.empty((n_steps, A.shape[0])), np.empty((n_steps, k))
    for t in range(n_steps):
        _step(z[t], A, b, V, b_out, activation, a[t], h[t], y[t])
        if closed:
            for delay in range(1, min(depth, n_steps - 1 - t) + 1):
                begin = first + (delay - 1) * k
                z[t + delay, begin : begin + k] = y[t]
    return a, h, y


@njit(cache=True, nogil=True)
def backward(a, A, V, explicit, first, closed, activation):
    """dF/dy (T, k), dF/da (T, n), and what comes back to y(t) from copy t + j: through[t, j - 1], (T, D, k)."""
    n_steps, n_units, k = a.shape[0], a.shape[1], V.shape[0]
    depth = (A.shape[1] - first) // k
    dF_dy, dF_da = explicit.copy(), np.empty_like(a)
    through = np.zeros((n_steps, depth, k))
    for t in range(n_steps - 1, -1, -1):
        reach = min(depth, n_steps - 1 - t) if closed else 0
        for delay in range(1, reach + 1):
            begin = first + (delay - 1) * k
            for o in range(k):
                total = 0.0
                for i in range(n_units):
                    total += A[i, begin + o] * dF_da[t + delay, i]
                through[t, delay - 1, o] = total
                dF_dy[t, o] += total
        _activation.differentiate(a[t], activation, dF_da[t])
        for i in range(n_units):
            total = 0.0
            for o in range(k):
                total += V[o, i] * dF_dy[t, o]
            dF_da[t, i] *= total
    return dF_dy, dF_da, through


@njit(cache=True, nogil=True)
def jacobian(z, a, h, A, V, first, closed, activation):
    """dy(t)/dw for all weights in the order A, b, V, b_out, each row by row: (T, k, P). Forward in time."""
    n_steps, n_units = a.shape
    q, k = A.shape[1], V.shape[0]
    depth = (q - first) // k
    at_b, at_V = n_units * q, n_units * (q + 1)
    at_out = at_V + k * n_units
    J = np.zeros((n_steps, k, at_out + k))
    slopes, G = np.empty(n_units), np.empty((k, n_units))
    for t in range(n_steps):
        _activation.differentiate(a[t], activation, slopes)
        for o in range(k):
            row = J[t, o]
            for i in range(n_units):
                G[o, i] = V[o, i] * slopes[i]
                for j in range(q):
                    row[i * q + j] = G[o, i] * z[t, j]
                row[at_b + i] = G[o, i]
                row[at_V + o * n_units + i] = h[t, i]
            row[at_out + o] = 1.0
        for delay in range(1, (min(depth, t) if closed else 0) + 1):
            begin = first + (delay - 1) * k
            for o in range(k):
                for source in range(k):
                    total = 0.0
                    for i in range(n_units):
                        total += G[o, i] * A[i, begin + source]
                    J[t, o] += total * J[t - delay, source]
    return J


@njit(cache=True, nogil=True)
def horizons(z, A, b, V, b_out, first, n_ahead, activation):
    """From every step on, let the network hear its own outputs for n_ahead steps: (T - n_ahead + 1, n_ahead, k).

    z (T, q) holds measured outputs; [t, j] is the prediction of y(t + j) by a network that measured up to t - 1.
    """
    n_starts, k = z.shape[0] - n_ahead + 1, V.shape[0]
    depth = (z.shape[1] - first) // k
    found = np.empty((n_starts, n_ahead, k))
    heard, a, h = np.empty(z.shape[1]), np.empty(A.shape[0]), np.empty(A.shape[0])
    for t in range(n_starts):
        for j in range(n_ahead):
            heard[:] = z[t + j]
            for delay in range(1, min(depth, j) + 1):
                begin = first + (delay - 1) * k
                heard[begin : begin + k] = found[t, j - delay]
            _step(heard, A, b, V, b_out, activation, a, h, found[t, j])
    return found
