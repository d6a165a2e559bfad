"""The plots over time of lesson 7, which of them a topic shows, and the marks of wash-out, training and new data."""

import numpy as np
from bokeh.models import BoxAnnotation, Label, Line, Scatter

from app.figures import FONT, Stack, Strip
from app.models.esn_topics import Traced
from app.ranges import change, fit
from app.reservoir_charts import Raster
from app.theme import LIGHT

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
CLOSEST, FARTHEST = -17.0, 2.3  # log10 of a distance: rounding from below, 2000 units from −1 to 1 from above


class Strips:
    """Builds the strips on a stack and keeps their ranges fitting."""

    def __init__(self, stack: Stack):
        self.stack, self._arranged = stack, ()
        strip = stack.strip
        self.named: dict[str, Strip] = {
            "x": strip("x", "x", "input", title="Input x(t)", edits="x", hint="click or drag to edit", kind="line",
                       limits=(-1.3, 1.3), at=(-1, 0, 1)),
        }  # fmt: skip
        self.raster = Raster(stack)
        self.named |= {
            "raster": self.raster.strip,
            "h": strip("h", "h", "state", title="The unit shown, from two starts", kind="line", height=48),
            "units": strip("units", "h", "state", title="Five units", kind="none", column="u1", height=56),
            # a fixed axis: with ρ the line turns, and nothing else moves
            "log10_distance": strip("log10_distance", "log₁₀ distance", "state", title="Distance of two starts, log₁₀",
                                    kind="line", height=100, limits=(CLOSEST, FARTHEST), at=(0, -5, -10, -15),
                                    predicts="log10_distance"),
            "y": strip("y", "y", "state", title="Output y(t), dashed what is asked for", kind="line", height=64),
            "y2": strip("y2", "y₂", "state", title="Second output, dashed what is asked for", kind="line", height=64),
            "residual": strip("residual", "y−d", "state", title="Residual y − d", kind="line", height=44),
            "log_error": strip("log_error", "log₁₀ error", "state", title="log₁₀ |y − d|", kind="line", height=76,
                               ticks=3),
        }  # fmt: skip
        for name in ("log10_distance", "log_error"):
            change(self.named[name].plot.left[0], axis_label_orientation="vertical")
        self._further_lines()
        self.marks = _Marks(self.named)
        self._dots = [renderer for strip in self.named.values() for renderer in strip.plot.renderers
                      if isinstance(renderer.glyph, Scatter) and renderer.glyph.name == "dot"]  # fmt: skip

    def _further_lines(self) -> None:
        trace = self.stack.trace
        trace(self.named["x"], "x2", "input", kind="line", dash="dashed", pin=False)
        trace(self.named["h"], "h_other", "state", kind="line", dash="dashed", alpha=0.6, pin=False)
        for k in range(1, 6):
            if k > 1:
                trace(self.named["units"], f"u{k}", "state", kind="none", pin=False)
            line = Line(x="t", y=f"u{k}", line_color=LIGHT["state"], line_width=1.2, line_alpha=0.75)
            self.named["units"].plot.add_glyph(self.stack.source, line)
        trace(self.named["y"], "d", "target", kind="line", dash="dashed", pin=False)
        trace(self.named["y2"], "d2", "target", kind="line", dash="dashed", pin=False)

    @property
    def columns(self) -> list[str]:
        """All columns that the strips draw."""
        return [column for strip in self.named.values() for column in strip.columns]

    def arrange(self, topic: str, plotted: dict, done: int, now: Traced) -> None:
        """Show the topic's strips that have something to show."""
        arranged = (topic, tuple(plotted), done, now.settings.n_steps, len(now.d), now.washout, now.n_train)
        if arranged == self._arranged:
            return
        self._arranged = arranged
        has = set(plotted) | ({"units"} if "u1" in plotted else set())
        if topic != "recipe" or done >= RASTER_FROM:
            has.add("raster")
        shown = [self.named[name] for name in STRIPS[topic] if name in has]
        self.stack.show(list(self.named.values()), shown)
        for strip in self.named.values():
            # three digits run into each other on a phone
            change(strip.plot.below[0].ticker, desired_num_ticks=12 if now.settings.n_steps < 100 else 7)
        for renderer in self._dots:
            change(renderer, visible=now.settings.n_steps <= FEW_STEPS)
        two = "y2" in plotted
        change(self.named["y"].plot.left[0], axis_label="y₁" if two else "y")
        self.marks.show(now, shown, two_parts=topic in ("memory", "recipe", "sweep"), free=topic == "free run")

    def fit(self, columns: dict[str, np.ndarray], limits: tuple[float, float]) -> None:
        """Ranges that follow the values."""
        low, high = limits
        ranges = {name: strip.plot.y_range for name, strip in self.named.items()}
        margin = 0.15 * (high - low)
        change(ranges["x"], start=low - margin, end=high + margin)
        change(self.named["x"].plot.left[0].ticker, ticks=sorted({low, 0.0, high}))
        fit(ranges["h"], columns["h"], columns["h_other"], pad=0.08)
        fit(ranges["units"], *(columns[f"u{k}"] for k in range(1, 6)), pad=0.08)
        for name, other in (("y", "d"), ("y2", "d2")):
            d = columns[other]
            reach = 3 * max(float(np.abs(d[np.isfinite(d)]).max(initial=0)), 1e-3)
            # a wild output must not press what is asked for flat
            fit(ranges[name], np.clip(columns[name], -reach, reach), d, pad=0.1)
        fit(ranges["residual"], columns["residual"], pad=0.1)
        fit(ranges["log_error"], columns["log_error"], include=(-2, 0), pad=0.05)


class _Marks:
    """Shades the wash-out, and the steps after training, in the plots of output and target."""

    PLACES = ("y", "y2", "units", "residual", "log_error")

    def __init__(self, strips: dict[str, Strip]):
        look = {"level": "underlay", "fill_color": LIGHT["muted"], "line_color": None}
        self.washout = BoxAnnotation(right=0.5, fill_alpha=0.22, **look)
        self.new = BoxAnnotation(left=0.5, fill_alpha=0.08, **look | {"line_color": LIGHT["muted"]})
        self.words = {}
        for name in self.PLACES:
            plot = strips[name].plot
            plot.add_layout(self.washout)
            plot.add_layout(self.new)
            self.words[name] = [Label(x=0.5, y=2, y_units="screen", x_offset=3, text="", text_color=LIGHT["muted"],
                                      text_font=FONT, text_font_size="10px", text_baseline="bottom",
                                      background_fill_color=LIGHT["card"], background_fill_alpha=0.8)
                                for _ in range(3)]  # fmt: skip
            for label in self.words[name]:
                plot.add_layout(label)

    def show(self, now: Traced, shown: list[Strip], *, two_parts: bool, free: bool) -> None:
        """The words stand in the first of the plots that are shown."""
        marked = two_parts or free
        change(self.washout, right=now.washout + 0.5, visible=marked and now.washout > 0)
        change(self.new, left=now.n_train + 0.5, visible=marked)
        names = ("wash-out", "training, with teacher" if free else "training", "runs freely" if free else "new data")
        starts = (0.5, now.washout + 0.5, now.n_train + 0.5)
        names_shown = {strip.name for strip in shown}
        first = next((name for name in self.PLACES if name in names_shown), "") if marked else ""
        n_steps = len(now.d)
        for name, labels in self.words.items():
            for label, word, start, end in zip(labels, names, starts, (*starts[1:], n_steps + 0.5), strict=True):
                # a word needs about a ninth of the width
                room = name == first and end - start > n_steps / 9
                change(label, x=start, text=word if room else "", visible=room)

