"""A static multilayer network, each layer with weights of its own, and plain backpropagation through its layers.

    n^m = W^m a^(m-1) + U^m p^m + b^m,    a^m = f(n^m),    m = 1 ... M        a^0 = the input of the first layer

p^m is a further input that enters at layer m. The loss may look at the output of every layer; explicit^m = dF/da^m
counts only that direct look. Backpropagation carries the sensitivities s^m = dF/dn^m from the last layer to the first:

    s^M = f'(n^M) explicit^M,    s^m = f'(n^m) (explicit^m + W^(m+1)T s^(m+1))
    dF/dW^m = s^m a^(m-1)T,    dF/dU^m = s^m p^mT,    dF/db^m = s^m

Time does not occur here: this module knows nothing of recurrent networks.
Source: Neural Network Design, Deep Learning, chapter 12: Eqs. 12.22 to 12.25.
"""

from typing import NamedTuple

import numpy as np

from engine import _activation


class Layer(NamedTuple):
    """One layer of n units, fed by k units below and m further inputs."""

    W: np.ndarray  # (n, k)
    U: np.ndarray  # (n, m)
    b: np.ndarray  # (n,)


class LayerGradient(NamedTuple):
    """What backpropagation finds at one layer."""

    dW: np.ndarray  # (n, k)
    dU: np.ndarray  # (n, m)
    db: np.ndarray  # (n,) the same numbers as the sensitivity dF/dn
    dF_da: np.ndarray  # (n,) total derivative by the layer's output


def forward(layers, first, inputs, activation):
    """Net inputs n^1 ... n^M, and outputs a^0 ... a^M: two lists, the second longer by `first`, which is a^0.

    layers: M Layers; inputs: M arrays p^m; activation: index in ACTIVATIONS.
    """
    nets, outputs = [], [first]
    for layer, p in zip(layers, inputs, strict=True):
        nets.append(layer.W @ outputs[-1] + layer.U @ p + layer.b)
        outputs.append(_activation.applied(nets[-1], activation))
    return nets, outputs


def backward(layers, inputs, nets, outputs, explicit, activation):
    """A list of M LayerGradients and dF/da^0, given what `forward` returned and M arrays explicit^m."""
    gradients = []
    from_above = np.zeros_like(outputs[-1])
    for m in reversed(range(len(layers))):
        dF_da = explicit[m] + from_above
        s = _activation.differentiated(nets[m], activation) * dF_da
        gradients.append(LayerGradient(np.outer(s, outputs[m]), np.outer(s, inputs[m]), s, dF_da))
        from_above = layers[m].W.T @ s
    return gradients[::-1], from_above
