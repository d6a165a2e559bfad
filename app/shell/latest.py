"""Results that take too long for a slider's move: computed in a thread, always for the newest settings only.

A page asks again at every move. What is quick is computed at once. What is not goes to a thread, and the page shows the
last finished result, and that it waits, until the new one is there. Settings that newer ones overtook are never
computed. Every session has a `Latest` of its own; of all their threads, so many compute at once that a core stays free.

Work is begun only for a page that is connected, and only where there is memory for it (`app.shell.budget`). Between two
pieces of it (`engine.pieces`) it ends where its page has gone, or where newer settings have waited for GRACE seconds.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable

from app.shell import budget, job
from app.shell.job import Unwanted
from app.shell.pace import SHARES
from engine import pieces

log = logging.getLogger("unrolled")

FAILED = "This could not be computed; the page shows the settings before it."
GRACE = 1.0  # seconds: what is nearly done is shown while a hand goes on moving
ASK_AGAIN = 0.05  # seconds, whether the page has come


def others_wait() -> bool:
    """Whether the server's thread has much to do: then only what is quick should be computed at once."""
    return SHARES.are_many()


class Latest:
    """The result of `compute(settings)` for the newest settings, or for those before while it is being computed.

    compute: a pure function of its argument (immutable settings); it never runs twice at the same time, so it may keep
    what it has drawn. done: called from the thread after each result. connected: whether a browser shows the page.
    megabytes: about how much memory a result needs. Ask for something quick first: until the first result is there,
    `shown` is None.
    """

    def __init__(
        self,
        compute: Callable[[Hashable], object],
        done: Callable[[], None] = lambda: None,
        *,
        connected: Callable[[], bool] = lambda: True,
        megabytes: Callable[[Hashable], float] = lambda settings: 0.0,
    ) -> None:
        self._compute, self.done, self._connected, self._megabytes = compute, done, connected, megabytes
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
        """Nobody wants a result any more: what has not begun never does, what is under way ends after its piece."""
        self._closed = True

    def _work(self) -> None:
        job.step_aside()
        more = True
        while more:
            settings = self._wanted
            try:
                result, failure = self._begun(settings)
            except Unwanted:
                more = self._is_overtaken(settings)
                continue
            with self._lock:
                self.shown, self._computed, self.failure = result, settings, failure
                more = self._wanted != settings and not self._closed
                if not more:
                    self._thread = None
            self.done()

    def _is_overtaken(self, settings: Hashable) -> bool:
        """Whether work has ended for newer settings; else for good."""
        with self._lock:
            overtaken = not self._closed and self._connected() and self._wanted != settings
            if not overtaken:
                self._thread = None
            return overtaken

    def _begun(self, settings: Hashable) -> tuple[object, str]:
        """The result, once it is this thread's turn."""
        while not (self._connected() or self._closed):
            time.sleep(ASK_AGAIN)  # the page's document has been sent, and its websocket is to come
        with job.TURNS.of(self):
            self._check(0.0)
            late = 0.0

            def look(took: float) -> None:
                nonlocal late
                late += took if self._wanted != settings else 0.0
                self._check(late)
                job.TURNS.hand_on(self)

            with pieces.between(job.Looks(look)):
                return self._one(settings)

    def _check(self, late: float) -> None:
        """Raises Unwanted where the page has gone, or newer settings have waited for so many seconds."""
        if self._closed or not self._connected() or late > GRACE:
            raise Unwanted

    def _one(self, settings: Hashable) -> tuple[object, str]:
        try:
            with budget.memory_for(self._megabytes(settings)):
                return self._compute(settings), ""
        except budget.TooMuch as said:
            return self.shown, str(said)
        except Exception:
            log.exception("a result could not be computed")
            return self.shown, FAILED
