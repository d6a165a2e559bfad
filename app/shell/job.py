"""Long work beside the pages: a thread per job that does one small step at a time and lets every page go first.

What keeps the other sessions quick: a step is short, and its kernels release the interpreter. The thread has the lowest
priority, so that it takes the time that nobody else wants. It waits until a page's work is done, where Python would
have it cut in after 5 ms. Of all jobs of the process only so many step at once that a core stays free; they take turns
in the order in which they ask. And while readers move things anywhere (`give_way`), they rest most of the time.
"""

import contextlib
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

log = logging.getLogger("unrolled")

LOWEST_PRIORITY = 19
# Seconds that a thread waits for the interpreter before the one that holds it must hand it over. That one then waits
# until the other has really run, which for a thread of the lowest priority can take long. A page's work is done sooner.
PATIENCE = 0.05
# For ACTIVE seconds after a reader's move each step is followed by a rest: REST seconds and RESTS times its own time.
ACTIVE, REST, RESTS = 0.25, 0.05, 3


class Turns:
    """A semaphore that is handed on in the order of asking: Python's own lets whoever gives it back take it again."""

    def __init__(self, places: int) -> None:
        self._lock, self._free = threading.Lock(), places
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        gate.acquire()  # until the one before opens it

    def __exit__(self, *_) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


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


def give_way() -> None:
    """Say that a reader has moved something: for a moment, all jobs rest for most of the time."""
    READERS.moved()


class Job:
    """Calls `step()` again and again in a thread of its own until it returns False.

    `state` is "ready", "running", "paused", "finished" (by `step` or by `stop`) or "failed", and `failure` then says
    why. `connected()` is asked before every step: where nobody looks any more, the job pauses by itself. Both callables
    run in the job's thread. No method waits for that thread: a step under way ends in its own time.
    pace: seconds from the beginning of one step to that of the next, at least.
    """

    def __init__(self, step: Callable[[], bool], connected: Callable[[], bool], *, pace: float = 0.0) -> None:
        self.state, self.failure = "ready", ""
        self._step, self._connected, self._pace = step, connected, pace
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
            with self._stepping, TURNS:
                begun = time.perf_counter()
                goes_on = self._one_step(once)
                took = time.perf_counter() - begun
                if goes_on and READERS.are_active():
                    # with the turn: no other job uses the time that is left to the readers
                    self._rests_end.wait(REST + RESTS * took)
            if goes_on:
                self._rests_end.wait(max(0.0, begun + self._pace - time.perf_counter()))

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


def step_aside() -> None:
    """Let all other threads go first, by priority on Linux, where a thread has one of its own."""
    sys.setswitchinterval(PATIENCE)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
