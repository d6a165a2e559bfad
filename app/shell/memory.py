"""What the process does with its memory: closed sessions' goes back to the system, what stands is left alone."""

import ctypes
import gc
import threading
import time

EVERY = 20.0  # seconds


def keep_what_stands() -> None:
    """All that stands now stays, and what a reader holds is small: the collector need not walk through it all while a
    hall of readers arrives. Each walk would stop everybody for 0.1 s and more. Closed sessions call it by themselves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def give_back_from_time_to_time() -> None:
    """Start a thread that does so for as long as the process lives: the C library would keep it for the next sessions.

    Does nothing where there is no glibc.
    """
    try:
        trim = ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return
    threading.Thread(target=_repeat, args=(trim,), daemon=True, name="memory").start()


def _repeat(trim) -> None:
    while True:
        time.sleep(EVERY)
        trim(0)
