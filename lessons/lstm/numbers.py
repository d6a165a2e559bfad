"""The LSTM page by hand: the four questions of an LSTM at one step, with the values put in."""

import numpy as np

from app.parts.calculation import DIGITS, added, fitting, result, value
from app.parts.numbers import Block, number, plain, symbol
from engine import network, tasks
from lessons.lstm.diagram import read, shown_character
from lessons.lstm.gradient_numbers import gradient_blocks
from lessons.lstm.model import Lstm
from lessons.lstm.terms import NEARLY, ROLES, chance, logistic, net_inputs, stays
from lessons.lstm.topics import Gradient, Variants
from lessons.lstm.variant_numbers import update_block, variant_blocks

WRITTEN_OUT = 4  # up to so many inputs and units every product is written
TOP = 5  # characters whose probability is worked out
MOST_OUTPUTS = 3
LARGEST_EXPONENT = 200  # of e in a softmax that is written out


def blocks(m: Lstm, t: int) -> list[Block]:
    r = m.result
    if isinstance(r, Gradient):
        return gradient_blocks(m, r, t)
    if isinstance(r, Variants):
        return variant_blocks(m, r, t)
    questions = _questions(m, t)
    return [update_block(m), *questions] if m.topic == "training" else questions


def _questions(m: Lstm, t: int) -> list[Block]:
    """Forget what, write what, what is the memory now, show what; and with text, which character comes next."""
    made = [_forget(m, t), _write(m, t), _memory(m, t), _show(m, t)]
    return [*made, _next_character(m, t)] if m.says_characters else made


def _which(m: Lstm) -> str:
    return f" (unit {m.shown_unit})" if m.traced.run.h.shape[1] > 1 else ""


def _of(name: str, t: int, role: str = "") -> str:
    return symbol(name, role or ROLES.get(name, "state"), t)


def _now(m: Lstm, name: str, t: int) -> float:
    """A signal of the shown unit; 0 before step 1."""
    return float(getattr(m.traced.run, name)[t - 1, m.shown_unit - 1]) if t else 0.0


def _forget(m: Lstm, t: int) -> Block:
    title = f"1 Forget what?{_which(m)}"
    if m.traced.variant == "no forget gate":
        return Block(title, [f"{symbol('f', 'forget_gate')} = 1"], "The form of 1997 has no forget gate: all is kept.")
    kept = stays(net_inputs(m.traced, t, m.shown_unit - 1)["f"])
    return Block(title, _gate(m, "f", t), f"{kept} of c({t - 1}) stays. σ(a) = 1/(1 + e<sup>−a</sup>).")


def _write(m: Lstm, t: int) -> Block:
    if m.traced.variant == "coupled gates":
        f, i = _now(m, "f", t), _now(m, "i", t)
        lines = [f"{_of('i', t)} = 1 − {_of('f', t)} = 1 − {number(f, digits=DIGITS)}"]
        lines.append(f"&emsp; = {result(i, 'input_gate')}")
    else:
        lines = _gate(m, "i", t)
    i, g = _now(m, "i", t), _now(m, "g", t)
    product = f"{value(i, 'input_gate')}·{value(g, 'candidate')}"
    lines += [*_gate(m, "g", t), *fitting(f"{_of('i', t)}·{_of('g', t)} = {product}", result(i * g))]
    note = "The candidate g is what could be written, i is how much of it is."
    return Block(f"2 Write what?{_which(m)}", lines, note)


def _memory(m: Lstm, t: int) -> Block:
    c, before = _now(m, "c", t), _now(m, "c", t - 1)
    f, i, g = (_now(m, name, t) for name in "fig")
    gate = "" if m.traced.variant == "no forget gate" else f"{_of('f', t)}·"
    kept = value(before) if not gate else f"{value(f, 'forget_gate')}·{value(before)}"
    lines = added(_of("c", t), [f"{gate}{_of('c', t - 1)}", f"{_of('i', t)}·{_of('g', t)}"])
    lines += added("&emsp;", [kept, f"{value(i, 'input_gate')}·{value(g, 'candidate')}"])
    lines.append(f"&emsp; = {result(c)}")
    note = "" if t > 1 else "Before step 1 the cell is empty: c(0) = 0."
    return Block(f"3 What is the memory now?{_which(m)}", lines, note)


