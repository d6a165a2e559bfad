"""Answers to HEAD, which monitors, proxies and link checkers ask before a page, or instead of it.

A plugin of `panel serve` (`--plugins app.head`), which `python -m app` names by itself. Tornado's handlers answer HEAD
where they have a method `head`; Bokeh's for pages and for the index have none, so that they answered 405. Routes of a
plugin come after those of the pages and could not help. The handlers are found where Bokeh documents them.
"""

from typing import Any

from bokeh.server.urls import per_app_patterns, toplevel_patterns
from tornado.web import RequestHandler, authenticated

ROUTES: list[tuple] = []  # what Panel asks of a plugin; nothing new is served


@authenticated
async def _page(self: RequestHandler, *given: Any, **named: Any) -> None:
    """The headers of a page alone: a session would be opened for nobody."""
    self.set_header("Content-Type", "text/html")
    self.set_header("Cache-Control", "no-store")


@authenticated
async def _index(self: Any, *given: Any, **named: Any) -> None:
    """As GET; Tornado leaves the body out."""
    await self.get(*given, **named)


for _patterns, _answer in ((per_app_patterns, _page), (toplevel_patterns, _index)):
    for _path, _handler, *_ in _patterns:
        if _path == "/?":
            setattr(_handler, "head", _answer)  # noqa: B010  # mypy knows no method of that kind
