"""A small recurrent network unrolled into copies, and the gradient of its loss three ways."""

from typing import Any

import numpy as np
import param

from app.shell.model import Check
from engine import gradients
from lessons.unrolled import checks, results, script, timing, words
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result


class Unrolled(UnrolledParameters):
    """a(t) = U x(t) + W h(t−1) + b, h(t) = f(a(t)), F = Σ‖d − h‖² (chapter 12, Eqs. 12.6 to 12.31)."""

    def __init__(self, **values: Any) -> None:
        self.timings: timing.Timings | None = None
        self._compared: tuple[Result | None, np.ndarray] = (None, np.zeros((0, 4)))
        super().__init__(**values)
        self.param.watch(self._time, "measure")

    def _time(self, *events: param.parameterized.Event) -> None:
        self.timings = timing.measure(self.n_units)

    def compute(self) -> Result:
        return results.compute(self)

    def compared(self) -> np.ndarray:
        """See `results.compared`. Moving the cursor changes nothing here, and the finite differences take a while."""
        if self._compared[0] is not self.result:
            self._compared = self.result, results.compared(self, self.result)
        return self._compared[1]

    def table(self) -> dict[str, np.ndarray]:
        r, n, i = self.result, self.n_units, self.unit
        shown = np.where(self.counts[:, None], r.d, np.nan)
        states = {f"h{j + 1}": r.run.h[:, j] for j in range(n)}
        if isinstance(r.loss, gradients.Output):
            states |= {"y": r.loss.y[:, 0], "d": shown[:, 0]}
        else:
            states |= {f"d{j + 1}": shown[:, j] for j in range(n)}
        terms = r.terms()
        return {
            "t": self.time, "x": r.x, **states, "dF_dh": r.copies.dF_dh[:, i], "s": r.copies.dF_da[:, i],
            "term": terms, "sum": np.cumsum(terms[::-1])[::-1], "share": r.shares(),
        }  # fmt: skip

    def script(self) -> str:
        return script.lines(self, self.result)

    def sentence(self) -> str:
        return words.sentence(self, self.result)

    def explain(self, name: str, step: int) -> str:
        return words.explain(self, self.result, step)

    def divergence(self, step: int) -> str:
        return words.divergence(self, self.result)

    # Challenges

    def first_beats_last(self) -> Check:
        return checks.first_beats_last(self, self.result)

    def total_zero_terms_not(self) -> Check:
        return checks.total_zero_terms_not(self, self.result)

    def smallest_window(self) -> Check:
        return checks.smallest_window(self, self.result)
