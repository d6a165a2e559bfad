"""The plots over time, which of them a topic shows, and the marks of wash-out, training and new data."""

from collections.abc import Collection
from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, Label, Line, Scatter

from app.parts.colours import LIGHT
from app.parts.figures import Stack
from app.parts.picture import Picture
from app.parts.plots import FONT, Strip
from lessons.esn.charts import Raster
from lessons.esn.model import Esn
from lessons.esn.results import Traced

# Strips from top to bottom by topic; those without columns now are left out.
STRIPS = {
    "echo": ("x", "raster", "h", "log10_distance"),
    "memory": ("x", "y", "residual"),
    "recipe": ("x", "raster", "units", "y", "y2", "residual"),
    "free run": ("raster", "y", "y2", "log_error"),
    "sweep": ("x", "y", "y2", "residual"),
}
RASTER_FROM = 2  # step of the recipe
FEW_STEPS = 120  # that still get dots
DASHES = ("solid", "dashed", "dotted", "dashdot", "solid")
WORDS = 0.35  # of a plot, added above its curves for the words
LETTER = 0.02  # share of a phone's plot that a letter takes
# Pixels where they are not those that the strips are built with: what a topic is about gets the most.
HEIGHTS = {
    "memory": {"y": 52},
    "recipe": {"raster": 72, "y": 84, "y2": 76},
    "free run": {"raster": 72, "y": 84, "y2": 84, "log_error": 72},
    "sweep": {"y": 84, "y2": 76},
}
CLOSEST, FARTHEST = -17.0, 2.3  # log10 of a distance: rounding from below, 2000 units from −1 to 1 from above


def raster_is_shown(m: Esn) -> bool:
    return "raster" in STRIPS[m.topic_shown] and (m.topic_shown != "recipe" or m.done >= RASTER_FROM)


class Strips:
    """Builds the strips on a stack, shows those of a topic and lets their ranges fit."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        strip = stack.strip
        self.named: dict[str, Strip] = {
            "x": strip("x", "x", "input", title="Input x(t)", edits="x", hint="click or drag to edit", kind="line",
                       limits=(-1.3, 1.3), at=(-1, 0, 1)),
        }  # fmt: skip
        self.raster = Raster(stack)
        self.named |= {
            "raster": self.raster.strip,
            "h": strip("h", "h", "state", title="The unit shown, from two starts", kind="line", height=48),
            "units": strip("units", "h", "state", title="Five units", kind="none", column="u1", height=56,
                           ticks=3),
            # a fixed axis: with ρ the line turns, and nothing else moves
            "log10_distance": strip("log10_distance", "log₁₀\ndist.", "state", title="Distance of two starts, log₁₀",
                                    kind="line", height=100, limits=(CLOSEST, FARTHEST), at=(0, -5, -10, -15),
                                    predicts="log10_distance"),
            "y": strip("y", "y", "state", title="Output y(t), dashed what is asked for", kind="line", height=64),
            "y2": strip("y2", "y₂", "state", title="Second output, dashed what is asked for", kind="line", height=64),
            "residual": strip("residual", "y−d", "state", title="Residual y − d", kind="line", height=44),
            "log_error": strip("log_error", "log₁₀\nerror", "state", title="log₁₀ |y − d|", kind="line", height=76,
                               ticks=3),
        }  # fmt: skip
        for name in ("log10_distance", "log_error"):  # label and tick labels together fit into the border
            self.named[name].plot.left[0].update(axis_label_text_font_size="12px", axis_label_standoff=2)
        for one in self.named.values():
            one.plot.min_border_right = 24  # half of the last step's number
        self._further_lines()
        self.marks = _Marks(self.named)
        self._dots = [renderer for one in self.named.values() for renderer in one.plot.renderers
                      if isinstance(renderer.glyph, Scatter) and renderer.glyph.name == "dot"]  # fmt: skip

    def _further_lines(self) -> None:
        trace = self.stack.trace
        trace(self.named["x"], "x2", "input", kind="line", dash="dashed", pin=False)
        trace(self.named["h"], "h_other", "state", kind="line", dash="dashed", alpha=0.6, pin=False)
        for k in range(1, 6):
            if k > 1:
                trace(self.named["units"], f"u{k}", "state", kind="none", pin=False)
            line = Line(x="t", y=f"u{k}", line_color=LIGHT["state"], line_dash=DASHES[k - 1],
                        line_width=1.2, line_alpha=0.75)  # fmt: skip
            self.named["units"].plot.add_glyph(self.stack.source, line)
        trace(self.named["y"], "d", "target", kind="line", dash="dashed", pin=False)
        trace(self.named["y2"], "d2", "target", kind="line", dash="dashed", pin=False)

    @property
    def columns(self) -> list[str]:
        """All columns that the strips draw."""
        return [column for strip in self.named.values() for column in strip.columns]

    def shown(self, m: Esn, plotted: Collection[str]) -> list[Strip]:
        """The topic's strips that have something to show, from top to bottom; `plotted` are the model's columns."""
        has = set(plotted) | ({"units"} if "u1" in plotted else set())
        if raster_is_shown(m):
            has.add("raster")
        return [self.named[name] for name in STRIPS[m.topic_shown] if name in has]

    def arrange(self, picture: Picture, m: Esn, plotted: Collection[str]) -> None:
        """Show the topic's strips, so high and so finely divided as there is room."""
        now, heights = m.traced, HEIGHTS.get(m.topic_shown, {})
        shown = self.shown(m, plotted)
        self.stack.show(picture, list(self.named.values()), shown, heights)
        for name in ("y", "y2"):
            high = heights.get(name, self.named[name].height) > 70
            picture.change(self.named[name].plot.left[0].ticker, desired_num_ticks=4 if high else 2)
        for strip in self.named.values():
            # three digits run into each other on a phone
            picture.change(strip.plot.below[0].ticker, desired_num_ticks=12 if now.settings.n_steps < 100 else 7)
        for renderer in self._dots:
            picture.change(renderer, visible=now.settings.n_steps <= FEW_STEPS)
        picture.change(self.named["y"].plot.left[0], axis_label="y₁" if "y2" in plotted else "y")
        fits = now.settings.n_steps == m.n_steps  # else the reader has asked for another number of steps by now
        self.marks.show(picture, now, shown if fits else [])

    def fit(self, picture: Picture, columns: dict[str, np.ndarray], limits: tuple[float, float]) -> None:
        """Ranges that follow the values."""
        low, high = limits
        ranges = {name: strip.plot.y_range for name, strip in self.named.items()}
        margin = 0.15 * (high - low)
        picture.change(ranges["x"], start=low - margin, end=high + margin)
        picture.change(self.named["x"].plot.left[0].ticker, ticks=sorted({low, 0.0, high}))
        picture.fit(ranges["h"], columns["h"], columns["h_other"], pad=0.08)
        picture.fit(ranges["units"], *(columns[f"u{k}"] for k in range(1, 6)), pad=0.08)
        for name, other in (("y", "d"), ("y2", "d2")):
            d = columns[other]
            reach = 3 * max(float(np.abs(d[np.isfinite(d)]).max(initial=0)), 1e-3)
            # a wild output must not press what is asked for flat
            picture.fit(ranges[name], np.clip(columns[name], -reach, reach), d, pad=0.1)
        picture.fit(ranges["residual"], columns["residual"], pad=0.1)
        picture.fit(ranges["log_error"], columns["log_error"], include=(-2, 0), pad=0.05)
        self.marks.lift(picture)


