"""The page's equations by hand at one step: the window and the net on it, each kind of kernel, and each layer."""

import numpy as np

from app.parts.calculation import added, fitting, result, value
from app.parts.numbers import Block, number, plain, steps, symbol
from engine import focused
from lessons.delay_lines.model import DelayLines
from lessons.delay_lines.results import Distributed, Generalised, Learned, Line, Pattern
from lessons.delay_lines.training import tapped_taps

WRITTEN_UNITS = 4
ALPHA = "<i>α</i>"


def blocks(m: DelayLines, t: int) -> list[Block]:
    r = m.result
    if isinstance(r, Line):
        return _of_line(m, r, t)
    if isinstance(r, Generalised):
        return [*(_kernel(m, r, t, k) for k in range(1, min(m.taps, 2) + 1)), _profile(r)]
    if isinstance(r, Distributed):
        return _of_layers(r, t)
    if isinstance(r, Pattern):
        return [_evidence(r, t)]
    return _of_learned(m, r, t)


def _x(step: int) -> str:
    return symbol("x", "input", step)


def _window(x: np.ndarray, t: int, delays) -> Block:
    """What the taps hold: the column of the stacked matrix."""
    lines = [f"{symbol('s', '', t)}, what stands in the taps:"]
    lines += [f"tap {delay}: {_x(t - delay)} = <b>{number(_before(x, t, delay), 'input')}</b>" for delay in delays]
    note = "Before step 1 everything is 0." if t <= max(delays) else ""
    return Block(f"The window at t = {t}", lines, note)


def _before(x: np.ndarray, t: int, delay: int) -> float:
    """x(t − delay)."""
    return float(x[t - 1 - delay]) if t > delay else 0.0


def _of_line(m: DelayLines, r: Line, t: int) -> list[Block]:
    title = f"P12.1: the net reads column {t}" if m.topic == "focused" else f"The static net at t = {t}"
    return [_window(r.x, t, m.delays), *_net(r.params, r.run, r.activation, t, title)]


def _net(
    params: focused.FocusedParams, run: focused.FocusedRun, f: str, t: int, title: str, letter: str = "a"
) -> list[Block]:
    """Hidden units and output, with every term. letter: of the net inputs; `a` may be taken by the taps."""
    s, k = run.columns[t - 1], t - 1
    role, lines = "input" if letter == "a" else "", list[str]()
    for i in range(min(len(params.b), WRITTEN_UNITS)):
        net, unit = symbol(letter, "", t, sub=str(i + 1)), symbol("h", "", t, sub=str(i + 1))
        terms = [f"{value(u)}·{value(tap, role)}" for u, tap in zip(params.U[i], s, strict=True)]
        lines += added(net, [*terms, value(params.b[i])])
        lines += [f"&emsp; = {result(run.a[k, i])}", f"{unit} = {_applied(f, run.a[k, i])} = {result(run.h[k, i])}"]
    rest = len(params.b) - WRITTEN_UNITS
    note = f"{rest} more hidden unit{'s' if rest > 1 else ''} in the same way." if rest > 0 else ""
    terms = [f"{value(v)}·{value(h)}" for v, h in zip(params.V[0], run.h[k], strict=True)]
    out = added(symbol("y", "", t), [*terms, value(params.b_out[0])])
    return [Block(title, lines, note), Block("The output", [*out, f"&emsp; = {result(run.y[k, 0])}"])]


def _applied(f: str, a: float) -> str:
    if f == "identity":
        return value(a)
    return f"{'max(0, ' if f == 'relu' else 'tanh('}{number(a, digits=5)})"


def _kernel(m: DelayLines, r: Generalised, t: int, k: int) -> Block:
    """Tap k from what is before it."""
    now, a, alpha = symbol("a", "", t, sub=str(k)), r.taps, m.alpha
    below = r.x if k == 1 else a[:, k - 2]
    fed = _x(t - 1) if k == 1 else symbol("a", "", t - 1, sub=str(k - 1))
    own = symbol("a", "", t - 1, sub=str(k))
    fed_value, own_value = _before(below, t, 1), _before(a[:, k - 1], t, 1)
    total = result(a[t - 1, k - 1])
    u = 1 - alpha
    if m.kernel == "delay":
        lines = [f"{now} = {_x(t - k)} = {total}"]
    elif m.kernel == "average":
        inside = [value(_before(r.x, t, lag), "input") for lag in range(1, k + 1)]
        lines = [*added(f"{k}·{now}", inside), f"{now} = {total}"]
    elif m.kernel == "gamma":
        lines = [f"{now} = {ALPHA}·{fed} + (1−{ALPHA})·{own}"]
        lines += fitting(f"&emsp;= {value(alpha)}·{value(fed_value)} + {value(u)}·{value(own_value)}", total)
    elif k == 1:
        lines = [f"{now} = <i>u</i>·{own} + √(1−<i>u</i>²)·{fed}, <i>u</i> = 1−{ALPHA}"]
        gain = float(np.sqrt(1 - u * u))
        lines += fitting(f"&emsp;= {value(u)}·{value(own_value)} + {value(gain)}·{value(fed_value)}", total)
    else:
        lines = [f"{now} = <i>u</i>·{own} + {fed} − <i>u</i>·{symbol('a', '', t, sub=str(k - 1))}"]
        left = float(a[t - 1, k - 2])
        line = f"&emsp;= {value(u)}·{value(own_value)} + {value(fed_value)} − {value(u)}·{value(left)}"
        lines += fitting(line, total)
    return Block(f"Tap {k} at t = {t}", lines)


