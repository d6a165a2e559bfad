"""The wire between one session and its browser: all that needs a name of Bokeh which is not public stands here.

Each has a test that goes by behaviour (`tests/app/test_wire.py`), so that a new Bokeh that renames one fails loudly.
"""

import base64
import binascii
import json
import logging
import time
import zlib
from collections.abc import Iterator
from typing import Any

from bokeh.document import Document
from bokeh.server.server import Server
from tornado.websocket import WebSocketHandler

from app.shell.bridge import Bridge

log = logging.getLogger("unrolled")


def guard(doc: Document, bridge: Bridge) -> None:
    """Let the browser change nothing but the bridge's request: whatever else a message asks for is left out.

    A browser can send any patch: new roots, titles, other properties, or a document of its own. That a message calls
    these methods of the document, which are public, is not promised.
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
    doc.replace_with_json = lambda json: None  # PUSH-DOC, another document in the place of this one


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


def sockets(server: Server) -> Iterator[WebSocketHandler]:
    """The websockets of all sessions of a server."""
    for session in server.get_sessions():
        for connection in session._subscribed_connections.copy():
            yield connection._socket


def stop_listening(server: Server) -> None:
    """Take no new connection; those that are open stay."""
    server._http.stop()


def is_watched(doc: Document) -> bool:
    """Whether a browser is connected. A document without a server is looked at by whoever made it."""
    context = doc.session_context
    return context is None or (context.session is not None and context.session.connection_count > 0)


LONGEST_TOKEN = 2**16  # bytes, packed and unpacked: headers of a request, its cookies and its address


def sound_token(token: str) -> bool:
    """Whether a text is a token as Bokeh writes it, of a session whose time is not over; a bomb is not unpacked.

    JSON in base64 with `session_id`, `session_expiry` and, packed, the request's headers, cookies and arguments.
    """
    try:
        said = json.loads(_from_base64(token.split(".")[0]))
        packed = _from_base64(said["__bk__zlib_"]) if "__bk__zlib_" in said else zlib.compress(b"{}")
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(packed, LONGEST_TOKEN)
        request = json.loads(unpacked)
        session, expiry = said["session_id"], said["session_expiry"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error, binascii.Error):
        return False
    return (
        unpacking.eof
        and isinstance(session, str)
        and 0 < len(session) <= 200
        and type(expiry) is int
        and time.time() < expiry
        and isinstance(request, dict)
        and all(isinstance(request.get(name, {}), dict) for name in ("headers", "cookies", "arguments"))
        and not request.keys() & {"session_id", "session_expiry"}
    )


def _from_base64(text: str) -> bytes:
    if len(text) > LONGEST_TOKEN:
        raise ValueError
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
