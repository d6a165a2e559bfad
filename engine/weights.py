"""Networks in files: our own .npz, and the weights that PyTorch's nn.RNN, nn.GRU and nn.LSTM were trained to.

A state_dict's keys are read as they are, behind any common prefix ("lstm.weight_ih_l0"):

    weight_ih_l0 (g n, m)    U             weight_hh_l0 (g n, n)    W        g = 1 (RNN), 3 (GRU) or 4 (LSTM)
    bias_ih_l0, bias_hh_l0 (g n,)          b = their sum; GRU: b_hn apart, as a 4th block
    ..._l0_reverse                         the backward half of a bidirectional layer
    *.weight (k, n_out), *.bias (k,)       V, b_out of a linear readout; without one y = h

A state_dict comes as .safetensors, as .npz, or as torch.save's .pt with plain tensors. Nothing in a file is run, and a
file is refused before it costs time or memory: see MAX_BYTES and LIMITS.
Source: PyTorch's documentation of torch.nn.RNN, GRU and LSTM. nn.RNN does not store its activation: tanh is assumed.
"""

import re
from typing import Any

import numpy as np

from engine import _weight_files, deep, rnn
from engine._validate import _short, integer
from engine._weight_files import WeightsError
from engine.deep import Bidirectional, Layer
from engine.gru import GruParams
from engine.lstm import VARIANTS, LstmParams
from engine.network import Network, checked

MAX_BYTES = 4 * 2**20
LIMITS = {"units": 64, "layers": 4, "inputs": 128, "outputs": 128}

_FORMAT = "unrolled network 1"
_BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}
_PARAMS: dict[str, Any] = {"rnn": rnn.RnnParams, "gru": GruParams, "lstm": LstmParams}
_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn": ("activation", {name: name for name in rnn.ACTIVATIONS}),
    "lstm": ("variant", {name: name for name in VARIANTS}),
    "gru": ("reset_after", {"True": True, "False": False}),
}
_RECURRENT = re.compile(r"((?:.*\.)?)(?:weight|bias)_(?:ih|hh)_l([0-9]{1,3})(_reverse)?", re.DOTALL)


class _Arrays:
    """What a file holds. Each array is taken once, by its key and with the shape it must have."""

    def __init__(self, arrays):
        self.left = dict(arrays)

    def shape(self, key):
        if key not in self.left:
            raise WeightsError(f"The file lacks {_short(key)}.")
        return self.left[key].shape

    def take(self, key, *allowed):
        """The array under `key` as float64; None in an allowed shape stands for any length from 1."""
        given = self.shape(key)
        if not any(_fits(given, shape) for shape in allowed):
            needed = " or ".join(_in_words(shape) for shape in allowed)
            raise WeightsError(f"{_short(key)} has shape {_short(given)}, needed is {needed}.")
        values = self.left.pop(key)
        if values.dtype.kind not in "fiu":
            raise WeightsError(f"{_short(key)} does not hold real numbers.")
        values = np.array(values, dtype=np.float64, order="C")
        if not np.isfinite(values).all():
            raise WeightsError(f"{_short(key)} holds {values[~np.isfinite(values)][0]}; all weights must be finite.")
        return values

    def text(self, key, allowed):
        """The word under `key`, one of those allowed."""
        self.shape(key)
        values = self.left.pop(key)
        known = [word for word in allowed if values.dtype.kind == "U" and not values.ndim and values == word]
        if not known:
            raise WeightsError(f"{_short(key)} must be one of {', '.join(allowed)}.")
        return known[0]

    def all_taken(self):
        if self.left:
            raise WeightsError(f"The file holds {_short(min(self.left))}, which belongs to no layer known here.")


def _fits(given, shape):
    return len(given) == len(shape) and all(
        have > 0 and need in (None, have) for have, need in zip(given, shape, strict=True)
    )


def _in_words(shape):
    return f"({', '.join('any' if length is None else str(length) for length in shape)}{',' * (len(shape) == 1)})"


def _within(what, count):
    if not 1 <= count <= LIMITS[what]:
        raise WeightsError(f"The network has {count} {what}; 1 to {LIMITS[what]} are allowed.")
    return count


def load(file, *, largest=MAX_BYTES):
    """Read a Network from a file of ours, or from a PyTorch state_dict: .safetensors, numpy.savez or torch.save.

    file: a path, bytes, or a binary file object. largest: bytes that are read or unpacked at most.
    Returns network.Network. The kind of a state_dict's layers follows from their shapes: see the module's docstring;
    its GRU is the one with reset_after=True, its RNN has tanh, and without a linear readout V is the identity.
    A file of torch.save may hold tensors alone; its pickle is read but never opened: see `_torch_files`.
    Raises WeightsError, a ValueError of one sentence, for whatever is wrong with the file: not one of these formats,
    another pickle, too large, a missing or unknown key, a wrong shape, values that are not finite, or a network beyond
    LIMITS.
    """
    arrays = _Arrays(_weight_files.read(file, integer("largest", largest, low=1)))
    return _from_own(arrays) if "format" in arrays.left else _from_state_dict(arrays)


def save(file, network):
    """Write a Network as an .npz file that `load` reads back to the same numbers.

    file: a path, which is taken as it is, or a binary file object. Raises ValueError for anything but a Network, and
    WeightsError for one that `load` would refuse.
    """
    given = checked(network)
    arrays = {"format": np.array(_FORMAT), "V": given.V, "b_out": given.b_out}
    for number, layer in enumerate(given.layers):
        for place, cell in deep.cells(layer, f"layers.{number}"):
            named = zip(_PARAMS[cell.kind]._fields, cell.params, strict=False)
            values = {"kind": cell.kind} | dict(named) | {key: str(value) for key, value in cell.options.items()}
            arrays |= {f"{place}.{key}": np.asarray(value) for key, value in values.items() if value is not None}
    _from_own(_Arrays(arrays))
    if hasattr(file, "write"):
        np.savez_compressed(file, **arrays)
    else:
        with open(file, "wb") as opened:
            np.savez_compressed(opened, **arrays)


