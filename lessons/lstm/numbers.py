"""Lesson 6 by hand: the four questions of an LSTM at one step, with the values put in."""

import numpy as np

from app.parts.calculation import DIGITS, added, fitting, result, value
from app.parts.numbers import Block, number, plain, symbol
from engine import network, tasks
from lessons.lstm.diagram import read, shown_character
from lessons.lstm.gradient_numbers import gradient_blocks
from lessons.lstm.terms import NEARLY, ROLES, chance, logistic, net_inputs, stays
from lessons.lstm.variant_numbers import update_block, variant_blocks

WRITTEN_OUT = 4  # up to so many inputs and units every product is written
TOP = 5  # characters whose probability is worked out
MOST_OUTPUTS = 3
LARGEST_EXPONENT = 200  # of e in a softmax that is written out


def blocks(model, t: int) -> list[Block]:
    if model.topic == "gradient":
        return gradient_blocks(model, t)
    if model.topic == "variants":
        return variant_blocks(model, t)
    questions = _questions(model, t)
    return [update_block(model), *questions] if model.topic == "training" else questions


def _questions(model, t: int) -> list[Block]:
    """Forget what, write what, what is the memory now, show what; and with text, which character comes next."""
    made = [_forget(model, t), _write(model, t), _memory(model, t), _show(model, t)]
    return [*made, _next_character(model, t)] if _reads_characters(model) else made


def _reads_characters(model) -> bool:
    y = model.traced.y
    return model.is_text and y is not None and y.shape[1] == len(tasks.ALPHABET)


def _which(model) -> str:
    return f" (unit {model.shown_unit})" if model.traced.run.h.shape[1] > 1 else ""


def _of(name: str, t: int, role: str = "") -> str:
    return symbol(name, role or ROLES.get(name, "state"), t)


def _now(model, name: str, t: int) -> float:
    """A signal of the shown unit; 0 before step 1."""
    return float(getattr(model.traced.run, name)[t - 1, model.shown_unit - 1]) if t else 0.0


def _forget(model, t: int) -> Block:
    title = f"1 Forget what?{_which(model)}"
    if model.traced.variant == "no forget gate":
        return Block(title, [f"{symbol('f', 'forget_gate')} = 1"], "The form of 1997 has no forget gate: all is kept.")
    kept = stays(net_inputs(model.traced, t, model.shown_unit - 1)["f"])
    return Block(title, _gate(model, "f", t), f"{kept} of c({t - 1}) stays. σ(a) = 1/(1 + e<sup>−a</sup>).")


def _write(model, t: int) -> Block:
    if model.traced.variant == "coupled gates":
        f, i = _now(model, "f", t), _now(model, "i", t)
        lines = [f"{_of('i', t)} = 1 − {_of('f', t)} = 1 − {number(f, digits=DIGITS)}"]
        lines.append(f"&emsp; = {result(i, 'input_gate')}")
    else:
        lines = _gate(model, "i", t)
    i, g = _now(model, "i", t), _now(model, "g", t)
    product = f"{value(i, 'input_gate')}·{value(g, 'candidate')}"
    lines += [*_gate(model, "g", t), *fitting(f"{_of('i', t)}·{_of('g', t)} = {product}", result(i * g))]
    note = "The candidate g is what could be written, i is how much of it is."
    return Block(f"2 Write what?{_which(model)}", lines, note)


def _memory(model, t: int) -> Block:
    c, before = _now(model, "c", t), _now(model, "c", t - 1)
    f, i, g = (_now(model, name, t) for name in "fig")
    gate = "" if model.traced.variant == "no forget gate" else f"{_of('f', t)}·"
    kept = value(before) if not gate else f"{value(f, 'forget_gate')}·{value(before)}"
    lines = added(_of("c", t), [f"{gate}{_of('c', t - 1)}", f"{_of('i', t)}·{_of('g', t)}"])
    lines += added("&emsp;", [kept, f"{value(i, 'input_gate')}·{value(g, 'candidate')}"])
    lines.append(f"&emsp; = {result(c)}")
    note = "" if t > 1 else "Before step 1 the cell is empty: c(0) = 0."
    return Block(f"3 What is the memory now?{_which(model)}", lines, note)


def _show(model, t: int) -> Block:
    o, c, h = (_now(model, name, t) for name in "och")
    squashed = float(np.tanh(c))
    lines = [
        *_gate(model, "o", t),
        *fitting(f"tanh {_of('c', t)} = tanh({number(c, digits=DIGITS)})", result(squashed)),
        f"{_of('h', t)} = {_of('o', t)}·tanh {_of('c', t)}",
        *fitting(f"&emsp; = {value(o, 'output_gate')}·{value(squashed)}", result(h)),
    ]
    return Block(f"4 Show what?{_which(model)}", lines + _output_lines(model, t), _asked(model, t))


# A gate's net input and value


