"""When a page may open: once its kernels are compiled and its figures built.

With `panel serve` a page's first reader waits for both. `python -m app` has them done before the port answers, or,
where nothing is compiled yet, beside a server that shows what is awaited (`Preparation`).
"""

import functools
import logging
import sys
import threading
from collections.abc import Iterable
from types import ModuleType

from app.shell import index, memory, room
from engine import kernels, warm

log = logging.getLogger("unrolled")


class Preparation:
    """Compiles and builds in a thread, lesson after lesson. Before `start`, nothing is awaited."""

    def __init__(self) -> None:
        self.parts: set[str] = set()  # of the kernels, that are not compiled yet
        self._pages: dict[str, frozenset[str]] = {}  # that are not built yet, with the parts of the kernels they use
        self._thread: threading.Thread | None = None

    def start(self, stems: Iterable[str]) -> None:
        """Begin; the pages are built in this order as far as their kernels are there."""
        self.parts = set(warm.PARTS)
        self._pages = {stem: parts_of(stem) for stem in stems}
        self._thread = threading.Thread(target=self._work, daemon=True, name="preparation")
        self._thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Whether all is done after so long."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.awaited()

    @property
    def started(self) -> bool:
        return self._thread is not None

    def awaited(self) -> dict[str, list[str]]:
        """The pages that can't be opened yet, each with the parts of the kernels that it lacks."""
        return {stem: sorted(parts & self.parts) for stem, parts in self._pages.copy().items()}

    def _work(self) -> None:
        try:
            kernels.compile_all(self._compiled)
        except Exception:
            log.exception("kernels could not be compiled beforehand; the first reader waits for them")
        self.parts = set()
        self._build()
        memory.keep_what_stands()

    def _compiled(self, part: str) -> None:
        warm.PARTS[part]()  # from the cache, so that the page's first reader has it
        self.parts = self.parts - {part}
        self._build()

    def _build(self) -> None:
        for stem, parts in list(self._pages.items()):
            if not parts & self.parts:
                index.is_sound(stem)
                del self._pages[stem]


PREPARATION = Preparation()  # one for the process, as its kernels are


def parts_of(stem: str) -> frozenset[str]:
    """The parts of `engine.warm` that call modules of the engine which the lesson uses; all if it is broken."""
    try:
        room.classes(stem)
    except Exception:
        return frozenset(warm.PARTS)
    used = _engine_modules(f"lessons.{stem}.")
    return frozenset(name for name, part in warm.PARTS.items() if used & {*part.__code__.co_names})


def _engine_modules(prefix: str) -> set[str]:
    """What the modules of a package have taken from the engine: `gamma` for engine.gamma and for a function in it."""
    found = set()
    for name, module in list(sys.modules.items()):
        for value in vars(module).values() if name.startswith(prefix) else ():
            home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            if isinstance(home, str) and home.startswith("engine."):
                found.add(home.split(".")[1])
    return found


@functools.cache
def ready() -> None:
    """Once per process, before its first page opens. No reader's move waits for a compiler."""
    if not PREPARATION.started:
        kernels.compile_all()
    memory.give_back_from_time_to_time()
