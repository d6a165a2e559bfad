"""Lesson 4 by hand: one copy's forward step, and its gradient three ways, with every value put in."""

import re

import numpy as np

from app.parts.numbers import Block, number, symbol

DIGITS = 5
SATURATED = 0.99  # beyond it 1 − h² would need more digits than are shown
WRITTEN_OUT = 2  # up to so many units every unit has its own lines; else the chosen one, and vectors


def blocks(model, t: int) -> list[Block]:
    """Forward, loss, static network, BPTT and RTRL at copy t."""
    made = [_forward(model, t), _loss(model, t), _static(model, t), _bptt(model, t), _rtrl(model, t)]
    return [block._replace(lines=[_bare(line) for line in block.lines]) for block in made]


def _bare(line: str) -> str:
    """A negative number needs no brackets where it comes first, in a line or within brackets."""
    return re.sub(r'((?:= |·\()(?:<b class="[^"]*">)?)\((−[^()]+)\)', r"\1\2", line)


def _units(model) -> range:
    return range(model.n_units) if model.n_units <= WRITTEN_OUT else range(model.unit, model.unit + 1)


def _value(value: float, role: str = "") -> str:
    """A value inside a sum or a product."""
    return number(value, role, digits=DIGITS, signed=True)


def _result(value: float, role: str = "") -> str:
    return f"<b>{number(value, role, digits=DIGITS)}</b>"


def _sum(terms: list[str], per_line: int) -> list[str]:
    """A sum, broken into lines that fit a narrow column."""
    lines = [" + ".join(terms[k : k + per_line]) for k in range(0, len(terms), per_line)]
    return [f"&emsp;= {lines[0]}", *(f"&emsp;&ensp;+ {line}" for line in lines[1:])]


def _of(name: str, sub: object, t: object, role: str = "") -> str:
    return symbol(name, role, t, sub=str(sub))


def _weight(name: str, sub: str) -> str:
    return symbol(name, sub=sub)


def _vector(name: str, t: int, values: np.ndarray, role: str = "") -> str:
    """All units at once, where they are more than one."""
    return f"{symbol(name, role, t)} = {_list(values)}"


def _list(values: np.ndarray) -> str:
    return f"[{', '.join(number(value, digits=4) for value in values)}]"


def _slope_symbol(unit: int, t: int) -> str:
    return f"<i>f</i>′(<i>a</i><sub>{unit}</sub>({t}))"


def _forward(model, t: int) -> Block:
    r, w, k, n = model.result, model.result.weights, t - 1, model.n_units
    before, lines, fit = model.before()[k], [], 3 if n == 1 else 2
    for i in _units(model):
        unit, entered = i + 1, range(n)
        symbols = [f"{_weight('U', str(unit))}·{symbol('x', 'input', t)}"]
        symbols += [f"{_weight('W', f'{unit}{j + 1}')}·{_of('h', j + 1, t - 1)}" for j in entered]
        values = [f"{_value(w['U'][i, 0])}·{_value(r.x[k], 'input')}"]
        values += [f"{_value(w['W'][i, j])}·{_value(before[j])}" for j in entered]
        net = _sum([*symbols, _weight("b", str(unit))], fit)
        net[0] = net[0].replace("&emsp;", f"{_of('a', unit, t)} ", 1)
        lines += [*net, *_sum([*values, _value(w["b"][i])], fit), f"&emsp;= {_result(r.run.a[k, i])}"]
        state = f"{_of('h', unit, t)} = {_activation(model.activation, r.run.a[k, i])}"
        lines += [f"{state} = {_result(r.run.h[k, i])}", _slope(model, unit, k)]
    if n > WRITTEN_OUT:
        lines += [_vector("h", t, r.run.h[k]), f"<i>f</i>′(<i>a</i>({t})) = {_list(r.slope[k])}"]
    return Block(f"Forward, copy {t}", lines)


def _activation(name: str, a: float) -> str:
    value = number(a, digits=DIGITS)
    return {
        "tanh": f"tanh({value})",
        "logistic": f"1/(1 + e<sup>{number(-a, digits=DIGITS)}</sup>)",
        "relu": f"max(0, {value})",
        "identity": "<i>a</i>",
    }[name]


