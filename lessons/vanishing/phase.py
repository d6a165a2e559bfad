"""The phase plane of the two-unit map: where each start ends, and two trajectories from nearby starts."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, ImageRGBA, Line, Scatter, Text

from app.parts.charts import empty, round_frame
from app.parts.colours import LIGHT
from app.parts.figures import chart
from app.parts.picture import Picture
from app.parts.plots import MATH_FONT
from lessons.vanishing import topics
from lessons.vanishing.parameters import VanishingParameters

SHOWN_STEPS = 60  # of each trajectory: more lines would hide the picture
# Colours of the basins in the order of their labels, half transparent so that they suit a light and a dark card.
BASINS = ((86, 140, 190), (224, 164, 88), (96, 160, 128), (178, 124, 168), (150, 150, 96), (110, 116, 176))
OPACITY = 105


def painted(labels: np.ndarray) -> np.ndarray:
    """Labels (rows, columns) as packed RGBA: a colour per basin, nothing where no attractor was found (0)."""
    colours = np.zeros((labels.max(initial=0) + 1, 4), dtype=np.uint8)
    for label in range(1, len(colours)):
        colours[label] = (*BASINS[(label - 1) % len(BASINS)], OPACITY)
    return np.ascontiguousarray(colours[labels]).view(np.uint32)[..., 0]


class PhasePlane:
    """h₁ against h₂: the basins, both trajectories, and where they are at the cursor."""

    def __init__(self) -> None:
        self.image = ColumnDataSource({"image": [np.zeros((1, 1), dtype=np.uint32)]})
        self.here, self.runs = empty("x", "y", "name", "dx", "dy"), empty("a1", "a2", "b1", "b2")
        self.chart = chart(
            "phase",
            "Where each start ends, and two of them on their way",
            x_label="h₁",
            y_label="h₂",
            x_limits=(-1, 1),
            y_limits=(-1, 1),
            ticks=5,
        )
        round_frame(self.chart, 1.12, 250)
        plot = self.chart.plot
        plot.min_border_left = 52
        plot.add_glyph(self.image, ImageRGBA(image="image", x=-1, y=-1, dw=2, dh=2))
        for run, role, dash in (("a", "state", "solid"), ("b", "muted", "dashed")):
            look: dict[str, Any] = {"line_color": LIGHT[role], "line_dash": dash, "line_alpha": 0.35}
            plot.add_glyph(self.runs, Line(x=f"{run}1", y=f"{run}2", **look))
            dots = Scatter(x=f"{run}1", y=f"{run}2", size=4, fill_color=LIGHT[role], line_color=None)
            plot.add_glyph(self.runs, dots)
        plot.add_glyph(
            self.here,
            Scatter(x="x", y="y", size=12, fill_color=LIGHT["card"], line_color=LIGHT["state"], line_width=2.5),
        )
        plot.add_glyph(
            self.here,
            Text(
                x="x",
                y="y",
                text="name",
                x_offset="dx",
                y_offset="dy",
                text_color=LIGHT["state"],
                text_font={"value": MATH_FONT},
                text_font_style="italic",
            ),
        )
        self.strips = [self.chart]

    def show(self, picture: Picture, r: topics.Chaos, labels: np.ndarray) -> None:
        """labels: of the attractor that each start ends at, (rows, columns)."""
        picture.put(self.image, {"image": [painted(labels)]})
        a, b = (run[: SHOWN_STEPS + 1] for run in r.runs)
        picture.put(self.runs, {"a1": a[:, 0], "a2": a[:, 1], "b1": b[:, 0], "b2": b[:, 1]})

    def follow(self, picture: Picture, r: topics.Chaos, t: int) -> None:
        """Mark both trajectories at step t."""
        (x_a, y_a), (x_b, y_b) = r.runs[0][t], r.runs[1][t]
        rings = {"x": [x_a, x_b], "y": [y_a, y_b], "name": ["A", "B"], "dx": [-18, 9], "dy": [-4, 14]}
        picture.put(self.here, rings)


def weights_table(m: VanishingParameters) -> str:
    """The map's weights as fields, HTML."""

    def field(name: str) -> str:
        label = m.parameters()[name].label
        return (
            f'<td><input type=number data-set="{name}" value="{getattr(m, name):g}" step=0.1 min=-8 max=8 '
            f'aria-label="{label}"></td>'
        )

    head = "<tr><th></th><th>from h₁</th><th>from h₂</th><th>bias b</th></tr>"
    rows = (
        f"<tr><td>to h{sub}</td>{field(f'W{k}1')}{field(f'W{k}2')}{field(f'b{k}')}</tr>"
        for k, sub in ((1, "₁"), (2, "₂"))
    )
    return f"<table>{head}{''.join(rows)}</table>"
