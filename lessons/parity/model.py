"""Two switches in a loop that keep the parity of any number of bits, and what soft switches make of them."""

import numpy as np

from app.shell.model import Check
from lessons.parity import checks, scripts, words
from lessons.parity.parameters import ParityParameters


class Parity(ParityParameters):
    """h(t) = f(U x(t) + W h(t−1) + b), y(t) = f(V h(t) + b_out), h(0) = 0 (chapter 12, Fig. 12.14 and Eq. 12.36)."""

    def table(self) -> dict[str, np.ndarray]:
        columns = ["x", "h1", "h2", "y", "xor", "a1", "a2", "a_out", "factor", "log10_product"]
        return {"t": self.time} | {name: self.result[name] for name in columns}

    def script(self) -> str:
        return scripts.script(self)

    def sentence(self) -> str:
        return words.sentence(self)

    def explain(self, name: str, step: int) -> str:
        return words.explain(self, step)

    # Challenges

    def breaks_with_small_perturbation(self) -> Check:
        return checks.breaks_with_small_perturbation(self)

    def leaks_but_right(self) -> Check:
        return checks.leaks_but_right(self)

    def computes_even_parity(self) -> Check:
        return checks.computes_even_parity(self)