def _slope(model, unit: int, k: int) -> str:
    """f′(a) of one unit with its formula."""
    a, h = float(model.result.run.a[k, unit - 1]), float(model.result.run.h[k, unit - 1])
    state, power = _value(h), f"e<sup>{number(-a, digits=DIGITS)}</sup>"
    formula = {
        "tanh": f"1 − {state}²" if abs(h) < SATURATED else f"1/cosh²({number(a, digits=DIGITS)})",
        "logistic": f"{state}·(1 − {state})" if h < SATURATED else f"{power}/(1 + {power})²",
        "relu": "",
        "identity": "",
    }[model.activation]
    why = f", as <i>a</i> {'&gt;' if a > 0 else '≤'} 0" if model.activation == "relu" else ""
    shown = f"{formula} = " if formula else ""
    return f"{_slope_symbol(unit, k + 1)} = {shown}{_result(model.result.slope[k, unit - 1])}{why}"


def _loss(model, t: int) -> Block:
    """What the loss sees of this copy: the explicit derivative."""
    r, k, title = model.result, t - 1, f"Error at copy {t}"
    if not model.counts[k]:
        nothing = f"{symbol('∂ᵉF/∂h', 'gradient', t)} = <b>0</b>"
        return Block(title, [nothing], "The loss looks at the last step only: this copy has no error of its own.")
    if model.output_layer:
        return Block(title, _output_lines(model, t))
    lines = []
    for i in _units(model):
        error, d, h = r.loss.error[k, i], r.d[k, i], r.run.h[k, i]
        lines += [
            f"{_of('e', i + 1, t)} = {_of('d', i + 1, t)} − {_of('h', i + 1, t)}",
            f"&emsp;= {_value(d)} − {_value(h)} = {_result(error)}",
            f"{_of('∂ᵉF/∂h', i + 1, t, 'gradient')} = −2·{_value(error)} = {_result(-2 * error, 'gradient')}",
        ]
    return Block(title, lines)


def _output_lines(model, t: int) -> list[str]:
    r, k = model.result, t - 1
    V, bias, y, error = r.weights["V"][0], r.weights["b_out"][0], r.loss.y[k, 0], r.loss.error[k, 0]
    symbols = [f"{_weight('V', str(j + 1))}·{_of('h', j + 1, t)}" for j in range(model.n_units)]
    values = [f"{_value(V[j])}·{_value(r.run.h[k, j])}" for j in range(model.n_units)]
    net = _sum([*symbols, _weight("b", "out")], 2)
    net[0] = net[0].replace("&emsp;", f"{symbol('y', '', t)} ", 1)
    lines = [*net, *_sum([*values, _value(bias)], 2), f"&emsp;= {_result(y)}"]
    lines.append(f"{symbol('e', '', t)} = {_value(r.d[k, 0])} − {_value(y)} = {_result(error)}")
    for i in _units(model):
        explicit = f"{_of('∂ᵉF/∂h', i + 1, t, 'gradient')} = −2·{_weight('V', str(i + 1))}·{symbol('e', '', t)}"
        lines.append(explicit)
        lines.append(f"&emsp;= −2·{_value(V[i])}·{_value(error)} = {_result(r.loss.explicit[k, i], 'gradient')}")
    return lines


def _static(model, t: int) -> Block:
    """The copy as a layer of a static network: s(t), its term, and the sum of all terms."""
    r, k, last = model.result, t - 1, t == model.n_steps
    W, s, lines = r.weights["W"], r.copies.dF_da, []
    for i in _units(model):
        slope, inside, values = _slope_symbol(i + 1, t), [], []
        if model.counts[k]:
            inside, values = [_of("∂ᵉF/∂h", i + 1, t, "gradient")], [_value(r.loss.explicit[k, i])]
        if not last:
            back = range(model.n_units)
            inside += [f"{_weight('W', f'{j + 1}{i + 1}')}·{_of('s', j + 1, t + 1, 'gradient')}" for j in back]
            values += [f"{_value(W[j, i])}·{_value(s[k + 1, j], 'gradient')}" for j in back]
        head = f"{_of('s', i + 1, t, 'gradient')} = {slope}·"
        lines += _bracket(head, inside) + _bracket(f"&emsp;= {_value(r.slope[k, i])}·", values)
        lines.append(f"&emsp;= {_result(s[k, i], 'gradient')}")
    if model.n_units > WRITTEN_OUT:
        lines.append(_vector("s", t, s[k], "gradient"))
    lines += _matrix_lines(model, t) + _term_lines(model, t) + _total_lines(model)
    equations = "12.26, 12.29" if last else "12.27, 12.30"
    return Block(f"Static network, layer {t} (Eqs. {equations}, 12.31)", lines, _window_note(model))


