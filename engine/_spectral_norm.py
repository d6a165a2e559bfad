"""Largest singular values of many similar matrices: fast where the last one's vector still fits, and proved each time.

For P (n, n), G = P P^T has eigenvalues >= 0 that add up to |P|_F^2 = total; the largest is the squared norm of P.
Steepest ascent finds it, but may stick at a smaller one, so a value is believed only with bounds from both sides.

1. Take any unit vector u, q = u^T G u and r = |G u - q u|. At right angles to u, G lies between 0 and total - q, so
   its largest eigenvalue lies between those of the 2x2 matrices [q r; r 0] and [q r; r total - q]. The two meet where
   one singular value outweighs all others.
2. It is below any number z for which z I - G has positive pivots. This serves all shapes.
3. LAPACK's eigenvalues of G, for the rest: where the ascent is slow, or stuck.

Source: Parlett, The Symmetric Eigenvalue Problem, chapters 3, 4 and 10.
"""

import numpy as np
from numba import njit

MOST_ASCENTS = 30


@njit(cache=True, nogil=True)
def start(n_units):
    """A unit vector that is at right angles to nothing in particular."""
    u = np.cos(1.0 + np.arange(n_units) ** 2)
    return u / np.sqrt(np.dot(u, u))


@njit(cache=True, nogil=True)
def rescale(P):
    """Divide P by its largest entry if its numbers have become very small or large.

    Returns the logarithm of that divisor, 0 if P was left as it is and -inf if it is 0, and |P|_F^2 after it.
    """
    total = np.dot(P.ravel(), P.ravel())
    if 1e-40 < total < 1e40:
        return 0.0, total
    largest = np.abs(P).max()
    if largest > 0.0:
        P /= largest
    return np.log(largest), np.dot(P.ravel(), P.ravel())


@njit(cache=True, nogil=True)
def _largest_eigenvalue(p, r, s):
    """Of the symmetric matrix [p r; r s]."""
    return 0.5 * (p + s) + np.sqrt(0.25 * (p - s) * (p - s) + r * r)


@njit(cache=True, nogil=True)
def _turn(u, Gu, along, residual, Gr, across):
    """u <- along u + across residual, made a unit vector again (rounding adds up), and G u with it."""
    squared = 0.0
    for i in range(u.shape[0]):
        u[i] = along * u[i] + across * residual[i]
        Gu[i] = along * Gu[i] + across * Gr[i]
        squared += u[i] * u[i]
    scale = 1.0 / np.sqrt(squared)
    for i in range(u.shape[0]):
        u[i] *= scale
        Gu[i] *= scale


@njit(cache=True, nogil=True)
def _ascend(P, u, total, tolerance):
    """Turn u towards the largest eigenvalue of G, each time to the best vector in the plane of u and G u.

    Returns a lower bound of the eigenvalue, and whether bound 1 proves that it is right.
    """
    v = np.dot(P.T, u)
    Gu = np.dot(P, v)
    residual, Gr = np.empty_like(u), np.empty_like(u)
    q = 0.0
    for _ in range(MOST_ASCENTS):
        q, squared, curvature = 0.0, 0.0, 0.0
        for i in range(u.shape[0]):
            q += u[i] * Gu[i]
        for i in range(u.shape[0]):
            residual[i] = Gu[i] - q * u[i]
            squared += residual[i] * residual[i]
        r, rest = np.sqrt(squared), max(total - q, 0.0)
        lower = _largest_eigenvalue(q, r, 0.0)
        if lower > 0.0 and _largest_eigenvalue(q, r, rest) - lower <= tolerance * lower:
            u[:] = Gu / np.sqrt(q * q + squared)
            return lower, True
        if r <= 1e-14 * q:
            return q, False
        np.dot(P.T, residual, v)
        np.dot(P, v, Gr)
        for i in range(u.shape[0]):
            curvature += v[i] * v[i]
        # [q r; r curvature]: its eigenvector, in the one of two forms that does not cancel
        curvature /= squared
        half = 0.5 * (q - curvature)
        root = np.sqrt(half * half + squared)
        along, across = (root + half, 1.0) if half >= 0.0 else (r, (root - half) / r)
        _turn(u, Gu, along, residual, Gr, across)
        gain = root - half
        if rest >= q and gain <= 0.1 * tolerance * q:
            return q, False
    return q, False


@njit(cache=True, nogil=True)
def _is_bound(z, G):
    """Whether z I - G has positive pivots; G (n, n), symmetric, is overwritten.

    Whole rows are eliminated, though half of each would do: the loop over a row then has a fixed length.
    """
    n_units = G.shape[0]
    G *= -1.0
    for i in range(n_units):
        G[i, i] += z
    for k in range(n_units):
        if not G[k, k] > 0.0:
            return False
        inverse = 1.0 / G[k, k]
        pivot_row = G[k]
        for i in range(k + 1, n_units):
            row = G[i]
            factor = pivot_row[i] * inverse
            for j in range(n_units):
                row[j] -= factor * pivot_row[j]
    return True


@njit(cache=True, nogil=True)
def log_norm(P, u, total, tolerance):
    """Natural logarithm of the largest singular value of P (n, n) with |P|_F^2 = total; NaN where that is not finite.

    u: a unit vector (n,) to start from; it is left near the left singular vector, for the next P. The squared norm is
    right to the relative tolerance.
    """
    if total == 0.0 or not np.isfinite(total):
        return -np.inf if total == 0.0 else np.nan
    q, proved = _ascend(P, u, total, tolerance)
    if not proved and not _is_bound((1.0 + tolerance) * q, np.dot(P, P.T)):
        q = np.linalg.eigvalsh(np.dot(P, P.T))[-1]
    return 0.5 * np.log(q)
