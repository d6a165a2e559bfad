"""Activation functions f and their derivatives f' for kernels: elementwise from one row into another.

    tanh        f(a) = tanh a                 f'(a) = 4 e / (1 + e)^2,  e = exp(-2|a|)
    logistic    f(a) = 1 / (1 + exp(-a))      f'(a) = e / (1 + e)^2,    e = exp(-|a|)
    relu        f(a) = max(a, 0)              f'(a) = 1 for a > 0, else 0
    identity    f(a) = a                      f'(a) = 1

The derivatives are computed from a and not from f(a): 1 - tanh^2 is 0 from a = 19 on, where the truth is 1e-16.
Only negative numbers are exponentiated, so nothing overflows. Kernels get the name's index in ACTIVATIONS.
tanh itself is Lambert's continued fraction near 0 and (1 - e) / (1 + e) elsewhere: both are good to the last digit or
two, and a third of the price of the library's.
"""

import numpy as np
from numba import njit

ACTIVATIONS = ("tanh", "logistic", "relu", "identity")


@njit(cache=True, nogil=True)
def _tanh(a):
    if abs(a) <= 0.5:
        s = a * a
        numerator = 2027025.0 + s * (270270.0 + s * (6930.0 + s * 36.0))
        return a * numerator / (2027025.0 + s * (945945.0 + s * (51975.0 + s * (630.0 + s))))
    e = np.exp(-2.0 * abs(a))
    return np.copysign((1.0 - e) / (1.0 + e), a)


@njit(cache=True, nogil=True)
def apply(a, activation, h):
    """h <- f(a). a, h: (n,)."""
    for i in range(a.shape[0]):
        if activation == 0:
            h[i] = _tanh(a[i])
        elif activation == 1:
            e = np.exp(-abs(a[i]))
            h[i] = (1.0 if a[i] >= 0.0 else e) / (1.0 + e)
        elif activation == 2 and a[i] <= 0.0:
            h[i] = 0.0
        else:
            h[i] = a[i]


@njit(cache=True, nogil=True)
def differentiate(a, activation, slopes):
    """slopes <- f'(a). a, slopes: (n,)."""
    for i in range(a.shape[0]):
        if activation == 0:
            e = np.exp(-2.0 * abs(a[i]))
            slopes[i] = 4.0 * e / ((1.0 + e) * (1.0 + e))
        elif activation == 1:
            e = np.exp(-abs(a[i]))
            slopes[i] = e / ((1.0 + e) * (1.0 + e))
        elif activation == 2 and a[i] <= 0.0:
            slopes[i] = 0.0
        else:
            # 1, but NaN where a is NaN
            slopes[i] = 1.0 if a[i] == a[i] else a[i]


def applied(a, activation):
    """f(a) for a C-contiguous float64 array of any shape."""
    h = np.empty_like(a)
    apply(a.reshape(-1), activation, h.reshape(-1))
    return h


def differentiated(a, activation):
    """f'(a) for a C-contiguous float64 array of any shape."""
    slopes = np.empty_like(a)
    differentiate(a.reshape(-1), activation, slopes.reshape(-1))
    return slopes
