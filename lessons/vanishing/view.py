"""Lesson 5: why gradients vanish and explode on their way back through time, and what can be done about it."""

from typing import ClassVar

import numpy as np

from app.parts.charts import finite
from app.parts.diagram import Diagram
from app.parts.figures import Card, rule
from app.parts.heatmap import Heatmap
from app.parts.numbers import Block
from app.parts.ranges import change, fit
from app.shell.view import View
from lessons.vanishing import diagrams as loop_diagrams
from lessons.vanishing import numbers as vanishing_numbers
from lessons.vanishing import topics
from lessons.vanishing.charts import LagCharts, Modes, SideChart, Spectrum
from lessons.vanishing.cliff import CliffCharts, RescaleChart
from lessons.vanishing.phase import PhasePlane, weights_table

# Controls by the topics they belong to; `topic` itself belongs to all.
NETWORK = {"n_units", "w", "matrix", "scaled_by", "size", "u", "bias", "signal", "x"}
CONTROLS = {
    "vanishing": NETWORK | {"activation", "form", "n_steps"},
    "exploding": {"start_w", "start_b", "learning_rate", "clip", "threshold", "descent_steps", "remedy", "n_steps"},
    "chaos": {"gain", "start1", "start2", "separation", "n_steps"},
    "side by side": NETWORK | {"horizon", "forget", "forget_bias"},
}
CARDS = {
    "vanishing": {"heat", "omega"},
    "exploding": {"cliff", "omega"},
    "chaos": {"phase"},
    "side by side": {"side"},
}
HEAT_WORK = 1.3e9  # (steps drawn)² n³: what the heatmap may cost, about 100 ms
STRIPS = {
    "vanishing": ("x", "h", "factor", "log10_product"),
    "exploding": ("log10_product",),
    "chaos": ("h", "log10_distance"),
    "side by side": ("x", "h", "carousel"),
}
PRODUCT_HEIGHT = {"vanishing": 104, "exploding": 76}  # low where another card has the main picture


