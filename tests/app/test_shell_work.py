"""What a model can offer beside its settings: things to do, files to take, work in the background, typed text."""

import base64
import json
from typing import ClassVar

import pytest
from bokeh.document import Document

from app.shell import address
from app.shell.bridge import Bridge
from app.shell.model import PageModel
from app.shell.reader import TROUBLE, UNREADABLE, Reader
from app.shell.room import Room, room
from app.shell.text import Text
from tests.app.pages import Opened, classes


class Offering(classes("parity")[0]):
    acts: ClassVar = ("begin",)
    upload_limit: ClassVar = 30
    begun, taken, closed, working, waiting = 0, None, False, False, False

    def begin(self) -> None:
        self.begun += 1

    def finish(self) -> None:
        raise AssertionError("not offered to the browser")

    def upload(self, file_name: str, content: bytes) -> None:
        if content == b"bad":
            raise ValueError("it is bad")
        self.taken = (file_name, content)

    def busy(self) -> bool:
        return self.working

    def waits(self) -> bool:
        return self.waiting

    def close(self) -> None:
        self.closed = True

    def compute(self):
        if self.n_steps == 7:
            raise ArithmeticError("seven is secret")
        return super().compute()


Offering.stem = "parity"


def offering() -> Room:
    return room("parity")._replace(model_class=Offering)


@pytest.fixture
def page() -> Opened:
    return Opened(offering())


class Session(Document):
    """A document with a session, that keeps its callbacks for the test to call."""

    def __init__(self, connections: int = 1):
        super().__init__()
        self.periodic, self.next_tick = [], []
        session = type("S", (), {"connection_count": connections, "_subscribed_connections": ()})()
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


def served(connections: int = 1) -> Reader:
    return Reader(offering(), {}, Session(connections), Bridge(name="bridge"))


def ask(reader: Reader, do: str, **fields: object) -> dict:
    reader.requested("request", "", json.dumps([{"id": 1, "do": do, **fields}]))
    return json.loads(reader.bridge.frame)


def test_what_is_offered_can_be_done_and_nothing_else(page):
    page.ask("act", name="begin")
    assert page.model.begun == 1 and page.frame["notices"] == []
    for name in ("finish", "build", "model", "__init__"):
        notices = page.ask("act", name=name)["notices"]
        assert notices == [f"There is no action “{name}”; this page has begin."]
    assert page.model.begun == 1


@pytest.mark.parametrize("content", [b"PK..", b"", b"x" * 30])
def test_a_file_arrives_with_its_name(page, content):
    frame = page.ask("upload", name="w.npz", content=base64.b64encode(content).decode())
    assert page.model.taken == ("w.npz", content) and frame["notices"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (base64.b64encode(b"bad").decode(), "w.npz: it is bad"),
        (base64.b64encode(b"x" * 31).decode() + "AAAA", "w.npz is too large"),
        ("%%%", "w.npz: "),
    ],
)
def test_a_bad_file_is_answered_with_one_sentence_and_changes_nothing(page, content, said):
    before = page.frame["query"], page.frame["columns"]
    frame = page.ask("upload", name="w.npz", content=content)
    assert len(frame["notices"]) == 1 and frame["notices"][0].startswith(said)
    assert page.model.taken is None and (frame["query"], frame["columns"]) == before


def test_a_page_that_takes_no_files_says_so():
    assert Opened("parity").ask("upload", name="a", content="")["notices"] == ["a: this page takes no files"]


def test_a_busy_model_is_shown_anew_until_it_rests():
    reader = served()
    reader.model.working = True
    ask(reader, "act", name="begin")
    ask(reader, "act", name="begin")
    assert len(reader.doc.periodic) == 1
    for working in (True, False):
        reader.model.working = working
        reader.model.notify(f"work: {working}")
        reader.doc.periodic[0]()
        assert json.loads(reader.bridge.frame)["notices"][-1] == f"work: {working}"
    assert reader.doc.periodic == []
    reader.model.working = True
    ask(reader, "act", name="begin")
    assert len(reader.doc.periodic) == 1


