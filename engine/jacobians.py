"""How far an error reaches back: products of the state's one-step Jacobians, and their spectral norms.

    hidden form   dh(t)/dh(t-1) = diag f'(a(t)) W              cell form   dc(t)/dc(t-1) = W diag f'(c(t-1))
    dh(T)/dh(k) = J(T) J(T-1) ... J(k+1),  log10 of its largest singular value for every k

Products are rescaled at every step and the logarithms added up, so they neither underflow nor overflow; entries more
than 300 decades below the largest one of the same product are lost. A slope f' below 1e-308 counts as 0.

`engine._spectral_norm` says why the norms can be trusted.

Sources: Neural Network Design, Deep Learning, chapter 12: Eqs. 12.33 to 12.35. Pascanu, Mikolov, Bengio 2013, Eq. 5,
for the cell form and the bound.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _activation, _recursive, _spectral_norm, _validate, rnn

FORMS = ("hidden", "cell")
LARGEST_SLOPES = {"tanh": 1.0, "logistic": 0.25, "relu": 1.0, "identity": 1.0}

# relative, of the squared norm: one curve is for numbers, the matrix of thousands of norms for colours
CURVE_TOLERANCE = 1e-10
MATRIX_TOLERANCE = 1e-6


class LagNormMatrix(NamedTuple):
    """Norms for pairs of steps; entry [i, j] belongs to dh(t)/dh(k) with t = steps[i], k = steps[j]."""

    steps: np.ndarray  # (s,) ascending, counted from 1; the last is T
    log10_norms: np.ndarray  # (s, s) 0 on the diagonal, NaN above it


@njit(cache=True, nogil=True)
def _extend(P, slopes, W, hidden, scaled, result):
    """result <- P J with J = diag(slopes) W in the hidden form, W diag(slopes) in the cell form.

    P, W, result: (n, n); slopes: (n,); scaled: room for an (n, n).
    """
    if not hidden:
        np.dot(P, W, result)
    source, target = (P, scaled) if hidden else (result, result)
    for i in range(W.shape[0]):
        for j in range(W.shape[0]):
            target[i, j] = source[i, j] * slopes[j]
    if hidden:
        np.dot(scaled, W, result)


@njit(cache=True, nogil=True)
def _factors(slopes, W, hidden):
    """Natural logarithm of the norm of each one-step Jacobian."""
    n_steps, n_units = slopes.shape
    log_norms = np.empty(n_steps)
    u = _spectral_norm.start(n_units)
    one, scaled, jacobian = np.eye(n_units), np.empty_like(W), np.empty_like(W)
    for t in range(n_steps):
        _extend(one, slopes[t], W, hidden, scaled, jacobian)
        log_scale, total = _spectral_norm.rescale(jacobian)
        log_norms[t] = log_scale + _spectral_norm.log_norm(jacobian, u, total, CURVE_TOLERANCE)
    return log_norms


@njit(cache=True, nogil=True)
def _lag_norms(slopes, W, hidden):
    """Natural logarithm of the norm of J(T) ... J(k+1) for k = 1 ... T."""
    n_steps, n_units = slopes.shape
    log_norms = np.zeros(n_steps)
    product, scaled, longer = np.eye(n_units), np.empty_like(W), np.empty_like(W)
    u = _spectral_norm.start(n_units)
    log_scale = 0.0
    for t in range(n_steps - 1, 0, -1):
        _extend(product, slopes[t], W, hidden, scaled, longer)
        product, longer = longer, product
        log_factor, total = _spectral_norm.rescale(product)
        log_scale += log_factor
        log_norms[t - 1] = log_scale + _spectral_norm.log_norm(product, u, total, CURVE_TOLERANCE)
    return log_norms


@njit(cache=True, nogil=True)
def _blocks(slopes, W, hidden, every):
    """Products over `every` steps each, the last of which ends at T, and the logarithms taken out of them.

    Returns (s, n, n) and (s,): block j is dh(t_j)/dh(t_{j-1}); block 0 is not used.
    """
    n_steps, n_units = slopes.shape
    n_blocks = (n_steps + every - 1) // every
    blocks = np.empty((n_blocks, n_units, n_units))
    log_scales = np.zeros(n_blocks)
    scaled, longer = np.empty_like(W), np.empty_like(W)
    for j in range(1, n_blocks):
        end = n_steps - 1 - every * (n_blocks - 1 - j)
        product = np.eye(n_units)
        for t in range(end, end - every, -1):
            _extend(product, slopes[t], W, hidden, scaled, longer)
            product, longer = longer, product
            log_scales[j] += _spectral_norm.rescale(product)[0]
        blocks[j] = product
    return blocks, log_scales


@njit(cache=True, nogil=True)
def _lag_norm_matrix(blocks, block_log_scales):
    """Natural logarithm of the norm of block i ... block j+1 at [i, j].

    All products that end at step j are lengthened by block j together: stacked, they are one tall matrix.
    """
    n_blocks, n_units, _ = blocks.shape
    log_norms = np.full((n_blocks, n_blocks), np.nan)
    log_norms[0, 0] = 0.0
    stack = np.empty((n_blocks * n_units, n_units))
    longer = np.empty_like(stack)
    log_scales = np.zeros(n_blocks)
    directions = np.empty((n_blocks, n_units))
    for j in range(n_blocks - 1, 0, -1):
        log_norms[j, j] = 0.0
        directions[j] = _spectral_norm.start(n_units)
        stack[j * n_units : (j + 1) * n_units] = np.eye(n_units)
        np.dot(stack[j * n_units :], blocks[j], longer[j * n_units :])
        stack, longer = longer, stack
        for i in range(j, n_blocks):
            product = stack[i * n_units : (i + 1) * n_units]
            log_factor, total = _spectral_norm.rescale(product)
            log_scales[i] += block_log_scales[j] + log_factor
            log_norm = _spectral_norm.log_norm(product, directions[i], total, MATRIX_TOLERANCE)
            log_norms[i, j - 1] = log_scales[i] + log_norm
    return log_norms


def _slopes(x, params, h0, activation, form):
    """What makes the one-step Jacobians: slopes (T, n), W (n, n), and whether the form is the hidden one.

    Row t holds f'(a(t)) in the hidden form and f'(c(t-1)) in the cell form.
    """
    hidden = _validate.choice("form", form, FORMS) == "hidden"
    x, params, start, activation = rnn.checked(x, params, h0, activation)
    h0 = start if hidden else _activation.applied(start, activation)
    a, _ = _recursive.forward(x, *params, h0, activation)
    if not hidden:
        a = np.concatenate((start[np.newaxis], a[:-1]))
    return _activation.differentiated(a, activation), params.W, hidden


@np.errstate(all="ignore")
def lag_norms(x, params, *, h0=None, activation="tanh", form="hidden"):
    """log10 of the spectral norm of dh(T)/dh(k) for k = 1 ... T: how much of a change at step k is left at the end.

        dh(t)/dh(t-1) = diag f'(a(t)) W,    dh(T)/dh(k) = product of these over the steps T ... k+1

    Arguments and errors as in `rnn.run`. form="cell" takes the network as `rnn.run_cell` does, with h0 as c(0), and
    gives dc(T)/dc(k), a product of W diag f'(c(t-1)).
    Returns (T,); the last entry is 0. It is finite where the norm itself would underflow, -inf only where the product
    is 0, and NaN where a state is NaN. Each is right to 3e-11, apart from the rounding of the product itself.
    Source: chain rule; compare Eqs. 12.34 and 12.35.
    """
    return _lag_norms(*_slopes(x, params, h0, activation, form)) / np.log(10.0)


@np.errstate(all="ignore")
def factors(x, params, *, h0=None, activation="tanh", form="hidden"):
    """Spectral norm of the one-step Jacobian dh(t)/dh(t-1), or dc(t)/dc(t-1), for t = 1 ... T.

    Arguments and errors as in `lag_norms`. Returns (T,).
    """
    return np.exp(_factors(*_slopes(x, params, h0, activation, form)))


@np.errstate(all="ignore")
def lag_norm_matrix(x, params, *, h0=None, activation="tanh", form="hidden", every=1):
    """log10 of the spectral norm of dh(t)/dh(k) for all pairs k <= t of the steps T, T - every, T - 2 every, ...

    Arguments and errors as in `lag_norms`; every: a whole number >= 1. Returns LagNormMatrix with .steps (s,),
    ascending, and .log10_norms (s, s), s = ceil(T / every): t is the row, k the column, 0 on the diagonal, NaN above.
    Each is right to 3e-7.
    """
    every = _validate.integer("every", every, low=1)
    slopes, W, hidden = _slopes(x, params, h0, activation, form)
    n_steps = slopes.shape[0]
    log_norms = _lag_norm_matrix(*_blocks(slopes, W, hidden, min(every, n_steps)))
    return LagNormMatrix(np.arange(n_steps, 0, -every)[::-1].copy(), log_norms / np.log(10.0))


@np.errstate(all="ignore")
def bound(params, activation, n_lags):
    """Upper bound for log10 of the norm of dh(t)/dh(t-lag): lag * log10(gamma sigma_max) for lag = 0 ... n_lags - 1.

    gamma is the activation's largest slope: 1/4 for logistic, else 1; sigma_max is the largest singular value of W.
    params: RnnParams, or W (n, n) alone. n_lags >= 1. Returns (n_lags,); -inf from lag 1 on where W is 0.
    Raises ValueError for a matrix that is not square or not finite, and another activation or n_lags.
    Source: Pascanu, Mikolov, Bengio 2013, Section 2.1.
    """
    gamma = LARGEST_SLOPES[_validate.choice("activation", activation, rnn.ACTIVATIONS)]
    W = rnn.recurrent_weights(params)
    return _powers(gamma * np.linalg.norm(W, 2), n_lags)


@np.errstate(all="ignore")
def linear_prediction(W, n_lags):
    """What a linear network would do after many steps: lag * log10(rho) for lag = 0 ... n_lags - 1.

    rho is the spectral radius of W, its largest |eigenvalue|. W: (n, n), or RnnParams. n_lags >= 1.
    Returns (n_lags,); -inf from lag 1 on where rho is 0. Raises ValueError as `bound` does.
    Source: Eq. 12.34, where rho is lw = 0.5.
    """
    return _powers(np.abs(np.linalg.eigvals(rnn.recurrent_weights(W))).max(), n_lags)


@np.errstate(all="ignore")
def power_norm(W, lag):
    """log10 of the spectral norm of W^lag: what a linear network leaves of a gradient `lag` steps back.

    W: (n, n), or RnnParams; lag >= 0. The power is built by squaring and scaled each time, so it neither underflows nor
    overflows. Returns a float: 0 for lag 0, -inf where the power is 0. Raises ValueError as `bound` does.
    Source: Eq. 12.34 with a matrix.
    """
    square, lag = rnn.recurrent_weights(W), _validate.integer("lag", lag, low=0)
    product, log_product, log_square = np.eye(len(square)), 0.0, 0.0
    while lag:
        square, log_square = _scaled(square, log_square)
        if lag % 2:
            product, log_product = _scaled(product @ square, log_product + log_square)
        square, log_square, lag = square @ square, 2 * log_square, lag // 2
    return float(log_product + np.log10(np.linalg.norm(product, 2)))


def _scaled(P, log10_scale):
    """P with its largest entry brought to 1, and the logarithm of what has been taken out of it so far."""
    largest = np.abs(P).max()
    return (P / largest, log10_scale + np.log10(largest)) if largest > 0 else (P, log10_scale)


def _powers(base, n_lags):
    """log10 of base^lag; the first is 0 whatever the base."""
    lags = np.arange(_validate.integer("n_lags", n_lags, low=1))
    return np.concatenate(([0.0], lags[1:] * np.log10(base)))