class VanishingView(View):
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
        return [Card("", self._time_strips()), *self._network_cards(), *self._topic_cards()]

    def _time_strips(self) -> list:
        strip = self.stack.strip
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
            "h": strip("h", "h", "state", title="State", height=50, at=(0, 1)),
            "factor": strip(
                "factor",
                "factor",
                "gradient",
                title="Factor of each step",
                height=56,
                kind="bar",
                limits=(0, 1.2),
                at=(0, 1),
            ),
            "log10_product": strip(
                "log10_product",
                "log₁₀",
                "gradient",
                height=104,
                kind="line",
                ticks=4,
                last=True,
                title="log₁₀ of the product from step t to the last step T",
                predicts="log10_product",
                axis_label="step t (dashed (γσₘₐₓ)ᵀ⁻ᵗ, dotted ρᵀ⁻ᵗ)",
            ),
            "log10_distance": strip(
                "log10_distance",
                "log₁₀",
                "gradient",
                height=84,
                title="log₁₀ of the distance between A and B",
                kind="line",
                ticks=3,
                last=True,
                axis_label="step t (dashed: by the Lyapunov exponent)",
            ),
            "carousel": strip(
                "carousel",
                "c",
                "state",
                title="State of the carousel",
                height=56,
                last=True,
                at=(0, 1),
                axis_label="time step t",
            ),
        }
        self.stack.trace(self.strips["h"], "h_other", "muted", kind="line", dash="dashed", pin=False)
        product, distance = self.strips["log10_product"], self.strips["log10_distance"]
        self.stack.trace(product, "bound", "muted", kind="line", dash="dashed", pin=False)
        self.stack.trace(product, "prediction", "muted", kind="line", dash="dotted", pin=False)
        self.stack.trace(distance, "log10_expected", "muted", kind="line", dash="dashed", pin=False)
        return list(self.strips.values())

    def _network_cards(self) -> list[Card]:
        self.ratio = self.stack.strip(
            "ratio",
            "ratio",
            "gradient",
            title="Ratio of error sizes, t + 1 to t",
            height=76,
            kind="bar",
            ticks=3,
            last=True,
            axis_label="time step t",
        )
        rule(self.ratio.plot, 1, "width")
        return [
            Card(
                "Forward and back along the lag",
                self.lags.strips,
                wide=False,
                key="lags",
                help="Left bar: what a single impulse at step 1 leaves in the state after this many steps, in a run "
                "of its own without the input above. Right bar: what one step back after another leaves of the "
                "gradient in the run above. In a linear unit both are powers of w.",
            ),
            Card(
                "The matrix",
                self.spectrum.strips,
                wide=False,
                key="spectrum",
                help="Left, the eigenvalues and the unit circle: the largest distance from 0 is ρ. Right, the "
                "singular values: the first is σₘₐₓ. Where all are below the dashed line, 1/γ, every "
                "gradient must vanish.",
            ),
            Card(
                "From every step to every other",
                [self.heat.strip],
                key="heat",
                help="Each row is a step t, each column a step k before it. The diagonal is 10⁰ = 1; the last row is "
                "the line plotted above. Large networks are drawn at every second or third step only.",
            ),
            Card(
                "Modes of a symmetric matrix",
                self.modes.strips,
                key="modes",
                help="h(t) = QΛᵗQᵀh(0) without input, from h(0) = (1, …, 1): along each eigenvector the state is "
                "multiplied by λ at every step, if the units were linear. The six largest |λ| are shown.",
            ),
        ]

    def _topic_cards(self) -> list[Card]:
        return [
            Card(
                "The loss cliff",
                self.cliff.strips,
                wide=False,
                key="cliff",
                player="descent_steps",
                help="c(t) = w f(c(t−1)) + b from c(0) = 0, f logistic, with the loss (f(c(T)) − 0.7)². Solid: "
                "descent with clipping; dashed: without. The line above is of the unit where the "
                "descent stands.",
            ),
            Card(
                "Why rescaling is no cure",
                self.rescale.strips,
                key="rescale",
                help="A gradient is a sum of one term per lag. One factor for the whole sum makes all terms larger "
                "or smaller together: the shares stay, and the long lags stay unheard.",
            ),
            Card(
                "Ω, a penalty for errors that change their size",
                [self.ratio],
                key="omega",
                help="Ω adds up (ratio − 1)². It is 0 where the error keeps its size on every step back (dashed "
                "line). Here c is the pre-activation, and the loss L is the sum of the last step's outputs.",
            ),
            Card(
                "Two starts in the plane of h₁ and h₂",
                self.phase.strips,
                key="phase",
                table=True,
                help="Colours: starts that end at the same attractor share one; blank where none was found, as in "
                "chaos. Solid: start A. Dashed: start B. Rings: both at the time cursor.",
            ),
            Card(
                "Four networks, one gradient scale",
                self.side.strips,
                key="side",
                help="How much of an error at the last step arrives this many steps back: a tanh network, the linear "
                "network with the same W, the carousel with its forget gate at a constant value, and the cell "
                "of a random LSTM of the same size (lesson 6).",
            ),
        ]

    # What follows the model

    def update(self) -> dict[str, np.ndarray]:
        m, r = self.model, self.model.result
        plotted = topics.columns(m)
        self._arrange()
        if isinstance(r, topics.Network):
            self._show_network(r)
        elif isinstance(r, topics.Chaos):
            self.phase.show(r, m.gain)
        else:
            self.side.show(r.log10_products)
        if m.topic == "exploding" and m.remedy == "clipping":
            self.cliff.show(r.descents, m.n_steps)
        elif m.topic == "exploding":
            self.rescale.show(m.decay)
        columns = {
            name: finite(plotted[name]) if name in plotted else np.full(m.n_steps, np.nan)
            for name in sorted({name for names in m.columns.values() for name in names})
        }
        self._fit(columns)
        return columns

    def _arrange(self) -> None:
        """The strips of the present topic, and the state's name."""
        m = self.model
        self.strips["log10_product"].height = PRODUCT_HEIGHT.get(m.topic, 104)
        for strip in self.stack.strips:
            # three digits run into each other on a phone
            change(strip.plot.below[0].ticker, desired_num_ticks=12 if m.n_steps < 100 else 7)
        if m.topic == "chaos":
            dashed = " (dashed: by the Lyapunov exponent)" if m.result.exponent > 0 else ""
            change(self.strips["log10_distance"].plot.below[0], axis_label=f"step t{dashed}")
        self.stack.show(list(self.strips.values()), [self.strips[name] for name in STRIPS[m.topic]])
        several = m.topic == "chaos" or not m.one_unit
        name = ("c" if m.is_network and m.result.form == "cell" else "h") + ("₁" if several else "")
        change(self.strips["h"].plot.left[0], axis_label=name)

    def _show_network(self, r: topics.Network) -> None:
        """The cards of one network, those that are shown."""
        hidden = self.hidden_cards()
        if "lags" not in hidden:
            self.lags.show(r)
        if "spectrum" not in hidden:
            self.spectrum.show(r)
        if "modes" not in hidden:
            self.modes.show(r)
        if "heat" not in hidden:
            found = topics.lag_matrix(r, self.heat_every)
            half = self.heat_every / 2
            span = (float(found.steps[0]) - half, float(found.steps[-1]) + half)
            self.heat.show(finite(found.log10_norms), span, span)

    @property
    def heat_every(self) -> int:
        """Every how many steps the heatmap is computed, so that a drag stays fluent."""
        m = self.model
        return int(np.ceil(m.n_steps * np.sqrt(m.n_units**3 / HEAT_WORK)))

    def _fit(self, columns: dict[str, np.ndarray]) -> None:
        m, ranges = self.model, {name: strip.plot.y_range for name, strip in self.strips.items()}
        low, high = self.input_limits()
        change(ranges["x"], start=1.3 * low, end=1.3 * high)
        change(self.strips["x"].plot.left[0].ticker, ticks=[low, 0, high])
        fit(ranges["h"], columns["h"], columns["h_other"], include=(0, 0.2))
        fit(ranges["carousel"], columns["carousel"], include=(0, 1))
        fit(ranges["factor"], columns["factor"], include=(-1, 0) if (columns["factor"] < 0).any() else (0, 1))
        for name in ("h", "carousel", "factor"):
            change(self.strips[name].plot.left[0].ticker, ticks=_outer_ticks(ranges[name]))
        fit(self.ratio.plot.y_range, columns["ratio"], include=(0, 1.2), pad=0.05)
        fit(ranges["log10_distance"], columns["log10_distance"], include=(-2, 0.5), pad=0.05)
        if self.concealed:
            # how far down it goes is part of the answer
            fit(ranges["log10_product"], include=(-0.3 * m.n_steps, 0.5), pad=0.05)
        else:
            fit(ranges["log10_product"], *_in_reach(columns), include=(-1, 0), pad=0.08)

    def input_limits(self) -> tuple[float, float]:
        beyond = self.model.signal == "drawn" and np.abs(self.model.sequence("x")).max() > 1
        return (-2, 2) if beyond else (-1, 1)

    def edited(self, name: str) -> None:
        """Drawing starts from the signal that is shown."""
        if self.model.signal != "drawn":
            shown = tuple(np.round(self.model.input(self.model.n_steps), 3).tolist())
            self.model.param.update(x=shown, signal="drawn")

    def fixed_strips(self) -> set[str]:
        return set() if "x" in STRIPS[self.model.topic] else {"x"}

    def hidden_controls(self) -> set[str]:
        m, everything = self.model, set(self.controls + self.more) - {"topic"}
        shown = set(CONTROLS[m.topic])
        if "n_units" in shown:
            shown -= {"matrix", "scaled_by", "size"} if m.n_units == 1 else {"w"}
        if m.topic == "exploding" and m.remedy == "rescaling":
            shown = {"remedy", "decay"}
        chance = {"seed"} if m.topic in ("exploding", "chaos") else set()
        return (everything - shown) | chance

    def idle_controls(self) -> set[str]:
        return set() if self.model.signal == "drawn" else {"x"}

    def hidden_cards(self) -> set[str]:
        m = self.model
        shown = set() if self.concealed else set(CARDS[m.topic])
        if shown and m.topic == "vanishing":
            shown |= {"lags"} if m.one_unit else {"spectrum"}
            if not m.one_unit and m.matrix in ("symmetric", "identity"):
                shown.add("modes")
        if shown and m.topic == "exploding" and m.remedy == "rescaling":
            shown = {"rescale"}
        return {card.key for card in self.cards if card.key and card.key not in shown}

    def diagram_key(self) -> tuple:
        m = self.model
        return (m.topic, m.n_units > 1, m.form) if m.topic == "vanishing" else (m.topic,)

    def diagram(self) -> Diagram:
        m = self.model
        if m.topic == "vanishing":
            return loop_diagrams.network_loop(several=m.n_units > 1, cell=m.form == "cell")
        return {
            "exploding": loop_diagrams.cliff_unit,
            "chaos": loop_diagrams.two_units,
            "side by side": loop_diagrams.four_loops,
        }[m.topic]()

    def tables(self) -> dict[str, str]:
        return {"phase": weights_table(self.model)} if self.model.topic == "chaos" else {}

    def live(self, t: int) -> dict[str, dict]:
        self._follow(t)
        return loop_diagrams.live(self.model, t) | {"limits": {"x": self.input_limits()}}

    def _follow(self, t: int) -> None:
        """Marks that go with the cursor in plots that have no time axis."""
        m = self.model
        if m.topic == "chaos":
            self.phase.follow(m.result, t)
        elif m.topic == "side by side":
            self.side.follow(max(m.horizon - t, 0))
        elif "lags" not in self.hidden_cards():
            self.lags.follow(m.n_steps - t)

    def numbers(self, t: int) -> list[Block]:
        return vanishing_numbers.blocks(self.model, t)


def _outer_ticks(limits, pad: float = 0.18) -> list[float]:
    """Zero and the tidy bounds that `fit` rounded to: a low strip has no room for more."""
    margin = (limits.end - limits.start) * pad / (1 + 2 * pad)
    bounds = (limits.start + margin, limits.end - margin)
    far = [round(bound, 9) for bound in bounds if abs(bound) > 0.3 * (bounds[1] - bounds[0])]
    return sorted([0.0, *far])


def _in_reach(columns: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The product, and of bound and prediction what is not too far from it to share an axis."""
    product = columns["log10_product"]
    known = product[np.isfinite(product)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    reach = max(2.0, high - low)
    return [product, *(np.clip(columns[name], low - reach, high + reach) for name in ("bound", "prediction"))]
