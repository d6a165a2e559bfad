"""In which order layers can be computed: found from the delays.

Within a step a layer comes after those that feed or gate it without a delay, so these may not form a loop. Layers that
lie on no loop at all, not even through delays, are computed for all steps at once; those of a loop step by step.
"""

import graphlib
from typing import NamedTuple

import numpy as np

from engine.lddn import network as _network


class Group(NamedTuple):
    """Layers that are computed together, in order of computation."""

    layers: tuple  # names
    looped: bool  # they hear each other through delays: step by step


def _heard(layer, layer_names, *, without_delay):
    """Names of the layers that this one hears: all of them, or only those without a delay."""
    found = []
    for connection in layer.connections:
        if not without_delay or 0 in _network.taps(connection):
            found.append(connection.source)
        found.append(connection.gate)
    return [name for name in dict.fromkeys(found) if name in layer_names]


def _within_a_step(layers):
    """Names of the layers, each after those that it hears without a delay."""
    names = {layer.name for layer in layers}
    graph = {layer.name: _heard(layer, names, without_delay=True) for layer in layers}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        loop = " → ".join(repr(name) for name in error.args[1])
        raise ValueError(f"layers {loop} form a loop without a delay: one connection of it needs a delay") from None


def _reach(heard, names):
    """(M, M) bool: whether layer i hears layer j, directly or by way of others."""
    place = {name: number for number, name in enumerate(names)}
    reach = np.zeros((len(names), len(names)), dtype=bool)
    for name in names:
        reach[place[name], [place[source] for source in heard[name]]] = True
    for k in range(len(names)):
        reach |= np.outer(reach[:, k], reach[k])
    return reach


def groups(layers):
    """Tuple of Groups, each after those that it hears.

    layers: the Layers of a checked network. Raises ValueError that names the layers of a loop without a delay.
    """
    in_step = _within_a_step(layers)
    all_heard = {layer.name: _heard(layer, set(in_step), without_delay=False) for layer in layers}
    reach = _reach(all_heard, in_step)
    together = reach & reach.T
    # a layer on no loop does not even reach itself
    members = {name: [in_step[j] for j in np.flatnonzero(together[i])] or [name] for i, name in enumerate(in_step)}
    leader = {name: found[0] for name, found in members.items()}
    graph: dict = {}
    for name in in_step:
        later = graph.setdefault(leader[name], [])
        later += [leader[source] for source in all_heard[name] if leader[source] != leader[name]]
    looped = {name: bool(together[i, i]) for i, name in enumerate(in_step)}
    order = graphlib.TopologicalSorter(graph).static_order()
    return tuple(Group(tuple(members[name]), looped[name]) for name in order)
