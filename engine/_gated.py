"""What the gated networks share: squashing functions that leave their slopes, and products with weights.

    logistic    s(a) = 1 / (1 + exp(-a))    s'(a) = e / (1 + e)^2,      e = exp(-|a|)
    tanh                                    tanh'(a) = 4 e / (1 + e)^2, e = exp(-2|a|)

Value and slope come from one exponential. Both keep their leading digits where they are near 0: a forget gate of
1e-300 is told from 0, and the slope of a gate at 1 from that of one that is stuck.
The loops over units scale one row by one number and add it on: that runs on whole vector registers.
"""

import numpy as np
from numba import njit

from engine import _activation


@njit(cache=True, nogil=True)
def logistic(a, values, slopes):
    """values <- s(a), slopes <- s'(a). All (n,)."""
    for k in range(a.shape[0]):
        e = np.exp(-abs(a[k]))
        inverse = 1.0 / (1.0 + e)
        values[k] = inverse if a[k] >= 0.0 else e * inverse
        slopes[k] = e * inverse * inverse


@njit(cache=True, nogil=True)
def tanh(a, values, slopes):
    """values <- tanh(a), slopes <- tanh'(a). All (n,)."""
    _activation.apply(a, 0, values)
    _activation.differentiate(a, 0, slopes)


@njit(cache=True, nogil=True)
def add_product(transposed, vector, result):
    """result <- result + W vector, with W given as its transpose. transposed: (n, q), vector: (n,), result: (q,)."""
    for j in range(transposed.shape[0]):
        value = vector[j]
        for k in range(transposed.shape[1]):
            result[k] += transposed[j, k] * value


@njit(cache=True, nogil=True)
def add_backward(W, sensitivity, result):
    """result <- result + W^T sensitivity. W: (q, n), sensitivity: (q,), result: (n,)."""
    for k in range(W.shape[0]):
        value = sensitivity[k]
        for j in range(W.shape[1]):
            result[j] += W[k, j] * value


@njit(cache=True, nogil=True)
def delayed(h, h0):
    """h(t-1) for t = 1 ... T. h: (T, n), h0: (n,); returns (T, n)."""
    previous = np.empty_like(h)
    previous[0] = h0
    previous[1:] = h[:-1]
    return previous


@njit(cache=True, nogil=True)
def normalize(P):
    """Divide P by its largest entry, and return the natural logarithm of that; -inf where P is 0."""
    largest = 0.0
    for value in P.flat:
        largest = max(largest, abs(value))
    if largest > 0.0:
        P /= largest
    return np.log(largest)