def _bracket(head: str, terms: list[str]) -> list[str]:
    """head·(a + b + …), one term to a line."""
    if len(terms) == 1:
        return [head + terms[0]]
    return [f"{head}({terms[0]}", *(f"&emsp;&emsp;+ {term}" for term in terms[1:-1]), f"&emsp;&emsp;+ {terms[-1]})"]


def _entering(model, t: int) -> tuple[str, float]:
    """What reaches the chosen weight at copy t: a state, the input, or 1."""
    array, column = model.chosen[0], int(model.chosen[-1])
    if array == "W":
        return _of("h", column, t - 1), float(model.before()[t - 1, column - 1])
    return (symbol("x", "input", t), float(model.result.x[t - 1])) if array == "U" else ("1", 1.0)


def _matrix_lines(model, t: int) -> list[str]:
    """The layer's whole gradient by its W, s(t) h(t−1)ᵀ, row by row."""
    if model.n_units == 1:
        return []
    rows = model.result.copies.dW_per_copy[t - 1]
    product = f"{symbol('s', 'gradient', t)}·<i>h</i>({t - 1})<sup>T</sup>"
    return [f"{product} =", *(f"&emsp;{_list(row)}" for row in rows)]


def _term_lines(model, t: int) -> list[str]:
    i, (name, value) = model.unit, _entering(model, t)
    s = _value(model.result.copies.dF_da[t - 1, i], "gradient")
    return [
        f"term of copy {t} for {_weight(model.chosen[0], model.chosen[1:])}: {_of('s', i + 1, t, 'gradient')}·{name}",
        f"&emsp;= {s}·{_value(value)} = {_result(model.terms()[t - 1], 'gradient')}",
    ]


def _total_lines(model) -> list[str]:
    """All terms and their sum; the middle ones are left out where there are many."""
    terms = [number(term, "gradient", digits=DIGITS, signed=k > 0) for k, term in enumerate(model.terms())]
    if len(terms) > 8:
        terms = [*terms[:3], "…", *terms[-3:]]
    head = f"{symbol('∂F/∂' + model.chosen[0], 'gradient', sub=model.chosen[1:])}"
    total = f"&emsp;= {_result(model.terms().sum(), 'gradient')}"
    return [f"{head}, copies 1 to {model.n_steps}:", *_sum(terms, 2 if "<sup>" in "".join(terms) else 3), total]


def _window_note(model) -> str:
    """What truncated BPTT would get instead."""
    if model.window >= model.n_steps:
        return ""
    cut = number(model.truncated()[model.window - 1], digits=DIGITS)
    return f"Truncated to a window of {model.window} copies, the sum would be {cut}."


