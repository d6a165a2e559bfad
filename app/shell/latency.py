"""What stands between a hand on a slider and the repainted plot, and how the pages get rid of it.

Measured from a slider's move in the browser until the plot's new data arrive, on one machine: 59 ms as Panel comes,
10 ms with `install`, of which most is spent in Bokeh itself. The two largest waits are not computation at all:

* 40 ms, Nagle's algorithm. The server writes one message as several small frames. The kernel holds the second frame
  back until the browser acknowledges the first, and the browser delays that acknowledgement by 40 ms.
* 50 ms, Panel's debounce. Every change of a widget waits for a fixed time in case another one follows.

The debounce protected the server from a fast hand: without it, a drag at 60 changes per second would queue up every
intermediate value behind a slow refresh. `LatestWins` replaces it without a timer: the newest value is drawn as soon as
the document is free, and the values it overtook are never drawn.

What a refresh changes leaves as one message of three frames (`one_message`, `compact_patch`).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from bokeh.core.serialization import Serializer
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from bokeh.document.json import PatchJson
from bokeh.protocol.messages.patch_doc import patch_doc
from bokeh.server.views.ws import WSHandler
from panel.io.state import set_curdoc
from panel.reactive import Syncable


def install() -> None:
    """Send every websocket frame at once and let Panel handle every change at once, in all sessions to come.

    Calling it again changes nothing.
    """
    Syncable._debounce = 0
    if not hasattr(WSHandler.open, "opens_without_delay"):
        WSHandler.open = _without_delay(WSHandler.open)


def _without_delay(open_websocket: Callable) -> Callable:
    @wraps(open_websocket)
    def open_without_delay(handler: WSHandler, *args, **kwargs):
        handler.set_nodelay(True)
        return open_websocket(handler, *args, **kwargs)

    open_without_delay.opens_without_delay = True
    return open_without_delay


# During a refresh slower than SLOW (seconds) a queue of messages builds up in the socket. A request within SOON after
# it comes from that queue, and PAUSE, a share of the refresh's own time, is enough to read the rest of it.
SLOW, SOON, PAUSE = 0.025, 0.05, 0.3


class LatestWins:
    """Refresh a page once for any number of changes, after the last of them.

    Calling the object schedules `refresh()` on the document's next tick, unless it is scheduled already; right after a
    slow refresh, a moment later, so that all values that came meanwhile are read before the next is drawn. It runs with
    `doc` as the current document, and all its changes leave for the browser as one message. A refresh that raises
    does not block the next one. A document without a session has no ticks: there, `refresh()` runs at once.

    doc: the Bokeh document of the session. refresh: a callable without arguments that reads the newest values itself.
    """

    def __init__(self, doc: Document, refresh: Callable[[], None]) -> None:
        self._doc = doc
        self._refresh = refresh
        self._scheduled = False
        self._ended, self._took = 0.0, 0.0

    def __call__(self, *_events) -> None:
        """Ask for a refresh. Arguments are ignored, so that it can be used as a callback of any kind."""
        if self._doc.session_context is None:
            self._refresh()
        elif not self._scheduled:
            self._scheduled = True
            if self._took > SLOW and time.perf_counter() < self._ended + SOON:
                self._doc.add_timeout_callback(self._run, int(1000 * PAUSE * self._took))
            else:
                self._doc.add_next_tick_callback(self._run)

    def _run(self) -> None:
        self._scheduled = False
        start = time.perf_counter()
        try:
            with set_curdoc(self._doc), one_message(self._doc):
                self._refresh()
        finally:
            self._ended = time.perf_counter()
            self._took = self._ended - start


@contextmanager
def one_message(doc: Document) -> Iterator[None]:
    """Collect the changes made to a session's document inside the block and send them as one message.

    Bokeh writes a message per change. Panel's `unlocked` writes one for all, but where Bokeh's acknowledgement of the
    slider's move is still being written (nearly always) it sleeps for 10 ms first. This queues the message behind it.
    The caller holds the document's lock, as every Bokeh callback does.
    """
    doc.hold("combine")
    try:
        yield
    finally:
        events, doc.callbacks._held_events = list(doc.callbacks._held_events), []
        doc.unhold()
        patches = [event for event in events if isinstance(event, DocumentPatchedEvent)]
        session = doc.session_context.session
        if patches:
            message = compact_patch(doc, patches)
            for connection in session._subscribed_connections:
                session._pending_writes.append(connection._socket.send_message(message))
        for event in events:
            if not isinstance(event, DocumentPatchedEvent):
                doc.callbacks.trigger_on_change(event)


def compact_patch(doc: Document, events: list[DocumentPatchedEvent]) -> patch_doc:
    """Bokeh's PATCH-DOC message with all arrays inside its text instead of two websocket frames for each array.

    A page's forty arrays of a few hundred numbers cost more in frames than in bytes.
    """
    serializer = Serializer(references=doc.models.synced_references, deferred=False)
    content = PatchJson(events=serializer.encode(events))
    doc.models.flush_synced(lambda model: not serializer.has_ref(model))
    return patch_doc(patch_doc.create_header(), {}, content)
