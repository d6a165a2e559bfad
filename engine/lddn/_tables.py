"""A network as kernels take it: its numbers in one vector, and what belongs where in tables of whole numbers."""

from typing import NamedTuple

import numpy as np

from engine.lddn import network as _network
from engine.lddn import order as _order

TAP = ("source", "delay", "weight", "gate", "inside", "column")


class Tables(NamedTuple):
    """Signals are numbered from 0, inputs first; layers from 0 too. -1 stands for what is not there."""

    widths: np.ndarray  # (S,) of the signals
    starts: np.ndarray  # (S + 1,) number of the first value of a signal, with all signals side by side
    n_inputs: int
    depth: int  # the longest delay
    order: np.ndarray  # (M,) layers in order of computation
    groups: np.ndarray  # (G + 1,) where in `order` each group begins
    looped: np.ndarray  # (G,) 1 where a group goes step by step
    activations: np.ndarray  # (M,)
    biases: np.ndarray  # (M,) where in the vector each bias begins
    first: np.ndarray  # (M + 1,) the first tap of each layer; a tap is a connection through one of its delays
    source: np.ndarray  # (n_taps,) signals
    delay: np.ndarray  # (n_taps,) steps
    weight: np.ndarray  # (n_taps,) where in the vector its weight begins; -1: the identity
    gate: np.ndarray  # (n_taps,) signals
    inside: np.ndarray  # (n_taps,) 1 where source or gate are in the same loop
    column: np.ndarray  # (n_taps,) the first of its columns in `heard`
    n_heard: int  # columns of what comes in through gates


class Prepared(NamedTuple):
    """A network that is checked and laid out; every function takes it in place of the Network."""

    network: _network.Network
    widths: dict  # number of values a step by name, inputs first
    groups: tuple  # of Group, in order of computation
    tables: Tables
    w: np.ndarray  # (P,) all that can be learned: layer by layer, weights as connected, then the bias


def _laid_out(layers, signals, widths, together):
    """taps, first, biases of Tables, the parameters piece by piece, and n_heard."""
    taps, first, biases, pieces, n_numbers, n_heard = [], [0], [], [], 0, 0
    for layer in layers:
        n_units = widths[layer.name]
        for connection in layer.connections:
            gate = signals[connection.gate] if connection.gate else -1
            inside = connection.source in together[layer.name] or connection.gate in together[layer.name]
            size = n_units * widths[connection.source] if connection.weight is not None else 0
            for delay in _network.taps(connection):
                heard = n_heard if gate >= 0 else -1
                at = n_numbers if size else -1
                taps.append((signals[connection.source], delay, at, gate, int(inside), heard))
                n_numbers += size
                n_heard += n_units if gate >= 0 else 0
            if size:
                pieces.append(connection.weight.ravel())
        biases.append(-1 if layer.b is None else n_numbers)
        if layer.b is not None:
            pieces.append(layer.b)
            n_numbers += n_units
        first.append(len(taps))
    return taps, first, biases, pieces, n_heard


def _whole(values):
    return np.array(values, dtype=np.int64)


def prepare(network):
    """Check a Network once and for all, for those who run it often.

    Returns Prepared with .widths (by name), .groups (the order of computation) and .w (P,), the vector of `parameters`.
    Raises ValueError as `run` does, and for a loop without a delay.
    """
    if isinstance(network, Prepared):
        return network
    network, widths = _network.checked(network)
    groups = _order.groups(network.layers)
    signals = {name: number for number, name in enumerate(widths)}
    together = {name: group.layers if group.looped else () for group in groups for name in group.layers}
    taps, first, biases, pieces, n_heard = _laid_out(network.layers, signals, widths, together)
    n_inputs, columns = len(network.inputs), [_whole(column) for column in zip(*taps, strict=True)]
    tables = Tables(
        widths=_whole(list(widths.values())),
        starts=_whole([0, *np.cumsum(list(widths.values()))]),
        n_inputs=n_inputs,
        depth=int(columns[1].max()),
        order=_whole([signals[name] - n_inputs for group in groups for name in group.layers]),
        groups=_whole([0, *np.cumsum([len(group.layers) for group in groups])]),
        looped=_whole([group.looped for group in groups]),
        activations=_whole([_network.ACTIVATIONS.index(layer.activation) for layer in network.layers]),
        biases=_whole(biases),
        first=_whole(first),
        **dict(zip(TAP, columns, strict=True)),
        n_heard=n_heard,
    )
    return Prepared(network, widths, groups, tables, np.concatenate([*pieces, np.zeros(0)]))
