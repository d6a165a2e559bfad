"""Does a sweep in one session slow down another session's sliders? How long does it take, and does Stop end it?

    python tests/bench/sweep.py [page?query:parameter:low:high ...]

First two sweeps run alone: the default one to its end, and one of large reservoirs until it is stopped. Then one
browser sweeps and another one's slider is measured as in tests/bench/latency.py, without and with the sweep, in turn.
The threads of sweeps are found by their priority, which is the lowest.
"""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from app.shell.job import WORKERS  # noqa: E402
from tests.bench.latency import cpu_seconds, title_of  # noqa: E402
from tests.bench.training import moved, opened, press, report, site_and_browsers, wait_for_threads  # noqa: E402

USUAL = "esn?topic=sweep"
LONG = "esn?topic=sweep&n_seeds=20&n_units=300&n_steps=1000&washout=100&n_new=300"
LARGE = "esn?topic=sweep&n_units=2000&n_steps=1000&washout=100&n_new=300"
PAGES = ("gated_cec:w:0.8:1.1", "vanishing:w:0.3:1.1")
ROUNDS = 3
LONGEST_SWEEP = 900.0  # seconds


def progress(page) -> str:
    return page.inner_text("[data-table=sweep] progress + span")


def points(page) -> int:
    words = progress(page).split()
    return int(words[1]) if words[0] == "point" else 0


def begin(page, pid: int) -> None:
    press(page, "start")
    wait_for_threads(pid, WORKERS)


def stop(page, pid: int) -> float:
    """Milliseconds until the threads of a sweep are gone."""
    press(page, "stop")
    return 1000 * wait_for_threads(pid, 0)


def whole(browser, pid: int) -> None:
    """How long the default sweep takes from Start to its last point, where nobody else wants anything."""
    page = opened(browser, USUAL)
    start, before = time.perf_counter(), cpu_seconds(pid)
    begin(page, pid)
    while "done" not in progress(page):
        if time.perf_counter() > start + LONGEST_SWEEP:
            raise RuntimeError(f"after {LONGEST_SWEEP:.0f} s: {progress(page)}")
        page.wait_for_timeout(100)
    seconds, busy = time.perf_counter() - start, cpu_seconds(pid) - before
    used = f"{seconds:.1f} s, {busy:.1f} s of processor time, {WORKERS} workers"
    print(f"{USUAL}: {progress(page)} in {used}", flush=True)
    page.close()


def large(browser, pid: int) -> None:
    """How long a point under way lasts after Stop, where points are long."""
    page = opened(browser, LARGE)
    for wait in (5, 8, 11):
        begin(page, pid)
        page.wait_for_timeout(1000 * wait)
        done, gone = points(page), stop(page, pid)
        print(f"{LARGE}: {done} points in {wait} s; threads gone {gone:.0f} ms after Stop", flush=True)
        page.wait_for_timeout(300)
    page.close()


def compare(other, sweeper, pid: int, given: str) -> None:
    """Measure one page's slider without and with the sweep, in turn."""
    where, parameter, *limits = given.rsplit(":", 3)
    title, limits = title_of(where, parameter), [float(limit) for limit in limits]
    page = opened(other, where)
    found = {kind: {"single": [], "drags": []} for kind in ("without", "with")}
    for _ in range(ROUNDS):
        for kind, values in found.items():
            if kind == "with":
                begin(sweeper, pid)
            start, before = time.perf_counter(), cpu_seconds(pid)
            result = moved(page, title, limits)
            seconds, busy = time.perf_counter() - start, cpu_seconds(pid) - before
            values["single"] += result["single"]
            values["drags"] += result["drags"]
            if kind == "with":
                done, gone = points(sweeper), stop(sweeper, pid)
                print(f"  {done / seconds:.1f} points a second; threads gone {gone:.0f} ms after Stop")
                sweeper.wait_for_timeout(500)
            print(f"  {kind}: server at {100 * busy / seconds:.0f} % of a core", flush=True)
    page.close()
    report(given, found)


def closing(browser, pid: int) -> None:
    """How long a sweep goes on after its page is closed."""
    page = opened(browser, LONG)
    begin(page, pid)
    page.wait_for_timeout(2000)
    page.close()
    print(f"threads gone {1000 * wait_for_threads(pid, 0):.0f} ms after the page was closed", flush=True)


def main() -> None:
    with site_and_browsers() as (pid, own, other):
        whole(own, pid)
        large(own, pid)
        for where in (LONG, LARGE):
            print(f"beside {where}", flush=True)
            sweeper = opened(own, where)
            for given in sys.argv[1:] or PAGES:
                compare(other, sweeper, pid, given)
            sweeper.close()
        closing(own, pid)


if __name__ == "__main__":
    main()
