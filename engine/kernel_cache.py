"""Where compiled kernels are kept: Numba's cache, made safe for several processes, full disks and read-only systems.

As Numba has it, two processes that keep kernels of one function at once can leave an index that names the other's code;
a kernel fails that was compiled well but can't be kept; and a folder that can't be written is not read either.
All names of Numba that are not public stand here.
"""

import contextlib
import functools
import hashlib
import logging
import os
import sys
import tempfile
from pathlib import Path

import llvmlite.binding
import numba
from numba.core import caching

if sys.platform != "win32":
    import fcntl

log = logging.getLogger("unrolled")

LOCK = "kernels.lock"


class Trouble:
    """What kept a kernel from being kept, said once for all of them."""

    def __init__(self) -> None:
        self.said = ""

    def say(self, folder: str, problem: OSError) -> None:
        if not self.said:
            self.said = problem.strerror or type(problem).__name__
            log.warning(
                "compiled kernels can't be kept in %s (%s): the next start compiles them again", folder, self.said
            )


@functools.cache
def make_safe() -> Trouble:
    """From now on all functions of this process with `cache=True` share their folder with others, and need none."""
    trouble = Trouble()
    load, save = caching.Cache.load_overload, caching.Cache.save_overload
    ensure = caching._CacheLocator.ensure_cache_path

    def load_if_possible(self, sig, target_context):
        try:
            return load(self, sig, target_context)
        except OSError:
            return None

    def save_if_possible(self, sig, data):
        folder = self._impl.locator.get_cache_path()
        try:
            with _alone(folder):
                save(self, sig, data)
        except OSError as problem:
            trouble.say(folder, problem)

    def ensure_or_read(self):
        try:
            ensure(self)
        except OSError:
            last = isinstance(self, caching.UserWideCacheLocator)
            if not last and not any(Path(self.get_cache_path()).glob("*.nbi")):
                raise

    caching.Cache.load_overload = load_if_possible
    caching.Cache.save_overload = save_if_possible
    caching._CacheLocator.ensure_cache_path = ensure_or_read
    return trouble


@contextlib.contextmanager
def _alone(folder: str):
    """No other process keeps a kernel in this folder meanwhile. Its end frees the lock, however it ends."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, LOCK), "ab") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def folder() -> Path:
    """Where this process keeps and looks for the engine's kernels."""
    from engine._activation import apply

    return Path(apply.stats.cache_path)


def can_be_written(trouble: Trouble) -> bool:
    """Whether a kernel that is compiled now would be kept."""
    try:
        with _alone(str(folder())), tempfile.TemporaryFile(dir=folder()) as file:
            file.write(bytes(2**16))
    except OSError as problem:
        trouble.say(str(folder()), problem)
    return not trouble.said


def version() -> str:
    """Tells the kernels of this engine, Numba and processor from all others."""
    told = hashlib.sha256(f"{numba.__version__} {sys.version} {_processor()}".encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        told.update(file.read_bytes())
    return told.hexdigest()[:16]


def _processor() -> str:
    named = numba.config.CPU_NAME
    return named or f"{llvmlite.binding.get_host_cpu_name()} {llvmlite.binding.get_host_cpu_features().flatten()}"
