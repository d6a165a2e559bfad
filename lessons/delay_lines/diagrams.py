"""The diagrams: a line of taps under a static net, and the grid of a network whose delays are distributed."""

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import short
from engine import distributed, focused
from lessons.delay_lines.parameters import DelayParameters
from lessons.delay_lines.results import Distributed, Generalised, Learned, Line, Pattern, Result
from lessons.delay_lines.training import KERNEL

DRAWN_TAPS, DRAWN_UNITS = 6, 4
BOXES = {"delay": "z⁻¹", "gamma": "γ", "laguerre": "ℓ", "average": "mean"}
LOOPS = ("gamma", "laguerre")  # elements that feed back to themselves
TAP_Y, HIDDEN_Y, OUT_Y = 44, 122, 186
ROWS = 46  # pixels from layer to layer of the grid


def key(m: DelayParameters, r: Result) -> tuple:
    """What the shapes depend on."""
    if isinstance(r, Distributed | Pattern):
        return ("grid", *delays_of(r))
    return ("line", _box(m, r), _n_taps(r), _n_units(r))


def drawn(m: DelayParameters, r: Result) -> Diagram:
    if isinstance(r, Distributed | Pattern):
        return grid(delays_of(r))
    return line(_box(m, r), _n_taps(r), _n_units(r))


def delays_of(r: Distributed | Pattern) -> list[tuple[int, ...]]:
    """Of each layer, from the input up."""
    return [KERNEL, KERNEL] if isinstance(r, Pattern) else [tuple(layer.delays) for layer in r.layers]


def _box(m: DelayParameters, r: Result) -> str:
    if isinstance(r, Generalised):
        return m.kernel
    return "gamma" if m.topic == "focused gamma" else "delay"


def _n_taps(r: Result) -> int:
    return taps_of(r).shape[1]


def _n_units(r: Result) -> int:
    """Hidden units; 0 where there is no net."""
    return 0 if isinstance(r, Generalised) else hidden_of(r).shape[1]


def taps_of(r: Result) -> np.ndarray:
    """What the drawn line holds, (T, K)."""
    if isinstance(r, Generalised):
        return r.taps
    assert isinstance(r, Line | Learned)
    return r.run.columns if isinstance(r, Line) else shown_run(r).columns


def hidden_of(r: Result) -> np.ndarray:
    """(T, n)."""
    assert isinstance(r, Line | Learned)
    return r.run.h if isinstance(r, Line) else shown_run(r).h


def shown_run(r: Learned) -> focused.FocusedRun:
    """Of the two networks that learn the one that the diagram shows."""
    return r.gamma if r.contest.settings.task == "memory" else r.tapped


def line(box: str, n_taps: int, n_units: int) -> Diagram:
    """x through K boxes with a tap after each; all taps to all hidden units, and those to y."""
    boxes = "delays" if box == "delay" else f"{box} elements"
    net = f" A static net with {n_units} hidden units reads all taps and gives y." if n_units else ""
    height = OUT_Y + 34 if n_units else 76
    d = Diagram(660, height, f"The input x goes through a line of {n_taps} {boxes}, with a tap after each.{net}")
    shown, units = min(n_taps, DRAWN_TAPS), min(n_units, DRAWN_UNITS)
    spacing = min(130.0, 588 / shown)
    at = [330 + spacing * (k - shown / 2) for k in range(shown + 1)]
    hidden = [330 + 130 * (i - (units - 1) / 2) for i in range(units)]
    for tap in at[1:]:
        for unit in hidden:
            d.arrow((tap, TAP_Y + 17), (unit, HIDDEN_Y - 17), head=False, role="target")
    for unit in hidden:
        d.arrow((unit, HIDDEN_Y + 17), (330, OUT_Y - 17), head=False, role="target")
    for k in range(1, shown + 1):
        _element(d, box, at[k - 1], at[k])
    d.unit("x", at[0], TAP_Y, "input", label="x", radius=17, value="")
    d.label(at[0], TAP_Y - 24, "", "weight", live="x.value")
    for k in range(1, shown + 1):
        d.unit(f"tap{k}", at[k], TAP_Y, "input" if box == "delay" else "state", label=f"{k}", radius=17, value="")
        right, anchor = (10, "start") if box in LOOPS else (0, "middle")  # beside the loop that ends here
        d.label(at[k] + right, TAP_Y - 24, "", "weight", live=f"tap{k}.value", anchor=anchor)
    if n_taps > shown:
        d.label(at[-1] + 24, TAP_Y + 5, f"+{n_taps - shown} …", "note", anchor="start")
    for i, unit in enumerate(hidden, 1):
        d.unit(f"h{i}", unit, HIDDEN_Y, "state", label=f"h{'₁₂₃₄'[i - 1]}", radius=17, value="")
        d.label(unit + 22, HIDDEN_Y + 5, "", "weight", live=f"h{i}.value", anchor="start")
    if n_units > units:
        d.label(hidden[-1] + 76, HIDDEN_Y + 5, f"+{n_units - units} …", "note", anchor="start")
    if n_units:
        d.unit("y", 330, OUT_Y, "state", label="y", radius=17, value="")
        d.label(354, OUT_Y + 5, "", "weight", live="y.value", anchor="start")
    return d


