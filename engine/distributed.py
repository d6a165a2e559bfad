"""Distributed time delay networks: every layer hears the layer below through delays, which is causal 1-D convolution.

    a^m(t) = b^m + sum over j of W^m[j] h^(m-1)(t - delays^m[j]),    h^m(t) = f^m(a^m(t)),    h^0 = x

The same weights are used at every step: they slide over the sequence. What y(t) sees of x are the lags that a delay of
each layer adds up to, from 0 or more to the sum of the largest delays. Delays 0, r, 2r, ... are a convolution with
dilation r; dilations 1, 2, 4, ... double what is seen with each layer. Each layer is the static layer of the stacked
matrix (see `engine.delay_line`), so the gradient is static backpropagation with the delays undone on the way back:

    s^m(t) = dF/da^m(t) = f'(a^m(t)) dF/dh^m(t),    dF/dh^(m-1)(t) = sum over j of W^m[j]' s^m(t + delays^m[j])
    dF/dW^m[j] = sum over t of s^m(t) h^(m-1)(t - delays^m[j])'

Arrays are (T, ...), or (B, T, ...) for B sequences at once; index 0 is step 1, and before step 1 all h are 0.
Sources: Neural Network Design, Deep Learning, chapter 12: Fig. 12.2, E12.1; A. Waibel et al., "Phoneme recognition
using time-delay neural networks", IEEE Transactions on ASSP 37 (1989); A. van den Oord et al., "WaveNet", 2016.
"""

from typing import NamedTuple

import numpy as np

from engine import _activation, _validate
from engine.delay_line import checked_delays, stacked, unstacked


class DelayLayer(NamedTuple):
    """One layer of n units, fed by m values through D delays."""

    W: np.ndarray  # (D, n, m), W[j] belongs to delays[j]
    b: np.ndarray  # (n,)
    delays: tuple  # D different whole numbers >= 0
    activation: str = "tanh"


class DistributedRun(NamedTuple):
    """A list entry per layer, the lowest first."""

    a: list  # (..., T, n_m)
    h: list  # (..., T, n_m); the last is the network's output


class DistributedGradient(NamedTuple):
    dW: list  # (D_m, n_m, m_m) per layer
    db: list  # (n_m,) per layer
    dF_dh: list  # (..., T, n_m) total derivative per layer
    dF_dx: np.ndarray  # (..., T, m)


class _Checked(NamedTuple):
    matrix: np.ndarray  # (n, D m): the delays side by side
    b: np.ndarray
    delays: np.ndarray
    activation: int
    m: int


def _layers(layers, m):
    """All layers, checked. m: number of inputs."""
    if not isinstance(layers, (list, tuple)) or not layers or isinstance(layers, DelayLayer):
        raise ValueError(f"layers must be a list of DelayLayer, got {_validate._short(layers)}")
    found = []
    for number, layer in enumerate(layers):
        name = f"layers[{number}]"
        if not isinstance(layer, DelayLayer):
            raise ValueError(f"{name} must be DelayLayer(W, b, delays, activation), got {_validate._short(layer)}")
        delays = checked_delays(f"{name}.delays", layer.delays)
        W = _validate.array(f"{name}.W", layer.W, (len(delays), None, m))
        b = _validate.array(f"{name}.b", layer.b, (W.shape[1],))
        choice = _validate.choice(f"{name}.activation", layer.activation, _activation.ACTIVATIONS)
        matrix = np.ascontiguousarray(W.transpose(1, 0, 2)).reshape(W.shape[1], -1)
        found.append(_Checked(matrix, b, delays, _activation.ACTIVATIONS.index(choice), m))
        m = W.shape[1]
    return found


def _inputs(x):
    """x as (T, m) or (B, T, m)."""
    if np.ndim(x) == 1:
        return _validate.sequence("x", x)[:, np.newaxis]
    return _validate.array("x", x, (None,) * (3 if np.ndim(x) == 3 else 2))


def _forward(x, layers):
    a, h = [], [x]
    for layer in layers:
        a.append(stacked(h[-1], layer.delays) @ layer.matrix.T + layer.b)
        h.append(_activation.applied(a[-1], layer.activation))
    return a, h


