"""Long work in pieces: between two of them, whoever asked for it may look whether it is still wanted.

    with pieces.between(look):
        states = reservoir.run(x, pool)      # calls look() every now and then; what it raises ends the work

Functions that may take long share their work out so that a piece is about PIECE multiplications. Results are the same
to the last digit however the work is shared out. `look` belongs to the thread, or the task, that has set it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Multiplications in a piece: some 0.05 s of a kernel, twice as long where memory is slow.
PIECE = 5e7

#: Units that a LAPACK call which cannot be shared out (all eigenvalues, all singular values) takes in a second or two.
UNCUT_UNITS = 1000

_look: ContextVar[Callable[[], None]] = ContextVar("look", default=lambda: None)


@contextmanager
def between(look: Callable[[], None]) -> Iterator[None]:
    """Inside the block, and in this thread, `look()` is called between pieces."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


def look() -> None:
    """Between two pieces: lets whoever asked for the work look. Raises what they raise."""
    _look.get()()


def parts(n: int, each: float) -> Iterator[slice]:
    """Slices that make up range(n), of about PIECE operations where each entry costs `each`; looks before each."""
    length = max(1, int(PIECE / max(each, 1.0)))
    for start in range(0, n, length):
        look()
        yield slice(start, min(start + length, n))
