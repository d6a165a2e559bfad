"""Gradients of a recurrent network, three ways that agree: backward in time, forward in time, unrolled.

The network is a(t) = U x(t) + W h(t-1) + b, h(t) = f(a(t)), t = 1 ... T. The loss F may look at the state of every
step; explicit(t) = dF/dh(t) with the superscript e is what it sees directly, without the paths through later states.

    bptt       dF/dh(t) = explicit(t) + W^T s(t+1),  s(t) = f'(a(t)) dF/dh(t)         backward    (Eqs. 12.8, 12.9)
    rtrl       dh(t)/dw = f'(a(t)) (d^e a(t)/dw + W dh(t-1)/dw)                       forward     (Eqs. 12.6, 12.7)
    unrolled   a static network with one layer per step, the copies' gradients added  (Eqs. 12.22 to 12.31)

How far the error reaches back, dh(T)/dh(k), is measured by the functions taken over from `engine.jacobians`.
Source: Neural Network Design, Deep Learning, chapter 12. Arrays are (T, ...); index 0 is step 1.
"""

from typing import NamedTuple

import numpy as np

from engine import _activation, _recursive, _validate, feedforward, rnn
from engine.jacobians import LagNormMatrix, bound, factors, lag_norm_matrix, lag_norms, linear_prediction, power_norm

__all__ = [
    "ForwardGradients",
    "Gradients",
    "LagNormMatrix",
    "Loss",
    "Output",
    "UnrolledGradients",
    "bound",
    "bptt",
    "factors",
    "lag_norm_matrix",
    "lag_norms",
    "linear_prediction",
    "output_layer",
    "power_norm",
    "rtrl",
    "sum_squared_error",
    "unrolled",
    "windows",
]


class Gradients(NamedTuple):
    """Derivatives of the loss. Row t of the arrays over time is step t + 1."""

    dU: np.ndarray  # (n, m)
    dW: np.ndarray  # (n, n)
    db: np.ndarray  # (n,)
    dh0: np.ndarray  # (n,)
    dF_dh: np.ndarray  # (T, n) total derivative by h(t)
    dF_da: np.ndarray  # (T, n) sensitivity s(t), total derivative by a(t)


class ForwardGradients(NamedTuple):
    """Derivatives of the loss, and what the forward recursion carried along to get them."""

    dU: np.ndarray  # (n, m)
    dW: np.ndarray  # (n, n)
    db: np.ndarray  # (n,)
    dh0: np.ndarray  # (n,)
    dh_dW: np.ndarray  # (1, n, n, n) at the last step, or (T, n, n, n): dh_k(t)/dW_ij at [t, k, i, j]


class UnrolledGradients(NamedTuple):
    """Derivatives of the loss, in total and by the weights of each copy. Row t is copy t + 1."""

    dU: np.ndarray  # (n, m)
    dW: np.ndarray  # (n, n)
    db: np.ndarray  # (n,)
    dh0: np.ndarray  # (n,)
    dF_dh: np.ndarray  # (T, n) total derivative by the output of each copy
    dF_da: np.ndarray  # (T, n) sensitivity of each copy
    dU_per_copy: np.ndarray  # (T, n, m)
    dW_per_copy: np.ndarray  # (T, n, n)
    db_per_copy: np.ndarray  # (T, n)


class Loss(NamedTuple):
    """Sum of squared errors of the states themselves."""

    loss: float
    explicit: np.ndarray  # (T, n) -2 e(t)
    error: np.ndarray  # (T, n) e(t) = d(t) - h(t); zeros where the loss does not look


class Output(NamedTuple):
    """A linear output layer, the sum of its squared errors, and the derivatives of that."""

    y: np.ndarray  # (T, k)
    error: np.ndarray  # (T, k) e(t) = d(t) - y(t); zeros where the loss does not look
    loss: float
    explicit: np.ndarray  # (T, n) -2 V^T e(t)
    dV: np.ndarray  # (k, n)
    db_out: np.ndarray  # (k,)


