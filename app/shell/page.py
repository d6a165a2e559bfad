"""A page's script is one call: `serve("gamma")` puts a reader of that lesson into the current session."""

import logging
import time

import jinja2
import panel as pn
from bokeh.document import Document

from app.shell import wire
from app.shell.address import says_nothing
from app.shell.bridge import Bridge
from app.shell.opening import PREPARATION, ready
from app.shell.pace import SHARES
from app.shell.reader import Reader
from app.shell.room import Room, room
from app.shell.tally import TALLY

log = logging.getLogger("unrolled")

# All but the token is the same for everybody: nothing is rendered anew.
WHOLE = jinja2.Template("{{ room.before }}{{ docs[0].token }}{{ room.after }}")
AWAITED = jinja2.Template(
    "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<meta name=color-scheme content='light dark'><meta http-equiv=refresh content=2><title>Unrolled</title>"
    "<body style='font: 18px/1.5 system-ui, sans-serif; max-width: 36em; margin: 15vh auto; padding: 0 1em'>"
    "<h1>This lesson opens in a moment</h1><p>Its equations are being compiled for this computer. That is done once."
    "<p>{% if awaited %}Still awaited: {{ awaited | join(', ') | replace('_', ' ') }}."
    "{% else %}Its figures are being built.{% endif %}"
    "<p><a href='./'>All lessons</a>"
)
CLOSED = jinja2.Template(
    "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Unrolled</title>"
    '<p>This lesson can’t be shown at the moment. <a href="./">All lessons</a></p>'
)


def serve(stem: str) -> None:
    """Give the current session a reader of the lesson. Outside a server (a test that imports the page) do nothing."""
    doc = pn.state.curdoc
    if doc is None or doc.session_context is None:
        return
    awaited = PREPARATION.awaited()
    if stem in awaited:
        doc.template, doc.template_variables["awaited"] = AWAITED, awaited[stem]
        return
    ready()
    try:
        found = room(stem)
    except Exception:
        log.exception("lesson %s can't be shown", stem)
        doc.template = CLOSED
        return
    open_session(doc, found, arguments(doc))


def arguments(doc: Document) -> dict[str, str]:
    """The address's query; of a name that is given twice the last."""
    given = doc.session_context.request.arguments
    return {
        name: values[-1].decode("utf-8", "replace")
        for name, values in given.items()
        # whoever makes up a token may put anything there
        if isinstance(values, list) and values and isinstance(values[-1], bytes)
    }


def open_session(doc: Document, found: Room, query: dict[str, str]) -> Reader:
    """Make the bridge the session's only root, and tie it to a reader."""
    bridge = Bridge(name="bridge")
    reader = Reader(found, query, doc, bridge)
    if says_nothing(query):
        bridge.frame = found.opening  # nobody has moved anything: no model is made, nothing computed
    else:
        begun = time.perf_counter()
        reader.show()
        SHARES.spent(id(reader), time.perf_counter() - begun)
    doc.title = f"{found.lesson.title} – Unrolled"
    doc.template = WHOLE
    doc.template_variables["room"] = found
    doc.config.reconnect_session = False  # the page opens a new one by itself, with its own settings
    doc.add_root(bridge)
    wire.guard(doc, bridge)
    bridge.on_change("request", reader.requested)
    doc.on_session_destroyed(reader.end)
    TALLY.opened(found.lesson.stem)
    return reader
