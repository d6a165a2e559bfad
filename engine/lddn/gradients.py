"""Run an LDDN, and differentiate what a loss says about it, backward and forward in time.

    dF/dh(t) = explicit(t) + sum over layers l that hear h, and delays d, of LW_l(d)^T s_l(t+d),    s = f'(a) dF/dh
    dF/dLW(d) = sum over t of s(t) h_source(t-d)^T                                   backward     (Eqs. 12.8, 12.9)

    dh(t)/dw = f'(a(t)) (d^e a(t)/dw + sum of LW(d) dh_source(t-d)/dw)               forward      (Eqs. 12.6, 12.7)

Both are the chapter's equations with every delay in place of the single one. Through a gate g, LW(d)^T s becomes
LW(d)^T (g s), and the gate gets s (LW(d) h_source(t-d)).
"""

from typing import NamedTuple

import numpy as np

from engine import _validate
from engine.lddn import _forward_mode, _kernels, _tables


class Run(NamedTuple):
    """By the name of the layer. Row t of each array is step t + 1."""

    a: dict  # (T, n) net inputs
    h: dict  # (T, n) outputs
    y: np.ndarray  # (T, n) output of the network's last layer


class LayerGradient(NamedTuple):
    """Derivatives by the weights of one layer, None where there are none to learn."""

    weights: tuple  # one per connection, of its weight's shape
    b: np.ndarray | None  # (n,)


class Gradients(NamedTuple):
    """Derivatives of the loss, by name. Row t of the arrays over time is step t + 1."""

    layers: dict  # LayerGradient by layer
    dF_dw: np.ndarray  # (P,) the same numbers in the order of `parameters`
    dF_dh: dict  # (T, n) total derivative by each layer's output
    dF_da: dict  # (T, n) sensitivity of each layer, total derivative by its net input
    dF_dx: dict  # (T, m) total derivative by each input
    dF_dbefore: dict  # (depth, n) by the signals before step 1, the last row by the latest; depth: the longest delay


class ForwardGradients(NamedTuple):
    """Derivatives of the loss, and what the forward recursion carried along to get them."""

    layers: dict  # LayerGradient by layer
    dF_dw: np.ndarray  # (P,)
    dh_dw: dict  # (1, n, P) of each layer at the last step, or (T, n, P): dh(t)/dw at [t, unit, parameter]


def _over_time(name, values, width, n_steps=None):
    """values as (T, width); a sequence (T,) will do where the width is 1."""
    if width == 1 and np.ndim(values) == 1:
        return _validate.sequence(name, values, n_steps)[:, np.newaxis]
    return _validate.array(name, values, (n_steps, width))


def _by_name(argument, values, names, alone):
    """values as a dictionary; an array stands for that of `alone`. Raises ValueError for a name not in `names`."""
    if not isinstance(values, dict):
        if alone is None:
            raise ValueError(f"{argument} must be a dictionary with {', '.join(names)}, got {_validate._short(values)}")
        return {alone: values}
    for name in values:
        if name not in names:
            raise ValueError(f"{argument} must be of {', '.join(names)}, got {_validate._short(name)}")
    return values


def _signals(x, prepared, before):
    """The flat vector of all signals: inputs filled in, layers too before step 1, and zeros. And the T steps."""
    inputs, tables, widths = prepared.network.inputs, prepared.tables, prepared.widths
    given = _by_name("x", x, inputs, inputs[0] if len(inputs) == 1 else None)
    for name in inputs:
        if name not in given:
            raise ValueError(f"x must have a sequence for each input, got none for {name!r}")
    first = _over_time(f"input {inputs[0]!r}", given[inputs[0]], widths[inputs[0]])
    n_steps = len(first)
    rows = n_steps + tables.depth
    signals = np.zeros(rows * tables.starts[-1])
    blocks = _parts(signals, prepared, rows)
    for number, name in enumerate(inputs):
        found = _over_time(f"input {name!r}", given[name], widths[name], n_steps) if number else first
        blocks[name][tables.depth :] = found
    for name, values in _by_name("before", {} if before is None else before, tuple(widths), None).items():
        found = _over_time(f"before of {name!r}", values, widths[name])[-tables.depth :]
        if tables.depth:
            blocks[name][tables.depth - len(found) : tables.depth] = found
    return signals, n_steps


def _parts(flat, prepared, rows, *, layers_only=False):
    """Views (rows, width) of the blocks of a flat vector, by name."""
    names, parts, at = tuple(prepared.widths), {}, 0
    for name in names[prepared.tables.n_inputs if layers_only else 0 :]:
        width = prepared.widths[name]
        parts[name] = flat[at : at + rows * width].reshape(rows, width)
        at += rows * width
    return parts


def _outputs(signals, prepared, n_steps):
    """h of each layer, from step 1 on."""
    depth, inputs = prepared.tables.depth, prepared.network.inputs
    parts = _parts(signals, prepared, n_steps + depth)
    return {name: part[depth:] for name, part in parts.items() if name not in inputs}


