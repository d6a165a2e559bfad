"""The unrolled network's picture: a folded network on the left, and its copies in time on the right.

On the way forward the copies fill with their states, one by one; on the way back each gives up its state and shows its
sensitivity instead. Few copies show numbers, many only their fill.
"""

from typing import NamedTuple

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import short
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result

WIDTH, HEIGHT = 640, 195
TOP, BOTTOM = 46, 130  # of the boxes
MIDDLE = (TOP + BOTTOM) / 2
LEFT, RIGHT = 186, 636
# Up to so many copies there is room for values of units, for those of inputs, and for every copy's number.
NUMBERED, NAMED, ALL_COUNTED = 4, 8, 14


class Layout(NamedTuple):
    """Where things stand for a number of units and of copies."""

    centers: list[float]  # of the copies
    rows: list[float]  # of the units
    box: float  # width of a copy
    radius: float


def layout(n_units: int, n_steps: int) -> Layout:
    spacing = min(225.0, (RIGHT - LEFT) / n_steps)
    box = min(108.0, spacing - 22) if n_steps <= NUMBERED else min(34.0, 0.62 * spacing)
    pitch = (BOTTOM - TOP) / n_units
    centers = [LEFT + (k + 0.5) * spacing for k in range(n_steps)]
    rows = [TOP + (j + 0.5) * pitch for j in range(n_units)]
    return Layout(centers, rows, box, min(15.0, pitch / 2 - 2.5, box / 2 - 2))


def draw(n_units: int, n_steps: int, output_layer: bool, looks_at: np.ndarray) -> Diagram:
    """The shapes; `looks_at` (T,) says which copies have an error of their own."""
    place = layout(n_units, n_steps)
    picture = Diagram(
        WIDTH,
        HEIGHT,
        f"A recurrent layer of {n_units} units with a delayed loop, and the same layer unrolled into {n_steps} copies "
        "from left to right, each fed by its input and by the copy before. Gradients run from right to left.",
    )
    _folded(picture, n_units)
    _start(picture, place)
    for k in range(n_steps):
        _copy(picture, place, k, n_steps)
        _between(picture, place, k, n_steps)
        if looks_at[k]:
            _error(picture, place, k, n_steps, output_layer)
    picture.label(122, 15, "", "value gradient", live="sum.value", anchor="start")
    picture.label(RIGHT, 15, "", "value state", live="loss", anchor="end")
    return picture


def _folded(picture: Diagram, n_units: int) -> None:
    """The network as it is: one layer, a delay and the way back."""
    center, pitch = 50.0, (BOTTOM - TOP) / n_units
    picture.parts.append(f"<g class=box><rect x=28 y={TOP} width=44 height={BOTTOM - TOP} rx=10 /></g>")
    for j in range(n_units):
        picture.unit(f"folded{j}", center, TOP + (j + 0.5) * pitch, radius=min(15.0, pitch / 2 - 2.5), value="")
    picture.arrow((72, MIDDLE), (104, MIDDLE), (104, 22), (50, 22), (50, TOP))
    picture.delay(104, 58)
    picture.label(77, 16, "W", "unit-label")
    picture.arrow((50, 158), (50, BOTTOM), role="input")
    picture.label(62, 152, "U", "unit-label", anchor="start")
    picture.label(4, 174, "", "value input", live="x.value", anchor="start")
    picture.label(132, MIDDLE + 7, "=", "sign")


def _start(picture: Diagram, place: Layout) -> None:
    """The state before the first copy."""
    for j, row in enumerate(place.rows):
        picture.unit(f"h0.{j}", LEFT - 30, row, radius=min(place.radius, 9), value="")
    picture.label(LEFT - 30, BOTTOM + 16, "h(0)", "note")


def _copy(picture: Diagram, place: Layout, k: int, n_steps: int) -> None:
    """One copy: its box, its units twice (state and sensitivity), its input and number."""
    center, t = place.centers[k], k + 1
    picture.box(f"copy{t}", center - place.box / 2, TOP, place.box, BOTTOM - TOP, "")
    numbered = n_steps <= NUMBERED
    if numbered:  # numbers keep their colour, and so need the card's ground where the copy is lit
        plate = f"x={center - place.box / 2 + 4:.1f} y={TOP + 4} width={place.box - 8:.1f} height={BOTTOM - TOP - 8}"
        picture.parts.append(f'<rect {plate} rx=7 style="fill:var(--card)" />')
    x = center - place.box / 2 + 19 if numbered else center
    for j, row in enumerate(place.rows):
        picture.unit(f"h{t}.{j}", x, row, radius=place.radius, value="")
        fill = f'<circle class=unit-fill cx={x} cy={row} r={place.radius} data-level="s{t}.{j}" />'
        picture.parts.append(f'<g class="unit gradient">{fill}</g>')
        if numbered:
            for name, role in (("h", "state"), ("s", "gradient")):
                picture.label(x + 17, row + 5, "", f"value {role}", live=f"{name}{t}.{j}", anchor="start")
    picture.parts.append(_chevron((center, 154), (center, BOTTOM + 2), "input", f"in{t}"))
    if n_steps <= NAMED:
        picture.label(center, 170, "", "value input", live=f"x{t}")
    if n_steps <= ALL_COUNTED or (n_steps - t) % 2 == 0:
        picture.label(center, 192, str(t), "note")


