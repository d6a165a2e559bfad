"""Stacked plots on one time axis, and single charts: built once, fed by one data source per group.

Low-level Bokeh models are used because a `figure` with its selection glyphs costs three times as much to open. They are
the same for all readers; what a reader's settings change goes into a `Picture`.
"""

from collections.abc import Mapping

import numpy as np
from bokeh.core.properties import field
from bokeh.models import (
    BasicTicker,
    BoxAnnotation,
    ColumnDataSource,
    FixedTicker,
    Glyph,
    Line,
    MultiLine,
    Plot,
    Range1d,
    Scatter,
    Segment,
    Span,
    VBar,
)

from app.parts.colours import LIGHT
from app.parts.picture import Picture
from app.parts.plots import AXIS_HEIGHT, MATH_FONT, Strip, add_axis, base_plot


class Stack:
    """Plots over the time steps 1…T that share source, time axis and cursor."""

    def __init__(self, key: str = "time"):
        self.key = key
        self.source = ColumnDataSource(name=f"{key}-source")
        self.prediction = ColumnDataSource({"t": [], "prediction": []}, name=f"{key}-prediction")
        self.pinned = ColumnDataSource({"t": [], "dash": []}, name=f"{key}-pinned")  # a row for each pinned state
        self.gap = ColumnDataSource({"t": [], "y": [], "size": []}, name=f"{key}-gap")  # a first wrong step
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
        for glyph in _drawn_by_hand() if predicts else ():
            plot.add_glyph(self.prediction, glyph)
        for glyph in _gap() if predicts else ():
            plot.add_glyph(self.gap, glyph)
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
            plot.add_glyph(
                self.pinned,
                MultiLine(xs="t", ys=column, line_color=LIGHT["muted"], line_width=1.5, line_dash=field("dash")),
            )
        for glyph in _glyphs(column, colour, kind, dash, alpha):
            plot.add_glyph(self.source, glyph)

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


def _drawn_by_hand() -> list[Glyph]:
    """A prediction: diamonds on a dashed line."""
    colour = LIGHT["prediction"]
    return [
        Scatter(x="t", y="prediction", size=9, marker="diamond", fill_color=colour, line_color=colour),
        Line(x="t", y="prediction", line_color=colour, line_width=1.5, line_dash="dashed"),
    ]


def _gap() -> list[Glyph]:
    """What was said and what is there at one step: two rings, and a line from one to the other."""
    colour = LIGHT["alarm"]
    return [
        Line(x="t", y="y", line_color=colour, line_width=3),
        Scatter(x="t", y="y", size="size", fill_color=None, line_color=colour, line_width=3, name="gap"),
    ]


def _glyphs(column: str, colour: str, kind: str, dash: str, alpha: float) -> list[Glyph]:
    """What a trace is drawn with: its stems, line or bars, and its dots on top."""
    line = {"line_color": colour, "line_alpha": alpha}
    fill = {"fill_color": colour, "fill_alpha": alpha}
    shapes = {
        "stem": lambda: Segment(x0="t", x1="t", y0=0, y1=column, line_width=2.5, **line),
        "line": lambda: Line(x="t", y=column, line_width=2, line_dash=dash, **line),
        "bar": lambda: VBar(x="t", top=column, bottom=0, width=0.7, **fill | {"line_color": None}),
    }
    found = [shapes[kind]()] if kind in shapes else []
    if kind in ("stem", "dots", "line") and dash == "solid":
        found.append(Scatter(x="t", y=column, size=8, name="dot", **fill, **line))
    return found
