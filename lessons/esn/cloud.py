"""The reservoir in the network's picture: a few dozen units in a circle and the connections between them."""

from typing import Any

import numpy as np
from scipy import sparse

from app.parts.colours import NEGATIVE
from app.parts.diagram import Diagram
from engine.reservoir import Reservoir

CLOUD, RADIUS = (196, 86), 76  # of the reservoir
MOST_EDGES = 80
FEW = 6  # so few units show their numbers, and who hears whom
TURN = np.pi * (3 - np.sqrt(5))  # golden angle of a sunflower

Shown = tuple[int, ...]  # units in the cloud, counted from 0


def places(n: int) -> tuple[np.ndarray, float]:
    """Middles (n, 2) of so many units and their radius: few on a circle, many like the seeds of a sunflower."""
    if n <= FEW:
        angles = 2 * np.pi * np.arange(n) / n - np.pi / 2
        return np.column_stack([CLOUD[0] + 48 * np.cos(angles), CLOUD[1] + 48 * np.sin(angles)]), 15.0
    radius = min(16.0, 0.58 * RADIUS / np.sqrt(max(n, 2)))
    k = np.arange(n)
    far = (RADIUS - radius - 3) * np.sqrt((k + 0.5) / n)
    return np.column_stack([CLOUD[0] + far * np.cos(k * TURN), CLOUD[1] + far * np.sin(k * TURN)]), round(radius, 1)


def draw_cloud(d: Diagram, drawn: Reservoir, shown: Shown) -> None:
    middles, radius = places(len(shown))
    d.parts.append(f'<circle cx={CLOUD[0]} cy={CLOUD[1]} r={RADIUS} style="fill:var(--inset);stroke:var(--edge)" />')
    for matrix, dash in ((drawn.W, ""), (drawn.W_late, ' stroke-dasharray="3 3"')):
        if matrix is not None:
            d.parts += (
                _arrows(matrix, middles, radius, dash)
                if len(shown) <= FEW
                else [
                    f'<path d="{_strongest(matrix, shown, middles)}"{dash} '
                    'style="fill:none;stroke:var(--muted);stroke-opacity:.3" />'
                ]
            )
    for draw in (_unit, _ring):  # no unit covers a ring
        d.parts += [draw(j, x, y, radius) for j, (x, y) in zip(shown, middles.round(1), strict=True)]
    if len(shown) <= FEW:
        d.parts += [_numbered(j, *middle) for j, middle in zip(shown, middles.round(1), strict=True)]
    d.label(CLOUD[0] + 66, 16, "", "value state", live="unit", anchor="start")


def _arrows(matrix: Any, middles: np.ndarray, radius: float, dash: str) -> list[str]:
    """Each connection between two of few units, bent so that both directions of a pair can be told apart."""
    dense = matrix.toarray() if sparse.issparse(matrix) else matrix
    made = []
    for end, start in zip(*np.nonzero(dense), strict=True):
        if start != end:
            (x0, y0), (x1, y1) = middles[start], middles[end]
            away = np.array([x1 - x0, y1 - y0])
            bend = (middles[start] + middles[end]) / 2 + 0.16 * np.array([away[1], -away[0]])
            leave, arrive = (_towards(middle, bend, radius + gap) for middle, gap in ((middles[start], 1),
                                                                                     (middles[end], 3)))  # fmt: skip
            made.append(
                '<path d="M{:.1f},{:.1f}Q{:.1f},{:.1f} {:.1f},{:.1f}"'.format(*leave, *bend, *arrive)
                + f'{dash} marker-end=url(#head) style="fill:none;stroke:var(--muted);stroke-width:1.5" />'
            )
    return made


def _towards(start: np.ndarray, goal: np.ndarray, far: float) -> np.ndarray:
    return start + far * (goal - start) / np.linalg.norm(goal - start)


def _strongest(matrix: Any, shown: Shown, middles: np.ndarray) -> str:
    """The largest weights between different units of the cloud, as one path."""
    few = list(shown)
    part = matrix[few][:, few]
    sizes = np.abs(part.toarray() if sparse.issparse(part) else part)
    np.fill_diagonal(sizes, 0)
    order = np.argsort(-sizes, axis=None, kind="stable")[:MOST_EDGES]
    pairs = (divmod(int(place), len(few)) for place in order if sizes.flat[place] > 0)
    return "".join("M{:.0f},{:.0f}L{:.0f},{:.0f}".format(*middles[start], *middles[end]) for end, start in pairs)


def _unit(j: int, x: float, y: float, radius: float) -> str:
    """A disc filled as far as h is positive, and a ring of another colour for negative h."""
    inner, ring = round(0.45 * radius, 1), 'style="stroke:var(--muted);stroke-width:1"'
    around = "M{0:g},{1:g}a{2:g},{2:g} 0 1 0 {3:g},0a{2:g},{2:g} 0 1 0 {4:g},0z"
    hollow = "".join(around.format(x - r, y, r, 2 * r, -2 * r) for r in (radius, inner))
    tint = "--c:light-dark({},{})".format(*NEGATIVE)
    at = f"cx={x:g} cy={y:g}"
    return (
        f'<g class="unit state"><circle class=unit-back {at} r={radius} />'
        f'<circle class=unit-fill {at} r={radius} data-level="u{j + 1}+" />'
        f'<path class=unit-fill style="{tint}" fill-rule=evenodd d="{hollow}" data-level="u{j + 1}-" />'
        f"<circle class=unit-ring {at} r={radius} {ring} /></g>"
    )


def _numbered(j: int, x: float, y: float) -> str:
    """A unit's number, with a rim of the card's colour so that it is read on any fill."""
    rim = "paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round"
    return f'<text x={x:g} y={y + 5:g} text-anchor=middle style="{rim}">{j + 1}</text>'


def _ring(j: int, x: float, y: float, radius: float) -> str:
    """Marks the unit that is shown in plots and numbers."""
    return (
        f'<g class=part data-on="ring{j + 1}"><circle cx={x:g} cy={y:g} r={radius + 3} '
        'style="fill:none;stroke:var(--state);stroke-width:2.5" /></g>'
    )
