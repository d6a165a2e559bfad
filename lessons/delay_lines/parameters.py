"""What a reader of the page can set, the input that follows from it, and the networks that are not learned."""

from typing import Any

import numpy as np
import param

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from engine import delay_line, distributed, focused, series
from lessons.delay_lines.training import STAGES, STEPS, Settings

TOPICS = ["line", "generalised", "focused", "distributed", "focused gamma", "training"]
LEARNING = ("focused gamma", "training")
SIGNALS = ["drawn", "impulse", "sine", "square", "noise", "sunspots"]
CHANGES, AVERAGE, RANDOM = "change detector", "average", "random"
MOST_TAPS = 8


class DelayParameters(PageModel):
    """Parameters, and what follows from them without running a network on the input."""

    logarithmic = ("learning_rate",)

    topic = param.Selector(default="line", objects=TOPICS, label="topic", doc="what the page is about now")
    n_steps = param.Integer(24, bounds=(10, 200), label="steps T", doc="number of time steps")
    cursor = param.Integer(6, bounds=(1, 200), doc="time step under the cursor")
    signal = param.Selector(default="drawn", objects=SIGNALS, label="input x", doc="or draw on the plot")
    x = Sequence((0.0,), bounds=(-2, 2), label="drawn input", doc="paste numbers here, or click the plot")
    period = param.Integer(8, bounds=(2, 60), label="period", doc="of sine and square, in time steps")
    taps = param.Integer(3, bounds=(1, MOST_TAPS), label="taps K", doc="places in the line, at delays 1 to K")
    net = param.Selector(
        default=CHANGES,
        objects=[CHANGES, AVERAGE, RANDOM],
        label="static net",
        doc="what reads the line: two nets set by hand, or random weights",
    )
    n_units = param.Integer(4, bounds=(1, 8), label="hidden units n", doc="of the random nets and of those that learn")
    activation = param.Selector(
        default="tanh", objects=["tanh", "relu", "identity"], label="activation f", doc="of the hidden units"
    )
    kernel = param.Selector(
        default="gamma", objects=list(delay_line.KERNELS), label="kernels", doc="what each tap keeps of the past"
    )
    alpha = param.Number(
        0.4, bounds=(0.05, 1), step=0.01, label="parameter α", doc="of gamma and Laguerre; 1 is the tapped line"
    )
    width = param.Integer(3, bounds=(2, 4), label="taps per layer", doc="of the distributed network")
    n_layers = param.Integer(2, bounds=(1, 4), label="layers", doc="of the distributed network")
    dilated = param.Boolean(
        False, label="dilation doubles", doc="delays 0, r, 2r, … with r = 1, 2, 4, … layer by layer"
    )

    task = param.Selector(
        default="sunspots", objects=["sunspots", "lag", "pattern"], label="task", doc="what two networks learn"
    )
    lag = param.Integer(7, bounds=(1, 7), label="lag", doc="of the bit that is asked for, in steps")
    place = param.Integer(3, bounds=(1, 26), label="place of the pattern", doc="step at which the pattern shown begins")
    falls = param.Boolean(False, label="it falls", doc="the pattern shown falls instead of rising")
    target_alpha = param.Number(0.2, bounds=(0.05, 1), step=0.01, label="target's α", doc="the α that made the target")
    start_alpha = param.Number(0.8, bounds=(0.05, 1), step=0.01, label="start at α", doc="before any update")
    learning_rate = param.Number(0.02, bounds=(0.001, 0.5), step=0.001, label="learning rate η", doc="of Adam")
    stage = param.Integer(STAGES, bounds=(0, STAGES), label="stages of learning", doc="10 updates each")
    seed = param.Integer(1, bounds=(0, 9999), label="seed", doc="of noise, random weights and the start of learning")

    @param.depends("topic", "task", "n_steps", watch=True)
    def _tie_steps(self) -> None:
        """A task that is learned has its own number of steps."""
        if self.learns:
            self.n_steps = STEPS[self.learned_task]

    @property
    def learns(self) -> bool:
        return self.topic in LEARNING

    @property
    def learned_task(self) -> str:
        return "memory" if self.topic == "focused gamma" else self.task

    @property
    def settings(self) -> Settings:
        """What the training depends on; what its task has no use for is as it is by default."""
        unused: dict[str, Any] = {}
        if self.learned_task == "pattern":
            unused |= {"taps": 3, "activation": "tanh", "start_alpha": 0.8}
        if self.learned_task != "lag":
            unused["lag"] = 7
        if self.learned_task != "memory":
            unused["target_alpha"] = 0.2
        own = {name: getattr(self, name) for name in Settings._fields if name not in ("task", "n_updates")}
        return Settings(task=self.learned_task, **own | unused)

    def input(self) -> np.ndarray:
        """The chosen input (T,)."""
        n = self.n_steps
        if self.signal == "drawn":
            return self.sequence("x")
        if self.signal == "noise":
            return series.noise(n, np.random.default_rng(self.seed))
        if self.signal == "sunspots":
            return series.scaled(series.sunspots()[1])[-n:]
        if self.signal == "impulse":
            return series.impulse(n)
        return {"sine": series.sine, "square": series.square}[self.signal](n, self.period)

    @property
    def delays(self) -> range:
        return range(1, self.taps + 1)

    def static_net(self) -> tuple[focused.FocusedParams, str]:
        """The net that reads the line, and its activation."""
        K = self.taps
        if self.net == RANDOM:
            return focused.initial(self.n_units, K, 1, np.random.default_rng(self.seed)), self.activation
        if self.net == AVERAGE:
            return focused.FocusedParams(np.full((1, K), 1 / K), np.zeros(1), np.ones((1, 1)), np.zeros(1)), "identity"
        U = np.zeros((2, K))
        U[:, 0] = 1, -1
        if K > 1:
            U[:, 1] = -1, 1
        return focused.FocusedParams(U, np.zeros(2), np.ones((1, 2)), np.zeros(1)), "relu"

    @property
    def all_delays(self) -> list[tuple[int, ...]]:
        """Of each layer of the distributed network, from the input up."""
        if self.net != RANDOM:
            return [(0, 1), tuple(range(self.width))]
        rates = [2**k if self.dilated else 1 for k in range(self.n_layers)]
        return [tuple(rate * j for j in range(self.width)) for rate in rates]

    def layers(self) -> list[distributed.DelayLayer]:
        """The distributed network: changes summed or averaged over the second layer's delays, or random weights."""
        all_delays = self.all_delays
        if self.net == RANDOM:
            sizes = [1, *[self.n_units] * (len(all_delays) - 1), 1]
            rng = np.random.default_rng(self.seed)
            return distributed.initial(sizes, all_delays, rng, activation=self.activation)
        share = 1.0 if self.net == CHANGES else 1 / self.width
        first = np.array([[[1.0], [-1.0]], [[-1.0], [1.0]]])  # h₁ hears a rise, h₂ a fall
        second = np.full((self.width, 1, 2), share)
        return [
            distributed.DelayLayer(first, np.zeros(2), (0, 1), "relu"),
            distributed.DelayLayer(second, np.zeros(1), all_delays[1], "identity"),
        ]

    def edited(self, name: str) -> None:
        """Drawing starts from the signal that is shown."""
        if self.signal != "drawn":
            self.param.update(x=tuple(np.round(self.input(), 3).tolist()), signal="drawn")
