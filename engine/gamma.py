"""The gamma memory line: a chain of leaky integrators, each one step behind the one before.

    a_k(t) = alpha a_{k-1}(t-1) + (1 - alpha) a_k(t-1),    a_0 = x,    k = 1 ... taps

Arrays are (T,) or (T, taps); index 0 is step 1, and everything before step 1 is zero, so row 0 of a is always 0.
alpha = 1 is a tapped delay line; a smaller alpha remembers longer and less sharply; stable for 0 < alpha < 2.
Tap k answers an impulse with C(t-1, k-1) alpha^k (1-alpha)^(t-k) at lag t, which has its mean at lag k/alpha.

Sources: Neural Network Design, Deep Learning, chapter 12: Figs. 12.3 and 12.4, Eq. 12.1 (read its second "=" as "+"),
Eq. 12.2; solved problem P12.3 for the gradient. The taps beyond the first follow from convolving Eq. 12.2 with itself.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate


class GammaGradient(NamedTuple):
    """Loss of one gamma element and all that P12.3 needs for its derivative. Entry t of each array is step t + 1."""

    loss: float  # F, sum of e(t)^2
    output: np.ndarray  # (T,) a(t)
    error: np.ndarray  # (T,) e(t) = d(t) - a(t)
    dF_da: np.ndarray  # (T,) total derivative, backwards in time
    da_dalpha_explicit: np.ndarray  # (T,) x(t-1) - a(t-1)
    terms: np.ndarray  # (T,) da_dalpha_explicit * dF_da
    dF_dalpha: float  # sum of the terms


class Descent(NamedTuple):
    """Gradient descent on alpha; entry n is the value after n updates."""

    alpha: np.ndarray  # (n_steps + 1,)
    loss: np.ndarray  # (n_steps + 1,)
    gradient: np.ndarray  # (n_steps + 1,) dF/dalpha


@njit(cache=True, nogil=True)
def _run(x, alpha, taps):
    n_steps = x.shape[0]
    a = np.zeros((n_steps, taps))
    for t in range(1, n_steps):
        a[t, 0] = alpha * x[t - 1] + (1.0 - alpha) * a[t - 1, 0]
        for k in range(1, taps):
            a[t, k] = alpha * a[t - 1, k - 1] + (1.0 - alpha) * a[t - 1, k]
    return a


@njit(cache=True, nogil=True)
def _normalised(mantissa, exponent):
    """Move the power of two of `mantissa` into `exponent`, so that long products neither overflow nor underflow."""
    fraction, shift = math.frexp(mantissa)
    return fraction, exponent + shift


@njit(cache=True, nogil=True)
def _closed_form(alpha, n_steps, taps):
    mantissas = np.zeros((n_steps, taps))
    exponents = np.zeros((n_steps, taps), dtype=np.int64)
    first, first_exponent = 1.0, 0
    for k in range(1, min(taps, n_steps - 1) + 1):
        first, first_exponent = _normalised(first * alpha, first_exponent)
        value, exponent = first, first_exponent
        for t in range(k, n_steps):
            mantissas[t, k - 1] = value
            exponents[t, k - 1] = exponent
            # C(t, k-1) / C(t-1, k-1) = t / (t - k + 1)
            value, exponent = _normalised(value * (1.0 - alpha) * (t / (t - k + 1.0)), exponent)
    return mantissas, exponents


@njit(cache=True, nogil=True)
def _gradient(x, d, alpha):
    n_steps = x.shape[0]
    output = np.zeros(n_steps)
    da_dalpha_explicit = np.zeros(n_steps)
    error = np.empty(n_steps)
    loss = 0.0
    for t in range(n_steps):
        if t > 0:
            da_dalpha_explicit[t] = x[t - 1] - output[t - 1]
            output[t] = alpha * x[t - 1] + (1.0 - alpha) * output[t - 1]
        error[t] = d[t] - output[t]
        loss += error[t] * error[t]
    dF_da = np.empty(n_steps)
    terms = np.empty(n_steps)
    dF_dalpha = 0.0
    following = 0.0
    for t in range(n_steps - 1, -1, -1):
        following = -2.0 * error[t] + (1.0 - alpha) * following
        dF_da[t] = following
        terms[t] = da_dalpha_explicit[t] * following
        dF_dalpha += terms[t]
    return GammaGradient(loss, output, error, dF_da, da_dalpha_explicit, terms, dF_dalpha)


@njit(cache=True, nogil=True)
def _loss_curve(x, d, alphas):
    losses = np.empty(alphas.shape[0])
    for n in range(alphas.shape[0]):
        output = 0.0
        loss = d[0] * d[0]
        for t in range(1, x.shape[0]):
            output = alphas[n] * x[t - 1] + (1.0 - alphas[n]) * output
            loss += (d[t] - output) * (d[t] - output)
        losses[n] = loss
    return losses


@njit(cache=True, nogil=True)
def _descend(x, d, alpha, learning_rate, n_steps):
    alphas = np.empty(n_steps + 1)
    losses = np.empty(n_steps + 1)
    gradients = np.empty(n_steps + 1)
    for n in range(n_steps + 1):
        result = _gradient(x, d, alpha)
        alphas[n] = alpha
        losses[n] = result.loss
        gradients[n] = result.dF_dalpha
        alpha -= learning_rate * result.dF_dalpha / x.shape[0]
        # two comparisons rather than min and max: a NaN passes through and stays visible
        if alpha < 0.0:
            alpha = 0.0
        elif alpha > 2.0:
            alpha = 2.0
    return Descent(alphas, losses, gradients)


@np.errstate(all="ignore")
def run(x, alpha, *, taps=1):
    """Run a line of gamma elements: a_k(t) = alpha a_{k-1}(t-1) + (1-alpha) a_k(t-1), a_0 = x, zero initial state.

    x: (T,), T >= 1; alpha: any finite number, growth beyond the stable range shows as inf or NaN; taps >= 1.
    Returns (T, taps). Raises ValueError for anything else. Source: Eq. 12.1, Fig. 12.4.
    """
    x = _validate.sequence("x", x)
    return _run(x, _validate.number("alpha", alpha), _validate.integer("taps", taps, low=1))


@np.errstate(all="ignore")
def impulse_response(alpha, n_steps, *, taps=1):
    """Answer to a single 1, by running the recursion.

    Returns (n_steps, taps): row t is lag t, and row 0 is 0. Arguments and errors as in `run`; n_steps >= 1.
    """
    impulse = np.zeros(_validate.integer("n_steps", n_steps, low=1))
    impulse[0] = 1.0
    return run(impulse, alpha, taps=taps)


@np.errstate(all="ignore")
def impulse_response_closed_form(alpha, n_steps, *, taps=1):
    """Answer of tap k at lag t: C(t-1, k-1) alpha^k (1-alpha)^(t-k) for t >= k, and 0 before.

    Returns (n_steps, taps) as `impulse_response` does, with the same arguments and errors. The binomials and powers are
    multiplied up one factor per lag with their exponents kept apart, so no intermediate value overflows or underflows.
    Source: Eq. 12.2 for k = 1, its k-fold convolution for k > 1.
    """
    alpha = _validate.number("alpha", alpha)
    n_steps = _validate.integer("n_steps", n_steps, low=1)
    mantissas, exponents = _closed_form(alpha, n_steps, _validate.integer("taps", taps, low=1))
    return np.ldexp(mantissas, exponents)


def delay_line(x, taps):
    """The tapped delay line to compare with: tap k is x(t-k), zero before step 1.

    x: (T,); taps >= 1. Returns (T, taps). Raises ValueError for anything else.
    """
    x = _validate.sequence("x", x)
    line = np.zeros((x.shape[0], _validate.integer("taps", taps, low=1)))
    for k in range(1, min(line.shape[1], x.shape[0] - 1) + 1):
        line[k:, k - 1] = x[:-k]
    return line


@np.errstate(all="ignore")
def frequency_response(alpha, omega, *, taps=1):
    """H_k = (alpha z^-1 / (1 - (1-alpha) z^-1))^k with z = exp(j omega): gain and phase of tap k for a lasting sine.

    omega: (n_frequencies,) in radians per step. Returns complex (n_frequencies, taps). The formula is evaluated for
    every alpha, but only a stable line settles to it; alpha = 0 gives 0 throughout, since its output never leaves 0.
    Raises ValueError as `run` does. Source: z-transform of Eq. 12.1.
    """
    alpha = _validate.number("alpha", alpha)
    z = np.exp(1j * _validate.sequence("omega", omega))
    taps = _validate.integer("taps", taps, low=1)
    one_tap = np.zeros_like(z) if alpha == 0 else alpha / (z - (1 - alpha))
    return one_tap[:, np.newaxis] ** np.arange(1, taps + 1)


def mean_lag(alpha, taps):
    """Mean lag of tap k, sum of t h_k(t) / sum of h_k(t) = k / alpha for k = 1 ... taps.

    Returns (taps,). At alpha = 0 nothing ever arrives, and outside 0 < alpha < 2 the sums do not converge: inf.
    Raises ValueError unless alpha is finite and taps >= 1.
    """
    lags = np.arange(1.0, _validate.integer("taps", taps, low=1) + 1)
    return lags / alpha if is_stable(alpha) else np.full_like(lags, np.inf)


def is_stable(alpha):
    """Whether the response dies out: |1 - alpha| < 1, so 0 < alpha < 2. Raises ValueError unless alpha is finite."""
    return 0 < _validate.number("alpha", alpha) < 2


def half_life(alpha):
    """The number of steps n, not rounded, with |1-alpha|^n = 1/2: inf where |1-alpha| >= 1, and 0 for alpha = 1.

    Raises ValueError unless alpha is a finite number.
    """
    alpha = _validate.number("alpha", alpha)
    if not is_stable(alpha):
        return float("inf")
    if alpha == 1:
        return 0.0
    # log1p keeps its digits where alpha is tiny
    log_decay = np.log1p(-alpha) if alpha < 1 else np.log(alpha - 1)
    return float(np.log(0.5) / log_decay)


def _signal_and_target(x, d):
    x = _validate.sequence("x", x)
    return x, _validate.sequence("d", d, x.shape[0])


@np.errstate(all="ignore")
def gradient(x, d, alpha):
    """Loss of one gamma element against the target d, and its derivative by backpropagation through time.

        a(t) = alpha x(t-1) + (1-alpha) a(t-1),    e(t) = d(t) - a(t),    F = sum of e(t)^2
        dF/da(t) = -2 e(t) + (1-alpha) dF/da(t+1),    dF/da(T+1) = 0
        dF/dalpha = sum of [x(t-1) - a(t-1)] dF/da(t)

    x, d: (T,); alpha: any finite number. Returns GammaGradient with .loss, .output, .error, .dF_da,
    .da_dalpha_explicit, .terms, .dF_dalpha; overflow shows as inf or NaN. Raises ValueError for unequal lengths.
    Source: P12.3.
    """
    x, d = _signal_and_target(x, d)
    return _gradient(x, d, _validate.number("alpha", alpha))


@np.errstate(all="ignore")
def loss_curve(x, d, alphas):
    """The loss of `gradient` for each of `alphas`: (n,) -> (n,). Raises ValueError as `gradient` does."""
    x, d = _signal_and_target(x, d)
    return _loss_curve(x, d, _validate.sequence("alphas", alphas))


@np.errstate(all="ignore")
def descend(x, d, alpha, *, learning_rate, n_steps):
    """Plain gradient descent: alpha <- alpha - learning_rate * (dF/dalpha) / T, clipped to [0, 2], n_steps times.

    Dividing by T makes one learning rate serve sequences of every length; the clip keeps a step that is too long inside
    the range where the output stays bounded or grows at most step by step. x, d: (T,); 0 <= alpha <= 2;
    learning_rate >= 0; n_steps >= 0. Returns Descent with .alpha, .loss, .gradient, each (n_steps + 1,), the start
    included. Raises ValueError for anything else. Source: P12.3 for the gradient.
    """
    x, d = _signal_and_target(x, d)
    alpha = _validate.number("alpha", alpha, low=0, high=2)
    learning_rate = _validate.number("learning_rate", learning_rate, low=0)
    return _descend(x, d, alpha, learning_rate, _validate.integer("n_steps", n_steps, low=0))
