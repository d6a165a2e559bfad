"""Results that take too long for a slider's move: computed in a thread, always for the newest settings only.

A page asks again at every move. What is quick is computed at once. What is not goes to a thread, and the page shows the
last finished result, and that it waits, until the new one is there. Settings that newer ones overtook are never
computed. Every session has a `Latest` of its own; of all their threads, so many compute at once that a core stays free.
"""

import logging
import threading
from collections.abc import Callable, Hashable

from app.shell import job

log = logging.getLogger("unrolled")

FAILED = "This could not be computed; the page shows the settings before it."


class Latest:
    """The result of `compute(settings)` for the newest settings, or for those before while it is being computed.

    compute: a pure function of its argument (immutable settings); it never runs twice at the same time, so it may keep
    what it has drawn. done: called from the thread after each result. Ask for something quick first: until the first
    result is there, `shown` is None.
    """

    def __init__(self, compute: Callable[[Hashable], object], done: Callable[[], None] = lambda: None) -> None:
        self._compute, self.done = compute, done
        self._lock = threading.Lock()  # of all that follows
        self._wanted: Hashable = None
        self._computed: Hashable = None  # the settings that `shown` belongs to, or that failed
        self._thread: threading.Thread | None = None
        self._closed = False
        self.shown: object = None
        self.failure = ""

    def ask(self, settings: Hashable, *, heavy: bool) -> object:
        """What to show now. Not `heavy`: computed at once, unless the thread is still at work on something else."""
        with self._lock:
            self._wanted = settings
            if settings == self._computed:
                return self.shown
            if heavy or self._thread is not None:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, daemon=True, name="latest")
                    self._thread.start()
                return self.shown
        result = self._compute(settings)
        with self._lock:
            self.shown, self._computed, self.failure = result, settings, ""
        return result

    @property
    def working(self) -> bool:
        """Whether `shown` is not yet what was asked for last."""
        return self._thread is not None

    def close(self) -> None:
        """Nobody wants a result any more: what has not begun never does, what is under way ends in its own time."""
        self._closed = True

    def _work(self) -> None:
        job.step_aside()
        more = True
        while more:
            settings = self._wanted
            with job.TURNS:
                if self._closed:
                    self._thread = None
                    return
                result, failure = self._one(settings)
            with self._lock:
                self.shown, self._computed, self.failure = result, settings, failure
                more = self._wanted != settings and not self._closed
                if not more:
                    self._thread = None
            self.done()

    def _one(self, settings: Hashable) -> tuple[object, str]:
        try:
            return self._compute(settings), ""
        except Exception:
            log.exception("a result could not be computed")
            return self.shown, FAILED
