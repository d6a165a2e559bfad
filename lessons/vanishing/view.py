"""Why gradients vanish and explode on their way back through time, and what can be done about it."""

from typing import ClassVar

import numpy as np

from app.parts.charts import finite
from app.parts.diagram import Diagram
from app.parts.heatmap import Heatmap
from app.parts.numbers import Block
from app.parts.picture import Picture
from app.parts.plots import Card
from app.shell.view import View
from lessons.vanishing import diagrams, numbers, strips, topic_parts, topics
from lessons.vanishing.cards import cards
from lessons.vanishing.charts import LagCharts, Modes, SideChart, Spectrum
from lessons.vanishing.cliff import CliffCharts, RescaleChart
from lessons.vanishing.model import Vanishing
from lessons.vanishing.phase import PhasePlane, weights_table


class VanishingView(View[Vanishing]):
    controls = (
        "topic",
        "remedy",
        "n_units",
        "w",
        "matrix",
        "scaled_by",
        "size",
        "activation",
        "n_steps",
        "signal",
        "start_w",
        "start_b",
        "learning_rate",
        "clip",
        "threshold",
        "descent_steps",
        "decay",
        "gain",
        "start1",
        "start2",
        "separation",
        "horizon",
        "forget",
        "forget_bias",
    )
    more = ("form", "u", "bias", "x")
    conceals: ClassVar = {"log10_product": (("log10_product", "bound", "prediction", "ratio"), ("product",))}

    def build(self) -> list[Card]:
        self.lags, self.spectrum, self.modes, self.side = LagCharts(), Spectrum(), Modes(), SideChart()
        self.cliff, self.rescale, self.phase = CliffCharts(), RescaleChart(), PhasePlane()
        self.heat = Heatmap(
            "heat", "log₁₀‖∂h(t)/∂h(k)‖", x_label="from time step k", y_label="to time step t", legend="log₁₀"
        )
        self.time = strips.TimeStrips(self.stack)
        own = {
            "lags": self.lags.strips,
            "spectrum": self.spectrum.strips,
            "heat": [self.heat.strip],
            "modes": self.modes.strips,
            "cliff": self.cliff.strips,
            "rescale": self.rescale.strips,
            "omega": [self.time.ratio],
            "phase": self.phase.strips,
            "side": self.side.strips,
        }
        return [Card("", list(self.time.strips.values())), *cards(own)]

    # What follows the model

    def update(self, m: Vanishing, picture: Picture) -> dict[str, np.ndarray]:
        r = m.result
        plotted = topics.columns(m, r)
        self.time.arrange(m, picture, r.exponent if isinstance(r, topics.Chaos) and r.chaotic else 0.0)
        if isinstance(r, topics.Network):
            self._show_network(m, picture, r)
        elif isinstance(r, topics.Chaos):
            self.phase.show(picture, r, m.basins().labels)
        else:
            self.side.show(picture, r.log10_products)
        columns = {
            name: finite(plotted[name]) if name in plotted else np.full(m.n_steps, np.nan)
            for name in sorted({name for names in m.columns.values() for name in names})
        }
        self.time.fit(m, picture, columns)
        return columns

    def _show_network(self, m: Vanishing, picture: Picture, r: topics.Network) -> None:
        """The cards of one network, those that are shown."""
        shown = topic_parts.shown_cards(m)
        if "lags" in shown:
            self.lags.show(picture, r)
        if "spectrum" in shown:
            self.spectrum.show(picture, r)
        if "modes" in shown:
            self.modes.show(picture, r)
        if "heat" in shown:
            found, half = m.heat(), m.heat_every / 2
            span = (float(found.steps[0]) - half, float(found.steps[-1]) + half)
            self.heat.show(picture, finite(found.log10_norms), span, span)
        if "cliff" in shown:
            self.cliff.show(picture, m.surface(), r.descents)
        if "rescale" in shown:
            self.rescale.show(picture, m.decay)

    def follow(self, m: Vanishing, picture: Picture, t: int) -> None:
        if m.topic == "chaos":
            self.phase.follow(picture, m.result, t)
        elif m.topic == "side by side":
            self.side.follow(picture, max(m.horizon - t, 0))
        elif "lags" in topic_parts.shown_cards(m):
            self.lags.follow(picture, m.n_steps - t)

    def fixed_strips(self, m: Vanishing) -> set[str]:
        return set() if "x" in strips.SHOWN[m.topic] else {"x"}

    def hidden_controls(self, m: Vanishing) -> set[str]:
        return topic_parts.hidden_controls(m, self.controls + self.more)

    def idle_controls(self, m: Vanishing) -> set[str]:
        return set() if m.signal == "drawn" else {"x"}

    def hidden_cards(self, m: Vanishing) -> set[str]:
        return {card.key for card in self.cards if card.key} - topic_parts.shown_cards(m)

    def diagram_key(self, m: Vanishing) -> tuple[object, ...]:
        return (m.topic, m.n_units > 1, m.form) if m.topic == "vanishing" else (m.topic,)

    def diagram(self, m: Vanishing) -> Diagram:
        return diagrams.drawn(m)

    def tables(self, m: Vanishing) -> dict[str, str]:
        return {"phase": weights_table(m)} if m.topic == "chaos" else {}

    def live(self, m: Vanishing, t: int) -> dict[str, dict]:
        return diagrams.live(m, t) | {"limits": {"x": m.input_limits}}

    def numbers(self, m: Vanishing, t: int) -> list[Block]:
        return numbers.blocks(m, t)
