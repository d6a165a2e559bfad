"""Linear recurrent networks: the impulse response, the poles and the gradient are all powers of one matrix.

    h(t) = W h(t-1) + U x(t)                          W: a number or (n, n), x: (T,)

An impulse at step 1 leaves W^(t-1) U at step t (Eq. 12.32 with W = 0.5, U = 1: 0.5^(t-1)). The poles are the
eigenvalues of W; with all of them inside the unit circle both the response and the gradient die out. If only the last
step has an error, Eq. 12.33 walks back through the same powers: dF/dh(t) = (W^T)^(T-t) dF/dh(T) (Eq. 12.34).

Entry t of each array is step t + 1. Source: Neural Network Design, Deep Learning, chapter 12: Fig. 12.11, Eqs
12.32 to 12.34. The units are identities; a (n, n) W extends the book's single unit.
"""

import numpy as np
from numba import njit

from engine import _validate, matrices


@njit(cache=True, nogil=True)
def _response(x, W, U, h0):
    n_steps, n_units = x.shape[0], U.shape[0]
    h = np.empty((n_steps, n_units))
    previous = h0
    for t in range(n_steps):
        for i in range(n_units):
            total = U[i] * x[t]
            for j in range(n_units):
                total += W[i, j] * previous[j]
            h[t, i] = total
        previous = h[t]
    return h


def _matrix(W):
    """W as (n, n), and whether it was given as a number."""
    if np.ndim(W) == 0:
        return np.array([[_validate.number("W", W)]]), True
    return matrices.square("W", W), False


def _vector(name, values, n_units):
    """`values` as (n,); a single number stands for n equal ones."""
    if np.ndim(values) == 0:
        return np.full(n_units, _validate.number(name, values))
    return _validate.sequence(name, values, n_units)


@np.errstate(all="ignore")
def response(x, W, *, U=1.0, h0=None):
    """Run h(t) = W h(t-1) + U x(t) with h(0) = h0, or zeros.

    x: (T,), T >= 1; W: a number or (n, n); U and h0: (n,), or one number for every unit. Returns (T,) for a number W
    and (T, n) for a matrix; overflow shows as inf or NaN. Raises ValueError for other shapes or values that are not
    finite. Source: Fig. 12.11.
    """
    x = _validate.sequence("x", x)
    W, is_scalar = _matrix(W)
    U = _vector("U", U, len(W))
    h = _response(x, W, U, _vector("h0", 0.0 if h0 is None else h0, len(W)))
    return h[:, 0].copy() if is_scalar else h


def impulse_response(W, n_steps, *, U=1.0):
    """Answer to a single 1 at step 1: U, W U, W^2 U, ..., so W^(t-1) U at step t (Eq. 12.32).

    n_steps >= 1; the other arguments and the errors as in `response`. Returns (n_steps,) for a number W and
    (n_steps, n) for a matrix.
    """
    impulse = np.zeros(_validate.integer("n_steps", n_steps, low=1))
    impulse[0] = 1.0
    return response(impulse, W, U=U)


def poles(W):
    """The eigenvalues of W, complex (n,), largest modulus first; for a number W, W itself. Errors as in `response`."""
    return matrices.eigenvalues(_matrix(W)[0])


def _slowest(W):
    """The spectral radius; for a matrix, 1 also where rounding alone keeps it from being 1 (a rotation, say)."""
    W, is_scalar = _matrix(W)
    radius = abs(float(W[0, 0])) if is_scalar else matrices.spectral_radius(W)
    return radius if is_scalar or abs(radius - 1) > 1e-12 else 1.0


def is_stable(W):
    """Whether every response dies out: all poles inside the unit circle, spectral radius < 1.

    W: a number or (n, n). A matrix whose radius is within 1e-12 of 1 counts as on the circle, so not stable.
    Raises ValueError as `response` does.
    """
    return _slowest(W) < 1


def half_life(W):
    """Steps, not rounded, until the slowest mode has halved: log(1/2) / log(spectral radius).

    inf where the network is not stable, 0 where the spectral radius is 0 (all is forgotten after at most n steps).
    W: a number or (n, n). Raises ValueError as `response` does.
    """
    return _steps_until(0.5, W)


def time_constant(W):
    """Steps, not rounded, until the slowest mode has fallen to 1/e: -1 / log(spectral radius). As `half_life`."""
    return _steps_until(np.exp(-1.0), W)


def _steps_until(fraction, W):
    radius = _slowest(W)
    if radius >= 1:
        return float("inf")
    return float(np.log(fraction) / np.log(radius)) if radius > 0 else 0.0


def _power_norms(W, n_steps):
    """Spectral norms of W^(T-t), t = 1 ... T, as mantissas and exponents of 2, so that none over- or underflows."""
    scaled, exponent_of_W = _split(W)
    powers = np.empty((n_steps, *W.shape))
    exponents = np.zeros(n_steps, dtype=np.int64)
    powers[-1] = np.eye(len(W))
    for t in range(n_steps - 2, -1, -1):
        powers[t], shift = _split(powers[t + 1] @ scaled)
        exponents[t] = exponents[t + 1] + shift + exponent_of_W
    return np.linalg.norm(powers, 2, axis=(1, 2)), exponents


def _split(matrix):
    """The matrix over a power of two that brings its largest entry to between 1/2 and 1, and that power."""
    exponent = int(np.frexp(np.abs(matrix).max())[1])
    return np.ldexp(matrix, -exponent), exponent


@np.errstate(all="ignore")
def gradient_decay(W, n_steps):
    """What is left of the last step's error at step t: W^(T-t), t = 1 ... T; the last entry is 1 (Eq. 12.34).

    For a number W this is dF/dh(t) over the explicit derivative at step T, with its sign. For a (n, n) matrix it is the
    spectral norm of W^(T-t), the most by which any gradient can have grown. n_steps = T >= 1. Returns (n_steps,);
    overflow shows as inf. Raises ValueError as `response` does.
    """
    W, is_scalar = _matrix(W)
    n_steps = _validate.integer("n_steps", n_steps, low=1)
    if is_scalar:
        return W[0, 0] ** np.arange(n_steps - 1.0, -1.0, -1.0)
    norms, exponents = _power_norms(W, n_steps)
    return np.ldexp(norms, exponents)


@np.errstate(all="ignore")
def log10_gradient_decay(W, n_steps):
    """log10 of the modulus of `gradient_decay`: finite where the power itself over- or underflows, -inf where it is 0.

    Arguments, shape and errors as in `gradient_decay`.
    """
    W, is_scalar = _matrix(W)
    n_steps = _validate.integer("n_steps", n_steps, low=1)
    if is_scalar:
        lags = np.arange(n_steps - 1.0, -1.0, -1.0)
        return np.where(lags == 0, 0.0, lags * np.log10(abs(W[0, 0])))
    norms, exponents = _power_norms(W, n_steps)
    return np.log10(norms) + exponents * np.log10(2.0)
