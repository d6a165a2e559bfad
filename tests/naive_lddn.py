"""Eqs. 7.6 and 7.7 read literally: each signal asks at each step for those that it hears, and nobody plans an order.

Nothing is imported from the engine. Layers are tuples (name, connections, b, f), connections are tuples
(source, [(delay, rows of weights or None), ...], gate or None). It only adds and multiplies, so numbers may be
complex, and derivatives may be taken by a step into the imaginary.
"""


def outputs(inputs, layers, before, n_steps):
    """Lists of a(t) and h(t) by layer. inputs, before: lists of vectors by name; step 1 is at index 0."""
    known = {}
    by_name = {layer[0]: layer for layer in layers}

    def net(name, t):
        _, connections, b, _ = by_name[name]
        total = None if b is None else list(b)
        for source, taps, gate in connections:
            for delay, weight in taps:
                came = signal(source, t - delay)
                if weight is not None:
                    came = [sum(row[j] * came[j] for j in range(len(came))) for row in weight]
                if gate is not None:
                    opening = signal(gate, t)
                    came = [opening[i] * came[i] for i in range(len(came))]
                total = came if total is None else [total[i] + came[i] for i in range(len(came))]
        return total

    def signal(name, t):
        if t < 0:
            earlier = before.get(name, [])
            width = len(earlier[0]) if earlier else widths[name]
            return earlier[t] if -t <= len(earlier) else [0] * width
        if name in inputs:
            return inputs[name][t]
        if (name, t) not in known:
            f = by_name[name][3]
            a = net(name, t)
            known[name, t] = a, [f(value) for value in a]
        return known[name, t][1]

    widths = {name: len(values[0]) for name, values in inputs.items()}
    widths |= {name: _width(by_name[name], by_name, widths) for name in by_name}
    for t in range(n_steps):
        for name in by_name:
            signal(name, t)
    return (
        {name: [known[name, t][0] for t in range(n_steps)] for name in by_name},
        {name: [known[name, t][1] for t in range(n_steps)] for name in by_name},
    )


def _width(layer, by_name, widths):
    """Units of a layer: rows of a weight, entries of the bias, or the width of a signal that it takes as it is."""
    _, connections, b, _ = layer
    if b is not None:
        return len(b)
    for _, taps, _ in connections:
        for _, weight in taps:
            if weight is not None:
                return len(weight)
    source = connections[0][0]
    return widths[source] if source in widths else _width(by_name[source], by_name, widths)
