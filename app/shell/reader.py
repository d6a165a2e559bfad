"""One reader of a page: a model, and one door through which the browser's requests come in and frames go out."""

import json
import logging
import time
from functools import cached_property
from typing import Any

from bokeh.document import Document

from app.parts.picture import Picture
from app.shell import frames, job, wire
from app.shell.actions import Actions
from app.shell.bridge import Bridge
from app.shell.contract import Refused, read
from app.shell.frames import Shown
from app.shell.model import PageModel
from app.shell.outbox import Outbox
from app.shell.pace import LARGE, SHARES, Pace
from app.shell.room import Room
from app.shell.tally import TALLY

log = logging.getLogger("unrolled")

TROUBLE = "This change could not be drawn; the page shows the state before it."
UNREADABLE = "This address could not be read; the lesson starts from its beginning."
MOST_ITEMS = 60  # requests in one message; no hand makes as many at once
SOON = 100  # milliseconds until what came too fast is looked at again
POLL = 200  # milliseconds between two pictures of work in the background
SELDOM = 3  # while any reader moves something, only every so many of them


class Reader:
    """`requested` takes what the browser sends, `show` sends it what has changed.

    Nothing is computed before the first request where the address says nothing: the room has that picture already.
    """

    def __init__(self, room: Room, query: dict[str, str], doc: Document, bridge: Bridge) -> None:
        self.room, self.doc, self.bridge = room, doc, bridge
        self._query = query
        self._outbox = Outbox()
        self._drawn: Any = object()  # what the diagram was drawn for; nothing yet
        self._clipped: tuple[tuple[str, int], ...] = ()
        self._answered = 0
        self._fast = False
        self._pace = Pace()
        self._later: Any = None  # the document's callback that answers what came too fast
        self._asked = False  # whether the browser has asked for something: then it has seen the frame before
        self._poll: Any = None  # the document's periodic callback while the model is busy
        self._polls = 0

    @cached_property
    def actions(self) -> Actions:
        """The model, in the state of the address, and what can be done with it."""
        try:
            found = Actions(self.room, self.room.model_class(), self._query)
        except Exception:
            log.exception("%s could not be opened with %.500s", self.room.lesson.stem, self._query)
            found = Actions(self.room, self.room.model_class(), {})
            found.notices.append(UNREADABLE)
        self._query = {}
        found.model.connected, found.model.repaint = lambda: wire.is_watched(self.doc), self._repaint
        return found

    @property
    def model(self) -> PageModel:
        return self.actions.model

    # In

    def requested(self, attribute: str, old: str, new: str) -> None:
        """Do what the browser asks for; what is not allowed changes nothing and is named in a notice."""
        job.give_way()
        if not self._fast and self.doc.session_context is not None:
            self._fast = True
            wire.send_at_once(self.doc)
        self._asked = True
        if self.doc.session_context is None or (self._pace.allows(new) and self._later is None and self._is_due()):
            self._answer(_items(new))
        elif len(new) <= LARGE:
            self._pace.keep(_items(new))
            if self._later is None:
                self._later = self.doc.add_timeout_callback(self._answer_later, SOON)

    def _is_due(self) -> bool:
        """Whether it is not for others to be answered first."""
        return not SHARES.is_greedy(id(self))

    def _answer(self, items: list[object]) -> None:
        begun = time.perf_counter()
        with TALLY.answering(self.room.lesson.stem):
            for item in items:
                self._do(item)
            if dropped := self._pace.take_dropped():
                self.actions.notices = [f"Requests came faster than they can be answered: {dropped} were left out."]
            self.show()
        self._follow_work()
        if self.doc.session_context is not None:
            SHARES.spent(id(self), time.perf_counter() - begun)

    def _answer_later(self) -> None:
        """What came too fast, as far as it has been kept, as soon as it is due."""
        self._later = None
        if self._is_due():
            self._answer(self._pace.take())
        else:
            self._later = self.doc.add_timeout_callback(self._answer_later, SOON)

    def _do(self, item: object) -> None:
        if isinstance(item, dict) and type(item.get("id")) is int:
            self._answered = item["id"]
        try:
            _, request = read(item)
            self.actions.do(request)
            TALLY.done(self.room.lesson.stem, request)
        except Refused as refused:
            TALLY.refused(self.room.lesson.stem)
            self.actions.notices = [str(refused)]
        except Exception:
            TALLY.failed(self.room.lesson.stem)
            log.exception("request to %s failed: %.300s", self.room.lesson.stem, item)
            self.actions.notices = [TROUBLE]
        if self.actions.file is not None:
            self.bridge.download = json.dumps({"id": self._answered, **self.actions.file._asdict()})
            self.actions.file = None
        if self.actions.code is not None:
            self.bridge.code = json.dumps({"id": self._answered, **self.actions.code._asdict()})
            self.actions.code = None

    # Out

    def show(self) -> None:
        """Send what has changed. A browser that has only just opened the page pulls the last frame: it is whole."""
        if not self._asked:
            self._forget_sent()
        try:
            self.bridge.frame = self._message()
        except Exception:
            log.exception("%s could not be drawn", self.room.lesson.stem)
            self._forget_sent()  # what the outbox noted before the failure has not left
            self.bridge.frame = json.dumps({"answered": self._answered, "notices": [TROUBLE]})

    def _forget_sent(self) -> None:
        """Next time the browser gets everything."""
        self._outbox, self._drawn, self.actions.stale = Outbox(), object(), True

    def _message(self) -> str:
        actions, room = self.actions, self.room
        picture = Picture()
        if actions.stale:
            drawn = frames.figures(room.view, actions.model)
            picture, self._clipped = drawn.picture, drawn.clipped
            actions.stale = False
        notices = (*actions.notices, *actions.model.take_notices())
        file, example, own = actions.file_number, actions.example, actions.own
        said = Shown(self._answered, notices, actions.score, file, example, own, self._clipped)
        frame = frames.frame(room.view, room.lesson, actions.model, said, picture, room.names)
        frame["build"] = room.build
        key = room.view.diagram_key(actions.model)
        if key != self._drawn:
            self._drawn, frame["diagram"] = key, room.view.diagram(actions.model).svg()
        return self._outbox.message(frame)

    # Work in the background

    def _follow_work(self) -> None:
        """Show the page anew a few times a second for as long as the model is busy."""
        if self.model.busy() and self._poll is None and self.doc.session_context is not None:
            self._poll = self.doc.add_periodic_callback(self._show_work, POLL)

    def _show_work(self) -> None:
        if not self.model.busy():
            self.doc.remove_periodic_callback(self._poll)
            self._poll = None
        elif job.READERS.are_active():
            self._polls += 1
            if self._polls % SELDOM != 1:
                return
        self.actions.stale = True
        self.show()

    def _repaint(self) -> None:
        """Show a result that has come from another thread, in the document's own time."""
        if self.doc.session_context is not None:
            self.doc.add_next_tick_callback(self._show_result)

    def _show_result(self) -> None:
        self.model.forget_result()
        self.actions.stale = True
        self.show()

    def end(self, context: Any) -> None:
        """The session is over."""
        TALLY.left(self.room.lesson.stem)
        if "actions" in self.__dict__:
            self.model.repaint = lambda: None
            self.model.close()


def _items(message: str) -> list[object]:
    """The requests in a message; one that is none, to be refused, where it is no list of them or too long."""
    try:
        items = json.loads(message)
    except (ValueError, RecursionError):
        return [None]
    if not isinstance(items, list):
        return [None]
    is_file = len(items) == 1 and isinstance(items[0], dict) and items[0].get("do") == "upload"
    return items[:MOST_ITEMS] if len(message) <= LARGE or is_file else [None]
