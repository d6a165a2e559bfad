"""One part of a page alone, in a frame of a page from another origin."""

import re
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

READY = "window.unrolled?.frame && !document.documentElement.hasAttribute('data-loading')"
# What of the frame's page is in sight: everything that is read, plotted or drawn, by a short name.
IN_SIGHT = """() => [
  ...document.querySelectorAll(".top, .drawer, .side, .sentence, .player, .diagram, .strip, .no-part")
].filter(part => part.checkVisibility() && part.getBoundingClientRect().height > 1)
  .map(part => part.dataset.strip ? "plot " + part.dataset.strip : part.classList[part.classList.length > 1 ? 1 : 0])"""
# Frame, plots and what they need fit into the frame: [width and height used, width and height given].
BOUNDS = """() => {
  const parts = [...document.querySelectorAll(".player, .diagram svg, [data-strip]")]
  const boxes = parts.filter(part => part.checkVisibility()).map(part => part.getBoundingClientRect())
  return [Math.max(...boxes.map(box => box.right)), Math.max(...boxes.map(box => box.bottom)), innerWidth, innerHeight]
}"""


class Slides:
    """A page on an origin of its own that holds one frame."""

    def __init__(self):
        self.html = ""
        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, slides: Slides, *arguments):
        self.slides = slides
        super().__init__(*arguments)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.slides.html.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def slides(context):
    """Shows a frame in a page of another origin: (HTML of the frame, size of the window) -> the frame, ready."""
    found, page = Slides(), context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    def show(frame: str, ground: str = "#ffffff"):
        head = "<!DOCTYPE html><title>Slides</title><link rel=icon href=data:,>"
        found.html = f"{head}<body style='margin:0;background:{ground}'>{frame}"
        page.goto(found.url)
        inside = page.frames[1]
        inside.wait_for_function(READY, timeout=20_000)
        page.wait_for_timeout(300)
        return inside

    show.page = page
    yield show
    page.close()
    found.httpd.shutdown()
    found.httpd.server_close()
    assert not errors, errors


def frame(url: str, path: str, width: int = 900, height: int = 420) -> str:
    return f'<iframe src="{url}/{path}" width={width} height={height} style="border:0"></iframe>'


@pytest.mark.parametrize(("theme", "only", "seen"), [
    ("light", "h1", {"plot h1", "player"}), ("dark", "diagram", {"diagram", "player"}), ("dark", "stage", None),
])  # fmt: skip
def test_a_frame_of_another_origin_shows_one_part_alone_and_fills_its_size(server, slides, theme, only, seen):
    slides.page.set_viewport_size({"width": 1600, "height": 700})
    inside = slides(frame(server, f"parity?only={only}&theme={theme}"))
    assert inside.evaluate("document.documentElement.dataset.theme") == theme
    for width, height in ((480, 300), (900, 420), (1600, 700)):
        slides.page.evaluate(
            f"[document.querySelector('iframe').width, document.querySelector('iframe').height] = [{width}, {height}]"
        )
        slides.page.wait_for_timeout(400)
        found = set(inside.evaluate(IN_SIGHT))
        assert inside.evaluate("document.documentElement.scrollWidth") <= width
        if seen is None:
            assert {"diagram", "player", "plot x", "plot y"} <= found
            assert not {"side", "drawer", "top", "sentence"} & found
            continue
        assert found == seen
        right, bottom, wide, high = inside.evaluate(BOUNDS)
        assert wide == width and width - 60 <= right <= wide and high - 30 <= bottom <= high, (only, width)


def test_in_a_frame_the_session_is_alive_and_the_time_axis_stays(server, slides):
    inside = slides(frame(server, "parity?only=h1&bits=01101"))
    axis = "unrolled.doc.get_model_by_name('h1').below[0].visible"
    assert inside.evaluate(axis), "a plot that is not the lowest of its card has a time axis here"
    before = inside.evaluate("unrolled.frame.t")
    inside.locator("[data-act=forward]").click()
    inside.wait_for_function(f"unrolled.frame.t === {before + 1} && !unrolled.busy")
    inside.wait_for_timeout(400)
    assert inside.evaluate("location.search").count("only=h1") == 1, "loaded anew, the frame shows the same part"
    assert inside.evaluate(axis)
    with slides.page.context.expect_page() as opening:
        inside.locator(".to-page").click()
    whole = opening.value
    whole.wait_for_function(READY)
    assert "only" not in whole.url and "bits=01101" in whole.url and whole.locator(".side").is_visible()
    whole.close()


def test_names_that_are_unknown_or_not_shown_get_a_sentence(server, slides):
    inside = slides(frame(server, "gated_cec?only=carousel"))
    assert re.match(
        r"There is no part “carousel” here. There are stage, diagram, .*\bc, .*product",
        inside.locator(".no-part").inner_text(),
    )
    assert inside.evaluate(IN_SIGHT) == ["no-part"]
    inside = slides(frame(server, "gated_cec?only=c&circuit=gate"))
    assert inside.locator(".no-part").inner_text() == "“c” is not shown with these settings."
    inside = slides(frame(server, "gated_cec?only=c"))
    assert not inside.locator(".no-part").is_visible()


def test_a_transparent_frame_lets_the_slide_through(server, slides):
    for theme in ("light", "dark"):
        inside = slides(
            frame(server, f"gated_cec?only=c&theme={theme}&ground=transparent").replace(
                "border:0", "border:0;color-scheme:light"
            ),
            "#13a047",
        )
        corner = slides.page.screenshot(clip={"x": 500, "y": 2, "width": 1, "height": 1})
        assert pixel(slides.page, corner) == [0x13, 0xA0, 0x47], theme
        assert inside.locator("[data-strip=c]").is_visible()


def pixel(page, png: bytes) -> list[int]:
    import base64

    return page.evaluate("""async data => {
      const image = new Image()
      image.src = "data:image/png;base64," + data
      await image.decode()
      const painter = document.createElement("canvas").getContext("2d")
      painter.drawImage(image, 0, 0)
      return [...painter.getImageData(0, 0, 1, 1).data].slice(0, 3)
    }""", base64.b64encode(png).decode())  # fmt: skip


def test_the_embed_dialog_gives_lines_that_work(reader, slides):
    page = reader("gamma?theme=light")
    page.page.locator("[data-act=embed]:visible").click()
    preview = page.page.frame_locator("#embed-preview iframe")
    preview.locator("[data-strip]:visible").first.wait_for()
    page.page.locator("#embed-what").select_option("diagram")
    page.page.locator("#embed-size").select_option("480 300")
    page.page.locator("#embed-theme").select_option("dark")
    page.page.locator("#embed-clear").check()
    code = page.page.locator("#embed-code").input_value()
    assert re.search(
        r'<iframe src="[^"]+only=diagram[^"]*" width="480" height="300" title="[^"]+" loading="lazy"', code
    )
    inside = slides(code)
    assert set(inside.evaluate(IN_SIGHT)) == {"diagram", "player"}
    assert inside.evaluate("document.documentElement.dataset.theme") == "dark"
    assert inside.evaluate("location.search").count("ground=transparent") == 1
