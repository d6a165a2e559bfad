"""Lesson 6: LSTM and GRU, their gates at work, and where their gradients go."""

from typing import ClassVar

import numpy as np
from bokeh.models import Scatter

from app.parts.colours import LIGHT
from app.parts.diagram import Diagram
from app.parts.figures import Card
from app.parts.numbers import Block
from app.parts.ranges import change, fit
from app.shell.view import View
from lessons.lstm import diagram as gate_diagram
from lessons.lstm import numbers as gate_numbers
from lessons.lstm import tables as gate_tables
from lessons.lstm import training_charts
from lessons.lstm.character_chart import CharacterChart
from lessons.lstm.charts import LINES, SHOWN_CHARACTERS, GateHeat, TextStrip, lines_table, reading, relatives
from lessons.lstm.strips import GATE_AXIS, KEEPS, NO_AXIS, VARIANT_STRIPS, fit_low, gradient_strip, variant_strips

BIASES = {"b_i", "b_f", "b_g", "b_o"}
# Strips from top to bottom by topic.
STRIPS = {
    "gates": ("x", "mark", "text", "i", "f", "g", "o", "c", "h", "y"),
    "gradient": ("x", "mark", "text", "f", "c", "cell"),
    "variants": ("x", "mark", "text", "full", "no_forget_gate", "peephole", "coupled_gates", "gru"),
    "training": ("x", "mark", "f", "c", "y"),
}
CARDS = {
    "gates": {"heat", "weights"},
    "gradient": {"lines", "weights"},
    "variants": {"relatives", "weights"},
    "training": {"training", "heat"},
}


