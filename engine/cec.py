"""The gated constant error carousel (CEC): a sum with doors.

    c(t) = i(t) x(t) + w f(t) c(t-1),    y(t) = o(t) c(t)        all scalars per step, arrays (T,)

With w = 1 and open gates c is a running sum, and dc(t)/dc(k) = 1 for every k < t: the error neither fades nor grows.
In general dc(t)/dc(k) is the product of w f(j) over j = k+1 ... t, so one closed gate cuts every path behind it.

Source: Neural Network Design, Deep Learning, chapter 12: Eq. 12.37 (gate), Fig. 12.15 (carousel), Fig. 12.16 (gated).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate


class CecRun(NamedTuple):
    """Entry t of each array is step t + 1."""

    c: np.ndarray  # (T,) cell state
    y: np.ndarray  # (T,) output


@njit(cache=True, nogil=True)
def _run(x, input_gate, forget_gate, output_gate, w, c0):
    n_steps = x.shape[0]
    c = np.empty(n_steps)
    y = np.empty(n_steps)
    previous = c0
    for t in range(n_steps):
        previous = input_gate[t] * x[t] + w * forget_gate[t] * previous
        c[t] = previous
        y[t] = output_gate[t] * previous
    return CecRun(c, y)


@njit(cache=True, nogil=True)
def _sensitivity(input_gate, forget_gate, w):
    n_steps = input_gate.shape[0]
    dc_dx = np.zeros((n_steps, n_steps))
    for t in range(n_steps):
        for k in range(t):
            dc_dx[t, k] = w * forget_gate[t] * dc_dx[t - 1, k]
        dc_dx[t, t] = input_gate[t]
    return dc_dx


@njit(cache=True, nogil=True)
def _log10_products(forget_gate, w):
    n_steps = forget_gate.shape[0]
    log10_products = np.empty(n_steps)
    total = 0.0
    for t in range(n_steps - 1, -1, -1):
        log10_products[t] = total
        # two logarithms, because the product of two tiny numbers could underflow to 0
        total += np.log10(abs(w)) + np.log10(forget_gate[t])
    return log10_products


@np.errstate(all="ignore")
def gate(x, g):
    """One gate: a(t) = g(t) x(t) (Eq. 12.37).

    x: (T,); g: (T,) in [0, 1]. Returns (T,). Raises ValueError for other lengths, shapes or values.
    """
    x = _validate.sequence("x", x)
    return _validate.gates("g", g, x.shape[0]) * x


@np.errstate(all="ignore")
def run(x, input_gate, forget_gate, *, output_gate=None, w=1.0, c0=0.0):
    """Run the gated carousel: c(t) = i(t) x(t) + w f(t) c(t-1), y(t) = o(t) c(t), c(0) = c0.

    x, input_gate, forget_gate, output_gate: (T,), T >= 1; gates in [0, 1]; no output_gate means always open.
    w: the self-weight, 1 for a carousel. Returns CecRun with .c (T,) and .y (T,); overflow shows as inf or NaN.
    Raises ValueError for unequal lengths, a gate outside [0, 1] or a value that is not finite. Source: Fig. 12.16.
    """
    x = _validate.sequence("x", x)
    n_steps = x.shape[0]
    input_gate = _validate.gates("input_gate", input_gate, n_steps)
    forget_gate = _validate.gates("forget_gate", forget_gate, n_steps)
    output_gate = np.ones(n_steps) if output_gate is None else _validate.gates("output_gate", output_gate, n_steps)
    return _run(x, input_gate, forget_gate, output_gate, _validate.number("w", w), _validate.number("c0", c0))


@np.errstate(all="ignore")
def sensitivity(input_gate, forget_gate, *, w=1.0):
    """Which input still matters: dc(t)/dx(k) = i(k) * product of w f(j) over j = k+1 ... t, at [t, k].

    input_gate, forget_gate: (T,) in [0, 1]. Returns (T, T), 0 above the diagonal, i(k) on it.
    Raises ValueError as `run` does. Source: chain rule on Fig. 12.16.
    """
    input_gate = _validate.gates("input_gate", input_gate)
    forget_gate = _validate.gates("forget_gate", forget_gate, input_gate.shape[0])
    return _sensitivity(input_gate, forget_gate, _validate.number("w", w))


@np.errstate(all="ignore")
def factors(forget_gate, *, w=1.0):
    """dc(t)/dc(t-1) = w f(t). forget_gate: (T,) in [0, 1]. Returns (T,). Raises ValueError as `run` does."""
    return _validate.number("w", w) * _validate.gates("forget_gate", forget_gate)


@np.errstate(all="ignore")
def log10_products(forget_gate, *, w=1.0):
    """log10 |dc(T)/dc(t)| = sum of log10 |w f(j)| over j = t+1 ... T.

    forget_gate: (T,) in [0, 1]. Returns (T,) for t = 1 ... T: the last entry is 0, and -inf stands where a factor is 0.
    Sums of logarithms stay finite where the product itself underflows. Raises ValueError as `run` does.
    """
    return _log10_products(_validate.gates("forget_gate", forget_gate), _validate.number("w", w))