def _checked(x, params, explicit, h0, activation):
    x, params, h0, activation = rnn.checked(x, params, h0, activation)
    return x, params, h0, _validate.array("explicit", explicit, (x.shape[0], h0.shape[0])), activation


@np.errstate(all="ignore")
def bptt(x, params, explicit, *, h0=None, activation="tanh", window=None):
    """Backpropagation through time: run forward, then carry dF/dh backward from the last step to the first.

        dF/dh(t) = explicit(t) + W^T s(t+1),    s(t) = f'(a(t)) dF/dh(t)
        dF/dW = sum of s(t) h(t-1)^T,    dF/dU = sum of s(t) x(t)^T,    dF/db = sum of s(t),    dF/dh0 = W^T s(1)

    x, params, h0, activation as in `rnn.run`; explicit: (T, n), any direct derivatives dF/dh(t).
    window = K >= 1 truncates: explicit(t) goes back through K copies of the network, those of steps t ... t-K+1, and no
    further. So dF_dh(t) holds the terms explicit(t) ... explicit(t+K-1), and dh0 those of the first K steps. This is
    done anew for every t, not for sequences cut into pieces of K steps; K >= T is exact.
    Returns Gradients with .dU, .dW, .db, .dh0, .dF_dh, .dF_da; overflow shows as inf or NaN.
    Raises ValueError as `rnn.run` does, for another shape of explicit, and for a window other than a whole number >= 1.
    Sources: Eqs. 12.8, 12.9 and 12.19; Williams and Peng 1990, BPTT(h), for the window.
    """
    x, params, h0, explicit, activation = _checked(x, params, explicit, h0, activation)
    if window is None or _validate.integer("window", window, low=1) >= x.shape[0]:
        return Gradients(*_recursive.bptt(x, *params, h0, explicit, activation))
    a, h = _recursive.forward(x, *params, h0, activation)
    slopes = _activation.differentiated(a, activation)
    *_, dF_dh = _truncated(slopes, params.W, explicit, window)
    return _collected(x, params, h0, h, slopes, dF_dh)


def _truncated(slopes, W, explicit, window):
    """dF_dh (T, n) of window 1, 2 ... `window`, each time the same array with one more term.

    All explicit(t) go back one step together, window - 1 times.
    """
    dF_dh = explicit.copy()
    carried = explicit
    yield dF_dh
    for lag in range(1, window):
        # (T - lag, n): row t was explicit(t + lag) and is carried from step t + 1 to step t
        carried = (slopes[1 : len(carried)] * carried[1:]) @ W
        dF_dh[:-lag] += carried
        yield dF_dh


def _collected(x, params, h0, h, slopes, dF_dh):
    """All derivatives from dF/dh."""
    dF_da = slopes * dF_dh
    dU, dW, db, dh0 = _recursive.collect(x, h, h0, params.W, dF_da)
    return Gradients(dU, dW, db, dh0, dF_dh, dF_da)


@np.errstate(all="ignore")
def windows(x, params, explicit, *, h0=None, activation="tanh"):
    """`bptt` with window 1, 2 ... T, in one pass: a list of T Gradients, of which the last is exact.

    Arguments and errors as in `bptt`. Source: Williams and Peng 1990, BPTT(h).
    """
    x, params, h0, explicit, activation = _checked(x, params, explicit, h0, activation)
    a, h = _recursive.forward(x, *params, h0, activation)
    slopes = _activation.differentiated(a, activation)
    found = _truncated(slopes, params.W, explicit, x.shape[0])
    return [_collected(x, params, h0, h, slopes, dF_dh.copy()) for dF_dh in found]


