"""The gradient of the unrolled network by hand: as a static network, by BPTT, and by RTRL."""

import numpy as np

from app.parts.calculation import DIGITS
from app.parts.calculation import result as outcome
from app.parts.calculation import value as factor
from app.parts.numbers import Block, number, symbol
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result, felt
from lessons.unrolled.writing import WRITTEN_OUT, added, bracket, listed, of, slope_symbol, units, vector, weight


def blocks(m: UnrolledParameters, r: Result, t: int) -> list[Block]:
    """The three ways at copy t."""
    return [_static(m, r, t), _bptt(m, r, t), _rtrl(m, r, t)]


def _static(m: UnrolledParameters, r: Result, t: int) -> Block:
    """The copy as a layer of a static network: s(t), its term, and the sum of all terms."""
    k, last = t - 1, t == m.n_steps
    W, s, lines = r.weights["W"], r.copies.dF_da, []
    for i in units(m):
        slope, inside, values = slope_symbol(i + 1, t), [], []
        if m.counts[k]:
            inside, values = [of("∂ᵉF/∂h", i + 1, t, "gradient")], [factor(r.loss.explicit[k, i])]
        if not last:
            back = range(m.n_units)
            inside += [f"{weight('W', f'{j + 1}{i + 1}')}·{of('s', j + 1, t + 1, 'gradient')}" for j in back]
            values += [f"{factor(W[j, i])}·{factor(s[k + 1, j], 'gradient')}" for j in back]
        head = f"{of('s', i + 1, t, 'gradient')} = {slope}·"
        lines += bracket(head, inside) + bracket(f"&emsp;= {factor(r.slope[k, i])}·", values)
        lines.append(f"&emsp;= {outcome(s[k, i], 'gradient')}")
    if m.n_units > WRITTEN_OUT:
        lines.append(vector("s", t, s[k], "gradient"))
    lines += _matrix_lines(m, r, t) + _term_lines(m, r, t) + _total_lines(m, r)
    equations = "12.26, 12.29" if last else "12.27, 12.30"
    return Block(f"Static network, layer {t} (Eqs. {equations}, 12.31)", lines, _window_note(m, r))


def _entering(r: Result, t: int) -> tuple[str, float]:
    """What reaches the chosen weight at copy t: a state, the input, or 1."""
    array, column = r.chosen[0], int(r.chosen[-1])
    if array == "W":
        return of("h", column, t - 1), float(r.before[t - 1, column - 1])
    return (symbol("x", "input", t), float(r.x[t - 1])) if array == "U" else ("1", 1.0)


def _matrix_lines(m: UnrolledParameters, r: Result, t: int) -> list[str]:
    """The layer's whole gradient by its W, s(t) h(t−1)ᵀ, row by row."""
    if m.n_units == 1:
        return []
    rows = r.copies.dW_per_copy[t - 1]
    product = f"{symbol('s', 'gradient', t)}·<i>h</i>({t - 1})<sup>T</sup>"
    return [f"{product} =", *(f"&emsp;{listed(row)}" for row in rows)]


def _term_lines(m: UnrolledParameters, r: Result, t: int) -> list[str]:
    i, (name, value) = m.unit, _entering(r, t)
    s = factor(r.copies.dF_da[t - 1, i], "gradient")
    return [
        f"term of copy {t} for {weight(r.chosen[0], r.chosen[1:])}: {of('s', i + 1, t, 'gradient')}·{name}",
        f"&emsp;= {s}·{factor(value)} = {outcome(r.terms()[t - 1], 'gradient')}",
    ]


def _total_lines(m: UnrolledParameters, r: Result) -> list[str]:
    """All terms and their sum; the middle ones are left out where there are many."""
    terms = [number(term, "gradient", digits=DIGITS, signed=k > 0) for k, term in enumerate(r.terms())]
    if len(terms) > 8:
        terms = [*terms[:3], "…", *terms[-3:]]
    head = f"{symbol('∂F/∂' + r.chosen[0], 'gradient', sub=r.chosen[1:])}"
    total = f"&emsp;= {outcome(r.terms().sum(), 'gradient')}"
    return [f"{head}, copies 1 to {m.n_steps}:", *added(terms, 2 if "<sup>" in "".join(terms) else 3), total]


def _window_note(m: UnrolledParameters, r: Result) -> str:
    """What truncated BPTT would get instead."""
    if m.window >= m.n_steps:
        return ""
    cut = number(r.truncated()[m.window - 1], digits=DIGITS)
    if cut == number(r.terms().sum(), digits=DIGITS):
        return f"Truncated to a window of {m.window} copies, the sum would have the same digits."
    return f"Truncated to a window of {m.window} copies, the sum would be {cut}."


