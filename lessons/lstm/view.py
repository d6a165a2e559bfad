"""LSTM and GRU, their gates at work, and where their gradients go."""

from typing import Any, ClassVar

import numpy as np

from app.parts.charts import finite
from app.parts.diagram import Diagram
from app.parts.numbers import Block
from app.parts.picture import Picture
from app.parts.plots import Card
from app.shell.view import View
from lessons.lstm import diagram as gate_diagram
from lessons.lstm import numbers as gate_numbers
from lessons.lstm import shown, training_charts
from lessons.lstm import tables as gate_tables
from lessons.lstm.character_chart import CharacterChart
from lessons.lstm.charts import LINES, GateHeat, lines_table, reading, relatives
from lessons.lstm.model import Lstm
from lessons.lstm.strips import GATE_AXIS, KEEPS, NO_AXIS, VARIANT_STRIPS, all_strips, fit_low


class LstmView(View[Lstm]):
    controls = (
        "topic",
        "network",
        "n_steps",
        "signal",
        "text",
        "variant",
        "unit",
        "layer",
        "heat",
        "n_units",
        "forget_bias",
        "b_i",
        "b_f",
        "b_g",
        "b_o",
        "lag",
        "learning_rate",
        "n_updates",
    )
    more = ("method", "clip", "x", "mark")
    conceals: ClassVar = {"c": (("c", "h", "y", "d", "d_alone"), (*gate_diagram.TELL_CELL, "pipe.sum"))}

    def build(self) -> list[Card]:
        self.strips, self.text = all_strips(self.stack)
        self.heat, self.training = GateHeat(), training_charts.TrainingCharts()
        self.characters = CharacterChart()
        return [
            Card("", list(self.strips.values())),
            Card(
                "Training",
                self.training.strips,
                wide=False,
                key="training",
                table=True,
                help="Three networks learn to give back a bit after the lag. The traces below them are those of the "
                "LSTM as it is now, on one sequence of the task.",
            ),
            Card("Your own network", key="upload", table=True, leads=True),
            Card(
                "The next character",
                self.characters.strips,
                key="characters",
                table=True,
                help="Left to right the text that is read; below, what the network expects to come after the cursor.",
            ),
            Card(
                "All units over time",
                [self.heat.strip],
                key="heat",
                help="One row a unit. The box encloses the unit whose traces are shown above; choose another under "
                "“unit shown”.",
            ),
            *_keys(),
        ]

    # Figures

    def update(self, m: Lstm, picture: Picture) -> dict[str, np.ndarray]:
        plotted, cards = m.table(), shown.cards(m)
        self._arrange(m, picture, plotted)
        if m.is_text:
            self.text.show(m, picture)
        if "heat" in cards:
            self.heat.show(m, picture)
        if "training" in cards:
            self.training.show(picture, m.training)
        blank = np.full(m.n_steps, np.nan)
        columns = {
            name: finite(plotted[name]) if name in plotted else blank
            for name in (*KEEPS, *(name for strip in self.stack.strips for name in strip.columns))
        }
        self._fit(m, picture, columns)
        return columns | {"d_alone": _alone(columns["d"])}

    def _arrange(self, m: Lstm, picture: Picture, plotted: dict[str, np.ndarray]) -> None:
        """Which strips there are, and what their axes need."""
        self.stack.show(picture, list(self.strips.values()), [self.strips[name] for name in shown.strips(m, plotted)])
        for strip in self.stack.strips:
            # three digits run into each other on a phone
            picture.change(strip.plot.below[0].ticker, desired_num_ticks=12 if m.n_steps < 100 else 7)
            picture.change(strip.plot, min_border_right=GATE_AXIS if m.topic == "variants" else NO_AXIS)
        y = m.traced.y
        label = "p next" if m.says_characters else "y₁" if y is not None and y.shape[1] > 1 else "y"
        picture.change(self.strips["y"].plot.left[0], axis_label=label)

    def _fit(self, m: Lstm, picture: Picture, columns: dict[str, np.ndarray]) -> None:
        """How far the plots reach."""
        ranges = {name: strip.plot.y_range for name, strip in self.strips.items()}
        low, high = shown.input_limits(m)
        margin = 0.15 * (high - low)
        picture.change(ranges["x"], start=low - margin, end=high + margin)
        picture.change(self.strips["x"].plot.left[0].ticker, ticks=sorted({low, 0, high}))
        if m.topic == "gradient":
            known = [columns[line.column] for line in LINES]
            picture.fit(ranges["cell"], *known, include=(-2, 0.3), pad=0.04)
        if m.topic == "variants":
            for name, *_ in VARIANT_STRIPS:
                fit_low(picture, self.strips[name], columns[name])
            return
        if m.concealed:
            # how high it goes is part of the answer
            reach = np.abs(m.inputs()[0]).sum() / 2
            picture.fit(ranges["c"], include=(-reach, reach))
        else:
            picture.fit(ranges["c"], columns["c"], include=(0,))
        if m.traced.y is not None:
            include = (0, 1) if m.says_characters else (0,)
            fit_low(picture, self.strips["y"], columns["y"], columns["d"], include=include)

    def follow(self, m: Lstm, picture: Picture, t: int) -> None:
        if "characters" in shown.cards(m):
            self.characters.show(m, picture, t)

    # Controls and cards

    def fixed_strips(self, m: Lstm) -> set[str]:
        return shown.fixed(m)

    def hidden_controls(self, m: Lstm) -> set[str]:
        unused = {*self.controls, *self.more} - shown.controls(m)
        return unused if shown.has_chance(m) else unused | {"seed"}

    def idle_controls(self, m: Lstm) -> set[str]:
        return set() if m.signal == "drawn" else {"x", "mark"}

    def hidden_cards(self, m: Lstm) -> set[str]:
        return {card.key for card in self.cards if card.key} - shown.cards(m)

    # What follows the cursor

    def diagram_key(self, m: Lstm) -> tuple:
        return ("training", m.lag) if m.topic == "training" else gate_diagram.key(m)

    def diagram(self, m: Lstm) -> Diagram:
        return training_charts.diagram(m.lag) if m.topic == "training" else gate_diagram.diagram(m)

    def tables(self, m: Lstm) -> dict[str, str]:
        make = {
            "training": lambda m: training_charts.controls(m.training),
            "lines": lines_table,
            "relatives": relatives,
            "characters": reading,
            "weights": gate_tables.weights,
            "upload": gate_tables.upload,
        }
        cards = shown.cards(m)
        return {key: html(m) for key, html in make.items() if key in cards}

    def live(self, m: Lstm, t: int) -> dict[str, dict]:
        if m.topic == "training":
            return training_charts.live(m)
        values: dict[str, Any] = gate_diagram.live(m, t)
        snap = m.task in ("count ab", "parity") and m.uses_x
        return values | {"limits": {"x": shown.input_limits(m)}, "snap": snap}

    def numbers(self, m: Lstm, t: int) -> list[Block]:
        return gate_numbers.blocks(m, t)


def _keys() -> list[Card]:
    """Cards of tables alone: keys to lines that share a plot, and the weights."""
    return [
        Card(
            "Five ways back",
            key="lines",
            table=True,
            help="Sizes (spectral norms) of derivatives of the last step T by step k, on one logarithmic axis. A "
            "line that ends has reached 0.",
        ),
        Card(
            "The relatives",
            key="relatives",
            table=True,
            help="Dashed in the plots, with its own axis on the right: the gate that keeps the old state.",
        ),
        Card("The weights", key="weights", table=True),
    ]


def _alone(values: np.ndarray) -> np.ndarray:
    """The values that have no neighbour to draw a line to; NaN for the others."""
    gap = np.isnan(np.concatenate([[np.nan], values, [np.nan]]))
    return np.where(gap[:-2] & gap[2:], values, np.nan)
