"""The wire between one session and its browser: all that needs a name of Bokeh which is not public stands here.

Each has a test that goes by behaviour (`tests/app/test_wire.py`), so that a new Bokeh that renames one fails loudly.
"""

import logging
from typing import Any

from bokeh.document import Document

from app.shell.bridge import Bridge

log = logging.getLogger("unrolled")


def guard(doc: Document, bridge: Bridge) -> None:
    """Let the browser change nothing but the bridge's request: whatever else a patch asks for is left out.

    A browser can send any patch: new roots, titles, other properties. `Document.apply_json_patch` is public; that a
    message calls it on the document is not.
    """
    apply = doc.apply_json_patch

    def allowed_only(patch_json: Any, *, setter: Any = None) -> None:
        patch = getattr(patch_json, "content", patch_json)
        events = patch.get("events") if isinstance(patch, dict) else None
        if not isinstance(events, list):
            return
        wanted = [event for event in events if _is_request(event, bridge.id)]
        if len(wanted) < len(events):
            log.debug("left out of a patch: %d of %d events", len(events) - len(wanted), len(events))
        if wanted:
            apply({"events": wanted}, setter=setter)

    doc.apply_json_patch = allowed_only


def _is_request(event: Any, bridge: str) -> bool:
    """Whether an event of a patch sets the bridge's request to a text."""
    return (
        isinstance(event, dict)
        and event.get("kind") == "ModelChanged"
        and event.get("model") == {"id": bridge}
        and event.get("attr") == "request"
        and isinstance(event.get("new"), str)
    )


def send_at_once(doc: Document) -> None:
    """Take Nagle's algorithm off the session's own connections.

    One message is several small frames. The kernel holds the second back until the browser acknowledges the first, and
    the browser delays that by 40 ms.
    """
    for connection in doc.session_context.session._subscribed_connections:
        connection._socket.set_nodelay(True)


def is_watched(doc: Document) -> bool:
    """Whether a browser is connected. A document without a session is looked at by whoever made it."""
    context = doc.session_context
    return context is None or context.session is None or context.session.connection_count > 0
