"""Gradient descent and Adam on one fixed set of data: the whole sequence counts at every update.

    F = mean over the counted steps and outputs of (d - y)^2
    descent   w <- w - learning_rate dF/dw              adam: as in engine.training

An Objective knows the loss and its gradient by all weights in one vector, and how to read such a vector. Where nothing
is drawn at random the same start gives the same course. Sources: those of `engine.focused` and `engine.training`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine import _validate, distributed, focused, pieces, training
from engine.delay_line import _inputs, checked_delays, stacked

LOOK_EVERY = 50  # updates, whether the training is still wanted (`engine.pieces`)
LOWEST_ALPHA = 0.01  # below it a gamma line hears next to nothing


class Objective(NamedTuple):
    """loss and dF/dw of a vector w; `read` makes parameters of it; `settle` puts it back where it is allowed."""

    evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]]
    read: Callable[[np.ndarray], Any]
    settle: Callable[[np.ndarray], np.ndarray] = lambda vector: vector


class Course(NamedTuple):
    """A whole training. Where it diverged, the weights and losses from there on are those of the last good update."""

    weights: np.ndarray  # (n_kept, p) after 0, every, 2 every, ... updates
    loss: np.ndarray  # (n_updates + 1,) before the first and after each update
    diverged: int | None  # number of the update that gave inf or NaN


def vector(arrays):
    """Arrays and numbers, one after another, as one vector."""
    return np.concatenate([np.ravel(array) for array in arrays])


def _reader(shapes):
    """A function that takes a vector apart again."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    ends = np.cumsum(sizes)

    def read(vector):
        return [vector[end - size : end].reshape(shape) for size, end, shape in zip(sizes, ends, shapes, strict=True)]

    return read


def _static(columns, d, counted, n_units, activation):
    """evaluate(vector of U, b, V, b_out) -> loss, the gradient's arrays; and how many outputs there are."""
    d = np.ascontiguousarray(_validate.array("d", np.reshape(d, (len(columns), -1)), (len(columns), None)))
    counted = focused._counted(counted, len(columns))
    index, scale = focused._activation_index(activation), 1.0 / (counted.sum() * d.shape[1])
    n = _validate.integer("n_units", n_units, low=1)
    read = _reader([(n, columns.shape[1]), (n,), (d.shape[1], n), (d.shape[1],)])

    def evaluate(columns, vector):
        params = focused.FocusedParams(*read(vector))
        a, h, y = focused.forward(columns, params, index)
        error = d - y
        error[~counted] = 0.0
        found = focused.backward(columns, params, a, h, -2 * scale * error, index)
        return float((error**2).sum() * scale), found

    return evaluate, read


def ftdnn(x, d, delays, *, n_units, activation="tanh", counted=None):
    """The Objective of an FTDNN; its vector holds U, b, V and b_out of FocusedParams, one after another.

    x, d, delays, activation and counted as for `engine.focused.ftdnn_gradient`; n_units >= 1. Raises ValueError as
    that does.
    """
    columns = stacked(_inputs(x)[0], checked_delays("delays", delays))
    static, read = _static(columns, d, counted, n_units, activation)

    def evaluate(w):
        loss, found = static(columns, w)
        return loss, vector(found[:4])

    return Objective(evaluate, lambda w: focused.FocusedParams(*read(w)))


def fgmn(x, d, *, taps, n_units, activation="tanh", counted=None):
    """The Objective of an FGMN; its vector holds U, b, V, b_out and alpha, which is kept from 0.01 to 1.

    `read` gives (FocusedParams, alpha). The arguments as for `ftdnn`; taps >= 1 gamma elements for each input.
    """
    x, taps = _inputs(x)[0], _validate.integer("taps", taps, low=1)
    static, read = _static(focused._gamma_columns(x, 1.0, taps)[0], d, counted, n_units, activation)
    shape = (len(x), taps, x.shape[1])

    def evaluate(w):
        columns = focused._gamma_columns(x, w[-1], taps)[0]
        loss, found = static(columns, w[:-1])
        slope = focused._dF_dalpha(x, columns.reshape(shape), found[4].reshape(shape), w[-1])
        return loss, vector([*found[:4], slope])

    def settle(w):
        w[-1] = min(max(w[-1], LOWEST_ALPHA), 1.0)
        return w

    return Objective(evaluate, lambda w: (focused.FocusedParams(*read(w[:-1])), float(w[-1])), settle)


