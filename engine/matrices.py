"""Recurrent weight matrices: how to draw them, what their sizes are, and the modes of a symmetric one.

    spectral radius = largest |eigenvalue|  <=  largest singular value        W: (n, n)

A network h(t) = W h(t-1) shrinks in the end if the spectral radius is below 1, and from the first step on if the
largest singular value is. A symmetric W = Q Lambda Q^T falls apart into n numbers that follow an eigenvalue each:

    h(t) = W^t h(0) = Q Lambda^t Q^T h(0)

Q has an eigenvector in each column, so Q^T comes first (from units to modes) and Q last (back to units). Lecture slides
that print Q^T Lambda^t Q next to W = Q Lambda Q^T have the two the wrong way round.

Sources: linear algebra; F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices of
the AMS 54 (2007), for the signs that make the orthogonal matrix uniform (Haar).
"""

from typing import NamedTuple

import numpy as np

from engine import _validate

KINDS = ("random", "symmetric", "orthogonal", "identity")

#: Eigenvalues whose moduli differ by less than this part of the largest are taken as equally large.
TIE = 1e-10


class Modes(NamedTuple):
    """A symmetric linear network seen along its eigenvectors. Row t of the last three is time t; row 0 is the start."""

    eigenvalues: np.ndarray  # (n,) real, largest modulus first
    eigenvectors: np.ndarray  # (n, n) Q, one in each column
    components: np.ndarray  # (n_steps + 1, n) Lambda^t Q^T h(0)
    log10_components: np.ndarray  # (n_steps + 1, n) log10 of their moduli, finite where they underflow
    h: np.ndarray  # (n_steps + 1, n) Q Lambda^t Q^T h(0)


def square(name, W):
    """A fresh float64 copy of the (n, n) matrix `W`. Raises ValueError naming the argument for anything else."""
    W = _validate.array(name, W, (None, None))
    return _validate.array(name, W, (W.shape[0], W.shape[0]))


def make(kind, n_units, rng):
    """Draw an (n_units, n_units) matrix of one of KINDS.

    random:     entries normal with standard deviation 1/sqrt(n), so that the spectral radius is close to 1
    symmetric:  (A + A^T) / sqrt(2) with A random, eigenvalues close to [-2, 2]
    orthogonal: W^T W = I, uniform over all such matrices: every eigenvalue and singular value has modulus 1
    identity:   ones on the diagonal; draws nothing

    rng: a numpy.random.Generator. Raises ValueError for another kind, n_units < 1 or another rng.
    """
    kind = _validate.choice("kind", kind, KINDS)
    n_units = _validate.integer("n_units", n_units, low=1)
    rng = _validate.generator("rng", rng)
    if kind == "identity":
        return np.eye(n_units)
    A = rng.normal(0, 1 / np.sqrt(n_units), (n_units, n_units))
    if kind == "random":
        return A
    if kind == "symmetric":
        return (A + A.T) / np.sqrt(2)
    Q, R = np.linalg.qr(A)
    # QR leaves the signs of R's diagonal to the library; with all of them positive, Q is uniform
    return Q * np.where(np.diag(R) < 0, -1.0, 1.0)


def eigenvalues(W):
    """All eigenvalues of W (n, n), complex (n,), largest modulus first.

    Equal moduli (within TIE) are sorted by |angle|, the positive angle of a pair first, so that the order does not hang
    on rounding. Raises ValueError unless W is square and finite.
    """
    values = np.linalg.eigvals(square("W", W)).astype(complex)
    return values[_by_modulus(values)]


def _by_modulus(values):
    moduli, angles = np.abs(values), np.angle(values)
    ranks = np.round(moduli / (moduli.max() or 1.0) / TIE)
    return np.lexsort((-angles, np.round(np.abs(angles) / TIE), -ranks))


def singular_values(W):
    """All singular values of W (n, n), largest first, (n,). Raises ValueError unless W is square and finite."""
    return np.linalg.svd(square("W", W), compute_uv=False)


def spectral_radius(W):
    """The largest |eigenvalue| of W (n, n), a float. Raises ValueError unless W is square and finite."""
    return float(np.abs(eigenvalues(W)).max())


def largest_singular_value(W):
    """max |W v| over all |v| = 1, the spectral norm of W (n, n). Raises ValueError unless W is square and finite."""
    return float(singular_values(W)[0])


def scale_spectral_radius(W, rho):
    """W times the number that makes its spectral radius rho >= 0; rho = 0 gives zeros.

    W: (n, n). Returns (n, n). Raises ValueError where the spectral radius of W is 0 and rho is not, since no factor
    can change it, and for a W that is not square or a negative rho.
    """
    W = square("W", W)
    return _scaled(W, spectral_radius(W), "spectral radius", _validate.number("rho", rho, low=0))


def scale_largest_singular_value(W, size):
    """W times the number that makes its largest singular value size >= 0; size = 0 gives zeros.

    W: (n, n). Returns (n, n). Raises ValueError where W is all zeros and size is not 0, and for a W that is not square
    or a negative size.
    """
    W = square("W", W)
    return _scaled(W, largest_singular_value(W), "largest singular value", _validate.number("size", size, low=0))


def _scaled(W, present, what, wanted):
    if wanted == 0:
        return np.zeros_like(W)
    if present == 0:
        raise ValueError(f"W must have a {what} above 0 to be scaled to {wanted:g}, got 0")
    return W / present * wanted


@np.errstate(all="ignore")
def modes(W, h0, n_steps):
    """Run h(t) = W h(t-1) for a symmetric W as n separate modes: W = Q Lambda Q^T, h(t) = Q Lambda^t Q^T h(0).

    W: (n, n), equal to its transpose within rounding; h0: (n,); n_steps >= 0. Returns Modes with .eigenvalues,
    .eigenvectors, .components, .log10_components (-inf where a component is 0) and .h; the first of each eigenvector's
    largest entries is positive. Overflow shows as inf or NaN. Raises ValueError unless W is square and symmetric.
    Source: the spectral theorem (see the module's note on the order of Q and Q^T).
    """
    W = square("W", W)
    if not np.allclose(W, W.T, rtol=0, atol=1e-12 * np.abs(W).max()):
        i, j = np.unravel_index(np.abs(W - W.T).argmax(), W.shape)
        raise ValueError(f"W must be symmetric, got {W[i, j]:g} in row {i}, column {j} but {W[j, i]:g} across")
    h0 = _validate.sequence("h0", h0, W.shape[0])
    times = np.arange(_validate.integer("n_steps", n_steps, low=0) + 1.0)[:, np.newaxis]
    values, Q = np.linalg.eigh(W)
    order = _by_modulus(values.astype(complex))
    values, Q = values[order], Q[:, order]
    largest = np.abs(Q).round(9).argmax(axis=0)
    Q = Q * np.sign(Q[largest, np.arange(len(Q))])
    start = Q.T @ h0
    components = values**times * start
    log10_powers = np.where(times == 0, 0.0, times * np.log10(np.abs(values)))
    return Modes(values, Q, components, log10_powers + np.log10(np.abs(start)), components @ Q.T)
