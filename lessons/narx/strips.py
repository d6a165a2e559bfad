"""The plots over the time steps: how each is made, which of them a topic shows, and how far they reach."""

from typing import Any

import numpy as np
from bokeh.models import Scatter

from app.parts.figures import Stack, rule
from app.parts.picture import Picture
from app.parts.plots import Strip
from lessons.narx.parameters import E12_3_INPUT, NarxParameters

# From top to bottom, by topic; the lowest carries the time axis.
SHOWN = {
    "by hand": ("x1", "x2", "a1", "a2", "y1", "y2"),
    "table": ("p", "q"),
    "plant": ("current", "y", "e", "factor"),
    "unfolded": ("x", "echo", "back"),
}
TARGETS = {"y1": "d1", "y2": "d2", "y": "measured"}  # dashed beside the output
EDIT = "click or drag to edit"
RANGES: dict[str, tuple[float, ...]] = {
    "x1": (-5, 5), "x2": (-5, 5), "a1": (0, 1), "a2": (0, 1), "p": (0, max(E12_3_INPUT)), "q": (0, 27),
    "current": (1, 3), "e": (-0.2, 0.2), "factor": (0, 1.2), "x": (-2, 2), "echo": (-1, 1), "back": (-1, 1),
}  # fmt: skip


class Strips:
    """`all` from top to bottom, for every topic."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        made = [*self._hand(), *self._table(), *self._plant(), *self._unfolded()]
        self.by_name = {strip.name: strip for strip in made}
        for name, target in TARGETS.items():
            stack.trace(self.by_name[name], target, "target", kind="line", dash="dashed", pin=False)
        rule(self.by_name["factor"].plot, 1)
        for name in SHOWN["plant"]:  # two hundred dots hide their line
            plot = self.by_name[name].plot
            plot.renderers = [drawn for drawn in plot.renderers if not isinstance(drawn.glyph, Scatter)]

    @property
    def all(self) -> list[Strip]:
        return list(self.by_name.values())

    def _strip(self, name: str, label: str, role: str, title: str, **rest: Any) -> Strip:
        return self.stack.strip(name, label, role, title=title, **{"axis_label": "time step t"} | rest)

    def _hand(self) -> list[Strip]:
        one = self._strip
        return [
            one("x1", "x₁", "input", "Input x₁(t)", edits="x1", hint=EDIT, at=(-5, 0, 5)),
            one("x2", "x₂", "input", "Input x₂(t)", edits="x2", at=(-5, 0, 5)),
            one("a1", "a₁", "state", "Net input a₁(t) of the first unit", ticks=3),
            one("a2", "a₂", "state", "Net input a₂(t) of the second unit", ticks=3),
            one("y1", "y₁", "state", "Output y₁(t) and its teacher", edits="d1", paints="d1", ticks=3,
                hint="grey: the teacher; drag to set it"),
            one("y2", "y₂", "state", "Output y₂(t) and its teacher", edits="d2", paints="d2", ticks=3),
        ]  # fmt: skip

    def _table(self) -> list[Strip]:
        one = self._strip
        return [
            one("p", "x", "input", "Input x(t)", edits="p", hint=EDIT, height=60, ticks=3),
            one("q", "d", "target", "Target d(t)", edits="q", hint=EDIT, height=60, ticks=3),
        ]

    def _plant(self) -> list[Strip]:
        one = self._strip
        position = one(
            "y", "y", "state", "Position: the network’s y(t), and measured", height=110, kind="line", ticks=4
        )
        self.stack.trace(position, "far", "prediction", kind="line", dash="dotted", pin=False)
        return [
            one("current", "i", "input", "Current i(t) in amperes", edits="current", hint="drag to draw a current",
                kind="line", ticks=3),
            position,
            one("e", "e", "gradient", "Error e(t), measured less network", height=50, kind="line", ticks=3),
            one("factor", "factor", "gradient", "Factor of the loop", height=50, kind="line", ticks=3,
                axis_label="time step t (grey: measured, light blue: predicted from afar)"),
        ]  # fmt: skip

    def _unfolded(self) -> list[Strip]:
        one = self._strip
        back = one("back", "∂y", "gradient", "∂y(T)/∂y(t), what comes back to copy t", height=70, kind="bar", ticks=3)
        return [
            one("x", "x", "input", "Input x(t)", edits="x", hint=EDIT, at=(-2, 0, 2)),
            one("echo", "y", "state", "Output y(t)", height=76, ticks=3, predicts="echo"),
            back,
        ]

    def show(self, picture: Picture, m: NarxParameters, found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Place the strips of the topic and let them reach far enough; returns the stack's columns."""
        shown = [self.by_name[name] for name in SHOWN[m.topic]]
        self.stack.show(picture, self.all, shown)
        blank = np.full(m.n_steps, np.nan)
        own = {"y": "y" if m.topic == "plant" else "", "echo": "y" if m.topic == "unfolded" else ""}
        columns = {}
        for strip in self.all:
            for name in strip.columns:
                columns[name] = found.get(own.get(name, name), blank)
        for strip in shown:
            values = [columns[name] for name in strip.columns if strip.name != "y" or name != "far"]
            if m.concealed and strip.name in ("echo", "back"):
                values = []  # the axis must not tell how large the hidden values are
            picture.fit(strip.plot.y_range, *values, include=RANGES.get(strip.name, (0.0,)), pad=0.1)
        return columns
