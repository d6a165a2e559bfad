"""What a process may cost: work that would take more is refused before it begins, with a sentence for the reader.

UNROLLED_MEMORY: megabytes that the process may hold, 3000 unless given. What a result needs is estimated beforehand
(each lesson knows its own sizes); what is being computed just now counts with its estimate.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DEFAULT = 3000.0  # megabytes
SMALL = 5.0  # megabytes; what needs less is never refused


class TooMuch(ValueError):
    """Work that is refused; the text tells the reader what is too much and what to lower."""


class Memory:
    """What the process holds, what has been promised to work under way, and how much there may be of both.

    most: says so in megabytes, whenever it is asked.
    """

    def __init__(self, most: Callable[[], float]) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._promised = 0.0

    @contextmanager
    def promise(self, megabytes: float) -> Iterator[None]:
        """Room for work inside the block. Raises TooMuch where there is none."""
        with self._lock:
            if megabytes > SMALL and resident() + self._promised + megabytes > self._most():
                raise TooMuch(
                    f"This needs about {megabytes:,.0f} MB, and the server has no room for it now. Take fewer units or "
                    "steps, or try again in a minute."
                )
            self._promised += megabytes
        try:
            yield
        finally:
            with self._lock:
                self._promised -= megabytes


def resident() -> float:
    """Megabytes that the process holds; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _most() -> float:
    """Of the environment; a value that is no positive number counts as none."""
    try:
        given = float(os.environ.get("UNROLLED_MEMORY", DEFAULT))
    except ValueError:
        return DEFAULT
    return given if given > 0 else DEFAULT


MEMORY = Memory(_most)


def memory_for(megabytes: float):
    """Room for work inside the block, of the process's own memory."""
    return MEMORY.promise(megabytes)
