"""Clipping and rescaling: charts of the loss cliff with two descents, and of five terms."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, ImageRGBA, Line, Scatter, Text, VBar
from bokeh.transform import dodge

from app.parts.charts import empty, whole_steps
from app.parts.colours import LIGHT
from app.parts.figures import chart
from app.parts.numbers import plain
from app.parts.picture import Picture
from app.parts.plots import FONT
from engine import remedies
from engine.cliff import Descent
from lessons.vanishing.topics import B_SPAN, W_SPAN

TERMS = 5
GREY = (91, 100, 120)  # at part opacity, so that it darkens a light card and lightens a dark one
PATHS = (("clipped", "gradient", "solid"), ("unclipped", "alarm", "dashed"))


def shades(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values as an image of one grey whose opacity says how large they are, (rows, columns) of packed RGBA."""
    share = np.clip((values - low) / (high - low), 0, 1)
    image = np.empty((*values.shape, 4), dtype=np.uint8)
    image[..., :3] = GREY
    image[..., 3] = np.round(200 * share)
    return image.view(np.uint32)[..., 0]


class CliffCharts:
    """The loss over w and b with the paths of both descents, and the loss after each step."""

    def __init__(self) -> None:
        self.image = ColumnDataSource({"image": [np.zeros((1, 1), dtype=np.uint32)]})
        self.paths = [empty("step", "w", "b", "log10_loss", "size") for _ in PATHS]
        self.plane = chart(
            "cliff",
            "Loss over w and b (grey: large)",
            x_label="w",
            y_label="b",
            x_limits=W_SPAN,
            y_limits=B_SPAN,
            height=250,
        )
        self.loss = chart(
            "cliff_loss",
            "Loss after each step",
            x_label="steps of descent",
            y_label="log₁₀ of the loss",
            x_limits=(0, 10),
            y_limits=(-4, 0),
            height=250,
        )
        self.plane.plot.add_glyph(
            self.image,
            ImageRGBA(image="image", x=W_SPAN[0], y=B_SPAN[0], dw=W_SPAN[1] - W_SPAN[0], dh=B_SPAN[1] - B_SPAN[0]),
        )
        for source, (_, role, dash) in zip(self.paths, PATHS, strict=True):
            for strip, x, y in ((self.plane, "w", "b"), (self.loss, "step", "log10_loss")):
                look: dict[str, Any] = {"line_color": LIGHT[role], "line_dash": dash, "line_width": 2}
                strip.plot.add_glyph(source, Line(x=x, y=y, line_alpha=0.6, **look))
                strip.plot.add_glyph(source, Scatter(x=x, y=y, size="size", fill_color=LIGHT[role], line_color=None))
        self.strips = [self.plane, self.loss]

    def show(self, picture: Picture, surface: np.ndarray, descents: tuple[Descent, ...]) -> None:
        """surface: log10 of the loss, rows along b; descents: with and without clipping."""
        picture.put(self.image, {"image": [shades(surface, -2.4, -0.2)]})
        for source, descent in zip(self.paths, descents, strict=True):
            steps = np.arange(descent.w.size)
            log10_loss = np.log10(np.maximum(descent.loss, 1e-12))
            picture.put(
                source,
                {
                    "step": steps,
                    "w": descent.w,
                    "b": descent.b,
                    "log10_loss": log10_loss,
                    "size": np.where(steps == steps[-1], 11, 4),
                },
            )
        last = max(10, descents[0].w.size - 1)
        picture.change(self.loss.plot.x_range, start=-0.03 * last, end=1.03 * last)
        losses = np.concatenate([descent.loss for descent in descents])
        picture.fit(self.loss.plot.y_range, np.log10(np.maximum(losses, 1e-6)), include=(-2, 0), pad=0.05)


class RescaleChart:
    """Five terms of a sum, before and after all are multiplied by what makes the sum 1."""

    def __init__(self) -> None:
        self.source = empty("lag", "before", "after", "before_text", "after_text")
        self.chart = chart(
            "rescale",
            "The terms before (grey) and after",
            x_label="lag (steps)",
            y_label="term",
            x_limits=(-0.6, TERMS - 0.4),
            y_limits=(0, 1.2),
            height=230,
        )
        whole_steps(self.chart)
        for name, role, shift, lift in (("before", "target", -0.22, -3), ("after", "gradient", 0.22, -16)):
            bars = VBar(x=dodge("lag", shift), top=name, width=0.4, fill_color=LIGHT[role], line_color=None)
            self.chart.plot.add_glyph(self.source, bars)
            number = Text(
                x=dodge("lag", shift),
                y=name,
                text=f"{name}_text",
                text_align="center",
                y_offset=lift,
                text_color=LIGHT["muted" if role == "target" else role],
                text_font={"value": FONT},
                text_font_size="11px",
            )
            self.chart.plot.add_glyph(self.source, number)
        self.strips = [self.chart]

    def show(self, picture: Picture, decay: float) -> None:
        before = terms(decay)
        after = remedies.rescale(before).terms
        picture.put(
            self.source,
            {
                "lag": np.arange(TERMS),
                "before": before,
                "after": after,
                "before_text": [plain(value, 2) for value in before],
                "after_text": [plain(value, 2) for value in after],
            },
        )


def terms(decay: float) -> np.ndarray:
    """1, r, r², … : what each lag adds to a gradient, (TERMS,)."""
    return decay ** np.arange(TERMS)
