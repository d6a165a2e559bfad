"""Lesson 4: a recurrent network, its copies in time, and one gradient computed three ways."""

from typing import ClassVar

import numpy as np
from bokeh.models import BoxAnnotation, ColumnDataSource, FixedTicker, Scatter, VBar

from app.parts.colours import LIGHT
from app.parts.diagram import Diagram
from app.parts.figures import Card, Strip, chart
from app.parts.numbers import Block, plain
from app.parts.ranges import LIMIT, change, fit
from app.shell.view import View
from lessons.unrolled import diagram as copies
from lessons.unrolled import numbers as hand_calculation
from lessons.unrolled import truncation_chart, weight_table
from lessons.unrolled.cost_charts import BUTTON, CostCharts, TimeCharts, findings
from lessons.unrolled.model import MAX_UNITS, SHARED
from lessons.unrolled.words import SUBSCRIPTS, pretty

UNITS = range(MAX_UNITS)
GRADIENTS = ("dF_dh", "s", "term", "sum", "share")
STATE_LIMITS = {"tanh": (-1, 1), "logistic": (0, 1), "relu": (0, 1), "identity": (-1, 1)}
TOP_LINE = 44  # characters that fit above the copies on a phone


class UnrolledView(View):
    controls = ("n_units", "n_steps", "W11", "activation", "loss_at", "output_layer", "weight", "window")
    more = ("x", "d1", "d2", "d3", "d4")
    conceals: ClassVar = {"share": ((*GRADIENTS, "after"), ("sum.value",))}

    def build(self) -> list[Card]:
        strip = self.stack.strip
        hint = "click or drag to edit"
        self.x = strip("x", "x", "input", title="Input x(t)", edits="x", at=(-2, -1, 0, 1, 2), hint=hint)
        self.states = [self._state(f"h{j + 1}", f"h{j + 1}".translate(SUBSCRIPTS), j) for j in UNITS]
        self.y = self._state("y", "y", 0)
        self._gradients()
        self.truncation, self.costs, self.times = truncation_chart.TruncationChart(), CostCharts(), TimeCharts()
        self.tabled, self.written = None, {}
        return [
            Card("", [self.x, *self.states, self.y, self.dF_dh, self.s, self.term, self.sum, self.share]),
            Card(
                "Weights and their gradients", table=True, key="weights",
                help="Change any weight and watch all columns. The dot chooses the weight whose terms are shown.",
            ),
            Card(
                "Every copy's share", [self._bars()], key="shares",
                help="One bar per weight, one piece per copy: pale is the first copy, full colour the last. Positive "
                "pieces are stacked upwards, negative ones downwards; the dot is their sum, the gradient.",
            ),
            Card(
                "Truncated BPTT", [self.truncation.strip], key="truncation", table=True,
                help="Each error is carried back through at most as many copies as the window says. The dashed line "
                "is the present window. Solid: the chosen weight; grey: all of W together.",
            ),
            Card(
                "What it costs", self.costs.strips, key="costs", table=True, wide=False,
                help="Forward pass and gradient, counted as the plain algorithms do them, for one input. On these "
                "logarithmic axes a power is a straight line: RTRL grows with n⁴ but its memory not with T, BPTT's "
                "memory grows with T. Dashed lines mark the present size.",
            ),
            Card(
                "What it takes on this machine", self.times.strips, key="times", table=True, wide=False,
                help="Times of the engine on the server, for the sizes on the axes, not for the network above. The "
                "engine's calls and f take their time, too, not only multiply-adds.",
            ),
        ]  # fmt: skip

    def _state(self, name: str, label: str, j: int) -> Strip:
        """A strip of a state with its target, which a stroke on the strip sets."""
        target = "d" if name == "y" else f"d{j + 1}"
        title = "Output y(t) and its target" if name == "y" else f"State h{j + 1}(t) and its target"
        hint = "grey: target; drag to set it where the loss looks" if name in ("h1", "y") else ""
        edits = {"edits": f"d{j + 1}", "paints": target, "hint": hint}
        strip = self.stack.strip(name, label, "state", title=title, height=42, ticks=3, **edits)
        self.stack.trace(strip, target, "target", kind="line", dash="dashed", pin=False)
        ring = Scatter(x="t", y=target, size=8, line_color=LIGHT["target"], line_width=2, fill_color=None, name="dot")
        strip.plot.add_glyph(self.stack.source, ring)
        return strip

    def _gradients(self) -> None:
        """The strips that the backward pass fills, from the last copy to the first."""
        strip = self.stack.strip
        self.dF_dh = strip("dF_dh", "∂F/∂h", "gradient", title="∂F/∂h(t), total", height=42, at=(0,))
        self.s = strip("s", "s", "gradient", title="Sensitivity s(t)", height=42, at=(0,))
        self.term = strip("term", "term", "gradient", title="Term of each copy", height=42, kind="bar", at=(0,))
        self.sum = strip("sum", "sum", "gradient", title="Sum of the terms, from the last copy back", height=50,
                         kind="none", at=(0,))  # fmt: skip
        self.share = strip("share", "share", "gradient", title="Share of each copy, |term| / Σ |term|", height=40,
                           kind="bar", predicts="share", hint="share = |term| / Σ |term|", last=True,
                           limits=(-0.08, 1.1), at=(0, 0.5, 1),
                           axis_label="time step t: copy of the network")  # fmt: skip
        self._draw_sum()
        self._veil()

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

    def _bars(self) -> Strip:
        self.pieces, self.totals = ColumnDataSource(), ColumnDataSource()
        self.bars = chart(
            "pieces", "Terms of all weights", x_label="weight", y_label="contribution to ∂F/∂weight",
            x_limits=(0.4, 8.6), y_limits=(-1, 1), height=240,
        )  # fmt: skip
        self.bars.plot.add_glyph(
            self.pieces,
            VBar(x="weight", top="top", bottom="bottom", width=0.72, fill_color=LIGHT["gradient"], fill_alpha="shade",
                 line_color=LIGHT["card"], line_width=0.6),
        )  # fmt: skip
        self.bars.plot.add_glyph(
            self.totals, Scatter(x="weight", y="total", size=10, fill_color=LIGHT["state"], line_color=LIGHT["card"])
        )
        return self.bars

    def update(self) -> dict[str, np.ndarray]:
        m, n = self.model, self.model.n_units
        table, blank = m.table(), np.full(m.n_steps, np.nan)
        names = ["x", *(f"h{j + 1}" for j in UNITS), *(f"d{j + 1}" for j in UNITS), "y", "d", *GRADIENTS]
        columns = {name: table.get(name, blank) for name in names}
        # Where a bar of the waterfall lies wholly beyond the plot's limit, it is drawn from 0: visible, and clipped.
        after = np.append(table["sum"][1:], 0.0)
        columns["after"] = np.where(np.minimum(after * np.sign(table["sum"]), np.abs(table["sum"])) < LIMIT, after, 0.0)
        self._place_strips(n)
        self._fit(columns)
        if not self.concealed:
            self._send_pieces()
            self.truncation.show(m)
            self.costs.show(n, m.n_steps)
            if m.timings:
                self.times.show(m.timings)
        return columns

    def _place_strips(self, n: int) -> None:
        for j, strip in enumerate(self.states):
            change(strip.plot, visible=j < n)
        # Where few units leave room, the plots that matter most use it.
        for strip in (self.states[0], self.term, self.sum):
            change(strip.plot, height=strip.height + (16 if n == 1 else 0))
        change(self.y.plot, visible=self.model.output_layer)
        unit = str(self.model.unit + 1).translate(SUBSCRIPTS)
        for strip, name in ((self.dF_dh, f"∂F/∂h{unit}"), (self.s, f"s{unit}")):
            change(strip.plot.left[0], axis_label=name)
        # A long label beside a long number would push its plot out of line with the others.
        change(self.dF_dh.plot.left[0], axis_label_text_font_size="10.5px", axis_label_standoff=0)

    def _fit(self, columns: dict[str, np.ndarray]) -> None:
        largest = float(np.abs(columns["x"]).max())
        fit(self.x.plot.y_range, include=self.input_limits() if largest else (-1, 1))
        low_high = STATE_LIMITS[self.model.activation]
        for j, strip in enumerate(self.states[: self.model.n_units]):
            fit(strip.plot.y_range, columns[f"h{j + 1}"], columns[f"d{j + 1}"], include=low_high)
        if self.model.output_layer:
            fit(self.y.plot.y_range, columns["y"], columns["d"], include=(-1, 1))
        for strip, name in ((self.dF_dh, "dF_dh"), (self.s, "s"), (self.term, "term"), (self.sum, "sum")):
            if self.concealed:  # the axis must not tell how large the hidden values are
                fit(strip.plot.y_range, include=(-1, 1))
            else:
                fit(strip.plot.y_range, columns[name], include=(0.0,) if np.any(columns[name]) else (-1, 1))
            tiny = strip.plot.y_range.end - strip.plot.y_range.start < 5e-3
            change(strip.plot.left[0], major_label_text_font_size="8.5px" if tiny else "11px")
            change(strip.plot.left[0].ticker, ticks=_ticks(strip.plot.y_range))

    def input_limits(self) -> tuple[float, float]:
        return (-1, 1) if np.abs(self.model.sequence("x")).max() <= 1 else (-2, 2)

    def _send_pieces(self) -> None:
        """Stacked bars: what is positive piles up from 0, what is negative down from 0."""
        m = self.model
        names = [name for name in m.names() if name in SHARED]
        terms = np.stack([m.terms(name) for name in names])  # (weights, T)
        place = np.arange(1.0, len(names) + 1)
        up, down = np.cumsum(np.maximum(terms, 0), axis=1), np.cumsum(np.minimum(terms, 0), axis=1)
        top = np.where(terms >= 0, up, down)
        shade = np.linspace(0.22, 1, m.n_steps) if m.n_steps > 1 else np.ones(1)
        self.pieces.data = {
            "weight": np.repeat(place, m.n_steps),
            "top": top.ravel(),
            "bottom": (top - terms).ravel(),
            "shade": np.tile(shade, len(names)),
        }
        self.totals.data = {"weight": place, "total": np.clip(terms.sum(axis=1), -LIMIT, LIMIT)}
        fit(self.bars.plot.y_range, up, down, include=(0.0,) if np.any(terms) else (-1, 1))
        change(self.bars.plot.x_range, end=len(names) + 0.6)
        change(
            self.bars.plot.below[0],
            ticker=self._ticks(len(names)),
            major_label_overrides={float(k): pretty(name) for k, name in zip(place, names, strict=True)},
            major_label_orientation="vertical" if len(names) > 15 else "horizontal",
        )

    def _ticks(self, count: int) -> FixedTicker:
        """The same ticker as long as there are as many weights, so that nothing is sent."""
        known = self.bars.plot.below[0].ticker
        return known if isinstance(known, FixedTicker) and len(known.ticks) == count else FixedTicker(
            ticks=list(range(1, count + 1)))  # fmt: skip

    def tables(self) -> dict[str, str]:
        if self.concealed:
            return {"weights": "", "truncation": "", "costs": "", "times": ""}
        # Moving the cursor changes no table, and the finite differences take a while.
        if self.tabled is not self.model.result:
            self.tabled = self.model.result
            self.written = {
                "weights": weight_table.html(self.model),
                "truncation": truncation_chart.words(self.model),
                "costs": BUTTON,
                "times": findings(self.model.timings) if self.model.timings else "",
            }
        return self.written

    def hidden_cards(self) -> set[str]:
        if self.concealed:
            return {"weights", "shares", "truncation", "costs", "times"}
        return set() if self.model.timings else {"times"}

    def hidden_controls(self) -> set[str]:
        targets = 1 if self.model.output_layer else self.model.n_units
        return {f"d{j}" for j in range(targets + 1, MAX_UNITS + 1)}

    def idle_controls(self) -> set[str]:
        return {"window"} if self.model.n_steps == 1 else set()

    def fixed_strips(self) -> set[str]:
        return {strip.name for strip in self.states} if self.model.output_layer else {"y"}

    def diagram_key(self) -> object:
        m = self.model
        return m.n_units, m.n_steps, m.output_layer, m.loss_at

    def diagram(self) -> Diagram:
        m = self.model
        return copies.draw(m.n_units, m.n_steps, m.output_layer, m.counts)

    def live(self, t: int) -> dict[str, dict]:
        m, r = self.model, self.model.result
        back = m.backward and not self.concealed
        # The veil follows the cursor, not the result: this is what is called when the cursor moves.
        change(self.veil, visible=bool(back and t > 1), right=t - 0.5)
        found = copies.live(r.x, m.before(), r.run.h, r.copies.dF_da, t, back, m.counts)
        terms, name, loss = m.terms(), f"∂F/∂{pretty(m.chosen)}", f"F = {plain(r.loss.loss)}"
        found["text"] |= {"sum.value": _so_far(name, terms, t) if back else self._total(name, loss), "loss": loss}
        return found | {"limits": {"x": self.input_limits()}}

    def _total(self, name: str, beside: str) -> str:
        """The gradient, and what the window makes of it where there is room for both on a phone."""
        m = self.model
        total = f"{name} = {plain(m.terms().sum())}"
        cut = f"{total}, window {m.window}: {plain(m.truncated()[min(m.window, m.n_steps) - 1], 3)}"
        return cut if m.window < m.n_steps and len(cut + beside) <= TOP_LINE else total

    def numbers(self, t: int) -> list[Block]:
        return hand_calculation.blocks(self.model, t)


def _ticks(limits, pad: float = 0.18) -> list[float]:
    """0 and the tidy ends of a range made by `fit`; the end that is near 0 only where there is room."""
    inner = (limits.end - limits.start) / (1 + 2 * pad)
    low, high = limits.start + pad * inner, limits.end - pad * inner
    return [0.0, *(float(f"{end:.3g}") for end in (low, high) if abs(end) > 0.4 * inner)]


def _so_far(name: str, terms: np.ndarray, t: int) -> str:
    span = f"copy {t}" if t == terms.size else f"copies {terms.size}…{t}"
    return f"{name}, {span}: {plain(terms[t - 1 :].sum())}"