@np.errstate(all="ignore")
def run(x, network, *, before=None):
    """Run the network: a(t) = sum of LW(d) h_source(t-d) + sum of IW(d) x(t-d) + b, h(t) = f(a(t)), layer by layer.

    x: (T, m), or (T,) where m = 1; a dictionary by name where there are several inputs. network: Network, or what
    `prepare` made of it. before: dictionary by name of inputs and layers, (rows, width), what they were before step 1,
    the last row being the latest; zeros unless given.
    Returns Run with .a and .h by layer, (T, n) each, and .y of the last layer; overflow shows as inf or NaN.
    Raises ValueError for shapes that do not match, values that are not finite, names that are unknown or missing, and
    layers in a loop without a delay. Source: Eqs. 7.6 and 7.7.
    """
    prepared = _tables.prepare(network)
    signals, n_steps = _signals(x, prepared, before)
    a, _, _ = _kernels.forward(prepared.tables, prepared.w, signals)
    h = _outputs(signals, prepared, n_steps)
    return Run(_parts(a, prepared, n_steps, layers_only=True), h, h[prepared.network.layers[-1].name])


def _explicit(explicit, prepared, n_steps):
    """dF/dh as the loss sees it directly, by layer."""
    names = tuple(layer.name for layer in prepared.network.layers)
    given = _by_name("explicit", explicit, names, names[-1])
    return {
        name: _over_time(f"explicit of {name!r}", values, prepared.widths[name], n_steps)
        for name, values in given.items()
    }


def _by_layer(dF_dw, prepared):
    """LayerGradient of each layer from the vector."""
    found, at = {}, 0
    for layer in prepared.network.layers:
        pieces: list = []
        for values in (*(connection.weight for connection in layer.connections), layer.b):
            pieces.append(None if values is None else dF_dw[at : at + values.size].reshape(values.shape))
            at += 0 if values is None else values.size
        found[layer.name] = LayerGradient(tuple(pieces[:-1]), pieces[-1])
    return found


@np.errstate(all="ignore")
def bptt(x, network, explicit, *, before=None):
    """Backpropagation through time: run forward, then carry dF/dh of all layers from the last step to the first.

    x, network, before as in `run`. explicit: what the loss sees directly, dF/dh(t): (T, n) for the last layer, or a
    dictionary by layer; those that it does not name count as zeros.
    Returns Gradients; overflow shows as inf or NaN. Through hardlim nothing goes back.
    Raises ValueError as `run` does, and for another shape of explicit. Source: Eqs. 12.8 and 12.9, with all delays.
    """
    prepared = _tables.prepare(network)
    signals, n_steps = _signals(x, prepared, before)
    tables, inputs = prepared.tables, prepared.network.inputs
    _, heard, slopes = _kernels.forward(tables, prepared.w, signals)
    dF_dsignals = np.zeros_like(signals)
    totals = _parts(dF_dsignals, prepared, n_steps + tables.depth)
    for name, values in _explicit(explicit, prepared, n_steps).items():
        totals[name][tables.depth :] = values
    dF_dw = _kernels.backward(tables, prepared.w, signals, heard, slopes, dF_dsignals)
    before_start = {name: part[: tables.depth] for name, part in totals.items()}
    after = {name: part[tables.depth :] for name, part in totals.items()}
    dF_dx = {name: after.pop(name) for name in inputs}
    by_layer = _by_layer(dF_dw, prepared)
    return Gradients(by_layer, dF_dw, after, _parts(slopes, prepared, n_steps, layers_only=True), dF_dx, before_start)


@np.errstate(all="ignore")
def rtrl(x, network, explicit, *, before=None, every_step=False):
    """Real time recurrent learning: carry dh(t)/dw of all layers forward in time, through every delay.

    Arguments and errors as in `bptt`. For N units and P parameters it keeps (depth + 1) N P numbers. every_step=True
    keeps dh(t)/dw of all T steps, the Jacobian that second-order methods need.
    Returns ForwardGradients. Source: Eqs. 12.6 and 12.7, with all delays.
    """
    prepared = _tables.prepare(network)
    signals, n_steps = _signals(x, prepared, before)
    tables = prepared.tables
    _, heard, slopes = _kernels.forward(tables, prepared.w, signals)
    looked_at = np.zeros_like(slopes)
    parts = _parts(looked_at, prepared, n_steps, layers_only=True)
    for name, values in _explicit(explicit, prepared, n_steps).items():
        parts[name][:] = values
    dF_dw, history = _forward_mode.rtrl(tables, prepared.w, signals, heard, slopes, looked_at, bool(every_step))
    at, dh_dw = 0, {}
    for layer in prepared.network.layers:
        width = prepared.widths[layer.name]
        dh_dw[layer.name] = history[:, at : at + width].copy()
        at += width
    return ForwardGradients(_by_layer(dF_dw, prepared), dF_dw, dh_dw)


def parameters(network):
    """All that can be learned as one vector (P,): layer by layer, weights in the order of connections, then the bias.

    network: Network or Prepared. Raises ValueError as `run` does.
    """
    return _tables.prepare(network).w.copy()


def with_parameters(network, w):
    """The same network with other numbers: Network gives Network, Prepared gives Prepared.

    w: (P,), in the order of `parameters`. Raises ValueError for another length and values that are not finite.
    """
    prepared = _tables.prepare(network)
    w = _validate.array("w", w, prepared.w.shape)
    pieces = _by_layer(w, prepared)
    layers = []
    for layer in prepared.network.layers:
        weights, b = pieces[layer.name]
        connections = zip(layer.connections, weights, strict=True)
        layers.append(layer._replace(connections=tuple(c._replace(weight=weight) for c, weight in connections), b=b))
    changed = prepared.network._replace(layers=tuple(layers))
    return prepared._replace(network=changed, w=w) if isinstance(network, _tables.Prepared) else changed
