"""Kernels are compiled in parts and kept: on all cores, by several processes at once, and where nothing can be kept."""

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest
from numba import config

import engine
from engine import kernels, warm

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT=1")

ROOT = Path(__file__).parents[2]
# A kernel in a file of its own. What it prints: its result, how often Numba found it in the cache, and not.
KERNEL = """
from numba import njit


@njit(cache=True, nogil=True)
def double(x):
    return 2 * x
"""
CALL = """
import sys
from engine import kernel_cache
kernel_cache.make_safe()
import kernel
for given in sys.argv[1:]:
    print(kernel.double(float(given) if "." in given else int(given)))
print(sum(kernel.double.stats.cache_hits.values()), sum(kernel.double.stats.cache_misses.values()))
"""


def call(folder: Path, *given: str, before: str = "", **environment: str) -> subprocess.Popen:
    (folder / "kernel.py").write_text(KERNEL)
    paths = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, "-c", before + CALL, *given],
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen) -> tuple[list[str], str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split(), err


# Whoever runs the tests as root may write anywhere: so no temporary file can be made here.
LOCKED = """
import tempfile
def refused(*_, **__):
    raise PermissionError(13, "Permission denied")
tempfile.TemporaryFile = refused
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of this kind")
def test_processes_that_keep_kernels_of_one_function_wait_for_each_other_and_what_they_kept_is_read(tmp_path):
    import fcntl

    cache = tmp_path / "cache"
    assert said(call(tmp_path, "1", NUMBA_CACHE_DIR=str(cache))) == (["2", "0", "1"], "")
    [lock] = cache.rglob("kernels.lock")
    kept = {file: file.read_bytes() for file in lock.parent.glob("*.nb?")}
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        other = call(tmp_path, "1.5", NUMBA_CACHE_DIR=str(cache))
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(3)
        assert {file: file.read_bytes() for file in lock.parent.glob("*.nb?")} == kept
    assert said(other)[0][0] == "3.0"
    # as in an image, whose file system is read-only
    assert said(call(tmp_path, "1", "1.5", before=LOCKED, NUMBA_CACHE_DIR=str(cache))) == (["2", "3.0", "2", "0"], "")


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
def test_a_kernel_that_can_not_be_kept_runs_all_the_same_and_the_log_says_why_once(tmp_path):
    full = "import resource, signal\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    cache = str(tmp_path / "cache")
    words, log = said(call(tmp_path, "1", "1.5", before=full, NUMBA_CACHE_DIR=cache))
    assert words == ["2", "3.0", "0", "2"]
    assert log.count("compiled kernels can't be kept") == 1 and "File too large" in log


def test_no_folder_at_all_is_no_reason_not_to_start(tmp_path):
    (tmp_path / "__pycache__").touch()  # a file where Numba wants a folder
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "NUMBA_CACHE_DIR": "/dev/null/cache"}
    words, log = said(call(tmp_path, "1", **nowhere))
    assert words == ["2", "0", "1"] and log.count("compiled kernels can't be kept") == 1


def test_parts_are_handed_to_processes_each_once_and_a_dead_one_is_replaced(tmp_path, monkeypatch):
    """With stand-ins for the engine's parts and for the process that compiles: the second part kills its process."""
    stand_in = """
import sys
for line in sys.stdin:
    if line.strip() == "b" and not open(r"{0}", "a").tell():
        open(r"{0}", "a").write("died")
        sys.exit(1)
    print(line, end="", flush=True)
"""
    died, called, done = tmp_path / "died", [], []
    monkeypatch.setattr(warm, "PARTS", {name: lambda name=name: called.append(name) for name in "abcdef"})
    command = [sys.executable, "-c", stand_in.format(died)]

    def start() -> subprocess.Popen:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    monkeypatch.setattr(kernels, "_start", start)
    monkeypatch.setattr(kernels, "_note", lambda: tmp_path / "note")
    assert not kernels.are_compiled()
    kernels.compile_all(done.append)
    assert sorted(done) == list("abcdef") and died.exists()
    assert called == list("abcdef"), "what the dead process left undone is done here"
    assert kernels.are_compiled()
    kernels.compile_all(done.append)
    assert done[6:] == list("abcdef")


def test_every_module_with_kernels_is_in_a_part():
    named = {name for part in warm.PARTS.values() for name in part.__code__.co_names}
    public = {found.name for found in pkgutil.iter_modules(engine.__path__) if found.name[0] != "_"}
    for name in public - {"warm", "kernels", "kernel_cache"}:
        module = importlib.import_module(f"engine.{name}")
        if any(hasattr(value, "signatures") for value in vars(module).values()):
            assert name in named or name == "jacobians", name  # whose functions `gradients` offers
    own = {value for name, value in vars(warm).items() if name.startswith("_") and isinstance(value, FunctionType)}
    assert own <= set(warm.PARTS.values()), "a part that nobody calls"