def _profile(r: Generalised) -> Block:
    depth, resolution, product, spread = r.profile
    K = r.kernels.shape[1]
    lines = [
        f"depth = mean lag of tap {K} = {number(depth)} steps",
        f"resolution = {K} / {number(depth)} = {number(resolution)} taps per step",
        f"depth · resolution = {number(product)}, the number of taps",
        f"spread of tap {K} = {number(spread)} steps",
        f"all recalls together = {number(r.recall.sum())}",
    ]
    note = "The product is K by definition. What really stays is the sum of all recalls: no line of K taps has more."
    return Block("Depth and resolution", lines, note)


def _of_layers(r: Distributed, t: int) -> list[Block]:
    """The first unit of the first layer, the output, and the sum of the delays."""
    found, below, inside = [], r.x[:, np.newaxis], "x"
    last = len(r.layers)
    for number_, (layer, a, h) in enumerate(zip(r.layers, r.run.a, r.run.h, strict=True), 1):
        if number_ in (1, last):
            found.append(_layer_unit(number_, last, layer, a, h, below, inside, t))
        below, inside = h, f"h{'¹²³⁴'[number_ - 1]}"
    return [*found, _reach(r)]


def _layer_unit(number_: int, last: int, layer, a, h, below: np.ndarray, inside: str, t: int) -> Block:
    role = "input" if inside == "x" else ""
    terms = [
        f"{value(layer.W[j, 0, i])}·{value(_before(unit, t, delay), role)}"
        for j, delay in enumerate(layer.delays)
        for i, unit in enumerate(below.T)
    ]
    head = f"<i>n</i>{'¹²³⁴'[number_ - 1]}({t})"
    lines = [*added(head, [*terms, value(layer.b[0])]), f"&emsp; = {result(a[t - 1, 0])}"]
    name = symbol("y", "", t) if number_ == last else f"<i>h</i>{'¹²³⁴'[number_ - 1]}({t})"
    lines.append(f"{name} = {_applied(layer.activation, a[t - 1, 0])} = {result(h[t - 1, 0])}")
    hears = ", ".join(f"{inside}({t - delay})" for delay in layer.delays)
    units = f", {below.shape[1]} units each" if below.shape[1] > 1 else ""
    return Block(f"Layer {number_}, unit 1 (E12.1)", lines, f"It hears {hears}{units}.")


def _reach(r: Distributed) -> Block:
    largest = [max(layer.delays) for layer in r.layers]
    total = " + ".join(map(str, largest))
    lines = [f"largest delays: {total} = <b>{sum(largest)}</b>", f"y hears {steps(len(r.field))} of x"]
    n_weights = sum(layer.W.size + layer.b.size for layer in r.layers)
    lines.append(f"numbers to learn: {n_weights}")
    return Block("How far back", lines)


def _of_learned(m: DelayLines, r: Learned, t: int) -> list[Block]:
    settings = r.contest.settings
    if settings.task == "memory":
        params, alpha = r.contest.second.at(r.stage)
        taps = [_gamma_layer(r, alpha, t, k) for k in range(1, min(settings.taps, 2) + 1)]
        return [*taps, *_net(params, r.gamma, settings.activation, t, "E12.4: the first layer", "n"), _errors(r, t)]
    params = r.contest.first.at(r.stage)
    delays = range(1, tapped_taps(settings) + 1)
    net = _net(params, r.tapped, settings.activation, t, f"The tapped line's net at t = {t}")
    return [_errors(r, t), _window(r.x, t, delays), *net]


def _gamma_layer(r: Learned, alpha: float, t: int, k: int) -> Block:
    """One gamma element as a layer of its own, which is what E12.4 asks for."""
    a = r.gamma.columns
    below, fed = (r.x, _x(t - 1)) if k == 1 else (a[:, k - 2], symbol("a", "", t - 1, sub=str(k - 1)))
    now, own = symbol("a", "", t, sub=str(k)), symbol("a", "", t - 1, sub=str(k))
    line = (
        f"&emsp;= {value(alpha)}·{value(_before(below, t, 1))} + {value(1 - alpha)}·{value(_before(a[:, k - 1], t, 1))}"
    )
    lines = [f"{now} = {ALPHA}·{fed} + (1−{ALPHA})·{own}", *fitting(line, result(a[t - 1, k - 1]))]
    return Block(f"Layer {k}: gamma element {k} at t = {t}", lines)


def _errors(r: Learned, t: int) -> Block:
    d = float(r.d[t - 1])
    lines = [f"<i>d</i>({t}) = {number(d, digits=5)}"]
    for name, run in zip(("tapped line", "gamma line"), (r.tapped, r.gamma), strict=True):
        y = float(run.y[t - 1, 0])
        lines += [f"error of the {name}:", f"&emsp;{number(d, digits=5)} − {value(y)} = {result(d - y)}"]
    data = r.contest.data
    counts = "is learned from" if data.train[t - 1] else "is for testing" if data.test[t - 1] else "does not count"
    return Block(f"Errors at t = {t}, α = {plain(r.alpha)}", lines, f"This step {counts}.")


def _evidence(r: Pattern, t: int) -> Block:
    before = float(r.evidence[t - 2]) if t > 1 else 0.0
    lines = fitting(f"sum so far = {value(before)} + {value(r.y[t - 1])}", result(r.evidence[t - 1]))
    lines += [
        f"sum at the end = {result(r.evidence[-1])}: {_kind(r.evidence[-1])}",
        f"the one look says {result(r.look)}: {_kind(r.look)}",
    ]
    return Block(f"What is said at t = {t}", lines)


def _kind(said: float) -> str:
    return "a rise" if said > 0 else "a fall" if said < 0 else "neither"
