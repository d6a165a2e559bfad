"""Who gets in, and by which doors: routes, headers, tokens. A plugin of `panel serve`, which `python -m app` names.

- Of Bokeh's routes a page needs itself, its websocket and the static files. `autoload.js` (the page inside a page of
  another host), `metadata` and the files of extensions are closed, and of the components that Panel serves only the
  stylesheets and modules of this site are open: the route would import any module that an address names.
- Nobody chooses the session that a page opens, so that no link leads two readers into one session.
- A websocket whose token is none, or too old, gets 403 before it is opened. One whose other end says nothing for PING
  seconds, not even the answer that a browser gives by itself, is closed: a laptop that sleeps keeps no session.
- Every answer has the headers of `security`. Scripts in a page are allowed by their hash; what is drawn is allowed by
  'unsafe-eval', since Bokeh makes functions of its axes' formatters.

UNROLLED_EMBED says which pages may show this site in a frame: nothing or `*` for all (slides are often files, which
have no name), `none`, or origins separated by spaces or commas, such as `self https://moodle.example.edu`.
"""

import base64
import hashlib
import os
import re
from functools import cache, lru_cache
from typing import Any

from bokeh.server.urls import per_app_patterns, toplevel_patterns
from tornado.web import HTTPError, RequestHandler

from app.shell import journal
from app.shell.wire import sound_token

ROUTES: list[tuple] = []  # what Panel asks of a plugin; nothing new is served
OPEN = ("/?", "/ws")  # of a page's own routes
CHOSEN = ("bokeh-session-id", "bokeh-token")  # arguments by which a browser could choose its session
PING = 30.0  # seconds
COMPONENTS = "app.static/Assets/"
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@cache
def ancestors() -> str:
    """The rule for frames; empty where all may."""
    given = os.environ.get("UNROLLED_EMBED", "").replace(",", " ").split()
    if not given or "*" in given:
        return ""
    names = " ".join(f"'{name}'" if name in ("self", "none") else name for name in given if not set(name) & set(";'\""))
    return f"; frame-ancestors {names or chr(39) + 'none' + chr(39)}"


def policy(scripts: tuple[str, ...] = ()) -> str:
    """What a page may load: all of it from this site. scripts: the texts of those that stand in the page."""
    hashes = "".join(f" 'sha256-{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'self'; script-src 'self' 'unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'"
        f"{ancestors()}"
    )


@lru_cache(maxsize=64)
def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def security(handler: RequestHandler) -> None:
    """Headers of every answer."""
    handler.clear_header("Server")
    handler.set_header("X-Content-Type-Options", "nosniff")
    handler.set_header("Referrer-Policy", "same-origin")
    handler.set_header("Content-Security-Policy", policy())


def _with_hashes(write: Any) -> Any:
    """A page's `write` that allows the scripts which stand in it."""

    def written(self: RequestHandler, chunk: Any) -> None:
        text = chunk.decode() if isinstance(chunk, bytes) else chunk
        if isinstance(text, str) and "<script>" in text:
            self.set_header("Content-Security-Policy", policy(tuple(INLINE.findall(text))))
        write(self, chunk)

    return written


def _without_choice(prepare: Any) -> Any:
    """A page's `prepare` that forgets which session was asked for, unless the host signs them."""

    async def prepared(self: Any) -> None:
        await prepare(self)
        if not self.application.sign_sessions:
            for name in CHOSEN:
                self.request.arguments.pop(name, None)
            self.request.headers.pop("Bokeh-Session-Id", None)

    return prepared


def _with_token(prepare: Any) -> Any:
    """A websocket's `prepare` that refuses what is no token of a session."""

    async def prepared(self: Any) -> None:
        await prepare(self)
        given = self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        if not self._finished and not (len(given) == 2 and sound_token(given[1].strip())):
            self.set_status(403)
            self.finish("This session is over, or never was. Load the page again.")

    return prepared


def _once_more(on_close: Any) -> Any:
    """A websocket's `on_close` that does not mind where its session has ended before it."""

    def closed(self: Any) -> None:
        try:
            on_close(self)
        except AssertionError:
            self.application.client_lost(self.connection)

    return closed


def _only_ours(parse: Any) -> Any:
    def parsed(self: Any, path: str) -> str:
        if not path.startswith(COMPONENTS):
            raise HTTPError(404)
        return parse(self, path)

    return parsed


def close_doors() -> None:
    """Once, before the server is made."""
    from panel.io.server import ComponentResourceHandler

    page, websocket = (next(handler for pattern, handler, *_ in per_app_patterns if pattern == path) for path in OPEN)
    page.prepare, websocket.prepare = _without_choice(page.prepare), _with_token(websocket.prepare)
    websocket.on_close = _once_more(websocket.on_close)
    websocket.ping_interval = property(lambda self: PING)
    index = next(handler for pattern, handler, *_ in toplevel_patterns if pattern == "/?")
    for shown in (page, index):
        shown.write = _with_hashes(shown.write)
    ComponentResourceHandler.parse_url_path = _only_ours(ComponentResourceHandler.parse_url_path)
    RequestHandler.set_default_headers = security  # type: ignore[method-assign, assignment]
    per_app_patterns[:] = [entry for entry in per_app_patterns if entry[0] in OPEN]
    toplevel_patterns[:] = [entry for entry in toplevel_patterns if not entry[0].startswith("/static/extensions/")]
    journal.keep_short()


close_doors()
