"""Layers on top of each other, and layers that read the sequence from both ends.

    h_1(t) = cell_1(x(t), h_1(t-1)),    h_l(t) = cell_l(h_(l-1)(t), h_l(t-1))                   stacked
    h(t) = [h forward (t), h backward (t)],    h backward (t) = cell(x(t), h backward (t+1))    bidirectional

A cell is the basic recurrent network, an LSTM or a GRU. Arrays are (T, ...); index 0 is step 1.
Sources: Schuster and Paliwal 1997 (bidirectional); Graves, Mohamed, Hinton 2013 (deep LSTM).
"""

from typing import NamedTuple

import numpy as np

from engine import _validate, gradients, gru, lstm, rnn

KINDS = ("rnn", "lstm", "gru")


class Layer(NamedTuple):
    """One recurrent layer, read from the first step to the last."""

    kind: str  # one of KINDS
    params: NamedTuple  # RnnParams, LstmParams or GruParams
    options: dict = {}  # noqa: RUF012  activation, variant or reset_after, as `run` of the kind takes it


class Bidirectional(NamedTuple):
    """Two layers with the same inputs; the second reads from the last step to the first."""

    forward: Layer
    backward: Layer


class DeepRun(NamedTuple):
    """One entry per layer, the lowest first. Row t of each array is step t + 1, also of a backward layer's."""

    layers: tuple  # RnnRun, LstmRun or GruRun; a pair of them for Bidirectional
    inputs: tuple  # (T, m_l) each: x, and the outputs of the layer below
    h: np.ndarray  # (T, n_out) output of the last layer


class DeepGradients(NamedTuple):
    """One entry per layer, the lowest first. Row t of the arrays over time is step t + 1."""

    layers: tuple  # what the kind's bptt returns; a pair for Bidirectional
    dF_dx: np.ndarray  # (T, m)


class _Kind(NamedTuple):
    run: object
    bptt: object
    option: str  # the one argument that describes the cell
    start: tuple  # names of the initial states


_KINDS = {
    "rnn": _Kind(rnn.run, gradients.bptt, "activation", ("h0",)),
    "lstm": _Kind(lstm.run, lstm.bptt, "variant", ("h0", "c0")),
    "gru": _Kind(gru.run, gru.bptt, "reset_after", ("h0",)),
}


class _Part(NamedTuple):
    """A Layer with its name in messages, its initial states, and its direction through time."""

    place: str
    layer: Layer
    start: dict
    step: int  # 1 or -1


def cells(layer, place):
    """(name, Layer) of each cell of a Layer or Bidirectional that is called `place`; the forward one first.

    Raises ValueError for anything else, an unknown kind, an option that the kind does not have, and no weights.
    """
    if isinstance(layer, Bidirectional):
        return [pair for way in layer._fields for pair in cells(getattr(layer, way), f"{place}.{way}")]
    if not isinstance(layer, Layer):
        raise ValueError(f"{place} must be a Layer or Bidirectional, got {_validate._short(layer)}")
    option = _KINDS[_validate.choice(f"{place}.kind", layer.kind, KINDS)].option
    if not isinstance(layer.options, dict) or set(layer.options) - {option}:
        raise ValueError(f"{place}.options may hold {option} only, got {_validate._short(layer.options)}")
    if not isinstance(layer.params, (tuple, list)) or len(layer.params) < 3:
        raise ValueError(f"{place}.params must be the weights of {layer.kind}, got {_validate._short(layer.params)}")
    return [(place, layer)]


def n_outputs(layer):
    """Number of values a Layer or Bidirectional gives per step. Raises ValueError as `cells` does."""
    named = cells(layer, "layer")
    return sum(_validate.array(f"{place}.params.W", cell.params[1], (None, None)).shape[1] for place, cell in named)


def n_inputs(layer):
    """Number of values a Layer or Bidirectional reads per step. Raises ValueError as `cells` does."""
    place, first = cells(layer, "layer")[0]
    return _validate.array(f"{place}.params.U", first.params[0], (None, None)).shape[1]


def _checked(x, layers, start):
    """x (T, m) and, for each layer, its one or two _Parts."""
    x = _validate.array("x", np.reshape(x, (-1, 1)) if np.ndim(x) == 1 else x, (None, None))
    if isinstance(layers, (Layer, Bidirectional)) or not isinstance(layers, (tuple, list)) or not layers:
        raise ValueError(f"layers must be a sequence of Layer or Bidirectional, got {_validate._short(layers)}")
    starts = [None] * len(layers) if start is None else start
    if not isinstance(starts, (tuple, list)) or len(starts) != len(layers):
        raise ValueError(f"start must hold one entry for each of {len(layers)} layers, got {_validate._short(start)}")
    return x, [
        _parts(cells(layer, f"layers[{number}]"), begin, f"start[{number}]")
        for number, (layer, begin) in enumerate(zip(layers, starts, strict=True))
    ]


