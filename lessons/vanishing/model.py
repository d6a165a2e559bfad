"""Why gradients vanish and explode on their way back through time, and what can be done about it."""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from app.parts.numbers import plain, steps
from app.shell.model import Check
from engine import chaos, gradients
from lessons.vanishing import scripts, topics, words
from lessons.vanishing.parameters import VanishingParameters


class Vanishing(VanishingParameters):
    """Products of Jacobians ∂h(t)/∂h(t−1) = diag f′(a(t)) W over many steps (chapter 12, Eqs. 12.32 to 12.35)."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._kept: dict[str, tuple[Hashable, Any]] = {}

    def compute(self) -> topics.Network | topics.Chaos | topics.SideBySide:
        if self.topic == "vanishing":
            return topics.network(self.input(self.n_steps), self.weights(), self.activation, self.form)
        if self.topic == "exploding":
            return topics.cliff_network(self)
        return topics.chaos_runs(self) if self.topic == "chaos" else topics.side_by_side(self)

    # What is too expensive to compute for every frame

    def _keep(self, name: str, settings: Hashable, compute: Callable[[], Any]) -> Any:
        """The result of `compute`, kept until its settings change."""
        if name not in self._kept or self._kept[name][0] != settings:
            self._kept[name] = settings, compute()
        return self._kept[name][1]

    def heat(self) -> gradients.LagNormMatrix:
        """log10 norms of ∂h(t)/∂h(k) of the present network, for every pair of every `heat_every`-th step."""
        r: topics.Network = self.result
        arrays = tuple(part.tobytes() for part in (r.x, *r.params))
        settings = (*arrays, r.activation, r.form, self.heat_every)
        return self._keep("heat", settings, lambda: topics.lag_matrix(r, self.heat_every))

    def basins(self) -> chaos.Basins:
        """Which attractor each start of the two-unit map ends in."""
        W, b = self.map_weights()
        settings = (W.tobytes(), b.tobytes(), self.gain)
        return self._keep("basins", settings, lambda: topics.basins(W, b, self.gain))

    def surface(self) -> np.ndarray:
        """log10 of the loss on the cliff over the plotted w and b, (rows along b, columns along w)."""
        return self._keep("surface", self.n_steps, lambda: topics.surface(self.n_steps))

    def table(self) -> dict[str, np.ndarray]:
        plotted = topics.columns(self, self.result)
        return {"t": self.time, **{name: plotted[name] for name in self.columns[self.topic]}}

    def script(self) -> str:
        return scripts.source(self)

    def sentence(self) -> str:
        return words.sentence(self, self.result)

    def divergence(self, step: int) -> str:
        return words.divergence(self, self.result)

    def explain(self, name: str, step: int) -> str:
        return words.explain_product(self, self.result, step)

    # Challenges

    def vanishes_though_large(self) -> Check:
        if self.topic != "vanishing" or self.n_units < 2:
            return Check(False, "Choose the topic “vanishing” and at least 2 units.")
        rho = self.result.rho
        left = self.result.log10_product[0]
        arrives = f"{words.power_beside(left, -6)} of the gradient arrives at step 1."
        said = f"ρ = {words.beside(rho, 1.5)}, and {arrives}"
        return Check(bool(rho >= 1.5 - 1e-9 and left < -6), said)

    def keeps_the_gradient(self) -> Check:
        if self.topic != "vanishing" or self.n_units < 2 or self.activation != "tanh" or self.n_steps < 100:
            return Check(False, "Choose the topic “vanishing”, at least 2 units, tanh and at least 100 steps.")
        largest, left = float(np.abs(self.result.h).max()), float(self.result.log10_product[0])
        if largest <= 0.01:
            said = (
                f"Nothing happens: no state is larger than {words.beside(largest, 0.01)}; more than 0.01 is asked for."
            )
            return Check(False, said)
        limit = 1 if left > 0 else -1
        said = f"{words.power_beside(left, limit)} of the gradient arrives at step 1, {steps(self.n_steps - 1)} back."
        return Check(abs(left) < 1, said)

    def survives_the_cliff(self) -> Check:
        if self.topic != "exploding" or not self.clip or self.descent_steps < 20:
            return Check(False, "Choose the topic “exploding”, switch clipping on and take at least 20 steps.")
        clipped, free = self.result.descents
        lost, worst = free.loss[-1] > free.loss[0], clipped.loss[-10:].max()
        begins, ends = plain(free.loss[0], 3), words.beside(free.loss[-1], free.loss[0])
        goes = f"stays at {ends}" if begins == ends else f"goes from {begins} to {ends}"
        said = (
            f"With clipping the loss is at most {words.beside(worst, 0.02)} over the last 10 steps; without it {goes}."
        )
        return Check(bool(worst < 0.02 and lost), said)
