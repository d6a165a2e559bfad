"""Random LDDNs for tests, and the same as the plain lists of `tests.naive_lddn`."""

import cmath

import numpy as np

from engine import lddn

#: f for complex numbers too, so that a derivative is the imaginary part of a tiny imaginary step
FUNCTIONS = {
    "tanh": cmath.tanh,
    "logistic": lambda a: 1 / (1 + cmath.exp(-a)),
    "relu": lambda a: a if complex(a).real > 0 else 0 * a,
    "identity": lambda a: a,
    "hardlim": lambda a: float(complex(a).real >= 0),
}


def random_network(rng, n_layers, *, max_delay=4, activations=lddn.ACTIVATIONS[:4], gates=True, loops=True):
    """A network with two inputs; what has no delay goes forward in a random order, so that no loop lacks one."""
    widths = {"x": int(rng.integers(1, 4)), "p": int(rng.integers(1, 4))}
    order = [f"layer {k}" for k in rng.permutation(n_layers)]
    for name in order:
        widths[name] = int(rng.integers(1, 4))
    squashed = {name: str(rng.choice(activations)) for name in order}
    # a gate that grows without bound would make a network overflow within few steps
    openers = ["x", "p", *(name for name in order if squashed[name] in ("tanh", "logistic", "hardlim"))]
    layers = []
    for place, name in enumerate(order):
        sources = ["x", "p", *order] if loops else ["x", "p", *order[:place]]
        sure = ("x", "p")[place] if place < 2 else order[place - 1]
        chosen = dict.fromkeys([sure, *rng.choice(sources, size=rng.integers(1, 4))])
        early = ["x", "p", *order[:place]]
        fitting = [other for other in early if other in openers and widths[other] == widths[name]] if gates else []
        connections = tuple(_connection(rng, name, str(s), widths, early, max_delay, fitting) for s in chosen)
        bare = all(connection.weight is None for connection in connections)
        b = rng.normal(size=widths[name]) if bare or rng.random() < 0.7 else None
        layers.append(lddn.Layer(name, connections, b, squashed[name]))
    used = {c.source for layer in layers for c in layer.connections} | {c.gate for la in layers for c in la.connections}
    inputs = tuple(name for name in ("x", "p") if name in used)
    shuffled = [layers[k] for k in rng.permutation(n_layers)]
    return lddn.Network(tuple(shuffled), inputs), widths


def _connection(rng, name, source, widths, early, max_delay, openers):
    possible = np.arange(0 if source in early else 1, max_delay + 1)
    n, k = widths[name], widths[source]
    gate = str(rng.choice(openers)) if openers and rng.random() < 0.4 else ""
    if n == k and rng.random() < 0.2:
        return lddn.Connection(source, None, int(rng.choice(possible)), gate)
    if rng.random() < 0.4:
        return lddn.Connection(source, 0.5 * rng.normal(size=(n, k)), int(rng.choice(possible)), gate)
    size = int(rng.integers(1, len(possible) + 1))
    delays = tuple(int(delay) for delay in rng.choice(possible, size=size, replace=False))
    return lddn.Connection(source, 0.5 * rng.normal(size=(size, n, k)), delays, gate)


def random_problem(seed, n_layers, n_steps=9, **options):
    """A network with inputs, values before step 1 and explicit derivatives of every layer."""
    rng = np.random.default_rng(seed)
    network, widths = random_network(rng, n_layers, **options)
    x = {name: rng.normal(size=(n_steps, widths[name])) for name in network.inputs}
    names = (*network.inputs, *(layer.name for layer in network.layers))
    before = {name: rng.normal(size=(int(rng.integers(1, 6)), widths[name])) for name in names if rng.random() < 0.6}
    explicit = {layer.name: rng.normal(size=(n_steps, widths[layer.name])) for layer in network.layers}
    return network, x, before, explicit


def plain(network, w=None):
    """The layers as `tests.naive_lddn` takes them; their numbers from the vector w where it is given."""
    numbers = iter(lddn.parameters(network).tolist() if w is None else w)
    layers = []
    for layer in network.layers:
        connections = []
        for connection in layer.connections:
            delays = connection.delays if isinstance(connection.delays, tuple) else (connection.delays,)
            taps = [(delay, _rows(connection.weight, numbers)) for delay in delays]
            connections.append((connection.source, taps, connection.gate or None))
        b = None if layer.b is None else [next(numbers) for _ in layer.b]
        layers.append((layer.name, connections, b, FUNCTIONS[layer.activation]))
    return layers


def _rows(weight, numbers):
    if weight is None:
        return None
    n, k = np.shape(weight)[-2:]
    return [[next(numbers) for _ in range(k)] for _ in range(n)]


def lists(arrays):
    return {name: np.asarray(values).tolist() for name, values in arrays.items()}
