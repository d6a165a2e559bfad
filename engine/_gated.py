"""What the gated networks share: squashing functions that leave their slopes, and products with weights.

    logistic    s(a) = 1 / (1 + exp(-a)),    s'(a) = s(a) s(-a)
    tanh                                     tanh'(a) = 4 s(2a) s(-2a)

Both come from exp(-y) = 2^-m (1 + q) / (1 - q) for y >= 0, with m = y / ln 2 rounded and q = tanh(v), 2v = m ln 2 - y.
|v| is below 0.18, where three terms of Lambert's continued fraction P / Q are q to the last digit. One division serves
value and slope, nothing branches, and the loops run on whole vector registers. (Python's division would branch: hence
error_model="numpy".) Leading digits are kept near 0: a forget gate of 1e-300 is told from 0, and the slope of a gate
at 1 from that of one that is stuck.
"""

import numpy as np
from numba import njit

LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with zeros at its end, so that its product with m is exact (fdlibm, e_exp.c)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LARGEST = 800.0  # exp(-800) is 0
POWERS = 2.0 ** -np.arange(1200.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _exponential(y):
    """2^-m, P and Q with exp(-y) = 2^-m (Q + P) / (Q - P), for y >= 0 or NaN."""
    y = LARGEST if y > LARGEST else y
    m = np.int32(LOG2_E * y + 0.5) if y == y else np.int32(0)
    v = 0.5 * ((m * LN2_HIGH - y) + m * LN2_LOW)
    square = v * v
    P = v * (10395.0 + square * (1260.0 + square * 21.0))
    Q = 10395.0 + square * (4725.0 + square * (210.0 + square))
    return POWERS[m], P, Q


@njit(cache=True, nogil=True, error_model="numpy")
def logistic(a, values, slopes):
    """values <- s(a), slopes <- s'(a). All (n,)."""
    for k in range(a.shape[0]):
        power, P, Q = _exponential(abs(a[k]))
        large, small = Q - P, power * (Q + P)
        inverse = 1.0 / (large + small)
        large, small = large * inverse, small * inverse
        values[k] = small if a[k] < 0.0 else large
        slopes[k] = large * small


@njit(cache=True, nogil=True, error_model="numpy")
def tanh(a, values, slopes):
    """values <- tanh(a), slopes <- tanh'(a). All (n,)."""
    for k in range(a.shape[0]):
        power, P, Q = _exponential(2.0 * abs(a[k]))
        large, small = Q - P, power * (Q + P)
        inverse = 1.0 / (large + small)
        # large - small, in a form that does not cancel near 0
        values[k] = np.copysign(((1.0 - power) * Q - (1.0 + power) * P) * inverse, a[k])
        slopes[k] = 4.0 * (large * inverse) * (small * inverse)


@njit(cache=True, nogil=True)
def add_rows(M, factors, result):
    """result <- result + M^T factors: the rows of M, each times its factor. M: (q, n), factors: (q,), result: (n,).

    Four rows at a time, because the result is then read and written only once for the four.
    """
    n_rows = M.shape[0]
    in_fours = n_rows - n_rows % 4
    for k in range(0, in_fours, 4):
        first, second, third, fourth = factors[k], factors[k + 1], factors[k + 2], factors[k + 3]
        for j in range(M.shape[1]):
            both = M[k, j] * first + M[k + 1, j] * second
            result[j] += both + (M[k + 2, j] * third + M[k + 3, j] * fourth)
    for k in range(in_fours, n_rows):
        for j in range(M.shape[1]):
            result[j] += M[k, j] * factors[k]


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
