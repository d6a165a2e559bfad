"""From a slider's change in the browser to the arrival of the plot's new data, against two peers in the same run.

    python tests/bench/latency.py [page or page?query ...] [--old DIR]

For each page: the median over single moves, how long a drag of 60 events in one second goes on after its last event,
both until the data are there and until they are seen (the second frame of the screen after them has begun), and the
server's CPU time per event. Peers (tests/bench/peers.py): a bare Bokeh server with no-delay, and stock Panel.
With --old, another checkout (with its own .venv) is measured instead of the peers, in turns with this one.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from argparse import ArgumentParser
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from app.shell.room import classes  # noqa: E402
from tests.browser.driver import FLAGS  # noqa: E402

# Per page, or state of a page: the parameter whose slider is moved, and the range it is moved in.
SLIDERS = {
    "esn": ("spectral_radius", 0.2, 2.0),
    "esn?n_units=300&n_steps=1000": ("spectral_radius", 0.2, 2.0),
    "esn?n_units=2000&n_steps=1000": ("spectral_radius", 0.2, 2.0),
    "lstm?preset=closing": ("b_f", -2.0, 6.0),
    "lstm?preset=random-1": ("forget_bias", 0.0, 3.0),
    "lstm?preset=random-1&topic=gates&n_units=64&n_steps=200": ("forget_bias", 0.0, 3.0),
    "gated_cec": ("w", 0.8, 1.1),
    "parity?activation=logistic": ("steepness", 5.0, 20.0),
    "gamma": ("alpha", 0.2, 1.2),
    "narx?preset=two-delays": ("w1", -1.0, 1.0),
    "delay_lines?preset=depth": ("alpha", 0.1, 0.9),
    "unrolled": ("W11", -1.0, 1.0),
    "vanishing": ("w", 0.3, 1.1),
    "vanishing?n_units=64&n_steps=200&signal=noise&activation=tanh": ("size", 0.5, 1.5),
}

MEASURE = """async ([low, high]) => {
  const models = [...Bokeh.documents[0]._all_models.values()]
  const controls = models.filter(m => m.type === "Slider" || m.type.endsWith(".Slider"))
  const slider = controls.find(m => m.title.toLowerCase().startsWith(TITLE)) ?? controls[0]
  const source = Bokeh.documents[0].get_model_by_name("time-source")
  let arrived = null, last = 0, seen = 0
  source.properties.data.change.connect(() => {
    const came = last = performance.now()
    arrived?.(last)
    requestAnimationFrame(() => requestAnimationFrame(() => { if (came === last) seen = performance.now() }))
  })
  const pause = ms => new Promise(go => setTimeout(go, ms))
  const arrival = () => new Promise((got, fail) => { arrived = got; setTimeout(() => fail("no data in 5 s"), 5000) })
  const single = [], singlesSeen = []
  for (let k = 0; k < 40; k++) {
    const start = performance.now(), answer = arrival()
    slider.value = low + (high - low) * ((k * 7) % 40) / 40 + 0.001
    single.push(await answer - start)
    await pause(150)
    singlesSeen.push(seen - start)
  }
  const drags = [], dragsSeen = []
  for (let n = 0; n < 3; n++) {
    let sent = 0
    for (let k = 0; k < 60; k++) {
      slider.value = low + (high - low) * (k + 0.5 * n) / 61
      sent = performance.now()
      await pause(1000 / 60)
    }
    await pause(1500)
    drags.push(last - sent)
    dragsSeen.push(seen - sent)
  }
  return {single, singlesSeen, drags, dragsSeen}
}"""


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve(command: list[str], url: str, root: Path = ROOT) -> subprocess.Popen:
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(150):
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return process
        except OSError:
            time.sleep(0.2)
    process.kill()
    raise RuntimeError(f"{command} did not answer at {url}")


def measure(browser, url: str, pid: int, title: str, limits) -> dict[str, float]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.wait_for_function("window.Bokeh?.documents?.[0]?.get_model_by_name('time-source')", timeout=60000)
    page.wait_for_timeout(1500)
    before = cpu_seconds(pid)
    result = page.evaluate(MEASURE.replace("TITLE", repr(title)), list(limits))
    used = cpu_seconds(pid) - before
    page.close()
    return {
        "median": statistics.median(result["single"]),
        "seen": statistics.median(result["singlesSeen"]),
        "drag": statistics.median(result["drags"]),
        "drag seen": statistics.median(result["dragsSeen"]),
        "cpu": 1000 * used / (40 + 3 * 60),
    }


def title_of(where: str, parameter: str) -> str:
    """What stands beside a page's slider, in small letters."""
    return classes(where.partition("?")[0])[0].parameters()[parameter].label.lower()


