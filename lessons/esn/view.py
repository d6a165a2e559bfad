"""Echo state networks, whose recurrent weights are drawn and never trained."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from app.parts.charts import finite
from app.parts.diagram import Diagram
from app.parts.numbers import Block
from app.parts.picture import Picture
from app.parts.plots import Card
from app.shell.view import View
from lessons.esn import charts, diagram, numbers, sweep_words, tables
from lessons.esn.columns import fed, padded
from lessons.esn.model import Esn
from lessons.esn.strips import Strips, raster_is_shown
from lessons.esn.sweep_charts import SweepCharts

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
TABLES: dict[str, Callable[[Esn], str]] = {
    "recipe": tables.recipe,
    "stability": tables.stability,
    "errors": tables.errors,
    "totals": tables.totals,
    "sweep": sweep_words.controls,
    "findings": sweep_words.findings,
}


class EsnView(View[Esn]):
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
    conceals: ClassVar = {"log10_distance": (("log10_distance", "h", "h_other"), diagram.TELL_DISTANCE)}

    def build(self) -> list[Card]:
        self.strips = Strips(self.stack)
        self.eigenvalues, self.histogram = charts.Eigenvalues(), charts.Histogram()
        self.memory, self.weights, self.phase = charts.MemoryBars(), charts.WeightBars(), charts.PhasePlot()
        self.sweep = SweepCharts()
        return [
            Card("The recipe", key="recipe", table=True),
            Card("", list(self.strips.named.values())),
            Card("", self.sweep.strips, wide=False, key="sweep", table=True, leads=True),
            Card("What the sweep finds", key="findings", table=True, help=sweep_words.HELP),
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

    def update(self, m: Esn, picture: Picture) -> dict[str, np.ndarray]:
        plotted, r, hidden = m.table(), m.result, self.hidden_cards(m)
        self.strips.arrange(picture, m, plotted)
        if not _is_zoomed(m):
            self._paint_raster(m, picture, 1, m.n_steps)
        if "spectrum" not in hidden:
            self.eigenvalues.show(picture, r.traced)
            self.histogram.show(picture, r.traced)
            has_run = m.topic != "recipe" or m.recipe > 1
            picture.change(self.histogram.strip.plot, visible=has_run)
        if "memory" not in hidden:
            self.memory.show(picture, r)
        if "weights" not in hidden:
            self.weights.show(picture, r)
        if "phase" not in hidden:
            self.phase.show(picture, r)
        if "sweep" not in hidden:
            self.sweep.show(picture, m)
        blank = np.full(m.n_steps, np.nan)
        if "x" in plotted:
            plotted |= fed(m.settings)  # what the hand draws is shown at once, whatever is still being computed
        columns = {name: finite(padded(plotted[name], m.n_steps)) if name in plotted else blank
                   for name in self.strips.columns}  # fmt: skip
        self.strips.fit(picture, columns, m.input_limits)
        return columns

    def follow(self, m: Esn, picture: Picture, t: int) -> None:
        """The steps that are shown, in the raster only these, and the place in the phase plane."""
        first, last = _window(m, t)
        picture.change(self.stack.x_range, start=first - 0.5, end=last + 0.5)
        if _is_zoomed(m):
            self._paint_raster(m, picture, first, last)
        if "phase" not in self.hidden_cards(m):
            self.phase.follow(picture, m.result, t)

    def _paint_raster(self, m: Esn, picture: Picture, first: int, last: int) -> None:
        if raster_is_shown(m):
            last = min(last, len(m.traced.states))  # a series may end before the steps that are shown
            self.strips.raster.show(picture, m.traced, m.shown_unit, min(first, last), last)

    def fixed_strips(self, m: Esn) -> set[str]:
        return {"x"} if m.topic == "free run" else set()

    def hidden_controls(self, m: Esn) -> set[str]:
        shown = set(CONTROLS[m.topic])
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

    def idle_controls(self, m: Esn) -> set[str]:
        idle = set() if m.signal == "drawn" else {"x"}
        return idle | ({"density"} if m.topology == "ring" else set())

    def hidden_cards(self, m: Esn) -> set[str]:
        shown = set() if m.concealed else set(CARDS[m.topic_shown])
        if m.topic == "recipe" and m.recipe < 3:
            shown -= {"weights", "errors"}
            shown |= {"spectrum"}
        if "phase" in shown and charts.is_silent(m.result):
            shown -= {"phase"}
        return {card.key for card in self.cards if card.key and card.key not in shown}

    def diagram_key(self, m: Esn) -> tuple:
        return diagram.key(m.result, m.shown_unit)

    def diagram(self, m: Esn) -> Diagram:
        return diagram.diagram(m.result, m.shown_unit)

    def tables(self, m: Esn) -> dict[str, str]:
        hidden, said = self.hidden_cards(m), f"<p class=help>{m.sentence()}</p>" if m.stands_in else ""
        return {
            key: said if said and key not in CARDS["sweep"] else make(m)
            for key, make in TABLES.items()
            if key not in hidden
        }

    def live(self, m: Esn, t: int) -> dict[str, dict]:
        shown: dict[str, Any] = diagram.live(m.result, t, m.shown_unit, m.done)
        if m.stands_in:
            shown["text"] = dict.fromkeys(shown["text"], "…")
        return shown | {"limits": {"x": m.input_limits}, "snap": False}

    def numbers(self, m: Esn, t: int) -> list[Block]:
        return [] if m.stands_in else numbers.blocks(m, t)


def _is_zoomed(m: Esn) -> bool:
    return m.shown != "all" and m.n_steps > WINDOW


def _window(m: Esn, t: int) -> tuple[int, int]:
    """The first and the last of the steps that are shown."""
    if not _is_zoomed(m):
        return 1, m.n_steps
    first = (t - 1) // WINDOW * WINDOW + 1
    return first, min(first + WINDOW - 1, m.n_steps)
