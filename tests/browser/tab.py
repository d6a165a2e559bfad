"""A tab that goes from test to test: to open a page takes a browser four times as long as to put it back."""

from pathlib import Path

from app.shell.address import BROWSER_NAMES
from tests.browser.driver import Reader

SIZE = {"width": 1280, "height": 800}
SCRIPT = (Path(__file__).parent / "tab.js").read_text(encoding="utf-8").strip()


def parted(path: str) -> tuple[str, str]:
    """What a page must be opened with, and the settings that an open one can go to."""
    stem, _, query = path.partition("?")
    parts = query.split("&")
    own = [part for part in parts if part.split("=")[0] in BROWSER_NAMES]
    return "?".join(filter(None, (stem, "&".join(own)))), "&".join(part for part in parts if part not in own)


class Tab:
    """Each test gets its page as it is when just opened. What the one before has done is put back by the page's own
    means; then page, document and all that the server has said are compared with what they were, letter by letter.
    Where anything differs the page is loaded anew.
    """

    def __init__(self, context, url: str):
        self.context, self.url = context, url
        self.reader: Reader | None = None
        self.opened = ""

    def show(self, path: str, anew: bool = False) -> Reader:
        """The page at a path. `anew`: loaded at that very address, for tests of what happens then."""
        if self.reader is None:
            self.reader = Reader(self.context.new_page(), self.url)
        page, settings = (path, "") if anew else parted(path)
        try:
            if anew or page != self.opened or not self._put_back():
                self._open(page)
            if settings:
                self._call("restore", settings)
                self.reader.settle()
        except Exception:
            self.close()
            raise
        return self.reader

    def close(self) -> None:
        if self.reader:
            self.reader.page.close()
        self.reader, self.opened = None, ""

    def _call(self, name: str, *arguments: str):
        return self.reader.page.evaluate(f"given => {SCRIPT}.{name}(...given)", list(arguments))

    def _let_go(self) -> None:
        page = self.reader.page
        if page.viewport_size != SIZE:
            page.set_viewport_size(SIZE)
        page.mouse.up()
        page.mouse.move(0, 0)

    def _open(self, path: str) -> None:
        self._let_go()
        self.reader.errors.clear()
        self.reader.outside.clear()
        self.reader.open(path)
        self._call("remember")
        self.opened = path

    def _put_back(self) -> bool:
        self._let_go()
        if not self._call("putBack"):
            return False
        self.reader.settle()
        return self._call("isAsOpened")
