"""Cards of words and buttons: the line's measures, and how a training stands."""

import json

from app.parts.numbers import plain
from lessons.delay_lines.model import DelayLines
from lessons.delay_lines.results import Generalised, Learned, Pattern
from lessons.delay_lines.training import EACH, N_UPDATES, STAGES


def tables(m: DelayLines) -> dict[str, str]:
    r = m.result
    if isinstance(r, Generalised):
        return {"kernels": _measures(r)}
    if isinstance(r, Learned | Pattern):
        return {"learning": _report(m, r)}
    return {}


def _measures(r: Generalised) -> str:
    depth, resolution, _, spread = r.profile
    heads = ("depth", "resolution", "product", "spread", "all recalls")
    cells = (depth, resolution, r.profile.product, spread, float(r.recall.sum()))
    row = "".join(f"<td>{plain(value, 3)}</td>" for value in cells)
    return f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr><tr>{row}</tr></table>"


def _report(m: DelayLines, r: Learned | Pattern) -> str:
    stage = r.stage
    buttons = [
        ("From the start", {"stage": 0}, stage > 0),
        ("To the end", {"stage": STAGES}, stage < STAGES),
        ("Next start", {"seed": (m.seed + 1) % 10000}, True),
    ]
    html = " ".join(
        f"<button data-set='{json.dumps(values)}'{'' if possible else ' disabled'}>{text}</button>"
        for text, values, possible in buttons
    )
    rows = "".join(
        f"<tr><td>{learner.name}</td><td>{learner.n_numbers}</td>"
        f"<td>{plain(float(learner.course.loss[stage * EACH]), 3)}</td></tr>"
        for learner in r.contest.learners
    )
    when = f"Seed {m.seed}, after {stage * EACH} of {N_UPDATES} updates."
    return (
        f"<p>{html}</p><table><tr><th>network</th><th>numbers to learn</th><th>loss</th></tr>{rows}</table>"
        f"<p class=help>{when}</p>"
    )
