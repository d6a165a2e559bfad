"""A network that hears its own outputs: by hand, as a table, on a plant, and unfolded."""

from typing import ClassVar

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import Block
from app.parts.picture import Picture
from app.parts.plots import Card
from app.shell.view import View
from lessons.narx import charts, copies, diagrams, numbers, results, tables
from lessons.narx.copies import MOST_NAMED
from lessons.narx.model import Narx
from lessons.narx.parameters import STEPS
from lessons.narx.strips import Strips

CONTROLS = {
    "by hand": {"loop", "few", "x1", "x2", "d1", "d2"},
    "table": {"input_delays", "feedback_delays", "few", "p", "q"},
    "plant": {"loop", "record", "trained_in", "stage", "teacher_noise", "method", "n_units", "input_delays",
              "feedback_delays", "measured_noise", "n_ahead", "n_steps", "current"},
    "unfolded": {"loop", "feedback_delays", "w1", "w2", "w3", "w4", "activation", "few", "x"},
}  # fmt: skip
CARDS = {"by hand": {"book", "weights"}, "table": {"table"}, "plant": {"course", "ahead"}, "unfolded": {"ways"}}


class NarxView(View[Narx]):
    controls = ("topic", "loop", "record", "trained_in", "stage", "teacher_noise", "method", "input_delays",
                "feedback_delays", "w1", "w2", "w3", "w4", "activation", "n_units", "measured_noise",
                "n_ahead", "n_steps", "few")  # fmt: skip
    more = ("x1", "x2", "d1", "d2", "p", "q", "current", "x")
    conceals: ClassVar = {"echo": (("echo", "back"), tuple(f"y{t}" for t in range(1, MOST_NAMED + 1)))}

    def build(self) -> list[Card]:
        self.strips, self.training, self.ahead = Strips(self.stack), charts.Training(), charts.Ahead()
        return [
            Card("", self.strips.all),
            Card(
                "P12.2, computed and printed", table=True, key="book",
                help="From the matrices that the book states, and as it prints them. The first step that the page "
                "shows is the book’s t = 2.",
            ),
            Card(
                "The matrices side by side", table=True, key="weights",
                help="The book’s augmented matrix: one row for each unit, and all that it hears beside each other. "
                "Change any number and follow what it does.",
            ),
            Card(
                "E12.3 as a table for static training", table=True, key="table", leads=True,
                help="A row is complete where everything that is delayed is known. Each row is one example for a "
                "network without memory: gradients need no time.",
            ),
            Card(
                "Training, stage by stage", [self.training.strip], key="course", player="stage", table=True,
                help="Error on the training record after each stage. Solid: one step ahead, loop open. Dashed: the "
                "whole record alone, loop closed.",
            ),
            Card(
                "Several steps ahead", [self.ahead.strip], key="ahead", table=True,
                help="From every step of the record the network predicts on with its own outputs. The line is this "
                "network; once 20 seeds are trained, the medians of three ways appear, and a band in which the middle "
                "half of this way’s networks lies.",
            ),
            Card(
                "Ways from the first copy", table=True, key="ways",
                help="How many ways lead from the output of copy 1 to that of copy t, and over how few edges the "
                "shortest one goes. A gradient is the sum over all ways of the product of their factors.",
            ),
        ]  # fmt: skip

    def update(self, m: Narx, picture: Picture) -> dict[str, np.ndarray]:
        r = m.result
        if isinstance(r, results.Plant):
            self.training.show(picture, r)
            self.ahead.show(picture, m, r)
        return self.strips.show(picture, m, results.traces(r))

    def tables(self, m: Narx) -> dict[str, str]:
        return tables.tables(m, m.result)

    def hidden_cards(self, m: Narx) -> set[str]:
        shown = set() if m.concealed else CARDS[m.topic]
        return {card.key for card in self.cards if card.key} - shown

    def hidden_controls(self, m: Narx) -> set[str]:
        shown = {"topic"} | CONTROLS[m.topic]
        if m.topic == "unfolded":
            shown -= {f"w{j}" for j in range(m.feedback_delays + 1, 5)}
        return ({*self.controls, *self.more} - shown) | (set() if m.topic == "plant" else {"seed"})

    def idle_controls(self, m: Narx) -> set[str]:
        idle = set() if m.trained_in == "series-parallel" else {"teacher_noise"}
        return idle | (set() if m.record == "drawn" else {"current"})

    def fixed_strips(self, m: Narx) -> set[str]:
        own = {"by hand": {"x1", "x2", "y1", "y2"}, "table": {"p", "q"}, "plant": {"current"}, "unfolded": {"x"}}
        return {strip.name for strip in self.strips.all if strip.edits} - own[m.topic]

    def diagram_key(self, m: Narx) -> object:
        r = m.result
        if isinstance(r, results.Unfolded):
            return m.topic, m.n_steps, m.feedback_delays
        return m.topic, *diagrams.sizes(r)

    def diagram(self, m: Narx) -> Diagram:
        r = m.result
        if isinstance(r, results.Unfolded):
            return copies.draw(m.n_steps, m.feedback_delays)
        return diagrams.draw(*diagrams.sizes(r), diagrams.teacher(m))

    def live(self, m: Narx, t: int) -> dict[str, dict]:
        r = m.result
        if isinstance(r, results.Unfolded):
            return copies.live(m, r, t)
        # the exercises have whole numbers, and a hand is not that exact
        return diagrams.live(m, r, t) | {"snap": m.topic != "plant"}

    def numbers(self, m: Narx, t: int) -> list[Block]:
        return numbers.blocks(m, m.result, t)


assert STEPS.keys() == CONTROLS.keys() == CARDS.keys()