class _Marks:
    """Shades the wash-out, and the steps after training, in the plots of output and target."""

    PLACES = ("y", "y2", "units", "residual", "log_error")

    def __init__(self, strips: dict[str, Strip]) -> None:
        look: dict[str, Any] = {"level": "underlay", "fill_color": LIGHT["muted"], "line_color": None}
        self.washout = BoxAnnotation(right=0.5, fill_alpha=0.22, **look)
        self.new = BoxAnnotation(left=0.5, fill_alpha=0.08, **look | {"line_color": LIGHT["muted"]})
        self.plots = {name: strips[name].plot for name in self.PLACES}
        self.words = {}
        for name in self.PLACES:
            plot = self.plots[name]
            plot.add_layout(self.washout)
            plot.add_layout(self.new)
            # the last stands at the right edge, where there is always room
            self.words[name] = [Label(x=0.5, y=0, x_offset=-3 if last else 3, text="", name="band",
                                      text_color=LIGHT["muted"], text_font=FONT, text_font_size="11px",
                                      text_align="right" if last else "left", text_baseline="top")
                                for last in (False, False, True)]  # fmt: skip
            for label in self.words[name]:
                plot.add_layout(label)

    def show(self, picture: Picture, now: Traced, shown: list[Strip]) -> None:
        """The words stand in the first of the plots that are shown; nothing is marked where there is none."""
        free = now.settings.topic == "free run"
        marked = bool(shown) and now.settings.topic != "echo"
        picture.change(self.washout, right=now.washout + 0.5, visible=marked and now.washout > 0)
        picture.change(self.new, left=now.n_train + 0.5, visible=marked)
        names = ("wash-out", "with teacher" if free else "training", "runs freely" if free else "new data")
        names_shown = {strip.name for strip in shown}
        first = next((name for name in self.PLACES if name in names_shown), "") if marked else ""
        for name, labels in self.words.items():
            for label, place, word in zip(labels, _places(now, names), names, strict=True):
                room = name == first and place is not None
                picture.change(label, x=place if room else 0.5, text=word if room else "", visible=room)

    def lift(self, picture: Picture) -> None:
        """The words stand above the curves of their plot, which reaches higher for them."""
        for name, labels in self.words.items():
            limits = self.plots[name].y_range
            low, high = (picture.get(limits, end) for end in ("start", "end"))
            if any(picture.get(label, "visible") for label in labels):
                high += WORDS * (high - low)
                picture.change(limits, end=high)
            for label in labels:
                picture.change(label, y=high)


def _places(now: Traced, words: tuple[str, str, str]) -> list[float | None]:
    """Where the words of wash-out, training and new data stand, the last by its right edge; None: no room."""
    washout, training, new = ((len(word) + 2) * LETTER * now.settings.n_steps for word in words)
    end = len(now.d) + 0.5  # a series may be shorter than the time axis
    first = 0.5 if now.washout and 0.5 + washout + new <= end else None
    # it begins in its own part, and behind the word before it
    second = max(now.washout + 0.5, 0.5 if first is None else first + washout)
    fits = second + training <= min(now.n_train + 0.5, end - new)
    return [first, second if fits else None, end if end > new else None]
