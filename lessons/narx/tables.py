"""The tables below the plots: P12.2 against its print, its weights, E12.3 row by row, and the networks of 20 seeds."""

import json

import numpy as np

from app.parts.numbers import plain, short
from engine import narx
from engine.narx import NarxParams
from lessons.narx import learning, weights
from lessons.narx.model import Narx
from lessons.narx.results import Hand, Plant, Result, Rows, Unfolded


def tables(m: Narx, r: Result) -> dict[str, str]:
    """HTML by key of the card."""
    if m.concealed:
        return {}
    if isinstance(r, Hand):
        return {"book": book(), "weights": matrices(m)}
    if isinstance(r, Rows):
        return {"table": stacked(m, r)}
    if isinstance(r, Unfolded):
        return {"ways": ways(r)}
    return {"course": verdict(r), "ahead": twenty(m)}


def book() -> str:
    """What the book's matrices give beside what is printed, with every error located."""
    own = _book_run()
    rows = []
    for line in weights.PRINTED:
        found = own[line.what][line.step - 1]
        name = {"a": "n¹", "y": "a²"}[line.what]
        given = "".join(f"<td>{_vector(np.array(values), found)}</td>" for values in (found, line.printed))
        rows.append(f"<tr><td>{name}({line.step + 1}) = {line.what}({line.step})</td>{given}"
                    f"<td class=wide>{line.why}</td></tr>")  # fmt: skip
    head = "<th>the book’s, ours</th><th>computed</th><th>printed</th><th class=wide>where it went wrong</th>"
    return f"<table class='stacked five'><tr>{head}</tr>{''.join(rows)}</table>"


def _book_run() -> dict[str, np.ndarray]:
    """P12.2 as it stands in the book, whatever the page's weights are now."""
    run = narx.run(weights.INPUT, NarxParams(**weights.ARRAYS), activation="relu", x_before=weights.BEFORE)
    return {"a": run.net, "y": run.y}


def _vector(values: np.ndarray, right: np.ndarray) -> str:
    """A pair in brackets; what is not right is marked."""
    parts = [plain(value) if value == wanted else f"<mark>{plain(value)}</mark>" for value, wanted in
             zip(values, right, strict=True)]  # fmt: skip
    return f"[{', '.join(parts)}]"


def matrices(m: Narx) -> str:
    """All weights as number fields: what the hidden units hear, then what the outputs hear."""
    heads = [f"{name}{j}·{k}" for name in ("U", "W") for j in (1, 2) for k in (1, 2)]
    named = [f"{head[0]}{head[1].translate(weights.SUBSCRIPTS)}[·,{head[3]}]" for head in heads]
    rows = "".join(
        f"<tr><td>a{i}</td>" + "".join(_field(m, f"{head[0]}{head[1]}_{i}{head[3]}") for head in heads)
        + _field(m, f"b{i}") + "</tr>"
        for i in (1, 2)
    )  # fmt: skip
    out = "".join(
        f"<tr><td>y{i}</td>{_field(m, f'V_{i}1')}{_field(m, f'V_{i}2')}{_field(m, f'c{i}')}</tr>" for i in (1, 2)
    )
    first = "".join(f"<th>{name}</th>" for name in named)
    return (
        f"<table><tr><th></th>{first}<th>b</th></tr>{rows}</table>"
        f"<table><tr><th></th><th>V[·,1]</th><th>V[·,2]</th><th>b out</th></tr>{out}</table>"
    )


def _field(m: Narx, name: str) -> str:
    changed = " data-chosen" if getattr(m, name) != weights.BOOK[name] else ""
    value = f"{getattr(m, name):.6g}"
    look = 'step=0.5 min=-9 max=9 style="width:42px;padding:3px 2px"'
    return (f'<td{changed}><input type=number data-set={name} value="{value}" {look} '
            f'aria-label="{weights.pretty(name)}"></td>')  # fmt: skip


