"""One bar for each weight that all copies share, and in it one piece for each copy."""

import numpy as np
from bokeh.models import CustomJSTickFormatter, FixedTicker, Scatter, VBar

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart
from app.parts.picture import Picture
from app.parts.ranges import LIMIT
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result
from lessons.unrolled.weights import SHARED, pretty

MANY = 15  # beyond so many weights their names stand upright


class PiecesChart:
    """Stacked bars: what is positive piles up from 0, what is negative down from 0."""

    def __init__(self) -> None:
        self.pieces, self.totals = empty("weight", "top", "bottom", "shade"), empty("weight", "total")
        self.strip = chart(
            "pieces", "Terms of all weights", x_label="weight", y_label="contribution to ∂F/∂weight",
            x_limits=(0.4, 8.6), y_limits=(-1, 1), height=240,
        )  # fmt: skip
        self.strip.plot.add_glyph(
            self.pieces,
            VBar(x="weight", top="top", bottom="bottom", width=0.72, fill_color=LIGHT["gradient"], fill_alpha="shade",
                 line_color=LIGHT["card"], line_width=0.6),
        )  # fmt: skip
        self.strip.plot.add_glyph(
            self.totals, Scatter(x="weight", y="total", size=10, fill_color=LIGHT["state"], line_color=LIGHT["card"])
        )
        # Labels by number would lose their numbers as JSON, whose keys are texts; a formatter's argument is a list.
        self.names = CustomJSTickFormatter(args={"names": []}, code="return names[tick - 1] ?? ''")
        self.ticker = FixedTicker(ticks=[])
        self.strip.plot.below[0].update(ticker=self.ticker, formatter=self.names)

    def show(self, picture: Picture, m: UnrolledParameters, r: Result) -> None:
        """The terms of all shared weights, the first copy pale, and their sums."""
        names, plot = [name for name in m.names() if name in SHARED], self.strip.plot
        terms = np.stack([r.terms(name) for name in names])  # (weights, T)
        place = np.arange(1.0, len(names) + 1)
        up, down = np.cumsum(np.maximum(terms, 0), axis=1), np.cumsum(np.minimum(terms, 0), axis=1)
        top = np.where(terms >= 0, up, down)
        shade = np.linspace(0.22, 1, m.n_steps) if m.n_steps > 1 else np.ones(1)
        pieces = {
            "weight": np.repeat(place, m.n_steps),
            "top": top.ravel(),
            "bottom": (top - terms).ravel(),
            "shade": np.tile(shade, len(names)),
        }
        picture.put(self.pieces, pieces)
        picture.put(self.totals, {"weight": place, "total": np.clip(terms.sum(axis=1), -LIMIT, LIMIT)})
        picture.fit(plot.y_range, up, down, include=(0.0,) if np.any(terms) else (-1, 1))
        picture.change(plot.x_range, end=len(names) + 0.6)
        picture.change(self.ticker, ticks=list(range(1, len(names) + 1)))
        picture.change(self.names, args={"names": [pretty(name) for name in names]})
        picture.change(plot.below[0], major_label_orientation="vertical" if len(names) > MANY else "horizontal")
