"""A whole network: recurrent layers, a linear readout, and what its outputs cost.

    y(t) = V h(t) + b_out                                       (k,)     h(t): the last layer's output
    p_j(t) = exp y_j(t) / sum over i of exp y_i(t)              softmax
    F = -mean over the counted steps of log p_d(t)(t)           cross entropy, d(t) the right class
    F = mean over the counted steps and outputs of (d - y)^2    mean squared error

Arrays are (T, ...); index 0 is step 1. Sources: Neural Network Design, Deep Learning, chapter 12, Eq. 12.5 (readout);
Bishop 2006, Eqs. 4.104, 4.108 and 4.109 (softmax, cross entropy and its gradient).
"""

from typing import NamedTuple

import numpy as np

from engine import _validate, deep


class Network(NamedTuple):
    """Recurrent layers (see `engine.deep`), the lowest first, and a linear readout."""

    layers: tuple  # deep.Layer or deep.Bidirectional
    V: np.ndarray  # (k, n_out)
    b_out: np.ndarray  # (k,)


class NetworkRun(NamedTuple):
    """Row t of each array is step t + 1."""

    layers: tuple  # states of each layer, as in deep.DeepRun
    inputs: tuple  # (T, m_l) input of each layer
    h: np.ndarray  # (T, n_out)
    y: np.ndarray  # (T, k)


class CrossEntropy(NamedTuple):
    """How surprising the right classes were."""

    loss: float  # nats, mean over the counted steps
    per_step: np.ndarray  # (T,) -log p of the right class, counted or not
    dF_dy: np.ndarray  # (T, k) zeros where a step does not count


class SquaredError(NamedTuple):
    """How far the outputs are from the targets."""

    loss: float  # mean over the counted steps and all outputs
    dF_dy: np.ndarray  # (T, k) zeros where a step does not count


class NetworkGradients(NamedTuple):
    """Derivatives of the loss."""

    layers: tuple  # per layer, as in deep.DeepGradients
    dV: np.ndarray  # (k, n_out)
    db_out: np.ndarray  # (k,)
    dF_dx: np.ndarray  # (T, m)


def checked(network):
    """The Network with its readout as arrays. Raises ValueError for anything else, or a readout of the wrong shape."""
    if not isinstance(network, Network) or not isinstance(network.layers, (tuple, list)) or not network.layers:
        raise ValueError(f"network must be Network(layers, V, b_out), got {_validate._short(network)}")
    for number, layer in enumerate(network.layers):
        deep.cells(layer, f"network.layers[{number}]")
    V = _validate.array("network.V", network.V, (None, deep.n_outputs(network.layers[-1])))
    return Network(tuple(network.layers), V, _validate.array("network.b_out", network.b_out, (len(V),)))


def n_inputs(network):
    """Number m of inputs of a Network. Raises ValueError for anything else."""
    return deep.n_inputs(checked(network).layers[0])


@np.errstate(all="ignore")
def run(x, network):
    """Run all layers and the readout y(t) = V h(t) + b_out.

    x: (T, m), or (T,) where m = 1. network: Network with V (k, n_out), b_out (k,). All states start at zero.
    Returns NetworkRun with .layers, .inputs, .h (T, n_out) and .y (T, k); overflow shows as inf or NaN.
    Raises ValueError for shapes that do not match and values that are not finite. Source: Eq. 12.5.
    """
    layers, V, b_out = checked(network)
    result = deep.run(x, layers)
    return NetworkRun(result.layers, result.inputs, result.h, result.h @ V.T + b_out)


