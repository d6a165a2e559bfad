"""The strips of the unrolled network: input, states with their targets, and the gradients that the way back fills."""

from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, Scatter, VBar

from app.parts.colours import LIGHT
from app.parts.figures import Stack
from app.parts.picture import Picture
from app.parts.plots import Strip
from app.parts.ranges import LIMIT
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.weights import MAX_UNITS, SUBSCRIPTS

UNITS = range(MAX_UNITS)
GRADIENTS = ("dF_dh", "s", "term", "sum", "share")
STATE_LIMITS = {"tanh": (-1, 1), "logistic": (0, 1), "relu": (0, 1), "identity": (-1, 1)}


class Strips:
    """All plots over the time steps."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        hint = "click or drag to edit"
        self.x = stack.strip("x", "x", "input", title="Input x(t)", edits="x", at=(-2, -1, 0, 1, 2), hint=hint)
        self.states = [self._state(f"h{j + 1}", f"h{j + 1}".translate(SUBSCRIPTS), j) for j in UNITS]
        self.y = self._state("y", "y", 0)
        self._gradients()
        self._draw_sum()
        self._veil()

    @property
    def all(self) -> list[Strip]:
        """From top to bottom."""
        return [self.x, *self.states, self.y, self.dF_dh, self.s, self.term, self.sum, self.share]

    def _state(self, name: str, label: str, j: int) -> Strip:
        """A strip of a state with its target, which a stroke on the strip sets."""
        target = "d" if name == "y" else f"d{j + 1}"
        title = "Output y(t) and its target" if name == "y" else f"State h{j + 1}(t) and its target"
        hint = "grey: target; drag to set it where the loss looks" if name in ("h1", "y") else ""
        strip = self.stack.strip(name, label, "state", title=title, height=42, ticks=3, edits=f"d{j + 1}",
                                 paints=target, hint=hint)  # fmt: skip
        self.stack.trace(strip, target, "target", kind="line", dash="dashed", pin=False)
        ring = Scatter(x="t", y=target, size=8, line_color=LIGHT["target"], line_width=2, fill_color=None, name="dot")
        strip.plot.add_glyph(self.stack.source, ring)
        return strip

    def _gradients(self) -> None:
        """The strips that the backward pass fills, from the last copy to the first."""
        strip = self.stack.strip
        self.dF_dh = strip("dF_dh", "∂F/∂h", "gradient", title="∂F/∂h(t), total", height=42, at=(0,))
        # A long label beside a long number would push its plot out of line with the others.
        self.dF_dh.plot.left[0].update(axis_label_text_font_size="10.5px", axis_label_standoff=0)
        self.s = strip("s", "s", "gradient", title="Sensitivity s(t)", height=42, at=(0,))
        self.term = strip("term", "term", "gradient", title="Term of each copy", height=42, kind="bar", at=(0,))
        self.sum = strip("sum", "sum", "gradient", title="Sum of the terms, from the last copy back", height=50,
                         kind="none", at=(0,))  # fmt: skip
        self.share = strip("share", "share", "gradient", title="Share of each copy, |term| / Σ |term|", height=40,
                           kind="bar", predicts="share", hint="share = |term| / Σ |term|", last=True,
                           limits=(-0.08, 1.1), at=(0, 0.5, 1),
                           axis_label="time step t: copy of the network")  # fmt: skip

    def _draw_sum(self) -> None:
        """A waterfall: each copy's bar goes on where the copy after it ended."""
        colour = LIGHT["gradient"]
        self.sum.plot.add_glyph(
            self.stack.source, VBar(x="t", top="sum", bottom="after", width=0.7, fill_color=colour, line_color=None)
        )

    def _veil(self) -> None:
        """On the way back, gradients of copies not reached yet are pale."""
        self.veil = BoxAnnotation(
            left=0, right=0.5, fill_color=LIGHT["card"], fill_alpha=0.85, line_color=None, visible=False
        )
        for strip in (self.dF_dh, self.s, self.term, self.sum, self.share):
            strip.plot.add_layout(self.veil)

    def show(self, picture: Picture, m: UnrolledParameters, table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Place the strips and let them reach far enough; returns the stack's columns."""
        blank = np.full(m.n_steps, np.nan)
        names = ["x", *(f"h{j + 1}" for j in UNITS), *(f"d{j + 1}" for j in UNITS), "y", "d", *GRADIENTS]
        columns = {name: table.get(name, blank) for name in names}
        # Where a bar of the waterfall lies wholly beyond the plot's limit, it is drawn from 0: visible, and clipped.
        after = np.append(table["sum"][1:], 0.0)
        columns["after"] = np.where(np.minimum(after * np.sign(table["sum"]), np.abs(table["sum"])) < LIMIT, after, 0.0)
        self._place(picture, m)
        self._fit(picture, m, columns)
        return columns

    def follow(self, picture: Picture, m: UnrolledParameters, t: int) -> None:
        """The veil goes back with the player."""
        picture.change(self.veil, visible=m.backward and not m.concealed and t > 1, right=t - 0.5)

    def _place(self, picture: Picture, m: UnrolledParameters) -> None:
        for j, strip in enumerate(self.states):
            picture.change(strip.plot, visible=j < m.n_units)
        # Where few units leave room, the plots that matter most use it.
        for strip in (self.states[0], self.term, self.sum):
            picture.change(strip.plot, height=strip.height + (16 if m.n_units == 1 else 0))
        picture.change(self.y.plot, visible=m.output_layer)
        unit = str(m.unit + 1).translate(SUBSCRIPTS)
        for strip, name in ((self.dF_dh, f"∂F/∂h{unit}"), (self.s, f"s{unit}")):
            picture.change(strip.plot.left[0], axis_label=name)

    def _fit(self, picture: Picture, m: UnrolledParameters, columns: dict[str, np.ndarray]) -> None:
        largest = float(np.abs(columns["x"]).max())
        picture.fit(self.x.plot.y_range, include=input_limits(m) if largest else (-1, 1))
        low_high = STATE_LIMITS[m.activation]
        for j, strip in enumerate(self.states[: m.n_units]):
            picture.fit(strip.plot.y_range, columns[f"h{j + 1}"], columns[f"d{j + 1}"], include=low_high)
        if m.output_layer:
            picture.fit(self.y.plot.y_range, columns["y"], columns["d"], include=(-1, 1))
        for strip, name in ((self.dF_dh, "dF_dh"), (self.s, "s"), (self.term, "term"), (self.sum, "sum")):
            if m.concealed:  # the axis must not tell how large the hidden values are
                low, high = picture.fit(strip.plot.y_range, include=(-1, 1))
            else:
                include = (0.0,) if np.any(columns[name]) else (-1.0, 1.0)
                low, high = picture.fit(strip.plot.y_range, columns[name], include=include)
            axis: Any = strip.plot.left[0]
            picture.change(axis, major_label_text_font_size="8.5px" if high - low < 5e-3 else "11px")
            picture.change(axis.ticker, ticks=_ticks(low, high))


def input_limits(m: UnrolledParameters) -> tuple[float, float]:
    """How far the input's plot reaches, and so a stroke on it."""
    return (-1, 1) if np.abs(m.sequence("x")).max() <= 1 else (-2, 2)


def _ticks(start: float, end: float, pad: float = 0.18) -> list[float]:
    """0 and the tidy ends of a range made by `fit`; the end that is near 0 only where there is room."""
    inner = (end - start) / (1 + 2 * pad)
    low, high = start + pad * inner, end - pad * inner
    return [0.0, *(float(f"{tick:.3g}") for tick in (low, high) if abs(tick) > 0.4 * inner)]
