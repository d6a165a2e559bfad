"""Clipping and rescaling: charts of the loss cliff with two descents and of five terms, and their numbers."""

import numpy as np
from bokeh.models import ColumnDataSource, ImageRGBA, Line, Scatter, Text, VBar
from bokeh.transform import dodge

from app.parts.charts import empty, whole_steps
from app.parts.colours import LIGHT
from app.parts.figures import FONT, chart
from app.parts.numbers import Block, number, plain
from app.parts.ranges import change, fit
from engine import cliff, remedies
from engine.cliff import Descent
from lessons.vanishing import topics
from lessons.vanishing.model import Vanishing

W_SPAN, B_SPAN = (3.5, 6.5), (-3.5, 1.0)
GRID = 110
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

    def __init__(self):
        self.image = ColumnDataSource({"image": [np.zeros((1, 1), dtype=np.uint32)]})
        self.paths = [empty("step", "w", "b", "log10_loss", "size") for _ in PATHS]
        self.drawn_for = 0
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
                look = {"line_color": LIGHT[role], "line_dash": dash, "line_width": 2}
                strip.plot.add_glyph(source, Line(x=x, y=y, line_alpha=0.6, **look))
                strip.plot.add_glyph(source, Scatter(x=x, y=y, size="size", fill_color=LIGHT[role], line_color=None))
        self.strips = [self.plane, self.loss]

    def show(self, descents: tuple[Descent, Descent], n_steps: int) -> None:
        if self.drawn_for != n_steps:
            self.drawn_for = n_steps
            surface = topics.surface((*W_SPAN, GRID), (*B_SPAN, GRID), n_steps)
            self.image.data = {"image": [shades(surface, -2.4, -0.2)]}
        for source, descent in zip(self.paths, descents, strict=True):
            steps = np.arange(descent.w.size)
            log10_loss = np.log10(np.maximum(descent.loss, 1e-12))
            source.data = {
                "step": steps,
                "w": descent.w,
                "b": descent.b,
                "log10_loss": log10_loss,
                "size": np.where(steps == steps[-1], 11, 4),
            }
        last = max(10, descents[0].w.size - 1)
        change(self.loss.plot.x_range, start=-0.03 * last, end=1.03 * last)
        losses = np.concatenate([descent.loss for descent in descents])
        fit(self.loss.plot.y_range, np.log10(np.maximum(losses, 1e-6)), include=(-2, 0), pad=0.05)


class RescaleChart:
    """Five terms of a sum, before and after all are multiplied by what makes the sum 1."""

    def __init__(self):
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

    def show(self, decay: float) -> None:
        before = terms(decay)
        after = remedies.rescale(before).terms
        self.source.data = {
            "lag": np.arange(TERMS),
            "before": before,
            "after": after,
            "before_text": [plain(value, 2) for value in before],
            "after_text": [plain(value, 2) for value in after],
        }


def terms(decay: float) -> np.ndarray:
    """1, r, r², … : what each lag adds to a gradient, (TERMS,)."""
    return decay ** np.arange(TERMS)


def descent_block(m: Vanishing) -> Block:
    """The present gradient on the cliff, clipped or not, and the next w and b."""
    r = m.result
    path = r.descents[0 if m.clip else 1]
    w, b = float(path.w[-1]), float(path.b[-1])
    g = cliff.gradient(w, b, n_steps=m.n_steps)
    norm = float(np.hypot(g.dF_dw, g.dF_db))
    lines = [
        f"<i>w</i> = {number(w)}, <i>b</i> = {number(b)}",
        f"F = ({number(r.h[-1, 0])} − {topics.TARGET})² = <b>{number(g.loss)}</b>",
        f"∂F/∂<i>w</i> = {number(g.dF_dw, 'gradient')}, ∂F/∂<i>b</i> = {number(g.dF_db, 'gradient')}",
        f"‖<i>g</i>‖ = √({_signed(g.dF_dw)}² + {_signed(g.dF_db)}²) = {number(norm, 'gradient')}",
    ]
    used = np.array([g.dF_dw, g.dF_db])
    if m.clip and norm > m.threshold:
        used = remedies.clip_by_norm(used, m.threshold).gradient
        limit = number(m.threshold)
        lines += [
            f"‖<i>g</i>‖ &gt; θ = {limit}: <i>g</i> ← <i>g</i>·{limit}/{number(norm)}",
            f"&emsp;= ({number(used[0], 'gradient')}, {number(used[1], 'gradient')})",
        ]
    rate = number(m.learning_rate)
    lines += [
        f"<i>w</i> ← {number(w)} − {rate}·{_signed(used[0])} = <b>{number(w - m.learning_rate * used[0])}</b>",
        f"<i>b</i> ← {number(b)} − {rate}·{_signed(used[1])} = <b>{number(b - m.learning_rate * used[1])}</b>",
    ]
    small = m.clip and norm <= m.threshold
    note = f"‖g‖ is not above θ = {plain(m.threshold)}: nothing to clip." if small else ""
    return Block(f"After {m.descent_steps} steps of descent", lines, note)


def rescale_block(m: Vanishing) -> Block:
    values = terms(m.decay)
    scaled = remedies.rescale(values)
    total = " + ".join(number(value, digits=2) for value in values)
    last = f"{number(values[-1])}/{number(scaled.total, digits=5)}"
    return Block(
        "Rescaling",
        [
            f"sum = {total}",
            f"&emsp;= {number(scaled.total, digits=5)}",
            f"fifth term: {last} = <b>{number(scaled.terms[-1], digits=3)}</b>",
            f"fifth / first = {number(values[-1] / values[0])}, as before",
        ],
    )


def _signed(value: float) -> str:
    """A number inside a sum or product."""
    return number(value, signed=True)
