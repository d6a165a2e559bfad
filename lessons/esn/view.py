"""Lesson 7: echo state networks, whose recurrent weights are drawn and never trained."""

from typing import ClassVar

import numpy as np

from app.parts.diagram import Diagram
from app.parts.figures import Card
from app.parts.numbers import Block
from app.parts.ranges import change
from app.shell.view import View
from lessons.esn import (
    charts,
    sweep_charts,
)
from lessons.esn import (
    diagram as reservoir_diagram,
)
from lessons.esn import (
    numbers as reservoir_numbers,
)
from lessons.esn import (
    tables as reservoir_tables,
)
from lessons.esn.columns import fed, padded
from lessons.esn.settings import TASKS, Settings
from lessons.esn.strips import Strips

WINDOW = 100  # steps shown around the cursor
CARDS = {
    "echo": {"spectrum", "stability"},
    "memory": {"memory", "totals", "spectrum"},
    "recipe": {"recipe", "weights", "errors"},
    "free run": {"phase", "spectrum"},
    "sweep": {"sweep", "findings"},
}
NETWORK = {
    "spectral_radius",
    "leak_rate",
    "input_scaling",
    "bias_scaling",
    "n_units",
    "density",
    "topology",
    "weights",
    "late",
    "n_steps",
}
LEARNS = {"log_ridge", "washout", "n_new"}
CONTROLS = {
    "echo": NETWORK | {"task", "signal", "feedback_scaling", "unit", "x", "washout"},
    "memory": NETWORK | LEARNS | {"task", "signal", "lag", "max_lag", "x"},
    "recipe": NETWORK | LEARNS | {"task", "signal", "feedback_scaling", "learning", "unit", "x"},
    "free run": NETWORK - {"input_scaling"} | LEARNS | {"task", "feedback_scaling", "unit"},
    "sweep": NETWORK | LEARNS | {"task", "signal", "feedback_scaling", "max_lag", "n_seeds"},
}


