"""What a view can offer beside its settings: things to do, files to take, work in the background, typed text."""

import base64
import json
from typing import ClassVar

import pytest
from bokeh.document import Document

from app.shell import address
from app.shell.model import PageModel
from app.shell.page import TROUBLE, Page
from app.shell.text import Text
from tests.app.pages import classes

model_class, view_class = classes("parity")


class Offering(view_class):
    acts: ClassVar = ("begin",)
    upload_limit: ClassVar = 30
    begun, taken, closed, working = 0, None, False, False

    def begin(self) -> None:
        self.begun += 1

    def finish(self) -> None:
        raise AssertionError("not offered to the browser")

    def upload(self, file_name, content) -> None:
        if content == b"bad":
            raise ValueError("it is bad")
        self.taken = (file_name, content)

    def busy(self) -> bool:
        return self.working

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def page():
    return Page(model_class(), Offering, Document())


def ask(page: Page, **request) -> dict:
    page.requested("request", "", json.dumps([{"id": 1, **request}]))
    return json.loads(page.bridge.frame)


def test_what_is_offered_can_be_done_and_nothing_else(page):
    ask(page, do="act", name="begin")
    assert page.view.begun == 1
    for name in ("finish", "build", "model", "__init__"):
        assert ask(page, do="act", name=name)["notices"] == [TROUBLE]


def test_a_file_arrives_with_its_name(page):
    frame = ask(page, do="upload", name="w.npz", content=base64.b64encode(b"PK..").decode())
    assert page.view.taken == ("w.npz", b"PK..") and frame["notices"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (base64.b64encode(b"bad").decode(), "w.npz: it is bad"),
        (base64.b64encode(b"x" * 31).decode() + "AAAA", "w.npz is too large"),
        ("%%%", "w.npz: "),
    ],
)
def test_a_bad_file_is_answered_with_one_sentence_and_changes_nothing(page, content, said):
    frame = ask(page, do="upload", name="w.npz", content=content)
    assert len(frame["notices"]) == 1 and frame["notices"][0].startswith(said)
    assert page.view.taken is None and frame["steps"] == page.model.n_steps


def test_a_page_that_takes_no_files_says_so():
    page = Page(model_class(), view_class, Document())
    assert ask(page, do="upload", name="a", content="")["notices"] == ["a: this page takes no files"]


class Session(Document):
    """A document that keeps its periodic callbacks for the test to call."""

    def __init__(self, connections: int):
        super().__init__()
        self.periodic, self.next_tick = [], []
        session = type("S", (), {"connection_count": connections})()
        self._context = type("C", (), {"session": session, "destroyed": False})()

    @property
    def session_context(self):
        return self._context

    def add_periodic_callback(self, callback, period):
        self.periodic.append(callback)
        return callback

    def remove_periodic_callback(self, callback):
        self.periodic.remove(callback)

    def add_next_tick_callback(self, callback):
        self.next_tick.append(callback)
        return callback


def test_a_busy_view_is_shown_anew_until_it_rests():
    doc = Session(1)
    page = Page(model_class(), Offering, doc)
    page.view.working = True
    page.act("begin")
    page.act("begin")
    assert len(doc.periodic) == 1
    page._stale = False
    doc.periodic[0]()
    assert page._stale and len(doc.periodic) == 1
    page.view.working = False
    doc.periodic[0]()
    assert doc.periodic == []
    page.view.working = True
    page.act("begin")
    assert len(doc.periodic) == 1


@pytest.mark.parametrize("connections", [0, 1])
def test_a_view_knows_whether_anyone_looks(connections):
    page = Page(model_class(), Offering, Session(connections))
    assert page.view.connected() is bool(connections)


def test_a_result_from_another_thread_is_drawn_in_the_documents_own_time_and_not_after_the_end():
    doc = Session(1)
    page = Page(model_class(), Offering, doc)
    before = page.model.result
    page.view.repaint()
    assert page.model.result is before and len(doc.next_tick) == 1
    doc.next_tick[0]()
    assert page._stale and page.model.result is not before
    page._end(None)
    page.view.repaint()
    assert len(doc.next_tick) <= 2  # the drawing itself is the second


def test_the_browser_is_told_that_a_result_is_waited_for(page):
    assert page.frame()["waits"] is False
    page.view.waits = lambda: True
    assert page.frame()["waits"] is True


def test_the_end_of_the_session_reaches_the_view(page):
    page._end(None)
    assert page.view.closed


class Typing(PageModel):
    text = Text("abba", alphabet="ab ", most=8, label="text")


@pytest.mark.parametrize(("written", "read"), [("ab", "ab"), ("AB ba", "ab ba"), ("a" * 8, "a" * 8)])
def test_text_survives_the_address(written, read):
    model = Typing()
    assert address.restore(model, {}, {"text": written}) == [] and model.text == read
    again = Typing()
    query = dict(part.split("=") for part in address.query(model, {}).replace("+", " ").split("&"))
    address.restore(again, {}, query)
    assert again.text == read


@pytest.mark.parametrize("written", ["", "abc", "a" * 9, "<b>", "1"])
def test_text_that_is_not_known_is_named_and_changes_nothing(written):
    model = Typing()
    notices = address.restore(model, {}, {"text": written})
    assert model.text == "abba" and len(notices) == 1 and "abba is used" in notices[0]