def _show(m: Lstm, t: int) -> Block:
    o, c, h = (_now(m, name, t) for name in "och")
    squashed = float(np.tanh(c))
    lines = [
        *_gate(m, "o", t),
        *fitting(f"tanh {_of('c', t)} = tanh({number(c, digits=DIGITS)})", result(squashed)),
        f"{_of('h', t)} = {_of('o', t)}·tanh {_of('c', t)}",
        *fitting(f"&emsp; = {value(o, 'output_gate')}·{value(squashed)}", result(h)),
    ]
    return Block(f"4 Show what?{_which(m)}", lines + _output_lines(m, t), _asked(m, t))


# A gate's net input and value


def _gate(m: Lstm, gate: str, t: int) -> list[str]:
    """a = U x + W h + b with every product, or its partial sums, and the nonlinearity."""
    symbols, values, net = _net(m, gate, t)
    head = symbol("a", sub=gate)
    now = _now(m, gate, t)
    applied = f"tanh({number(net, digits=DIGITS)})" if gate == "g" else f"σ({number(net, digits=DIGITS)})"
    shown = number(now, digits=DIGITS) if gate == "g" else logistic(net)
    return [
        *added(head, symbols),
        *added("&emsp;", values),
        f"&emsp; = {number(net, digits=DIGITS)}",
        f'{_of(gate, t)} = {applied} = <b class="{ROLES[gate].replace("_", "-")}">{shown}</b>',
    ]


def _net(m: Lstm, gate: str, t: int) -> tuple[list[str], list[str], float]:
    """Terms of a gate's net input as symbols and as values, and their sum."""
    traced, n = m.traced, m.traced.run.h.shape[1]
    row = "ifgo".index(gate) * n + m.shown_unit - 1
    x, before = traced.inputs[t - 1], traced.run.h[t - 2] if t > 1 else np.zeros(n)
    U, W = traced.params.U[row], traced.params.W[row]
    if n <= WRITTEN_OUT and len(x) <= WRITTEN_OUT:
        symbols, values = _products(m, gate, t, x, before, U, W)
    else:
        symbols, values = _partial_sums(m, gate, t, U @ x, W @ before)
    net = net_inputs(traced, t, m.shown_unit - 1)[gate]
    symbols, values = [*symbols, symbol("b", sub=gate)], [*values, value(float(traced.params.b[row]))]
    if traced.params.P is not None and gate != "g":
        peephole = float(traced.params.P["ifo".index(gate), m.shown_unit - 1])
        step = t if gate == "o" else t - 1
        seen = _now(m, "c", step)
        symbols.append(f"{symbol('P', sub=gate)}·{_of('c', step)}")
        values.append(f"{value(peephole)}·{value(seen)}")
    return symbols, values, net


def _input_names(m: Lstm, n_inputs: int) -> list[tuple[str, str]]:
    """Letter of the weight and name of each input: the lesson writes U x + M mark for a value and a mark."""
    if m.shown_layer == 1 and m.uses_x and n_inputs <= 2:
        return [("U", "x"), ("M", "mark")][:n_inputs]
    letter = "h" if m.shown_layer > 1 else "x"
    return [("U", f"{letter}{'₁₂₃₄'[j]}") for j in range(n_inputs)]


def _products(
    m: Lstm, gate: str, t: int, x: np.ndarray, before: np.ndarray, U: np.ndarray, W: np.ndarray
) -> tuple[list[str], list[str]]:
    symbols = [f"{symbol(letter, sub=gate)}·{symbol(name, 'input', t)}" for letter, name in _input_names(m, len(x))]
    values = [f"{value(weight)}·{value(fed, 'input')}" for weight, fed in zip(U, x, strict=True)]
    n = len(before)
    for j in range(n):
        index = "" if n == 1 else str(j + 1)
        symbols.append(f"{symbol('W', sub=gate + index)}·{symbol('h', 'state', t - 1, sub=index)}")
        values.append(f"{value(W[j])}·{value(before[j])}")
    return symbols, values


