"""Kernels of the recurrent network: forward in time, backward in time (BPTT) and forward with derivatives (RTRL).

All arrays are C-contiguous float64: x (T, m), U (n, m), W (n, n), b and h0 (n,), explicit (T, n).
Weights are walked through row by row, each row scaled by one number and added on, because that loop runs on whole
vector registers; a row of W serves W^T s as it is, and W h needs the transpose, made once.
"""

import numpy as np
from numba import njit

from engine import _activation


@njit(cache=True, nogil=True)
def forward(x, U, W, b, h0, activation):
    """a(t) = U x(t) + W h(t-1) + b and h(t) = f(a(t)); both (T, n)."""
    n_steps, n_units = x.shape[0], W.shape[0]
    a = np.dot(x, U.T)
    h = np.empty((n_steps, n_units))
    W_transposed = W.T.copy()
    previous = h0
    for t in range(n_steps):
        for i in range(n_units):
            a[t, i] += b[i]
        for j in range(n_units):
            value = previous[j]
            for i in range(n_units):
                a[t, i] += W_transposed[j, i] * value
        _activation.apply(a[t], activation, h[t])
        previous = h[t]
    return a, h


@njit(cache=True, nogil=True)
def backward(a, W, explicit, activation):
    """dF/dh(t) = explicit(t) + W^T s(t+1) and s(t) = f'(a(t)) dF/dh(t); both (T, n)."""
    n_steps, n_units = a.shape
    dF_dh = explicit.copy()
    dF_da = np.empty_like(a)
    for t in range(n_steps - 1, -1, -1):
        if t + 1 < n_steps:
            for i in range(n_units):
                value = dF_da[t + 1, i]
                for j in range(n_units):
                    dF_dh[t, j] += W[i, j] * value
        _activation.differentiate(a[t], activation, dF_da[t])
        for j in range(n_units):
            dF_da[t, j] *= dF_dh[t, j]
    return dF_dh, dF_da


@njit(cache=True, nogil=True)
def collect(x, h, h0, W, dF_da):
    """dU, dW, db, dh0: the sums over t of s(t) x(t)^T, s(t) h(t-1)^T and s(t), and W^T s(1)."""
    previous = np.empty_like(h)
    previous[0] = h0
    previous[1:] = h[:-1]
    db = np.zeros(W.shape[0])
    for t in range(h.shape[0]):
        db += dF_da[t]
    return np.dot(dF_da.T, x), np.dot(dF_da.T, previous), db, np.dot(W.T, dF_da[0])


@njit(cache=True, nogil=True)
def bptt(x, U, W, b, h0, explicit, activation):
    """Forward, backward, collect in one call: dU, dW, db, dh0, dF_dh, dF_da."""
    a, h = forward(x, U, W, b, h0, activation)
    dF_dh, dF_da = backward(a, W, explicit, activation)
    dU, dW, db, dh0 = collect(x, h, h0, W, dF_da)
    return dU, dW, db, dh0, dF_dh, dF_da


@njit(cache=True, nogil=True)
def rtrl(x, U, W, b, h0, explicit, activation, every_step):
    """D(t) = diag f'(a(t)) (explicit part + W D(t-1)), and dF += D(t)^T explicit(t), in one pass forward in time.

    D: (n, n, q + 1) with q = m + n: D[k, i, j] is dh_k(t) by weight j of unit i, the weights of a unit in the order
    U[i], W[i], b[i]. They meet the signals z(t) = [x(t), h(t-1), 1], the explicit part of row k by its own unit k.
    Returns dF (n, q + 1), dF_dh0 (n,), and D at every step or only at the last: (T or 1, n, n, q + 1).
    """
    n_steps, n_inputs, n_units = x.shape[0], x.shape[1], W.shape[0]
    a, h = forward(x, U, W, b, h0, activation)
    signals = np.ones(n_inputs + n_units + 1)
    slopes = np.empty(n_units)
    D = np.zeros((n_units, n_units, signals.shape[0]))
    dh_dh0 = np.eye(n_units)
    dF = np.zeros(D.shape[1:])
    dF_dh0 = np.zeros(n_units)
    history = np.empty((n_steps if every_step else 1, *D.shape))
    for t in range(n_steps):
        signals[:n_inputs] = x[t]
        signals[n_inputs:-1] = h[t - 1] if t > 0 else h0
        _activation.differentiate(a[t], activation, slopes)
        D = np.dot(W, D.reshape(n_units, -1)).reshape(D.shape)
        dh_dh0 = np.dot(W, dh_dh0)
        for k in range(n_units):
            D[k, k] += signals
            D[k] *= slopes[k]
            dh_dh0[k] *= slopes[k]
            dF += explicit[t, k] * D[k]
            dF_dh0 += explicit[t, k] * dh_dh0[k]
        history[t if every_step else 0] = D
    return dF, dF_dh0, history
