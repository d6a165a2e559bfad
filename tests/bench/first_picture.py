"""From a click on a lesson's card on the index to the lesson's first picture, in Chromium.

    python tests/bench/first_picture.py [page ...] [--root DIR] [--old DIR] [--runs 5]

paint: something is drawn on the first plot's canvas. ready: the page's script runs and nothing is hidden any more.
Medians in ms since the click: cold (a new browser profile) and warm (the same lesson again, from the index), on a
projector and on a phone with a CPU that is four times slower. The server has shown each page before. With --old,
another checkout's site is measured in turns with this one.
"""

import shutil
import statistics
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.protocol import ROOT, Server
from tests.browser.driver import FLAGS

SCREENS = {"1280x800": (1280, 800, 1), "390x844, CPU / 4": (390, 844, 4)}  # width, height, how many times slower
# In every document: remembers the moment of a click for the next document, and looks at each frame what is there.
WATCH = """
addEventListener("click", () => sessionStorage.setItem("clicked", Date.now()), true)
const seen = window.firstPicture = {}
const since = () => performance.timeOrigin + performance.now() - Number(sessionStorage.getItem("clicked"))
const canvases = root => [...root.querySelectorAll("*")].flatMap(
  part => part.localName === "canvas" ? [part] : part.shadowRoot ? canvases(part.shadowRoot) : [])
const small = new OffscreenCanvas(64, 32).getContext("2d", {willReadFrequently: true})
function drawn(canvas) {
  if (!canvas.width || !canvas.height || !canvas.getClientRects().length) return false
  small.clearRect(0, 0, 64, 32)
  small.drawImage(canvas, 0, 0, 64, 32)
  const pixels = small.getImageData(0, 0, 64, 32).data
  return pixels.some((value, k) => k % 4 === 3 && value > 0)
}
function look() {
  const html = document.documentElement
  if (!seen.ready && window.unrolled && !html.hasAttribute("data-loading")) seen.ready = since()
  const strips = seen.paint ? [] : [...document.querySelectorAll("[data-strip]")]
  if (strips.some(strip => canvases(strip).some(drawn))) seen.paint = since()
  if (!seen.ready || !seen.paint) requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""
DONE = "window.firstPicture?.ready && window.firstPicture?.paint"


def click(page: Page, url: str, stem: str, slower: int) -> dict[str, float]:
    """Open the index, let it come to rest, click the lesson's card."""
    page.goto(f"{url}/")
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.wait_for_timeout(300)
    page.locator(f'a[href$="{stem}"]').first.click()
    page.wait_for_function(DONE, timeout=90_000)
    found = page.evaluate("window.firstPicture")
    session.detach()
    return found


def openings(browser: Browser, url: str, stem: str, screen: tuple[int, int, int]) -> dict[str, dict[str, float]]:
    """Cold and warm: the second opening finds scripts and styles in the browser's cache."""
    width, height, slower = screen
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_init_script(f"(() => {{{WATCH}}})()")
    page = context.new_page()
    try:
        return {cache: click(page, url, stem, slower) for cache in ("cold", "warm")}
    finally:
        context.close()


def measure(browser: Browser, servers: dict[str, Server], stem: str, runs: int) -> None:
    for screen, size in SCREENS.items():
        found: dict[str, list[dict[str, dict[str, float]]]] = {kind: [] for kind in servers}
        for _ in range(runs):
            for kind, server in servers.items():
                found[kind].append(openings(browser, server.url, stem, size))
        for kind, times in found.items():
            row = [
                f"{statistics.median(run[cache][what] for run in times):12.0f}"
                for cache in ("cold", "warm")
                for what in ("paint", "ready")
            ]
            print(f"{stem:12} {screen:17} {kind:4}", *row, flush=True)


def main() -> None:
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout that is served")
    parser.add_argument("--old", type=Path, help="another checkout, to compare with")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    roots = {"new": options.root} | ({"old": options.old} if options.old else {})
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(Server(root)) for kind, root in roots.items()}
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        pages = options.pages or servers["new"].stems
        for server in servers.values():
            for stem in pages:
                page = browser.new_page()
                page.goto(f"{server.url}/{stem}")
                page.close()
        head = ("cold paint", "cold ready", "warm paint", "warm ready")
        print(f"{'ms since the click':35}", *(f"{name:>12}" for name in head))
        for stem in pages:
            measure(browser, servers, stem, options.runs)
        browser.close()


if __name__ == "__main__":
    main()