def _bptt(model, t: int) -> Block:
    """The recursion on ∂F/∂h, and the same term from it."""
    r, k, last = model.result, t - 1, t == model.n_steps
    W, total, lines = r.weights["W"], r.bptt.dF_dh, []
    for i in _units(model):
        symbols, values = [_of("∂ᵉF/∂h", i + 1, t, "gradient")], [_value(r.loss.explicit[k, i])]
        for j in range(0 if last else model.n_units):
            later = _slope_symbol(j + 1, t + 1)
            symbols.append(f"{_weight('W', f'{j + 1}{i + 1}')}·{later}·{_of('∂F/∂h', j + 1, t + 1, 'gradient')}")
            values.append(f"{_value(W[j, i])}·{_value(r.slope[k + 1, j])}·{_value(total[k + 1, j], 'gradient')}")
        net = _sum(symbols, 1)
        net[0] = net[0].replace("&emsp;", f"{_of('∂F/∂h', i + 1, t, 'gradient')} ", 1)
        worked = _sum(values, 1) if len(values) > 1 else []  # a single value is the result
        lines += [*net, *worked, f"&emsp;= {_result(total[k, i], 'gradient')}"]
    if model.n_units > WRITTEN_OUT:
        lines.append(_vector("∂F/∂h", t, total[k], "gradient"))
    i, (name, value) = model.unit, _entering(model, t)
    slope, gradient = _value(r.slope[k, i]), _value(total[k, i], "gradient")
    symbols = f"{name}·{_slope_symbol(i + 1, t)}·{_of('∂F/∂h', i + 1, t, 'gradient')}"
    term = float(value * r.bptt.dF_da[k, i])
    values = f"{_value(value)}·{slope}·{gradient}"
    lines += [f"term of step {t}: {symbols}", f"&emsp;= {values} = {_result(term, 'gradient')}"]
    equation = "12.12" if last else "12.13"
    note = (
        "The same term as above, multiplied in another order: here the slope belongs to the term, there to s(t). So "
        f"the terms of all steps add up to the same {number(model.terms().sum(), digits=DIGITS)} (Eq. 12.21)."
    )
    return Block(f"BPTT, step {t} (Eqs. {equation}, 12.18, 12.21)", lines, note)


def _rtrl(model, t: int) -> Block:
    """Forward mode: how each state depends on the chosen weight, and what this step's error makes of it."""
    r, k, n = model.result, t - 1, model.n_units
    W, before, now = r.weights["W"], model.felt(t - 1), model.felt(t)
    entering, lines = _entering(model, t), []
    for i in _units(model):
        # At step 1 nothing has been felt before, and a weight acts directly on its own unit only.
        direct = [entering] if i == model.unit else []
        carried = [(j, float(W[i, j]), float(before[j])) for j in range(n)] if t > 1 else []
        symbols = [name for name, _ in direct]
        symbols += [f"{_weight('W', f'{i + 1}{j + 1}')}·{_of('g', j + 1, t - 1)}" for j, *_ in carried]
        values = [_value(value) for _, value in direct] + [f"{_value(w)}·{_value(g)}" for _, w, g in carried]
        head, result = f"{_of('g', i + 1, t)} = ", f"{_result(now[i])}"
        if not symbols:
            lines.append(f"{head}{_slope_symbol(i + 1, t)}·0 = {result}")
            continue
        lines += _bracket(f"{head}{_slope_symbol(i + 1, t)}·", symbols)
        lines += [*_bracket(f"&emsp;= {_value(r.slope[k, i])}·", values), f"&emsp;= {result}"]
    if n > WRITTEN_OUT:
        lines.append(_vector("g", t, now))
    chosen = _weight(model.chosen[0], model.chosen[1:])
    note = (
        f"<i>g</i>({t}) = ∂<i>h</i>({t})/∂{chosen} is carried forward from <i>g</i>(0) = 0. A contribution belongs to "
        "the error of a step, a term above to the copy that uses the weight; the sums are equal."
    )
    return Block(f"RTRL, step {t} (Eqs. 12.7, 12.6)", lines + _contribution(model, t, now), note)


def _contribution(model, t: int, felt: np.ndarray) -> list[str]:
    """Eq. 12.6: what the error of step t adds, and the sum up to there."""
    explicit = model.result.loss.explicit
    name = f"{symbol('∂ᵉF/∂h', 'gradient', t)}<sup>T</sup>·{symbol('g', '', t)}"
    if not model.counts[t - 1]:
        return [f"contribution of step {t}: {name} = <b>0</b>"]
    pairs = zip(explicit[t - 1], felt, strict=True)
    products = [f"{_value(direct, 'gradient')}·{_value(g)}" for direct, g in pairs]
    result = _result(explicit[t - 1] @ felt, "gradient")
    lines = [f"contribution of step {t}: {name}", *_sum(products, 1), f"&emsp;= {result}"]
    if t < model.n_steps:
        return lines
    total = _result(model.derivative(model.chosen, "RTRL"), "gradient")
    head = symbol("∂F/∂" + model.chosen[0], "gradient", sub=model.chosen[1:])
    return [*lines, f"{head}, contributions of all steps: {total}"]
