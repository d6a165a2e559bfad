"""How a sweep goes: error and memory against ρ, and maps of both over ρ and leak rate."""

import numpy as np
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, FixedTicker, Line, Scatter, VArea

from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.heatmap import Heatmap
from app.parts.numbers import plain
from app.parts.picture import Picture
from app.parts.plots import SHORT_NUMBERS, Strip
from app.parts.ranges import tidy
from lessons.esn.model import Esn
from lessons.esn.sweep import MEASURES, SPECTRAL_RADII
from lessons.esn.sweep_curves import best, curve, drawn, medians, nearest

LABELLED = (0, 4, 9, 16)  # columns of the map whose ρ is written out
COLUMNS = ("radius", "median", "low", "high")
LABELS = {"error": "log₁₀ NMSE", "memory": "capacity"}
PALETTES = {"error": "cost", "memory": "quantity"}  # the strong end is the good one in both
NO_ERROR = (-3.0, 0.0)  # limits before the first point


class SweepCharts:
    """Of each measure the curve at the present leak rate, and below it the map."""

    def __init__(self) -> None:
        self.sources = {measure: ColumnDataSource({name: [] for name in COLUMNS}) for measure in MEASURES}
        self.curves = {
            "error": self._curve("error", "Error (grey: always the mean)"),
            "memory": self._curve("memory", "Memory capacity"),
        }
        rule(self.curves["error"].plot, 0.0, dash="solid")
        self.maps = {measure: SweepMap(measure) for measure in MEASURES}
        self.strips: list[Strip] = [*self.curves.values(), *(one.strip for one in self.maps.values())]
        self._now = [rule(strip.plot, 1.0, "height", "state") for strip in self.curves.values()]

    def _curve(self, measure: str, title: str) -> Strip:
        strip = chart(f"sweep-{measure}", title, x_label="spectral radius ρ", y_label=LABELS[measure],
                      height=220, x_limits=(0, SPECTRAL_RADII[-1] * 1.02), y_limits=(-2, 0.5), ticks=4)  # fmt: skip
        source, colour = self.sources[measure], LIGHT["state"]
        band = VArea(x="radius", y1="low", y2="high", fill_color=colour, fill_alpha=0.16)
        strip.plot.add_glyph(source, band)
        strip.plot.add_glyph(source, Line(x="radius", y="median", line_color=colour, line_width=2))
        strip.plot.add_glyph(source, Scatter(x="radius", y="median", size=6, fill_color=colour, line_color=colour))
        return strip

    def show(self, picture: Picture, m: Esn) -> None:
        """The latest point of the sweep, and where the present settings are."""
        sweep = m.sweep
        shown, leak = sweep.shown, nearest(sweep.leak_rates, m.leak_rate)
        for span in self._now:
            picture.change(span, location=float(m.spectral_radius))
        for one in self.maps.values():
            one.mark_now(picture, m.spectral_radius, m.leak_rate, sweep.leak_rates)
        s = sweep.plan.settings
        nothing = {"error": NO_ERROR, "memory": (0.0, float(min(s.n_units, s.max_lag)))}
        for measure, source in self.sources.items():
            found = curve(getattr(shown, measure)[leak])
            lines = [drawn(measure, values) for values in found[1:]]
            picture.put(source, dict(zip(COLUMNS, (found.radius, *lines), strict=True)))
            include = (0.0,) if found.radius.size else nothing[measure]
            picture.fit(self.curves[measure].plot.y_range, *lines, include=include, pad=0.05)
            self.maps[measure].show(picture, getattr(shown, measure), sweep.leak_rates, nothing[measure])