def _backward(layers, a, h, total):
    """The gradient from what `_forward` returned and total (..., T, n), dF/dh of the last layer. No checks."""
    dW, db, totals = [], [], []
    for m in reversed(range(len(layers))):
        layer = layers[m]
        totals.append(total)
        s = total * _activation.differentiated(a[m], layer.activation)
        rows, heard = s.reshape(-1, s.shape[-1]), stacked(h[m], layer.delays)
        found = rows.T @ heard.reshape(len(rows), -1)
        dW.append(found.reshape(len(layer.b), len(layer.delays), layer.m).transpose(1, 0, 2).copy())
        db.append(rows.sum(axis=0))
        total = unstacked(s @ layer.matrix, layer.delays, layer.m)
    return DistributedGradient(dW[::-1], db[::-1], totals[::-1], total)


@np.errstate(all="ignore")
def run(x, layers):
    """Run a distributed time delay network: DistributedRun with a list entry per layer in .a and .h.

    x: (T,), (T, m), or (B, T, m) for B sequences at once; layers: DelayLayers, the lowest first. Overflow shows as inf
    or NaN. Raises ValueError for shapes that do not match and values that are not finite. Source: Fig. 12.2, E12.1.
    """
    x = _inputs(x)
    a, h = _forward(x, _layers(layers, x.shape[-1]))
    return DistributedRun(a, h[1:])


@np.errstate(all="ignore")
def gradients(x, layers, dF_dh):
    """Backpropagate dF/dh of the last layer through layers and delays: DistributedGradient.

    x, layers as in `run`; dF_dh: of the shape of the last layer's h, from any loss. NaN where something overflowed.
    Raises ValueError as `run` does. Source: Eqs. 12.8 and 12.9, whose sum over later steps is here over the delays.
    """
    x = _inputs(x)
    checked = _layers(layers, x.shape[-1])
    a, h = _forward(x, checked)
    return _backward(checked, a, h, _validate.array("dF_dh", dF_dh, h[-1].shape))


def convolution(kernel, b, *, dilation=1, activation="tanh"):
    """The layer that is a causal convolution as libraries write it: DelayLayer with delays (D-1) r, ..., r, 0.

    kernel: (n, m, D), whose last entry meets the present step, as in PyTorch's Conv1d with (D-1) r zeros put before the
    sequence; b: (n,); dilation r >= 1. Raises ValueError for anything else.
    """
    kernel = _validate.array("kernel", kernel, (None, None, None))
    b = _validate.array("b", b, (len(kernel),))
    dilation = _validate.integer("dilation", dilation, low=1)
    delays = tuple(dilation * j for j in reversed(range(kernel.shape[2])))
    return DelayLayer(np.ascontiguousarray(kernel.transpose(2, 0, 1)), b, delays, activation)


def receptive_field(all_delays):
    """The lags l for which x(t - l) can reach y(t): a sorted tuple, every sum of one delay of each layer.

    all_delays: the delays of each layer, in any order. Raises ValueError unless they are whole numbers of at least 0.
    """
    reached = {0}
    for number, delays in enumerate(all_delays):
        found = checked_delays(f"all_delays[{number}]", delays).tolist()
        reached = {lag + delay for lag in reached for delay in found}
    return tuple(sorted(reached))


def initial(sizes, all_delays, rng, *, activation="tanh", output="identity"):
    """Layers with random weights, uniform in +-1/sqrt(inputs of a unit), biases too: a list of DelayLayer.

    sizes: number of inputs, then of the units of each layer; all_delays: those of each layer; rng: a
    numpy.random.Generator; output: activation of the last layer. Raises ValueError for anything else.
    """
    sizes = [_validate.integer(f"sizes[{k}]", size, low=1) for k, size in enumerate(sizes)]
    if len(sizes) != len(all_delays) + 1 or len(sizes) < 2:
        raise ValueError(f"sizes must hold one number more than all_delays, got {sizes} for {len(all_delays)} layers")
    rng, layers = _validate.generator("rng", rng), []
    for k, delays in enumerate(all_delays):
        delays = tuple(checked_delays(f"all_delays[{k}]", delays).tolist())
        reach = 1 / np.sqrt(len(delays) * sizes[k])
        W, b = (
            rng.uniform(-reach, reach, (len(delays), sizes[k + 1], sizes[k])),
            rng.uniform(-reach, reach, sizes[k + 1]),
        )
        layers.append(DelayLayer(W, b, delays, output if k == len(all_delays) - 1 else activation))
    return layers