def _from_own(arrays):
    arrays.text("format", [_FORMAT])
    layers, width = [], None
    while any(key.startswith(f"layers.{len(layers)}.") for key in arrays.left):
        place = f"layers.{_within('layers', len(layers) + 1) - 1}"
        if any(key.startswith((f"{place}.forward.", f"{place}.backward.")) for key in arrays.left):
            layer = Bidirectional(*(_own_cell(arrays, f"{place}.{way}", width) for way in Bidirectional._fields))
        else:
            layer = _own_cell(arrays, place, width)
        layers.append(layer)
        width = deep.n_outputs(layer)
    if not layers:
        raise WeightsError("The file lacks 'layers.0.kind'.")
    return _with_readout(layers, arrays, "V", "b_out")


def _own_cell(arrays, place, width):
    kind = arrays.text(f"{place}.kind", tuple(_BLOCKS))
    blocks = _BLOCKS[kind]
    rows = arrays.shape(f"{place}.W")[:1]
    n = _within("units", rows[0] // blocks if rows else 0)
    needed = [(blocks * n,), (4 * n,)] if kind == "gru" else [(blocks * n,)]
    values = [
        arrays.take(f"{place}.U", (blocks * n, width)),
        arrays.take(f"{place}.W", (blocks * n, n)),
        arrays.take(f"{place}.b", *needed),
    ]
    if f"{place}.P" in arrays.left and kind == "lstm":
        values.append(arrays.take(f"{place}.P", (3, n)))
    name, allowed = _OPTIONS[kind]
    key = f"{place}.{name}"
    options = {name: allowed[arrays.text(key, allowed)]} if key in arrays.left else {}
    if kind == "gru" and len(values[2]) == 4 * n and not options.get("reset_after"):
        raise WeightsError(f"{_short(place + '.b')} has {4 * n} values, which only a GRU with reset_after=True has.")
    if width is None:
        _within("inputs", values[0].shape[1])
    return Layer(kind, _PARAMS[kind](*values), options)


def _from_state_dict(arrays):
    found = [match for key in arrays.left if (match := _RECURRENT.fullmatch(key))]
    prefixes = sorted({match[1] for match in found})
    if len(prefixes) > 1:
        raise WeightsError(f"The file holds two recurrent networks, {_short(prefixes[0])} and {_short(prefixes[1])}.")
    prefix = prefixes[0] if found else ""
    blocks, n, width = _first_shapes(arrays, prefix)
    ways = ("", "_reverse") if any(match[3] for match in found) else ("",)
    layers = []
    for number in range(_within("layers", 1 + max(int(match[2]) for match in found))):
        cells = [_torch_cell(arrays, prefix, f"_l{number}{way}", (blocks, n, width)) for way in ways]
        layers.append(cells[0] if len(cells) == 1 else Bidirectional(*cells))
        width = n * len(ways)
    weights = sorted(key for key in arrays.left if key.rpartition(".")[2] == "weight")
    if len(weights) > 1:
        first, second = map(_short, weights[:2])
        raise WeightsError(f"The file holds {first} and {second}, but only one linear readout is possible.")
    if not weights:
        arrays.all_taken()
        return Network(tuple(layers), np.eye(width), np.zeros(width))
    return _with_readout(layers, arrays, weights[0], weights[0].removesuffix("weight") + "bias")


def _first_shapes(arrays, prefix):
    """Blocks of rows g, units n and inputs m (None where they cannot be told), from the shapes of the first layer."""
    key = f"{prefix}weight_hh_l0"
    shape = arrays.shape(key)
    blocks = shape[0] // shape[1] if len(shape) == 2 and shape[1] else 0
    if blocks not in _BLOCKS.values() or shape[0] != blocks * shape[1]:
        raise WeightsError(f"{_short(key)} has shape {shape}, needed is (n, n) (RNN), (3n, n) (GRU) or (4n, n) (LSTM).")
    inputs = arrays.shape(f"{prefix}weight_ih_l0")[1:]
    return blocks, _within("units", shape[1]), _within("inputs", inputs[0]) if inputs else None


def _torch_cell(arrays, prefix, end, sizes):
    blocks, n, width = sizes
    U = arrays.take(f"{prefix}weight_ih{end}", (blocks * n, width))
    W = arrays.take(f"{prefix}weight_hh{end}", (blocks * n, n))
    b_ih, b_hh = (arrays.take(f"{prefix}bias_{which}{end}", (blocks * n,)) for which in ("ih", "hh"))
    with np.errstate(over="ignore"):
        b = b_ih + b_hh
    if not np.isfinite(b).all():
        raise WeightsError(f"{_short(f'{prefix}bias_ih{end}')} and the bias_hh beside it add up to infinity.")
    if blocks == 1:
        return Layer("rnn", rnn.RnnParams(U, W, b))
    if blocks == 4:
        return Layer("lstm", LstmParams(U, W, b))
    return Layer(
        "gru", GruParams(U, W, np.concatenate([b[: 2 * n], b_ih[2 * n :], b_hh[2 * n :]])), {"reset_after": True}
    )


def _with_readout(layers, arrays, weight, bias):
    V = arrays.take(weight, (None, deep.n_outputs(layers[-1])))
    b_out = arrays.take(bias, (_within("outputs", len(V)),))
    arrays.all_taken()
    return Network(tuple(layers), V, b_out)
