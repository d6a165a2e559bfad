"""Gives memory that closed sessions held back to the system; the C library would keep it for the next ones."""

import ctypes
import threading
import time

EVERY = 20.0  # seconds


def give_back_from_time_to_time() -> None:
    """Start a thread that does so for as long as the process lives. Does nothing where there is no glibc."""
    try:
        trim = ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return
    threading.Thread(target=_repeat, args=(trim,), daemon=True, name="memory").start()


def _repeat(trim) -> None:
    while True:
        time.sleep(EVERY)
        trim(0)
