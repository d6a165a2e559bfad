"""What the page on the unrolled network says: its sentence and its explanations."""

import numpy as np

from app.parts.numbers import apart, plain
from app.parts.ranges import LIMIT
from engine import gradients, rnn
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result
from lessons.unrolled.weights import SUBSCRIPTS, pretty

SATURATED = 0.1  # where slopes below this, with their weights, multiply by less, little passes
BLOCKED = 0.03  # and here almost nothing
ONE_WAY = 1e-3  # what pulls the other way is hardly worth a word
ROUNDING = 1e-12  # of the sum of all sizes: a total below it is 0 but for rounding


def percent(share: float) -> str:
    return f"{plain(100 * share, 2)} %"


def sentence(m: UnrolledParameters, r: Result) -> str:
    """Who contributes, how far the backward pass has come, and what holds the gradient back."""
    parts = [_contributions(m, r)]
    if m.backward and m.n_steps > 1 and np.any(r.terms()):
        reached = "one copy has" if m.at == m.n_steps else f"copies {m.n_steps} to {m.at} have"
        given = f"On the way back {reached} given {plain(r.terms()[m.at - 1 :].sum())} so far."
        parts.append(given if m.at > 1 else "The way back is done: all terms are added.")
    parts += [_cut_off(m, r), _blocked(m, r)]
    return " ".join(part for part in parts if part)


def _contributions(m: UnrolledParameters, r: Result) -> str:
    terms, shares, name = r.terms(), r.shares(), f"∂F/∂{pretty(r.chosen)}"
    if not shares.any():
        return f"No copy contributes to {name}: {_nothing(m, r)}"
    total, k, least = terms.sum(), int(shares.argmax()), int(shares.argmin())
    if m.n_steps == 1:
        return f"There is one copy, and all of {name} = {plain(total)} is its term."
    if (terms > 0).any() and (terms < 0).any():
        return f"{_both_ways(terms, name)} The largest term, {plain(terms[k])}, is that of copy {k + 1}."
    alive = shares[shares > 0]
    if alive.size > 1 and np.ptp(alive) < 1e-9:
        return f"{alive.size} copies contribute {percent(alive[0])} of {name} = {plain(total)} each{_idle(m, r)}."
    if percent(shares[k]) == percent(alive.min()) and alive.size == m.n_steps > 2:
        return f"Each of the {m.n_steps} copies contributes about {percent(shares[k])} of {name} = {plain(total)}."
    most = f"Copy {k + 1} contributes {_most(shares)} of {name} = {plain(total)}, copy {least + 1}"
    if m.n_steps == 2 and shares[least]:
        return f"{most} the rest."
    return f"{most} {_least(shares[least], vanished(m, r)[least])}."


def _both_ways(terms: np.ndarray, name: str) -> str:
    """Terms of both signs, and what they leave."""
    up, down, total = terms[terms > 0].sum(), terms[terms < 0].sum(), terms.sum()
    if abs(total) <= ROUNDING * (up - down):
        return f"The copies pull {name} both ways: {plain(up)} and {plain(down)} cancel."
    weak = down if up > -down else up
    if abs(weak) < ONE_WAY * max(up, -down):
        return f"Nearly all of {name} = {plain(total)} pulls one way; only {plain(weak)} pulls the other."
    return f"The copies pull {name} both ways: {apart(up, -down)} and {apart(down, -up)} leave {plain(total)}."


def _most(shares: np.ndarray) -> str:
    """The largest share, which is 100 % only where there is no other."""
    whole = percent(shares.max()) == "100 %"
    return "almost all" if whole and (shares > 0).sum() > 1 else percent(shares.max())


def _idle(m: UnrolledParameters, r: Result) -> str:
    """How many copies give nothing."""
    none = int((r.shares() == 0).sum())
    nothing = "practically nothing" if vanished(m, r).any() else "nothing"
    return f", and {none} {'copy' if none == 1 else 'copies'} {nothing}" if none else ""


def _least(share: float, gone: bool) -> str:
    if share == 0:
        return "practically nothing" if gone else "nothing"
    return f"only {percent(share)}" if share < 0.2 else f"the least, {percent(share)}"


