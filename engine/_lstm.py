"""Kernels of the LSTM: forward in time, backward in time, and how far a change reaches.

All arrays are C-contiguous float64: x (T, m), U (4n, m), W (4n, n), b (4n,), P (3, n), h0 and c0 (n,).
`gates` (T, 4n) holds i, f, g, o side by side. `partials` (T, 4n) holds what a net input does to the cell or the output
of its own step: dc/da_i, dc/da_f, dc/da_g and dh/da_o; dh_dc (T, n) is o(t) tanh'(c(t)), without the peephole of o.
variant: 0 full, 1 no forget gate, 2 coupled gates.
"""

import numpy as np
from numba import njit

from engine import _gated, _spectral_norm

TOLERANCE = 1e-10  # relative, of the squared norm


@njit(cache=True, nogil=True)
def _cell(gates, slopes, variant, previous, c):
    """c(t) = f c(t-1) + i g, after the variant has set its gate. gates, slopes: (4n,); previous, c: (n,)."""
    n_units = c.shape[0]
    for k in range(n_units):
        if variant == 1:
            gates[n_units + k], slopes[n_units + k] = 1.0, 0.0
        elif variant == 2:
            gates[k], slopes[k] = 1.0 - gates[n_units + k], 0.0
        c[k] = gates[n_units + k] * previous[k] + gates[k] * gates[2 * n_units + k]


@njit(cache=True, nogil=True)
def forward(x, U, W, b, P, h0, c0, variant, peepholes):
    """gates and their slopes, (T, 4n); c, tanh(c), tanh'(c) and h, (T, n)."""
    n_steps, n = x.shape[0], h0.shape[0]
    a = np.dot(x, U.T) + b
    gates, slopes = np.empty_like(a), np.empty_like(a)
    c, h = np.empty((n_steps, n)), np.empty((n_steps, n))
    squashed, squash_slopes = np.empty_like(c), np.empty_like(c)
    W_transposed = W.T.copy()
    for t in range(n_steps):
        c_before = c[t - 1] if t > 0 else c0
        _gated.add_rows(W_transposed, h[t - 1] if t > 0 else h0, a[t])
        if peepholes:
            for k in range(n):
                a[t, k] += P[0, k] * c_before[k]
                a[t, n + k] += P[1, k] * c_before[k]
        _gated.logistic(a[t, : 2 * n], gates[t, : 2 * n], slopes[t, : 2 * n])
        _gated.tanh(a[t, 2 * n : 3 * n], gates[t, 2 * n : 3 * n], slopes[t, 2 * n : 3 * n])
        _cell(gates[t], slopes[t], variant, c_before, c[t])
        if peepholes:
            for k in range(n):
                a[t, 3 * n + k] += P[2, k] * c[t, k]
        _gated.logistic(a[t, 3 * n :], gates[t, 3 * n :], slopes[t, 3 * n :])
        _gated.tanh(c[t], squashed[t], squash_slopes[t])
        for k in range(n):
            h[t, k] = gates[t, 3 * n + k] * squashed[t, k]
    return gates, slopes, c, squashed, squash_slopes, h


@njit(cache=True, nogil=True)
def partials(gates, slopes, c_before, squashed, squash_slopes, variant):
    """dc/da_i, dc/da_f, dc/da_g, dh/da_o side by side (T, 4n), and dh/dc (T, n)."""
    n = squashed.shape[1]
    result, dh_dc = np.empty_like(slopes), np.empty_like(squashed)
    for t in range(squashed.shape[0]):
        for k in range(n):
            i, g = gates[t, k], gates[t, 2 * n + k]
            forgotten = c_before[t, k] - g if variant == 2 else c_before[t, k]
            result[t, k] = g * slopes[t, k]
            result[t, n + k] = forgotten * slopes[t, n + k]
            result[t, 2 * n + k] = i * slopes[t, 2 * n + k]
            result[t, 3 * n + k] = squashed[t, k] * slopes[t, 3 * n + k]
            dh_dc[t, k] = gates[t, 3 * n + k] * squash_slopes[t, k]
    return result, dh_dc


@njit(cache=True, nogil=True)
def _carried(f, P, dF_dc, dF_da, peepholes, result):
    """result <- result + dF/dc(t-1) by way of step t, the carousel and the peepholes of i and f. All of step t."""
    n = f.shape[0]
    for k in range(n):
        result[k] += dF_dc[k] * f[k]
    if peepholes:
        for k in range(n):
            result[k] += P[0, k] * dF_da[k] + P[1, k] * dF_da[n + k]