class EsnView(View):
    controls = (
        "topic",
        "spectral_radius",
        "leak_rate",
        "input_scaling",
        "n_units",
        "task",
        "lag",
        "period",
        "n_steps",
        "feedback_scaling",
        "log_ridge",
        "learning",
        "feedback_from",
        "forgetting",
        "n_seeds",
    )
    more = (
        "bias_scaling",
        "density",
        "topology",
        "weights",
        "late",
        "delay",
        "washout",
        "n_new",
        "unit",
        "max_lag",
        "signal",
        "x",
        "shown",
    )
    conceals: ClassVar = {"log10_distance": (("log10_distance", "h", "h_other"), reservoir_diagram.TELL_DISTANCE)}
    acts = ("start", "pause", "stop")

    def build(self) -> list[Card]:
        m = self.model
        m.connected = lambda: self.connected()
        m.latest.done = lambda: self.repaint()
        self.strips = Strips(self.stack)
        self.eigenvalues, self.histogram = charts.Eigenvalues(), charts.Histogram()
        self.memory, self.weights, self.phase = charts.MemoryBars(), charts.WeightBars(), charts.PhasePlot()
        self.sweep = sweep_charts.SweepCharts()
        self._painted: tuple = ()
        return [
            Card("The recipe", key="recipe", table=True),
            Card("", list(self.strips.named.values())),
            Card("", self.sweep.strips, wide=False, key="sweep", table=True, leads=True),
            Card("What the sweep finds", key="findings", table=True, help=sweep_charts.HELP),
            Card("What it draws", [self.phase.strip], key="phase"),
            Card("", [self.memory.strip], key="memory", leads=True),
            Card(
                "Memory",
                key="totals",
                table=True,
                help="How much of x(t − lag) a readout finds in the states: r² on steps that it has not learned from. "
                "Dashed where the lag is N: the sum of all bars can never be more than N.",
            ),
            Card("Does the echo die?", key="stability", table=True),
            Card("The reservoir", [self.eigenvalues.strip, self.histogram.strip], wide=False, key="spectrum"),
            Card("The readout", [self.weights.strip], key="weights"),
            Card("Errors", key="errors", table=True),
        ]

    # What follows the model

    def update(self) -> dict[str, np.ndarray]:
        m = self.model
        plotted, r = m.table(), m.result
        self.strips.arrange(m.topic_shown, plotted, m.done, r.traced, m.n_steps)
        hidden = self.hidden_cards()
        if "spectrum" not in hidden:
            self.eigenvalues.show(r.traced)
            self.histogram.show(r.traced)
            change(self.histogram.strip.plot, visible=m.topic != "recipe" or m.recipe > 1)  # nothing has run before
        if "memory" not in hidden:
            self.memory.show(r)
        if "weights" not in hidden:
            self.weights.show(r)
        if "phase" not in hidden:
            self.phase.show(r)
        if "sweep" not in hidden:
            self.sweep.show(m)
            if m.sweep.remark:
                m.notify(m.sweep.remark)
        else:
            m.pause_sweep()  # nobody sees it
        blank = np.full(m.n_steps, np.nan)
        if "x" in plotted:
            plotted |= fed(Settings.of(m))  # what the hand draws is shown at once, whatever is still being computed
        columns = {name: _finite(padded(plotted[name], m.n_steps)) if name in plotted else blank
                   for name in self.strips.columns}  # fmt: skip
        self.strips.fit(columns, self.input_limits())
        self._painted = ()
        return columns

    def input_limits(self) -> tuple[float, float]:
        m = self.model
        task = TASKS[m.task]
        if m.signal != "drawn" or m.task in ("parity", "NARMA-10"):
            return task.low, task.high
        return (-2.0, 2.0) if np.abs(m.sequence("x")).max() > 1 else (-1.0, 1.0)

    def edited(self, name: str) -> None:
        """Drawing starts from the input that is shown."""
        if self.model.signal != "drawn":
            self.model.draw_input()

    def fixed_strips(self) -> set[str]:
        return {"x"} if self.model.topic == "free run" else set()

    def hidden_controls(self) -> set[str]:
        m, shown = self.model, set(CONTROLS[self.model.topic])
        if m.task in ("sine", "figure of eight"):
            shown.add("period")
        if m.topic in ("recipe", "sweep") and m.task in ("delayed copy", "parity", "pulse"):
            shown.add("lag")
        if m.late > 0:
            shown.add("delay")
        if m.topic == "recipe" and m.learning == "recursive":
            shown |= {"forgetting"} | ({"feedback_from"} if m.feedback_scaling > 0 else set())
        if m.n_steps > WINDOW:
            shown.add("shown")
        return set(self.controls + self.more) - {"topic"} - shown

    def idle_controls(self) -> set[str]:
        m = self.model
        idle = set() if m.signal == "drawn" else {"x"}
        return idle | ({"density"} if m.topology == "ring" else set())

    def hidden_cards(self) -> set[str]:
        m = self.model
        shown = set() if self.concealed else set(CARDS[m.topic_shown])
        if m.topic == "recipe" and m.recipe < 3:
            shown -= {"weights", "errors"}
            shown |= {"spectrum"}
        if "phase" in shown and charts.is_silent(m.result):
            shown -= {"phase"}
        return {card.key for card in self.cards if card.key and card.key not in shown}

    def diagram_key(self) -> tuple:
        return reservoir_diagram.key(self.model.result, self.model.shown_unit)

    def diagram(self) -> Diagram:
        return reservoir_diagram.diagram(self.model.result, self.model.shown_unit)

    def tables(self) -> dict[str, str]:
        make = {
            "recipe": reservoir_tables.recipe,
            "stability": reservoir_tables.stability,
            "errors": reservoir_tables.errors,
            "totals": reservoir_tables.totals,
            "sweep": sweep_charts.controls,
            "findings": sweep_charts.findings,
        }
        shown = {key: html for key, html in make.items() if key not in self.hidden_cards()}
        if self.model.stands_in:
            said = f"<p class=help>{self.model.sentence()}</p>"
            shown |= {key: lambda model: said for key in shown if key not in CARDS["sweep"]}
        return {key: html(self.model) for key, html in shown.items()}

    def live(self, t: int) -> dict[str, dict]:
        m = self.model
        self._zoom(t)
        if "phase" not in self.hidden_cards():
            self.phase.follow(m.result, t)
        shown = reservoir_diagram.live(m.result, t, m.shown_unit, m.done)
        if m.stands_in:
            shown["text"] = dict.fromkeys(shown["text"], "…")
        return shown | {"limits": {"x": self.input_limits()}, "snap": False}

    def _zoom(self, t: int) -> None:
        """The steps that are shown, and in the raster only these."""
        m, now = self.model, self.model.traced
        first, last = 1, m.n_steps
        if m.shown != "all" and m.n_steps > WINDOW:
            first = (t - 1) // WINDOW * WINDOW + 1
            last = min(first + WINDOW - 1, m.n_steps)
        change(self.stack.x_range, start=first - 0.5, end=last + 0.5)
        if self._painted != (first, last) and self.strips.raster.strip.plot.visible:
            self._painted = (first, last)
            self.strips.raster.show(now, m.shown_unit, first, min(last, len(now.states)))

    def numbers(self, t: int) -> list[Block]:
        return [] if self.model.stands_in else reservoir_numbers.blocks(self.model, t)

    # What the reader does besides settings, and results that come later

    def start(self) -> None:
        self.model.sweep.start()

    def pause(self) -> None:
        self.model.sweep.pause()

    def stop(self) -> None:
        self.model.sweep.stop()

    def busy(self) -> bool:
        return self.model.sweep_runs

    def waits(self) -> bool:
        return self.model.latest.working

    def close(self) -> None:
        self.model.latest.close()
        self.model.end_sweep()


def _finite(values: np.ndarray) -> np.ndarray:
    """Values with NaN, which plots leave blank, for whatever is not finite."""
    return np.where(np.isfinite(values), values, np.nan)
