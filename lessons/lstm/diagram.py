"""The picture of the LSTM page: one LSTM cell (Fig. 12.17), its gates drawn as valves in the pipes of the cell.

The gates' control lines come up from one line that carries x, the mark and h(t−1). A pipe is as dark as what flows.
"""

from itertools import pairwise

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import short
from lessons.lstm.model import Lstm

MAIN, LOOP, BUS = 66, 124, 172  # heights of the main pipe, the carousel's way back, and the control line
CANDIDATE, INPUT, PLUS, CELL, TANH, OUTPUT, HIDDEN = 104, 192, 276, 380, 472, 550, 626  # places from left to right
FORGET, DELAY, TURN = 318, 390, 418  # in the carousel
PEEPHOLE = 148
THICKNESS = 10
NOTHING = 1e-9  # a value below it is written as ≈ 0

# Live names that give away c, for pages that hide it while the reader predicts.
TELL_CELL = ("c.value", "h.value", "tanh.value", "before.value", "c", "h", *(
    f"pipe.{name}" for name in ("cell", "squashed", "shown", "before", "kept")))  # fmt: skip


def key(m: Lstm) -> tuple:
    """What the shapes depend on."""
    traced = m.traced
    first = m.shown_layer == 1
    return traced.variant, traced.params.P is not None, first, first and m.uses_mark and traced.inputs.shape[1] == 2


def diagram(m: Lstm) -> Diagram:
    variant, peepholes, first, mark = key(m)
    d = Diagram(
        660,
        200,
        "One LSTM cell from left to right: the candidate g passes the input valve i into a sum; the "
        "cell state c comes back to the sum through a delay and the forget valve f; tanh c passes "
        "the output valve o and is h. A control line below brings x, mark and h(t−1) to all.",
    )
    _inputs(d, mark, "x" if first else "h")
    _control(d, variant)
    _pipes(d, variant)
    d.unit("g", CANDIDATE, MAIN, "candidate", label="g", radius=20, value="above")
    _valve(d, "i", INPUT, MAIN, "input_gate")
    d.operator(PLUS, MAIN, radius=16)
    d.unit("c", CELL, MAIN, "state", label="c", value="above")
    d.delay(DELAY, LOOP)
    d.label(DELAY, LOOP + 28, "", "value state", live="before.value")
    if variant == "no forget gate":
        d.label(FORGET, LOOP - 10, "× 1", "note")
    else:
        _valve(d, "f", FORGET, LOOP, "forget_gate")
    d.box("", TANH - 22, MAIN - 17, 44, 34, "tanh")
    d.label(TANH, MAIN - 28, "", "value state", live="tanh.value")
    _valve(d, "o", OUTPUT, MAIN, "output_gate")
    d.unit("h", HIDDEN, MAIN, "state", label="h", value="above")
    if peepholes:
        _peepholes(d, variant)
    d.label(4, 14, "", "note", live="which", anchor="start")
    return d


def _inputs(d: Diagram, mark: bool, label: str) -> None:
    d.unit("x", 30, 84, "input", label=label, radius=15, value="above")
    d.arrow((45, 84), (64, 84), (64, BUS), (HIDDEN, BUS), head=False)
    if mark:
        d.unit("mark", 30, 140, "input", radius=15, value="above")
        d.label(30, 174, "mark", "note")
        d.arrow((45, 140), (64, 140), head=False)


def _control(d: Diagram, variant: str) -> None:
    """From h back through a delay, and up to the candidate and the gates."""
    d.arrow((HIDDEN, MAIN + 22), (HIDDEN, BUS), head=False)
    d.delay(596, BUS)
    d.label(528, BUS + 21, "h(t−1)", "note")
    d.arrow((CANDIDATE, BUS), (CANDIDATE, MAIN + 21))
    d.label(CANDIDATE + 8, MAIN + 38, "tanh", "note", anchor="start")
    stems = {"i": (INPUT, MAIN, "input-gate"), "f": (FORGET, LOOP, "forget-gate"), "o": (OUTPUT, MAIN, "output-gate")}
    if variant == "no forget gate":
        del stems["f"]
    for name, (x, y, role) in stems.items():
        if name == "i" and variant == "coupled gates":
            d.arrow((FORGET, PEEPHOLE + 6), (INPUT, PEEPHOLE + 6), (INPUT, MAIN + 20), role="forget_gate")
            d.label((INPUT + FORGET) / 2 - 6, PEEPHOLE, "1 − f", "note")
        else:
            d.arrow((x, BUS), (x, y + 20))
        d.label(x + 8, y + 38, name, f"gate-label {role}", anchor="start")


