"""Clipping and rescaling by hand: one step of the descent, and five terms scaled to a sum of 1."""

import numpy as np

from app.parts.numbers import Block, number, plain, steps
from engine import cliff, remedies
from lessons.vanishing import topics
from lessons.vanishing.cliff import terms
from lessons.vanishing.model import Vanishing
from lessons.vanishing.written import digits_left, inside


def descent_block(m: Vanishing) -> Block:
    """The present gradient on the cliff, clipped or not, and the next w and b."""
    r = m.result
    path = r.descents[0 if m.clip else 1]
    w, b = float(path.w[-1]), float(path.b[-1])
    g = cliff.gradient(w, b, n_steps=m.n_steps)
    norm = float(np.hypot(g.dF_dw, g.dF_db))
    h = float(r.h[-1, 0])
    lines = [
        f"<i>w</i> = {number(w)}, <i>b</i> = {number(b)}",
        f"F = ({number(h, digits=digits_left(1, h - topics.TARGET))} − {topics.TARGET})² = <b>{number(g.loss)}</b>",
        f"∂F/∂<i>w</i> = {number(g.dF_dw, 'gradient')}, ∂F/∂<i>b</i> = {number(g.dF_db, 'gradient')}",
        f"‖<i>g</i>‖ = √({inside(g.dF_dw)}² + {inside(g.dF_db)}²) = {number(norm, 'gradient')}",
    ]
    used = np.array([g.dF_dw, g.dF_db])
    if m.clip and norm > m.threshold:
        used = remedies.clip_by_norm(used, m.threshold).gradient
        limit = number(m.threshold)
        lines += [
            f"‖<i>g</i>‖ &gt; θ = {limit}: <i>g</i> ← <i>g</i>·{limit}/{number(norm)}",
            f"&emsp;= ({number(used[0], 'gradient')}, {number(used[1], 'gradient')})",
        ]
    rate = number(m.learning_rate)
    lines += [
        f"<i>w</i> ← {number(w)} − {rate}·{inside(used[0])} = <b>{number(w - m.learning_rate * used[0])}</b>",
        f"<i>b</i> ← {number(b)} − {rate}·{inside(used[1])} = <b>{number(b - m.learning_rate * used[1])}</b>",
    ]
    small = m.clip and norm <= m.threshold
    note = f"‖g‖ is not above θ = {plain(m.threshold)}: nothing to clip." if small else ""
    return Block(f"After {steps(m.descent_steps)} of descent", lines, note)


def rescale_block(m: Vanishing) -> Block:
    """Five terms and their sum before and after the rescaling."""
    values = terms(m.decay)
    scaled = remedies.rescale(values)
    total = " + ".join(number(value, digits=3) for value in values)
    last = f"{number(values[-1])}/{number(scaled.total, digits=5)}"
    return Block(
        "Rescaling",
        [
            f"sum = {total}",
            f"&emsp;= {number(scaled.total, digits=5)}",
            f"fifth term: {last} = <b>{number(scaled.terms[-1])}</b>",
            f"fifth / first = {number(values[-1] / values[0])}, as before",
        ],
    )
