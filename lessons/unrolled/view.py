"""A recurrent network, its copies in time, and one gradient computed three ways."""

from typing import ClassVar

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import Block, plain
from app.parts.picture import Picture
from app.parts.plots import Card
from app.shell.view import View
from lessons.unrolled import diagram, numbers, truncation_chart, weight_table
from lessons.unrolled.cost_charts import BUTTON, CostCharts, TimeCharts, findings
from lessons.unrolled.model import Unrolled
from lessons.unrolled.pieces_chart import PiecesChart
from lessons.unrolled.strips import GRADIENTS, Strips, input_limits
from lessons.unrolled.truncation_chart import TruncationChart
from lessons.unrolled.weights import MAX_UNITS, pretty

TOP_LINE = 44  # characters that fit above the copies on a phone
EXTRAS = ("weights", "shares", "truncation", "costs", "times")  # keys of the cards below the stack


class UnrolledView(View[Unrolled]):
    controls = ("n_units", "n_steps", "W11", "activation", "loss_at", "output_layer", "weight", "window")
    more = ("x", "d1", "d2", "d3", "d4")
    looks_ahead = True  # each copy's numbers list the terms of all
    conceals: ClassVar = {"share": ((*GRADIENTS, "after"), ("sum.value",))}

    def build(self) -> list[Card]:
        self.strips, self.pieces, self.truncation = Strips(self.stack), PiecesChart(), TruncationChart()
        self.costs, self.times = CostCharts(), TimeCharts()
        return [
            Card("", self.strips.all),
            Card(
                "Weights and their gradients", table=True, key="weights",
                help="Change any weight and watch all columns. The dot chooses the weight whose terms are shown.",
            ),
            Card(
                "Every copy's share", [self.pieces.strip], key="shares",
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

    def update(self, m: Unrolled, picture: Picture) -> dict[str, np.ndarray]:
        if not m.concealed:
            self.pieces.show(picture, m, m.result)
            self.truncation.show(picture, m, m.result)
            self.costs.show(picture, m.n_units, m.n_steps)
            if m.timings:
                self.times.show(picture, m.timings)
        return self.strips.show(picture, m, m.table())

    def follow(self, m: Unrolled, picture: Picture, t: int) -> None:
        self.strips.follow(picture, m, t)

    def tables(self, m: Unrolled) -> dict[str, str]:
        if m.concealed:
            return {"weights": "", "truncation": "", "costs": "", "times": ""}
        return {
            "weights": weight_table.html(m, m.result, m.compared()),
            "truncation": truncation_chart.words(m, m.result),
            "costs": BUTTON,
            "times": findings(m.timings) if m.timings else "",
        }

    def hidden_cards(self, m: Unrolled) -> set[str]:
        if m.concealed:
            return set(EXTRAS)
        return set() if m.timings else {"times"}

    def hidden_controls(self, m: Unrolled) -> set[str]:
        targets = 1 if m.output_layer else m.n_units
        return {f"d{j}" for j in range(targets + 1, MAX_UNITS + 1)}

    def idle_controls(self, m: Unrolled) -> set[str]:
        return {"window"} if m.n_steps == 1 else set()

    def fixed_strips(self, m: Unrolled) -> set[str]:
        return {strip.name for strip in self.strips.states} if m.output_layer else {"y"}

    def diagram_key(self, m: Unrolled) -> object:
        return m.n_units, m.n_steps, m.output_layer, m.loss_at

    def diagram(self, m: Unrolled) -> Diagram:
        return diagram.draw(m.n_units, m.n_steps, m.output_layer, m.counts)

    def live(self, m: Unrolled, t: int) -> dict[str, dict]:
        back = m.backward and not m.concealed
        found = diagram.live(m, m.result, t, back)
        name, loss = f"∂F/∂{pretty(m.chosen)}", f"F = {plain(m.result.loss.loss)}"
        top = _so_far(name, m.result.terms(), t) if back else _total(m, name, loss)
        found["text"] |= {"sum.value": top, "loss": loss}
        return found | {"limits": {"x": input_limits(m)}}

    def numbers(self, m: Unrolled, t: int) -> list[Block]:
        return numbers.blocks(m, m.result, t)


def _total(m: Unrolled, name: str, beside: str) -> str:
    """The gradient, and what the window makes of it where there is room for both on a phone."""
    total = f"{name} = {plain(m.result.terms().sum())}"
    cut = f"{total}, window {m.window}: {plain(m.result.truncated()[min(m.window, m.n_steps) - 1], 3)}"
    return cut if m.window < m.n_steps and len(cut + beside) <= TOP_LINE else total


def _so_far(name: str, terms: np.ndarray, t: int) -> str:
    span = f"copy {t}" if t == terms.size else f"copies {terms.size}…{t}"
    return f"{name}, {span}: {plain(terms[t - 1 :].sum())}"
