"""The settings of the page: its topics, the network, the descent on the cliff, the two-unit map, the long networks."""

from typing import ClassVar

import numpy as np
import param

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from engine import matrices, rnn, series

TOPICS = ["vanishing", "exploding", "chaos", "side by side"]
SIGNALS = ["impulse", "constant", "sine", "noise", "drawn"]
PERIOD = 20
HEAT_WORK = 1.3e9  # (steps drawn)² n³: what the heatmap may cost, about 100 ms


def _weight(default: float, label: str) -> param.Number:
    return param.Number(default, bounds=(-8, 8), step=0.1, label=label, doc="a weight or bias of the two-unit map")


class VanishingParameters(PageModel):
    """Parameters, and what follows from them without a run of the engine."""

    columns: ClassVar[dict[str, tuple[str, ...]]] = {
        "vanishing": ("x", "h", "factor", "log10_product", "bound", "prediction", "ratio"),
        "exploding": ("h", "factor", "log10_product", "bound", "prediction", "ratio"),
        "chaos": ("h", "h_other", "log10_distance", "log10_expected"),
        "side by side": ("x", "h", "carousel"),
    }

    logarithmic = ("learning_rate", "threshold")

    topic = param.Selector(default="vanishing", objects=TOPICS, label="topic", doc="what the page is about now")
    cursor = param.Integer(1, bounds=(1, 200), doc="time step under the cursor")
    n_steps = param.Integer(20, bounds=(10, 200), label="steps T", doc="number of time steps")
    n_units = param.Integer(1, bounds=(1, 64), label="units n", doc="how many units feed back to each other")
    w = param.Number(0.5, bounds=(-2, 2), step=0.01, label="own weight w", doc="recurrent weight of the single unit")
    matrix = param.Selector(default="random", objects=list(matrices.KINDS), label="matrix W", doc="how W is drawn")
    scaled_by = param.Selector(
        default="spectral radius",
        objects=["spectral radius", "largest singular value"],
        label="scaled by",
        doc="which of W's sizes the next slider sets",
    )
    size = param.Number(0.9, bounds=(0, 3), step=0.01, label="size of W", doc="W is multiplied until it has this size")
    activation = param.Selector(
        default="identity",
        objects=["identity", "tanh", "logistic", "relu"],
        label="activation f",
        doc="the nonlinearity of every unit",
    )
    form = param.Selector(
        default="hidden",
        objects=["hidden", "cell"],
        label="form of the network",
        doc="hidden: h = f(Ux + Wh + b); cell: c = W f(c) + Ux + b",
    )
    u = param.Number(1.0, bounds=(0, 3), step=0.01, label="input weight u", doc="one unit: u; more: its typical size")
    bias = param.Number(0.0, bounds=(-2, 2), step=0.01, label="bias b", doc="the same for all units")
    signal = param.Selector(
        default="impulse", objects=SIGNALS, label="input x", doc="what the network is fed; or draw on the plot"
    )
    x = Sequence((1.0,), bounds=(-2, 2), label="drawn input")
    seed = param.Integer(1, bounds=(0, 9999), doc="seed of the weights and of the noise")

    start_w = param.Number(4.9, bounds=(0, 10), step=0.01, label="start at w", doc="where the descent starts")
    start_b = param.Number(-2.0, bounds=(-6, 4), step=0.01, label="start at b", doc="where the descent starts")
    learning_rate = param.Number(0.2, bounds=(0.001, 2), step=0.001, label="learning rate η", doc="length of a step")
    clip = param.Boolean(True, label="clip the gradient", doc="shorten gradients that are longer than the threshold")
    remedy = param.Selector(
        default="clipping",
        objects=["clipping", "rescaling"],
        label="remedy",
        doc="clip the gradient on a cliff, or rescale one that vanishes",
    )
    threshold = param.Number(0.1, bounds=(0.01, 10), step=0.01, label="threshold θ", doc="the longest gradient allowed")
    descent_steps = param.Integer(0, bounds=(0, 200), label="steps of descent", doc="how often w and b were updated")
    decay = param.Number(
        0.1,
        bounds=(0.05, 1),
        step=0.01,
        label="ratio of the terms",
        doc="in the rescaling picture each of the five terms is this part of the one before",
    )

    gain = param.Number(1.0, bounds=(0, 3), step=0.01, label="gain", doc="multiplies all four weights of the map")
    W11, W12 = _weight(-2.4, "W₁₁"), _weight(-2.5, "W₁₂")
    W21, W22 = _weight(6.7, "W₂₁"), _weight(5.8, "W₂₂")
    b1, b2 = _weight(0.0, "b₁"), _weight(0.0, "b₂")
    start1 = param.Number(0.3, bounds=(-1, 1), step=0.001, label="start h₁(0)", doc="first unit of start A")
    start2 = param.Number(0.2, bounds=(-1, 1), step=0.01, label="start h₂(0)", doc="second unit of start A")
    separation = param.Number(
        -6.0,
        bounds=(-12, -1),
        step=0.1,
        label="separation: 10 to the power",
        doc="start B has h₁(0) larger by ten to this power",
    )

    horizon = param.Integer(200, bounds=(100, 500), label="horizon", doc="how many steps the four networks run")
    forget_bias = param.Number(
        2.0,
        bounds=(-2, 8),
        step=0.1,
        label="LSTM's forget bias",
        doc="bias of the LSTM's forget gates, which open to σ of about this",
    )
    forget = param.Number(1.0, bounds=(0.9, 1), step=0.001, label="carousel's forget gate", doc="the same at all steps")

    @param.depends("topic", "horizon", "n_steps", watch=True)
    def _tie_steps(self) -> None:
        """Side by side the cursor runs over the networks' own steps, as far as it reaches."""
        if self.topic == "side by side":
            self.n_steps = min(self.horizon, self.parameters()["n_steps"].bounds[1])

    def input(self, n_steps: int) -> np.ndarray:
        """The first `n_steps` values of the chosen input."""
        if self.signal == "drawn":
            return self.parameters()["x"].padded(self.x, n_steps)
        if self.signal == "noise":
            return series.noise(n_steps, np.random.default_rng(self.seed))
        if self.signal == "sine":
            return series.sine(n_steps, PERIOD)
        return {"impulse": series.impulse, "constant": series.step}[self.signal](n_steps)

    def weights(self) -> rnn.RnnParams:
        """U (n, 1), W (n, n) and b (n,) of the recurrent network."""
        n = self.n_units
        if n == 1:
            return rnn.RnnParams(np.array([[self.u]]), np.array([[self.w]]), np.array([self.bias]))
        rng = np.random.default_rng(self.seed)
        drawn = matrices.make(self.matrix, n, rng)
        scale = matrices.scale_spectral_radius
        if self.scaled_by == "largest singular value":
            scale = matrices.scale_largest_singular_value
        return rnn.RnnParams(self.u * rng.normal(size=(n, 1)), scale(drawn, self.size), np.full(n, self.bias))

    @property
    def is_network(self) -> bool:
        """Whether the topic is one recurrent network with its factors and their product."""
        return self.topic in ("vanishing", "exploding")

    @property
    def one_unit(self) -> bool:
        """Whether that network has a single unit."""
        return self.n_units == 1 or self.topic == "exploding"

    @property
    def heat_every(self) -> int:
        """Every how many steps the heatmap is computed, so that a drag stays fluent."""
        return int(np.ceil(self.n_steps * np.sqrt(self.n_units**3 / HEAT_WORK)))

    @property
    def input_limits(self) -> tuple[float, float]:
        """How far the plot of the input reaches, without its margin."""
        beyond = self.signal == "drawn" and np.abs(self.sequence("x")).max() > 1
        return (-2, 2) if beyond else (-1, 1)

    def edited(self, name: str) -> None:
        """Drawing starts from the signal that is shown."""
        if self.signal != "drawn":
            shown = tuple(np.round(self.input(self.n_steps), 3).tolist())
            self.param.update(x=shown, signal="drawn")

    def map_weights(self) -> tuple[np.ndarray, np.ndarray]:
        """W (2, 2) and b (2,) of the two-unit map, the gain not yet applied."""
        return np.array([[self.W11, self.W12], [self.W21, self.W22]]), np.array([self.b1, self.b2])