def _parts(named_cells, begin, name):
    begins = [begin] if len(named_cells) == 1 else [None, None] if begin is None else begin
    if not isinstance(begins, (tuple, list)) or len(begins) != len(named_cells):
        raise ValueError(f"{name} must be a pair, forward and backward, got {_validate._short(begin)}")
    parts = []
    for (place, layer), states, step in zip(named_cells, begins, (1, -1), strict=False):
        allowed = _KINDS[layer.kind].start
        if states is not None and (not isinstance(states, dict) or set(states) - set(allowed)):
            raise ValueError(f"{name} may hold {' and '.join(allowed)} only, got {_validate._short(states)}")
        parts.append(_Part(place, layer, states or {}, step))
    return parts


def run(x, layers, *, start=None):
    """Run a stack of layers; the output of one is the input of the next.

    x: (T, m), or (T,) where m = 1. layers: a sequence of Layer and Bidirectional, the lowest first.
    start: None for zeros, or for each layer None or a dict with h0 (and c0 of an LSTM), each (n,); for Bidirectional a
    pair of these. The backward half starts at the last step.
    Returns DeepRun with .layers, .inputs and .h. Where a layer overflows, the layers above show NaN from that step on.
    Raises ValueError for layers that do not fit each other (naming the layer), and as `run` of each kind does.
    """
    return _run(*_checked(x, layers, start))


def _run(x, stack):
    runs, inputs = [], []
    for parts in stack:
        inputs.append(x)
        results = [_run_part(x, part) for part in parts]
        runs.append(_single_or_pair(results))
        x = np.hstack([result.h for result in results])
    return DeepRun(tuple(runs), tuple(inputs), x)


def _run_part(x, part):
    x = x[:: part.step]
    lost = ~np.isfinite(x).all(axis=1)
    result = _call(part, _KINDS[part.layer.kind].run, np.where(lost[:, np.newaxis], 0.0, x), part.layer.params)
    if lost.any():
        for values in result:
            values[lost.argmax() :] = np.nan
    return result._replace(**{name: values[:: part.step] for name, values in result._asdict().items()})


def _call(part, function, *arguments):
    try:
        return function(*arguments, **part.layer.options, **part.start)
    except ValueError as error:
        raise ValueError(f"{part.place}: {error}") from None


def _single_or_pair(results):
    return results[0] if len(results) == 1 else tuple(results)


def bptt(x, layers, explicit, *, start=None):
    """Backpropagate through time and layers: what a layer sends to its inputs is explicit for the layer below.

    x, layers, start as in `run`; explicit: (T, n_out), direct derivatives of the loss by the last layer's output.
    Returns DeepGradients with .layers (per layer what `gradients.bptt`, `lstm.bptt` or `gru.bptt` returns, a pair for
    Bidirectional) and .dF_dx (T, m). Where something overflowed on the way, gradients are NaN.
    Raises ValueError as `run` does, and for another shape of explicit.
    """
    x, stack = _checked(x, layers, start)
    forward = _run(x, stack)
    return _backward(stack, forward.inputs, _validate.array("explicit", explicit, forward.h.shape))


def _backward(stack, inputs, dF_dh):
    found = []
    for parts, x in zip(reversed(stack), reversed(inputs), strict=True):
        widths = [len(part.layer.params[1][0]) for part in parts]
        pieces = np.split(dF_dh, np.cumsum(widths)[:-1], axis=1)
        results = [_bptt_part(x, part, piece) for part, piece in zip(parts, pieces, strict=True)]
        found.append(_single_or_pair([result for result, _ in results]))
        dF_dh = sum(dF_dx for _, dF_dx in results)
    return DeepGradients(tuple(reversed(found)), dF_dh)


def _bptt_part(x, part, explicit):
    """Gradients of one cell, and dF_dx (T, m), all in the order of time."""
    layer = part.layer
    lost = not (np.isfinite(x).all() and np.isfinite(explicit).all())
    x, explicit = (np.zeros_like(x), np.zeros_like(explicit)) if lost else (x[:: part.step], explicit[:: part.step])
    result = _call(part, _KINDS[layer.kind].bptt, x, layer.params, explicit)
    if lost:
        result = result._make(np.full_like(values, np.nan) for values in result)
    over_time = {name: values[:: part.step] for name, values in result._asdict().items() if name.startswith("dF_")}
    result = result._replace(**over_time)
    with np.errstate(all="ignore"):
        return result, result.dF_da @ np.asarray(layer.params[0]) if layer.kind == "rnn" else result.dF_dx
