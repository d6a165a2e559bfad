"""Batches: a layer's kernels run over all sequences in one call, with no Python between one sequence and the next.

x: (B, T, m), explicit: (B, T, n), all sequences start at zero. Gradients are summed over the batch. The backward
kernels run forward once more: that costs a third, and keeps the sequences' gates from being stored.
"""

import numpy as np
from numba import njit

from engine import _gru, _lstm, _recursive, deep, gru, lstm, rnn


@njit(cache=True, nogil=True)
def _rnn_forward(x, U, W, b, h0, activation):
    h = np.empty((x.shape[0], x.shape[1], h0.shape[0]))
    for s in range(x.shape[0]):
        h[s] = _recursive.forward(x[s], U, W, b, h0, activation)[1]
    return h


@njit(cache=True, nogil=True)
def _rnn_bptt(x, explicit, U, W, b, h0, activation):
    dU, dW, db, dF_dx = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b), np.empty_like(x)
    for s in range(x.shape[0]):
        found = _recursive.bptt(x[s], U, W, b, h0, explicit[s], activation)
        dU += found[0]
        dW += found[1]
        db += found[2]
        dF_dx[s] = np.dot(found[5], U)
    return (dU, dW, db), dF_dx


@njit(cache=True, nogil=True)
def _gru_forward(x, U, W, b, h0, reset_after):
    h = np.empty((x.shape[0], x.shape[1], h0.shape[0]))
    for s in range(x.shape[0]):
        h[s] = _gru.forward(x[s], U, W, b, h0, reset_after)[3]
    return h


@njit(cache=True, nogil=True)
def _gru_bptt(x, explicit, U, W, b, h0, reset_after):
    dU, dW, db, dF_dx = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b), np.empty_like(x)
    for s in range(x.shape[0]):
        found = _gru.bptt(x[s], U, W, b, h0, explicit[s], reset_after)
        dU += found[0]
        dW += found[1]
        db += found[2]
        dF_dx[s] = found[6]
    return (dU, dW, db), dF_dx


@njit(cache=True, nogil=True)
def _lstm_forward(x, U, W, b, P, h0, c0, variant, peepholes):
    h = np.empty((x.shape[0], x.shape[1], h0.shape[0]))
    for s in range(x.shape[0]):
        h[s] = _lstm.forward(x[s], U, W, b, P, h0, c0, variant, peepholes)[5]
    return h


@njit(cache=True, nogil=True)
def _lstm_bptt(x, explicit, U, W, b, P, h0, c0, variant, peepholes):
    dU, dW, db, dP, dF_dx = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b), np.zeros_like(P), np.empty_like(x)
    explicit_c = np.zeros(explicit.shape[1:])
    for s in range(x.shape[0]):
        found = _lstm.bptt(x[s], U, W, b, P, h0, c0, explicit[s], explicit_c, variant, peepholes, True)
        dU += found[0]
        dW += found[1]
        db += found[2]
        dP += found[3]
        dF_dx[s] = found[9]
    return (dU, dW, db, dP), dF_dx


def _arguments(layer, n_inputs):
    """What the kernels of the layer take besides x and explicit. Raises ValueError where its params do not fit."""
    # params are checked together with an input, and any will do
    x = np.zeros((1, n_inputs))
    if layer.kind == "rnn":
        _, params, h0, activation = rnn.checked(x, layer.params, None, layer.options.get("activation", "tanh"))
        return *params, h0, activation
    if layer.kind == "gru":
        arrays, reset_after, _ = gru._checked(x, layer.params, None, layer.options.get("reset_after", False))
        return *arrays[1:], reset_after
    variant = layer.options.get("variant", "full")
    arrays, variant, peepholes = lstm._checked(x, layer.params, None, None, variant)
    return *arrays[1:], variant, peepholes


_FORWARD = {"rnn": _rnn_forward, "gru": _gru_forward, "lstm": _lstm_forward}
_BPTT = {"rnn": _rnn_bptt, "gru": _gru_bptt, "lstm": _lstm_bptt}


def forward(layer, x):
    """Outputs (B, T, n_out) of a deep.Layer or deep.Bidirectional for inputs x (B, T, m)."""
    if isinstance(layer, deep.Bidirectional):
        ahead, back = forward(layer.forward, x), forward(layer.backward, x[:, ::-1])
        return np.concatenate((ahead, back[:, ::-1]), axis=2)
    return _FORWARD[layer.kind](np.ascontiguousarray(x), *_arguments(layer, x.shape[2]))


def bptt(layer, x, explicit):
    """Gradients by all params of the layer, in a list in their order, the forward part's first, and dF_dx (B, T, m)."""
    if isinstance(layer, deep.Bidirectional):
        n_forward = deep.n_outputs(layer.forward)
        ahead, dF_dx = bptt(layer.forward, x, explicit[:, :, :n_forward])
        back, dF_dx_back = bptt(layer.backward, x[:, ::-1], explicit[:, ::-1, n_forward:])
        return ahead + back, dF_dx + dF_dx_back[:, ::-1]
    x, explicit = np.ascontiguousarray(x), np.ascontiguousarray(explicit)
    found, dF_dx = _BPTT[layer.kind](x, explicit, *_arguments(layer, x.shape[2]))
    given = [weights for weights in layer.params if weights is not None]
    # the kernel of a GRU has a fourth block of biases even where the params have none, that of an LSTM has peepholes
    return [derivative[: len(weights)] for derivative, weights in zip(found, given, strict=False)], dF_dx
