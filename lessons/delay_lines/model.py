"""A window instead of a memory: delay lines of all kinds, and the static nets that read them."""

from typing import Any

import numpy as np

from app.shell.latest import Latest
from app.shell.model import Check
from lessons.delay_lines import checks, results, scripts, words
from lessons.delay_lines.parameters import DelayParameters
from lessons.delay_lines.training import Contest, Settings, train


class DelayLines(DelayParameters):
    """y(t) = V f(U s(t) + b) + b_out, s(t) from a line of delays (chapter 12, Figs. 12.1 to 12.5)."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        # `repaint` is the shell's, which sets it later
        self.courses = Latest(train, lambda: self.repaint(), connected=lambda: self.connected())

    def contest(self) -> Contest:
        """The training of the present settings; while it is computed, the last one of its kind or the start."""
        wanted: Settings = self.settings
        found: Any = self.courses.ask(wanted, heavy=True)
        if found is None or found.settings.task != wanted.task:
            return train(wanted._replace(n_updates=0))
        return found

    def compute(self) -> results.Result:
        if self.learns:
            contest = self.contest()
            if self.courses.failure:
                self.notify(self.courses.failure)
            return results.of_contest(self, contest)
        if self.topic == "generalised":
            return results.of_generalised(self)
        return results.of_distributed(self) if self.topic == "distributed" else results.of_line(self)

    def waits(self) -> bool:
        return self.learns and self.courses.working

    def waiting_words(self) -> str:
        return "learning …"

    def is_late(self) -> bool:
        """Whether the training has come since the result was made: the next picture will show it."""
        found: Any = self.courses.shown
        if not self.learns or found is None or self._result is None:
            return False
        return found.settings == self.settings != self._result.contest.settings

    def close(self) -> None:
        self.courses.close()

    def table(self) -> dict[str, np.ndarray]:
        return {"t": self.time} | results.columns(self, self.result)

    def script(self) -> str:
        return scripts.source(self, self.result)

    def sentence(self) -> str:
        return words.sentence(self, self.result)

    def trace(self, name: str) -> np.ndarray:
        return words.results_y(self.result)

    def explain(self, name: str, step: int) -> str:
        return words.explain(self, self.result, step)

    # Challenges

    def recalls_beyond(self) -> Check:
        return checks.recalls_beyond(self, self.result)

    def sees_twenty(self) -> Check:
        return checks.sees_twenty(self, self.result)

    def answers_the_lag(self) -> Check:
        return checks.answers_the_lag(self, self.result)
