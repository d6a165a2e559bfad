"""The error that truncated BPTT makes in lesson 4, against its window."""

import numpy as np
from bokeh.models import BasicTicker, ColumnDataSource, FixedTicker, Line, Scatter

from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.numbers import plain
from app.parts.ranges import change
from lessons.unrolled.model import Unrolled
from lessons.unrolled.words import percent, pretty

EXACT = -17.0  # where an error of exactly 0 is drawn on the logarithmic axis


class TruncationChart:
    """Relative error of the chosen weight's derivative, and of all of W, for every window."""

    def __init__(self):
        self.errors = ColumnDataSource()
        self.strip = chart(
            "truncation", "Error that truncation makes", x_label="window (copies)", y_label="log₁₀ of relative error",
            x_limits=(0.5, 20.5), y_limits=(EXACT - 0.8, 1), height=210,
        )  # fmt: skip
        plot = self.strip.plot
        for column, role, dash in (("all", "target", "dashed"), ("one", "gradient", "solid")):
            look = {"line_color": LIGHT[role], "line_width": 2, "line_dash": dash}
            plot.add_glyph(self.errors, Line(x="window", y=column, **look))
            dot = Scatter(x="window", y=column, size=6, fill_color=LIGHT[role], line_color=LIGHT[role])
            plot.add_glyph(self.errors, dot)
        plot.below[0].ticker = BasicTicker(desired_num_ticks=10, num_minor_ticks=0, min_interval=1)
        plot.left[0].update(
            ticker=FixedTicker(ticks=[EXACT, -12, -8, -4, 0, 4]), major_label_overrides={EXACT: "exact"}
        )
        self.at_window = rule(plot, 20, "height")

    def show(self, model: Unrolled) -> None:
        totals, plot = model.truncated(), self.strip.plot
        exact = totals[-1]
        one = np.abs(totals - exact) / (abs(exact) or np.nan)
        both = {"one": one, "all": model.truncation_error()}
        with np.errstate(divide="ignore"):
            logs = {name: np.maximum(np.log10(error), EXACT) for name, error in both.items()}
        self.errors.data = {"window": model.time, **logs}
        change(plot.x_range, end=max(model.n_steps, 2) + 0.5)
        change(self.at_window, location=min(model.window, model.n_steps))
        largest = np.nanmax([0.0, *(value for values in logs.values() for value in values)])
        change(plot.y_range, end=float(largest) + 1)


def words(model: Unrolled) -> str:
    """What the present window leaves out, as HTML."""
    totals, window = model.truncated(), min(model.window, model.n_steps)
    if model.n_steps == 1:
        return "<p class=help>There is one copy, and nothing to cut off.</p>"
    if window == model.n_steps:
        kept = f"The window of {model.window} reaches back through all {model.n_steps} copies: nothing is cut off."
        return f"<p class=help>{kept}</p>"
    off = f", off by {percent(abs(totals[window - 1] / totals[-1] - 1))}" if totals[-1] else ""
    return (
        f"<p class=help>With a window of {window}, ∂F/∂{pretty(model.chosen)} = <b>{plain(totals[window - 1])}</b> "
        f"instead of <b>{plain(totals[-1])}</b>{off}.</p>"
    )
