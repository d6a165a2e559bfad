"""One step by hand: the state of the one unit or of unit 1, and the factor of its gradient."""

import re

import numpy as np

from app.parts.numbers import Block, number, symbol
from engine import rnn
from lessons.vanishing import topics
from lessons.vanishing.model import Vanishing
from lessons.vanishing.written import WRITTEN_UNITS, digits_left, inside

LINE_LENGTH = 33  # characters of a sum beside its result


def step_block(m: Vanishing, t: int) -> Block:
    """State and factor of step t, of the one unit or of unit 1."""
    r = m.result
    lines = (_hidden_lines if r.form == "hidden" else _cell_lines)(r, t)
    return Block(f"Step t = {t}" + ("" if m.one_unit else ", unit 1"), lines + _factor_lines(m, t), _first_note(r, t))


def _first_note(r: topics.Network, t: int) -> str:
    return "" if t > 1 else f"Before step 1 the state is {'<i>h</i>(0)' if r.form == 'hidden' else '<i>c</i>(0)'} = 0."


def _parts(r: topics.Network, t: int) -> tuple[float, float, float, float]:
    """U x(t), and w and what it multiplies (or their sum over all units and 1), and b, for unit 1."""
    k, W = t - 1, r.params.W
    start = np.zeros(len(W)) if r.form == "hidden" else _f0(r)
    before = r.h[k - 1] if k else start
    fed = r.params.U[0, 0] * r.x[k]
    return (fed, W[0, 0], before[0], r.params.b[0]) if len(W) == 1 else (fed, _sum(W[0] * before), 1, r.params.b[0])


def _sum(values: np.ndarray) -> float:
    """A sum, 0 where only the rounding of its terms is left of it."""
    return float(values.sum()) if abs(values.sum()) > 1e-14 * np.abs(values).sum() else 0.0


def _f0(r: topics.Network) -> np.ndarray:
    """f(0) for every unit."""
    return np.full(len(r.params.W), 0.5 if r.activation == "logistic" else 0.0)


def _hidden_lines(r: topics.Network, t: int) -> list[str]:
    fed, w, before, b = _parts(r, t)
    digits = digits_left(max(abs(fed), abs(w * before), abs(b)), r.a[t - 1, 0])
    x, u = inside(r.x[t - 1], "input", digits=digits), number(r.params.U[0, 0], digits=digits)
    a, h = symbol("a", "", t, sub=_one(r)), symbol("h", "", t, sub=_one(r))
    if len(r.params.W) == 1:
        symbols = f"<i>u</i>·{symbol('x', 'input', t)} + <i>w</i>·{symbol('h', '', t - 1)} + <i>b</i>"
        values = f"{u}·{x} + {inside(w, digits=digits)}·{inside(before, digits=digits)} + {inside(b)}"
    else:
        symbols = f"<i>u</i>₁·{symbol('x', 'input', t)} + <i>s</i> + <i>b</i>"
        values = f"{u}·{x} + {inside(w, digits=digits)} + {inside(b)}"
    name = {"logistic": "σ"}.get(r.activation, r.activation)
    applied = a if name == "identity" else f"{name}({number(r.a[t - 1, 0])})"
    result = f"= <b>{number(r.a[t - 1, 0])}</b>"
    # a long sum and its result do not fit on one line
    long = len(re.sub(r"<[^>]+>", "", values + result)) > LINE_LENGTH
    summed = [f"&emsp;= {values}", f"&emsp;{result}"] if long else [f"&emsp;= {values} {result}"]
    return [*_sum_lines(r, t), f"{a} = {symbols}", *summed, f"{h} = {applied} = <b>{number(r.h[t - 1, 0])}</b>"]


def _sum_lines(r: topics.Network, t: int) -> list[str]:
    """What unit 1 receives from all units: s = Σ W₁ⱼ hⱼ(t−1), with every term where there are few."""
    n = len(r.params.W)
    if n == 1:
        return []
    before = r.h[t - 2] if t > 1 else np.zeros(n) if r.form == "hidden" else _f0(r)
    what = "<i>h</i>ⱼ" if r.form == "hidden" else "<i>f</i>(<i>c</i>ⱼ)"
    lines = [f"<i>s</i> = Σ<i>W</i>₁ⱼ·{what} of step {t - 1}"]
    if n <= WRITTEN_UNITS:
        pairs = [f"{inside(weight)}·{inside(state)}" for weight, state in zip(r.params.W[0], before, strict=True)]
        lines += [f"&emsp;{'+' if k else '='} {pair}" for k, pair in enumerate(pairs)]
    return [*lines, f"&emsp;= {number(_sum(r.params.W[0] * before))}"]


def _cell_lines(r: topics.Network, t: int) -> list[str]:
    fed, w, before, b = _parts(r, t)
    digits = digits_left(max(abs(fed), abs(w * before), abs(b)), r.a[t - 1, 0])
    c, earlier = symbol("c", "", t, sub=_one(r)), f"<i>f</i>({symbol('c', '', t - 1)})"
    ux = f" + <i>u</i>·{symbol('x', 'input', t)}" if r.params.U.any() else ""
    ux_now = f" + {inside(fed, 'input', digits=digits)}" if ux else ""
    if len(r.params.W) == 1:
        return [
            f"{c} = <i>w</i>·{earlier}{ux} + <i>b</i>",
            f"&emsp;= {number(w, digits=digits)}·{inside(before, digits=digits)}{ux_now} + {inside(b)}",
            f"&emsp;= <b>{number(r.a[t - 1, 0])}</b>",
        ]
    return [
        *_sum_lines(r, t),
        f"{c} = <i>s</i>{ux} + <i>b</i>",
        f"&emsp;= {number(w, digits=digits)}{ux_now} + {inside(b)} = <b>{number(r.a[t - 1, 0])}</b>",
    ]


def _one(r: topics.Network) -> str:
    return "" if len(r.params.W) == 1 else "1"


def _factor_lines(m: Vanishing, t: int) -> list[str]:
    r = m.result
    slopes = rnn.derivative(topics.differentiated(r.a, r.form)[t - 1], r.activation)
    at = f"<i>a</i>({t})" if r.form == "hidden" else f"<i>c</i>({t - 1})"
    state = "h" if r.form == "hidden" else "c"
    jacobian = f"∂<i>{state}</i>({t})/∂<i>{state}</i>({t - 1})"
    factor = number(r.factor[t - 1], "gradient")
    if m.one_unit:
        w = r.params.W[0, 0]
        return [f"{jacobian} = <i>f′</i>({at})·<i>w</i>", f"&emsp;= {number(slopes[0])}·{inside(w)} = {factor}"]
    scaled = "diag <i>f′</i>·<i>W</i>" if state == "h" else "<i>W</i>·diag <i>f′</i>"
    return [
        f"‖{jacobian}‖ = ‖{scaled}‖ = {factor}",
        f"<i>f′</i>({at}): mean {number(slopes.mean(), digits=3)}, largest {number(slopes.max(), digits=3)}",
    ]