@np.errstate(all="ignore")
def rtrl(x, params, explicit, *, h0=None, activation="tanh", every_step=False):
    """Real time recurrent learning: carry dh(t)/dw forward in time, for every weight w, and never look back.

        dh(t)/dw = diag f'(a(t)) (d^e a(t)/dw + W dh(t-1)/dw),    dF/dw = sum over t of dh(t)/dw^T explicit(t)

    Arguments and errors as in `bptt`. Needs n^4 multiplications a step, and memory of n^3; every_step=True keeps
    dh(t)/dW of all T steps. Returns ForwardGradients with .dU, .dW, .db, .dh0, .dh_dW. Source: Eqs. 12.6 and 12.7.
    """
    x, params, h0, explicit, activation = _checked(x, params, explicit, h0, activation)
    dF, dF_dh0, history = _recursive.rtrl(x, *params, h0, explicit, activation, bool(every_step))
    n_inputs = x.shape[1]
    dU, dW, db = dF[:, :n_inputs], dF[:, n_inputs:-1], dF[:, -1]
    return ForwardGradients(dU.copy(), dW.copy(), db.copy(), dF_dh0, history[..., n_inputs:-1].copy())


@np.errstate(all="ignore")
def unrolled(x, params, explicit, *, h0=None, activation="tanh"):
    """Unroll the network into T layers with copies of its weights, backpropagate through them, add up the copies.

        s(t) = f'(a(t)) (explicit(t) + W^T s(t+1)),    dF/dW at copy t = s(t) h(t-1)^T,    dF/dW = sum over the copies

    Layer t has the output of layer t-1 and x(t) as inputs, and layer 0 is h0. The layers are those of a static network
    (`engine.feedforward`), which does not know that their weights are equal. Arguments and errors as in `bptt`.
    Returns UnrolledGradients: totals .dU, .dW, .db, .dh0, and .dF_dh, .dF_da, .dU_per_copy, .dW_per_copy, .db_per_copy.
    Source: Eqs. 12.22 to 12.31, Fig. 12.10.
    """
    x, params, h0, explicit, activation = _checked(x, params, explicit, h0, activation)
    layers = [feedforward.Layer(params.W.copy(), params.U.copy(), params.b.copy()) for _ in range(x.shape[0])]
    nets, outputs = feedforward.forward(layers, h0, x, activation)
    copies, dh0 = feedforward.backward(layers, x, nets, outputs, explicit, activation)
    dW, dU, db, dF_dh = (np.array(column) for column in zip(*copies, strict=True))
    return UnrolledGradients(dU.sum(0), dW.sum(0), db.sum(0), dh0, dF_dh, db.copy(), dU, dW, db)


def _looked_at(error, at):
    """The errors that enter the loss: all, or only those of the last step."""
    if _validate.choice("at", at, ("every", "last")) == "last":
        error[:-1] = 0.0
    return error


@np.errstate(all="ignore")
def sum_squared_error(h, d, *, at="every"):
    """F = sum of |e(t)|^2 with e(t) = d(t) - h(t), over every step or of the last one only, and explicit = -2 e.

    h, d: (T, n). Returns Loss with .loss, .explicit (T, n), .error (T, n).
    Raises ValueError for unequal shapes, values that are not finite, or another `at`. Source: Eqs. 12.10 and 12.12.
    """
    h = _validate.array("h", h, (None, None))
    error = _looked_at(_validate.array("d", d, h.shape) - h, at)
    return Loss(float((error**2).sum()), -2.0 * error, error)


@np.errstate(all="ignore")
def output_layer(h, V, b_out, d, *, at="every"):
    """A linear layer behind the states: y(t) = V h(t) + b_out, F = sum of |e(t)|^2 with e(t) = d(t) - y(t).

        explicit(t) = dF/dh(t) = -2 V^T e(t),    dF/dV = -2 sum of e(t) h(t)^T,    dF/db_out = -2 sum of e(t)

    h: (T, n), V: (k, n), b_out: (k,), d: (T, k). at="last" counts the error of the last step only.
    Returns Output with .y, .error, .loss, .explicit, .dV, .db_out. Raises ValueError for shapes that do not match,
    values that are not finite, or another `at`. Source: Eq. 12.5; chain rule (Exercise E12.5).
    """
    h = _validate.array("h", h, (None, None))
    V = _validate.array("V", V, (None, h.shape[1]))
    y = h @ V.T + _validate.array("b_out", b_out, (V.shape[0],))
    error = _looked_at(_validate.array("d", d, y.shape) - y, at)
    return Output(y, error, float((error**2).sum()), -2.0 * error @ V, -2.0 * error.T @ h, -2.0 * error.sum(0))
