"""What the page on the unrolled network says: its sentence and its explanations."""

import numpy as np

from app.parts.numbers import plain
from app.parts.ranges import LIMIT
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result
from lessons.unrolled.weights import SUBSCRIPTS, pretty

SATURATED = 0.1  # a slope below this lets little through


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
    total, k, none = terms.sum(), int(shares.argmax()), int((shares == 0).sum())
    if m.n_steps == 1:
        return f"There is one copy, and all of {name} = {plain(total)} is its term."
    alive = shares[shares > 0]
    if (terms > 0).any() and (terms < 0).any():
        up, down = terms[terms > 0].sum(), terms[terms < 0].sum()
        return (
            f"The copies pull {name} both ways: {plain(up)} and {plain(down)} leave {plain(up + down)}. "
            f"The largest term, {plain(terms[k])}, is that of copy {k + 1}."
        )
    if alive.size > 1 and np.ptp(alive) < 1e-9:
        others = "" if not none else f", and {none} {'copy' if none == 1 else 'copies'} nothing"
        return f"{alive.size} copies contribute {percent(alive[0])} of {name} = {plain(total)} each{others}."
    least = int(shares.argmin())
    if m.n_steps == 2:
        rest = "the rest" if shares[1 - k] else "nothing"
        return f"Copy {k + 1} contributes {percent(shares[k])} of {name} = {plain(total)}, copy {2 - k} {rest}."
    most = f"Copy {k + 1} contributes {percent(shares[k])} of {name} = {plain(total)}"
    return f"{most}, copy {least + 1} {_only(shares[least])}."


def _only(share: float) -> str:
    return "nothing" if share == 0 else f"only {percent(share)}" if share < 0.2 else f"the least, {percent(share)}"


def _nothing(m: UnrolledParameters, r: Result) -> str:
    """Why all terms are 0."""
    if not r.copies.dF_dh[:, m.unit].any():
        return f"the loss {'is 0' if r.loss.loss == 0 else 'does not feel its unit'}."
    if not r.copies.dF_da[:, m.unit].any():
        return "the slope f′(a(t)) of its unit is 0 in all of them."
    return "what enters through it is 0 in all of them."


def _cut_off(m: UnrolledParameters, r: Result) -> str:
    """What truncation would make of the sum: the plots show all copies."""
    if m.window >= m.n_steps or not np.any(r.terms()):
        return ""
    return f"With the window of {m.window} the sum would be {plain(r.truncated()[m.window - 1])}."


def _blocked(m: UnrolledParameters, r: Result) -> str:
    """The copy that lets least of the gradient through, where it is little."""
    largest = r.slope.max(axis=1)
    k = int(largest.argmin())
    if m.n_steps == 1 or k == 0 or largest[k] > SATURATED:
        return ""
    how = "nothing" if largest[k] == 0 else "almost nothing"
    return f"At copy {k + 1} the slope f′(a({k + 1})) is {plain(largest[k], 2)}: {how} passes it on its way back."


def divergence(m: UnrolledParameters, r: Result) -> str:
    """Which way the values grow, and by how much a copy can multiply them."""
    factor = plain(float(np.linalg.norm(r.weights["W"], 2)), 3)
    ways = "the state on its way forward, and the gradient on its way back"
    grown = np.abs(r.bptt.dF_dh).max(axis=1)
    start = ""
    if m.n_steps > 1 and grown[0] > max(LIMIT, grown[-1]):
        start = f" The gradient starts at copy {m.n_steps} and grows on its way back, so copy 1 has the largest."
    largest = f"by up to {factor}, the largest singular value of W"
    return f"Nothing limits these units: each copy can multiply {ways}, {largest}.{start}"


def explain(m: UnrolledParameters, r: Result, step: int) -> str:
    """The term of a copy and its share, with all factors."""
    i, k = m.unit, step - 1
    term, sizes = r.terms()[k], np.abs(r.terms()).sum()
    array, column = r.chosen[0], r.chosen[-1]
    s = f"s{i + 1}".translate(SUBSCRIPTS) + f"({step})"
    entering = {
        "W": (f"·h{column.translate(SUBSCRIPTS)}({step - 1})", r.before[k, int(column) - 1]),
        "U": (f"·x({step})", r.x[k]),
        "b": ("", 1.0),
    }[array]
    values = plain(r.copies.dF_da[k, i]) + ("" if array == "b" else f"·{plain(entering[1])}")
    return (
        f"Copy {step} contributes {s}{entering[0]} = {values} = {plain(term)}; the sizes of all terms add up to "
        f"{plain(sizes)}, so its share is {plain(r.shares()[k])}."
    )
