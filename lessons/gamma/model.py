"""The tapped gamma memory line, what its one number does to depth and resolution, and how to learn it."""

from typing import NamedTuple

import numpy as np

from app.parts.numbers import apart, plain, steps
from app.shell.model import Check
from engine import gamma, series
from lessons.gamma import script, words
from lessons.gamma.parameters import GammaParameters


class Result(NamedTuple):
    x: np.ndarray  # (T,)
    taps: np.ndarray  # (T, K)
    d: np.ndarray  # (T,) target of the learning
    descent: gamma.Descent
    gradient: gamma.GammaGradient  # at the alpha that the descent has reached


class Gamma(GammaParameters):
    """a_k(t) = α a_{k−1}(t−1) + (1−α) a_k(t−1), and the descent on α of P12.3 (chapter 12, Eqs. 12.1 and 12.2)."""

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

    def script(self) -> str:
        return script.lines(self)

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
