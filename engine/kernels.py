"""Compiles the parts of `engine.warm` on all cores, and tells which are done.

`python -m engine.kernels` does so and ends. With `part` after it, it is one of the processes: it reads the name of a
part from a line, compiles it into Numba's cache, and answers with the same name. What an engine has compiled once for a
processor is noted beside the kernels.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numba

from engine import kernel_cache

kernel_cache.make_safe()  # before the first kernel is declared

from engine import warm  # noqa: E402

MOST = 8  # processes; each takes some 250 MB
NICE = 10  # pages that are open already go first


def are_compiled() -> bool:
    """Whether all kernels of this engine are in the cache for this processor."""
    return bool(numba.config.DISABLE_JIT) or _note().exists()


def compile_all(done: Callable[[str], object] = lambda part: None) -> None:
    """Load all parts; those that are not in the cache are compiled, each in one of several processes.

    `done(part)` is called here as each part is finished.

    What can't be kept is compiled here, at the end.
    """
    trouble = kernel_cache.make_safe()
    if are_compiled() or not kernel_cache.can_be_written(trouble):
        for part, compile_part in warm.PARTS.items():
            compile_part()
            done(part)
        return
    waiting, finished = list(warm.PARTS), []
    lock, news = threading.Lock(), threading.Semaphore(0)

    def take() -> str | None:
        with lock:
            return waiting.pop(0) if waiting else None

    def finish(part: str) -> None:
        finished.append(part)
        news.release()

    for _ in range(max(1, min(n_cores(), MOST))):
        threading.Thread(target=_drive, args=(take, finish), daemon=True, name="kernels").start()
    for number in range(len(warm.PARTS)):
        news.acquire()
        done(finished[number])
    _write_note()


def _drive(take: Callable[[], str | None], finish: Callable[[str], None]) -> None:
    """Hand one process part after part; another one where it has died."""
    process = _start()
    while part := take():
        if process.poll() is not None:
            process = _start()
        assert process.stdin and process.stdout
        with suppress(OSError):
            print(part, file=process.stdin, flush=True)
            process.stdout.readline()
        finish(part)
    process.communicate()


def _start() -> subprocess.Popen:
    command = [sys.executable, "-m", "engine.kernels", "part"]
    return subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _note() -> Path:
    return kernel_cache.folder() / f"kernels-{kernel_cache.version()}.compiled"


def _write_note() -> None:
    """Only where every part really is in the cache: calling them here compiles what is not."""
    trouble = kernel_cache.make_safe()
    warm.compile_kernels()
    if not trouble.said:
        try:
            _note().touch()
        except OSError as problem:
            trouble.say(str(_note().parent), problem)


def _answer() -> None:
    kernel_cache.make_safe()
    if hasattr(os, "nice"):
        os.nice(NICE)
    with suppress(BrokenPipeError):  # whoever asked has ended
        for line in sys.stdin:
            part = line.strip()
            warm.PARTS[part]()
            print(part, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["part"]:
        _answer()
    else:
        start = time.perf_counter()
        compile_all()
        print(f"engine kernels ready in {time.perf_counter() - start:.1f} s")
