"""Lists what can't be read in presenter mode, at every size of screen, for every preset of every page.

python tests/browser/legible.py [page ...]     (prints what is too small, cut off, or over something else)
"""

import shutil
import sys
import urllib.request
from collections import Counter
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from app.shell import lessons  # noqa: E402
from tests.browser.conftest import free_port, start_server  # noqa: E402
from tests.browser.driver import FLAGS, Reader  # noqa: E402

# The last two are 1280 pixels wide enlarged to 150 %.
SIZES = [(1280, 720), (1280, 800), (1920, 1080), (3840, 2160), (1024, 768), (853, 533), (853, 480)]
CHECK = (Path(__file__).parent / "legible.js").read_text(encoding="utf-8")


ARRANGED = """new Promise(done => {
  const fits = () => Math.min(innerHeight / 690, innerWidth / 900).toFixed(4)
    === Number(getComputedStyle(document.documentElement).getPropertyValue("--zoom")).toFixed(4)
  const look = () => fits() ? requestAnimationFrame(() => requestAnimationFrame(done)) : setTimeout(look, 20)
  look()
})"""


def faults(page) -> list[str]:
    """One sentence for each thing that is too small, cut off, or over something else, once the page is arranged.

    Plots take a moment to follow the window: a fault is one that stays.
    """
    page.page.evaluate(ARRANGED)
    found = page.page.evaluate(CHECK)
    for _ in range(10):
        if not found:
            break
        page.page.wait_for_timeout(150)
        before, found = found, page.page.evaluate(CHECK)
        if found == before:
            break
    return found


def look(browser, url: str, stem: str, counts: Counter) -> None:
    page = Reader(browser.new_page(viewport={"width": 1280, "height": 720}), url)
    page.open(f"{stem}?present=true")
    for preset in lessons.load(stem).preset_values:
        page.page.evaluate("name => unrolled.ask('preset', {name})", preset)
        page.settle()
        page.page.wait_for_function("!unrolled.frame.waits", timeout=30_000)
        for width, height in SIZES:
            page.page.set_viewport_size({"width": width, "height": height})
            for sentence in faults(page):
                print(f"{stem} {preset} {width}×{height}: {sentence}", flush=True)
                counts[sentence] += 1
            counts["looked at"] += 1
    for problem in (*page.errors, *page.outside):
        print(f"{stem}: {problem}")
    page.page.close()


def main() -> None:
    stems, counts = [name for name in sys.argv[1:] if not name.startswith("http")], Counter()
    given = next((name for name in sys.argv[1:] if name.startswith("http")), "")
    port = free_port()
    server = None if given else start_server([sys.executable, "-m", "app"], port)
    url = given or f"http://localhost:{port}"
    urllib.request.urlopen(url).read()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for stem in stems or lessons.stems():
                look(browser, url, stem, counts)
            browser.close()
    finally:
        if server:
            server.terminate()
            server.wait(10)
    seen = counts.pop("looked at")
    print(f"{seen} pictures looked at; {sum(counts.values())} faults, {len(counts)} of them different")


if __name__ == "__main__":
    main()