def _between(picture: Diagram, place: Layout, k: int, n_steps: int) -> None:
    """The ways into a copy and back out of it."""
    right = place.centers[k] - place.box / 2 - 1
    left = place.centers[k - 1] + place.box / 2 + 1 if k else LEFT - 19
    forward, back = (MIDDLE - 10, MIDDLE + 10)
    picture.parts.append(_chevron((left, forward), (right, forward), "muted", f"forward{k + 1}"))
    picture.parts.append(_chevron((right, back), (left, back), "gradient", f"back{k + 1}"))
    if n_steps <= NAMED and right - left > 16:
        picture.label((left + right) / 2, forward - 7, "W", "weight")


def _error(picture: Diagram, place: Layout, k: int, n_steps: int, output_layer: bool) -> None:
    """Where the loss looks at a copy, its error enters from above."""
    center = place.centers[k]
    picture.parts.append(_chevron((center, 24), (center, TOP - 2), "gradient", f"error{k + 1}"))
    if n_steps <= NAMED:
        picture.label(center + 6, 36, "−2Vᵀe" if output_layer else "−2e", "note", anchor="start")


def _chevron(start: tuple[float, float], end: tuple[float, float], role: str, name: str) -> str:
    """A straight arrow with an open head in its own colour, lit by `name`."""
    (x0, y0), (x1, y1) = start, end
    length = max(1e-9, float(np.hypot(x1 - x0, y1 - y0)))
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    head = min(5.0, 0.5 * length)
    wings = [(x1 - head * ux - side * head * uy, y1 - head * uy + side * head * ux) for side in (1, -1)]
    points = f"M{wings[0][0]:.1f},{wings[0][1]:.1f}L{x1:.1f},{y1:.1f}L{wings[1][0]:.1f},{wings[1][1]:.1f}"
    return f'<path class="edge {role}" d="M{x0:.1f},{y0:.1f}L{x1:.1f},{y1:.1f}{points}" data-on="{name}" />'


def live(m: UnrolledParameters, r: Result, t: int, backward: bool) -> dict[str, dict]:
    """Values for the picture, with the player at copy t, on its way forward or backward."""
    x, before, h, s, looks_at = r.x, r.before, r.run.h, r.copies.dF_da, m.counts
    n_steps, n_units = h.shape
    computed = range(1, n_steps + 1 if backward else t + 1)
    peeled = range(t, n_steps + 1) if backward else range(0)
    kept = [step for step in computed if step not in peeled]
    largest, steepest = max(1.0, float(np.abs(h).max())), float(np.abs(s).max()) or 1.0
    text = {"x.value": f"x({t}) = {short(x[t - 1])}"}
    level = {f"folded{j}": abs(h[t - 1, j]) / largest for j in range(n_units)}
    level |= {f"h0.{j}": abs(before[0, j]) / largest for j in range(n_units)}
    level |= {f"h{step}.{j}": abs(h[step - 1, j]) / largest for step in kept for j in range(n_units)}
    level |= {f"s{step}.{j}": abs(s[step - 1, j]) / steepest for step in peeled for j in range(n_units)}
    if n_steps <= NAMED:
        text |= {f"x{step}": short(x[step - 1]) for step in range(1, n_steps + 1)}
    if n_steps <= NUMBERED:
        for step in range(1, n_steps + 1):
            for j in range(n_units):
                text[f"h{step}.{j}"] = short(h[step - 1, j]) if step in kept else ""
                text[f"s{step}.{j}"] = short(s[step - 1, j]) if step in peeled else ""
    on = {f"copy{step}": step == t for step in range(1, n_steps + 1)}
    for step in range(1, n_steps + 1):
        on |= {
            f"in{step}": step in kept,
            f"forward{step}": step in kept,
            f"back{step}": step in peeled,
            f"error{step}": step in peeled and bool(looks_at[step - 1]),
        }
    return {"text": text, "level": {name: round(float(value), 3) for name, value in level.items()}, "on": on}
