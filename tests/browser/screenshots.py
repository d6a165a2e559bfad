"""Takes the pictures that are looked at before a change is done, and the one in the README.

python tests/browser/screenshots.py [page ...]     (into screenshots/; the README's with --readme)
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from app.shell.assets import page_stems  # noqa: E402
from tests.browser.conftest import free_port, start_server  # noqa: E402
from tests.browser.driver import FLAGS, Reader  # noqa: E402

# name: width, height, scale, query, whole page
VIEWS = {
    "light": (1280, 800, 1, "theme=light", False),
    "dark": (1280, 800, 1, "theme=dark", False),
    "whole": (1280, 800, 1, "theme=light", True),
    "phone": (390, 844, 2, "theme=light", False),
    "phone-whole": (390, 844, 1, "theme=dark", True),
    "presenter": (1920, 1080, 1, "theme=light&present=true", False),
}
README_PICTURE = ("gated_cec", "theme=light&cursor=7&tab=numbers", ROOT / "app" / "static" / "screenshot.png")


def take(browser, url: str, path: str, view, file: Path) -> None:
    width, height, scale, query, whole = view
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
    reader = Reader(page, url).open(f"{path}?{query}")
    page.wait_for_timeout(900)
    if whole and width > 1000:
        # The columns scroll one by one: make the window as high as the highest of them.
        high = page.evaluate(
            "Math.max(...['.stage', '.side', '.drawer'].map(s => document.querySelector(s).scrollHeight)) + 60"
        )
        page.set_viewport_size({"width": width, "height": high})
        page.wait_for_timeout(600)
    page.screenshot(path=file, full_page=whole)
    for problem in (*reader.errors, *reader.outside):
        print(f"{path}: {problem}")
    page.close()


def main() -> None:
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    port = free_port()
    server = start_server([sys.executable, "-m", "app"], port)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            url = f"http://localhost:{port}"
            if "--readme" in sys.argv:
                stem, query, file = README_PICTURE
                take(browser, url, stem, (1280, 800, 1, query, False), file)
            else:
                for stem in sys.argv[1:] or page_stems():
                    for name, view in VIEWS.items():
                        take(browser, url, stem, view, folder / f"{stem}-{name}.png")
            browser.close()
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
