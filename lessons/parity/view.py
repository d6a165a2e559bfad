"""Two switches in a loop that keep the parity of any number of bits, and what soft switches make of them."""

import json
from typing import Any, ClassVar

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, Line, Scatter

from app.parts.charts import empty, finite
from app.parts.colours import LIGHT
from app.parts.diagram import Diagram
from app.parts.figures import chart, rule
from app.parts.numbers import Block, plain, short
from app.parts.picture import Picture
from app.parts.plots import Card, Strip
from app.shell.view import View
from lessons.parity import learning_card, numbers
from lessons.parity.learning import BY_HAND
from lessons.parity.model import Parity
from lessons.parity.parameters import EXACT, STATES, STEEPNESSES

# where the diagram shows each number
PLACES = (
    ("U1", 106, 68, "middle"),
    ("U2", 106, 134, "middle"),
    ("W11", 218, 18, "start"),
    ("W22", 218, 184, "start"),
    ("W21", 213, 100, "start"),
    ("W12", 167, 100, "end"),
    ("V1", 268, 66, "middle"),
    ("V2", 268, 136, "middle"),
    ("b1", 164, 40, "end"),
    ("b2", 164, 164, "end"),
    ("b_out", 354, 66, "middle"),
)


class ParityView(View[Parity]):
    controls = ("bits", "n_steps", "random_bits", "activation", "steepness", "origin", "perturbation")
    more = (*EXACT, "learned_steps")
    buttons = ((json.dumps(EXACT | {"perturbation": 0, "origin": BY_HAND}), "Exact weights (Eq. 12.36)"),)
    conceals: ClassVar = {"y": (("h1", "h2", "y", "xor", "missed"), ("h1.value", "h2.value", "y.value"))}

    def build(self) -> list[Card]:
        self.learning = learning_card.LearningChart()
        return [
            Card("", self._signals()),
            Card(
                "Learning from a random start",
                [self.learning.strip],
                key="learning",
                player="learned_steps",
                table=True,
                help="All 16 sequences of 4 bits, logistic switches of steepness 5, the mean squared error of the "
                "output at every step, and Adam with a learning rate of 0.05. One step of the player is 20 updates. "
                "Diagram and plots show the weights as they are now.",
            ),
            Card("Try to learn it", key="try", table=True),
            Card(
                "What is left of a gradient",
                self._gradient_strips(),
                key="gradient",
                help="Above: by what factor one step back can stretch a gradient at most, ‖∂h(t)/∂h(t−1)‖. Below: "
                "log₁₀ ‖∂h(T)/∂h(t)‖, for the product of these matrices from t + 1 to T. The norm ‖·‖ of a "
                "matrix is the most by which it stretches a vector. The product is smaller than the factors "
                "say, since one step cancels part of what another passes on. A triangle means 0: hardlim is flat on "
                "both sides of its jump, so hard switches pass no gradient on.",
            ),
            Card(
                "Where soft switches begin to leak",
                [self._sweep_chart()],
                key="leak",
                help="How far h₁ − h₂ comes from where hard switches with the same weights have it, along this "
                "sequence, for logistic switches of every steepness. Beyond one half (dashed) it rounds to another "
                "value. With soft switches a dot marks the steepness chosen.",
            ),
        ]

    def _signals(self) -> list[Strip]:
        """Bits, both hidden units, and the output over the running XOR."""
        strip, switch = self.stack.strip, dict[str, Any](limits=(-0.22, 1.22), at=(0, 1))
        bits = strip("x", "x", "input", title="Bits x(t)", edits="bits", hint="click or drag to edit", **switch)
        h1 = strip("h1", "h₁", "state", title="Hidden unit h₁(t)", **switch)
        h2 = strip("h2", "h₂", "state", title="Hidden unit h₂(t)", **switch)
        y = strip(
            "y",
            "y",
            "state",
            title="Output y(t) and the running XOR",
            height=76,
            predicts="y",
            binary=True,
            last=True,
            axis_label="time step",
            hint="grey: running XOR, red cross: y misses it",
            **switch,
        )
        y.plot.add_glyph(
            self.stack.source, Scatter(x="t", y="xor", size=18, marker="dash", line_width=4, line_color=LIGHT["target"])
        )
        y.plot.renderers.insert(0, y.plot.renderers.pop())  # below the dots
        self.stack.marks(y, "missed")
        return [bits, h1, h2, y]

    def _gradient_strips(self) -> list[Strip]:
        """What one step back does to a gradient, and what all steps up to T do."""
        self.factor = self.stack.strip(
            "factor", "factor", "gradient", title="Factor of each step, ‖∂h(t)/∂h(t−1)‖", height=80
        )
        self.product = self.stack.strip(
            "log10_product",
            "log₁₀",
            "gradient",
            title="log₁₀ ‖∂h(T)/∂h(t)‖",
            height=100,
            kind="line",
            ticks=3,
            last=True,
            axis_label="time step t",
        )
        self.stack.marks(self.product, "zero", role="gradient", marker="inverted_triangle")
        mark: Any = self.product.plot.renderers[-1]
        # named as dots are, so that they shrink as the steps crowd
        mark.glyph.update(size=8, name="dot", line_width=1.5)
        return [self.factor, self.product]

    def _sweep_chart(self) -> Strip:
        """Largest distance against the steepness, which runs on a logarithmic axis."""
        self.curve = ColumnDataSource({"s": np.log10(STEEPNESSES), "leak": np.zeros_like(STEEPNESSES)})
        self.here = empty("s", "leak")
        strip = chart(
            "sweep",
            "Largest distance of h₁ − h₂ from that of hard switches",
            x_label="steepness s",
            ticks=3,
            height=230,
            y_label="largest distance",
            x_limits=(-0.32, 1.72),
            y_limits=(-0.05, 1.05),
        )
        marked = (0.5, 1, 2, 3, 4, 5, 7, 10, 20, 50)
        strip.plot.below[0].update(
            ticker=FixedTicker(ticks=np.log10(marked).tolist()),
            major_label_overrides={float(np.log10(s)): plain(s) for s in marked},
        )
        rule(strip.plot, 0.5)
        self.sweep_range = strip.plot.y_range
        strip.plot.add_glyph(self.curve, Line(x="s", y="leak", line_color=LIGHT["state"], line_width=2))
        strip.plot.add_glyph(
            self.here,
            Scatter(x="s", y="leak", size=12, fill_color=LIGHT["band"], line_width=2, line_color=LIGHT["state"]),
        )
        return strip

    def update(self, m: Parity, picture: Picture) -> dict[str, np.ndarray]:
        r = m.result
        product = finite(r["log10_product"])
        picture.fit(self.factor.plot.y_range, r["factor"], include=(0, 1))
        low, _ = picture.fit(self.product.plot.y_range, product, include=(-1, 0))
        self._show_sweep(m, picture)
        if m.learned:
            self.learning.show(m, picture)
        return {name: r[name] for name in ("x", "h1", "h2", "y", "xor", "factor")} | {
            "missed": np.where(r["wrong"], r["xor"], np.nan),
            "log10_product": product,
            "zero": np.where(np.isneginf(r["log10_product"]), 0.85 * low, np.nan),
        }

    def _show_sweep(self, m: Parity, picture: Picture) -> None:
        worst = m.sweep()
        picture.put(self.curve, {"s": np.log10(STEEPNESSES), "leak": worst})
        here = [[np.log10(m.steepness)], [m.result["leak"].max()]] if m.soft else [[], []]
        picture.put(self.here, dict(zip(("s", "leak"), here, strict=True)))
        picture.fit(self.sweep_range, worst, include=(0, 1), pad=0.05)

    def idle_controls(self, m: Parity) -> set[str]:
        return (set() if m.soft else {"steepness"}) | (set(EXACT) if m.learned else {"learned_steps"})

    def hidden_cards(self, m: Parity) -> set[str]:
        answers = {"gradient", "leak", "learning", "try"}
        return answers if m.concealed else {"try" if m.learned else "learning"}

    def tables(self, m: Parity) -> dict[str, str]:
        return {"learning": learning_card.report(m)} if m.learned else {"try": learning_card.invitation(m)}

    def diagram(self, m: Parity) -> Diagram:
        d = Diagram(
            640,
            190,
            "Input x feeds two hidden units that feed themselves and each other one step later; "
            "the output y listens to both. Beside it, an automaton with the states even and odd, lit as the output "
            "has it: a 1 changes the state, a 0 keeps it.",
        )
        self._network(d)
        self._automaton(d)
        return d

    def _network(self, d: Diagram) -> None:
        for tip in (56, 136):
            d.arrow((51, 96), (171, tip))
            d.arrow((212, tip), (332, 96))
        # what comes from the step before is dashed
        for path in (
            "M203,39C224,-2 156,-2 177,37",
            "M203,153C224,194 156,194 177,155",
            "M199,76Q212,96 200,115",
            "M181,116Q168,96 180,77",
        ):
            _curve(d, path, 'stroke-dasharray="5 3"')
        d.unit("x", 30, 96, "input", label="x", radius=20)
        d.unit("h1", 190, 56, label="h₁", radius=20, value="")
        d.unit("h2", 190, 136, label="h₂", radius=20, value="")
        d.unit("y", 354, 96, label="y", radius=20)
        d.parts.append(
            '<circle class=part data-on="wrong" cx=354 cy=96 r=26 fill=none stroke="var(--alarm)" stroke-width=3 />'
        )
        d.label(216, 46, "", "value state", live="h1.value", anchor="start")
        d.label(216, 160, "", "value state", live="h2.value", anchor="start")
        for name, x, y, anchor in PLACES:
            d.label(x, y, "", "weight", live=name, anchor=anchor)

    def _automaton(self, d: Diagram) -> None:
        for state, middle in (("even", 465), ("odd", 593)):
            d.box(state, middle - 31, 76, 62, 40, state)
            _curve(d, f"M{middle + 13},75C{middle + 34},30 {middle - 34},30 {middle - 13},73", f'data-on="{state} 0"')
            d.label(middle, 36, "0", "weight")
        _curve(d, "M497,86Q529,68 560,85", 'data-on="even 1"')
        _curve(d, "M561,107Q529,126 498,108", 'data-on="odd 1"')
        d.label(529, 70, "1", "weight")
        d.label(529, 134, "1", "weight")
        d.label(386, 184, "dashed: one step later")
        d.arrow((410, 96), (432, 96))
        d.label(529, 14, "the network’s opinion", "note")
        d.label(529, 164, "", "note", live="ones")

    def live(self, m: Parity, t: int) -> dict[str, Any]:
        r, k = m.result, t - 1
        count, word = m.ones(t)
        before, now, bit = m.opinion(k), m.opinion(t), int(r["x"][k])
        on = {name: False for state in STATES for name in (state, f"{state} 0", f"{state} 1")} | {"wrong": False}
        if not m.hides(t):
            on |= {now: True, f"{before} {bit}": (before == now) == (bit == 0), "wrong": bool(r["wrong"][k])}
        return {
            "text": {
                "x.value": plain(bit),
                **{f"{name}.value": _short(r[name][k]) for name in ("h1", "h2", "y")},
                **_weight_texts(m),
                "ones": "" if m.hides(t) else f"in fact {count} so far: {word}",
            },
            "level": {name: float(r[name][k]) for name in ("x", "h1", "h2", "y")},
            "on": on,
        }

    def numbers(self, m: Parity, t: int) -> list[Block]:
        return numbers.blocks(m, t)


def _weight_texts(m: Parity) -> dict[str, str]:
    values = np.concatenate([np.ravel(part) for part in m.weights()])
    shown = (short(value) if m.perturbation or m.learned else plain(value) for value in values)
    return {name: f"b = {text}" if name.startswith("b") else text for name, text in zip(EXACT, shown, strict=True)}


def _curve(d: Diagram, path: str, attribute: str) -> None:
    """A curved arrow; `attribute` dashes it, or names it so that it can be lit."""
    d.parts.append(f'<path class="edge muted" {attribute} d="{path}" marker-end=url(#head) />')


def _short(value: float) -> str:
    """A unit's value with three digits behind the point; nothing that is only near 0 or 1 is called so."""
    near = "≈ 0" if value < 0.0005 else "≈ 1" if value > 0.9995 else f"{value:.3f}"
    return plain(value) if value in (0, 1) else near
