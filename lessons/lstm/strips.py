"""The strips of the LSTM page: input, gates and states; a cell beside its gate on two axes; five gradients in one."""

from typing import Any

import numpy as np
from bokeh.models import FixedTicker, Legend, LegendItem, Line, Range1d, Scatter

from app.parts.colours import LIGHT
from app.parts.figures import Stack
from app.parts.picture import Picture
from app.parts.plots import FONT, MATH_FONT, Strip, add_axis
from lessons.lstm.charts import LINES, TextStrip

# Variants: column, label beside the axis, title, and the column of what keeps the old state.
VARIANT_STRIPS = (
    ("full", "full", "Cell with all gates, dashed its forget gate", "f_full"),
    ("no_forget_gate", "no f", "Cell without forget gate", ""),
    ("peephole", "peephole", "Cell with peepholes, dashed its forget gate", "f_peephole"),
    ("coupled_gates", "i=1−f", "Cell with coupled gates, dashed the forget gate", "f_coupled_gates"),
    ("gru", "GRU", "Output of the GRU, dashed its update gate z", "z_gru"),
)
KEEPS = tuple(keeps for *_, keeps in VARIANT_STRIPS if keeps)
GATE_AXIS, NO_AXIS = 44, 14  # pixels right of the plots, with and without an axis for a gate
PAD = 0.18


def all_strips(stack: Stack) -> tuple[dict[str, Strip], TextStrip]:
    """All strips of the page by name, from top to bottom, and the text among them."""
    strips = _input_strips(stack)
    text = TextStrip(stack)
    strips |= {"text": text.strip} | _state_strips(stack)
    strips |= {"cell": gradient_strip(stack)} | variant_strips(stack)
    return strips, text


def _input_strips(stack: Stack) -> dict[str, Strip]:
    return {
        "x": stack.strip(
            "x",
            "x",
            "input",
            title="Input x(t)",
            edits="x",
            hint="click or drag to edit",
            limits=(-1.3, 1.3),
            at=(-1, 0, 1),
        ),
        "mark": stack.strip(
            "mark",
            "mark",
            "input",
            title="Mark",
            edits="mark",
            height=30,
            binary=True,
            limits=(-0.38, 1.38),
            at=(0, 1),
        ),
    }


def _state_strips(stack: Stack) -> dict[str, Strip]:
    """Gates, candidate, cell, output and readout."""
    gate: dict[str, Any] = {"limits": (-0.28, 1.28), "at": (0, 1), "height": 36}
    strip = stack.strip
    strips = {
        "i": strip("i", "i", "input_gate", title="Input gate i(t)", **gate),
        "f": strip("f", "f", "forget_gate", title="Forget gate f(t)", **gate),
        "g": strip("g", "g", "candidate", title="Candidate g(t)", height=38, limits=(-1.5, 1.5), at=(-1, 1)),
        "o": strip("o", "o", "output_gate", title="Output gate o(t)", **gate),
        "c": strip("c", "c", "state", title="Cell c(t)", height=72, ticks=3, predicts="c"),
        "h": strip("h", "h", "state", title="Output h(t)", height=38, limits=(-1.5, 1.5), at=(-1, 1)),
        "y": strip("y", "y", "state", title="Readout y(t), dashed what the task asks for", height=48, at=(0, 1)),
    }
    stack.trace(strips["y"], "d", "target", kind="line", dash="dashed", pin=False)
    ring = Scatter(x="t", y="d_alone", size=10, fill_color=None, line_color=LIGHT["target"], line_width=2)
    # at the last step and the highest value: not cut off where the plot ends
    strips["y"].plot.add_glyph(stack.source, ring, level="overlay")
    return strips


def variant_strips(stack: Stack) -> dict[str, Strip]:
    """A strip for each variant: its state, and dashed the gate that keeps it, on an axis of its own."""
    strips = {}
    for name, label, title, keeps in VARIANT_STRIPS:
        strips[name] = stack.strip(name, label, "state", title=title, height=52, last=True, at=(0, 1),
                                   axis_label="time step t (dashed: the gate that keeps)")  # fmt: skip
        # label and tick labels together must not be wider than the border
        strips[name].plot.left[0].update(axis_label=label.replace("peephole", "peep-\nhole"), axis_label_standoff=1,
                                         axis_label_text_font_size="11px", major_tick_out=1)  # fmt: skip
        if keeps:
            _gate_line(stack, strips[name], keeps)
    return strips


def _gate_line(stack: Stack, strip: Strip, column: str) -> None:
    strip.plot.extra_y_ranges = {"gate": Range1d(-0.1, 1.1)}
    line = Line(x="t", y=column, line_color=LIGHT["forget_gate"], line_width=2, line_dash="dashed")
    strip.plot.add_glyph(stack.source, line, y_range_name="gate")
    ticks = FixedTicker(ticks=[0, 1])
    axis = add_axis(strip.plot, "right", column[0], colour=LIGHT["forget_gate"], tickers=ticks)
    axis.update(y_range_name="gate", major_label_text_color=LIGHT["forget_gate"], axis_label_text_font=MATH_FONT,
                axis_label_text_font_style="italic", axis_label_orientation="horizontal")  # fmt: skip


def gradient_strip(stack: Stack) -> Strip:
    """The five ways back in one plot, with a key to them."""
    first, *others = LINES
    strip = stack.strip(first.column, "log₁₀", first.role, height=180, kind="line", ticks=5, last=True,
                        title="log₁₀ of the derivatives of step T by step k", axis_label="step k")  # fmt: skip
    strip.plot.left[0].axis_label_orientation = "vertical"  # beside ticks like −1000
    for line in others:
        stack.trace(strip, line.column, line.role, kind="line", dash=line.dash, pin=False)
    drawn = {renderer.glyph.y: renderer for renderer in strip.plot.renderers
             if isinstance(renderer.glyph, Line) and renderer.data_source is stack.source}  # fmt: skip
    # above: wherever it stood inside, some network's lines would run through it
    items = [LegendItem(label=line.name.split(", ")[-1], renderers=[drawn[line.column]]) for line in LINES]
    strip.plot.add_layout(Legend(
        items=items, ncols=3, label_text_font=FONT, label_text_font_size="11px", label_text_color=LIGHT["muted"],
        label_height=11, glyph_height=11, glyph_width=16, label_standoff=4, background_fill_color=None,
        border_line_color=None, spacing=6, padding=0, margin=2,
    ), "above")  # fmt: skip
    return strip


def fit_low(picture: Picture, strip: Strip, *arrays: np.ndarray, include: tuple[float, ...] = (0.0,)) -> None:
    """Fit a low plot, which has room for two tick labels."""
    low, high = picture.fit(strip.plot.y_range, *arrays, include=include, pad=PAD)
    margin = PAD / (1 + 2 * PAD) * (high - low)
    picture.change(strip.plot.left[0].ticker, ticks=[round(low + margin, 9), round(high - margin, 9)])
