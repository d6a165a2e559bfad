"""How α is learned: the loss with the path of the descent, and the gradient's recursion backwards in time (P12.3)."""

import numpy as np
from bokeh.models import Line, Segment

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import Stack, chart, rule
from app.parts.picture import Picture
from app.parts.plots import Strip
from engine import gamma
from lessons.gamma.glyphs import drop_dots, fit_strip, points
from lessons.gamma.model import Gamma, Result

ALPHAS = np.linspace(0, 2, 161)


class LearningCharts:
    """`charts` are two plots of the descent, `strips` those of the gradient on the time axis."""

    def __init__(self, stack: Stack) -> None:
        self.curve = empty("alpha", "loss")
        self.path = empty("step", "alpha", "loss", "size", "x0", "x1", "y0", "y1")
        self.loss = chart(
            "loss",
            "Loss F(α) and the path of the descent",
            x_label="α",
            y_label="loss F",
            x_limits=(0, 2),
            y_limits=(0, 1),
        )
        self.walk = chart(
            "walk",
            "α after each step",
            x_label="steps of descent",
            y_label="α",
            x_limits=(0, 10),
            y_limits=(-0.05, 2.05),
        )
        self.targets = [rule(self.loss.plot, 0, "height", "target"), rule(self.walk.plot, 0, "width", "target")]
        look = {"line_color": LIGHT["gradient"], "line_width": 2}
        self.loss.plot.add_glyph(self.curve, Line(x="alpha", y="loss", line_color=LIGHT["state"], line_width=2))
        self.loss.plot.add_glyph(self.path, Segment(x0="x0", x1="x1", y0="y0", y1="y1", **look))
        self.walk.plot.add_glyph(self.path, Line(x="step", y="alpha", **look))
        for plotted, x, y in ((self.loss, "alpha", "loss"), (self.walk, "step", "alpha")):
            points(plotted, self.path, x, y, "gradient", size="size", fill_alpha=0.6, line_alpha=0.6)
        self.charts = [self.loss, self.walk]
        self.strips = _recursion_strips(stack)

    def show(self, m: Gamma, picture: Picture) -> None:
        r = m.result
        self._show_descent(r, picture)
        learned, *recursion = self.strips
        fit_strip(picture, learned, np.append(r.gradient.output, r.d))
        for strip, values in zip(recursion, (r.gradient.error, r.gradient.dF_da, r.gradient.terms), strict=True):
            fit_strip(picture, strip, values)
        for target in self.targets:
            picture.change(target, location=m.target_alpha)

    def _show_descent(self, r: Result, picture: Picture) -> None:
        alpha, loss, last = r.descent.alpha, r.descent.loss, r.descent.alpha.size - 1
        curve, now = gamma.loss_curve(r.x, r.d, ALPHAS), np.arange(last + 1) == last
        top = 1.15 * max(float(loss.max()), float(curve[0]), 1e-3)
        picture.put(self.curve, {"alpha": ALPHAS, "loss": np.where(curve < 3 * top, curve, np.nan)})
        # the tangent goes through the last point only
        half, rise = 0.12, 0.12 * r.descent.gradient
        picture.put(
            self.path,
            {
                "step": np.arange(last + 1),
                "alpha": alpha,
                "loss": loss,
                "size": np.where(now, 13, 6),
                "x0": np.where(now, alpha - half, np.nan),
                "x1": alpha + half,
                "y0": loss - rise,
                "y1": loss + rise,
            },
        )
        picture.fit(self.loss.plot.y_range, include=(0, top))
        picture.fit(self.walk.plot.x_range, include=(0, max(10, last)), pad=0.02)


def _recursion_strips(stack: Stack) -> list[Strip]:
    """Output and target, error, total derivative and terms."""
    learned = stack.strip(
        "a_learned",
        "â, d",
        "state",
        title="Output â(t) of the learning element and target d(t)",
        height=60,
        kind="line",
    )
    drop_dots(learned)
    stack.trace(learned, "d", "target", kind="line", dash="dashed", pin=False)
    error = stack.strip("e", "e", "state", title="Error e(t) = d(t) − â(t)", height=50)
    backwards = stack.strip("dF_da", "∂F/∂â", "gradient", title="∂F/∂â(t), backwards in time", height=56)
    # a long label beside a long number would push its plot out of line with the others
    backwards.plot.left[0].update(axis_label_text_font_size="11px", axis_label_standoff=-3)
    terms = stack.strip(
        "term",
        "term",
        "gradient",
        title="Terms of ∂F/∂α",
        height=56,
        kind="bar",
        last=True,
        axis_label="time step t",
    )
    return [learned, error, backwards, terms]
