"""The cliff: one unit that runs for fifty steps, and a loss that jumps where its memory changes sides.

    c(t) = w h(t-1) + b,    h(t) = 1 / (1 + exp(-c(t))),    h(0) given,    F = (h(T) - target)^2

Two weights only, so the loss is a surface that can be looked at. With w large enough the unit has two stable states,
and a line in the (w, b) plane parts the weights that lead to the one from those that lead to the other. Across it the
loss jumps from one plain to another, and the gradient on it is that of a wall:

    dF/dc(T) = 2 (h(T) - target) h'(T),    dF/dc(t-1) = h'(t-1) w dF/dc(t),    h' = h (1 - h)
    dF/dw = sum of h(t-1) dF/dc(t),        dF/db = sum of dF/dc(t)

A plain gradient step on the wall is as long as the wall is steep, and lands far away; a clipped one stays near.

Source: R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013: the
single-unit example with 50 steps and the target 0.7. Its state is c, whose start c(0) is 0 for h(0) = 0.5.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate


class CliffGradient(NamedTuple):
    loss: float
    dF_dw: float
    dF_db: float


class Descent(NamedTuple):
    """Gradient descent on (w, b); entry k is the state after k updates."""

    w: np.ndarray  # (n_updates + 1,)
    b: np.ndarray  # (n_updates + 1,)
    loss: np.ndarray  # (n_updates + 1,)
    gradient_norm: np.ndarray  # (n_updates + 1,) before clipping


@njit(cache=True, nogil=True)
def _logistic(c):
    # exp of a negative argument only, so that it cannot overflow
    tail = np.exp(-abs(c))
    return 1.0 / (1.0 + tail) if c >= 0.0 else tail / (1.0 + tail)


@njit(cache=True, nogil=True)
def _surface(ws, bs, n_steps, target, h0):
    losses = np.empty((bs.shape[0], ws.shape[0]))
    for row in range(bs.shape[0]):
        for column in range(ws.shape[0]):
            h = h0
            for _ in range(n_steps):
                h = _logistic(ws[column] * h + bs[row])
            losses[row, column] = (h - target) ** 2
    return losses


@njit(cache=True, nogil=True)
def _gradient(w, b, n_steps, target, h0):
    h = np.empty(n_steps + 1)
    h[0] = h0
    for t in range(1, n_steps + 1):
        h[t] = _logistic(w * h[t - 1] + b)
    dF_dh = 2.0 * (h[n_steps] - target)
    dF_dw, dF_db = 0.0, 0.0
    for t in range(n_steps, 0, -1):
        dF_dc = dF_dh * h[t] * (1.0 - h[t])
        dF_dw += dF_dc * h[t - 1]
        dF_db += dF_dc
        dF_dh = w * dF_dc
    return CliffGradient((h[n_steps] - target) ** 2, dF_dw, dF_db)


@njit(cache=True, nogil=True)
def _descend(w, b, learning_rate, n_updates, threshold, n_steps, target, h0):
    ws = np.empty(n_updates + 1)
    bs = np.empty(n_updates + 1)
    losses = np.empty(n_updates + 1)
    norms = np.empty(n_updates + 1)
    for k in range(n_updates + 1):
        result = _gradient(w, b, n_steps, target, h0)
        norm = np.hypot(result.dF_dw, result.dF_db)
        ws[k], bs[k], losses[k], norms[k] = w, b, result.loss, norm
        length = learning_rate * (threshold / norm if norm > threshold else 1.0)
        w -= length * result.dF_dw
        b -= length * result.dF_db
    return Descent(ws, bs, losses, norms)


def _task(n_steps, target, h0):
    """The arguments that all functions share."""
    return (
        _validate.integer("n_steps", n_steps, low=1),
        _validate.number("target", target),
        _validate.number("h0", h0),
    )


def _weights(w, b):
    return _validate.number("w", w), _validate.number("b", b)


@np.errstate(all="ignore")
def surface(ws, bs, *, n_steps=50, target=0.7, h0=0.5):
    """F for every pair of weights: (len(bs), len(ws)), with b along the rows.

    ws, bs: (n,) each, in any order; n_steps >= 1. Raises ValueError for other shapes or values that are not finite.
    Source: the single-unit example of Pascanu, Mikolov and Bengio 2013.
    """
    return _surface(_validate.sequence("ws", ws), _validate.sequence("bs", bs), *_task(n_steps, target, h0))


@np.errstate(all="ignore")
def loss(w, b, *, n_steps=50, target=0.7, h0=0.5):
    """F = (h(T) - target)^2 for one pair of weights, a float. Arguments and errors as in `gradient`."""
    return gradient(w, b, n_steps=n_steps, target=target, h0=h0).loss


@np.errstate(all="ignore")
def gradient(w, b, *, n_steps=50, target=0.7, h0=0.5):
    """F and its derivatives by backpropagation through time, as in the module's equations.

    w, b, target, h0: finite numbers; n_steps >= 1. Returns CliffGradient with .loss, .dF_dw and .dF_db. Raises
    ValueError for anything else. Source: the single-unit example of Pascanu, Mikolov and Bengio 2013, chain rule.
    """
    return _gradient(*_weights(w, b), *_task(n_steps, target, h0))


@np.errstate(all="ignore")
def descend(w, b, *, learning_rate, n_updates, threshold=None, n_steps=50, target=0.7, h0=0.5):
    """Gradient descent on both weights, with the gradient clipped by its norm where `threshold` is given.

        g = (dF/dw, dF/db),    g <- (threshold / |g|) g where |g| > threshold,    (w, b) <- (w, b) - learning_rate g

    learning_rate >= 0; n_updates >= 0; threshold > 0, or None for plain descent. Returns Descent with .w, .b, .loss and
    .gradient_norm (before clipping), each (n_updates + 1,), the start included. Raises ValueError for anything else.
    Source: Pascanu, Mikolov and Bengio 2013, algorithm 1.
    """
    learning_rate = _validate.number("learning_rate", learning_rate, low=0)
    n_updates = _validate.integer("n_updates", n_updates, low=0)
    limit = np.inf if threshold is None else _validate.number("threshold", threshold, above=0)
    return _descend(*_weights(w, b), learning_rate, n_updates, limit, *_task(n_steps, target, h0))
