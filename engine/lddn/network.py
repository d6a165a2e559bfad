"""A layered digital dynamic network as data, and the checks that it can be run.

Names join the parts: a connection says which signal it comes from, an input or a layer. The widths of all signals
follow from the weights.
"""

from typing import NamedTuple

import numpy as np

from engine import _activation, _validate

#: Those of `engine._activation`, and hardlim(a), which is 1 from a = 0 on and 0 below. Its derivative is taken as 0.
ACTIVATIONS = (*_activation.ACTIVATIONS, "hardlim")


class Connection(NamedTuple):
    """What one signal adds to a layer's net input, through one delay or several; LW(d) or IW(d) of Eq. 7.6."""

    source: str  # name of an input or a layer; k numbers a step
    weight: np.ndarray | None = None  # (n, k), or (number of delays, n, k); None: the identity, fixed
    delays: int | tuple = 0  # one whole number >= 0 with weight (n, k), or a tuple of such with one weight each
    gate: str = ""  # name of the input or layer, n numbers a step, that multiplies what comes in; none if empty


class Layer(NamedTuple):
    """n units that add up their connections and the bias, and squash the sum."""

    name: str
    connections: tuple  # of Connection
    b: np.ndarray | None = None  # (n,); None: no bias
    activation: str = "identity"  # one of ACTIVATIONS


class Network(NamedTuple):
    """Layers in any order, and the names of what feeds them from outside. The last layer is the output."""

    layers: tuple  # of Layer
    inputs: tuple = ("x",)


def taps(connection):
    """The delays of a connection as a tuple, also where it has only one."""
    several = isinstance(connection.delays, (tuple, list))
    return tuple(connection.delays) if several else (connection.delays,)


def _called(layer, connection):
    return f"the weight of layer {layer.name!r} from {connection.source!r}"


def _names(network):
    """All names, inputs first. Raises ValueError where two are equal or one is no text."""
    names = [*network.inputs, *(layer.name for layer in network.layers)]
    for name in names:
        if not isinstance(name, str) or not name:
            raise ValueError(f"inputs and layers must have names, got {_validate._short(name)}")
        if names.count(name) > 1:
            raise ValueError(f"inputs and layers must have names of their own, got {name!r} twice")
    return names


def _connection(connection, layer, names):
    """A Connection with checked names and delays, its weight not yet looked at."""
    if not isinstance(connection, Connection):
        given = _validate._short(connection)
        raise ValueError(f"layer {layer.name!r} must have connections of type Connection, got {given}")
    for role, name in (("source", connection.source), ("gate", connection.gate)):
        if name not in names and not (role == "gate" and name == ""):
            known = ", ".join(names)
            raise ValueError(f"a {role} of layer {layer.name!r} must be one of {known}, got {_validate._short(name)}")
    place = f"a delay of layer {layer.name!r} from {connection.source!r}"
    delays = [_validate.integer(place, delay, low=0) for delay in taps(connection)]
    if not delays or len(set(delays)) < len(delays):
        raise ValueError(f"{place} must be given, and once only, got {_validate._short(connection.delays)}")
    several = isinstance(connection.delays, (tuple, list))
    if several and connection.weight is None:
        raise ValueError(f"{_called(layer, connection)} must be given where delays is a tuple")
    return connection._replace(delays=tuple(delays) if several else delays[0])


def _layer(layer, names):
    if not isinstance(layer, Layer) or not isinstance(layer.connections, (tuple, list)) or not layer.connections:
        raise ValueError(f"network.layers must hold Layer(name, connections, ...), got {_validate._short(layer)}")
    _validate.choice(f"activation of layer {layer.name!r}", layer.activation, ACTIVATIONS)
    return layer._replace(connections=tuple(_connection(found, layer, names) for found in layer.connections))


def _claims(layer):
    """Pairs (name, width) that follow from the shapes of one layer, and pairs of names with equal widths."""
    widths, equal = [], []
    if layer.b is not None and np.ndim(layer.b) == 1:
        widths.append((layer.name, len(layer.b)))
    for connection in layer.connections:
        if connection.weight is None:
            equal.append((layer.name, connection.source))
        elif np.ndim(connection.weight) >= 2:
            widths += zip((layer.name, connection.source), np.shape(connection.weight)[-2:], strict=True)
        if connection.gate:
            equal.append((layer.name, connection.gate))
    return widths, equal


def _widths(layers, names):
    """The number of values a step of each signal, by name: the first that a weight or bias says, passed on by ties."""
    claims = [_claims(layer) for layer in layers]
    widths = {}
    for name, width in (pair for found, _ in claims for pair in found):
        widths.setdefault(name, width)
    ties = [pair for _, equal in claims for pair in equal]
    for _ in names:
        for one, other in ties:
            for known, unknown in ((one, other), (other, one)):
                if known in widths:
                    widths.setdefault(unknown, widths[known])
    for name in names:
        if name not in widths:
            raise ValueError(f"the width of {name!r} must follow from a weight or a bias of some layer")
    return widths


def _with_arrays(layer, widths):
    """The layer with float64 arrays of the right shapes."""
    n_units, connections = widths[layer.name], []
    for connection in layer.connections:
        n_inputs, weight = widths[connection.source], connection.weight
        for name in (connection.gate, "" if weight is not None else connection.source):
            if name and widths[name] != n_units:
                why = f"as wide as layer {layer.name!r}, which has {n_units} units"
                raise ValueError(f"{name!r} must be {why}, got {widths[name]}")
        if weight is not None:
            several = isinstance(connection.delays, tuple)
            shape = (n_units, n_inputs)
            full = (len(connection.delays), *shape) if several else shape
            weight = _validate.array(_called(layer, connection), weight, full)
        connections.append(connection._replace(weight=weight))
    b = None if layer.b is None else _validate.array(f"the bias of layer {layer.name!r}", layer.b, (n_units,))
    return layer._replace(connections=tuple(connections), b=b)


def checked(network):
    """The Network with float64 arrays, and the width of each signal by name, inputs first.

    Raises ValueError for anything that is no Network, names that are missing, unknown or given twice, shapes that do
    not match, delays that are no whole numbers >= 0, and values that are not finite.
    """
    whole = isinstance(network, Network) and all(isinstance(part, (tuple, list)) and part for part in network)
    if not whole:
        raise ValueError(f"network must be Network(layers, inputs), got {_validate._short(network)}")
    for layer in network.layers:
        if not isinstance(layer, Layer):
            raise ValueError(f"network.layers must hold Layer(name, connections, ...), got {_validate._short(layer)}")
    names = _names(network)
    layers = [_layer(layer, names) for layer in network.layers]
    widths = _widths(layers, names)
    layers = [_with_arrays(layer, widths) for layer in layers]
    return Network(tuple(layers), tuple(network.inputs)), {name: widths[name] for name in names}
