"""Errors of the trained network: over the stages of its training, and over the steps ahead."""

from typing import Any

import numpy as np
from bokeh.models import Line, Patch, Scatter

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.picture import Picture
from lessons.narx import band
from lessons.narx.model import Narx
from lessons.narx.results import N_AHEAD, Plant

FLOOR, CEILING = 1e-3, 1e3  # of the errors that are drawn
DASHES = dict(zip(band.WAYS, ("dashed", "dotdash", "dotted"), strict=True))


def log10(values: np.ndarray) -> np.ndarray:
    """Logarithms of errors, kept within what is drawn; NaN counts as the largest."""
    return np.log10(np.clip(np.nan_to_num(values, nan=CEILING, posinf=CEILING), FLOOR, CEILING))


class Training:
    """Both errors on the training record, as far as the training has been followed, and the noise below them."""

    def __init__(self) -> None:
        self.curve, self.here = empty("stage", "opened", "closed"), empty("stage", "opened", "closed")
        self.strip = chart(
            "course", "Error on the training record (dashed: loop closed)", x_label="stage of training",
            y_label="log₁₀ of the error", x_limits=(0, 41), y_limits=(-2, 1), height=200, ticks=4,
        )  # fmt: skip
        for name, dash in (("opened", "solid"), ("closed", "dashed")):
            look: dict[str, Any] = {"line_color": LIGHT["state"], "line_width": 2, "line_dash": dash}
            self.strip.plot.add_glyph(self.curve, Line(x="stage", y=name, **look))
            dot = Scatter(x="stage", y=name, size=10, fill_color=LIGHT["band"], line_color=LIGHT["state"])
            self.strip.plot.add_glyph(self.here, dot)
        self.noise = rule(self.strip.plot, -9.0, role="target", dash="dotted")

    def show(self, picture: Picture, r: Plant) -> None:
        opened, closed = log10(r.course.opened), log10(r.course.closed)
        stages, end = np.arange(opened.size), r.stage + 1
        for source, rows in ((self.curve, slice(0, end)), (self.here, slice(r.stage, end))):
            picture.put(source, {"stage": stages[rows], "opened": opened[rows], "closed": closed[rows]})
        noise = r.course.settings.measured_noise
        floor = np.log10(noise) if noise else -9.0
        picture.change(self.noise, location=float(floor))
        picture.fit(self.strip.plot.y_range, opened, closed, include=(max(floor, -2.0), 0), pad=0.08)


class Ahead:
    """Error against the number of steps ahead: this network, and 20 of each way once they are there."""

    def __init__(self) -> None:
        self.own, self.spread = empty("ahead", "error"), empty("x", "y")
        self.medians = {way: empty("ahead", "error") for way in band.WAYS}
        self.strip = chart(
            "ahead", "Error against the number of steps ahead", x_label="steps ahead", y_label="log₁₀ of the error",
            x_limits=(0, N_AHEAD + 1), y_limits=(-2, 1), height=220, ticks=4,
        )  # fmt: skip
        plot = self.strip.plot
        plot.add_glyph(self.spread, Patch(x="x", y="y", fill_color=LIGHT["target"], fill_alpha=0.3, line_color=None))
        for way, source in self.medians.items():
            look: dict[str, Any] = {"line_color": LIGHT["muted"], "line_width": 2, "line_dash": DASHES[way]}
            plot.add_glyph(source, Line(x="ahead", y="error", **look))
        plot.add_glyph(self.own, Line(x="ahead", y="error", line_color=LIGHT["state"], line_width=2.5))
        self.here = rule(plot, 1, "height", "prediction")
        self.mean = rule(plot, 0, role="target")

    def show(self, picture: Picture, m: Narx, r: Plant) -> None:
        steps, own, judged = np.arange(1, r.ahead.size + 1), log10(r.ahead), m.twenty_judged()
        picture.put(self.own, {"ahead": steps, "error": own})
        drawn = [own]
        for way, source in self.medians.items():
            found = log10(np.median(judged[way].ahead, axis=0)) if judged else np.empty(0)
            picture.put(source, {"ahead": np.arange(1, found.size + 1), "error": found})
            drawn.append(found)
        low, high = self._band(r, judged)
        around = np.arange(1, low.size + 1)
        picture.put(self.spread, {"x": np.append(around, around[::-1]), "y": np.append(low, high[::-1])})
        picture.change(self.here, location=m.n_ahead)
        picture.change(self.mean, location=float(log10(np.array([r.spread]))[0]))
        picture.fit(self.strip.plot.y_range, *drawn, low, high, include=(-1.5, 0), pad=0.08)

    @staticmethod
    def _band(r: Plant, judged: dict[str, band.Judged] | None) -> tuple[np.ndarray, np.ndarray]:
        """The middle half of the 20 networks that were trained as this one."""
        if not judged:
            return np.empty(0), np.empty(0)
        s = r.course.settings
        way = band.WAYS[2] if s.trained_in == "parallel" else band.WAYS[1 if s.teacher_noise else 0]
        low, high = np.quantile(judged[way].ahead, (0.25, 0.75), axis=0)
        return log10(low), log10(high)
