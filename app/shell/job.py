"""Long work beside the pages: a thread per job that does one small step at a time and lets every page go first.

What keeps the other sessions quick: a step is short, and its kernels release the interpreter. The thread has the lowest
priority, so that it takes the time that nobody else wants. It waits until a page's work is done, where Python would
have it cut in after 5 ms. Of all jobs of the process only so many step at once that a core stays free; they take turns,
and whoever has fewest of them comes first. And while readers move things anywhere (`give_way`), they rest most of the
time. A long step is cut into pieces by the engine (`engine.pieces`): between two of them it may end, rest, or hand on
its turn.
"""

import contextlib
import logging
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator

from engine import pieces

log = logging.getLogger("unrolled")

LOWEST_PRIORITY = 19
# Seconds that a thread waits for the interpreter before the one that holds it must hand it over. That one then waits
# until the other has really run, which for a thread of the lowest priority can take long. A page's work is done sooner.
PATIENCE = 0.05
# For ACTIVE seconds after a reader's move each step is followed by a rest: REST seconds and RESTS times its own time.
ACTIVE, REST, RESTS = 0.25, 0.05, 3


class Unwanted(BaseException):
    """Nobody wants the work any more that is under way; no error, so that nobody takes it for one."""


class Turns:
    """So many places; a free one goes to the owner who has fewest of them, among equals to who has waited longest.

    An owner is whoever works for one reader: many threads of one get no more than the single thread of another.
    """

    def __init__(self, places: int) -> None:
        self._lock, self._free = threading.Lock(), places
        self._held: Counter[Hashable] = Counter()
        self._waiting: list[tuple[Hashable, threading.Lock]] = []

    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def __enter__(self) -> None:
        self.take(threading.get_ident())

    def __exit__(self, *_) -> None:
        self.give_back(threading.get_ident())

    @contextlib.contextmanager
    def of(self, owner: Hashable) -> Iterator[None]:
        """A turn of this owner's."""
        self.take(owner)
        try:
            yield
        finally:
            self.give_back(owner)

    def take(self, owner: Hashable) -> None:
        """Wait for a place."""
        with self._lock:
            if self._free:
                self._free -= 1
                self._held[owner] += 1
                return
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append((owner, gate))
        gate.acquire()  # until the one before opens it

    def give_back(self, owner: Hashable) -> None:
        with self._lock:
            self._held[owner] -= 1
            self._held += Counter()  # leaves out those who have none
            if not self._waiting:
                self._free += 1
                return
            number = min(range(len(self._waiting)), key=lambda k: self._held[self._waiting[k][0]])
            following, gate = self._waiting.pop(number)
            self._held[following] += 1
            gate.release()

    def hand_on(self, owner: Hashable) -> None:
        """Let those who wait go first."""
        if self._waiting:
            self.give_back(owner)
            self.take(owner)


def _n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Readers:
    """Remembers when the last reader of any page moved something."""

    def __init__(self) -> None:
        self._moved = -ACTIVE

    def moved(self) -> None:
        self._moved = time.monotonic()

    def are_active(self) -> bool:
        return time.monotonic() - self._moved < ACTIVE


# How many jobs may step at once: a core stays free.
WORKERS = max(1, _n_cores() - 1)
# What all jobs share; it knows nothing of what they do.
TURNS = Turns(WORKERS)
READERS = Readers()
# Seconds after which long work looks whether it is still wanted, and hands on its turn.
LOOK_EVERY = 0.1


def give_way() -> None:
    """Say that a reader has moved something: for a moment, all jobs rest for most of the time."""
    READERS.moved()