def test_figures_follow_the_work():
    reader = served()
    reader.show()
    reader.model.working = True
    ask(reader, "act", name="begin")
    reader.model.result["h1"] += 1
    reader.doc.periodic[0]()
    assert json.loads(reader.bridge.frame).keys() >= {"columns"}


@pytest.mark.parametrize("connections", [0, 1])
def test_a_model_knows_whether_anyone_looks(connections):
    assert served(connections).model.connected() is bool(connections)


def test_a_document_without_a_session_is_looked_at_by_whoever_made_it(page):
    assert page.model.connected() is True


def test_a_result_from_another_thread_is_drawn_in_the_documents_own_time_and_not_after_the_end():
    reader = served()
    reader.show()
    before = reader.model.result
    reader.model.repaint()
    assert reader.model.result is before and len(reader.doc.next_tick) == 1
    reader.model.notify("it has come")
    reader.doc.next_tick[0]()
    assert reader.model.result is not before
    assert json.loads(reader.bridge.frame)["notices"] == ["it has come"]
    reader.end(None)
    reader.model.repaint()
    assert len(reader.doc.next_tick) == 1


def test_a_result_that_comes_before_the_browser_has_pulled_the_document_makes_a_whole_frame():
    reader = served()
    reader.show()
    first = json.loads(reader.bridge.frame)
    reader.model.repaint()
    reader.doc.next_tick[0]()
    assert json.loads(reader.bridge.frame) == first and first.keys() >= {"columns", "diagram", "sentence"}
    assert ask(reader, "cursor", t=reader.model.cursor) == {"answered": 1}


def test_the_browser_is_told_that_a_result_is_waited_for(page):
    assert page.frame["waits"] is False
    page.model.waiting = True
    page.reader.show()
    assert page.frame["waits"] is True


def test_the_end_of_the_session_reaches_the_model(page):
    page.reader.end(None)
    assert page.model.closed


def test_a_reader_who_has_done_nothing_costs_no_model():
    reader = served()
    reader.end(None)
    assert "actions" not in vars(reader)


# What goes wrong inside


def test_a_change_that_cannot_be_drawn_is_said_without_its_reason_and_the_next_is_whole(page, caplog):
    start = page.frame["columns"].copy()
    frame = page.set(n_steps=7)
    assert frame["notices"] == [TROUBLE] and frame["columns"] == start and frame["answered"] == 1
    assert "seven is secret" in caplog.text and "secret" not in page.bridge.frame
    page.set(n_steps=8)
    there = Opened(offering(), n_steps=8).frame
    assert page.frame == there | {"answered": 2}


@pytest.mark.parametrize("method", ["sentence", "diagram"])
def test_a_frame_that_fails_half_way_is_made_up_for(monkeypatch, method):
    page = Opened(offering())
    with monkeypatch.context() as broken:
        if method == "sentence":
            broken.setattr(Offering, "sentence", lambda model: 1 / 0)
        else:
            broken.setattr(type(page.view), "diagram_key", lambda view, model: object())
            broken.setattr(type(page.view), "diagram", lambda view, model: 1 / 0)
        assert page.set(steepness=3, activation="logistic", n_steps=12)["notices"] == [TROUBLE]
    page.ask("cursor", t=3)
    there = Opened(offering(), steepness=3, activation="logistic", n_steps=12, cursor=3).frame
    assert page.frame == there | {"answered": 2}


def test_an_act_that_fails_is_logged_and_tells_nothing(page, monkeypatch, caplog):
    monkeypatch.setattr(Offering, "begin", lambda model: 1 / 0)
    assert page.ask("act", name="begin")["notices"] == [TROUBLE]
    assert "ZeroDivisionError" in caplog.text
    assert page.set(n_steps=9)["notices"] == []


def test_an_address_at_which_the_model_fails_opens_the_lesson_from_its_beginning(monkeypatch, caplog):
    def fail(model, presets, query):
        if query:
            raise ArithmeticError("secret")
        return []

    monkeypatch.setattr(address, "restore", fail)
    frame = Opened(offering(), n_steps=9).frame
    assert frame["notices"] == [UNREADABLE] and frame["steps"] == 10
    assert "n_steps" in caplog.text


# Typed text


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