def _partial_sums(m: Lstm, gate: str, t: int, fed: float, back: float) -> tuple[list[str], list[str]]:
    first = m.shown_layer == 1
    named = f"{symbol('U', sub=gate)}·{symbol('x' if first else 'h', 'input', t)}"
    if m.is_text and first:
        named = f"U's column of “{shown_character(read(m)[t - 1])}”"
    return [named, f"{symbol('W', sub=gate)}·{_of('h', t - 1)}"], [value(float(fed), "input"), value(float(back))]


# The readout


def _output_lines(m: Lstm, t: int) -> list[str]:
    """y = V h + b_out, where it reads the layer that is shown."""
    traced = m.traced
    if traced.y is None or traced.V is None or traced.b_out is None or traced.y.shape[1] > MOST_OUTPUTS:
        return []
    if m.shown_layer < m.n_layers:
        return [f"{symbol('y', '', t)} = {result(y)}" for y in traced.y[t - 1]]
    h, lines = traced.run.h[t - 1], []
    for k, y in enumerate(traced.y[t - 1]):
        index = "" if len(traced.y[0]) == 1 else str(k + 1)
        V, bias = traced.V[k], value(float(traced.b_out[k]))
        if len(h) == 1:
            symbols, values = [f"<i>V</i>·{_of('h', t)}"], [f"{value(V[0])}·{value(h[0])}"]
        elif len(h) <= WRITTEN_OUT:
            units = [str(j + 1) for j in range(len(h))]
            symbols = [f"{symbol('V', sub=unit)}·{symbol('h', 'state', t, sub=unit)}" for unit in units]
            values = [f"{value(weight)}·{value(state)}" for weight, state in zip(V, h, strict=True)]
        else:
            symbols, values = [f"<i>V</i>·{_of('h', t)}"], [value(float(V @ h))]
        lines += added(symbol("y", "", t, sub=index), [*symbols, symbol("b", sub="out")])
        lines += [*added("&emsp;", [*values, bias]), f"&emsp; = {result(y)}"]
    return lines


def _asked(m: Lstm, t: int) -> str:
    d = m.traced.d[t - 1]
    return "" if np.isnan(d) or m.is_text else f"The task asks for d({t}) = {plain(d)}."


def _next_character(m: Lstm, t: int) -> Block:
    """The softmax of the likeliest characters, and the cross entropy of the one that comes."""
    y, p = m.traced.outputs[t - 1], network.softmax(m.traced.outputs[t - 1 : t])[0]
    lines = []
    total = float(np.exp(y).sum()) if y.max() < LARGEST_EXPONENT else np.inf
    if np.isfinite(total):
        lines = [f"<i>S</i> = Σ e<sup><i>y</i></sup> over all {len(y)} = {number(total, digits=DIGITS)}"]
    for j in np.argsort(-p)[:TOP]:
        worked = f"e<sup>{number(y[j], digits=DIGITS)}</sup>/<i>S</i> = " if lines else ""
        lines.append(f"<i>p</i>(“{shown_character(tasks.ALPHABET[j])}”) = {worked}<b>{chance(p[j])}</b>")
    if t < m.n_steps:
        follows = read(m)[t]
        given = float(p[tasks.ALPHABET.index(follows)])
        logarithm = f"−ln({chance(given)})" if given > 1 - NEARLY else f"−ln {chance(given)}"
        lines += [
            f"next is “{shown_character(follows)}”: −ln <i>p</i> = {logarithm}",
            f"&emsp; = {result(-np.log(given) if given else np.inf)} (cross entropy)",
        ]
    letters = sum(map(str.isalpha, tasks.ALPHABET))
    note = (
        f"The {len(y)} characters: {letters} letters, space, full stop, line end. Why one-hot and not a "
        "character's number in the alphabet? Numbers would say that b lies between a and c; one-hot gives each "
        "character weights of its own."
    )
    return Block("5 Which character next?", lines, note)
