"""The gated carousel by hand: the state with all its terms, and the product that a gradient meets on its way back."""

import math

import numpy as np

from app.parts.numbers import Block, number, power, symbol
from lessons.gated_cec.model import GatedCEC
from lessons.gated_cec.results import faded
from lessons.gated_cec.words import SMALLEST, output, sensitivity


def blocks(m: GatedCEC, t: int) -> list[Block]:
    """The gate's product; of a carousel its new state, and how much of x(t) is still in it."""
    if m.circuit == "gate":
        return [_gate_block(m, t)]
    return [_state_block(m, t), _product_block(m, t)]


def _gate_block(m: GatedCEC, t: int) -> Block:
    r, k = m.result, t - 1
    i, x = symbol("i", "input_gate", t), symbol("x", "input", t)
    values = f"{number(r['i'][k], 'input_gate')} · {number(r['x'][k], 'input', signed=True)}"
    return Block(f"At t = {t}", [f"{symbol('y', '', t)} = {i} · {x}", f"= {values} = <b>{number(r['y'][k])}</b>"])


def _state_block(m: GatedCEC, t: int) -> Block:
    """c(t) and y(t): symbols, then values, then products."""
    w, r, run, k = m.w, m.result, m.run(), t - 1
    before, faded_before = (r["c"][k - 1] if k else 0.0), k > 0 and faded(run, k)
    i, f, o = (symbol(*gate, t) for gate in (("i", "input_gate"), ("f", "forget_gate"), ("o", "output_gate")))
    c, x, y = symbol("c", "", t), symbol("x", "input", t), symbol("y", "", t)
    i_now, f_now, o_now = (
        number(r[name][k], role) for name, role in (("i", "input_gate"), ("f", "forget_gate"), ("o", "output_gate"))
    )
    x_now = number(r["x"][k], "input", signed=True)
    c_before = "(≈ 0)" if faded_before else number(before, signed=True)
    taken, kept = _product(r["i"][k], r["x"][k]), _product(w, r["f"][k], before)
    if faded_before and r["f"][k]:
        kept = "(≈ 0)"
    c_now = "≈ 0" if faded(run, t) else number(r["c"][k])
    return Block(
        f"At t = {t}",
        [
            f"{c} = {i}·{x} + <i>w</i>·{f}·{symbol('c', '', t - 1)}",
            f"&emsp;= {i_now}·{x_now} + {number(w)}·{f_now}·{c_before}",
            f"&emsp;= {taken} + {kept} = <b>{c_now}</b>",
            f"{y} = {o}·{c} = {o_now}·{_in_product(c_now)} = <b>{output(run, t)}</b>",
        ],
    )


def _product(*values: float) -> str:
    """A product inside a sum; one that underflows is not called 0."""
    product = math.prod(values)
    return "(≈ 0)" if product == 0 and all(values) else number(product, signed=True)


def _in_product(written: str) -> str:
    return f"({written})" if written.startswith(("−", "≈")) else written


def _product_block(m: GatedCEC, t: int) -> Block:
    """∂c(n)/∂x(t) with all its factors, the middle ones left out where there are many."""
    r, at = m.result, m.sensed
    title = f"How much of x({t}) is in c({at})"
    sensitivity = f"{symbol('∂c', 'gradient', at)}/{symbol('∂x', 'gradient', t)}"
    if t > at:
        note = f"x({t}) comes after c({at}): it can't reach back."
        return Block(title, [f"{sensitivity} = <b>0</b>"], note)
    factors = r["factor"][t:at]
    shown = [number(value, "forget_gate") for value in factors]
    if len(shown) > 8:
        shown = [*shown[:4], "…", *shown[-3:]]
    span = f", <i>j</i> = {t + 1} … {at}" if factors.size else ""
    product = f"{symbol('i', 'input_gate', t)} · ∏ <i>w</i> {symbol('f', 'forget_gate', 'j')}{span}"
    values = " · ".join([number(r["i"][t - 1], "input_gate"), *(["·".join(shown)] if shown else [])])
    arrives = m.run().log10_dc_dx[t - 1]
    whole = number(r["dc_dx"][t - 1]) if r["dc_dx"][t - 1] > SMALLEST or arrives == -np.inf else power(arrives)
    result = f"<b class=gradient>{whole}</b>"
    lines = [f"{sensitivity} = {product}", f"&emsp;= {values}", f"&emsp;= {result}"]
    return Block(title, lines, _factors_note(m, t))


def _factors_note(m: GatedCEC, t: int) -> str:
    r, at = m.result, m.sensed
    zero, n = np.flatnonzero(r["f"][t:at] == 0), at - t
    if r["i"][t - 1] == 0:
        return f"The input gate is closed at t = {t}: nothing of x({t}) got in."
    if zero.size:
        return f"The factor at j = {t + 1 + int(zero[0])} is 0: one closed gate cuts every path behind it."
    if not n:
        return f"No step lies between x({t}) and c({at}): only the input gate counts (an empty product is 1)."
    count = "1 factor" if n == 1 else f"{n} factors; their product"
    return f"{count} is {sensitivity(float(np.prod(r['factor'][t:at])), r['log10_product'][t - 1])}."
