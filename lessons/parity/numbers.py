"""The parity network by hand: each unit with all its terms, and one step of the gradient."""

import numpy as np

from app.parts.numbers import Block, number, plain, power, symbol
from lessons.parity.model import Parity
from lessons.parity.words import output

ON_JUMP = 1e-12  # a net input that rounding may have moved away from 0
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
    told = output(m, t) if name == "y" else size(_log10_logistic(s * a)) if m.soft and h == 0 else number(h)
    lines = [f"&emsp;= {products}{sums}"] if width < 9 else [f"&emsp;= {products}", f"&emsp;{sums}"]
    exponent = f"−{plain(s)}·{number(a, signed=True)}"
    switch = f"1/(1 + <i>e</i><sup> {exponent}</sup>)" if m.soft else f"hardlim({plain(a)})"
    return [f"{_sub(net)}({t}) = {formula}{last}", *lines, f"{_sub(name)}({t}) = {switch} = <b>{told}</b>"]


def _gradient_block(m: Parity, t: int) -> Block:
    """The slopes at t, the norm of the step's Jacobian, and what is left of a gradient from T."""
    r, k = m.result, t - 1
    title, jacobian = f"One step back from t = {t}", symbol(f"‖∂h({t})/∂h({k})‖", "gradient")
    if not m.soft:
        return _hard_gradient(m, t, title, jacobian)
    slopes = ["slopes <i>f</i> ′ = <i>s h</i>(1 − <i>h</i>):"]
    for n, log_slope in zip((1, 2), m.log_slopes(t) / np.log(10), strict=True):
        z = m.steepness * r[f"a{n}"][k]
        h, rest = size(_log10_logistic(z), 3), size(_log10_logistic(-z), 3)
        slopes.append(f"{_sub(f'f{n}')}′ = {number(m.steepness, digits=3)}·{h}·{rest} = {size(log_slope, 3)}")
    norm = f"{jacobian} = ‖diag({_sub('f1')}′, {_sub('f2')}′) <i>W</i>‖"
    log10 = m.log10_largest_eigenvalue(t)
    largest = "0, as far as rounding shows" if log10 == -np.inf else size(log10)
    eigenvalue = f"larger |eigenvalue| of this matrix = <b class=gradient>{largest}</b>"
    why = (
        "The norm is the most that one step can stretch. Over many like steps each multiplies by the larger "
        "eigenvalue instead, since a step cancels part of what the one before has stretched. "
    )
    value = f"&emsp;= <b class=gradient>{size(m.log10_factor(t))}</b>"
    return Block(title, [*slopes, norm, value, eigenvalue], why + _left(m, t))


def _left(m: Parity, t: int) -> str:
    """What the product of the later steps' matrices comes to."""
    n = m.n_steps - t
    if not n:
        return ""
    log10 = m.result["log10_product"][t - 1]
    norm = "the norm 0, as far as rounding shows" if log10 == -np.inf else f"the norm {power(log10)}"
    if n == 1:
        return f"The matrix of t = {t + 1}, the only later one, has {norm}."
    return f"The product of the {n} such matrices from t = {t + 1} to {m.n_steps} has {norm}."


def _hard_gradient(m: Parity, t: int, title: str, jacobian: str) -> Block:
    nets = np.array([m.result[name] for name in ("a1", "a2", "a_out")])
    on_jump = np.abs(nets) < ON_JUMP
    slopes = " and ".join("none" if there else "0" for there in on_jump[:2, t - 1])
    norm = "is not defined" if on_jump[:2, t - 1].any() else "= <b class=gradient>0</b>"
    note = "A slightly different weight changes no output, so no direction looks better than another."
    if on_jump.any():
        first = int(on_jump.any(axis=0).argmax()) + 1
        note = (
            f"At t = {first} a net input is 0: it stands on the jump of hardlim, where there is no slope, and a "
            "slightly different weight may turn the unit over. Nowhere is there a slope to follow; the plot shows 0."
        )
    return Block(title, [f"slopes of hardlim: {slopes}", f"{jacobian} {norm}"], note)


def _log10_logistic(z: float) -> float:
    """log₁₀ of 1/(1 + e^−z), also where the value itself is too small for a float."""
    return float(-(max(-z, 0.0) + np.log1p(np.exp(-abs(z)))) / np.log(10))


def size(log10: float, digits: int = 4) -> str:
    """A positive number as HTML from its logarithm, which need not fit a float."""
    if log10 == -np.inf:
        return "0"
    return number(10.0**log10, digits=digits) if log10 > -300 else f"10<sup>{log10:.0f}</sup>".replace("-", "−")


def _sub(text: str) -> str:
    """`W12` or `h1(4)` as a symbol with its index set low, the input in its colour."""
    name, _, argument = text.rstrip(")").partition("(")
    return symbol(name[0], "input" if name == "x" else "", argument, sub=name[1:].strip("_"))