def _element(d: Diagram, box: str, left: float, right: float) -> None:
    """The box between two taps; a gamma or Laguerre element feeds back to itself."""
    centre = (left + right) / 2
    d.arrow((left + 17, TAP_Y), (centre - 20, TAP_Y), head=False)
    d.arrow((centre + 19, TAP_Y), (right - 17, TAP_Y))
    if box in LOOPS:
        d.arrow((right, TAP_Y - 17), (right, TAP_Y - 31), (centre, TAP_Y - 31), (centre, TAP_Y - 14))
    if box == "delay":
        d.delay(centre, TAP_Y)
    else:
        d.box("", centre - 21, TAP_Y - 13, 42, 26, BOXES[box])


def grid(all_delays: list[tuple[int, ...]]) -> Diagram:
    """Every copy of every layer that y(t) sees, over the lags; the present is on the right."""
    rows = [{0}]  # lags that are heard, from y down to x
    for delays in reversed(all_delays):
        rows.append({lag + delay for lag in rows[-1] for delay in delays})
    farthest, n_rows = max(rows[-1]), len(rows)
    spacing = min(60.0, 560 / max(farthest, 1))
    radius = float(np.clip(0.4 * spacing, 4, 13))
    right, top = 336 + spacing * farthest / 2, 24
    left = right - spacing * farthest
    seen = f"{len(rows[-1])} steps, up to {farthest} before the present"
    d = Diagram(660, top + ROWS * (n_rows - 1) + 44, f"What y sees of x through {n_rows - 1} layers: {seen}.")

    def place(row: int, lag: int) -> tuple[float, float]:
        return right - spacing * lag, top + ROWS * row

    for row, delays in enumerate(reversed(all_delays)):
        for lag in sorted(rows[row]):
            for delay in delays:
                (x1, y1), (x2, y2) = place(row + 1, lag + delay), place(row, lag)
                d.arrow((x1, y1 - radius), (x2, y2 + radius), head=False, role="target")
    for row, lags in enumerate(rows):
        layer = n_rows - 1 - row
        name = "x" if layer == 0 else "y" if row == 0 else f"h{'¹²³⁴'[layer - 1]}"
        d.label(left - radius - 10, top + ROWS * row + 5, name, "note", anchor="end")
        for lag in sorted(lags):
            x, y = place(row, lag)
            d.unit(f"n{layer}.{lag}", x, y, "input" if layer == 0 else "state", radius=radius, value="")
    foot = top + ROWS * (n_rows - 1) + radius + 17
    d.label(right, foot, "", "note", live="now")
    if farthest:
        d.label(left, foot, "", "note", live="first")
    return d


def live(m: DelayParameters, r: Result, t: int) -> dict[str, dict]:
    shown = _live_grid(r, t) if isinstance(r, Distributed | Pattern) else _live_line(r, t)
    shown["level"] = {name: round(min(float(level), 1.0), 3) for name, level in shown["level"].items()}
    return shown


def _live_line(r: Result, t: int) -> dict[str, dict]:
    taps, k = taps_of(r), t - 1
    values = {"x": r.x[k]} | {f"tap{j + 1}": taps[k, j] for j in range(min(taps.shape[1], DRAWN_TAPS))}
    largest = max(np.abs(r.x).max(), np.abs(taps).max(), 1e-9)
    scale = dict.fromkeys(values, largest)
    if not isinstance(r, Generalised):
        assert isinstance(r, Line | Learned)
        h = hidden_of(r)
        y = (r.run if isinstance(r, Line) else shown_run(r)).y[:, 0]
        units = {f"h{i + 1}": h[k, i] for i in range(min(h.shape[1], DRAWN_UNITS))}
        values |= units | {"y": y[k]}
        scale |= dict.fromkeys(units, max(np.abs(h).max(), 1e-9)) | {"y": max(np.abs(y).max(), 1e-9)}
    return {
        "text": {f"{name}.value": short(float(value)) for name, value in values.items()},
        "level": {name: abs(value) / scale[name] for name, value in values.items()},
    }


def _live_grid(r: Distributed | Pattern, t: int) -> dict[str, dict]:
    """The first unit of each layer at all steps that y(t) hears."""
    layers = [r.x, *first_units(r)]
    rows = [{0}]
    for delays in reversed(delays_of(r)):
        rows.append({lag + delay for lag in rows[-1] for delay in delays})
    level = {}
    for layer, lags in enumerate(reversed(rows)):
        largest = max(np.abs(layers[layer]).max(), 1e-9)
        for lag in lags:
            level[f"n{layer}.{lag}"] = abs(layers[layer][t - 1 - lag]) / largest if t > lag else 0.0
    farthest = max(rows[-1])
    return {"text": {"now": f"t = {t}"} | ({"first": f"t − {farthest}"} if farthest else {}), "level": level}


def first_units(r: Distributed | Pattern) -> list[np.ndarray]:
    """The first unit of every layer, (T,) each; the last is y."""
    if isinstance(r, Distributed):
        return [h[:, 0] for h in r.run.h]
    return [h[:, 0] for h in distributed.run(r.x, r.contest.second.at(r.stage)).h]
