"""Stacked plots on one time axis, and single charts: built once, fed by one data source per group.

Low-level Bokeh models are used because a `figure` with its selection glyphs costs three times as much to open. They are
the same for all readers; what a reader's settings change goes into a `Picture`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from bokeh.models import (
    BasicTicker,
    BoxAnnotation,
    ColumnDataSource,
    CustomJSTickFormatter,
    FixedTicker,
    Grid,
    Line,
    LinearAxis,
    Plot,
    Range1d,
    Scatter,
    Segment,
    Span,
    VBar,
)

from app.parts.colours import LIGHT
from app.parts.picture import Picture

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MATH_FONT = "Georgia, 'Times New Roman', serif"
LEFT_BORDER = 78
AXIS_HEIGHT = 34
# Tick labels of at most five characters: a longer one would push its plot out of line with the others.
SHORT_NUMBERS = """
const size = Math.abs(tick)
const text = size && size < 1e-3 ? tick.toExponential(0)
  : size >= 1e6 ? tick / 1e6 + "M"
  : size >= 1e4 ? tick / 1e3 + "k"
  : String(Number(tick.toPrecision(3)))
return text.replaceAll("-", "−")
"""


@dataclass
class Strip:
    """One plot of a stack or one chart: what the page needs to place, name, edit and export it."""

    name: str
    title: str
    plot: Plot
    height: int = 0  # without the time axis, in pixels
    label: str = ""
    edits: str = ""  # the sequence parameter that a click or drag on the plot sets
    paints: str = ""  # the column that a stroke changes at once, where it is not the strip's own
    predicts: str = ""  # the trace that the reader can be asked to predict here
    binary: bool = False  # a prediction drawn here snaps to 0 and 1
    timed: bool = True  # x is the time axis: the plot carries the cursor
    hint: str = ""
    columns: list[str] = field(default_factory=list)  # what its traces draw


@dataclass
class Card:
    """A titled group of plots on the stage."""

    title: str
    strips: list[Strip] = field(default_factory=list)
    help: str = ""
    key: str = ""
    player: str = ""  # a whole-number parameter that the card plays, pauses and steps
    wide: bool = True  # False: the card's plots stand side by side where there is room
    table: bool = False  # the view's `tables` has HTML for this card's key
    leads: bool = False  # while it is shown it stands before the stack


def base_plot(name: str, height: int, x_range: Range1d, y_range: Range1d) -> Plot:
    """An empty plot with the house's margins and no toolbar."""
    return Plot(
        name=name,
        height=height,
        x_range=x_range,
        y_range=y_range,
        sizing_mode="stretch_width",
        toolbar_location=None,
        min_border_left=LEFT_BORDER,
        min_border_right=14,
        min_border_top=6,
        min_border_bottom=4,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
    )


def add_axis(
    plot: Plot,
    side: str,
    label: str = "",
    *,
    ticks: int = 3,
    colour: str = LIGHT["muted"],
    tickers=None,
    visible: bool = True,
) -> LinearAxis:
    """A quiet axis; `side` is left (with a hairline grid) or below."""
    axis = LinearAxis(
        ticker=tickers or BasicTicker(desired_num_ticks=ticks, num_minor_ticks=0),
        axis_line_color=None,
        major_tick_line_color=None,
        minor_tick_line_color=None,
        major_label_text_color=LIGHT["muted"],
        major_label_text_font=FONT,
        major_label_text_font_size="11px",
        axis_label=label or None,
        axis_label_text_color=colour,
        axis_label_text_font=FONT,
        axis_label_text_font_style="normal",
        axis_label_text_font_size="12px",
        visible=visible,
        axis_label_standoff=4,
    )
    if side == "left":
        axis.formatter = CustomJSTickFormatter(code=SHORT_NUMBERS)
    plot.add_layout(axis, side)
    if side == "left":
        plot.add_layout(Grid(axis=axis, dimension=1, grid_line_color=LIGHT["line"]))
    return axis


