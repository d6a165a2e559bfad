"""HEAD answers like GET, but without a body, and opens no session."""

import asyncio

from bokeh.application.handlers.function import FunctionHandler
from bokeh.server.server import Server
from panel.io.application import Application
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop

from app import head
from app.shell.assets import APP

PATHS = ("/", "/one", "/two", "/nothing")


async def answers() -> dict[str, tuple[int, str, bytes, int]]:
    """Status, type, body and sessions opened, by path."""
    apps = {path: Application(FunctionHandler(lambda doc: None)) for path in ("/one", "/two")}
    server = Server(apps, port=0, io_loop=IOLoop.current(), index=str(APP / "index.html"), extra_patterns=head.ROUTES)
    server.start()
    found, client = {}, AsyncHTTPClient()
    try:
        for path in PATHS:
            url = f"http://localhost:{server.port}{path}"
            answer = await client.fetch(url, method="HEAD", raise_error=False)
            opened = sum(len(server.get_sessions(app)) for app in apps)
            found[path] = answer.code, answer.headers.get("Content-Type", ""), answer.body, opened
        assert (await client.fetch(f"http://localhost:{server.port}/one")).code == 200
        assert len(server.get_sessions("/one")) == 1
    finally:
        server.unlisten()
        server.stop()
    return found


def test_head_answers_200_on_the_index_and_the_pages_and_opens_no_session():
    found = asyncio.run(answers())
    assert {path: status for path, (status, *_) in found.items()} == {
        "/": 200, "/one": 200, "/two": 200, "/nothing": 404
    }  # fmt: skip
    for path in ("/", "/one", "/two"):
        _, kind, body, opened = found[path]
        assert kind.startswith("text/html") and body == b"" and not opened