class LstmView(View):
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
    acts = ("start", "pause", "step", "stop")

    def build(self) -> list[Card]:
        self.model.connected = lambda: self.connected()
        self.heat, self.training = GateHeat(), training_charts.TrainingCharts()
        self.characters = CharacterChart()
        return [
            Card("", self._strips()),
            Card(
                "Training",
                self.training.strips,
                wide=False,
                key="training",
                table=True,
                help="Three networks learn to give back a bit after the lag. The traces below them are those of the "
                "LSTM as it is now, on one sequence of the task.",
            ),
            Card("Your own weights", key="upload", table=True),
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

    def _strips(self) -> list:
        strip, gate = self.stack.strip, {"limits": (-0.28, 1.28), "at": (0, 1), "height": 36}
        self.strips = {
            "x": strip(
                "x",
                "x",
                "input",
                title="Input x(t)",
                edits="x",
                hint="click or drag to edit",
                limits=(-1.3, 1.3),
                at=(-1, 0, 1),
            ),
            "mark": strip(
                "mark",
                "mark",
                "input",
                title="Mark",
                edits="mark",
                height=30,
                binary=True,
                limits=(-0.38, 1.38),
                at=(0, 1),
            ),
        }
        self.text = TextStrip(self.stack)
        self.strips |= {
            "text": self.text.strip,
            "i": strip("i", "i", "input_gate", title="Input gate i(t)", **gate),
            "f": strip("f", "f", "forget_gate", title="Forget gate f(t)", **gate),
            "g": strip("g", "g", "candidate", title="Candidate g(t)", height=38, limits=(-1.5, 1.5), at=(-1, 1)),
            "o": strip("o", "o", "output_gate", title="Output gate o(t)", **gate),
            "c": strip("c", "c", "state", title="Cell c(t)", height=72, ticks=3, predicts="c"),
            "h": strip("h", "h", "state", title="Output h(t)", height=38, limits=(-1.5, 1.5), at=(-1, 1)),
            "y": strip("y", "y", "state", title="Readout y(t), dashed what the task asks for", height=48, at=(0, 1)),
        }
        self.stack.trace(self.strips["y"], "d", "target", kind="line", dash="dashed", pin=False)
        ring = Scatter(x="t", y="d_alone", size=10, fill_color=None, line_color=LIGHT["target"], line_width=2)
        # at the last step and the highest value: not cut off where the plot ends
        self.strips["y"].plot.add_glyph(self.stack.source, ring, level="overlay")
        self.strips |= {"cell": gradient_strip(self.stack)} | variant_strips(self.stack)
        return list(self.strips.values())

    # What follows the model

    def update(self) -> dict[str, np.ndarray]:
        m = self.model
        plotted = m.table()
        hidden = self.hidden_cards()
        self._arrange(plotted)
        if m.is_text:
            self.text.show(m)
        if "heat" not in hidden:
            self.heat.show(m)
        if "training" not in hidden:
            self.training.show(m)
            if m.training.remark:
                m.notify(m.training.remark)
        else:
            m.pause_training()  # nobody sees it
        blank = np.full(m.n_steps, np.nan)
        columns = {
            name: _finite(plotted[name]) if name in plotted else blank
            for name in (*KEEPS, *(name for strip in self.stack.strips for name in strip.columns))
        }
        self._fit(columns)
        return columns | {"d_alone": _alone(columns["d"])}

    def shown_strips(self, plotted: dict) -> list[str]:
        """Strips that have something to show now, top to bottom."""
        m = self.model
        has_text = m.is_text and m.n_steps <= SHOWN_CHARACTERS
        return [name for name in STRIPS[m.topic] if name in plotted or (name == "text" and has_text)]

    def _arrange(self, plotted: dict) -> None:
        shown = [self.strips[name] for name in self.shown_strips(plotted)]
        self.stack.show(list(self.strips.values()), shown)
        for strip in self.stack.strips:
            # three digits run into each other on a phone
            change(strip.plot.below[0].ticker, desired_num_ticks=12 if self.model.n_steps < 100 else 7)
            change(strip.plot, min_border_right=GATE_AXIS if self.model.topic == "variants" else NO_AXIS)
        y = self.model.traced.y
        label = "p next" if self.model.says_characters else "y₁" if y is not None and y.shape[1] > 1 else "y"
        change(self.strips["y"].plot.left[0], axis_label=label)

    def _fit(self, columns: dict[str, np.ndarray]) -> None:
        m, ranges = self.model, {name: strip.plot.y_range for name, strip in self.strips.items()}
        low, high = self.input_limits()
        margin = 0.15 * (high - low)
        change(ranges["x"], start=low - margin, end=high + margin)
        change(self.strips["x"].plot.left[0].ticker, ticks=sorted({low, 0, high}))
        if m.topic == "gradient":
            known = [columns[line.column] for line in LINES]
            fit(ranges["cell"], *known, include=(-2, 0.3), pad=0.04)
        if m.topic == "variants":
            for name, *_ in VARIANT_STRIPS:
                fit_low(self.strips[name], columns[name])
            return
        if self.concealed:
            # how high it goes is part of the answer
            fit(ranges["c"], include=(-np.abs(m.inputs()[0]).sum() / 2, np.abs(m.inputs()[0]).sum() / 2))
        else:
            fit(ranges["c"], columns["c"], include=(0,))
        if m.traced.y is not None:
            fit_low(self.strips["y"], columns["y"], columns["d"], include=(0, 1) if m.says_characters else (0,))

    def input_limits(self) -> tuple[float, float]:
        m = self.model
        if m.task == "parity":
            return 0, 1
        return (-2, 2) if m.signal == "drawn" and m.uses_x and np.abs(m.inputs()[0]).max() > 1 else (-1, 1)

    def edited(self, name: str) -> None:
        """Drawing starts from the input that is shown."""
        if self.model.signal != "drawn" and self.model.topic != "training":
            x, mark = self.model.inputs()
            self.model.param.update(x=tuple(np.round(x, 2).tolist()), mark=tuple(mark.tolist()), signal="drawn")

    def fixed_strips(self) -> set[str]:
        m = self.model
        if m.topic == "training":
            return {"x", "mark"}  # the task's own sequence
        return {name for name, used in (("x", m.uses_x), ("mark", m.uses_mark)) if not used}

    def hidden_controls(self) -> set[str]:
        m, everything = self.model, set(self.controls + self.more) - {"topic"}
        shown = {"network", "n_steps", "signal", "x", "mark"}
        if m.topic == "training":
            shown = {"lag", "n_units", "forget_bias", "learning_rate", "n_updates", "method", "clip"}
        elif m.shown_network in ("one cell", "random"):
            shown |= BIASES if m.one_cell else {"n_units", "forget_bias"}
            shown |= {"variant"} if m.topic != "variants" else set()
        if m.is_text:
            shown = shown - {"n_steps", "signal", "x"} | {"text"}
        if not m.uses_mark:
            shown -= {"mark"}
        if m.n_shown_units > 1:
            shown |= {"unit"} | ({"heat"} if "heat" in CARDS[m.topic] else set())
        if m.n_layers > 1:
            shown |= {"layer"}
        return (everything - shown) | (set() if self.has_chance() else {"seed"})

    def has_chance(self) -> bool:
        """Whether the seed changes anything."""
        m = self.model
        generated = m.signal == "task" and m.uses_x
        return generated or m.topic != "gates" or m.shown_network == "random"

    def idle_controls(self) -> set[str]:
        return set() if self.model.signal == "drawn" else {"x", "mark"}

    def hidden_cards(self) -> set[str]:
        m = self.model
        shown = set() if self.concealed else set(CARDS[m.topic])
        if shown and m.network == "uploaded" and m.topic != "training":
            shown.add("upload")
        if shown and m.is_text:
            shown.add("characters")
        if m.n_shown_units == 1:
            shown -= {"heat"}
        return {card.key for card in self.cards if card.key and card.key not in shown}

    def diagram_key(self) -> tuple:
        m = self.model
        return ("training", m.lag) if m.topic == "training" else gate_diagram.key(m)

    def diagram(self) -> Diagram:
        m = self.model
        return training_charts.diagram(m.lag) if m.topic == "training" else gate_diagram.diagram(m)

    def tables(self) -> dict[str, str]:
        make = {
            "training": training_charts.controls,
            "lines": lines_table,
            "relatives": relatives,
            "characters": reading,
            "weights": gate_tables.weights,
            "upload": gate_tables.upload,
        }
        hidden = self.hidden_cards()
        return {key: html(self.model) for key, html in make.items() if key not in hidden}

    def live(self, t: int) -> dict[str, dict]:
        m = self.model
        if m.is_text and "characters" not in self.hidden_cards():
            self.characters.show(m, t)
        if m.topic == "training":
            return training_charts.live(m)
        snap = m.task in ("count ab", "parity") and m.uses_x
        return gate_diagram.live(m, t) | {"limits": {"x": self.input_limits()}, "snap": snap}

    def numbers(self, t: int) -> list[Block]:
        return gate_numbers.blocks(self.model, t)

    # What the reader does besides settings

    def start(self) -> None:
        self.model.training.start()

    def pause(self) -> None:
        self.model.training.pause()

    def step(self) -> None:
        self.model.training.step()

    def stop(self) -> None:
        self.model.training.stop()

    def busy(self) -> bool:
        return self.model.training_runs

    def upload(self, file_name: str, content: bytes) -> None:
        self.model.load_upload(file_name, content)

    def close(self) -> None:
        self.model.end_training()


def _finite(values: np.ndarray) -> np.ndarray:
    """Values with NaN, which plots leave blank, for whatever is not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def _alone(values: np.ndarray) -> np.ndarray:
    """The values that have no neighbour to draw a line to; NaN for the others."""
    gap = np.isnan(np.concatenate([[np.nan], values, [np.nan]]))
    return np.where(gap[:-2] & gap[2:], values, np.nan)
