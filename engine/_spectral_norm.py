"""Largest singular values of many similar matrices: fast where the last one's vector still fits, and proved each time.

For P (n, n), G = P P^T has eigenvalues >= 0 that add up to |P|_F^2 = total; the largest is the squared norm of P.
Any unit vector u gives a lower bound q = u^T G u. Steepest ascent raises it, but may stick at a smaller eigenvalue, so
q is believed only with a bound from above. There are three, from cheap to dear:

1. With r = |G u - q u|, the largest eigenvalue is at most q + r^2 / (q - mu) if q > mu, and mu = total - q bounds G in
   the space at right angles to u. This is enough where one singular value outweighs all others.
2. The largest eigenvalue is below any number z for which z I - G has positive pivots. This serves all shapes.
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
def _ascend(P, u, total, tolerance):
    """Turn u towards the largest eigenvalue of G, each time to the best vector in the plane of u and G u.

    Returns q, and whether bound 1 proves it.
    """
    n_units = u.shape[0]
    v = np.dot(P.T, u)
    Gu = np.dot(P, v)
    residual, Gr = np.empty_like(u), np.empty_like(u)
    q = 0.0
    for _ in range(MOST_ASCENTS):
        q, squared, r_G_r = 0.0, 0.0, 0.0
        for i in range(n_units):
            q += u[i] * Gu[i]
        for i in range(n_units):
            residual[i] = Gu[i] - q * u[i]
            squared += residual[i] * residual[i]
        gap = 2.0 * q - total
        if gap > 0.0 and squared <= tolerance * q * gap:
            return q, True
        if squared <= 1e-28 * q * q:
            return q, False
        np.dot(P.T, residual, v)
        np.dot(P, v, Gr)
        for i in range(n_units):
            r_G_r += v[i] * v[i]
        length, half = np.sqrt(squared), 0.5 * (q - r_G_r / squared)
        angle = 0.5 * np.arctan2(length, half)
        cosine, sine = np.cos(angle), np.sin(angle) / length
        size = 0.0
        for i in range(n_units):
            u[i] = cosine * u[i] + sine * residual[i]
            Gu[i] = cosine * Gu[i] + sine * Gr[i]
            size += u[i] * u[i]
        # rounding would make u longer or shorter, step by step
        size = 1.0 / np.sqrt(size)
        for i in range(n_units):
            u[i] *= size
            Gu[i] *= size
        if gap <= 0.0 and squared <= 0.01 * tolerance * q * (np.hypot(half, length) + half):
            # the last step gained next to nothing, and bound 1 will not do
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
