"""The other topics by hand: two runs of the two-unit map and their distance, and the networks side by side."""

import numpy as np

from app.parts.numbers import Block, number, plain, power, symbol
from lessons.vanishing import topics, words
from lessons.vanishing.model import Vanishing
from lessons.vanishing.written import base, inside, logarithm, size


def map_block(m: Vanishing, t: int, which: int) -> Block:
    """One step of the map for start A or B."""
    r, name = m.result, "AB"[which]
    before, now = r.runs[which][t - 1], r.runs[which][t]
    lines = []
    for k in (0, 1):
        left, right = (f"{inside(r.W[k, j])}·{inside(before[j])}" for j in (0, 1))
        fed = float(r.W[k] @ before)
        put = number(fed, digits=6, signed=True)
        lines += [
            f"<i>s</i><sub>{k + 1}</sub> = {left} + {right}",
            f"&emsp;= {number(fed, digits=6)}",
            f"{symbol('h', '', t, sub=str(k + 1))} = tanh({number(m.gain)}·{put} + {inside(r.b[k])}) "
            f"= <b>{number(now[k])}</b>",
        ]
    note = "sₖ = Wₖ₁h₁ + Wₖ₂h₂ from the step before; hₖ = tanh(gain·sₖ + bₖ)."
    if which == 1:
        note = f"Start B is A + ({power(m.separation)}, 0)."
    return Block(f"Start {name}, step {t}", lines, note)


def distance_block(m: Vanishing, t: int) -> Block:
    r = m.result
    (a1, a2), (b1, b2) = r.runs[0][t], r.runs[1][t]
    value, factor = r.log10_distance[t], f"e<sup>λ</sup> = {number(float(np.exp(r.exponent)))}"
    lines = [
        f"<i>d</i> = √(({number(a1 - b1)})² + ({number(a2 - b2)})²)",
        f"&emsp;= {size(value)}",
        f"log₁₀ <i>d</i> = {logarithm(value)}",
    ]
    title = f"Distance at t = {t}"
    if not r.chaotic:
        if r.exponent == -np.inf or r.neutral:
            return Block(title, lines, f"{words.growth(r)}.")
        near = "It holds near the attractor only: there, small distances are multiplied by"
        note = f"λ = {plain(r.exponent)} is the Lyapunov exponent of start A. {near} {factor} per step."
        return Block(title, lines, f"{note} It tells nothing of the way to the attractor.")
    expected = float(topics.expected_distance(m, r, t))
    if np.isfinite(expected):
        lines += [
            "expected: log₁₀ <i>d</i>(0) + <i>t</i>·<i>λ</i>/ln 10",
            f"&emsp;= {number(m.separation)} + {t}·{inside(r.exponent / np.log(10))}",
            f"&emsp;= {number(expected)}",
        ]
    measured = f"λ = {plain(r.exponent)} is the mean over {topics.LONG} steps of start A's run"
    return Block(
        title,
        lines,
        f"{measured} (the Lyapunov exponent is {words.measured(r)}): small distances are multiplied by about {factor} "
        "per step, until they are as large as the plane.",
    )


def side_block(m: Vanishing, t: int) -> Block:
    r, lag = m.result, m.horizon - t
    gate = f"{number(m.forget, 'forget_gate')}<sup>{lag}</sup>"
    lines = [f"{name}: {size(values[t - 1])}" for name, values in r.log10_products.items()]
    if m.n_units > 1:
        lines.insert(
            2, f"(ρ<sup>{lag}</sup> = {base(r.rho)}<sup>{lag}</sup> = {size(lag * _log10(r.rho) if lag else 0.0)})"
        )
    lines[-2] = f"carousel: {gate} = {size(r.log10_products['carousel'][t - 1])}"
    return Block(
        f"From step {m.horizon} back to t = {t}, lag {lag}",
        lines,
        "The first two are norms of a product of Jacobians diag f′(a)·W, with f′ = 1 for the linear network. "
        "Its norm goes like a constant times ρ to the power of the lag; the constant is above 1 where W's "
        "eigenvectors are not at right angles. The carousel has only its forget gate. The LSTM's line is the "
        "norm of ∂c(T)/∂c(t), all its paths counted; its "
        f"forget gates start at σ({plain(m.forget_bias)}) = {plain(1 / (1 + np.exp(-m.forget_bias)), 3)}."
        + _out_of_reach(m),
    )


def _log10(value: float) -> float:
    return float(np.log10(value)) if value > 0 else -np.inf


def _out_of_reach(m: Vanishing) -> str:
    if m.horizon == m.n_steps:
        return ""
    return f" The networks run {m.horizon} steps; the cursor reaches the first {m.n_steps}."
