"""The network with its two lines of delays and the switch that opens the loop (Figs. 12.6 and 12.7)."""

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import plain, short
from lessons.narx.parameters import NarxParameters
from lessons.narx.results import Hand, Plant, Result, Rows, Unfolded

WIDTH, HEIGHT = 640, 216
LEFT, LAYER, OUT = 96, 300, 452  # of the lines of delays, the layer, and the output
TOP, LOW = 44, 150  # heights of the input's line and of the output's


def draw(n_inputs_back: int, n_outputs_back: int, teacher: str) -> Diagram:
    """teacher: what stands at the other side of the switch."""
    d = Diagram(
        WIDTH,
        HEIGHT,
        "The input goes through a line of delays into a hidden layer, whose linear output is y. A switch feeds back "
        "either y, which closes the loop, or the teacher's value, which opens it, through a second line of delays.",
    )
    d.unit("x", 34, TOP, "input", label="x", radius=18, value="below")
    d.arrow((52, TOP), (LEFT - 8, TOP))
    _line(d, "x", n_inputs_back, TOP, "input")
    _line(d, "y", n_outputs_back, LOW, "state")
    d.arrow((232, TOP), (LAYER - 32, TOP), (LAYER - 32, 84), (LAYER - 2, 84))
    d.arrow((232, LOW), (LAYER - 32, LOW), (LAYER - 32, 104), (LAYER - 2, 104))
    d.box("", LAYER, 62, 76, 64, "f")
    d.label(LAYER + 38, 54, "", "note", live="layer")
    d.arrow((LAYER + 76, 94), (OUT - 22, 94))
    d.label(LAYER + 104, 116, "V", "weight")
    d.unit("out", OUT, 94, "state", label="y", radius=20, value="")
    d.label(WIDTH - 8, 84, "", "value state", live="out.value", anchor="end")
    d.arrow((OUT + 20, 94), (620, 94))
    _switch(d, teacher)
    return d


def _line(d: Diagram, name: str, count: int, y: float, role: str) -> None:
    """A line of delays with what each holds below it."""
    width = 132 / count
    for k in range(count):
        x = LEFT + (k + 0.5) * width
        half = min(20.0, width / 2 - 3)
        d.parts.append(
            f"<g class=delay><rect x={x - half:g} y={y - 12} width={2 * half:g} height=24 rx=4 />"
            f"{d._text(x, y + 5, 'z⁻¹', 'delay-label')}</g>"
        )
        d.label(x, y + 30, "", f"value {role}", live=f"{name}{k + 1}")
    d.label(
        LEFT - 4, y - 20, f"{name}(t−1) … {name}(t−{count})" if count > 1 else f"{name}(t−1)", "note", anchor="start"
    )


def _switch(d: Diagram, teacher: str) -> None:
    """Two contacts: the network's own output above, the teacher below; the arm shows which one is fed back."""
    d.arrow((520, 94), (520, 128), head=False)
    d.parts.append('<circle class="edge muted" cx=520 cy=132 r=4 />')
    d.parts.append('<circle class="edge muted" cx=520 cy=168 r=4 />')
    d.label(530, 137, "own output", "note", anchor="start")
    d.label(530, 173, teacher, "note", anchor="start")
    d.label(WIDTH - 8, 194, "", "value target", live="teacher", anchor="end")
    for name, y in (("closed", 132), ("open", 168)):
        d.parts.append(f'<path class="edge state part" d="M516,{y}L470,{LOW}" data-on="{name}" />')
    d.arrow((470, LOW), (470, LOW + 44), (60, LOW + 44), (60, LOW), (LEFT - 8, LOW), name="fed")
    d.label(358, LOW + 38, "", "note", live="loop")


def live(m: NarxParameters, r: Result, t: int) -> dict[str, dict]:
    """Values at step t."""
    if isinstance(r, Hand):
        return _hand(m, r, t)
    if isinstance(r, Rows):
        return _rows(r, t)
    assert isinstance(r, Plant)
    return _plant(m, r, t)


def _shared(opened: bool) -> tuple[dict[str, str], dict[str, bool]]:
    loop = "loop open: series-parallel" if opened else "loop closed: parallel"
    return {"loop": loop}, {"open": opened, "closed": not opened, "fed": True}


def _pair(values: np.ndarray) -> str:
    return f"{_short(values[0])}, {_short(values[1])}"


def _short(value: float) -> str:
    """Whole numbers as they are, as far as there is room."""
    return plain(value) if value == round(value) and abs(value) < 1000 else short(value)


def _hand(m: NarxParameters, r: Hand, t: int) -> dict[str, dict]:
    text, on = _shared(m.opened)
    z = r.heard[t - 1]
    text |= {
        "x.value": _pair(r.x[t - 1]),
        "out.value": _pair(r.run.y[t - 1]),
        "layer": f"a = {_pair(r.run.net[t - 1])}",
    }
    text |= {f"x{j + 1}": _pair(z[2 * j : 2 * j + 2]) for j in (0, 1)}
    text |= {f"y{j + 1}": _pair(z[4 + 2 * j : 6 + 2 * j]) for j in (0, 1)}
    text["teacher"] = _pair(r.d[t - 1])
    return {"text": text, "level": {"x": 1.0, "out": 1.0}, "on": on}


def _rows(r: Rows, t: int) -> dict[str, dict]:
    """The table is the open loop: what each delay holds is one entry of the row."""
    text, on = _shared(True)
    back = r.table.inputs.shape[1] - r.input_delays
    for name, count, values in (("x", r.input_delays, r.x), ("y", back, r.d)):
        for j in range(1, count + 1):
            text[f"{name}{j}"] = _short(values[t - 1 - j]) if t - 1 >= j else "?"
    text |= {"x.value": _short(r.x[t - 1]), "out.value": "", "layer": "static", "teacher": _short(r.d[t - 1])}
    return {"text": text, "level": {"x": 1.0, "out": 0.0}, "on": on}


def _plant(m: NarxParameters, r: Plant, t: int) -> dict[str, dict]:
    text, on = _shared(r.opened)
    z, d = r.heard[t - 1], len(r.params.U)
    text |= {f"x{j + 1}": short(value) for j, value in enumerate(z[:d])}
    text |= {f"y{j + 1}": short(value) for j, value in enumerate(z[d:])}
    text |= {
        "x.value": short(r.record.current[t - 1]),
        "out.value": short(r.y[t - 1]),
        "teacher": short(r.record.measured[t - 1]),
        "layer": f"{r.run.net.shape[1]} tanh",
    }
    return {"text": text, "level": {"x": 1.0, "out": float(np.clip(abs(r.y[t - 1]) / 6, 0, 1))}, "on": on}


def teacher(m: NarxParameters) -> str:
    return {"by hand": "teacher d", "table": "target", "plant": "measured"}[m.topic]


def sizes(r: Result) -> tuple[int, int]:
    """How many delays each line has."""
    if isinstance(r, Rows):
        return r.input_delays, r.table.inputs.shape[1] - r.input_delays
    assert not isinstance(r, Unfolded) and not isinstance(r, Rows)
    return len(r.params.U), len(r.params.W)