def _gate(model, gate: str, t: int) -> list[str]:
    """a = U x + W h + b with every product, or its partial sums, and the nonlinearity."""
    symbols, values, net = _net(model, gate, t)
    head = symbol("a", sub=gate)
    now = _now(model, gate, t)
    applied = f"tanh({number(net, digits=DIGITS)})" if gate == "g" else f"σ({number(net, digits=DIGITS)})"
    shown = number(now, digits=DIGITS) if gate == "g" else logistic(net)
    return [
        *added(head, symbols),
        *added("&emsp;", values),
        f"&emsp; = {number(net, digits=DIGITS)}",
        f'{_of(gate, t)} = {applied} = <b class="{ROLES[gate].replace("_", "-")}">{shown}</b>',
    ]


def _net(model, gate: str, t: int) -> tuple[list[str], list[str], float]:
    """Terms of a gate's net input as symbols and as values, and their sum."""
    traced, n = model.traced, model.traced.run.h.shape[1]
    row = "ifgo".index(gate) * n + model.shown_unit - 1
    x, before = traced.inputs[t - 1], traced.run.h[t - 2] if t > 1 else np.zeros(n)
    U, W = traced.params.U[row], traced.params.W[row]
    if n <= WRITTEN_OUT and len(x) <= WRITTEN_OUT:
        symbols, values = _products(model, gate, t, x, before, U, W)
    else:
        symbols, values = _partial_sums(model, gate, t, U @ x, W @ before)
    net = net_inputs(traced, t, model.shown_unit - 1)[gate]
    symbols, values = [*symbols, symbol("b", sub=gate)], [*values, value(float(traced.params.b[row]))]
    if traced.params.P is not None and gate != "g":
        peephole = float(traced.params.P["ifo".index(gate), model.shown_unit - 1])
        step = t if gate == "o" else t - 1
        seen = _now(model, "c", step)
        symbols.append(f"{symbol('P', sub=gate)}·{_of('c', step)}")
        values.append(f"{value(peephole)}·{value(seen)}")
    return symbols, values, net


def _input_names(model, m: int) -> list[tuple[str, str]]:
    """Letter of the weight and name of each input: the lesson writes U x + M mark for a value and a mark."""
    if model.shown_layer == 1 and model.uses_x and m <= 2:
        return [("U", "x"), ("M", "mark")][:m]
    letter = "h" if model.shown_layer > 1 else "x"
    return [("U", f"{letter}{'₁₂₃₄'[j]}") for j in range(m)]


def _products(model, gate, t, x, before, U, W) -> tuple[list[str], list[str]]:
    symbols = [f"{symbol(letter, sub=gate)}·{symbol(name, 'input', t)}" for letter, name in _input_names(model, len(x))]
    values = [f"{value(weight)}·{value(fed, 'input')}" for weight, fed in zip(U, x, strict=True)]
    n = len(before)
    for j in range(n):
        index = "" if n == 1 else str(j + 1)
        symbols.append(f"{symbol('W', sub=gate + index)}·{symbol('h', 'state', t - 1, sub=index)}")
        values.append(f"{value(W[j])}·{value(before[j])}")
    return symbols, values


def _partial_sums(model, gate, t, fed: float, back: float) -> tuple[list[str], list[str]]:
    first = model.shown_layer == 1
    named = f"{symbol('U', sub=gate)}·{symbol('x' if first else 'h', 'input', t)}"
    if model.is_text and first:
        named = f"U's column of “{shown_character(read(model)[t - 1])}”"
    return [named, f"{symbol('W', sub=gate)}·{_of('h', t - 1)}"], [value(float(fed), "input"), value(float(back))]


# The readout


def _output_lines(model, t: int) -> list[str]:
    """y = V h + b_out, where it reads the layer that is shown."""
    traced = model.traced
    if traced.y is None or traced.y.shape[1] > MOST_OUTPUTS:
        return []
    if model.shown_layer < model.n_layers:
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


def _asked(model, t: int) -> str:
    d = model.traced.d[t - 1]
    return "" if np.isnan(d) or model.is_text else f"The task asks for d({t}) = {plain(d)}."


def _next_character(model, t: int) -> Block:
    """The softmax of the likeliest characters, and the cross entropy of the one that comes."""
    y, p = model.traced.y[t - 1], network.softmax(model.traced.y[t - 1 : t])[0]
    lines = []
    total = float(np.exp(y).sum()) if y.max() < LARGEST_EXPONENT else np.inf
    if np.isfinite(total):
        lines = [f"<i>S</i> = Σ e<sup><i>y</i></sup> over all {len(y)} = {number(total, digits=DIGITS)}"]
    for j in np.argsort(-p)[:TOP]:
        worked = f"e<sup>{number(y[j], digits=DIGITS)}</sup>/<i>S</i> = " if lines else ""
        lines.append(f"<i>p</i>(“{shown_character(tasks.ALPHABET[j])}”) = {worked}<b>{chance(p[j])}</b>")
    if t < model.n_steps:
        follows = read(model)[t]
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