def _bptt(m: UnrolledParameters, r: Result, t: int) -> Block:
    """The recursion on ∂F/∂h, and the same term from it."""
    k, last = t - 1, t == m.n_steps
    W, total, lines = r.weights["W"], r.bptt.dF_dh, []
    for i in units(m):
        symbols, values = [of("∂ᵉF/∂h", i + 1, t, "gradient")], [factor(r.loss.explicit[k, i])]
        for j in range(0 if last else m.n_units):
            later = slope_symbol(j + 1, t + 1)
            symbols.append(f"{weight('W', f'{j + 1}{i + 1}')}·{later}·{of('∂F/∂h', j + 1, t + 1, 'gradient')}")
            values.append(f"{factor(W[j, i])}·{factor(r.slope[k + 1, j])}·{factor(total[k + 1, j], 'gradient')}")
        net = added(symbols, 1)
        net[0] = net[0].replace("&emsp;", f"{of('∂F/∂h', i + 1, t, 'gradient')} ", 1)
        worked = added(values, 1) if len(values) > 1 else []  # a single value is the result
        lines += [*net, *worked, f"&emsp;= {outcome(total[k, i], 'gradient')}"]
    if m.n_units > WRITTEN_OUT:
        lines.append(vector("∂F/∂h", t, total[k], "gradient"))
    i, (name, value) = m.unit, _entering(r, t)
    slope, gradient = factor(r.slope[k, i]), factor(total[k, i], "gradient")
    term = float(value * r.bptt.dF_da[k, i])
    lines += [
        f"term of step {t}: {name}·{slope_symbol(i + 1, t)}·{of('∂F/∂h', i + 1, t, 'gradient')}",
        f"&emsp;= {factor(value)}·{slope}·{gradient} = {outcome(term, 'gradient')}",
    ]
    equation = "12.12" if last else "12.13"
    note = (
        "The same term as above, multiplied in another order: here the slope belongs to the term, there to s(t). So "
        f"the terms of all steps add up to the same {number(r.terms().sum(), digits=DIGITS)} (Eq. 12.21)."
    )
    return Block(f"BPTT, step {t} (Eqs. {equation}, 12.18, 12.21)", lines, note)


def _rtrl(m: UnrolledParameters, r: Result, t: int) -> Block:
    """Forward mode: how each state depends on the chosen weight, and what this step's error makes of it."""
    k, n = t - 1, m.n_units
    W, before, now = r.weights["W"], felt(m, r, t - 1), felt(m, r, t)
    entering, lines = _entering(r, t), []
    for i in units(m):
        # At step 1 nothing has been felt before, and a weight acts directly on its own unit only.
        direct = [entering] if i == m.unit else []
        carried = [(j, float(W[i, j]), float(before[j])) for j in range(n)] if t > 1 else []
        symbols = [name for name, _ in direct]
        symbols += [f"{weight('W', f'{i + 1}{j + 1}')}·{of('g', j + 1, t - 1)}" for j, *_ in carried]
        values = [factor(value) for _, value in direct] + [f"{factor(w)}·{factor(g)}" for _, w, g in carried]
        head, result = f"{of('g', i + 1, t)} = ", f"{outcome(now[i])}"
        if not symbols:
            lines.append(f"{head}{slope_symbol(i + 1, t)}·0 = {result}")
            continue
        lines += bracket(f"{head}{slope_symbol(i + 1, t)}·", symbols)
        lines += [*bracket(f"&emsp;= {factor(r.slope[k, i])}·", values), f"&emsp;= {result}"]
    if n > WRITTEN_OUT:
        lines.append(vector("g", t, now))
    chosen = weight(r.chosen[0], r.chosen[1:])
    note = (
        f"<i>g</i>({t}) = ∂<i>h</i>({t})/∂{chosen} is carried forward from <i>g</i>(0) = 0. A contribution belongs to "
        "the error of a step, a term above to the copy that uses the weight; the sums are equal."
    )
    return Block(f"RTRL, step {t} (Eqs. 12.7, 12.6)", lines + _contribution(m, r, t, now), note)


def _contribution(m: UnrolledParameters, r: Result, t: int, now: np.ndarray) -> list[str]:
    """Eq. 12.6: what the error of step t adds, and the sum up to there."""
    explicit = r.loss.explicit
    name = f"{symbol('∂ᵉF/∂h', 'gradient', t)}<sup>T</sup>·{symbol('g', '', t)}"
    if not m.counts[t - 1]:
        return [f"contribution of step {t}: {name} = <b>0</b>"]
    pairs = zip(explicit[t - 1], now, strict=True)
    products = [f"{factor(direct, 'gradient')}·{factor(g)}" for direct, g in pairs]
    result = outcome(explicit[t - 1] @ now, "gradient")
    lines = [f"contribution of step {t}: {name}", *added(products, 1), f"&emsp;= {result}"]
    if t < m.n_steps:
        return lines
    total = outcome(r.derivative(r.chosen, "RTRL"), "gradient")
    head = symbol("∂F/∂" + r.chosen[0], "gradient", sub=r.chosen[1:])
    return [*lines, f"{head}, contributions of all steps: {total}"]
