"""The parity network by hand: each unit with all its terms, and one step of the gradient."""

import numpy as np

from app.parts.numbers import Block, number, plain, symbol
from lessons.parity.model import Parity

Term = tuple[str, str, float, float]  # a weight and a signal by name, then their values


def blocks(m: Parity, t: int) -> list[Block]:
    """Both units, the output, and one step back."""
    r, k, w = m.result, t - 1, m.weights()
    before = (r["h1"][k - 1], r["h2"][k - 1]) if k else (0.0, 0.0)
    hidden = []
    for n in (1, 2):
        terms = [
            (f"U{n}", f"x({t})", w.U[n - 1], r["x"][k]),
            (f"W{n}1", f"h1({k})", w.W[n - 1, 0], before[0]),
            (f"W{n}2", f"h2({k})", w.W[n - 1, 1], before[1]),
        ]
        hidden.append(Block(f"Unit {n} at t = {t}", _unit(m, f"h{n}", f"a{n}", t, terms, (f"b{n}", w.b[n - 1]))))
    readout = [("V1", f"h1({t})", w.V[0], r["h1"][k]), ("V2", f"h2({t})", w.V[1], r["h2"][k])]
    count, word = m.ones(t)
    rounded = f"Rounded, y is {plain(np.rint(r['y'][k]))}" if m.soft else f"It is {plain(r['y'][k])}"
    note = (
        f"{count} so far: {word}, so y should be {plain(r['xor'][k])}. {rounded}: "
        f"{'wrong' if r['wrong'][k] else 'right'}."
    )
    output = Block(f"Output at t = {t}", _unit(m, "y", "a_out", t, readout, ("b_out", w.b_out)), note)
    return [*hidden, output, _gradient_block(m, t)]


def _unit(m: Parity, name: str, net: str, t: int, terms: list[Term], bias: tuple[str, float]) -> list[str]:
    """A net input with all its terms, then the switch."""
    a, h, s = m.result[net][t - 1], m.result[name][t - 1], m.steepness
    formula = " + ".join(f"{_sub(weight)}{_sub(signal)}" for weight, signal, *_ in terms)
    products = " + ".join(
        f"{number(weight, signed=True)}·{number(value, 'input' if signal[0] == 'x' else '')}"
        for _, signal, weight, value in terms
    )
    sums = f" + {number(bias[1], signed=True)} = <b>{number(a)}</b>"
    last = f"<br>&emsp;&emsp;+ {_sub(bias[0])}" if t >= 10 and len(terms) > 2 else f" + {_sub(bias[0])}"
    width = sum(len(plain(value)) for term in terms for value in term[2:])
    lines = [f"&emsp;= {products}{sums}"] if width < 9 else [f"&emsp;= {products}", f"&emsp;{sums}"]
    exponent = f"−{plain(s)}·{number(a, signed=True)}"
    switch = f"1/(1 + <i>e</i><sup> {exponent}</sup>)" if m.soft else f"hardlim({plain(a)})"
    return [f"{_sub(net)}({t}) = {formula}{last}", *lines, f"{_sub(name)}({t}) = {switch} = <b>{number(h)}</b>"]


def _gradient_block(m: Parity, t: int) -> Block:
    """The slopes at t, the norm of the step's Jacobian, and what is left of a gradient from T."""
    r, k = m.result, t - 1
    title, jacobian = f"One step back from t = {t}", symbol(f"‖∂h({t})/∂h({k})‖", "gradient")
    if not m.soft:
        return Block(
            title,
            ["slopes of hardlim: 0 and 0", f"{jacobian} = <b class=gradient>0</b>"],
            "A slightly different weight changes no output, so no direction looks better than another.",
        )
    slopes = ["slopes <i>f</i> ′ = <i>s h</i>(1 − <i>h</i>):"]
    for n, h, slope in zip((1, 2), (r["h1"][k], r["h2"][k]), m.slopes(t), strict=True):
        factors = "·".join(number(v, digits=3) for v in (m.steepness, h, 1 - h))
        slopes.append(f"{_sub(f'f{n}')}′ = {factors} = {number(slope, digits=3)}")
    norm = f"{jacobian} = ‖diag({_sub('f1')}′, {_sub('f2')}′) <i>W</i>‖"
    eigenvalue = f"larger |eigenvalue| of this matrix = <b class=gradient>{number(m.largest_eigenvalue(t))}</b>"
    why = (
        "The norm is the most that one step can stretch. Over many like steps each multiplies by the larger "
        "eigenvalue instead, since a step cancels part of what the one before has stretched. "
    )
    left = (
        f"The product of all {m.n_steps - t} such matrices from t = {t + 1} to {m.n_steps} has norm "
        f"10<sup>{plain(r['log10_product'][k], 3)}</sup>."
        if t < m.n_steps
        else ""
    )
    value = f"&emsp;= <b class=gradient>{number(r['factor'][k])}</b>"
    return Block(title, [*slopes, norm, value, eigenvalue], why + left)


def _sub(text: str) -> str:
    """`W12` or `h1(4)` as a symbol with its index set low, the input in its colour."""
    name, _, argument = text.rstrip(")").partition("(")
    return symbol(name[0], "input" if name == "x" else "", argument, sub=name[1:].strip("_"))
