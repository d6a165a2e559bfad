"""Whose pages may connect: those of the host that the browser itself has asked, and those that UNROLLED_ORIGIN names.

Bokeh by itself asks for a list of all hosts. A page of another site has another Origin than the host it connects to,
and a browser lets no page change either.
"""

import logging
from urllib.parse import urlparse

from bokeh.server.urls import per_app_patterns
from bokeh.server.util import check_allowlist
from bokeh.settings import settings
from tornado.websocket import WebSocketHandler

log = logging.getLogger("unrolled")

MOST = 20  # hosts that are named in the log, each once


def let_the_own_host_in() -> None:
    """For this process's servers."""
    refused: set[str] = set()

    def check_origin(self: WebSocketHandler, origin: str) -> bool:
        host = urlparse(origin).netloc.lower()
        named = settings.allowed_ws_origin() or self.application.websocket_origins  # type: ignore[attr-defined]
        if host == self.request.host.lower() or check_allowlist(host, named):
            return True
        if host not in refused and len(refused) < MOST:
            refused.add(host)
            log.warning(
                "a page at %.100s may not connect: it asked for %.100s. Name it in UNROLLED_ORIGIN (%.100s), or let the"
                " proxy pass the header Host on", origin, self.request.host, host
            )  # fmt: skip
        return False

    for path, handler, *_ in per_app_patterns:
        if path.endswith("/ws"):
            handler.check_origin = check_origin