def compare(browser, where: str, port: int) -> None:
    parameter, *limits = SLIDERS[where]
    title = title_of(where, parameter)
    python = sys.executable
    commands = {
        "bare": ([python, "tests/bench/peers.py", "bare", where, parameter, str(port)], "/"),
        "ours": ([python, "-m", "app", "--port", str(port + 1)], f"/{where}"),
        "stock": ([python, "tests/bench/peers.py", "stock", where, parameter, str(port + 2)], "/page"),
    }
    found = {}
    for offset, (kind, (command, path)) in enumerate(commands.items()):
        url = f"http://localhost:{port + offset}{path}"
        process = serve(command, url)
        try:
            found[kind] = measure(browser, url, process.pid, title, limits)
        finally:
            process.terminate()
            process.wait(10)
    report(where, parameter, found)


def compare_with(old: Path, browser, where: str, port: int) -> None:
    """Both sites serve at the same time, and take turns."""
    parameter, *limits = SLIDERS[where]
    title, roots = title_of(where, parameter), {"ours": ROOT, "old": old.resolve()}
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in roots}
    servers = {}
    try:
        for offset, (kind, root) in enumerate(roots.items()):
            own = root / ".venv" / "bin" / "python"
            python = str(own) if own.exists() else sys.executable
            url = f"http://localhost:{port + offset}/{where}"
            servers[kind] = serve([python, "-m", "app", "--port", str(port + offset)], url, root), url
        for _ in range(3):
            for kind, (process, url) in servers.items():
                found[kind].append(measure(browser, url, process.pid, title, limits))
    finally:
        for process, _ in servers.values():
            process.terminate()
            process.wait(10)
    middle = {
        kind: {what: statistics.median(run[what] for run in runs) for what in runs[0]} for kind, runs in found.items()
    }
    ours, before = middle["ours"], middle["old"]
    print(f"{where} ({parameter})")
    for kind, value in middle.items():
        print(described(kind, value), flush=True)
    print(f"  ours / old {ours['median'] / before['median']:.2f}   {in_singles(ours)}")


def described(kind: str, value: dict[str, float]) -> str:
    return (
        f"  {kind:6} median {value['median']:6.1f} ms, seen {value['seen']:6.1f}   drag ends {value['drag']:6.1f} ms "
        f"after its last event, seen {value['drag seen']:6.1f}   server CPU {value['cpu']:5.2f} ms per event"
    )


def in_singles(value: dict[str, float]) -> str:
    arrived, seen = value["drag"] / value["median"], value["drag seen"] / value["seen"]
    return f"drag / single {arrived:.2f}, seen {seen:.2f}"


def report(where: str, parameter: str, found: dict[str, dict[str, float]]) -> None:
    ours, bare, stock = found["ours"], found["bare"], found["stock"]
    print(f"{where} ({parameter})")
    for kind, value in found.items():
        print(described(kind, value), flush=True)
    print(
        f"  ours / bare {ours['median'] / bare['median']:.2f}   ours / stock {ours['median'] / stock['median']:.2f}   "
        f"{in_singles(ours)}"
    )


def main() -> None:
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", nargs="*", default=list(SLIDERS))
    parser.add_argument("--old", type=Path, help="another checkout, to compare with")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for number, where in enumerate(options.pages):
            port = 5310 + 10 * number
            compare_with(options.old, browser, where, port) if options.old else compare(browser, where, port)
        browser.close()


if __name__ == "__main__":
    main()
