"""A reader's hands and eyes: drives one page in Chromium and tells what it shows."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# True once no request is on its way, and frame and plots have been the same for a while.
QUIET = """(() => {
  const page = window.unrolled, now = performance.now()
  const state = page.bridge?.frame + page.doc.get_model_by_name("time-source").data.t.length
  const asking = page.busy || page.waiting.length || page.underway.length
  if (asking || state !== window.lastSeen) [window.lastSeen, window.lastChange] = [state, now]
  return now - window.lastChange > 130
})()"""
READY = "window.unrolled && !document.documentElement.hasAttribute('data-loading')"


class Reader:
    """One open page. Errors in the console and requests to other hosts are collected while it is open."""

    def __init__(self, page, url: str):
        self.page, self.url = page, url
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._watch)

    def _watch(self, request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
            self.outside.append(request.url)

    def open(self, path: str) -> "Reader":
        self.page.goto(f"{self.url}/{path}")
        self.page.wait_for_function(READY, timeout=20_000)
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until no request is on its way and nothing has changed for a while."""
        self.page.evaluate("window.lastSeen = null")
        self.page.wait_for_function(QUIET, polling=30, timeout=10_000)

    def set_formulas(self) -> None:
        """Let all formulas be typeset, also those far down."""
        self.page.evaluate(
            "() => import(new URL('mathematics.js', document.querySelector('script[type=module]').src))"
            ".then(module => module.typesetAll(document))"
        )

    @property
    def frame(self) -> dict:
        """All that the server has said to show, the newest of each part; the plots have the columns."""
        return self.page.evaluate("window.unrolled.frame")

    def columns(self) -> dict[str, list[float]]:
        """The stack's data as the browser has them."""
        return self.page.evaluate(
            "Object.fromEntries(Object.entries(unrolled.doc.get_model_by_name('time-source').data)"
            ".map(([name, values]) => [name, Array.from(values)]))"
        )

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.settle()

    def open_tab(self, name: str) -> None:
        self.page.locator(f"#tab-{name}").click()

    def show(self, plot: str) -> None:
        self.page.locator(f'[data-strip="{plot}"]').scroll_into_view_if_needed()
        self.page.wait_for_timeout(60)

    def point(self, plot: str, step: float, value: float) -> tuple[float, float]:
        """Where a place in a plot's own coordinates is on the screen."""
        self.show(plot)
        place = self.page.evaluate(
            """([name, x, y]) => {
              const view = Bokeh.index.find_one(unrolled.doc.get_model_by_name(name))
              const box = view.canvas_view.el.getBoundingClientRect()
              return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]
            }""",
            [plot, step, value],
        )
        return place[0], place[1]

    def click_plot(self, plot: str, step: float, value: float) -> None:
        self.page.mouse.click(*self.point(plot, step, value))
        self.settle()

    def drag_plot(self, plot: str, *places: tuple[float, float]) -> None:
        self.page.mouse.move(*self.point(plot, *places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.point(plot, *place), steps=6)
        self.page.mouse.up()
        self.settle()

    def drag_slider(self, control: str, by: float) -> None:
        """Drag a control's handle by a share of the slider's width; then the keys are the page's again."""
        handle = self.page.locator(f'[data-control="{control}"] .noUi-handle').first
        track = self.page.locator(f'[data-control="{control}"] .noUi-base').first.bounding_box()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + by * track["width"], y, steps=10)
        self.page.mouse.up()
        self.page.evaluate("document.activeElement.blur()")
        self.settle()

    def open_export(self) -> None:
        if not self.page.locator("#export").is_visible():
            self.page.locator("button[data-act=export]:visible").click()

    def download(self, kind: str) -> str:
        """The text of the CSV or the script."""
        self.open_export()
        with self.page.expect_download() as waiting:
            self.page.locator(f'[data-download="{kind}"]').click()
        with open(waiting.value.path()) as file:
            return file.read()

    def address(self) -> str:
        self.page.wait_for_timeout(450)
        return self.page.url