def vanished(m: UnrolledParameters, r: Result) -> np.ndarray:
    """(T,) where a term is 0 only since it is too small for the machine: terms 2⁷⁰⁰ times as large are not."""
    terms = r.terms()
    if m.activation not in ("tanh", "logistic") or terms.all():
        return np.zeros(m.n_steps, dtype=bool)
    params = rnn.RnnParams(r.weights["U"], r.weights["W"], r.weights["b"])
    large = gradients.unrolled(r.x, params, r.loss.explicit * 2.0**700, h0=r.weights["h0"], activation=m.activation)
    return (terms == 0) & (np.nan_to_num(r._replace(copies=large).terms()) != 0)


def _nothing(m: UnrolledParameters, r: Result) -> str:
    """Why all terms are 0."""
    if not r.copies.dF_dh[:, m.unit].any():
        return "the loss is 0." if r.loss.loss == 0 else "no error arrives at its unit."
    if not r.copies.dF_da[:, m.unit].any():
        return "the slope f′(a(t)) of its unit is 0 wherever an error arrives."
    return "what enters through it is 0 wherever an error arrives."


def _cut_off(m: UnrolledParameters, r: Result) -> str:
    """What truncation would make of the sum: the plots show all copies."""
    if m.window >= m.n_steps or not np.any(r.terms()):
        return ""
    cut, total = plain(r.truncated()[m.window - 1]), plain(r.terms().sum())
    if cut == total:
        return f"With the window of {m.window} the sum would have the same digits."
    return f"With the window of {m.window} the sum would be {cut}."


def _blocked(m: UnrolledParameters, r: Result) -> str:
    """The copy that lets least of the gradient through, where that is little."""
    if m.n_steps == 1:
        return ""
    largest = r.slope.max(axis=1)
    k = 1 + int(largest[1:].argmin())
    passes = float(np.linalg.norm(r.slope[k][:, None] * r.weights["W"], 2))
    if largest[k] > SATURATED or passes > SATURATED or (passes == 0 and largest[k] > 0):
        return ""
    how = "nothing" if passes == 0 else "almost nothing" if passes <= BLOCKED else "little"
    slope = f"the slope f′(a({k + 1})) is" if m.n_units == 1 else f"no slope f′(a({k + 1})) is above"
    return f"At copy {k + 1} {slope} {plain(largest[k], 2)}: {how} passes it on its way back."


def divergence(m: UnrolledParameters, r: Result) -> str:
    """Which way the values grow, and by how much a copy can multiply them."""
    norm, logistic = float(np.linalg.norm(r.weights["W"], 2)), m.activation == "logistic"
    factor, source = norm * (0.25 if logistic else 1), "the largest singular value of W"
    if factor <= 1:
        return f"No copy makes anything larger, but what {m.n_steps} copies add up to does not stay small."
    if logistic:
        source += " times the steepest slope, 1/4"
    grown = np.abs(r.bptt.dF_dh).max(axis=1)
    start = ""
    if m.n_steps > 1 and grown[0] > LIMIT and grown.argmax() == 0:
        start = f" The gradient starts at copy {m.n_steps} and grows on its way back, so copy 1 has the largest."
    if m.activation in ("tanh", "logistic"):
        ways = "Nothing limits the gradient: each copy can multiply it on its way back"
    else:
        ways = (
            "Nothing limits these units: each copy can multiply the state on its way forward, and the gradient on its "
            "way back"
        )
    return f"{ways}, by up to {plain(factor, 3)}, {source}.{start}"


def explain(m: UnrolledParameters, r: Result, step: int) -> str:
    """The term of a copy and its share, with all factors."""
    i, k, array, column = m.unit, step - 1, r.chosen[0], r.chosen[-1]
    term, sizes = r.terms()[k], np.abs(r.terms()).sum()
    s, entering = f"s{i + 1}".translate(SUBSCRIPTS) + f"({step})", ""
    if array != "b":
        name, value = (
            (f"h{column.translate(SUBSCRIPTS)}({step - 1})", r.before[k, int(column) - 1])
            if array == "W"
            else (f"x({step})", r.x[k])
        )
        entering = f"·{name} = {plain(r.copies.dF_da[k, i])}·{_factored(value)}"
    said = f"Copy {step} contributes {s}{entering} = {plain(term)}"
    if not sizes:
        return f"{said}; all terms are 0."
    small = " It is not 0, but too small to be kept." if vanished(m, r)[k] else ""
    share = apart(r.shares()[k], 1)
    return f"{said}; the sizes of all terms add up to {plain(sizes)}, so its share is {share}.{small}"


def _factored(value: float) -> str:
    text = plain(float(value))
    return f"({text})" if text.startswith("−") else text
