"""The unrolled network by hand: one copy, forward and back, with every value put in."""

import re

from app.parts.calculation import DIGITS
from app.parts.calculation import result as outcome
from app.parts.calculation import value as factor
from app.parts.numbers import Block, number, symbol
from engine import gradients
from lessons.unrolled import gradient_numbers
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result
from lessons.unrolled.writing import WRITTEN_OUT, added, listed, of, slope_symbol, units, vector, weight

SATURATED = 0.99  # beyond it 1 − h² would need more digits than are shown


def blocks(m: UnrolledParameters, r: Result, t: int) -> list[Block]:
    """Forward, loss, static network, BPTT and RTRL at copy t; on the way back what goes backward comes first."""
    forward, loss = _forward(m, r, t), _loss(m, r, t)
    static, bptt, rtrl = gradient_numbers.blocks(m, r, t)
    back = m.position > m.n_steps
    made = [static, bptt, loss, forward, rtrl] if back else [forward, loss, static, bptt, rtrl]
    return [block._replace(lines=[_bare(line) for line in block.lines]) for block in made]


def _bare(line: str) -> str:
    """A negative number needs no brackets where it comes first, in a line or within brackets."""
    return re.sub(r'((?:= |·\()(?:<b class="[^"]*">)?)\((−[^()]+)\)', r"\1\2", line)


def _forward(m: UnrolledParameters, r: Result, t: int) -> Block:
    """Net input, state and slope of each unit."""
    w, k, n = r.weights, t - 1, m.n_units
    before, lines, fit = r.before[k], [], 3 if n == 1 else 2
    for i in units(m):
        unit, entered = i + 1, range(n)
        symbols = [f"{weight('U', str(unit))}·{symbol('x', 'input', t)}"]
        symbols += [f"{weight('W', f'{unit}{j + 1}')}·{of('h', j + 1, t - 1)}" for j in entered]
        values = [f"{factor(w['U'][i, 0])}·{factor(r.x[k], 'input')}"]
        values += [f"{factor(w['W'][i, j])}·{factor(before[j])}" for j in entered]
        net = added([*symbols, weight("b", str(unit))], fit)
        net[0] = net[0].replace("&emsp;", f"{of('a', unit, t)} ", 1)
        lines += [*net, *added([*values, factor(w["b"][i])], fit), f"&emsp;= {outcome(r.run.a[k, i])}"]
        state = f"{of('h', unit, t)} = {_activation(m.activation, r.run.a[k, i])}"
        lines += [f"{state} = {outcome(r.run.h[k, i])}", _slope(m, r, unit, k)]
    if n > WRITTEN_OUT:
        lines += [vector("h", t, r.run.h[k]), f"<i>f</i>′(<i>a</i>({t})) = {listed(r.slope[k])}"]
    return Block(f"Forward, copy {t}", lines)


def _activation(name: str, a: float) -> str:
    value = number(a, digits=DIGITS)
    return {
        "tanh": f"tanh({value})",
        "logistic": f"1/(1 + e<sup>{number(-a, digits=DIGITS)}</sup>)",
        "relu": f"max(0, {value})",
        "identity": "<i>a</i>",
    }[name]


def _slope(m: UnrolledParameters, r: Result, unit: int, k: int) -> str:
    """f′(a) of one unit with its formula."""
    a, h = float(r.run.a[k, unit - 1]), float(r.run.h[k, unit - 1])
    state, power = factor(h), f"e<sup>{number(-a, digits=DIGITS)}</sup>"
    formula = {
        "tanh": f"1 − {state}²" if abs(h) < SATURATED else f"1/cosh²({number(a, digits=DIGITS)})",
        "logistic": f"{state}·(1 − {state})" if h < SATURATED else f"{power}/(1 + {power})²",
        "relu": "",
        "identity": "",
    }[m.activation]
    why = f", as <i>a</i> {'&gt;' if a > 0 else '≤'} 0" if m.activation == "relu" else ""
    shown = f"{formula} = " if formula else ""
    return f"{slope_symbol(unit, k + 1)} = {shown}{outcome(r.slope[k, unit - 1])}{why}"


def _loss(m: UnrolledParameters, r: Result, t: int) -> Block:
    """What the loss sees of this copy: the explicit derivative."""
    k, title = t - 1, f"Error at copy {t}"
    if not m.counts[k]:
        nothing = f"{symbol('∂ᵉF/∂h', 'gradient', t)} = <b>0</b>"
        return Block(title, [nothing], "The loss looks at the last step only: this copy has no error of its own.")
    if isinstance(r.loss, gradients.Output):
        return Block(title, _output_lines(m, r, r.loss, t))
    lines = []
    for i in units(m):
        error, d, h = r.loss.error[k, i], r.d[k, i], r.run.h[k, i]
        lines += [
            f"{of('e', i + 1, t)} = {of('d', i + 1, t)} − {of('h', i + 1, t)}",
            f"&emsp;= {factor(d)} − {factor(h)} = {outcome(error)}",
            f"{of('∂ᵉF/∂h', i + 1, t, 'gradient')} = −2·{factor(error)} = {outcome(-2 * error, 'gradient')}",
        ]
    return Block(title, lines)


def _output_lines(m: UnrolledParameters, r: Result, output: gradients.Output, t: int) -> list[str]:
    """Output, error, and the explicit derivative by the states."""
    k = t - 1
    V, bias, y, error = r.weights["V"][0], r.weights["b_out"][0], output.y[k, 0], output.error[k, 0]
    symbols = [f"{weight('V', str(j + 1))}·{of('h', j + 1, t)}" for j in range(m.n_units)]
    values = [f"{factor(V[j])}·{factor(r.run.h[k, j])}" for j in range(m.n_units)]
    net = added([*symbols, weight("b", "out")], 2)
    net[0] = net[0].replace("&emsp;", f"{symbol('y', '', t)} ", 1)
    lines = [*net, *added([*values, factor(bias)], 2), f"&emsp;= {outcome(y)}"]
    lines.append(f"{symbol('e', '', t)} = {factor(r.d[k, 0])} − {factor(y)} = {outcome(error)}")
    for i in units(m):
        explicit = f"{of('∂ᵉF/∂h', i + 1, t, 'gradient')} = −2·{weight('V', str(i + 1))}·{symbol('e', '', t)}"
        lines.append(explicit)
        lines.append(f"&emsp;= −2·{factor(V[i])}·{factor(error)} = {outcome(output.explicit[k, i], 'gradient')}")
    return lines
