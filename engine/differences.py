"""The gradient of a recurrent network without any derivative: move each weight a little, and see how the loss changes.

    dF/dw = (F(w + epsilon) - F(w - epsilon)) / (2 epsilon)        for every weight w, two forward passes each

The network is that of `engine.gradients`: a(t) = U x(t) + W h(t-1) + b, h(t) = f(a(t)), h(0) = h0, and with an output
layer y(t) = V h(t) + b_out. F is the sum of |d(t) - h(t)|^2, or of |d(t) - y(t)|^2, over every step or at the last.
The error is of order epsilon^2, and of order 1e-16 F / epsilon from rounding. Arrays are (T, ...); index 0 is step 1.
Source: Neural Network Design, Deep Learning, chapter 12, Eqs. 12.4 and 12.5 for the network; a central difference.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _recursive, _validate, rnn


class Differences(NamedTuple):
    """The quotients, in the shapes of the weights."""

    dU: np.ndarray  # (n, m)
    dW: np.ndarray  # (n, n)
    db: np.ndarray  # (n,)
    dh0: np.ndarray  # (n,)
    dV: np.ndarray  # (k, n), k = 0 without an output layer
    db_out: np.ndarray  # (k,)


@njit(cache=True, nogil=True)
def _loss(x, U, W, b, h0, V, b_out, d, activation, first):
    """F over the steps from index `first` on."""
    h = _recursive.forward(x, U, W, b, h0, activation)[1]
    loss = 0.0
    for t in range(first, x.shape[0]):
        for i in range(d.shape[1]):
            error = d[t, i]
            if V.shape[0] == 0:
                error -= h[t, i]
            else:
                error -= b_out[i]
                for j in range(h.shape[1]):
                    error -= V[i, j] * h[t, j]
            loss += error * error
    return loss


@njit(cache=True, nogil=True)
def _differences(x, weights, n_units, d, has_output, activation, first, epsilon):
    """All quotients, (p,), for `weights`: U, W, b, h0, V and b_out row by row in one array, which is left as it was."""
    n, m = n_units, x.shape[1]
    k = d.shape[1] if has_output else 0
    to_W, to_b, to_h0, to_V = n * m, n * m + n * n, n * m + n * n + n, n * m + n * n + 2 * n
    U, W = weights[:to_W].reshape(n, m), weights[to_W:to_b].reshape(n, n)
    b, h0 = weights[to_b:to_h0], weights[to_h0:to_V]
    V, b_out = weights[to_V : to_V + k * n].reshape(k, n), weights[to_V + k * n :]
    found = np.empty(weights.shape[0])
    for p in range(weights.shape[0]):
        kept = weights[p]
        weights[p] = kept + epsilon
        above = _loss(x, U, W, b, h0, V, b_out, d, activation, first)
        weights[p] = kept - epsilon
        below = _loss(x, U, W, b, h0, V, b_out, d, activation, first)
        weights[p] = kept
        found[p] = (above - below) / (2.0 * epsilon)
    return found


def _output(V, b_out, n_units):
    """The output layer's weights, of no rows where there is none."""
    if V is None and b_out is None:
        return np.zeros((0, n_units)), np.zeros(0)
    if V is None or b_out is None:
        raise ValueError("V and b_out must be given both or neither")
    V = _validate.array("V", V, (None, n_units))
    return V, _validate.sequence("b_out", b_out, V.shape[0])


@np.errstate(all="ignore")
def of_loss(x, params, d, *, h0=None, activation="tanh", at="every", V=None, b_out=None, epsilon=1e-5):
    """(F(w + epsilon) - F(w - epsilon)) / (2 epsilon) for every weight, h0 and the output layer's included.

    x, params, h0, activation as in `rnn.run`. d: (T, n), or (T, k) with an output layer V (k, n), b_out (k,).
    at="last" counts the error of the last step only; epsilon > 0. Returns Differences with .dU, .dW, .db, .dh0, .dV,
    .db_out; overflow shows as inf or NaN. Raises ValueError for shapes that do not match, values that are not finite,
    another activation or `at`, or only one of V and b_out.
    """
    x, params, h0, activation = rnn.checked(x, params, h0, activation)
    n_units = h0.shape[0]
    V, b_out = _output(V, b_out, n_units)
    d = _validate.array("d", d, (x.shape[0], V.shape[0] or n_units))
    first = x.shape[0] - 1 if _validate.choice("at", at, ("every", "last")) == "last" else 0
    epsilon = _validate.number("epsilon", epsilon, above=0)
    parts = (*params, h0, V, b_out)
    weights = np.concatenate([part.ravel() for part in parts])
    found = _differences(x, weights, n_units, d, V.shape[0] > 0, activation, first, epsilon)
    ends = np.cumsum([part.size for part in parts])[:-1]
    return Differences(*(piece.reshape(part.shape) for piece, part in zip(np.split(found, ends), parts, strict=True)))
