"""The tapped gamma memory line, what its one number does to depth and resolution, and how to learn it."""

from typing import NamedTuple

import numpy as np
import param

from app.parts.numbers import plain, steps
from app.parts.ranges import LIMIT
from app.shell.export import literal
from app.shell.model import Check, PageModel
from app.shell.sequence import Sequence
from engine import gamma, series

MAX_TAPS = 10


class Result(NamedTuple):
    x: np.ndarray  # (T,)
    taps: np.ndarray  # (T, K)
    d: np.ndarray  # (T,) target of the learning
    descent: gamma.Descent
    gradient: gamma.GammaGradient  # at the alpha that the descent has reached


class Gamma(PageModel):
    """a_k(t) = α a_{k−1}(t−1) + (1−α) a_k(t−1), and the descent on α of P12.3 (chapter 12, Eqs. 12.1 and 12.2)."""

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
        parts = [self._memory_words(), f"At t = {self.at} tap 1 holds {plain(self.result.taps[self.at - 1, 0])}."]
        if self.signal == "sunspots":
            years = series.sunspots()[0][-self.n_steps :]
            parts.insert(0, f"The input is the yearly sunspot number from {years[0]} to {years[-1]}, scaled to −1 … 1.")
        if self.descent_steps:
            parts.append(
                f"After {steps(self.descent_steps)} of descent α is {plain(self.reached)}; "
                f"the target was made with {plain(self.target_alpha)}."
            )
        return " ".join(parts)

    def _memory_words(self) -> str:
        keep = 1 - self.alpha
        if keep == 1:
            return "With α = 0 nothing enters the line: every tap stays at 0, and there is no mean lag."
        if keep == 0:
            return "With α = 1 nothing is kept and nothing blurred: each tap is the one before, one step later."
        if keep == -1:
            wider = " and each further tap swings wider" if self.taps > 1 else ""
            return (
                f"With α = 2 the factor 1 − α is −1: what tap 1 holds never fades{wider}. The line never settles, "
                "so it has no gain, and that plot stays empty."
            )
        half = gamma.half_life(self.alpha)
        fades = f"What tap 1 holds halves every {steps(round(half, 2))} and is"
        if half < 1:
            fades = f"Tap 1 keeps {plain(100 * abs(keep), 3)} % of what it holds per step; this is"
        # strictly below: 0.1 to the second power is 1 %
        gone = int(np.floor(np.log(0.01) / np.log(abs(keep)) + 1e-9)) + 1
        held = f"{fades.replace('every 1 step', 'at every step')} below 1 % after {gone}"
        lag = steps(round(self.taps / self.alpha, 2))
        if keep > 0:
            return f"{held}; tap {self.taps} looks back {lag} on average."
        return (
            f"The factor 1 − α = {plain(keep)} turns the sign at every step. {held}. With weights of both "
            f"signs k/α is no average lag; it is how late a slow wave leaves tap {self.taps}: {lag}."
        )

    def divergence(self, step: int) -> str:
        alpha, keep = plain(self.alpha), plain(1 - self.alpha)
        if np.abs(self.result.taps).max() <= LIMIT:
            return (
                f"The descent stands at α = {plain(self.reached)}, and each step keeps the factor 1 − α = "
                f"{plain(1 - self.reached)} of an error: the gradient adds up all steps and hardly fades."
            )
        if gamma.is_stable(self.alpha):
            return (
                f"The factor 1 − α = {keep} lets everything fade in the end, but {self.taps} taps in a row, each "
                f"multiplying by α = {alpha}, grow a long way first."
            )
        return (
            f"The factor 1 − α = {keep} has size 1, so nothing fades: each tap adds up the swings of the one "
            f"before, and tap {self.taps} grows like t^{self.taps - 1}."
        )

    def explain(self, name: str, step: int) -> str:
        if step == 1:
            return "The element works with the values of the step before, and before step 1 everything is 0."
        x, a, before = self.result.x, self.result.taps[:, 0], step - 1
        return (
            f"a({step}) = α·x({before}) + (1 − α)·a({before}) = {plain(self.alpha)}·{plain(x[before - 1])} + "
            f"{plain(1 - self.alpha)}·{plain(a[before - 1])} = {plain(a[step - 1])}."
        )

    # Challenges

    def reaches_mean_lag_twenty(self) -> Check:
        if self.taps > 5 or not gamma.is_stable(self.alpha):
            return Check(False, f"Use at most 5 taps and 0 < α < 2; now: {self.taps}, α = {plain(self.alpha)}.")
        lag = float(gamma.mean_lag(self.alpha, self.taps)[-1])
        return Check(abs(lag - 20) <= 0.5, f"Tap {self.taps} looks back {steps(round(lag, 2))} on average.")

    def alternates_and_dies(self) -> Check:
        keep = 1 - self.alpha
        if self.signal != "impulse":
            return Check(False, "Choose the impulse as input.")
        if not 1 < self.alpha < 2:
            return Check(False, f"The factor 1 − α = {plain(keep)} must be negative, and smaller than 1 in size.")
        left = abs(keep) ** 40
        found = f"{plain(100 * left, 3)} % is left" if left > 1e-6 else "nothing measurable is left"
        return Check(left < 0.01, f"The sign changes at every step; after 40 steps {found}.")

    def descent_arrives(self) -> Check:
        distance = abs(self.start_alpha - self.target_alpha)
        if self.signal == "impulse":
            return Check(False, "Choose another input than the impulse.")
        if distance < 0.3 - 1e-9:
            return Check(False, f"The start is only {plain(distance)} away from the target; 0.3 is asked for.")
        if not 1 <= self.descent_steps <= 30:
            return Check(False, f"Take 1 to 30 steps of descent; now it is {self.descent_steps}.")
        missing = abs(self.reached - self.target_alpha)
        return Check(
            missing <= 0.01,
            f"After {steps(self.descent_steps)} α is {plain(self.reached)}, {plain(missing, 2)} away from the target.",
        )
