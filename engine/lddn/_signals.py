"""Where a network's numbers stand in the flat vectors of its kernels, and its activation functions.

Signals, net inputs and derivatives are flat vectors in which each signal has a block (rows, width): `depth` rows before
step 1 and T rows after in `signals` and `dF_dsignals`, T rows in `a`, `dF_da` and `heard`. `heard` holds what a gate
multiplies, in the backward pass what it lets back. Delayed signals are stacked side by side, [x(t-1), x(t-2), ...], so
that one matrix product serves all delays and all steps.
"""

import numpy as np
from numba import njit

from engine import _activation, _gated

TANH, LOGISTIC, IDENTITY = (_activation.ACTIVATIONS.index(name) for name in ("tanh", "logistic", "identity"))
HARDLIM = len(_activation.ACTIVATIONS)


@njit(cache=True, nogil=True)
def apply(a, activation, h, slopes):
    """h <- f(a), slopes <- f'(a). All (n,)."""
    if activation == TANH:
        _gated.tanh(a, h, slopes)
    elif activation == LOGISTIC:
        _gated.logistic(a, h, slopes)
    else:
        for i in range(a.shape[0]):
            if a[i] != a[i] or activation == IDENTITY:
                h[i], slopes[i] = a[i], 1.0 if a[i] == a[i] else a[i]
            elif activation == HARDLIM:
                h[i], slopes[i] = 1.0 if a[i] >= 0.0 else 0.0, 0.0
            else:
                h[i], slopes[i] = (a[i], 1.0) if a[i] > 0.0 else (0.0, 0.0)


@njit(cache=True, nogil=True)
def block(flat, start, width, rows):
    """The (rows, width) block of values `start` ... in a flat vector of blocks."""
    return flat[start * rows : (start + width) * rows].reshape(rows, width)


@njit(cache=True, nogil=True)
def matrix(w, weight, n, k):
    """The (n, k) weights that begin at `weight` in the vector of all parameters."""
    return w[weight : weight + n * k].reshape(n, k)


@njit(cache=True, nogil=True)
def delayed(tables, signals, signal, delay):
    """(T, k) signal(t - delay) for t = 1 ... T."""
    rows = signals.shape[0] // tables.starts[-1]
    found = block(signals, tables.starts[signal], tables.widths[signal], rows)
    return found[tables.depth - delay : rows - delay]


@njit(cache=True, nogil=True)
def stacks(tables, tap, everything):
    """Whether a tap belongs to the stacked matrix of its layer: weighted, without a gate, and from outside its loop."""
    weighted = tables.weight[tap] >= 0 and tables.gate[tap] < 0
    return weighted and (everything or tables.inside[tap] == 0)


@njit(cache=True, nogil=True)
def stacked_width(tables, layer, everything):
    total = 0
    for tap in range(tables.first[layer], tables.first[layer + 1]):
        if stacks(tables, tap, everything):
            total += tables.widths[tables.source[tap]]
    return total


@njit(cache=True, nogil=True)
def stacked_signals(tables, signals, layer, everything):
    """(T, K) delayed signals of a layer side by side."""
    n_steps = signals.shape[0] // tables.starts[-1] - tables.depth
    result = np.empty((n_steps, stacked_width(tables, layer, everything)))
    at = 0
    for tap in range(tables.first[layer], tables.first[layer + 1]):
        if stacks(tables, tap, everything):
            found = delayed(tables, signals, tables.source[tap], tables.delay[tap])
            for t in range(n_steps):
                for j in range(found.shape[1]):
                    result[t, at + j] = found[t, j]
            at += found.shape[1]
    return result


@njit(cache=True, nogil=True)
def stacked_weights(tables, w, layer, everything):
    """(K, n) the weights that belong to `stacked_signals`, transposed."""
    n = tables.widths[tables.n_inputs + layer]
    result = np.empty((stacked_width(tables, layer, everything), n))
    at = 0
    for tap in range(tables.first[layer], tables.first[layer + 1]):
        if stacks(tables, tap, everything):
            k, weight = tables.widths[tables.source[tap]], tables.weight[tap]
            for i in range(n):
                for j in range(k):
                    result[at + j, i] = w[weight + i * k + j]
            at += k
    return result