@np.errstate(all="ignore")
def gradients(x, network, dF_dy):
    """Backpropagate dF/dy(t) through the readout, then through layers and time.

        dF/dV = sum of dF/dy(t) h(t)^T,    dF/db_out = sum of dF/dy(t),    explicit(t) = V^T dF/dy(t)

    x, network as in `run`; dF_dy: (T, k), from `cross_entropy`, `mean_squared_error`, or any other loss.
    Returns NetworkGradients with .layers, .dV, .db_out, .dF_dx; NaN where something overflowed.
    Raises ValueError as `run` does, and for another shape of dF_dy.
    """
    layers, V, _ = checked(network)
    x, stack = deep._checked(x, layers, None)
    forward = deep._run(x, stack)
    dF_dy = _outputs("dF_dy", dF_dy)
    if dF_dy.shape != (len(x), len(V)):
        raise ValueError(f"dF_dy must have shape {(len(x), len(V))}, got shape {dF_dy.shape}")
    found = deep._backward(stack, forward.inputs, dF_dy @ V)
    return NetworkGradients(found.layers, dF_dy.T @ forward.h, dF_dy.sum(0), found.dF_dx)


def _outputs(name, values):
    """values as (T, k) float64. They may hold inf or NaN: a network that overflowed is shown, not refused."""
    try:
        result = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold real numbers, got {_validate._short(values)}") from None
    if result.ndim != 2 or not result.size:
        raise ValueError(f"{name} must have shape (None, None), got shape {result.shape}")
    return result


def _counted(counted, n_steps):
    """counted as (T,) bool; every step where it is None."""
    result = np.ones(n_steps, dtype=bool) if counted is None else np.array(counted)
    if result.dtype.kind != "b" or result.shape != (n_steps,) or not result.any():
        raise ValueError(f"counted must hold {n_steps} bools, one of them True, got {_validate._short(counted)}")
    return result


def _log_softmax(y):
    y = y - y.max(axis=1, keepdims=True)
    return y - np.log(np.exp(y).sum(axis=1, keepdims=True))


@np.errstate(all="ignore")
def softmax(y):
    """Probabilities of k classes, each row summing to 1: exp y_j / sum of exp y_i. No finite y overflows.

    y: (T, k). Returns (T, k). Raises ValueError for anything but a matrix of numbers. Source: Bishop 2006, Eq. 4.104.
    """
    return np.exp(_log_softmax(_outputs("y", y)))


@np.errstate(all="ignore")
def cross_entropy(y, targets, *, counted=None):
    """F = -mean of log p(t) of the right class, in nats, over the counted steps; dF/dy = (p - one-hot) / their number.

    y: (T, k) outputs before the softmax. targets: (T,) whole numbers from 0 to k - 1. counted: (T,) bool, all steps
    unless given. Returns CrossEntropy with .loss, .per_step (T,), .dF_dy (T, k).
    Raises ValueError for other shapes, targets that are no class, and where no step counts. Source: Eqs. 4.108, 4.109.
    """
    y = _outputs("y", y)
    n_steps, n_classes = y.shape
    classes, counted = np.array(targets), _counted(counted, n_steps)
    if classes.dtype.kind not in "iu" or classes.shape != (n_steps,) or classes.min() < 0 or classes.max() >= n_classes:
        allowed = f"{n_steps} whole numbers from 0 to {n_classes - 1}"
        raise ValueError(f"targets must hold {allowed}, got {_validate._short(targets)}")
    log_p = _log_softmax(y)
    right = np.arange(n_steps), classes
    per_step = -log_p[right]
    dF_dy = np.exp(log_p)
    dF_dy[right] -= 1.0
    dF_dy[~counted] = 0.0
    dF_dy /= counted.sum()
    return CrossEntropy(float(per_step[counted].mean()), per_step, dF_dy)


@np.errstate(all="ignore")
def mean_squared_error(y, d, *, counted=None):
    """F = mean of (d - y)^2 over the counted steps and all outputs; dF/dy = -2 (d - y) / their number.

    y, d: (T, k). counted: (T,) bool, all steps unless given. Returns SquaredError with .loss and .dF_dy (T, k).
    Raises ValueError for unequal shapes, targets that are not finite, and where no step counts.
    """
    y = _outputs("y", y)
    counted = _counted(counted, len(y))
    error = _validate.array("d", d, y.shape) - y
    looked_at = error[counted]
    dF_dy = np.zeros_like(y)
    dF_dy[counted] = -2 * looked_at / looked_at.size
    return SquaredError(float((looked_at**2).mean()), dF_dy)