def _pipes(d: Diagram, variant: str) -> None:
    _pipe(d, "candidate", (CANDIDATE + 20, MAIN), (INPUT - 10, MAIN), role="candidate")
    _pipe(d, "written", (INPUT + 10, MAIN), (PLUS - 16, MAIN), role="candidate")
    _pipe(d, "sum", (PLUS + 16, MAIN), (CELL - 22, MAIN))
    _pipe(d, "cell", (CELL + 22, MAIN), (TANH - 22, MAIN))
    _pipe(d, "cell", (TURN, MAIN + THICKNESS / 2), (TURN, LOOP), (DELAY + 19, LOOP), head=False)
    valve = variant != "no forget gate"
    if valve:
        _pipe(d, "before", (DELAY - 19, LOOP), (FORGET + 10, LOOP))
    _pipe(d, "kept", (FORGET - 10 if valve else DELAY - 19, LOOP), (PLUS, LOOP), (PLUS, MAIN + 16))
    _pipe(d, "squashed", (TANH + 22, MAIN), (OUTPUT - 10, MAIN))
    _pipe(d, "shown", (OUTPUT + 10, MAIN), (HIDDEN - 22, MAIN))


def _pipe(d: Diagram, name: str, *points: tuple[float, float], role: str = "state", head: bool = True) -> None:
    """A pipe along horizontal and vertical lines, filled as dark as its flow (live kind `level`)."""
    half, area = THICKNESS / 2, ""
    for (x0, y0), (x1, y1) in pairwise(points):
        left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        # one path for all pieces: where they overlap in a corner the fill is no darker
        grown = (left, right, top - half, bottom + half) if y0 == y1 else (left - half, right + half, top, bottom)
        area += "M{0:g},{2:g}H{1:g}V{3:g}H{0:g}Z".format(*grown)
        if (x1, y1) != points[-1]:
            area += f"M{x1 - half:g},{y1 - half:g}H{x1 + half:g}V{y1 + half:g}H{x1 - half:g}Z"
    tip = _head(*points[-2:]) if head else ""
    d.parts.append(
        f'<g class="pipe {role}"><path class=pipe-back d="{area}" />'
        f'<path class=unit-fill d="{area}" data-level="pipe.{name}" />{tip}</g>'
    )


def _head(before: tuple[float, float], end: tuple[float, float]) -> str:
    """The tip of a pipe."""
    (x0, _), (x, y) = before, end
    tip = f"M{x:g},{y:g}l-9,-9v18z" if x > x0 else f"M{x:g},{y:g}l9,-9v18z" if x < x0 else f"M{x:g},{y:g}l-9,9h18z"
    return f'<path class=pipe-head d="{tip}" />'


def _valve(d: Diagram, name: str, x: float, y: float, role: str) -> None:
    d.valve(name, x, y, role)
    d.label(x, y - 28 if y == MAIN else y - 25, "", f"value {role.replace('_', '-')}", live=f"{name}.value")


def _peepholes(d: Diagram, variant: str) -> None:
    """From c(t−1) to the input and forget gates, from c(t) to the output gate."""
    targets = [INPUT] if variant == "no forget gate" else [FORGET] if variant == "coupled gates" else [FORGET, INPUT]
    for x in targets:
        d.parts.append(_thin((DELAY - 32, LOOP + 5), (DELAY - 32, PEEPHOLE), (x + 1, PEEPHOLE)))
    d.parts.append(_thin((TURN + 14, MAIN + 5), (TURN + 14, PEEPHOLE), (OUTPUT - 1, PEEPHOLE)))


