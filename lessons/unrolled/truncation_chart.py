"""The error that truncated BPTT makes, against its window."""

from typing import Any

import numpy as np
from bokeh.models import BasicTicker, FixedTicker, Line, Scatter

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.numbers import plain
from app.parts.picture import Picture
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result
from lessons.unrolled.weights import pretty
from lessons.unrolled.words import ROUNDING, percent

EXACT = -17.0  # where an error of exactly 0 is drawn on the logarithmic axis


class TruncationChart:
    """Relative error of the chosen weight's derivative, and of all of W, for every window."""

    def __init__(self) -> None:
        self.errors = empty("window", "one", "all")
        self.strip = chart(
            "truncation", "Error that truncation makes", x_label="window (copies)", y_label="log₁₀ of relative error",
            x_limits=(0.5, 20.5), y_limits=(EXACT - 0.8, 1), height=210,
        )  # fmt: skip
        plot: Any = self.strip.plot
        for column, role, dash in (("all", "target", "dashed"), ("one", "gradient", "solid")):
            look: dict[str, Any] = {"line_color": LIGHT[role], "line_width": 2, "line_dash": dash}
            plot.add_glyph(self.errors, Line(x="window", y=column, **look))
            dot = Scatter(x="window", y=column, size=6, fill_color=LIGHT[role], line_color=LIGHT[role])
            plot.add_glyph(self.errors, dot)
        plot.below[0].ticker = BasicTicker(desired_num_ticks=10, num_minor_ticks=0, min_interval=1)
        plot.left[0].update(
            ticker=FixedTicker(ticks=[EXACT, -12, -8, -4, 0, 4]), major_label_overrides={EXACT: "exact"}
        )
        self.at_window = rule(plot, 20, "height")

    def show(self, picture: Picture, m: UnrolledParameters, r: Result) -> None:
        """Errors of all windows, and the present window."""
        totals, plot = r.truncated(), self.strip.plot
        exact = totals[-1]
        one = np.abs(totals - exact) / (abs(exact) or np.nan)
        both = {"one": one, "all": r.truncation_error()}
        with np.errstate(divide="ignore"):
            logs = {name: np.maximum(np.log10(error), EXACT) for name, error in both.items()}
        picture.put(self.errors, {"window": m.time, **logs})
        picture.change(plot.x_range, end=max(m.n_steps, 2) + 0.5)
        picture.change(self.at_window, location=min(m.window, m.n_steps))
        largest = np.nanmax([0.0, *(value for values in logs.values() for value in values)])
        picture.change(plot.y_range, end=float(largest) + 1)


def words(m: UnrolledParameters, r: Result) -> str:
    """What the present window leaves out, as HTML."""
    totals, window = r.truncated(), min(m.window, m.n_steps)
    if m.n_steps == 1:
        return "<p class=help>There is one copy, and nothing to cut off.</p>"
    if window == m.n_steps:
        kept = f"The window of {m.window} reaches back through all {m.n_steps} copies: nothing is cut off."
        return f"<p class=help>{kept}</p>"
    cut, total = plain(totals[window - 1]), plain(totals[-1])
    if cut == total:
        same = f"With a window of {window}, ∂F/∂{pretty(r.chosen)} = <b>{cut}</b>, the same digits as without one."
        return f"<p class=help>{same}</p>"
    # a total that is only rounding is no measure
    known = abs(totals[-1]) > ROUNDING * np.abs(r.terms()).sum()
    off = f", off by {percent(abs(totals[window - 1] / totals[-1] - 1))}" if known else ""
    return (
        f"<p class=help>With a window of {window}, ∂F/∂{pretty(r.chosen)} = <b>{cut}</b> "
        f"instead of <b>{total}</b>{off}.</p>"
    )
