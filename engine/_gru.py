"""Kernels of the GRU: forward in time, backward in time, and how far a change reaches.

All arrays are C-contiguous float64: x (T, m), U (3n, m), W (3n, n), b (4n,), h0 (n,). `gates` (T, 3n) holds r, z, n
side by side. `heard` (T, n) stands between the reset gate and the candidate: r h(t-1), which W_n multiplies, where the
reset comes before the product, and W_n h(t-1) + b_hn, which r multiplies, where it comes after.
"""

import numpy as np
from numba import njit

from engine import _gated, _spectral_norm

TOLERANCE = 1e-10  # relative, of the squared norm


@njit(cache=True, nogil=True)
def _listen(W_transposed, b_hn, r, h_before, reset_after, heard, net):
    """Fill heard (n,), and add what the candidate hears of the past to its net input (n,). W_transposed: (n, n)."""
    if reset_after:
        heard[:] = b_hn
        _gated.add_rows(W_transposed, h_before, heard)
        for k in range(r.shape[0]):
            net[k] += r[k] * heard[k]
    else:
        for k in range(r.shape[0]):
            heard[k] = r[k] * h_before[k]
        _gated.add_rows(W_transposed, heard, net)


@njit(cache=True, nogil=True)
def forward(x, U, W, b, h0, reset_after):
    """gates and their slopes, (T, 3n); heard and h, (T, n)."""
    n_steps, n = x.shape[0], h0.shape[0]
    a = np.dot(x, U.T) + b[: 3 * n]
    gates, slopes = np.empty_like(a), np.empty_like(a)
    heard, h = np.empty((n_steps, n)), np.empty((n_steps, n))
    by_gates, by_candidate = W[: 2 * n].T.copy(), W[2 * n :].T.copy()
    for t in range(n_steps):
        h_before = h[t - 1] if t > 0 else h0
        _gated.add_rows(by_gates, h_before, a[t, : 2 * n])
        _gated.logistic(a[t, : 2 * n], gates[t, : 2 * n], slopes[t, : 2 * n])
        _listen(by_candidate, b[3 * n :], gates[t, :n], h_before, reset_after, heard[t], a[t, 2 * n :])
        _gated.tanh(a[t, 2 * n :], gates[t, 2 * n :], slopes[t, 2 * n :])
        for k in range(n):
            z = gates[t, n + k]
            h[t, k] = (1.0 - z) * gates[t, 2 * n + k] + z * h_before[k]
    return gates, slopes, heard, h


@njit(cache=True, nogil=True)
def backward(gates, slopes, heard, h_before, W, explicit, reset_after):
    """Total derivatives by h, (T, n), by the net inputs, (T, 3n), by W h(t-1) or its stand-in, (T, 3n), and by h0.

    The third differs from the second where the reset comes after the product: block n times r.
    """
    n_steps, n = h_before.shape
    dF_dh, dF_da = explicit.copy(), np.empty_like(gates)
    dh0, dF_dheard = np.zeros(n), np.empty(n)
    dF_dproduct = np.empty_like(gates)
    for t in range(n_steps - 1, -1, -1):
        earlier = dF_dh[t - 1] if t > 0 else dh0
        for k in range(n):
            z, candidate = gates[t, n + k], gates[t, 2 * n + k]
            dF_da[t, n + k] = dF_dh[t, k] * (h_before[t, k] - candidate) * slopes[t, n + k]
            dF_da[t, 2 * n + k] = dF_dh[t, k] * (1.0 - z) * slopes[t, 2 * n + k]
            earlier[k] += dF_dh[t, k] * z
        if reset_after:
            for k in range(n):
                dF_da[t, k] = dF_da[t, 2 * n + k] * heard[t, k] * slopes[t, k]
                dF_dproduct[t, 2 * n + k] = dF_da[t, 2 * n + k] * gates[t, k]
            dF_dproduct[t, : 2 * n] = dF_da[t, : 2 * n]
            _gated.add_rows(W, dF_dproduct[t], earlier)
        else:
            dF_dheard[:] = 0.0
            _gated.add_rows(W[2 * n :], dF_da[t, 2 * n :], dF_dheard)
            for k in range(n):
                dF_da[t, k] = dF_dheard[k] * h_before[t, k] * slopes[t, k]
                earlier[k] += dF_dheard[k] * gates[t, k]
            dF_dproduct[t] = dF_da[t]
            _gated.add_rows(W[: 2 * n], dF_da[t, : 2 * n], earlier)
    return dF_dh, dF_da, dF_dproduct, dh0


@njit(cache=True, nogil=True)
def bptt(x, U, W, b, h0, explicit, reset_after):
    """Forward, backward and sums in one call: dU, dW, db (4n,), dh0, dF_dh, dF_da, dF_dx."""
    n = h0.shape[0]
    gates, slopes, heard, h = forward(x, U, W, b, h0, reset_after)
    h_before = _gated.delayed(h, h0)
    dF_dh, dF_da, dF_dproduct, dh0 = backward(gates, slopes, heard, h_before, W, explicit, reset_after)
    db = np.empty(4 * n)
    db[: 3 * n] = dF_da.sum(0)
    db[3 * n :] = dF_dproduct[:, 2 * n :].sum(0)
    dW = np.dot(dF_dproduct.T, h_before)
    if not reset_after:
        dW[2 * n :] = np.dot(dF_da[:, 2 * n :].copy().T, heard)
    return np.dot(dF_da.T, x), dW, db, dh0, dF_dh, dF_da, np.dot(dF_da, U)


@njit(cache=True, nogil=True)
def _one_step(gates, slopes, heard, h_before, W, reset_after, by_reset, result):
    """result (n, n) <- dh(t)/dh(t-1). gates, slopes: (3n,); heard, h_before: (n,); by_reset: room for an (n, n)."""
    n = h_before.shape[0]
    for k in range(n):
        past = heard[k] if reset_after else h_before[k]
        for j in range(n):
            by_reset[k, j] = past * slopes[k] * W[k, j]
            if reset_after:
                by_reset[k, j] += gates[k] * W[2 * n + k, j]
        if not reset_after:
            by_reset[k, k] += gates[k]
    if reset_after:
        result[:] = by_reset
    else:
        np.dot(W[2 * n :], by_reset, result)
    for k in range(n):
        z, candidate = gates[n + k], gates[2 * n + k]
        by_update = (h_before[k] - candidate) * slopes[n + k]
        for j in range(n):
            result[k, j] = (1.0 - z) * slopes[2 * n + k] * result[k, j] + by_update * W[n + k, j]
        result[k, k] += z


@njit(cache=True, nogil=True)
def lag_norms(x, U, W, b, h0, reset_after):
    """Natural logarithm of the norm of dh(T)/dh(k), k = 1 ... T."""
    n_steps, n = x.shape[0], h0.shape[0]
    gates, slopes, heard, h = forward(x, U, W, b, h0, reset_after)
    log_norms, log_scale = np.zeros(n_steps), 0.0
    product, longer, one_step, room = np.eye(n), np.empty((n, n)), np.empty((n, n)), np.empty((n, n))
    u = _spectral_norm.start(n)
    for t in range(n_steps - 1, 0, -1):
        _one_step(gates[t], slopes[t], heard[t], h[t - 1], W, reset_after, room, one_step)
        np.dot(product, one_step, longer)
        product, longer = longer, product
        log_scale += _gated.normalize(product)
        total = np.dot(product.ravel(), product.ravel())
        log_norms[t - 1] = log_scale + _spectral_norm.log_norm(product, u, total, TOLERANCE)
    return log_norms
