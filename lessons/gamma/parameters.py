"""What a reader of the gamma page can set, and the input that follows from it."""

import numpy as np
import param

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from engine import series

MAX_TAPS = 10


class GammaParameters(PageModel):
    """The input, the line, and the descent on its α."""

    logarithmic = ("learning_rate",)

    n_steps = param.Integer(60, bounds=(10, 200), label="steps T", doc="number of time steps")
    cursor = param.Integer(4, bounds=(1, 200), doc="time step under the cursor")
    signal = param.Selector(
        default="impulse",
        label="input x",
        doc="what the line is fed; or draw on the plot",
        objects=["impulse", "step", "sine", "square", "noise", "sunspots", "drawn"],
    )
    alpha = param.Number(
        0.5,
        bounds=(0, 2),
        step=0.01,
        label="gamma parameter α",
        doc="the share of the new; stable between 0 and 2, both excluded",
    )
    taps = param.Integer(3, bounds=(1, MAX_TAPS), label="taps K", doc="number of gamma elements in the line")
    delay_line = param.Boolean(False, label="compare with a delay line", doc="a tapped delay line with as many taps")
    period = param.Integer(20, bounds=(2, 100), label="period of sine and square", doc="in time steps")
    seed = param.Integer(1, bounds=(0, 9999), doc="seed of the noise")
    target_alpha = param.Number(0.3, bounds=(0, 2), step=0.01, label="target's α", doc="the α that made the target")
    start_alpha = param.Number(0.9, bounds=(0, 2), step=0.01, label="start at α", doc="the α that descent starts from")
    learning_rate = param.Number(0.5, bounds=(0.01, 5), step=0.01, label="learning rate η", doc="how far a step goes")
    descent_steps = param.Integer(0, bounds=(0, 200), label="steps of descent", doc="how often α has been updated")
    x = Sequence((1.0,), bounds=(-1, 1), label="drawn input")

    def input(self) -> np.ndarray:
        """The chosen input (T,)."""
        n = self.n_steps
        if self.signal == "drawn":
            return self.sequence("x")
        if self.signal == "sunspots":
            return series.scaled(series.sunspots()[1])[-n:]
        if self.signal == "noise":
            return series.noise(n, np.random.default_rng(self.seed))
        periodic = {"sine": series.sine, "square": series.square}
        if self.signal in periodic:
            return periodic[self.signal](n, self.period)
        return {"impulse": series.impulse, "step": series.step}[self.signal](n)
