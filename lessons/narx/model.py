"""A network that hears its own outputs: by hand, as a table, on a plant, and unfolded."""

from typing import Any, cast

import numpy as np

from app.shell.latest import Latest
from app.shell.model import Check
from lessons.narx import band, checks, learning, results, script, words
from lessons.narx.parameters import NarxParameters


class Narx(NarxParameters):
    """y(t) = V f(Σ U_j x(t−j) + Σ W_j y(t−j) + b) + b_out (chapter 12, Eq. 12.3, Figs. 12.6 and 12.7)."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        # `repaint` and `connected` are the shell's, which sets them later
        shown: Any = {"done": lambda: self.repaint(), "connected": lambda: self.connected()}
        self.latest = Latest(lambda s: learning.course(cast(learning.Settings, s)), **shown)
        self.judged = Latest(lambda s: band.band(cast(learning.Settings, s)), **shown)

    def compute(self) -> results.Result:
        if self.topic != "plant":
            return results.compute(self, None)
        settings = self.settings()
        # the first one at once: until it is there, the page would have nothing to show
        course = cast(learning.Course, self.latest.ask(settings, heavy=self.latest.shown is not None))
        if self.latest.failure and not self.waits():
            self.notify(self.latest.failure)
        if self.twenty:
            self.judged.ask(settings._replace(seed=0), heavy=True)
        return results.compute(self, course)

    def twenty_judged(self) -> dict[str, band.Judged] | None:
        """The networks of 20 seeds, once they are there for the present settings."""
        there = self.twenty and not self.judged.working
        return cast("dict[str, band.Judged] | None", self.judged.shown) if there else None

    def waits(self) -> bool:
        return self.topic == "plant" and self.latest.working

    def waiting_words(self) -> str:
        return "training …" if self.waits() else super().waiting_words()

    def close(self) -> None:
        self.latest.close()
        self.judged.close()

    def table(self) -> dict[str, np.ndarray]:
        found = results.traces(self.result)
        if self.topic == "table":  # x1 is x(t−1), d3 is d(t−3)
            found = {name.replace("p", "x").replace("q", "d"): values for name, values in found.items()}
        return {"t": self.time, **found}

    def trace(self, name: str) -> np.ndarray:
        """The unfolded network's output has a strip of its own, by this name."""
        return super().trace("y" if name == "echo" else name)

    def script(self) -> str:
        return script.lines(self, self.result)

    def sentence(self) -> str:
        return words.sentence(self, self.result)

    def explain(self, name: str, step: int) -> str:
        return words.explain(self.result, step)

    def divergence(self, step: int) -> str:
        return words.divergence(self, self.result)

    # Challenges

    def one_weight_as_printed(self) -> Check:
        return checks.one_weight_as_printed(self, self.result)

    def runs_alone(self) -> Check:
        return checks.runs_alone(self, self.result)

    def ways_cancel(self) -> Check:
        return checks.ways_cancel(self, self.result)