def stacked(m: Narx, r: Rows) -> str:
    """E12.3 up to the cursor: a step is a row once all of its past is known."""
    d, back = r.input_delays, r.table.inputs.shape[1] - r.input_delays
    heads = ["t", *(f"x(t−{j})" for j in range(1, d + 1)), *(f"d(t−{j})" for j in range(1, back + 1)), "d(t)"]
    rows = []
    for step in range(1, m.at + 1):
        t = step - 1
        known = [r.x[t - j] if t >= j else None for j in range(1, d + 1)]
        known += [r.d[t - j] if t >= j else None for j in range(1, back + 1)]
        cells = "".join(f"<td>{'–' if value is None else plain(value)}</td>" for value in known)
        complete = None not in known
        target = f"<td><b>{plain(r.d[t])}</b></td>" if complete else "<td>–</td>"
        rows.append(f"<tr{' data-chosen' if step == m.at else ''}><td>{t}</td>{cells}{target}</tr>")
    count = int((r.table.steps < m.at).sum())
    said = f"{count} of {r.table.steps.size} rows are complete" if count else "No row is complete yet"
    first = int(r.table.steps[0])
    return (
        f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{''.join(rows)}</table>"
        f"<p class=help>{said}; t counts from 0 as in the exercise, one less than the page’s steps. "
        f"The first complete row is t = {first}, the longest delay. Play, and it appears row by row.</p>"
    )


def verdict(r: Plant) -> str:
    """Both errors on the record that is shown."""
    noise = r.course.settings.measured_noise
    return (
        f"<p>On the whole of this record the error is <b>{plain(r.errors.opened, 2)}</b> one step ahead and "
        f"<b>{plain(r.errors.closed, 2)}</b> alone for {learning.N_STEPS} steps. The noise of the measurement is "
        f"{plain(noise)}; always saying the mean has {plain(r.spread, 2)}.</p>"
    )  # fmt: skip


def twenty(m: Narx) -> str:
    """The networks of 20 seeds in three ways, or the button that trains them."""
    if not m.twenty:
        start = json.dumps({"twenty": True})
        return (
            "<p>One network proves little. Train 20 of them in each of three ways, each on a record of its own, and "
            f"judge each on a record that it has not seen.</p><p><button data-set='{start}'>Train 60 networks</button>"
            "</p>"
        )
    judged = m.twenty_judged()
    if judged is None:
        return f"<p>{m.judged.failure or 'Training 60 networks …'}</p>"
    rows = "".join(
        f"<tr><td>{way}</td><td>{short(float(np.median(found.opened)))}</td>"
        f"<td>{short(float(np.median(found.closed)))}</td><td>{short(float(found.closed.max()))}</td>"
        f"<td>{int(found.lost.sum())} of {found.lost.size}</td></tr>"
        for way, found in judged.items()
    )
    return (
        "<table><tr><th>trained in</th><th>one step</th><th>alone</th><th>worst alone</th><th>lost the plant</th></tr>"
        f"{rows}</table><p class=help>Medians of the errors on new records. A network has lost the plant where, left "
        "alone, it is worse than always saying the mean of the record.</p>"
    )


def ways(r: Unfolded) -> str:
    """For each copy: what feeds it, ways and shortest way from copy 1, and what comes back."""
    delays, n = r.through.shape[1], r.x.size
    rows = []
    for t in range(1, n + 1):
        feeding = "" if r.opened else ", ".join(str(t - j) for j in range(1, delays + 1) if t - j >= 1)
        back = "" if r.opened else " + ".join(plain(r.through[t - 1, j], 3) for j in range(delays) if t + j + 1 <= n)
        count, least = ("0", "–") if r.opened and t > 1 else (str(r.ways[t - 1]), str(r.fewest[t - 1]))
        rows.append(f"<tr><td>{t}</td><td>{feeding or '–'}</td><td>{count}</td><td>{least}</td>"
                    f"<td class=wide>{back or '–'}</td><td>{plain(r.back[t - 1], 3)}</td></tr>")  # fmt: skip
    heads = ("copy t", "fed by", "ways from 1", "shortest", "sent back by t+1, t+2 …", "∂y(T)/∂y(t)")
    titles = "".join(f"<th{' class=wide' if head.startswith('sent') else ''}>{head}</th>" for head in heads)
    return f"<table><tr>{titles}</tr>{''.join(rows)}</table>"