def _thin(*points: tuple[float, float]) -> str:
    path = "M" + "L".join(f"{x:g},{y:g}" for x, y in points)
    return f'<path class="edge peephole state" d="{path}" marker-end=url(#head) />'


def live(m: Lstm, t: int) -> dict[str, dict]:
    """The shown unit's values at step t."""
    traced, k, unit = m.traced, t - 1, m.shown_unit - 1
    i, f, g, o, c, h = (float(array[k, unit]) for array in traced.run)
    before = float(traced.run.c[k - 1, unit]) if k else 0.0
    squashed, full = float(np.tanh(c)), _full(traced.run.c[:, unit])
    fresh, shown = g / _full(traced.run.g[:, unit]), _full(np.tanh(traced.run.c[:, unit]))
    levels = {"g": fresh, "c": c / full, "h": h / shown, "pipe.candidate": fresh, "pipe.written": i * fresh,
              "pipe.sum": c / full, "pipe.cell": c / full, "pipe.before": before / full, "pipe.kept": f * before / full,
              "pipe.squashed": squashed / shown, "pipe.shown": h / shown}  # fmt: skip
    text = {f"{name}.value": _brief(value, scale) for name, value, scale in (
        ("g", g, _full(traced.run.g[:, unit])), ("c", c, full), ("h", h, shown), ("tanh", squashed, shown),
        ("before", before, full))}  # fmt: skip
    gates = {"i": i, "f": f, "o": o}
    text |= {f"{name}.value": opening(value) for name, value in gates.items()}
    levels |= _live_inputs(m, traced.inputs, k, text)
    units = f"unit {m.shown_unit} of {traced.run.h.shape[1]}"
    text["which"] = "" if traced.run.h.shape[1] == 1 else units
    return {"text": text, "level": {name: round(abs(level), 4) for name, level in levels.items()},
            "open": {name: round(value, 4) for name, value in gates.items()}}  # fmt: skip


def _full(values: np.ndarray) -> float:
    """What fills a unit: 1, or the largest value where that is more than 1 or very little."""
    largest = float(np.abs(values).max())
    return largest if largest > 1 or 0 < largest < 0.05 else 1.0


def _brief(value: float, full: float) -> str:
    """At most six characters; where all values are very small, with their power of ten."""
    if 0 < abs(value) < NOTHING:
        return "≈ 0"
    tiny = full < 0.05 and abs(value) > full / 1e3
    return f"{value:.0e}".replace("e-0", "e-").replace("-", "−") if tiny else short(value)


def _live_inputs(m: Lstm, inputs: np.ndarray, k: int, text: dict[str, str]) -> dict[str, float]:
    """Puts the inputs' labels into `text`; returns their levels."""
    if m.is_text and m.shown_layer == 1:
        text["x.value"] = f"“{shown_character(read(m)[k])}”"
        return {"x": 1.0}
    if m.shown_layer > 1 or inputs.shape[1] > 2:
        text["x.value"] = f"{inputs.shape[1]} in"
        return {"x": float(np.abs(inputs[k]).max())}
    text["x.value"] = short(inputs[k, 0])
    if not m.uses_mark:
        return {"x": float(inputs[k, 0])}
    text["mark.value"] = short(inputs[k, 1])
    return {"x": float(inputs[k, 0]), "mark": float(inputs[k, 1])}


def read(m: Lstm) -> str:
    """The text as the network reads it, a character a step: spaces follow one that is too short."""
    return m.text.ljust(m.n_steps)[: m.n_steps]


def shown_character(character: str) -> str:
    """A visible sign for every character."""
    return {" ": "␣", "\n": "↵"}.get(character, character)


def opening(value: float) -> str:
    """A gate's value in at most six characters; one that is nearly open or shut does not look quite so."""
    if 0.9995 <= value < 1:
        return "≈ 1"
    if 0 < value < 0.0005:
        return "≈ 0"
    return f"{value:.3f}".rstrip("0").rstrip(".") if value else "0"