class Stack:
    """Plots over the time steps 1…T that share source, time axis and cursor."""

    def __init__(self, key: str = "time"):
        self.key = key
        self.source = ColumnDataSource(name=f"{key}-source")
        self.prediction = ColumnDataSource({"t": [], "prediction": []}, name=f"{key}-prediction")
        self.pinned = ColumnDataSource({"t": []}, name=f"{key}-pinned")
        self.x_range = Range1d(0.5, 13.5, name=f"{key}-x")
        self.band = BoxAnnotation(
            left=0.5,
            right=1.5,
            fill_color=LIGHT["band"],
            fill_alpha=0.55,
            line_color=None,
            level="underlay",
            name=f"{key}-band",
        )
        self.strips: list[Strip] = []

    def strip(
        self,
        name: str,
        label: str,
        role: str,
        *,
        title: str,
        height: int = 43,
        limits=(0.0, 1.0),
        kind: str = "stem",
        column: str = "",
        edits: str = "",
        paints: str = "",
        predicts: str = "",
        binary: bool = False,
        ticks: int = 2,
        last: bool = False,
        axis_label: str = "",
        hint: str = "",
        at=None,
    ) -> Strip:
        """One plot of the stack. `label` stands beside the axis in the colour of `role`; `at` fixes the ticks."""
        height += 12 if hint else 0
        plot = base_plot(name, height + (AXIS_HEIGHT if last else 0), self.x_range, Range1d(*limits))
        plot.min_border_top = 18 if hint else 6
        tickers = FixedTicker(ticks=list(at)) if at else None
        add_axis(plot, "left", label, ticks=ticks, colour=LIGHT[role], tickers=tickers).update(
            axis_label_text_font=MATH_FONT,
            axis_label_text_font_style="italic",
            axis_label_orientation="horizontal",
            axis_label_text_font_size="15px" if len(label) < 3 else "13px",
        )
        # min_interval: there is no half step.
        whole = BasicTicker(desired_num_ticks=12, num_minor_ticks=0, min_interval=1)
        add_axis(plot, "below", axis_label or "time step", tickers=whole, visible=last)
        plot.add_layout(self.band)
        strip = Strip(name, title, plot, height, label, edits, paints or name, predicts, binary, hint=hint)
        self.strips.append(strip)
        self.trace(strip, column or name, role, kind=kind)
        if predicts:
            glyph = Scatter(
                x="t",
                y="prediction",
                size=9,
                marker="diamond",
                fill_color=LIGHT["prediction"],
                line_color=LIGHT["prediction"],
            )
            plot.add_glyph(self.prediction, glyph)
            plot.add_glyph(
                self.prediction,
                Line(x="t", y="prediction", line_color=LIGHT["prediction"], line_width=1.5, line_dash="dashed"),
            )
        return strip

    def trace(
        self,
        strip: Strip,
        column: str,
        role: str,
        *,
        kind: str = "stem",
        dash: str = "solid",
        alpha: float = 1.0,
        pin: bool = True,
    ) -> None:
        """Add a trace to a strip: `stem`, `line` (with dots), `step` dots or `bar`."""
        colour, plot = LIGHT[role], strip.plot
        strip.columns.append(column)
        if pin:
            self.pinned.data[column] = []
            plot.add_glyph(self.pinned, Line(x="t", y=column, line_color=LIGHT["target"], line_width=1.5))
        if kind == "stem":
            plot.add_glyph(
                self.source,
                Segment(x0="t", x1="t", y0=0, y1=column, line_color=colour, line_width=2.5, line_alpha=alpha),
            )
        elif kind == "line":
            plot.add_glyph(
                self.source, Line(x="t", y=column, line_color=colour, line_width=2, line_dash=dash, line_alpha=alpha)
            )
        elif kind == "bar":
            plot.add_glyph(
                self.source,
                VBar(x="t", top=column, bottom=0, width=0.7, fill_color=colour, line_color=None, fill_alpha=alpha),
            )
        if kind in ("stem", "dots", "line") and dash == "solid":
            plot.add_glyph(
                self.source,
                Scatter(
                    x="t",
                    y=column,
                    size=8,
                    fill_color=colour,
                    line_color=colour,
                    fill_alpha=alpha,
                    line_alpha=alpha,
                    name="dot",
                ),
            )

    def show(
        self, picture: Picture, group: list[Strip], shown: list[Strip], heights: Mapping[str, int] | None = None
    ) -> None:
        """Of a group of strips show only some; the lowest of them carries the time axis.

        heights: of strips by name, in pixels, where they are not those that they were built with.
        """
        for strip in group:
            lowest = bool(shown) and strip is shown[-1]
            height = (heights or {}).get(strip.name, strip.height)
            picture.change(strip.plot, visible=strip in shown, height=height + (AXIS_HEIGHT if lowest else 0))
            picture.change(strip.plot.below[0], visible=lowest)

    def marks(self, strip: Strip, column: str, role: str = "alarm", marker: str = "x") -> None:
        """Marks (not a trace) on a strip, one where `column` is a number."""
        strip.plot.add_glyph(
            self.source,
            Scatter(
                x="t",
                y=column,
                size=13,
                marker=marker,
                line_color=LIGHT[role],
                fill_color=None,
                line_width=2,
                name="mark",
            ),
        )

    def update(self, picture: Picture, columns: dict[str, np.ndarray], n_steps: int) -> None:
        """All traces; the time axis follows T."""
        picture.put(self.source, columns)
        picture.change(self.x_range, start=0.5, end=n_steps + 0.5)


def chart(
    name: str, title: str, *, x_label: str, y_label: str, x_limits, y_limits, height: int = 220, ticks: int = 5
) -> Strip:
    """A plot of its own, with labels and units on both axes."""
    plot = base_plot(name, height, Range1d(*x_limits), Range1d(*y_limits))
    plot.min_border_bottom = 40
    add_axis(plot, "left", y_label, ticks=ticks)
    add_axis(plot, "below", x_label, ticks=6)
    return Strip(name, title, plot, timed=False)


def rule(plot: Plot, at: float, dimension: str = "width", role: str = "muted", dash: str = "dashed") -> Span:
    """A fixed reference line across a plot."""
    span = Span(location=at, dimension=dimension, line_color=LIGHT[role], line_dash=dash, line_width=1)
    plot.add_layout(span)
    return span