@np.errstate(all="ignore")
def learn(objective, start, *, method="adam", learning_rate, n_updates, every=1):
    """Follow the gradient of an Objective from `start` (p,): Course.

    method: adam or descent; learning_rate > 0; n_updates >= 0; every >= 1: which weights are kept. Raises ValueError
    for anything else.
    """
    w = _validate.sequence("start", start)
    rule = training.rule(method, _validate.number("learning_rate", learning_rate, above=0))
    n_updates, every = _validate.integer("n_updates", n_updates, low=0), _validate.integer("every", every, low=1)
    losses, kept, diverged = np.empty(n_updates + 1), np.empty((n_updates // every + 1, len(w))), None
    losses[0], gradient = objective.evaluate(w)
    kept[0] = w
    for number in range(1, n_updates + 1):
        if number % LOOK_EVERY == 0:
            pieces.look()
        if diverged is None:
            new = objective.settle(w + rule.change(gradient))
            loss, slope = objective.evaluate(new)
            if np.isfinite(loss) and np.isfinite(new).all() and np.isfinite(slope).all():
                w, losses[number], gradient = new, loss, slope
            else:
                diverged = number
        if diverged is not None:
            losses[number] = losses[number - 1]
        if number % every == 0:
            kept[number // every] = w
    return Course(kept, losses, diverged)


def static(columns, d, *, n_units, activation="tanh", counted=None):
    """The Objective of a static net on any matrix, one row an example; its vector holds U, b, V and b_out.

    columns: (rows, s); d: (rows,) or (rows, k); the rest as for `ftdnn`. Raises ValueError for anything else.
    """
    columns = _validate.array("columns", columns, (None, None))
    evaluate, read = _static(columns, d, counted, n_units, activation)

    def loss_and_slope(w):
        loss, found = evaluate(columns, w)
        return loss, vector(found[:4])

    return Objective(loss_and_slope, lambda w: focused.FocusedParams(*read(w)))


def summed(x, d, layers):
    """The Objective of a distributed network that judges whole sequences: F = mean of (d - sum over t of y(t))^2.

    x: (B, T) or (B, T, m); d: (B,); layers: DelayLayers with one output, whose W and b, layer by layer, are the vector.
    Raises ValueError as `engine.distributed.run` does. Source: Waibel et al. 1989 add up the outputs over time too.
    """
    x = np.asarray(x, dtype=np.float64)
    x = distributed._inputs(x[:, :, np.newaxis] if x.ndim == 2 else x)
    checked = distributed._layers(layers, x.shape[-1])
    d = _validate.sequence("d", d, len(x))
    if len(checked[-1].b) != 1:
        raise ValueError(f"layers must end in one output, got {len(checked[-1].b)}")
    read = _reader([shape for layer in layers for shape in (np.shape(layer.W), np.shape(layer.b))])

    def with_weights(w):
        parts = read(w)
        return [layer._replace(W=W, b=b) for layer, W, b in zip(layers, parts[::2], parts[1::2], strict=True)]

    def evaluate(w):
        moved = distributed._layers(with_weights(w), x.shape[-1])
        a, h = distributed._forward(x, moved)
        error = d - h[-1].sum(axis=(1, 2))
        dF_dh = np.broadcast_to(-2 / len(d) * error[:, np.newaxis, np.newaxis], h[-1].shape)
        found = distributed._backward(moved, a, h, dF_dh)
        return float((error**2).mean()), vector(
            [part for pair in zip(found.dW, found.db, strict=True) for part in pair]
        )

    return Objective(evaluate, with_weights)
