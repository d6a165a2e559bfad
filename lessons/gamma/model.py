"""The tapped gamma memory line, what its one number does to depth and resolution, and how to learn it."""

from typing import NamedTuple

import numpy as np
import param

from app.parts.numbers import apart, plain, steps
from app.shell.export import literal
from app.shell.model import Check, PageModel
from app.shell.sequence import Sequence
from engine import gamma, series
from lessons.gamma import words

MAX_TAPS = 10


class Result(NamedTuple):
    x: np.ndarray  # (T,)
    taps: np.ndarray  # (T, K)
    d: np.ndarray  # (T,) target of the learning
    descent: gamma.Descent
    gradient: gamma.GammaGradient  # at the alpha that the descent has reached


class Gamma(PageModel):
    """a_k(t) = α a_{k−1}(t−1) + (1−α) a_k(t−1), and the descent on α of P12.3 (chapter 12, Eqs. 12.1 and 12.2)."""

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

    def edited(self, name: str) -> None:
        """Drawing starts from the signal that is shown."""
        if self.signal != "drawn":
            shown = tuple(np.round(self.result.x, 3).tolist())
            self.param.update(x=shown, signal="drawn")

    def compute(self) -> Result:
        x = self.input()
        d = gamma.run(x, self.target_alpha)[:, 0]
        descent = gamma.descend(x, d, self.start_alpha, learning_rate=self.learning_rate, n_steps=self.descent_steps)
        return Result(x, gamma.run(x, self.alpha, taps=self.taps), d, descent, gamma.gradient(x, d, descent.alpha[-1]))

    @property
    def reached(self) -> float:
        """The α at which the descent stands."""
        return float(self.result.descent.alpha[-1])

    def vanished(self, tap: int, step: int) -> bool:
        """Whether a tap holds 0 only because what it holds is too small for the machine."""
        r = self.result
        source = r.x if tap == 1 else r.taps[:, tap - 2]
        return words.vanished(source, r.taps[:, tap - 1], 1 - self.alpha, step - 1)

    def central_difference(self, width: float = 1e-5) -> float:
        """(F(α+ε) − F(α−ε)) / 2ε, ε = `width`, at the α that the descent has reached."""
        above, below = gamma.loss_curve(self.result.x, self.result.d, [self.reached + width, self.reached - width])
        return float(above - below) / (2 * width)

    def table(self) -> dict[str, np.ndarray]:
        r = self.result
        taps = {f"a{k}": r.taps[:, k - 1] for k in range(1, self.taps + 1)}
        return {
            "t": self.time,
            "x": r.x,
            **taps,
            "d": r.d,
            "a_learned": r.gradient.output,
            "e": r.gradient.error,
            "dF_da": r.gradient.dF_da,
            "term": r.gradient.terms,
        }

    def trace(self, name: str) -> np.ndarray:
        """The lesson calls the output of tap 1 just a."""
        return super().trace("a1" if name == "a" else name)

    def _input_source(self) -> str:
        """`input` as Python source."""
        return {
            "drawn": f"np.array({literal(self.sequence('x'))})",
            "sunspots": "series.scaled(series.sunspots()[1])[-n_steps:]",
            "noise": f"series.noise(n_steps, np.random.default_rng({self.seed}))",
            "sine": f"series.sine(n_steps, {self.period})",
            "square": f"series.square(n_steps, {self.period})",
            "impulse": "series.impulse(n_steps)",
            "step": "series.step(n_steps)",
        }[self.signal]

    def script(self) -> str:
        return f"""
import numpy as np

from engine import gamma, series
from lessons.gamma import words

n_steps, taps, alpha = {self.n_steps}, {self.taps}, {self.alpha!r}
x = {self._input_source()}
a = gamma.run(x, alpha, taps=taps)

# Learning: the target is made with another alpha; the gradient is taken where the descent has arrived.
d = gamma.run(x, {self.target_alpha!r})[:, 0]
descent = gamma.descend(x, d, {self.start_alpha!r}, learning_rate={self.learning_rate!r}, n_steps={self.descent_steps})
gradient = gamma.gradient(x, d, descent.alpha[-1])

table = {{"t": np.arange(1, n_steps + 1), "x": x, **{{f"a{{k + 1}}": a[:, k] for k in range(taps)}}, "d": d,
         "a_learned": gradient.output, "e": gradient.error, "dF_da": gradient.dF_da, "term": gradient.terms}}
"""

    def sentence(self) -> str:
        held = words.holds(self.result.taps[self.at - 1, 0], self.vanished(1, self.at))
        parts = [words.memory(self.alpha, self.taps), f"At t = {self.at} tap 1 holds {held}."]
        if self.signal == "sunspots":
            years = series.sunspots()[0][-self.n_steps :]
            parts.insert(0, f"The input is the yearly sunspot number from {years[0]} to {years[-1]}, scaled to −1 … 1.")
        if self.descent_steps:
            parts.append(
                f"After {steps(self.descent_steps)} of descent α is {plain(self.reached)}; "
                f"the target was made with {plain(self.target_alpha)}."
            )
        return " ".join(parts)

    def divergence(self, step: int) -> str:
        return words.divergence(self.alpha, self.result.taps, self.reached)

    def explain(self, name: str, step: int) -> str:
        return words.explain(step, self.result.x, self.result.taps[:, 0], self.alpha)

    # Challenges

    def reaches_mean_lag_twenty(self) -> Check:
        if self.taps > 5 or not gamma.is_stable(self.alpha):
            return Check(False, f"Use at most 5 taps and 0 < α < 2; now: {self.taps}, α = {plain(self.alpha)}.")
        lag = round(float(gamma.mean_lag(self.alpha, self.taps)[-1]), 2)
        if self.alpha > 1:
            return Check(False, f"With α above 1 there is no mean lag, and k/α is only {plain(lag)}.")
        return Check(abs(lag - 20) <= 0.5, f"Tap {self.taps} looks back {steps(lag)} on average.")

    def alternates_and_dies(self) -> Check:
        keep = 1 - self.alpha
        if self.signal != "impulse":
            return Check(False, "Choose the impulse as input.")
        if not 1 < self.alpha < 2:
            return Check(False, f"The factor 1 − α = {plain(keep)} must be negative, and smaller than 1 in size.")
        left = 100 * abs(keep) ** 40
        found = f"{apart(left, 1, 3)} % is left" if left else "far less than 1 % is left"
        return Check(left < 1, f"The sign changes at every step; after 40 steps {found}.")

    def descent_arrives(self) -> Check:
        distance = abs(self.start_alpha - self.target_alpha)
        if self.signal == "impulse":
            return Check(False, "Choose another input than the impulse.")
        if distance < 0.3 - 1e-9:
            return Check(False, f"The start is only {apart(distance, 0.3)} away from the target; 0.3 is asked for.")
        if not 1 <= self.descent_steps <= 30:
            return Check(False, f"Take 1 to 30 steps of descent; now it is {self.descent_steps}.")
        missing = abs(self.reached - self.target_alpha)
        return Check(
            missing <= 0.01,
            f"After {steps(self.descent_steps)} α is {apart(self.reached, self.target_alpha)}, "
            f"{apart(missing, 0.01, 2)} away from the target.",
        )
