"""What a reader of the NARX page can set, by topic: by hand, the table, the plant, and the unfolded loop."""

from typing import Any

import numpy as np
import param

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from lessons.narx import learning
from lessons.narx.weights import BOOK, pretty

TOPICS = ["by hand", "table", "plant", "unfolded"]
# Steps of each topic: fewest, most, and those it opens with.
STEPS = {"by hand": (2, 12, 4), "table": (6, 12, 10), "plant": (50, learning.N_STEPS, 200), "unfolded": (2, 12, 8)}
LOOPS = ["closed (parallel)", "open (series-parallel)"]
CLOSED, OPEN = LOOPS
MAX_DELAYS = learning.REST
E12_3_INPUT = (9.0, 18.0, 13.0, 1.0, 4.0, 6.0, 17.0, 5.0, 3.0, 15.0)
E12_3_TARGET = (0.0, 9.0, 24.0, 27.0, 14.0, 7.0, 5.0, 20.0, 17.0, 12.0)


def _feedback(default: float, delay: int) -> param.Number:
    return param.Number(
        default, bounds=(-2, 2), step=0.05, label=f"weight w{'₁₂₃₄'[delay - 1]}", doc=f"of the output {delay} back"
    )


class NarxParameters(PageModel):
    """Parameters, and what follows from them without a run of the engine."""

    topic: param.Selector = param.Selector(default="by hand", objects=TOPICS, label="topic", doc="what the page shows")
    loop: param.Selector = param.Selector(
        default=CLOSED, objects=LOOPS, label="loop", doc="open: a teacher’s values are fed back, not the outputs"
    )
    n_steps = param.Integer(4, bounds=(2, 200), label="steps T", doc="number of time steps")
    few = param.Integer(4, bounds=(2, 12), label="steps T", doc="number of time steps, where they are few")
    cursor = param.Integer(1, bounds=(1, 200), doc="time step under the cursor")
    input_delays = param.Integer(2, bounds=(1, MAX_DELAYS), label="input delays", doc="1 up to this many")
    feedback_delays = param.Integer(2, bounds=(1, MAX_DELAYS), label="feedback delays", doc="1 up to this many")

    # by hand
    x1 = Sequence((1.0, 2.0), bounds=(-5, 5), label="input x₁")
    x2 = Sequence((2.0, 3.0), bounds=(-5, 5), label="input x₂")
    d1 = Sequence((8.0, -17.0, 178.0, -453.0), bounds=(-1000, 1000), label="teacher d₁")
    d2 = Sequence((6.0, -38.0, 91.0, -901.0), bounds=(-1000, 1000), label="teacher d₂")

    # table
    p = Sequence(E12_3_INPUT, bounds=(0, 30), label="input of the table")
    q = Sequence(E12_3_TARGET, bounds=(0, 30), label="target of the table")

    # plant
    seed = param.Integer(9, bounds=(0, 9999), doc="of the currents, the measurement, and the start of the weights")
    n_units = param.Integer(8, bounds=(1, 12), label="hidden units", doc="tanh units of the network")
    trained_in: param.Selector = param.Selector(
        default="series-parallel",
        objects=["series-parallel", "parallel"],
        label="trained in",
        doc="with the teacher’s outputs fed back, or with its own and a gradient through time",
    )
    method: param.Selector = param.Selector(
        default="Levenberg–Marquardt",
        objects=list(learning.EACH),
        label="method",
        doc="a stage is 1 update of Levenberg–Marquardt, or 25 of gradient descent (Adam)",
    )
    stage = param.Integer(
        learning.STAGES, bounds=(0, learning.STAGES), label="stages of training", doc="from the seed’s random start"
    )
    teacher_noise = param.Number(
        0.0, bounds=(0, 0.5), step=0.01, label="teacher noise", doc="on what is fed back while the loop is open"
    )
    measured_noise = param.Number(
        0.02, bounds=(0, 0.2), step=0.01, label="measurement noise", doc="standard deviation, in units of position"
    )
    record: param.Selector = param.Selector(
        default="training", objects=learning.RECORDS, label="record", doc="the one learned, a new one, or your own"
    )
    current = Sequence((2.0,), bounds=(0.8, 4), fill=2.0, label="drawn current")
    n_ahead = param.Integer(20, bounds=(1, 60), label="steps ahead", doc="how far the dashed prediction looks")
    twenty = param.Boolean(False, label="train 20 seeds", doc="three ways of training, 20 networks each")

    # unfolded
    activation: param.Selector = param.Selector(
        default="identity", objects=["identity", "tanh"], label="activation f", doc="of the single hidden unit"
    )
    x = Sequence((1.0,), bounds=(-2, 2), label="input x")
    w1, w2 = _feedback(0.5, 1), _feedback(0.5, 2)
    w3, w4 = _feedback(0.5, 3), _feedback(0.5, 4)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._keep_steps()
        self.param.watch(self._keep_steps, ["topic", "n_steps", "few"])

    def _keep_steps(self, *events: param.parameterized.Event) -> None:
        """Every topic has bounds for its steps; where these are few, a slider of its own moves them."""
        changed = {event.name for event in events}
        low, high, start = STEPS[self.topic]
        chosen = self.n_steps if "n_steps" in changed or not changed else self.few if "few" in changed else start
        n_steps = min(max(chosen, low), high)
        self.param.update(n_steps=n_steps, few=self.few if self.topic == "plant" else n_steps)

    @property
    def opened(self) -> bool:
        return self.loop == OPEN

    def feedback_weights(self) -> np.ndarray:
        """(D,) of the unfolded network."""
        return np.array([self.w1, self.w2, self.w3, self.w4])[: self.feedback_delays]

    def settings(self) -> learning.Settings:
        """What the trained network depends on. In parallel the teacher is not heard, and its noise makes no odds."""
        noise = self.teacher_noise if self.trained_in == "series-parallel" else 0.0
        values = {name: getattr(self, name) for name in learning.Settings._fields}
        return learning.Settings(**values | {"teacher_noise": noise})

    def edited(self, name: str) -> None:
        """Drawing a current starts from the one that is shown."""
        if name == "current" and self.record != "drawn":
            shown = learning.record(self.seed, self.record, 0.0).current
            self.param.update(current=tuple(np.round(shown, 2).tolist()), record="drawn")


for _name, _value in BOOK.items():
    NarxParameters.param.add_parameter(
        _name, param.Number(_value, bounds=(-9, 9), step=0.5, label=pretty(_name), doc="a weight of P12.2")
    )
