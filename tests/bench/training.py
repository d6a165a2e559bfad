"""Does a training run in one session slow down another session's sliders? And does closing its page end it?

    python tests/bench/training.py [page?query:parameter:low:high ...]

One browser trains (lag 200, 16 units, three networks), another one's slider is measured as in tests/bench/latency.py:
without and with the training, in turn. The threads of training runs are found by their priority, which is the lowest.
"""

import shutil
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from app.shell.job import LOWEST_PRIORITY  # noqa: E402
from tests.bench.latency import MEASURE, cpu_seconds, serve, title_of  # noqa: E402
from tests.browser.driver import FLAGS, READY  # noqa: E402

PORT = 5263
TRAINING = "lstm?topic=training&lag=200&n_units=16&n_updates=3000"
PAGES = ("gated_cec:w:0.8:1.1", "lstm?network=one+cell&n_steps=60:b_f:0:4")
ROUNDS = 3


def opened(browser, where: str):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"http://localhost:{PORT}/{where}")
    page.wait_for_function(READY, timeout=30_000)
    page.wait_for_timeout(1500)
    return page


def working_threads(pid: int) -> int:
    """How many threads of the server have the priority of a job."""
    found = 0
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        found += int(fields[16]) == LOWEST_PRIORITY
    return found


def wait_for_threads(pid: int, n: int, limit: float = 60) -> float:
    """Seconds until the server has n of them."""
    start = time.perf_counter()
    while working_threads(pid) != n:
        if time.perf_counter() > start + limit:
            raise RuntimeError(f"{working_threads(pid)} threads after {limit} s, expected {n}")
        time.sleep(0.005)
    return time.perf_counter() - start


def press(page, name: str) -> None:
    page.evaluate(f"unrolled.ask('act', {{name: '{name}'}})")


def moved(page, title: str, limits: list[float]) -> dict[str, list[float]]:
    return page.evaluate(MEASURE.replace("TITLE", repr(title)), limits)


def compare(other, trainer, pid: int, given: str) -> None:
    """Measure one page's slider without and with the training, in turn."""
    where, parameter, *limits = given.rsplit(":", 3)
    title = title_of(where, parameter)
    page = opened(other, where)
    found = {kind: {"single": [], "drags": []} for kind in ("without", "with")}
    for _ in range(ROUNDS):
        for kind, values in found.items():
            if kind == "with":
                press(trainer, "start")
                wait_for_threads(pid, 1)
            start, before = time.perf_counter(), cpu_seconds(pid)
            result = page.evaluate(MEASURE.replace("TITLE", repr(title)), [float(limit) for limit in limits])
            seconds, busy = time.perf_counter() - start, cpu_seconds(pid) - before
            values["single"] += result["single"]
            values["drags"] += result["drags"]
            if kind == "with":
                stop(trainer, pid, seconds)
            print(f"  {kind}: server at {100 * busy / seconds:.0f} % of a core", flush=True)
    page.close()
    report(given, found)


def stop(trainer, pid: int, seconds: float) -> None:
    """End a training that has gone on for so many seconds."""
    done = int(trainer.inner_text("[data-table=training] progress + span").split()[1])
    press(trainer, "stop")
    gone = 1000 * wait_for_threads(pid, 0)
    print(f"  {done / seconds:.1f} updates of each network a second; thread gone {gone:.0f} ms after Stop")
    trainer.wait_for_timeout(500)


def report(given: str, found: dict[str, dict[str, list[float]]]) -> None:
    print(given)
    medians = {}
    for kind, values in found.items():
        single = sorted(values["single"])
        medians[kind] = statistics.median(single)
        print(
            f"  {kind:8} median {medians[kind]:5.1f} ms   9 of 10 within {single[int(0.9 * len(single))]:5.1f} ms   "
            f"longest {single[-1]:5.1f} ms   drag ends {statistics.median(values['drags']):5.1f} ms after it"
        )
    print(f"  with / without {medians['with'] / medians['without']:.2f}", flush=True)


def closing(browser, pid: int) -> None:
    """How long a training goes on after its page is closed."""
    page = opened(browser, TRAINING)
    press(page, "start")
    wait_for_threads(pid, 1)
    page.wait_for_timeout(2000)
    page.close()
    print(f"thread gone {1000 * wait_for_threads(pid, 0):.0f} ms after its page was closed", flush=True)


@contextmanager
def site_and_browsers():
    """The server's process id and two browsers: pages of one may share a process, and one would wait for the other."""
    server = serve([sys.executable, "-m", "app", "--port", str(PORT)], f"http://localhost:{PORT}/gated_cec")
    try:
        with sync_playwright() as playwright:
            settings = {"executable_path": shutil.which("chromium"), "args": FLAGS}
            own, other = (playwright.chromium.launch(**settings) for _ in range(2))
            yield server.pid, own, other
            own.close()
            other.close()
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    with site_and_browsers() as (pid, own, other):
        trainer = opened(own, TRAINING)
        for given in sys.argv[1:] or PAGES:
            compare(other, trainer, pid, given)
        trainer.close()
        closing(own, pid)


if __name__ == "__main__":
    main()
