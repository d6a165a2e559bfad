"""Echo state networks, whose recurrent weights are drawn and never trained."""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import cast

import numpy as np

from app.shell.latest import Latest, others_wait
from app.shell.model import Check
from lessons.esn import checks, scripts, topics, words
from lessons.esn.columns import columns
from lessons.esn.drawn import Drawn
from lessons.esn.limits import LARGE, shortage
from lessons.esn.load import at_once, computing, is_heavy, megabytes, remarks, waiting
from lessons.esn.results import Result
from lessons.esn.settings import Settings
from lessons.esn.sweep import SweepsLive


@lru_cache(maxsize=1)
def shared(settings: Settings) -> Result:
    """The result of a large network, the same for a whole hall that chose one preset. Nobody writes to a result."""
    return topics.compute(settings, Drawn())


def megabytes_of(settings: Hashable) -> float:
    assert isinstance(settings, Settings)
    return megabytes(settings)


class Esn(SweepsLive):
    """h(t) = (1−leak) h(t−1) + leak tanh(W_in [1; x(t)] + W h(t−1) + W_fb y(t−1)), y(t) = V [1; h(t); x(t)]."""

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.drawn = Drawn()
        # `repaint` and `connected` are the shell's, which sets them later
        self.latest = Latest(
            self._computed, lambda: self.repaint(), connected=lambda: self.connected(), megabytes=megabytes_of
        )
        self._stand_in: Settings | None = None  # what a page that opens shows instead of a heavy result

    # What the page shows

    def _computed(self, settings: Hashable) -> Result:
        assert isinstance(settings, Settings)
        return shared(settings) if settings.n_units > LARGE else topics.compute(settings, self.drawn)

    def compute(self) -> Result:
        """The result of the present settings, or of those before while it is being computed."""
        settings, opening = self.settings, self.latest.shown is None
        heavy = is_heavy(settings, self.drawn, opening=opening and not others_wait())
        if opening and heavy:
            self._stand_in = at_once(settings)
            self.latest.ask(self._stand_in, heavy=False)
        result = cast(Result, self.latest.ask(settings, heavy=heavy))
        self._watch_sweep(result)
        if cut := shortage(self.n_units, self.settings):
            self.notify(cut)
        if not self.waits():  # else it is told with the result that is to come
            self._tell(result)
        return result

    def _watch_sweep(self, result: Result) -> None:
        """Where the sweep is not shown nobody sees it, and it pauses."""
        if result.traced.settings.topic != "sweep":
            self.pause_sweep()

    def _tell(self, result: Result) -> None:
        """What the reader must know about a result."""
        if self.latest.failure:
            self.notify(self.latest.failure)
        if not self._stands_in(result):
            for remark in remarks(result):
                self.notify(remark)
        if result.traced.settings.topic == "sweep" and self.sweep.remark:
            self.notify(self.sweep.remark)

    def _stands_in(self, result: Result) -> bool:
        return result.traced.settings == self._stand_in != self.settings

    @property
    def stands_in(self) -> bool:
        """Whether the result is that of a smaller network, since none of the reader's has been computed yet."""
        return self._stands_in(self.result)

    def waits(self) -> bool:
        return self.latest.working

    def waiting_words(self) -> str:
        return waiting(self.settings, self.drawn) if self.waits() else super().waiting_words()

    def close(self) -> None:
        self.latest.close()
        self.end_sweep()

    def edited(self, name: str) -> None:
        """Drawing starts from the input that is shown."""
        if self.signal != "drawn":
            self.draw_input()

    def table(self) -> dict[str, np.ndarray]:
        """Of the result, so that it fits `script` even while newer settings are being computed."""
        return {"t": np.arange(1, self.traced.settings.n_steps + 1), **columns(self, self.result)}

    def script(self) -> str:
        return scripts.source(self, self.result)

    def sentence(self) -> str:
        return computing(self.settings) if self.stands_in else words.sentence(self, self.result)

    def divergence(self, step: int) -> str:
        return words.divergence(self.result, step)

    def explain(self, name: str, step: int) -> str:
        if self.stands_in:
            return computing(self.settings)
        return words.explain(self.result, self.shown_unit, name, step)

    # Challenges

    def sine_held(self) -> Check:
        return self._checked(lambda: checks.sine_held(self.result))

    def narma_below(self) -> Check:
        return self._checked(lambda: checks.narma_below(self.result, self.done))

    def greatest_memory(self) -> Check:
        return self._checked(lambda: checks.greatest_memory(self.result))

    def _checked(self, check: Callable[[], Check]) -> Check:
        """A network that only stands in passes nothing."""
        return Check(False, computing(self.settings)) if self.stands_in else check()