class Job:
    """Calls `step()` again and again in a thread of its own until it returns False.

    `state` is "ready", "running", "paused", "finished" (by `step` or by `stop`) or "failed", and `failure` then says
    why. `connected()` is asked before every step: where nobody looks any more, the job pauses by itself. Both callables
    run in the job's thread. No method waits for that thread: a step under way ends after its present piece where the
    job was stopped or nobody looks any more (in `step` that is an Unwanted), else in its own time.
    pace: seconds from the beginning of one step to that of the next, at least. owner: whose turns it takes.
    """

    def __init__(
        self,
        step: Callable[[], bool],
        connected: Callable[[], bool],
        *,
        pace: float = 0.0,
        owner: Hashable = None,
    ) -> None:
        self.state, self.failure = "ready", ""
        self._step, self._connected, self._pace = step, connected, pace
        self._owner: Hashable = self if owner is None else owner
        self._lock = threading.Lock()  # of `state` and `_worker`
        self._stepping = threading.Lock()  # a thread started anew waits until the last one's step is done
        self._worker: threading.Thread | None = None  # the thread that may go on; any other leaves before its next step
        self._rests_end = threading.Event()  # cuts a rest short

    def start(self) -> None:
        """Begin, or go on after a pause. Does nothing in other states."""
        self._begin(once=False)

    def once(self) -> None:
        """Do one step, then pause."""
        self._begin(once=True)

    def pause(self) -> None:
        """No step begins any more until `start` or `once`."""
        with self._lock:
            if self.state == "running":
                self.state, self._worker = "paused", None
                self._rests_end.set()

    def stop(self) -> None:
        """No step begins ever again."""
        with self._lock:
            if self.state != "failed":
                self.state, self._worker = "finished", None
                self._rests_end.set()

    def _begin(self, once: bool) -> None:
        with self._lock:
            if self.state in ("ready", "paused"):
                self.state = "running"
                self._rests_end.clear()
                self._worker = threading.Thread(target=self._work, args=(once,), daemon=True, name="job")
                self._worker.start()

    def _work(self, once: bool) -> None:
        step_aside()
        goes_on = True
        while goes_on:
            with self._stepping, TURNS.of(self._owner), pieces.between(Looks(self._look)):
                begun = time.perf_counter()
                goes_on = self._one_step(once)
                if goes_on:
                    self._rest(time.perf_counter() - begun)
            if goes_on:
                self._rests_end.wait(max(0.0, begun + self._pace - time.perf_counter()))

    def _rest(self, took: float) -> None:
        """With the turn: no other job uses the time that is left to the readers."""
        if READERS.are_active():
            self._rests_end.wait(REST + RESTS * took)

    def _look(self, took: float) -> None:
        """Between two pieces of a step."""
        if self.state in ("finished", "failed") or not self._connected():
            raise Unwanted
        self._rest(took)
        TURNS.hand_on(self._owner)

    def _one_step(self, once: bool) -> bool:
        """Do a step if this thread still may; says whether it may do another."""
        if not self._is_mine():
            return False
        try:
            if not self._connected():
                self._settle("paused")
            elif not self._step():
                self._settle("finished")
            elif once:
                self._settle("paused")
        except Unwanted:
            self._settle("paused")
        except Exception as error:
            log.exception("a job failed")
            self._settle("failed", str(error) or type(error).__name__)
        return self._is_mine()

    def _is_mine(self) -> bool:
        return self._worker is threading.current_thread()

    def _settle(self, state: str, failure: str = "") -> None:
        """What the step came to; it doesn't undo a `stop` that came meanwhile, nor pause a thread started anew."""
        with self._lock:
            if self.state != "finished" and (state != "paused" or self._is_mine()):
                self.state, self.failure, self._worker = state, failure, None


class Looks:
    """What the engine calls between pieces: now and then it calls `look` with the seconds since it did so last."""

    def __init__(self, look: Callable[[float], None]) -> None:
        self._look, self._last = look, time.perf_counter()

    def __call__(self) -> None:
        took = time.perf_counter() - self._last
        if took >= LOOK_EVERY:
            time.sleep(0)  # a page that waits for the interpreter gets it
            self._look(took)
            self._last = time.perf_counter()


def step_aside() -> None:
    """Let all other threads go first, by priority on Linux, where a thread has one of its own."""
    sys.setswitchinterval(PATIENCE)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
