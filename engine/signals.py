"""Signals and targets that ask a reservoir for memory, for nonlinearity or for both. Entry t of an array is step t + 1.

    Mackey-Glass    dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t)
    NARMA-10        y(t+1) = 0.3 y(t) + 0.05 y(t) [y(t) + ... + y(t-9)] + 1.5 u(t-9) u(t) + 0.1

Sources: M. Mackey, L. Glass, "Oscillation and chaos in physiological control systems", Science 197 (1977).
A. Atiya, A. Parlos, "New results on recurrent network training", IEEE Trans. Neural Networks 11 (2000), for NARMA-10.
"""

import numpy as np
from numba import njit

from engine import _validate


@njit(cache=True, nogil=True)
def _growth(x, late):
    """dx/dt of Mackey and Glass for the present value and the one tau earlier."""
    square = late * late
    fourth = square * square
    return 0.2 * late / (1.0 + fourth * fourth * square) - 0.1 * x


@njit(cache=True, nogil=True)
def _mackey_glass(x, n_late, dt):
    """Fill x[1:], one entry per dt, from x[0] and the same constant before it; n_late entries make up tau."""
    slope = np.zeros_like(x)
    for t in range(x.shape[0] - 1):
        i = t - n_late
        late = x[max(i, 0)]
        late_next = x[max(i + 1, 0)]
        # The midpoint of the cubic through both ends with their slopes; before 0 the history is flat.
        middle = late
        slope[t] = _growth(x[t], late)
        if i >= 0:
            middle = 0.5 * (late + late_next) + 0.125 * dt * (slope[i] - slope[i + 1])
        second = _growth(x[t] + 0.5 * dt * slope[t], middle)
        third = _growth(x[t] + 0.5 * dt * second, middle)
        fourth = _growth(x[t] + dt * third, late_next)
        x[t + 1] = x[t] + dt / 6.0 * (slope[t] + 2.0 * second + 2.0 * third + fourth)


@njit(cache=True, nogil=True)
def _narma10(u):
    y = np.zeros(u.shape[0])
    now = 0.0
    for t in range(u.shape[0]):
        recent = 0.0
        for i in range(max(t - 10, 0), t):
            recent += y[i]
        late = u[t - 9] if t >= 9 else 0.0
        now = 0.3 * now + 0.05 * now * recent + 1.5 * late * u[t] + 0.1
        y[t] = now
    return y


def mackey_glass(n, tau=17, *, dt=0.1, discard=1000, start=1.2):
    """The series of Mackey and Glass, x(discard), x(discard + 1), ... in its own time units: (n,).

    Classical Runge-Kutta steps of length dt; the delayed value half-way through a step is interpolated by the cubic
    through its neighbours and their slopes, so that the error stays of order dt^4. x is `start` at time 0 and before.
    Periodic for tau below 17, chaotic from about 17: two methods part sooner or later, whatever their precision.

    n >= 1; tau > 0 and 1 both a whole multiple of dt; discard >= 0; start finite. Raises ValueError for anything else.
    Source: that of the module.
    """
    n, discard = _validate.integer("n", n, low=1), _validate.integer("discard", discard, low=0)
    tau, dt = _validate.number("tau", tau, above=0), _validate.number("dt", dt, above=0, high=1)
    per_unit = round(1 / dt)
    for name, length in (("1", 1.0), ("tau", tau)):
        if abs(round(length * per_unit) - length / dt) > 1e-6 or round(length * per_unit) < 1:
            raise ValueError(f"dt must divide {name}, got dt = {dt:g} and tau = {tau:g}")
    x = np.full((n + discard - 1) * per_unit + 1, _validate.number("start", start))
    _mackey_glass(x, round(tau * per_unit), 1 / per_unit)
    return x[discard * per_unit :: per_unit].copy()


@np.errstate(all="ignore")
def narma10(u):
    """The target d(t) = y(t+1) of NARMA-10 for the input u, everything before step 1 being 0: (T,).

    Entry t of the result is the first that depends on entry t of u; it needs inputs up to 9 steps back and, through y,
    all before them. u: (T,), meant to be uniform in [0, 0.5] as from `narma_input`: even then the recursion runs away
    once in a long while, and for larger inputs soon; that shows as inf or NaN from there on.
    Raises ValueError for anything but finite numbers. Source: that of the module.
    """
    return _narma10(_validate.sequence("u", u))


def narma_input(n, rng):
    """Input of NARMA-10, uniform in [0, 0.5): (n,). Raises ValueError unless n >= 1, rng a numpy.random.Generator."""
    return _validate.generator("rng", rng).uniform(0, 0.5, _validate.integer("n", n, low=1))


def delayed(x, lag):
    """x(t - lag), 0 before the first input: (T,). x: (T,); lag >= 0. Raises ValueError for anything else."""
    x = _validate.sequence("x", x)
    lag = min(_validate.integer("lag", lag, low=0), x.shape[0])
    return np.concatenate((np.zeros(lag), x[: x.shape[0] - lag]))


def parity_of_last(bits, n_bits):
    """Product of the last n_bits bits, each 1 or -1; those before the first count as 1: (T,) of 1 and -1.

    bits: (T,); n_bits >= 1. The product is -1 where an odd number of them are. Raises ValueError for anything else.
    """
    bits = _validate.sequence("bits", bits)
    if not (np.abs(bits) == 1).all():
        raise ValueError(f"bits must be 1 or -1, got {bits[np.abs(bits) != 1][0]:g}")
    products = np.cumprod(bits)
    # Bits older than the last n_bits appear in both products and cancel.
    earlier = min(_validate.integer("n_bits", n_bits, low=1), bits.shape[0])
    products[earlier:] *= products[: bits.shape[0] - earlier].copy()
    return products


def figure_eight(n, period):
    """A lying eight: sin(2 pi t / period) and sin(4 pi t / period) for t = 0 ... n-1: (n, 2).

    The curve crosses (0, 0) twice in each period, so that a point does not tell what follows.
    Raises ValueError unless n >= 1 and period >= 4 steps.
    """
    phase = 2 * np.pi * np.arange(_validate.integer("n", n, low=1)) / _validate.number("period", period, low=4)
    return np.column_stack((np.sin(phase), np.sin(2 * phase)))
