"""A window instead of a memory: delay lines of all kinds, and the static nets that read them."""

from typing import Any, ClassVar

import numpy as np
from bokeh.models import BoxAnnotation, FixedTicker, MultiLine
from bokeh.models import Line as Trace

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.diagram import Diagram
from app.parts.heatmap import Heatmap
from app.parts.numbers import Block
from app.parts.picture import Picture
from app.parts.plots import Card, Strip
from app.shell.view import View
from lessons.delay_lines import diagrams, numbers, results, tables, topic_parts
from lessons.delay_lines.charts import FADE, KernelCharts, LearningCharts, PlaceChart, SeenChart, stacked_matrix
from lessons.delay_lines.model import DelayLines
from lessons.delay_lines.results import Distributed, Generalised, Learned, Line, Pattern
from lessons.delay_lines.training import tapped_taps


class DelayLinesView(View[DelayLines]):
    controls = (
        "topic",
        "task",
        "net",
        "kernel",
        "taps",
        "alpha",
        "n_layers",
        "width",
        "dilated",
        "lag",
        "place",
        "falls",
        "n_units",
        "signal",
        "n_steps",
        "target_alpha",
        "start_alpha",
        "learning_rate",
    )
    more = ("activation", "period", "stage", "x")
    conceals: ClassVar = {"y": (("y", "h1", "h2"), ("y.value", "h1.value", "h2.value"))}

    def build(self) -> list[Card]:
        self.lines = empty("t", "tap", "fade")
        self.kernels, self.seen = KernelCharts(), SeenChart()
        self.learning, self.places = LearningCharts(), PlaceChart()
        self.heat = Heatmap(
            "matrix", "The stacked matrix, one column per step", x_label="time step t", y_label="delay",
            legend="x", reach=2.0, height=190, palette="state",
        )  # fmt: skip
        self.heat.strip.plot.left[0].update(ticker=FixedTicker(ticks=list(range(1, 9))))
        self.column = BoxAnnotation(
            left=0, right=1, fill_color=None, line_color=LIGHT["state"], line_width=2, level="overlay"
        )
        self.heat.strip.plot.add_layout(self.column)
        self.strips = {strip.name: strip for strip in self._time_strips()}
        return [
            Card("", list(self.strips.values())),
            Card("Depth against resolution", self.kernels.strips, wide=False, key="kernels", table=True,
                 help="Left, what tap k keeps of the past, tap 1 the strongest line. Right, for white noise at the "
                 "input, how much of x(t − lag) the best linear readout of all taps gives back. Blue squares: the "
                 "tapped line with as many taps. The bars of either line add up to K. Depth and spread are in steps, "
                 "the resolution in taps per step."),
            Card("The whole sequence at once", [self.heat.strip], key="matrix",
                 help="P12.1: the static net reads column t and gives y(t). Since x is known beforehand, all columns "
                 "are known too, and plain backpropagation does the rest. Each row is the one above, a step later."),
            Card("What y(t) sees", [self.seen.strip], key="seen",
                 help="How y at the time cursor changes with each earlier input. Squares mark the lags that the "
                 "delays of all layers add up to; everywhere else the derivative is 0, whatever the weights."),
            Card("Learning side by side", self.learning.strips, wide=False, key="learning", player="stage",
                 table=True,
                 help="Adam on all examples at once, 10 updates a stage. Grey, dashed and level: guessing, which is "
                 "always saying the mean. Diagram, plots and numbers show the stage chosen."),
            Card("Where it stood, and where it did not", [self.places.strip], key="places",
                 help="20 new patterns at each place, rises and falls. Both networks have learned 40 patterns that "
                 "began in the yellow range. The upright line is the place of the pattern shown."),
        ]  # fmt: skip

    def _time_strips(self) -> list[Strip]:
        strip, axis = self.stack.strip, dict[str, Any](last=True, axis_label="time step t")
        x = strip("x", "x", "input", title="Input x(t)", edits="x", hint="click or drag to edit", height=52,
                  limits=(-1.3, 1.3), at=(-1, 0, 1), **axis)  # fmt: skip
        self.window = BoxAnnotation(
            left=0, right=1, fill_color=LIGHT["input"], fill_alpha=0.13, line_color=LIGHT["input"], line_width=1.5,
            level="underlay",
        )  # fmt: skip
        x.plot.add_layout(self.window)
        taps = strip("taps", "aₖ", "state", title="What the taps hold", height=64, ticks=3, kind="none",
                     column="tap1", **axis)  # fmt: skip
        look = {"line_color": LIGHT["state"], "line_width": 2}
        taps.plot.add_glyph(self.stack.source, Trace(x="t", y="tap1", **look))
        taps.plot.add_glyph(self.lines, MultiLine(xs="t", ys="tap", line_alpha="fade", **look))
        h = strip("h1", "h", "state", title="Hidden units 1 and 2 (dashed)", height=52, kind="line", **axis)
        self.stack.trace(h, "h2", "state", kind="line", dash="dashed", pin=False)
        y = strip("y", "y", "state", title="Output y(t)", height=88, ticks=4, predicts="y", **axis)
        both = strip("outputs", "y", "target", title="Target (grey) and both outputs", height=130, ticks=4, kind="none",
                     column="y", last=True, axis_label="t (dashed: target, black: tapped, blue: gamma)")  # fmt: skip
        for column, role, dash, width in (
            ("d", "target", "dashed", 3), ("y", "state", "solid", 2), ("y_gamma", "prediction", "solid", 2)
        ):  # fmt: skip
            look = {"line_color": LIGHT[role], "line_dash": dash, "line_width": width}
            both.plot.add_glyph(self.stack.source, Trace(x="t", y=column, **look))
        evidence = strip("evidence", "sum", "state", title="Sum of y so far: above 0 means a rise", height=64,
                         kind="line", ticks=3, **axis)  # fmt: skip
        return [x, taps, h, y, both, evidence]

    def update(self, m: DelayLines, picture: Picture) -> dict[str, np.ndarray]:
        r = m.result
        plotted = results.columns(m, r)
        names = ("x", "tap1", "h1", "h2", "y", "d", "y_gamma", "evidence")
        columns = {name: plotted.get(name, np.full(m.n_steps, np.nan)) for name in names}
        if not isinstance(r, Pattern | Distributed):
            columns["tap1"] = self._show_taps(m, picture)
        self._fit(m, picture, columns)
        shown = [self.strips[name] for name in topic_parts.strips(m)]
        # a hand needs room to draw
        self.stack.show(picture, list(self.strips.values()), shown, {"y": 120} if m.concealed else {})
        if not m.concealed:
            self._show_cards(m, picture)
        return columns

    def _show_taps(self, m: DelayLines, picture: Picture) -> np.ndarray:
        """The lines of taps 2 to K; returns tap 1, (T,)."""
        taps = diagrams.taps_of(m.result)
        further = taps.shape[1] - 1
        picture.put(self.lines, {"t": [m.time] * further, "tap": list(taps.T[1:]), "fade": FADE[1 : further + 1]})
        picture.fit(self.strips["taps"].plot.y_range, taps, include=(-0.1, 0.1))
        return taps[:, 0]

    def _fit(self, m: DelayLines, picture: Picture, columns: dict[str, np.ndarray]) -> None:
        ranges = {name: strip.plot.y_range for name, strip in self.strips.items()}
        wide = 2 if np.abs(columns["x"]).max() > 1 else 1
        picture.change(ranges["x"], start=-1.3 * wide, end=1.3 * wide)
        picture.change(self.strips["x"].plot.left[0].ticker, ticks=[-wide, 0, wide])
        picture.fit(ranges["h1"], columns["h1"], columns["h2"], include=(0, 0.2))
        known = [] if m.concealed else [columns[name] for name in ("y", "d", "y_gamma")]
        picture.fit(ranges["y"], *known, include=(0, 2) if m.concealed else (0, 0.1))
        picture.fit(ranges["outputs"], columns["y"], columns["d"], columns["y_gamma"], include=(0, 0.1))
        picture.fit(ranges["evidence"], columns["evidence"], include=(-1, 1))

    def _show_cards(self, m: DelayLines, picture: Picture) -> None:
        r = m.result
        if isinstance(r, Generalised):
            self.kernels.show(picture, r)
        if isinstance(r, Line) and m.topic == "focused":
            matrix = stacked_matrix(r)
            self.heat.show(picture, matrix, (0.5, m.n_steps + 0.5), (0.5, len(matrix) + 0.5))
            picture.change(self.heat.strip.plot.y_range, start=len(matrix) + 0.5, end=0.5)
        if isinstance(r, Learned | Pattern):
            self.learning.show(picture, r)
        if isinstance(r, Pattern):
            self.places.show(picture, r, m.place)

    def follow(self, m: DelayLines, picture: Picture, t: int) -> None:
        r = m.result
        newest, oldest = 1, 1
        if isinstance(r, Distributed):
            newest, oldest = r.field[0], r.field[-1]
            self.seen.follow(picture, r, t)
        elif isinstance(r, Pattern):
            newest, oldest = 0, 4
        elif isinstance(r, Learned):
            oldest = tapped_taps(r.contest.settings)
        else:
            oldest = m.taps
        picture.change(self.column, left=t - 0.5, right=t + 0.5)
        endless = isinstance(r, Generalised) and m.kernel in ("gamma", "laguerre") and m.alpha < 1
        picture.change(self.window, left=0.4 if endless else t - oldest - 0.5, right=t - newest + 0.5)

    def fixed_strips(self, m: DelayLines) -> set[str]:
        return {"x"} if m.learns else set()

    def hidden_controls(self, m: DelayLines) -> set[str]:
        return topic_parts.hidden_controls(m, self.controls + self.more)

    def idle_controls(self, m: DelayLines) -> set[str]:
        return topic_parts.idle_controls(m)

    def hidden_cards(self, m: DelayLines) -> set[str]:
        return {card.key for card in self.cards if card.key} - topic_parts.cards(m)

    def tables(self, m: DelayLines) -> dict[str, str]:
        return tables.tables(m)

    def diagram_key(self, m: DelayLines) -> tuple:
        return diagrams.key(m, m.result)

    def diagram(self, m: DelayLines) -> Diagram:
        return diagrams.drawn(m, m.result)

    def live(self, m: DelayLines, t: int) -> dict[str, dict]:
        limits = (-2, 2) if np.abs(m.result.x).max() > 1 else (-1, 1)
        return diagrams.live(m, m.result, t) | {"limits": {"x": limits}}

    def numbers(self, m: DelayLines, t: int) -> list[Block]:
        return numbers.blocks(m, t)