@njit(cache=True, nogil=True)
def backward(gates, slopes, dh_dc, W, P, explicit, explicit_c, everywhere, peepholes):
    """Total derivatives by h and c, (T, n), by the net inputs, (T, 4n), and by h0 and c0, (n,).

    slopes: the result of `partials`. everywhere=False keeps the path c(t) -> c(t-1) alone.
    """
    n_steps, n = dh_dc.shape
    dF_dh, dF_dc, dF_da = explicit.copy(), explicit_c.copy(), np.empty_like(gates)
    dh0, dc0 = np.zeros(n), np.zeros(n)
    peepholes = peepholes and everywhere
    for t in range(n_steps - 1, -1, -1):
        for k in range(n):
            dF_da[t, 3 * n + k] = dF_dh[t, k] * slopes[t, 3 * n + k]
            dF_dc[t, k] += dF_dh[t, k] * dh_dc[t, k]
            if peepholes:
                dF_dc[t, k] += dF_da[t, 3 * n + k] * P[2, k]
            for block in range(3):
                dF_da[t, block * n + k] = dF_dc[t, k] * slopes[t, block * n + k]
        if everywhere:
            _gated.add_rows(W, dF_da[t], dF_dh[t - 1] if t > 0 else dh0)
        _carried(gates[t, n : 2 * n], P, dF_dc[t], dF_da[t], peepholes, dF_dc[t - 1] if t > 0 else dc0)
    return dF_dh, dF_dc, dF_da, dh0, dc0


@njit(cache=True, nogil=True)
def peephole_gradients(dF_da, c_before, c):
    """dP (3, n): sums over t of dF/da_i and dF/da_f times c(t-1), and of dF/da_o times c(t)."""
    n_steps, n = c.shape
    dP = np.zeros((3, n))
    for t in range(n_steps):
        for k in range(n):
            dP[0, k] += dF_da[t, k] * c_before[t, k]
            dP[1, k] += dF_da[t, n + k] * c_before[t, k]
            dP[2, k] += dF_da[t, 3 * n + k] * c[t, k]
    return dP


@njit(cache=True, nogil=True)
def bptt(x, U, W, b, P, h0, c0, explicit, explicit_c, variant, peepholes, everywhere):
    """Forward, backward and sums in one call: dU, dW, db, dP, dh0, dc0, dF_dh, dF_dc, dF_da, dF_dx."""
    gates, slopes, c, squashed, squash_slopes, h = forward(x, U, W, b, P, h0, c0, variant, peepholes)
    c_before = _gated.delayed(c, c0)
    slopes, dh_dc = partials(gates, slopes, c_before, squashed, squash_slopes, variant)
    dF_dh, dF_dc, dF_da, dh0, dc0 = backward(gates, slopes, dh_dc, W, P, explicit, explicit_c, everywhere, peepholes)
    dP = peephole_gradients(dF_da, c_before, c) if peepholes else np.zeros_like(P)
    dU, dW = np.dot(dF_da.T, x), np.dot(dF_da.T, _gated.delayed(h, h0))
    return dU, dW, dF_da.sum(0), dP, dh0, dc0, dF_dh, dF_dc, dF_da, np.dot(dF_da, U)


@njit(cache=True, nogil=True)
def _one_step(partials, W, result):
    """result (2n, n) <- dc(t)/dh(t-1) above dh(t)/dh(t-1), by way of the gates. partials: (4n,), W: (4n, n)."""
    n = W.shape[1]
    for k in range(n):
        for j in range(n):
            by_cell = partials[k] * W[k, j] + partials[n + k] * W[n + k, j]
            result[k, j] = by_cell + partials[2 * n + k] * W[2 * n + k, j]
            result[n + k, j] = partials[3 * n + k] * W[3 * n + k, j]


@njit(cache=True, nogil=True)
def lag_norms(partials, cell_to_cell, cell_to_output, W, of_output, by_output):
    """Natural logarithm of the norm of d out(T)/d state(k), k = 1 ... T; each is h if its flag says so, else c.

    `pair` (n, 2n) is d out(T)/dc(t) beside d out(T)/dh(t). cell_to_cell, cell_to_output: (T, n), c(t)'s own weight in
    c(t), by way of the peepholes of i and f too, and in h(t), by way of the peephole of o too.
    """
    n_steps, n = cell_to_cell.shape
    log_norms, log_scale = np.empty(n_steps), 0.0
    pair, one_step, by_h, part = np.zeros((n, 2 * n)), np.empty((2 * n, n)), np.empty((n, n)), np.empty((n, n))
    for k in range(n):
        pair[k, k] = cell_to_output[-1, k] if of_output else 1.0
        pair[k, n + k] = 1.0 if of_output else 0.0
    u = _spectral_norm.start(n)
    for t in range(n_steps - 1, -1, -1):
        log_scale += _gated.normalize(pair)
        part[:] = pair[:, n:] if by_output else pair[:, :n]
        log_factor, total = _spectral_norm.rescale(part)
        log_norm = _spectral_norm.log_norm(part, u, total, TOLERANCE)
        log_norms[t] = log_scale + log_factor + log_norm
        if t > 0:
            _one_step(partials[t], W, one_step)
            np.dot(pair, one_step, by_h)
            for k in range(n):
                for j in range(n):
                    pair[k, j] = pair[k, j] * cell_to_cell[t, j] + by_h[k, j] * cell_to_output[t - 1, j]
                    pair[k, n + j] = by_h[k, j]
    return log_norms
