r"""Write out an LDDN's equations in the form of Eqs. 7.6 and 7.7: the answer to P12.1, E12.1 and E12.2.

Inputs and layers are numbered in the order of the Network, as in the textbook: p^l is input l, n^m and a^m are net
input and output of layer m, IW^{m,l}(d) and LW^{m,l}(d) the weights from input or layer l through delay d.
"""

from typing import NamedTuple

from engine.lddn import _tables
from engine.lddn import network as _network


class LayerEquations(NamedTuple):
    """One layer m. Sets as in Eq. 7.6; equations are LaTeX without dollar signs."""

    name: str
    number: int  # m, from 1
    inputs: tuple  # I_m: numbers of the inputs that feed it
    layers: tuple  # L_m^f: numbers of the layers that feed it
    input_delays: dict  # DI_{m,l} by l
    layer_delays: dict  # DL_{m,l} by l
    gates: tuple  # names of the signals that gate a connection
    sets: str  # the sets above
    net: str  # Eq. 7.6
    output: str  # Eq. 7.7


def _numbered(name, prepared):
    """("I" or "L", number from 1)."""
    place, n_inputs = list(prepared.widths).index(name), len(prepared.network.inputs)
    return ("I", place + 1) if place < n_inputs else ("L", place - n_inputs + 1)


def _signal(name, prepared, time):
    kind, number = _numbered(name, prepared)
    return rf"\mathbf{{{'p' if kind == 'I' else 'a'}}}^{{{number}}}({time})"


def _at(delay):
    return f"t-{delay}" if delay else "t"


def _product(connection, number, prepared):
    """Weights times delayed signals of one connection, and whether it is a single symbol."""
    kind, source = _numbered(connection.source, prepared)
    delays = _network.taps(connection)
    if connection.weight is None:
        return _signal(connection.source, prepared, _at(delays[0]))
    weight = rf"\mathbf{{{kind}W}}^{{{number},{source}}}"
    if len(delays) == 1:
        shown = "" if delays == (0,) else f"({delays[0]})"
        return rf"{weight}{shown}\,{_signal(connection.source, prepared, _at(delays[0]))}"
    ordered = sorted(delays)
    in_a_row = ordered == list(range(ordered[0], ordered[-1] + 1))
    if in_a_row:
        below, above = f"d={ordered[0]}", f"^{{{ordered[-1]}}}"
    else:
        below, above = rf"d\in\{{{','.join(map(str, ordered))}\}}", ""
    return rf"\sum_{{{below}}}{above}{weight}(d)\,{_signal(connection.source, prepared, 't-d')}"


def _net(layer, number, prepared):
    """Eq. 7.6: first what comes from layers, then from inputs, then the bias."""
    terms = []
    for connection in sorted(layer.connections, key=lambda found: _numbered(found.source, prepared)[0] == "I"):
        term = _product(connection, number, prepared)
        if connection.gate:
            opening = _signal(connection.gate, prepared, "t")
            opened = term if connection.weight is None else rf"\left[{term}\right]"
            term = rf"{opening}\circ {opened}"
        terms.append(term)
    if layer.b is not None:
        terms.append(rf"\mathbf{{b}}^{{{number}}}")
    return rf"\mathbf{{n}}^{{{number}}}(t)={'+'.join(terms)}"


def _output(layer, number):
    net = rf"\mathbf{{n}}^{{{number}}}(t)"
    squashed = net if layer.activation == "identity" else rf"\mathbf{{{layer.activation}}}\left({net}\right)"
    return rf"\mathbf{{a}}^{{{number}}}(t)={squashed}"


def _set(symbol, members):
    return rf"{symbol}=\{{{','.join(map(str, members))}\}}"


def equations(network):
    """The equations of operation of each layer, in the order of the network.

    network: Network or Prepared. Returns a tuple of LayerEquations. A weight without a delay is written without one,
    the identity not at all, and a gate as a product unit by unit (Eq. 12.37). Raises ValueError as `prepare` does.
    Source: Eqs. 7.6 and 7.7, as P12.1 uses them.
    """
    prepared = _tables.prepare(network)
    found = []
    for number, layer in enumerate(prepared.network.layers, 1):
        delays: dict = {"I": {}, "L": {}}
        for connection in layer.connections:
            kind, source = _numbered(connection.source, prepared)
            known = delays[kind].setdefault(source, ())
            delays[kind][source] = tuple(sorted({*known, *_network.taps(connection)}))
        inputs, layers = (dict(sorted(delays[kind].items())) for kind in "IL")
        texts = [_set(f"I_{{{number}}}", inputs)] if inputs else []
        texts += [_set(f"L_{{{number}}}^{{f}}", layers)] if layers else []
        texts += [_set(f"DI_{{{number},{source}}}", taps) for source, taps in inputs.items()]
        texts += [_set(f"DL_{{{number},{source}}}", taps) for source, taps in layers.items()]
        gates = tuple(dict.fromkeys(connection.gate for connection in layer.connections if connection.gate))
        found.append(
            LayerEquations(
                name=layer.name,
                number=number,
                inputs=tuple(inputs),
                layers=tuple(layers),
                input_delays=inputs,
                layer_delays=layers,
                gates=gates,
                sets=r",\;".join(texts),
                net=_net(layer, number, prepared),
                output=_output(layer, number),
            )
        )
    return tuple(found)