class SweepMap:
    """Medians as colours, one column for each ρ and one row for each leak rate, all of the same size."""

    def __init__(self, measure: str) -> None:
        self.measure = measure
        self.heat = Heatmap(f"sweep-map-{measure}", f"{measure.capitalize()} for all leak rates", height=240,
                            x_label="spectral radius ρ", y_label="leak rate", legend=LABELS[measure],
                            palette=PALETTES[measure])  # fmt: skip
        self.strip = self.heat.strip
        plot = self.strip.plot
        self._bar = plot.right[0]
        self._bar.formatter = CustomJSTickFormatter(code=_good_end(0 if measure == "error" else 2))
        # beside a map rows and columns are named, not measured
        labels = {place: plain(SPECTRAL_RADII[place]) for place in LABELLED}
        plot.below[0].update(ticker=FixedTicker(ticks=list(labels)), major_label_overrides=labels)
        # the grid's leak rates are the reader's: a formatter's arguments can be sent as JSON, numbered labels cannot
        rows = CustomJSTickFormatter(code="return labels[tick]", args={"labels": []})
        plot.left[0].update(ticker=FixedTicker(ticks=[]), formatter=rows)
        self.marks = {name: ColumnDataSource({"x": [], "y": []}) for name in ("now", "best")}
        diamond = Scatter(x="x", y="y", size=13, marker="diamond", fill_color=LIGHT["card"],
                          line_color=LIGHT["state"], line_width=2)  # fmt: skip
        plot.add_glyph(self.marks["best"], diamond, level="overlay")
        # a ring, so that the best is seen inside it; seen on light and on dark
        for role, width in (("card", 5), ("state", 2)):
            ring = Scatter(x="x", y="y", size=21, fill_color=None, line_color=LIGHT[role], line_width=width)
            plot.add_glyph(self.marks["now"], ring, level="overlay")

    def mark_now(
        self, picture: Picture, spectral_radius: float, leak_rate: float, leak_rates: tuple[float, ...]
    ) -> None:
        """Also between two columns or rows."""
        grids = ((spectral_radius, SPECTRAL_RADII), (leak_rate, leak_rates))
        x, y = (float(np.interp(value, grid, np.arange(len(grid)))) for value, grid in grids)
        picture.put(self.marks["now"], {"x": [x], "y": [y]})

    def show(
        self, picture: Picture, values: np.ndarray, leak_rates: tuple[float, ...], nothing: tuple[float, float]
    ) -> None:
        """values: (n_leak_rates, n_spectral_radii, n_seeds). nothing: limits as long as all are NaN."""
        median = medians(values)
        image, (n_rows, n_columns) = drawn(self.measure, median), median.shape
        # no better than the mean: how much worse matters little, and would leave no colours for the rest
        low, high = colour_limits(np.minimum(image, 0) if self.measure == "error" else image, nothing)
        picture.change(self.heat.mapper, low=low, high=high)
        picture.change(self._bar.ticker, ticks=[low, (low + high) / 2, high])
        axis = self.strip.plot.left[0]
        picture.change(axis.ticker, ticks=list(range(n_rows)))
        picture.change(axis.formatter, args={"labels": [plain(leak) for leak in leak_rates]})
        self.heat.show(picture, image, (-0.5, n_columns - 0.5), (-0.5, n_rows - 0.5))
        if np.isnan(median).all():
            picture.put(self.marks["best"], {"x": [], "y": []})
        else:
            row, column = divmod(best(self.measure, median), n_columns)
            picture.put(self.marks["best"], {"x": [column], "y": [row]})


def _good_end(tick: int) -> str:
    """Code that writes the numbers of a colour bar, and says of one of its ticks that it is the good end."""
    return f"const number = (() => {{{SHORT_NUMBERS}}})()\nreturn index === {tick} ? number + ' good' : number"


def colour_limits(image: np.ndarray, nothing: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float]:
    """Tidy bounds around the numbers of an image; `nothing` where it has none."""
    known = image[np.isfinite(image)]
    if not known.size:
        return nothing
    step = tidy(max(float(np.ptp(known)), 1e-3))
    low, high = np.floor(known.min() / step) * step, np.ceil(known.max() / step) * step
    return float(low), float(high if high > low else low + step)
