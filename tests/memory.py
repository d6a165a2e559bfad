"""How much memory a call needs at most."""

import threading
import tracemalloc
from collections.abc import Callable

__all__ = ["most_bytes"]


def most_bytes(call: Callable[[], object]) -> int:
    """The most memory that `call` held at once, in bytes.

    First the threads that other tests left must end: while tracemalloc stops, a kernel that allocates without holding
    the interpreter's lock crashes Python 3.11 (traceback_new in Modules/_tracemalloc.c writes where it has just freed).
    """
    for thread in threading.enumerate():
        if thread.name in ("latest", "job"):
            thread.join(120)
            assert not thread.is_alive(), "a test has left work in the background that does not end"
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
